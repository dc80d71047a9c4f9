"""Which figure was made by which cell, so that running a cell again ends what its last run left at work."""

from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

__all__ = ["close_all", "register"]


# cell id -> (id of the execution, what closes each thing that it made)
_MADE: dict[str, tuple[str, list[Callable[[], None]]]] = {}


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


def register(close: Callable[[], None]) -> None:
    """Note what closes a thing that the running cell made; close what an earlier run of the same cell made."""
    here = _cell()
    if here is None:
        return
    cell, execution = here
    last, things = _MADE.get(cell, (execution, []))
    if last != execution:
        for thing in things:
            thing()
        things = []
    _MADE[cell] = (execution, [*things, close])


def close_all(widget: widgets.Widget) -> None:
    """Close a widget and what is in it, layouts and styles too: ipywidgets would keep those for as long as it runs."""
    for child in getattr(widget, "children", ()):
        close_all(child)
    widget.unobserve_all()
    for part in ("layout", "style"):
        if isinstance(kept := getattr(widget, part, None), widgets.Widget):
            kept.close()
    widget.close()
