"""The live figures of notebook 08: GANs in the plane, on given targets and on the learner's own data.

`toy_gan` is the playground: any target, loss and constraint. `imbalance` shows what two of the three scores miss,
`eight_seeds` how far the same training goes from eight seeds, and how modes are lost and found, and `table_figure` the
stored table of methods beside the published ones.
"""

from collections.abc import Mapping

import jax
import numpy as np

from gantheory import training
from gantheory.explorables.toy_gans_2d._eight_seeds import (
    MOMENTUM,
    NUM_SEEDS,
    RATES,
    SLOW_D,
    EightSeeds,
    eight_seeds,
    ring_game,
    score_seeds,
)
from gantheory.explorables.toy_gans_2d._imbalance import imbalance, unequal_sampler
from gantheory.explorables.toy_gans_2d._own_data import read_csv, scale
from gantheory.explorables.toy_gans_2d._playground import CONSTRAINTS, Playground, playground_game
from gantheory.explorables.toy_gans_2d._toy_table import Row, published, table, table_figure
from gantheory.explorables.toy_gans_2d._zoo import targets
from gantheory.live.predict import Prediction

__all__ = [
    "CONSTRAINTS",
    "MOMENTUM",
    "NUM_SEEDS",
    "RATES",
    "SLOW_D",
    "EightSeeds",
    "Playground",
    "Row",
    "eight_seeds",
    "imbalance",
    "playground_game",
    "predict_the_cure",
    "predict_the_favourite",
    "predict_the_gain",
    "predict_the_seeds",
    "published",
    "read_csv",
    "ring_game",
    "scale",
    "score_seeds",
    "table",
    "table_figure",
    "targets",
    "toy_gan",
    "train_seeds",
    "unequal_sampler",
]


def toy_gan() -> Playground:
    """Show a GAN in the plane with any target, loss and constraint; with "your own data", drag to draw.

    >>> live = toy_gan()
    >>> live.step_once()
    >>> live.stage.alt.split(":")[0]
    'ring of 8, non-saturating loss, constraint'
    >>> live.close()
    """
    return Playground()


def train_seeds(*phases: tuple[int, float, Mapping[str, float]]) -> list[dict[str, np.ndarray]]:
    """Train the eight seeds of `eight_seeds` through phases, one after the other, and score them after each.

    Args:
        phases: (steps, gamma, learning rates) each, such as (1000, 0.0, SLOW_D).

    Returns:
        For each phase the scores by name ("modes", "high_quality" in %, "histogram_kl"), arrays [8].

    >>> (scores,) = train_seeds((20, 0.0, SLOW_D))
    >>> sorted(scores), scores["modes"].shape
    (['high_quality', 'histogram_kl', 'modes'], (8,))
    """
    states = training.init_many(ring_game(), jax.random.split(jax.random.key(0), NUM_SEEDS))
    scores = []
    for num_steps, gamma, rates in phases:
        game = ring_game(gamma)
        states, _ = training.train_many(game, states, num_steps, training.Settings(**rates))
        scores.append({name: np.asarray(x) for name, x in score_seeds(game, states).items()})
    return scores


def predict_the_favourite() -> Prediction:
    """Ask which scores notice a sampler with a favourite mode.

    >>> predict_the_favourite().choice.options[0]
    'both fall'
    """
    return Prediction(
        "A generator puts 90 % of its 2,500 samples on one of eight modes, and shares the rest out among the other "
        "seven. What happens to the number of modes captured and to the share of good samples?",
        ["both fall", "the number of modes falls", "the share of good samples falls", "neither falls"],
        answer="neither falls",
        because="One good sample captures a mode, and a sample is good wherever its mode is. "
        "The histogram of the modes must be looked at as well.",
    )


def predict_the_seeds() -> Prediction:
    """Ask what eight seeds of one GAN have in common.

    >>> predict_the_seeds().choice.options[-1]
    'some capture everything, others next to nothing'
    """
    return Prediction(
        "The same GAN, the same data, the same 1,500 steps, eight seeds. Which modes do they capture?",
        [
            "the same modes in each",
            "about as many in each, but different ones",
            "some capture everything, others next to nothing",
        ],
        answer="some capture everything, others next to nothing",
        because="Where a training goes is decided by its start and amplified by the game. One picture of one seed "
        "shows neither the method's strength nor its weakness: the spread is the result.",
    )


def predict_the_cure() -> Prediction:
    """Ask what cures a collapse that a slow discriminator made.

    >>> predict_the_cure().choice.options[0]
    'R1 with γ = 1'
    """
    return Prediction(
        "D learns ten times more slowly than G, and all eight seeds collapse. What brings the modes back?",
        ["R1 with γ = 1", "a faster D", "either", "nothing: a lost mode stays lost"],
        answer="a faster D",
        because="R1 holds D back, and this D is too slow already. A cure must fit the cause.",
    )


def predict_the_gain() -> Prediction:
    """Ask which change to a plain GAN gains most on the ring.

    >>> predict_the_gain().choice.options[-1]
    'another generator: tanh units over a wide prior'
    """
    return Prediction(
        "A plain non-saturating GAN finds the ring's modes, but many of its samples lie between them. Which one change "
        "lifts the share of good samples most?",
        [
            "the Wasserstein loss with its gradient penalty",
            "R1",
            "spectral normalization",
            "another generator: tanh units over a wide prior",
        ],
        answer="another generator: tanh units over a wide prior",
        because="Loss and constraint decide which modes are found. The bridges between the modes are drawn by the "
        "generator, which is continuous.",
    )
