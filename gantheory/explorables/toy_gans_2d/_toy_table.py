"""The table of methods on the ring and the grid: our stored runs, seed by seed, beside the published rows."""

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float
from matplotlib.gridspec import GridSpec

from gantheory import plotting, recipes
from gantheory.explorables._score_table import ScoreColumn, explain, row_names
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
    ends = {
        "modes captured": (-1.0, 26.0),
        "high quality, %": (-4.0, 104.0),
        "KL of histogram": (-0.04, 1.04),
        "mode width": (0.0, 1.3),
    }
    columns = [
        ScoreColumn(figure, cell, title, xlim, _MOST)
        for cell, (title, xlim) in zip(cells, ends.items(), strict=True)
    ]
    for column in columns:
        column.ax.axhline(len(recipes.METHODS) - 0.5, color="#bbbbbb", lw=1)
    names = row_names(columns[0], _MOST)
    explain(figure, columns[1], ["a seed of ours", "their mean", "published mean", "a perfect generator"])
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
                [getattr(row, score) for row in ours], perfect, [getattr(row, score) for row in theirs]
            )
        words = [
            f"{row.title}: {row.modes.mean():.1f} modes, {row.high_quality.mean():.1f} % of high quality, KL "
            f"{row.histogram_kl.mean():.3f}"
            for row in ours
        ]
        papers = [f"{row.title}: {row.modes[0]:g} modes, {row.high_quality[0]:g} %" for row in theirs]
        return f"{target}, means of our seeds: {'; '.join(words)}. Published: {'; '.join(papers)}"

    return LiveFigure(Stage(figure, shown), update, {"target": choice("target", ["ring", "grid"])})
