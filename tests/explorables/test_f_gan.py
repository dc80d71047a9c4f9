"""Oracles: scipy's quadrature and optimisers, the rows trained one by one, and lines that must stay below a curve."""

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.integrate
import scipy.optimize
import scipy.special
import scipy.stats

from gantheory import losses, training
from gantheory.divergences import F_DIVERGENCES
from gantheory.explorables import f_gan
from gantheory.explorables.f_gan import _bound, _duality, _exact_fit, _over_the_gap
from gantheory.explorables.f_gan._rows import ALL, measure_many
from gantheory.games import Player
from gantheory.live.trainer import Run
from tests.sweep import sweep, sweep_trainer

LOG2 = np.log(2)
# The generator functions as the f-GAN paper writes them.
F = {
    "kl": lambda u: scipy.special.xlogy(u, u),
    "reverse_kl": lambda u: -np.log(u),
    "pearson_chi2": lambda u: (u - 1) ** 2,
    "neyman_chi2": lambda u: (1 - u) ** 2 / u,
    "squared_hellinger": lambda u: (np.sqrt(u) - 1) ** 2,
    "jeffreys": lambda u: (u - 1) * np.log(u),
    "js": lambda u: scipy.special.xlogy(u, u) - (u + 1) * np.log((u + 1) / 2),
    "gan": lambda u: scipy.special.xlogy(u, u) - (u + 1) * np.log(u + 1),
    "total_variation": lambda u: np.abs(u - 1) / 2,
}


class Bumps:
    """Two equal bumps, by scipy."""

    def __init__(self, separation, std):
        self.parts = [scipy.stats.norm(side * separation / 2, std) for side in (-1, 1)]

    def logpdf(self, x):
        return np.logaddexp(*(part.logpdf(x) for part in self.parts)) - LOG2


def integrated(name, p, q, low=-8.0, high=8.0):
    """D_f by adaptive quadrature, from log densities."""

    def integrand(x):
        return np.exp(q.logpdf(x)) * F[name](np.exp(p.logpdf(x) - q.logpdf(x)))

    return scipy.integrate.quad(integrand, low, high, points=[-2, -1, 0, 1, 2], limit=400)[0]


@pytest.fixture(scope="module")
def run():
    """Eight seeds of all nine T, 300 steps against the fixed P_G."""
    run = Run(f_gan.fixed_pair(), 0, num_seeds=8, measure=measure_many)
    run.advance(20, _bound.SETTINGS)
    run.advance(280, _bound.SETTINGS)
    return run


@pytest.fixture(scope="module")
def ends():
    return f_gan.learn_fits(600)


# The fixed pair


@pytest.mark.parametrize("shift", [0.0, 0.5, 1.5])
def test_the_nine_divergences_of_the_fixed_pair_by_another_quadrature(shift):
    ours = f_gan.fixed_pair(shift).divergences(Player(()))
    expected = [integrated(name, Bumps(2.0, 0.8), scipy.stats.norm(shift, 0.9)) for name in ALL]
    np.testing.assert_allclose(ours, expected, rtol=2e-3)


def test_the_bound_by_quadrature_is_that_of_the_trained_scores(run):
    p, q = Bumps(2.0, 0.8), scipy.stats.norm(0.5, 0.9)
    x = np.linspace(-8, 8, 3201)
    params = jax.tree.map(lambda leaf: leaf[0], run.state.discriminator.params)
    scores = np.asarray(run.game.everywhere(params, jnp.asarray(x)[:, None]), float)
    by_hand = {
        "kl": lambda v: (v, np.exp(v - 1)),
        "reverse_kl": lambda v: (-np.exp(-v), v - 1),
        "neyman_chi2": lambda v: (1 - np.exp(-v), 2 - 2 * np.exp(-v / 2)),
        "squared_hellinger": lambda v: (1 - np.exp(-v), np.exp(v) - 1),
        "js": lambda v: (LOG2 - np.log1p(np.exp(-v)), np.log1p(np.exp(v)) - LOG2),
        "total_variation": lambda v: (np.tanh(v) / 2, np.tanh(v) / 2),
    }
    for name, parts in by_hand.items():
        i = ALL.index(name)
        t, conjugate = parts(scores[i])
        expected = np.trapezoid(np.exp(p.logpdf(x)) * t - q.pdf(x) * conjugate, x)
        assert run.measured["value"][0, i, -1] == pytest.approx(expected, rel=2e-3), name


