"""The same GAN from eight seeds, side by side, as small pictures, with the spread of their scores."""

import dataclasses
import functools
from typing import Any

import jax
import numpy as np
import optax
from flax import nnx
from jaxtyping import Array
from matplotlib.gridspec import GridSpec
from matplotlib.lines import Line2D

from gantheory import distributions, games, lipschitz, metrics, plotting, training
from gantheory.explorables import scenes
from gantheory.games import Game
from gantheory.live.controls import slider
from gantheory.live.trainer import LiveTrainer, Run
from gantheory.networks import MLP

__all__ = [
    "MOMENTUM",
    "NUM_SEEDS",
    "RATES",
    "SLOW_D",
    "EightSeeds",
    "eight_seeds",
    "ring_game",
    "score_seeds",
]

NUM_SEEDS = 8
"""How many trainings run side by side."""
MOMENTUM = 0.9
"""Adam's b1 for the eight seeds. The course's own optimiser has none, and survives more."""
RATES = {"generator_learning_rate": 2e-3, "discriminator_learning_rate": 1e-3}
"""The rates of the eight seeds, for `training.Settings`."""
SLOW_D = {"generator_learning_rate": 1e-3, "discriminator_learning_rate": 1e-4}
"""Rates at which D lags behind G: the recipe for mode collapse."""

_NUM_SCORED = 2000
_NUM_SHOWN = 300
_LOOK_KEY = 7
_REACH = 2.1
# Made once: a new one would compile anew.
_OPTIMIZER = optax.scale_by_adam(b1=MOMENTUM, b2=0.999)


# Made once: a game of another factory would compile its start anew.
def _generator(rngs: nnx.Rngs) -> nnx.Module:
    return MLP(2, 2, width=64, rngs=rngs)


def _discriminator(rngs: nnx.Rngs) -> nnx.Module:
    return MLP(2, 1, width=64, rngs=rngs)


@functools.cache
def _some_game() -> Game:
    return games.gan(
        _generator,
        _discriminator,
        "non_saturating",
        lipschitz.r1(0.0),
        prior=distributions.Gaussian([0.0, 0.0], [1.0, 1.0]),
        target=distributions.ring(8, radius=1.5, std=0.05),
        batch_size=128,
        optimizer=_OPTIMIZER,
    )


def ring_game(gamma: float = 0.0) -> Game:
    """Make the game of `eight_seeds`: a ring of 8, the non-saturating loss, R1, Adam with momentum 0.9.

    Args:
        gamma: of R1; 0 is no penalty.

    >>> float(ring_game(0.5).constraint.gamma)
    0.5
    """
    return dataclasses.replace(_some_game(), constraint=lipschitz.r1(gamma))


class _Small:
    """One seed: the modes, filled where they are captured, and generated points."""

    def __init__(self, figure: Any, cell: Any, seed: int, means: np.ndarray):
        ax = plotting.axes(figure, cell, equal=True, xlim=(-_REACH, _REACH), ylim=(-_REACH, _REACH))
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set_visible(True)
        ax.spines[:].set_color("#bbbbbb")
        self._means = means
        self._fake = plotting.Points(ax, plotting.GENERATED, size=2.5, alpha=0.7)
        # Under the points: rings where the modes are; over them: crosses where they are missed.
        ax.plot(*means.T, ls="none", marker="o", ms=9, mfc="none", mec=plotting.DATA.color, mew=1.6, zorder=1)
        (self._missed,) = ax.plot([], [], ls="none", marker="x", ms=8, color=plotting.EXACT.color, mew=1.8)
        self._note = plotting.Note(ax, 0.5, 0.55, size=9, align="center")
        self._note.text.set_va("center")
        self._seed = seed
        self.artists = plotting.moving(self._fake, self._missed, self._note)

    def set(self, fake: np.ndarray, captured: np.ndarray, high_quality: float) -> None:
        self._fake.set(np.clip(fake, -1.2 * _REACH, 1.2 * _REACH))
        self._missed.set_data(*self._means[~captured].T)
        count = captured.sum()
        self._note.set(
            f"seed {self._seed}\n{count} mode{'' if count == 1 else 's'}\n{100 * high_quality:.0f} % good"
        )


