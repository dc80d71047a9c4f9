"""The live figures of notebook 00: a GAN at work, on the line and in the plane."""

import dataclasses
import functools

from flax import nnx

from gantheory import distributions, games, training
from gantheory.explorables import scenes
from gantheory.live.controls import choice, slider
from gantheory.live.quiz import Question, Questions
from gantheory.live.trainer import LiveTrainer
from gantheory.networks import MLP

__all__ = [
    "LINE_RATES",
    "PLANE_RATES",
    "PLANE_REACH",
    "game_in_the_plane",
    "game_on_the_line",
    "gan_in_the_plane",
    "gan_on_the_line",
    "predict",
    "quiz",
    "targets_in_the_plane",
]

# A discriminator that learns faster than the generator stays near its best answer, so that its slope means something.
LINE_RATES = {"generator_learning_rate": 1e-3, "discriminator_learning_rate": 5e-3}
"""The learning rates that `gan_on_the_line` starts with, for `training.Settings`."""
PLANE_RATES = {"generator_learning_rate": 1e-3, "discriminator_learning_rate": 2e-3}
"""The learning rates that `gan_in_the_plane` starts with, for `training.Settings`."""
PLANE_REACH = 2.25
"""Half the side of the square that `gan_in_the_plane` shows."""


# Made once: a game of another lambda would compile its start anew.
def _generator_on_the_line(rngs: nnx.Rngs) -> nnx.Module:
    return MLP(1, 1, width=32, activation="tanh", rngs=rngs)


def _discriminator_on_the_line(rngs: nnx.Rngs) -> nnx.Module:
    return MLP(1, 1, width=48, activation="tanh", rngs=rngs)


def _generator_in_the_plane(rngs: nnx.Rngs) -> nnx.Module:
    return MLP(2, 2, width=64, activation="tanh", rngs=rngs)


def _discriminator_in_the_plane(rngs: nnx.Rngs) -> nnx.Module:
    return MLP(2, 1, width=64, rngs=rngs)


def game_on_the_line(separation: float = 3.0) -> games.Game:
    """Make the game of `gan_on_the_line`: two Gaussian bumps, with 40 and 60 % of the mass, to be imitated.

    Args:
        separation: The distance between the middles of the bumps, whose standard deviation is 1/2.

    >>> game_on_the_line(4.0).target.means.tolist()
    [[-2.0], [2.0]]
    """
    target = distributions.GaussianMixture([[-separation / 2], [separation / 2]], 0.5, [0.4, 0.6])
    # Only numbers differ from one separation to the next: what fits once fits always, and a dragged slider waits for
    # no second check.
    return dataclasses.replace(_some_game_on_the_line(), target=target)


@functools.cache
def _some_game_on_the_line() -> games.Game:
    return games.gan(
        _generator_on_the_line,
        _discriminator_on_the_line,
        "non_saturating",
        prior=distributions.Gaussian(0.0, 1.0),
        target=distributions.GaussianMixture([[-1.5], [1.5]], 0.5, [0.4, 0.6]),
        # Half the usual number, since eight trainings run side by side.
        batch_size=128,
    )


def gan_on_the_line(num_seeds: int = 8) -> LiveTrainer:
    """Show GANs that learn a law on the line whose two bumps a slider moves, even while they train.

    Args:
        num_seeds: How many trainings run side by side, from different seeds. The first is drawn, all are traced.

    >>> live = gan_on_the_line()
    >>> live.step_once()
    >>> live.run.step, live.run.value.shape
    (1, (8, 1))
    >>> live.close()
    """
    return LiveTrainer(
        game_on_the_line,
        scenes.Line1D(),
        moves={"separation": slider("separation", 0.0, 6.0, 3.0)},
        settings=training.Settings(**LINE_RATES),
        num_seeds=num_seeds,
    )


