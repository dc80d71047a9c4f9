"""A line in the output of every cell that takes long: since when it has been running.

Compiling a training takes seconds, in which JupyterLab shows a star beside the cell and nothing else.
"""

import threading
import time
from typing import Any

from gantheory.live import pages

__all__ = ["watch_cells"]

# A cell that takes longer than this says so; the line is renewed at such distances.
_PATIENCE_SECONDS, _RENEW_SECONDS = 2.0, 1.0


class _Clock:
    """Shows how long the running cell has been at it, from a thread of its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._done: threading.Event | None = None
        self._shown: Any = None

    def start(self, *_: object) -> None:
        """Begin with a cell."""
        self.stop()
        self._done = threading.Event()
        threading.Thread(target=self._run, args=(self._done,), name="gantheory-waiting", daemon=True).start()

    def stop(self, *_: object) -> None:
        """End with the cell, and take the line away."""
        if self._done is None:
            return
        with self._lock:
            self._done.set()
            self._done = None
            if self._shown is not None:
                self._shown.update(_line(""))
                self._shown = None

    def _run(self, done: threading.Event) -> None:
        began, pause = time.monotonic(), _PATIENCE_SECONDS
        while not done.wait(pause):
            with self._lock:
                if done.is_set():
                    return
                self._show(_line(f"Still running: {time.monotonic() - began:.0f} s"))
            pause = _RENEW_SECONDS

    def _show(self, line: Any) -> None:
        from IPython.display import display

        if self._shown is None:
            self._shown = display(line, display_id=True)
        else:
            self._shown.update(line)


def _line(words: str) -> Any:
    from IPython.display import HTML

    return HTML(f'<small role="status">{words}</small>' if words else "")


def watch_cells() -> None:
    """From now on, let each cell that takes longer than two seconds say so; without a notebook, do nothing."""
    try:
        from IPython import get_ipython
    except ImportError:
        return
    shell = get_ipython()
    if getattr(shell, "kernel", None) is None or pages.folder() is not None:
        return
    clock = _Clock()
    shell.events.register("pre_run_cell", clock.start)
    shell.events.register("post_run_cell", clock.stop)
    # The cell that imports this is running already.
    clock.start()
