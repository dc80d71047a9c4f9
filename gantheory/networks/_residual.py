"""What residual networks for images are built of: blocks that keep, halve or double a grid."""

from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, ArrayLike, Float

from gantheory.networks._convolution import Convolution, convolve, convolve_transposed
from gantheory.networks._images import RELU_GAIN

__all__ = ["DoublingBlock", "HalvingBlock", "HalvingFromImage", "ResidualBlock"]

Images = Float[Array, "n h w c"]


def mean_pool(x: Images) -> Float[Array, "n i j c"]:
    """Take the mean over each 2 x 2 pixels."""
    n, h, w, c = x.shape
    return jnp.mean(x.reshape(n, h // 2, 2, w // 2, 2, c), axis=(2, 4))


def upsample(x: Images) -> Float[Array, "n i j c"]:
    """Repeat each pixel 2 x 2 times (the nearest neighbour)."""
    n, h, w, c = x.shape
    return jnp.broadcast_to(x[:, :, None, :, None], (n, h, 2, w, 2, c)).reshape(n, 2 * h, 2 * w, c)


class _Resampling(Convolution):
    """A 3 x 3 convolution at the finer of two grids, computed at the coarser one.

    A mean over 2 x 2 outputs of a 3 x 3 convolution sees 4 x 4 inputs, so that it is one convolution with a kernel of
    4 x 4 and stride 2: the mean of the four shifted copies of the 3 x 3 kernel. In the same way, a 3 x 3 convolution of
    an image whose pixels were repeated is a transposed one. Both take 4/9 of the multiplications.
    """

    def __init__(self, in_features: int, out_features: int, *, gain: float, dtype: Any, rngs: nnx.Rngs):
        super().__init__(
            in_features, out_features, kernel_size=3, stride=1, gain=gain, dtype=dtype, rngs=rngs
        )


class PooledConvolution(_Resampling):
    """`mean_pool` of a 3 x 3 convolution."""

    def __call__(self, x: ArrayLike) -> Float[Array, "n i j d"]:
        x, kernel, bias = self._parts(x)
        return convolve(x, _spread(kernel) / 4, 2) + bias[None, None, None]


class UpsampledConvolution(_Resampling):
    """A 3 x 3 convolution of what `upsample` makes."""

    def __call__(self, x: ArrayLike) -> Float[Array, "n i j d"]:
        x, kernel, bias = self._parts(x)
        # Mirrored, since a transposed convolution paints the kernel where a convolution looks through it.
        return convolve_transposed(x, _spread(kernel[::-1, ::-1]), 2) + bias[None, None, None]


def _spread(kernel: Float[Array, "3 3 c d"]) -> Float[Array, "4 4 c d"]:
    """Add up the four copies of a kernel that are shifted by up to one pixel."""
    rows = jnp.pad(kernel, [(0, 1), (0, 0), (0, 0), (0, 0)]) + jnp.pad(
        kernel, [(1, 0), (0, 0), (0, 0), (0, 0)]
    )
    return jnp.pad(rows, [(0, 0), (0, 1), (0, 0), (0, 0)]) + jnp.pad(rows, [(0, 0), (1, 0), (0, 0), (0, 0)])


class ResidualBlock(nnx.Module):
    """x + branch(x), the branch being two 3 x 3 convolutions, each after a ReLU; the grid stays.

    Args:
        features: channels, of the input and of the output.
        gain: standard deviation that the branch starts with, for inputs of mean square 1.
        dtype: to compute in; None for that of the weights.
        rngs: the random numbers of the initial weights.
    """

    def __init__(self, features: int, *, gain: float, dtype: Any, rngs: nnx.Rngs):
        self.convolutions = nnx.List(
            Convolution(features, features, kernel_size=3, stride=1, gain=g, dtype=dtype, rngs=rngs)
            for g in (RELU_GAIN, RELU_GAIN * gain)
        )

    def __call__(self, x: Images) -> Images:
        first, second = self.convolutions
        return x + second(jax.nn.relu(first(jax.nn.relu(x))))


class DoublingBlock(nnx.Module):
    """upsample(x) + branch(x): a 3 x 3 convolution, then another after the pixels are repeated, each after a ReLU.

    Arguments as for `ResidualBlock`.
    """

    def __init__(self, features: int, *, gain: float, dtype: Any, rngs: nnx.Rngs):
        self.first = Convolution(
            features, features, kernel_size=3, stride=1, gain=RELU_GAIN, dtype=dtype, rngs=rngs
        )
        self.second = UpsampledConvolution(features, features, gain=RELU_GAIN * gain, dtype=dtype, rngs=rngs)

    def __call__(self, x: Images) -> Float[Array, "n i j c"]:
        return upsample(x) + self.second(jax.nn.relu(self.first(jax.nn.relu(x))))


class HalvingBlock(nnx.Module):
    """mean_pool(x) + branch(x): a 3 x 3 convolution before the pooling and another after it, each after a ReLU.

    Arguments as for `ResidualBlock`.
    """

    def __init__(self, features: int, *, gain: float, dtype: Any, rngs: nnx.Rngs):
        self.first = PooledConvolution(features, features, gain=RELU_GAIN, dtype=dtype, rngs=rngs)
        self.second = Convolution(
            features, features, kernel_size=3, stride=1, gain=RELU_GAIN * gain, dtype=dtype, rngs=rngs
        )

    def __call__(self, x: Images) -> Float[Array, "n i j c"]:
        return mean_pool(x) + self.second(jax.nn.relu(self.first(jax.nn.relu(x))))


class HalvingFromImage(nnx.Module):
    """As `HalvingBlock`, for the image itself: no ReLU comes first, and a 1 x 1 convolution makes the channels."""

    def __init__(self, channels: int, features: int, *, gain: float, dtype: Any, rngs: nnx.Rngs):
        self.first = Convolution(
            channels, features, kernel_size=3, stride=1, gain=1.0, dtype=dtype, rngs=rngs
        )
        self.second = PooledConvolution(features, features, gain=RELU_GAIN * gain, dtype=dtype, rngs=rngs)
        self.shortcut = Convolution(
            channels, features, kernel_size=1, stride=1, gain=1.0, dtype=dtype, rngs=rngs
        )

    def __call__(self, x: Images) -> Float[Array, "n i j d"]:
        return self.shortcut(mean_pool(x)) + self.second(jax.nn.relu(self.first(x)))
