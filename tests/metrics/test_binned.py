"""The binned JS divergence against numpy's histograms and scipy's Jensen-Shannon distance, and its two biases."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.integrate
import scipy.stats
from scipy.spatial.distance import jensenshannon

from gantheory.metrics import binned_js


def expected(p, q, low, high, num_bins):
    """Histograms with the points beyond the ends moved into the outermost bins."""
    edges = [np.linspace(low, high, num_bins + 1)] * p.shape[1]
    inside = [np.clip(x, low, np.nextafter(high, low)) for x in (p, q)]
    masses = [np.histogramdd(x, edges)[0].ravel() / len(x) for x in inside]
    return jensenshannon(*masses) ** 2  # scipy's is the root, in nats


@pytest.mark.parametrize("dim", [1, 2])
@pytest.mark.parametrize(("low", "high", "num_bins"), [(-5.0, 5.0, 40), (-1, 2, 7), (0.0, 0.5, 1)])
def test_against_numpy_and_scipy(dim, low, high, num_bins, x64):
    rng = np.random.default_rng(0)
    p, q = rng.normal(size=(500, dim)), rng.normal(0.7, 1.5, size=(300, dim))
    value = binned_js(p, q, low=low, high=high, num_bins=num_bins)
    np.testing.assert_allclose(value, expected(p, q, low, high, num_bins), rtol=1e-9, atol=1e-12)
    assert value.shape == ()


def test_a_plane_is_binned_along_both_axes():
    """Two laws with the same marginals: only the joint bins tell them apart."""
    rising = np.array([[-1.0, -1.0], [1.0, 1.0]])
    falling = np.array([[-1.0, 1.0], [1.0, -1.0]])
    assert float(binned_js(rising, falling, num_bins=2)) == pytest.approx(np.log(2), rel=1e-6)
    for axis in (0, 1):
        assert float(binned_js(rising[:, [axis]], falling[:, [axis]], num_bins=2)) == 0


def test_sampling_adds_about_its_share_and_binning_takes_away():
    rng, n, bins = np.random.default_rng(1), 2000, 20
    equal = [binned_js(*rng.uniform(0, 1, (2, n, 1)), low=0, high=1, num_bins=bins) for _ in range(200)]
    assert np.mean(equal) == pytest.approx((bins - 1) / (4 * n), rel=0.1)
    unequal = [
        binned_js(rng.uniform(0, 1, (n, 1)), rng.uniform(0, 1, (4 * n, 1)), low=0, high=1, num_bins=bins)
        for _ in range(200)
    ]
    assert np.mean(unequal) == pytest.approx((bins - 1) * (1 / n + 1 / (4 * n)) / 8, rel=0.1)

    p, q = scipy.stats.norm(0, 1), scipy.stats.norm(1.5, 0.8)

    def integrand(t):
        m = (p.pdf(t) + q.pdf(t)) / 2
        return 0.5 * (p.pdf(t) * np.log(p.pdf(t) / m) + q.pdf(t) * np.log(q.pdf(t) / m))

    exact = scipy.integrate.quad(integrand, -8, 8)[0]
    u = ((np.arange(100_000) + 0.5) / 100_000)[
        :, None
    ]  # quantiles: no noise, so that the bins' loss is seen alone
    values = [float(binned_js(p.ppf(u), q.ppf(u), low=-8, high=8, num_bins=k)) for k in (4, 16, 64, 256)]
    assert values[0] < values[1] < values[2] < exact + 1e-4
    assert values[-1] == pytest.approx(exact, rel=2e-3)


def test_many_points_in_one_bin_keep_their_count():
    p = np.concatenate([np.zeros((3_000_000, 1)), np.ones((1, 1))])
    assert float(binned_js(p, np.zeros((7, 1)), low=-0.5, high=1.5, num_bins=2)) < 1e-6


def test_under_jit_and_vmap_with_moving_ends():
    rng = np.random.default_rng(2)
    p, q = jnp.asarray(rng.normal(size=(3, 100, 1))), jnp.asarray(rng.normal(1, 1, size=(3, 100, 1)))
    call = jax.jit(jax.vmap(lambda a, b, high: binned_js(a, b, low=-3.0, high=high, num_bins=9)))
    highs = jnp.array([2.0, 3.0, 4.0])
    for i, value in enumerate(call(p, q, highs)):
        np.testing.assert_allclose(
            value, expected(np.asarray(p[i]), np.asarray(q[i]), -3.0, float(highs[i]), 9), rtol=1e-4
        )


@pytest.mark.parametrize(
    ("p", "q", "options", "error", "sentence"),
    [
        (np.ones(3), np.ones((3, 1)), {}, ValueError, r"samples_p must be .*\[n, d\], got shape \[3\]"),
        (
            np.ones((3, 1)),
            np.ones((3, 2)),
            {},
            ValueError,
            r"samples_q must be .*\[n, 1\], got shape \[3, 2\]",
        ),
        (
            np.ones((3, 3)),
            np.ones((3, 3)),
            {},
            ValueError,
            "samples_p must be points in 1 or 2 dimensions, got 3",
        ),
        (np.ones((0, 1)), np.ones((3, 1)), {}, ValueError, "samples_p must be a non-empty array"),
        (np.full((3, 1), np.nan), np.ones((3, 1)), {}, ValueError, "samples_p must be free of NaN"),
        (np.ones((3, 1)), np.ones((3, 1)), {"low": 5.0}, ValueError, "low must be below high 5, got 5"),
        (np.ones((3, 1)), np.ones((3, 1)), {"num_bins": 0}, ValueError, "num_bins must be a whole number"),
        (np.ones((3, 1)), np.ones((3, 1)), {"num_bins": 2.5}, TypeError, "num_bins must be a whole number"),
    ],
)
def test_bad_arguments(p, q, options, error, sentence):
    with pytest.raises(error, match=sentence):
        binned_js(p, q, **options)
