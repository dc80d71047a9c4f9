"""Oracles: closed forms between Gaussians, scipy's quadrature, entropies, Lambert W and a search for the supremum."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.integrate
import scipy.optimize
import scipy.spatial.distance
import scipy.special
import scipy.stats

from gantheory import divergences
from gantheory.divergences import F_DIVERGENCES, js, js_gap, kl, optimal_discriminator, value

PAIRWISE = ["kl", "reverse_kl", "js", "js_gap", "total_variation", "squared_hellinger", "pearson_chi2"]
ROWS = [
    "kl",
    "reverse_kl",
    "pearson_chi2",
    "neyman_chi2",
    "squared_hellinger",
    "jeffreys",
    "js",
    "gan",
    "total_variation",
]
LOG_2 = np.log(2.0)


@pytest.fixture(params=["float32", "float64"])
def dtype(request):
    with jax.enable_x64(request.param == "float64"):
        yield jnp.dtype(request.param)


def gaussians(gap, scale=1.0, low=-12.0, high=22.0, n=3401):
    x = np.linspace(low, high, n)
    return scipy.stats.norm(0, 1).pdf(x), scipy.stats.norm(gap, scale).pdf(x), x[1] - x[0]


def two_random_laws(seed=0, shape=(3, 4, 6)):
    rng = np.random.default_rng(seed)
    p, q = rng.gamma(0.7, size=shape), rng.gamma(0.7, size=shape)
    return p / p.sum(-1, keepdims=True), q / q.sum(-1, keepdims=True)


# The divergences


@pytest.mark.parametrize("gap", [0.0, 0.5, 2.0])
def test_closed_forms_between_gaussians(gap, dtype):
    p, q, dx = gaussians(gap)
    expected = {
        "kl": gap**2 / 2,
        "reverse_kl": gap**2 / 2,
        "total_variation": 2 * scipy.stats.norm.cdf(gap / 2) - 1,
        "squared_hellinger": 1 - np.exp(-(gap**2) / 8),
        "pearson_chi2": np.expm1(gap**2),
    }
    if dtype == "float32":
        # In float32 a density underflows 13 standard deviations out, and KL is infinite: keep to where it does not.
        p, q, dx = gaussians(gap, low=-9.0, high=11.0)
    for name, number in expected.items():
        got = getattr(divergences, name)(p.astype(dtype), q.astype(dtype), dx)
        assert got.dtype == dtype
        # The rectangle rule is exact for smooth integrands; |p - q| has a kink.
        rtol = 2e-5 if dtype == "float32" or name == "total_variation" else 1e-9
        np.testing.assert_allclose(got, number, rtol=rtol, atol=1e-12, err_msg=name)


def test_both_kl_take_their_own_direction(x64):
    # N(0, 1) against N(1, 4): the two directions differ.
    p, q, dx = gaussians(1.0, 2.0, low=-14.0, high=15.0)
    forward = np.log(2) + (1 + 1) / 8 - 0.5
    backward = -np.log(2) + (4 + 1) / 2 - 0.5
    np.testing.assert_allclose(kl(p, q, dx), forward, rtol=1e-8)
    np.testing.assert_allclose(divergences.reverse_kl(p, q, dx), backward, rtol=1e-8)


@pytest.mark.parametrize("gap", [0.3, 1.0, 4.0])
def test_js_against_quadrature(gap, dtype):
    def integrand(x):
        a, b = scipy.stats.norm.logpdf(x), scipy.stats.norm.logpdf(x, gap)
        m = np.logaddexp(a, b) - LOG_2
        return 0.5 * (np.exp(a) * (a - m) + np.exp(b) * (b - m))

    expected = scipy.integrate.quad(integrand, -12, 22, points=[0, gap], limit=500, epsabs=0, epsrel=1e-11)[0]
    p, q, dx = gaussians(gap)
    got = js(p.astype(dtype), q.astype(dtype), dx)
    np.testing.assert_allclose(got, expected, rtol=2e-5 if dtype == "float32" else 1e-9)


def test_against_scipy_on_masses(x64):
    p, q = two_random_laws()
    p[0, 0, 2] = q[1, 1, 3] = 0.0
    p[2, 2, 1] = q[2, 2, 1] = 0.0
    np.testing.assert_allclose(kl(p, q), scipy.special.rel_entr(p, q).sum(-1), rtol=1e-12)
    np.testing.assert_allclose(divergences.reverse_kl(p, q), scipy.special.rel_entr(q, p).sum(-1), rtol=1e-12)
    middle = (p + q) / 2
    unnormalised = (scipy.special.rel_entr(p, middle) + scipy.special.rel_entr(q, middle)).sum(-1) / 2
    np.testing.assert_allclose(js(p, q), unnormalised, rtol=1e-12)
    p, q = two_random_laws(1)
    np.testing.assert_allclose(js(p, q), scipy.spatial.distance.jensenshannon(p, q, axis=-1) ** 2, rtol=1e-11)
    np.testing.assert_allclose(js_gap(p, q), LOG_2 - js(p, q), rtol=1e-11)


def log_2_minus_js(gap):
    """The gap between N(0, 1) and N(gap, 1), from log densities, where nothing cancels or underflows."""

    def integrand(x):
        a, b = scipy.stats.norm.logpdf(x), scipy.stats.norm.logpdf(x, gap)
        return 0.5 * (np.exp(a) * np.logaddexp(0, b - a) + np.exp(b) * np.logaddexp(0, a - b))

    pieces = np.linspace(-12, gap + 12, 60)
    values = [
        scipy.integrate.quad(integrand, a, b, epsabs=0, epsrel=1e-12)[0]
        for a, b in itertools.pairwise(pieces)
    ]
    return sum(values)


@pytest.mark.parametrize("gap", [0.5, 4.0, 10.0, 20.0])
def test_js_gap_keeps_its_digits(gap, dtype):
    p, q, dx = gaussians(gap, low=-12.0, high=gap + 12.0, n=8001)
    got = js_gap(p.astype(dtype), q.astype(dtype), dx)
    np.testing.assert_allclose(got, log_2_minus_js(gap), rtol=1e-4 if dtype == "float32" else 1e-9)
    if gap == 20:  # a number that the subtraction cannot give
        assert 0 < got < 1e-20


def test_ratios_that_underflow():
    # q / p is 1e-41, below what float32 holds.
    p, q = np.float32([1e5]), np.float32([1e-36])
    np.testing.assert_allclose(js_gap(p, q), 0.5e-36 * (1 + 41 * np.log(10)), rtol=1e-5)
    np.testing.assert_allclose(kl(p, q), 1e5 * 41 * np.log(10), rtol=1e-5)
    np.testing.assert_allclose(js(p, q), 1e5 * LOG_2 / 2, rtol=1e-5)


def test_js_gap_does_not_mind_missing_tails(x64):
    # Cut off at 5 standard deviations the grid lacks 3e-7 of the mass, a third of the gap.
    p, q, dx = gaussians(10.0, low=-5.0, high=15.0, n=8001)
    np.testing.assert_allclose(js_gap(p, q, dx), log_2_minus_js(10.0), rtol=1e-4)


def test_js_keeps_its_digits_between_close_laws():
    # JS is about (p - q)^2 / 8 p: 1e-9 out of terms of size 1e-4.
    base = np.full(1000, 1e-3)
    change = base * 1e-4 * np.cos(np.arange(1000))
    expected = (
        scipy.special.rel_entr(base + change, base + change / 2).sum()
        + scipy.special.rel_entr(base, base + change / 2).sum()
    )
    p, q = (base + change).astype(np.float32), base.astype(np.float32)
    exact = float(((p.astype(float) - q) ** 2 / (p.astype(float) + q)).sum() / 4)
    assert exact == pytest.approx(expected / 2, rel=0.01)
    assert float(js(p, q)) == pytest.approx(exact, rel=1e-4)
    assert float(divergences.squared_hellinger(p, q)) == pytest.approx(exact, rel=1e-4)
    assert float(js(p, p)) == 0


def test_disjoint_and_equal_and_empty_cells():
    p, q = [0.5, 0.5, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]
    expected = {"kl": np.inf, "reverse_kl": np.inf, "js": LOG_2, "js_gap": 0, "total_variation": 1}
    expected |= {"squared_hellinger": 1, "pearson_chi2": np.inf}
    for name, number in expected.items():
        np.testing.assert_allclose(getattr(divergences, name)(p, q), number, rtol=1e-6, err_msg=name)
        equal = LOG_2 if name == "js_gap" else 0
        np.testing.assert_allclose(getattr(divergences, name)(p, p), equal, rtol=1e-6, err_msg=name)
    np.testing.assert_allclose(kl([1.0, 0.0], [0.5, 0.5]), LOG_2, rtol=1e-6)
    assert np.isposinf(divergences.reverse_kl([1.0, 0.0], [0.5, 0.5]))
    np.testing.assert_allclose(divergences.pearson_chi2([1.0, 0.0], [0.5, 0.5]), 1.0, rtol=1e-6)


@pytest.mark.parametrize("name", PAIRWISE)
def test_nothing_is_normalised_and_axes_batch(name, x64):
    function = getattr(divergences, name)
    p, q = two_random_laws()
    batch = function(p, q)
    assert batch.shape == (3, 4)
    np.testing.assert_allclose(batch[1, 2], function(p[1, 2], q[1, 2]), rtol=1e-13)
    np.testing.assert_allclose(function(3 * p, 3 * q), 3 * batch, rtol=1e-12)
    np.testing.assert_allclose(function(p, q, 0.25), 0.25 * batch, rtol=1e-13)
    np.testing.assert_allclose(function(p, q, dx=jnp.asarray(0.25)), 0.25 * batch, rtol=1e-13)
    np.testing.assert_allclose(jax.jit(function)(p, q, 0.5), 0.5 * batch, rtol=1e-12)
    np.testing.assert_allclose(jax.vmap(function)(p, q), batch, rtol=1e-12)


def true_slope(name, p, q):
    """The derivative of one cell by p and by q."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return {
            "kl": (np.log(p / q) + 1, -p / q),
            "reverse_kl": (-q / p, np.log(q / p) + 1),
            "js": (np.log(2 * p / (p + q)) / 2, np.log(2 * q / (p + q)) / 2),
            "js_gap": (np.log1p(q / p) / 2, np.log1p(p / q) / 2),
            "total_variation": (np.sign(p - q) / 2, np.sign(q - p) / 2),
            "squared_hellinger": ((1 - np.sqrt(q / p)) / 2, (1 - np.sqrt(p / q)) / 2),
            "pearson_chi2": (2 * (p - q) / q, 1 - (p / q) ** 2),
        }[name]


