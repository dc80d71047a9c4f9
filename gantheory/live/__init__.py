"""Controls and moving pictures for notebooks: the stage, the controls, the live figure and the trainer."""

from gantheory.live.waiting import watch_cells as _watch_cells

_watch_cells()
