"""Nine f-GANs at once, three of them shown: a G that is one Gaussian learns data of two bumps."""

import functools
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import numpy as np
from jaxtyping import Float
from matplotlib.gridspec import GridSpec

from gantheory import _checks, distributions, plotting, training
from gantheory.explorables import _value
from gantheory.explorables.f_gan._exact_fit import BUMP, best_gaussian
from gantheory.explorables.f_gan._rows import ALL, Fits, X, bumps, density, measure_many
from gantheory.live.controls import choice, slider
from gantheory.live.trainer import LiveTrainer, Run

__all__ = ["Learned", "TrainedFit", "fit_game", "learn_fits", "trained_fit"]

NUM_SEEDS = 8
# Five steps of T for one of G: the slope that G follows is that of D_f only where T is near T*.
SETTINGS = training.Settings(5e-3, 1e-2, num_critic_steps=5)
_LOOKS = (plotting.CRITIC, plotting.GENERATED, plotting.DIVERGENCE)
_LOW, _HIGH = -1.5, 2.7


def fit_game(separation: float = 4.0, start: float = 1.5, width: float = 1.0) -> Fits:
    """Make the game of nine f-GANs, one for each row, whose G is one Gaussian.

    P_data has two equal bumps of standard deviation 0.6, `separation` apart.

    Args:
        separation: of the bumps.
        start: G starts near this place or near its mirror image, by chance.
        width: the standard deviation G starts with.
    """
    made = distributions.Gaussian(start, width)
    return Fits(bumps(separation, BUMP), made, num_samples=128, capacity=128)


class Learned(NamedTuple):
    """Where the eight G of one row ended.

    Attributes:
        mean: their centres, [8].
        std: their standard deviations, [8].
        divergence: D_f(P_data || P_G) of each, by quadrature, [8].
    """

    mean: Float[np.ndarray, "seeds"]
    std: Float[np.ndarray, "seeds"]
    divergence: Float[np.ndarray, "seeds"]


def learn_fits(
    num_steps: int = 600, *, separation: float = 4.0, start: float = 1.5, width: float = 1.0
) -> dict[str, Learned]:
    """Train eight seeds of the f-GAN of each row, as `trained_fit` does, without a picture.

    Args:
        num_steps: at least 1; T takes five steps in each.
        separation: of the bumps, from 0 to 6.
        start: where G starts, or its mirror image.
        width: G's first standard deviation, above 0.

    Returns:
        By row, where the eight G ended.

    Raises:
        TypeError, ValueError: if an argument is not as above.

    >>> ends = learn_fits(400)
    >>> bool(abs(ends["kl"].mean).max() < 1), bool(abs(ends["reverse_kl"].mean).min() > 1.8)
    (True, True)
    """
    _checks.number("separation", separation, at_least=0, at_most=6)
    _checks.number("start", start)
    _checks.number("width", width, above=0)
    run = Run(fit_game(separation, start, width), 0, num_seeds=NUM_SEEDS, measure=measure_many)
    run.advance(num_steps, SETTINGS)
    means, stds = _gaussians(run)
    ends = run.measured["ceiling"][..., -1]
    return {name: Learned(means[:, i], stds[:, i], ends[:, i]) for i, name in enumerate(ALL)}


def _gaussians(run: Run) -> tuple[Float[np.ndarray, "seeds rows"], Float[np.ndarray, "seeds rows"]]:
    params = run.state.generator.params
    return np.asarray(params["mean"])[..., 0], np.exp(np.asarray(params["log_std"])[..., 0])


@functools.lru_cache(maxsize=512)
def _best(name: str, separation: float) -> float:
    return best_gaussian(name, separation).divergence


def _number(x: float) -> str:
    return _value.in_words(x) if abs(x) < 1000 else f"{x:.0e}"


