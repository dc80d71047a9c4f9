"""Digits by label: the game, its scores, and the live training with a class to ask for."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, Float, Int

from gantheory import classifiers, datasets, distributions, games, lipschitz, plotting, training
from gantheory.explorables.image_scene import ImageScene, traced
from gantheory.games import Game
from gantheory.live.controls import whole_slider
from gantheory.live.trainer import LiveTrainer
from gantheory.networks import DCGANDiscriminator, DCGANGenerator

__all__ = [
    "DIGITS_SETTINGS",
    "PRIOR_DIM",
    "digits_by_label",
    "digits_game",
    "real_digits",
    "score_digits",
]

PRIOR_DIM = 32
"""The dimension of z."""
DIGITS_SETTINGS = training.Settings(5e-4, 1e-3, ema_decay=0.99)
"""The settings of the digits' training; pictures and scores are of the averaged weights."""

_SHAPE, _NUM_CLASSES, _WIDTH = (8, 8, 1), 10, 32
_ROWS, _MANY = 7, (7, 4)
_EACH = 50
_LOOK_KEY = 7


# Made once: a game of another factory would compile its start anew.
def _generator(rngs: nnx.Rngs) -> nnx.Module:
    return DCGANGenerator(PRIOR_DIM, _SHAPE, width=_WIDTH, num_classes=_NUM_CLASSES, rngs=rngs)


def _discriminator(rngs: nnx.Rngs) -> nnx.Module:
    return DCGANDiscriminator(_SHAPE, width=_WIDTH, num_classes=_NUM_CLASSES, rngs=rngs)


@functools.cache
def digits_game() -> Game:
    """Make the game of the digits: a conditional DCGAN with a projection, non-saturating, R1 with gamma 0.1.

    >>> digits_game().num_classes
    10
    """
    return games.conditional_gan(
        _generator,
        _discriminator,
        "non_saturating",
        lipschitz.r1(0.1),
        prior=distributions.Gaussian(np.zeros(PRIOR_DIM), np.ones(PRIOR_DIM)),
        target=datasets.load("digits"),
        batch_size=64,
    )


@functools.cache
def _judge() -> classifiers.Classifier:
    return classifiers.load("digits")


@jax.jit
def _score(game: Game, state: training.State, judge: classifiers.Classifier, key: Array) -> dict[str, Array]:
    labels = jnp.repeat(jnp.arange(_NUM_CLASSES), _EACH)
    images = games.generate(game, state, key, labels.size, labels=labels)
    right = (judge.predict(images) == labels).reshape(_NUM_CLASSES, _EACH).mean(axis=1)
    pixels = images.reshape(_NUM_CLASSES, _EACH, -1)
    return {"right": right, "spread": jnp.std(pixels, axis=1).mean()}


@functools.cache
def real_digits() -> dict[str, float]:
    """Score the held-out real digits as generated ones are scored: the judge's accuracy and the spread.

    >>> real_digits()["asked_for"] > 97
    True
    """
    test = datasets.load("digits", "test")
    images, labels = np.asarray(test.images), np.asarray(test.labels)
    spread = np.mean([images[labels == c].std(axis=0).mean() for c in range(_NUM_CLASSES)])
    return {"asked_for": 100 * _judge().test_accuracy, "spread": float(spread)}


def score_digits(
    game: Game, state: training.State, key: Array | None = None
) -> dict[str, Float[np.ndarray, "..."]]:
    """Ask for 50 images of each class and let the judge, a classifier of real digits, read them.

    Args:
        game: from `digits_game`, or another on digits.
        state: of that game.
        key: a random key; None for the one of the pictures.

    Returns:
        "asked_for", how many are read as the class asked for, in %; "of_class", the same for each class [10];
        "variety", the standard deviation of a pixel among images of one class, mean over pixels and classes, in % of
        real digits'.
    """
    key = jax.random.key(_LOOK_KEY) if key is None else key
    found = jax.device_get(_score(game, state, _judge(), key))
    of_class = 100 * np.asarray(found["right"], float)
    variety = 100 * found["spread"] / real_digits()["spread"]
    return {
        "asked_for": np.asarray(of_class.mean()),
        "of_class": of_class,
        "variety": np.asarray(variety, float),
    }


def _look(
    game: Game, state: training.State, label: Int[Array, ""]
) -> tuple[Float[Array, "n h w c"], Float[Array, "m h w c"]]:
    rows, many = (jax.random.key(_LOOK_KEY + i) for i in (1, 2))
    z = jnp.repeat(game.prior.sample(rows, _ROWS), _NUM_CLASSES, axis=0)
    classes = jnp.tile(jnp.arange(_NUM_CLASSES), _ROWS)
    # The same key gives the same z whatever the label: the slider changes the class and nothing else.
    of_one = games.generate(game, state, many, _MANY[0] * _MANY[1], labels=label)
    return games.generator_function(game, state, labels=classes)(z), of_one


class DigitsByLabel(ImageScene):
    """A scene for `LiveTrainer`: all classes from a few z, many images of one class, and the judge's verdict."""

    def __init__(self) -> None:
        real = real_digits()["asked_for"]
        super().__init__(
            [("one z in each row, asked for 0 to 9", _ROWS, _NUM_CLASSES), ("the class asked for", *_MANY)],
            _look,
            traced=[
                traced(
                    "asked_for", "read as asked for, %", plotting.CRITIC, 0, 108,
                    lines={f" {real:.1f} %: real digits": real, "10 %: chance": 10},
                ),
                traced(
                    "variety", "variety, % of real digits'", plotting.LEARNED, 0, 130, lines={"real digits": 100}
                ),
            ],
            measure=score_digits,
            size=(9.0, 4.0),
            grids_right=0.70,
            traces_bottom=0.125,
        )  # fmt: skip
        self.ask_for(0)

    def ask_for(self, label: int) -> None:
        """Choose the class of the grid at the right; from the next picture on."""
        self._label, self.given = label, (np.int32(label),)

    def words(self) -> str:
        """Say what the grids show, in words and numbers."""
        ink = (self.images[1].mean() + 1) / 2
        return f"{len(self.images[1])} images asked for as {self._label}, mean ink {ink:.2f}"


def digits_by_label(label: int = 3) -> LiveTrainer:
    """Show the training of digits by label, and the images of the class asked for.

    Args:
        label: the class at the start.

    >>> live = digits_by_label()
    >>> live.step_once()
    >>> live.stage.alt.split(",")[0]
    'step 1: 28 images asked for as 3'
    >>> live.close()
    """
    scene = DigitsByLabel()

    def make_game(label: int) -> Game:
        scene.ask_for(label)
        return digits_game()

    return LiveTrainer(
        make_game,
        scene,
        moves={"label": whole_slider("class asked for", 0, _NUM_CLASSES - 1, label)},
        settings=DIGITS_SETTINGS,
        speed=20,
    )
