"""Recipes for images."""

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np
from flax import nnx

from gantheory import _checks, datasets, distributions, games, networks
from gantheory.recipes import _parts

__all__ = ["BEST_IMAGES", "DTYPES", "METHODS_IMAGES", "NETWORKS", "ImageRecipe", "image_game"]

NETWORKS: dict[str, tuple[str, str]] = {
    "dcgan": ("DCGANGenerator", "DCGANDiscriminator"),
    "resnet": ("ResNetGenerator", "ResNetDiscriminator"),
}
"""The pairs of networks for images, by name: the names of their classes in `networks`."""

DTYPES = ("float32", "bfloat16")
"""What networks for images may compute in; the weights stay as they are."""


@dataclasses.dataclass(frozen=True)
class ImageRecipe:
    """Everything that a training of a pair of networks for images depends on, but the dataset and the seed.

    Args:
        title: what a table calls it.
        loss: a name from `losses.LOSSES`, or "f_gan:" and a row of `divergences.F_DIVERGENCES`.
        constraint: a name from `CONSTRAINTS`.
        strength: the constraint's number (clip, weight, gamma); None where it needs none.
        network: a name from `NETWORKS`.
        width: channels of both networks where the image is largest but one.
        prior_dim: dimension of z, which is Gaussian with mean 0 and standard deviation 1.
        conditional: whether both players see the labels (`games.conditional_gan`).
        dtype: a name from `DTYPES`; None for that of the weights.
        batch_size: images of each kind in one step.
        num_steps: the generator's updates.
        num_critic_steps: the discriminator's updates for one of the generator's.
        generator_learning_rate: of Adam (b1 = 0, b2 = 0.99), at the start.
        discriminator_learning_rate: likewise.
        schedule: a name from `SCHEDULES`.
        ema_decay: of the generator's averaged weights, which are the ones that are scored; 0 for none.

    Raises:
        TypeError, ValueError: for a name that is none of these, or a number that is out of its bounds.

    >>> dataclasses.replace(METHODS_IMAGES["wgan_gp"], width=16, num_steps=100).width
    16
    """

    title: str
    loss: str
    constraint: str = "none"
    strength: float | None = None
    network: str = "dcgan"
    width: int = 32
    prior_dim: int = 64
    conditional: bool = False
    dtype: str | None = None
    batch_size: int = 64
    num_steps: int = 20_000
    num_critic_steps: int = 1
    generator_learning_rate: float = 1e-3
    discriminator_learning_rate: float = 1e-3
    schedule: str = "constant"
    ema_decay: float = 0.99

    def __post_init__(self):
        _parts.check(self)
        _checks.one_of("network", self.network, NETWORKS)
        if self.dtype is not None:
            _checks.one_of("dtype", self.dtype, DTYPES)
        if not isinstance(self.conditional, bool):
            _checks.refuse("conditional", "True or False", _checks.describe(self.conditional), TypeError)


METHODS_IMAGES: dict[str, ImageRecipe] = {
    "minimax": ImageRecipe("GAN (minimax)", "minimax"),
    "non_saturating": ImageRecipe("GAN (non-saturating)", "non_saturating"),
    "least_squares": ImageRecipe("least squares", "least_squares"),
    "r1": ImageRecipe("non-saturating + R1", "non_saturating", "r1", 0.3),
    "wgan_clipping": ImageRecipe(
        "WGAN (clipping)", "wasserstein", "weight_clipping", 0.05, num_critic_steps=5
    ),
    "wgan_gp": ImageRecipe("WGAN-GP", "wasserstein", "gradient_penalty", 10.0, num_critic_steps=5),
    "sn_gan": ImageRecipe("SN-GAN (hinge)", "hinge", "spectral_normalization"),
}
"""The methods for images by name.

All have the same networks, batches and rates, and averaged weights; the two WGANs take five critic steps for each of
the generator's, as their papers do, the others one. So two rows differ in what their titles say, and in nothing else.
Rates and gamma come from a few trials with R1 on digits, not with each of the methods.
"""

BEST_IMAGES: str = "r1"
"""The method for images that `python -m gantheory train --preset best` takes, whatever the dataset."""


def image_game(recipe: ImageRecipe, target: Any) -> games.Game:
    """Make a recipe's game for a dataset."""
    if not isinstance(target, datasets.Dataset):
        _checks.refuse("target", "a datasets.Dataset", _checks.describe(target), TypeError)
    make = games.conditional_gan if recipe.conditional else games.gan
    classes = target.num_classes if recipe.conditional else None
    generator, discriminator = _players(
        recipe.network, recipe.prior_dim, target.shape, recipe.width, classes, recipe.dtype
    )
    return make(
        generator,
        discriminator,
        recipe.loss,
        _parts.constraint_of(recipe),
        prior=distributions.Gaussian(np.zeros(recipe.prior_dim), 1.0),
        target=target,
        batch_size=recipe.batch_size,
    )


Factory = Callable[[nnx.Rngs], nnx.Module]


@functools.cache
def _players(
    network: str,
    prior_dim: int,
    shape: tuple[int, int, int],
    width: int,
    num_classes: int | None,
    dtype: str | None,
) -> tuple[Factory, Factory]:
    # Cached: fresh functions would compile their initialisation anew.
    generator, discriminator = (getattr(networks, name) for name in NETWORKS[network])
    options = {
        "width": width,
        "num_classes": num_classes,
        "dtype": None if dtype is None else jnp.dtype(dtype),
    }
    return (
        lambda rngs: generator(prior_dim, shape, **options, rngs=rngs),
        lambda rngs: discriminator(shape, **options, rngs=rngs),
    )
