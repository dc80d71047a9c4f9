"""The law of a dataset: exact pixels, independent rows, a pytree, a game's target."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats
from flax import nnx

from gantheory import datasets, distributions, games
from gantheory.datasets import Dataset


def small(level=255):
    pixels = np.arange(5 * 2 * 3 * 1, dtype=np.uint8).reshape(5, 2, 3, 1) * (level // 29)
    return Dataset(pixels, [0, 1, 2, 1, 0], ["zero", "one", "two"], level=level)


def test_a_dataset_knows_its_measures():
    dataset = small()
    assert (len(dataset), dataset.shape, dataset.dim, dataset.num_classes) == (5, (2, 3, 1), 6, 3)
    assert dataset.names == ("zero", "one", "two")
    assert dataset.pixels.dtype == jnp.uint8 and dataset.labels.dtype == jnp.int32
    assert repr(dataset) == "Dataset(5 images of shape (2, 3, 1), 3 classes)"


@pytest.mark.parametrize("level", [16, 255])
def test_pixels_become_floats_exactly(level):
    values = np.arange(level + 1, dtype=np.uint8).reshape(-1, 1, 1, 1)
    dataset = Dataset(values, np.zeros(len(values), int), ["one"], level=level)
    exact = values.astype(np.float32) / np.float32(level / 2) - np.float32(1)
    assert dataset.images.dtype == jnp.float32
    np.testing.assert_array_equal(dataset.images, exact)
    drawn, _ = dataset.sample_labelled(jax.random.key(0), 500)
    assert np.isin(drawn, exact).all()
    assert exact.min() == -1 and exact.max() == 1


def test_sampling_draws_rows_with_their_labels():
    dataset = small()
    images, labels = dataset.sample_labelled(jax.random.key(0), 4000)
    assert images.shape == (4000, 2, 3, 1) and images.dtype == jnp.float32
    rows = np.argmax((np.asarray(images)[:, None] == np.asarray(dataset.images)[None]).all((2, 3, 4)), axis=1)
    np.testing.assert_array_equal(images, np.asarray(dataset.images)[rows])
    np.testing.assert_array_equal(labels, np.asarray(dataset.labels)[rows])
    assert scipy.stats.chisquare(np.bincount(rows, minlength=5)).pvalue > 1e-3
    # Independent: each pair of neighbours comes as often as any other.
    pairs = np.bincount(5 * rows[::2] + rows[1::2], minlength=25)
    assert scipy.stats.chisquare(pairs).pvalue > 1e-3
    np.testing.assert_array_equal(dataset.sample(jax.random.key(0), 4000), images)
    assert not np.array_equal(dataset.sample(jax.random.key(1), 4000), images)


def test_float64_draws_the_same_images(x64):
    dataset = datasets.load("digits")
    images = dataset.sample(jax.random.key(3), 8)
    assert images.dtype == jnp.float32 and dataset.images.dtype == jnp.float32
    with jax.enable_x64(False):
        np.testing.assert_array_equal(images, datasets.load("digits").sample(jax.random.key(3), 8))


def test_a_dataset_goes_through_jit_as_an_argument():
    traces = []

    @jax.jit
    def draw(dataset, key):
        traces.append(None)
        return dataset.sample_labelled(key, 3)

    dataset, key = small(), jax.random.key(0)
    images, _ = draw(dataset, key)
    np.testing.assert_array_equal(images, dataset.sample(key, 3))
    turned = Dataset(np.rot90(dataset.pixels, 2, axes=(1, 2)), dataset.labels, dataset.names)
    np.testing.assert_array_equal(draw(turned, key)[0], images[:, ::-1, ::-1])  # other pixels compile nothing
    assert len(traces) == 1
    leaves, structure = jax.tree.flatten(dataset)
    assert [leaf.dtype for leaf in leaves] == [jnp.uint8, jnp.int32]
    assert jax.tree.unflatten(structure, leaves).names == dataset.names


def test_the_pixels_are_the_datasets_own():
    pixels = np.zeros((2, 1, 1, 1), np.uint8)
    dataset = Dataset(pixels, [0, 0], ["one"])
    pixels[:] = 255
    assert dataset.images.max() == -1


def test_a_subset_keeps_names_and_levels():
    dataset = small(level=58)
    ones = dataset.subset(dataset.labels == 1)
    np.testing.assert_array_equal(ones.images, dataset.images[np.array([1, 3])])
    assert ones.names == dataset.names and ones.labels.tolist() == [1, 1]
    np.testing.assert_array_equal(dataset.subset(slice(2)).images, dataset.images[:2])
    assert dataset.subset([4, 0]).labels.tolist() == [0, 0]
    assert len(dataset.subset(2)) == 1
    for rows in (5, [], dataset.labels == 7, np.ones(4, bool), [0.5], None, slice(3, 3)):
        with pytest.raises(ValueError, match="rows must be an index that keeps some of the 5 images, got"):
            dataset.subset(rows)


def test_a_dataset_has_no_density():
    with pytest.raises(TypeError, match="Dataset has no density"):
        small().log_prob(small().images)


@pytest.mark.parametrize(
    ("change", "error", "sentence"),
    [
        (
            {"pixels": np.zeros((2, 1, 1, 1))},
            TypeError,
            "pixels must be an array of whole numbers, got dtype fl",
        ),
        (
            {"pixels": np.zeros((2, 1, 1), int)},
            ValueError,
            r"pixels must be .* \[n, h, w, c\], got shape \[2, 1, 1\]",
        ),
        ({"pixels": np.zeros((0, 1, 1, 1), int)}, ValueError, "pixels must be a non-empty array"),
        ({"pixels": np.full((2, 1, 1, 1), 17)}, ValueError, "pixels must be from 0 to 16, got 17 to 17"),
        ({"pixels": np.full((2, 1, 1, 1), -1)}, ValueError, "pixels must be from 0 to 16, got -1 to -1"),
        ({"labels": [0, 2]}, ValueError, "labels must be from 0 to 1, got 0 to 2"),
        ({"labels": [0]}, ValueError, r"labels must be of shape \[2\], one for each image, got shape \[1\]"),
        ({"labels": [[0], [1]]}, ValueError, r"labels must be a non-empty array of shape \[n\]"),
        ({"names": "ab"}, TypeError, "names must be a list of the classes' names, got 'ab'"),
        ({"names": None}, TypeError, "names must be a list of the classes' names, got None"),
        ({"names": 2}, TypeError, "names must be a list of the classes' names, got 2"),
        ({"names": [0, 1]}, TypeError, "names must be a list of the classes' names"),
        ({"level": 256}, ValueError, "level must be a whole number of at least 1 and at most 255, got 256"),
    ],
)
def test_a_dataset_refuses_what_does_not_fit(change, error, sentence):
    arguments = {"pixels": np.zeros((2, 1, 1, 1), int), "labels": [0, 1], "names": ["a", "b"], "level": 16}
    with pytest.raises(error, match=sentence):
        Dataset(**(arguments | change))


def test_sampling_refuses_a_seed_for_a_key():
    with pytest.raises(TypeError, match="key must be one random key"):
        small().sample(0, 3)
    with pytest.raises(ValueError, match="n must be a whole number of at least 1"):
        small().sample_labelled(jax.random.key(0), 0)


class Flat(nnx.Module):
    """A linear map between images of shape (8, 8, 1) and vectors."""

    def __init__(self, num_in, num_out, shape, rngs):
        self.shape = shape
        self.linear = nnx.Linear(num_in, num_out, rngs=rngs)

    def __call__(self, x):
        return self.linear(x.reshape(len(x), -1)).reshape(len(x), *self.shape)


def test_a_dataset_is_a_games_target():
    digits = datasets.load("digits")
    game = games.gan(
        lambda rngs: Flat(2, 64, (8, 8, 1), rngs),
        lambda rngs: Flat(64, 1, (1,), rngs),
        "hinge",
        prior=distributions.Gaussian([0.0, 0.0], [1.0, 1.0]),
        target=digits,
        batch_size=16,
    )
    key = jax.random.key(0)
    np.testing.assert_array_equal(game.sample(key), digits.sample(key, 16))
    with pytest.raises(ValueError, match=r"generator must be a network that maps \[16, 2\] to the target's"):
        games.gan(
            lambda rngs: Flat(2, 64, (64,), rngs),
            lambda rngs: Flat(64, 1, (1,), rngs),
            "hinge",
            prior=distributions.Gaussian([0.0, 0.0], [1.0, 1.0]),
            target=digits,
            batch_size=16,
        )
