"""The game of Goodfellow et al., for any loss and any constraint, and ways to look at what its players have become."""

import dataclasses
import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx
from jaxtyping import Array, Float, PyTree

from gantheory import _checks, _mesh, _pytree, losses
from gantheory.games._game import DEFAULT_OPTIMIZER, Game, LossResult, NetworkFactory, Player
from gantheory.lipschitz import Constraint, unconstrained

__all__ = ["discriminator_function", "gan", "generate", "generator_function"]


class _Network:
    """A network as structure: how to make its parameters, and how to apply it to given ones.

    Equal where the networks' graphs are equal, so that two games that were made alike share their compiled functions,
    even though each was given a lambda of its own.
    """

    def __init__(self, name: str, factory: Any):
        if not callable(factory):
            _checks.refuse(name, "a function rngs -> nnx.Module", _checks.describe(factory), TypeError)
        self.factory = factory
        module = nnx.eval_shape(lambda: factory(nnx.Rngs(0)))
        if not isinstance(module, nnx.Module):
            came = f"one that returns a {type(factory(nnx.Rngs(0))).__name__}"
            _checks.refuse(name, "a function rngs -> nnx.Module", came, TypeError)
        self.graph = nnx.split(module, nnx.Param, ...)[0]
        self._hash = hash(self.graph)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, _Network) and self.graph == other.graph)

    def init(self, key: Array) -> tuple[PyTree, PyTree]:
        """Make new (params, state), as plain dictionaries: those cross the border of jit fastest."""
        return _init_network(self.factory, key)

    def apply(
        self, params: PyTree, state: PyTree, x: Float[Array, "n *point"]
    ) -> tuple[Float[Array, "n ..."], PyTree]:
        """Apply the network; returns its output and its new state."""
        module = nnx.merge(self.graph, params, state)
        output = module(x)
        return output, nnx.to_pure_dict(nnx.split(module, nnx.Param, ...)[2])


@functools.partial(jax.jit, static_argnums=0)
def _init_network(factory: NetworkFactory, key: Array) -> tuple[PyTree, PyTree]:
    # Told apart by the factory itself: equal graphs may start from different laws.
    _, params, state = nnx.split(factory(nnx.Rngs(key)), nnx.Param, ...)
    return nnx.to_pure_dict(params), nnx.to_pure_dict(state)


class _Fixed:
    """A distribution that is not a pytree of arrays: it travels as structure, told apart by identity."""

    def __init__(self, distribution: Any):
        self.distribution = distribution
        self.dim = distribution.dim

    def __hash__(self) -> int:
        return id(self.distribution)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Fixed) and self.distribution is other.distribution

    def sample(self, key: Array, n: int) -> Float[Array, "n *point"]:
        return self.distribution.sample(key, n)


jax.tree_util.register_static(_Fixed)


class _ConstrainedState(NamedTuple):
    network: PyTree
    constraint: PyTree


@_pytree.register(
    dynamic=("constraint", "prior", "target"),
    static=("generator", "discriminator", "loss", "batch_size", "optimizer"),
)
@dataclasses.dataclass(frozen=True, eq=False)
class _GAN(Game):
    generator: _Network
    discriminator: _Network
    loss: losses.GANLoss
    constraint: Constraint
    prior: Any
    target: Any
    batch_size: int
    optimizer: optax.GradientTransformation

    def init(self, key: Array) -> tuple[Player, Player]:
        generator_key, discriminator_key, constraint_key = jax.random.split(key, 3)
        generator = Player(*self.generator.init(generator_key))
        params, state = self.discriminator.init(discriminator_key)
        return generator, Player(
            params, _ConstrainedState(state, self.constraint.init(constraint_key, params))
        )

    def sample(self, key: Array) -> Float[Array, "n *point"]:
        return _mesh.along_batch(self.target.sample(key, self.batch_size))

    def noise(self, key: Array) -> Float[Array, "n k"]:
        """Draw a batch of z."""
        return _mesh.along_batch(self.prior.sample(key, self.batch_size))

    def generate(self, generator: Player, z: Float[Array, "n k"]) -> tuple[Float[Array, "n *point"], PyTree]:
        """Map z to generated points; returns them and the generator's new state."""
        return self.generator.apply(generator.params, generator.state, z)

    def critic(
        self, discriminator: Player, settings: Any
    ) -> tuple[Callable[[Array, PyTree], tuple[Array, PyTree]], PyTree]:
        """Return the function (x [n, ...], network state) -> (raw scores [n], state), and the constraint's state.

        The parameters are those that the constraint makes of the player's own.
        """
        constraint, constraint_state = self._constraint(settings), discriminator.state.constraint
        # Vectors of a power iteration belong to the kind of constraint that made them; another kind goes without.
        own = constraint_state if type(constraint) is type(self.constraint) else None
        if own is not None:
            constraint_state = own = constraint.refresh(jax.lax.stop_gradient(discriminator.params), own)
        params = constraint.reparametrize(discriminator.params, own)

        def scores(x: Float[Array, "n *point"], state: PyTree) -> tuple[Float[Array, "n"], PyTree]:
            output, state = self.discriminator.apply(params, state, x)
            return output.reshape(x.shape[0]), state

        return scores, constraint_state

    def discriminator_loss(
        self, discriminator: Player, generator: Player, batch: Any, key: Array, settings: Any
    ) -> LossResult:
        prior_key, penalty_key = jax.random.split(key)
        fake, _ = self.generate(generator, self.noise(prior_key))
        scores, constraint_state = self.critic(discriminator, settings)
        real_scores, state = scores(batch, discriminator.state.network)
        fake_scores, state = scores(fake, state)
        penalty = self._constraint(settings).penalty(
            lambda x: scores(x[None], state)[0][0], batch, fake, penalty_key
        )
        loss = self.loss.discriminator(real_scores, fake_scores) + penalty
        info = {"value": self.loss.value(real_scores, fake_scores), "penalty": penalty}
        return loss, (info, _ConstrainedState(state, constraint_state))

    def generator_loss(
        self, generator: Player, discriminator: Player, batch: Any, key: Array, settings: Any
    ) -> LossResult:
        fake, state = self.generate(generator, self.noise(key))
        fake_scores, _ = self.critic(discriminator, settings)[0](fake, discriminator.state.network)
        return self.loss.generator(fake_scores), ({}, state)

    def project(self, discriminator: Player, settings: Any) -> Player:
        return discriminator._replace(params=self._constraint(settings).project(discriminator.params))

    def _constraint(self, settings: Any) -> Constraint:
        """Return the constraint of the settings where they name one, else the game's own."""
        own = getattr(settings, "constraint", None)
        return self.constraint if own is None else own


