"""Several losses from one far start: the same discriminator, the same seeds, the same clock."""

import dataclasses
import functools
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Int
from matplotlib.axes import Axes
from matplotlib.gridspec import GridSpec

from gantheory import _pytree, distributions, games, lipschitz, losses, plotting, training
from gantheory.live.controls import choice, slider, whole_slider
from gantheory.live.figure import LiveFigure
from gantheory.live.stage import Stage
from gantheory.networks import MLP

__all__ = ["NO_CLIP", "PAIR", "Centres", "FarStart", "Journey", "Runner", "journey"]

NO_CLIP = 1e30
"""A clip so wide that it clips nothing: a critic that nothing holds shares the compilation of a clipped one."""

_NUM_SEEDS, _NUM_STEPS, _PIECE = 8, 600, 20
_NUM_SEEN = 500
# Plain descent takes a small slope for a small step. Adam divides by the slope's own size, and so hides part of it.
_OPTIMIZERS = {"plain gradient descent": optax.identity(), "Adam": games.DEFAULT_OPTIMIZER}
_RATES = {"plain gradient descent": (0.02, 0.2), "Adam": (1e-3, 5e-3)}
_PLAIN = "plain gradient descent"
_LOSSES = ("minimax", "non_saturating", "wasserstein")
# Journeys to their end: the cell under a figure asks for the same ones again.
_DONE: dict[tuple[Any, ...], "Journey"] = {}


class Runner(NamedTuple):
    """One of the trainings of a picture.

    Attributes:
        loss: "minimax", "non_saturating" or "wasserstein".
        look: how it looks.
        constraint: what holds its critic.
    """

    loss: str
    look: plotting.Look
    constraint: lipschitz.Constraint | None = None


PAIR = {
    "minimax": Runner("minimax", plotting.LATENT._replace(dashes="-")),
    "non-saturating": Runner("non_saturating", plotting.LEARNED._replace(dashes="--")),
}
"""What notebook 02 compares."""


class Journey(NamedTuple):
    """Where P_G went.

    Attributes:
        steps: G's steps, [n].
        centre: mean of P_G after each, [seeds, n].
        slope: mean size of the slope of G's loss by D's score, over P_G, [seeds, n].
        push: mean size of the slope of G's loss by the generated point, over P_G, [seeds, n].
    """

    steps: np.ndarray
    centre: np.ndarray
    slope: np.ndarray
    push: np.ndarray


@functools.cache  # One function for each network, so that games made again compile nothing anew.
def _network(width: int, depth: int) -> games.NetworkFactory:
    return lambda rngs: MLP(1, 1, width=width, depth=depth, rngs=rngs)


@_pytree.register(dynamic=("game", "which"))
@dataclasses.dataclass(frozen=True, eq=False)
class _AnyLoss(games.Game):
    """A GAN whose loss is a number among its leaves, so that the trainings of all losses share one compilation.

    Attributes:
        game: from `games.gan`; its own loss is never asked.
        which: the place of the loss in `_LOSSES`.
    """

    game: games.Game
    which: Int[Array, ""]

    @property
    def optimizer(self) -> optax.GradientTransformation:
        """The GAN's."""
        return self.game.optimizer

    @property
    def loss(self) -> losses.GANLoss:
        """The loss that `which` says."""

        def part(name: str) -> Callable[..., Float[Array, ""]]:
            parts = [getattr(losses.LOSSES[loss], name) for loss in _LOSSES]
            return lambda *scores: jax.lax.switch(self.which, parts, *scores)

        return losses.GANLoss(*map(part, losses.GANLoss._fields))

    def _gan(self) -> games.Game:
        return dataclasses.replace(self.game, loss=self.loss)

    def init(self, key: Array) -> tuple[games.Player, games.Player]:
        """Make the GAN's players: no loss has a say in that."""
        return self.game.init(key)

    def sample(self, key: Array) -> Float[Array, "n 1"]:
        """Draw real points."""
        return self.game.sample(key)

    def discriminator_loss(
        self, discriminator: games.Player, generator: games.Player, batch: Any, key: Array, settings: Any
    ) -> games.LossResult:
        """Compute the chosen loss of D."""
        return self._gan().discriminator_loss(discriminator, generator, batch, key, settings)

    def generator_loss(
        self, generator: games.Player, discriminator: games.Player, batch: Any, key: Array, settings: Any
    ) -> games.LossResult:
        """Compute the chosen loss of G."""
        return self._gan().generator_loss(generator, discriminator, batch, key, settings)

    def project(self, discriminator: games.Player, settings: Any) -> games.Player:
        """Let the constraint project D."""
        return self.game.project(discriminator, settings)


