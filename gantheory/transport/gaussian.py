"""The Wasserstein distance between two Gaussians, in closed form."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from gantheory import _checks, _scale
from gantheory.transport._plan import Numbers, working_dtype


def gaussian_w2(mean1: Numbers, cov1: Numbers, mean2: Numbers, cov2: Numbers) -> Float[Array, ""]:
    """Compute the Wasserstein distance W_2 between two Gaussians.

    The square of the value is |mean1 - mean2|^2 plus the squared Bures distance of the covariances,
    tr(S1 + S2 - 2 (S1^1/2 S2 S1^1/2)^1/2) (Peyré and Cuturi 2019, "Computational Optimal Transport", section 2.6). It
    is computed without the cancellation of that trace: as the least |A1 - A2 U|^2 over rotations U, with the roots
    A = S^1/2. Singular covariances are allowed. Differentiable; the gradient where both Gaussians are equal is 0.
    Where one has no spread in a direction in which the other has some, W_2 falls infinitely fast as spread comes in:
    that part of the slope is left out, and the gradient is that of changes which keep the rank.

    Args:
        mean1: [d].
        cov1: [d, d], symmetric and positive semi-definite.
        mean2: [d].
        cov2: [d, d], symmetric and positive semi-definite.

    Returns:
        The scalar distance, rooted: in the units of the means.

    Raises:
        ValueError: if the shapes do not fit, values are NaN or infinite, or a covariance is not symmetric or not
            positive semi-definite (up to round-off).
        TypeError: if the arrays are not made of real numbers.

    Example:
        In one dimension W_2^2 = (m1 - m2)^2 + (s1 - s2)^2, here with standard deviations 1 and 5:

        >>> print(gaussian_w2([0.0], [[1.0]], [3.0], [[25.0]]))
        5.0
    """
    mean1 = _checks.vector("mean1", mean1)
    dim = mean1.shape[0]
    cov1 = _covariance("cov1", cov1, dim)
    mean2 = _checks.vector("mean2", mean2, dim)
    cov2 = _covariance("cov2", cov2, dim)
    dtype = working_dtype(mean1, cov1, mean2, cov2)
    return _w2(*(array.astype(dtype) for array in (mean1, cov1, mean2, cov2)))


def _covariance(name: str, cov: Numbers, dim: int) -> Float[Array, "d d"]:
    """Check a covariance matrix: symmetric and positive semi-definite, both up to round-off."""
    array = _checks.real_array(name, cov)
    if array.shape != (dim, dim):
        _checks.refuse(name, f"of shape {[dim, dim]}, as the mean", f"shape {list(array.shape)}")
    if _checks.is_concrete(array):
        values = np.asarray(array, np.float64)
        tolerance = 100 * float(jnp.finfo(array.dtype).eps) * max(np.abs(values).max(), 1e-300)
        if (gap := np.abs(values - values.T).max()) > tolerance:
            _checks.refuse(name, "symmetric", f"entries that differ by {gap:g} across the diagonal")
        if (least := np.linalg.eigvalsh(values)[0]) < -dim * tolerance:
            _checks.refuse(name, "positive semi-definite", f"an eigenvalue of {least:g}")
    return array


@jax.jit
def _w2(
    mean1: Float[Array, "d"], cov1: Float[Array, "d d"], mean2: Float[Array, "d"], cov2: Float[Array, "d d"]
) -> Float[Array, ""]:
    # Divided by a scale (which cancels), no square over- or underflows; half the difference always fits.
    half = mean1 / 2 - mean2 / 2
    scale = _scale.size_of(half, jnp.sqrt(jnp.max(jnp.abs(jnp.stack([cov1, cov2])))))
    squared = 4 * jnp.sum((half / scale) ** 2) + _bures_squared(
        *(_over(_over(cov, scale), scale) for cov in (cov1, cov2))
    )
    # The root's slope at 0 is infinite, and infinity times 0 is NaN: take the root of 1 there instead.
    return jnp.where(squared == 0, 0, scale * jnp.sqrt(jnp.where(squared == 0, 1, squared)))


def _over(x: Float[Array, "d d"], scale: Float[Array, ""]) -> Float[Array, "d d"]:
    # Without a barrier the compiler would make x / (scale * scale) of two divisions, and that square underflows.
    return jax.lax.optimization_barrier(x / scale)


@jax.custom_jvp
def _bures_squared(cov1: Float[Array, "d d"], cov2: Float[Array, "d d"]) -> Float[Array, ""]:
    root1, root2 = _root(cov1), _root(cov2)
    left, _, right = jnp.linalg.svd(root2 @ root1)
    distance = jnp.sum((root1 - root2 @ left @ right) ** 2)
    return jnp.where(jnp.all(cov1 == cov2), 0, distance)


@_bures_squared.defjvp
def _bures_squared_jvp(
    primals: tuple[Float[Array, "d d"], Float[Array, "d d"]],
    tangents: tuple[Float[Array, "d d"], Float[Array, "d d"]],
) -> tuple[Float[Array, ""], Float[Array, ""]]:
    # By the envelope theorem the slope in S1 is I - T, with T the matrix of the best map from the first Gaussian to the
    # second. Differentiating the eigenvectors instead would give NaN wherever two eigenvalues are equal.
    cov1, cov2 = primals
    identity = jnp.eye(cov1.shape[0], dtype=cov1.dtype)
    slope1, slope2 = identity - _map(cov1, cov2), identity - _map(cov2, cov1)
    slope = jnp.sum(slope1 * tangents[0]) + jnp.sum(slope2 * tangents[1])
    return _bures_squared(cov1, cov2), jnp.where(jnp.all(cov1 == cov2), 0, slope)


def _root(cov: Float[Array, "d d"]) -> Float[Array, "d d"]:
    """Take the symmetric square root; eigenvalues that round-off has made negative count as 0."""
    values, vectors = jnp.linalg.eigh(cov)
    return (vectors * jnp.sqrt(jnp.maximum(values, 0))[None, :]) @ vectors.T


def _map(source: Float[Array, "d d"], target: Float[Array, "d d"]) -> Float[Array, "d d"]:
    """Compute the matrix of the best map between centred Gaussians (pseudo-inverse where there is no spread)."""
    # From the target's side: that has the right cross terms where the source has no spread in some direction.
    root = _root(target)
    values, vectors = jnp.linalg.eigh(root @ source @ root)
    spread = values > source.shape[0] * jnp.finfo(source.dtype).eps * values[-1]
    inverse_root = jnp.where(spread, jax.lax.rsqrt(jnp.where(spread, values, 1)), 0)
    return root @ (vectors * inverse_root[None, :]) @ vectors.T @ root
