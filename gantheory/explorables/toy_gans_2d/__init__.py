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
from gantheory.explorables.toy_gans_2d._questions import predict, quiz
from gantheory.explorables.toy_gans_2d._toy_table import Row, published, table, table_figure
from gantheory.explorables.toy_gans_2d._zoo import targets

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
    "predict",
    "published",
    "quiz",
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
