"""What every game of networks is made of: networks as structure, the discriminator's side, checks of the arguments."""

import functools
import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx
from jaxtyping import Array, Float, Int, PyTree, Shaped

from gantheory import _checks, _pytree, losses
from gantheory.games._game import DEFAULT_OPTIMIZER, LossResult, NetworkFactory, Player
from gantheory.lipschitz import Constraint, unconstrained

__all__ = [
    "Adversary",
    "Network",
    "check_generator",
    "check_scores",
    "constraint_of",
    "resolve_constraint",
    "resolve_distribution",
    "resolve_optimizer",
    "sampled",
]


class Network:
    """A network as structure: how to make its parameters, and how to apply it to given ones.

    Equal where the networks' graphs are equal, so that two games that were made alike share their compiled functions,
    even though each was given a lambda of its own.
    """

    def __init__(self, name: str, factory: Any):
        _check_factory(name, factory)
        self.factory = factory
        module = nnx.eval_shape(lambda: factory(nnx.Rngs(0)))
        if not isinstance(module, nnx.Module):
            came = f"one that returns a {type(factory(nnx.Rngs(0))).__name__}"
            _checks.refuse(name, "a function rngs -> nnx.Module", came, TypeError)
        self.graph, params, _ = nnx.split(module, nnx.Param, ...)
        self.params = nnx.to_pure_dict(params)  # their shapes alone
        self.kind = type(module)
        self.num_classes = getattr(module, "num_classes", None)
        self._hash = hash(self.graph)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Network) and self.graph == other.graph)

    def init(self, key: Array) -> tuple[PyTree, PyTree]:
        """Make new (params, state), as plain dictionaries: those cross the border of jit fastest."""
        return _init_network(self.factory, key)

    def apply(
        self, params: PyTree, state: PyTree, x: Float[Array, "n *point"], *given: Shaped[Array, "n ..."]
    ) -> tuple[Float[Array, "n ..."], PyTree]:
        """Apply the network to x and to what is given beside it (labels); returns its output and its new state."""
        module = nnx.merge(self.graph, params, state)
        output = module(x, *given)
        return output, nnx.to_pure_dict(nnx.split(module, nnx.Param, ...)[2])

    def takes_labels(self) -> bool:
        """Tell whether the network can be called with labels beside the points."""
        try:
            inspect.signature(self.kind.__call__).bind("self", "x", "labels")
        except TypeError:
            return False
        return True


def _check_factory(name: str, factory: Any) -> None:
    """Refuse what is no function of the random numbers alone."""
    allowed, kind = "a function rngs -> nnx.Module", type(factory).__name__
    if isinstance(factory, nnx.Module):
        allowed += f", such as lambda rngs: {kind}(..., rngs=rngs)"
        _checks.refuse(name, allowed, f"a network itself, of class {kind}", TypeError)
    if not callable(factory):
        _checks.refuse(name, allowed, _checks.describe(factory), TypeError)
    function, given, named = factory, (), {}
    if isinstance(factory, functools.partial):
        function, given, named = factory.func, factory.args, factory.keywords
    called = getattr(function, "__name__", kind)
    if isinstance(function, type):  # of which nnx has a call of its own, with the signature of none
        function, given = function.__init__, ("self", *given)
    try:
        inspect.signature(function).bind(*given, "rngs", **named)
    except TypeError as error:
        if function is not factory:
            allowed += f", such as lambda rngs: {called}(..., rngs=rngs)"
        _checks.refuse(
            name, allowed, f"{called}, which cannot be called with rngs alone ({error})", TypeError
        )
    except ValueError:
        pass  # a function that does not say what it takes


@functools.partial(jax.jit, static_argnums=0)
def _init_network(factory: NetworkFactory, key: Array) -> tuple[PyTree, PyTree]:
    # Told apart by the factory itself: equal graphs may start from different laws.
    _, params, state = nnx.split(factory(nnx.Rngs(key)), nnx.Param, ...)
    return nnx.to_pure_dict(params), nnx.to_pure_dict(state)


