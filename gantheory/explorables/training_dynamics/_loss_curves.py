"""What a loss curve can tell and what it cannot: pairs of runs, their curves first, their distances on demand."""

import functools
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from matplotlib.gridspec import GridSpec

from gantheory import _checks as check
from gantheory import lipschitz, plotting, training
from gantheory.explorables.training_dynamics import _eight_runs as runs
from gantheory.live.controls import choice, switch
from gantheory.live.figure import LiveFigure
from gantheory.live.stage import Stage

__all__ = ["PAIRS", "Pair", "curves_and_distances", "pair_of_runs"]

_EVERY = 25
_LOOKS = {"A": plotting.LATENT._replace(dashes="-"), "B": plotting.LEARNED._replace(dashes="--")}
_HEALTHY = training.Settings(1e-3, 5e-3)
_EVEN = training.Settings(5e-3, 5e-3)
_FIVE = training.Settings(1e-3, 5e-3, 5)


class Pair(NamedTuple):
    """Two runs to compare.

    Attributes:
        data: Centre, centre and standard deviation of the data's bumps.
        labels: What the two runs are.
        generator_limits: The range of G's loss to show.
        value_limits: The range of what D reports.
        distance: The greatest W1 to show.
        num_steps: How many steps to train.
    """

    data: tuple[float, float, float]
    labels: tuple[str, str]
    generator_limits: tuple[float, float]
    value_limits: tuple[float, float]
    distance: float
    num_steps: int = 1000


PAIRS: dict[str, Pair] = {
    "the same losses": Pair(
        (-2.0, 2.0, 0.4),
        ("D without a hidden layer", "D with two hidden layers"),
        (0.0, 2.0),
        (-2.0, 0.1),
        4.0,
    ),
    "different losses": Pair(
        (3.0, 3.0, 0.5), ("WGAN, gradient penalty", "non-saturating"), (-12.0, 12.0), (-2.0, 4.0), 4.0
    ),
    "a curve that tells": Pair(
        (6.0, 6.0, 0.5), ("WGAN, gradient penalty", "non-saturating"), (-12.0, 12.0), (-2.0, 8.0), 8.0, 250
    ),
}
"""The pairs by name."""


@functools.lru_cache(maxsize=8)
def _finished(pair: str, run: str) -> list[runs.Course]:
    return []


def _train(pair: str, run: str, give_up: Callable[[], bool]) -> runs.Course | None:
    kept = _finished(pair, run)
    if not kept:
        data = runs.bumps(*PAIRS[pair].data)
        if pair == "the same losses":
            game, settings = runs.game(data, depth=0 if run == "A" else 2), _EVEN
        elif run == "A":
            penalty = lipschitz.gradient_penalty(10.0, one_sided=True)
            game, settings = runs.game(data, "wasserstein", penalty), _FIVE
        else:
            game, settings = runs.game(data), _HEALTHY
        course = runs.train(game, [(PAIRS[pair].num_steps, settings)], every=_EVERY, give_up=give_up)
        if course is None:
            return None
        kept.append(course)
    return kept[0]


def pair_of_runs(pair: str) -> tuple[runs.Course, runs.Course]:
    """Train the two runs of a pair, A and B, eight seeds each, for 1,000 steps ("a curve that tells": 250).

    What was trained once is kept. B is the same generator in all pairs, trained with the non-saturating loss.

    Args:
        pair: A name in `PAIRS`.

    Raises:
        ValueError: If there is no such pair.

    >>> a, b = pair_of_runs("the same losses")
    >>> [round(float(np.median(run.generator_loss[:, -200:])), 1) for run in (a, b)]
    [0.7, 0.7]
    >>> bool(a.at(1000).min() > 3 * b.at(1000).max())
    True
    """
    check.one_of("pair", pair, PAIRS)
    a, b = (_train(pair, run, lambda: False) for run in "AB")
    return a, b


