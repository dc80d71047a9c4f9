"""Pictures: arrays and axes in, artists out. Nothing is sampled, trained or kept in pyplot's global state here.

Each class draws one kind of thing into given axes. Its `artists` are what moves, its `set` gives them new arrays:

>>> import numpy as np
>>> figure = new_figure(4, 3)
>>> ax = axes(figure, xlim=(-1, 1), ylim=(0, 1), xlabel="x", ylabel="density")
>>> x = np.linspace(-1, 1, 5)
>>> curve = Density(ax, x, DATA, "p_data")
>>> curve.set(1 - abs(x))
>>> float(curve.line.get_ydata().max())
1.0

Colours are Okabe and Ito's, which colour-blind readers can tell apart; data and generated points differ in marker, and
their curves in dashes, as well.
"""

import math
import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import ArrayLike, Float
from matplotlib import patheffects
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.legend import Legend

__all__ = [
    "CRITIC",
    "DATA",
    "DIVERGENCE",
    "EXACT",
    "GENERATED",
    "LATENT",
    "LEARNED",
    "SCORE_COLORS",
    "TRANSPORT",
    "VARIATION",
    "Arrows",
    "Between",
    "Curve",
    "Density",
    "Dots",
    "Grid",
    "HeatMap",
    "Histogram",
    "ImageGrid",
    "Look",
    "Marks",
    "Note",
    "Points",
    "Segments",
    "Trace",
    "axes",
    "legend",
    "moving",
    "new_figure",
    "thin",
    "unsigned_zeros",
]


class Look(NamedTuple):
    """How one kind of thing looks everywhere in the course."""

    color: str
    marker: str
    dashes: str


DATA = Look("#0072B2", "o", "-")
"""How the data look."""
GENERATED = Look("#D55E00", "^", "--")
"""How what the generator makes looks."""
CRITIC = Look("#009E73", "s", "-")
"""How a discriminator or critic looks."""
LATENT = Look("#CC79A7", "D", "-.")
"""How the generator's noise looks."""
LEARNED = Look("#E69F00", "v", "-")
"""How a second thing that is learned looks."""
DIVERGENCE = LEARNED
"""How JS and its kin look: what a discriminator estimates."""
TRANSPORT = LATENT
"""How W1 and the plans look that move one law onto another."""
VARIATION = Look("#777777", "P", "--")
"""How the total variation looks."""
EXACT = Look("#000000", "x", ":")
"""How what is known by a formula looks."""

# From "surely generated" over "cannot tell" (white) to "surely real", in the colours of the two.
SCORE_COLORS = LinearSegmentedColormap.from_list("score", [GENERATED.color, "#FFFFFF", DATA.color])
"""Colours of D(x), from surely generated over undecided (white) to surely real, in the colours of the two."""

_INK = "#333333"


def new_figure(width: float = 7.2, height: float = 4.0) -> Figure:
    """Make an empty figure of that size in inches, 100 pixels each."""
    figure = Figure(figsize=(width, height), dpi=100, layout="constrained", facecolor="white")
    # Room for half a mark at the end of an axis.
    figure.get_layout_engine().set(w_pad=0.09, h_pad=0.06)
    return figure


def axes(
    figure: Figure, position: Any = None, *, title: str = "", equal: bool = False, **settings: Any
) -> Axes:
    """Add axes of the course's look.

    Args:
        figure: Where to.
        position: A cell of a `GridSpec`, or three digits as in `Figure.add_subplot`; the whole figure if None.
        title: What stands above.
        equal: Whether one unit is as long in x as in y.
        settings: Handed to the axes (`xlim`, `ylim`, `xlabel`, `ylabel`, ...).
    """
    made = figure.add_subplot(position if position is not None else 111)
    made.set(**settings)
    if title:
        made.set_title(title, fontsize=11, color=_INK)
    if equal:
        made.set_aspect("equal", adjustable="box")
    made.spines[["top", "right"]].set_visible(False)
    made.tick_params(labelsize=9, colors=_INK)
    made.xaxis.label.set_size(10)
    made.yaxis.label.set_size(10)
    return made


def moving(*things: Any) -> list[Artist]:
    """Collect the artists of several things, for `live.stage.Stage`."""
    return [artist for thing in things for artist in getattr(thing, "artists", [thing])]


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


class Segments:
    """Many line segments, each from a start to an end; their widths may differ."""

    def __init__(
        self, ax: Axes, color: str = _INK, *, width: float = 1.0, alpha: float = 0.6, zorder: float = 1.5
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


class ImageGrid:
    """Images in rows and columns; what is 1 in a grey image is ink.

    The axes lose their frame, and one unit becomes one cell: the image in row i and column j, counted from the upper
    left, lies between j and j + 1 in x and between i and i + 1 in y (which points down); texts and frames can be put
    there.

    Args:
        ax: The axes.
        rows: How many rows there is room for.
        columns: How many images stand in a row.
        gap: What is left free around each image, in parts of its size.

    >>> grid = ImageGrid(axes(new_figure(4, 3)), 2, 3)
    >>> grid.set(np.ones((5, 8, 8, 1)))
    >>> grid.image.get_array().shape
    (20, 30, 3)
    """

    _EMPTY = 0.93

    def __init__(self, ax: Axes, rows: int, columns: int, *, gap: float = 0.12):
        self.rows, self.columns, self._gap = rows, columns, gap
        self.image = ax.imshow(
            np.full((1, 1, 3), self._EMPTY),
            extent=(0, columns, rows, 0),
            interpolation="nearest",
            vmin=0,
            vmax=1,
        )
        ax.set_axis_off()
        self.artists: list[Artist] = [self.image]

    def set(self, images: ArrayLike) -> None:
        """Show images [n, h, w, c] from -1 to 1, row by row, with c = 1 (grey) or 3; cells beyond n stay empty."""
        shades = (np.clip(np.asarray(images, np.float32), -1, 1) + 1) / 2
        if shades.shape[-1] == 1:
            shades = np.repeat(1 - shades, 3, axis=-1)
        n, h, w, _ = shades.shape
        before = max(1, round(self._gap * h / 2))
        cells = np.full(
            (self.rows * self.columns, h + 2 * before, w + 2 * before, 3), self._EMPTY, np.float32
        )
        n = min(n, len(cells))
        cells[:n, before : before + h, before : before + w] = shades[:n]
        cells = cells.reshape(self.rows, self.columns, *cells.shape[1:]).transpose(0, 2, 1, 3, 4)
        self.image.set_data(cells.reshape(self.rows * cells.shape[1], -1, 3))


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


class Note:
    """A line of text at a fixed place, in fractions of the axes from its lower left."""

    def __init__(self, ax: Axes, x: float = 0.02, y: float = 0.96, *, size: float = 10, align: str = "left"):
        self.text = ax.text(
            x,
            y,
            "",
            transform=ax.transAxes,
            fontsize=size,
            color=_INK,
            va="top",
            ha=align,
            zorder=6,
            # A white rim keeps the words readable over curves.
            path_effects=[patheffects.withStroke(linewidth=3, foreground="white")],
        )
        self.artists: list[Artist] = [self.text]

    def set(self, words: str) -> None:
        """Write new words; numbers get true minus signs."""
        self.text.set_text(re.sub(r"(?<![\w.^(])-(?=\d)", "−", unsigned_zeros(words)))


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
