"""One step of any two-player game: its settings, its state, what it reports. The public door is `training`."""

import dataclasses
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, ArrayLike, Bool, Float, Int, PyTree

from gantheory import _checks, _pytree
from gantheory.games import Game, Player
from gantheory.lipschitz import Constraint

__all__ = ["Info", "Settings", "State", "take_step"]


@_pytree.register(
    dynamic=(
        "generator_learning_rate",
        "discriminator_learning_rate",
        "num_critic_steps",
        "freeze_generator",
        "freeze_discriminator",
        "constraint",
        "ema_decay",
        "schedule",
    )
)
@dataclasses.dataclass(frozen=True, eq=False)
class Settings:
    """What may be changed while a training runs, without compiling anything anew.

    Every number is turned into an array of a fixed dtype. By default the discriminator learns ten times as fast as the
    generator: with two time scales it stays near its best answer, and the generator follows a slope that means
    something (Heusel et al. 2017, GANs Trained by a Two Time-Scale Update Rule).

    Args:
        generator_learning_rate: above 0.
        discriminator_learning_rate: above 0.
        num_critic_steps: the discriminator's updates for one of the generator's, at least 1.
        freeze_generator: leave the generator and its optimiser as they are; its loss is still reported.
        freeze_discriminator: the same for the discriminator; it is then evaluated once a step.
        constraint: takes the place of the game's constraint; None for the game's own. Its numbers may be changed
            freely, another kind compiles anew.
        ema_decay: how much of `State.average`, the generator's averaged weights, is kept at each step: average <-
            ema_decay * average + (1 - ema_decay) * weights; from 0 (the average is the weights) to below 1.
        schedule: a function of the number of steps taken, such as `training.cosine_decay(num_steps)` or a schedule of
            optax; both learning rates are multiplied by it. None for 1. The arguments of a `jax.tree_util.Partial` may
            be changed freely, another function compiles anew.

    Raises:
        TypeError, ValueError: where a value is not as above; use the freeze switches for a learning rate of 0.

    >>> Settings(num_critic_steps=5).num_critic_steps
    Array(5, dtype=int32)
    """

    generator_learning_rate: ArrayLike = 3e-4
    discriminator_learning_rate: ArrayLike = 3e-3
    num_critic_steps: ArrayLike = 1
    freeze_generator: ArrayLike = False
    freeze_discriminator: ArrayLike = False
    constraint: Constraint | None = None
    ema_decay: ArrayLike = 0.0
    schedule: Callable[[Int[Array, ""]], ArrayLike] | None = None

    def __post_init__(self):
        for name in ("generator_learning_rate", "discriminator_learning_rate"):
            rate = _checks.number(name, getattr(self, name), above=0)
            object.__setattr__(self, name, _pytree.scalar(rate))
        steps = self.num_critic_steps
        if _checks.is_concrete(steps):
            steps = _checks.whole("num_critic_steps", steps, at_most=2**31 - 1)
        elif steps.ndim or not jnp.issubdtype(steps.dtype, jnp.integer):
            allowed, came = (
                "a whole number of at least 1",
                f"shape {list(steps.shape)} and dtype {steps.dtype}",
            )
            _checks.refuse("num_critic_steps", allowed, came, TypeError)
        object.__setattr__(self, "num_critic_steps", _pytree.scalar(steps, jnp.int32))
        for name in ("freeze_generator", "freeze_discriminator"):
            object.__setattr__(self, name, _switch(name, getattr(self, name)))
        if not isinstance(self.constraint, Constraint | None):
            came = _checks.describe(self.constraint)
            _checks.refuse("constraint", "one of gantheory.lipschitz, or None", came, TypeError)
        decay = _checks.number("ema_decay", self.ema_decay, at_least=0, below=1)
        object.__setattr__(self, "ema_decay", _pytree.scalar(decay))
        object.__setattr__(self, "schedule", _schedule(self.schedule))


def _schedule(schedule: Any) -> Any:
    """Make a pytree of a schedule: a plain function has no leaves, the arguments of a Partial are its leaves."""
    if schedule is None or isinstance(schedule, jax.tree_util.Partial):
        return schedule
    allowed = "a function of the step that returns one number, or None"
    if not callable(schedule):
        _checks.refuse("schedule", allowed, _checks.describe(schedule), TypeError)
    factor = jax.eval_shape(schedule, jax.ShapeDtypeStruct((), jnp.int32))
    if getattr(factor, "shape", None) != ():
        _checks.refuse("schedule", allowed, f"one that returns {_checks.describe(factor)}")
    return jax.tree_util.Partial(schedule)


def _switch(name: str, x: Any) -> Bool[Array, ""]:
    is_array = isinstance(x, jax.Array | np.ndarray | np.bool_) and x.dtype == bool and x.ndim == 0
    if not isinstance(x, bool) and not is_array:
        _checks.refuse(name, "True or False", _checks.describe(x), TypeError)
    return _pytree.scalar(x, bool)


