"""Whole training steps with the networks for images: they train, and they are lowered for other devices from here."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gantheory import games, lipschitz, training
from gantheory.datasets import Dataset
from gantheory.distributions import Gaussian, ring
from gantheory.networks import (
    MLP,
    ConditionalMLP,
    DCGANDiscriminator,
    DCGANGenerator,
    ResNetDiscriminator,
    ResNetGenerator,
    TranslationGenerator,
)

SHAPE, CLASSES, PRIOR = (8, 8, 1), 3, Gaussian(np.zeros(4), 1.0)
PAIRS = {"dcgan": (DCGANGenerator, DCGANDiscriminator), "resnet": (ResNetGenerator, ResNetDiscriminator)}


def blots(seed):
    """Twenty images of three brightnesses, which are their labels."""
    rng = np.random.default_rng(seed)
    labels = np.arange(20) % CLASSES
    pixels = rng.integers(0, 40, size=(20, *SHAPE)) + 100 * labels[:, None, None, None]
    return Dataset(pixels, labels, ["dark", "grey", "bright"])


def of_images(pair, loss, constraint=None, *, dtype=None, num_classes=None):
    generator, discriminator = PAIRS[pair]
    make = games.gan if num_classes is None else games.conditional_gan
    return make(
        factory(generator, 4, SHAPE, width=4, dtype=dtype, num_classes=num_classes),
        factory(discriminator, SHAPE, width=4, dtype=dtype, num_classes=num_classes),
        loss,
        constraint,
        prior=PRIOR,
        target=blots(0),
        batch_size=4,
    )


def of_translators():
    return games.cycle_gan(
        factory(TranslationGenerator, SHAPE, width=4, num_blocks=1),
        factory(DCGANDiscriminator, SHAPE, width=4),
        domain_a=blots(0),
        domain_b=blots(1),
        identity_weight=1.0,
        batch_size=4,
    )


def factory(kind, *arguments, **options):
    return lambda rngs: kind(*arguments, **options, rngs=rngs)


def in_the_plane():
    return games.gan(
        factory(MLP, 2, 2, width=8),
        factory(MLP, 2, 1, width=8),
        "wasserstein",
        lipschitz.gradient_penalty(),
        prior=Gaussian([0.0, 0.0], 1.0),
        target=ring(),
        batch_size=8,
    )


def conditional_in_the_plane():
    return games.conditional_gan(
        factory(ConditionalMLP, 2, 2, 8, width=8),
        factory(ConditionalMLP, 2, 1, 8, width=8),
        "hinge",
        lipschitz.spectral_normalization(),
        prior=Gaussian([0.0, 0.0], 1.0),
        target=ring(),
        mismatched=True,
        batch_size=8,
    )


SPECTRAL = lipschitz.spectral_normalization()
IMAGE_GAMES = {
    "dcgan r1": partial(of_images, "dcgan", "non_saturating", lipschitz.r1(1.0)),
    "dcgan gradient penalty": partial(of_images, "dcgan", "wasserstein", lipschitz.gradient_penalty()),
    "dcgan spectral": partial(of_images, "dcgan", "hinge", SPECTRAL),
    "dcgan clipping": partial(of_images, "dcgan", "wasserstein", lipschitz.weight_clipping(0.05)),
    "conditional dcgan, spectral, bfloat16": partial(
        of_images, "dcgan", "non_saturating", SPECTRAL, dtype=jnp.bfloat16, num_classes=CLASSES
    ),
    "resnet": partial(of_images, "resnet", "least_squares"),
    "resnet gradient penalty": partial(of_images, "resnet", "wasserstein", lipschitz.gradient_penalty()),
    "conditional resnet r1": partial(
        of_images, "resnet", "non_saturating", lipschitz.r1(1.0), num_classes=CLASSES
    ),
    "cycle": of_translators,
}
OTHER_GAMES = {
    "gan in the plane": in_the_plane,
    "conditional gan in the plane": conditional_in_the_plane,
    "dirac": games.dirac_gan,
    "bilinear": games.bilinear,
}


@pytest.mark.parametrize("name", [*IMAGE_GAMES, *OTHER_GAMES])
def test_the_step_is_lowered_for_every_platform(name):
    game = {**IMAGE_GAMES, **OTHER_GAMES}[name]()
    state = jax.eval_shape(partial(training.init, game), jax.random.key(0))
    traced = jax.jit(training.make_step(game)).trace(state, training.Settings())
    texts = {
        platform: traced.lower(lowering_platforms=(platform,)).as_text()
        for platform in ("cpu", "cuda", "tpu")
    }
    convolutions = {platform: text.count("stablehlo.convolution") for platform, text in texts.items()}
    # On a CPU they are matrix products, elsewhere the native ones; both come from one trace.
    assert convolutions["cpu"] == 0
    assert convolutions["cuda"] == convolutions["tpu"]
    assert (convolutions["cuda"] >= 10) == (name in IMAGE_GAMES)
    for text in texts.values():
        assert "callback" not in text  # nothing in the step waits for the host


def learnt(before, after):
    """Name the parameters that a training has left as they were."""
    named = jax.tree_util.tree_leaves_with_path(before)
    return [
        jax.tree_util.keystr(path)
        for (path, leaf), new in zip(named, jax.tree.leaves(after), strict=True)
        if np.array_equal(leaf, new)
    ]


@pytest.mark.parametrize("name", ["conditional dcgan, spectral, bfloat16", "conditional resnet r1", "cycle"])
def test_every_parameter_learns(name):
    game = IMAGE_GAMES[name]()
    start = training.init(game, jax.random.key(0))
    state, history = training.train(game, start, 4, training.Settings(1e-2, 1e-2))
    assert history.stopped is None and np.isfinite(history.value).all()
    for player in ("generator", "discriminator"):
        assert learnt(getattr(start, player).params, getattr(state, player).params) == []
        for leaf in jax.tree.leaves(getattr(state, player).params):
            assert leaf.dtype == jnp.float32
