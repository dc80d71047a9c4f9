"""The map of each of eight seeds, side by side, in training, measured against a truth that the training never sees."""

from typing import Any

import numpy as np
from matplotlib.gridspec import GridSpec

from gantheory import plotting, training
from gantheory.explorables import scenes
from gantheory.explorables.cyclegan import _toy
from gantheory.explorables.cyclegan._colours import Origins
from gantheory.games import Game
from gantheory.live.controls import choice, slider, stops_slider, switch
from gantheory.live.trainer import LiveTrainer, Run

__all__ = ["EightMaps", "eight_maps"]

_NUM_SHOWN = 14
_REACH = 2.1
_INWARD = 0.64
_FAR = 1.36  # how far out the numbers of the truth stand, in radii of B's ring


class _Small:
    """One seed: B's modes with the numbers of their true partners, and what the map makes of A."""

    def __init__(self, figure: Any, cell: Any, seed: int):
        middle = _toy.true_map(np.zeros((1, 2)))[0]
        ax = plotting.axes(
            figure,
            cell,
            equal=True,
            xlim=(middle[0] - _REACH, middle[0] + _REACH),
            ylim=(middle[1] - _REACH, middle[1] + _REACH + 0.3),
        )
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set_visible(True)
        ax.spines[:].set_color("#bbbbbb")
        ring = _toy.true_map(_toy.modes())
        ax.plot(*ring.T, ls="none", marker="o", ms=15, mfc="none", mec="#999999", mew=1.2, zorder=1)
        self._truth = [
            ax.text(0, 0, str(i + 1), fontsize=9, color="#777777", ha="center", va="center")
            for i in range(_toy.NUM_MODES)
        ]
        self._made = Origins(ax, size=4.0, number=11, alpha=0.7)
        self._note = plotting.Note(ax, 0.03, 0.975, size=8.5)
        self._seed = seed
        self._middle = middle[None]
        self._limits = middle[None] - 0.97 * _REACH, middle[None] + 0.97 * _REACH
        self.artists = plotting.moving(*self._truth, self._made, self._note)

    def set(self, there: np.ndarray, truth: str, found: str, error: float) -> None:
        for text, place in zip(self._truth, _toy.true_map(_FAR * _toy.modes(), truth), strict=True):
            text.set_position((float(place[0]), float(place[1])))
        groups = np.clip(there.reshape(_toy.NUM_MODES, -1, 2), *self._limits)
        # The numbers stand a little further in, so that they do not hide their points.
        places = self._middle + _INWARD * (groups.mean(axis=1) - self._middle)
        self._made.set(groups[:, :_NUM_SHOWN], places)
        self._note.set(f"{self._seed}: {found}, {error:.0f} %")


def _error(run: Run) -> tuple[np.ndarray, np.ndarray]:
    name = "error" if _toy.truth_of(run.game) == "stretch" else "error_half_turn"
    return run.measured_at, run.measured[name]


_ERROR = scenes.Traced("error against the truth, %", _error, plotting.GENERATED, 0.0, 215.0)
_CYCLE = scenes.Traced(
    "cycle error, %",
    lambda run: (run.measured_at, run.measured["cycle"]),
    plotting.EXACT,
    0.0,
    215.0,
)
_DISTANCE = scenes.Traced(
    "sliced W1 from F(A) to B",
    lambda run: (run.measured_at, run.measured["distance"]),
    plotting.LATENT,
    0.0,
    1.0,
)


class EightMaps:
    """A scene for `LiveTrainer`: what each of eight seeds makes of A, and three traces."""

    def __init__(self) -> None:
        figure = self.figure = plotting.new_figure(9.0, 3.7)
        figure.set_layout_engine("none")
        cells = GridSpec(2, 4, figure, left=0.01, right=0.7, bottom=0.02, top=0.98, wspace=0.04, hspace=0.06)
        self._pictures = [_Small(figure, cells[i], i) for i in range(_toy.NUM_SEEDS)]
        place = GridSpec(1, 1, figure, left=0.755, right=0.975, bottom=0.13, top=0.93)[0]
        self._traces = scenes.Traces(figure, place, (_ERROR, _CYCLE, _DISTANCE), gap=0.42)
        self._there = np.zeros((0,))
        self.artists = plotting.moving(*self._pictures, self._traces)

    def measure(self, game: Game, state: training.State) -> dict[str, np.ndarray]:
        """Measure every seed's map; what `_toy.Maps` holds, by name."""
        maps, self._there = _toy.score_maps(game, state)
        return maps._asdict()

    def update(self, run: Run) -> str:
        """Move everything to where the run stands; what is shown was measured there."""
        truth = _toy.truth_of(run.game)
        _, errors = _error(run)
        goes_to = run.measured["goes_to"][..., -1]
        found = [_toy.name_of(row, truth) for row in goes_to]
        for picture, *shown in zip(self._pictures, self._there, found, errors[:, -1], strict=True):
            there, name, error = shown
            picture.set(there, truth, name, error)
        self._traces.set(run)
        maps = "; ".join(
            f"seed {i} {name}, error {error:.0f} %"
            for i, (name, error) in enumerate(zip(found, errors[:, -1], strict=True))
        )
        return f"step {run.step}, the truth is the {truth}: {maps}{self._traces.words(run)}"


def eight_maps(
    *, adversarial: bool = True, identity: float = 0.0, pairs: int = 0, truth: str = "stretch"
) -> LiveTrainer:
    """Show the maps that eight seeds find, in training.

    Args:
        adversarial: where the switch starts that lets the generators listen to the discriminators.
        identity: where the slider of the identity term's weight starts.
        pairs: how many true pairs are known at the start, one of `PAIRS`.
        truth: what the maps are measured against at the start, one of `TRUTHS`.

    >>> live = eight_maps(pairs=2)
    >>> live.step_once()
    >>> live.run.measured["error"].shape
    (8, 2)
    >>> live.close()
    """
    return LiveTrainer(
        _toy.toy_game,
        EightMaps(),
        moves={
            "adversarial": switch("listen to the discriminators", adversarial),
            "cycle": switch("cycle term", True),
            "identity": slider("identity weight", 0.0, 1.0, identity, step=0.05),
            "pairs": stops_slider("true pairs known", list(_toy.PAIRS), pairs),
            "truth": choice("the truth", list(_toy.TRUTHS), truth),
        },
        settings=_toy.SETTINGS,
        num_seeds=_toy.NUM_SEEDS,
        speed=20,
    )
