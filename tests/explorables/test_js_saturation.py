import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.integrate
import scipy.stats
from scipy.spatial import ConvexHull, HalfspaceIntersection

from gantheory import distributions, divergences, training
from gantheory.explorables import _vanishing, js_saturation
from gantheory.explorables.js_saturation import _two_samples
from gantheory.explorables.js_saturation._two_samples import Digits, Gaussians
from gantheory.live.trainer import Run
from tests.sweep import sweep, sweep_trainer

LOG2 = math.log(2)


def common_share(angle, thickness, length=2.0):
    """Intersect the two rectangles as half-planes, by scipy's Qhull."""
    sides = []
    for turn in (0.0, math.radians(angle)):
        c, s = math.cos(turn), math.sin(turn)
        sides += [
            [c, s, -length / 2],
            [-c, -s, -length / 2],
            [-s, c, -thickness / 2],
            [s, -c, -thickness / 2],
        ]
    corners = HalfspaceIntersection(np.array(sides), np.zeros(2)).intersections
    return ConvexHull(corners).volume / (length * thickness)


@pytest.mark.parametrize("thickness", [0.01, 0.1, 0.5, 1.9])
@pytest.mark.parametrize("angle", [0.1, 1, 5, 30, 60, 90])
def test_crossing_strips_share_what_qhull_finds(angle, thickness):
    share = js_saturation.crossing_overlap(angle, thickness)
    np.testing.assert_allclose(share, common_share(angle, thickness), rtol=1e-9)


def test_crossing_strips_of_another_length():
    np.testing.assert_allclose(
        js_saturation.crossing_overlap(7, 0.3, 5.0), common_share(7, 0.3, 5.0), rtol=1e-9
    )


def test_crossing_segments_share_nothing_at_every_angle_but_zero():
    assert js_saturation.crossing_overlap(0, 0) == 1 == js_saturation.crossing_overlap(0, 0.3)
    assert all(js_saturation.crossing_overlap(angle, 0) == 0 for angle in (0.01, 1, 45, 90))


def test_js_of_strips_is_log_2_times_the_share_that_is_not_common():
    # On a fine grid of cells, through the module's own divergences.
    side = np.arange(-1.1, 1.1, 0.002) + 0.001
    x, y = np.meshgrid(side, side)
    c, s = math.cos(math.radians(20)), math.sin(math.radians(20))
    inside = [(abs(a) < 1) & (abs(b) < 0.15) for a, b in ((x, y), (c * x + s * y, c * y - s * x))]
    p, q = (cells.ravel() / cells.sum() for cells in inside)
    expected = LOG2 * (1 - js_saturation.crossing_overlap(20, 0.3))
    np.testing.assert_allclose(divergences.js(p, q), expected, atol=2e-3)


@pytest.mark.parametrize("theta", [0.0, 0.1, -0.25, 0.4, 2.0])
def test_parallel_strips_share_what_uniform_laws_share(theta):
    p = distributions.Uniform(-0.2, 0.2)
    q = distributions.Uniform(theta - 0.2, theta + 0.2)
    x = (np.arange(-3, 3, 0.001) + 0.0005)[:, None]
    overlap = np.minimum(np.exp(p.log_prob(x)), np.exp(q.log_prob(x))).sum() * 0.001
    np.testing.assert_allclose(js_saturation.parallel_overlap(theta, 0.4), overlap, atol=3e-3)


