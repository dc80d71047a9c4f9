"""Ways to look at what the players of a game have become."""

import functools
from collections.abc import Callable, Iterable
from typing import Any, NoReturn

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Float, PyTree

from gantheory import _checks, _leaves, _pytree
from gantheory.games._conditional import ConditionalGAN
from gantheory.games._cycle import DOMAINS, NAMES, CycleGAN
from gantheory.games._game import Game, Player
from gantheory.games._gan import GAN
from gantheory.games._parts import Adversary, Network

__all__ = ["discriminator_function", "generate", "generator_function", "translate"]


def generate(
    game: Game, state: Any, key: Array, n: int, *, labels: ArrayLike | None = None
) -> Float[Array, "n *point"]:
    """Draw points from the generator: z from the prior, through the network.

    Args:
        game: a game made by `gan` or `conditional_gan`.
        state: a `training.State` of that game (or anything with `.generator`).
        key: a random key.
        n: how many points; a new n compiles anew.
        labels: for a conditional game, one class for all points or the class of each, [n]; None draws them from the
            target's law of labels, so that the points follow the generator's law of x alone. The same key gives the
            same z whatever the labels.

    Returns:
        Points of shape [n, d], or images of shape [n, h, w, c].

    Raises:
        TypeError, ValueError: where an argument is not as above, or the game has no labels.

    >>> from gantheory import games, training
    >>> from gantheory.distributions import Gaussian
    >>> from gantheory.networks import MLP, Identity
    >>> game = games.gan(
    ...     Identity, lambda rngs: MLP(2, 1, width=8, rngs=rngs), "minimax",
    ...     prior=Gaussian([0.0, 5.0], 1.0), target=Gaussian([1.0, 5.0], 1.0),
    ... )
    >>> x = games.generate(game, training.init(game, jax.random.key(0)), jax.random.key(1), 1000)
    >>> x.shape, [round(float(mean)) for mean in x.mean(axis=0)]  # this generator's points are those of the prior
    ((1000, 2), [0, 5])
    """
    game, key, n = _a_gan(game), _checks.key("key", key), _checks.whole("n", n)
    given = () if labels is None else _given(game, labels, n)
    return _generate(game, _player(state, "generator", game.generator.params), key, n, *given)


def generator_function(
    game: Game, state: Any, *, labels: ArrayLike | None = None
) -> Callable[[Array], Array]:
    """Return the generator as a function z [n, k] -> [n, ...]; compiled once for each shape, not for each state.

    Args:
        game: a game made by `gan` or `conditional_gan`.
        state: a `training.State` of that game (or anything with `.generator`).
        labels: for a conditional game, one class or the class of each z, [n].

    Raises:
        TypeError, ValueError: where an argument is not as above.

    >>> from gantheory import games, training
    >>> from gantheory.distributions import Gaussian
    >>> from gantheory.networks import MLP
    >>> normal, affine = Gaussian(0.0, 1.0), lambda rngs: MLP(1, 1, depth=0, rngs=rngs)
    >>> game = games.gan(affine, affine, "minimax", prior=normal, target=normal)
    >>> g = games.generator_function(game, training.init(game, jax.random.key(0)))
    >>> left, middle, right = g(jnp.array([[-1.0], [0.0], [1.0]])).ravel().tolist()
    >>> abs(left + right - 2 * middle) < 1e-6, left != right  # a line, and no level one
    (True, True)
    """
    game = _a_gan(game)
    player = _player(state, "generator", game.generator.params)
    return functools.partial(_apply_generator, game, player, _given(game, labels))


