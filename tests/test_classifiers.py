"""The classifier against scikit-learn's, its scores against scipy and scikit-learn, its file against damage."""

import dataclasses
import os
import warnings
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from scipy.stats import entropy
from sklearn.linear_model import LogisticRegression

from gantheory import classifiers, datasets, networks
from gantheory.classifiers import _cache, _scores, _training
from gantheory.datasets import Dataset
from tests.metrics.test_quality import by_sqrtm, covered


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GANTHEORY_CACHE", str(folder))
        yield folder


@pytest.fixture(scope="module")
def digits(cache):
    """Train the classifier of the digits, once for the file."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return classifiers.load("digits")


@pytest.fixture(scope="module")
def train():
    return datasets.load("digits")


@pytest.fixture(scope="module")
def test():
    return datasets.load("digits", "test")


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """Give a test a cache of its own."""
    monkeypatch.setenv("GANTHEORY_CACHE", str(tmp_path))
    return tmp_path


@pytest.fixture
def trainings(digits, monkeypatch):
    """Let a training take no time, and count them."""
    made = []

    def at_once(train, test):
        made.append((len(train), len(test)))
        return digits

    monkeypatch.setattr(_training, "train", at_once)
    return made


def equal(a, b):
    return all(
        np.array_equal(x, y) for x, y in zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True)
    ) and jax.tree.structure(a) == jax.tree.structure(b)


class TestTraining:
    def test_is_better_than_a_linear_classifier(self, digits, train, test):
        def flat(part):
            return np.asarray(part.images).reshape(len(part), -1)

        linear = (
            LogisticRegression(max_iter=1000).fit(flat(train), train.labels).score(flat(test), test.labels)
        )
        assert 0.9 < linear <= digits.test_accuracy
        assert digits.test_accuracy > 0.98
        assert (digits.num_train, digits.num_test, digits.num_classes) == (1442, 355, 10)

    def test_accuracy_is_that_of_the_test_images(self, digits, test):
        right = np.asarray(digits.predict(test.images)) == np.asarray(test.labels)
        assert digits.test_accuracy == pytest.approx(right.sum() / 355, abs=1e-12)
        assert f"{right.mean():.1%} of 355 test images" in repr(digits)

    def test_again_gives_the_same_numbers_in_silence(self, digits, train, test, capfd, x64):
        again = _training.train(train, test)
        assert equal(again, digits) and again.fingerprint == digits.fingerprint
        assert capfd.readouterr() == ("", "")

    def test_a_dataset_of_ones_own(self, elsewhere, capfd):
        """Odd sides, two colours, classes of 4, 30 and 41 images: of the first none is held out."""
        random = np.random.default_rng(0)
        labels = np.repeat([0, 1, 2], [4, 30, 41])
        pixels = random.integers(0, 60, (75, 11, 9, 2)).astype(np.uint8)
        pixels[labels == 1, :, :, 0] += 180
        pixels[labels == 2, :, :, 1] += 180
        dataset = Dataset(pixels, labels, ["none", "red", "green"])
        made = classifiers.load(dataset)
        assert (made.num_train, made.num_test, made.test_accuracy) == (4 + 24 + 33, 6 + 8, 1.0)
        assert made.names == ("none", "red", "green") and made.shape == (11, 9, 2)
        assert np.array_equal(made.predict(dataset.images), labels)
        assert equal(classifiers.load(dataset), made)
        assert capfd.readouterr() == ("", "")

    def test_fingerprint_is_of_all_weights(self, digits):
        found = [digits.fingerprint, dataclasses.replace(digits, scale=digits.scale * 2).fingerprint]
        for layer, name in (("hidden", "kernel"), ("last", "bias")):
            changed = digits.params[layer][name].at[-1].add(1e-3)
            params = {**digits.params, layer: {**digits.params[layer], name: changed}}
            found.append(dataclasses.replace(digits, params=params).fingerprint)
        assert len(set(found)) == 4 and all(len(one) == 12 for one in found)

    def test_what_is_held_out(self, train):
        learnt, left = _training.held_out(train)
        assert len(learnt) + len(left) == len(train)
        whole = np.bincount(train.labels)
        np.testing.assert_array_equal(np.bincount(left.labels), whole // 5)
        threes = train.subset(train.labels == 3).pixels
        np.testing.assert_array_equal(left.subset(left.labels == 3).pixels, threes[4::5])
        np.testing.assert_array_equal(
            learnt.subset(learnt.labels == 3).pixels[:5], threes[jnp.array([0, 1, 2, 3, 5])]
        )

    def test_images_are_moved_and_nothing_else(self):
        """A ramp moved by s is the ramp plus s, but at the edges, which are repeated."""
        rows, columns = jnp.meshgrid(jnp.arange(24.0), jnp.arange(12.0), indexing="ij")
        images = jnp.broadcast_to(jnp.stack([rows, columns], -1)[None], (50, 24, 12, 2))
        moved = np.asarray(_training._moved(jax.random.key(0), images) - images)[:, 4:-4, 4:-4]
        shifts = moved[:, 0, 0]
        np.testing.assert_allclose(moved, np.broadcast_to(shifts[:, None, None], moved.shape), atol=1e-5)
        assert np.all(np.abs(shifts) <= _training.SHIFT + 1e-5)
        assert np.all(np.abs(shifts).max(axis=0) > 0.8 * _training.SHIFT)
        assert abs(np.corrcoef(shifts.T)[0, 1]) < 0.5
        assert (
            _training._moved(jax.random.key(1), jnp.ones((5, 6, 6, 1))).tolist()
            == np.ones((5, 6, 6, 1)).tolist()
        )

    @pytest.mark.parametrize("platform", ["cuda", "tpu"])
    def test_lowers_elsewhere(self, platform, digits, train):
        state = digits.params, _training._init_optimizer(digits.params)
        numbers = jnp.int32(0), jnp.int32(1), jnp.float32(10)
        traced = _training._steps.trace(train, state, jax.random.key(0), *numbers)
        assert "convolution" in traced.lower(lowering_platforms=(platform,)).as_text()


class TestOutputs:
    def test_features_are_what_the_last_layer_sees(self, digits, test):
        features, last = digits.features(test.images), digits.params["last"]
        assert features.shape == (355, classifiers.NUM_FEATURES) and features.dtype == jnp.float32
        by_hand = np.asarray(features * digits.scale) @ np.asarray(last["kernel"]) + np.asarray(last["bias"])
        np.testing.assert_allclose(digits.logits(test.images), by_hand, atol=1e-3)
        np.testing.assert_array_equal(digits.predict(test.images), by_hand.argmax(1))
        assert float(features.min()) == 0

    def test_features_of_the_training_images_have_total_variance_1(self, digits, train):
        assert np.asarray(digits.features(train.images)).var(axis=0).sum() == pytest.approx(1, abs=1e-4)

    def test_any_number_of_images(self, digits, train):
        """1442 are no multiple of a batch; alone, an image has the same features."""
        whole = digits.features(train.images)
        for rows in (slice(0, 1), slice(3, 10), slice(1300, 1442)):
            np.testing.assert_allclose(digits.features(train.images[rows]), whole[rows], atol=1e-5)

    def test_under_transformations_and_in_float64(self, digits, test):
        images = test.images[:6]
        features = digits.features(images)
        np.testing.assert_allclose(jax.jit(type(digits).features)(digits, images), features, atol=1e-5)
        many = jax.vmap(digits.features)(images.reshape(2, 3, 8, 8, 1))
        np.testing.assert_allclose(many.reshape(6, -1), features, atol=1e-5)
        slope = jax.grad(lambda x: digits.logits(x)[:, 0].sum())(images)
        assert np.isfinite(slope).all() and np.abs(slope).max() > 0
        with jax.enable_x64(True):
            found = digits.features(np.asarray(images, np.float64))
            assert found.dtype == jnp.float32 and digits.predict(images).dtype == jnp.int32
            np.testing.assert_allclose(found, features, atol=1e-5)

    @pytest.mark.parametrize(
        ("images", "error", "sentence"),
        [
            (
                np.zeros((2, 8, 8)),
                ValueError,
                r"images must be images of shape \[n, 8, 8, 1\], .* got shape \[2, 8, 8\]",
            ),
            (np.zeros((2, 28, 28, 1)), ValueError, r"got shape \[2, 28, 28, 1\]"),
            (np.zeros((0, 8, 8, 1)), ValueError, "at least one"),
            (np.full((2, 8, 8, 1), np.nan), ValueError, "images must be free of NaN"),
            ("digits", TypeError, "images must be an array of real numbers, got 'digits'"),
        ],
    )
    def test_bad_images(self, digits, images, error, sentence):
        for method in (digits.features, digits.logits, digits.predict):
            with pytest.raises(error, match=sentence):
                method(images)


class TestCache:
    def file(self, folder):
        (path,) = (folder / "classifiers").iterdir()
        return path

    def test_is_trained_once(self, digits, elsewhere, trainings):
        first, second = classifiers.load("digits"), classifiers.load("digits")
        assert trainings == [(1442, 355)]
        assert equal(first, second) and equal(second, digits)
        assert classifiers.load("digits", refresh=True) is digits and len(trainings) == 2
        assert os.stat(self.file(elsewhere)).st_mode & 0o777 == 0o644

    def test_file_is_a_plain_archive(self, digits, elsewhere, trainings):
        classifiers.load("digits")
        with np.load(self.file(elsewhere), allow_pickle=False) as stored:
            assert float(stored["accuracy"]) == digits.test_accuracy
            np.testing.assert_array_equal(stored["last.kernel"], digits.params["last"]["kernel"])

    @pytest.mark.parametrize(
        "damage", ["flipped first", "flipped middle", "flipped last", "cut", "empty", "web page"]
    )
    def test_damage_is_one_warning(self, digits, elsewhere, trainings, damage):
        classifiers.load("digits")
        path = self.file(elsewhere)
        whole = path.read_bytes()
        damaged = bytearray(whole)
        if damage.startswith("flipped"):
            damaged[{"first": 0, "middle": len(whole) // 2, "last": -1}[damage.split()[1]]] ^= 1
        others = {"cut": whole[: len(whole) // 2], "empty": b"", "web page": b"<!DOCTYPE html>" * 20}
        path.write_bytes(others.get(damage, bytes(damaged)))
        with pytest.warns(classifiers.ClassifierWarning) as caught:
            found = classifiers.load("digits")
        assert len(caught) == 1 and len(trainings) == 2
        assert str(caught[0].message).startswith(f"{path} is damaged (") and "SHA-256" in str(
            caught[0].message
        )
        assert equal(found, digits) and path.read_bytes() == whole
        classifiers.load("digits")
        assert len(trainings) == 2

    def test_a_folder_that_cannot_be_written_is_one_warning(self, digits, elsewhere, trainings):
        (elsewhere / "classifiers").write_text("a file where the folder should be")
        with pytest.warns(classifiers.ClassifierWarning, match="Could not keep the classifier in ") as caught:
            classifiers.load("digits")
        assert len(caught) == 1
        try:
            assert equal(classifiers.load("digits"), digits)
            assert len(trainings) == 1
        finally:
            classifiers._unwritten.clear()

    def test_other_data_or_another_version_has_another_file(self, elsewhere, monkeypatch):
        pixels, labels, names = np.arange(60).reshape(15, 2, 2, 1), np.arange(15) % 3, ["a", "b", "c"]

        def path(pixels=pixels, labels=labels, names=names, level=255):
            parts = [
                Dataset(pixels[rows], labels[rows], names, level=level) for rows in (slice(10), slice(10, 15))
            ]
            return _cache.path_of(*parts)

        def changed(x, at):
            x = x.copy()
            x[at] = (x[at] + 1) % 3
            return x

        paths = [
            path(),
            path(pixels=changed(pixels, (0, 0, 0, 0))),
            path(pixels=changed(pixels, (14, 1, 1, 0))),
            path(pixels=pixels.reshape(15, 4, 1, 1)),
            path(labels=changed(labels, 0)),
            path(labels=changed(labels, 14)),
            path(names=["a", "b", "d"]),
            path(level=100),
        ]
        monkeypatch.setattr(_cache, "VERSION", _training.VERSION + 1)
        paths.append(path())
        assert len(set(paths)) == len(paths)
        assert all(Path(elsewhere) in path.parents for path in paths)

    @pytest.mark.parametrize(
        ("dataset", "error", "sentence"),
        [
            ("digit", ValueError, "name must be one of digits, .* got 'digit'"),
            (7, TypeError, "name must be one of digits, "),
            (
                Dataset(np.zeros((9, 4, 4, 1), int), np.zeros(9, int), ["a", "b"]),
                ValueError,
                "at least 2 classes",
            ),
            (
                Dataset(np.zeros((8, 4, 4, 1), int), np.arange(8) % 2, ["a", "b"]),
                ValueError,
                "at least 5 images",
            ),
        ],
    )
    def test_bad_datasets(self, dataset, error, sentence):
        with pytest.raises(error, match=sentence):
            classifiers.load(dataset)


class TestEvaluate:
    def test_against_scipy_and_scikit_learn(self, digits, train, test):
        """The generator here: images of five classes alone, some of them blurred."""
        fake = np.array(train.images[train.labels < 5][:300])
        fake[::3] = (fake[::3] + np.roll(fake[::3], 1, axis=1)) / 2
        found = classifiers.evaluate(digits, test, fake, k=2)
        x, y = (np.asarray(digits.features(images), np.float64) for images in (test.images, fake))
        # A unit may be 0 for all images; sqrtm takes no singular matrix.
        noise = 1e-7 * np.random.default_rng(0).normal(size=(2, 355, x.shape[1]))
        assert float(found.frechet_distance) == pytest.approx(
            by_sqrtm(x + noise[0], y + noise[1, :300]), rel=1e-3
        )
        some = x[np.arange(300) * 355 // 300]
        assert float(found.precision) == pytest.approx(covered(y, some, 2), abs=0.004)
        assert float(found.recall) == pytest.approx(covered(some, y, 2), abs=0.004)
        counts = [np.bincount(digits.predict(images), minlength=10) for images in (test.images, fake)]
        np.testing.assert_allclose(found.class_balance, counts[1] / 300, rtol=1e-6)
        assert float(found.class_kl) == pytest.approx(entropy(counts[1], counts[0]), rel=1e-4)
        assert (found.num_real, found.num_fake, found.num_neighbours, found.k) == (355, 300, 300, 2)
        assert (found.test_accuracy, found.num_test) == (digits.test_accuracy, 355)

    def test_what_is_good_and_what_is_not(self, digits, train, test):
        def scores(fake):
            return classifiers.evaluate(digits, test, fake)

        real = scores(train.images[::4][:300])
        assert real.frechet_distance < 0.03 and real.class_kl < 0.03
        assert real.precision > 0.8 and real.recall > 0.8
        generator = networks.DCGANGenerator(16, (8, 8, 1), width=8, rngs=nnx.Rngs(0))
        untrained = scores(generator(jax.random.normal(jax.random.key(2), (300, 16))))
        assert untrained.frechet_distance > 0.4 and untrained.recall < 0.1 and untrained.class_kl > 0.2
        noise = scores(jax.random.uniform(jax.random.key(0), (300, 8, 8, 1), minval=-1))
        assert noise.frechet_distance > 20 * real.frechet_distance
        assert noise.precision < 0.3 and noise.recall < 0.3
        threes = jnp.tile(train.images[train.labels == 3], (3, 1, 1, 1))[:300]
        threes = scores(_training._moved(jax.random.key(1), threes))
        assert float(threes.class_kl) == pytest.approx(np.log(10), abs=0.3)
        assert threes.precision > 0.5 and threes.recall < 0.2

    def test_one_image_again_and_again(self, digits, train, test):
        """The distance is the real images' total variance, and how far off their mean the image lies."""
        features = np.asarray(digits.features(test.images), np.float64)
        one = np.asarray(digits.features(train.images[:1]), np.float64)
        found = classifiers.evaluate(digits, test, np.repeat(np.asarray(train.images[:1]), 300, axis=0))
        off = ((features.mean(0) - one[0]) ** 2).sum()
        expected = features.var(axis=0, ddof=1).sum() + off
        assert float(found.frechet_distance) == pytest.approx(expected, rel=1e-3)
        assert expected > 1

    def test_precision_and_recall_of_so_many(self, digits, train, test, monkeypatch):
        monkeypatch.setattr(_scores, "MOST_NEIGHBOURS", 50)
        # Sorted by class: the first fifty images would be of two classes.
        real = test.images[np.argsort(test.labels)]
        fake = train.images[:300]
        found = classifiers.evaluate(digits, real, fake)
        x = np.asarray(digits.features(real))[np.arange(50) * 355 // 50]
        y = np.asarray(digits.features(fake))[np.arange(50) * 300 // 50]
        assert (found.num_neighbours, found.num_real, found.num_fake) == (50, 355, 300)
        assert float(found.precision) == pytest.approx(covered(y, x, 3), abs=0.021)
        assert float(found.recall) == pytest.approx(covered(x, y, 3), abs=0.021)
        assert found.recall > 0.3

    def test_text_states_the_sizes(self, digits, train, test):
        found = classifiers.evaluate(digits, test.images, train.images[:300])
        text = str(found)
        for words in ("355 real and 300 generated", "k = 3; 300 images", "of 355 test images", "nats"):
            assert words in text
        assert f"{float(found.frechet_distance):.4f}" in text
        assert f"7 {float(found.class_balance[7]):.1%}, 8 " in text
        assert "FID" not in text

    def test_under_jit(self, digits, train, test):
        fake = train.images[:300]
        found = jax.jit(classifiers.evaluate)(digits, test, fake)
        expected = classifiers.evaluate(digits, test, fake)
        for a, b in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
            np.testing.assert_allclose(a, b, atol=0.006)
        assert jax.tree.structure(found) == jax.tree.structure(expected)

    @pytest.mark.parametrize(
        ("change", "error", "sentence"),
        [
            (
                {"classifier": "digits"},
                TypeError,
                "classifier must be one from classifiers.load, got 'digits'",
            ),
            ({"fake": np.zeros((3, 8, 8, 1))}, ValueError, "fake must be more than k = 3 images, got 3"),
            ({"real": np.zeros((9, 7, 8, 1))}, ValueError, r"real must be images of shape \[n, 8, 8, 1\]"),
            ({"k": 0}, ValueError, "k must be a whole number of at least 1, got 0"),
        ],
    )
    def test_bad_arguments(self, digits, test, change, error, sentence):
        arguments = {"classifier": digits, "real": test, "fake": test.images, "k": 3}
        with pytest.raises(error, match=sentence):
            classifiers.evaluate(**{**arguments, **change})
