"""Oracles: scipy.stats, scipy's quadrature and Kolmogorov-Smirnov test, scikit-learn's moons."""

import itertools
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.integrate
import scipy.special
import scipy.stats

from gantheory import distributions as laws
from gantheory.distributions import Empirical, Gaussian, GaussianMixture, Mixture, Segment, Uniform

KEY = jax.random.key(0)


def make(name):
    return {
        "gaussian_1d": lambda: Gaussian(1.0, 0.5),
        "gaussian": lambda: Gaussian([1.0, -2.0], [0.5, 2.0]),
        "uniform": lambda: Uniform([0.0, -1.0], [2.0, 0.5]),
        "mixture": lambda: Mixture([Gaussian([0.0, 0.0], 0.3), Uniform([1.0, 1.0], 2.0)], [1.0, 3.0]),
        "ring": lambda: laws.ring(std=0.1),
        "grid": lambda: laws.grid(size=3, spacing=1.0, std=0.2),
        "spiral": lambda: laws.spiral(turns=1.5, std=0.1),
        "two_moons": lambda: laws.two_moons(),
        "empirical": lambda: Empirical([[0.0, 0.0], [1.0, 2.0]]),
        "segment": lambda: Segment([0.0, 0.0], [1.0, 2.0]),
        "parallel_lines": lambda: laws.parallel_lines(0.3),
    }[name]()


PLANAR = ["gaussian", "uniform", "mixture", "ring", "grid", "spiral", "two_moons"]
SINGULAR = ["empirical", "segment", "parallel_lines"]
EVERY = ["gaussian_1d", *PLANAR, *SINGULAR]


@pytest.fixture(params=["float32", "float64"])
def dtype(request):
    with jax.enable_x64(request.param == "float64"):
        yield jnp.dtype(request.param)


# What every law does


@pytest.mark.parametrize("name", EVERY)
def test_shapes_and_dtypes(name, dtype):
    law = make(name)
    x = law.sample(KEY, 50)
    assert x.shape == (50, law.dim) and x.dtype == dtype
    assert law.dim == (1 if name == "gaussian_1d" else 2)
    if name not in SINGULAR:
        log_prob = law.log_prob(x)
        assert log_prob.shape == (50,) and log_prob.dtype == dtype
        assert np.isfinite(log_prob).all()


