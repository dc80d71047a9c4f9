"""A small residual pair for images, after SNGAN's, plain and conditional."""

from math import prod
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, ArrayLike, Float

from gantheory import _checks
from gantheory.networks._convolution import Convolution
from gantheory.networks._images import (
    ImageNetwork,
    check_dtype,
    check_images,
    check_noise,
    dense,
    halvings,
    image_shape,
)
from gantheory.networks._labels import label_embedding, projection, with_label
from gantheory.networks._residual import DoublingBlock, HalvingBlock, HalvingFromImage
from gantheory.networks._rngs import check_rngs

__all__ = ["ResNetDiscriminator", "ResNetGenerator"]


class ResNetGenerator(ImageNetwork):
    """Noise to images: a dense layer makes the smallest grid, residual blocks double it, tanh ends it.

    A block is upsample(x) + branch(x): pixels are repeated, so that no kernel's stride shows as a chequered pattern.
    All grids have `width` channels. Two things differ from the paper: there is no batch normalisation, and the first
    convolution of a block works on the coarser grid, which costs a quarter.

    Args:
        prior_dim: dimension of z.
        shape: (h, w, c) of the images; h and w even, such as 8, 28 or 32.
        width: channels of every block.
        num_classes: None, or the number of labels: the network is then called with (z, labels), and a learned
            vector of the label, as long as z, is laid beside it.
        dtype: to compute in, such as `jnp.bfloat16`; None for that of the weights. The images come in the weights' own.
        rngs: the random numbers of the initial weights.

    Raises:
        TypeError, ValueError: where an argument is not as above.

    Source: Miyato et al. 2018, Spectral Normalization for Generative Adversarial Networks, appendix B.

    >>> from flax import nnx
    >>> generator = ResNetGenerator(64, (28, 28, 1), width=32, rngs=nnx.Rngs(0))
    >>> generator(jnp.zeros((5, 64))).shape, generator.num_parameters
    ((5, 28, 28, 1), 139201)
    """

    def __init__(
        self,
        prior_dim: int,
        shape: Any,
        *,
        width: int = 64,
        num_classes: int | None = None,
        dtype: Any = None,
        rngs: Any,
    ):
        rngs = check_rngs(rngs)
        self.prior_dim = _checks.whole("prior_dim", prior_dim)
        height, columns, channels = image_shape("shape", shape)
        width, dtype = _checks.whole("width", width), check_dtype(dtype)
        levels = halvings(height, columns)
        self.grid = (height >> levels, columns >> levels, width)
        self.num_classes = num_classes
        self.embedding = label_embedding(num_classes, self.prior_dim, 1.0, rngs)
        inputs = self.prior_dim * (1 if num_classes is None else 2)
        self.first = dense(inputs, prod(self.grid), 1.0, dtype, rngs)
        # The branches together start with as much as what they are added to.
        self.blocks = nnx.List(
            DoublingBlock(width, gain=1 / np.sqrt(levels), dtype=dtype, rngs=rngs) for _ in range(levels)
        )
        self.last = Convolution(width, channels, kernel_size=3, stride=1, gain=1.0, dtype=dtype, rngs=rngs)

    def __call__(self, z: ArrayLike, labels: ArrayLike | None = None) -> Float[Array, "n h w c"]:
        """Map z [n, prior_dim], and labels [n] where the network is conditional, to images [n, h, w, c] in (-1, 1)."""
        z = check_noise(z, self.prior_dim)
        x = self.first(with_label(self.embedding, z, labels)).reshape(z.shape[0], *self.grid)
        for block in self.blocks:
            x = block(x)
        return jnp.tanh(self.last(jax.nn.relu(x)).astype(self.first.kernel[...].dtype))


class ResNetDiscriminator(ImageNetwork):
    """Images to one raw score each: residual blocks halve the grid, a sum over it and a dense layer end it.

    A block is mean_pool(x) + branch(x), and again the second convolution works on the coarser grid. Arguments, errors
    and source as for `ResNetGenerator`. Where `num_classes` is given, the network is called with (x, labels), and the
    inner product of the summed features and a learned vector of the label is added to the score (Miyato and Koyama
    2018, cGANs with Projection Discriminator, section 3).

    >>> from flax import nnx
    >>> discriminator = ResNetDiscriminator((28, 28, 1), width=32, rngs=nnx.Rngs(0))
    >>> discriminator(jnp.zeros((5, 28, 28, 1))).shape, discriminator.num_parameters
    ((5, 1), 28161)
    """

    def __init__(
        self,
        shape: Any,
        *,
        width: int = 64,
        num_classes: int | None = None,
        dtype: Any = None,
        rngs: Any,
    ):
        rngs = check_rngs(rngs)
        self.shape = height, columns, channels = image_shape("shape", shape)
        width, dtype = _checks.whole("width", width), check_dtype(dtype)
        levels = halvings(height, columns)
        options = {"gain": 1 / np.sqrt(levels), "dtype": dtype, "rngs": rngs}
        self.blocks = nnx.List(
            [HalvingFromImage(channels, width, **options)]
            + [HalvingBlock(width, **options) for _ in range(levels - 1)]
        )
        # The features are sums over so many pixels.
        pixels = (height >> levels) * (columns >> levels)
        self.num_classes = num_classes
        self.embedding = label_embedding(num_classes, width, 1 / (pixels * np.sqrt(width)), rngs)
        self.last = dense(width, 1, 1 / pixels, dtype, rngs)

    def __call__(self, x: ArrayLike, labels: ArrayLike | None = None) -> Float[Array, "n 1"]:
        """Map images [n, h, w, c], and labels [n] where the network is conditional, to raw scores [n, 1]."""
        features = check_images(x, self.shape)
        for block in self.blocks:
            features = block(features)
        features = jnp.sum(jax.nn.relu(features), axis=(1, 2))
        scores = self.last(features) + projection(self.embedding, features, labels)
        return scores.astype(self.last.kernel[...].dtype)
