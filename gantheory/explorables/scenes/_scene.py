"""What the scenes of a GAN in training share."""

from collections.abc import Sequence
from typing import Any

import jax
import numpy as np
from jaxtyping import Array, Float
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec, SubplotSpec

from gantheory import games, plotting, training
from gantheory.explorables.scenes._traces import Traced, Traces
from gantheory.games import Game
from gantheory.live.trainer import Run

__all__ = ["LOOK_KEY", "NUM_MEASURED", "NUM_SHOWN", "Scene", "beside", "fixed_figure", "head"]

# The same points at every picture, so that the traces move because the players do.
LOOK_KEY = 7
NUM_MEASURED = 2000
NUM_SHOWN = 400


def head(ax: Axes, title: str, handles: Sequence[Artist] | None = None) -> None:
    """Put a title above the left end and a legend above the right end, where nothing that moves can meet them."""
    ax.set_title(title, fontsize=11, color="#333333", loc="left")
    columns = len(ax.get_legend_handles_labels()[0] if handles is None else handles)
    plotting.legend(
        ax,
        place="lower right",
        handles=handles,
        bbox_to_anchor=(1, 1),
        ncols=columns,
        borderpad=0.2,
        borderaxespad=0.1,
        columnspacing=1.2,
        handletextpad=0.5,
        frameon=False,
    )


def fixed_figure(width: float, height: float) -> Figure:
    """Make a figure whose axes stand where they are put: a layout that fits itself moves them when tick labels grow."""
    figure = plotting.new_figure(width, height)
    figure.set_layout_engine("none")
    return figure


def beside(figure: Figure) -> SubplotSpec:
    """Return the place of the traces, at the right."""
    return GridSpec(1, 1, figure, left=0.705, right=0.97, bottom=0.1, top=0.94)[0]


class Scene:
    """What both scenes share: the traces, their measures, and one compiled look at the players per picture."""

    def __init__(self, figure: Any, traces: Traces, traced: Sequence[Traced], low: Any, high: Any):
        self.figure, self._traces = figure, traces
        self._measures = {what.name: what.measure for what in traced if what.measure is not None}
        self._of_target = {what.name: what.of_target for what in traced if what.of_target is not None}
        self._low, self._high = low, high
        self._measure_one = jax.jit(self._measure)
        self._measure_many = jax.jit(jax.vmap(self._measure, in_axes=(None, 0)))
        self._look = jax.jit(lambda game, state: self._look_at(game, _first(state)))

    def _look_at(self, game: Game, state: training.State) -> dict[str, Array]:
        raise NotImplementedError

    def _measure(self, game: Game, state: training.State) -> dict[str, Float[Array, ""]]:
        real_key, fake_key = jax.random.split(jax.random.key(LOOK_KEY))
        real = game.target.sample(real_key, NUM_MEASURED)
        fake = games.generate(game, state, fake_key, NUM_MEASURED)
        of_both = {
            name: measure(real, fake, self._low, self._high) for name, measure in self._measures.items()
        }
        return of_both | {name: measure(game.target, fake) for name, measure in self._of_target.items()}

    def measure(self, game: Game, state: training.State) -> dict[str, Array]:
        """Measure what the traces show besides the value, on 2,000 samples of each law."""
        return (self._measure_many if state.step.ndim else self._measure_one)(game, state)

    def _see(self, run: Run) -> dict[str, np.ndarray]:
        return {name: np.asarray(array) for name, array in self._look(run.game, run.state).items()}


def _first(state: training.State) -> training.State:
    """Return the state of the first seed (the state itself, given one seed)."""
    return jax.tree.map(lambda leaf: leaf[0], state) if state.step.ndim else state
