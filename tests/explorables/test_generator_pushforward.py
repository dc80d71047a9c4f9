"""Notebook 01: the change of variables against closed forms, counts and quadrature; its figures over their sliders."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import integrate, stats

from gantheory import distributions
from gantheory.explorables import generator_pushforward as figures
from gantheory.explorables import pushforward
from tests.sweep import sweep

FIGURES = [name for name in figures.__all__ if not name.startswith(("draw", "predict", "four", "quiz"))]
PRIOR = distributions.Gaussian(0.0, 1.0)


def test_every_preimage_is_found_and_nothing_else(x64):
    which, z = pushforward.preimages(jnp.sin, [0.5, 2.0, -1.5], low=-6.0, high=6.0)
    expected = sorted(
        [math.pi / 6, 5 * math.pi / 6, math.pi / 6 - 2 * math.pi, 5 * math.pi / 6 - 2 * math.pi]
    )
    np.testing.assert_allclose(z, expected, atol=1e-12)
    assert which.tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize(("slope", "shift"), [(2.0, -1.0), (-0.5, 2.0), (0.05, 0.0)])
def test_an_affine_generator_makes_a_gaussian(slope, shift):
    x = shift + abs(slope) * np.linspace(-3, 3, 61)
    q = pushforward.density(pushforward.affine, PRIOR, x, slope, shift)
    np.testing.assert_allclose(q, stats.norm(shift, abs(slope)).pdf(x), rtol=2e-4)


def test_shares_of_two_preimages_add_up():
    x = np.linspace(0.05, 8, 100)
    q = pushforward.density(lambda z: z**2, PRIOR, x)
    np.testing.assert_allclose(q, stats.chi2(1).pdf(x), rtol=2e-4)
    assert pushforward.density(lambda z: z**2, PRIOR, [-1.0])[0] == 0


def test_a_prior_that_is_not_gaussian_is_used():
    uniform = distributions.Uniform(-1.0, 1.0)
    q = pushforward.density(pushforward.affine, uniform, [0.0, 2.9, 3.1], 3.0, 0.0)
    np.testing.assert_allclose(q, [1 / 6, 1 / 6, 0], rtol=1e-6)


@pytest.mark.parametrize(("slope", "fold"), [(1.0, 0.5), (1.0, 2.0), (0.5, 3.0)])
def test_the_folded_density_has_mass_one_and_the_right_distribution_function(slope, fold, x64):
    def q(x):
        return float(pushforward.density(pushforward.folded, PRIOR, [x], slope, fold)[0])

    turn = math.acosh(math.sqrt(fold / slope)) if fold > slope else None
    peak = fold * math.tanh(turn) - slope * turn if turn else 0.3
    middle = integrate.quad(q, 0, peak, limit=200, epsabs=1e-4, epsrel=1e-4)[0]
    beyond = integrate.quad(q, peak, 6, limit=200, epsabs=1e-4, epsrel=1e-4)[0]
    assert middle + beyond == pytest.approx(0.5, abs=1e-3)
    z = np.asarray(stats.norm.ppf((np.arange(200_000) + 0.5) / 200_000))
    x = slope * z - fold * np.tanh(z)
    assert middle == pytest.approx(np.mean((x > 0) & (x < peak)), abs=1e-3)


def test_a_flat_piece_keeps_its_mass_and_loses_its_density():
    z = PRIOR.sample(jax.random.key(0), 50_000)[:, 0]
    x = np.asarray(pushforward.flattened(z, 0.0, 1.0))
    assert np.mean(x == 0) == pytest.approx(math.erf(1 / math.sqrt(2)), abs=0.01)
    q = pushforward.density(pushforward.flattened, PRIOR, [0.0005, 0.5], 0.01, 1.0)
    np.testing.assert_allclose(q, [stats.norm.pdf(0.05) / 0.01, stats.norm.pdf(1.49)], rtol=1e-3)


def test_slope_is_the_derivative():
    z = np.linspace(-2, 2, 9)
    expected = 1.5 - 0.7 / np.cosh(z) ** 2
    np.testing.assert_allclose(pushforward.slope(pushforward.folded, z, 1.5, 0.7), expected, rtol=1e-5)
    np.testing.assert_allclose(pushforward.slope(jnp.sin, z), np.cos(z), atol=1e-6)


def test_the_swirl_keeps_areas_and_the_pinch_changes_them_by_its_slope(x64):
    for z in ([0.3, -0.8], [1.4, 0.2]):
        jacobian = jax.jacfwd(pushforward.in_the_plane)(jnp.array(z), 0.0, 2.0)
        assert jnp.linalg.det(jacobian) == pytest.approx(1.0, abs=1e-12)
    first = pushforward.in_the_plane(jnp.array([0.4, 0.0]), 1.5, 0.0)
    assert first.tolist() == pytest.approx([0.4 - 1.5 * math.tanh(0.4), 0.0])
    jacobian = jax.jacfwd(pushforward.in_the_plane)(jnp.array([0.4, 0.0]), 1.5, 0.0)
    assert jnp.linalg.det(jacobian) == pytest.approx(1 - 1.5 / math.cosh(0.4) ** 2)


@pytest.mark.parametrize("side", [0.5, 0.23, 0.1])
def test_boxes_are_counted_as_by_marking_each(side):
    t = np.linspace(-2, 2, 4001)[:-1]
    low, high = np.sin(2 * t) - 0.2, np.sin(2 * t) + 0.2
    column, lowest, count = pushforward.count_boxes(t, low, high, side)
    across = np.linspace(0, 1, 200)[None]
    y = low[:, None] * (1 - across) + high[:, None] * across
    marked = {(i, j) for i, row in zip(np.floor(t / side), np.floor(y / side), strict=True) for j in row}
    found = {(i, j) for i, j, n in zip(column, lowest, count, strict=True) for j in range(j, j + n)}
    assert found == marked


def test_a_curve_loses_its_area_and_a_strip_keeps_it():
    t = np.linspace(-2, 2, 80_001)[:-1]
    height = np.sin(2 * t)

    def area(side, thickness):
        count = pushforward.count_boxes(t, height - thickness / 2, height + thickness / 2, side)[2]
        return count.sum() * side**2

    assert area(1 / 64, 0.0) < area(1 / 16, 0.0) / 3.5 < area(1 / 4, 0.0) / 3.5**2
    assert area(1 / 256, 0.5) == pytest.approx(2.0, rel=0.04)


@pytest.mark.parametrize(("dim", "budget"), [(1, 20), (2, 500), (3, 1000), (4, 700)])
def test_the_grid_rule_is_the_sum_over_all_points_of_the_grid(dim, budget):
    per_axis, found = pushforward.grid_rule(dim, budget)
    assert per_axis**dim <= budget < (per_axis + 1) ** dim
    cell = 12 / per_axis
    axis = (np.arange(per_axis) + 0.5) * cell - 6
    x = np.stack(np.meshgrid(*[axis] * dim, indexing="ij"), axis=-1).reshape(-1, dim)
    shift = np.full(dim, math.sqrt(2 / dim))
    log_p = stats.multivariate_normal(np.zeros(dim)).logpdf(x)
    log_q = stats.multivariate_normal(shift).logpdf(x)
    assert found == pytest.approx(np.sum(np.exp(log_p) * (log_p - log_q)) * cell**dim, rel=1e-9)


def test_the_grid_is_right_in_few_dimensions_and_worthless_in_many():
    assert pushforward.grid_rule(6, 1e9)[1] == pytest.approx(1, abs=1e-6)
    assert pushforward.grid_rule(20, 1e9)[0] == 2
    assert pushforward.grid_rule(20, 1e9)[1] < 1e-20
    assert pushforward.grid_rule(30, 1e9)[1] > 1e3


@pytest.mark.parametrize(("shift", "width"), [(1.0, 1.0), (4.0, 0.4), (-4.0, 0.4), (4.0, 3.0), (0.0, 2.5)])
def test_gaussian_divergences_have_their_closed_forms(shift, width):
    kl, reverse, js, tv = figures.four_divergences("one Gaussian", shift, width)
    assert kl == pytest.approx(math.log(width) + (1 + shift**2) / (2 * width**2) - 0.5, rel=1e-9)
    assert reverse == pytest.approx(-math.log(width) + (width**2 + shift**2) / 2 - 0.5, rel=1e-9)
    assert 0 <= js <= math.log(2) and 0 <= tv <= 1
    if width == 1.0:
        assert tv == pytest.approx(2 * stats.norm.cdf(abs(shift) / 2) - 1, abs=1e-6)

    def of_js(x):
        p, q = stats.norm.pdf(x), stats.norm.pdf(x, shift, width)
        m = (p + q) / 2
        return (p * np.log(p / m) + q * np.log(q / m)) / 2 if p > 0 and q > 0 else (p + q) / 2 * math.log(2)

    ends = sorted([0.0, shift, shift - 3 * width, shift + 3 * width])
    expected = integrate.quad(of_js, -14, 30, points=ends, limit=400, epsabs=1e-11)[0]
    assert js == pytest.approx(expected, abs=1e-8)


def test_uniform_divergences_are_exact():
    inside = figures.four_divergences("uniform", 0.2, 0.5)
    assert np.isinf(inside[0])
    js = math.log(4 / 3) / 2 + math.log(2 / 3) / 4 + math.log(2) / 4
    np.testing.assert_allclose(inside[1:], [math.log(2), js, 0.5], rtol=1e-12)
    apart = figures.four_divergences("uniform", 3.0, 1.0)
    assert np.isinf(apart[:2]).all()
    np.testing.assert_allclose(apart[2:], [math.log(2), 1.0], rtol=1e-12)


def test_two_bumps_tell_the_two_kl_apart():
    narrow = figures.four_divergences("two Gaussians", 2.0, 0.6)
    wide = figures.four_divergences("two Gaussians", 0.0, 2.0)
    assert wide[0] < narrow[0] / 5 and abs(wide[1] - narrow[1]) < 1
    assert narrow[1] == pytest.approx(math.log(2), abs=2e-3)


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_lives_over_the_whole_range_of_its_controls(name):
    sweep(getattr(figures, name)())


@pytest.mark.parametrize(("slope", "fold", "x"), [(1.0, 2.0, 0.3), (1.0, 2.0, -0.9), (0.6, 1.5, 0.25)])
def test_the_shares_in_words_add_up_to_the_density(slope, fold, x):
    live = figures.folding_generator()
    try:
        for name, value in (("slope", slope), ("fold", fold), ("x", x)):
            live.controls[name].value = value
        assert live.settle(10)
        expected = float(pushforward.density(pushforward.folded, PRIOR, [x], slope, fold)[0])
        assert float(live.stage.alt.rsplit(" ", 1)[1]) == pytest.approx(expected, abs=6e-4)
    finally:
        live.close()


def test_the_atom_is_drawn_only_where_the_piece_is_exactly_flat():
    live = figures.flat_generator()
    try:
        assert "atom" not in live.stage.alt
        live.controls["slope"].value = 0.01
        assert live.settle(10) and "density of up to 39.89" in live.stage.alt
        live.controls["slope"].value = 0.0
        assert live.settle(10) and "atom" in live.stage.alt
    finally:
        live.close()


def test_samples_estimate_the_divergence_in_every_dimension():
    live = figures.grid_against_samples()
    try:
        for dim in (1, 20, 40):
            live.controls["dim"].value = dim
            assert live.settle(10)
            found = float(live.stage.alt.split("samples ")[1].split(";")[0])
            assert abs(found - 1) < 4 * math.sqrt(2 / 1000)
    finally:
        live.close()


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: pushforward.preimages(jnp.sin, [[1.0]]), "x must be"),
        (lambda: pushforward.preimages(jnp.sin, [float("nan")]), "x must be free of NaN"),
        (lambda: pushforward.preimages(jnp.sin, [0.0], low=1.0, high=1.0), "low must be below high 1.0"),
        (
            lambda: pushforward.density(jnp.sin, distributions.ring(), [0.0]),
            "prior must be a law of dimension 1",
        ),
        (lambda: pushforward.count_boxes([0.0], [0.0], [0.0], 0.0), "side must be"),
        (lambda: pushforward.grid_rule(0, 100), "dim must be"),
        (lambda: pushforward.grid_rule(2, 0.5), "budget must be"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()


@pytest.mark.parametrize("z", [(0.6, 0.6), (-2.0, 0.6), (0.0, 0.3)])
def test_the_swirl_alone_keeps_areas_and_the_pinch_does_not(z):
    def factor(pinch):
        return float(
            jnp.linalg.det(jax.jacfwd(lambda z: pushforward.in_the_plane(z, pinch, 2.0))(jnp.array(z)))
        )

    assert factor(0.0) == pytest.approx(1, abs=1e-4)
    assert abs(factor(0.5) - 1) > 0.01


@pytest.mark.parametrize("slope", [0.5, 0.1, 0.01])
def test_the_flatter_the_piece_the_denser_and_without_bound(slope):
    q = pushforward.density(pushforward.flattened, PRIOR, [0.0], slope, 1.0)
    assert q[0] == pytest.approx(stats.norm.pdf(0) / slope, rel=1e-3)


def test_the_true_density_is_laid_over_the_drawn_one():
    sketch = figures.draw_the_density()
    try:
        x = np.linspace(-3, 3, 41)
        sketch.draw(x, pushforward.density(pushforward.folded, PRIOR, x, 1.0, 0.6))
        sketch.show_truth()
        assert sketch.said.startswith("That is it. Your curve misses by 0.00 on average")
    finally:
        sketch.close()
