"""What every live thing on a page shares: a stage on top, a line for errors below, an end."""

import html
from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets as widgets

from gantheory.live import cells, pages
from gantheory.live.stage import Stage, with_picture

__all__ = ["Panel"]


class Panel(widgets.VBox):
    """A stage, widgets under it, and a line that says what went wrong.

    Running the notebook cell that made a panel again closes the panel.

    Args:
        stage: The picture.
        rows: Rows of widgets, shown under it.
    """

    def __init__(self, stage: Stage, rows: Sequence[Sequence[widgets.Widget]]):
        self.stage = stage
        self.message = widgets.HTML(layout={"display": "none"})
        self._rows = [
            widgets.Box(
                list(row),
                layout={
                    "flex_flow": "row wrap",
                    "align_items": "center",
                    "max_width": f"{max(stage.width, 640)}px",
                },
            )
            for row in rows
            if row
        ]
        super().__init__([stage, *self._rows, self.message])
        cells.register(self.close)

    def tell(self, sentence: str) -> None:
        """Show one sentence under the figure; an empty one takes the line away."""
        if not sentence and not self.message.value:
            return
        # The theme's own colour for errors; outside JupyterLab a dark red.
        style = "color:var(--jp-error-color1,#a3000b)"
        self.message.value = (
            f'<div role="alert" style="{style}">{html.escape(sentence)}</div>' if sentence else ""
        )
        self.message.layout.display = "" if sentence else "none"

    def guarded(self, run: Callable[[], None]) -> None:
        """Run something; if it raises, show the error's sentence to the learner too."""
        try:
            run()
        except Exception as error:
            self.tell(f"{type(error).__name__}: {error}")
            raise

    def close(self) -> None:
        """Take the picture and everything under it off the page."""
        if "_rows" not in vars(self):
            return  # refused its arguments before it was built; ipywidgets closes it all the same
        for child in self.children:
            cells.close_all(child)
        self.layout.close()
        super().close()

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        if pages.folder() is not None:
            return pages.bundle(self)
        return with_picture(super()._repr_mimebundle_(**kwargs), self.stage)