def gan(
    generator: NetworkFactory,
    discriminator: NetworkFactory,
    loss: str | losses.GANLoss,
    constraint: Constraint | None = None,
    *,
    prior: Any,
    target: Any,
    batch_size: int = 256,
    optimizer: optax.GradientTransformation | None = None,
) -> Game:
    """Make the game of a generator that imitates `target` and a discriminator that tells the two apart.

    Changing the numbers of `prior`, `target` or `constraint` (of the same kind and shape) compiles nothing anew; the
    networks, the loss, the batch size and the kinds of the three are structure.

    Args:
        generator: a function `rngs -> nnx.Module`; the module maps [n, prior.dim] to the shape of the target's
            samples, [n, d] for points or [n, h, w, c] for images.
        discriminator: a function `rngs -> nnx.Module`; the module maps such samples to raw scores [n, 1] or [n].
        loss: a name from `losses.LOSSES`, or a `losses.GANLoss`.
        constraint: what holds the critic (`gantheory.lipschitz`); None for nothing. Settings may override it.
        prior: the distribution of z, with `.sample(key, n) -> [n, k]` and `.dim`.
        target: the distribution of the data, with `.sample(key, n) -> [n, ...]` and `.dim`.
        batch_size: points of each kind in one step. Every step draws fresh ones.
        optimizer: an `optax.GradientTransformation` without a learning rate, for both players; by default
            `DEFAULT_OPTIMIZER`, Adam with b1 = 0 and b2 = 0.99. Make it once: each call of optax makes a new one, which
            compiles anew.

    Returns:
        The game, for `gantheory.training`. Its history has the details "penalty".

    Raises:
        TypeError, ValueError: where an argument is not as above, or the shapes of the four parts do not fit.

    Source: Goodfellow et al. 2014, Generative Adversarial Nets, section 3.

    >>> import jax
    >>> from gantheory import training
    >>> from gantheory.distributions import Gaussian
    >>> from gantheory.networks import MLP
    >>> game = gan(
    ...     lambda rngs: MLP(1, 1, width=16, rngs=rngs), lambda rngs: MLP(1, 1, width=16, rngs=rngs),
    ...     "non_saturating", prior=Gaussian([0.0], [1.0]), target=Gaussian([4.0], [1.0]),
    ... )
    >>> state = training.init(game, jax.random.key(0))
    >>> state, history = training.train(game, state, 1500)
    >>> bool(abs(generate(game, state, jax.random.key(1), 1000).mean() - 4) < 1)
    True
    """
    batch_size = _checks.whole("batch_size", batch_size)
    if constraint is None:
        constraint = unconstrained()
    if not isinstance(constraint, Constraint):
        _checks.refuse(
            "constraint", "one of gantheory.lipschitz, or None", _checks.describe(constraint), TypeError
        )
    game = _GAN(
        generator=_Network("generator", generator),
        discriminator=_Network("discriminator", discriminator),
        loss=losses.resolve(loss),
        constraint=constraint,
        prior=_distribution("prior", prior),
        target=_distribution("target", target),
        batch_size=batch_size,
        optimizer=DEFAULT_OPTIMIZER if optimizer is None else _ascent("optimizer", optimizer),
    )
    _check_shapes(game)
    return game


