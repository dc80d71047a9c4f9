"""The game of Goodfellow et al., for any loss and any constraint."""

import dataclasses
from typing import Any

import jax
import optax
from jaxtyping import Array, Float, PyTree, Shaped

from gantheory import _checks, _mesh, _pytree, losses
from gantheory.games._game import Game, LossResult, NetworkFactory, Player
from gantheory.games._parts import (
    Adversary,
    Network,
    check_generator,
    check_scores,
    constraint_of,
    resolve_constraint,
    resolve_distribution,
    resolve_optimizer,
    sampled,
)
from gantheory.lipschitz import Constraint

__all__ = ["GAN", "check_shapes", "gan"]


@_pytree.register(
    dynamic=("constraint", "prior", "target"),
    static=("generator", "discriminator", "loss", "batch_size", "optimizer"),
)
@dataclasses.dataclass(frozen=True, eq=False)
class GAN(Game):
    """What `gan` makes. A game whose networks see more than the points gives it to them as `given`."""

    generator: Network
    discriminator: Network
    loss: losses.GANLoss
    constraint: Constraint
    prior: Any
    target: Any
    batch_size: int
    optimizer: optax.GradientTransformation

    def init(self, key: Array) -> tuple[Player, Player]:
        generator_key, *discriminator_keys = jax.random.split(key, 3)
        return Player(*self.generator.init(generator_key)), self.adversary(None).init(*discriminator_keys)

    def sample(self, key: Array) -> Any:
        return _mesh.along_batch(self.target.sample(key, self.batch_size))

    def noise(self, key: Array) -> Float[Array, "n k"]:
        """Draw a batch of z."""
        return _mesh.along_batch(self.prior.sample(key, self.batch_size))

    def generate(
        self, generator: Player, z: Float[Array, "n k"], *given: Shaped[Array, "n ..."]
    ) -> tuple[Float[Array, "n *point"], PyTree]:
        """Map z to generated points; returns them and the generator's new state."""
        return self.generator.apply(generator.params, generator.state, z, *given)

    def adversary(self, settings: Any) -> Adversary:
        """Return the discriminator's side, as the settings want it."""
        constraint = constraint_of(settings, self.constraint)
        return Adversary(self.discriminator, self.loss, self.constraint, constraint)

    def discriminator_loss(
        self, discriminator: Player, generator: Player, batch: Any, key: Array, settings: Any
    ) -> LossResult:
        prior_key, penalty_key = jax.random.split(key)
        fake, _ = self.generate(generator, self.noise(prior_key))
        return self.adversary(settings).discriminator_loss(discriminator, batch, fake, penalty_key)

    def generator_loss(
        self, generator: Player, discriminator: Player, batch: Any, key: Array, settings: Any
    ) -> LossResult:
        fake, state = self.generate(generator, self.noise(key))
        return self.adversary(settings).generator_loss(discriminator, fake), ({}, state)

    def project(self, discriminator: Player, settings: Any) -> Player:
        return self.adversary(settings).project(discriminator)


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
    >>> from gantheory import games, training
    >>> from gantheory.distributions import Gaussian
    >>> from gantheory.networks import MLP
    >>> game = gan(
    ...     lambda rngs: MLP(1, 1, width=16, rngs=rngs), lambda rngs: MLP(1, 1, width=16, rngs=rngs),
    ...     "non_saturating", prior=Gaussian([0.0], [1.0]), target=Gaussian([4.0], [1.0]),
    ... )
    >>> state = training.init(game, jax.random.key(0))
    >>> state, history = training.train(game, state, 1500)
    >>> bool(abs(games.generate(game, state, jax.random.key(1), 1000).mean() - 4) < 1)
    True
    """
    batch_size = _checks.whole("batch_size", batch_size)
    game = GAN(
        generator=Network("generator", generator),
        discriminator=Network("discriminator", discriminator),
        loss=losses.resolve(loss),
        constraint=resolve_constraint(constraint),
        prior=resolve_distribution("prior", prior),
        target=resolve_distribution("target", target),
        batch_size=batch_size,
        optimizer=resolve_optimizer(optimizer),
    )
    check_shapes(game, sampled("target", game.target, batch_size))
    return game


def check_shapes(game: GAN, x: jax.ShapeDtypeStruct, *given: jax.ShapeDtypeStruct) -> None:
    """Compare the shapes of the four parts, without computing anything; x and what is given are a batch's."""
    n = game.batch_size
    z = sampled("prior", game.prior, n)
    if len(z.shape) != 2:
        _checks.refuse("prior", f"a distribution with samples of shape [{n}, k]", f"{list(z.shape)}")
    check_generator("generator", game.generator, "the target's", x.shape, z, *given)
    check_scores("discriminator", game.discriminator, x, *given)