def _game(loss: str, gap: float, optimizer: str, constraint: lipschitz.Constraint | None) -> _AnyLoss:
    game = games.gan(
        _network(16, 1),
        _network(32, 2),
        _LOSSES[0],
        lipschitz.weight_clipping(NO_CLIP) if constraint is None else constraint,
        prior=distributions.Gaussian(0.0, 1.0),
        target=distributions.Gaussian(gap, 0.5),
        batch_size=64,
        optimizer=_OPTIMIZERS[optimizer],
    )
    return _AnyLoss(game, _pytree.scalar(_LOSSES.index(loss), int))


@jax.jit
def _look(game: _AnyLoss, states: training.State) -> tuple[Float[Array, "seeds"], ...]:
    def one(state: training.State) -> tuple[Array, ...]:
        fake = games.generate(game.game, state, jax.random.key(1), _NUM_SEEN)
        scores = games.discriminator_function(game.game, state)
        # G's loss is a mean over samples: its slope by one of them is that sample's share, n times too small.
        slopes = jax.grad(lambda s: game.loss.generator(s) * _NUM_SEEN)(scores(fake))
        pushes = jax.grad(lambda x: game.loss.generator(scores(x)) * _NUM_SEEN)(fake)
        return fake.mean(), jnp.abs(slopes).mean(), jnp.abs(pushes).mean()

    return jax.vmap(one)(states)