class TrainedFit:
    """Three columns, one a row of the table: eight P_G over the data, and D_f of each against steps.

    Args:
        third: Tells which row stands in the third column; kl and reverse_kl stand in the others.
    """

    def __init__(self, third: Callable[[], str]) -> None:
        self._third = third
        self.figure = plotting.new_figure(9.0, 4.8)
        cells = GridSpec(2, 3, self.figure, height_ratios=(1.2, 1))
        self._x = np.linspace(-6.0, 6.0, 241)
        self._data, self._made, self._traces, self._best, self._notes = [], [], [], [], []
        self._trace_axes = []
        titles = ("kl: KL(P_data ‖ P_G)", "reverse kl: KL(P_G ‖ P_data)", "a third row")
        for column, (look, title) in enumerate(zip(_LOOKS, titles, strict=True)):
            ax = plotting.axes(
                self.figure, cells[0, column], title=title, xlim=(-6, 6), ylim=(0, 0.95), xlabel="x"
            )
            ax.set_ylabel("density" if column == 0 else "")
            self._data.append(plotting.Density(ax, self._x, plotting.DATA))
            self._made.append(
                [plotting.Curve(ax, self._x, look, lw=1.2, alpha=0.8) for _ in range(NUM_SEEDS)]
            )
            self._notes.append(plotting.Note(ax, 0.02, 0.99, size=9))
            ax = plotting.axes(
                self.figure, cells[1, column], xlim=(0, 800), ylim=(_LOW, _HIGH), xlabel="G's steps"
            )
            ax.set_ylabel("D_f of the eight" if column == 0 else "")
            ax.axhline(0, color="#BBBBBB", lw=1)
            self._trace_axes.append(ax)
            self._best.append(plotting.Curve(ax, [0, 1], plotting.EXACT, lw=1.5))
            self._traces.append(
                [plotting.Curve(ax, [0.0], look, lw=1.2, alpha=0.8, ls="-") for _ in range(NUM_SEEDS)]
            )
        shown = [*self._data, *self._best, *self._notes]
        shown += [curve for curves in (*self._made, *self._traces) for curve in curves]
        self.artists = plotting.moving(*shown)
        self._density = jax.jit(lambda game: density(game.target))

    def measure(self, game: Fits, state: training.State) -> Mapping[str, Any]:
        """Measure each row's D_f, for the traces."""
        return {"ceiling": measure_many(game, state)["ceiling"]}

    def update(self, run: Run) -> str:
        """Move everything to where the run stands."""
        p = np.interp(self._x, X, np.asarray(self._density(run.game)))
        separation = float(run.game.target.means[1, 0] - run.game.target.means[0, 0])
        means, stds = _gaussians(run)
        right = max(800, int(np.ceil(run.step / 800)) * 800)
        words = []
        for i, name in enumerate(("kl", "reverse_kl", self._third())):
            row = ALL.index(name)
            best = _best(name, round(separation, 4))
            self._data[i].set(p)
            for curve, mean, std in zip(self._made[i], means[:, row], stds[:, row], strict=True):
                curve.set(_value.normal(self._x, float(mean), float(std)))
            steps, values = plotting.thin(run.measured_at, run.measured["ceiling"][:, row], most=200)
            for curve, value in zip(self._traces[i], values, strict=True):
                curve.set(np.clip(value, -10, 10), steps)
            self._best[i].set([best] * 2, [0, right])
            if self._trace_axes[i].get_xlim()[1] != right:
                self._trace_axes[i].set_xlim(0, right)
            # One Gaussian covers both bumps where it stands between them, and picks one where it stands on it.
            near = np.abs(np.abs(means[:, row]) - separation / 2) < separation / 4
            picked = int((near & (stds[:, row] < separation / 5)).sum())
            median = float(np.median(values[:, -1]))
            said = name.replace("_", " ")
            self._notes[i].set(
                f"{said}: {picked} of 8 pick one bump\nD_f {_number(median)}, best {_value.in_words(best)}"
            )
            words.append(
                f"{name}: {picked} of 8 pick one bump, median D_f {_number(median)}, best {best:.3f}"
            )
        return f"step {run.step}; " + "; ".join(words)


def trained_fit() -> LiveTrainer:
    """Train eight seeds of each f-GAN, from the same starts: does one Gaussian cover both bumps, or pick one?

    All nine rows are trained at once, on the same samples; choosing a third one shows another one.

    >>> live = trained_fit()
    >>> live.step_once()
    >>> live.stage.alt.startswith("step 1; kl: 0 of 8 pick one bump")
    True
    >>> live.close()
    """
    others = [(name.replace("_", " "), name) for name in ALL if name not in ("kl", "reverse_kl")]
    structure = {"start": slider("start of G, ±", 0.0, 3.0, 1.5, step=0.1)}
    moves = {
        "separation": slider("distance of bumps", 2.0, 6.0, 4.0, step=0.1),
        "third": choice("a third row", others, "js"),
    }

    def make_game(start: float, separation: float, third: str) -> Fits:
        del third  # which row is shown, which is no part of the game
        return fit_game(separation, start)

    return LiveTrainer(
        make_game,
        TrainedFit(lambda: moves["third"].value),
        structure=structure,
        moves=moves,
        settings=SETTINGS,
        num_seeds=NUM_SEEDS,
        speed=10,
    )
