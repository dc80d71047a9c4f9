"""Recipes for images: plain data that becomes the game and the settings that it says."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gantheory import datasets, distributions, games, recipes, training
from gantheory.recipes import BEST_IMAGES, METHODS_IMAGES, ImageRecipe

SMALL = ImageRecipe("small", "non_saturating", "r1", 0.5, width=4, prior_dim=3, batch_size=16, ema_decay=0.5)


@pytest.fixture(scope="module")
def digits():
    return datasets.load("digits")


def test_the_methods_are_the_four_of_the_notebook_and_more_on_one_budget():
    kinds = {(recipe.loss, recipe.constraint) for recipe in METHODS_IMAGES.values()}
    assert kinds >= {
        ("minimax", "none"),
        ("non_saturating", "r1"),
        ("wasserstein", "weight_clipping"),
        ("wasserstein", "gradient_penalty"),
        ("hinge", "spectral_normalization"),
    }
    free = {"title", "loss", "constraint", "strength", "num_critic_steps"}
    for field in dataclasses.fields(ImageRecipe):
        if field.name not in free:
            assert len({getattr(recipe, field.name) for recipe in METHODS_IMAGES.values()}) == 1, field.name
    assert {
        recipe.num_critic_steps for recipe in METHODS_IMAGES.values() if recipe.loss == "wasserstein"
    } == {5}
    assert BEST_IMAGES in METHODS_IMAGES


@pytest.mark.parametrize("name", METHODS_IMAGES)
def test_every_recipe_makes_its_game(name, digits):
    recipe = dataclasses.replace(METHODS_IMAGES[name], width=8)
    game = recipes.make_game(recipe, digits)
    assert game.batch_size == 64 and game.prior.dim == recipe.prior_dim and game.target is digits
    assert type(game.constraint) is type(
        recipes.CONSTRAINTS[recipe.constraint](*[0.5] * bool(recipe.strength))
    )
    leaves = [float(leaf) for leaf in jax.tree.leaves(game.constraint)]
    assert leaves[:1] == ([pytest.approx(recipe.strength)] if recipe.strength else [])
    generator, discriminator = jax.eval_shape(game.init, jax.random.key(0))
    kernels = [
        [leaf.shape for leaf in jax.tree.leaves(player.params) if len(leaf.shape) == 4]
        for player in (generator, discriminator)
    ]
    # 4x4 kernels between 8x8 and 4x4 pixels, of the recipe's width there.
    assert any(set(shape[2:]) == {1, 8} for shape in kernels[0])
    assert any(set(shape[2:]) == {1, 8} for shape in kernels[1])


def test_a_training_is_that_of_the_game_made_by_hand(digits):
    from gantheory.lipschitz import r1
    from gantheory.networks import DCGANDiscriminator, DCGANGenerator

    recipe = dataclasses.replace(SMALL, schedule="linear", num_critic_steps=2)
    by_hand = games.gan(
        lambda rngs: DCGANGenerator(3, (8, 8, 1), width=4, rngs=rngs),
        lambda rngs: DCGANDiscriminator((8, 8, 1), width=4, rngs=rngs),
        "non_saturating",
        r1(0.5),
        prior=distributions.Gaussian(np.zeros(3), 1.0),
        target=digits,
        batch_size=16,
    )
    settings = training.Settings(
        1e-3, 1e-3, num_critic_steps=2, ema_decay=0.5, schedule=training.linear_decay(20)
    )
    pictures = []
    for game, how in (
        (recipes.make_game(recipe, digits), recipes.make_settings(recipe, 20)),
        (by_hand, settings),
    ):
        state, history = training.train(game, training.init(game, jax.random.key(1)), 5, how)
        assert history.stopped is None
        pictures.append(games.generate(game, training.averaged(state), jax.random.key(2), 4))
    np.testing.assert_array_equal(*pictures)


def test_a_conditional_recipe_gives_both_players_the_labels(digits):
    game = recipes.make_game(dataclasses.replace(SMALL, conditional=True), digits)
    state = training.init(game, jax.random.key(0))
    one, other = (games.generate(game, state, jax.random.key(1), 3, labels=label) for label in (1, 2))
    assert one.shape == (3, 8, 8, 1) and not np.allclose(one, other)


@pytest.mark.parametrize("network", recipes.NETWORKS)
@pytest.mark.parametrize("shape", [(8, 8, 1), (28, 28, 1), (32, 32, 3)])
def test_every_network_fits_every_dataset(network, shape):
    pixels = np.zeros((2, *shape), np.uint8)
    target = datasets.Dataset(pixels, [0, 1], ["a", "b"])
    for conditional in (False, True):
        recipe = dataclasses.replace(SMALL, network=network, conditional=conditional)
        game = recipes.make_game(recipe, target)  # which compares all shapes
        assert game.generator.kind.__name__ == recipes.NETWORKS[network][0]


def test_bfloat16_is_computed_in_and_not_stored(digits):
    exact, rough = (
        recipes.make_game(dataclasses.replace(SMALL, dtype=dtype), digits) for dtype in (None, "bfloat16")
    )
    state = training.init(exact, jax.random.key(0))
    assert jax.tree.all(jax.tree.map(lambda leaf: leaf.dtype == jnp.float32, state.generator.params))
    a, b = (games.generate(game, state, jax.random.key(1), 50) for game in (exact, rough))
    assert a.dtype == b.dtype == jnp.float32
    assert 0 < float(jnp.abs(a - b).max()) < 0.1


def test_games_of_one_recipe_share_their_compiled_start(digits):
    a, b = (recipes.make_game(SMALL, digits) for _ in range(2))
    assert a.generator.factory is b.generator.factory and a.discriminator.factory is b.discriminator.factory


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"loss": "kl"}, "loss must be one of minimax, non_saturating"),
        ({"network": "vgg"}, "network must be one of dcgan, resnet, got 'vgg'"),
        ({"dtype": "float16"}, "dtype must be one of float32, bfloat16, got 'float16'"),
        ({"width": 0}, "width must be a whole number of at least 1"),
        ({"strength": None}, "strength of r1 must be a number, got None"),
        ({"constraint": "none"}, "strength of none must be None, got 0.5"),
        ({"ema_decay": 1.0}, "ema_decay must be a finite number at least 0 and below 1"),
    ],
)
def test_a_wrong_recipe_is_refused_in_one_sentence(wrong, sentence):
    with pytest.raises((TypeError, ValueError), match=sentence):
        dataclasses.replace(SMALL, **wrong)


def test_points_and_images_are_not_mixed_up(digits):
    with pytest.raises(TypeError, match=r"target must be a datasets\.Dataset"):
        recipes.make_game(SMALL, distributions.ring())
    with pytest.raises(TypeError, match=r"target must be one of gantheory\.distributions"):
        recipes.make_game(recipes.METHODS["r1"], digits)
    with pytest.raises(TypeError, match=r"recipe must be a recipes\.Recipe or recipes\.ImageRecipe"):
        recipes.make_settings("r1")