def _distribution(name: str, distribution: Any) -> Any:
    if not callable(getattr(distribution, "sample", None)) or not hasattr(distribution, "dim"):
        allowed = "a distribution with .sample(key, n) and .dim"
        _checks.refuse(name, allowed, _checks.describe(distribution), TypeError)
    leaves = jax.tree.leaves(distribution)
    if all(isinstance(leaf, jax.Array | np.ndarray | float | int) for leaf in leaves):
        return distribution
    return _Fixed(distribution)


def _ascent(name: str, optimizer: Any) -> optax.GradientTransformation:
    """Refuse an optimiser that has a learning rate in it: the settings' rate would then turn its descent around."""
    allowed = "an optax transformation without a learning rate (such as optax.scale_by_adam())"
    if not isinstance(optimizer, optax.GradientTransformation):
        _checks.refuse(name, allowed, _checks.describe(optimizer), TypeError)
    one = jnp.ones(())
    direction, _ = optimizer.update(one, optimizer.init(one), one)
    if not direction > 0:
        _checks.refuse(name, allowed, "one that descends by itself")
    return optimizer


def _check_shapes(game: _GAN) -> None:
    """Compare the shapes of the four parts, without computing anything."""
    key = jax.eval_shape(lambda: jax.random.key(0))
    n = game.batch_size
    z = _sampled("prior", game.prior, n)
    if len(z.shape) != 2:
        _checks.refuse("prior", f"a distribution with samples of shape [{n}, k]", f"{list(z.shape)}")
    x = _sampled("target", game.target, n)
    generator, discriminator = jax.eval_shape(game.init, key)
    fake = jax.eval_shape(lambda player, z: game.generate(player, z)[0], generator, z)
    if fake.shape != x.shape:
        allowed = f"a network that maps {list(z.shape)} to the target's {list(x.shape)}"
        _checks.refuse("generator", allowed, f"one that returns {list(fake.shape)}")

    def scores(player: Player, x: Array) -> Array:
        return game.discriminator.apply(player.params, player.state.network, x)[0]

    output = jax.eval_shape(scores, discriminator, x)
    if output.shape not in ((n, 1), (n,)):
        allowed = f"a network that maps {list(x.shape)} to one raw score a point, {[n, 1]}"
        _checks.refuse("discriminator", allowed, f"one that returns {list(output.shape)}")


def _sampled(name: str, distribution: Any, n: int) -> jax.ShapeDtypeStruct:
    x = jax.eval_shape(lambda key: distribution.sample(key, n), jax.random.key(0))
    if x.ndim < 2 or x.shape[0] != n:
        _checks.refuse(name, f"a distribution with samples of shape [{n}, d]", f"{list(x.shape)}")
    return x


def generate(game: Game, state: Any, key: Array, n: int) -> Float[Array, "n *point"]:
    """Draw points from the generator: z from the prior, through the network.

    Args:
        game: a game made by `gan`.
        state: a `training.State` of that game (or anything with `.generator`).
        key: a random key.
        n: how many points; a new n compiles anew.

    Returns:
        Points of shape [n, d], or images of shape [n, h, w, c].
    """
    return _generate(_a_gan(game), state.generator, _checks.key("key", key), _checks.whole("n", n))


def generator_function(game: Game, state: Any) -> Callable[[Array], Array]:
    """Return the generator as a function z [n, k] -> [n, ...]; compiled once for each shape, not for each state."""
    return functools.partial(_apply_generator, _a_gan(game), state.generator)


def discriminator_function(
    game: Game, state: Any, settings: Any = None
) -> Callable[[Array], Float[Array, "n"]]:
    """Return the discriminator as a function x [n, ...] -> raw scores [n]; D(x) is their sigmoid.

    Args:
        game: a game made by `gan`.
        state: a `training.State` of that game (or anything with `.discriminator`).
        settings: the settings that it is trained with, needed only where they override the game's constraint.
    """
    constraint = getattr(settings, "constraint", None)
    return functools.partial(_apply_discriminator, _a_gan(game), state.discriminator, constraint)


def _a_gan(game: Any) -> _GAN:
    if not isinstance(game, _GAN):
        _checks.refuse("game", "a game made by games.gan", _checks.describe(game), TypeError)
    return game


@functools.partial(jax.jit, static_argnums=3)
def _generate(game: _GAN, generator: Player, key: Array, n: int) -> Float[Array, "n *point"]:
    return game.generate(generator, game.prior.sample(key, n))[0]


@jax.jit
def _apply_generator(game: _GAN, generator: Player, z: Float[Array, "n k"]) -> Float[Array, "n *point"]:
    return game.generate(generator, z)[0]


@jax.jit
def _apply_discriminator(
    game: _GAN, discriminator: Player, constraint: Constraint | None, x: Float[Array, "n *point"]
) -> Float[Array, "n"]:
    scores, _ = game.critic(discriminator, _Override(constraint))
    return scores(x, discriminator.state.network)[0]


class _Override(NamedTuple):
    constraint: Constraint | None
