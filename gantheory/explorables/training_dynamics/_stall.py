"""The chain reaction: one player stops learning; what happens to its opponent's own loss, and to the distance?"""

import functools
import math
from collections.abc import Callable

import numpy as np
from matplotlib.gridspec import GridSpec

from gantheory import _checks as check
from gantheory import games, plotting, training
from gantheory.explorables import scenes
from gantheory.explorables.training_dynamics import _eight_runs as runs
from gantheory.live.controls import choice, slider, whole_slider
from gantheory.live.figure import LiveFigure
from gantheory.live.stage import Stage
from gantheory.live.trainer import LiveTrainer

__all__ = [
    "NUM_STEPS",
    "RATES",
    "chain_reaction",
    "one_bump",
    "stalled",
    "stalled_on_schedule",
]

RATES = {"generator_learning_rate": 1e-3, "discriminator_learning_rate": 5e-3}
"""The learning rates of the figures of the stall, for `training.Settings`."""
NUM_STEPS = 1600
"""The steps of a `stalled` course."""

_LOG2 = math.log(2)
_PLAYERS = ("D", "G")
_EVERY = 20
# What a log axis can show of a loss that falls to 0, or of a distance that runs away.
_LIMITS = {"G": (1e-5, 20.0), "D": (0.05, 50.0), "W1": (0.02, 500.0)}
_LOOKS = {"G": plotting.GENERATED._replace(dashes="-"), "D": plotting.CRITIC, "W1": plotting.TRANSPORT}


def chain_reaction(num_seeds: int = 8) -> LiveTrainer:
    """Show GANs on the line with switches that stop either player's learning; the data can be moved meanwhile.

    Args:
        num_seeds: How many trainings run side by side. The first is drawn, all are traced.

    >>> live = chain_reaction()
    >>> live.controls["freeze_discriminator"].value = True
    >>> live.step_once()
    >>> live.run.step, live.run.generator_loss.shape
    (1, (8, 1))
    >>> live.close()
    """
    losses = [
        scenes.Traced(
            f"{player}'s own loss",
            functools.partial(_own_loss, name),
            _LOOKS[player],
            0.0,
            high,
            {line: height},
            grows=True,
        )
        for player, name, high, line, height in (
            ("G", "generator_loss", 2.0, "log 2: D = 1/2", _LOG2),
            ("D", "discriminator_loss", 2.0, "log 4: D = 1/2", 2 * _LOG2),
        )
    ]
    return LiveTrainer(
        one_bump,
        scenes.Line1D(traced=(*losses, scenes.W1), low=-4.0, high=10.0, best=False),
        moves={"centre": slider("centre of the data", 0.0, 6.0, 3.0)},
        settings=training.Settings(**RATES),
        num_seeds=num_seeds,
    )


def _own_loss(name: str, run: object) -> tuple[np.ndarray, np.ndarray]:
    return run.steps, getattr(run, name)


def one_bump(centre: float = 3.0) -> games.Game:
    """Make the game of `chain_reaction`: the data are N(centre, 1/4), P_G starts around 0.

    Args:
        centre: Centre of the data.

    >>> one_bump(-3.0).target.means.tolist()
    [[-3.0], [-3.0]]
    """
    return runs.game(runs.bumps(centre, centre))


@functools.lru_cache(maxsize=32)
def _finished(player: str | None, start: int, length: int) -> list[runs.Course]:
    # A place that the first finished training fills: what was given up is trained again.
    return []


def stalled(
    player: str | None = "D",
    start: int = 100,
    length: int = 900,
    *,
    give_up: Callable[[], bool] = lambda: False,
) -> runs.Course | None:
    """Train eight GANs for 1,600 steps, in some of which one player does not learn.

    The data are N(3, 1/4); P_G starts around 0. Seeds, samples and start are the same whatever is stalled.

    Args:
        player: "D", "G", or None for nobody.
        start: The step after which the player stops learning, a multiple of 20.
        length: For how many steps it does not learn, a multiple of 20; start + length at most 1,600.
        give_up: Asked every 20 steps; True ends the training early, and nothing is returned.

    Returns:
        The losses at each step, W1 every 20 steps, and the rest of a `Course`.

    Raises:
        TypeError, ValueError: If an argument is not as above.

    >>> course = stalled("D", 100, 900)
    >>> bool((course.at(1000) > 10 * course.at(100)).all()), bool(course.generator_loss[:, 999].max() < 0.01)
    (True, True)
    """
    if player is not None:
        check.one_of("player", player, _PLAYERS)
    start = check.whole("start", start, at_least=0)
    length = check.whole("length", length, at_least=0)
    for name, number in (("start", start), ("length", length)):
        if number % _EVERY:
            check.refuse(name, f"a multiple of {_EVERY}", repr(number))
    if start + length > NUM_STEPS:
        check.refuse("start + length", f"at most {NUM_STEPS}", repr(start + length))
    kept = _finished(player, start, length)
    if kept:
        return kept[0]
    both = training.Settings(**RATES)
    one = training.Settings(**RATES, freeze_discriminator=player == "D", freeze_generator=player == "G")
    plan = [(start, both), (length, one), (NUM_STEPS - start - length, both)]
    course = runs.train(one_bump(), plan, every=_EVERY, give_up=give_up)
    if course is not None:
        kept.append(course)
    return course


