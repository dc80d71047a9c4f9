"""The table of methods on the ring and the grid: our stored runs, seed by seed, beside the published rows."""

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float
from matplotlib.gridspec import GridSpec

from gantheory import plotting, recipes
from gantheory.live.controls import choice
from gantheory.live.figure import LiveFigure
from gantheory.live.stage import Stage

__all__ = ["PERFECT", "Row", "published", "table", "table_figure"]

PERFECT = 100 * (1 - np.exp(-4.5))
"""The share of high quality of a perfect generator, in %."""

# What is left of a standard deviation of 1 in the plane where what lies beyond 3 is cut off.
PERFECT_WIDTH = float(np.sqrt(1 - 4.5 * np.exp(-4.5) / (1 - np.exp(-4.5))))

_MODES = {"ring": 8, "grid": 25}
# The most rows that the picture has room for.
_MOST = 18


class Row(NamedTuple):
    """One row of the table: a method of ours, seed by seed, or a published mean.

    Attributes:
        name: Its name in `recipes.METHODS`, or the published method's.
        title: What the table calls it.
        modes: Modes captured, [seeds], or [1] for a published mean.
        high_quality: In %, likewise.
        histogram_kl: Nats, [seeds]; empty for a published mean.
        mode_width: Of the target's, [seeds]; empty for a published mean, and where nothing is of high quality.
        sliced_w1: [seeds]; empty for a published mean.
        seconds: A seed; NaN for a published mean.
        stopped: None, or the sentence with which the training ended early.
    """

    name: str
    title: str
    modes: Float[np.ndarray, "n"]
    high_quality: Float[np.ndarray, "n"]
    histogram_kl: Float[np.ndarray, "seeds"]
    mode_width: Float[np.ndarray, "widths"]
    sliced_w1: Float[np.ndarray, "seeds"]
    seconds: float = np.nan
    stopped: str | None = None


def table(target: str) -> list[Row]:
    """Return the stored rows of our methods on "ring" or "grid", in the order of `recipes.METHODS`.

    >>> [row.modes.size for row in table("ring")][:3]
    [5, 5, 5]
    """
    stored = {row["method"]: row for row in recipes.stored_table()["rows"] if row["target"] == target}
    return [_ours(stored[name]) for name in recipes.METHODS if name in stored]


def _ours(stored: dict[str, Any]) -> Row:
    modes, quality, divergence, width, distance = (
        np.asarray([] if stored[name] is None else stored[name], float)
        for name in ("modes", "high_quality", "histogram_kl", "mode_width", "sliced_w1")
    )
    return Row(
        stored["method"],
        stored["title"],
        modes,
        100 * quality,
        divergence,
        width,
        distance,
        stored["seconds_a_seed"],
        stored["stopped"],
    )


def published(target: str) -> list[Row]:
    """Return the rows of the papers for "ring" or "grid".

    >>> [row.name for row in published("ring")][:2]
    ['GAN', 'ALI']
    """
    nothing = np.zeros(0)
    return [
        Row(
            row["method"],
            f"{row['method'].split(' (')[0]} ({row['source']})",
            np.array([float(row["modes"])]),
            np.array([100 * float(row["high_quality"])]),
            nothing,
            nothing,
            nothing,
        )
        for row in recipes.stored_table()["published"]
        if row["target"] == target
    ]


class _Column:
    """One score of all rows: our seeds as points with their mean, published means as crosses."""

    def __init__(self, figure: Any, cell: Any, title: str, xlim: tuple[float, float]):
        self.ax = plotting.axes(figure, cell, title=title, xlim=xlim, ylim=(_MOST - 0.5, -0.5))
        self.ax.set_yticks([])
        self.ax.spines["left"].set_visible(False)
        self.ax.axhline(len(recipes.METHODS) - 0.5, color="#bbbbbb", lw=1)
        self._seeds = plotting.Points(self.ax, plotting.GENERATED, size=6, alpha=0.45)
        self._means = plotting.Dots(self.ax, [np.nan], plotting.GENERATED, marker="|", ms=15, mew=2.5)
        self._published = plotting.Dots(self.ax, [np.nan], plotting.EXACT, marker="x", ms=7, mew=1.8)
        self._perfect = plotting.Curve(self.ax, [0.0, 0.0], plotting.DATA, lw=1.2, ls=":")
        self.artists = plotting.moving(self._perfect, self._seeds, self._means, self._published)

    def set(
        self, ours: list[Float[np.ndarray, "seeds"]], theirs: list[Float[np.ndarray, "n"]], perfect: float
    ) -> None:
        """Show the rows one below the other; values beyond the axis stand at its end."""
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


def table_figure() -> LiveFigure:
    """Show our table and the published rows, for the ring or the grid.

    >>> live = table_figure()
    >>> live.stage.alt.startswith("ring")
    True
    >>> live.close()
    """
    figure = plotting.new_figure(9.0, 5.0)
    figure.set_layout_engine("none")
    cells = GridSpec(1, 4, figure, left=0.3, right=0.98, top=0.86, bottom=0.09, wspace=0.16)
    columns = [
        _Column(figure, cells[0], "modes captured", (-1.0, 26.0)),
        _Column(figure, cells[1], "high quality, %", (-4.0, 104.0)),
        _Column(figure, cells[2], "KL of histogram", (-0.04, 1.04)),
        _Column(figure, cells[3], "mode width", (0.0, 1.3)),
    ]
    names = [
        columns[0].ax.text(
            -0.03, i, "", ha="right", va="center", fontsize=9, transform=columns[0].ax.get_yaxis_transform()
        )
        for i in range(_MOST)
    ]
    plotting.legend(
        columns[0].ax,
        place="lower left",
        handles=[
            columns[1]._seeds.line,
            columns[1]._means.line,
            columns[1]._published.line,
            columns[1]._perfect.line,
        ],
        labels=["a seed of ours", "their mean", "published mean", "a perfect generator"],
        bbox_to_anchor=(0.0, 0.93),
        bbox_transform=figure.transFigure,
        ncols=4,
        frameon=False,
    )
    shown = [*plotting.moving(*columns), *names]

    def update(target: str) -> str:
        ours, theirs = table(target), published(target)
        titles = [row.title for row in (*ours, *theirs)]
        columns[0].ax.set_xlim(-0.04 * _MODES[target], 1.06 * _MODES[target])
        for text, title in zip(names, titles + [""] * (_MOST - len(titles)), strict=True):
            text.set_text(title)
        for column, score, perfect in zip(
            columns,
            ("modes", "high_quality", "histogram_kl", "mode_width"),
            (_MODES[target], PERFECT, 0.0, PERFECT_WIDTH),
            strict=True,
        ):
            column.set(
                [getattr(row, score) for row in ours], [getattr(row, score) for row in theirs], perfect
            )
        words = [
            f"{row.title}: {row.modes.mean():.1f} modes, {row.high_quality.mean():.1f} % of high quality, KL "
            f"{row.histogram_kl.mean():.3f}"
            for row in ours
        ]
        papers = [f"{row.title}: {row.modes[0]:g} modes, {row.high_quality[0]:g} %" for row in theirs]
        return f"{target}, means of our seeds: {'; '.join(words)}. Published: {'; '.join(papers)}"

    return LiveFigure(Stage(figure, shown), update, {"target": choice("target", ["ring", "grid"])})
