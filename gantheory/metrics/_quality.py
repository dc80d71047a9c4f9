"""Fidelity and variety of generated samples: precision and recall, and the Fréchet distance."""

import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float

from gantheory import _checks, transport
from gantheory.metrics._clouds import squared_distances


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
    across = squared_distances(real, fake)
    in_real_ball = jnp.any(across <= _squared_radii(real, k)[:, None], axis=0)
    in_fake_ball = jnp.any(across <= _squared_radii(fake, k)[None], axis=1)
    return PrecisionRecall(in_real_ball.mean(dtype=across.dtype), in_fake_ball.mean(dtype=across.dtype))


def _squared_radii(points: Float[Array, "n d"], k: int) -> Float[Array, "n"]:
    """Compute the squared distance from each point to its k-th nearest other one; a double of it counts."""
    # The point itself comes first, at distance 0.
    return -jax.lax.top_k(-squared_distances(points, points), k + 1)[0][:, k]


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
    mean1, cov1 = _moments(x)
    mean2, cov2 = _moments(y)
    return transport.gaussian_w2(mean1, cov1, mean2, cov2) ** 2


def _moments(x: Float[Array, "n d"]) -> tuple[Float[Array, "d"], Float[Array, "d d"]]:
    mean = x.mean(axis=0)
    # Centred first: the difference of second moments would cancel far from the origin.
    centred = x - mean[None]
    return mean, centred.T @ centred / (x.shape[0] - 1)
