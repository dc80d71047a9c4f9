"""The stage: one moving matplotlib picture in a notebook.

A stage keeps the picture's still parts (axes, labels, everything not listed as moving) as one bitmap, draws only the
moving artists over it, and sends the result to the page as a PNG with a text for those who cannot see it. The page
answers when a picture is on the screen; `Stage.wait` waits for that answer, so that a training never outruns the
browser.

Callbacks of widgets run on whatever thread the kernel chooses (JupyterLab's subshells), a training on a thread of its
own. Everything here may be called from any thread.
"""

import base64
import math
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import anywidget
import traitlets
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from gantheory.plotting import unsigned_zeros

__all__ = ["Stage"]

# Matplotlib shares font caches and the parser of formulas between figures, and none of them is safe to use from two
# threads: two stages may not draw at once.
_MATPLOTLIB = threading.RLock()
# When a picture was last drawn on any stage, and how many draws are under way: whoever draws ahead gives way to them.
_last_drawn = time.monotonic()
_drawing = 0
_counting = threading.Lock()


def drawn_ago() -> float:
    """Tell how many seconds ago a picture for the page was drawn on any stage; 0.0 while one is being drawn."""
    return 0.0 if _drawing else time.monotonic() - _last_drawn


class Stage(anywidget.AnyWidget):
    """A matplotlib figure of which some artists move.

    Args:
        figure: A `matplotlib.figure.Figure` (not one made by pyplot, whose global state belongs to one thread).
        moving: The artists that change from picture to picture. All others are drawn once, and again whenever one of
            them was changed (matplotlib notes it: new axis limits, say), which takes several times as long.
        alt: What the picture shows, in words. `draw` replaces it.
        interactive: Whether the page reports pointer and keys over the picture (see `on_event`).
        photographic: Whether the picture is made of photographs, digits or the like: a dark page then shows it as it
            is, and does not turn its light colours dark.

    Example:
        >>> from matplotlib.figure import Figure
        >>> figure = Figure(figsize=(3, 2))
        >>> (line,) = figure.add_subplot(xlim=(0, 1), ylim=(0, 1)).plot([0, 1], [0, 0])
        >>> stage = Stage(figure, [line], alt="a line on the floor")
        >>> before = stage.frame
        >>> def lift():
        ...     line.set_ydata([0, 1])
        ...     return "a line that rises"
        >>> stage.draw(lift)
        >>> stage.frame != before, stage.alt, stage.serial
        (True, 'a line that rises', 2)
    """

    _esm = Path(__file__).with_name("stage.js")
    _css = Path(__file__).with_name("stage.css")

    frame = traitlets.Bytes(b"").tag(sync=True)
    alt = traitlets.Unicode("").tag(sync=True)
    serial = traitlets.Int(0).tag(sync=True)
    width = traitlets.Int(0).tag(sync=True)
    height = traitlets.Int(0).tag(sync=True)
    interactive = traitlets.Bool(False).tag(sync=True)
    photographic = traitlets.Bool(False).tag(sync=True)

    # For pictures rendered ahead, which the page shows while a slider moves (gantheory.live.ahead). All pictures of
    # one generation differ by that slider's value alone; `at` is the value for which the newest one is the final
    # picture, as the page knows it, or None. `scrubs` tells the page which slider.
    generation = traitlets.Int(0).tag(sync=True)
    at = traitlets.Any(None, allow_none=True).tag(sync=True)
    scrubs = traitlets.Dict().tag(sync=True)
    # By it the page tells its stages apart.
    key = traitlets.Unicode().tag(sync=True)

    @traitlets.default("key")
    def _new_key(self) -> str:
        return uuid.uuid4().hex

    def __init__(
        self,
        figure: Figure,
        moving: Sequence[Artist] = (),
        *,
        alt: str = "",
        interactive: bool = False,
        photographic: bool = False,
    ):
        super().__init__(interactive=interactive, photographic=photographic)
        self._lock = threading.RLock()
        self._answered = threading.Condition()
        self._shown = 0
        self._answered_at = -math.inf
        self._views: set[str] = set()
        self._on_gone: list[Callable[[], None]] = []
        self._on_event: list[Callable[[dict[str, Any]], None]] = []
        self._on_ahead: list[Callable[[], None]] = []
        self._canvas = FigureCanvasAgg(figure)
        self._figure = figure
        self._moving = sorted(moving, key=lambda artist: artist.get_zorder())
        for artist in self._moving:
            artist.set_animated(True)
        self._still: Any = None
        self.width, self.height = self._canvas.get_width_height()
        self.on_msg(self._receive)
        self.draw(lambda: alt)

    @property
    def figure(self) -> Figure:
        """The figure; change its artists only inside the function given to `draw`."""
        return self._figure

    @property
    def views(self) -> int:
        """In how many places the page shows this stage now."""
        return len(self._views)

    @property
    def answered_at(self) -> float:
        """When the page last said that it has shown a picture, be it an old one: by `time.monotonic`, or -inf."""
        return self._answered_at

    def draw(
        self, update: Callable[[], str | None] | None = None, *, place: Callable[[], Any] | None = None
    ) -> None:
        """Let `update` change the artists, then draw the moving ones and send the picture.

        Args:
            update: Changes the moving artists and returns what the picture now shows, in words (None keeps the old
                words). If it raises, the old picture stays and the error goes on to the caller.
            place: Asked after `update`: the value of the scrubbed slider (see `at`) that the picture shows. Without
                it, whatever was rendered ahead is out of date.
        """
        global _drawing, _last_drawn
        with _counting:
            _drawing += 1
        try:
            with self._lock:
                with _MATPLOTLIB:
                    words = update() if update is not None else None
                    picture = self._render()
                png = BytesIO()
                # The lowest compression: on loopback a millisecond is worth more than ten kilobytes.
                picture.save(png, "png", compress_level=1)
                with self.hold_sync():
                    if place is None:
                        self.outdate()
                    self.at = None if place is None else place()
                    self.frame = png.getvalue()
                    self.serial += 1
                    if words is not None:
                        self.alt = unsigned_zeros(words)
        finally:
            with _counting:
                _drawing -= 1
            _last_drawn = time.monotonic()

    def outdate(self) -> None:
        """Note that what was rendered ahead is out of date."""
        with self._lock:
            self.generation += 1

    def render(
        self, update: Callable[[], str | None], back: Callable[[], Any] | None = None
    ) -> tuple[Image.Image, str]:
        """Draw a picture without sending it: let `update` change the artists, draw them, and let `back` undo it.

        All three happen under the stage's lock: whoever draws next finds the artists as they were.

        Args:
            update: As for `draw`.
            back: Puts the artists back to what the page shows.

        Returns:
            The picture, in RGB, and what it shows in words.
        """
        with self._lock, _MATPLOTLIB:
            try:
                words = update()
                picture = self._render()
            finally:
                if back is not None:
                    back()
            return picture, self.alt if words is None else unsigned_zeros(words)

    def wait(self, timeout: float = 0.5) -> bool:
        """Wait until the page has shown the newest picture; give up after `timeout` seconds.

        Returns:
            Whether it was shown. Without a page (a test, a closed tab) it is False after `timeout` seconds, and at once
            where no view was ever open: work must go on then too.
        """
        newest = self.serial
        with self._answered:
            return self._answered.wait_for(lambda: self._shown >= newest, timeout if self._views else 0.0)

    def on_event(self, callback: Callable[[dict[str, Any]], None]) -> None:
        """Call `callback` with each pointer or key event over an interactive picture.

        Events are dicts: `{"kind": "press" | "move" | "release", "x": ..., "y": ...}` in pixels of the figure from its
        lower left corner (as `ax.transData` has them), or `{"kind": "key", "key": "ArrowLeft", "shift": False}`.
        """
        self._on_event.append(callback)

    def on_ahead(self, callback: Callable[[], None]) -> None:
        """Call `callback` when a page in sight has nothing rendered ahead for this generation of pictures."""
        self._on_ahead.append(callback)

    def on_gone(self, callback: Callable[[], None]) -> None:
        """Call `callback` when the last view of this stage leaves the page."""
        self._on_gone.append(callback)

    def _render(self) -> Image.Image:
        canvas = self._canvas
        if self._still is None:
            # A layout that fits itself needs two passes; then it is held, lest the axes jump when a label grows.
            canvas.draw()
            self._figure.set_layout_engine("none")
            self._figure.stale = True
        # A moving artist does not make its figure stale; whatever else was changed does.
        if self._figure.stale:
            canvas.draw()
            self._still = canvas.copy_from_bbox(self._figure.bbox)
        canvas.restore_region(self._still)
        for artist in self._moving:
            self._figure.draw_artist(artist)
        # Drawing a legend marks it as changed.
        self._figure.stale = False
        size = canvas.get_width_height()
        # `convert` copies: the canvas may be drawn on at once.
        return Image.frombuffer("RGBA", size, canvas.buffer_rgba(), "raw", "RGBA", 0, 1).convert("RGB")

    def _receive(self, _widget: Any, content: dict[str, Any], _buffers: Any) -> None:
        kind = content.get("kind")
        if kind == "shown":
            with self._answered:
                self._shown = max(self._shown, int(content["serial"]))
                self._answered_at = time.monotonic()
                self._answered.notify_all()
        elif kind == "opened":
            self._views.add(content["view"])
        elif kind == "gone":
            self._views.discard(content["view"])
            if not self._views:
                for callback in self._on_gone:
                    callback()
        elif kind == "ahead":
            for callback in self._on_ahead:
                callback()
        elif self.interactive:
            if kind in ("press", "key"):
                # The page lets go of what was rendered ahead at once; it must hear of something newer.
                self.outdate()
            for callback in self._on_event:
                callback(content)

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict, dict] | None:
        return with_picture(super()._repr_mimebundle_(**kwargs), self)


def with_picture(bundle: Any, stage: Stage) -> Any:
    """Add the stage's picture and words to a widget's mime bundle, for readers without a kernel or widgets."""
    data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
    data = {**data, "image/png": base64.b64encode(stage.frame).decode("ascii"), "text/plain": stage.alt}
    return data, metadata