class State(NamedTuple):
    """Everything that a training changes; a pytree of arrays.

    Attributes:
        generator: the generator's `Player` (params, state).
        discriminator: the discriminator's `Player` (params, state).
        generator_optimizer: state of the generator's optimiser.
        discriminator_optimizer: state of the discriminator's optimiser.
        average: exponential moving average of the generator's params (`Settings.ema_decay`); of the same shapes.
        step: the number of steps taken, an int32 scalar. Each call of the step adds 1, whoever is frozen.
        key: the random key that all steps draw from, together with their number; it never changes.
    """

    generator: Player
    discriminator: Player
    generator_optimizer: PyTree
    discriminator_optimizer: PyTree
    average: PyTree
    step: Int[Array, "*seeds"]
    key: Array


class Info(NamedTuple):
    """What one step reports.

    Attributes:
        generator_loss: the generator's loss, before its update and after the discriminator's.
        discriminator_loss: the discriminator's loss, before the last of its updates; penalties included.
        value: the game's value at the same moment: V(G, D) = E log D(x) + E log(1 - D(G(z))) in nats, or the critic's
            estimate E f(x) - E f(G(z)) for the Wasserstein loss.
        details: whatever else the game reports, by name.
    """

    generator_loss: Float[Array, "*seeds"]
    discriminator_loss: Float[Array, "*seeds"]
    value: Float[Array, "*seeds"]
    details: dict[str, Array]


@jax.jit
def take_step(game: Game, state: State, settings: Settings) -> tuple[State, Info]:
    key = jax.random.fold_in(state.key, state.step)
    critics_key, generator_key = jax.random.split(key)
    generator = state.generator
    factor = 1 if settings.schedule is None else settings.schedule(state.step)
    # The opponent is held constant; gradients are taken of one player's params only.
    opponent = jax.lax.stop_gradient(generator)

    def critic_step(
        i: Int[Array, ""], discriminator: Player, optimizer: PyTree
    ) -> tuple[Player, PyTree, Float[Array, ""], dict[str, Array]]:
        sample_key, loss_key = jax.random.split(jax.random.fold_in(critics_key, i))
        batch = game.sample(sample_key)

        def loss(params: PyTree) -> Any:
            player = discriminator._replace(params=params)
            return game.discriminator_loss(player, opponent, batch, loss_key, settings)

        (loss_value, (info, new_state)), gradient = jax.value_and_grad(loss, has_aux=True)(
            discriminator.params
        )
        player, optimizer = _update(
            game,
            discriminator._replace(state=new_state),
            optimizer,
            gradient,
            settings.discriminator_learning_rate * factor,
        )
        return game.project(player, settings), optimizer, loss_value, info

    start = (state.discriminator, state.discriminator_optimizer)
    *_, loss_shape, info_shape = jax.eval_shape(critic_step, jnp.int32(0), *start)
    reports = jax.tree.map(lambda x: jnp.zeros(x.shape, x.dtype), (loss_shape, info_shape))
    discriminator, discriminator_optimizer, discriminator_loss, info = jax.lax.fori_loop(
        0,
        jnp.where(settings.freeze_discriminator, 1, settings.num_critic_steps),
        lambda i, carry: _like(carry, critic_step(i, *carry[:2])),
        (*start, *reports),
    )
    frozen = settings.freeze_discriminator
    discriminator, discriminator_optimizer = _choose(frozen, start, (discriminator, discriminator_optimizer))

    sample_key, loss_key = jax.random.split(generator_key)
    batch = game.sample(sample_key)
    opponent = jax.lax.stop_gradient(discriminator)

    def loss(params: PyTree) -> Any:
        return game.generator_loss(generator._replace(params=params), opponent, batch, loss_key, settings)

    (generator_loss, (generator_info, new_state)), gradient = jax.value_and_grad(loss, has_aux=True)(
        generator.params
    )
    start = (generator, state.generator_optimizer)
    rate = settings.generator_learning_rate * factor
    player, optimizer = _update(game, generator._replace(state=new_state), start[1], gradient, rate)
    decay = settings.ema_decay
    average = jax.tree.map(lambda old, new: decay * old + (1 - decay) * new, state.average, player.params)
    generator, generator_optimizer, average = _choose(
        settings.freeze_generator, (*start, state.average), (player, optimizer, average)
    )
    details = {**info, **generator_info}
    report = Info(generator_loss, discriminator_loss, details.pop("value"), details)
    new = State(
        generator,
        discriminator,
        generator_optimizer,
        discriminator_optimizer,
        average,
        state.step + 1,
        state.key,
    )
    return _like(state, new), report


def _update(
    game: Game, player: Player, optimizer: PyTree, gradient: PyTree, learning_rate: Float[Array, ""]
) -> tuple[Player, PyTree]:
    direction, optimizer = game.optimizer.update(gradient, optimizer, player.params)
    updates = jax.tree.map(lambda leaf: -learning_rate * leaf, direction)
    return player._replace(params=optax.apply_updates(player.params, updates)), optimizer


def _choose(condition: Bool[Array, ""], this: PyTree, that: PyTree) -> PyTree:
    # Both are there already; `lax.cond` would cost a quarter more time.
    return jax.tree.map(lambda a, b: jnp.where(condition, a, b), this, that)


def _like(old: PyTree, new: PyTree) -> PyTree:
    """Give the leaves of `new` the dtypes of `old`, so that a loop may carry them on."""
    return jax.tree.map(
        lambda a, b: jax.lax.convert_element_type(b, a.dtype) if a.dtype != b.dtype else b, old, new
    )
