"""The loop: chunks of compiled steps, looked at once each, for one seed or for many."""

import dataclasses
import functools
import time
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, PyTree

from gantheory import _checks, _mesh, _pytree
from gantheory.games import Game
from gantheory.training._failure import find_failure, to_host
from gantheory.training._start import a_game, check_state
from gantheory.training._step import Info, Settings, State, take_step

__all__ = ["History", "averaged", "make_step", "train", "train_many"]

# The history of one chunk is written into arrays of this length, so that any number of steps is one compiled loop.
CAPACITY = 512
# A chunk is made to last about this long: an interrupt and a NaN wait for its end.
CHUNK_SECONDS = (0.05, 0.2)


@_pytree.register(dynamic=("generator_loss", "discriminator_loss", "value", "details"), static=("stopped",))
@dataclasses.dataclass(frozen=True, eq=False)
class History:
    """The steps' `Info`, stacked: arrays of shape [num_steps], or [seeds, num_steps] from `train_many`.

    Attributes:
        generator_loss: see `Info`.
        discriminator_loss: see `Info`.
        value: see `Info`.
        details: whatever else the game reports, by name; for a `games.gan` the constraint's "penalty".
        stopped: None, or a sentence that says why the training ended early.
    """

    generator_loss: Float[Array, "*seeds num_steps"]
    discriminator_loss: Float[Array, "*seeds num_steps"]
    value: Float[Array, "*seeds num_steps"]
    details: dict[str, Array]
    stopped: str | None = None


def averaged(state: State) -> State:
    """Return the state whose generator has its averaged weights (`Settings.ema_decay`), to look at what it generates.

    It is for looking, not for training on: train on with the state itself.

    Args:
        state: a `State`, also one of many seeds.

    Raises:
        TypeError: where `state` is no training state.

    Source: Yazici et al. 2019, The Unusual Effectiveness of Averaging in GAN Training, section 3.

    >>> import jax
    >>> from gantheory import games, training
    >>> from gantheory.distributions import Gaussian
    >>> from gantheory.networks import MLP
    >>> normal, network = Gaussian([0.0], [1.0]), lambda rngs: MLP(1, 1, width=8, rngs=rngs)
    >>> game = games.gan(network, network, "minimax", prior=normal, target=normal)
    >>> state, _ = train(game, training.init(game, jax.random.key(0)), 20, Settings(ema_decay=0.9))
    >>> games.generate(game, averaged(state), jax.random.key(1), 100).shape
    (100, 1)
    """
    if not isinstance(state, State):
        _checks.refuse("state", "a training.State", _checks.describe(state), TypeError)
    return state._replace(generator=state.generator._replace(params=state.average))


def make_step(game: Game) -> Callable[[State, Settings | None], tuple[State, Info]]:
    """Make the game's step, a compiled pure function (state, settings) -> (state, info).

    It may be used inside jit, scan and vmap. Steps of games that are alike share one compilation. It does not check
    for NaN; `train` does.

    Args:
        game: any `games.Game`.

    Returns:
        The step. Its `Info` is of shape []; it takes None for the default settings, as `train` does.

    Raises:
        TypeError: where `game` is no game; by the step, where its state or its settings are none.

    >>> import jax
    >>> from gantheory import games, training
    >>> from gantheory.distributions import Gaussian
    >>> from gantheory.networks import MLP
    >>> normal, network = Gaussian([0.0], [1.0]), lambda rngs: MLP(1, 1, width=8, rngs=rngs)
    >>> game = games.gan(network, network, "minimax", prior=normal, target=normal)
    >>> state, info = make_step(game)(training.init(game, jax.random.key(0)), Settings())
    >>> int(state.step), bool(info.value < 0)
    (1, True)
    """
    return functools.partial(_step, a_game(game))


def _step(game: Game, state: Any, settings: Any = None) -> tuple[State, Info]:
    if not isinstance(state, State):
        _checks.refuse("state", "a training.State", _checks.describe(state), TypeError)
    return take_step(game, state, _some_settings(settings))


def _run(
    game: Game, state: State, settings: Settings, count: Int[Array, ""]
) -> tuple[State, Info, Bool[Array, ""]]:
    """Take `count` steps.

    Returns:
        (state, infos, finite): the infos stand in the first `count` places of arrays of length CAPACITY.
    """
    _, shapes = jax.eval_shape(take_step, game, state, settings)
    records = jax.tree.map(lambda x: jnp.zeros((CAPACITY, *x.shape), x.dtype), shapes)

    def body(i: Int[Array, ""], carry: tuple[State, Info]) -> tuple[State, Info]:
        state, records = carry
        state, info = take_step(game, state, settings)
        return state, jax.tree.map(lambda record, x: record.at[i].set(x), records, info)

    state, records = jax.lax.fori_loop(0, count, body, (state, records))
    return _mesh.everywhere((state, records, _all_finite((state, records))))


def _all_finite(tree: PyTree) -> Bool[Array, ""]:
    leaves = [leaf for leaf in jax.tree.leaves(tree) if jnp.issubdtype(leaf.dtype, jnp.inexact)]
    return functools.reduce(jnp.logical_and, [jnp.isfinite(leaf).all() for leaf in leaves])


_run_one = jax.jit(_run)
_run_many = jax.jit(jax.vmap(_run, in_axes=(None, 0, None, None)))


