"""The network that turns an image of one kind into one of another."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, ArrayLike, Float

from gantheory import _checks
from gantheory.networks._convolution import Convolution, TransposedConvolution
from gantheory.networks._images import RELU_GAIN, ImageNetwork, check_dtype, check_images, image_shape
from gantheory.networks._residual import ResidualBlock
from gantheory.networks._rngs import check_rngs

__all__ = ["TranslationGenerator"]


class TranslationGenerator(ImageNetwork):
    """Images to images of the same size: convolutions halve the grid, residual blocks work there, doublings lead back.

    The grid is halved at most twice, and only while it stays even and its sides at 4 pixels or more: 8 to 4, 28 to 7,
    32 to 8. Each halving doubles the channels. After each convolution but the last, and outside the blocks, every
    channel of every image is shifted and scaled to mean 0 and mean square 1 over its pixels (instance normalisation):
    no image sees another.

    Args:
        shape_in: (h, w, c) of the images that come in; h and w even.
        shape_out: (h, w, c) of those that go out, with the same h and w; None for `shape_in`.
        width: channels at full size.
        num_blocks: residual blocks on the smallest grid, 0 or more.
        dtype: to compute in, such as `jnp.bfloat16`; None for that of the weights. The images come in the weights' own.
        rngs: the random numbers of the initial weights.

    Raises:
        TypeError, ValueError: where an argument is not as above.

    Source: Zhu et al. 2017, Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks, section 4.

    >>> from flax import nnx
    >>> generator = TranslationGenerator((28, 28, 3), (28, 28, 1), width=8, rngs=nnx.Rngs(0))
    >>> generator(jnp.zeros((5, 28, 28, 3))).shape
    (5, 28, 28, 1)
    """

    def __init__(
        self,
        shape_in: Any,
        shape_out: Any = None,
        *,
        width: int = 32,
        num_blocks: int = 2,
        dtype: Any = None,
        rngs: Any,
    ):
        rngs = check_rngs(rngs)
        self.shape_in = height, columns, channels = image_shape("shape_in", shape_in)
        self.shape_out = self.shape_in if shape_out is None else image_shape("shape_out", shape_out)
        if self.shape_out[:2] != (height, columns):
            allowed = f"of the height and width of shape_in, {(height, columns)}"
            _checks.refuse("shape_out", allowed, repr(self.shape_out))
        width, dtype = _checks.whole("width", width), check_dtype(dtype)
        num_blocks = _checks.whole("num_blocks", num_blocks, at_least=0)
        levels = 0
        while levels < 2 and not any(
            (side >> levels) % 2 or side >> levels < 8 for side in (height, columns)
        ):
            levels += 1
        levels = max(levels, 1)
        features = [width << level for level in range(levels + 1)]
        options = {"dtype": dtype, "rngs": rngs}
        self.enter = Convolution(channels, width, kernel_size=3, stride=1, **options)
        self.halvings = nnx.List(
            Convolution(features[i], features[i + 1], gain=RELU_GAIN, **options) for i in range(levels)
        )
        # The branches together start with as much as what they are added to.
        gain = 1 / np.sqrt(max(num_blocks, 1))
        self.blocks = nnx.List(ResidualBlock(features[-1], gain=gain, **options) for _ in range(num_blocks))
        self.doublings = nnx.List(
            TransposedConvolution(features[i + 1], features[i], gain=RELU_GAIN, **options)
            for i in reversed(range(levels))
        )
        self.leave = Convolution(width, self.shape_out[2], kernel_size=3, stride=1, **options)

    def __call__(self, x: ArrayLike) -> Float[Array, "n h w d"]:
        """Map images [n, h, w, c] to images [n, h, w, d] in (-1, 1)."""
        x = _normalize(self.enter(check_images(x, self.shape_in)))
        for layer in self.halvings:
            x = _normalize(layer(jax.nn.relu(x)))
        for block in self.blocks:
            x = block(x)
        for layer in self.doublings:
            x = _normalize(layer(jax.nn.relu(x)))
        return jnp.tanh(self.leave(jax.nn.relu(x)).astype(self.enter.kernel[...].dtype))


def _normalize(x: Float[Array, "n h w c"]) -> Float[Array, "n h w c"]:
    """Bring every channel of every image to mean 0 and mean square 1; a constant channel becomes 0."""
    wide = x.astype(jnp.promote_types(x.dtype, jnp.float32))
    centred = wide - jnp.mean(wide, axis=(1, 2), keepdims=True)
    square = jnp.mean(jnp.square(centred), axis=(1, 2), keepdims=True)
    return (centred * jax.lax.rsqrt(square + 1e-5)).astype(x.dtype)
