"""Which modes of a mixture a generator has found, and in which shares."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Bool, Float, Int

from gantheory import _checks
from gantheory.metrics._clouds import squared_distances

HIGH_QUALITY_STDS = 3.0
"""A sample is of high quality within this many standard deviations of its nearest mode."""


class ModeCoverage(NamedTuple):
    """What a set of samples covers of a mixture's modes.

    Attributes:
        modes: How many modes are nearest to at least one sample of high quality.
        high_quality: The share of samples within 3 standard deviations of their nearest mode, from 0 to 1.
        histogram_kl: KL(histogram || weights of the modes), in nats.
        histogram: [k], the share of all samples, good or bad, that have each mode as their nearest.
        captured: [k], which modes are captured.
    """

    modes: Int[Array, ""]
    high_quality: Float[Array, ""]
    histogram_kl: Float[Array, ""]
    histogram: Float[Array, "k"]
    captured: Bool[Array, "k"]


def mode_coverage(
    samples: ArrayLike, means: ArrayLike, std: ArrayLike, weights: ArrayLike | None = None
) -> ModeCoverage:
    """Count the modes that samples capture, by the protocol of VEEGAN, and measure how unequally.

    A sample is of *high quality* if its Euclidean distance to the nearest mode is at most 3 standard deviations, and a
    mode is *captured* if it is the nearest to at least one sample of high quality (Srivastava et al. 2017, "VEEGAN",
    the experiments on synthetic data, with 2,500 samples). A perfect sampler of round Gaussians in the plane has a
    share of 1 - exp(-4.5) = 0.9889 of high quality.

    Neither number sees imbalance: 99 % of the samples on one mode and the rest spread over the others score as well as
    equal shares. `histogram_kl` does: 0 for shares equal to the weights, log k where all samples sit at one of k
    equally likely modes. n samples of the mixture itself have about (k - 1) / (2 n).

    Args:
        samples: [n, d].
        means: [k, d], the modes.
        std: the standard deviation of every mode, or [k], one for each; above 0.
        weights: [k], the masses of the modes, divided by their total here; None for equal ones.

    Returns:
        A `ModeCoverage`, of arrays. `histogram_kl` is infinite where a mode of weight 0 is nearest to some sample.

    Raises:
        TypeError, ValueError: for samples or means that are not finite points of one dimension, a std that is neither
            one number above 0 nor one for each mode, and weights that are negative, all 0 or of the wrong number.

    >>> import jax.numpy as jnp
    >>> samples = jnp.array([[0.0, 0.0], [0.2, 0.0], [0.0, 0.9], [5.0, 0.0]])
    >>> found = mode_coverage(samples, means=[[0.0, 0.0], [0.0, 1.0], [3.0, 0.0]], std=0.1)
    >>> int(found.modes), float(found.high_quality), found.histogram.tolist()
    (2, 0.75, [0.5, 0.25, 0.25])
    >>> found.captured.tolist()
    [True, True, False]
    >>> round(float(found.histogram_kl), 4)  # log 3 minus the entropy of (1/2, 1/4, 1/4)
    0.0589
    """
    samples = _checks.points("samples", samples)
    means = _checks.points("means", means, samples.shape[1])
    std = _checks.real_array("std", std)
    if std.ndim != 0 and std.shape != means.shape[:1]:
        _checks.refuse("std", f"one number or of shape [{means.shape[0]}]", f"shape {list(std.shape)}")
    if _checks.is_concrete(std) and not np.asarray(std).min() > 0:
        _checks.refuse("std", "above 0", f"{np.asarray(std).min():g}")
    if weights is not None:
        weights = _checks.masses("weights", weights, means.shape[0])
    return _mode_coverage(samples, means, std, weights)


@jax.jit
def _mode_coverage(
    samples: Float[Array, "n d"],
    means: Float[Array, "k d"],
    std: Float[Array, ""] | Float[Array, "k"],
    weights: Float[Array, "k"] | None,
) -> ModeCoverage:
    count = means.shape[0]
    squares = squared_distances(samples, means)
    nearest = jnp.argmin(squares, axis=1)
    good = jnp.sqrt(jnp.min(squares, axis=1)) <= HIGH_QUALITY_STDS * jnp.broadcast_to(std, (count,))[nearest]
    captured = jnp.zeros(count, bool).at[nearest].max(good)
    # Counted in whole numbers, and divided once: float32 sums of many small shares would lose digits.
    dtype = squares.dtype
    histogram = jnp.zeros(count, jnp.int32).at[nearest].add(1).astype(dtype) / samples.shape[0]
    shares = jnp.full(count, 1 / count, dtype) if weights is None else (weights / weights.sum()).astype(dtype)
    # sum h log(h / w) - h + w, each term at least 0: no negative round-off where the two are equal.
    divergence = jnp.sum(jax.scipy.special.kl_div(histogram, shares))
    return ModeCoverage(
        modes=captured.sum(),
        high_quality=good.sum().astype(dtype) / samples.shape[0],
        histogram_kl=jnp.maximum(divergence, 0),
        histogram=histogram,
        captured=captured,
    )
