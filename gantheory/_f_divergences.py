"""The nine f-divergences of the f-GAN paper, row by row, in forms that do not cancel or overflow."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Float

from gantheory import _checks
from gantheory._integrands import (
    chi2_cell,
    gap_cell,
    hellinger_cell,
    jeffreys_cell,
    js_cell,
    kl_cell,
    non_negative,
    on_one_grid,
    square_root,
    total,
    variation_cell,
)

Values = Float[Array, "..."]

LOG_2 = float(np.log(2.0))


@partial(jax.jit, static_argnames="formula")
def _evaluate(formula: Callable[[Values], Values], x: Values) -> Values:
    return formula(x)


def _within(inside: Any, formula: Callable[[Values], Values], t: Values, safe: float) -> Values:
    # The formula inside the conjugate's domain, infinity outside, and no NaN in the slope of either.
    return jnp.where(inside, formula(jnp.where(inside, t, safe)), jnp.inf)


def _below(border: float, t: Values) -> Values:
    # The activation of a large score rounds to the open end of the domain. The last number inside takes its place; the
    # slope stays.
    last = -jnp.finfo(t.dtype).tiny if border == 0 else np.nextafter(np.asarray(border, t.dtype), -np.inf)
    return jnp.where(t < border, t, t + jax.lax.stop_gradient(last - t))


def _from_zero(formula: Callable[[Values], Values], u: Values) -> Values:
    # A generator function that is infinite at u = 0.
    return _within(u > 0, formula, u, 1.0)


def _neyman_conjugate(t: Values) -> Values:
    # 2 - 2 sqrt(1 - t), which cancels around t = 0.
    root = square_root(1 - t)
    return jnp.where(t < -1, 2 - 2 * root, 2 * jnp.where(t < -1, -1.0, t) / (1 + root))


def _hellinger_conjugate(t: Values) -> Values:
    return jnp.where(t < -1, 1 / (1 - t) - 1, jnp.where(t < -1, -1.0, t) / (1 - t))


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
    _f: Callable[[Values], Values] = field(repr=False)
    _cell: Callable[[Values, Values], Values] = field(repr=False)
    _conjugate: Callable[[Values], Values] = field(repr=False)
    _activation: Callable[[Values], Values] = field(repr=False)
    _conjugate_of_activation: Callable[[Values], Values] = field(repr=False)
    _optimal_variational: Callable[[Values], Values] = field(repr=False)

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

        In exact arithmetic this is `conjugate(activation(v))`. But the activation of a large score rounds to the last
        number before the border of the domain, where f* has stopped growing; this form grows on, and keeps its slope.

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


def _row(name: str, *, reverse: str, **functions: Callable[..., Values]) -> FDivergence:
    return FDivergence(name, reverse, **{f"_{key}": function for key, function in functions.items()})


F_DIVERGENCES = Table(
    [
        _row(
            "kl",
            reverse="reverse_kl",
            f=lambda u: kl_cell(u, jnp.ones_like(u)),
            cell=kl_cell,
            conjugate=lambda t: jnp.exp(t - 1),
            activation=_same,
            conjugate_of_activation=lambda v: jnp.exp(v - 1),
            optimal_variational=lambda u: 1 + jnp.log(u),
        ),
        _row(
            "reverse_kl",
            reverse="kl",
            f=lambda u: _from_zero(lambda u: -jnp.log(u), u),
            cell=lambda p, q: kl_cell(q, p),
            conjugate=lambda t: _within(t < 0, lambda t: -1 - jnp.log(-t), t, -1.0),
            activation=lambda v: _below(0.0, -jnp.exp(-v)),
            conjugate_of_activation=lambda v: v - 1,
            optimal_variational=lambda u: -1 / u,
        ),
        _row(
            "pearson_chi2",
            reverse="neyman_chi2",
            f=lambda u: chi2_cell(u, jnp.ones_like(u)),
            cell=chi2_cell,
            conjugate=lambda t: t * (1 + t / 4),
            activation=_same,
            conjugate_of_activation=lambda v: v * (1 + v / 4),
            optimal_variational=lambda u: 2 * (u - 1),
        ),
        _row(
            "neyman_chi2",
            reverse="pearson_chi2",
            f=lambda u: _from_zero(lambda u: (1 - u) * (1 / u - 1), u),
            cell=lambda p, q: chi2_cell(q, p),
            conjugate=lambda t: _within(t <= 1, _neyman_conjugate, t, 0.0),
            activation=lambda v: -jnp.expm1(-v),
            conjugate_of_activation=lambda v: -2 * jnp.expm1(-v / 2),
            optimal_variational=lambda u: 1 - (1 / u) ** 2,
        ),
        _row(
            "squared_hellinger",
            reverse="squared_hellinger",
            f=lambda u: hellinger_cell(u, jnp.ones_like(u)),
            cell=hellinger_cell,
            conjugate=lambda t: _within(t < 1, _hellinger_conjugate, t, 0.0),
            activation=lambda v: _below(1.0, -jnp.expm1(-v)),
            conjugate_of_activation=lambda v: jnp.expm1(v),
            optimal_variational=lambda u: 1 - 1 / jnp.sqrt(u),
        ),
        _row(
            "jeffreys",
            reverse="jeffreys",
            f=lambda u: _from_zero(lambda u: (u - 1) * jnp.log(u), u),
            cell=jeffreys_cell,
            conjugate=_jeffreys_conjugate,
            activation=_same,
            conjugate_of_activation=_jeffreys_conjugate,
            optimal_variational=lambda u: 1 + jnp.log(u) - 1 / u,
        ),
        _row(
            "js",
            reverse="js",
            f=lambda u: js_cell(u, jnp.ones_like(u)),
            cell=js_cell,
            conjugate=lambda t: _within(t < LOG_2, _js_conjugate, t, 0.0),
            activation=lambda v: _below(LOG_2, LOG_2 - jax.nn.softplus(-v)),
            conjugate_of_activation=lambda v: jax.nn.softplus(v) - LOG_2,
            optimal_variational=lambda u: LOG_2 - jnp.log1p(1 / u),
        ),
        _row(
            "gan",
            reverse="gan",
            f=lambda u: -gap_cell(u, jnp.ones_like(u)),
            cell=lambda p, q: -gap_cell(p, q),
            conjugate=lambda t: _within(t < 0, _gan_conjugate, t, -1.0),
            activation=lambda v: _below(0.0, -jax.nn.softplus(-v)),
            conjugate_of_activation=jax.nn.softplus,
            optimal_variational=lambda u: -jnp.log1p(1 / u),
        ),
        _row(
            "total_variation",
            reverse="total_variation",
            f=lambda u: variation_cell(u, jnp.ones_like(u)) / 2,
            cell=lambda p, q: variation_cell(p, q) / 2,
            conjugate=lambda t: _within(jnp.abs(t) <= 0.5, _same, t, 0.0),
            activation=lambda v: jnp.tanh(v) / 2,
            conjugate_of_activation=lambda v: jnp.tanh(v) / 2,
            optimal_variational=lambda u: jnp.sign(u - 1) / 2,
        ),
    ]
)
"""The nine f-divergences that `losses.f_gan` knows, by name; each is an `FDivergence`."""