@pytest.mark.parametrize("name", EVERY)
def test_the_key_alone_decides_the_sample(name):
    law = make(name)
    again = law.sample(KEY, 50)
    np.testing.assert_array_equal(law.sample(KEY, 50), again)
    assert not np.array_equal(law.sample(jax.random.key(1), 50), again)
    np.testing.assert_allclose(jax.jit(law.sample, static_argnums=1)(KEY, 50), again, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", EVERY)
def test_is_an_immutable_pytree_of_its_parameters(name):
    law = make(name)
    leaves, structure = jax.tree.flatten(law)
    assert all(isinstance(leaf, jax.Array) for leaf in leaves)
    rebuilt = jax.tree.unflatten(structure, leaves)
    np.testing.assert_array_equal(rebuilt.sample(KEY, 50), law.sample(KEY, 50))
    jax.tree.map(lambda leaf: None, law)  # placeholders in place of leaves must not meet the checks
    with pytest.raises(AttributeError):
        law.mean = 3.0


@pytest.mark.parametrize("name", PLANAR)
def test_density_integrates_to_one(name, x64):
    law = make(name)
    x = np.linspace(-7, 7, 281)[:-1] + 0.025
    y = np.linspace(-14, 10, 481)[:-1] + 0.025
    total = 0.0
    for rows in np.array_split(x, 10):  # in pieces, for the memory of the curves' quadrature
        points = np.stack(np.meshgrid(rows, y, indexing="ij"), axis=-1).reshape(-1, 2)
        total += np.exp(law.log_prob(points)).sum() * 0.05**2
    # The midpoint rule is exact for these uniform boxes (their borders fall between the midpoints).
    assert total == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("name", PLANAR)
def test_sampling_follows_the_density(name, x64):
    # The probability of a rectangle, by quadrature of the density, against the fraction of samples in it.
    law = make(name)
    n = 40_000
    x = np.asarray(law.sample(jax.random.key(3), n))
    low, high = np.quantile(x, 0.25, axis=0), np.quantile(x, 0.8, axis=0)
    sides = [np.linspace(a, b, 401)[:-1] + (b - a) / 800 for a, b in zip(low, high, strict=True)]
    points = np.stack(np.meshgrid(*sides, indexing="ij"), axis=-1)
    density = np.concatenate([np.exp(law.log_prob(row)) for row in np.array_split(points.reshape(-1, 2), 8)])
    expected = density.mean() * np.prod(high - low)
    inside = ((x > low) & (x < high)).all(axis=1).mean()
    assert inside == pytest.approx(expected, abs=4.5 * np.sqrt(expected / n) + 1e-3)


@pytest.mark.parametrize("name", PLANAR)
def test_log_prob_under_jit_vmap_and_grad(name):
    law = make(name)
    x = law.sample(KEY, 50)
    expected = law.log_prob(x)
    np.testing.assert_allclose(jax.jit(lambda law, x: law.log_prob(x))(law, x), expected, rtol=1e-5)
    batched = jax.jit(jax.vmap(lambda point: law.log_prob(point[None])[0]))(x)
    np.testing.assert_allclose(batched, expected, rtol=1e-4, atol=1e-5)
    scores, slopes = jax.jit(jax.grad(lambda x, law: law.log_prob(x).sum(), argnums=(0, 1)))(x, law)
    assert np.isfinite(scores).all()
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(slopes))
    assert any(np.abs(leaf).max() > 0 for leaf in jax.tree.leaves(slopes))


@pytest.mark.parametrize(
    "law",
    [
        GaussianMixture([[0.0, 0.0], [9.0, 0.0], [0.0, 9.0]], 0.5, [1, 2, 5]),
        Mixture(
            [Gaussian([0.0, 0.0], 0.5), Uniform([8.0, -1.0], [10.0, 1.0]), Gaussian([0.0, 9.0], 0.5)],
            [1, 2, 5],
        ),
    ],
)
def test_the_label_of_a_point_is_the_number_of_its_component(law):
    n, centers = 8000, np.array([[0.0, 0.0], [9.0, 0.0], [0.0, 9.0]])
    x, labels = law.sample_labelled(KEY, n)
    np.testing.assert_array_equal(x, law.sample(KEY, n))
    assert labels.shape == (n,) and labels.dtype == jnp.int32 and law.num_classes == 3
    np.testing.assert_array_equal(
        np.argmin(np.linalg.norm(x[:, None] - centers[None], axis=2), axis=1), labels
    )
    np.testing.assert_allclose(np.bincount(labels) / n, np.array([1, 2, 5]) / 8, atol=0.025)


def test_labels_are_int32_in_float64_too_and_bad_arguments_are_refused(x64):
    assert laws.ring().sample_labelled(KEY, 3)[1].dtype == jnp.int32
    with pytest.raises(ValueError, match="n must be a whole number of at least 1, got 0"):
        laws.ring().sample_labelled(KEY, 0)
    with pytest.raises(TypeError, match="key must be one random key"):
        laws.ring().sample_labelled(jnp.zeros(2), 3)


def test_parameters_move_without_recompiling():
    traces = []

    @jax.jit
    def evaluate(law, x):
        traces.append(law)
        return law.log_prob(x)

    x = jnp.zeros((3, 1))
    for mean, std in [(0.0, 1.0), (jnp.float32(2.0), 0.5), (np.float64(-1), jnp.asarray(2.0)), (1, 1)]:
        np.testing.assert_allclose(
            evaluate(Gaussian(mean, std), x), scipy.stats.norm(mean, std).logpdf(x[:, 0]), rtol=1e-5
        )
    assert len(traces) == 1


