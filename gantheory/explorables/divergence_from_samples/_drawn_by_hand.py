"""Be D: a discriminator whose knots the learner drags, and its V against the ceiling."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.gridspec import GridSpec

from gantheory import plotting
from gantheory.explorables import _value
from gantheory.explorables._knots import Knots
from gantheory.live.controls import button, slider, switch
from gantheory.live.figure import LiveFigure
from gantheory.live.stage import Stage

__all__ = ["KNOTS", "DrawnByHand"]

KNOTS = np.linspace(-4.0, 4.0, 11)
_X = np.linspace(-6.0, 6.0, 481)
_DX = float(_X[1] - _X[0])
# A D that says 0 or 1 and is wrong once has V = -infinity; the hand stops short of it.
_SURE = 0.995
_LOWEST = -2.4


class DrawnByHand(LiveFigure):
    """Two densities, a D to drag, its exact V, the best V so far, and the ceiling that no D passes.

    Dragging moves the nearest knot up and down. With the picture in focus, the arrows left and right choose a knot,
    the arrows up and down move it (with Shift, five times as far), Home and End choose the first and the last.

    Attributes:
        heights: D at each of `KNOTS`; D is straight in between.
    """

    # The best so far is remembered, and is the learner's own.
    ahead = False

    def __init__(self) -> None:
        self.heights = np.full(KNOTS.size, 0.5)
        self._best, self._best_for = -np.inf, None
        figure = plotting.new_figure(8.6, 4.4)
        cells = GridSpec(2, 2, figure, width_ratios=(4, 1), height_ratios=(1, 1))
        self._ax = plotting.axes(
            figure,
            cells[0, 0],
            title="your D(x): drag a knot, or use the arrow keys",
            xlim=(_X[0], _X[-1]),
            ylim=(-0.04, 1.04),
            ylabel="D(x)",
        )
        self._ax.axhline(0.5, color="#999999", lw=1, ls=":")
        self._hand = Knots(
            self._ax,
            KNOTS,
            reach=(-0.1, 1.1),
            step=0.02,
            move=self._move,
            height=lambda knot: self.heights[knot],
        )
        self._curve = plotting.Curve(self._ax, _X, plotting.CRITIC, "your D")
        self._truth = plotting.Curve(self._ax, _X, plotting.EXACT, "D*, the best")
        self._knots = plotting.Dots(self._ax, KNOTS, plotting.CRITIC, marker="s", ms=7)
        self._ring = plotting.Dots(
            self._ax, KNOTS[:1], plotting.EXACT, marker="o", ms=14, markerfacecolor="none", mew=1.5
        )
        ax = plotting.axes(
            figure, cells[1, 0], xlim=(_X[0], _X[-1]), ylim=(0, 0.45), xlabel="x", ylabel="density"
        )
        self._p = plotting.Density(ax, _X, plotting.DATA, "p, data")
        self._q = plotting.Density(ax, _X, plotting.GENERATED, "q, generated")
        plotting.legend(ax)
        gauge = plotting.axes(
            figure, cells[:, 1], title="V, nats", xlim=(0, 1), ylim=(_LOWEST, 0.05), xticks=[]
        )
        gauge.axhline(_value.COIN, color="#999999", lw=1)
        gauge.text(
            0.98, _value.COIN - 0.03, "always 1/2:\n−log 4", fontsize=8, color="#555555", ha="right", va="top"
        )
        self._limit = plotting.Curve(gauge, [0, 1], plotting.EXACT)
        self._record = plotting.Curve(gauge, [0.1, 0.9], plotting.CRITIC, lw=1, ls="--")
        self._yours = plotting.Dots(gauge, [0.3], plotting.CRITIC, marker="s", ms=12)
        self._limit_name = gauge.text(0.98, 0, "", fontsize=8, ha="right", va="bottom")
        self._note = plotting.Note(gauge, 0.04, 0.12, size=9)
        shown = [self._curve, self._truth, self._knots, self._ring, self._p, self._q]
        shown += [self._limit, self._record, self._yours, self._limit_name, self._note]
        stage = Stage(figure, plotting.moving(*shown), interactive=True)
        controls = {
            "separation": slider("separation", 0.0, 4.0, 2.0),
            "show_best": switch("show D*"),
        }
        flat = button("All knots to 1/2", self.flatten, hint="D = 1/2 everywhere", icon="undo")
        super().__init__(stage, self._show, controls, beside=[flat])
        stage.on_event(self._on_event)

    @property
    def selected(self) -> int:
        """The knot that was chosen last."""
        return self._hand.selected

    @property
    def value(self) -> float:
        """V of the D as drawn, in nats."""
        p, q = self._laws(self.controls["separation"].value)
        return _value.value(self._d, p, q, _DX)

    def flatten(self) -> None:
        """Set D to 1/2 everywhere."""
        self.heights[:] = 0.5
        self.refresh()

    def draw(self, heights: Any) -> None:
        """Set D at all knots at once; values beyond 0.005 and 0.995 stop there."""
        self.heights[:] = np.clip(np.broadcast_to(heights, KNOTS.shape), 1 - _SURE, _SURE)
        self.refresh()

    @property
    def _d(self) -> Float[np.ndarray, "n"]:
        return np.interp(_X, KNOTS, self.heights)

    @staticmethod
    def _laws(separation: float) -> tuple[Float[np.ndarray, "n"], Float[np.ndarray, "n"]]:
        # At the largest separation four standard deviations are left to either end: 3e-5 of the mass lies beyond.
        return _value.normal(_X, -separation / 2), _value.normal(_X, separation / 2)

    def _show(self, separation: float, show_best: bool) -> str:
        p, q = self._laws(separation)
        limit = _value.ceiling(p, q, _DX)
        yours = _value.value(self._d, p, q, _DX)
        if self._best_for != separation:
            self._best, self._best_for = -np.inf, separation
        self._best = max(self._best, yours)
        best = _value.sigmoid(-separation * _X)  # log p - log q of the two Gaussians
        self._curve.set(self._d)
        self._truth.set(best if show_best else np.full(_X.shape, np.nan))
        self._knots.set(self.heights)
        self._ring.set([self.heights[self.selected]], [KNOTS[self.selected]])
        self._p.set(p)
        self._q.set(q)
        self._limit.set([limit, limit])
        self._limit_name.set_position((0.98, limit + 0.02))
        self._limit_name.set_text(f"ceiling {_value.in_words(limit)}")
        self._record.set([self._best, self._best])
        self._yours.set([max(yours, _LOWEST + 0.06)])
        self._note.set(f"yours {_value.in_words(yours)}\nbest {_value.in_words(self._best)}")
        return (
            f"separation {separation:.2f}: your D has V = {yours:.3f}, the ceiling is {limit:.3f}, "
            f"your best so far {self._best:.3f}; knot {self.selected + 1} of {KNOTS.size} at x = "
            f"{KNOTS[self.selected]:g} says D = {self.heights[self.selected]:.3f}"
        )

    def _move(self, knot: int, height: float) -> None:
        self.heights[knot] = np.clip(height, 1 - _SURE, _SURE)

    def _on_event(self, event: Mapping[str, Any]) -> None:
        if self._hand.take(event):
            self.refresh()
