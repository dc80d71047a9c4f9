"""The size of arrays as a power of two: dividing by it changes no digit, and then squares fit."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

__all__ = ["euclidean", "size_of"]


def size_of(*arrays: Float[Array, "..."]) -> Float[Array, ""]:
    """Find a power of two near the largest entry of all arrays by size (1 where all are 0), without a slope."""
    return _power_of_two(jnp.max(jnp.stack([jnp.max(jnp.abs(array)) for array in arrays])))


def euclidean(x: Float[Array, "n *rest"]) -> Float[Array, "n"]:
    """Compute the norm over all axes but the first: no square under- or overflows, NaN stays, the slope at 0 is 0."""
    rest = tuple(range(1, x.ndim))
    size = _power_of_two(jnp.max(jnp.abs(x), axis=rest, keepdims=True))
    squares = jnp.sum(jnp.square(x / size), axis=rest)
    # The square root is taken of 1 where the sum is 0, so that no infinite slope meets a zero.
    return size.reshape(-1) * jnp.where(squares == 0, 0, jnp.sqrt(jnp.where(squares == 0, 1, squares)))


def _power_of_two(largest: Float[Array, "..."]) -> Float[Array, "..."]:
    _, exponent = jnp.frexp(largest)  # largest is at least half of 2^exponent
    # A quarter, so that 1 / power, by which the compiler may multiply instead, is no subnormal: that counts as 0.
    power = jnp.maximum(jnp.ldexp(jnp.ones_like(largest), exponent - 2), jnp.finfo(largest.dtype).tiny)
    return jax.lax.stop_gradient(jnp.where((largest > 0) & jnp.isfinite(largest), power, 1))