def test_every_bound_rises_towards_its_divergence_and_never_passes_it(run):
    bounds, ceilings = run.measured["value"], run.measured["ceiling"][0, :, -1]
    assert run.stopped is None and bounds.shape == (8, 9, 3)
    assert (bounds < ceilings[None, :, None] + 1e-4).all()
    assert (bounds[..., 2] > bounds[..., 0]).all()
    base = np.where(np.array(ALL) == "gan", -np.log(4), 0.0)
    shares = dict(zip(ALL, np.median((bounds[..., 2] - base) / (ceilings - base), axis=0), strict=True))
    assert min(shares, key=shares.get) == "pearson_chi2" and shares["pearson_chi2"] > 0.6
    assert min(share for name, share in shares.items() if name != "pearson_chi2") > 0.9


def test_rows_trained_together_are_the_rows_trained_alone(run):
    alone = Run(f_gan.fixed_pair(rows=("jeffreys",)), 0, num_seeds=8, measure=measure_many)
    alone.advance(20, _bound.SETTINGS)
    assert alone.measured_at[1] == run.measured_at[1] == 20
    together = run.measured["value"][:, ALL.index("jeffreys"), 1]
    np.testing.assert_allclose(alone.measured["value"][:, 0, 1], together, rtol=1e-3, atol=1e-4)
    # And one alone is descent on the loss of the module.
    game, state = alone.game, alone.first
    batch, key = game.sample(jax.random.key(5)), jax.random.key(6)
    loss, (info, _) = game.discriminator_loss(state.discriminator, state.generator, batch, key, None)
    real = game.everywhere(state.discriminator.params, batch)[0]
    fake = game.scores(state.discriminator.params, game.fakes(state.generator, key))[0]
    assert float(loss) == pytest.approx(float(losses.f_gan("jeffreys").discriminator(real, fake)))
    assert float(info["value"]) == pytest.approx(-float(loss))
    of_generator, _ = game.generator_loss(state.generator, state.discriminator, batch, key, None)
    assert float(of_generator) == pytest.approx(float(losses.f_gan("jeffreys").generator(fake)))


def test_fewer_samples_are_drawn_once_and_copied_and_fewer_units_are_silent():
    game = f_gan.fixed_pair(num_samples=4, width=2)
    assert len(np.unique(game.sample(jax.random.key(0)))) == 4
    assert len(np.unique(game.fakes(Player(()), jax.random.key(0))[0])) == 4
    state = training.init(game, jax.random.key(0))
    x = jnp.linspace(-3, 3, 7)[:, None]
    before = game.everywhere(state.discriminator.params, x)

    def moved(unit):
        params = state.discriminator.params
        first, last = min(params["layers"]), max(params["layers"])
        kernel = params["layers"][first]["kernel"].at[:, :, unit].add(1.0)
        changed = {first: {**params["layers"][first], "kernel": kernel}, last: params["layers"][last]}
        return np.abs(game.everywhere({"layers": changed}, x) - before).max()

    assert moved(1) > 1e-3 and moved(2) == 0 == moved(15)


