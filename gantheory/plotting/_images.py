"""Images in rows and columns."""

import numpy as np
from jaxtyping import ArrayLike
from matplotlib.artist import Artist
from matplotlib.axes import Axes

__all__ = ["ImageGrid"]


class ImageGrid:
    """Images in rows and columns; what is 1 in a grey image is ink.

    The axes lose their frame, and one unit becomes one cell: the image in row i and column j, counted from the upper
    left, lies between j and j + 1 in x and between i and i + 1 in y (which points down); texts and frames can be put
    there.

    Args:
        ax: The axes.
        rows: How many rows there is room for.
        columns: How many images stand in a row.
        gap: What is left free around each image, in parts of its size.

    >>> from gantheory.plotting import axes, new_figure
    >>> grid = ImageGrid(axes(new_figure(4, 3)), 2, 3)
    >>> grid.set(np.ones((5, 8, 8, 1)))
    >>> grid.image.get_array().shape
    (20, 30, 3)
    """

    _EMPTY = 0.93

    def __init__(self, ax: Axes, rows: int, columns: int, *, gap: float = 0.12):
        self.rows, self.columns, self._gap = rows, columns, gap
        self.image = ax.imshow(
            np.full((1, 1, 3), self._EMPTY),
            extent=(0, columns, rows, 0),
            interpolation="nearest",
            vmin=0,
            vmax=1,
        )
        ax.set_axis_off()
        self.artists: list[Artist] = [self.image]

    def set(self, images: ArrayLike) -> None:
        """Show images [n, h, w, c] from -1 to 1, row by row, with c = 1 (grey) or 3; cells beyond n stay empty."""
        shades = (np.clip(np.asarray(images, np.float32), -1, 1) + 1) / 2
        if shades.shape[-1] == 1:
            shades = np.repeat(1 - shades, 3, axis=-1)
        n, h, w, _ = shades.shape
        before = max(1, round(self._gap * h / 2))
        cells = np.full(
            (self.rows * self.columns, h + 2 * before, w + 2 * before, 3), self._EMPTY, np.float32
        )
        n = min(n, len(cells))
        cells[:n, before : before + h, before : before + w] = shades[:n]
        cells = cells.reshape(self.rows, self.columns, *cells.shape[1:]).transpose(0, 2, 1, 3, 4)
        self.image.set_data(cells.reshape(self.rows * cells.shape[1], -1, 3))
