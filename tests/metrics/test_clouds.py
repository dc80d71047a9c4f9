"""W1 between clouds against POT and closed forms; MMD against plain loops in numpy and a closed form."""

import itertools
import warnings

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gantheory import metrics, transport
from gantheory.metrics import mmd, wasserstein_1

with warnings.catch_warnings():
    # Of an invalid escape sequence in POT's own source, when Python compiles it.
    warnings.filterwarnings("ignore", message="(?s).*invalid escape sequence")
    import ot


def clouds(n, d, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)), rng.normal(0.5, 2.0, size=(n, d))


class TestWasserstein1:
    @pytest.mark.parametrize(("n", "d"), [(1, 2), (7, 1), (40, 2), (60, 5)])
    def test_against_pot_on_both_ways(self, n, d, x64):
        x, y = clouds(n, d)
        uniform = np.full(n, 1 / n)
        exact = ot.emd2(uniform, uniform, ot.dist(x, y, metric="euclidean"))
        assert float(wasserstein_1(x, y)) == pytest.approx(exact, rel=1e-9)
        assert float(jax.jit(wasserstein_1)(x, y)) == pytest.approx(exact, rel=1e-9)

    def test_every_permutation_tried(self):
        x, y = clouds(6, 2, seed=1)
        costs = [
            np.linalg.norm(x - y[list(order)], axis=1).mean() for order in itertools.permutations(range(6))
        ]
        for distance in (wasserstein_1, jax.jit(wasserstein_1)):
            assert float(distance(x, y)) == pytest.approx(min(costs), rel=1e-5)

    @pytest.mark.parametrize("distance", [wasserstein_1, jax.jit(wasserstein_1)])
    def test_a_shift_costs_its_length(self, distance):
        x, _ = clouds(50, 2)
        assert float(distance(x, x[::-1] + np.array([3.0, -4.0]))) == pytest.approx(5.0, rel=1e-5)
        assert float(distance(x, x[::-1])) == 0

    def test_ties_in_float32_keep_the_least_cost(self):
        """Many equal costs: a generator collapsed to one point."""
        target = np.repeat(np.eye(2), 64, axis=0)
        value = jax.jit(wasserstein_1)(jnp.zeros((128, 2)), target)
        assert float(value) == pytest.approx(1.0, rel=1e-6)

    def test_slopes_are_those_of_the_matching(self, x64):
        x, y = clouds(12, 2, seed=2)
        slope = jax.grad(wasserstein_1)(jnp.asarray(x), y)
        bump = np.zeros_like(x)
        for i, j in ((0, 0), (5, 1)):
            bump[:] = 0
            bump[i, j] = 1e-6
            numeric = (wasserstein_1(x + bump, y) - wasserstein_1(x - bump, y)) / 2e-6
            assert float(slope[i, j]) == pytest.approx(float(numeric), rel=1e-4)
        assert np.array_equal(jax.grad(wasserstein_1)(jnp.asarray(x), x), np.zeros_like(x))

    def test_over_seeds_and_beside_the_sliced_distance(self):
        x, y = (jnp.stack(pair) for pair in zip(*(clouds(20, 2, seed) for seed in range(3)), strict=True))
        many = jax.jit(jax.vmap(wasserstein_1))(x, y)
        for i in range(3):
            assert float(many[i]) == pytest.approx(float(wasserstein_1(x[i], y[i])), rel=1e-5)
            # A direction sees only a part of each move.
            assert float(metrics.sliced_wasserstein(jax.random.key(0), x[i], y[i])) < float(many[i])
        assert metrics.sliced_wasserstein is transport.sliced_wasserstein

    @pytest.mark.parametrize("bad", [np.nan, 3e38])
    def test_a_diverged_training_ends_the_search(self, bad):
        value = jax.jit(wasserstein_1)(jnp.full((20, 2), bad), jnp.ones((20, 2)))
        assert not np.isfinite(float(value))

    @pytest.mark.parametrize(
        ("x", "y", "error", "sentence"),
        [
            (np.ones((3, 2)), np.ones((4, 2)), ValueError, "y must be of as many points as x, 3, got 4"),
            (np.ones((3, 2)), np.ones((3, 1)), ValueError, r"y must be .*\[n, 2\], got shape \[3, 1\]"),
            (np.ones(3), np.ones((3, 1)), ValueError, r"x must be .*\[n, d\], got shape \[3\]"),
            (np.full((2, 2), np.nan), np.ones((2, 2)), ValueError, "x must be free of NaN"),
            ("near", np.ones((2, 2)), TypeError, "x must be an array of real numbers"),
        ],
    )
    def test_bad_arguments(self, x, y, error, sentence):
        with pytest.raises(error, match=sentence):
            wasserstein_1(x, y)


