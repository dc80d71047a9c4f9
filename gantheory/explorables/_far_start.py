"""Minimax against non-saturating from a far start: the same discriminator, the same seeds, two losses for G."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float
from matplotlib.gridspec import GridSpec

from gantheory import distributions, games, plotting, training
from gantheory.live.controls import choice, slider, whole_slider
from gantheory.live.figure import LiveFigure
from gantheory.live.stage import Stage
from gantheory.networks import MLP

__all__ = ["LOSSES", "FarStart", "Journey", "journey"]

LOSSES = ("minimax", "non_saturating")
_NUM_SEEDS, _NUM_STEPS, _PIECE = 8, 600, 20
_NUM_SEEN = 500
# Plain descent takes a small slope for a small step. Adam divides by the slope's own size, and so hides part of it.
_OPTIMIZERS = {"plain gradient descent": optax.identity(), "Adam": games.DEFAULT_OPTIMIZER}
_RATES = {"plain gradient descent": (0.02, 0.2), "Adam": (1e-3, 5e-3)}
_PLAIN = "plain gradient descent"


class Journey(NamedTuple):
    """Where P_G went.

    Attributes:
        steps: G's steps, [n].
        centre: mean of P_G after each, [seeds, n].
        slope: mean size of the slope of G's loss by D's score, over P_G, [seeds, n].
    """

    steps: np.ndarray
    centre: np.ndarray
    slope: np.ndarray


def _network(width: int, depth: int) -> games.NetworkFactory:
    return lambda rngs: MLP(1, 1, width=width, depth=depth, rngs=rngs)


def _game(loss: str, gap: float, optimizer: str) -> games.Game:
    return games.gan(
        _network(16, 1),
        _network(32, 2),
        loss,
        prior=distributions.Gaussian(0.0, 1.0),
        target=distributions.Gaussian(gap, 0.5),
        batch_size=64,
        optimizer=_OPTIMIZERS[optimizer],
    )


@jax.jit
def _look(game: games.Game, states: training.State) -> tuple[Float[Array, "seeds"], Float[Array, "seeds"]]:
    def one(state: training.State) -> tuple[Array, Array]:
        fake = games.generate(game, state, jax.random.key(1), _NUM_SEEN)
        scores = games.discriminator_function(game, state)(fake)
        # G's loss is a mean over samples: its slope by one score is that sample's share, n times too small.
        slopes = jax.grad(lambda s: game.loss.generator(s) * _NUM_SEEN)(scores)
        return fake.mean(), jnp.abs(slopes).mean()

    return jax.vmap(one)(states)


def _pieces(
    loss: str, gap: float, head_start: int, optimizer: str
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    game = _game(loss, gap, optimizer)
    states = training.init_many(game, jax.random.split(jax.random.key(0), _NUM_SEEDS))
    g_rate, d_rate = _RATES[optimizer]
    if head_start:
        frozen = training.Settings(g_rate, d_rate, 5, freeze_generator=True)
        states, _ = training.train_many(game, states, head_start, frozen)
    settings = training.Settings(g_rate, d_rate, 5)
    for piece in range(_NUM_STEPS // _PIECE + 1):
        if piece:
            states, _ = training.train_many(game, states, _PIECE, settings)
        centre, slope = _look(game, states)
        yield np.asarray(centre), np.asarray(slope)


def journey(
    loss: str,
    gap: float = 4.0,
    head_start: int = 300,
    optimizer: str = _PLAIN,
    *,
    give_up: Callable[[], bool] = lambda: False,
) -> Journey:
    """Train eight seeds whose data lie `gap` away from where G starts, D ahead by `head_start` steps.

    D takes five updates a step. The two losses share seeds, samples, start and D's head start.

    Args:
        loss: "minimax" or "non_saturating".
        gap: centre of the data, N(gap, 0.25).
        head_start: steps of D alone before G's first.
        optimizer: "plain gradient descent" or "Adam", for both players.
        give_up: asked after each piece; True ends the training early.

    Returns:
        The `Journey`, 31 looks at 600 steps.

    >>> moved = journey("non_saturating")
    >>> moved.centre.shape, bool(abs(np.median(moved.centre[:, -1]) - 4) < 0.5)
    ((8, 31), True)
    """
    looks = []
    for look in _pieces(loss, gap, head_start, optimizer):
        looks.append(look)
        if give_up():
            break
    centre, slope = (np.stack(column, axis=1) for column in zip(*looks, strict=True))
    return Journey(np.arange(len(looks)) * _PIECE, centre, slope)


class FarStart(LiveFigure):
    """Eight seeds of each loss: where P_G's centre goes, and how steep G's loss is, against steps."""

    def __init__(self) -> None:
        figure = plotting.new_figure(9.0, 4.2)
        cells = GridSpec(1, 2, figure, width_ratios=(3, 2))
        ax = plotting.axes(
            figure,
            cells[0, 0],
            title="the centre of P_G, eight seeds each",
            xlim=(0, _NUM_STEPS),
            ylim=(-1.5, 9.5),
            xlabel="G's steps after D's head start",
            ylabel="x",
        )
        self._goal = plotting.Curve(ax, [0, _NUM_STEPS], plotting.EXACT, "centre of the data")
        looks = {
            "minimax": plotting.LATENT._replace(dashes="-"),
            "non_saturating": plotting.LEARNED._replace(dashes="--"),
        }
        names = {"minimax": "minimax", "non_saturating": "non-saturating"}
        self._centres = {loss: plotting.Trace(ax, looks[loss], names[loss]) for loss in LOSSES}
        steps = np.arange(0, _NUM_STEPS + 1, _PIECE)
        self._seeds = {
            loss: [plotting.Curve(ax, steps, looks[loss], lw=0.7, alpha=0.7) for _ in range(_NUM_SEEDS)]
            for loss in LOSSES
        }
        self._note = plotting.Note(ax, 0.5, 0.98, align="center")
        plotting.legend(ax, place="upper right", bbox_to_anchor=(1.0, 0.93))
        ax = plotting.axes(
            figure,
            cells[0, 1],
            title="mean slope of G's loss by the score",
            xlim=(0, _NUM_STEPS),
            ylim=(1e-7, 3),
            yscale="log",
            xlabel="G's steps after D's head start",
        )
        self._slopes = {loss: plotting.Trace(ax, looks[loss], names[loss]) for loss in LOSSES}
        shown = [self._goal, *self._centres.values(), *self._slopes.values(), self._note]
        shown += [curve for curves in self._seeds.values() for curve in curves]
        super().__init__(
            Stage(figure, plotting.moving(*shown)),
            self._blank,
            {
                "gap": slider("gap to the data", 0.5, 6.0, 4.0),
                "head_start": whole_slider("D's head start", 0, 500, 300, step=50),
                "optimizer": choice("optimiser of both", list(_OPTIMIZERS)),
            },
            work=self._train,
        )

    def _blank(self, gap: float, head_start: int, optimizer: str) -> str:
        self._goal.set([gap, gap])
        for loss in LOSSES:
            nothing = np.zeros(0)
            self._centres[loss].set(nothing, np.zeros((1, 0)))
            self._slopes[loss].set(nothing, np.zeros((1, 0)))
            for curve in self._seeds[loss]:
                curve.set(nothing, nothing)
        self._note.set("training 16 generators …")
        return f"gap {gap:.1f}, head start of D {head_start} steps, {optimizer}: training"

    def _train(self, gap: float, head_start: int, optimizer: str) -> Callable[[], str] | None:
        done = {}
        for loss in LOSSES:
            done[loss] = journey(loss, gap, head_start, optimizer, give_up=lambda: self._behind.waiting)
            if self._behind.waiting:
                return None
        return lambda: self._show(done, gap, head_start, optimizer)

    def _show(self, done: dict[str, Journey], gap: float, head_start: int, optimizer: str) -> str:
        parts = []
        for loss, way in done.items():
            self._centres[loss].set(way.steps, way.centre)
            self._slopes[loss].set(way.steps, np.clip(way.slope, 1e-12, None))
            for curve, centre in zip(self._seeds[loss], way.centre, strict=True):
                curve.set(centre, way.steps)
            moved = way.centre[:, -1] - way.centre[:, 0]
            parts.append(f"{loss.replace('_', '-')} moved {np.median(moved):.2f} (median of 8 seeds)")
        self._note.set("")
        return f"gap {gap:.1f}, head start of D {head_start} steps, {optimizer}: " + ", ".join(parts)