def test_parallel_lines_share_nothing_but_at_zero():
    assert [js_saturation.parallel_overlap(theta, 0) for theta in (-1e-6, 0, 0.5)] == [0, 1, 0]


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (
            lambda: js_saturation.crossing_overlap(91, 0.1),
            "angle must be a finite number at least 0 and at most 90",
        ),
        (lambda: js_saturation.crossing_overlap(1, 3.0), "thickness must be"),
        (lambda: js_saturation.crossing_overlap(1, float("nan")), "thickness must be"),
        (lambda: js_saturation.crossing_overlap(1, 0.1, 0.0), "length must be"),
        (lambda: js_saturation.parallel_overlap(float("inf"), 0.1), "theta must be"),
        (lambda: js_saturation.parallel_overlap(0.1, -0.1), "thickness must be"),
        (lambda: js_saturation.gap_and_slope([13.0]), "theta must be from 0 to 12"),
        (lambda: js_saturation.learn_by_heart(48), "num_samples must be a power of 2"),
        (lambda: js_saturation.learn_by_heart(1024), "num_samples must be"),
        (lambda: js_saturation.learn_by_heart(dim=65), "dim must be"),
        (lambda: js_saturation.learn_by_heart(dim=0), "dim must be"),
        (lambda: js_saturation.learn_by_heart(shift=float("nan")), "shift must be"),
        (lambda: js_saturation.ceiling("wasserstein"), "name must be one of kl"),
        (lambda: js_saturation.digit_samples(-1), "seed must be"),
    ],
)
def test_bad_input_gets_one_sentence(call, sentence):
    with pytest.raises((TypeError, ValueError), match=sentence):
        call()


@pytest.mark.parametrize("gap", [0.5, 3.0, 8.0, 12.0])
def test_gap_and_slope_by_another_quadrature(gap):
    def density(x, mean):
        return scipy.stats.norm.pdf(x, mean)

    def missing(x):
        p, q = density(x, 0), density(x, gap)
        return (p * np.log1p(q / p) + q * np.log1p(p / q)) / 2

    def slope(x):
        # 2 JS - log 4 = max V, whose slope is theta times the mean of D* under P_G.
        p, q = density(x, 0), density(x, gap)
        return gap / 2 * q * p / (p + q)

    ours = [float(numbers[0]) for numbers in js_saturation.gap_and_slope([gap])]
    middle, reach = gap / 2, 10
    oracle = [
        scipy.integrate.quad(f, middle - reach, middle + reach, epsabs=0, epsrel=1e-10, limit=200)[0]
        for f in (missing, slope)
    ]
    np.testing.assert_allclose(ours, oracle, rtol=2e-4)


def test_js_is_within_exp_of_minus_gap_squared_over_8_of_its_ceiling():
    gaps = np.linspace(0, 12, 49)
    missing, slope = js_saturation.gap_and_slope(gaps)
    assert (missing <= np.exp(-(gaps**2) / 8)).all()
    assert (missing >= 0.1 * np.exp(-(gaps**2) / 8)).all()
    assert slope[0] == pytest.approx(0, abs=1e-6) and (slope[1:] > 0).all()


def test_the_ceilings_of_the_nine():
    finite = {"total_variation": 1, "squared_hellinger": 2, "js": 2 * LOG2, "gan": 0}
    assert len(divergences.F_DIVERGENCES) == 9
    for name in divergences.F_DIVERGENCES:
        assert js_saturation.ceiling(name) == pytest.approx(finite.get(name, math.inf), abs=1e-6), name


