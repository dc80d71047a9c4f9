"""Translators of images in training: an image, its translation, the partner that nobody told, and the way back."""

from typing import Any

import numpy as np
from matplotlib.gridspec import GridSpec

from gantheory import plotting, training
from gantheory.explorables import scenes
from gantheory.explorables.cyclegan import _images
from gantheory.explorables.image_scene import traced
from gantheory.games import Game
from gantheory.live.controls import choice, stops_slider
from gantheory.live.trainer import LiveTrainer, Run

__all__ = ["Pictures", "translate_images"]

_ROWS, _COLUMNS = 6, 2
_TITLES = ("a", "F(a)", "hidden partner", "G(F(a))")
_TRACED = (
    traced(
        "error",
        "error against the partner, %",
        plotting.GENERATED,
        0.0,
        210.0,
        lines={"100: always the mean image": 100.0},
    ),
    traced("same_class", "same class as a, %", plotting.LEARNED, 0.0, 105.0, lines={"10: chance": 10.0}),
    traced("cycle", "cycle error, %", plotting.EXACT, 0.0, 210.0),
)


class Pictures:
    """A scene for `LiveTrainer`: twelve images there and back, and three traces.

    Attributes:
        name: Of the domains; whoever makes the game sets it.
        photographic: True, for the stage.
    """

    photographic = True

    def __init__(self, name: str) -> None:
        self.name = name
        figure = self.figure = plotting.new_figure(9.0, 4.4)
        figure.set_layout_engine("none")
        cells = GridSpec(1, 4, figure, left=0.01, right=0.68, bottom=0.02, top=0.93, wspace=0.08)
        self._grids = [
            plotting.ImageGrid(plotting.axes(figure, cell, title=title), _ROWS, _COLUMNS)
            for cell, title in zip(cells, _TITLES, strict=True)
        ]
        place = GridSpec(1, 1, figure, left=0.745, right=0.975, bottom=0.11, top=0.93)[0]
        self._traces = scenes.Traces(figure, place, _TRACED, gap=0.42)
        self._there: Any = None
        self.artists = plotting.moving(*self._grids, self._traces)

    def measure(self, game: Game, state: training.State) -> dict[str, np.ndarray]:
        """Measure the translations of all tested images; what `_images.Translations` holds, by name."""
        *self._there, found = _images.score_translations(self.name, game, state)
        return found._asdict()

    def update(self, run: Run) -> str:
        """Move everything to where the run stands; what is shown was measured there."""
        made = _images.domains(self.name)
        # One of every class, and two more.
        labels = np.asarray(made.labels)
        rows = [int(np.flatnonzero(labels == label)[0]) for label in range(10)]
        rows += [int(np.flatnonzero(labels == label)[1]) for label in range(2)]
        there, back = (np.asarray(images)[rows] for images in self._there)
        shown = (np.asarray(made.tested)[rows], there, np.asarray(made.partners)[rows], back)
        for grid, images in zip(self._grids, shown, strict=True):
            grid.set(images)
        self._traces.set(run)
        words = f"step {run.step}, {self.name}: twelve images, their translations and true partners"
        return words + self._traces.words(run)


def translate_images(name: str = "bold digits", translators: str = "local", pairs: int = 0) -> LiveTrainer:
    """Show translators of images in training.

    Args:
        name: of the domains at the start, one of `domain_names()`.
        translators: the kind of the translators at the start, one of `TRANSLATORS`.
        pairs: how many true pairs are known at the start, one of `IMAGE_PAIRS`.

    >>> live = translate_images("turned digits", "global")
    >>> live.step_once()
    >>> live.run.measured["error"].shape
    (2,)
    >>> live.close()
    """
    scene = Pictures(name)

    def make_game(name: str, translators: str, pairs: int) -> Game:
        scene.name = name
        return _images.image_game(name, translators, pairs)

    return LiveTrainer(
        make_game,
        scene,
        structure={
            "name": choice("B holds", _images.domain_names(), name),
            "translators": choice("translators", list(_images.TRANSLATORS), translators),
        },
        moves={"pairs": stops_slider("true pairs known", list(_images.IMAGE_PAIRS), pairs)},
        settings=_images.IMAGE_SETTINGS,
        speed=20,
    )
