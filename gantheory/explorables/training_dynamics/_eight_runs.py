"""Eight small GANs on the line, side by side, as the figures of the stall and of the clinic train them."""

import dataclasses
import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx
from jaxtyping import Array, Float

from gantheory import distributions, games, lipschitz, losses, training, transport
from gantheory.lipschitz import Constraint
from gantheory.networks import MLP

__all__ = ["NUM_SEEDS", "OPTIMIZERS", "Course", "X", "bumps", "game", "look", "train"]

NUM_SEEDS = 8
X = np.linspace(-6.0, 10.0, 161)
"""Where `look` takes the scores."""
OPTIMIZERS: dict[str, optax.GradientTransformation] = {
    "Adam, momentum 0": games.DEFAULT_OPTIMIZER,
    "Adam, momentum 0.5": optax.scale_by_adam(b1=0.5, b2=0.99),
    "Adam, momentum 0.9": optax.scale_by_adam(b1=0.9, b2=0.99),
    "plain descent": optax.identity(),
}
"""The optimisers by name, each made once: a new one would compile anew."""

_NUM_MEASURED = 1000
_KEY = 7


def _generator(rngs: nnx.Rngs) -> nnx.Module:
    return MLP(1, 1, width=16, depth=2, activation="leaky_relu", rngs=rngs)


@functools.cache
def _discriminator(depth: int) -> games.NetworkFactory:
    return lambda rngs: MLP(1, 1, width=32, depth=depth, activation="leaky_relu", rngs=rngs)


def bumps(left: float, right: float, std: float = 0.5) -> distributions.Distribution:
    """Make two equal bumps on the line; one bump, where `left` is `right`.

    Whatever the numbers, the law has one structure, so that all trainings share their compiled steps.
    """
    return distributions.GaussianMixture([[left], [right]], std, [0.5, 0.5])


@functools.cache
def _some_game(loss: str | losses.GANLoss, depth: int, optimizer: str) -> games.Game:
    return games.gan(
        _generator,
        _discriminator(depth),
        loss,
        prior=distributions.Gaussian(0.0, 1.0),
        target=bumps(3.0, 3.0),
        batch_size=64,
        optimizer=OPTIMIZERS[optimizer],
    )


def game(
    target: distributions.Distribution,
    loss: str | losses.GANLoss = "non_saturating",
    constraint: Constraint | None = None,
    *,
    depth: int = 2,
    optimizer: str = "Adam, momentum 0",
) -> games.Game:
    """Make a game on the line: a generator with two layers of 16 units from N(0, 1), a D with `depth` layers of 32.

    Args:
        target: From `bumps`.
        loss: As for `games.gan`.
        constraint: As for `games.gan`.
        depth: D's hidden layers.
        optimizer: One of `OPTIMIZERS`, for both players.
    """
    # Whether the parts fit is checked once; numbers change nothing about it.
    some = _some_game(loss, depth, optimizer)
    return dataclasses.replace(some, target=target, constraint=constraint or lipschitz.unconstrained())


class Course(NamedTuple):
    """How eight trainings went.

    Attributes:
        generator_loss: G's own loss at each step, [8, steps].
        discriminator_loss: D's own loss at each step, [8, steps].
        value: V(G, D), or the critic's estimate, at each step, [8, steps].
        measured_at: Numbers of the steps after which was measured, [looks].
        w1: W1 between 1,000 generated samples and 1,000 of the data, [8, looks].
        stopped: None, or the sentence with which the training stopped.
        states: The `training.State` at the end, eight seeds.
    """

    generator_loss: np.ndarray
    discriminator_loss: np.ndarray
    value: np.ndarray
    measured_at: np.ndarray
    w1: np.ndarray
    stopped: str | None
    states: training.State

    def at(self, step: int) -> Float[np.ndarray, "seeds"]:
        """Return W1 after the step, [8]; the step must have been measured."""
        return self.w1[:, int(np.flatnonzero(self.measured_at == step)[0])]


class _Players(NamedTuple):
    generator: Any
    discriminator: Any


@jax.jit
def _measure(a_game: games.Game, players: _Players) -> Float[Array, "seeds"]:
    real_key, fake_key = jax.random.split(jax.random.key(_KEY))
    real = a_game.target.sample(real_key, _NUM_MEASURED)[:, 0]

    def one(players: _Players) -> Float[Array, ""]:
        fake = games.generate(a_game, players, fake_key, _NUM_MEASURED)[:, 0]
        return transport.wasserstein_1d(real, fake)

    return jax.vmap(one)(players)


@jax.jit
def _look(a_game: games.Game, players: _Players) -> tuple[Float[Array, "seeds n"], Float[Array, "seeds m"]]:
    key = jax.random.split(jax.random.key(_KEY))[1]
    x = jnp.asarray(X, jnp.result_type(float))[:, None]

    def one(players: _Players) -> tuple[Float[Array, "n"], Float[Array, "m"]]:
        fake = games.generate(a_game, players, key, _NUM_MEASURED)[:, 0]
        return fake, games.discriminator_function(a_game, players)(x)

    return jax.vmap(one)(players)


def train(
    a_game: games.Game,
    plan: Sequence[tuple[int, training.Settings]],
    *,
    every: int = 25,
    give_up: Callable[[], bool] = lambda: False,
) -> Course | None:
    """Train eight seeds, the same ones for every game, and measure W1 on the way.

    Args:
        a_game: From `game`.
        plan: So many steps with these settings, then so many with those, ...
        every: Steps from measure to measure.
        give_up: Asked after each measure; True ends the training, and None is returned.
    """
    # The loss and the optimiser have no part in measuring W1: one compiled function serves all of them.
    plain = game(a_game.target)
    states = training.init_many(a_game, jax.random.split(jax.random.key(0), NUM_SEEDS))
    histories: list[training.History] = []
    measured_at, w1 = [0], [_measure(plain, _Players(states.generator, ()))]
    step, stopped = 0, None
    for num_steps, settings in plan:
        end = step + num_steps
        while step < end and stopped is None:
            states, history = training.train_many(
                a_game, states, min(every - step % every, end - step), settings
            )
            histories.append(history)
            stopped = history.stopped
            step = int(states.step[0])
            if step > measured_at[-1]:
                measured_at.append(step)
                w1.append(_measure(plain, _Players(states.generator, ())))
            if give_up():
                return None
    losses_and_value = (
        np.concatenate([np.asarray(getattr(history, name)) for history in histories], axis=1)
        for name in ("generator_loss", "discriminator_loss", "value")
    )
    return Course(
        *losses_and_value,
        np.array(measured_at),
        np.stack([np.asarray(numbers) for numbers in w1], axis=1),
        stopped,
        states,
    )


def look(a_game: games.Game, states: training.State) -> tuple[np.ndarray, np.ndarray]:
    """Return 1,000 generated samples of each seed, [8, 1000], and D's raw scores at `X`, [8, len(X)].

    Args:
        a_game: From `game`.
        states: Of that game, eight seeds.
    """
    # No look at the players depends on the loss or the optimiser.
    bare = dataclasses.replace(a_game, loss=losses.non_saturating, optimizer=games.DEFAULT_OPTIMIZER)
    samples, scores = _look(bare, _Players(states.generator, states.discriminator))
    return np.asarray(samples), np.asarray(scores)
