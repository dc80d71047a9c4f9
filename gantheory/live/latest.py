"""Slow work behind a slider: on a thread, and only ever for the newest value."""

import atexit
import threading
import weakref
from collections.abc import Callable
from typing import Any

__all__ = ["Latest", "settle_all"]

_ALL: "weakref.WeakSet[Latest]" = weakref.WeakSet()


@atexit.register
def _finish() -> None:
    # An interpreter that ends while XLA compiles on a thread aborts.
    for latest in list(_ALL):
        latest.close()
    settle_all(60)


def settle_all(timeout: float) -> bool:
    """Wait until no work is under way on any thread, at most `timeout` seconds for each; tell whether none is."""
    return all([latest.settle(timeout) for latest in list(_ALL)])


class Latest:
    """Runs a function on a thread with the newest arguments; older ones that were not begun are dropped.

    The thread lives only while there is work.

    Example:
        >>> seen = []
        >>> latest = Latest(seen.append)
        >>> for value in range(1000):
        ...     latest.submit(value)
        >>> latest.settle(timeout=10)
        True
        >>> seen[-1]
        999
    """

    def __init__(self, work: Callable[..., None]):
        self._work = work
        self._changed = threading.Condition()
        self._next: tuple[tuple, dict] | None = None
        self._running = False
        self._closed = False
        _ALL.add(self)

    def submit(self, *args: Any, **kwargs: Any) -> None:
        """Ask for the work to be done with these arguments; after `close` nothing happens."""
        with self._changed:
            if self._closed:
                return
            self._next = (args, kwargs)
            self._changed.notify_all()
            if not self._running:
                self._running = True
                threading.Thread(target=self._run, name="gantheory-latest", daemon=True).start()

    @property
    def waiting(self) -> bool:
        """Whether newer arguments wait: work under way may give up early when this turns true."""
        return self._next is not None or self._closed

    def wait_for_newer(self, timeout: float) -> bool:
        """Wait until newer arguments came, at most `timeout` seconds; tell whether they did (or all was closed)."""
        with self._changed:
            return self._changed.wait_for(lambda: self.waiting, timeout)

    def settle(self, timeout: float | None = None) -> bool:
        """Wait until all work asked for is done; tell whether it is."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._running, timeout)

    def close(self) -> None:
        """Drop what waits and take nothing new; work under way ends by itself."""
        with self._changed:
            self._closed = True
            self._next = None
            self._changed.notify_all()

    def _run(self) -> None:
        while True:
            with self._changed:
                if self._next is None:
                    self._running = False
                    self._changed.notify_all()
                    return
                args, kwargs = self._next
                self._next = None
            try:
                self._work(*args, **kwargs)
            except BaseException:
                with self._changed:
                    self._running = False
                    self._changed.notify_all()
                raise
