"""What is drawn in the plane: points, lines, arrows, and numbers as colours."""

import math
from typing import Any

import numpy as np
from jaxtyping import ArrayLike, Float
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.image import AxesImage

from gantheory.plotting._look import INK, LATENT, SCORE_COLORS, Look

__all__ = ["Arrows", "Grid", "HeatMap", "Points", "Segments"]


class Points:
    """A cloud of points in the plane."""

    def __init__(
        self, ax: Axes, look: Look, label: str | None = None, *, size: float = 4, alpha: float = 0.6
    ):
        (self.line,) = ax.plot(
            [],
            [],
            ls="none",
            marker=look.marker,
            ms=size,
            alpha=alpha,
            color=look.color,
            markeredgewidth=0,
            label=label,
        )
        self.artists: list[Artist] = [self.line]

    def set(self, points: ArrayLike) -> None:
        """Give new points [n, 2]."""
        points = np.asarray(points)
        self.line.set_data(points[:, 0], points[:, 1])


class Segments:
    """Many line segments, each from a start to an end; their widths may differ."""

    def __init__(
        self, ax: Axes, color: str = INK, *, width: float = 1.0, alpha: float = 0.6, zorder: float = 1.5
    ):
        self.collection = LineCollection([], colors=color, linewidths=width, alpha=alpha, zorder=zorder)
        ax.add_collection(self.collection, autolim=False)
        self.artists: list[Artist] = [self.collection]

    def set(self, starts: ArrayLike, ends: ArrayLike, widths: ArrayLike | None = None) -> None:
        """Join starts [n, 2] with ends [n, 2]."""
        self.collection.set_segments(np.stack([np.asarray(starts), np.asarray(ends)], axis=1))
        if widths is not None:
            self.collection.set_linewidths(np.asarray(widths))


class Grid:
    """A grid of lines over the plane, which a map may bend."""

    def __init__(self, ax: Axes, look: Look = LATENT, *, width: float = 0.8, alpha: float = 0.8):
        self.collection = LineCollection([], colors=look.color, linewidths=width, alpha=alpha)
        ax.add_collection(self.collection, autolim=False)
        self.artists: list[Artist] = [self.collection]

    def set(self, nodes: ArrayLike) -> None:
        """Draw nodes [rows, columns, 2], each row and each column joined to a line."""
        nodes = np.asarray(nodes)
        self.collection.set_segments([*nodes, *nodes.transpose(1, 0, 2)])


class Arrows:
    """Arrows in the plane, lengths in units of the axes."""

    def __init__(
        self, ax: Axes, number: int, color: str = "#000000", *, width: float = 0.004, alpha: float = 0.8
    ):
        zeros = np.zeros(number)
        self.quiver = ax.quiver(
            zeros,
            zeros,
            zeros,
            zeros,
            angles="xy",
            scale_units="xy",
            scale=1,
            color=color,
            width=width,
            alpha=alpha,
            zorder=4,
        )
        self.artists: list[Artist] = [self.quiver]

    def set(self, starts: ArrayLike, vectors: ArrayLike) -> None:
        """Place arrows `vectors` [n, 2] at `starts` [n, 2]; n as at the start."""
        starts, vectors = np.asarray(starts), np.asarray(vectors)
        self.quiver.set_offsets(starts)
        self.quiver.set_UVC(vectors[:, 0], vectors[:, 1])


class _Blended(AxesImage):
    """An image that fills its axes, blended linearly between its cells.

    Matplotlib filters every pixel in floating point, alpha too; looking colours up after a linear blend shows the same
    to the eye in a fraction of the time, which counts where the image moves.
    """

    def make_image(self, renderer: Any, magnification: float = 1.0, unsampled: bool = False) -> Any:
        if magnification != 1.0:  # A vector backend, which scales the image afterwards.
            return super().make_image(renderer, magnification, unsampled)
        box = self.axes.bbox
        left, bottom = math.floor(box.x0), math.floor(box.y0)
        width, height = math.ceil(box.x1) - left, math.ceil(box.y1) - bottom
        x = self.axes.transData.inverted().transform([(left + i + 0.5, bottom) for i in range(width)])[:, 0]
        y = self.axes.transData.inverted().transform([(left, bottom + i + 0.5) for i in range(height)])[:, 1]
        low_x, high_x, low_y, high_y = self.get_extent()
        values = np.asarray(self.get_array(), dtype=np.float32)
        values = _blend_rows(values.T, (x - low_x) / (high_x - low_x)).T
        values = _blend_rows(values, (y - low_y) / (high_y - low_y))
        low, high = self.get_clim()
        table = self.cmap(np.arange(self.cmap.N), alpha=self.get_alpha(), bytes=True)
        places = np.clip((values - low) * (self.cmap.N / (high - low)), 0, self.cmap.N - 1)
        return table[places.astype(np.uint16)], left, bottom, None


def _blend_rows(values: Float[np.ndarray, "n k"], places: Float[np.ndarray, "m"]) -> Float[np.ndarray, "m k"]:
    """Read rows at places between 0 and 1, where the n rows stand in the middles of n equal cells."""
    n = values.shape[0]
    at = np.clip(places * n - 0.5, 0, n - 1)
    first = np.minimum(at.astype(int), max(n - 2, 0))
    share = (at - first).astype(values.dtype)[:, None]
    return values[first] * (1 - share) + values[np.minimum(first + 1, n - 1)] * share


class HeatMap:
    """Numbers over a rectangle that fills its axes, as colours; by default scores between 0 and 1.

    Args:
        ax: The axes.
        extent: Left, right, lower and upper end. The numbers stand in the middles of equal cells of this rectangle.
        low: The number that has the first colour.
        high: The number that has the last one.
        colors: A matplotlib colour map.
        alpha: Opacity.
        bands: How many flat colours to show, so that their borders are level lines; None for all of the colour map.
    """

    def __init__(
        self,
        ax: Axes,
        extent: tuple[float, float, float, float],
        *,
        low: float = 0.0,
        high: float = 1.0,
        colors: Any = SCORE_COLORS,
        alpha: float = 0.75,
        bands: int | None = None,
    ):
        self.image = _Blended(
            ax,
            extent=extent,
            origin="lower",
            cmap=colors if bands is None else colors.resampled(bands),
            interpolation="nearest",
        )
        self.image.set(clim=(low, high), alpha=alpha, zorder=0, clip_path=ax.patch)
        self.set(np.full((2, 2), (low + high) / 2))
        ax.add_image(self.image)
        self.artists: list[Artist] = [self.image]

    def set(self, values: ArrayLike) -> None:
        """Give new values [rows, columns]; the first row lies at the bottom."""
        self.image.set_data(np.asarray(values))
