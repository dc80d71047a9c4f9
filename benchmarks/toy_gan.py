"""Steps per second of the trainer on a 2-D GAN: beside PyTorch eager, and beside its own matrix products alone.

    python -m venv /tmp/torchenv && /tmp/torchenv/bin/pip install torch==2.13.0 numpy
    uv run python benchmarks/toy_gan.py --torch-python /tmp/torchenv/bin/python

Both train the same game: a ring of eight Gaussians, networks 2-width-width, Adam, one update of D and one of G a step,
fresh points in every step; the loss is the non-saturating one, or the Wasserstein loss with a gradient penalty of
weight 10. "Products alone", for the first of the two, is a compiled loop of the matrix products that such a step needs,
forward and backward, and nothing else but adding each weight's product to the weight (without that the compiler would
leave them out). They run in turn, round after round; what counts are the medians of the ratios within a round. Stored
in benchmarks/results.
"""

import argparse
import itertools
import statistics
import sys
import time

import guest
import jax
import jax.numpy as jnp
import numpy as np

from gantheory import games, lipschitz, training
from gantheory.distributions import Gaussian, ring
from gantheory.networks import MLP

CASES = (("gan", 128, 256), ("gan", 16, 150), ("wgan_gp", 128, 256))  # game, width, batch size
TITLES = {"gan": "2-D GAN", "wgan_gp": "2-D WGAN-GP"}
# Aims of the ratios: ours to PyTorch eager, and ours to the matrix products alone (asked for the wide case only).
AIMS = {
    CASES[0]: [("torch", 2.5), ("products", 0.65)],
    CASES[1]: [("torch", 6.0)],
    CASES[2]: [("torch", 2.2)],
}


def trainer(kind: str, width: int, batch: int) -> guest.Measure:
    """Our trainer, through its public door: seconds for so many steps more."""
    game = games.gan(
        lambda rngs: MLP(2, 2, width=width, rngs=rngs),
        lambda rngs: MLP(2, 1, width=width, rngs=rngs),
        "non_saturating" if kind == "gan" else "wasserstein",
        None if kind == "gan" else lipschitz.gradient_penalty(10.0),
        prior=Gaussian([0.0, 0.0], [1.0, 1.0]),
        target=ring(8, 1.0, 0.1),
        batch_size=batch,
    )
    return guest.trainer(game, training.Settings())


def products(width: int, batch: int) -> guest.Measure:
    """The matrix products of a step alone: seconds for so many steps more."""
    rng = np.random.default_rng(0)

    def weights(out_dim: int) -> list[jax.Array]:
        dims = (2, width, width, out_dim)
        return [
            jnp.asarray(rng.normal(size=(a, b)) / np.sqrt(a), jnp.float32)
            for a, b in itertools.pairwise(dims)
        ]

    def forward(layers: list[jax.Array], x: jax.Array) -> list[jax.Array]:
        """Inputs of every layer, and the output."""
        values = [x]
        for layer in layers:
            values.append(values[-1] @ layer)
        return values

    def backward(layers: list[jax.Array], values: list[jax.Array], slope: jax.Array) -> list[jax.Array]:
        """Products for the slopes in every layer's weights."""
        slopes = []
        for i in reversed(range(len(layers))):
            slopes.append(values[i].T @ slope)
            if i:
                slope = slope @ layers[i].T
        return slopes[::-1]

    def through(layers: list[jax.Array], slope: jax.Array) -> jax.Array:
        """Products for the slope in the input."""
        for layer in reversed(layers):
            slope = slope @ layer.T
        return slope

    def step(
        _: int, carry: tuple[list[jax.Array], list[jax.Array]]
    ) -> tuple[list[jax.Array], list[jax.Array]]:
        generator, discriminator = carry
        fake = forward(generator, z)[-1]
        on_real, on_fake = forward(discriminator, x), forward(discriminator, fake)
        real_slopes = backward(discriminator, on_real, on_real[-1])
        fake_slopes = backward(discriminator, on_fake, on_fake[-1])
        discriminator = [
            w + 1e-9 * a + 1e-9 * b for w, a, b in zip(discriminator, real_slopes, fake_slopes, strict=True)
        ]
        on_z = forward(generator, z)
        scores = forward(discriminator, on_z[-1])[-1]
        slopes = backward(generator, on_z, through(discriminator, scores))
        return [w + 1e-9 * a for w, a in zip(generator, slopes, strict=True)], discriminator

    z, x = (jnp.asarray(rng.normal(size=(batch, 2)), jnp.float32) for _ in range(2))
    loop = jax.jit(lambda carry, steps: jax.lax.fori_loop(0, steps, step, carry))
    carry = (weights(2), weights(1))

    def measure(steps: int) -> float:
        started = time.perf_counter()
        jax.block_until_ready(loop(carry, np.int32(steps)))
        return time.perf_counter() - started

    return measure


def run_case(
    kind: str, width: int, batch: int, torch: guest.Torch | None, arguments: argparse.Namespace
) -> dict:
    measures = {"trainer": trainer(kind, width, batch)}
    if kind == "gan":
        measures["products"] = products(width, batch)
    threads = None
    if torch is not None:
        measures["torch"], threads = torch.best(kind, width, batch, steps=20)
    rates = guest.in_turn(measures, arguments.rounds, arguments.seconds, least=20)
    return {
        "game": kind,
        "width": width,
        "batch_size": batch,
        "torch_threads": threads,
        "steps_per_second": {name: statistics.median(values) for name, values in rates.items()},
        "trainer_relative_to": guest.relative(rates),
        "aims": AIMS[kind, width, batch],
    }


def title(case: dict) -> str:
    return f"{TITLES[case['game']]}, width {case['width']}, batch {case['batch_size']}"


if __name__ == "__main__":
    sys.exit(guest.compare(__doc__.splitlines()[0], "toy_gan", CASES, run_case, title, seconds=0.7))