def looped_mmd(x, y, bandwidth, biased):
    """Sum the kernel pair by pair."""

    def mean(a, b, same):
        values = [
            np.exp(-((p - q) @ (p - q)) / (2 * bandwidth**2))
            for i, p in enumerate(a)
            for j, q in enumerate(b)
            if biased or not (same and i == j)
        ]
        return np.mean(values)

    return mean(x, x, True) + mean(y, y, True) - 2 * mean(x, y, False)


class TestMMD:
    @pytest.mark.parametrize("biased", [False, True])
    @pytest.mark.parametrize("bandwidth", [0.5, 3])
    def test_against_loops(self, bandwidth, biased, x64):
        x, y = clouds(15, 3)
        value = mmd(x, y[:9], bandwidth, biased=biased)
        assert float(value) == pytest.approx(looped_mmd(x, y[:9], bandwidth, biased), rel=1e-9)

    def test_the_unbiased_mean_is_the_true_value(self, x64):
        """N(0, 1) and N(2, 1): for a difference of law N(m, 2), E k = s / sqrt(s^2 + 2) exp(-m^2 / (2 (s^2 + 2)))."""
        s, rng = 0.8, np.random.default_rng(0)
        true = 2 * s / np.sqrt(s**2 + 2) * (1 - np.exp(-2 / (s**2 + 2)))
        x, y = rng.normal(size=(2000, 10, 1)), rng.normal(2, 1, size=(2000, 20, 1))
        for biased in (False, True):
            estimate = jax.vmap(lambda a, b, biased=biased: mmd(a, b, s, biased=biased))(x, y)
            error = 4 * float(estimate.std()) / np.sqrt(2000)
            surplus = 0.0 if not biased else (1 - s / np.sqrt(s**2 + 2)) * (1 / 10 + 1 / 20)
            assert float(estimate.mean()) == pytest.approx(true + surplus, abs=error)

    def test_equal_clouds(self):
        x, _ = clouds(30, 2)
        assert float(mmd(x, x, biased=True)) == pytest.approx(0, abs=1e-6)
        assert float(mmd(x, x)) < 0

    def test_a_bandwidth_that_is_traced_compiles_once(self):
        x, y = (jnp.asarray(cloud) for cloud in clouds(10, 2))
        many = jax.jit(jax.vmap(lambda s: mmd(x, y, s)))(jnp.array([0.5, 1.0, 2.0]))
        for value, s in zip(many, (0.5, 1.0, 2.0), strict=True):
            assert float(value) == pytest.approx(float(mmd(x, y, s)), rel=1e-4, abs=1e-6)

    @pytest.mark.parametrize(
        ("arguments", "options", "error", "sentence"),
        [
            (
                (np.ones((1, 2)), np.ones((4, 2))),
                {},
                ValueError,
                "x must be at least 2 points for the unbiased",
            ),
            ((np.ones((3, 2)), np.ones((3, 1))), {}, ValueError, r"y must be .*\[n, 2\]"),
            (
                (np.ones((3, 2)), np.ones((3, 2)), 0),
                {},
                ValueError,
                "bandwidth must be a finite number above 0, got 0",
            ),
            (
                (np.ones((3, 2)), np.ones((3, 2)), "1"),
                {},
                TypeError,
                "bandwidth must be a finite number above 0",
            ),
        ],
    )
    def test_bad_arguments(self, arguments, options, error, sentence):
        with pytest.raises(error, match=sentence):
            mmd(*arguments, **options)
        assert float(mmd(np.ones((1, 2)), np.ones((1, 2)), biased=True)) == 0