def test_the_nine_over_the_gap():
    tables = _vanishing.nine_over_gap()
    gaps = _vanishing.GAP_STOPS
    uniform, gaussian = tables["uniform"], tables["Gaussian"]
    # Closed forms for two Gaussians a gap apart.
    np.testing.assert_allclose(gaussian["kl"], gaps**2 / 2, atol=1e-9)
    np.testing.assert_allclose(gaussian["reverse_kl"], gaps**2 / 2, atol=1e-9)
    np.testing.assert_allclose(gaussian["jeffreys"], gaps**2, atol=1e-9)
    np.testing.assert_allclose(gaussian["pearson_chi2"], np.expm1(gaps**2), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(gaussian["neyman_chi2"], np.expm1(gaps**2), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(gaussian["squared_hellinger"], -2 * np.expm1(-(gaps**2) / 8), atol=1e-9)
    np.testing.assert_allclose(gaussian["total_variation"], 2 * scipy.stats.norm.cdf(gaps / 2) - 1, atol=1e-3)
    # Strips that share a part s: D_f = s f(1) + (1 - s) ceiling.
    share = np.maximum(0, 1 - gaps / 2)
    for name, row in divergences.F_DIVERGENCES.items():
        ceiling = js_saturation.ceiling(name)
        lost = np.where(share < 1, (1 - share) * np.where(np.isinf(ceiling), 1, ceiling), 0)
        expected = np.where((share < 1) & np.isinf(ceiling), np.inf, share * float(row.f(1.0)) + lost)
        np.testing.assert_allclose(uniform[name], expected, atol=1e-6, err_msg=name)


@pytest.mark.parametrize(
    "make",
    [
        js_saturation.crossing_segments,
        js_saturation.parallel_lines,
        js_saturation.vanishing_slope,
        js_saturation.nine_divergences,
    ],
)
def test_sweep(make):
    sweep(make())


@pytest.mark.parametrize("make", [js_saturation.digits_and_their_fit, js_saturation.too_few_samples])
def test_sweep_trainers(make):
    sweep_trainer(make(), steps=2)


def test_only_what_moves_d_is_offered():
    live = js_saturation.too_few_samples()
    moves = {"num_samples", "dim", "shift"}
    assert set(live.controls) == moves | {"speed", "seed", "discriminator_learning_rate"}
    assert set(live.buttons) == {"start", "discriminator", "reset"}
    live.close()


# ------------------------------------------------------------------------------------------------------------------
# D with two fixed samples


def test_the_value_recorded_is_that_of_the_training_samples():
    game = Gaussians(16, 3, 0.7)
    state = training.init(game, jax.random.key(0))
    _, history = training.train(game, state, 1)
    seen = game.shown(state.generator.state)
    real, fake = (game.scores(state.discriminator.params, x) for x in (seen.real[:16], seen.fake[:16]))
    expected = np.mean(-np.logaddexp(0, -real)) + np.mean(-np.logaddexp(0, fake))
    np.testing.assert_allclose(history.value[0], expected, rtol=1e-5)


def test_the_samples_have_the_number_the_dimension_and_the_shift_asked_for():
    game = Gaussians(32, 5, 1.5)
    seen = game.shown(game.init(jax.random.key(1))[0].state)
    for x in (seen.real, seen.fake):
        assert len(np.unique(np.asarray(x), axis=0)) == 32
        assert (x[:, 5:] == 0).all() and (jnp.std(x[:, :5], axis=0) > 0.4).all()
    for real, fake in ((seen.real, seen.fake), (seen.held_out_real, seen.held_out_fake)):
        mean = np.asarray(fake - real)[:, :5].mean(axis=0)
        np.testing.assert_allclose(mean, [1.5, 0, 0, 0, 0], atol=1.2 if len(real) == 512 else 0.2)
    assert len(np.unique(np.asarray(seen.held_out_real), axis=0)) == 1024


def test_each_seed_has_samples_of_its_own_which_stay():
    run = Run(Gaussians(8, 2), 0, num_seeds=8)
    before = np.asarray(run.state.generator.state.real)
    assert len(np.unique(before[:, 0, 0])) == 8
    run.advance(3, training.Settings())
    assert (np.asarray(run.state.generator.state.real) == before).all()


def test_moving_the_numbers_compiles_nothing():
    run = Run(Gaussians(8, 2), 0, num_seeds=8)
    run.advance(1, training.Settings())
    compiled = training._loop._run_many._cache_size()
    for game in (Gaussians(512, 64, 3.0), Gaussians(16, 1)):
        run.game = game
        run.advance(1, training.Settings())
    assert training._loop._run_many._cache_size() == compiled


def test_few_samples_of_equal_laws_are_told_apart_and_new_ones_are_not():
    run = js_saturation.learn_by_heart(64, 16, num_steps=150)
    held_out = run.measured["held_out_value"][:, -1]
    assert run.value[:, -1].min() > -0.3
    assert held_out.max() < -2 * LOG2 - 0.5
    assert run.measured["training_accuracy"][:, -1].min() > 0.97
    assert abs(np.median(run.measured["held_out_accuracy"][:, -1]) - 0.5) < 0.03


def test_v_on_held_out_points_is_never_far_above_the_exact_maximum():
    # E V <= 2 JS - log 4 for a D that never saw the points; the margin is the scatter of 1,024 of each.
    for shift in (0.0, 2.0):
        run = js_saturation.learn_by_heart(512, 2, shift, num_steps=60)
        exact = -2 * js_saturation.gap_and_slope([shift])[0][0]
        assert run.measured["held_out_value"][:, -1].max() < exact + 0.1
    # And many samples in few dimensions bring it close.
    assert run.measured["held_out_value"][:, -1].min() > exact - 0.15


def test_what_is_measured_is_the_value_and_the_accuracy():
    game = Gaussians(8, 2, 4.0)
    state = training.init(game, jax.random.key(3))
    seen = game.shown(state.generator.state)
    scores = [np.asarray(game.scores(state.discriminator.params, x), float) for x in seen]
    measured = _two_samples.measure(game, state)
    value = -np.logaddexp(0, -scores[2]).mean() - np.logaddexp(0, scores[3]).mean()
    assert float(measured["held_out_value"]) == pytest.approx(value, rel=1e-5)
    right = np.concatenate([scores[2] > 0, scores[3] <= 0])
    assert float(measured["held_out_accuracy"]) == pytest.approx(right.mean(), abs=1e-6)


def test_the_digits_as_they_are_stored():
    stored = js_saturation.digits()
    assert stored.shape == (1797, 64)
    assert len(np.unique(stored)) == 17
    assert np.flatnonzero(stored.std(axis=0) == 0).tolist() == [0, 32, 39]
    assert np.linalg.matrix_rank(stored - stored.mean(axis=0)) == 61


def test_both_kinds_of_digits_fill_the_same_box():
    # Grey levels from 0 to 16 with noise from 0 to 1, centred and divided by 8.5.
    mean = js_saturation.digits().mean(axis=0)
    mean = mean[js_saturation.digits().std(axis=0) > 0]
    for x in js_saturation.digit_samples():
        levels = x * 8.5 + mean + 0.5
        assert levels.min() > -1e-3 and levels.max() < 17 + 1e-3
        noise = levels - np.floor(levels)
        assert abs(noise.mean() - 0.5) < 0.01 and abs(noise.std() - 12**-0.5) < 0.01


def test_the_four_parts_of_the_digits_do_not_overlap():
    state = Digits(False).init(jax.random.key(0))[0].state
    rows = np.floor(np.concatenate([np.asarray(x) for x in state]))
    stored = js_saturation.digits()
    stored = stored[:, stored.std(axis=0) > 0]
    assert rows.shape == (4 * 448, 61)
    # No digit is stored twice, so rows that differ are digits that differ.
    assert len(np.unique(stored, axis=0)) == 1797 and len(np.unique(rows, axis=0)) == 4 * 448
    assert {tuple(row) for row in rows} <= {tuple(row) for row in stored}


def test_the_fit_has_the_mean_and_the_spread_of_the_digits():
    samples = js_saturation.digit_samples(gaussian=True)
    real, fake = (np.concatenate(pair) for pair in (samples[::2], samples[1::2]))
    # Clipping to 0 to 16 moves the mean of dark pixels a little.
    assert abs(real.mean(axis=0) - fake.mean(axis=0)).max() < 0.12
    assert 0.6 < np.median(fake.std(axis=0) / real.std(axis=0)) < 1.1
    correlation = np.corrcoef(np.cov(real.T).ravel(), np.cov(fake.T).ravel())[0, 1]
    assert correlation > 0.9


def test_digits_against_their_fit_and_against_digits():
    runs = []
    for gaussian in (True, False):
        run = Run(Digits(gaussian), 0, num_seeds=8, measure=_two_samples.measure_many)
        run.advance(200, training.Settings(discriminator_learning_rate=1e-3))
        runs.append(run)
    fit, control = ({k: np.median(v[:, -1]) for k, v in run.measured.items()} for run in runs)
    assert fit["training_accuracy"] > 0.99 and fit["held_out_accuracy"] > 0.8
    assert fit["held_out_value"] > -1.1
    assert control["training_accuracy"] > 0.8 and abs(control["held_out_accuracy"] - 0.5) < 0.03
    assert control["held_out_value"] < -1.7


# ------------------------------------------------------------------------------------------------------------------
# What the predictions and the quiz say


def test_less_than_a_millionth_of_the_slope_is_left():
    near, far = js_saturation.gap_and_slope([4.0, 12.0])[1]
    assert 0 < far < 1e-6 * near
    assert 1e-9 < far < 1e-7


def test_nearer_lines_share_as_little():
    assert js_saturation.parallel_overlap(2.0, 0.0) == js_saturation.parallel_overlap(0.1, 0.0) == 0
