"""How the toy's points look: a colour, a marker and a number for where in A they come from."""

from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib import patheffects
from matplotlib.axes import Axes

from gantheory import plotting

__all__ = ["Origins"]

# Okabe and Ito's, as everywhere; neighbours differ in marker as well.
_LOOKS = (
    ("#0072B2", "o"),
    ("#E69F00", "s"),
    ("#009E73", "^"),
    ("#CC79A7", "D"),
    ("#56B4E9", "v"),
    ("#D55E00", "P"),
)


class Origins:
    """Points of the plane in six groups, by where in A they come from, and the number of each group.

    Args:
        ax: The axes.
        size: Of the markers.
        number: Font size of the numbers.
        alpha: Opacity of the markers.
    """

    def __init__(self, ax: Axes, *, size: float = 3.0, number: float = 11.0, alpha: float = 0.6):
        self._points = [
            plotting.Points(ax, plotting.Look(color, marker, "-"), size=size, alpha=alpha)
            for color, marker in _LOOKS
        ]
        rim = [patheffects.withStroke(linewidth=3, foreground="white")]
        self._numbers = [
            ax.text(
                0,
                0,
                str(i + 1),
                fontsize=number,
                weight="bold",
                ha="center",
                va="center",
                zorder=5,
                path_effects=rim,
            )
            for i in range(len(_LOOKS))
        ]
        self.artists: list[Any] = plotting.moving(*self._points, *self._numbers)

    def set(self, groups: Float[np.ndarray, "6 n 2"], places: Float[np.ndarray, "6 2"]) -> None:
        """Show the points of each group, and its number at its place."""
        for points, number, group, place in zip(self._points, self._numbers, groups, places, strict=True):
            points.set(group)
            number.set_position((float(place[0]), float(place[1])))
