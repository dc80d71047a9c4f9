"""Two time scales: how much faster than G should D learn, and does it matter which knob makes it so?"""

import functools
from collections.abc import Callable

import numpy as np
from jaxtyping import Float
from matplotlib.gridspec import GridSpec
from matplotlib.ticker import NullLocator

from gantheory import _checks as check
from gantheory import plotting, training
from gantheory.explorables.training_dynamics import _eight_runs as runs
from gantheory.live.controls import choice, stops_slider
from gantheory.live.figure import LiveFigure
from gantheory.live.stage import Stage

__all__ = ["NUM_STEPS", "RATIOS", "TARGETS", "paced", "two_time_scales"]

RATIOS = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
"""The ratios of D's learning rate to G's."""
NUM_STEPS = 600
"""G's steps: the budget."""
TARGETS = {"one bump": (3.0, 3.0, 0.5), "two bumps": (-1.5, 1.5, 0.4)}
"""Centre, centre and standard deviation of the data's bumps, by name."""

_RATE = 1e-3
_EVERY = 50
_CRITIC_STEPS = (1, 2, 5)
_DISTANCE = (0.03, 30.0)


@functools.lru_cache(maxsize=128)
def _finished(target: str, ratio: float, num_critic_steps: int) -> list[runs.Course]:
    # A place that the first finished training fills: what was given up is trained again.
    return []


def paced(
    target: str = "two bumps",
    ratio: float = 1.0,
    num_critic_steps: int = 1,
    *,
    give_up: Callable[[], bool] = lambda: False,
) -> runs.Course | None:
    """Train eight GANs for 600 steps of G, at a learning rate of 0.001, and D at `ratio` times that.

    Seeds, samples and start are the same for all ratios. What was trained once is kept.

    Args:
        target: "one bump", N(3, 1/4), or "two bumps", at -1.5 and 1.5 with standard deviation 0.4.
        ratio: D's learning rate over G's, above 0.
        num_critic_steps: D's steps for one of G, at least 1.
        give_up: Asked every 50 steps; True ends the training early, and nothing is returned.

    Returns:
        The losses at each step, W1 every 50 steps, and the rest of a `Course`.

    Raises:
        TypeError, ValueError: If an argument is not as above.

    >>> slow, even = paced("two bumps", 0.03), paced("two bumps", 1.0)
    >>> bool(np.median(slow.at(600)) > 3 * np.median(even.at(600)))
    True
    """
    check.one_of("target", target, TARGETS)
    ratio = check.number("ratio", ratio, above=0)
    num_critic_steps = check.whole("num_critic_steps", num_critic_steps)
    kept = _finished(target, float(ratio), num_critic_steps)
    if not kept:
        settings = training.Settings(_RATE, _RATE * ratio, num_critic_steps)
        game = runs.game(runs.bumps(*TARGETS[target]))
        course = runs.train(game, [(NUM_STEPS, settings)], every=_EVERY, give_up=give_up)
        if course is None:
            return None
        kept.append(course)
    return kept[0]