@functools.cache
def targets_in_the_plane() -> dict[str, distributions.Distribution]:
    """List the targets of `gan_in_the_plane`, by the names of its menu.

    >>> list(targets_in_the_plane())
    ['ring of 8', 'two moons', 'spiral', 'one Gaussian']
    """
    return {
        "ring of 8": distributions.ring(8, radius=1.5, std=0.12),
        "two moons": distributions.two_moons(0.1),
        "spiral": distributions.spiral(1.5, 1.6, 0.06),
        "one Gaussian": distributions.Gaussian([0.8, 0.5], [0.3, 0.6]),
    }


def game_in_the_plane(target: str = "ring of 8") -> games.Game:
    """Make the game of `gan_in_the_plane`.

    Args:
        target: The law to be imitated, by its name in `targets_in_the_plane`.

    >>> game = game_in_the_plane("two moons")
    >>> game.prior.dim, game.target.dim
    (2, 2)
    """
    return games.gan(
        _generator_in_the_plane,
        _discriminator_in_the_plane,
        "non_saturating",
        prior=distributions.Gaussian([0.0, 0.0], [1.0, 1.0]),
        target=targets_in_the_plane()[target],
    )


def gan_in_the_plane() -> LiveTrainer:
    """Show a GAN that learns a law in the plane: D's heat map, the arrows it gives, and G's bent grid.

    >>> live = gan_in_the_plane()
    >>> live.step_once(generator=False)
    >>> live.stage.alt.startswith("step 1: generated points lie around")
    True
    >>> live.close()
    """
    return LiveTrainer(
        game_in_the_plane,
        scenes.Plane2D(low=-PLANE_REACH, high=PLANE_REACH),
        structure={"target": choice("target", list(targets_in_the_plane()))},
        settings=training.Settings(**PLANE_RATES),
    )


_PREDICTIONS = {
    "gan_in_the_plane": Question(
        "Each black arrow says where the generator wants to move one of its points. Which way does it point?",
        [
            "straight uphill on D",
            "to the nearest data point",
            "to the middle of the data",
            "to the place where D is highest",
        ],
        answer="straight uphill on D",
        because="The generator never sees a data point. All it knows of the data is the slope of D under its own "
        "points, so it climbs there, even away from the data that lies next to it.",
    ),
    "gan_on_the_line": Question(
        "Eight trainings differ only in the seed. How alike will they be?",
        [
            "alike all the way",
            "different on the way, alike in the end",
            "different on the way and in the end",
        ],
        answer="different on the way, alike in the end",
        because="Watch the ribbons below: wide at first, narrow after about a thousand steps.",
    ),
}

_QUIZ = [
    Question(
        "What does the generator learn the data from?",
        [
            "from the data points next to its own",
            "from the slope of D under its own points",
            "from the mean and the spread of the data",
        ],
        "from the slope of D under its own points",
        "Its loss holds D(G(z)) and no data point. Where D is flat, it learns nothing.",
    ),
    Question(
        "D(x) = 1/2 at some x. What does D say?",
        [
            "that it has failed to learn anything",
            "no point ever falls there",
            "real or generated: equally probable",
        ],
        "real or generated: equally probable",
        "That is the correct answer wherever the two laws are equally dense.",
    ),
    Question(
        "The value settles at −log 4. What follows?",
        [
            "this D earns no more than one that always says 1/2",
            "P_G is by now the law of the data",
            "D is right everywhere",
        ],
        "this D earns no more than one that always says 1/2",
        "A better D might earn more. On the ring, binned JS still tells the two laws apart.",
    ),
    Question(
        "Two samples of the same law, 2,000 points each. What is their binned JS?",
        ["exactly 0", "a little above 0", "a little below 0", "log 2"],
        "a little above 0",
        "Chance fills the bins unevenly: it adds about (K − 1)/(4n). Below 0 no JS can be.",
    ),
    Question(
        "Which is the better of two recipes for training? How do you find out?",
        [
            "one run of each, same seed",
            "the best of many runs of each, tuned alike",
            "the spread of several seeds of each",
        ],
        "the spread of several seeds of each",
        "One run is an anecdote, and the best of many hides the bad ones.",
    ),
]

_ASKED = Questions(_PREDICTIONS, _QUIZ)
predict, quiz = _ASKED.predict, _ASKED.quiz
