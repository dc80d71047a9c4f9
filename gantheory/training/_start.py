"""The state that a training starts from, and whether a state is one of a game's."""

import functools
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, PyTree

from gantheory import _checks, _leaves
from gantheory.games import Game, Player
from gantheory.training._step import State

__all__ = ["a_game", "check_state", "init", "init_many"]


def init(game: Game, key: Array) -> State:
    """Make the state that a training starts from.

    Args:
        game: any `games.Game`.
        key: a random key; it decides the players' start and every step's random numbers.

    Returns:
        The `State` of step 0; the averaged weights start as the generator's own.

    Raises:
        TypeError: where `game` is no game, or `key` no random key.

    >>> import jax
    >>> from gantheory import games
    >>> state = init(games.bilinear(), jax.random.key(0))
    >>> int(state.step), float(state.generator.params), float(state.discriminator.params)
    (0, 1.0, 1.0)
    """
    return _init(a_game(game), _checks.key("key", key))


def init_many(game: Game, keys: Array) -> State:
    """Make one state for each key, stacked along a leading axis [seeds], for `train_many`.

    Args:
        game: any `games.Game`.
        keys: random keys of shape [seeds], such as `jax.random.split(key, 8)`.

    Returns:
        The `State` of all seeds; its `.step` has the shape [seeds].

    Raises:
        TypeError, ValueError: where `game` is no game, or `keys` no array [seeds] of random keys.

    >>> import jax
    >>> from gantheory import games
    >>> from gantheory.distributions import Gaussian
    >>> from gantheory.networks import MLP
    >>> normal, network = Gaussian([0.0], [1.0]), lambda rngs: MLP(1, 1, depth=0, rngs=rngs)
    >>> game = games.gan(network, network, "minimax", prior=normal, target=normal)
    >>> states = init_many(game, jax.random.split(jax.random.key(0), 8))
    >>> states.step.shape, states.generator.params["layers"][0]["kernel"].shape
    ((8,), (8, 1, 1))
    """
    a_game(game)
    is_keys = isinstance(keys, jax.Array) and _leaves.is_key(keys)
    if not is_keys or keys.ndim != 1 or keys.shape[0] == 0:
        allowed = "random keys of shape [seeds], made by jax.random.split(key, seeds)"
        _checks.refuse("keys", allowed, _checks.describe(keys), ValueError if is_keys else TypeError)
    return jax.vmap(functools.partial(_init, game))(keys)


def _init(game: Game, key: Array) -> State:
    players_key, training_key = jax.random.split(key)
    generator, discriminator = game.init(players_key)
    return State(
        generator,
        discriminator,
        *_init_optimizers(game, generator.params, discriminator.params),
        generator.params,
        jnp.zeros((), jnp.int32),
        training_key,
    )


_init_traced = jax.jit(_init)


@jax.jit
def _init_optimizers(game: Game, generator: PyTree, discriminator: PyTree) -> tuple[PyTree, PyTree]:
    # Compiled as one: otherwise every shape of a parameter compiles zeros of its own.
    return game.optimizer.init(generator), game.optimizer.init(discriminator)


def a_game(game: Any) -> Game:
    """Check a game."""
    if not isinstance(game, Game):
        _checks.refuse("game", "a games.Game, such as games.gan makes", _checks.describe(game), TypeError)
    return game


def check_state(state: Any, game: Game, ndim: int) -> None:
    """Check a state for one seed (ndim 0) or many (1), and that its arrays are those of the game."""
    one, many = "a training.State made by init", "a training.State made by init_many"
    if not isinstance(state, State):
        _checks.refuse("state", one if ndim == 0 else many, _checks.describe(state), TypeError)
    if state.step.ndim != ndim:
        allowed, came = (one, "one made by init_many") if ndim == 0 else (many, "one made by init")
        _checks.refuse("state", allowed, f"{came} (train takes one seed, train_many several)")
    # Nothing is computed, and a game of this structure is traced once.
    wanted = _init_traced.eval_shape(game, jax.random.key(0))
    if differ := _leaves.difference(_trained(state), _trained(wanted), batch_axes=ndim):
        _checks.refuse("state", f"one of this game, with {differ[0]}", f"one with {differ[1]}")


def _trained(state: State) -> State:
    """Leave out what is not of one shape in all trainings of a game: what another constraint may add, step and key."""
    players = (Player(player.params) for player in (state.generator, state.discriminator))
    return State(*players, *state[2:5], step=(), key=())
