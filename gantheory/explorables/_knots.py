"""Knots of a curve that the learner moves, with the pointer or with the keys."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes

__all__ = ["Knots"]


class Knots:
    """Turns the events over a picture into new heights of knots at fixed places.

    Dragging moves the nearest knot up and down. The arrows left and right choose a knot, the arrows up and down move it
    (with Shift, five times as far), Home and End choose the first and the last.

    Args:
        ax: the axes that the curve is in.
        places: x of the knots, [k].
        reach: between which heights a press takes hold of a knot; elsewhere in the picture it does nothing.
        step: how far one key moves a knot.
        move: takes (knot, its new height).
        height: takes a knot, returns its height.

    Attributes:
        selected: the knot that was chosen last.
    """

    def __init__(
        self,
        ax: Axes,
        places: Float[np.ndarray, "k"],
        *,
        reach: tuple[float, float],
        step: float,
        move: Callable[[int, float], None],
        height: Callable[[int], float],
    ):
        self.selected = places.size // 2
        self._ax, self._places, self._reach, self._step = ax, places, reach, step
        self._move, self._height = move, height
        self._dragged = False

    def take(self, event: Mapping[str, Any]) -> bool:
        """Answer one event; tell whether there is something new to show."""
        if event["kind"] == "key":
            self._press(event["key"], 5 if event.get("shift") else 1)
            return True
        if event["kind"] == "release":
            self._dragged = False
            return False
        x, y = self._ax.transData.inverted().transform((event["x"], event["y"]))
        if event["kind"] == "press":
            low, high = self._reach
            left, right = self._ax.get_xlim()
            self._dragged = bool(low <= y <= high and left - 0.5 <= x <= right + 0.5)
            if self._dragged:
                self.selected = int(np.abs(self._places - x).argmin())
        if self._dragged:
            self._move(self.selected, float(y))
        return self._dragged

    def _press(self, key: str, times: int) -> None:
        last = self._places.size - 1
        chosen = {"ArrowLeft": self.selected - 1, "ArrowRight": self.selected + 1, "Home": 0, "End": last}
        if key in chosen:
            self.selected = int(np.clip(chosen[key], 0, last))
        elif key in ("ArrowUp", "ArrowDown"):
            by = self._step * times * (1 if key == "ArrowUp" else -1)
            self._move(self.selected, self._height(self.selected) + by)