def discriminator_function(
    game: Game,
    state: Any,
    settings: Any = None,
    *,
    labels: ArrayLike | None = None,
    domain: str | None = None,
) -> Callable[[Array], Float[Array, "n"]]:
    """Return the discriminator as a function x [n, ...] -> raw scores [n]; D(x) is their sigmoid.

    Args:
        game: a game made by `gan`, `conditional_gan` or `cycle_gan`.
        state: a `training.State` of that game (or anything with `.discriminator`).
        settings: the settings that it is trained with, needed only where they override the game's constraint.
        labels: for a conditional game, one class or the class of each x, [n].
        domain: for a game made by `cycle_gan`, whose of the two discriminators, "a" or "b".

    Raises:
        TypeError, ValueError: where an argument is not as above.

    >>> from gantheory import games, training
    >>> from gantheory.distributions import Gaussian
    >>> from gantheory.networks import MLP
    >>> network = lambda rngs: MLP(1, 1, width=16, rngs=rngs)
    >>> game = games.gan(network, network, "minimax", prior=Gaussian(0.0, 1.0), target=Gaussian(9.0, 1.0))
    >>> frozen = training.Settings(freeze_generator=True)
    >>> state, _ = training.train(game, training.init(game, jax.random.key(0)), 100, frozen)
    >>> d = games.discriminator_function(game, state)
    >>> bool(d(game.target.sample(jax.random.key(1), 50)).min() > d(game.prior.sample(jax.random.key(2), 50)).max())
    True
    """
    if isinstance(game, CycleGAN):
        if labels is not None:
            _refuse_labels(labels)
        domain = _checks.one_of("domain", domain, DOMAINS)
        pair = _player(state, "discriminator", _of_pair(DOMAINS, game.discriminators))
        adversary, player = game.adversary(domain, settings), game.player(pair, domain)
        return functools.partial(_apply_discriminator, adversary, player, ())
    game = _a_gan(game)
    if domain is not None:
        allowed = "None, since the game has one discriminator"
        _checks.refuse("domain", allowed, _checks.describe(domain), TypeError)
    adversary = game.adversary(settings)
    player = _player(state, "discriminator", game.discriminator.params)
    return functools.partial(_apply_discriminator, adversary, player, _given(game, labels))


def translate(game: Game, state: Any, x: ArrayLike, *, to: str) -> Float[Array, "n *point"]:
    """Map points of one domain into the other.

    Args:
        game: a game made by `cycle_gan`.
        state: a `training.State` of that game (or anything with `.generator`).
        x: points of the other domain, [n, ...].
        to: the domain to map into, "b" or "a".

    Returns:
        Points of shape [n, ...].

    Raises:
        TypeError, ValueError: where an argument is not as above.

    >>> from gantheory import games, training
    >>> from gantheory.distributions import Gaussian
    >>> from gantheory.networks import MLP, Identity
    >>> game = games.cycle_gan(
    ...     Identity, lambda rngs: MLP(1, 1, width=8, rngs=rngs),
    ...     domain_a=Gaussian(0.0, 1.0), domain_b=Gaussian(3.0, 1.0),
    ... )
    >>> state = training.init(game, jax.random.key(0))
    >>> games.translate(game, state, [[2.0], [3.0]], to="b")  # these translators leave all as it is
    Array([[2.],
           [3.]], dtype=float32)
    """
    if not isinstance(game, CycleGAN):
        _checks.refuse("game", "a game made by games.cycle_gan", _checks.describe(game), TypeError)
    to = _checks.one_of("to", to, DOMAINS)
    x = _checks.real_array("x", x)
    start = "a" if to == "b" else "b"
    point = game.point_shape(start)
    if x.shape[1:] != point or x.ndim == 0 or 0 in x.shape:
        allowed = f"a non-empty array of points of domain {start}, of shape {['n', *point]}".replace("'", "")
        _checks.refuse("x", allowed, f"shape {list(x.shape)}")
    names = [NAMES[domain] for domain in DOMAINS]
    return _translate(game, _player(state, "generator", _of_pair(names, game.generators)), x, to)


def _a_gan(game: Any) -> GAN:
    if not isinstance(game, GAN):
        allowed = "a game made by games.gan or games.conditional_gan"
        _checks.refuse("game", allowed, _checks.describe(game), TypeError)
    return game