class _Curves(LiveFigure):
    """G's loss and what D reports, always; W1 where the learner has asked for it."""

    def __init__(self) -> None:
        figure = plotting.new_figure(9.0, 4.1)
        figure.set_layout_engine("none")
        cells = GridSpec(1, 3, figure, left=0.055, right=0.97, bottom=0.12, top=0.93, wspace=0.27)
        titles = ("G's own loss", "D reports: V, or its estimate", "W1(P_data, P_G)")
        self._axes = [
            plotting.axes(figure, cells[0, column], title=title, xlabel="training steps")
            for column, title in enumerate(titles)
        ]
        self._traces = [
            {run: plotting.Trace(ax, look, run) for run, look in _LOOKS.items()} for ax in self._axes
        ]
        plotting.legend(self._axes[0], place="lower left")
        self._notes = {
            run: plotting.Note(self._axes[2], 0.98, y, size=9, align="right")
            for run, y in (("A", 0.99), ("B", 0.93))
        }
        self._hidden = plotting.Note(self._axes[2], 0.5, 0.55, align="center")
        shown = [*self._notes.values(), self._hidden]
        shown += [trace for traces in self._traces for trace in traces.values()]
        self._pair: str | None = None
        super().__init__(
            Stage(figure, plotting.moving(*shown)),
            self._update,
            {"pair": choice("pair of runs", list(PAIRS)), "reveal": switch("show the distance")},
            work=self._train,
        )

    def _update(self, pair: str, reveal: bool) -> str:
        if pair != self._pair:
            chosen = PAIRS[pair]
            for ax, limits in zip(
                self._axes,
                (chosen.generator_limits, chosen.value_limits, (0.0, chosen.distance)),
                strict=True,
            ):
                ax.set(
                    ylim=limits,
                    xlim=(0, chosen.num_steps),
                    xticks=[0, chosen.num_steps // 2, chosen.num_steps],
                )
            self._pair = pair
        if _finished(pair, "A") and _finished(pair, "B"):
            return self._show(pair, reveal)
        empty = np.zeros((1, 0))
        for traces in self._traces:
            for trace in traces.values():
                trace.set(np.zeros(0), empty)
        self._hidden.set("training 2 times 8 GANs …")
        return f"{pair}: training"

    def _train(self, pair: str, reveal: bool) -> Callable[[], str] | None:
        for run in "AB":
            if _train(pair, run, lambda: self._behind.waiting) is None:
                return None
        return lambda: self._show(pair, reveal)

    def _show(self, pair: str, reveal: bool) -> str:
        steps, parts = np.arange(1, PAIRS[pair].num_steps + 1), []
        for run, course, label in zip("AB", pair_of_runs(pair), PAIRS[pair].labels, strict=True):
            self._notes[run].set(f"{run}: {label}" if reveal else "")
            sources = [(steps, course.generator_loss), (steps, course.value)]
            sources.append((course.measured_at, course.w1) if reveal else (np.zeros(0), np.zeros((1, 0))))
            for ax, traces, source in zip(self._axes, self._traces, sources, strict=True):
                x, y = plotting.thin(*source)
                traces[run].set(x, np.clip(y, *ax.get_ylim()))
            said = f"{run}: G's loss {np.median(course.generator_loss[:, -1]):.2f}, D reports "
            said += f"{np.median(course.value[:, -1]):.2f}"
            if reveal:
                said += f", W1 {np.median(course.w1[:, -1]):.2f} ({label})"
            parts.append(said)
        self._hidden.set("" if reveal else "guess first,\nthen show the distance")
        return f"{pair}, medians of 8 seeds at the end; " + "; ".join(parts)


def curves_and_distances() -> LiveFigure:
    """Show the loss curves of two runs, and on demand what they are and how far they got; eight seeds each.

    >>> live = curves_and_distances()
    >>> "W1" in live.stage.alt
    False
    >>> live.controls["reveal"].value = True
    >>> live.settle(10), "W1" in live.stage.alt
    (True, True)
    >>> live.close()
    """
    return _Curves()
