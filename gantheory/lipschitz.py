"""Constraints on the critic.

A constraint is a pytree: its numbers (weight, clip, ...) are leaves, so they can be traced and moved by a slider while
a training runs, and its class is structure. It acts through hooks, each of which does nothing by default:

* `reparametrize` changes the parameters that the critic is *evaluated* with;
* `penalty` is added to the critic's loss;
* `project` changes the parameters *after* each of the critic's updates.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float, PyTree

from gantheory import _checks, _pytree

__all__ = ["Constraint", "gradient_penalty", "unconstrained", "weight_clipping"]

Params = PyTree
Critic = Callable[[Array], Array]


class Constraint:
    """No constraint, and the base of all: every hook is the identity (the penalty is 0).

    Subclasses are frozen dataclasses, registered as pytrees, and override the hooks they need.
    """

    def init(self, key: Array, params: Params) -> Any:
        """Make the constraint's own state, such as the vectors of a power iteration; None where it has none."""
        return None

    def reparametrize(self, params: Params, state: Any = None) -> Params:
        """Return the parameters to evaluate the critic with; with no state, computed exactly."""
        return params

    def refresh(self, params: Params, state: Any) -> Any:
        """Bring the constraint's state up to date with the parameters, once for each of the critic's steps."""
        return state

    def penalty(
        self, critic: Critic, real: Float[Array, "n *point"], fake: Float[Array, "n *point"], key: Array
    ) -> Float[Array, ""]:
        """Compute the *weighted* batch mean to add to the critic's loss.

        Args:
            critic: a function of one point, [...] -> ().
            real: real points, [n, ...].
            fake: generated points, [n, ...].
            key: a random key, for penalties that draw points.
        """
        return jnp.zeros((), real.dtype)

    def project(self, params: Params) -> Params:
        """Return the parameters to go on with after an update."""
        return params


@_pytree.register()
@dataclasses.dataclass(frozen=True)
class _Unconstrained(Constraint):
    pass


@_pytree.register(dynamic=("clip",))
@dataclasses.dataclass(frozen=True, eq=False)
class _WeightClipping(Constraint):
    clip: Float[Array, ""]

    def project(self, params: Params) -> Params:
        def clip(leaf: Float[Array, "..."]) -> Float[Array, "..."]:
            bound = self.clip.astype(leaf.dtype)
            return jnp.clip(leaf, -bound, bound)

        return jax.tree.map(clip, params)


@_pytree.register(dynamic=("weight", "center"), static=("one_sided",))
@dataclasses.dataclass(frozen=True, eq=False)
class _GradientPenalty(Constraint):
    weight: Float[Array, ""]
    center: Float[Array, ""]
    one_sided: bool

    def penalty(
        self, critic: Critic, real: Float[Array, "n *point"], fake: Float[Array, "n *point"], key: Array
    ) -> Float[Array, ""]:
        # One uniform weight for each pair, the same for all of the pair's coordinates.
        t = jax.random.uniform(key, (real.shape[0], *[1] * (real.ndim - 1)), real.dtype)
        slopes = jax.vmap(jax.grad(critic))(t * real + (1 - t) * fake)
        excess = _norms(slopes) - self.center.astype(real.dtype)
        if self.one_sided:
            excess = jax.nn.relu(excess)
        return self.weight.astype(real.dtype) * jnp.mean(jnp.square(excess))


def _norms(x: Float[Array, "n *point"]) -> Float[Array, "n"]:
    """Euclidean norm over all axes but the batch, with gradient 0 (not NaN) where the norm is 0."""
    squares = jnp.sum(jnp.square(x), axis=tuple(range(1, x.ndim)))
    # The square root is taken of 1 where the sum is 0, so that no infinite slope meets a zero.
    return jnp.where(squares > 0, jnp.sqrt(jnp.where(squares > 0, squares, 1)), 0)


def unconstrained() -> Constraint:
    """Make the constraint that does nothing.

    >>> import jax.numpy as jnp
    >>> unconstrained().project({"bias": jnp.zeros(2)})
    {'bias': Array([0., 0.], dtype=float32)}
    """
    return _Unconstrained()


def weight_clipping(clip: ArrayLike) -> Constraint:
    """Clip every parameter to [-clip, clip], after each of the critic's updates.

    Args:
        clip: the bound, above 0; a leaf of the constraint.

    Raises:
        TypeError, ValueError: where `clip` is not a finite number above 0.

    Source: Arjovsky et al. 2017, Wasserstein GAN, algorithm 1.

    >>> import jax.numpy as jnp
    >>> weight_clipping(0.01).project({"kernel": jnp.array([-1.0, 0.005])})
    {'kernel': Array([-0.01 ,  0.005], dtype=float32)}
    """
    return _WeightClipping(_scalar("clip", clip, above=0))


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
        _scalar("weight", weight, at_least=0), _scalar("center", center, at_least=0), one_sided
    )


def _scalar(name: str, x: ArrayLike, **bounds: float) -> Float[Array, ""]:
    return _pytree.scalar(_checks.number(name, x, **bounds))
