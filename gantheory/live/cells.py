"""Which figure was made by which cell, so that running a cell again ends what its last run left at work."""

from typing import Any, Protocol, runtime_checkable

__all__ = ["register"]


@runtime_checkable
class _Closable(Protocol):
    def close(self) -> None: ...


# cell id -> (id of the execution, what it made)
_MADE: dict[str, tuple[str, list[_Closable]]] = {}


def _cell() -> tuple[str, str] | None:
    """Tell the ids of the notebook cell and of the execution under way; None outside of one."""
    try:
        from IPython import get_ipython
    except ImportError:
        return None
    kernel = getattr(get_ipython(), "kernel", None)
    if kernel is None:
        return None
    parent: dict[str, Any] = kernel.get_parent() or {}
    cell = parent.get("metadata", {}).get("cellId")
    execution = parent.get("header", {}).get("msg_id")
    return (cell, execution) if cell and execution else None


def register(made: _Closable) -> None:
    """Note that the running cell made this; close what an earlier run of the same cell made."""
    here = _cell()
    if here is None:
        return
    cell, execution = here
    last, things = _MADE.get(cell, (execution, []))
    if last != execution:
        for thing in things:
            thing.close()
        things = []
    _MADE[cell] = (execution, [*things, made])
