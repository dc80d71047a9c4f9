"""Games of two scalars: small enough to see the whole of their dynamics."""

import abc
import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, ArrayLike, Float

from gantheory import _checks, _pytree, losses
from gantheory.games._game import Game, LossResult, Player
from gantheory.lipschitz import Constraint, unconstrained

__all__ = ["bilinear", "dirac_gan", "quadratic"]

Scalar = Float[Array, ""]
LossInfo = tuple[Scalar, dict[str, Scalar]]

# Where both players start, as `dynamics.simulate` does.
START = (1.0, 1.0)
# Made once, so that every game of this file has the same one: another would compile anew.
PLAIN_DESCENT = optax.identity()
# Gauss-Hermite quadrature of a standard normal law, exact for polynomials up to degree 65; the middle node is 0.
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(33)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()


class _TwoScalars(Game):
    """A game whose players own one number each, theta and psi, and move by plain gradient descent.

    Subclasses give the two losses; consensus is added here, to both.
    """

    optimizer = PLAIN_DESCENT
    consensus: Scalar | None

    @abc.abstractmethod
    def _generator_loss(self, theta: Scalar, psi: Scalar) -> Scalar:
        """Compute what the generator minimises, without consensus."""

    @abc.abstractmethod
    def _discriminator_loss(self, psi: Scalar, theta: Scalar, settings: Any) -> LossInfo:
        """Compute what the discriminator minimises, without consensus, and what there is to report."""

    def init(self, key: Array) -> tuple[Player, Player]:
        return tuple(Player(_pytree.scalar(start)) for start in START)

    def sample(self, key: Array) -> Float[Array, "1"]:
        return jnp.zeros(1)

    def discriminator_loss(
        self, discriminator: Player, generator: Player, batch: Any, key: Array, settings: Any
    ) -> LossResult:
        theta, psi = generator.params, discriminator.params
        loss, info = self._discriminator_loss(psi, theta, settings)
        if self.consensus is not None:
            loss += self._consensus(theta, psi, settings)
        return loss, (info, ())

    def generator_loss(
        self, generator: Player, discriminator: Player, batch: Any, key: Array, settings: Any
    ) -> LossResult:
        theta, psi = generator.params, discriminator.params
        loss = self._generator_loss(theta, psi)
        if self.consensus is not None:
            loss += self._consensus(theta, psi, settings)
        return loss, ({}, ())

    def _consensus(self, theta: Scalar, psi: Scalar, settings: Any) -> Scalar:
        """Compute half the weighted square of the field, the length of both players' gradients together."""
        slope = jax.grad(self._generator_loss)(theta, psi)
        other, _ = jax.grad(self._discriminator_loss, has_aux=True)(psi, theta, settings)
        return 0.5 * self.consensus.astype(slope.dtype) * (slope**2 + other**2)


