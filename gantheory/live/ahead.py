"""Rendering ahead: while nothing else happens, the page gets the pictures of all positions of a figure's main slider.

The page then answers that slider by itself, at once, and the kernel's exact picture follows. What was rendered ahead
holds for one generation of pictures (see `Stage`): as soon as anything but the slider changes, the page drops it, and
asks for new pictures if the figure is in sight. Nothing happens in a kernel that no page asks.

Every event of the learner comes first: pictures are rendered one by one, with all locks free in between, while no
stage draws and the processor has little else to do.
"""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets as widgets
from PIL import Image

from gantheory.live import frames
from gantheory.live.latest import Latest
from gantheory.live.stage import Stage, drawn_ago

__all__ = ["Ahead", "page_value"]

# One figure renders ahead at a time.
_TURN = threading.Lock()
# No picture drawn for so long, and the other threads' share of one processor below so much: then it is quiet.
_QUIET_SECONDS, _BUSY_SHARE = 0.2, 0.4
_LOOK_SECONDS = 0.1
# The first batch of pictures leaves after so long, others follow at such distances.
_FIRST_SECONDS, _NEXT_SECONDS = 0.6, 0.4
# From so many pictures, evenly spread, the common colours are taken; fewer are no use to a page.
_SAMPLED = 7
_MOST, _MOST_BYTES = 201, 3_000_000
# A figure whose pictures take more of a processor than this each (drawing and packing included) is left to the kernel,
# and so is one that again and again takes so long that slow work must be behind it.
_SLOW_SECONDS, _FAR_TOO_SLOW_SECONDS, _MOST_STALLS = 0.08, 0.5, 2

Render = Callable[..., tuple[Image.Image, str]]


def page_value(control: widgets.ValueWidget, value: Any) -> tuple[str, Any]:
    """Tell by which attribute the page knows a control's value, and what that attribute is."""
    key = _key(control)
    if key == "value" or value is None:
        return key, value
    values = control._options_values
    return key, [values.index(one) for one in value] if isinstance(value, tuple) else values.index(value)