def _pieces(
    game: games.Game, head_start: int, num_steps: int, rates: tuple[float, float]
) -> Iterator[tuple[np.ndarray, ...]]:
    states = training.init_many(game, jax.random.split(jax.random.key(0), _NUM_SEEDS))
    if head_start:
        frozen = training.Settings(*rates, 5, freeze_generator=True)
        states, _ = training.train_many(game, states, head_start, frozen)
    settings = training.Settings(*rates, 5)
    for piece in range(num_steps // _PIECE + 1):
        if piece:
            states, _ = training.train_many(game, states, _PIECE, settings)
        yield tuple(np.asarray(seen) for seen in _look(game, states))


def journey(
    loss: str,
    gap: float = 4.0,
    head_start: int = 300,
    optimizer: str = _PLAIN,
    *,
    constraint: lipschitz.Constraint | None = None,
    num_steps: int | None = None,
    rates: tuple[float, float] | None = None,
    give_up: Callable[[], bool] = lambda: False,
) -> Journey:
    """Train eight seeds whose data lie `gap` away from where G starts, D ahead by `head_start` steps.

    D takes five updates a step. All losses share seeds, samples, start and D's head start.

    Args:
        loss: "minimax", "non_saturating" or "wasserstein".
        gap: centre of the data, N(gap, 0.25).
        head_start: steps of D alone before G's first.
        optimizer: "plain gradient descent" or "Adam", for both players.
        constraint: what holds the critic.
        num_steps: of G; 600 where None.
        rates: learning rates of G and of D; those of notebook 02 for this optimiser where None.
        give_up: asked after each piece; True ends the training early.

    Returns:
        The `Journey`, one look for 20 steps.

    >>> moved = journey("non_saturating")
    >>> moved.centre.shape, bool(abs(np.median(moved.centre[:, -1]) - 4) < 0.5)
    ((8, 31), True)
    """
    num_steps, rates = num_steps or _NUM_STEPS, rates or _RATES[optimizer]
    numbers, kind = jax.tree.flatten(constraint)
    asked = (loss, gap, head_start, optimizer, num_steps, rates, kind, *map(float, numbers))
    if asked in _DONE:
        return _DONE[asked]
    looks = []
    for look in _pieces(_game(loss, gap, optimizer, constraint), head_start, num_steps, rates):
        looks.append(look)
        if give_up():
            break
    columns = (np.stack(column, axis=1) for column in zip(*looks, strict=True))
    journey = Journey(np.arange(len(looks)) * _PIECE, *columns)
    if len(looks) == num_steps // _PIECE + 1:
        _DONE[asked] = journey
    return journey


class Centres:
    """The centre of P_G against G's steps: for each runner eight thin lines, their ribbon and their median."""

    def __init__(self, ax: Axes, runners: Mapping[str, Runner], num_steps: int):
        self._goal = plotting.Curve(ax, [0, num_steps], plotting.EXACT, "centre of the data")
        self._traces = {name: plotting.Trace(ax, runner.look, name) for name, runner in runners.items()}
        nothing = np.zeros(0)
        self._seeds = {
            name: [plotting.Curve(ax, nothing, runner.look, lw=0.7, alpha=0.7) for _ in range(_NUM_SEEDS)]
            for name, runner in runners.items()
        }
        curves = [curve for curves in self._seeds.values() for curve in curves]
        self.artists = plotting.moving(self._goal, *self._traces.values(), *curves)

    def set(self, gap: float, done: Mapping[str, Journey]) -> None:
        """Show the goal, and the journeys that are done; the others vanish."""
        self._goal.set([gap, gap])
        for name, trace in self._traces.items():
            way = done.get(name)
            steps = np.zeros(0) if way is None else way.steps
            centre = np.zeros((_NUM_SEEDS, 0)) if way is None else way.centre
            trace.set(steps, centre)
            for curve, one in zip(self._seeds[name], centre, strict=True):
                curve.set(one, steps)


class FarStart(LiveFigure):
    """Eight seeds of each runner: where P_G's centre goes, and how steep G's loss is, against steps.

    Args:
        runners: the trainings, by name.
        by: of which slope of G's loss the second panel shows the mean size: by D's "score", or by the "point".
    """

    def __init__(self, runners: Mapping[str, Runner] = PAIR, *, by: str = "score") -> None:
        self._runners, self._by = dict(runners), {"score": "slope", "point": "push"}[by]
        figure = plotting.new_figure(9.0, 4.2)
        cells = GridSpec(1, 2, figure, width_ratios=(3, 2))
        clock: dict[str, Any] = {"xlim": (0, _NUM_STEPS), "xlabel": "G's steps after D's head start"}
        title = "the centre of P_G, eight seeds each"
        ax = plotting.axes(figure, cells[0, 0], title=title, ylim=(-1.5, 13.5), ylabel="x", **clock)
        self._centres = Centres(ax, self._runners, _NUM_STEPS)
        self._note = plotting.Note(ax, 0.5, 0.98, align="center")
        plotting.legend(ax, place="upper right", bbox_to_anchor=(1.0, 0.93))
        title = f"mean slope of G's loss by the {by}"
        limits = (1e-7, 3) if by == "score" else (1e-6, 100)
        ax = plotting.axes(figure, cells[0, 1], title=title, ylim=limits, yscale="log", **clock)
        self._slopes = {name: plotting.Trace(ax, run.look, name) for name, run in self._runners.items()}
        super().__init__(
            Stage(figure, plotting.moving(self._centres, *self._slopes.values(), self._note)),
            self._blank,
            {
                "gap": slider("gap to the data", 0.5, 6.0, 4.0),
                "head_start": whole_slider("D's head start", 0, 500, 300, step=50),
                "optimizer": choice("optimiser of both", list(_OPTIMIZERS)),
            },
            work=self._train,
        )

    def _blank(self, gap: float, head_start: int, optimizer: str) -> str:
        self._centres.set(gap, {})
        for trace in self._slopes.values():
            trace.set(np.zeros(0), np.zeros((1, 0)))
        self._note.set(f"training {_NUM_SEEDS * len(self._runners)} generators …")
        return f"gap {gap:.1f}, head start of D {head_start} steps, {optimizer}: training"

    def _train(self, gap: float, head_start: int, optimizer: str) -> Callable[[], str] | None:
        done = {}
        for name, runner in self._runners.items():
            done[name] = journey(
                runner.loss,
                gap,
                head_start,
                optimizer,
                constraint=runner.constraint,
                give_up=lambda: self._behind.waiting,
            )
            if self._behind.waiting:
                return None
        return lambda: self._show(done, gap, head_start, optimizer)

    def _show(self, done: dict[str, Journey], gap: float, head_start: int, optimizer: str) -> str:
        self._centres.set(gap, done)
        parts = []
        for name, way in done.items():
            self._slopes[name].set(way.steps, np.clip(getattr(way, self._by), 1e-12, None))
            moved = way.centre[:, -1] - way.centre[:, 0]
            parts.append(f"{name} moved {np.median(moved):.2f} (median of 8 seeds)")
        self._note.set("")
        return f"gap {gap:.1f}, head start of D {head_start} steps, {optimizer}: " + ", ".join(parts)
