"""How steep a clipped critic can be: h^2 c^3 for two hidden layers of h units, far from 1 for most c."""

import numpy as np
from jaxtyping import ArrayLike, Float
from matplotlib.gridspec import GridSpec

from gantheory import _checks, plotting
from gantheory.live.controls import slider, stops_slider
from gantheory.live.figure import LiveFigure
from gantheory.live.stage import Stage

__all__ = ["steepest_clipped", "steepest_of_clips"]

_UNITS = (8, 16, 32, 64, 128, 256)
_CLIPS = np.geomspace(1e-3, 1.0, 61)
_X = np.linspace(-2.0, 2.0, 201)


def steepest_clipped(units: int, clip: ArrayLike, depth: int = 2) -> Float[np.ndarray, "..."]:
    """Compute the largest slope of a ReLU critic of one input whose weights all lie within [-clip, clip].

    With every weight at `clip` and every unit active, each of the `units` of the first layer has slope clip; each
    further layer multiplies by units * clip: units^depth * clip^(depth + 1), and no other weights reach more.

    Args:
        units: units h of each hidden layer.
        clip: the bound c.
        depth: number of hidden layers.

    >>> [round(float(steepest_clipped(128, clip)), 3) for clip in (0.01, 0.1)]
    [0.016, 16.384]
    """
    units, depth = _checks.whole("units", units), _checks.whole("depth", depth, at_least=0)
    return np.asarray(np.float64(units) ** depth * np.asarray(clip, float) ** (depth + 1))


def steepest_of_clips() -> LiveFigure:
    """Show the steepest clipped critic beside |x| and the line of slope 1, and its slope over all clips.

    >>> live = steepest_of_clips()
    >>> live.stage.alt
    '2 hidden layers of 128 units, clip 0.01: the largest possible slope is 0.0164; slope 1 needs clip 0.0394'
    >>> live.close()
    """
    figure = plotting.new_figure(8.8, 3.8)
    cells = GridSpec(1, 2, figure, width_ratios=(3, 4))
    ax = plotting.axes(
        figure, cells[0], title="the steepest clipped critic", xlim=(-2, 2), ylim=(-0.2, 2.2), xlabel="x"
    )
    plotting.Curve(ax, _X, plotting.EXACT, "slope 1").set(np.maximum(_X, 0))
    steepest = plotting.Curve(ax, _X, plotting.CRITIC, "all weights at c", lw=2.5)
    plotting.legend(ax, place="upper left")
    ax = plotting.axes(
        figure,
        cells[1],
        title="its slope, by the clip",
        xlim=(_CLIPS[0], _CLIPS[-1]),
        ylim=(1e-10, 1e8),
        xscale="log",
        yscale="log",
        xlabel="clip c",
    )
    ax.axhline(1, color=plotting.EXACT.color, ls=plotting.EXACT.dashes, lw=2)
    ax.annotate("slope 1", (1.3e-3, 1), xytext=(0, 3), textcoords="offset points", fontsize=9)
    line = plotting.Curve(ax, _CLIPS, plotting.CRITIC)
    dot = plotting.Dots(ax, [0.0], plotting.CRITIC, marker="s", ms=11)
    note = plotting.Note(ax, 0.98, 0.16, align="right")

    def update(units: int, depth: int, clip: float) -> str:
        slope = float(steepest_clipped(units, clip, depth))
        right = float(units ** (-depth / (depth + 1)))
        steepest.set(slope * np.maximum(_X, 0))
        line.set(steepest_clipped(units, _CLIPS, depth))
        dot.set([slope], [clip])
        note.set(f"slope at most {slope:.3g}\nslope 1 at c = {right:.3g}")
        layers = f"{depth} hidden layer{'s' if depth > 1 else ''} of {units} units"
        return f"{layers}, clip {clip:g}: the largest possible slope is {slope:.3g}; slope 1 needs clip {right:.3g}"

    controls = {
        "units": stops_slider("hidden units h", _UNITS, 128),
        "depth": stops_slider("hidden layers", (1, 2, 3), 2),
        "clip": slider("clip c", 1e-3, 1.0, 0.01, log=True),
    }
    return LiveFigure(Stage(figure, plotting.moving(steepest, line, dot, note)), update, controls)
