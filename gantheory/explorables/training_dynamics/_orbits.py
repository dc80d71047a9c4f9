"""A linear update repeated: its orbit beside its eigenvalues, which later figures show of trainings."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import ArrayLike
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.gridspec import GridSpec

from gantheory import plotting
from gantheory.live.controls import slider
from gantheory.live.figure import LiveFigure
from gantheory.live.stage import Stage
from gantheory.plotting import EXACT, GENERATED, LEARNED, Look

__all__ = ["ComplexPlane", "Path", "linear_update", "remark", "where"]

_STEPS = 60


def where(modulus: float) -> str:
    """Say on which side of the unit circle a number lies; rounding is not a side."""
    if abs(modulus - 1) < 5e-6:
        return "on the circle"
    return "inside" if modulus < 1 else "outside"


def remark(ax: Axes, x: float = 0.5, y: float = 0.98, **settings: Any) -> plotting.Note:
    """Make a note that may be wider than its axes: the layout does not make room for it."""
    note = plotting.Note(ax, x, y, **{"size": 9, "align": "center", **settings})
    note.text.set_in_layout(False)
    return note


class ComplexPlane:
    """The complex plane with the unit circle, and numbers as marks in it: several looks, one for each set.

    Args:
        ax: The axes; limits and labels are set here.
        looks: The looks of the sets, and their labels (None for no legend).
        reach: How far the plane is shown to each side.
    """

    def __init__(
        self, ax: Axes, looks: Sequence[tuple[Look, str | None]] = ((LEARNED, None),), *, reach: float = 1.7
    ):
        angles = np.linspace(0, 2 * np.pi, 361)
        ax.set(xlim=(-reach, reach), ylim=(-reach, reach), xlabel="real part", ylabel="imaginary part")
        ax.fill(np.cos(angles), np.sin(angles), color="#EEEEEE", zorder=0)
        ax.plot(np.cos(angles), np.sin(angles), color=EXACT.color, lw=1.2, zorder=1)
        for line in (ax.axhline, ax.axvline):
            line(0, color="#BBBBBB", lw=0.8, zorder=0.5)
        self._reach = reach
        self._marks = [
            ax.plot([], [], ls="none", marker=look.marker, ms=9, color=look.color, mec="black", label=label)[
                0
            ]
            for look, label in looks
        ]
        self.artists: list[Artist] = list(self._marks)

    def set(self, *numbers: ArrayLike) -> None:
        """Show one set of complex numbers [n] for each look; what lies beyond the plane stands on its edge."""
        for mark, values in zip(self._marks, numbers, strict=True):
            values = np.asarray(values, complex)
            edge = 0.97 * self._reach
            mark.set_data(np.clip(values.real, -edge, edge), np.clip(values.imag, -edge, edge))


class Path:
    """A trajectory in the plane: a thin line with its points, its start and its end."""

    def __init__(self, ax: Axes, look: Look = GENERATED, label: str | None = None):
        (self._line,) = ax.plot([], [], color=look.color, lw=1, marker=".", ms=4, alpha=0.8, label=label)
        (self._start,) = ax.plot([], [], ls="none", marker="o", ms=8, mfc="white", mec="black", zorder=5)
        (self._end,) = ax.plot(
            [], [], ls="none", marker=look.marker, ms=9, color=look.color, mec="black", zorder=6
        )
        self.artists: list[Artist] = [self._line, self._start, self._end]

    def set(self, points: ArrayLike) -> None:
        """Draw points [n, 2]; what lies far off is left out."""
        points = np.array(points, float)
        far = ~(np.abs(points) < 50).all(axis=1)
        points[far] = np.nan
        self._line.set_data(points[:, 0], points[:, 1])
        self._start.set_data(points[:1, 0], points[:1, 1])
        self._end.set_data(points[-1:, 0], points[-1:, 1])


def linear_update() -> LiveFigure:
    """Show the orbit of z' = M z with M = [[a, -b], [b, d]], beside M's eigenvalues and the unit circle.

    >>> live = linear_update()
    >>> live.stage.alt[:83]
    'a 0.95, d 0.95, b 0.20: eigenvalues of modulus 0.971 and 0.971, both inside the cir'
    >>> live.close()
    """
    figure = plotting.new_figure(9.0, 4.2)
    cells = GridSpec(1, 2, figure)
    plane = plotting.axes(
        figure,
        cells[0],
        title=f"{_STEPS} updates z' = M z",
        equal=True,
        xlim=(-2.5, 2.5),
        ylim=(-2.5, 2.5),
        xlabel="$z_1$",
        ylabel="$z_2$",
    )
    plane.plot([0], [0], "+", color="black", ms=12)
    path = Path(plane)
    note = plotting.Note(plane)
    eigen = plotting.axes(figure, cells[1], title="eigenvalues of M, and the unit circle", equal=True)
    spectrum = ComplexPlane(eigen)

    def update(a: float, d: float, b: float) -> str:
        matrix = np.array([[a, -b], [b, d]])
        orbit = [np.array([1.0, 1.0])]
        for _ in range(_STEPS):
            orbit.append(matrix @ orbit[-1])
        values = np.linalg.eigvals(matrix)
        path.set(np.array(orbit))
        spectrum.set(values)
        large, small = sorted(np.abs(values), reverse=True)
        end = math.hypot(*orbit[-1])
        note.set(f"largest |λ| = {large:.3f}: {where(large)}")
        sides = where(large) if where(large) == where(small) else f"{where(large)} and {where(small)}"
        sides = f"both {sides}" if where(large) == where(small) else sides
        kind = "turning" if abs(values[0].imag) > 1e-12 else "not turning"
        return (
            f"a {a:.2f}, d {d:.2f}, b {b:.2f}: eigenvalues of modulus {large:.3f} and {small:.3f}, {sides}"
            f"{' the circle' if sides.endswith('side') else ''}, {kind}; after {_STEPS} updates the distance "
            f"from 0 has gone from 1.414 to {end:.3g}"
        )

    controls = {
        "a": slider("$a$", -1.3, 1.3, 0.95, step=0.01),
        "d": slider("$d$", -1.3, 1.3, 0.95, step=0.01),
        "b": slider("$b$ (turns)", -1.3, 1.3, 0.2, step=0.01),
    }
    return LiveFigure(Stage(figure, plotting.moving(path, note, spectrum)), update, controls)