@pytest.mark.parametrize("name", PAIRWISE)
def test_slopes_far_in_the_tails(name):
    # In float32 down to densities of 1e-37, where b^-2 overflows long before a / b does.
    function = getattr(divergences, name)
    x = np.linspace(-12.0, 12.0, 97)
    p, q = scipy.stats.norm.pdf(x).astype(np.float32), scipy.stats.norm(0.5, 1).pdf(x).astype(np.float32)
    assert 0 < min(p.min(), q.min()) < 1e-30
    for got, expected in zip(
        jax.grad(function, argnums=(0, 1))(p, q),
        true_slope(name, p.astype(float), q.astype(float)),
        strict=True,
    ):
        np.testing.assert_allclose(got, expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("name", PAIRWISE)
def test_slopes_are_finite_at_zero(name, dtype):
    function = getattr(divergences, name)
    p = jnp.array([0.0, 0.0, 0.3, 0.3, 0.4, 1e-30], dtype)
    q = jnp.array([0.0, 0.4, 0.0, 0.3, 0.3, 1e-30], dtype)
    for slopes in (
        jax.grad(function, argnums=(0, 1))(p, q),
        jax.jit(jax.grad(function, argnums=(0, 1)))(p, q),
    ):
        assert np.isfinite(slopes).all()
        for got, expected in zip(
            slopes, true_slope(name, np.asarray(p, float), np.asarray(q, float)), strict=True
        ):
            np.testing.assert_allclose(got[3:5], expected[3:5], rtol=1e-5, atol=1e-6)
    # A cell that one law alone occupies keeps the true slope to that law, where it is finite.
    known = {"js": LOG_2 / 2, "js_gap": 0.0, "total_variation": 0.5, "squared_hellinger": 0.5}
    if name in known:
        np.testing.assert_allclose([slopes[1][1], slopes[0][2]], known[name], rtol=1e-5, atol=1e-7)


# The value and the best discriminator


def test_optimal_discriminator(dtype):
    p = np.array([[0.3, 0.0, 0.2], [0.0, 1e-37, 3e38]]).astype(dtype)
    q = np.array([[0.1, 0.5, 0.2], [0.0, 3e-37, 1e38]]).astype(dtype)
    np.testing.assert_allclose(optimal_discriminator(p, q), [[0.75, 0, 0.5], [0.5, 0.25, 0.75]], rtol=1e-6)
    slopes = jax.grad(lambda p, q: optimal_discriminator(p, q).sum(), argnums=(0, 1))(p[0], q[0])
    total = (p[0] + q[0]) ** 2
    np.testing.assert_allclose(slopes, [q[0] / total, -p[0] / total], rtol=1e-5)
    assert not np.isnan(jax.grad(lambda p: optimal_discriminator(p, q[1]).sum())(p[1])).any()


@pytest.mark.parametrize("tiny", [1e-40, 1e-44, 1.2e-38])
def test_optimal_discriminator_below_the_normal_numbers(tiny):
    # XLA may count such a number as 0; whether it does or not, D stays a probability.
    d = np.asarray(optimal_discriminator(np.float32([tiny, tiny, 0.0]), np.float32([tiny, 1.0, 1.0])))
    assert d[0] == 0.5 and (d[1:] >= 0).all() and (d[1:] < 1e-30).all()


def test_value_at_the_optimum_is_the_ceiling(x64):
    for p, q, dx in [gaussians(2.0), gaussians(0.0), (*two_random_laws(), 1.0)]:
        best = value(optimal_discriminator(p, q), p, q, dx)
        np.testing.assert_allclose(best, 2 * js(p, q, dx) - np.log(4), rtol=1e-9, atol=1e-12)
        # The optimum is one: the slope in d is 0 there, and any other d gives less.
        slope = jax.grad(lambda d, p=p, q=q: value(d, p, q).sum())(optimal_discriminator(p, q))
        np.testing.assert_allclose(slope, 0, atol=1e-9)
        other = np.random.default_rng(0).uniform(0.01, 0.99, p.shape)
        assert (value(other, p, q, dx) < best).all()


def test_value_against_its_definition():
    d, p, q = [0.2, 0.9], [0.3, 0.7], [0.6, 0.4]
    expected = 0.3 * np.log(0.2) + 0.7 * np.log(0.9) + 0.6 * np.log(0.8) + 0.4 * np.log(0.1)
    np.testing.assert_allclose(value(d, p, q), expected, rtol=1e-6)
    np.testing.assert_allclose(value(d, p, q, dx=0.5), expected / 2, rtol=1e-6)
    np.testing.assert_allclose(value([0.5, 0.5], [1.0, 0.0], [0.5, 0.5]), -np.log(4), rtol=1e-6)


def test_value_of_a_certain_discriminator():
    assert value([1.0, 0.0], [1.0, 0.0], [0.0, 1.0]) == 0
    assert np.isneginf(value([0.0, 0.5], [1.0, 0.0], [0.0, 1.0]))
    assert np.isneginf(value([1.0, 1.0], [1.0, 0.0], [0.0, 1.0]))
    for d in ([1.0, 0.0], [0.0, 1.0]):
        slopes = jax.grad(value, argnums=(0, 1, 2))(
            jnp.array(d), jnp.array([1.0, 0.0]), jnp.array([0.0, 1.0])
        )
        assert np.isfinite(slopes).all()


# The rows of the f-GAN table


def in_domain(name, n=41):
    """Values of t in the domain of the conjugate."""
    scores = np.linspace(-3.0, 3.0, n)
    return np.asarray(F_DIVERGENCES[name].activation(scores), float)


# The generator functions as the paper writes them.
BY_HAND = {
    "kl": lambda u: scipy.special.xlogy(u, u),
    "reverse_kl": lambda u: -np.log(u),
    "pearson_chi2": lambda u: (u - 1) ** 2,
    "neyman_chi2": lambda u: (1 - u) ** 2 / u,
    "squared_hellinger": lambda u: (np.sqrt(u) - 1) ** 2,
    "jeffreys": lambda u: (u - 1) * np.log(u),
    "js": lambda u: -(u + 1) * np.log((1 + u) / 2) + scipy.special.xlogy(u, u),
    "gan": lambda u: scipy.special.xlogy(u, u) - (u + 1) * np.log(u + 1),
    "total_variation": lambda u: np.abs(u - 1) / 2,
}


def test_the_table_has_the_nine_rows():
    assert list(F_DIVERGENCES) == ROWS and len(F_DIVERGENCES) == 9
    assert all(F_DIVERGENCES[name].name == name for name in ROWS)
    assert (
        "kl" in F_DIVERGENCES
        and "wasserstein" not in F_DIVERGENCES
        and F_DIVERGENCES.get("wasserstein") is None
    )
    with pytest.raises(TypeError):
        F_DIVERGENCES["kl"] = F_DIVERGENCES["js"]


@pytest.mark.parametrize("name", ROWS)
def test_f_and_its_slope(name, dtype):
    row = F_DIVERGENCES[name]
    u = np.concatenate([np.logspace(-4, 4, 81), [0.999, 1.001]]).astype(dtype)
    rtol = 1e-5 if dtype == "float32" else 1e-11
    got = row.f(u)
    assert got.dtype == dtype and got.shape == u.shape
    np.testing.assert_allclose(
        got, BY_HAND[name](u.astype(float)), rtol=rtol, atol=1e-6 if dtype == "float32" else 1e-12
    )
    slope = jax.jit(jax.vmap(jax.grad(row.f)))(u)
    away = u != 1  # total variation has a kink there
    np.testing.assert_allclose(slope[away], row.optimal_variational(u)[away], rtol=50 * rtol, atol=1e-5)
    np.testing.assert_allclose(row.f(1.0), -2 * LOG_2 if name == "gan" else 0.0, rtol=1e-6)
    assert row.f(u.reshape(1, -1, 1)).shape == (1, len(u), 1)


def test_limits_at_zero():
    at_zero = {name: float(F_DIVERGENCES[name].f(0.0)) for name in ROWS}
    inf = np.inf
    expected = dict(zip(ROWS, [0, inf, 1, inf, 1, inf, LOG_2, 0, 0.5], strict=True))
    assert at_zero == pytest.approx(expected)
    slopes = {name: float(F_DIVERGENCES[name].optimal_variational(0.0)) for name in ROWS}
    assert slopes == dict(zip(ROWS, [-inf, -inf, -2, -inf, -inf, -inf, -inf, -inf, -0.5], strict=True))
    assert not any(np.isnan(jax.grad(F_DIVERGENCES[name].f)(0.0)) for name in ROWS)


@pytest.mark.parametrize("name", ROWS)
def test_fenchel_young_is_tight(name, dtype):
    # f(u) + f*(t) >= u t, with equality at t = f'(u).
    row = F_DIVERGENCES[name]
    u = np.logspace(-1.5, 1.5, 40).astype(dtype)
    t = row.optimal_variational(u)
    tolerance = {"rtol": 2e-4, "atol": 2e-5} if dtype == "float32" else {"rtol": 1e-10, "atol": 1e-12}
    np.testing.assert_allclose(row.f(u) + row.conjugate(t), u * t, **tolerance)
    gaps = row.f(u)[:, None] + row.conjugate(in_domain(name))[None, :] - u[:, None] * in_domain(name)[None, :]
    assert (gaps > -1e-5).all()


@pytest.mark.parametrize("name", ROWS)
def test_conjugate_is_the_supremum(name, x64):
    # Pearson and total variation as in the paper: their formulas run over negative u too.
    low = -50.0 if name in ("pearson_chi2", "total_variation") else 1e-12
    for t in in_domain(name, 13):
        found = scipy.optimize.minimize_scalar(
            lambda u, t=t: BY_HAND[name](u) - u * t,
            bounds=(low, 500.0),
            method="bounded",
            options={"xatol": 1e-12},
        )
        np.testing.assert_allclose(
            F_DIVERGENCES[name].conjugate(t), -found.fun, rtol=1e-5, atol=1e-5, err_msg=f"t = {t}"
        )


@pytest.mark.parametrize("name", ROWS)
def test_the_slope_of_the_conjugate_inverts_the_slope_of_f(name, x64):
    if name == "total_variation":
        pytest.skip("f* is linear: the best u is 1 for every t inside the domain, tested below")
    row = F_DIVERGENCES[name]
    u = np.logspace(-1.0, 1.0, 20)
    slope = jax.jit(jax.vmap(jax.grad(row.conjugate)))(row.optimal_variational(u))
    np.testing.assert_allclose(slope, u, rtol=1e-9)
    # Second derivatives are right too (Newton's steps of the Jeffreys row are differentiated through).
    curvature = jax.jit(jax.vmap(jax.grad(jax.grad(row.conjugate))))(row.optimal_variational(u))
    f_curvature = jax.jit(jax.vmap(jax.grad(row.optimal_variational)))(u)
    np.testing.assert_allclose(curvature * f_curvature, 1.0, rtol=1e-8)


@pytest.mark.parametrize(
    ("name", "outside", "border"),
    [
        ("reverse_kl", [0.0, 1e-3, 5.0], [-1e-6]),
        ("neyman_chi2", [1.001, 9.0], [1.0]),
        ("squared_hellinger", [1.0, 2.0], [0.999]),
        ("js", [0.6932, 3.0], [0.6931]),
        ("gan", [0.0, 0.1, 50.0], [-1e-6]),
        ("total_variation", [0.501, -0.501, 3.0], [0.5, -0.5]),
    ],
)
def test_conjugate_is_infinite_outside_its_domain(name, outside, border, dtype):
    row = F_DIVERGENCES[name]
    assert np.isposinf(row.conjugate(outside)).all()
    assert np.isfinite(row.conjugate(border)).all()
    assert not np.isnan(jax.jit(jax.vmap(jax.grad(row.conjugate)))(jnp.array(outside + border))).any()


@pytest.mark.parametrize("name", ["kl", "pearson_chi2", "jeffreys"])
def test_conjugate_is_finite_everywhere(name):
    assert np.isfinite(F_DIVERGENCES[name].conjugate(np.linspace(-80.0, 80.0, 321))).all()


def test_conjugates_at_known_points(x64):
    # By hand, away from the forms the code uses.
    known = {
        "kl": (2.0, np.e),
        "reverse_kl": (-np.e, -2.0),
        "pearson_chi2": (2.0, 3.0),
        "neyman_chi2": (-3.0, -2.0),
        "squared_hellinger": (0.5, 1.0),
        "jeffreys": (0.0, 0.0),
        "js": (np.log(1.5), LOG_2),
        "gan": (-LOG_2, LOG_2),
        "total_variation": (0.3, 0.3),
    }
    for name, (t, expected) in known.items():
        np.testing.assert_allclose(
            F_DIVERGENCES[name].conjugate(t), expected, rtol=1e-12, atol=1e-13, err_msg=name
        )


def test_jeffreys_conjugate_against_lambert_w(dtype):
    t = np.concatenate([np.linspace(-80, 80, 641), [1e-3, -1e-3, -1e4]]).astype(dtype)
    exact = t.astype(float)
    with np.errstate(over="ignore"):
        w = np.where(
            exact > -600,
            scipy.special.lambertw(np.exp(np.minimum(1 - exact, 601.0))).real,
            scipy.special.wrightomega(1 - exact),
        )
    expected = w + 1 / w + exact - 2
    got = F_DIVERGENCES["jeffreys"].conjugate(t)
    np.testing.assert_allclose(
        got, expected, rtol=2e-5 if dtype == "float32" else 1e-9, atol=1e-6 if dtype == "float32" else 1e-12
    )


@pytest.mark.parametrize("name", ROWS)
def test_activation_increases_into_the_domain(name, dtype):
    row = F_DIVERGENCES[name]
    v = np.linspace(-6.0, 6.0, 121).astype(dtype)
    t = row.activation(v)
    assert t.dtype == dtype and (np.diff(t) > 0).all()
    assert np.isfinite(row.conjugate(t)).all()
    assert (jax.jit(jax.vmap(jax.grad(row.activation)))(v) > 0).all()
    # It reaches the whole range of f': from below the smallest to above the largest of these slopes.
    far = np.asarray(row.activation(jnp.array([-30.0, 30.0], dtype)))
    slopes = row.optimal_variational(np.array([0.1, 10.0], dtype))
    assert far[0] <= slopes[0] and far[1] >= slopes[1]


@pytest.mark.parametrize("name", ROWS)
def test_activations_of_large_scores_stay_inside_the_domain(name, dtype):
    row = F_DIVERGENCES[name]
    v = np.array([-60.0, -20.0, 20.0, 60.0, 200.0, 800.0]).astype(dtype)
    # exp(-v) and exp(v) themselves may overflow: below -88 in float32, and for the conjugates with an exponential.
    v = v[v <= 60] if name in ("kl", "jeffreys") else v
    t = row.activation(v)
    assert (np.diff(t) >= 0).all()
    assert np.isfinite(row.conjugate(t)).all()
    slope = jax.jit(jax.vmap(jax.grad(row.activation)))(v)
    assert (slope >= 0).all()
    if name in ("reverse_kl", "js", "gan"):
        np.testing.assert_allclose(slope[2], np.exp(-20.0), rtol=1e-4)


def test_activations_are_those_of_the_paper(x64):
    v = np.linspace(-4, 4, 17)
    expected = {
        "kl": v,
        "reverse_kl": -np.exp(-v),
        "pearson_chi2": v,
        "neyman_chi2": 1 - np.exp(-v),
        "squared_hellinger": 1 - np.exp(-v),
        "jeffreys": v,
        "js": np.log(2) - np.log(1 + np.exp(-v)),
        "gan": -np.log(1 + np.exp(-v)),
        "total_variation": np.tanh(v) / 2,
    }
    for name, numbers in expected.items():
        np.testing.assert_allclose(
            F_DIVERGENCES[name].activation(v), numbers, rtol=1e-12, atol=1e-15, err_msg=name
        )


@pytest.mark.parametrize("name", ROWS)
def test_conjugate_of_activation(name, dtype):
    row = F_DIVERGENCES[name]
    v = np.linspace(-4.0, 4.0, 81).astype(dtype)
    direct = row.conjugate(row.activation(v))
    np.testing.assert_allclose(
        row.conjugate_of_activation(v), direct, rtol=1e-3 if dtype == "float32" else 1e-9, atol=1e-5
    )
    # A large score keeps a finite value and a slope, where the composition has rounded to the border.
    far = jnp.array([-60.0, 60.0], dtype)
    assert np.isfinite(row.conjugate_of_activation(far)).all()
    assert np.isfinite(jax.jit(jax.vmap(jax.grad(row.conjugate_of_activation)))(far)).all()
    if name in ("reverse_kl", "js", "gan"):
        np.testing.assert_allclose(jax.grad(row.conjugate_of_activation)(far[1]), 1.0, rtol=1e-6)


def integrated(name, p, q):
    """E_q f(p / q) by adaptive quadrature."""

    def integrand(x):
        return q.pdf(x) * BY_HAND[name](np.exp(p.logpdf(x) - q.logpdf(x)))

    return scipy.integrate.quad(integrand, -14, 15, points=[-1, 0, 1, 2], limit=500, epsrel=1e-10)[0]


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize(("mean", "std"), [(1.0, 1.0), (0.5, 1.2)])
def test_rows_by_quadrature_between_gaussians(name, mean, std, x64):
    p, q = scipy.stats.norm(0, 1), scipy.stats.norm(mean, std)
    x = np.linspace(-14, 15, 4001)
    dx = x[1] - x[0]
    row = F_DIVERGENCES[name]
    expected = integrated(name, p, q)
    # The rectangle rule is exact for smooth integrands; total variation has kinks where the densities cross.
    rtol = 1e-5 if name == "total_variation" else 1e-7
    np.testing.assert_allclose(row.divergence(p.pdf(x), q.pdf(x), dx), expected, rtol=rtol)
    u = np.exp(p.logpdf(x) - q.logpdf(x))
    np.testing.assert_allclose((q.pdf(x) * row.f(u)).sum() * dx, expected, rtol=rtol)
    # The variational bound E_P T - E_Q f*(T): reached at T = f'(p / q), below it elsewhere.
    t = row.optimal_variational(u)
    bound = ((p.pdf(x) * t - q.pdf(x) * row.conjugate(t)) * dx).sum()
    np.testing.assert_allclose(bound, expected, rtol=rtol, atol=1e-7)
    t = row.activation(np.tanh(x))
    assert ((p.pdf(x) * t - q.pdf(x) * row.conjugate(t)) * dx).sum() < expected


def test_rows_against_the_named_divergences(x64):
    p, q = two_random_laws()

    def row(name):
        return F_DIVERGENCES[name].divergence(p, q, 0.5)

    np.testing.assert_allclose(row("kl"), kl(p, q, 0.5), rtol=1e-11)
    np.testing.assert_allclose(row("reverse_kl"), divergences.reverse_kl(p, q, 0.5), rtol=1e-11)
    np.testing.assert_allclose(row("pearson_chi2"), divergences.pearson_chi2(p, q, 0.5), rtol=1e-11)
    np.testing.assert_allclose(row("neyman_chi2"), divergences.pearson_chi2(q, p, 0.5), rtol=1e-11)
    np.testing.assert_allclose(
        row("squared_hellinger"), 2 * divergences.squared_hellinger(p, q, 0.5), rtol=1e-11
    )
    np.testing.assert_allclose(row("jeffreys"), kl(p, q, 0.5) + kl(q, p, 0.5), rtol=1e-11)
    np.testing.assert_allclose(row("js"), 2 * js(p, q, 0.5), rtol=1e-11)
    np.testing.assert_allclose(row("total_variation"), divergences.total_variation(p, q, 0.5), rtol=1e-11)
    # The value of the original game: 2 JS - log 4.
    p, q, dx = gaussians(1.0)
    np.testing.assert_allclose(
        F_DIVERGENCES["gan"].divergence(p, q, dx), 2 * js(p, q, dx) - np.log(4), rtol=1e-9
    )


def test_disjoint_supports_whatever_the_distance(dtype):
    inf = np.inf
    expected = dict(zip(ROWS, [inf, inf, inf, inf, 2, inf, 2 * LOG_2, 0, 1], strict=True))
    for gap in (1, 3):
        p, q = np.zeros((2, 6), dtype)
        p[0] = q[gap] = 1
        got = {name: float(F_DIVERGENCES[name].divergence(p, q)) for name in ROWS}
        assert got == pytest.approx(expected, rel=1e-6, abs=1e-7)


def test_supports_that_overlap_in_part():
    # Infinite only where the law that is alone makes the ratio infinite.
    p, q = [0.5, 0.5], [1.0, 0.0]
    inf = np.inf
    expected = [
        inf,
        LOG_2,
        inf,
        0.5,
        2 - np.sqrt(2),
        inf,
        2 * float(js(p, q)),
        2 * float(js(p, q)) - 2 * LOG_2,
        0.5,
    ]
    # Neyman: sum (p - q)^2 / p = 1/2 + 1/2.
    expected[3] = 1.0
    for name, number in zip(ROWS, expected, strict=True):
        np.testing.assert_allclose(F_DIVERGENCES[name].divergence(p, q), number, rtol=1e-6, err_msg=name)


@pytest.mark.parametrize("name", ROWS)
def test_rows_under_jit_vmap_and_grad(name):
    row = F_DIVERGENCES[name]
    p, q = (a.astype(np.float32) for a in two_random_laws())
    batch = row.divergence(p, q)
    assert batch.shape == (3, 4)
    np.testing.assert_allclose(jax.jit(row.divergence)(p, q), batch, rtol=1e-5)
    np.testing.assert_allclose(jax.jit(jax.vmap(row.divergence))(p, q), batch, rtol=1e-5)
    # d/dp of q f(p / q) is f'(p / q); cells at the border have finite slopes.
    slope = jax.jit(jax.grad(lambda p: row.divergence(p, q).sum()))(p)
    np.testing.assert_allclose(slope, row.optimal_variational(p / q), rtol=2e-3, atol=1e-4)
    p, q = jnp.array([0.0, 0.5, 0.0, 0.5]), jnp.array([0.0, 0.0, 0.5, 0.5])
    assert np.isfinite(jax.jit(jax.grad(row.divergence, argnums=(0, 1)))(p, q)).all()


# Bad input

GOOD = [0.5, 0.5]


@pytest.mark.parametrize("name", [*PAIRWISE, "optimal_discriminator", "value", "row"])
@pytest.mark.parametrize(
    ("p", "q", "error", "sentence"),
    [
        ([0.5, -0.5], GOOD, ValueError, "p must be non-negative, got a smallest entry of -0.5."),
        (GOOD, [0.5, -1.0], ValueError, "q must be non-negative, got a smallest entry of -1."),
        ([0.5, np.nan], GOOD, ValueError, "p must be free of NaN, got 1 NaN among 2 values."),
        (GOOD, [0.5, np.inf], ValueError, "q must be finite, got 1 infinite among 2 values."),
        (GOOD, [0.5, 0.25, 0.25], ValueError, "q must be of the shape [2] of p, got shape [3]."),
        ([GOOD], GOOD, ValueError, "q must be of the shape [1, 2] of p, got shape [2]."),
        (0.5, 0.5, ValueError, "p must be a non-empty array of shape [..., n], got shape []."),
        ([], [], ValueError, "p must be a non-empty array of shape [..., n], got shape [0]."),
        ("half", GOOD, TypeError, "p must be an array of real numbers, got 'half'."),
        ([0.5, 0.5j], GOOD, TypeError, "p must be an array of real numbers, got dtype complex64."),
    ],
)
def test_bad_densities_get_one_sentence(name, p, q, error, sentence):
    call = {
        "value": lambda: value(GOOD, p, q),
        "row": lambda: F_DIVERGENCES["js"].divergence(p, q),
    }.get(name, lambda: getattr(divergences, name)(p, q))
    with pytest.raises(error) as caught:
        call()
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    ("call", "error", "sentence"),
    [
        (lambda: kl(GOOD, GOOD, 0.0), ValueError, "dx must be a finite number above 0, got 0.0."),
        (lambda: js(GOOD, GOOD, dx=-1), ValueError, "dx must be a finite number above 0, got -1.0."),
        (lambda: js_gap(GOOD, GOOD, dx=np.nan), ValueError, "dx must be a finite number above 0, got nan."),
        (lambda: js(GOOD, GOOD, dx="small"), TypeError, "dx must be a finite number above 0, got 'small'."),
        (
            lambda: js(GOOD, GOOD, dx=np.ones(2)),
            ValueError,
            "dx must be a finite number above 0, got an array of shape (2,).",
        ),
        (
            lambda: value([0.5, 1.5], GOOD, GOOD),
            ValueError,
            "d must be between 0 and 1, got values from 0.5 to 1.5.",
        ),
        (
            lambda: value([0.5, -0.5], GOOD, GOOD),
            ValueError,
            "d must be between 0 and 1, got values from -0.5 to 0.5.",
        ),
        (lambda: value(0.5, GOOD, GOOD), ValueError, "d must be of the shape [2] of p, got shape []."),
        (lambda: value(GOOD, GOOD, GOOD, dx=0), ValueError, "dx must be a finite number above 0, got 0.0."),
        (
            lambda: F_DIVERGENCES["js"].f(-1.0),
            ValueError,
            "u must be non-negative, got a smallest entry of -1.",
        ),
        (
            lambda: F_DIVERGENCES["js"].f(np.nan),
            ValueError,
            "u must be free of NaN, got 1 NaN among 1 values.",
        ),
        (
            lambda: F_DIVERGENCES["js"].optimal_variational([1.0, -2.0]),
            ValueError,
            "u must be non-negative, got a smallest entry of -2.",
        ),
        (
            lambda: F_DIVERGENCES["js"].conjugate([np.nan]),
            ValueError,
            "t must be free of NaN, got 1 NaN among 1 values.",
        ),
        (
            lambda: F_DIVERGENCES["js"].activation("v"),
            TypeError,
            "v must be an array of real numbers, got 'v'.",
        ),
        (
            lambda: F_DIVERGENCES["js"].conjugate_of_activation(np.inf),
            ValueError,
            "v must be finite, got 1 infinite among 1 values.",
        ),
        (lambda: F_DIVERGENCES["foo"], ValueError, f"name must be one of {', '.join(ROWS)}, got 'foo'."),
        (lambda: F_DIVERGENCES["foo"], KeyError, f"name must be one of {', '.join(ROWS)}, got 'foo'."),
        (lambda: F_DIVERGENCES[3], ValueError, f"name must be one of {', '.join(ROWS)}, got 3."),
        (lambda: F_DIVERGENCES[["kl"]], ValueError, f"name must be one of {', '.join(ROWS)}, got ['kl']."),
    ],
)
def test_bad_input_gets_one_sentence(call, error, sentence):
    with pytest.raises(error) as caught:
        call()
    assert str(caught.value) == sentence


def test_shapes_are_checked_under_jit_too():
    with pytest.raises(ValueError, match="q must be of the shape"):
        jax.jit(js)(jnp.ones((4, 1)), jnp.ones(4))
    with pytest.raises(ValueError, match="q must be of the shape"):
        jax.vmap(kl)(jnp.ones((2, 4)), jnp.ones((2, 3)))
