"""Convolutions that are fast wherever they run: one set of weights, two ways to compute the same sums.

On a CPU, XLA's convolution is slow, inside a compiled loop very slow. There a convolution is computed as what it is, a
matrix product: the image is cut into cells of stride x stride pixels, the few shifted copies of that grid which one
output sees are laid side by side, and one product with the kernel does the rest. The transposed convolution is the same
in reverse: one product, whose parts are shifted and added up. Where the step is lowered for a GPU or a TPU, the native
convolution takes its place (`lax.platform_dependent`: decided at lowering, not by a branch in Python).
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, ArrayLike, Float

from gantheory import _checks
from gantheory.networks._images import check_dtype, uniform
from gantheory.networks._rngs import check_rngs

__all__ = ["Convolution", "TransposedConvolution", "convolve", "convolve_transposed"]

_LAYOUT = ("NHWC", "HWIO", "NHWC")

Images = Float[Array, "n h w c"]
Kernel = Float[Array, "k k c d"]


def convolve(x: Images, kernel: Kernel, stride: int) -> Float[Array, "n i j d"]:
    """Slide a kernel over images, `stride` pixels at a time; the output has 1/stride of the input's height and width.

    The image is padded with zeros by (k - stride)/2 on each side.

    Args:
        x: images [n, h, w, c], with h and w multiples of the stride.
        kernel: [k, k, c, d], with k a multiple of the stride and k - stride even.
        stride: pixels a step.
    """
    return jax.lax.platform_dependent(
        x,
        kernel,
        cpu=lambda x, kernel: _as_product(x, kernel, stride),
        default=lambda x, kernel: _native(x, kernel, stride),
    )


def convolve_transposed(x: Images, kernel: Kernel, stride: int) -> Float[Array, "n i j d"]:
    """Paint a kernel around each pixel, `stride` pixels apart; the output has `stride` times the input's size.

    It is the linear map whose matrix is the transpose of `convolve`'s with the same kernel turned to [k, k, d, c].

    Args:
        x: images [n, h, w, c].
        kernel: [k, k, c, d], with k a multiple of the stride and k - stride even.
        stride: pixels a step.
    """
    return jax.lax.platform_dependent(
        x,
        kernel,
        cpu=lambda x, kernel: _transposed_as_product(x, kernel, stride),
        default=lambda x, kernel: _transposed_native(x, kernel, stride),
    )


def _native(x: Images, kernel: Kernel, stride: int) -> Float[Array, "n i j d"]:
    pad = (kernel.shape[0] - stride) // 2
    return jax.lax.conv_general_dilated(
        x, kernel, (stride, stride), [(pad, pad)] * 2, dimension_numbers=_LAYOUT
    )


def _transposed_native(x: Images, kernel: Kernel, stride: int) -> Float[Array, "n i j d"]:
    k = kernel.shape[0]
    pad = k - 1 - (k - stride) // 2
    # A convolution slides the kernel mirrored to how a transposed one paints it.
    return jax.lax.conv_general_dilated(
        x,
        kernel[::-1, ::-1],
        (1, 1),
        [(pad, pad)] * 2,
        lhs_dilation=(stride, stride),
        dimension_numbers=_LAYOUT,
    )


def _as_product(x: Images, kernel: Kernel, stride: int) -> Float[Array, "n i j d"]:
    k, _, c, d = kernel.shape
    if stride == 1 and d < c:
        # The same sums in the other order: k * k patches of d channels are moved then, not of c.
        return _transposed_as_product(x, kernel[::-1, ::-1], stride)
    cells, pad = k // stride, (k - stride) // 2
    n, h, w, _ = x.shape
    rows, columns = h // stride, w // stride
    x = jnp.pad(x, [(0, 0), (pad, pad), (pad, pad), (0, 0)])
    # [n, row of cells, row in the cell, column of cells, column in the cell and channel].
    x = x.reshape(n, rows + cells - 1, stride, columns + cells - 1, stride * c)
    patches = jnp.concatenate(
        [
            x[:, i : i + rows, row, j : j + columns]
            for i in range(cells)
            for row in range(stride)
            for j in range(cells)
        ],
        axis=-1,
    )
    product = _product(patches.reshape(n * rows * columns, k * k * c), kernel.reshape(k * k * c, d))
    return product.reshape(n, rows, columns, d)


def _transposed_as_product(x: Images, kernel: Kernel, stride: int) -> Float[Array, "n i j d"]:
    k, _, c, d = kernel.shape
    cells, pad = k // stride, (k - stride) // 2
    n, h, w, _ = x.shape
    # Columns in the order: cell's row, cell's column, row in the cell, column in the cell, channel.
    matrix = kernel.reshape(cells, stride, cells, stride, c, d).transpose(4, 0, 2, 1, 3, 5).reshape(c, -1)
    painted = _product(x.reshape(n * h * w, c), matrix).reshape(n, h, w, -1)
    # Split, not indexed: its transpose is then a concatenation, not a sum of four arrays padded with zeros.
    parts = jnp.split(painted, cells * cells, axis=-1)
    grid = sum(
        jnp.pad(part, [(0, 0), (i, cells - 1 - i), (j, cells - 1 - j), (0, 0)])
        for part, (i, j) in zip(parts, np.ndindex(cells, cells), strict=True)
    )
    grid = grid.reshape(n, h + cells - 1, w + cells - 1, stride, stride, d).transpose(0, 1, 3, 2, 4, 5)
    image = grid.reshape(n, stride * (h + cells - 1), stride * (w + cells - 1), d)
    return image[:, pad : pad + stride * h, pad : pad + stride * w]


def _product(x: Float[Array, "m a"], matrix: Float[Array, "a b"]) -> Float[Array, "m b"]:
    if matrix.shape[0] <= matrix.shape[1]:
        return x @ matrix
    # The gradient for the matrix is a product too, and XLA's takes up to three times as long where its result has more
    # rows than columns. The barrier keeps the compiler from turning the matrix, and with it its gradient, back.
    turned = jax.lax.optimization_barrier(matrix.T)
    return jax.lax.dot_general(x, turned, (((1,), (1,)), ((), ())))


class _Convolving(nnx.Module):
    """What the two kinds of layer share: a kernel, a bias, the dtype to compute in."""

    def __init__(
        self,
        in_features: int,
        out_features: int,
        kernel_size: int,
        stride: int,
        gain: float,
        dtype: Any,
        taps: int,
        rngs: nnx.Rngs,
    ):
        shape = (kernel_size, kernel_size, in_features, out_features)
        param_dtype = jnp.result_type(float)
        start = uniform(_checks.number("gain", gain, at_least=0) / np.sqrt(in_features * taps))
        self.kernel = nnx.Param(start(rngs.params(), shape, param_dtype))
        self.bias = nnx.Param(jnp.zeros((out_features,), param_dtype))
        self.in_features, self.stride, self.dtype = in_features, stride, check_dtype(dtype)

    def _parts(self, x: ArrayLike) -> tuple[Images, Kernel, Float[Array, "d"]]:
        x = jnp.asarray(x)
        if x.ndim != 4 or x.shape[-1] != self.in_features:
            allowed = f"images of shape [n, h, w, {self.in_features}]"
            _checks.refuse("x", allowed, f"shape {list(x.shape)}")
        dtype = self.kernel[...].dtype if self.dtype is None else self.dtype
        return x.astype(dtype), self.kernel[...].astype(dtype), self.bias[...].astype(dtype)


class Convolution(_Convolving):
    """A convolution with zero padding: images [n, h, w, c] to [n, h/stride, w/stride, d].

    The weights start uniform with variance gain^2 / (number of weights that one output sums over), the biases at 0.

    Args:
        in_features: c, channels of the input.
        out_features: d, channels of the output.
        kernel_size: pixels, a multiple of the stride, with kernel_size - stride even.
        stride: pixels a step.
        gain: standard deviation of an output for inputs of mean square 1; sqrt(2) keeps it through a ReLU.
        dtype: to compute in, such as `jnp.bfloat16`; None for that of the weights.
        rngs: the random numbers of the initial weights.

    Raises:
        TypeError, ValueError: where a size is not as above, or the images have another number of channels or a height
            or width that is no multiple of the stride.

    >>> from flax import nnx
    >>> layer = Convolution(3, 8, kernel_size=4, stride=2, rngs=nnx.Rngs(0))
    >>> layer(jnp.zeros((5, 28, 28, 3))).shape
    (5, 14, 14, 8)
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        *,
        kernel_size: int = 4,
        stride: int = 2,
        gain: float = 1.0,
        dtype: Any = None,
        rngs: Any,
    ):
        rngs = check_rngs(rngs)
        sizes = _sizes(in_features, out_features, kernel_size, stride)
        super().__init__(*sizes, gain, dtype, kernel_size**2, rngs)

    def __call__(self, x: ArrayLike) -> Float[Array, "n i j d"]:
        """Map images [n, h, w, c] to [n, h/stride, w/stride, d]."""
        x, kernel, bias = self._parts(x)
        for name, size in (("height", x.shape[1]), ("width", x.shape[2])):
            if size % self.stride:
                _checks.refuse(f"{name} of x", f"a multiple of the stride {self.stride}", repr(size))
        return convolve(x, kernel, self.stride) + bias[None, None, None]


