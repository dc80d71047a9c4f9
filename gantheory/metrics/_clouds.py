"""How far apart two clouds of points are: the best matching, and a kernel's mean embeddings."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, ArrayLike, Float, Int

from gantheory import _checks, _pytree, _scale, transport


def wasserstein_1(x: ArrayLike, y: ArrayLike) -> Float[Array, ""]:
    """Compute the Wasserstein distance W1 between two clouds of as many points, exactly, by the best matching.

    With the Euclidean ground cost: the least mean of |x_i - y_s(i)| over all permutations s (Peyré and Cuturi 2019,
    "Computational Optimal Transport", section 2.2). It is the distance between the *clouds*; that between the laws
    behind n points in d dimensions it overestimates, by an amount that falls only like n^(-1/d) from d = 3 on.

    On the line the points are sorted. In the plane and beyond, scipy matches concrete arrays (2,500 points in a
    second), and under jit, vmap or grad the Hungarian algorithm of optax runs inside, exact too: a few hundred points,
    say 256, are a matter of tens of milliseconds, and the time grows with the cube. Differentiable in x and y.

    Args:
        x: [n, d], each point of mass 1/n.
        y: [n, d].

    Returns:
        The scalar distance, in the units of x.

    Raises:
        TypeError, ValueError: where x and y are not finite points of one dimension, or not of one number.

    >>> print(f"{wasserstein_1([[0.0, 0.0], [3.0, 0.0]], [[3.0, 4.0], [0.0, 1.0]]):.4f}")  # (1 + 4) / 2
    2.5000
    """
    x = _checks.points("x", x)
    y = _checks.points("y", y, x.shape[1])
    if x.shape[0] != y.shape[0]:
        _checks.refuse("y", f"of as many points as x, {x.shape[0]}", str(y.shape[0]))
    if x.shape[1] == 1:
        return transport.wasserstein_1d(x[:, 0], y[:, 0])
    if _checks.is_concrete(x) and _checks.is_concrete(y):
        from scipy.optimize import linear_sum_assignment
        from scipy.spatial.distance import cdist

        _, match = linear_sum_assignment(cdist(np.asarray(x, np.float64), np.asarray(y, np.float64)))
        return _mean_distance(x, y[match])
    return _wasserstein_1(x, y)


@jax.jit
def _wasserstein_1(x: Float[Array, "n d"], y: Float[Array, "n d"]) -> Float[Array, ""]:
    # The best matching does not change under small moves: its own slope is 0 (or undefined, at ties).
    return _mean_distance(x, y[_match(jax.lax.stop_gradient(x), jax.lax.stop_gradient(y))])


def _match(x: Float[Array, "n d"], y: Float[Array, "n d"]) -> Int[Array, "n"]:
    """Find which point of y goes with each point of x."""
    size = _scale.size_of(x, y)
    cost = jnp.sqrt(squared_distances(x / size, y / size))
    # With NaN or overflowing sums (a training that diverges) the search for a column would never end.
    cost = jnp.where(jnp.isfinite(cost), cost, 0)
    cost = cost / jnp.maximum(jnp.max(cost), jnp.finfo(cost.dtype).tiny)
    rows, columns = optax.assignment.hungarian_algorithm(cost)
    return jnp.zeros_like(columns).at[rows].set(columns)


@jax.jit
def _mean_distance(x: Float[Array, "n d"], y: Float[Array, "n d"]) -> Float[Array, ""]:
    # Where a pair does not move its slope counts as 0.
    return jnp.mean(_scale.euclidean(x - y))


def mmd(x: ArrayLike, y: ArrayLike, bandwidth: float = 1.0, *, biased: bool = False) -> Float[Array, ""]:
    """Estimate the squared maximum mean discrepancy between the laws behind two clouds of points.

    The kernel is the Gaussian one, k(x, y) = exp(-|x - y|^2 / (2 bandwidth^2)), and the quantity
    MMD^2 = E k(x, x') + E k(y, y') - 2 E k(x, y), with independent copies: 0 only for equal laws. It is not rooted.

    The unbiased estimate leaves out the pairs of a point with itself; its mean is right, so for equal laws it is often
    below 0. The biased one keeps them: never below 0, and too high by at most 1/n + 1/m on average (Gretton et al.
    2012, "A kernel two-sample test", Lemma 6).

    Args:
        x: [n, d], with n at least 2 for the unbiased estimate.
        y: [m, d], likewise.
        bandwidth: the standard deviation of the kernel, in the units of x, above 0. Differences of the laws that are
            much smaller or much larger than it go unseen.
        biased: which of the two estimates; structure, not traced.

    Returns:
        The scalar estimate, at most 2.

    Raises:
        TypeError, ValueError: where x and y are not finite points of one dimension, or too few, or the bandwidth is not
            a number above 0, or `biased` no bool.

    >>> x, y = [[0.0], [1.0]], [[0.0], [2.0]]
    >>> print(f"{mmd(x, y):.4f} {mmd(x, y, biased=True):.4f}")
    -0.4323 0.1967
    """
    x = _checks.points("x", x)
    y = _checks.points("y", y, x.shape[1])
    for name, points in (("x", x), ("y", y)):
        if not biased and points.shape[0] < 2:
            _checks.refuse(name, "at least 2 points for the unbiased estimate", "1")
    _checks.number("bandwidth", bandwidth, above=0)
    if not isinstance(biased, bool):
        _checks.refuse("biased", "True or False", _checks.describe(biased), TypeError)
    return _mmd(x, y, _pytree.scalar(bandwidth), biased)


@functools.partial(jax.jit, static_argnames="biased")
def _mmd(
    x: Float[Array, "n d"], y: Float[Array, "m d"], bandwidth: Float[Array, ""], biased: bool
) -> Float[Array, ""]:
    def kernel(a: Float[Array, "i d"], b: Float[Array, "j d"]) -> Float[Array, "i j"]:
        return jnp.exp(-squared_distances(a / bandwidth, b / bandwidth) / 2)

    def within(a: Float[Array, "i d"]) -> Float[Array, ""]:
        # k(a, a) = 1 for every point with itself.
        n = a.shape[0]
        return kernel(a, a).mean() if biased else (kernel(a, a).sum() - n) / (n * (n - 1))

    return within(x) + within(y) - 2 * kernel(x, y).mean()


def squared_distances(x: Float[Array, "n d"], y: Float[Array, "m d"]) -> Float[Array, "n m"]:
    """Compute |x_i - y_j|^2 from the differences: |x|^2 - 2 x.y + |y|^2 would cancel between close points."""
    return jnp.sum((x[:, None] - y[None]) ** 2, axis=2)
