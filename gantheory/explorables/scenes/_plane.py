"""A GAN in the plane."""

from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from matplotlib.gridspec import GridSpec
from matplotlib.lines import Line2D

from gantheory import games, plotting, training
from gantheory.explorables.scenes import _scene
from gantheory.explorables.scenes._traces import BINNED_JS, VALUE, Traced, Traces
from gantheory.games import Game
from gantheory.live.trainer import Run

__all__ = ["Plane2D"]

# Cells along one side of the heat map, and nodes along one side of the generator's grid.
_CELLS = 60
_NODES = 13
# The length of a gradient whose arrow is half as long as the longest possible one.
_HALF_LENGTH = 0.25


class Plane2D(_scene.Scene):
    """A GAN in the plane: D as a heat map, data, generated samples, the way each is pushed, G's grid, and the traces.

    The heat map has 20 colours, so that their borders are level lines of D, one of them at D = 1/2. An arrow is minus
    the gradient of the generator's loss with respect to the sample that it starts from, in direction; the longer the
    gradient, the longer the arrow, but never longer than a tenth of the square's side. Given many seeds, the first one
    is shown, and all of them in the traces.

    Args:
        traced: What to trace.
        low: Left and lower end of the square.
        high: Right and upper end.
        grid: Half the width of the square of z whose grid is drawn through G; None for no grid.
        num_arrows: How many generated samples carry an arrow.
        colors: What the colours of the heat map mean.
    """

    def __init__(
        self,
        *,
        traced: Sequence[Traced] = (VALUE, BINNED_JS),
        low: float = -2.0,
        high: float = 2.0,
        grid: float | None = 2.0,
        num_arrows: int = 40,
        colors: str = "D(x): the probability that x is real",
    ):
        figure = _scene.fixed_figure(9.0, 5.0)
        # A square of 4.45 inches, its colours beside it.
        place = GridSpec(1, 1, figure, left=0.05, right=0.05 + 4.45 / 9, bottom=0.06, top=0.95)
        ax = plotting.axes(figure, place[0], equal=True, xlim=(low, high), ylim=(low, high))
        self._heat = plotting.HeatMap(ax, (low, high, low, high), bands=20)
        place = GridSpec(1, 1, figure, left=0.56, right=0.575, bottom=0.15, top=0.86)
        bar = figure.colorbar(self._heat.image, cax=figure.add_subplot(place[0]), ticks=[0, 0.5, 1])
        bar.outline.set_visible(False)
        bar.ax.tick_params(labelsize=8)
        bar.set_label(colors, fontsize=9)
        self._grid = plotting.Grid(ax) if grid is not None else None
        self._real = plotting.Points(ax, plotting.DATA, "data", size=4)
        self._fake = plotting.Points(ax, plotting.GENERATED, "generated", size=5, alpha=0.8)
        self._arrows = plotting.Arrows(ax, num_arrows, width=0.005, alpha=0.9)
        names = [
            self._real.line,
            self._fake.line,
            Line2D(
                [], [], color="black", marker=r"$\rightarrow$", ms=13, ls="none", label="push on a sample"
            ),
        ]
        if self._grid:
            names.append(Line2D([], [], color=plotting.LATENT.color, lw=1.2, label="G's grid"))
        _scene.head(ax, "", names)
        traces = Traces(figure, _scene.beside(figure), traced)
        super().__init__(figure, traces, traced, low, high)
        self._num_arrows, self._reach = num_arrows, (high - low) / 10
        # The middles of the heat map's cells.
        side = low + (high - low) * (np.arange(_CELLS) + 0.5) / _CELLS
        self._pixels = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
        half = 0.0 if grid is None else grid
        nodes = np.linspace(-half, half, _NODES)
        self._nodes = np.stack(np.meshgrid(nodes, nodes), axis=-1).reshape(-1, 2)
        shown = [self._heat, *([self._grid] if self._grid else [])]
        self.artists = plotting.moving(*shown, self._real, self._fake, self._arrows, traces)

    def _look_at(self, game: Game, state: training.State) -> dict[str, Array]:
        scores = games.discriminator_function(game, state)
        real_key, fake_key = jax.random.split(jax.random.key(_scene.LOOK_KEY))
        real = game.target.sample(real_key, _scene.NUM_SHOWN)
        fake = games.generate(game, state, fake_key, _scene.NUM_SHOWN)
        pushed = fake[: self._num_arrows]
        # What one gradient step on its own position would do to each sample: minus the gradient of G's loss.
        push = -jax.grad(lambda x: game.loss.generator(scores(x)) * x.shape[0])(pushed)
        length = jnp.linalg.norm(push, axis=1, keepdims=True)
        grid = games.generator_function(game, state)(jnp.asarray(self._nodes))
        shade = self._shades(game, scores(real), scores(fake))
        return {
            "heat": shade(scores(jnp.asarray(self._pixels))).reshape(_CELLS, _CELLS),
            "real": real,
            "fake": fake,
            "pushed": pushed,
            "push": self._reach * push / (length + _HALF_LENGTH),
            "grid": grid.reshape(_NODES, _NODES, 2),
            "means": jnp.stack([shade(scores(x)).mean() for x in (real, fake)]),
        }

    def _shades(
        self, game: Game, real: Float[Array, "n"], fake: Float[Array, "m"]
    ) -> Callable[[Array], Array]:
        """Choose how scores become colours, from those of real and of generated points."""
        return jax.nn.sigmoid

    def update(self, run: Run) -> str:
        """Move everything to where the run stands (its first seed, where it has many)."""
        seen = self._see(run)
        self._heat.set(seen["heat"])
        self._real.set(seen["real"])
        self._fake.set(seen["fake"])
        self._arrows.set(seen["pushed"], seen["push"])
        if self._grid is not None:
            self._grid.set(seen["grid"])
        self._traces.set(run)
        x, y = seen["fake"].mean(axis=0)
        spread_x, spread_y = seen["fake"].std(axis=0)
        of_data, of_fake = seen["means"]
        return (
            f"step {run.step}: generated points lie around ({x:.2f}, {y:.2f}), with standard deviations "
            f"{spread_x:.2f} and {spread_y:.2f}; D is {of_data:.2f} over the data and {of_fake:.2f} over the generated "
            f"points on average{self._traces.words(run)}"
        )