class Ahead:
    """Renders a figure's pictures ahead when the page asks for them.

    Args:
        stage: The figure's stage.
        controls: The figure's controls by name.
        main: The name of the slider whose pictures are rendered.
        render: Renders the picture for values of all controls without sending it.
        ready: Whether the figure's slow work is done, and was quick.
    """

    def __init__(
        self,
        stage: Stage,
        controls: Mapping[str, widgets.ValueWidget],
        main: str,
        render: Render,
        ready: Callable[[], bool],
    ):
        self._stage, self._controls, self._render, self._ready = stage, controls, render, ready
        self._main = main
        self._hopeless, self._stalls = False, 0
        self._sent = -1
        self._behind = Latest(self._run)
        named = {name: {"id": control.model_id, "key": _key(control)} for name, control in controls.items()}
        stage.scrubs = {"main": named.pop(self._main), "others": list(named.values())}
        stage.on_ahead(self._asked)

    @property
    def there(self) -> bool:
        """Whether the page has pictures of this generation, and answers the slider by itself."""
        return self._sent == self._stage.generation

    def place(self, values: Mapping[str, Any]) -> Any:
        """Tell the main slider's value as the page knows it."""
        return page_value(self._controls[self._main], values[self._main])[1]

    def settle(self, timeout: float | None = None) -> bool:
        """Wait until nothing is being rendered ahead; tell whether it is so."""
        return self._behind.settle(timeout)

    def close(self) -> None:
        """Render no more."""
        self._behind.close()

    def _asked(self) -> None:
        self._sent = -1
        self._behind.submit()

    def _run(self) -> None:
        # Whoever waits for the turn must hear that its figure was closed.
        while not _TURN.acquire(timeout=_LOOK_SECONDS):
            if self._behind.waiting:
                return
        try:
            self._send_all()
        except Exception:
            # A picture that cannot be drawn: the learner gets the error's sentence on the way there, from the kernel.
            self._hopeless = True
        finally:
            _TURN.release()

    def _send_all(self) -> None:
        if not self._wait_for_quiet():
            return
        generation, values = self._stage.generation, {name: c.value for name, c in self._controls.items()}
        main = self._controls[self._main]
        stops, _ = frames.stops(main)
        start = frames.nearest(stops, main.value)
        others = [page_value(c, values[name])[1] for name, c in self._controls.items() if name != self._main]
        order = _coarse_to_fine(frames.spread(len(stops), start, _MOST))
        sample: list[tuple[int, Image.Image, str]] = []
        palette: Image.Image | None = None
        batch: list[tuple[Any, str, bytes]] = []
        size, spent, due = 0, 0.0, _FIRST_SECONDS
        # Of the processor, not of the clock: a busy machine is not the figure's fault.
        since = time.thread_time()
        watch = _Watch()
        for i, place in enumerate(order):
            began = time.monotonic()
            picture, words = self._render(**{**values, self._main: stops[place]})
            sample.append((place, picture, words))
            if i + 1 >= min(_SAMPLED, len(order)):
                palette = palette or frames.common_palette(picture for _, picture, _ in sample)
                for place, picture, words in sample:
                    at = page_value(main, stops[place])[1]
                    batch.append((at, words, frames.packed(picture, palette, compress_level=3)))
                    size += len(batch[-1][-1])
                sample.clear()
            took = time.monotonic() - began
            spent += took
            if i > 1 and took > _FAR_TOO_SLOW_SECONDS:
                # Once or twice something is compiled.
                self._stalls += 1
                self._hopeless = self._stalls > _MOST_STALLS
            if self._hopeless:
                return
            if i + 1 == 3 * _SAMPLED and time.thread_time() - since > 3 * _SAMPLED * _SLOW_SECONDS:
                self._hopeless = True
                return
            last = i + 1 == len(order) or size > _MOST_BYTES
            if batch and (last or spent >= due):
                if self._outdated(generation):
                    return
                self._send(generation, others, batch)
                batch = []
                due = spent + _NEXT_SECONDS
            if last or self._outdated(generation):
                return
            if (drawn_ago() < _QUIET_SECONDS or watch.busy()) and not self._wait_for_quiet():
                return

    def _outdated(self, generation: int) -> bool:
        return self._behind.waiting or self._stage.generation != generation

    def _wait_for_quiet(self) -> bool:
        """Wait until nothing happens; tell whether there is still something to do."""
        watch = _Watch()
        while not self._behind.waiting and not self._hopeless and self._stage.views:
            time.sleep(_LOOK_SECONDS)
            if not watch.busy() and drawn_ago() >= _QUIET_SECONDS and self._ready():
                return True
        return False

    def _send(self, generation: int, others: list[Any], batch: list[tuple[Any, str, bytes]]) -> None:
        places, alts, pictures = zip(*batch, strict=True)
        content = {"kind": "strip", "generation": generation, "others": others}
        self._stage.send({**content, "places": places, "alts": alts}, list(pictures))
        self._sent = generation


class _Watch:
    """Tells whether the other threads had much to do since it was last asked."""

    def __init__(self) -> None:
        self._busy = False
        self._read()

    def _read(self) -> None:
        self._at, self._mine, self._all = time.monotonic(), time.thread_time(), time.process_time()

    def busy(self) -> bool:
        at, mine, whole = self._at, self._mine, self._all
        if time.monotonic() - at >= 0.9 * _LOOK_SECONDS:
            self._read()
            self._busy = (self._all - whole) - (self._mine - mine) > _BUSY_SHARE * (self._at - at)
        return self._busy


def _key(control: widgets.ValueWidget) -> str:
    return "index" if control.has_trait("index") else "value"


def _coarse_to_fine(places: list[int]) -> list[int]:
    """Order places so that every beginning of the list is spread over all of them."""
    first = frames.spread(len(places), 0, _SAMPLED)
    chosen = dict.fromkeys(first)
    for stride in (16, 8, 4, 2, 1):
        chosen |= dict.fromkeys(range(0, len(places), stride))
    return [places[i] for i in chosen]