@pytest.mark.parametrize(
    "build",
    [
        lambda s: Gaussian(s, s),
        lambda s: Uniform(0.0, s),
        lambda s: Mixture([Gaussian(0.0, s), Uniform(0.0, 3.0)], jnp.stack([s, 1.0 + s])),
        lambda s: laws.ring(3, s, 0.1 * s),
        lambda s: laws.grid(2, s, 0.1 * s),
        lambda s: laws.spiral(s, s, 0.2 * s),
        lambda s: laws.two_moons(0.1 * s),
    ],
)
def test_a_traced_parameter_equals_a_concrete_one(build):
    values = jnp.array([1.0, 1.5])
    dim = build(values[0]).dim
    x = jnp.full((2, dim), 0.7)
    traced = jax.jit(jax.vmap(lambda s: build(s).log_prob(x)))(values)
    for value, row in zip(values, traced, strict=True):
        np.testing.assert_allclose(build(value).log_prob(x), row, rtol=1e-5)
    assert np.isfinite(jax.jit(jax.grad(lambda s: build(s).log_prob(x).sum()))(values[1]))
    assert np.isfinite(jax.jit(jax.grad(lambda s: build(s).sample(KEY, 50).sum()))(values[1]))


# Single laws


@pytest.mark.parametrize(
    ("mean", "std"), [(0.0, 1.0), ([1.0, -2.0], 0.5), (0.5, [0.1, 10.0]), ([3.0], [2.0])]
)
def test_gaussian_density(mean, std, dtype):
    law = Gaussian(mean, std)
    x = np.random.default_rng(0).normal(size=(9, law.dim)).astype(dtype)
    expected = scipy.stats.norm(np.asarray(mean), np.asarray(std)).logpdf(x).sum(axis=1)
    np.testing.assert_allclose(law.log_prob(x), expected, rtol=1e-5 if dtype == "float32" else 1e-13)
    assert law.mean.shape == law.std.shape == (law.dim,)


@pytest.mark.parametrize(
    ("law", "oracle"),
    [
        (Gaussian(1.0, 2.0), scipy.stats.norm(1.0, 2.0).cdf),
        (Uniform(-1.0, 3.0), scipy.stats.uniform(-1.0, 4.0).cdf),
        (
            Mixture([Gaussian(0.0, 1.0), Uniform(0.0, 4.0)], [3.0, 1.0]),
            lambda x: 0.75 * scipy.stats.norm.cdf(x) + 0.25 * scipy.stats.uniform(0, 4).cdf(x),
        ),
        (
            GaussianMixture([[-2.0], [1.0]], 0.5, [0.2, 0.8]),
            lambda x: 0.2 * scipy.stats.norm(-2, 0.5).cdf(x) + 0.8 * scipy.stats.norm(1, 0.5).cdf(x),
        ),
    ],
)
def test_one_dimensional_laws_against_their_cdf(law, oracle):
    x = np.linspace(-5, 5, 41, dtype=np.float32)[:, None]
    np.testing.assert_allclose(law.cdf(x), oracle(x[:, 0]), atol=1e-6)
    samples = np.asarray(law.sample(jax.random.key(5), 20_000))[:, 0]
    assert scipy.stats.kstest(samples, oracle).pvalue > 1e-3