class _OnSchedule(LiveFigure):
    """Own losses at the left, the distance at the right, with the same runs without a stall beside."""

    def __init__(self) -> None:
        figure = plotting.new_figure(9.0, 3.9)
        figure.set_layout_engine("none")
        cells = GridSpec(1, 3, figure, left=0.06, right=0.985, bottom=0.13, top=0.92, wspace=0.25)
        self._reference: runs.Course | None = None
        titles = {"G": "G's own loss, −log D", "D": "D's own loss, −V", "W1": "W1(P_data, P_G)"}
        self._shades, self._traces, self._healthy = [], {}, {}
        for column, what in enumerate(titles):
            ax = plotting.axes(
                figure,
                cells[0, column],
                title=titles[what],
                xlim=(0, NUM_STEPS),
                ylim=_LIMITS[what],
                yscale="log",
                xlabel="training steps",
            )
            ax.set_xticks([0, 500, 1000, 1500])
            self._shades.append(ax.axvspan(0, 1, color="#999999", alpha=0.2, lw=0, label="stalled"))
            self._healthy[what] = plotting.Trace(ax, plotting.EXACT, "without a stall")
            self._traces[what] = plotting.Trace(ax, _LOOKS[what], "with the stall")
            if what == "G":
                plotting.legend(ax, place="lower left")
            if what == "D":
                self._note = plotting.Note(ax, 0.5, 0.97, align="center")
        shown = [*self._shades, *self._healthy.values(), *self._traces.values(), self._note]
        super().__init__(
            Stage(figure, plotting.moving(*shown)),
            self._blank,
            {
                "player": choice("who stops learning", [("D", "D"), ("G", "G")]),
                "start": whole_slider("after step", 0, 600, 100, step=_EVERY),
                "length": whole_slider("for so many steps", 0, 1000, 900, step=_EVERY),
            },
            work=self._train,
        )

    def _blank(self, player: str, start: int, length: int) -> str:
        for shade, look in zip(self._shades, self._traces, strict=True):
            shade.set_bounds(start, 0, length, 1)
            self._traces[look].set(np.zeros(0), np.zeros((1, 0)))
        self._note.set("training 8 GANs …")
        return f"{player} learns nothing from step {start} to {start + length}: training"

    def _train(self, player: str, start: int, length: int) -> Callable[[], str] | None:
        def give_up() -> bool:
            return self._behind.waiting

        if self._reference is None:
            self._reference = stalled(None)
        course = stalled(player, start, length, give_up=give_up)
        if course is None:
            return None
        return lambda: self._show(course, player, start, length)

    def _show(self, course: runs.Course, player: str, start: int, length: int) -> str:
        self._note.set("")
        for traces, shown in ((self._traces, course), (self._healthy, self._reference)):
            steps = np.arange(1, NUM_STEPS + 1)
            traces["G"].set(*plotting.thin(steps, np.clip(shown.generator_loss, *_LIMITS["G"])))
            traces["D"].set(*plotting.thin(steps, np.clip(shown.discriminator_loss, *_LIMITS["D"])))
            traces["W1"].set(shown.measured_at, np.clip(shown.w1, *_LIMITS["W1"]))
        last = max(start + length - 1, 0)
        at = {
            "before the stall": (max(start - 1, 0), start),
            "at its end": (last, start + length),
            "at the end of all": (NUM_STEPS - 1, NUM_STEPS),
        }
        parts = [
            f"{when} G's loss is {np.median(course.generator_loss[:, index]):.4f}, D's "
            f"{np.median(course.discriminator_loss[:, index]):.2f}, W1 {np.median(course.at(step)):.2f}"
            for when, (index, step) in at.items()
        ]
        words = f"{player} learns nothing from step {start} to {start + length}; medians of 8 seeds: "
        return words + "; ".join(parts)


def stalled_on_schedule() -> LiveFigure:
    """Show eight GANs of which one player learns nothing for a while: own losses beside the distance.

    >>> live = stalled_on_schedule()
    >>> live.stage.alt[:40]
    'D learns nothing from step 100 to 1000; '
    >>> live.close()
    """
    return _OnSchedule()
