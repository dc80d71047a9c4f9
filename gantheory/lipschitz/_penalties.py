"""Penalties on the critic's gradient: between the two laws (the gradient penalty), or at one of them (R1, R2)."""

import dataclasses

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float, Shaped

from gantheory import _checks, _pytree
from gantheory.lipschitz._constraint import Constraint, Critic, traced_number, two_batches

__all__ = ["gradient_penalty", "norms", "r1", "r2"]


@_pytree.register(dynamic=("weight", "center"), static=("one_sided",))
@dataclasses.dataclass(frozen=True, eq=False)
class _GradientPenalty(Constraint):
    weight: Float[Array, ""]
    center: Float[Array, ""]
    one_sided: bool

    def penalty(
        self,
        critic: Critic,
        real: ArrayLike,
        fake: ArrayLike,
        key: Array,
        *given: Shaped[Array, "n ..."],
    ) -> Float[Array, ""]:
        real, fake = two_batches(real, fake)
        # One uniform weight for each pair, the same for all of the pair's coordinates.
        t = jax.random.uniform(key, (real.shape[0], *[1] * (real.ndim - 1)), real.dtype)
        slopes = jax.vmap(jax.grad(critic))(t * real + (1 - t) * fake, *given)
        excess = norms(slopes) - self.center.astype(real.dtype)
        if self.one_sided:
            excess = jax.nn.relu(excess)
        return self.weight.astype(real.dtype) * jnp.mean(jnp.square(excess))


def norms(x: Float[Array, "n *point"]) -> Float[Array, "n"]:
    """Euclidean norm over all axes but the batch, with gradient 0 (not NaN) where the norm is 0."""
    squares = jnp.sum(jnp.square(x), axis=tuple(range(1, x.ndim)))
    # The square root is taken of 1 where the sum is 0, so that no infinite slope meets a zero.
    return jnp.where(squares == 0, 0, jnp.sqrt(jnp.where(squares == 0, 1, squares)))


@_pytree.register(dynamic=("gamma",))
@dataclasses.dataclass(frozen=True, eq=False)
class _R1(Constraint):
    gamma: Float[Array, ""]

    def penalty(
        self,
        critic: Critic,
        real: ArrayLike,
        fake: ArrayLike,
        key: Array,
        *given: Shaped[Array, "n ..."],
    ) -> Float[Array, ""]:
        real, _ = two_batches(real, fake)
        return self.gamma.astype(real.dtype) / 2 * _mean_squared_slope(critic, real, *given)


@_pytree.register(dynamic=("gamma",))
@dataclasses.dataclass(frozen=True, eq=False)
class _R2(Constraint):
    gamma: Float[Array, ""]

    def penalty(
        self,
        critic: Critic,
        real: ArrayLike,
        fake: ArrayLike,
        key: Array,
        *given: Shaped[Array, "n ..."],
    ) -> Float[Array, ""]:
        _, fake = two_batches(real, fake)
        return self.gamma.astype(fake.dtype) / 2 * _mean_squared_slope(critic, fake, *given)


def _mean_squared_slope(
    critic: Critic, x: Float[Array, "n *point"], *given: Shaped[Array, "n ..."]
) -> Float[Array, ""]:
    slopes = jax.vmap(jax.grad(critic))(x, *given)
    return jnp.sum(jnp.square(slopes)) / x.shape[0]


def gradient_penalty(
    weight: ArrayLike = 10.0, center: ArrayLike = 1.0, one_sided: bool = False
) -> Constraint:
    """Penalise slopes of the critic, between real and generated points, that differ from `center`.

    The penalty is weight * E (|grad f(x)| - center)^2 over x = t * real + (1 - t) * fake with t uniform in [0, 1], one
    t for each pair. One-sided, only slopes above `center` cost.

    Args:
        weight: at least 0; a leaf. 10 in the paper.
        center: the slope aimed at, at least 0; a leaf.
        one_sided: whether slopes below `center` are free; structure.

    Raises:
        TypeError, ValueError: where a number is not finite or negative, or `one_sided` is not a bool.

    Sources: Gulrajani et al. 2017, Improved Training of Wasserstein GANs, section 4; one-sided: Petzka et al. 2018, On
    the Regularization of Wasserstein GANs.

    >>> import jax, jax.numpy as jnp
    >>> points = jnp.ones((4, 2))
    >>> critic = lambda x: 3 * x[0] + 4 * x[1]  # its slope is 5
    >>> float(gradient_penalty().penalty(critic, points, points, jax.random.key(0)))  # 10 (5 - 1)^2
    160.0
    """
    if not isinstance(one_sided, bool):
        _checks.refuse("one_sided", "True or False", _checks.describe(one_sided), TypeError)
    return _GradientPenalty(
        traced_number("weight", weight, at_least=0), traced_number("center", center, at_least=0), one_sided
    )


def r1(gamma: ArrayLike) -> Constraint:
    """Penalise the discriminator's slope at the real points: gamma / 2 * E_real |grad f(x)|^2.

    This is no Lipschitz constraint: the slope it aims at is 0, not 1, and it asks for that at the data alone. It lives
    here because it acts through the same hook. Its purpose is that the discriminator becomes flat where the generator
    has arrived, so that the game comes to rest there.

    Args:
        gamma: at least 0; a leaf. Note the one half, as in the paper.

    Raises:
        TypeError, ValueError: where `gamma` is not a finite number of at least 0.

    Source: Mescheder et al. 2018, Which Training Methods for GANs do actually Converge?, section 4.

    >>> import jax, jax.numpy as jnp
    >>> critic = lambda x: x[0] ** 2  # its slope at x is 2 x
    >>> real, fake, key = jnp.full((4, 1), 3.0), jnp.zeros((4, 1)), jax.random.key(0)
    >>> float(r1(0.5).penalty(critic, real, fake, key))  # 0.5 / 2 * 6^2
    9.0
    """
    return _R1(traced_number("gamma", gamma, at_least=0))


def r2(gamma: ArrayLike) -> Constraint:
    """Penalise the discriminator's slope at the generated points: gamma / 2 * E_fake |grad f(x)|^2.

    As `r1`, with the generator's points in place of the data; no Lipschitz constraint either. The generator gets no
    gradient of it: it is a part of the discriminator's loss alone.

    Args:
        gamma: at least 0; a leaf.

    Raises:
        TypeError, ValueError: where `gamma` is not a finite number of at least 0.

    Source: Mescheder et al. 2018, Which Training Methods for GANs do actually Converge?, section 4.

    >>> import jax, jax.numpy as jnp
    >>> critic = lambda x: x[0] ** 2  # its slope at x is 2 x
    >>> real, fake, key = jnp.full((4, 1), 3.0), jnp.ones((4, 1)), jax.random.key(0)
    >>> float(r2(0.5).penalty(critic, real, fake, key))  # 0.5 / 2 * 2^2
    1.0
    """
    return _R2(traced_number("gamma", gamma, at_least=0))
