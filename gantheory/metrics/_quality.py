"""Fidelity and variety of generated samples: precision and recall, and the Fréchet distance."""

import functools
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Bool, Float, Int, Shaped

from gantheory import _checks, _scale, transport
from gantheory.metrics._clouds import squared_distances

BLOCK = 256
"""Points whose distances to all others are held at once."""


class PrecisionRecall(NamedTuple):
    """How much of what is generated looks real, and how much of what is real gets generated.

    Attributes:
        precision: The share of generated points within the support of the real ones, as estimated, from 0 to 1.
        recall: The share of real points within the estimated support of the generated ones.
    """

    precision: Float[Array, ""]
    recall: Float[Array, ""]


def precision_recall(real: ArrayLike, fake: ArrayLike, k: int = 3) -> PrecisionRecall:
    """Estimate precision and recall by balls around the points, as Kynkäänniemi et al. do.

    The support of a law is estimated by balls around its samples, each up to its k-th nearest other sample. Precision
    is the share of fake points in at least one ball of the real ones, recall the share of real points in at least one
    ball of the fake ones (Kynkäänniemi et al. 2019, "Improved precision and recall metric for assessing generative
    models", section 2). An outlier has a large ball, and two samples of one law do not score 1: compare with those.

    Args:
        real: [n, d], with n above k.
        fake: [m, d], with m above k; take as many as real ones, since balls shrink where there are more points.
        k: which neighbour the balls reach to; structure, not traced.

    Returns:
        A `PrecisionRecall` of two scalars.

    Raises:
        TypeError, ValueError: where the points are not finite and of one dimension, k is not a whole number of at least
            1, or one of the clouds has no more than k points.

    >>> real = [[0.0], [1.0], [2.0], [3.0]]
    >>> fake = [[0.5], [1.5], [9.0], [9.5]]
    >>> found = precision_recall(real, fake, k=1)
    >>> float(found.precision), float(found.recall)
    (0.5, 0.75)
    """
    real = _checks.points("real", real)
    fake = _checks.points("fake", fake, real.shape[1])
    k = _checks.whole("k", k)
    for name, points in (("real", real), ("fake", fake)):
        if points.shape[0] <= k:
            _checks.refuse(name, f"more than k = {k} points", str(points.shape[0]))
    return _precision_recall(real, fake, k)


@functools.partial(jax.jit, static_argnames="k")
def _precision_recall(real: Float[Array, "n d"], fake: Float[Array, "m d"], k: int) -> PrecisionRecall:
    size = _scale.size_of(real, fake)
    real, fake = real / size, fake / size
    in_real_ball = _covered(fake, real, k)
    in_fake_ball = _covered(real, fake, k)
    return PrecisionRecall(in_real_ball.mean(dtype=real.dtype), in_fake_ball.mean(dtype=fake.dtype))


def _covered(points: Float[Array, "n d"], centres: Float[Array, "m d"], k: int) -> Bool[Array, "n"]:
    """Tell which points lie in the ball of at least one centre."""
    # The centre itself comes first, at distance 0; a double of it counts.
    radii = _by_blocks(lambda block: _smallest(squared_distances(block, centres), k), centres)
    return _by_blocks(lambda block: jnp.any(squared_distances(block, centres) <= radii[None], axis=1), points)


def _smallest(rows: Float[Array, "n m"], k: int) -> Float[Array, "n"]:
    """Find what follows the k smallest entries of each row; on a CPU faster than `lax.top_k` for a small k."""
    columns = jnp.arange(rows.shape[1])[None]

    def without_least(_: Int[Array, ""], rows: Float[Array, "n m"]) -> Float[Array, "n m"]:
        return jnp.where(columns == jnp.argmin(rows, axis=1)[:, None], jnp.inf, rows)

    return jnp.min(jax.lax.fori_loop(0, k, without_least, rows), axis=1)


def _by_blocks(
    function: Callable[[Float[Array, "block d"]], Shaped[Array, "block"]], points: Float[Array, "n d"]
) -> Shaped[Array, "n"]:
    """Apply a function of rows to a block of them at a time: all distances together would not fit."""
    n, d = points.shape
    if n <= BLOCK:
        return function(points)
    blocks = -(-n // BLOCK)
    padded = jnp.pad(points, ((0, blocks * BLOCK - n), (0, 0))).reshape(blocks, BLOCK, d)
    return jax.lax.map(function, padded).reshape(-1)[:n]


def frechet_distance(x: ArrayLike, y: ArrayLike) -> Float[Array, ""]:
    """Compute the Fréchet distance between the Gaussians fitted to two clouds of points; as is usual, not rooted.

    |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)), with the means and the covariances (divided by n - 1) of the clouds:
    the squared W2 of those Gaussians (Heusel et al. 2017, "GANs trained by a two time-scale update rule", which
    introduced it on features of an Inception network as the FID). It sees nothing but means and covariances, and few
    points raise it. Fewer points than dimensions are allowed: the covariances are then singular.

    Args:
        x: [n, d], with n at least 2.
        y: [m, d], with m at least 2.

    Returns:
        The scalar, at least 0, in the units of x squared.

    Raises:
        TypeError, ValueError: where x and y are not at least 2 finite points of one dimension.

    >>> x = [[0.0, 0.0], [2.0, 0.0]]  # variance 2 along the first axis, none along the second
    >>> print(f"{frechet_distance(x, [[1.0, 3.0], [1.0, 5.0]]):.4f}")  # 4^2 + 2 + 2
    20.0000
    """
    x = _checks.points("x", x)
    y = _checks.points("y", y, x.shape[1])
    for name, points in (("x", x), ("y", y)):
        if points.shape[0] < 2:
            _checks.refuse(name, "at least 2 points, to have a covariance", "1")
    return _frechet_distance(x, y)


@jax.jit
def _frechet_distance(x: Float[Array, "n d"], y: Float[Array, "m d"]) -> Float[Array, ""]:
    size = _scale.size_of(x, y)
    mean1, cov1 = _moments(x / size)
    mean2, cov2 = _moments(y / size)
    return (size * transport.gaussian_w2(mean1, cov1, mean2, cov2)) ** 2


def _moments(x: Float[Array, "n d"]) -> tuple[Float[Array, "d"], Float[Array, "d d"]]:
    mean = x.mean(axis=0)
    # Centred first: the difference of second moments would cancel far from the origin.
    centred = x - mean[None]
    return mean, centred.T @ centred / (x.shape[0] - 1)
