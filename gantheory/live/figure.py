"""The live figure: a stage, the controls that move it, and a line for what went wrong."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import ipywidgets as widgets
from PIL import Image

from gantheory import _checks as check
from gantheory.live import frames
from gantheory.live.ahead import Ahead
from gantheory.live.latest import Latest
from gantheory.live.panel import Panel
from gantheory.live.stage import Stage

__all__ = ["LiveFigure"]

# Faster than a screen shows pictures nobody sees them: events that come closer together are drawn by the thread behind,
# which skips all but the newest.
_PICTURE_SECONDS = 1 / 60
# While the page answers a slider by itself, the kernel's picture follows when the slider has rested so long.
_REST_SECONDS = 0.08
# Work that takes longer than this is nothing to do for every position of a slider.
_QUICK_SECONDS = 0.025


class LiveFigure(Panel):
    """A picture with controls under it.

    A moved control is answered in its own callback: `update` moves the artists and the picture is sent. What takes
    longer than a few milliseconds belongs into `work`, which runs afterwards on a thread, for the newest values only.

    The page shows the pictures of the main slider by itself, as soon as they were rendered ahead: `update` and `work`
    are called for values that the controls do not have, and must not remember them. A subclass that does remember
    says `ahead = False`.

    Args:
        stage: The picture.
        update: Takes the controls' values by name, moves the artists, returns what the picture shows in words.
        controls: The widgets with a value, by the name `update` knows them by, in the order they are shown.
        work: Takes the same values, computes (on a thread, outside all locks), and returns a function that moves the
            artists and returns the words, or None if there is nothing to draw. It runs once at the start too.
        beside: Further widgets, shown under the controls.
        main: The name of the main slider; None for the first slider.

    Raises:
        ValueError: If `main` is not the name of a slider.

    Attributes:
        main: The name of the main slider; None where there is no slider, or `ahead` is False.

    Example:
        >>> from matplotlib.figure import Figure
        >>> from gantheory.live.controls import slider
        >>> figure = Figure(figsize=(3, 2))
        >>> (line,) = figure.add_subplot(xlim=(0, 1), ylim=(0, 1)).plot([0, 1], [0, 0])
        >>> def update(height):
        ...     line.set_ydata([height, height])
        ...     return f"a line at height {height:.2f}"
        >>> live = LiveFigure(Stage(figure, [line]), update, {"height": slider("height", 0, 1, 0.5)})
        >>> live.stage.alt
        'a line at height 0.50'
        >>> live.controls["height"].value = 0.75
        >>> live.settle(10), live.stage.alt
        (True, 'a line at height 0.75')
        >>> live.close()
    """

    ahead = True
    """Whether pictures may be rendered ahead: they depend on the values `update` gets, and it remembers nothing."""

    def __init__(
        self,
        stage: Stage,
        update: Callable[..., str | None],
        controls: Mapping[str, widgets.ValueWidget],
        *,
        work: Callable[..., Callable[[], str | None] | None] | None = None,
        beside: Sequence[widgets.Widget] = (),
        main: str | None = None,
    ):
        self.controls = dict(controls)
        sliders = frames.sliders(self.controls) if self.ahead else []
        if main is not None:
            check.one_of("main", main, sliders)
        self.main = main or next(iter(sliders), None)
        self._update = update
        self._work = work
        self._drawn_at = 0.0
        # What put the artists where they are: the last update and the last outcome of work, in the order they came.
        self._drawn_by: dict[str, Callable[[], str | None]] = {}
        self._behind = Latest(self._catch_up)
        self._worked_seconds = 0.0 if work is None else float("inf")
        self._others: dict[str, Any] | None = None
        self._ahead: Ahead | None = None
        super().__init__(stage, [list(self.controls.values()), beside])
        if self.main is not None:
            self._ahead = Ahead(stage, self.controls, self.main, self.render, self._at_rest)
        self.refresh()
        for control in self.controls.values():
            control.observe(self._moved, "value")

    @property
    def values(self) -> dict[str, Any]:
        """The controls' values by name, as `update` gets them."""
        return {name: control.value for name, control in self.controls.items()}

    def refresh(self) -> None:
        """Draw the picture for the present values, slow work included, before returning."""
        # Whoever asks has changed more than a control.
        self._others = None
        self._draw()
        if self._work is not None:
            self._do_work()

    def render(self, **values: Any) -> tuple[Image.Image, str]:
        """Draw the picture for other values of the controls, work included, and send nothing.

        Args:
            values: By name; a control that is not among them has its present value.

        Returns:
            The picture, in RGB, and what it shows in words. The figure itself shows what it showed.
        """
        values = self.values | values
        show = self._work(**values) if self._work is not None else None

        def update() -> str | None:
            words = self._update(**values)
            return (show() if show is not None else None) or words

        return self.stage.render(update, self._put_back)

    def settle(self, timeout: float | None = None) -> bool:
        """Wait until the picture shows the last values of all controls; tell whether it does."""
        return self._behind.settle(timeout)

    def close(self) -> None:
        """End all work and take the figure and its controls off the page."""
        if "_behind" in vars(self):
            self._behind.close()
        if vars(self).get("_ahead") is not None:
            self._ahead.close()
        super().close()

    def _moved(self, change: Any) -> None:
        if self._ahead is not None and self._ahead.there and change["owner"] is self.controls[self.main]:
            self._behind.submit(draw=True, rest=True)
            return
        if time.monotonic() - self._drawn_at < _PICTURE_SECONDS:
            self._behind.submit(draw=True)
            return
        self._draw()
        if self._work is not None:
            self._behind.submit(draw=False)

    def _catch_up(self, draw: bool, rest: bool = False) -> None:
        if rest and self._behind.wait_for_newer(_REST_SECONDS):
            return
        try:
            if draw:
                self._draw()
            if self._work is not None and not self._behind.waiting:
                self._do_work()
        except Exception:
            # The sentence stands under the figure; a traceback from a thread would land in whatever cell runs now.
            if not self.message.value:
                raise

    def _put_back(self) -> None:
        for step in self._drawn_by.values():
            step()

    def _step(self, kind: str, step: Callable[[], str | None]) -> str | None:
        words = step()
        self._drawn_by.pop(kind, None)
        self._drawn_by[kind] = step
        return words

    def _draw(self) -> None:
        at = None

        def update() -> str | None:
            nonlocal at
            values = self.values
            self._tell_generation(values)
            if self._ahead is not None and self._work is None:
                at = self._ahead.place(values)
            return self._step("update", lambda: self._update(**values))

        self.guarded(lambda: self.stage.draw(update, place=lambda: at))
        self.tell("")
        self._drawn_at = time.monotonic()

    def _do_work(self) -> None:
        def run() -> None:
            values, began = self.values, time.monotonic()
            show = self._work(**values)
            if self._behind.waiting:
                return
            self._worked_seconds = time.monotonic() - began

            def place() -> Any:
                return (
                    self._ahead.place(values) if self._ahead is not None and values == self.values else None
                )

            if show is not None:
                self.stage.draw(lambda: self._step("work", show), place=place)
            else:
                self.stage.at = place()

        self.guarded(run)

    def _tell_generation(self, values: dict[str, Any]) -> None:
        others = {name: value for name, value in values.items() if name != self.main}
        if others != self._others:
            self._others = others
            self.stage.outdate()

    def _at_rest(self) -> bool:
        return self._worked_seconds <= _QUICK_SECONDS and self._behind.settle(0)
