"""Learning-rate schedules: factors from 1 to 0 over a training. The public door is `training`.

A schedule is a function of the number of steps taken. Those here keep their lengths as traced arguments, so that
another length compiles nothing anew; a schedule of optax serves as well, and compiles once for each one made.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float, Int

from gantheory import _checks, _pytree

__all__ = ["cosine_decay", "linear_decay"]


def cosine_decay(num_steps: ArrayLike) -> jax.tree_util.Partial:
    """Make the schedule (1 + cos(pi t / num_steps)) / 2: from 1 down to 0, flat at both ends, then 0.

    Args:
        num_steps: steps until the learning rates are 0, at least 1.

    Returns:
        A function of the number of steps taken, for `Settings.schedule`.

    Raises:
        TypeError, ValueError: where `num_steps` is not a number of at least 1.

    Source: Loshchilov and Hutter 2017, SGDR: Stochastic Gradient Descent with Warm Restarts, equation 5, one cycle.

    >>> [round(float(cosine_decay(100)(step)), 4) for step in (0, 25, 50, 100, 200)]
    [1.0, 0.8536, 0.5, 0.0, 0.0]
    """
    return jax.tree_util.Partial(_cosine, _pytree.scalar(_checks.number("num_steps", num_steps, at_least=1)))


def linear_decay(num_steps: ArrayLike, hold: ArrayLike = 0.0) -> jax.tree_util.Partial:
    """Make the schedule that stays at 1 for the first part of a training, then falls along a line to 0.

    Args:
        num_steps: steps until the learning rates are 0, at least 1.
        hold: the share of the steps during which they stay at 1, from 0 to below 1.

    Returns:
        A function of the number of steps taken, for `Settings.schedule`.

    Raises:
        TypeError, ValueError: where a number is not as above.

    >>> [round(float(linear_decay(100, hold=0.5)(step)), 4) for step in (0, 50, 75, 100, 200)]
    [1.0, 1.0, 0.5, 0.0, 0.0]
    """
    num_steps = _pytree.scalar(_checks.number("num_steps", num_steps, at_least=1))
    return jax.tree_util.Partial(
        _linear, num_steps, _pytree.scalar(_checks.number("hold", hold, at_least=0, below=1))
    )


def _cosine(num_steps: Float[Array, ""], step: Int[Array, ""] | int) -> Float[Array, ""]:
    return 0.5 * (1 + jnp.cos(jnp.pi * jnp.minimum(step / num_steps, 1)))


def _linear(
    num_steps: Float[Array, ""], hold: Float[Array, ""], step: Int[Array, ""] | int
) -> Float[Array, ""]:
    return jnp.clip((1 - step / num_steps) / (1 - hold), 0, 1)