def train(
    game: Game, state: State, num_steps: int, settings: Settings | None = None
) -> tuple[State, History]:
    """Train a game for `num_steps` steps.

    Where a loss, a parameter or an optimiser's moment becomes NaN or infinite, training stops at once: the state is the
    last finite one, the history goes up to it, and `history.stopped` says at which step and in which quantity. An
    interrupt (Ctrl-C, or the kernel's Stop button) returns in the same way what was reached. A state may always be
    trained on, and the numbers are those of one training without a break.

    Args:
        game: any `games.Game`.
        state: from `init`, or from an earlier training of the same game.
        num_steps: how many steps to take, at least 1; any number runs on one compiled loop.
        settings: `Settings`; None for the default ones.

    Returns:
        (state, history): the new `State` (the old one stays valid) and a `History` of shape [num_steps].

    Raises:
        TypeError, ValueError: where an argument is of another kind, or `num_steps` is not a whole number >= 1.

    >>> import jax
    >>> from gantheory import games, training
    >>> from gantheory.distributions import Gaussian
    >>> from gantheory.networks import MLP
    >>> normal, network = Gaussian([0.0], [1.0]), lambda rngs: MLP(1, 1, width=8, rngs=rngs)
    >>> game = games.gan(network, network, "minimax", prior=normal, target=normal)
    >>> state, history = train(game, training.init(game, jax.random.key(0)), 20, Settings(num_critic_steps=2))
    >>> int(state.step), history.value.shape, history.stopped
    (20, (20,), None)
    """
    check_state(state, a_game(game), ndim=0)
    return _drive(_run_one, game, state, num_steps, settings)


def train_many(
    game: Game, states: State, num_steps: int, settings: Settings | None = None
) -> tuple[State, History]:
    """Train several seeds of a game at once, side by side; otherwise as `train`.

    Where one seed becomes NaN or infinite, all stop at the last step at which every seed was finite, and
    `history.stopped` names the seed.

    Args:
        game: any `games.Game`.
        states: from `init_many`, or from an earlier `train_many`.
        num_steps: how many steps each seed takes, at least 1.
        settings: the `Settings` of all seeds.

    Returns:
        (states, history), the history of shape [seeds, num_steps].

    Raises:
        TypeError, ValueError: as for `train`.

    >>> import jax
    >>> from gantheory import games, training
    >>> from gantheory.distributions import Gaussian
    >>> from gantheory.networks import MLP
    >>> normal, network = Gaussian([0.0], [1.0]), lambda rngs: MLP(1, 1, width=8, rngs=rngs)
    >>> game = games.gan(network, network, "minimax", prior=normal, target=normal)
    >>> states = training.init_many(game, jax.random.split(jax.random.key(0), 8))
    >>> states, history = train_many(game, states, 20)
    >>> history.value.shape
    (8, 20)
    """
    check_state(states, a_game(game), ndim=1)
    return _drive(_run_many, game, states, num_steps, settings)


def _drive(
    run: Callable[..., Any], game: Game, state: State, num_steps: int, settings: Any
) -> tuple[State, History]:
    """Run chunk after chunk, look at each once, and stop at the first that is not finite."""
    num_steps, settings = _checks.whole("num_steps", num_steps), _some_settings(settings)
    mesh = _mesh.mesh_of(state.step)
    if mesh is not None:
        # Once for the whole training: an array on one device would be copied to the others at every chunk.
        game, settings = _mesh.replicated((game, settings), mesh)
    with _mesh.using(mesh):
        return _chunks(run, game, state, num_steps, settings)


def _chunks(
    run: Callable[..., Any], game: Game, state: State, num_steps: int, settings: Settings
) -> tuple[State, History]:
    first = int(np.max(state.step))
    # State and records are replaced together, so that an interrupt never finds one without the other.
    reached: tuple[State, tuple[Info, ...]] = (state, ())
    stopped, done, chunk = None, 0, 8
    try:
        while done < num_steps and stopped is None:
            state, records = reached
            count = min(chunk, num_steps - done)
            started = time.perf_counter()
            after, infos, finite = run(game, state, settings, np.int32(count))
            if not np.all(finite):
                good, after, infos, why = find_failure(run, game, state, settings, count)
                count, stopped = good, f"Stopped at step {first + done + good + 1}: {why}."
            if count:
                reached = (after, (*records, to_host(infos, count)))
            done += count
            seconds = _agreed(time.perf_counter() - started)
            if seconds < CHUNK_SECONDS[0]:
                chunk = min(4 * chunk, CAPACITY)
            elif seconds > CHUNK_SECONDS[1]:
                chunk = max(chunk // 2, 1)
    except KeyboardInterrupt:
        done = sum(info.value.shape[-1] for info in reached[1])
        stopped = f"Interrupted after step {first + done}."
    state, records = reached
    return state, _history(run, game, state, settings, records, stopped)


def _agreed(seconds: float) -> float:
    """Take the first host's time on every host: all must run chunks of the same lengths."""
    if jax.process_count() == 1:
        return seconds
    from jax.experimental import multihost_utils

    return float(multihost_utils.broadcast_one_to_all(np.float32(seconds)))


def _history(
    run: Callable[..., Any],
    game: Game,
    state: State,
    settings: Settings,
    records: tuple[Info, ...],
    stopped: str | None,
) -> History:
    if not records:
        _, shapes, _ = jax.eval_shape(run, game, state, settings, np.int32(0))
        records = (jax.tree.map(lambda x: np.zeros((*x.shape[:-1], 0), x.dtype), shapes),)
    # `jnp.asarray` would compile a copy for every new length.
    joined = jax.tree.map(lambda *parts: jax.device_put(np.concatenate(parts, axis=-1)), *records)
    return History(*joined, stopped=stopped)


def _some_settings(settings: Any) -> Settings:
    settings = Settings() if settings is None else settings
    if not isinstance(settings, Settings):
        _checks.refuse("settings", "training.Settings, or None", _checks.describe(settings), TypeError)
    return settings
