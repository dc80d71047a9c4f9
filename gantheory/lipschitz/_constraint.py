"""What a constraint is, and the two simplest: none at all, and weight clipping."""

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float, PyTree, Shaped

from gantheory import _checks, _pytree

__all__ = [
    "Constraint",
    "Critic",
    "Params",
    "traced_number",
    "two_batches",
    "unconstrained",
    "weight_clipping",
]

Params = PyTree
Critic = Callable[..., Array]


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
        self,
        critic: Critic,
        real: ArrayLike,
        fake: ArrayLike,
        key: Array,
        *given: Shaped[Array, "n ..."],
    ) -> Float[Array, ""]:
        """Compute the *weighted* batch mean to add to the critic's loss.

        Args:
            critic: a function of one point, [...] -> (), and of what is given beside it.
            real: real points, [n, ...].
            fake: generated points, [n, ...].
            key: a random key, for penalties that draw points.
            given: what the i-th real and the i-th generated point share, and every point between them, such as their
                labels [n]. The critic's slope is taken in the point alone.

        Raises:
            TypeError, ValueError: where `real` and `fake` are not two non-empty arrays of points of one shape.
        """
        return jnp.zeros((), two_batches(real, fake)[0].dtype)

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
    return _WeightClipping(traced_number("clip", clip, above=0))


def two_batches(
    real: ArrayLike, fake: ArrayLike
) -> tuple[Float[Array, "n *point"], Float[Array, "n *point"]]:
    """Check a batch of real and one of generated points: non-empty, and of one shape [n, ...]."""
    real, fake = _checks.real_array("real", real), _checks.real_array("fake", fake)
    if real.ndim == 0 or 0 in real.shape:
        _checks.refuse("real", "a non-empty array of points of shape [n, ...]", f"shape {list(real.shape)}")
    if real.shape != fake.shape:
        _checks.refuse("fake", f"of the shape of real, {list(real.shape)}", f"shape {list(fake.shape)}")
    return real, fake


def traced_number(name: str, x: ArrayLike, **bounds: float) -> Float[Array, ""]:
    """Check a number of a constraint, and make the leaf of it that may be traced."""
    return _pytree.scalar(_checks.number(name, x, **bounds))