@pytest.mark.parametrize(
    ("law", "oracle"),
    [(Gaussian(1.0, 2.0), scipy.stats.norm(1.0, 2.0)), (Uniform(-1.0, 3.0), scipy.stats.uniform(-1.0, 4.0))],
)
def test_quantile_inverts_the_cdf(law, oracle):
    u = np.linspace(0.001, 0.999, 23, dtype=np.float32)
    points = law.quantile(u)
    assert points.shape == (23, 1)
    np.testing.assert_allclose(points[:, 0], oracle.ppf(u), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(law.cdf(points), u, atol=1e-5)


def test_uniform_is_flat_inside_and_nothing_outside():
    law = Uniform([0.0, -1.0], [2.0, 3.0])
    x = [[0.0, -1.0], [2.0, 3.0], [1.0, 0.0], [-0.1, 0.0], [1.0, 3.1], [5.0, 9.0]]
    np.testing.assert_allclose(np.exp(law.log_prob(x)), [1 / 8, 1 / 8, 1 / 8, 0, 0, 0], rtol=1e-6)
    assert not np.isnan(jax.grad(lambda x: law.log_prob(x).sum())(jnp.asarray(x))).any()


def test_uniform_samples_stay_in_the_support():
    law = Uniform(0.1, np.nextafter(np.float32(0.1), np.float32(1)))
    assert np.isfinite(law.log_prob(law.sample(KEY, 1000))).all()


def test_empirical_draws_with_replacement():
    points = [[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]
    x = np.asarray(Empirical(points).sample(KEY, 9000))
    found, counts = np.unique(x, axis=0, return_counts=True)
    np.testing.assert_array_equal(found, points)
    assert scipy.stats.chisquare(counts).pvalue > 1e-3
    np.testing.assert_allclose(
        Empirical([[1.0], [2.0], [2.0]]).cdf([[0.9], [1.0], [2.0]]), [0, 1 / 3, 1], rtol=1e-6
    )


def test_segments_are_uniform_along_the_line():
    x = np.asarray(laws.parallel_lines(0.25).sample(KEY, 5000))
    assert (x[:, 0] == 0.25).all()
    assert scipy.stats.kstest(x[:, 1], "uniform").pvalue > 1e-3
    y = np.asarray(Segment([0.0, 1.0, 0.0], [2.0, 1.0, 4.0]).sample(KEY, 5000))
    np.testing.assert_allclose(y[:, 2], 2 * y[:, 0], rtol=1e-5)
    assert (y[:, 1] == 1).all() and scipy.stats.kstest(y[:, 0] / 2, "uniform").pvalue > 1e-3


@pytest.mark.parametrize("name", SINGULAR)
def test_singular_laws_have_no_density(name):
    law = make(name)
    for singular in (law, Mixture([law, Gaussian([0.0, 0.0], 1.0)])):
        with pytest.raises(TypeError, match=r"has no density, so no log_prob: .* volume 0"):
            singular.log_prob([[0.0, 0.0]])


# Mixtures


def test_mixture_density_is_the_weighted_sum(dtype):
    law = Mixture([Gaussian(-1.0, 0.5), Gaussian(2.0, 1.0), Uniform(0.0, 4.0)], [2.0, 1.0, 1.0])
    x = np.linspace(-4, 6, 33).astype(dtype)
    expected = (
        0.5 * scipy.stats.norm(-1, 0.5).pdf(x)
        + 0.25 * scipy.stats.norm(2, 1).pdf(x)
        + 0.25 * scipy.stats.uniform(0, 4).pdf(x)
    )
    rtol = 1e-5 if dtype == "float32" else 1e-13
    np.testing.assert_allclose(np.exp(law.log_prob(x[:, None])), expected, rtol=rtol)
    np.testing.assert_allclose(law.weights, [0.5, 0.25, 0.25])


def test_both_mixture_classes_agree(dtype):
    means, std, weights = [[0.0, 1.0], [2.0, -1.0], [0.5, 0.5]], 0.3, [1.0, 2.0, 5.0]
    fast = GaussianMixture(means, std, weights)
    general = Mixture([Gaussian(mean, std) for mean in means], weights)
    x = general.sample(KEY, 50)
    tolerance = 2e-5 if dtype == "float32" else 1e-12
    np.testing.assert_allclose(fast.log_prob(x), general.log_prob(x), rtol=tolerance, atol=tolerance)
    np.testing.assert_array_equal(general.means, fast.means)
    np.testing.assert_allclose(general.std, np.full((3, 2), std), rtol=1e-7)
    assert fast.std.shape == ()


@pytest.mark.parametrize(
    "law", [Mixture([Gaussian(-1.0, 0.1), Gaussian(1.0, 0.1)]), GaussianMixture([[-1.0], [1.0]], 0.1)]
)
def test_mixture_tails_are_finite_with_slopes(law):
    # At 1000 the nearer component alone counts; exp of either underflows, in float64 too.
    x = jnp.array([[1000.0], [-1000.0], [0.0]])
    expected = -0.5 * (np.array([999.0, 999.0, 1.0]) / 0.1) ** 2 - np.log(0.1 * np.sqrt(2 * np.pi))
    expected -= np.log(np.array([2, 2, 1]))
    np.testing.assert_allclose(law.log_prob(x), expected, rtol=1e-6)
    slopes = jax.grad(lambda x: law.log_prob(x).sum())(x)
    np.testing.assert_allclose(slopes[:, 0], [-99900.0, 99900.0, 0.0], rtol=1e-5, atol=1e-3)


def test_mixture_outside_every_support_is_minus_infinity_without_nan():
    components, x = [Uniform(0.0, 1.0), Uniform(0.5, 2.0)], jnp.array([[0.75], [5.0], [1.5]])
    law = Mixture(components, [1.0, 1.0])
    np.testing.assert_allclose(np.exp(law.log_prob(x)), [5 / 6, 0, 1 / 3], rtol=1e-6)
    slopes = jax.grad(lambda law, x: jnp.exp(law.log_prob(x)).sum(), argnums=(0, 1))(law, x)
    assert not any(np.isnan(leaf).any() for leaf in jax.tree.leaves(slopes))


def test_a_component_without_mass_counts_for_nothing():
    law = Mixture([Gaussian(0.0, 1.0), Gaussian(9.0, 1.0)], [1.0, 0.0])
    x = law.sample(KEY, 4000)
    assert x.max() < 6
    np.testing.assert_allclose(law.log_prob([[9.0], [0.0]]), scipy.stats.norm.logpdf([9.0, 0.0]), rtol=1e-6)
    assert np.isneginf(Mixture([Uniform(0.0, 1.0), Uniform(2.0, 3.0)], [1.0, 0.0]).log_prob([[2.5]])[0])


@pytest.mark.parametrize(
    "law",
    [
        Mixture([Gaussian(float(5 * i), 0.1) for i in range(3)], [1, 2, 5]),
        GaussianMixture([[0.0], [5.0], [10.0]], 0.1, [1, 2, 5]),
    ],
)
def test_mixture_chooses_components_by_weight(law):
    counts = np.bincount(np.rint(np.asarray(law.sample(KEY, 8000))[:, 0] / 5).astype(int), minlength=3)
    assert scipy.stats.chisquare(counts, [1000, 2000, 5000]).pvalue > 1e-3


@pytest.mark.parametrize("num_modes", [1, 2, 7, 8])
def test_ring_has_that_many_different_modes(num_modes):
    law = laws.ring(num_modes, radius=2.0)
    assert law.means.shape == (num_modes, 2)
    angles = np.sort(np.mod(np.arctan2(law.means[:, 1], law.means[:, 0]) + 1e-3, 2 * np.pi))
    np.testing.assert_allclose(angles, 2 * np.pi * np.arange(num_modes) / num_modes + 1e-3, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(law.means, axis=1), 2.0, rtol=1e-6)


def test_ring_and_grid_have_the_published_geometry():
    ring, grid = laws.ring(), laws.grid()
    assert ring.means.shape == (8, 2) and float(ring.std) == pytest.approx(0.01)
    assert {tuple(mean) for mean in grid.means.tolist()} == {
        (x, y) for x in range(-4, 5, 2) for y in range(-4, 5, 2)
    }
    assert float(grid.std) == pytest.approx(0.05)
    for law in (ring, grid):
        # High quality: within three standard deviations of the nearest mode, 1 - exp(-4.5) of the mass.
        x = np.asarray(law.sample(KEY, 50_000))
        distances = np.linalg.norm(x[:, None] - np.asarray(law.means)[None], axis=2)
        assert (distances.min(axis=1) < 3 * float(law.std)).mean() == pytest.approx(
            1 - np.exp(-4.5), abs=0.002
        )
        assert scipy.stats.chisquare(np.bincount(distances.argmin(axis=1))).pvalue > 1e-3


# Thick curves


def spiral_density(x, turns, radius, std):
    def integrand(t):
        angle = 2 * np.pi * turns * t
        squares = (x[0] - radius * t * np.cos(angle)) ** 2 + (x[1] - radius * t * np.sin(angle)) ** 2
        return 2 * t * np.exp(-0.5 * squares / std**2) / (2 * np.pi * std**2)

    pieces = np.linspace(0, 1, 101)
    return sum(
        scipy.integrate.quad(integrand, a, b, epsabs=0, epsrel=1e-11)[0]
        for a, b in itertools.pairwise(pieces)
    )


@pytest.mark.parametrize(("turns", "std"), [(2.0, 0.05), (2.0, 0.0387), (1.0, 0.3)])
def test_spiral_density_against_adaptive_quadrature(turns, std, x64):
    law = laws.spiral(turns=turns, std=std)
    x = np.array([[2.0, 0.0], [1.0, 0.05], [0.0, 0.0], [-1.5, 0.1], [0.3, -1.7], [2.5, 0.0]])
    expected = np.log([spiral_density(point, turns, 2.0, std) for point in x])
    np.testing.assert_allclose(law.log_prob(x), expected, atol=1e-6)


@pytest.mark.parametrize("std", [0.1, 0.02])
def test_full_circle_against_the_bessel_function(std, x64):
    # Around a full circle the integral is a Bessel function: the noncentral chi law of the radius.
    law = laws.Arc([0.5, -0.5], radius=2.0, start=1.0, angle=2 * np.pi, std=2 * std)
    r = 2 * np.array([0.9, 1.0, 1.03, 1.2])
    points = np.array([0.5, -0.5]) + np.stack([r * np.cos(0.3), r * np.sin(0.3)], axis=1)
    z = 2 * r / (2 * std) ** 2
    expected = (
        np.log(scipy.special.i0e(z)) - 0.5 * ((r - 2) / (2 * std)) ** 2 - np.log(2 * np.pi * (2 * std) ** 2)
    )
    np.testing.assert_allclose(law.log_prob(points), expected, atol=1e-6)


def test_two_moons_lie_where_scikit_learn_puts_them(x64):
    from sklearn.datasets import make_moons

    points, labels = make_moons(200, noise=None)
    std = 0.02
    law = laws.two_moons(std)
    # Along the middle of a moon of length pi the density is that of a straight line, up to the curvature.
    middle = np.abs(points[:, 0] - labels) < 0.9
    flat = 0.5 / np.pi / (std * np.sqrt(2 * np.pi))
    np.testing.assert_allclose(np.exp(law.log_prob(points[middle])), flat, rtol=2e-3)
    x = np.asarray(law.sample(KEY, 4000))
    nearest = np.linalg.norm(x[:, None] - points[None], axis=2)
    assert nearest.min(axis=1).max() < 5 * std
    assert np.mean(labels[nearest.argmin(axis=1)]) == pytest.approx(0.5, abs=0.035)


def test_curves_in_float32_agree_with_float64():
    x = np.array([[1.0, 0.2], [0.0, 0.0], [3.0, -3.0], [-2.0, 1.0]])
    for build in (laws.spiral, laws.two_moons):
        single = build().log_prob(x)
        with jax.enable_x64(True):
            np.testing.assert_allclose(single, build().log_prob(x), rtol=1e-4, atol=1e-4)


# Bad input


@pytest.mark.parametrize(
    ("call", "error", "sentence"),
    [
        (lambda: Gaussian(0.0, 0.0), ValueError, "std must be above 0, got 0."),
        (lambda: Gaussian([0.0, 1.0], [1.0, -2.0]), ValueError, "std must be above 0, got -2."),
        (lambda: Gaussian(np.nan, 1.0), ValueError, "mean must be free of NaN, got 1 NaN among 1 values."),
        (lambda: Gaussian(0.0, np.inf), ValueError, "std must be finite, got 1 infinite among 1 values."),
        (lambda: Gaussian(0.0, np.nan), ValueError, "std must be free of NaN, got 1 NaN among 1 values."),
        (
            lambda: Gaussian([0.0, 1.0], [1.0] * 3),
            ValueError,
            "std must be a number or of the length 2 of mean, got length 3.",
        ),
        (
            lambda: Gaussian([[0.0]], 1.0),
            ValueError,
            "mean must be a number or a non-empty array of shape [d], got shape [1, 1].",
        ),
        (
            lambda: Gaussian([], 1.0),
            ValueError,
            "mean must be a number or a non-empty array of shape [d], got shape [0].",
        ),
        (lambda: Gaussian("zero", 1.0), TypeError, "mean must be an array of real numbers, got 'zero'."),
        (
            lambda: Uniform(1.0, 1.0),
            ValueError,
            "high must be above low in every coordinate, got high - low = 0.",
        ),
        (
            lambda: Uniform([0.0, 0.0], [1.0, -1.0]),
            ValueError,
            "high must be above low in every coordinate, got high - low = -1.",
        ),
        (lambda: Mixture([]), ValueError, "components must be at least one distribution, got none."),
        (lambda: Mixture([1.0]), TypeError, "components must be a list of distributions, got [1.0]."),
        (
            lambda: Mixture(Gaussian(0.0, 1.0)),
            TypeError,
            "components must be a list of distributions, got a Gaussian.",
        ),
        (
            lambda: Mixture([Gaussian(0.0, 1.0), Gaussian([0.0, 0.0], 1.0)]),
            ValueError,
            "components must be distributions of one dimension, got dimensions [1, 2].",
        ),
        (
            lambda: Mixture([Gaussian(0.0, 1.0)] * 2, [1.0]),
            ValueError,
            "weights must be of length 2, got length 1.",
        ),
        (
            lambda: Mixture([Gaussian(0.0, 1.0)] * 2, [1.0, -1.0]),
            ValueError,
            "weights must be non-negative, got a smallest entry of -1.",
        ),
        (
            lambda: GaussianMixture([[0.0], [1.0]], 1.0, [0.0, 0.0]),
            ValueError,
            "weights must be of positive total, got a total of 0.",
        ),
        (
            lambda: GaussianMixture([0.0, 1.0], 1.0),
            ValueError,
            "means must be a non-empty array of points of shape [n, d], got shape [2].",
        ),
        (
            lambda: GaussianMixture([[0.0]], -1.0),
            ValueError,
            "std must be a finite number above 0, got -1.0.",
        ),
        (
            lambda: Empirical([0.0, 1.0]),
            ValueError,
            "points must be a non-empty array of points of shape [n, d], got shape [2].",
        ),
        (
            lambda: Empirical(np.zeros((0, 2))),
            ValueError,
            "points must be a non-empty array of points of shape [n, d], got shape [0, 2].",
        ),
        (
            lambda: Empirical([[0.0], [np.nan]]),
            ValueError,
            "points must be free of NaN, got 1 NaN among 2 values.",
        ),
        (lambda: Segment([0.0], [1.0]), ValueError, "start must be of length 2 or more, got length 1."),
        (lambda: Segment([0.0, 0.0], [1.0]), ValueError, "end must be of length 2, got length 1."),
        (
            lambda: laws.ring(num_modes=0),
            ValueError,
            "num_modes must be a whole number of at least 1, got 0.",
        ),
        (
            lambda: laws.ring(num_modes=8.0),
            TypeError,
            "num_modes must be a whole number of at least 1, got 8.0.",
        ),
        (lambda: laws.ring(radius=0.0), ValueError, "radius must be a finite number above 0, got 0.0."),
        (lambda: laws.ring(std=0.0), ValueError, "std must be a finite number above 0, got 0.0."),
        (lambda: laws.grid(size=-1), ValueError, "size must be a whole number of at least 1, got -1."),
        (lambda: laws.grid(spacing=np.nan), ValueError, "spacing must be a finite number above 0, got nan."),
        (lambda: laws.spiral(turns=0.0), ValueError, "turns must be a finite number above 0, got 0.0."),
        (
            lambda: laws.spiral(std=0.001),
            ValueError,
            "std must be a finite number above 0 and at least 0.038675, got 0.001.",
        ),
        (
            lambda: laws.two_moons(std=-0.1),
            ValueError,
            "std must be a finite number above 0 and at least 0.00963829, got -0.1.",
        ),
        (
            lambda: laws.Arc([0.0, 0.0], 1.0, 0.0, 7.0, 0.1),
            ValueError,
            "angle must be a number other than 0 from -2 pi to 2 pi, got 7.0.",
        ),
        (
            lambda: laws.Arc([0.0], 1.0, 0.0, 1.0, 0.1),
            ValueError,
            "center must be of length 2, got length 1.",
        ),
        (lambda: laws.parallel_lines(np.inf), ValueError, "theta must be a finite number, got inf."),
        (lambda: laws.parallel_lines([1.0]), TypeError, "theta must be a finite number, got [1.0]."),
        (
            lambda: Gaussian(0.0, 1.0).sample(0, 3),
            TypeError,
            "key must be one random key, made by jax.random.key(seed), got 0.",
        ),
        (
            lambda: Gaussian(0.0, 1.0).sample(jax.random.split(KEY), 3),
            TypeError,
            "key must be one random key, made by jax.random.key(seed), got random keys of shape (2,).",
        ),
        (
            lambda: Gaussian(0.0, 1.0).sample(KEY, 0),
            ValueError,
            "n must be a whole number of at least 1, got 0.",
        ),
        (
            lambda: Gaussian(0.0, 1.0).sample(KEY, 2.5),
            TypeError,
            "n must be a whole number of at least 1, got 2.5.",
        ),
        (
            lambda: Gaussian(0.0, 1.0).sample(KEY, True),
            TypeError,
            "n must be a whole number of at least 1, got True.",
        ),
        (
            lambda: Gaussian(0.0, 1.0).log_prob([0.0, 1.0]),
            ValueError,
            "x must be a non-empty array of points of shape [n, 1], got shape [2].",
        ),
        (
            lambda: Gaussian(0.0, 1.0).log_prob([[0.0, 1.0]]),
            ValueError,
            "x must be a non-empty array of points of shape [n, 1], got shape [1, 2].",
        ),
        (
            lambda: laws.ring().log_prob([[np.nan, 1.0]]),
            ValueError,
            "x must be free of NaN, got 1 NaN among 2 values.",
        ),
        (
            lambda: laws.ring().log_prob(np.zeros((0, 2))),
            ValueError,
            "x must be a non-empty array of points of shape [n, 2], got shape [0, 2].",
        ),
        (
            lambda: laws.ring().cdf([[0.0]]),
            ValueError,
            "cdf needs a law on the line (dim 1), got GaussianMixture of dim 2.",
        ),
        (
            lambda: GaussianMixture([[0.0]], 1.0).quantile([0.5]),
            TypeError,
            "GaussianMixture has no closed form for its quantile here.",
        ),
        (
            lambda: Gaussian(0.0, 1.0).quantile([0.5, 1.0]),
            ValueError,
            "u must be strictly between 0 and 1, got 0.5 to 1.",
        ),
        (
            lambda: Mixture([Uniform(0.0, 1.0)]).means,
            AttributeError,
            "A Mixture has means and std only if all of its components are Gaussian.",
        ),
    ],
)
def test_bad_input_gets_one_sentence(call, error, sentence):
    with pytest.raises(error) as caught:
        call()
    assert str(caught.value) == sentence


def test_shapes_are_checked_under_jit_too():
    with pytest.raises(ValueError, match=r"x must be .* shape \[n, 2\]"):
        jax.jit(laws.ring().log_prob)(jnp.zeros((3,)))
    with pytest.raises(ValueError, match="std must be a number or of the length 2"):
        jax.jit(lambda s: Gaussian(jnp.zeros(2), s).std)(jnp.ones(3))
    with pytest.raises(TypeError, match="n must be a whole number"):
        jax.jit(partial(Gaussian(0.0, 1.0).sample))(KEY, 3)
