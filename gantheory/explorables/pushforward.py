"""The mathematics of notebook 01: what becomes of a law when a generator moves every one of its points.

A generator here is a plain function that maps an array of numbers z [n] elementwise to x = G(z) [n], written with
`jax.numpy`, so that its slope comes from autodiff. Whatever a slider moves is an argument behind z.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Float, Int

from gantheory import _checks
from gantheory.distributions import Distribution

__all__ = [
    "affine",
    "count_boxes",
    "density",
    "flattened",
    "folded",
    "grid_rule",
    "in_the_plane",
    "preimages",
    "slope",
]

Generator = Callable[..., Array]
_ACROSS = 12.0
_MOST_PER_AXIS = 1000


def affine(z: Float[Array, "*n"], slope: float, shift: float) -> Float[Array, "*n"]:
    """Compute G(z) = slope * z + shift."""
    return slope * z + shift


def folded(z: Float[Array, "*n"], slope: float, fold: float) -> Float[Array, "*n"]:
    """Compute G(z) = slope * z - fold * tanh(z), which turns back around 0 if fold > slope."""
    return slope * z - fold * jnp.tanh(z)


def flattened(z: Float[Array, "*n"], slope: float, width: float) -> Float[Array, "*n"]:
    """Compute a G of slope 1 whose middle piece, |z| < width, has another slope."""
    inside = jnp.clip(z, -width, width)
    return slope * inside + (z - inside)


def in_the_plane(z: Float[Array, "2"], pinch: float, swirl: float) -> Float[Array, "2"]:
    """Compute a G from the plane to the plane: a turn by the angle swirl * exp(-|z|^2 / 4), then a pinch.

    The turn keeps areas. The pinch is `folded` of slope 1 in the first coordinate, and changes areas by its slope.
    """
    angle = swirl * jnp.exp(-jnp.sum(z**2) / 4)
    turn = jnp.stack(
        [jnp.stack([jnp.cos(angle), -jnp.sin(angle)]), jnp.stack([jnp.sin(angle), jnp.cos(angle)])]
    )
    first, second = turn @ z
    return jnp.stack([first - pinch * jnp.tanh(first), second])


def slope(generator: Generator, z: ArrayLike, *parameters: Any) -> Float[Array, "n"]:
    """Compute G'(z) at z [n] by autodiff; `parameters` go to the generator behind z.

    >>> slope(folded, [0.0, 100.0], 2.0, 0.5).tolist()
    [1.5, 2.0]
    """
    return jax.vmap(jax.grad(lambda z: generator(z, *parameters)))(_checks.vector("z", z))


@partial(jax.jit, static_argnums=0)
def _heights(generator: Generator, z: Float[Array, "n"], parameters: tuple) -> Float[Array, "n"]:
    return generator(z, *parameters)


@partial(jax.jit, static_argnums=0)
def _bisect(
    generator: Generator,
    low: Float[Array, "m"],
    high: Float[Array, "m"],
    x: Float[Array, "m"],
    parameters: tuple,
) -> Float[Array, "m"]:
    rises = generator(low, *parameters) <= x

    def halve(_: int, ends: tuple[Array, Array]) -> tuple[Array, Array]:
        low, high = ends
        middle = (low + high) / 2
        before = (generator(middle, *parameters) <= x) == rises
        return jnp.where(before, middle, low), jnp.where(before, high, middle)

    low, high = jax.lax.fori_loop(0, 24 if x.dtype == jnp.float32 else 48, halve, (low, high))
    return (low + high) / 2


def _located(
    generator: Generator, x: ArrayLike, parameters: tuple, low: float, high: float, num_cells: int
) -> tuple[np.ndarray, Array]:
    """Find the preimages; pad those z with 0 to a multiple of 4 n, so that few lengths are ever compiled."""
    x = _checks.vector("x", x)
    if not low < high:
        _checks.refuse("low", f"below high {high!r}", repr(low))
    ends = jnp.linspace(low, high, _checks.whole("num_cells", num_cells) + 1, dtype=x.dtype)
    parameters = tuple(jnp.asarray(parameter, x.dtype) for parameter in parameters)
    above = np.asarray(_heights(generator, ends, parameters))[None, :] > np.asarray(x)[:, None]
    which, cell = np.nonzero(above[:, 1:] != above[:, :-1])
    length = 4 * x.size * max(1, -(-which.size // (4 * x.size)))
    padded = np.zeros((2, length), int)
    padded[:, : which.size] = which, cell
    ends, values = np.asarray(ends), np.asarray(x)
    return which, _bisect(generator, ends[padded[1]], ends[padded[1] + 1], values[padded[0]], parameters)


def preimages(
    generator: Generator,
    x: ArrayLike,
    *parameters: Any,
    low: float = -6.0,
    high: float = 6.0,
    num_cells: int = 2000,
) -> tuple[Int[Array, "m"], Float[Array, "m"]]:
    """Find every z between `low` and `high` with G(z) = x, for each x [n].

    Each of `num_cells` cells in which G(z) - x changes its sign is halved until rounding stops it; two preimages in
    one cell are missed.

    Args:
        generator: elementwise and continuous, from z [n] to x [n].
        x: where to look, shape [n].
        parameters: further arguments of the generator.
        low: left end of the z that are searched.
        high: right end.
        num_cells: how many cells to divide them into.

    Returns:
        Two arrays [m], as long as there are preimages: which x (its index), and z.

    Raises:
        ValueError: if x is not a non-empty finite array of shape [n], or low >= high.

    >>> which, z = preimages(lambda z: z**2, [4.0, -1.0, 0.25])
    >>> which.tolist(), z.round(3).tolist()
    ([0, 0, 2, 2], [-2.0, 2.0, -0.5, 0.5])
    """
    which, z = _located(generator, x, parameters, low, high, num_cells)
    return jnp.asarray(which), jnp.asarray(np.asarray(z)[: which.size])


def density(
    generator: Generator, prior: Distribution, x: ArrayLike, *parameters: Any, **search: Any
) -> Float[Array, "n"]:
    """Compute the density of x = G(z) by change of variables: the sum of p(z) / |G'(z)| over all preimages z of x.

    It is infinite at values that G takes where it is flat; an atom (a piece of G exactly flat) has no density there.

    Args:
        generator: as in `preimages`.
        prior: the law of z, of dimension 1, with a density.
        x: where, shape [n].
        parameters: further arguments of the generator.
        search: `low`, `high` and `num_cells`, as in `preimages`.

    Raises:
        ValueError: as `preimages`, or for a prior that is not of dimension 1.

    >>> from gantheory.distributions import Gaussian
    >>> print(density(affine, Gaussian(0.0, 1.0), [1.0], 2.0, 1.0).round(4))  # N(1, 2^2) at its centre
    [0.1995]
    """
    if prior.dim != 1:
        _checks.refuse("prior", "a law of dimension 1", f"dimension {prior.dim}")
    x = _checks.vector("x", x)
    bounds = {"low": -6.0, "high": 6.0, "num_cells": 2000} | search
    which, z = _located(generator, x, parameters, **bounds)
    shares = np.asarray(_shares(generator, prior, z, tuple(jnp.asarray(p, x.dtype) for p in parameters)))
    return jnp.asarray(np.bincount(which, shares[: which.size], x.size).astype(x.dtype))


@partial(jax.jit, static_argnums=0)
def _shares(
    generator: Generator, prior: Distribution, z: Float[Array, "m"], parameters: tuple
) -> Float[Array, "m"]:
    return jnp.exp(prior.log_prob(z[:, None])) / jnp.abs(slope(generator, z, *parameters))


def count_boxes(
    t: ArrayLike, low: ArrayLike, high: ArrayLike, side: float
) -> tuple[Int[np.ndarray, "k"], Int[np.ndarray, "k"], Int[np.ndarray, "k"]]:
    """Find the boxes of a square grid that meet the region low(t) <= y <= high(t) between two curves (or one).

    Args:
        t: places along the region, ascending and much closer together than `side`, shape [n].
        low: lower curve, shape [n].
        high: upper curve, shape [n]; the same array for a curve without thickness.
        side: side of a box, above 0; a corner lies at the origin.

    Returns:
        For each column of boxes: its index, the index of its lowest box, and how many boxes it has, [k] each.

    >>> t = np.linspace(0.0, 1.999, 2000)
    >>> columns, lowest, count = count_boxes(t, t, t, 0.5)  # a diagonal: one box a column
    >>> columns.tolist(), lowest.tolist(), count.tolist()
    ([0, 1, 2, 3], [0, 1, 2, 3], [1, 1, 1, 1])
    """
    side = float(_checks.number("side", side, above=0))
    column = np.floor(np.asarray(t) / side).astype(int)
    starts = np.flatnonzero(np.diff(column, prepend=column[0] - 1))
    lowest = np.floor(np.minimum.reduceat(np.asarray(low), starts) / side).astype(int)
    highest = np.floor(np.maximum.reduceat(np.asarray(high), starts) / side).astype(int)
    return column[starts], lowest, highest - lowest + 1


def grid_rule(dim: int, budget: float, total: float = 1.0) -> tuple[int, float]:
    """Compute KL(P || Q) as a sum over a grid of at most `budget` points, for two Gaussians in `dim` dimensions.

    P is N(0, I), and Q is P moved along the diagonal so far that KL(P || Q) = `total` in every dimension. The grid has
    the same number of points on each axis, 1,000 at most, in the middles of equal cells from -6 to 6.

    Both laws are products, so the sum over all points is a product of sums along one axis: this is how a sum over
    10^12 points takes no time here. For laws that are no products there is no such way.

    Args:
        dim: the dimension d, at least 1.
        budget: how many points the grid may have, at least 1.
        total: the exact KL(P || Q), in nats.

    Returns:
        The number of points on each axis, and the sum in nats.

    >>> [(points, round(kl, 3)) for points, kl in (grid_rule(1, 1e6), grid_rule(6, 1e6), grid_rule(12, 1e6))]
    [(1000, 1.0), (10, 1.0), (3, 274.876)]
    """
    dim, budget = _checks.whole("dim", dim), float(_checks.number("budget", budget, at_least=1))
    # The nearest whole number first: 10^6 to the power 1/6 is 9.999... in floating point.
    per_axis = round(budget ** (1 / dim))
    while float(per_axis) ** dim > budget * (1 + 1e-12):
        per_axis -= 1
    per_axis = min(per_axis, _MOST_PER_AXIS)
    cell = _ACROSS / per_axis
    x = (np.arange(per_axis) + 0.5) * cell - _ACROSS / 2
    p = np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi) * cell
    shift = np.sqrt(2 * total / dim)
    log_ratio = shift**2 / 2 - shift * x
    return per_axis, float(dim * np.sum(p * log_ratio) * np.sum(p) ** (dim - 1))
