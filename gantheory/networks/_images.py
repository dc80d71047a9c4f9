"""What the networks for images share: the checks of what they are given, and how their weights start."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, ArrayLike, Float

from gantheory import _checks

__all__ = [
    "LEAKY_GAIN",
    "RELU_GAIN",
    "ImageNetwork",
    "Shape",
    "check_dtype",
    "check_images",
    "check_noise",
    "dense",
    "halvings",
    "image_shape",
    "uniform",
]

Shape = tuple[int, int, int]

# The standard deviation of a layer's outputs that keeps the mean square through a ReLU, and through a leaky ReLU of
# slope 0.2.
RELU_GAIN, LEAKY_GAIN = np.sqrt(2), np.sqrt(2 / (1 + 0.2**2))


def image_shape(name: str, shape: Any) -> Shape:
    """Check the shape (h, w, c) of one image."""
    allowed = "(height, width, channels) of an image, even and at least 4 pixels a side"
    if not isinstance(shape, tuple | list) or len(shape) != 3:
        _checks.refuse(name, allowed, _checks.describe(shape), TypeError)
    height, width, channels = (_checks.whole(name, size) for size in shape)
    if height % 2 or width % 2 or min(height, width) < 4:
        _checks.refuse(name, allowed, repr(tuple(shape)))
    return height, width, channels


def halvings(height: int, width: int) -> int:
    """Count how often a grid is halved: until a side is odd, or has 4 pixels or fewer (2, where that is the first)."""
    levels = 0
    while (
        height % 2 == 0
        and width % 2 == 0
        and (min(height, width) > 4 or levels < 2)
        and min(height, width) > 2
    ):
        height, width, levels = height // 2, width // 2, levels + 1
    return levels


def check_noise(z: ArrayLike, prior_dim: int) -> Float[Array, "n k"]:
    """Check noise of shape [n, prior_dim]."""
    z = jnp.asarray(z)
    if z.ndim != 2 or z.shape[1] != prior_dim:
        _checks.refuse("z", f"an array of shape [n, {prior_dim}]", f"shape {list(z.shape)}")
    return z


def check_images(x: ArrayLike, shape: Shape) -> Float[Array, "n h w c"]:
    """Check images of one shape."""
    x = jnp.asarray(x)
    if x.ndim != 4 or x.shape[1:] != shape:
        allowed = f"images of shape [n, {', '.join(map(str, shape))}]"
        _checks.refuse("x", allowed, f"shape {list(x.shape)}")
    return x


def check_dtype(dtype: Any) -> Any:
    """Check a dtype to compute in; None is that of the weights."""
    if dtype is None:
        return None
    try:
        checked = jnp.dtype(dtype)
    except TypeError:
        checked = None
    if checked is None or not jnp.issubdtype(checked, jnp.floating):
        allowed = "None or a floating-point dtype, such as jnp.bfloat16"
        _checks.refuse("dtype", allowed, _checks.describe(dtype), TypeError)
    return checked


def uniform(std: float) -> Callable[..., Float[Array, "..."]]:
    """Make the start of an array that is uniform around 0 with a given standard deviation."""
    # Uniform, not normal: the inverse of the error function takes XLA long to compile.
    bound = np.sqrt(3) * std

    def initializer(key: Array, shape: tuple[int, ...], dtype: jax.typing.DTypeLike) -> Float[Array, "..."]:
        return jax.random.uniform(key, shape, dtype, -bound, bound)

    return initializer


def dense(in_features: int, out_features: int, gain: float, dtype: Any, rngs: nnx.Rngs) -> nnx.Linear:
    """Make a dense layer whose outputs start with standard deviation `gain`, for inputs of mean square 1."""
    return nnx.Linear(
        in_features,
        out_features,
        kernel_init=uniform(gain / np.sqrt(in_features)),
        dtype=dtype,
        param_dtype=jnp.result_type(float),
        rngs=rngs,
    )


class ImageNetwork(nnx.Module):
    """A network for images, which knows its size."""

    @property
    def num_parameters(self) -> int:
        """How many numbers the network learns."""
        return sum(leaf.size for leaf in jax.tree.leaves(nnx.state(self, nnx.Param)))
