"""What mismatched real pairs ask of G where classes overlap: the best answer exactly, and eight trained ones."""

import dataclasses
import functools
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, ArrayLike, Float
from matplotlib.gridspec import GridSpec
from scipy.special import ndtr

from gantheory import distributions, games, lipschitz, plotting, training
from gantheory.games import Game
from gantheory.live.controls import slider
from gantheory.live.figure import LiveFigure
from gantheory.live.stage import Stage
from gantheory.networks import ConditionalMLP

__all__ = ["BestMade", "best_with_mismatch", "line_game", "mismatched_pairs", "train_line"]

_X = np.linspace(-7.0, 7.0, 1400)
_DISTANCES = np.linspace(0.5, 6.0, 56)
_EDGES = np.linspace(-5.0, 6.0, 56)
_NUM_SEEDS, _NUM_STEPS, _NUM_SAMPLES = 8, 600, 2000
_SETTINGS = training.Settings(1e-3, 3e-3, ema_decay=0.99)


def _normal(x: Float[np.ndarray, "... n"], mean: ArrayLike) -> Float[np.ndarray, "... n"]:
    return np.exp(-0.5 * (x - mean) ** 2) / np.sqrt(2 * np.pi)


class BestMade(NamedTuple):
    """What the best G makes for class 1 (class 0 is the mirror image).

    Attributes:
        density: at each x.
        mean: its mean.
        agreement: the share of its points on class 1's side.
    """

    density: Float[np.ndarray, "n"]
    mean: float
    agreement: float


def best_with_mismatch(
    distance: float, mismatched: float = 1.0, x: Float[np.ndarray, "n"] | None = None
) -> BestMade:
    """Compute the best answer of G where real points with wrong labels count as fakes.

    The data have two equally likely classes, p(x | 1) = N(distance/2, 1) and w(x) = p(x | 0) = N(-distance/2, 1). With
    weight s, D compares p(x | 1) with m = (1 - s/2) p_G(x | 1) + (s/2) w. G's answers cannot be improved where p / m is
    the same wherever G has mass, and smaller elsewhere:

        (1 - s/2) p_G(x | 1) = max(0, a p(x | 1) - (s/2) w(x)),

    with the a between 1 - s/2 and 1 for which p_G has mass 1.

    Args:
        distance: between the means of the classes.
        mismatched: the weight s, from 0 to 1.
        x: an even grid that holds nearly all of the mass.

    >>> made = best_with_mismatch(2.0)
    >>> round(made.mean, 2), round(made.agreement, 3)  # of the data: 1 and 0.841
    (1.4, 0.993)
    """
    x = _X if x is None else x
    p, w = _normal(x, distance / 2), _normal(x, -distance / 2)
    dx = x[1] - x[0]
    made = _water_filling(p[None], w[None], mismatched, dx)[0]
    return BestMade(made, float((x * made).sum() * dx), float(made[x > 0].sum() * dx))


def _water_filling(
    p: Float[np.ndarray, "k n"], w: Float[np.ndarray, "k n"], mismatched: float, dx: float
) -> Float[np.ndarray, "k n"]:
    """Solve for the a of `best_with_mismatch` by bisection, for densities on a grid."""
    share = mismatched / 2

    def density(a: Float[np.ndarray, "k"]) -> Float[np.ndarray, "k n"]:
        return np.maximum(0, a[:, None] * p - share * w) / (1 - share)

    # At a = 1 the difference has all the mass that is asked for, and cutting it at 0 only adds.
    low, high = np.zeros(len(p)), np.ones(len(p))
    for _ in range(40):
        middle = (low + high) / 2
        short = density(middle).sum(axis=1) * dx < 1
        low, high = np.where(short, middle, low), np.where(short, high, middle)
    return density(high)


@functools.lru_cache(maxsize=64)
def _agreements(mismatched: float) -> Float[np.ndarray, "k"]:
    """Compute the best answer's agreement for each of `_DISTANCES`."""
    x = np.linspace(-8, 8, 321)
    dx = x[1] - x[0]
    p, w = (_normal(x[None], sign * _DISTANCES[:, None] / 2) for sign in (1, -1))
    made = _water_filling(p, w, mismatched, dx)
    # The grid has a point at 0: half of its cell belongs to either side.
    return (made[:, x > 0].sum(axis=1) + made[:, x == 0].sum(axis=1) / 2) * dx


# Made once: a game of another factory would compile its start anew.
def _network(rngs: nnx.Rngs) -> nnx.Module:
    return ConditionalMLP(1, 1, 2, width=32, rngs=rngs)


@functools.cache
def _some_game() -> Game:
    return games.conditional_gan(
        _network,
        _network,
        "non_saturating",
        lipschitz.r1(0.1),
        prior=distributions.Gaussian(0.0, 1.0),
        target=_law(1.0),
        mismatched=0.0,
        batch_size=128,
    )


def _law(distance: float) -> distributions.GaussianMixture:
    return distributions.GaussianMixture(np.array([[-distance], [distance]]) / 2, 1.0)


