"""What the gradient penalty's best critic is, on the line: its slope is not 1, and its estimate is not W1."""

import functools
from collections.abc import Callable
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Float
from matplotlib.gridspec import GridSpec
from scipy.special import ndtr

from gantheory import lipschitz, plotting, training
from gantheory.explorables._moved_line import normal
from gantheory.explorables.lipschitz_duality._critics import DX, X, look, side_by_side
from gantheory.live.controls import slider
from gantheory.live.figure import LiveFigure
from gantheory.live.stage import Stage

__all__ = ["PenalizedCritic", "best_penalized", "interpolates", "penalty_optimum", "train_penalized"]

_NUM_TIMES = 64
# A first part at a fast rate, and a second at a slow one that lets the noise of the samples die down. (At 3e-3 all
# units of a critic may die in the first steps if the laws are far apart.)
_PARTS = ((1000, 2e-3), (500, 3e-4))


class PenalizedCritic(NamedTuple):
    """A critic for N(centre, width^2) against N(0, 1), with a gradient penalty; all by quadrature over `X`.

    Attributes:
        slopes: |f'| on `X`, [n].
        estimate: E f(real) - E f(generated).
        penalty: the weighted penalty, over the law of the interpolates.
        w1: the exact W1.
    """

    slopes: Float[np.ndarray, "n"]
    estimate: float
    penalty: float
    w1: float

    @property
    def corrected(self) -> float:
        """The estimate less twice the penalty: W1, for the best critic."""
        return self.estimate - 2 * self.penalty


def interpolates(centre: float, width: float) -> Float[np.ndarray, "n"]:
    """Compute the density on `X` of t x + (1 - t) y, with x from N(centre, width^2), y from N(0, 1), t uniform."""
    t, weights = np.polynomial.legendre.leggauss(_NUM_TIMES)
    t, weights = ((t + 1) / 2)[:, None], (weights / 2)[:, None]
    return (weights * normal(X.astype(float), t * centre, np.sqrt((t * width) ** 2 + (1 - t) ** 2))).sum(0)


def _cdf_gap(centre: float, width: float) -> Float[np.ndarray, "n"]:
    """Compute F_G - F_data on `X`; far out to the right from the upper tails, where both CDFs round to 1."""
    made, data = X.astype(float), (X.astype(float) - centre) / width
    left = ndtr(made) - ndtr(data)
    return np.where(np.minimum(made, data) > 0, ndtr(-data) - ndtr(-made), left)


def best_penalized(centre: float = 2.0, width: float = 1.0, weight: float = 10.0) -> PenalizedCritic:
    """Compute the critic that maximises E f(real) - E f(generated) - weight * E (|f'| - 1)^2.

    With dF the difference of the CDFs and r the density of the interpolates, the aim is an integral over x of
    f' dF - weight * r (|f'| - 1)^2, which is largest where |f'| = 1 + |dF| / (2 weight r), up where dF > 0. This
    exceeds 1, so that the one-sided penalty has the same best critic.

    >>> best = best_penalized()
    >>> middle = best.slopes[abs(X - 1).argmin()]
    >>> [round(float(x), 3) for x in (best.estimate, best.penalty, best.corrected, middle)]
    [2.21, 0.105, 2.0, 1.083]
    """
    gap, r = np.abs(_cdf_gap(centre, width)), interpolates(centre, width)
    # Where both are 0 in floating point, the slope costs and earns nothing.
    excess = np.divide(gap, 2 * weight * r, out=np.zeros_like(gap), where=r > 1e-100)
    slopes = 1 + excess
    return PenalizedCritic(
        slopes,
        float((slopes * gap).sum() * DX),
        float(weight * (r * excess**2).sum() * DX),
        float(gap.sum() * DX),
    )


def train_penalized(
    centre: float = 2.0,
    width: float = 1.0,
    weight: float = 10.0,
    *,
    one_sided: bool = False,
    seed: int = 0,
) -> PenalizedCritic:
    """Train a critic with a gradient penalty, on fresh samples, for 1,500 steps.

    Args:
        centre: mean of the data; P_G is N(0, 1).
        width: standard deviation of the data.
        weight: of the penalty.
        one_sided: whether slopes below 1 are free.
        seed: of the training.

    >>> critic = train_penalized()
    >>> bool(abs(critic.corrected - 2) < 0.06)
    True
    """
    game = side_by_side(
        [lipschitz.gradient_penalty(weight, one_sided=one_sided)],
        centre=centre, width=width, units=64, num_samples=256,
    )  # fmt: skip
    state = training.init(game, jax.random.key(seed))
    for num_steps, rate in _PARTS:
        settings = training.Settings(discriminator_learning_rate=rate, freeze_generator=True)
        state, _ = training.train(game, state, num_steps, settings)
    seen = look(game, state)
    slopes, estimate = np.asarray(seen.slopes[0], float), float(seen.estimate[0])
    excess = np.clip(slopes - 1, 0 if one_sided else None, None)
    penalty = float(weight * (interpolates(centre, width) * excess**2).sum() * DX)
    return PenalizedCritic(slopes, estimate, penalty, float(np.abs(_cdf_gap(centre, width)).sum() * DX))


