"""The conditional game: both players see the label of a point."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, ArrayLike, Float, Int

from gantheory import _checks, _mesh, _pytree, losses
from gantheory.games._game import Game, LossResult, NetworkFactory, Player
from gantheory.games._gan import GAN, check_shapes
from gantheory.games._parts import Network, resolve_constraint, resolve_distribution, resolve_optimizer
from gantheory.lipschitz import Constraint

__all__ = ["ConditionalGAN", "conditional_gan"]

Batch = tuple[Float[Array, "n *point"], Int[Array, "n"]]


@_pytree.register(
    dynamic=("constraint", "prior", "target", "mismatched"),
    static=("generator", "discriminator", "loss", "batch_size", "optimizer"),
)
@dataclasses.dataclass(frozen=True, eq=False)
class ConditionalGAN(GAN):
    """What `conditional_gan` makes; a batch is (x [n, ...], labels [n])."""

    mismatched: Float[Array, ""] | None = None

    @property
    def num_classes(self) -> int:
        """The number of the target's classes."""
        return self.target.num_classes

    def sample(self, key: Array) -> Batch:
        return _mesh.along_batch(self.target.sample_labelled(key, self.batch_size))

    def discriminator_loss(
        self, discriminator: Player, generator: Player, batch: Batch, key: Array, settings: Any
    ) -> LossResult:
        x, labels = batch
        prior_key, penalty_key, mismatch_key = jax.random.split(key, 3)
        fake, _ = self.generate(generator, self.noise(prior_key), labels)
        mismatch = None
        if self.mismatched is not None:
            mismatch = (self.mismatched, self._other_labels(mismatch_key, labels))
        return self.adversary(settings).discriminator_loss(
            discriminator, x, fake, penalty_key, labels, mismatch=mismatch
        )

    def generator_loss(
        self, generator: Player, discriminator: Player, batch: Batch, key: Array, settings: Any
    ) -> LossResult:
        _, labels = batch
        fake, state = self.generate(generator, self.noise(key), labels)
        return self.adversary(settings).generator_loss(discriminator, fake, labels), ({}, state)

    def _other_labels(self, key: Array, labels: Int[Array, "n"]) -> Int[Array, "n"]:
        """Draw for each label one of the others, all equally likely."""
        steps = jax.random.randint(key, labels.shape, 1, self.num_classes, labels.dtype)
        return (labels + _mesh.along_batch(steps)) % self.num_classes


