"""Networks of the players, as `flax.nnx` modules.

A network maps a batch [n, in_dim] to [n, out_dim]; a discriminator's is [n, 1], and the game squeezes it to scores
[n]. Nothing here keeps running statistics: batch normalisation couples the points of a batch, which breaks every
penalty that is defined point by point.
"""

from gantheory.networks._conditional import ConditionalMLP, Unlabelled
from gantheory.networks._convolution import Convolution, TransposedConvolution
from gantheory.networks._dcgan import DCGANDiscriminator, DCGANGenerator
from gantheory.networks._mlp import ACTIVATIONS, MLP, Identity
from gantheory.networks._resnet import ResNetDiscriminator, ResNetGenerator
from gantheory.networks._translation import TranslationGenerator

__all__ = [
    "ACTIVATIONS",
    "MLP",
    "ConditionalMLP",
    "Convolution",
    "DCGANDiscriminator",
    "DCGANGenerator",
    "Identity",
    "ResNetDiscriminator",
    "ResNetGenerator",
    "TranslationGenerator",
    "TransposedConvolution",
    "Unlabelled",
]
