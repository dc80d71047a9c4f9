"""Tables of scores as pictures: one column of points for each score, one row for each method."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.text import Text

from gantheory import plotting

__all__ = ["ScoreColumn", "explain", "row_names"]


class ScoreColumn:
    """One score of all rows: our seeds as points with their mean, published means as crosses.

    Args:
        figure: Where to.
        cell: The cell of its grid.
        title: The score.
        xlim: The ends of its axis.
        num_rows: For how many rows there is room.
        settings: Handed to the axes (`xscale`, `xticks`, ...).
    """

    def __init__(
        self, figure: Figure, cell: Any, title: str, xlim: tuple[float, float], num_rows: int, **settings: Any
    ):
        self.ax = plotting.axes(figure, cell, title=title, xlim=xlim, ylim=(num_rows - 0.5, -0.5), **settings)
        self.ax.set_yticks([])
        self.ax.spines["left"].set_visible(False)
        self._seeds = plotting.Points(self.ax, plotting.GENERATED, size=6, alpha=0.45)
        self._means = plotting.Dots(self.ax, [np.nan], plotting.GENERATED, marker="|", ms=15, mew=2.5)
        self._published = plotting.Dots(self.ax, [np.nan], plotting.EXACT, marker="x", ms=7, mew=1.8)
        self._perfect = plotting.Curve(self.ax, [0.0, 0.0], plotting.DATA, lw=1.2, ls=":")
        self.artists = plotting.moving(self._perfect, self._seeds, self._means, self._published)

    @property
    def looks(self) -> list[Artist]:
        """For a legend: a seed, a mean, a published mean, what is perfect."""
        return [self._seeds.line, self._means.line, self._published.line, self._perfect.line]

    def set(
        self,
        ours: Sequence[Float[np.ndarray, "_"]],  # as many seeds as each row has
        perfect: float,
        theirs: Sequence[Float[np.ndarray, "_"]] = (),
    ) -> None:
        """Show the rows one below the other, ours first; values beyond the axis stand at its end."""
        low, high = self.ax.get_xlim()
        ours = [np.clip(values, low, high) for values in ours]
        heights = np.arange(len(ours))
        self._seeds.set(
            np.array([(value, y) for values, y in zip(ours, heights, strict=True) for value in values])
        )
        self._means.set(heights, np.array([values.mean() if values.size else np.nan for values in ours]))
        below = [(value, len(ours) + i) for i, values in enumerate(theirs) for value in values]
        self._published.set([y for _, y in below], [x for x, _ in below])
        self._perfect.set([-0.5, len(ours) + len(theirs) - 0.5], [perfect, perfect])


def row_names(column: ScoreColumn, num_rows: int) -> list[Text]:
    """Make room for the rows' names, to the left of the first column."""
    ax = column.ax
    place = {"ha": "right", "va": "center", "fontsize": 9, "transform": ax.get_yaxis_transform()}
    return [ax.text(-0.03, i, "", **place) for i in range(num_rows)]


def explain(figure: Figure, column: ScoreColumn, labels: Sequence[str | None]) -> None:
    """Put a legend above the table: what a seed, a mean, a published mean and a perfect score are called, if at all."""
    named = [(look, label) for look, label in zip(column.looks, labels, strict=True) if label]
    plotting.legend(
        column.ax,
        place="upper left",
        handles=[look for look, _ in named],
        labels=[label for _, label in named],
        bbox_to_anchor=(0.0, 1.0),
        bbox_transform=figure.transFigure,
        ncols=4,
        frameon=False,
    )