@functools.lru_cache(maxsize=64)
def _trained(centre: float, weight: float) -> PenalizedCritic:
    return train_penalized(centre, 1.0, weight)


def penalty_optimum() -> LiveFigure:
    """Show the slope of the penalty's best critic and of a trained one, and what both say about W1.

    >>> live = penalty_optimum()
    >>> live.settle(60), live.stage.alt.split(";")[0]
    (True, 'shift 2.00, weight 10: W1 2.000, the best critic has estimate 2.210 and penalty 0.105')
    >>> live.close()
    """
    figure = plotting.new_figure(9.0, 4.2)
    cells = GridSpec(1, 2, figure, width_ratios=(5, 4))
    limits = (-4.0, 7.0)
    ax = plotting.axes(
        figure,
        cells[0],
        title="how steep the critic is",
        xlim=limits,
        ylim=(0, 3),
        xlabel="x",
        ylabel="|f'(x)|",
    )
    ax.axhline(1, color="#999999", lw=1, ls=":")
    data, made = plotting.Density(ax, X, plotting.DATA), plotting.Density(ax, X, plotting.GENERATED)
    trained = plotting.Curve(ax, X, plotting.CRITIC, "trained critic")
    best = plotting.Curve(ax, X, plotting.EXACT, "best critic")
    plotting.legend(ax, place="upper left")
    weights = np.geomspace(0.3, 100, 41)
    ax = plotting.axes(
        figure,
        cells[1],
        title="what they say about W1",
        xlim=(weights[0], weights[-1]),
        ylim=(0, 6),
        xscale="log",
        xlabel="weight of the penalty",
    )
    estimates = plotting.Curve(ax, weights, plotting.LEARNED, "estimate")
    w1 = plotting.Curve(ax, weights[[0, -1]], plotting.EXACT, "W1 = estimate − 2 penalty")
    dots = [
        plotting.Dots(ax, [1.0], plotting.LEARNED, "trained: estimate", ms=9),
        plotting.Dots(ax, [1.0], plotting.CRITIC, "trained: estimate − 2 penalty", ms=9),
    ]
    # Below: inside the axes it would meet the curve at one shift or another.
    plotting.legend(ax, place="upper center", bbox_to_anchor=(0.5, -0.14), ncols=2, columnspacing=1.0)
    note = plotting.Note(ax, 0.03, 0.14)
    done: dict[tuple[float, float], PenalizedCritic] = {}

    def update(shift: float, weight: float) -> str:
        at_best = best_penalized(shift, 1.0, weight)
        data.set(2 * normal(X, shift))
        made.set(2 * normal(X))
        best.set(at_best.slopes)
        # The estimate is W1 plus twice the penalty, and the penalty goes with 1 / weight.
        estimates.set(at_best.w1 + 2 * at_best.penalty * weight / weights)
        w1.set([at_best.w1] * 2)
        note.text.set_y(0.98 if at_best.w1 < 2 else 0.14)
        words = (
            f"shift {shift:.2f}, weight {weight:g}: W1 {at_best.w1:.3f}, the best critic has estimate "
            f"{at_best.estimate:.3f} and penalty {at_best.penalty:.3f}"
        )
        found = done.get((shift, weight))
        if found is None:
            trained.set(np.full(X.shape, np.nan))
            for dot in dots:
                dot.set([np.nan])
            note.set("training …")
            return f"{words}; training"
        trained.set(found.slopes)
        for dot, height in zip(dots, (found.estimate, found.corrected), strict=True):
            dot.set([height], [weight])
        note.set(f"trained: {found.estimate:.3f} − 2 · {found.penalty:.3f} = {found.corrected:.3f}")
        return (
            f"{words}; trained: estimate {found.estimate:.3f}, less twice the penalty {found.corrected:.3f}"
        )

    def work(shift: float, weight: float) -> Callable[[], str]:
        done[shift, weight] = _trained(shift, weight)
        return lambda: update(shift, weight)

    controls = {
        "shift": slider("shift of the data", 0.5, 4.0, 2.0),
        "weight": slider("penalty weight", 0.3, 100.0, 10.0, log=True),
    }
    things = [data, made, trained, best, estimates, w1, *dots, note]
    return LiveFigure(Stage(figure, plotting.moving(*things)), update, controls, work=work, main="weight")
