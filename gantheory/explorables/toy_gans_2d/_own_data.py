"""The learner's own data: points read from a CSV file or drawn with a pencil."""

import csv
import math
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from gantheory.explorables.toy_gans_2d._zoo import CAPACITY

__all__ = ["Drawing", "Scaled", "read_csv", "scale"]

# Half the width and height that loaded points fill.
_FILLED = 1.8
# The distance between the points of a stroke.
_SPACING = 0.05
_FEWEST = 2


class Scaled(NamedTuple):
    """Points moved and stretched into the picture: shown = (given - centre) / unit, axis by axis.

    Attributes:
        points: [m, 2], as shown.
        centre: [2], what is shown at 0.
        unit: [2], what is shown as 1.
        words: Which points these are, and how they were scaled.
    """

    points: Float[np.ndarray, "m 2"]
    centre: Float[np.ndarray, "2"]
    unit: Float[np.ndarray, "2"]
    words: str


def read_csv(content: bytes, name: str = "the file") -> Float[np.ndarray, "m 2"]:
    r"""Read the first two columns of a CSV file as points in the plane.

    Cells may be separated by commas, semicolons (numbers may then have decimal commas) or tabs. Empty lines are passed
    over, and so is a first line of names.

    Args:
        content: What the file holds, as UTF-8.
        name: The file's name, for the error's sentence.

    Raises:
        ValueError: If the file is not text, a line has fewer than two cells or a cell that is no finite number, or if
            there are fewer than two different points. The sentence names the line, counted from 1.

    >>> read_csv(b"height,weight\n1.5,50\n1.8,80\n").tolist()
    [[1.5, 50.0], [1.8, 80.0]]
    >>> read_csv(b"1,2\n3,four\n", "mine.csv")
    Traceback (most recent call last):
    ValueError: mine.csv, line 2: the second cell must be a finite number, got 'four'.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(f"{name} must be a CSV file in UTF-8, got something that is not text.") from None
    if "\0" in text:
        raise ValueError(f"{name} must be a CSV file in UTF-8, got something that is not text.")
    points: list[list[float]] = []
    first = True
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        mark = next((mark for mark in ("\t", ";") if mark in line), ",")
        cells = [cell.strip() for cell in next(csv.reader([line], delimiter=mark))]
        header = first and all(_number(cell, mark) is None for cell in cells)
        first = False
        if len(cells) < 2:
            raise ValueError(
                f"{name}, line {number}: a line must have two numbers, x and y, got {_short(line)}."
            )
        if header:
            continue
        pair = []
        for place, cell in zip(("first", "second"), cells, strict=False):
            value = _number(cell, mark)
            if value is None or not math.isfinite(value) or abs(value) > 1e30:
                raise ValueError(
                    f"{name}, line {number}: the {place} cell must be a finite number, got {_short(cell)}."
                )
            pair.append(value)
        points.append(pair)
    if len({tuple(point) for point in points}) < _FEWEST:
        came = "none" if not points else "one" if len(points) == 1 else "the same point on every line"
        raise ValueError(f"{name} must hold at least {_FEWEST} different points, got {came}.")
    return np.array(points)


def _number(cell: str, mark: str) -> float | None:
    try:
        return float(cell.replace(",", ".") if mark == ";" else cell)
    except ValueError:
        return None


def _short(text: str) -> str:
    text = text.strip()
    return repr(text if len(text) <= 30 else text[:29] + "…")


def scale(points: Float[np.ndarray, "m 2"], name: str = "the file") -> Scaled:
    """Centre points and stretch them, each axis by itself, until they fill the picture; keep at most 1,024 of them.

    Of more, a random choice is kept, always the same one.

    >>> scaled = scale(np.array([[0.0, 100.0], [10.0, 300.0]]), "mine.csv")
    >>> scaled.points.tolist()
    [[-1.8, -1.8], [1.8, 1.8]]
    >>> scaled.words
    '2 points of mine.csv, centred and scaled: 0 stands for (5, 200), and 1 for (2.78, 55.6) more.'
    """
    low, high = points.min(axis=0), points.max(axis=0)
    centre = (low + high) / 2
    # A column that never changes stays in the middle.
    unit = np.where(high > low, (high - low) / 2, 1.0) / np.where(high > low, _FILLED, 1.0)
    count = len(points)
    if count > CAPACITY:
        chosen = np.random.default_rng(0).choice(count, CAPACITY, replace=False)
        points = points[np.sort(chosen)]
    which = f"{count} points" if count <= CAPACITY else f"{CAPACITY} of the {count:,} points"
    words = (
        f"{which} of {name}, centred and scaled: 0 stands for ({centre[0]:.3g}, {centre[1]:.3g}), "
        f"and 1 for ({unit[0]:.3g}, {unit[1]:.3g}) more."
    )
    return Scaled((points - centre[None]) / unit[None], centre, unit, words)


class Drawing:
    """Strokes of points, and a cursor for those who draw with the keyboard.

    >>> drawing = Drawing()
    >>> drawing.press(0.0, 0.0)
    >>> drawing.move(0.5, 0.0)
    >>> drawing.release()
    >>> len(drawing.points)
    11
    >>> drawing.undo()
    >>> len(drawing.points)
    0
    """

    def __init__(self) -> None:
        self._strokes: list[list[tuple[float, float]]] = []
        self._pen: tuple[float, float] | None = None
        self.cursor = (0.0, 0.0)

    @property
    def points(self) -> Float[np.ndarray, "m 2"]:
        """All points, [m, 2]."""
        return np.array([point for stroke in self._strokes for point in stroke]).reshape(-1, 2)

    @property
    def full(self) -> bool:
        """Whether no more points fit."""
        return sum(map(len, self._strokes)) >= CAPACITY

    @property
    def drawing(self) -> bool:
        """Whether the pencil is down."""
        return self._pen is not None

    def replace(self, points: Float[np.ndarray, "m 2"]) -> None:
        """Begin anew with these points, as one stroke."""
        self._strokes, self._pen = [[(float(x), float(y)) for x, y in points]], None

    def press(self, x: float, y: float) -> None:
        """Put the pencil down."""
        self._pen = (x, y)
        self._strokes.append([])
        self._put(x, y)

    def move(self, x: float, y: float) -> None:
        """Draw on to (x, y), with a point at equal distances; nothing where the pencil is up."""
        if self._pen is None:
            return
        from_x, from_y = self._pen
        length = math.hypot(x - from_x, y - from_y)
        for i in range(1, int(length / _SPACING + 1e-9) + 1):
            at = i * _SPACING / length
            self._pen = (from_x + at * (x - from_x), from_y + at * (y - from_y))
            self._put(*self._pen)

    def release(self) -> None:
        """Lift the pencil."""
        self._pen = None

    def undo(self) -> None:
        """Take the last stroke away."""
        self._pen = None
        if self._strokes:
            self._strokes.pop()

    def clear(self) -> None:
        """Take everything away."""
        self._strokes, self._pen = [], None

    def _put(self, x: float, y: float) -> None:
        if not self.full:
            self._strokes[-1].append((x, y))