@_pytree.register(dynamic=("constraint", "instance_noise", "consensus"), static=("loss",))
@dataclasses.dataclass(frozen=True, eq=False)
class _DiracGAN(_TwoScalars):
    loss: losses.GANLoss
    constraint: Constraint
    instance_noise: Scalar | None
    consensus: Scalar | None

    def _generator_loss(self, theta: Scalar, psi: Scalar) -> Scalar:
        return self._mean(lambda noise: self.loss.generator((psi * (theta + noise))[None]), psi)

    def _discriminator_loss(self, psi: Scalar, theta: Scalar, settings: Any) -> LossInfo:
        def loss_and_value(noise: Scalar) -> Float[Array, "2"]:
            # The data's noise and the generator's are two; each loss is a sum of a mean over either, so that one
            # node may serve both.
            real, fake = (psi * noise)[None], (psi * (theta + noise))[None]
            return jnp.stack([self.loss.discriminator(real, fake), self.loss.value(real, fake)])

        loss, value = self._mean(loss_and_value, psi)
        penalty = self._constraint(settings).penalty(
            lambda x: psi * x[0], jnp.zeros((1, 1), psi.dtype), theta[None, None], jax.random.key(0)
        )
        return loss + penalty, {"value": value, "penalty": penalty}

    def _mean(self, function: Any, like: Scalar) -> Float[Array, "*shape"]:
        """Compute the mean of a function of the instance noise."""
        if self.instance_noise is None:
            return function(jnp.zeros_like(like))
        noise = self.instance_noise.astype(like.dtype)
        values = jax.vmap(function)(noise * jnp.asarray(_NODES, like.dtype))
        # Without noise all values are one, of which a rounded mean would be another.
        return jnp.where(noise > 0, jnp.asarray(_WEIGHTS, like.dtype) @ values, values[len(_NODES) // 2])

    def project(self, discriminator: Player, settings: Any) -> Player:
        return discriminator._replace(params=self._constraint(settings).project(discriminator.params))

    def _constraint(self, settings: Any) -> Constraint:
        """Return the constraint of the settings where they name one, else the game's own."""
        own = getattr(settings, "constraint", None)
        return self.constraint if own is None else _with_a_size(own)


@_pytree.register(dynamic=("curvature", "coupling", "discriminator_curvature", "consensus"))
@dataclasses.dataclass(frozen=True, eq=False)
class _Quadratic(_TwoScalars):
    curvature: Scalar
    coupling: Scalar
    discriminator_curvature: Scalar
    consensus: Scalar | None

    def _value(self, theta: Scalar, psi: Scalar) -> Scalar:
        a, b, c = (x.astype(psi.dtype) for x in (self.curvature, self.coupling, self.discriminator_curvature))
        return 0.5 * a * theta**2 + b * theta * psi - 0.5 * c * psi**2

    def _generator_loss(self, theta: Scalar, psi: Scalar) -> Scalar:
        return self._value(theta, psi)

    def _discriminator_loss(self, psi: Scalar, theta: Scalar, settings: Any) -> LossInfo:
        value = self._value(theta, psi)
        return -value, {"value": value}


def dirac_gan(
    loss: str | losses.GANLoss = "minimax",
    constraint: Constraint | None = None,
    *,
    instance_noise: ArrayLike = 0.0,
    consensus: ArrayLike = 0.0,
) -> Game:
    """Make the smallest GAN: the data is the point 0, the generator the point theta, the score of x is psi x.

    Both players move by plain gradient descent, from theta = psi = 1, through the same losses and constraints that
    train networks. Nothing is random: instance noise enters as its expectation (quadrature). For the game's field,
    eigenvalues and trajectories see `gantheory.dynamics`.

    The critic has no constant term, so its score of the data is 0 whatever psi. Least squares, whose goals are 1 and 0,
    therefore knows no force at psi = 0: every theta is at rest there. The gradient penalty's slope jumps at psi = 0,
    where it is taken to be 0: no Jacobian describes the game there.

    Args:
        loss: a name from `losses.LOSSES`, or a `losses.GANLoss`; structure.
        constraint: what holds psi (`gantheory.lipschitz`): clipping, the gradient penalty, R1 or R2; None for nothing.
            Its numbers are leaves, and settings may override it.
        instance_noise: standard deviation of the normal noise on real and generated points, at least 0; a leaf, but
            left out altogether where it is the Python number 0.
        consensus: at least 0; this times half the squared length of the field is added to *both* losses; a leaf, left
            out like the noise.

    Returns:
        The game. Its players' parameters are two scalars; its history has the detail "penalty".

    Raises:
        TypeError, ValueError: where an argument is not as above, or the constraint leaves nothing of psi but its sign
            (spectral normalization).

    Sources: Mescheder et al. 2018, Which Training Methods for GANs do actually Converge?, section 2 (the Dirac-GAN) and
    3 (instance noise, penalties); consensus: Mescheder et al. 2017, The Numerics of GANs.

    >>> from gantheory import dynamics
    >>> dynamics.vector_field(dirac_gan("wasserstein"), 1.0, 0.5)  # the generator climbs the score, psi sinks
    Array([ 0.5, -1. ], dtype=float32)
    """
    constraint = unconstrained() if constraint is None else constraint
    if not isinstance(constraint, Constraint):
        allowed = "one of gantheory.lipschitz, or None"
        _checks.refuse("constraint", allowed, _checks.describe(constraint), TypeError)
    return _DiracGAN(
        losses.resolve(loss),
        _with_a_size(constraint),
        _unless_0("instance_noise", instance_noise),
        _unless_0("consensus", consensus),
    )


def bilinear(*, consensus: ArrayLike = 0.0) -> Game:
    """Make the game theta psi, which theta minimises and psi maximises: a rotation around its equilibrium (0, 0).

    Args:
        consensus: as for `dirac_gan`.

    Raises:
        TypeError, ValueError: where consensus is not a finite number of at least 0.

    Source: Gidel et al. 2019, A Variational Inequality Perspective on Generative Adversarial Networks.

    >>> from gantheory import dynamics
    >>> dynamics.vector_field(bilinear(), 1.0, 0.5)
    Array([-0.5,  1. ], dtype=float32)
    """
    return quadratic(0.0, 1.0, 0.0, consensus=consensus)


def quadratic(
    curvature: ArrayLike = 1.0,
    coupling: ArrayLike = 1.0,
    discriminator_curvature: ArrayLike = 1.0,
    *,
    consensus: ArrayLike = 0.0,
) -> Game:
    """Make the game a theta^2 / 2 + b theta psi - c psi^2 / 2, which theta minimises and psi maximises.

    Every game looks like this near an equilibrium of two scalars, up to scale. Its Jacobian is [[-a, -b], [b, -c]]
    everywhere: a and c pull inwards (where they are positive), b turns.

    Args:
        curvature: a, any number; a leaf.
        coupling: b, any number; a leaf.
        discriminator_curvature: c, any number; a leaf.
        consensus: as for `dirac_gan`.

    Raises:
        TypeError, ValueError: where an argument is not a finite number, or consensus is negative.

    >>> from gantheory import dynamics
    >>> dynamics.jacobian(quadratic(1.0, 2.0, 3.0), 0.0, 0.0)
    Array([[-1., -2.],
           [ 2., -3.]], dtype=float32)
    """
    return _Quadratic(
        _number("curvature", curvature),
        _number("coupling", coupling),
        _number("discriminator_curvature", discriminator_curvature),
        _unless_0("consensus", consensus),
    )


def _number(name: str, x: ArrayLike, **bounds: float) -> Scalar:
    return _pytree.scalar(_checks.number(name, x, **bounds))


def _unless_0(name: str, x: ArrayLike) -> Scalar | None:
    """Leave a plain 0 out: the second derivatives that come with it take several times as long to compile."""
    number = _number(name, x, at_least=0)
    return None if isinstance(x, int | float) and x == 0 else number


def _with_a_size(constraint: Constraint) -> Constraint:
    """Refuse a constraint that divides psi by its norm: a single number divided by its size is its sign."""
    if type(constraint).reparametrize is not Constraint.reparametrize:
        allowed = "one that leaves psi a size (spectral normalization makes psi its sign, +1 or -1)"
        _checks.refuse("constraint", allowed, f"a {type(constraint).__name__.strip('_')}")
    return constraint
