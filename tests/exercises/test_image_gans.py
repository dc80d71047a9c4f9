"""Notebook 09's exercises: right answers, typical mistakes, and that no sentence tells the solution."""

import numpy as np
import pytest

from gantheory import classifiers, datasets, exercises, metrics
from gantheory.explorables.image_gans import to_nearest


def test_the_length_halfway():
    z, w = np.random.default_rng(0).normal(size=(2, 4000, 32))
    length = np.linalg.norm((z + w) / 2, axis=1).mean() / np.linalg.norm(z, axis=1).mean()
    assert exercises.check("09.1", length) and exercises.check("09.1", np.sqrt(0.5))
    wrong = [exercises.check("09.1", said) for said in (0.5, 1, 32**0.5, 4, 2**0.5, 0.8)]
    assert not any(wrong) and len({verdict.because for verdict in wrong}) == len(wrong)
    assert all("0.7" not in repr(verdict) for verdict in wrong)


def _median(x, among):
    return np.median(to_nearest(x, among))


def test_a_comparison_of_distances_finds_copies():
    assert exercises.check("09.2", lambda m, t, u: _median(m, t) < _median(u, t) / 2)
    assert exercises.check(
        "09.2", lambda m, t, u: bool((to_nearest(m, t) < to_nearest(u, t).min()).mean() > 0.5)
    )
    # Python's floats do not divide by 0, nor need they.
    assert exercises.check("09.2", lambda m, t, u: float(_median(m, t)) / float(_median(u, t)) < 0.5)


@pytest.mark.parametrize(
    ("copies", "because"),
    [
        (lambda m, t, u: True, "It accuses a generator of smudges"),
        (lambda m, t, u: False, "It misses a generator that returns the training images in another order."),
        (
            lambda m, t, u: np.array_equal(m, t),
            "It misses a generator that returns the training images in an",
        ),
        (lambda m, t, u: (to_nearest(m, t) < 1e-9).all(), "It misses copies with a little noise"),
        (lambda m, t, u: _median(m, t) < 2 * _median(u, t), "It accuses the unseen images themselves."),
        (lambda m, t, u: _median(m, t) < _median(u, t), "It accuses a generator that draws anew"),
        (lambda m, t, u: _median(m, t) < 0.5, "It misses copies once all pixels are multiplied by 1000"),
        (lambda m, t, u: to_nearest(m, t) < 1, "Your function should return one True or False"),
        (lambda m, t, u: np.nan, "Your function returns NaN, which is neither True nor False."),
        (lambda m, t, u: None, "Your function returns None"),
        (lambda m, t: True, "Your function raised TypeError"),
    ],
)
def test_other_tests_for_copies_are_wrong_for_their_own_reason(copies, because):
    verdict = exercises.check("09.2", copies)
    if "1000" in because:
        # The small scale comes first where a fixed distance is asked for.
        assert "multiplied by" in verdict.because
    else:
        assert verdict.because.startswith(because)
    assert not verdict and "median" not in repr(verdict) and "half" not in repr(verdict)


def test_fifty_images_against_355():
    classifier = classifiers.load("digits")
    real = classifier.features(datasets.load("digits", "test").images)
    features = np.asarray(classifier.features(np.asarray(datasets.load("digits").images)[:355]))
    few, many = (float(metrics.frechet_distance(real, features[:n])) for n in (50, 355))
    assert exercises.check("09.3", few / many)
    wrong = [exercises.check("09.3", said) for said in (many / few, few - many, few, many, 1, 2 * few / many)]
    assert not any(wrong) and len({verdict.because for verdict in wrong}) == len(wrong)
    assert all(f"{few / many:.1f}" not in repr(verdict) for verdict in wrong)
