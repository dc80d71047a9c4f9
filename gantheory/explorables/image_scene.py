"""What a game of images looks like in training: grids of images, traces beside them; for `live.trainer.LiveTrainer`."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import numpy as np
from jaxtyping import Array, Float
from matplotlib.gridspec import GridSpec

from gantheory import plotting, training
from gantheory.explorables.scenes import Traced, Traces
from gantheory.games import Game
from gantheory.live.trainer import Run

__all__ = ["ImageScene", "traced"]

Images = Float[Array, "n h w c"]


def traced(name: str, label: str, look: plotting.Look, low: float, high: float, **settings: Any) -> Traced:
    """Trace a number of that name among what a scene's `measure` returns.

    Args:
        name: Its name.
        label: What stands above its axes.
        look: Its colour and dashes.
        low: Lower end of its axis.
        high: Upper end.
        settings: `lines` and `grows`, as for `scenes.Traced`.

    >>> traced("balance", "class balance", plotting.LEARNED, 0.0, 1.0, grows=True).label
    'class balance'
    """
    return Traced(
        label, lambda run: (run.measured_at, run.measured[name]), look, low, high, name=name, **settings
    )


class ImageScene:
    """Grids of images from left to right, and traces at the right.

    Args:
        grids: (title, rows, columns) of each grid.
        look: Takes a game, a state and what stands in `given`, returns the images [n, h, w, c] from -1 to 1 of each
            grid. It is compiled, and given the first seed where there are many.
        traced: What to trace, one below the other; see `traced`.
        measure: Takes a game and a state, returns numbers by name, for the traces; not compiled here. None where the
            traces show nothing but the history.
        averaged: Whether `look` and `measure` get the generator's averaged weights; without `Settings.ema_decay` these
            are its weights.
        size: Width and height of the figure, in inches.
        grids_right: Where the grids end, in parts of the figure's width.
        traces_bottom: Where the traces end, in parts of its height; below them is room for a subclass.

    Attributes:
        figure: The figure.
        artists: What moves; a subclass appends its own.
        images: What the grids show now, one array each.
        given: Further arguments of `look`, as arrays: numbers that a control of a subclass moves, without compiling.
        photographic: True, for the stage.
    """

    photographic = True

    def __init__(
        self,
        grids: Sequence[tuple[str, int, int]],
        look: Callable[..., Sequence[Images]],
        *,
        traced: Sequence[Traced] = (),
        measure: Callable[[Game, training.State], Mapping[str, Any]] | None = None,
        averaged: bool = True,
        size: tuple[float, float] = (9.0, 4.6),
        grids_right: float = 0.66,
        traces_bottom: float = 0.11,
    ):
        self.figure = plotting.new_figure(*size)
        self.figure.set_layout_engine("none")
        cells = GridSpec(
            1,
            len(grids),
            self.figure,
            left=0.01,
            right=grids_right if traced else 0.99,
            bottom=0.02,
            top=0.93,
            width_ratios=[columns for _, _, columns in grids],
            wspace=0.06,
        )
        self._titles = [title for title, _, _ in grids]
        self._grids = []
        for cell, (title, rows, columns) in zip(cells, grids, strict=True):
            ax = plotting.axes(self.figure, cell, title=title)
            self._grids.append(plotting.ImageGrid(ax, rows, columns))
        self._traces = None
        if traced:
            place = GridSpec(
                1, 1, self.figure, left=grids_right + 0.065, right=0.97, bottom=traces_bottom, top=0.93
            )
            self._traces = Traces(self.figure, place[0], traced, gap=0.4)
        self._measure, self._averaged = measure, averaged
        self._look = jax.jit(look)
        self.images: list[np.ndarray] = []
        self.given: tuple[Any, ...] = ()
        self.artists = plotting.moving(*self._grids, *([self._traces] if self._traces else []))

    def _seen(self, state: training.State) -> training.State:
        return training.averaged(state) if self._averaged else state

    def measure(self, game: Game, state: training.State) -> Mapping[str, Any]:
        """Measure what the traces show besides what the history holds."""
        return {} if self._measure is None else self._measure(game, self._seen(state))

    def update(self, run: Run) -> str:
        """Move everything to where the run stands (its first seed, where it has many)."""
        seen = self._look(run.game, self._seen(run.first), *self.given)
        self.images = [np.asarray(images) for images in seen]
        for grid, images in zip(self._grids, self.images, strict=True):
            grid.set(images)
        if self._traces is not None:
            self._traces.set(run)
        return f"step {run.step}: {self.words()}" + (self._traces.words(run) if self._traces else "")

    def words(self) -> str:
        """Say what the grids show, in words and numbers."""
        return "; ".join(
            f"{len(images)} images, {title}: their mean ink is {(images.mean() + 1) / 2:.2f}, and a pixel's standard "
            f"deviation from image to image {images.std(axis=0).mean() / 2:.2f}"
            for title, images in zip(self._titles, self.images, strict=True)
        )
