"""Transport on the line, where the best plan is known: quantile to quantile; and its mean over directions.

On the line, for every cost |x - y|^p with p >= 1, the plan that keeps the order is a best one, so that the cost is the
integral of |F^-1(u) - G^-1(u)|^p over the masses u, with the quantile functions F^-1 and G^-1 (Peyré and Cuturi 2019,
"Computational Optimal Transport", section 2.6).
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Float, Int

from gantheory import _checks
from gantheory.transport._plan import Numbers, weights, working_dtype


def wasserstein_1d(
    x: Numbers, y: Numbers, a: Numbers | None = None, b: Numbers | None = None, p: float = 1
) -> Float[Array, ""]:
    """Compute the Wasserstein distance W_p between two sets of weighted points on the line.

    The value is rooted, (sum of P * |x - y|^p)^(1/p) for the best plan P: in the units of x, and with masses of total
    M it is M^(1/p) times that between the normalised masses. Differentiable in x, y, a and b; where points coincide
    the gradient is 0, the one of least norm.

    Args:
        x: [n], points in any order, ties allowed.
        y: [m], points.
        a: [n], the masses at x, zeros allowed; None is uniform with total 1.
        b: [m], the masses at y, of the same total (to 1e-5 relative); None is uniform with total 1.
        p: the exponent, at least 1; a plain number, as it is static under jit.

    Returns:
        The scalar distance.

    Raises:
        ValueError: if points or masses are empty, NaN, of the wrong shape or length, if masses are negative or of zero
            or of unequal totals, or if p < 1.
        TypeError: if the arrays are not made of real numbers, or p is not a concrete number.

    Example:
        >>> print(wasserstein_1d([0.0, 1.0, 3.0], [5.0, 6.0, 8.0]))
        5.0
        >>> print(wasserstein_1d([0.0, 1.0, 2.0], [0.0, 1.0, 2.0], a=[3, 2, 1], b=[1, 2, 3]))
        4.0
        >>> print(wasserstein_1d([0.0, 1.0], [1.0, 4.0], p=2))
        2.236068
    """
    x, y = _checks.vector("x", x), _checks.vector("y", y)
    a, b = weights(a, x.shape[0], b, y.shape[0])
    dtype = working_dtype(x, y, a, b)
    cast = functools.partial(jax.tree.map, lambda array: array.astype(dtype))
    return _wasserstein(cast(x), cast(y), cast(a), cast(b), _exponent(p))


def sliced_wasserstein(
    key: ArrayLike, x: Numbers, y: Numbers, num_projections: int = 128, p: float = 1
) -> Float[Array, ""]:
    """Compute the sliced Wasserstein distance between two clouds of points, by random directions.

    The clouds are projected on `num_projections` directions drawn uniformly from the sphere; the value is rooted after
    the mean over the directions, (mean of W_p^p)^(1/p) (Peyré and Cuturi 2019, "Computational Optimal Transport",
    section 10.4; there for p = 2). It is smaller than W_p itself, by a factor that grows with the dimension.

    Args:
        key: a random key for the directions; the same key gives the same directions.
        x: [n, d], points, each of mass 1/n.
        y: [m, d], points, each of mass 1/m.
        num_projections: how many directions, at least 1; static under jit.
        p: the exponent, at least 1; a plain number, as it is static under jit.

    Returns:
        The scalar distance.

    Raises:
        ValueError: if the points are empty, NaN or of different dimensions, num_projections < 1, or p < 1.
        TypeError: if `key` is not a random key, the arrays are not made of real numbers, num_projections is not
            whole, or p is not a concrete number.

    Example:
        In one dimension every direction gives the distance itself:

        >>> x, y = np.array([[0.0], [1.0], [3.0]]), np.array([[5.0], [6.0], [8.0]])
        >>> print(f"{sliced_wasserstein(jax.random.key(0), x, y):.4f}")
        5.0000
    """
    key = _checks.key("key", key)
    x = _checks.points("x", x)
    y = _checks.points("y", y, x.shape[1])
    num_projections = _checks.whole("num_projections", num_projections)
    dtype = working_dtype(x, y)
    return _sliced(key, x.astype(dtype), y.astype(dtype), num_projections, _exponent(p))


def _exponent(p: float) -> float:
    """Check the exponent: it decides which formula is traced, so it cannot be traced itself."""
    if not _checks.is_concrete(p):
        _checks.refuse("p", "a concrete number of at least 1 (it is static under jit)", "a tracer", TypeError)
    return float(_checks.number("p", p, at_least=1))


@functools.partial(jax.jit, static_argnames="p")
def _wasserstein(
    x: Float[Array, "n"],
    y: Float[Array, "m"],
    a: Float[Array, "n"] | None,
    b: Float[Array, "m"] | None,
    p: float,
) -> Float[Array, ""]:
    if a is None and b is None:
        i, j, masses = _uniform_pairs(x.shape[0], y.shape[0])
        gaps = jnp.sort(x)[i] - jnp.sort(y)[j]
        return _root_of_mean(gaps, jnp.asarray(masses, x.dtype), p)
    a = jnp.full_like(x, 1 / x.shape[0]) if a is None else a
    b = jnp.full_like(y, 1 / y.shape[0]) if b is None else b
    x, level_a = _sorted_with_levels(x, a)
    y, level_b = _sorted_with_levels(y, b)
    i, j, masses = _merged_pairs(level_a, level_b)
    return a.sum() ** (1 / p) * _root_of_mean(x[i] - y[j], masses, p)


@functools.partial(jax.jit, static_argnames=("num_projections", "p"))
def _sliced(
    key: Array, x: Float[Array, "n d"], y: Float[Array, "m d"], num_projections: int, p: float
) -> Float[Array, ""]:
    i, j, masses = _uniform_pairs(x.shape[0], y.shape[0])
    directions = _directions(key, num_projections, x.shape[1], x.dtype)
    gaps = jnp.sort(directions @ x.T, axis=1)[:, i] - jnp.sort(directions @ y.T, axis=1)[:, j]
    masses = jnp.broadcast_to(jnp.asarray(masses / num_projections, x.dtype), gaps.shape)
    return _root_of_mean(gaps.ravel(), masses.ravel(), p)


def _directions(key: Array, num_projections: int, dim: int, dtype: jnp.dtype) -> Float[Array, "l d"]:
    """Draw directions uniformly from the sphere."""
    normals = jax.random.normal(key, (num_projections, dim), dtype)
    return normals / jnp.linalg.norm(normals, axis=1, keepdims=True)


def _uniform_pairs(
    n: int, m: int
) -> tuple[Int[np.ndarray, "k"], Int[np.ndarray, "k"], Float[np.ndarray, "k"]]:
    """Pair the ranks of n and of m equal masses of total 1: the ranks i, j and the mass that each pair moves.

    Known before any value is, and exact, as it is computed in whole units of mass 1 / (n m).
    """
    level_x, level_y = m * np.arange(1, n + 1), n * np.arange(1, m + 1)
    levels = np.union1d(level_x, level_y)
    i, j = np.searchsorted(level_x, levels), np.searchsorted(level_y, levels)
    return i, j, np.diff(levels, prepend=0) / (n * m)


def _sorted_with_levels(
    x: Float[Array, "n"], mass: Float[Array, "n"]
) -> tuple[Float[Array, "n"], Float[Array, "n"]]:
    """Sort points, and give the share of mass up to and including each of them."""
    # A point without mass must not count, however far off. Round-off in the running sum could give it a grain of mass:
    # put it where there is mass.
    x = jnp.where(mass > 0, x, x[jnp.argmax(mass)])
    order = jnp.argsort(x)
    levels = jnp.cumsum(mass[order])
    return x[order], levels / levels[-1]


def _merged_pairs(
    level_a: Float[Array, "n"], level_b: Float[Array, "m"]
) -> tuple[Int[Array, "k"], Int[Array, "k"], Float[Array, "k"]]:
    """Pair ranks by merging two rising sequences of levels: the ranks i, j and the mass that each pair moves."""
    n, m = level_a.shape[0], level_b.shape[0]
    levels = jnp.concatenate([level_a, level_b])
    order = jnp.argsort(levels)
    from_a = order < n
    # The stretch of mass that ends at a level lies behind all earlier levels of its own side and of the other.
    passed_a = jnp.cumsum(from_a) - from_a
    passed_b = jnp.arange(n + m) - passed_a
    levels = levels[order]
    masses = jnp.diff(levels, prepend=0)
    return jnp.minimum(passed_a, n - 1), jnp.minimum(passed_b, m - 1), masses


def _root_of_mean(gaps: Float[Array, "k"], masses: Float[Array, "k"], p: float) -> Float[Array, ""]:
    """Compute (sum of masses * |gaps|^p)^(1/p), with no overflow, and with gradient 0 where all gaps are 0."""
    size = gaps * jnp.sign(gaps)  # the absolute value, of gradient 0 at 0
    if p == 1:
        return masses @ size
    # Powers of at most 1, then one factor. The scale cancels, so it needs no gradient of its own.
    scale = jax.lax.stop_gradient(jnp.max(jnp.where(masses > 0, size, 0)))
    scale = jnp.where((scale == 0) | jnp.isinf(scale), 1, scale)
    total = masses @ (size / scale) ** p
    # The root's slope at 0 is infinite, and infinity times 0 is NaN: take the root of 1 there instead.
    return jnp.where(total == 0, 0, scale * jnp.where(total == 0, 1, total) ** (1 / p))
