"""Steps per second of the trainer on GANs for images: beside PyTorch eager, and beside its own matrix products alone.

    python -m venv /tmp/torchenv && /tmp/torchenv/bin/pip install torch==2.13.0 numpy
    uv run python benchmarks/image_gan.py --torch-python /tmp/torchenv/bin/python

Both train the same game: the DCGAN pair on 10,000 images of 28 x 28 grey levels, Adam, one update of D and one of G a
step, fresh images in every step; the loss is the non-saturating one, or the Wasserstein loss with a gradient penalty of
weight 10. What the images show makes no difference to the time: they are noise. "Products alone", for the first of the
two, is a compiled loop of the matrix products that such a step needs, forward and backward, on arrays that are there
already: no patches are cut and nothing is added up but the weights. They run in turn, round after round; what counts
are the medians of the ratios within a round. Stored in benchmarks/results.
"""

import argparse
import statistics
import sys
import time

import guest
import jax
import jax.numpy as jnp
import numpy as np

from gantheory import games, lipschitz, training
from gantheory.datasets import Dataset
from gantheory.distributions import Gaussian
from gantheory.networks import DCGANDiscriminator, DCGANGenerator

CASES = (("gan", 32), ("gan", 64), ("wgan_gp", 32), ("wgan_gp", 64))  # game, width
TITLES = {"gan": "DCGAN", "wgan_gp": "WGAN-GP"}
BATCH, PRIOR_DIM = 64, 64
# Aims of the ratio to PyTorch eager: what is asked for, and what is hoped for.
AIMS = {"gan": [("torch", 1.0), ("torch", 1.2)], "wgan_gp": [("torch", 1.0), ("torch", 1.5)]}


def trainer(kind: str, width: int) -> guest.Measure:
    """Our trainer, through its public door: seconds for so many steps more."""
    pixels = np.random.default_rng(0).integers(0, 256, size=(10_000, 28, 28, 1))
    game = games.gan(
        lambda rngs: DCGANGenerator(PRIOR_DIM, (28, 28, 1), width=width, rngs=rngs),
        lambda rngs: DCGANDiscriminator((28, 28, 1), width=width, rngs=rngs),
        "non_saturating" if kind == "gan" else "wasserstein",
        None if kind == "gan" else lipschitz.gradient_penalty(10.0),
        prior=Gaussian(np.zeros(PRIOR_DIM), 1.0),
        target=Dataset(pixels, np.zeros(10_000, int), ["noise"]),
        batch_size=BATCH,
    )
    return guest.trainer(game, training.Settings(2e-4, 2e-4))


class Product:
    """A layer's product [rows, inputs] @ [inputs, outputs], and the two of its gradients."""

    def __init__(self, rows: int, inputs: int, outputs: int):
        self.shape = rows, inputs, outputs
        # The weights lie so that their gradient has no more rows than columns, which is faster.
        self.turned = inputs > outputs

    def weights(self) -> jax.Array:
        _, inputs, outputs = self.shape
        kernel = _normal(inputs, outputs) / np.sqrt(inputs)
        return kernel.T if self.turned else kernel

    def forward(self, w: jax.Array, x: jax.Array) -> jax.Array:
        return x @ (w.T if self.turned else w)

    def to_inputs(self, w: jax.Array, slopes: jax.Array) -> jax.Array:
        return slopes @ (w if self.turned else w.T)

    def to_weights(self, x: jax.Array, slopes: jax.Array) -> jax.Array:
        return slopes.T @ x if self.turned else x.T @ slopes


def _normal(*shape: int) -> jax.Array:
    return jnp.asarray(np.random.default_rng(0).normal(size=shape), jnp.float32)


def products(width: int) -> guest.Measure:
    """The matrix products of a step of the DCGAN pair alone: seconds for so many steps more."""
    generator = [
        Product(BATCH, PRIOR_DIM, 49 * 2 * width),
        Product(BATCH * 49, 2 * width, 16 * width),
        Product(BATCH * 196, width, 16),
    ]
    discriminator = [
        Product(BATCH * 196, 16, width),
        Product(BATCH * 49, 16 * width, 2 * width),
        Product(BATCH, 49 * 2 * width, 1),
    ]
    # What comes into each layer, in each of its passes: two of the generator, three of the discriminator.
    of_generator = [[_normal(*layer.shape[:2]) for layer in generator] for _ in range(2)]
    of_discriminator = [[_normal(*layer.shape[:2]) for layer in discriminator] for _ in range(3)]

    def step(
        _: int, carry: tuple[list[jax.Array], list[jax.Array]]
    ) -> tuple[list[jax.Array], list[jax.Array]]:
        g, d = carry
        used = []  # one number of each product that nothing else needs

        def passed(
            layers: list[Product], weights: list[jax.Array], inputs: list[jax.Array]
        ) -> list[jax.Array]:
            return [layer.forward(*both) for layer, *both in zip(layers, weights, inputs, strict=True)]

        def backwards(
            layers: list[Product], weights: list[jax.Array], slopes: list[jax.Array], first: int
        ) -> None:
            used.extend(layers[i].to_inputs(weights[i], slopes[i])[0, 0] for i in range(first, len(layers)))

        def gradients(
            layers: list[Product], inputs: list[jax.Array], slopes: list[jax.Array]
        ) -> list[jax.Array]:
            return [layer.to_weights(*both) for layer, *both in zip(layers, inputs, slopes, strict=True)]

        def moved(weights: list[jax.Array], *slopes: list[jax.Array]) -> list[jax.Array]:
            rest = 1e-12 * sum(used)
            return [w + 1e-9 * sum(dw) + rest for w, *dw in zip(weights, *slopes, strict=True)]

        used.extend(y[0, 0] for y in passed(generator, g, of_generator[0]))
        of_each = []
        for x in of_discriminator[:2]:
            y = passed(discriminator, d, x)
            backwards(discriminator, d, y, first=1)
            of_each.append(gradients(discriminator, x, y))
        d = moved(d, *of_each)
        used.clear()
        y, scores = passed(generator, g, of_generator[1]), passed(discriminator, d, of_discriminator[2])
        backwards(discriminator, d, scores, first=0)
        backwards(generator, g, y, first=1)
        return moved(g, gradients(generator, of_generator[1], y)), d

    loop = jax.jit(lambda carry, steps: jax.lax.fori_loop(0, steps, step, carry))
    carry = [[layer.weights() for layer in layers] for layers in (generator, discriminator)]

    def measure(steps: int) -> float:
        started = time.perf_counter()
        jax.block_until_ready(loop(tuple(carry), np.int32(steps)))
        return time.perf_counter() - started

    return measure


def run_case(kind: str, width: int, torch: guest.Torch | None, arguments: argparse.Namespace) -> dict:
    measures = {"trainer": trainer(kind, width)}
    if kind == "gan":
        measures["products"] = products(width)
    threads = None
    if torch is not None:
        measures["torch"], threads = torch.best(kind, width, BATCH, steps=5)
    rates = guest.in_turn(measures, arguments.rounds, arguments.seconds, least=5)
    return {
        "game": kind,
        "width": width,
        "batch_size": BATCH,
        "torch_threads": threads,
        "steps_per_second": {name: statistics.median(values) for name, values in rates.items()},
        "trainer_relative_to": guest.relative(rates),
        "aims": AIMS[kind],
    }


def title(case: dict) -> str:
    return f"{TITLES[case['game']]} 28 x 28, width {case['width']}, batch {BATCH}"


if __name__ == "__main__":
    sys.exit(guest.compare(__doc__.splitlines()[0], "image_gan", CASES, run_case, title))
