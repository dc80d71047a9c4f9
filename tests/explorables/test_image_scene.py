"""The picture of a training of images: each image in its own cell, ink where the numbers are high, traces that move."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from matplotlib.figure import Figure

from gantheory import datasets, distributions, games, plotting, training
from gantheory.explorables import image_scene, scenes
from gantheory.live.trainer import LiveTrainer
from gantheory.networks import DCGANDiscriminator, DCGANGenerator
from tests.sweep import sweep_trainer


def _generator(rngs: nnx.Rngs) -> nnx.Module:
    return DCGANGenerator(4, (8, 8, 1), width=2, rngs=rngs)


def _discriminator(rngs: nnx.Rngs) -> nnx.Module:
    return DCGANDiscriminator((8, 8, 1), width=2, rngs=rngs)


@pytest.fixture(scope="module")
def game():
    return games.gan(
        _generator,
        _discriminator,
        "non_saturating",
        prior=distributions.Gaussian(np.zeros(4), np.ones(4)),
        target=datasets.load("digits"),
        batch_size=8,
    )


def _cell(grid: plotting.ImageGrid, row: int, column: int) -> np.ndarray:
    shown = np.asarray(grid.image.get_array())
    height, width = shown.shape[0] // grid.rows, shown.shape[1] // grid.columns
    return shown[row * height : (row + 1) * height, column * width : (column + 1) * width]


def _grid(rows: int = 2, columns: int = 3) -> plotting.ImageGrid:
    return plotting.ImageGrid(Figure().add_subplot(), rows, columns)


def test_each_image_stands_in_its_cell():
    grid = _grid()
    rng = np.random.default_rng(0)
    images = rng.uniform(-1, 1, (5, 4, 6, 1)).astype(np.float32)
    grid.set(images)
    for n in range(5):
        inside = _cell(grid, n // 3, n % 3)[1:-1, 1:-1]
        np.testing.assert_allclose(inside, np.repeat((1 - images[n]) / 2, 3, axis=-1), atol=1e-6)
    assert np.ptp(_cell(grid, 1, 2)) == 0  # the sixth cell is empty
    # One unit of the axes is one cell, and rows go down.
    assert tuple(grid.image.get_extent()) == (0, 3, 2, 0)


def test_colours_stay_and_what_is_too_many_or_too_bright_is_cut():
    grid = _grid(1, 2)
    images = np.zeros((4, 4, 4, 3))
    images[0, ..., 0], images[1] = 1.0, 7.0
    grid.set(images)
    assert _cell(grid, 0, 0)[2, 2].tolist() == [1.0, 0.5, 0.5]
    assert _cell(grid, 0, 1)[2, 2].tolist() == [1.0, 1.0, 1.0]
    grid.set(np.zeros((2, 28, 28, 1)))  # another size of image fits into the same cells
    assert tuple(grid.image.get_extent()) == (0, 2, 1, 0)


def test_the_scene_shows_the_averaged_generator(game):
    def look(game, state):
        return (games.generate(game, state, jax.random.key(0), 6),)

    settings = training.Settings(1e-2, 1e-2, ema_decay=0.5)
    state, _ = training.train(game, training.init(game, jax.random.key(0)), 3, settings)
    for averaged in (True, False):
        scene = image_scene.ImageScene([("generated", 2, 3)], look, averaged=averaged)
        live = LiveTrainer(lambda game=game: game, scene)
        live.run.state = state
        live.show()
        shown = training.averaged(state) if averaged else state
        expected = games.generate(game, shown, jax.random.key(0), 6)
        np.testing.assert_allclose(scene.images[0], expected, atol=1e-5)
        live.close()
    assert (
        float(abs(games.generate(game, training.averaged(state), jax.random.key(0), 6) - expected).max())
        > 1e-4
    )


def test_every_control_with_traces(game):
    def look(game, state):
        return game.target.sample(jax.random.key(1), 4), games.generate(game, state, jax.random.key(0), 6)

    ink = image_scene.traced("ink", "mean ink", plotting.LEARNED, 0.0, 1.0)
    live = LiveTrainer(
        lambda: game,
        image_scene.ImageScene(
            [("real", 2, 2), ("generated", 2, 3)],
            look,
            traced=(ink, scenes.VALUE),
            measure=lambda game, state: {"ink": jnp.mean(look(game, state)[1]) / 2 + 0.5},
        ),
    )
    live.step_once()
    assert live.run.measured["ink"].shape == (2,)
    assert "4 images, real: their mean ink is 0.3" in live.stage.alt
    assert "; mean ink 0." in live.stage.alt and "; value V(G, D) -" in live.stage.alt
    sweep_trainer(live, steps=2)
