"""Mode coverage against scipy's tree of nearest neighbours, closed forms, and cases that can be counted by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.spatial
import scipy.stats

from gantheory import distributions
from gantheory.metrics import mode_coverage


def expected(samples, means, std, weights=None):
    """Count by nearest neighbours, one sample after the other."""
    distance, nearest = scipy.spatial.cKDTree(means).query(samples)
    good = distance <= 3 * np.broadcast_to(std, len(means))[nearest]
    histogram = np.bincount(nearest, minlength=len(means)) / len(samples)
    weights = np.ones(len(means)) if weights is None else np.asarray(weights, float)
    captured = np.isin(np.arange(len(means)), nearest[good])
    return captured.sum(), good.mean(), scipy.stats.entropy(histogram, weights), histogram, captured


@pytest.mark.parametrize("weights", [None, [1, 2, 3, 4, 5, 6, 7]])
@pytest.mark.parametrize("std", [0.3, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.01]])
@pytest.mark.parametrize("dim", [1, 2, 5])
def test_against_a_tree(dim, std, weights, x64):
    rng = np.random.default_rng(dim)
    means, samples = rng.normal(size=(7, dim)), rng.normal(size=(400, dim))
    found = mode_coverage(samples, means, std, weights)
    modes, quality, divergence, histogram, captured = expected(samples, means, std, weights)
    assert int(found.modes) == modes
    assert float(found.high_quality) == pytest.approx(quality, abs=1e-12)
    assert float(found.histogram_kl) == pytest.approx(divergence, abs=1e-12)
    np.testing.assert_allclose(found.histogram, histogram, rtol=0, atol=1e-12)
    assert np.array_equal(found.captured, captured)


@pytest.mark.parametrize("target", [distributions.ring(), distributions.grid()])
def test_a_perfect_sampler(target):
    n, k = 40_000, len(target.means)
    found = mode_coverage(target.sample(jax.random.key(1), n), target.means, target.std)
    assert int(found.modes) == k
    perfect = 1 - np.exp(-4.5)
    assert float(found.high_quality) == pytest.approx(perfect, abs=4 * np.sqrt(perfect * (1 - perfect) / n))
    # 2 n KL has about the law chi-squared with k - 1 degrees of freedom.
    assert (
        scipy.stats.chi2.ppf(1e-4, k - 1)
        < 2 * n * float(found.histogram_kl)
        < scipy.stats.chi2.ppf(1 - 1e-4, k - 1)
    )


def test_three_standard_deviations_are_inclusive_and_round():
    means, std = [[0.0, 0.0], [100.0, 0.0]], 1.0
    edge = mode_coverage([[3.0, 0.0], [0.0, -3.0], [3.001, 0.0], [2.2, 2.2]], means, std)
    assert (
        float(edge.high_quality) == 0.5
    )  # (2.2, 2.2) is inside the square of side 6, but outside the circle
    assert int(edge.modes) == 1


def test_a_mode_near_bad_samples_only_is_not_captured_but_counts_in_the_histogram():
    found = mode_coverage([[0.0], [0.0], [9.0]], [[0.0], [10.0]], 0.1)
    assert int(found.modes) == 1
    np.testing.assert_allclose(found.histogram, [2 / 3, 1 / 3], rtol=1e-6)


def test_imbalance_is_seen_by_the_histogram_alone():
    means = distributions.ring().means
    equal, unequal = jnp.tile(means, (100, 1)), jnp.concatenate([means, jnp.tile(means[:1], (792, 1))])
    for samples in (equal, unequal):
        found = mode_coverage(samples, means, 0.01)
        assert (int(found.modes), float(found.high_quality)) == (8, 1.0)
    assert float(mode_coverage(equal, means, 0.01).histogram_kl) == 0
    shares = np.array([793] + 7 * [1]) / 800
    assert float(mode_coverage(unequal, means, 0.01).histogram_kl) == pytest.approx(
        np.log(8) + (shares * np.log(shares)).sum(), rel=1e-5
    )


def test_one_mode_and_empty_modes():
    one = mode_coverage(jnp.zeros((5, 2)), distributions.ring(radius=1e-9, num_modes=1).means, 0.1)
    assert (int(one.modes), float(one.histogram_kl)) == (1, 0.0)
    collapsed = mode_coverage(jnp.tile(jnp.array([[1.0, 0.0]]), (50, 1)), distributions.ring().means, 0.01)
    assert int(collapsed.modes) == 1
    assert float(collapsed.histogram_kl) == pytest.approx(np.log(8), rel=1e-6)
    assert float(mode_coverage([[0.0], [1.0]], [[0.0], [1.0]], 0.1, weights=[1, 0]).histogram_kl) == np.inf


def test_float32_keeps_narrow_modes_far_out():
    """|x|^2 - 2 x m + |m|^2 in float32 would be off by more than the modes are wide."""
    target = distributions.GaussianMixture(np.array([[1000.0, 0.0], [0.0, 1000.0]]), 0.01)
    rng = np.random.default_rng(0)
    samples = np.float32(
        np.asarray(target.means)[rng.integers(2, size=4000)] + 0.01 * rng.normal(size=(4000, 2))
    )
    found = mode_coverage(samples, target.means, target.std)
    assert samples.dtype == np.float32
    assert float(found.high_quality) == pytest.approx(
        expected(samples, np.asarray(target.means), 0.01)[1], abs=2e-3
    )


def test_under_jit_and_vmap_over_seeds():
    rng = np.random.default_rng(3)
    clouds = jnp.asarray(rng.normal(size=(8, 100, 2)))
    means, std = distributions.ring().means, 0.2
    many = jax.jit(jax.vmap(lambda x: mode_coverage(x, means, std)))(clouds)
    assert many.modes.shape == (8,) and many.histogram.shape == (8, 8)
    for i in range(8):
        one = expected(np.asarray(clouds[i]), np.asarray(means), std)
        assert int(many.modes[i]) == one[0]
        np.testing.assert_allclose([many.high_quality[i], many.histogram_kl[i]], one[1:3], rtol=1e-4)


def test_a_width_that_is_traced():
    wide = jax.jit(lambda std: mode_coverage([[0.5]], [[0.0]], std).modes)
    assert [int(wide(std)) for std in (0.1, 0.2)] == [0, 1]


@pytest.mark.parametrize(
    ("arguments", "error", "sentence"),
    [
        ((np.ones(3), np.ones((3, 1)), 1.0), ValueError, r"samples must be .*\[n, d\], got shape \[3\]"),
        (
            (np.ones((3, 1)), np.ones((3, 2)), 1.0),
            ValueError,
            r"means must be .*\[n, 1\], got shape \[3, 2\]",
        ),
        ((np.ones((3, 1)), np.ones((3, 1)), 0.0), ValueError, "std must be above 0, got 0"),
        (
            (np.ones((3, 1)), np.ones((3, 1)), np.ones(2)),
            ValueError,
            r"std must be one number or of shape \[3\], got shape \[2\]",
        ),
        ((np.full((3, 1), np.nan), np.ones((3, 1)), 1.0), ValueError, "samples must be free of NaN"),
        (
            (np.ones((3, 1)), np.ones((3, 1)), 1.0, [1, 2]),
            ValueError,
            "weights must be of length 3, got length 2",
        ),
        ((np.ones((3, 1)), np.ones((3, 1)), 1.0, [1, 2, -1]), ValueError, "weights must be non-negative"),
        ((np.ones((3, 1)), np.ones((3, 1)), "wide"), TypeError, "std must be an array of real numbers"),
    ],
)
def test_bad_arguments(arguments, error, sentence):
    with pytest.raises(error, match=sentence):
        mode_coverage(*arguments)
