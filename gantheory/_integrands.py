"""What one cell of a grid, with the densities p and q, adds to a divergence, in forms that keep their digits.

Nothing here has an epsilon inside a logarithm. Where a formula cannot be evaluated, the safe value goes in *before*
the formula as well as after it: `where(p > 0, log(p), 0)` alone has the right value and a NaN for a slope.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Float

from gantheory import _checks

Values = Float[Array, "..."]


def non_negative(name: str, x: ArrayLike) -> Values:
    """Check finite numbers, none below 0."""
    array = _checks.real_array(name, x)
    if _checks.is_concrete(array) and array.size and np.asarray(array).min() < 0:
        _checks.refuse(name, "non-negative", f"a smallest entry of {np.asarray(array).min():g}")
    return array


def on_one_grid(p: ArrayLike, q: ArrayLike, dx: float) -> tuple[Values, Values, Any]:
    """Check two densities on one grid: non-negative, of one shape [..., n], with cells of a positive volume."""
    p, q = non_negative("p", p), non_negative("q", q)
    if p.ndim == 0 or p.shape[-1] == 0:
        _checks.refuse("p", "a non-empty array of shape [..., n]", f"shape {list(p.shape)}")
    if q.shape != p.shape:
        _checks.refuse("q", f"of the shape {list(p.shape)} of p", f"shape {list(q.shape)}")
    dtype = jnp.result_type(p, q)
    return p.astype(dtype), q.astype(dtype), _checks.number("dx", dx, above=0)


# Compiled whole: operation by operation, the first call on each new grid would take a dozen compilations.
@partial(jax.jit, static_argnames="cell")
def total(cell: Callable[[Values, Values], Values], p: Values, q: Values, dx: Any) -> Values:
    """Sum what every cell of the grid adds to a divergence over the last axis."""
    return jnp.sum(cell(p, q), axis=-1) * dx


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
    return jnp.where(x == 0, 0.0, jnp.sqrt(jnp.where(x == 0, 1.0, x)))


def absolute(x: Values) -> Values:
    """Compute |x|, with the slope 0 at 0, where JAX has 1."""
    return x * jnp.sign(x)


def kl_cell(p: Values, q: Values) -> Values:
    """Compute p log(p / q): 0 where p = 0, infinite where q = 0 < p."""
    # Every test is for 0, not for above 0: so NaN stays NaN under jit, where no check can see it.
    safe_p, safe_q = jnp.where((p == 0) | (q == 0), 1.0, p), jnp.where((p == 0) | (q == 0), 1.0, q)
    return jnp.where(p == 0, 0.0, jnp.where(q == 0, jnp.inf, p * log_ratio(safe_p, safe_q)))


def js_cell(p: Values, q: Values) -> Values:
    """Compute p log(2p / (p + q)) + q log(2q / (p + q)), twice what a cell adds to JS."""
    both = jnp.where(p + q == 0, 1.0, p + q)
    s = divide(p - q, both)
    # With p, q = (1 +- s) both / 2 the cell is both / 2 times (1+s) log(1+s) + (1-s) log(1-s). As it stands that
    # cancels to s^2 when p is close to q; regrouped it does not.
    close = jnp.abs(s) < 0.5
    t = jnp.where(close, s, 0.0)
    near = both / 2 * (jnp.log1p(-(t**2)) + t * (jnp.log1p(t) - jnp.log1p(-t)))

    def half(x: Values) -> Values:
        return jnp.where(x == 0, 0.0, x * log_ratio(jnp.where(x == 0, 1.0, 2 * x), both))

    return jnp.where(close, near, half(p) + half(q))


def gap_cell(p: Values, q: Values) -> Values:
    """Compute p log(1 + q / p) + q log(1 + p / q), twice what a cell adds to log 2 - JS."""
    small, big = jnp.minimum(p, q), jnp.maximum(p, q)
    apart = small == 0
    safe_small, safe_big = jnp.where(apart, 1.0, small), jnp.where(apart, 1.0, big)
    r = divide(safe_small, safe_big)
    # big log(1 + r) tends to small, also where r itself underflows.
    first = jnp.where(r < jnp.finfo(r.dtype).tiny, safe_small, safe_big * jnp.log1p(r))
    return jnp.where(apart, 0.0, first + safe_small * (jnp.log1p(r) - log_ratio(safe_small, safe_big)))


def variation_cell(p: Values, q: Values) -> Values:
    """Compute |p - q|, twice what a cell adds to total variation."""
    return absolute(p - q)


def hellinger_cell(p: Values, q: Values) -> Values:
    """Compute (sqrt p - sqrt q)^2, twice what a cell adds to the squared Hellinger distance."""
    # The difference of the roots cancels where p is close to q; (p - q) / (sqrt p + sqrt q) does not.
    roots = square_root(p) + square_root(q)
    return divide(p - q, jnp.where(roots == 0, 1.0, roots)) ** 2


def chi2_cell(p: Values, q: Values) -> Values:
    """Compute (p - q)^2 / q: 0 where p = q = 0, infinite where q = 0 < p."""
    cells = (p - q) * divide(p - q, jnp.where(q == 0, 1.0, q))
    return jnp.where(q == 0, jnp.where(p == 0, 0.0, jnp.inf), cells)


def jeffreys_cell(p: Values, q: Values) -> Values:
    """Compute (p - q) log(p / q): 0 where p = q = 0, infinite where one of them alone is 0."""
    alone = (p == 0) | (q == 0)
    terms = (p - q) * log_ratio(jnp.where(alone, 1.0, p), jnp.where(alone, 1.0, q))
    return jnp.where(alone, jnp.where(p == q, 0.0, jnp.inf), terms)
