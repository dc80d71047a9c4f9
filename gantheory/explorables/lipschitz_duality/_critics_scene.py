"""What critics in training look like: each one's curve and slope, and all estimates against the exact W1."""

from collections.abc import Mapping
from typing import Any

import jax
import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec

from gantheory import games, plotting, training
from gantheory.explorables.lipschitz_duality._critics import X, look, measure
from gantheory.live.trainer import Run

__all__ = ["CriticsScene"]

_LIMITS = (-5.0, 7.0)
# The upper ends of the axes of f and of its slope, where they do not grow.
_HIGH, _STEEP = 4.0, 2.5
_SHOWN = (X >= _LIMITS[0]) & (X <= _LIMITS[1])


def _grown(limit: float, value: float) -> float:
    """Double a limit until the value lies below it: each new limit draws the whole figure anew."""
    while limit < value:
        limit *= 2
    return limit


def _short(number: float) -> str:
    return f"{number:,.0f}" if abs(number) >= 100 else f"{number:.3g}"


class _Column:
    """One critic: its curve over the two laws, and its slope below."""

    def __init__(
        self,
        figure: Figure,
        upper: Any,
        lower: Any,
        x: Float[np.ndarray, "n"],
        name: str,
        look: plotting.Look,
        *,
        first: bool,
        grows: bool,
    ):
        self._grows = grows
        self._upper = plotting.axes(figure, upper, title=name, xlim=_LIMITS, ylim=(-_HIGH, _HIGH))
        self._lower = plotting.axes(figure, lower, xlim=_LIMITS, ylim=(0, _STEEP), xlabel="x")
        self._upper.tick_params(labelbottom=False)
        if grows:
            for ax in (self._upper, self._lower):
                ax.ticklabel_format(style="sci", scilimits=(-3, 3), axis="y")
        if first:
            self._upper.set_ylabel("f(x)", fontsize=10)
            self._lower.set_ylabel("|f'(x)|, measured", fontsize=10)
        self._lower.axhline(1, color="#000000", lw=1.2, ls=":")
        pair = (plotting.DATA, plotting.GENERATED)
        self._laws = [plotting.Curve(self._upper, x, law, lw=1.5) for law in pair]
        self._areas = [plotting.Between(self._upper, x, law, alpha=0.18) for law in pair]
        self._best = plotting.Curve(self._upper, x, plotting.EXACT, lw=1.5)
        solid = look._replace(dashes="-")
        self._f = plotting.Curve(self._upper, x, solid, lw=2.5)
        self._slope = plotting.Curve(self._lower, x, solid)
        self._note = plotting.Note(self._lower, 0.97, 0.97, align="right", size=9)
        curves = (self._best, self._f, self._slope, self._note)
        self.artists = plotting.moving(*self._areas, *self._laws, *curves)

    def set(
        self,
        p: Float[np.ndarray, "n"],
        q: Float[np.ndarray, "n"],
        best: Float[np.ndarray, "n"],
        f: Float[np.ndarray, "n"],
        slope: Float[np.ndarray, "n"],
        note: str,
    ) -> None:
        high, steep = _HIGH, _STEEP
        if self._grows:
            high, steep = _grown(_HIGH, float(abs(f).max())), _grown(_STEEP, float(slope.max()))
        if self._upper.get_ylim()[1] != high:
            self._upper.set_ylim(-high, high)
        if self._lower.get_ylim()[1] != steep:
            self._lower.set_ylim(0, steep)
        for curve, area, density in zip(self._laws, self._areas, (p, q), strict=True):
            height = high * (1.25 * density - 1)  # the tallest density is lower than the axes
            curve.set(height)
            area.set(np.full(height.shape, -high), height)
        self._best.set(best)
        self._f.set(f)
        self._slope.set(slope)
        self._note.set(note)


class CriticsScene:
    """Each critic of a `SideBySide` game in a column of its own, and all estimates beside.

    Above: the critic f of the first seed, shifted such that its mean over both laws is 0, over the tinted laws, and a
    best 1-Lipschitz critic (dotted). Below: its measured gradient norms, and the line at 1. At the right: E f(real) -
    E f(generated) by quadrature, of all seeds, and W1.

    Args:
        critics: how each critic looks, by name.
        top: upper end of the axis of estimates.
        grows: whether the axes follow the values up.
    """

    def __init__(self, critics: Mapping[str, plotting.Look], *, top: float = 5.0, grows: bool = False):
        self._names, self._top, self._grows = list(critics), top, grows
        self.figure = plotting.new_figure(9.0, 4.8)
        # Axes that stay where they are when tick labels grow.
        self.figure.set_layout_engine("none")
        columns = len(critics)
        widths = [1.0] * columns + [1.35 if columns > 1 else 1.0]
        edges = {"left": 0.075 if grows else 0.06, "right": 0.975, "bottom": 0.105, "top": 0.93}
        space = {"hspace": 0.12, "wspace": 0.22}
        cells = GridSpec(2, columns + 1, self.figure, width_ratios=widths, **edges, **space)
        self._x = X[_SHOWN]
        self._columns = [
            _Column(self.figure, cells[0, i], cells[1, i], self._x, name, look, first=i == 0, grows=grows)
            for i, (name, look) in enumerate(critics.items())
        ]
        self._ax = plotting.axes(
            self.figure,
            cells[:, -1],
            title="estimates of W1, 8 seeds",
            xlim=(0, 100),
            ylim=(-0.1 * top, top),
            xlabel="steps of the critic",
        )
        if grows:
            self._ax.ticklabel_format(style="sci", scilimits=(-3, 3), axis="y")
        self._traces = [plotting.Trace(self._ax, look, name) for name, look in critics.items()]
        self._w1 = plotting.Curve(self._ax, [0, 100], plotting.EXACT, "W1, exact")
        plotting.legend(self._ax, place="upper left")
        self.artists = plotting.moving(*self._columns, *self._traces, self._w1)

    def measure(self, game: games.Game, state: training.State) -> Mapping[str, Any]:
        """Measure the estimates, for the traces."""
        return measure(game, state)

    def update(self, run: Run) -> str:
        """Move everything to where the run stands."""
        seen = jax.tree.map(np.asarray, look(run.game, run.first))
        w1 = float(seen.w1)
        told = []
        for i, column in enumerate(self._columns):
            curves = [array[_SHOWN] for array in (*seen.laws, seen.best, seen.scores[i], seen.slopes[i])]
            steepest = _short(float(seen.steepest[i]))
            column.set(*curves, f"steepest {steepest}")
            estimate = _short(float(np.median(run.measured[f"estimate {i}"][..., -1])))
            told.append(f"{self._names[i]}: estimate {estimate}, steepest slope {steepest}")
        self._show_traces(run, w1)
        return f"step {run.step}, W1 {w1:.3f}; " + "; ".join(told)

    def _show_traces(self, run: Run, w1: float) -> None:
        right = _grown(100, run.step)
        if self._ax.get_xlim()[1] != right:
            self._ax.set_xlim(0, right)
        highest = 0.0
        for i, trace in enumerate(self._traces):
            steps, values = plotting.thin(run.measured_at, run.measured[f"estimate {i}"])
            trace.set(steps, np.clip(values, -1e7, 1e7))
            highest = max(highest, float(values.max()))
        if self._grows:
            top = _grown(self._top, highest)
            if self._ax.get_ylim()[1] != top:
                self._ax.set_ylim(-0.1 * top, top)
        self._w1.set([w1, w1], [0, right])