def line_game(distance: float, mismatched: float = 1.0) -> Game:
    """Make the game of two classes on the line, N(-distance/2, 1) and N(distance/2, 1).

    Args:
        distance: between the means.
        mismatched: how much real points with a wrong label count as fakes, from 0 to 1.

    >>> float(line_game(2.0, 0.5).mismatched)
    0.5
    """
    share = jnp.asarray(mismatched, jnp.result_type(float))
    return dataclasses.replace(_some_game(), target=_law(distance), mismatched=share)


@jax.jit
def _made(game: Game, states: training.State) -> Float[Array, "seeds n"]:
    keys = jax.random.split(jax.random.key(1), _NUM_SEEDS)
    return jax.vmap(
        lambda state, key: games.generate(game, training.averaged(state), key, _NUM_SAMPLES, labels=1)[:, 0]
    )(states, keys)


@functools.cache
def _start() -> training.State:
    return training.init_many(_some_game(), jax.random.split(jax.random.key(0), _NUM_SEEDS))


@functools.lru_cache(maxsize=256)
def train_line(distance: float, mismatched: float = 1.0) -> Float[np.ndarray, "seeds n"]:
    """Train `line_game` from eight seeds, 600 steps each, and ask each G for 2,000 points of class 1.

    Args:
        distance: between the means of the classes.
        mismatched: how much mismatched pairs count, from 0 to 1.

    >>> train_line(2.0).shape
    (8, 2000)
    """
    game = line_game(distance, mismatched)
    states, _ = training.train_many(game, _start(), _NUM_STEPS, _SETTINGS)
    return np.asarray(_made(game, states))


def mismatched_pairs() -> LiveFigure:
    """Show what G is asked for when mismatched pairs count as fakes, and what eight trained ones make of it.

    >>> live = mismatched_pairs()
    >>> live.stage.alt.split("; ")[1]
    'mean of the data 1.00, of the best answer 1.40'
    >>> live.close()
    """
    figure = plotting.new_figure(9.0, 3.9)
    figure.set_layout_engine("none")
    place = GridSpec(1, 1, figure, left=0.065, right=0.655, bottom=0.13, top=0.93)
    ax = plotting.axes(
        figure,
        place[0],
        title="points for class 1",
        xlim=(_EDGES[0], _EDGES[-1]),
        ylim=(0, 0.82),
        xlabel="x",
        ylabel="density",
    )
    data = plotting.Density(ax, _X, plotting.DATA, "data, p(x | 1)")
    wrong = plotting.Curve(
        ax, _X, plotting.Look("#777777", "", "-."), "mismatched: s · p(x | 0), called class 1"
    )
    best = plotting.Curve(ax, _X, plotting.EXACT, "best answer of G, exactly", lw=2.5)
    bars = plotting.Histogram(ax, _EDGES, plotting.GENERATED, "eight trained G, 600 steps each")
    plotting.legend(ax, place="upper left")
    place = GridSpec(1, 1, figure, left=0.735, right=0.975, bottom=0.13, top=0.93)
    ax = plotting.axes(
        figure,
        place[0],
        title="share on class 1's side of 0",
        xlim=(0.5, 6),
        ylim=(0.48, 1.02),
        xlabel="distance of the classes",
    )
    plotting.Curve(ax, _DISTANCES, plotting.DATA, "data").set(ndtr(_DISTANCES / 2))
    made = plotting.Curve(ax, _DISTANCES, plotting.EXACT, "best answer of G", lw=2.5)
    dots = plotting.Points(ax, plotting.GENERATED, "the eight", size=7, alpha=0.6)
    plotting.legend(ax, place="lower right")

    def words(distance: float, mismatched: float, found: BestMade) -> str:
        return (
            f"classes {distance:g} apart, mismatched pairs count {mismatched:g}; mean of the data {distance / 2:.2f}, "
            f"of the best answer {found.mean:.2f}; on class 1's side {ndtr(distance / 2):.1%} of the data, "
            f"{found.agreement:.1%} of the best answer's points"
        )

    def update(distance: float, mismatched: float) -> str:
        found = best_with_mismatch(distance, mismatched)
        data.set(_normal(_X, distance / 2))
        wrong.set(np.where(mismatched > 0, mismatched * _normal(_X, -distance / 2), np.nan))
        best.set(found.density)
        made.set(_agreements(mismatched))
        for moved in (bars.steps, dots.line):
            moved.set_visible(False)
        return words(distance, mismatched, found)

    def train(distance: float, mismatched: float) -> Callable[[], str]:
        samples = train_line(distance, mismatched)

        def show() -> str:
            for moved in (bars.steps, dots.line):
                moved.set_visible(True)
            bars.set(samples.ravel())
            agreement = (samples > 0).mean(axis=1)
            dots.set(np.stack([np.full(_NUM_SEEDS, distance), agreement], axis=1))
            means = samples.mean(axis=1)
            return (
                f"{words(distance, mismatched, best_with_mismatch(distance, mismatched))}; eight trained: means "
                f"{means.min():.2f} to {means.max():.2f}, {agreement.min():.1%} to {agreement.max():.1%}"
            )

        return show

    controls = {
        "distance": slider("class distance", 0.5, 6.0, 2.0, step=0.1),
        "mismatched": slider("mismatched pairs", 0.0, 1.0, 1.0, step=0.05),
    }
    artists = plotting.moving(data, wrong, best, bars, made, dots)
    return LiveFigure(Stage(figure, artists), update, controls, work=train, main="mismatched")
