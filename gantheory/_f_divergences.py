"""The nine f-divergences of the f-GAN paper, row by row, in forms that do not cancel or overflow.

Nothing here has an epsilon inside a logarithm. Where a formula cannot be evaluated, the safe value goes in *before*
the formula as well as after it: `where(p > 0, log(p), 0)` alone has the right value and a NaN for a slope.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Float

from gantheory import _checks

Values = Float[Array, "..."]

LOG_2 = float(np.log(2.0))

# Compiled whole: operation by operation, the first call on each new grid would take a dozen compilations.


@partial(jax.jit, static_argnames="cell")
def total(cell: Callable[[Values, Values], Values], p: Values, q: Values, dx: Any) -> Values:
    """Sum what every cell of the grid adds to a divergence over the last axis."""
    return jnp.sum(cell(p, q), axis=-1) * dx


@partial(jax.jit, static_argnames="formula")
def _evaluate(formula: Callable[[Values], Values], x: Values) -> Values:
    return formula(x)


# --------------------------------------------------------------------------------------------------------------
# What one cell of a grid, with the densities p and q, adds to a divergence


def non_negative(name: str, x: ArrayLike) -> Values:
    """Check finite numbers, none below 0."""
    array = _checks.real_array(name, x)
    if _checks.is_concrete(array) and array.size and np.asarray(array).min() < 0:
        _checks.refuse(name, "non-negative", f"a smallest entry of {np.asarray(array).min():g}")
    return array


# JAX differentiates a / b by way of b^-2, which overflows below b = 1e-19 in float32, a density nine standard
# deviations out: there the slope of a harmless ratio would be NaN. Hence these two.


@jax.custom_jvp
def divide(a: Values, b: Values) -> Values:
    """Compute a / b for b > 0, with a slope that overflows no earlier than it must."""
    return a / b


@divide.defjvp
def _divide_jvp(primals: tuple[Values, Values], tangents: tuple[Values, Values]) -> tuple[Values, Values]:
    (a, b), (da, db) = primals, tangents
    ratio = divide(a, b)
    return ratio, divide(da - ratio * db, b)


@jax.custom_jvp
def log_ratio(p: Values, q: Values) -> Values:
    """Compute log(p / q) for p, q > 0; the ratio may overflow or underflow."""
    ratio = p / q
    info = jnp.finfo(ratio.dtype)
    fits = (ratio >= info.tiny) & (ratio <= info.max)
    # log p - log q always fits but rounds more: its error is relative to log p, not to the ratio.
    return jnp.where(fits, jnp.log(jnp.where(fits, ratio, 1.0)), jnp.log(p) - jnp.log(q))


@log_ratio.defjvp
def _log_ratio_jvp(primals: tuple[Values, Values], tangents: tuple[Values, Values]) -> tuple[Values, Values]:
    (p, q), (dp, dq) = primals, tangents
    return log_ratio(p, q), divide(dp, p) - divide(dq, q)


def square_root(x: Values) -> Values:
    """Compute sqrt(x) for x >= 0, with the slope 0 in place of infinity at 0."""
    return jnp.where(x > 0, jnp.sqrt(jnp.where(x > 0, x, 1.0)), 0.0)


def absolute(x: Values) -> Values:
    """Compute |x|, with the slope 0 at 0, where JAX has 1."""
    return x * jnp.sign(x)


def kl_cell(p: Values, q: Values) -> Values:
    """Compute p log(p / q): 0 where p = 0, infinite where q = 0 < p."""
    both = (p > 0) & (q > 0)
    terms = p * log_ratio(jnp.where(both, p, 1.0), jnp.where(both, q, 1.0))
    return jnp.where(both, terms, jnp.where(p > 0, jnp.inf, 0.0))


def js_cell(p: Values, q: Values) -> Values:
    """Compute p log(2p / (p + q)) + q log(2q / (p + q)), twice what a cell adds to JS."""
    both = jnp.where(p + q > 0, p + q, 1.0)
    s = divide(p - q, both)
    # With p, q = (1 +- s) both / 2 the cell is both / 2 times (1+s) log(1+s) + (1-s) log(1-s). As it stands that
    # cancels to s^2 when p is close to q; regrouped it does not.
    close = jnp.abs(s) < 0.5
    t = jnp.where(close, s, 0.0)
    near = both / 2 * (jnp.log1p(-(t**2)) + t * (jnp.log1p(t) - jnp.log1p(-t)))

    def half(x: Values) -> Values:
        return jnp.where(x > 0, x * log_ratio(jnp.where(x > 0, 2 * x, 1.0), both), 0.0)

    return jnp.where(close, near, half(p) + half(q))


def gap_cell(p: Values, q: Values) -> Values:
    """Compute p log(1 + q / p) + q log(1 + p / q), twice what a cell adds to log 2 - JS."""
    small, big = jnp.minimum(p, q), jnp.maximum(p, q)
    overlap = small > 0
    safe_small, safe_big = jnp.where(overlap, small, 1.0), jnp.where(overlap, big, 1.0)
    r = divide(safe_small, safe_big)
    # big log(1 + r) tends to small, also where r itself underflows.
    first = jnp.where(r < jnp.finfo(r.dtype).tiny, safe_small, safe_big * jnp.log1p(r))
    return jnp.where(overlap, first + safe_small * (jnp.log1p(r) - log_ratio(safe_small, safe_big)), 0.0)


def variation_cell(p: Values, q: Values) -> Values:
    """Compute |p - q|, twice what a cell adds to total variation."""
    return absolute(p - q)


def hellinger_cell(p: Values, q: Values) -> Values:
    """Compute (sqrt p - sqrt q)^2, twice what a cell adds to the squared Hellinger distance."""
    # The difference of the roots cancels where p is close to q; (p - q) / (sqrt p + sqrt q) does not.
    roots = square_root(p) + square_root(q)
    return divide(p - q, jnp.where(roots > 0, roots, 1.0)) ** 2


def chi2_cell(p: Values, q: Values) -> Values:
    """Compute (p - q)^2 / q: 0 where p = q = 0, infinite where q = 0 < p."""
    cells = (p - q) * divide(p - q, jnp.where(q > 0, q, 1.0))
    return jnp.where(q > 0, cells, jnp.where(p > 0, jnp.inf, 0.0))


# --------------------------------------------------------------------------------------------------------------
# The rows: f, its conjugate, the activation, the conjugate after the activation, the optimal variational function


def _within(inside: Any, formula: Callable[[Values], Values], t: Values, safe: float) -> Values:
    # The formula inside the conjugate's domain, infinity outside, and no NaN in the slope of either.
    return jnp.where(inside, formula(jnp.where(inside, t, safe)), jnp.inf)


def _from_zero(formula: Callable[[Values], Values], u: Values) -> Values:
    # A generator function that is infinite at u = 0.
    return _within(u > 0, formula, u, 1.0)


def _neyman_conjugate(t: Values) -> Values:
    # 2 - 2 sqrt(1 - t), which cancels around t = 0.
    root = square_root(1 - t)
    return jnp.where(t < -1, 2 - 2 * root, 2 * jnp.maximum(t, -1.0) / (1 + root))


def _hellinger_conjugate(t: Values) -> Values:
    return jnp.where(t < -1, 1 / (1 - t) - 1, jnp.maximum(t, -1.0) / (1 - t))


def _jeffreys_conjugate(t: Values) -> Values:
    # The supremum of u t - f(u) is at f'(u) = t, that is u = 1 / W(exp(1 - t)) with Lambert's W. exp(1 - t) may
    # overflow, so solve for s = log u: s + 1 - exp(-s) = t. The left side is increasing and concave and s starts
    # below the root, so Newton's steps rise to it without overshooting; six reach float64 accuracy for every t.
    # There f*(t) = W + 1 / W + t - 2 = u - 1 + log u.
    s = jnp.where(t > 0, t - 1, -jnp.log1p(jnp.maximum(-t, 0.0)))
    for _ in range(6):
        s = s - (s + 1 - jnp.exp(-s) - t) / (1 + jnp.exp(-s))
    return jnp.expm1(s) + s


def _js_conjugate(t: Values) -> Values:
    # -log(2 - e^t), written around t = 0 and around the border t = log 2.
    low = t < 0.35
    left, right = jnp.where(low, t, 0.0), jnp.where(low, 0.5, t)
    return jnp.where(low, -jnp.log1p(-jnp.expm1(left)), -LOG_2 - jnp.log(-jnp.expm1(right - LOG_2)))


def _gan_conjugate(t: Values) -> Values:
    # -log(1 - e^t), written for t far below 0 and around the border t = 0.
    low = t < -LOG_2
    left, right = jnp.where(low, t, -1.0), jnp.where(low, -0.5, t)
    return jnp.where(low, -jnp.log1p(-jnp.exp(left)), -jnp.log(-jnp.expm1(right)))


@dataclass(frozen=True)
class FDivergence:
    """One row of the table: D_f(P || Q) = E_q f(p / q), and what its variational bound needs.

    For every function T with values in the domain of the conjugate, D_f(P || Q) >= E_P T - E_Q f*(T), with equality
    at T = f'(p / q). A network's score v becomes such a T through the activation.

    Source: Nowozin et al. 2016, "f-GAN", sections 2.1 to 2.3 and the tables there and in the supplement.

    >>> row, u = F_DIVERGENCES["reverse_kl"], 0.5
    >>> t = row.optimal_variational(u)
    >>> print(f"f {row.f(u):.4f}   t = f' {t:.4f}   f* {row.conjugate(t):.4f}   u t - f {u * t - row.f(u):.4f}")
    f 0.6931   t = f' -2.0000   f* -1.6931   u t - f -1.6931
    """

    name: str
    """The row's key in `F_DIVERGENCES`."""
    reverse: str
    """The key of the row with P and Q exchanged."""
    _f: Callable[[Values], Values]
    _conjugate: Callable[[Values], Values]
    _activation: Callable[[Values], Values]
    _conjugate_of_activation: Callable[[Values], Values]
    _optimal_variational: Callable[[Values], Values]

    def f(self, u: ArrayLike) -> Values:
        """Compute the generator function at the density ratio u = p / q >= 0, any shape; at 0 its limit.

        Raises:
            ValueError: if an entry of `u` is negative, NaN or infinite.
        """
        return _evaluate(self._f, non_negative("u", u))

    def conjugate(self, t: ArrayLike) -> Values:
        """Compute the conjugate f*(t) = sup_u (u t - f(u)), any shape; +inf outside its domain.

        As in the paper's table, the supremum runs over all u where the *formula* of f is convex. For Pearson's
        chi2 and total variation that is the whole line. (Over u >= 0 alone, f* would stop falling at -f(0) below
        t = -2 and t = -1/2; the bound and its optimum are the same.)

        Raises:
            ValueError: if an entry of `t` is NaN or infinite.
        """
        return _evaluate(self._conjugate, _checks.real_array("t", t))

    def activation(self, v: ArrayLike) -> Values:
        """Map a raw score to the domain of the conjugate, increasingly; any shape.

        Raises:
            ValueError: if an entry of `v` is NaN or infinite.
        """
        return _evaluate(self._activation, _checks.real_array("v", v))

    def conjugate_of_activation(self, v: ArrayLike) -> Values:
        """Compute f*(activation(v)) from the raw score; any shape.

        In exact arithmetic this is `conjugate(activation(v))`. But the activation of a large score rounds to the
        border of the domain, where f* is infinite and has lost its slope; this form keeps both.

        Raises:
            ValueError: if an entry of `v` is NaN or infinite.
        """
        return _evaluate(self._conjugate_of_activation, _checks.real_array("v", v))

    def optimal_variational(self, u: ArrayLike) -> Values:
        """Compute f'(u), the value of the best T where p / q = u >= 0, any shape; at 0 its limit.

        Raises:
            ValueError: if an entry of `u` is negative, NaN or infinite.
        """
        return _evaluate(self._optimal_variational, non_negative("u", u))

    def divergence(self, p: ArrayLike, q: ArrayLike, dx: float = 1.0) -> Values:
        """Compute D_f(P || Q) = sum q f(p / q) dx over the last axis.

        A cell with q = 0 < p adds p times lim f(u) / u, which may be infinite; one with p = q = 0 adds nothing.
        Nothing is normalised.

        Args:
            p: densities or masses, shape [..., n], none negative.
            q: likewise, of the same shape.
            dx: volume of a cell of the grid, above 0 (1 for masses).

        Returns:
            Shape [...].

        Raises:
            ValueError: for shapes that differ, negative or non-finite entries, a dx not above 0.

        >>> print(f"{F_DIVERGENCES['js'].divergence([1.0, 0.0], [0.0, 1.0]):.4f}")  # 2 log 2: no overlap
        1.3863
        """
        p, q, dx = on_one_grid(p, q, dx)
        return total(self._cell, p, q, dx)

    def _cell(self, p: Values, q: Values) -> Values:
        small, big = jnp.minimum(p, q), jnp.maximum(p, q)
        overlap = small > 0
        safe_big = jnp.where(big > 0, big, 1.0)
        # q f(p / q) = p g(q / p), where g is the generator of the reversed divergence: no ratio is above 1.
        r = jnp.where(overlap, jnp.maximum(divide(small, safe_big), jnp.finfo(big.dtype).tiny), 1.0)
        reverse = F_DIVERGENCES[self.reverse]
        cells = jnp.where(p <= q, self._f(r), reverse._f(r)) * big
        zero = jnp.zeros((), big.dtype)
        alone = jnp.where(p <= q, self._f(zero), reverse._f(zero))
        alone = jnp.where(jnp.isinf(alone), alone, jnp.where(jnp.isinf(alone), 0.0, alone) * big)
        return jnp.where(overlap, cells, jnp.where(big > 0, alone, 0.0))