class TransposedConvolution(_Convolving):
    """A transposed convolution: images [n, h, w, c] to [n, stride * h, stride * w, d].

    Arguments, errors and start as for `Convolution`.

    >>> from flax import nnx
    >>> layer = TransposedConvolution(8, 3, kernel_size=4, stride=2, rngs=nnx.Rngs(0))
    >>> layer(jnp.zeros((5, 14, 14, 8))).shape
    (5, 28, 28, 3)
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        *,
        kernel_size: int = 4,
        stride: int = 2,
        gain: float = 1.0,
        dtype: Any = None,
        rngs: Any,
    ):
        rngs = check_rngs(rngs)
        sizes = _sizes(in_features, out_features, kernel_size, stride)
        super().__init__(*sizes, gain, dtype, (kernel_size // stride) ** 2, rngs)

    def __call__(self, x: ArrayLike) -> Float[Array, "n i j d"]:
        """Map images [n, h, w, c] to [n, stride * h, stride * w, d]."""
        x, kernel, bias = self._parts(x)
        return convolve_transposed(x, kernel, self.stride) + bias[None, None, None]


def _sizes(in_features: int, out_features: int, kernel_size: int, stride: int) -> tuple[int, int, int, int]:
    stride = _checks.whole("stride", stride)
    kernel_size = _checks.whole("kernel_size", kernel_size)
    if kernel_size % stride or (kernel_size - stride) % 2:
        allowed = f"a multiple of the stride {stride} that differs from it by an even number"
        _checks.refuse("kernel_size", allowed, repr(kernel_size))
    in_features = _checks.whole("in_features", in_features)
    return in_features, _checks.whole("out_features", out_features), kernel_size, stride