class _TwoTimeScales(LiveFigure):
    """At the left the chosen pace over the steps, at the right all ratios at the end of the budget."""

    def __init__(self) -> None:
        figure = plotting.new_figure(9.0, 4.0)
        cells = GridSpec(1, 2, figure)
        ax = plotting.axes(
            figure,
            cells[0, 0],
            title="at the chosen ratio",
            xlim=(0, NUM_STEPS),
            ylim=_DISTANCE,
            yscale="log",
            xlabel="G's steps",
            ylabel="W1(P_data, P_G)",
        )
        self._trace = plotting.Trace(ax, plotting.LATENT, "median and range of 8 seeds")
        self._seeds = [
            plotting.Curve(ax, [0.0], plotting.LATENT, lw=0.7, ls="-") for _ in range(runs.NUM_SEEDS)
        ]
        self._note = plotting.Note(ax, 0.5, 0.12, align="center")
        plotting.legend(ax, place="upper left")
        ax = plotting.axes(
            figure,
            cells[0, 1],
            title=f"after {NUM_STEPS} steps of G",
            xlim=(RATIOS[0] / 1.6, RATIOS[-1] * 1.6),
            ylim=_DISTANCE,
            xscale="log",
            yscale="log",
            xlabel="D's learning rate / G's learning rate",
        )
        ax.set_xticks(RATIOS, [f"{ratio:g}" for ratio in RATIOS])
        ax.xaxis.set_minor_locator(NullLocator())
        self._here = ax.axvline(1.0, color="#999999", lw=9, alpha=0.25)
        self._dots = plotting.Points(ax, plotting.LATENT._replace(marker="o"), "one seed", size=5)
        self._medians = plotting.Curve(ax, RATIOS, plotting.EXACT, "median", lw=1.5, marker="x")
        plotting.legend(ax, place="upper right")
        shown = [self._here, self._trace, *self._seeds, self._note, self._dots, self._medians]
        super().__init__(
            Stage(figure, plotting.moving(*shown)),
            self._waiting,
            {
                "target": choice("data", list(TARGETS), "two bumps"),
                "ratio": stops_slider("D's rate / G's rate", RATIOS, 1.0),
                "num_critic_steps": stops_slider("D steps per G step", _CRITIC_STEPS, 1),
            },
            work=self._train,
        )

    def _waiting(self, target: str, ratio: float, num_critic_steps: int) -> str:
        if all(_finished(target, each, num_critic_steps) for each in RATIOS):
            return self._show(target, ratio, num_critic_steps)
        self._place(ratio)
        empty = np.zeros((runs.NUM_SEEDS, 0))
        self._draw_course(np.zeros(0), empty)
        self._draw_ends(np.zeros((0, runs.NUM_SEEDS)))
        self._note.set("training 7 times 8 GANs …")
        return f"{target}, ratio {ratio:g}, {num_critic_steps} steps of D per step of G: training"

    def _train(self, target: str, ratio: float, num_critic_steps: int) -> Callable[[], str] | None:
        for each in RATIOS:
            if paced(target, each, num_critic_steps, give_up=lambda: self._behind.waiting) is None:
                return None
        return lambda: self._show(target, ratio, num_critic_steps)

    def _place(self, ratio: float) -> None:
        self._here.set_xdata([ratio, ratio])

    def _draw_course(self, steps: np.ndarray, w1: Float[np.ndarray, "seeds n"]) -> None:
        w1 = np.clip(w1, *_DISTANCE)
        self._trace.set(steps, w1)
        for curve, seed in zip(self._seeds, w1, strict=True):
            curve.set(seed, steps)

    def _draw_ends(self, ends: Float[np.ndarray, "ratios seeds"]) -> None:
        ends = np.clip(ends, *_DISTANCE)
        ratios = np.repeat(RATIOS[: len(ends)], runs.NUM_SEEDS)
        # Side by side, so that no dot hides another.
        spread = np.tile(np.linspace(0.85, 1.18, runs.NUM_SEEDS), len(ends))
        self._dots.set(np.stack([ratios * spread, ends.ravel()], axis=1))
        self._medians.set(np.median(ends, axis=1), np.array(RATIOS[: len(ends)]))

    def _show(self, target: str, ratio: float, num_critic_steps: int) -> str:
        courses = [paced(target, each, num_critic_steps) for each in RATIOS]
        ends = np.stack([course.w1[:, -1] for course in courses])
        course = courses[RATIOS.index(ratio)]
        self._place(ratio)
        self._draw_course(course.measured_at, course.w1)
        self._draw_ends(ends)
        self._note.set(f"{NUM_STEPS * num_critic_steps:,} updates of D, {NUM_STEPS} of G")
        medians = ", ".join(
            f"{median:.2f} at {each:g}" for each, median in zip(RATIOS, np.median(ends, axis=1), strict=True)
        )
        w1 = course.w1[:, -1]
        return (
            f"{target}, {num_critic_steps} steps of D per step of G, ratio {ratio:g}: W1 at the end "
            f"{np.median(w1):.2f} (from {w1.min():.2f} to {w1.max():.2f} over 8 seeds); medians by ratio: {medians}"
        )


def two_time_scales() -> LiveFigure:
    """Show the distance after a fixed budget, for seven ratios of the two learning rates; eight seeds each.

    >>> live = two_time_scales()
    >>> live.stage.alt[:62]
    'two bumps, 1 steps of D per step of G, ratio 1: W1 at the end '
    >>> live.close()
    """
    return _TwoTimeScales()