def on_one_grid(p: ArrayLike, q: ArrayLike, dx: float) -> tuple[Values, Values, Any]:
    """Check two densities on one grid: non-negative, of one shape [..., n], with cells of a positive volume."""
    p, q = non_negative("p", p), non_negative("q", q)
    if p.ndim == 0 or p.shape[-1] == 0:
        _checks.refuse("p", "a non-empty array of shape [..., n]", f"shape {list(p.shape)}")
    if q.shape != p.shape:
        _checks.refuse("q", f"of the shape {list(p.shape)} of p", f"shape {list(q.shape)}")
    dtype = jnp.result_type(p, q)
    return p.astype(dtype), q.astype(dtype), _checks.number("dx", dx, above=0)


class UnknownDivergence(KeyError, ValueError):
    """Raised for a name that is not in the table, with the names that are."""

    def __str__(self) -> str:
        # A KeyError prints the quoted repr of its argument, which is no sentence.
        return str(self.args[0])


class Table(Mapping):
    """A read-only dictionary of rows that lists its keys when asked for another."""

    def __init__(self, rows: list[FDivergence]) -> None:
        self._rows = {row.name: row for row in rows}

    def __getitem__(self, name: str) -> FDivergence:
        """Look a row up.

        Raises:
            UnknownDivergence: (a KeyError and a ValueError) if there is no such row.
        """
        if not isinstance(name, str) or name not in self._rows:
            allowed = ", ".join(self._rows)
            raise UnknownDivergence(f"name must be one of {allowed}, got {_checks.describe(name)}.")
        return self._rows[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def __repr__(self) -> str:
        return f"F_DIVERGENCES({', '.join(self._rows)})"


def _same(v: Values) -> Values:
    return v


F_DIVERGENCES = Table(
    [
        FDivergence(
            "kl",
            "reverse_kl",
            lambda u: kl_cell(u, jnp.ones_like(u)),
            lambda t: jnp.exp(t - 1),
            _same,
            lambda v: jnp.exp(v - 1),
            lambda u: 1 + jnp.log(u),
        ),
        FDivergence(
            "reverse_kl",
            "kl",
            lambda u: _from_zero(lambda u: -jnp.log(u), u),
            lambda t: _within(t < 0, lambda t: -1 - jnp.log(-t), t, -1.0),
            lambda v: -jnp.exp(-v),
            lambda v: v - 1,
            lambda u: -1 / u,
        ),
        FDivergence(
            "pearson_chi2",
            "neyman_chi2",
            lambda u: chi2_cell(u, jnp.ones_like(u)),
            lambda t: t * (1 + t / 4),
            _same,
            lambda v: v * (1 + v / 4),
            lambda u: 2 * (u - 1),
        ),
        FDivergence(
            "neyman_chi2",
            "pearson_chi2",
            lambda u: _from_zero(lambda u: (1 - u) * (1 / u - 1), u),
            lambda t: _within(t <= 1, _neyman_conjugate, t, 0.0),
            lambda v: -jnp.expm1(-v),
            lambda v: -2 * jnp.expm1(-v / 2),
            lambda u: 1 - (1 / u) ** 2,
        ),
        FDivergence(
            "squared_hellinger",
            "squared_hellinger",
            lambda u: hellinger_cell(u, jnp.ones_like(u)),
            lambda t: _within(t < 1, _hellinger_conjugate, t, 0.0),
            lambda v: -jnp.expm1(-v),
            lambda v: jnp.expm1(v),
            lambda u: 1 - 1 / jnp.sqrt(u),
        ),
        FDivergence(
            "jeffreys",
            "jeffreys",
            lambda u: _from_zero(lambda u: (u - 1) * jnp.log(u), u),
            _jeffreys_conjugate,
            _same,
            _jeffreys_conjugate,
            lambda u: 1 + jnp.log(u) - 1 / u,
        ),
        FDivergence(
            "js",
            "js",
            lambda u: js_cell(u, jnp.ones_like(u)),
            lambda t: _within(t < LOG_2, _js_conjugate, t, 0.0),
            lambda v: LOG_2 - jax.nn.softplus(-v),
            lambda v: jax.nn.softplus(v) - LOG_2,
            lambda u: LOG_2 - jnp.log1p(1 / u),
        ),
        FDivergence(
            "gan",
            "gan",
            lambda u: -gap_cell(u, jnp.ones_like(u)),
            lambda t: _within(t < 0, _gan_conjugate, t, -1.0),
            lambda v: -jax.nn.softplus(-v),
            jax.nn.softplus,
            lambda u: -jnp.log1p(1 / u),
        ),
        FDivergence(
            "total_variation",
            "total_variation",
            lambda u: variation_cell(u, jnp.ones_like(u)) / 2,
            lambda t: _within(jnp.abs(t) <= 0.5, _same, t, 0.0),
            lambda v: jnp.tanh(v) / 2,
            lambda v: jnp.tanh(v) / 2,
            lambda u: jnp.sign(u - 1) / 2,
        ),
    ]
)
