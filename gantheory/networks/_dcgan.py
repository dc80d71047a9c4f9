"""The pair of DCGAN for small images, without batch normalisation, plain and conditional."""

from math import prod
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, ArrayLike, Float

from gantheory import _checks
from gantheory.networks._convolution import Convolution, TransposedConvolution
from gantheory.networks._images import (
    LEAKY_GAIN,
    RELU_GAIN,
    ImageNetwork,
    check_dtype,
    check_images,
    check_noise,
    dense,
    halvings,
    image_shape,
)
from gantheory.networks._labels import label_embedding, projection, with_label
from gantheory.networks._rngs import check_rngs

__all__ = ["DCGANDiscriminator", "DCGANGenerator"]


class DCGANGenerator(ImageNetwork):
    """Noise to images: a dense layer makes the smallest grid, transposed convolutions double it, tanh ends it.

    Each doubling halves the channels: at the last but one size there are `width`. There is no batch normalisation; the
    start of the weights keeps the scale instead.

    Args:
        prior_dim: dimension of z.
        shape: (h, w, c) of the images; h and w even, such as 8, 28 or 32.
        width: channels before the last layer.
        num_classes: None, or the number of labels: the network is then called with (z, labels), and a learned
            vector of the label, as long as z, is laid beside it.
        dtype: to compute in, such as `jnp.bfloat16`; None for that of the weights. The images come in the weights' own.
        rngs: the random numbers of the initial weights.

    Raises:
        TypeError, ValueError: where an argument is not as above.

    Source: Radford et al. 2016, Unsupervised Representation Learning with DCGANs, section 3.

    >>> from flax import nnx
    >>> generator = DCGANGenerator(64, (28, 28, 1), width=32, rngs=nnx.Rngs(0))
    >>> generator(jnp.zeros((5, 64))).shape, generator.num_parameters
    ((5, 28, 28, 1), 237153)
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
        self.grid = (height >> levels, columns >> levels, width << (levels - 1))
        self.num_classes = num_classes
        self.embedding = label_embedding(num_classes, self.prior_dim, 1.0, rngs)
        inputs = self.prior_dim * (1 if num_classes is None else 2)
        self.first = dense(inputs, prod(self.grid), RELU_GAIN, dtype, rngs)
        features = [width << level for level in reversed(range(levels))] + [channels]
        self.layers = nnx.List(
            TransposedConvolution(
                features[i],
                features[i + 1],
                gain=RELU_GAIN if i < levels - 1 else 1.0,
                dtype=dtype,
                rngs=rngs,
            )
            for i in range(levels)
        )

    def __call__(self, z: ArrayLike, labels: ArrayLike | None = None) -> Float[Array, "n h w c"]:
        """Map z [n, prior_dim], and labels [n] where the network is conditional, to images [n, h, w, c] in (-1, 1)."""
        z = check_noise(z, self.prior_dim)
        x = self.first(with_label(self.embedding, z, labels)).reshape(z.shape[0], *self.grid)
        for layer in self.layers:
            x = layer(jax.nn.relu(x))
        return jnp.tanh(x.astype(self.first.kernel[...].dtype))


class DCGANDiscriminator(ImageNetwork):
    """Images to one raw score each: convolutions halve the grid and double the channels, a dense layer ends it.

    Arguments, errors and source as for `DCGANGenerator`. Where `num_classes` is given, the network is called with
    (x, labels), and the inner product of the last features and a learned vector of the label is added to the score
    (Miyato and Koyama 2018, cGANs with Projection Discriminator, section 3).

    >>> from flax import nnx
    >>> discriminator = DCGANDiscriminator((28, 28, 1), width=32, rngs=nnx.Rngs(0))
    >>> discriminator(jnp.zeros((5, 28, 28, 1))).shape, discriminator.num_parameters
    ((5, 1), 36513)
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
        features = [channels] + [width << level for level in range(levels)]
        self.layers = nnx.List(
            Convolution(features[i], features[i + 1], gain=LEAKY_GAIN, dtype=dtype, rngs=rngs)
            for i in range(levels)
        )
        size = (height >> levels) * (columns >> levels) * features[-1]
        self.num_classes = num_classes
        self.embedding = label_embedding(num_classes, size, 1 / np.sqrt(size), rngs)
        self.last = dense(size, 1, 1.0, dtype, rngs)

    def __call__(self, x: ArrayLike, labels: ArrayLike | None = None) -> Float[Array, "n 1"]:
        """Map images [n, h, w, c], and labels [n] where the network is conditional, to raw scores [n, 1]."""
        features = check_images(x, self.shape)
        for layer in self.layers:
            features = jax.nn.leaky_relu(layer(features), 0.2)
        features = features.reshape(features.shape[0], -1)
        scores = self.last(features) + projection(self.embedding, features, labels)
        return scores.astype(self.last.kernel[...].dtype)
