"""The toy in training: D for the class asked for, what was asked and what came, and the scores of eight seeds."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int
from matplotlib.collections import PathCollection
from matplotlib.gridspec import GridSpec
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from gantheory import games, plotting, training
from gantheory.explorables import scenes
from gantheory.explorables.conditional_gan import _ring
from gantheory.games import Game
from gantheory.live.controls import choice, slider, whole_slider
from gantheory.live.trainer import LiveTrainer, Run

__all__ = ["AskedAndGot", "does_it_see"]

_REACH = 2.2
_CELLS = 50
_NUM_SHOWN = 200
_NUM_REAL = 800
_LOOK_KEY = 7
_NUM_MODES = 2 * _ring.NUM_CLASSES
# The area of the square of a mode that gets all, in points squared.
_FULL = 320.0


def _measured(name: str, label: str, look: plotting.Look, low: float, high: float, **more: Any) -> Any:
    return scenes.Traced(label, lambda run: (run.measured_at, run.measured[name]), look, low, high, **more)


def _traced() -> tuple[scenes.Traced, ...]:
    chance = 100 / _ring.NUM_CLASSES
    return (
        _measured("asked_for", "class asked for, %", plotting.CRITIC, 0, 104, lines={"25 %: chance": chance}),
        _measured("served", "modes served, of 8", plotting.LEARNED, 0, 8.5),
        _measured("sliced_w1", "sliced W1, labels left out", plotting.TRANSPORT, 0.0, 0.6, grows=True),
    )  # fmt: skip


class AskedAndGot:
    """A scene for `LiveTrainer` and the toy.

    Attributes:
        label: The class whose D and samples are shown.
        words: What kind of game it is, for the text that stands for the picture.
    """

    def __init__(self) -> None:
        self.label, self.words = 0, ""
        traced = _traced()
        figure = self.figure = plotting.new_figure(9.0, 4.5)
        figure.set_layout_engine("none")
        place = GridSpec(1, 1, figure, left=0.012, right=0.012 + 3.55 / 9, bottom=0.1, top=0.1 + 3.55 / 4.5)
        ax = plotting.axes(figure, place[0], equal=True, xlim=(-_REACH, _REACH), ylim=(-_REACH, _REACH))
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set_visible(False)
        self._heat = plotting.HeatMap(ax, (-_REACH, _REACH, -_REACH, _REACH), bands=20)
        self._others = plotting.Points(
            ax, plotting.Look("#777777", ".", "-"), "data of other classes", size=4, alpha=0.5
        )
        self._real = plotting.Points(ax, plotting.DATA, "data of this class", size=4)
        self._fake = plotting.Points(ax, plotting.GENERATED, "asked for, and got", size=5, alpha=0.8)
        self._title = ax.text(0.02, 0.02, "", transform=ax.transAxes, fontsize=11, color="#333333", zorder=7)
        self._numbers = [
            ax.text(0, 0, str(mode // 2), ha="center", va="center", fontsize=11, color="#333333")
            for mode in range(_NUM_MODES)
        ]
        handles = [
            Line2D([], [], ls="none", marker=line.get_marker(), ms=6, color=line.get_color(), markeredgewidth=0)
            for line in (self._real.line, self._others.line, self._fake.line)
        ]  # fmt: skip
        figure.legend(
            handles, ["data of this class", "other data", "generated for this class"], loc="upper left",
            bbox_to_anchor=(0.0, 1.0), ncols=3, fontsize=9, frameon=False, columnspacing=1.0, handletextpad=0.1,
        )  # fmt: skip
        self._squares = self._draw_table(figure)
        place = GridSpec(1, 1, figure, left=0.755, right=0.975, bottom=0.115, top=0.93)[0]
        self._traces = scenes.Traces(figure, place, traced, gap=0.45)
        pixels = -_REACH + 2 * _REACH * (np.arange(_CELLS) + 0.5) / _CELLS
        pixels = np.stack(np.meshgrid(pixels, pixels), axis=-1).reshape(-1, 2)
        self._pixels = jnp.asarray(pixels, jnp.result_type(float))
        moving = plotting.moving(self._heat, self._others, self._real, self._fake, self._traces)
        self.artists = [*moving, self._title, *self._numbers, self._squares]

    @staticmethod
    def _draw_table(figure: Any) -> PathCollection:
        place = GridSpec(1, 1, figure, left=0.46, right=0.69, bottom=0.22, top=0.8)
        ax = plotting.axes(
            figure,
            place[0],
            xlim=(-0.5, _NUM_MODES - 0.5),
            ylim=(_ring.NUM_CLASSES - 0.5, -0.5),
            xlabel="came: near a mode of class",
            ylabel="asked for: class",
            title="what was asked, what came",
        )
        ax.set_yticks(range(_ring.NUM_CLASSES))
        ax.set_xticks(np.arange(_ring.NUM_CLASSES) * 2 + 0.5, range(_ring.NUM_CLASSES))
        ax.tick_params(length=0)
        for c in range(_ring.NUM_CLASSES):
            ax.add_patch(Rectangle((2 * c - 0.5, c - 0.5), 2, 1, fc=plotting.DATA.color, alpha=0.14, lw=0))
            if c:
                ax.axvline(2 * c - 0.5, color="#cccccc", lw=0.8)
                ax.axhline(c - 0.5, color="#cccccc", lw=0.8)
        columns, rows = np.meshgrid(np.arange(_NUM_MODES), np.arange(_ring.NUM_CLASSES))
        start = np.zeros(columns.size)
        color = plotting.GENERATED.color
        return ax.scatter(columns.ravel(), rows.ravel(), s=start, marker="s", color=color, lw=0, zorder=3)

    def measure(self, game: Game, state: training.State) -> dict[str, Array]:
        """Score every seed."""
        return _ring.score_seeds(game, state)

    def update(self, run: Run) -> str:
        """Move everything to where the run stands (its first seed)."""
        seen = _look(run.game, run.first, self._pixels, np.int32(self.label))
        seen = {name: np.asarray(array) for name, array in seen.items()}
        own = seen["labels"] == self.label
        self._heat.set(seen["heat"])
        self._others.set(seen["real"][~own])
        self._real.set(seen["real"][own])
        self._fake.set(np.clip(seen["fake"], -1.1 * _REACH, 1.1 * _REACH))
        self._title.set_text(f"asked for: class {self.label}")
        for number, place in zip(self._numbers, 1.27 * seen["modes"].reshape(-1, 2), strict=True):
            number.set_position(place)
        self._squares.set_sizes(_FULL * seen["shares"].ravel())
        self._traces.set(run)
        shares = seen["shares"].reshape(_ring.NUM_CLASSES, _ring.NUM_CLASSES, 2).sum(axis=2)[self.label]
        got = ", ".join(f"{share:.0%} near class {c}" for c, share in enumerate(shares))
        return f"{self.words}, step {run.step}; asked for class {self.label}: {got}{self._traces.words(run)}"


@jax.jit
def _look(game: Game, state: training.State, pixels: Array, label: Int[Array, ""]) -> dict[str, Array]:
    real, labels = game.target.sample_labelled(jax.random.key(_LOOK_KEY), _NUM_REAL)
    scores = games.discriminator_function(game, state, labels=label)(pixels)
    return {
        "heat": jax.nn.sigmoid(scores).reshape(_CELLS, _CELLS),
        "real": real,
        "labels": labels,
        "fake": games.generate(game, state, jax.random.key(_LOOK_KEY), _NUM_SHOWN, labels=label),
        "modes": _ring.modes_of(game.target),
        "shares": _ring.asked_and_got(game, state)["shares"],
    }


def does_it_see(sees: str = _ring.SEES[0], *, mismatched: float = 0.0) -> LiveTrainer:
    """Show the toy in training, eight seeds at once: a D that sees the label or does not, mismatched pairs or none.

    Args:
        sees: what D sees at the start, one of `SEES`.
        mismatched: how much real points with a wrong label count as fakes at the start, from 0 to 1.

    >>> live = does_it_see()
    >>> live.step_once()
    >>> live.run.measured["asked_for"].shape
    (8, 2)
    >>> live.close()
    """
    scene = AskedAndGot()

    def make_game(sees: str, classes: str, label: int, mismatched: float) -> Game:
        scene.label = label
        scene.words = f"D sees {sees}, a class is {classes}, weight of mismatched pairs {mismatched:g}"
        return _ring.ring_game(sees, classes, mismatched)

    return LiveTrainer(
        make_game,
        scene,
        structure={
            "sees": choice("D sees", list(_ring.SEES), sees),
            "classes": choice("a class is", list(_ring.CLASSES)),
        },
        moves={
            "label": whole_slider("class shown", 0, _ring.NUM_CLASSES - 1, 0),
            "mismatched": slider("mismatched pairs", 0.0, 1.0, mismatched, step=0.05),
        },
        settings=training.Settings(**_ring.RATES),
        num_seeds=_ring.NUM_SEEDS,
        speed=20,
    )
