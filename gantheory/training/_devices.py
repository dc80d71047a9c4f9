"""One training on many devices, of one machine or of many."""

from collections.abc import Sequence
from typing import Any

import jax

from gantheory import _checks, _mesh
from gantheory.training._step import State

__all__ = ["replicate"]


def replicate(state: State, devices: Sequence[Any] | None = None) -> State:
    """Lay a state on many devices, so that they train it together, each on its share of every batch.

    `train` sees from the state where to run. The batch of the game is the *global* one, and what is drawn depends on
    the key alone: the numbers are those of one device, but for the order in which floating-point sums are taken. A
    batch size that is a multiple of the number of devices uses them best.

    On several hosts, call `jax.distributed.initialize` first; every host then runs the same program with the same
    seed, and each holds a copy of the state.

    Args:
        state: from `init` or from a training.
        devices: the devices; None for all there are, on all hosts (`jax.devices()`).

    Raises:
        TypeError, ValueError: where `state` is no state of one seed, or there is no device.

    >>> import jax
    >>> from gantheory import games, training
    >>> from gantheory.distributions import Gaussian
    >>> from gantheory.networks import MLP
    >>> normal, network = Gaussian([0.0], [1.0]), lambda rngs: MLP(1, 1, width=8, rngs=rngs)
    >>> game = games.gan(network, network, "minimax", prior=normal, target=normal)
    >>> state = replicate(training.init(game, jax.random.key(0)))
    >>> state, _ = training.train(game, state, 20)
    >>> len(state.step.devices()) == jax.device_count()
    True
    """
    if not isinstance(state, State):
        _checks.refuse("state", "a training.State", _checks.describe(state), TypeError)
    if state.step.ndim:
        _checks.refuse("state", "one made by init", "one made by init_many (seeds share no batch)")
    devices = jax.devices() if devices is None else list(devices)
    if not devices:
        _checks.refuse("devices", "at least one of jax.devices()", "none")
    return _mesh.replicated(state, _mesh.mesh_over(devices))