def test_the_best_bound_of_a_width_lies_between_the_learned_and_the_divergence(run):
    i = ALL.index("js")
    exact, learned = float(run.measured["ceiling"][0, i, -1]), run.measured["value"][:, i, -1].max()
    best = f_gan.best_bound("js", 16)
    assert learned - 1e-4 < best < exact + 1e-4 and best > exact - 0.002
    assert f_gan.best_bound("js", 1) < best - 0.005


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: f_gan.learn_bounds(width=17), "width must be a whole number of at least 1 and at most 16"),
        (lambda: f_gan.learn_bounds(num_samples=48), "num_samples must be a divisor of 256, got 48"),
        (lambda: f_gan.learn_bounds(shift=np.inf), "shift must be a finite number"),
        (lambda: f_gan.learn_bounds(0), "num_steps must be a whole number of at least 1"),
        (
            lambda: f_gan.learn_fits(separation=7),
            "separation must be a finite number at least 0 and at most 6",
        ),
        (lambda: f_gan.learn_fits(width=0), "width must be a finite number above 0"),
        (lambda: f_gan.best_gaussian("wasserstein"), "name must be one of kl, "),
        (lambda: f_gan.best_gaussian("kl", -1), "separation must be"),
    ],
)
def test_bad_input_gets_one_sentence(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()


# The geometry


@pytest.mark.parametrize("name", ALL)
def test_every_line_stays_below_f_and_touches_it(name):
    row = _duality.rows()[name]
    u = np.geomspace(1e-4, 60, 4001)
    t, height, contact = (np.asarray(a, float) for a in (row.slope, row.height, row.contact))
    above = F[name](u)[None] - (t[:, None] * u[None] - height[:, None])
    if name == "pearson_chi2":
        assert t.min() > -2  # below, the paper's conjugate belongs to ratios under 0
    assert above.min() > -1e-3
    at = F[name](contact) - (t * contact - height)
    np.testing.assert_allclose(at, 0, atol=1e-4)
    assert (np.diff(t) > 0).all()
    np.testing.assert_allclose(row.f[1:], F[name](_duality.U[1:]), rtol=1e-4, atol=1e-5)


def test_the_borders_of_the_domains_in_words():
    for name, row in F_DIVERGENCES.items():
        border, words = _duality.DOMAINS.get(name, (np.inf, ""))
        if np.isinf(border):
            assert np.isfinite(row.conjugate([-50.0, 50.0])).all()
            continue
        assert np.isfinite(row.conjugate(border - 1e-3)) and np.isposinf(row.conjugate(border + 1e-3))
        at_border = bool(np.isfinite(row.conjugate(np.float32(border))))
        assert at_border == ("≤" in words), name


def test_the_duality_figure_marks_where_the_present_slope_is_the_best():
    live = f_gan.duality()
    live.controls["name"].value = "js"
    live.controls["score"].value = 0.0
    assert live.settle(20)
    assert "t = 0.000" in live.stage.alt and "u = 1.000" in live.stage.alt
    sweep(live)


# One Gaussian for two bumps


@pytest.mark.parametrize("separation", [0.0, 2.0, 3.0, 4.0, 6.0])
def test_the_best_gaussian_of_kl_has_the_mean_and_the_variance_of_the_data(separation):
    fit = f_gan.best_gaussian("kl", separation)
    std = np.sqrt(separation**2 / 4 + 0.36)
    assert fit.mean == pytest.approx(0, abs=1e-3) and fit.std == pytest.approx(std, rel=5e-3)
    expected = integrated("kl", Bumps(separation, 0.6), scipy.stats.norm(0, std), -9, 9)
    assert fit.divergence == pytest.approx(expected, abs=2e-3)


@pytest.mark.parametrize(
    ("name", "separation"), [("reverse_kl", 3.0), ("reverse_kl", 4.0), ("js", 4.0), ("js", 6.0)]
)
def test_the_best_gaussian_by_scipy(name, separation):
    x = np.linspace(-9, 9, 1801)
    p = Bumps(separation, 0.6).logpdf(x)

    def lost(parameters):
        q = scipy.stats.norm(parameters[0], np.exp(parameters[1])).logpdf(x)
        return np.trapezoid(np.exp(q) * F[name](np.exp(np.clip(p - q, -500, 500))), x)

    starts = [(0.0, np.log(1.5)), (separation / 2, np.log(0.6))]
    found = [scipy.optimize.minimize(lost, start, method="Nelder-Mead") for start in starts]
    best = min(found, key=lambda one: one.fun)
    fit = f_gan.best_gaussian(name, separation)
    assert fit.divergence == pytest.approx(best.fun, abs=3e-3)
    assert fit.mean == pytest.approx(abs(best.x[0]), abs=0.03)
    assert fit.std == pytest.approx(np.exp(best.x[1]), rel=0.03)


def test_reverse_kl_jumps_and_keeps_a_local_minimum_in_the_middle():
    assert f_gan.best_gaussian("reverse_kl", 3.1).mean == pytest.approx(0, abs=1e-3)
    assert f_gan.best_gaussian("reverse_kl", 3.5).mean > 1.6
    divergence, _ = _exact_fit.profile(("reverse_kl", "kl"), 4.0)
    reverse, forward = divergence
    assert reverse[0] < reverse[8] - 0.02 and reverse[0] > reverse.min() + 0.3  # a dip, but not the lowest
    assert (np.diff(forward) > 0).all()  # one minimum


def test_the_game_finds_what_quadrature_found(ends):
    assert set(ends) == set(ALL)
    cover, pick = ends["kl"], ends["reverse_kl"]
    assert (np.abs(cover.mean) < 1).all() and (cover.std > 1.7).all()
    assert np.median(cover.divergence) < f_gan.best_gaussian("kl").divergence + 0.06
    np.testing.assert_allclose(np.abs(pick.mean), 2, atol=0.2)
    assert {-1, 1} == set(np.sign(pick.mean))  # both bumps are picked, by different seeds
    assert np.median(pick.divergence) < LOG2 + 0.02
    # A constant in D_f has no slope.
    np.testing.assert_allclose(ends["js"].mean, ends["gan"].mean, atol=0.1)
    np.testing.assert_allclose(ends["js"].divergence, ends["gan"].divergence + 2 * LOG2, atol=0.02)


def test_the_measured_divergence_is_that_of_the_learned_gaussian(ends):
    for name in ("kl", "reverse_kl", "js", "total_variation"):
        end = ends[name]
        q = scipy.stats.norm(end.mean[2], end.std[2])
        np.testing.assert_allclose(end.divergence[2], integrated(name, Bumps(4.0, 0.6), q), rtol=5e-3)


# Over the gap


def test_no_divergence_has_a_slope_once_the_strips_are_apart():
    slopes, table = _over_the_gap.slopes("uniform"), _over_the_gap.nine_over_gap()["uniform"]
    apart = _over_the_gap.GAP_STOPS > 2.06
    ceilings = {"total_variation": 1, "squared_hellinger": 2, "js": 2 * LOG2, "gan": 0}
    for name in ALL:
        expected = ceilings.get(name, np.inf)
        assert f_gan.ceiling(name) == pytest.approx(expected, abs=1e-6)
        np.testing.assert_allclose(table[name][apart], expected, atol=1e-6)
        slope = slopes[name][apart]
        assert np.isnan(slope).all() if np.isinf(expected) else (np.abs(slope) < 1e-9).all()
    # Before that the four finite ones have one: the overlap shrinks by 1/2 for each unit of the gap.
    before = np.abs(_over_the_gap.GAP_STOPS - 1) < 0.01
    assert slopes["total_variation"][before][0] == pytest.approx(0.5, rel=1e-6)
    of_gaussians = _over_the_gap.slopes("Gaussian")
    at = np.argmin(np.abs(_over_the_gap.GAP_STOPS - 3))
    assert of_gaussians["kl"][at] == pytest.approx(3, rel=1e-3)


# The pictures


def test_the_trained_bound_shows_a_ledger_that_adds_up():
    live = f_gan.trained_bound()
    try:
        live.controls["name"].value = "squared_hellinger"
        live.advance(100)
        assert live.scene.settle(120)
        live.show()
        words = live.stage.alt
        errors = [
            float(x) for x in re.findall(r"(?:approximation|optimisation|sampling) ([+-]?[\d.]+)", words)
        ]
        bound, exact = (float(x) for x in re.search(r"bound ([\d.]+), D_f ([\d.]+);", words).groups())
        assert errors[0] <= 1e-3 and errors[1] <= 1e-3
        assert errors[0] + errors[1] == pytest.approx(bound - exact, abs=2e-3)
        # Another row is another view of the same run.
        live.controls["name"].value = "js"
        assert live.run.step == 100 and "js: median bound" in live.stage.alt
    finally:
        live.close()


def test_sweep_the_trained_bound():
    sweep_trainer(f_gan.trained_bound(), steps=5)


def test_sweep_the_trained_fit():
    live = f_gan.trained_fit()
    live.controls["separation"].value = 6.0
    live.advance(5)
    assert "best 0.936; reverse_kl" in live.stage.alt
    live.reset()
    sweep_trainer(live, steps=3)


def test_moving_any_slider_compiles_nothing(run):
    """Games that differ in a slider differ in the values of their leaves alone."""
    moved = f_gan.fixed_pair(1.0, width=3, num_samples=32)
    assert jax.tree.structure(moved) == jax.tree.structure(run.game)
    for new, old in zip(jax.tree.leaves(moved), jax.tree.leaves(run.game), strict=True):
        assert new.dtype == old.dtype and new.shape == old.shape and new.weak_type == old.weak_type


def test_sweep_the_exact_fit():
    sweep(f_gan.exact_fit())


def test_sweep_the_nine_curves():
    sweep(f_gan.nine_curves())


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("trained_bound", "pearson chi2's"),
        ("exact_fit", "KL(P_data ‖ P_G)"),
        ("nine_curves", "none"),
        ("duality", "1"),  # as its doctest says
        ("trained_fit", "in the middle, broad"),
    ],
)
def test_predictions(name, answer):
    asked = f_gan.predict(name)
    assert asked.verdict.value == ""
    asked.choice.value = answer
    assert "So it is." in asked.verdict.value
