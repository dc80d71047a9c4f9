"""What is drawn over a line: curves, densities, bars, samples, and quantities against training steps."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import ArrayLike
from matplotlib.artist import Artist
from matplotlib.axes import Axes

from gantheory.plotting._look import Look

__all__ = ["Between", "Curve", "Density", "Dots", "Histogram", "Marks", "Trace", "thin"]


class Curve:
    """A line y(x)."""

    def __init__(self, ax: Axes, x: ArrayLike, look: Look, label: str | None = None, **settings: Any):
        x = np.asarray(x)
        settings = {"lw": 2, "color": look.color, "ls": look.dashes} | settings
        (self.line,) = ax.plot(x, np.full(x.shape, np.nan), label=label, **settings)
        self.artists: list[Artist] = [self.line]

    def set(self, y: ArrayLike, x: ArrayLike | None = None) -> None:
        """Give the line new heights y [n] (and new places x [n])."""
        if x is not None:
            self.line.set_xdata(np.asarray(x))
        self.line.set_ydata(np.asarray(y))


class Dots(Curve):
    """A few marks, where a curve stands now: whole on the very edge of the axes, and not there beyond."""

    def __init__(self, ax: Axes, x: ArrayLike, look: Look, label: str | None = None, **settings: Any):
        marks = {"ls": "none", "marker": look.marker, "clip_on": False, "zorder": 5}
        super().__init__(ax, x, look, label, **marks | settings)
        self._to_axes = ax.transScale + ax.transLimits

    def set(self, y: ArrayLike, x: ArrayLike | None = None) -> None:
        """Give the marks new heights y [n] (and new places x [n])."""
        x, y = np.asarray(self.line.get_xdata() if x is None else x, float), np.asarray(y, float)
        places = self._to_axes.transform(np.stack([x, y], axis=-1))
        inside = (np.abs(places - 0.5) <= 0.5 + 1e-6).all(axis=-1)
        super().set(np.where(inside, y, np.nan), x)


class Density:
    """A curve with the area under it tinted."""

    def __init__(self, ax: Axes, x: ArrayLike, look: Look, label: str | None = None, *, base: float = 0.0):
        self._x = np.asarray(x)
        self._base = base
        self.curve = Curve(ax, x, look, label)
        self.line = self.curve.line
        self.area = ax.fill_between(
            self._x, base, np.full(self._x.shape, base), color=look.color, alpha=0.18, lw=0
        )
        self.artists: list[Artist] = [self.area, self.line]

    def set(self, p: ArrayLike, x: ArrayLike | None = None) -> None:
        """Give the curve new heights p [n] (and new places x [n])."""
        if x is not None:
            self._x = np.asarray(x)
        p = np.asarray(p)
        self.curve.set(p, self._x)
        self.area.set_data(self._x, np.full(self._x.shape, self._base), p)


class Between:
    """The area between two curves over x, tinted."""

    def __init__(self, ax: Axes, x: ArrayLike, look: Look, label: str | None = None, *, alpha: float = 0.25):
        self._x = np.asarray(x)
        zeros = np.zeros(self._x.shape)
        self.area = ax.fill_between(self._x, zeros, zeros, color=look.color, alpha=alpha, lw=0, label=label)
        self.artists: list[Artist] = [self.area]

    def set(self, low: ArrayLike, high: ArrayLike, x: ArrayLike | None = None) -> None:
        """Give the two curves new heights, [n] each (and new places x [n])."""
        if x is not None:
            self._x = np.asarray(x)
        self.area.set_data(self._x, np.asarray(low), np.asarray(high))


class Histogram:
    """Bars of a sample, as a density, over fixed bin edges."""

    def __init__(self, ax: Axes, edges: ArrayLike, look: Look, label: str | None = None):
        self._edges = np.asarray(edges, dtype=float)
        self.steps = ax.stairs(
            np.zeros(len(self._edges) - 1), self._edges, fill=True, color=look.color, alpha=0.3, label=label
        )
        self.artists: list[Artist] = [self.steps]

    def set(self, samples: ArrayLike) -> None:
        """Count samples [n]; bars keep the share of *all* samples, those beyond the edges too."""
        samples = np.asarray(samples)
        counts, _ = np.histogram(samples, self._edges)
        self.steps.set_data(counts / (samples.size * np.diff(self._edges)))


class Marks:
    """Points of a 1-D sample, as ticks on a line at height y."""

    def __init__(self, ax: Axes, look: Look, label: str | None = None, *, y: float = 0.0, size: float = 8):
        self._y = y
        (self.line,) = ax.plot(
            [], [], ls="none", marker="|", ms=size, color=look.color, alpha=0.5, label=label, clip_on=False
        )
        self.artists: list[Artist] = [self.line]

    def set(self, x: ArrayLike, y: ArrayLike | None = None) -> None:
        """Give new places x [n]."""
        x = np.asarray(x)
        self.line.set_data(x, np.full(x.shape, self._y) if y is None else np.asarray(y))


class Trace:
    """A quantity against training steps: one line, or many seeds as a ribbon from least to greatest with its median."""

    def __init__(self, ax: Axes, look: Look, label: str | None = None):
        (self.line,) = ax.plot([], [], color=look.color, ls=look.dashes, lw=1.8, label=label)
        self.ribbon = ax.fill_between([0.0], [0.0], [0.0], color=look.color, alpha=0.2, lw=0)
        self.artists: list[Artist] = [self.ribbon, self.line]

    def set(self, steps: ArrayLike, values: ArrayLike) -> None:
        """Give new steps [n] and values [n], or values [seeds, n]."""
        steps, values = np.asarray(steps), np.atleast_2d(np.asarray(values))
        self.line.set_data(steps, np.median(values, axis=0) if len(values) > 1 else values[0])
        seeds = len(values) > 1
        self.ribbon.set_visible(seeds)
        if seeds:
            self.ribbon.set_data(steps, values.min(axis=0), values.max(axis=0))


def thin(
    steps: Sequence[float] | np.ndarray, values: np.ndarray, most: int = 600
) -> tuple[np.ndarray, np.ndarray]:
    """Keep about `most` evenly spaced columns of values [..., n], the last one always: more no screen can show.

    >>> thin(np.arange(10), np.arange(10) ** 2, most=4)
    (array([0, 3, 6, 9]), array([ 0,  9, 36, 81]))
    """
    steps, values = np.asarray(steps), np.asarray(values)
    if len(steps) <= most:
        return steps, values
    kept = np.unique(np.linspace(0, len(steps) - 1, most).round().astype(int))
    return steps[kept], values[..., kept]
