"""Training a classifier: one compiled loop, the same numbers each time."""

import sys

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Float32, Int, PyTree

from gantheory import _checks
from gantheory.classifiers._network import Classifier, apply, init, outputs
from gantheory.datasets import Dataset
from gantheory.datasets._dataset import every_fifth

__all__ = ["VERSION", "held_out", "train"]

VERSION = 1
"""Of the network and of the training: to be raised with every change of either, so that no cached file outlives it."""

EPOCHS, MOST_IMAGES, LEAST_STEPS = 20, 400_000, 400
BATCH, LEARNING_RATE, WEIGHT_DECAY = 128, 4e-3, 1e-3
# Images are moved by up to so many pixels, so that a class does not hang on one place.
SHIFT = 1.0
CHUNK = 50


def train(train: Dataset, test: Dataset) -> Classifier:
    """Train a classifier on one dataset and count its errors on another."""
    # In float32 whatever the mode, so that what is cached depends on the dataset alone.
    with jax.enable_x64(False):
        params = _fit(train)
        scale = np.float32(_spread(outputs(params, train.images, train.num_classes)[0]))
        right = jnp.argmax(outputs(params, test.images, train.num_classes)[1], axis=1) == test.labels
        accuracy = np.asarray(right).mean()
    return Classifier(
        params, jax.device_put(scale), train.shape, train.names, float(accuracy), len(train), len(test)
    )


def held_out(dataset: Dataset) -> tuple[Dataset, Dataset]:
    """Split a dataset: every fifth image of each class, in their order, is for testing."""
    labels = np.asarray(dataset.labels)
    testing = every_fifth(labels)
    if not testing.any():
        most = f"at most {np.bincount(labels).max()} of each"
        _checks.refuse("dataset", "at least 5 images of some class, so that one is left for testing", most)
    return dataset.subset(~testing), dataset.subset(testing)


def _fit(dataset: Dataset) -> PyTree:
    from tqdm.auto import tqdm

    num_steps = max(min(EPOCHS * len(dataset), MOST_IMAGES) // BATCH, LEAST_STEPS)
    key = jax.random.key(VERSION)
    init_key, training_key = jax.random.split(key)
    params = init(init_key, dataset.shape, dataset.num_classes)
    state = params, _init_optimizer(params)
    # In a terminal or a notebook alone, and never on stderr, which a notebook shows as a warning.
    visible = sys.stdout.isatty() or type(sys.stdout).__module__.startswith("ipykernel.")
    title = f"classifier of {len(dataset)} images (once)"
    with tqdm(
        total=num_steps, desc=title, unit=" steps", delay=3, leave=False, file=sys.stdout, disable=not visible
    ) as progress:
        for first in range(0, num_steps, CHUNK):
            count = min(CHUNK, num_steps - first)
            limits = (np.int32(first), np.int32(count), np.float32(num_steps))
            state = jax.block_until_ready(_steps(dataset, state, training_key, *limits))
            progress.update(count)
    return state[0]


_optimizer = optax.chain(optax.scale_by_adam(b2=0.99), optax.add_decayed_weights(WEIGHT_DECAY))

_init_optimizer = jax.jit(_optimizer.init)


@jax.jit
def _steps(
    dataset: Dataset,
    state: tuple[PyTree, PyTree],
    key: Array,
    first: Int[Array, ""],
    count: Int[Array, ""],
    total: Float[Array, ""],
) -> tuple[PyTree, PyTree]:
    def step(i: Int[Array, ""], state: tuple[PyTree, PyTree]) -> tuple[PyTree, PyTree]:
        params, moments = state
        sample_key, shift_key = jax.random.split(jax.random.fold_in(key, i))
        images, labels = dataset.sample_labelled(sample_key, BATCH)
        images = _moved(shift_key, images)

        def loss(params: PyTree) -> Float[Array, ""]:
            logits = apply(params, images, dataset.num_classes)[1]
            return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()

        direction, moments = _optimizer.update(jax.grad(loss)(params), moments, params)
        rate = LEARNING_RATE * _schedule(i / total)
        return jax.tree.map(lambda p, d: p - rate * d, params, direction), moments

    return jax.lax.fori_loop(first, first + count, step, state)


def _schedule(progress: Float[Array, ""]) -> Float[Array, ""]:
    """Rise for a fifth of the training, then fall to 0."""
    return jnp.where(progress < 0.2, 5 * progress, 0.5 + 0.5 * jnp.cos(jnp.pi * (progress - 0.2) / 0.8))


def _moved(key: Array, images: Float[Array, "n h w c"]) -> Float[Array, "n h w c"]:
    """Move each image by an amount of its own, along both sides; what comes in repeats the edge."""
    n, height, width, _ = images.shape
    row_key, column_key = jax.random.split(key)
    images = jnp.einsum("nij,njkc->nikc", _interpolation(row_key, n, height), images)
    return jnp.einsum("nkl,nilc->nikc", _interpolation(column_key, n, width), images)


def _interpolation(key: Array, n: int, size: int) -> Float32[Array, "n size size"]:
    """Make matrices that move a signal by a random amount, linear between its points."""
    shift = jax.random.uniform(key, (n, 1, 1), minval=-SHIFT, maxval=SHIFT)
    points = jnp.arange(size, dtype=shift.dtype)
    places = jnp.clip(points[None, :, None] + shift, 0, size - 1)
    return jnp.maximum(0, 1 - jnp.abs(places - points[None, None, :]))


@jax.jit
def _spread(features: Float32[Array, "n k"]) -> Float32[Array, ""]:
    """Compute the root of the total variance; 1 where all are the same."""
    variance = jnp.sum(jnp.var(features, axis=0))
    return jnp.where(variance > 0, jnp.sqrt(variance), 1)