class _ConstrainedState(NamedTuple):
    network: PyTree
    constraint: PyTree


@_pytree.register(dynamic=("own", "constraint"), static=("network", "loss"))
class Adversary:
    """A discriminator's side of a game, but for the player itself.

    Args:
        network: the discriminator's network.
        loss: what both sides minimise.
        own: the game's constraint, which made the player's state.
        constraint: the one to play by.
    """

    def __init__(self, network: Network, loss: losses.GANLoss, own: Constraint, constraint: Constraint):
        self.network, self.loss, self.own, self.constraint = network, loss, own, constraint

    def init(self, key: Array, constraint_key: Array) -> Player:
        """Make the player."""
        params, state = self.network.init(key)
        return Player(params, _ConstrainedState(state, self.own.init(constraint_key, params)))

    def scores(self, player: Player) -> tuple[Callable[..., tuple[Float[Array, "n"], PyTree]], PyTree]:
        """Return the function (state, x [n, ...], *given) -> (raw scores [n], state), and the constraint's state.

        The parameters are those that the constraint makes of the player's own.
        """
        constraint_state = player.state.constraint
        # Vectors of a power iteration belong to the kind of constraint that made them; another kind goes without.
        usable = constraint_state if type(self.constraint) is type(self.own) else None
        if usable is not None:
            constraint_state = usable = self.constraint.refresh(jax.lax.stop_gradient(player.params), usable)
        params = self.constraint.reparametrize(player.params, usable)

        def scores(
            state: PyTree, x: Float[Array, "n *point"], *given: Shaped[Array, "n ..."]
        ) -> tuple[Float[Array, "n"], PyTree]:
            output, state = self.network.apply(params, state, x, *given)
            return output.reshape(x.shape[0]), state

        return scores, constraint_state

    def discriminator_loss(
        self,
        player: Player,
        real: Float[Array, "n *point"],
        fake: Float[Array, "n *point"],
        key: Array,
        *given: Shaped[Array, "n ..."],
        mismatch: tuple[Float[Array, ""], Int[Array, "n"]] | None = None,
    ) -> LossResult:
        """Compute what the discriminator minimises.

        Args:
            player: the discriminator.
            real: real points.
            fake: generated points.
            key: a random key for the penalty.
            given: what the networks see beside the points: the labels that the i-th real and fake share.
            mismatch: (share, wrong labels): real points with these count as generated ones, to the share of one half
                where it is 1 and of nothing where it is 0.
        """
        scores, constraint_state = self.scores(player)
        real_scores, state = scores(player.state.network, real, *given)
        fake_scores, state = scores(state, fake, *given)
        penalty = self.constraint.penalty(
            lambda x, *given: scores(state, x[None], *(one[None] for one in given))[0][0],
            real,
            fake,
            key,
            *given,
        )
        loss = self.loss.discriminator(real_scores, fake_scores)
        if mismatch is not None:
            share, labels = mismatch
            wrong_scores, state = scores(state, real, labels)
            # Every loss is a sum of a mean over the reals and a mean over the fakes: this mixes the latter alone.
            mixed = self.loss.discriminator(real_scores, wrong_scores)
            loss = loss + share.astype(loss.dtype) / 2 * (mixed - loss)
        info = {"value": self.loss.value(real_scores, fake_scores), "penalty": penalty}
        return loss + penalty, (info, _ConstrainedState(state, constraint_state))

    def generator_loss(
        self, player: Player, fake: Float[Array, "n *point"], *given: Shaped[Array, "n ..."]
    ) -> Float[Array, ""]:
        """Compute what the generator minimises of its points' scores."""
        return self.loss.generator(self.scores(player)[0](player.state.network, fake, *given)[0])

    def project(self, player: Player) -> Player:
        """Change the discriminator after its update."""
        return player._replace(params=self.constraint.project(player.params))


def constraint_of(settings: Any, own: Constraint) -> Constraint:
    """Return the constraint of the settings where they name one, else the game's own."""
    constraint = getattr(settings, "constraint", None)
    return own if constraint is None else constraint


