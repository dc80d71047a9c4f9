"""Spectral normalization: each weight matrix divided by its largest singular value."""

import dataclasses
import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float, PyTree

from gantheory import _checks, _pytree
from gantheory.lipschitz._constraint import Constraint, Params

__all__ = ["norm_product", "spectral_norm", "spectral_normalization"]

# Random vectors are brought near the largest singular value before the first step; from then on they only follow it.
_ITERATIONS_AT_THE_START = 10


class _Vectors(NamedTuple):
    """What a power iteration knows of one matrix: unit vectors with sigma = left^T W right."""

    left: Float[Array, "rows"]
    right: Float[Array, "columns"]


@_pytree.register(static=("num_iterations",))
@dataclasses.dataclass(frozen=True)
class _SpectralNormalization(Constraint):
    num_iterations: int

    def init(self, key: Array, params: Params) -> PyTree:
        leaves, structure = jax.tree.flatten(params)
        keys = jax.random.split(key, max(len(leaves), 1))
        vectors = [_start(key, leaf) if leaf.ndim >= 2 else None for key, leaf in zip(keys, leaves)]  # noqa: B905
        return structure.unflatten(vectors)

    def refresh(self, params: Params, state: PyTree) -> PyTree:
        def iterate(leaf: Float[Array, "..."], vectors: _Vectors | None) -> _Vectors | None:
            if vectors is None:
                return None
            return _iterate(_as_matrix(jax.lax.stop_gradient(leaf)), vectors.right, self.num_iterations)

        return jax.tree.map(iterate, params, state)

    def reparametrize(self, params: Params, state: PyTree = None) -> Params:
        if state is None:
            return jax.tree.map(lambda leaf: _divide(leaf, None), params)
        return jax.tree.map(_divide, params, state)


def _as_matrix(leaf: Float[Array, "*leading out"]) -> Float[Array, "rows out"]:
    # Not -1: it cannot be inferred where `out` is 0.
    return leaf.reshape(math.prod(leaf.shape[:-1]), leaf.shape[-1])


@jax.jit  # Compiled once for each shape, not as a loop of its own for every matrix.
def _start(key: Array, leaf: Float[Array, "*leading out"]) -> _Vectors:
    right = _unit(jax.random.normal(key, leaf.shape[-1:], leaf.dtype))
    return _iterate(_as_matrix(leaf), right, _ITERATIONS_AT_THE_START)


def _iterate(
    matrix: Float[Array, "rows columns"], right: Float[Array, "columns"], num_iterations: int
) -> _Vectors:
    def once(_: Array, vectors: _Vectors) -> _Vectors:
        left = _unit(matrix @ vectors.right)
        return _Vectors(left, _unit(left @ matrix))

    return jax.lax.fori_loop(0, num_iterations, once, _Vectors(jnp.zeros_like(matrix[:, 0]), right))


def _unit(x: Float[Array, "k"]) -> Float[Array, "k"]:
    """Scale to length 1; zeros stay zeros."""
    # By the largest entry first, lest the squares of a small vector underflow.
    largest = jnp.max(jnp.abs(x))
    x = x / jnp.where(largest > 0, largest, 1)
    return x / jnp.where(largest > 0, jnp.linalg.norm(x), 1)


def _divide(leaf: Float[Array, "..."], vectors: _Vectors | None) -> Float[Array, "..."]:
    leaf = jnp.asarray(leaf)
    if leaf.ndim < 2:
        return leaf
    matrix = _as_matrix(leaf)
    if vectors is None:
        sigma = spectral_norm(matrix)
    else:
        # The vectors are constants: the gradient of sigma is then left right^T, as it is at the largest singular value.
        left, right = jax.lax.stop_gradient(vectors)
        sigma = left @ matrix @ right
    return leaf / jnp.where(sigma > 0, sigma, 1)


def spectral_norm(matrix: ArrayLike) -> Float[Array, ""]:
    """Compute the largest singular value of a matrix [m, n], exactly (by a full SVD): the steepest slope of x -> x W.

    Raises:
        TypeError, ValueError: where `matrix` is no non-empty array [m, n] of finite numbers.

    >>> float(spectral_norm([[3.0, 0.0], [0.0, -4.0]]))
    4.0
    """
    matrix = _checks.real_array("matrix", matrix)
    if matrix.ndim != 2 or 0 in matrix.shape:
        _checks.refuse("matrix", "a non-empty array of shape [m, n]", f"shape {list(matrix.shape)}")
    return jnp.linalg.svd(matrix, compute_uv=False)[0]


def norm_product(params: Params) -> Float[Array, ""]:
    """Multiply the spectral norms of all weight matrices: an upper bound of an MLP's Lipschitz constant.

    The bound holds for dense layers one after another, with activations of slope at most 1 in between (relu,
    leaky_relu, tanh, softplus, maxmin; not gelu and silu, whose slope reaches 1.13 and 1.1). It is rarely tight. For
    convolutions, see `spectral_normalization`.

    Args:
        params: a pytree of arrays; those with less than two axes (biases) do not count, the others are reshaped to
            matrices as in `spectral_normalization`.

    Raises:
        TypeError, ValueError: where a leaf is not an array of finite real numbers.

    >>> import jax.numpy as jnp
    >>> float(norm_product([{"kernel": 2 * jnp.eye(3), "bias": jnp.ones(3)}, {"kernel": jnp.full((3, 1), 2.0)}]))
    6.9282...
    """
    arrays = [_checks.real_array("params", leaf) for leaf in jax.tree.leaves(params)]
    matrices = [_as_matrix(array) for array in arrays if array.ndim >= 2]
    norms = [spectral_norm(matrix) for matrix in matrices]
    return jnp.prod(jnp.stack(norms)) if norms else jnp.ones(())


def spectral_normalization(num_iterations: int = 1) -> Constraint:
    """Evaluate the critic with every weight matrix divided by its largest singular value.

    Every array with two axes or more is taken as a matrix [product of the leading axes, out], as
    `flax.linen.SpectralNorm` does; biases are left as they are. The largest singular value is followed by a power
    iteration whose vectors are the constraint's state: `init(key, params)` makes it, `refresh(params, state)` takes
    `num_iterations` steps, `reparametrize(params, state)` divides. With no state, `reparametrize(params)` computes the
    singular value exactly. Gradients flow through it, not through the vectors. A matrix of zeros stays as it is.

    This bounds each dense layer's slope by 1, and so the critic's from *above* by 1, where the activations have slope
    at most 1. The true constant may be far lower. For a convolution with a kernel [kh, kw, in, out] the slope of the
    layer may exceed the norm of the reshaped matrix by up to sqrt(kh * kw): at stride 1 each pixel lies in kh * kw
    patches. The bound is that much larger for each such layer.

    Args:
        num_iterations: steps of the power iteration for each of the critic's steps, at least 1; structure.

    Raises:
        TypeError, ValueError: where `num_iterations` is not a whole number of at least 1.

    Source: Miyato et al. 2018, Spectral Normalization for Generative Adversarial Networks, section 2.1 and
    algorithm 1.

    >>> import jax.numpy as jnp
    >>> params = {"kernel": jnp.array([[3.0, 0.0], [0.0, 4.0]]), "bias": jnp.array([5.0, 5.0])}
    >>> spectral_normalization().reparametrize(params)["kernel"]
    Array([[0.75, 0.  ],
           [0.  , 1.  ]], dtype=float32)
    """
    return _SpectralNormalization(_checks.whole("num_iterations", num_iterations))
