"""Be the critic: a function whose slope is capped at 1, dragged by its knots, and the lower bound on W1 it earns."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import ArrayLike, Float
from matplotlib.gridspec import GridSpec

from gantheory import plotting
from gantheory.explorables._knots import Knots
from gantheory.explorables._moved_line import normal
from gantheory.live.controls import button, choice, slider, switch
from gantheory.live.figure import LiveFigure
from gantheory.live.stage import Stage

__all__ = ["KNOTS", "CriticByHand"]

KNOTS = np.linspace(-8.0, 8.0, 33)
_X = np.linspace(-8.0, 8.0, 801)
_DX = float(_X[1] - _X[0])
_TOP = 5.0
_PAIRS = ("one law is shifted", "one law is wider", "one law is split in two")


def _laws(pair: str, distance: float) -> tuple[Float[np.ndarray, "n"], Float[np.ndarray, "n"]]:
    if pair == _PAIRS[0]:
        p, q = normal(_X, distance / 2), normal(_X, -distance / 2)
    elif pair == _PAIRS[1]:
        p, q = normal(_X, 0.0, 1 + 0.375 * distance), normal(_X)
    else:
        p = (normal(_X, -distance / 2, 0.6) + normal(_X, distance / 2, 0.6)) / 2
        q = normal(_X, 0.0, 0.6)
    # What little lies beyond the ends is left out of both laws.
    return p / (p.sum() * _DX), q / (q.sum() * _DX)


class CriticByHand(LiveFigure):
    """Two laws, a 1-Lipschitz critic to drag, its E f(real) - E f(generated), and the ceiling W1.

    Moving a knot takes the others along as far as the cap demands: the critic is always the old one, brought between
    the two cones of slope 1 through the moved knot. Both bounds and the old critic are 1-Lipschitz, so the new one is.

    Attributes:
        heights: f at each of `KNOTS`; f is straight in between.
    """

    # The best so far is remembered, and is the learner's own.
    ahead = False

    def __init__(self) -> None:
        self.heights = np.zeros(KNOTS.size)
        self._best, self._best_for = 0.0, None
        figure = plotting.new_figure(9.0, 4.6)
        cells = GridSpec(2, 2, figure, width_ratios=(4, 1), height_ratios=(3, 2))
        ends = (_X[0], _X[-1])
        self._ax = plotting.axes(
            figure,
            cells[0, 0],
            title="your critic f(x): drag a knot, or use the arrow keys; no slope exceeds 1",
            xlim=ends,
            ylim=(-_TOP, _TOP),
            ylabel="f(x)",
        )
        self._hand = Knots(
            self._ax,
            KNOTS,
            reach=(-1.1 * _TOP, 1.1 * _TOP),
            step=0.1,
            move=self.move,
            height=lambda knot: float(self.heights[knot]),
        )
        self._truth = plotting.Curve(self._ax, _X, plotting.EXACT, "a best critic")
        self._curve = plotting.Curve(self._ax, _X, plotting.CRITIC, "your f", lw=2.5)
        self._knots = plotting.Dots(self._ax, KNOTS, plotting.CRITIC, marker="s", ms=5)
        self._ring = plotting.Dots(
            self._ax, KNOTS[:1], plotting.EXACT, marker="o", ms=13, markerfacecolor="none", mew=1.5
        )
        plotting.legend(self._ax, place="upper left")
        ax = plotting.axes(figure, cells[1, 0], xlim=ends, ylim=(0, 0.75), xlabel="x", ylabel="density")
        self._p = plotting.Density(ax, _X, plotting.DATA, "data")
        self._q = plotting.Density(ax, _X, plotting.GENERATED, "P_G")
        plotting.legend(ax)
        gauge = plotting.axes(
            figure, cells[:, 1], title="E f(real) − E f(gen.)", xlim=(0, 1), ylim=(-4.6, 4.6), xticks=[]
        )
        gauge.axhline(0, color="#999999", lw=1)
        self._limit = plotting.Curve(gauge, [0, 1], plotting.EXACT)
        self._limit_name = gauge.text(0.98, 0, "", fontsize=9, ha="right", va="bottom")
        self._record = plotting.Curve(gauge, [0.1, 0.9], plotting.CRITIC, lw=1, ls="--")
        self._yours = plotting.Dots(gauge, [0.3], plotting.CRITIC, marker="s", ms=12)
        self._note = plotting.Note(gauge, 0.04, 0.14, size=9)
        shown = [self._truth, self._curve, self._knots, self._ring, self._p, self._q]
        shown += [self._limit, self._limit_name, self._record, self._yours, self._note]
        stage = Stage(figure, plotting.moving(*shown), interactive=True)
        controls = {
            "pair": choice("the two laws", list(_PAIRS)),
            "distance": slider("how far apart", 0.0, 4.0, 2.0),
            "show_best": switch("show a best critic"),
        }
        flat = button("All knots to 0", self.flatten, hint="f = 0 everywhere", icon="undo")
        super().__init__(stage, self._show, controls, beside=[flat])
        stage.on_event(self._on_event)

    @property
    def selected(self) -> int:
        """The knot that was chosen last."""
        return self._hand.selected

    @property
    def estimate(self) -> float:
        """E f(real) - E f(generated) of the critic as drawn."""
        p, q = _laws(self.controls["pair"].value, self.controls["distance"].value)
        return float(((p - q) * np.interp(_X, KNOTS, self.heights)).sum() * _DX)

    def move(self, knot: int, height: float) -> None:
        """Bring one knot to a height (at most 5 up or down), and the others within slope 1 of it."""
        height = float(np.clip(height, -_TOP, _TOP))
        cone = np.abs(KNOTS - KNOTS[knot])
        self.heights = np.clip(self.heights, height - cone, height + cone)

    def draw(self, heights: ArrayLike) -> None:
        """Move all knots towards these heights, from the left to the right."""
        for knot, height in enumerate(np.broadcast_to(np.asarray(heights, float), KNOTS.shape)):
            self.move(knot, height)
        self.refresh()

    def flatten(self) -> None:
        """Set f to 0 everywhere."""
        self.heights = np.zeros(KNOTS.size)
        self.refresh()

    def _show(self, pair: str, distance: float, show_best: bool) -> str:
        p, q = _laws(pair, distance)
        gap = np.cumsum(q - p) * _DX  # F_q - F_p: where it is positive, f earns by rising
        w1, yours = float(np.abs(gap).sum() * _DX), self.estimate
        if self._best_for != (pair, distance):
            self._best, self._best_for = yours, (pair, distance)
        self._best = max(self._best, yours)
        best = np.cumsum(np.sign(np.where(np.abs(gap) > 1e-9, gap, 0))) * _DX
        best -= (best * (p + q)).sum() * _DX / 2
        self._truth.set(best if show_best else np.full(_X.shape, np.nan))
        self._curve.set(np.interp(_X, KNOTS, self.heights))
        self._knots.set(self.heights)
        self._ring.set([self.heights[self.selected]], [KNOTS[self.selected]])
        self._p.set(p)
        self._q.set(q)
        self._limit.set([w1, w1])
        self._limit_name.set_position((0.98, w1 + 0.05))
        self._limit_name.set_text(f"W1 = {w1:.3f}")
        self._record.set([self._best, self._best])
        self._yours.set([yours])
        self._note.set(f"yours {yours:.3f}\nbest {self._best:.3f}")
        return (
            f"{pair}, how far {distance:.2f}: your critic earns {yours:.3f}, the ceiling W1 is {w1:.3f}, your "
            f"best so far {self._best:.3f}; knot {self.selected + 1} of {KNOTS.size} at x = {KNOTS[self.selected]:g} "
            f"has height {self.heights[self.selected]:.2f}"
        )

    def _on_event(self, event: Mapping[str, Any]) -> None:
        if self._hand.take(event):
            self.refresh()