class _Fixed:
    """A distribution that is not a pytree of arrays: it travels as structure, told apart by identity."""

    def __init__(self, distribution: Any):
        self.distribution = distribution
        self.dim = distribution.dim
        self.num_classes = getattr(distribution, "num_classes", None)

    def __hash__(self) -> int:
        return id(self.distribution)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Fixed) and self.distribution is other.distribution

    def sample(self, key: Array, n: int) -> Float[Array, "n *point"]:
        return self.distribution.sample(key, n)

    def sample_labelled(self, key: Array, n: int) -> tuple[Float[Array, "n *point"], Int[Array, "n"]]:
        return self.distribution.sample_labelled(key, n)


jax.tree_util.register_static(_Fixed)


def resolve_distribution(name: str, distribution: Any) -> Any:
    """Check a distribution, and wrap one that is no pytree of arrays."""
    if not callable(getattr(distribution, "sample", None)) or not hasattr(distribution, "dim"):
        allowed = "a distribution with .sample(key, n) and .dim"
        _checks.refuse(name, allowed, _checks.describe(distribution), TypeError)
    leaves = jax.tree.leaves(distribution)
    if all(isinstance(leaf, jax.Array | np.ndarray | float | int) for leaf in leaves):
        return distribution
    return _Fixed(distribution)


def resolve_constraint(constraint: Any) -> Constraint:
    """Check a constraint; None is the one that does nothing."""
    if constraint is None:
        return unconstrained()
    if not isinstance(constraint, Constraint):
        came = _checks.describe(constraint)
        _checks.refuse("constraint", "one of gantheory.lipschitz, or None", came, TypeError)
    return constraint


def resolve_optimizer(optimizer: Any) -> optax.GradientTransformation:
    """Refuse an optimiser that has a learning rate in it: the settings' rate would then turn its descent around."""
    if optimizer is None:
        return DEFAULT_OPTIMIZER
    allowed = "an optax transformation without a learning rate (such as optax.scale_by_adam())"
    if not isinstance(optimizer, optax.GradientTransformation):
        _checks.refuse("optimizer", allowed, _checks.describe(optimizer), TypeError)
    one = jnp.ones(())
    direction, _ = optimizer.update(one, optimizer.init(one), one)
    if not direction > 0:
        _checks.refuse("optimizer", allowed, "one that descends by itself")
    return optimizer


def sampled(name: str, distribution: Any, n: int) -> jax.ShapeDtypeStruct:
    """Return the shape of n samples, without drawing them."""
    x = jax.eval_shape(lambda key: distribution.sample(key, n), jax.random.key(0))
    if x.ndim < 2 or x.shape[0] != n:
        _checks.refuse(name, f"a distribution with samples of shape [{n}, d]", f"{list(x.shape)}")
    return x


def check_generator(
    name: str, network: Network, into: str, wanted: tuple[int, ...], *given: jax.ShapeDtypeStruct
) -> None:
    """Compare the shape of what a generator makes with the one that it shall imitate, without computing anything."""
    made = _output(network, *given).shape
    if made != wanted:
        allowed = f"a network that maps {list(given[0].shape)} to {into} {list(wanted)}"
        _checks.refuse(name, allowed, f"one that returns {list(made)}")


def check_scores(name: str, network: Network, *given: jax.ShapeDtypeStruct) -> None:
    """Check that a discriminator gives one raw score a point, without computing anything."""
    x, output = given[0], _output(network, *given)
    n = x.shape[0]
    if output.shape not in ((n, 1), (n,)):
        allowed = f"a network that maps {list(x.shape)} to one raw score a point, {[n, 1]}"
        _checks.refuse(name, allowed, f"one that returns {list(output.shape)}")


def _output(network: Network, *given: jax.ShapeDtypeStruct) -> Any:
    players = jax.eval_shape(network.init, jax.eval_shape(lambda: jax.random.key(0)))
    return jax.eval_shape(lambda player, *given: network.apply(*player, *given)[0], players, *given)
