"""Draw your prediction: a curve to sketch over given axes before the true one is laid over it."""

import html
from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets as widgets
import numpy as np
from jaxtyping import ArrayLike, Float
from PIL import Image

from gantheory import _checks as check
from gantheory import plotting
from gantheory.live.controls import button
from gantheory.live.panel import Panel
from gantheory.live.stage import Stage

__all__ = ["Sketch"]

Function = Callable[[Float[np.ndarray, "n"]], ArrayLike]

_PENCIL = plotting.Look("#666666", "o", "-")
# How far one key moves the curve, and what counts as near, in parts of the height of the axes.
_NUDGE = 1 / 40
_NEAR = ((0.02, "That is it."), (0.08, "Close."), (0.2, "Not quite."), (np.inf, "Far off."))
_SMOOTH = 241


class Sketch(Panel):
    """Axes to draw a curve y(x) on; then a button lays the true curve over it and says how far off it was.

    Dragging draws. With the picture in focus, the arrows left and right move a cursor (with Shift, five places at a
    time), Home and End take it to the ends, the arrows up and down raise and lower the curve there, and Enter shows the
    truth. Between drawn places the curve is straight. Once the truth is shown, nothing is drawn until "Draw again".

    Args:
        truth: The true curve: takes x [n], returns y [n].
        xlim: The two ends of the x axis.
        ylim: The two ends of the y axis.
        question: What to draw, in a sentence; it stands above the axes.
        xlabel: What x is.
        ylabel: What y is.
        name: What the true curve is called.
        look: How the true curve looks.
        known: Curves that are shown from the start: by name, how each looks and its function of x.
        num_places: How many places of x a curve has.

    Raises:
        ValueError: If the ends of an axis do not rise, or num_places < 2.

    Example:
        >>> sketch = Sketch(np.abs, xlim=(-2, 2), ylim=(0, 2), question="Draw |x|.", xlabel="x", ylabel="y")
        >>> sketch.show_truth()
        >>> sketch.said
        'Draw your curve first: drag over the picture, or use the arrow keys.'
        >>> sketch.draw([-2.0, 2.0], [2.0, 2.0])
        >>> sketch.show_truth()
        >>> sketch.said
        'Far off. Your curve misses by 1.00 on average, most at x = 0 (by 2.00).'
        >>> sketch.close()
    """

    def __init__(
        self,
        truth: Function,
        *,
        xlim: tuple[float, float],
        ylim: tuple[float, float],
        question: str,
        xlabel: str,
        ylabel: str,
        name: str = "the truth",
        look: plotting.Look = plotting.EXACT,
        known: Mapping[str, tuple[plotting.Look, Function]] | None = None,
        num_places: int = 41,
    ):
        for axis, ends in (("xlim", xlim), ("ylim", ylim)):
            if not ends[0] < ends[1]:
                check.refuse(axis, "a lower and a higher end", check.describe(ends))
        check.whole("num_places", num_places, at_least=2)
        self._truth, self._name, self._look, self._ylim = truth, name, look, ylim
        self._x = np.linspace(*xlim, num_places)
        self._xlabel = xlabel
        self._placed = np.full(num_places, np.nan)
        self._cursor, self._keys_used = num_places // 2, False
        self._last: tuple[int, float] | None = None
        self._revealed = False

        figure = plotting.new_figure(7.2, 3.6)
        self._ax = plotting.axes(figure, title=question, xlim=xlim, ylim=ylim, xlabel=xlabel, ylabel=ylabel)
        smooth = np.linspace(*xlim, _SMOOTH)
        for words, (known_look, function) in (known or {}).items():
            plotting.Curve(self._ax, smooth, known_look, words).set(np.asarray(function(smooth)))
        self._curve = plotting.Curve(self._ax, self._x, _PENCIL, "your curve", lw=3)
        self._dots = plotting.Dots(self._ax, self._x, _PENCIL, marker="o", ms=4)
        self._hand = plotting.Dots(
            self._ax, self._x[:1], _PENCIL, marker="s", ms=11, markerfacecolor="none", mew=2
        )
        self._true = plotting.Curve(self._ax, smooth, look, name, lw=2.5)
        self._gap = plotting.Between(self._ax, self._x, look, alpha=0.15)
        self._note = plotting.Note(self._ax, 0.5, 0.97, align="center")
        # Beside the axes: anywhere inside it could cover a curve.
        plotting.legend(self._ax, place="upper left", bbox_to_anchor=(1.01, 1.0))
        self.verdict = widgets.HTML(layout={"margin": "2px 8px"})
        self.buttons = {
            "truth": button("Show the truth", self.show_truth, hint="Lay the true curve over yours"),
            "clear": button("Draw again", self.clear, hint="Wipe the picture", icon="undo"),
        }
        artists = plotting.moving(self._gap, self._curve, self._dots, self._true, self._hand, self._note)
        stage = Stage(figure, artists, interactive=True)
        super().__init__(stage, [[*self.buttons.values(), self.verdict]])
        stage.on_event(self._on_event)
        self._show()

    @property
    def y(self) -> Float[np.ndarray, "n"]:
        """The curve as drawn so far, at each place of x; NaN where nothing is drawn."""
        drawn = np.flatnonzero(~np.isnan(self._placed))
        if drawn.size == 0:
            return self._placed.copy()
        inside = np.interp(self._x, self._x[drawn], self._placed[drawn])
        span = np.arange(self._x.size)
        return np.where((span >= drawn[0]) & (span <= drawn[-1]), inside, np.nan)

    @property
    def said(self) -> str:
        """What the line under the picture says, without markup."""
        return html.unescape(self._words)

    def draw(self, x: ArrayLike, y: ArrayLike) -> None:
        """Draw the curve through the points x [n], y [n], as a pointer that is dragged from each to the next."""
        for kind, point in zip(
            ["press"] + ["move"] * (np.size(x) - 1),
            zip(np.asarray(x), np.asarray(y), strict=True),
            strict=True,
        ):
            self._drag(kind, *point)
        self._last = None
        self._show()

    def show_truth(self) -> None:
        """Lay the true curve over the drawn one; before two places are drawn, ask for a curve instead."""
        if np.count_nonzero(~np.isnan(self.y)) < 2:
            self._show("Draw your curve first: drag over the picture, or use the arrow keys.")
            return
        self._revealed = True
        self._show()

    def clear(self) -> None:
        """Take the truth away, and the drawn curve too."""
        self._placed[:] = np.nan
        self._revealed, self._last = False, None
        self._show()

    def blank(self) -> tuple[Image.Image, dict[str, Any]]:
        """Draw the empty axes, and tell what a page needs to let its reader draw on them without a kernel.

        Returns:
            The picture, and: `box`, the axes' left, lower, width and height in pixels from the lower left corner;
            `xlim` and `ylim`; the picture's `width` and `height`; `x`, the places, and `truth` at each; `smooth` and
            `true`, the true curve to be drawn; its `color`; `xlabel`; `near`, what is said up to which share of the
            axes' height.
        """
        picture, _ = self.stage.render(lambda: self._update(" "), self._update_again)
        smooth = np.asarray(self._true.line.get_xdata())
        return picture, {
            "box": np.round(self._ax.bbox.bounds, 2).tolist(),
            "xlim": list(self._ax.get_xlim()),
            "ylim": list(self._ylim),
            "width": picture.width,
            "height": picture.height,
            "x": self._x.tolist(),
            "truth": np.asarray(self._truth(self._x), float).round(6).tolist(),
            "smooth": smooth.tolist(),
            "true": np.asarray(self._truth(smooth), float).round(6).tolist(),
            "color": self._look.color,
            "xlabel": self._xlabel,
            "near": [[share if np.isfinite(share) else None, words] for share, words in _NEAR],
        }

    def _update_again(self) -> None:
        self._update("" if self._revealed else self._words)

    def close(self) -> None:
        """Take the picture and everything under it off the page."""
        if hasattr(
            self, "stage"
        ):  # Of refused arguments a widget is left that has none, and is closed all the same.
            super().close()

    def _show(self, words: str = "") -> None:
        self.stage.draw(lambda: self._update(words))
        self._words = words or (self._judgement() if self._revealed else "")
        self.verdict.value = f'<div aria-live="polite">{html.escape(self._words)}</div>'

    def _update(self, words: str) -> str:
        y = self.y
        self._curve.set(y)
        self._dots.set(
            self._placed
            if np.count_nonzero(~np.isnan(self._placed)) < self._x.size / 3
            else np.full_like(y, np.nan)
        )
        height = self._height_at_cursor()
        self._hand.set(
            [height if self._keys_used and not self._revealed else np.nan], [self._x[self._cursor]]
        )
        smooth = np.asarray(self._true.line.get_xdata())
        self._true.set(np.asarray(self._truth(smooth)) if self._revealed else np.full(smooth.shape, np.nan))
        drawn = ~np.isnan(y)
        truth = np.asarray(self._truth(self._x))[drawn] if self._revealed else y[drawn]
        self._gap.set(y[drawn], truth, self._x[drawn])
        empty = not drawn.any()
        self._note.set(words or ("drag here to draw your curve (or use the arrow keys)" if empty else ""))
        if self._revealed:
            return f"{self._ax.get_title()} {self._judgement()}"
        if words:
            return f"{self._ax.get_title()} {words}"
        if empty:
            return f"{self._ax.get_title()} Nothing is drawn yet."
        parts = f"drawn from {self._xlabel} = {self._x[~np.isnan(y)][0]:g} to {self._x[~np.isnan(y)][-1]:g}"
        place = f"; cursor at {self._x[self._cursor]:g}, height {height:.2f}" if self._keys_used else ""
        return f"{self._ax.get_title()} Your curve is {parts}{place}."

    def _judgement(self) -> str:
        y = self.y
        drawn = ~np.isnan(y)
        off = np.abs(y - np.asarray(self._truth(self._x)))[drawn]
        worst = off.argmax()
        x = self._x[drawn]
        mean = np.trapezoid(off, x) / (x[-1] - x[0])
        verdict = next(words for share, words in _NEAR if mean <= share * (self._ylim[1] - self._ylim[0]))
        where = f"most at {self._xlabel} = {x[worst]:g} (by {off[worst]:.2f})"
        part = "" if drawn.all() else " where you drew it"
        return f"{verdict} Your curve misses by {mean:.2f} on average{part}, {where}."

    def _height_at_cursor(self) -> float:
        height = self.y[self._cursor]
        if not np.isnan(height):
            return float(height)
        drawn = np.flatnonzero(~np.isnan(self._placed))
        if drawn.size == 0:
            return sum(self._ylim) / 2
        return float(self._placed[drawn[np.abs(drawn - self._cursor).argmin()]])

    def _on_event(self, event: Mapping[str, Any]) -> None:
        if event["kind"] == "key":
            if event["key"] == "Enter":
                self.show_truth()
                return
            self._press(event["key"], bool(event.get("shift")))
        elif event["kind"] == "release":
            self._last = None
            return
        elif not self._revealed:
            self._drag(event["kind"], *self._ax.transData.inverted().transform((event["x"], event["y"])))
        self._show()

    def _drag(self, kind: str, x: float, y: float) -> None:
        if self._revealed:
            return
        place = int(np.abs(self._x - x).argmin())
        y = float(np.clip(y, *self._ylim))
        start, start_y = (place, y) if kind == "press" or self._last is None else self._last
        passed = np.arange(min(start, place), max(start, place) + 1)
        ends = sorted([(start, start_y), (place, y)])
        self._placed[passed] = np.interp(passed, [ends[0][0], ends[1][0]], [ends[0][1], ends[1][1]])
        self._placed[place] = y
        self._last = (place, y)
        self._cursor, self._keys_used = place, False

    def _press(self, key: str, far: bool) -> None:
        if self._revealed:
            return
        self._keys_used = True
        last = self._x.size - 1
        to = {"ArrowLeft": self._cursor - (5 if far else 1), "ArrowRight": self._cursor + (5 if far else 1)}
        to |= {"Home": 0, "End": last}
        if key in to:
            self._cursor = int(np.clip(to[key], 0, last))
        elif key in ("ArrowUp", "ArrowDown"):
            by = (
                (self._ylim[1] - self._ylim[0]) * _NUDGE * (4 if far else 1) * (1 if key == "ArrowUp" else -1)
            )
            self._placed[self._cursor] = np.clip(self._height_at_cursor() + by, *self._ylim)