def conditional_gan(
    generator: NetworkFactory,
    discriminator: NetworkFactory,
    loss: str | losses.GANLoss,
    constraint: Constraint | None = None,
    *,
    prior: Any,
    target: Any,
    mismatched: ArrayLike = False,
    batch_size: int = 256,
    optimizer: optax.GradientTransformation | None = None,
) -> Game:
    """Make the game of `gan` for labelled points: the generator makes a point *for a label*, and D judges the pair.

    In the discriminator's step the i-th generated point is made for the label of the i-th real one, so that both
    halves of the batch have the same labels and a penalty looks at points between two of one label; its slope is that
    in x. In the generator's step the labels are those of a batch of its own. With labels of the target's own law on
    both sides, the best discriminator's value is that of the *joint* laws,

        max_D V = 2 JS(P(x, c) || P_G(x, c)) - log 4,     JS(P(x, c) || P_G(x, c)) = sum_c P(c) JS(P(x|c) || P_G(x|c)),

    whose divergence is 0 only where every label gets its own law. For a discriminator that does not look at the label
    (`networks.Unlabelled`) it is that of the laws of x alone: the generator may then mix the labels up for free.

    Mismatched pairs: real points with a wrong label, drawn evenly from the other classes, count as generated ones too;
    the discriminator's term for these is then the mean of both terms. The value is still that of real and generated
    pairs alone. This is another game: D compares the data with the *half-half mixture* of P_G and the mismatched
    pairs, so that where classes overlap (and P_G might take on what the mismatched lack) its best generator is no
    longer the data's law. Where they do not, the data's law stays the best answer.

    Args:
        generator: a function `rngs -> nnx.Module`; the module is called as `network(z, labels)` with z [n, prior.dim]
            and labels [n] (`networks.ConditionalMLP`), and returns points of the target's shape.
        discriminator: a function `rngs -> nnx.Module`; the module is called as `network(x, labels)` and returns raw
            scores [n, 1] or [n].
        loss: a name from `losses.LOSSES`, or a `losses.GANLoss`.
        constraint: as for `gan`.
        prior: as for `gan`; z does not depend on the label.
        target: a law of labelled points, with `.sample_labelled(key, n) -> (x [n, ...], labels [n])`, `.num_classes`
            and `.dim`: a mixture, whose components are the classes, or a `datasets.Dataset`.
        mismatched: False for no mismatched pairs, which are then not computed; True or a number from 0 to 1 for how
            much they count. The number is a leaf: for a switch that compiles nothing anew pass 0.0 and 1.0.
        batch_size: as for `gan`.
        optimizer: as for `gan`.

    Returns:
        The game, for `gantheory.training`. Its history has the details "penalty".

    Raises:
        TypeError, ValueError: where an argument is not as above, or the shapes of the parts do not fit.

    Sources: Mirza and Osindero 2014, Conditional Generative Adversarial Nets, section 3.2; mismatched pairs: Reed et
    al. 2016, Generative Adversarial Text to Image Synthesis, section 4.2 and algorithm 1.

    >>> import jax
    >>> from gantheory import games, training
    >>> from gantheory.distributions import Gaussian, Mixture
    >>> from gantheory.networks import ConditionalMLP
    >>> game = conditional_gan(
    ...     lambda rngs: ConditionalMLP(1, 1, 2, width=16, rngs=rngs),
    ...     lambda rngs: ConditionalMLP(1, 1, 2, width=16, rngs=rngs),
    ...     "non_saturating", prior=Gaussian(0.0, 1.0), target=Mixture([Gaussian(-2.0, 0.5), Gaussian(2.0, 0.5)]),
    ... )
    >>> state, history = training.train(game, training.init(game, jax.random.key(0)), 1000)
    >>> x = games.generate(game, state, jax.random.key(1), 1000, labels=1)
    >>> bool(abs(x.mean() - 2) < 0.5)
    True
    """
    batch_size = _checks.whole("batch_size", batch_size)
    x, labels = _labelled(target, batch_size)
    game = ConditionalGAN(
        generator=Network("generator", generator),
        discriminator=Network("discriminator", discriminator),
        loss=losses.resolve(loss),
        constraint=resolve_constraint(constraint),
        prior=resolve_distribution("prior", prior),
        target=resolve_distribution("target", target),
        batch_size=batch_size,
        optimizer=resolve_optimizer(optimizer),
        mismatched=_share(mismatched, target.num_classes),
    )
    for name, network in (("generator", game.generator), ("discriminator", game.discriminator)):
        if not network.takes_labels():
            allowed = (
                "a network that is called with labels too (networks.Unlabelled makes one that ignores them)"
            )
            _checks.refuse(name, allowed, f"a {network.kind.__name__}", TypeError)
        if isinstance(network.num_classes, int) and network.num_classes < game.num_classes:
            allowed = f"a network for the target's {game.num_classes} classes"
            _checks.refuse(name, allowed, f"one for {network.num_classes}")
    check_shapes(game, x, labels)
    return game


def _labelled(target: Any, n: int) -> tuple[jax.ShapeDtypeStruct, jax.ShapeDtypeStruct]:
    """Check that a target draws labelled points, and return their shapes."""
    allowed = (
        "a law of labelled points with .sample_labelled(key, n), .num_classes and .dim, such as a Mixture"
    )
    if (
        not callable(getattr(target, "sample_labelled", None))
        or not hasattr(target, "num_classes")
        or not hasattr(target, "dim")
    ):
        _checks.refuse("target", allowed, _checks.describe(target), TypeError)
    _checks.whole("target.num_classes", target.num_classes)
    x, labels = jax.eval_shape(lambda key: target.sample_labelled(key, n), jax.random.key(0))
    if x.ndim < 2 or x.shape[0] != n:
        _checks.refuse("target", f"a law with samples of shape [{n}, ...]", f"{list(x.shape)}")
    if labels.shape != (n,) or not jnp.issubdtype(labels.dtype, jnp.integer):
        came = f"labels of shape {list(labels.shape)} and dtype {labels.dtype}"
        _checks.refuse("target", f"a law whose labels are whole numbers of shape [{n}]", came)
    return x, labels


def _share(mismatched: Any, num_classes: int) -> Float[Array, ""] | None:
    """Return how much mismatched pairs count, as a leaf; None where there shall be none."""
    if mismatched is False:
        return None
    if num_classes == 1:
        _checks.refuse("mismatched", "False for a target of one class", _checks.describe(mismatched))
    if isinstance(mismatched, bool | np.bool_):
        mismatched = float(mismatched)
    return _pytree.scalar(_checks.number("mismatched", mismatched, at_least=0, at_most=1))
