"""The trainer: one step and one loop for every two-player game.

A step is the discriminator's `num_critic_steps` updates and then one update of the generator. Everything in `Settings`
is a traced array, so that moving a learning rate, the number of critic steps, a freeze switch or a number of the
constraint while a training runs compiles nothing anew. The random numbers of a step come from the state's key and the
number of the step alone: 30 trainings of 20 steps, one after another, equal one of 600 bit for bit.

    state = init(game, jax.random.key(0))
    state, history = train(game, state, 1000, Settings(generator_learning_rate=1e-3))

One side alone takes a step where the other is frozen, `Settings(freeze_generator=True)`; it counts as a step like any
other.
"""

import dataclasses
import functools
import time
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

__all__ = ["History", "Info", "Settings", "State", "init", "init_many", "make_step", "train", "train_many"]

# The history of one chunk is written into arrays of this length, so that any number of steps is one compiled loop.
CAPACITY = 512
# A chunk is made to last about this long: an interrupt and a NaN wait for its end.
CHUNK_SECONDS = (0.05, 0.2)


@_pytree.register(
    dynamic=(
        "generator_learning_rate",
        "discriminator_learning_rate",
        "num_critic_steps",
        "freeze_generator",
        "freeze_discriminator",
        "constraint",
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

    def __post_init__(self):
        for name in ("generator_learning_rate", "discriminator_learning_rate"):
            rate = _checks.number(name, getattr(self, name), above=0)
            object.__setattr__(self, name, _pytree.scalar(rate))
        steps = self.num_critic_steps
        if _checks.is_concrete(steps):
            steps = _checks.whole("num_critic_steps", steps, at_most=2**31 - 1)
        object.__setattr__(self, "num_critic_steps", _pytree.scalar(steps, jnp.int32))
        for name in ("freeze_generator", "freeze_discriminator"):
            object.__setattr__(self, name, _switch(name, getattr(self, name)))
        if not isinstance(self.constraint, Constraint | None):
            came = _checks.describe(self.constraint)
            _checks.refuse("constraint", "one of gantheory.lipschitz, or None", came, TypeError)


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
        step: the number of steps taken, an int32 scalar. Each call of the step adds 1, whoever is frozen.
        key: the random key that all steps draw from, together with their number; it never changes.
    """

    generator: Player
    discriminator: Player
    generator_optimizer: PyTree
    discriminator_optimizer: PyTree
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


def init(game: Game, key: Array) -> State:
    """Make the state that a training starts from.

    Args:
        game: any `games.Game`.
        key: a random key; it decides the players' start and every step's random numbers.

    Raises:
        TypeError: where `game` is no game, or `key` no random key.
    """
    return _init(_a_game(game), _checks.key("key", key))


def init_many(game: Game, keys: Array) -> State:
    """Make one state for each key, stacked along a leading axis [seeds], for `train_many`.

    Args:
        game: any `games.Game`.
        keys: random keys of shape [seeds], such as `jax.random.split(key, 8)`.

    Raises:
        TypeError, ValueError: where `game` is no game, or `keys` no array [seeds] of random keys.
    """
    _a_game(game)
    is_keys = isinstance(keys, jax.Array) and jnp.issubdtype(keys.dtype, jax.dtypes.prng_key)
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
        game.optimizer.init(generator.params),
        game.optimizer.init(discriminator.params),
        jnp.zeros((), jnp.int32),
        training_key,
    )


def make_step(game: Game) -> Callable[[State, Settings], tuple[State, Info]]:
    """Make the game's step, a compiled pure function (state, settings) -> (state, info).

    It may be used inside jit, scan and vmap. Steps of games that are alike share one compilation. It does not check
    for NaN; `train` does.

    >>> import jax
    >>> from gantheory import games
    >>> from gantheory.distributions import Gaussian
    >>> from gantheory.networks import MLP
    >>> normal, network = Gaussian([0.0], [1.0]), lambda rngs: MLP(1, 1, width=8, rngs=rngs)
    >>> game = games.gan(network, network, "minimax", prior=normal, target=normal)
    >>> state, info = make_step(game)(init(game, jax.random.key(0)), Settings())
    >>> int(state.step), bool(info.value < 0)
    (1, True)
    """
    return functools.partial(_step, _a_game(game))


@jax.jit
def _step(game: Game, state: State, settings: Settings) -> tuple[State, Info]:
    key = jax.random.fold_in(state.key, state.step)
    critics_key, generator_key = jax.random.split(key)
    generator = state.generator
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
            settings.discriminator_learning_rate,
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
    moved = _update(
        game, generator._replace(state=new_state), start[1], gradient, settings.generator_learning_rate
    )
    generator, generator_optimizer = _choose(settings.freeze_generator, start, moved)
    details = {**info, **generator_info}
    report = Info(generator_loss, discriminator_loss, details.pop("value"), details)
    new = State(
        generator, discriminator, generator_optimizer, discriminator_optimizer, state.step + 1, state.key
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


def _run(
    game: Game, state: State, settings: Settings, count: Int[Array, ""]
) -> tuple[State, Info, Bool[Array, ""]]:
    """Take `count` steps.

    Returns:
        (state, infos, finite): the infos stand in the first `count` places of arrays of length CAPACITY.
    """
    _, shapes = jax.eval_shape(_step, game, state, settings)
    records = jax.tree.map(lambda x: jnp.zeros((CAPACITY, *x.shape), x.dtype), shapes)

    def body(i: Int[Array, ""], carry: tuple[State, Info]) -> tuple[State, Info]:
        state, records = carry
        state, info = _step(game, state, settings)
        return state, jax.tree.map(lambda record, x: record.at[i].set(x), records, info)

    state, records = jax.lax.fori_loop(0, count, body, (state, records))
    return state, records, _all_finite((state, records))


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
    >>> from gantheory import games
    >>> from gantheory.distributions import Gaussian
    >>> from gantheory.networks import MLP
    >>> normal, network = Gaussian([0.0], [1.0]), lambda rngs: MLP(1, 1, width=8, rngs=rngs)
    >>> game = games.gan(network, network, "minimax", prior=normal, target=normal)
    >>> state, history = train(game, init(game, jax.random.key(0)), 20, Settings(num_critic_steps=2))
    >>> int(state.step), history.value.shape, history.stopped
    (20, (20,), None)
    """
    _a_state(state, ndim=0)
    return _drive(_run_one, _a_game(game), state, num_steps, settings)


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
    >>> from gantheory import games
    >>> from gantheory.distributions import Gaussian
    >>> from gantheory.networks import MLP
    >>> normal, network = Gaussian([0.0], [1.0]), lambda rngs: MLP(1, 1, width=8, rngs=rngs)
    >>> game = games.gan(network, network, "minimax", prior=normal, target=normal)
    >>> states = init_many(game, jax.random.split(jax.random.key(0), 8))
    >>> states, history = train_many(game, states, 20)
    >>> history.value.shape
    (8, 20)
    """
    _a_state(states, ndim=1)
    return _drive(_run_many, _a_game(game), states, num_steps, settings)


def _drive(
    run: Callable[..., Any], game: Game, state: State, num_steps: int, settings: Any
) -> tuple[State, History]:
    """Run chunk after chunk, look at each once, and stop at the first that is not finite."""
    num_steps = _checks.whole("num_steps", num_steps)
    settings = Settings() if settings is None else settings
    if not isinstance(settings, Settings):
        _checks.refuse("settings", "training.Settings", _checks.describe(settings), TypeError)

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
                good, after, infos, why = _find_failure(run, game, state, settings, count)
                count, stopped = good, f"Stopped at step {first + done + good + 1}: {why}."
            if count:
                reached = (after, (*records, _to_host(infos, count)))
            done += count
            seconds = time.perf_counter() - started
            if seconds < CHUNK_SECONDS[0]:
                chunk = min(4 * chunk, CAPACITY)
            elif seconds > CHUNK_SECONDS[1]:
                chunk = max(chunk // 2, 1)
    except KeyboardInterrupt:
        done = sum(info.value.shape[-1] for info in reached[1])
        stopped = f"Interrupted after step {first + done}."
    state, records = reached
    return state, _history(run, game, state, settings, records, stopped)


def _find_failure(
    run: Callable[..., Any], game: Game, state: State, settings: Settings, count: int
) -> tuple[int, State, Info, str]:
    """Replay a chunk of which some step is not finite: how many steps are, what they gave, and why the next is not.

    The chunk is bisected with the loop that is compiled already; the random numbers are the same as before.
    """
    good, bad = 0, count
    reached, infos = state, None
    while bad - good > 1:
        middle = (good + bad) // 2
        after, middle_infos, finite = run(game, state, settings, np.int32(middle))
        if np.all(finite):
            good, reached, infos = middle, after, middle_infos
        else:
            bad = middle
    after, next_infos, _ = run(game, reached, settings, np.int32(1))
    return (
        good,
        reached,
        next_infos if infos is None else infos,
        _why(reached, after, _to_host(next_infos, 1)),
    )


def _why(before: State, after: State, info: Info) -> str:
    """Name the first quantity of a step that is not finite, in the order in which they are computed."""
    quantities = [
        ("the state before it (discriminator)", before.discriminator),
        ("the state before it (generator)", before.generator),
        ("the state before it (optimisers)", (before.discriminator_optimizer, before.generator_optimizer)),
        ("the discriminator's loss", info.discriminator_loss),
        ("the value", info.value),
        ("the discriminator's parameters", after.discriminator.params),
        ("the generator's loss", info.generator_loss),
        ("the generator's parameters", after.generator.params),
        ("the discriminator's optimiser", after.discriminator_optimizer),
        ("the generator's optimiser", after.generator_optimizer),
        *[(f"the reported {name}", x) for name, x in info.details.items()],
        ("a player's state", (after.discriminator.state, after.generator.state)),
    ]
    seeds = np.shape(before.step)
    for name, tree in quantities:
        for leaf in jax.tree.leaves(tree):
            if not jnp.issubdtype(leaf.dtype, jnp.inexact):
                continue
            rows = np.asarray(leaf).reshape(*seeds, -1) if seeds else np.asarray(leaf).reshape(1, -1)
            wrong = ~np.isfinite(rows)
            if wrong.any():
                became = f"{name} became {rows[wrong][0]}"
                which = np.flatnonzero(wrong.any(axis=1)).tolist()
                return f"{became} (seeds {which}, counted from 0)" if seeds else became
    raise AssertionError("a step that was not finite turned out to be finite when replayed")


def _to_host(infos: Info, count: int) -> Info:
    """Fetch the first `count` steps of a chunk; numpy slices them without compiling anything."""
    return jax.tree.map(lambda x: np.asarray(x)[..., :count], infos)


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


def _a_game(game: Any) -> Game:
    if not isinstance(game, Game):
        _checks.refuse("game", "a games.Game, such as games.gan makes", _checks.describe(game), TypeError)
    return game


def _a_state(state: Any, ndim: int) -> State:
    one, many = "a training.State made by init", "a training.State made by init_many"
    if not isinstance(state, State):
        _checks.refuse("state", one if ndim == 0 else many, _checks.describe(state), TypeError)
    if state.step.ndim != ndim:
        allowed, came = (one, "one made by init_many") if ndim == 0 else (many, "one made by init")
        _checks.refuse("state", allowed, f"{came} (train takes one seed, train_many several)")
    return state