def _of_pair(names: Iterable[str], networks: tuple[Network, Network]) -> dict[str, PyTree]:
    """Put the shapes of two networks' parameters together, as the player of both has them."""
    return {name: network.params for name, network in zip(names, networks, strict=True)}


def _player(state: Any, name: str, params: PyTree) -> Player:
    """Return one of a state's players, which must have parameters of these shapes."""
    player = getattr(state, name, None)
    if not isinstance(player, Player):
        allowed = f"a training.State of this game, or anything with a games.Player as .{name}"
        _checks.refuse("state", allowed, _checks.describe(state), TypeError)
    if differ := _leaves.difference(player.params, params, f"{name}.params."):
        _checks.refuse("state", f"one of this game, with {differ[0]}", f"one with {differ[1]}")
    return player


def _given(game: GAN, labels: Any, n: int | None = None) -> tuple[Array, ...]:
    """Check the labels, and return what the networks are given beside the points."""
    if not isinstance(game, ConditionalGAN):
        if labels is not None:
            _refuse_labels(labels)
        return ()
    wanted = "n" if n is None else n
    allowed = f"a class from 0 to {game.num_classes - 1}, or an array [{wanted}] of them"
    if not isinstance(labels, jax.Array):
        try:
            labels = np.asarray(labels)
        except (TypeError, ValueError):
            _checks.refuse("labels", allowed, _checks.describe(labels), TypeError)
    if not jnp.issubdtype(labels.dtype, jnp.integer):
        came = "None" if labels.dtype == object else f"dtype {labels.dtype}"
        _checks.refuse("labels", allowed, came, TypeError)
    if labels.ndim > 1 or labels.size == 0 or (labels.ndim == 1 and n not in (None, labels.size)):
        _checks.refuse("labels", allowed, f"shape {list(labels.shape)}")
    if not _checks.is_concrete(labels):
        return (labels.astype(jnp.int32),)
    values = np.asarray(labels)
    if values.min() < 0 or values.max() >= game.num_classes:
        _checks.refuse("labels", allowed, f"{values.min()} to {values.max()}" if values.ndim else f"{values}")
    return (_pytree.scalar(values, jnp.int32),)


def _refuse_labels(labels: Any) -> NoReturn:
    allowed = "None, since the game has no labels"
    _checks.refuse("labels", allowed, _checks.describe(labels), TypeError)


def _for_each(given: tuple[Array, ...], x: Float[Array, "n *point"]) -> tuple[Array, ...]:
    """Repeat what is given once for all points."""
    return tuple(jnp.broadcast_to(one, x.shape[:1]) if one.ndim == 0 else one for one in given)


@functools.partial(jax.jit, static_argnums=3)
def _generate(game: GAN, generator: Player, key: Array, n: int, *given: Array) -> Float[Array, "n *point"]:
    if isinstance(game, ConditionalGAN):
        key, label_key = jax.random.split(key)
        given = given or (game.target.sample_labelled(label_key, n)[1],)
    z = game.prior.sample(key, n)
    return game.generate(generator, z, *_for_each(given, z))[0]


@jax.jit
def _apply_generator(
    game: GAN, generator: Player, given: tuple[Array, ...], z: Float[Array, "n k"]
) -> Float[Array, "n *point"]:
    return game.generate(generator, z, *_for_each(given, z))[0]


@jax.jit
def _apply_discriminator(
    adversary: Adversary, player: Player, given: tuple[Array, ...], x: Float[Array, "n *point"]
) -> Float[Array, "n"]:
    return adversary.scores(player)[0](player.state.network, x, *_for_each(given, x))[0]


@functools.partial(jax.jit, static_argnums=3)
def _translate(game: CycleGAN, generator: Player, x: Array, to: str) -> Array:
    return game.translators(generator)(to, x)