class EightSeeds:
    """A scene for `LiveTrainer`: a small picture of each seed, and the traces of all.

    Args:
        game: The game, for the modes of its target.
        traced: What to trace.
    """

    def __init__(
        self, game: Game, traced: tuple[scenes.Traced, ...] = (scenes.MODES, scenes.HISTOGRAM_KL)
    ) -> None:
        figure = self.figure = plotting.new_figure(9.0, 3.7)
        figure.set_layout_engine("none")
        cells = GridSpec(
            2, 4, figure, left=0.01, right=0.685, bottom=0.02, top=0.92, wspace=0.04, hspace=0.04
        )
        means = np.asarray(game.target.means)
        self._pictures = [_Small(figure, cells[i], i, means) for i in range(NUM_SEEDS)]
        figure.legend(
            [
                Line2D([], [], ls="none", marker="o", ms=8, mfc="none", mec=plotting.DATA.color, mew=1.6),
                Line2D(
                    [], [], ls="none", marker=plotting.GENERATED.marker, ms=5, color=plotting.GENERATED.color
                ),
                Line2D([], [], ls="none", marker="x", ms=7, color=plotting.EXACT.color, mew=1.8),
            ],
            ["a mode of the data", "generated", "a mode that is missed"],
            loc="upper left",
            bbox_to_anchor=(0.0, 1.0),
            ncols=3,
            fontsize=9,
            frameon=False,
        )
        place = GridSpec(1, 1, figure, left=0.735, right=0.965, bottom=0.13, top=0.92)[0]
        self._traces = scenes.Traces(figure, place, traced, gap=0.4)
        self._traced = traced
        self._see = jax.jit(jax.vmap(self._look, in_axes=(None, 0)))
        self.artists = plotting.moving(*self._pictures, self._traces)

    @staticmethod
    def _look(game: Game, state: training.State) -> dict[str, Array]:
        # The same z for every seed and picture: what differs is G.
        fake = games.generate(game, state, jax.random.key(_LOOK_KEY), _NUM_SCORED)
        found = scenes.coverage(game.target, fake)
        return {"fake": fake[:_NUM_SHOWN], "captured": found.captured, "high_quality": found.high_quality}

    def measure(self, game: Game, state: training.State) -> dict[str, Array]:
        """Measure every seed, on 2,000 samples each."""
        return score_seeds(game, state)

    def update(self, run: Run) -> str:
        """Move everything to where the run stands."""
        seen = {name: np.asarray(array) for name, array in self._see(run.game, run.state).items()}
        for picture, *shown in zip(
            self._pictures, seen["fake"], seen["captured"], seen["high_quality"], strict=True
        ):
            picture.set(*shown)
        self._traces.set(run)
        modes = ", ".join(str(captured.sum()) for captured in seen["captured"])
        always, never = seen["captured"].all(axis=0).sum(), (~seen["captured"]).all(axis=0).sum()
        return (
            f"step {run.step}, γ = {float(run.game.constraint.gamma):g}: modes captured by the eight seeds {modes}; "
            f"{always} of the 8 modes are in every picture, {never} in none; high quality "
            f"{100 * seen['high_quality'].min():.0f} to {100 * seen['high_quality'].max():.0f} %"
            f"{self._traces.words(run)}"
        )


@jax.jit
@functools.partial(jax.vmap, in_axes=(None, 0))
def score_seeds(game: Game, state: training.State) -> dict[str, Array]:
    """Score every seed on 2,000 samples: modes, high quality in % and the KL of the histogram, [seeds] each."""
    found = metrics.mode_coverage(
        games.generate(game, state, jax.random.key(_LOOK_KEY), _NUM_SCORED),
        game.target.means,
        game.target.std,
    )
    return {
        "modes": found.modes,
        "high_quality": 100 * found.high_quality,
        "histogram_kl": found.histogram_kl,
    }


def eight_seeds(gamma: float = 0.0, *, slow_discriminator: bool = False) -> LiveTrainer:
    """Show the same GAN from eight seeds.

    Args:
        gamma: where the slider of R1's gamma starts.
        slow_discriminator: start with `SLOW_D` in place of `RATES`.

    >>> live = eight_seeds()
    >>> live.step_once()
    >>> live.run.measured["modes"].shape
    (8, 2)
    >>> live.close()
    """
    return LiveTrainer(
        ring_game,
        EightSeeds(_some_game()),
        moves={"gamma": slider("γ of R1", 0.0, 2.0, gamma, step=0.05)},
        settings=training.Settings(**(SLOW_D if slow_discriminator else RATES)),
        num_seeds=NUM_SEEDS,
        speed=20,
    )
