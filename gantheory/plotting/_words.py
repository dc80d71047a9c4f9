"""Words in pictures: notes, numbers without a stray sign, legends."""

import re
from collections.abc import Iterable
from typing import Any

from matplotlib import patheffects
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.legend import Legend

from gantheory.plotting._look import INK

__all__ = ["Note", "legend", "unsigned_zeros"]


class Note:
    """A line of text at a fixed place, in fractions of the axes from its lower left."""

    def __init__(self, ax: Axes, x: float = 0.02, y: float = 0.96, *, size: float = 10, align: str = "left"):
        self.text = ax.text(
            x,
            y,
            "",
            transform=ax.transAxes,
            fontsize=size,
            color=INK,
            va="top",
            ha=align,
            zorder=6,
            # A white rim keeps the words readable over curves.
            path_effects=[patheffects.withStroke(linewidth=3, foreground="white")],
        )
        self.artists: list[Artist] = [self.text]

    def set(self, words: str) -> None:
        """Write new words; numbers get true minus signs."""
        self.text.set_text(re.sub(r"(?<![\w.^])-(?=\d)", "−", unsigned_zeros(words)))


def unsigned_zeros(words: str) -> str:
    """Take the sign from every number that was rounded to zero.

    >>> unsigned_zeros("JS = -0.000, slope -0.001, at -0")
    'JS = 0.000, slope -0.001, at 0'
    """
    return re.sub(r"(?<![\w.])[-−](?=0(\.0+)?(?![\d.e]))", "", words)


def legend(
    ax: Axes, *, place: str = "upper right", handles: Iterable[Artist] | None = None, **settings: Any
) -> Legend:
    """Add a small legend; with `handles`, of those only."""
    settings = {
        "fontsize": 9,
        "frameon": True,
        "framealpha": 0.85,
        "edgecolor": "none",
        "loc": place,
    } | settings
    return ax.legend(**settings) if handles is None else ax.legend(handles=list(handles), **settings)
