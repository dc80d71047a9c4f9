"""Train two small games on one device or on many, and store the numbers: run by test_devices.

python run_on_devices.py OUTPUT.npz [COORDINATOR NUM_PROCESSES PROCESS]

Alone, a process trains on its first device and on all, the points also on its first two; in a cluster, on the devices
of all processes.
"""

import sys

import jax
import jax.numpy as jnp
import numpy as np

from gantheory import games, lipschitz, training
from gantheory.distributions import Gaussian, ring
from gantheory.networks import MLP, DCGANDiscriminator, DCGANGenerator


class Blots:
    """A law of images: every pixel uniform around a brightness that is the image's own."""

    dim = 64

    def sample(self, key, n):
        brightness, grain = jax.random.split(key)
        return jnp.clip(
            jax.random.uniform(brightness, (n, 1, 1, 1), minval=-1)
            + 0.1 * jax.random.uniform(grain, (n, 8, 8, 1), minval=-1),
            -1,
            1,
        )


def points():
    return games.gan(
        lambda rngs: MLP(2, 2, width=32, rngs=rngs),
        lambda rngs: MLP(2, 1, width=32, rngs=rngs),
        "wasserstein",
        lipschitz.gradient_penalty(10.0),
        prior=Gaussian([0.0, 0.0], [1.0, 1.0]),
        target=ring(),
        batch_size=64,
    )


def images():
    return games.gan(
        lambda rngs: DCGANGenerator(4, (8, 8, 1), width=8, rngs=rngs),
        lambda rngs: DCGANDiscriminator((8, 8, 1), width=8, rngs=rngs),
        "hinge",
        lipschitz.spectral_normalization(),
        prior=Gaussian(np.zeros(4), 1.0),
        target=Blots(),
        batch_size=16,
    )


def trained(game, devices):
    state = training.init(game, jax.random.key(3))
    if devices is not None:
        state = training.replicate(state, devices)
    state, history = training.train(game, state, 20, training.Settings(1e-2, 1e-2, num_critic_steps=2))
    assert history.stopped is None
    assert len(state.step.devices()) == len(devices or [0])
    leaves = jax.tree.leaves((state.generator.params, state.discriminator.params, history.value))
    return np.concatenate([np.ravel(np.asarray(leaf)) for leaf in leaves])


def main(output, *cluster):
    jax.config.update("jax_enable_x64", True)
    if cluster:
        address, count, process = cluster
        jax.distributed.initialize(address, int(count), int(process))
    every = jax.devices()
    numbers = {}
    for name, game in (("points", points()), ("images", images())):
        alone = (None, every[:2], every) if name == "points" else (None, every)
        for devices in (every,) if cluster else alone:
            numbers[f"{name} on {len(devices or [0])}"] = trained(game, devices)
    np.savez(output, **numbers)


if __name__ == "__main__":
    main(*sys.argv[1:])
