"""Notebook 02: every live figure over its whole range, and the claims behind it against values that are not ours."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import integrate, optimize, stats

from gantheory import games, losses, training
from gantheory.explorables import _far_start, _ledger, _value
from gantheory.explorables import divergence_from_samples as notebook
from gantheory.explorables.divergence_from_samples import _drawn_by_hand
from tests.sweep import check_picture, sweep, sweep_trainer

LOG4 = np.log(4)


def quadrature(p, q, low=-30, high=30):
    """max over D of V, from its definition, by an adaptive rule over scipy's densities."""

    def cell(x):
        a, b = p(x), q(x)
        return a * np.log(a / (a + b)) + b * np.log(b / (a + b)) if a > 0 and b > 0 else 0.0

    return integrate.quad(cell, low, high, limit=400, points=[-3, 0, 3])[0]


def move(live, **values):
    for name, value in values.items():
        live.controls[name].value = value
    assert live.settle(60)


def two_bumps(centre):
    return lambda x: 0.5 * (stats.norm.pdf(x, centre - 1.25, 0.4) + stats.norm.pdf(x, centre + 1.25, 0.4))


@pytest.mark.parametrize("name", ["classifier", "best_discriminator", "min_max", "two_gradients"])
def test_moves_over_its_whole_range(name):
    sweep(getattr(notebook, name)())


# ---- D as a classifier


def test_the_classifier_earns_the_mean_log_probability_of_the_truth():
    live = notebook.classifier()
    move(live, separation=3.0, place=-0.5, steepness=2.0)
    noise = np.random.default_rng(2).normal(size=(2, 40))
    real = 1 / (1 + np.exp(-2.0 * (-0.5 - (noise[0] - 1.5))))
    fake = 1 / (1 + np.exp(-2.0 * (-0.5 - (noise[1] + 1.5))))
    earned = np.log(real).mean(), np.log(1 - fake).mean()
    right = (real > 0.5).sum() + (fake <= 0.5).sum()
    assert live.stage.alt == (
        f"separation 3.0: V on these 80 samples is {sum(earned):.3f}; real samples earn {earned[0]:.3f}, "
        f"generated ones {earned[1]:.3f}; {right} of 80 on the right side"
    )
    live.close()


# ---- Be D


def test_be_the_discriminator_moves_over_its_whole_range():
    live = notebook.be_the_discriminator()
    live.draw(np.linspace(0.9, 0.1, 11))
    sweep(live)


def test_no_drawn_discriminator_passes_the_ceiling():
    live = notebook.be_the_discriminator()
    random = np.random.default_rng(0)
    for separation in (0.0, 1.0, 4.0):
        move(live, separation=separation)
        limit = quadrature(stats.norm(0).pdf, stats.norm(separation).pdf)
        for _ in range(10):
            live.draw(random.uniform(0, 1, 11))
            assert live.value < limit
        # The knots put on D* come near it.
        live.draw(1 / (1 + np.exp(separation * _drawn_by_hand.KNOTS)))
        assert limit - 0.02 < live.value < limit + 1e-4
        assert f"the ceiling is {limit:.3f}" in live.stage.alt
    live.close()


def test_for_equal_laws_every_other_discriminator_loses_to_one_half():
    live = notebook.be_the_discriminator()
    move(live, separation=0.0)
    live.flatten()
    assert live.value == pytest.approx(-LOG4, abs=1e-4)
    for knot in range(3, 8):
        for height in (0.3, 0.7):
            heights = np.full(11, 0.5)
            heights[knot] = height
            live.draw(heights)
            assert live.value < -LOG4 - 1e-3
    live.close()


def press(live, key, shift=False):
    for callback in live.stage._on_event:
        callback({"kind": "key", "key": key, "shift": shift})


def point(live, kind, x, y):
    at = live._ax.transData.transform((x, y))
    for callback in live.stage._on_event:
        callback({"kind": kind, "x": float(at[0]), "y": float(at[1])})


def test_be_the_discriminator_by_keys():
    live = notebook.be_the_discriminator()
    before = live.value
    assert live.selected == 5
    press(live, "ArrowLeft")
    press(live, "ArrowUp")
    assert live.selected == 4 and live.heights[4] == pytest.approx(0.52) and live.value > before
    press(live, "ArrowDown", shift=True)
    assert live.heights[4] == pytest.approx(0.42) and live.value < before
    press(live, "End")
    press(live, "ArrowRight")
    assert live.selected == 10
    press(live, "Home")
    for _ in range(30):
        press(live, "ArrowUp", shift=True)
    assert live.selected == 0 and live.heights[0] == pytest.approx(0.995)
    assert "knot 1 of 11 at x = -4 says D = 0.995" in live.stage.alt
    check_picture(live)
    live.close()


def test_be_the_discriminator_by_pointer():
    live = notebook.be_the_discriminator()
    point(live, "press", 0.9, 0.7)
    assert live.selected == 6 and live.heights[6] == pytest.approx(0.7)
    # The knot that was taken stays in the hand, wherever the pointer goes.
    point(live, "move", -3.0, 1.5)
    assert live.selected == 6 and live.heights[6] == pytest.approx(0.995)
    point(live, "release", -3.0, 1.5)
    point(live, "move", 0.0, 0.2)
    point(live, "press", 0.0, -1.5)
    point(live, "move", 0.0, 0.2)
    assert live.heights[5] == pytest.approx(0.5)
    live.close()


def test_the_best_of_be_the_discriminator_belongs_to_one_separation():
    live = notebook.be_the_discriminator()
    live.draw(np.linspace(0.9, 0.1, 11))
    best = live.value
    live.flatten()
    assert f"your best so far {best:.3f}" in live.stage.alt
    move(live, separation=1.0)
    assert "your best so far -1.386" in live.stage.alt
    live.close()


# ---- the best D and the ceiling


@pytest.mark.parametrize(("separation", "spread", "x"), [(2.0, 1.0, 0.5), (6.0, 0.5, -6.0), (3.0, 2.0, 1.0)])
def test_the_best_discriminator(separation, spread, x):
    live = notebook.best_discriminator()
    move(live, separation=separation, spread=spread, x=x)

    def p(x):
        return stats.norm.pdf(x, -separation / 2)

    def q(x):
        return stats.norm.pdf(x, separation / 2, spread)

    best = optimize.minimize_scalar(
        lambda d: -p(x) * np.log(d) - q(x) * np.log(1 - d), bounds=(1e-9, 1 - 1e-9), method="bounded"
    ).x
    limit = quadrature(p, q, -15, 15)
    assert live.stage.alt == (
        f"at x = {x:.2f}: p = {p(x):.3f}, q = {q(x):.3f}, D* = {best:.3f}; JS = {(limit + LOG4) / 2:z.3f}, "
        f"the ceiling 2 JS − log 4 = {limit:z.3f}"
    )
    live.close()


def test_the_true_curve_to_be_predicted():
    sketch = notebook.draw_the_value()
    gaps = np.array([0.0, 1.0, 3.0, 6.0])
    wanted = [quadrature(stats.norm(0).pdf, stats.norm(gap).pdf) for gap in gaps]
    np.testing.assert_allclose(sketch._truth(gaps), wanted, atol=1e-4)
    sketch.draw(gaps, wanted)
    sketch.show_truth()
    assert sketch.said.startswith(("That is it.", "Close."))
    check_picture(sketch)
    sketch.close()


# ---- the learned value


@pytest.mark.parametrize("separation", [0.0, 1.25, 4.0])
def test_the_exact_ceiling_of_the_fixed_pair(separation):
    game = notebook.fixed_pair(separation=separation)
    wanted = quadrature(two_bumps(0.0), two_bumps(separation), -8, 12)
    assert notebook.exact_ceiling(game) == pytest.approx(wanted, abs=2e-4)


def test_the_generator_of_the_fixed_pair_stands_still():
    game = notebook.fixed_pair(width=4, num_samples=4096, separation=3.0)
    state = training.init(game, jax.random.key(0))
    fake = game.generate(state.generator, game.prior.sample(jax.random.key(1), 4096))[0]
    assert (
        stats.kstest(
            np.asarray(fake[:, 0]), lambda x: np.mean(stats.norm.cdf(x, [[1.75], [4.25]], 0.4), axis=0)
        ).pvalue
        > 0.01
    )
    after, _ = training.train(game, state, 5, training.Settings())
    assert jax.tree.leaves(after.generator) == []


def test_measure_is_the_integral_and_an_unbiased_estimate():
    game = notebook.fixed_pair(width=8, num_samples=4096, separation=1.0)
    states = training.init_many(game, jax.random.split(jax.random.key(3), 2))
    exact = notebook.measure(game, states)
    x = np.linspace(-8, 9, 4001)
    p, q = two_bumps(0.0)(x), two_bumps(1.0)(x)
    for i in range(2):
        state = jax.tree.map(lambda leaf, i=i: leaf[i], states)
        d = 1 / (
            1 + np.exp(-np.asarray(games.discriminator_function(game, state)(jnp.asarray(x)[:, None]), float))
        )
        wanted = integrate.simpson(p * np.log(d) + q * np.log(1 - d), x=x)
        assert float(exact.value[i]) == pytest.approx(wanted, abs=1e-3)
        one = notebook.measure(game, state)
        assert float(one.value) == pytest.approx(float(exact.value[i]), abs=1e-5)
        # 4,096 samples: their mean is off by a few hundredths at most, and is not the integral itself.
        assert 0 < abs(float(exact.batch[i]) - wanted) < 0.05


def test_the_ledger_adds_up_and_has_its_signs():
    exact = notebook.Exact(np.array([-0.9, -0.7]), np.array([-0.4, -0.4]), np.array([-1.0, -0.5]))
    parts = notebook.ledger(exact, best=-0.6)
    np.testing.assert_allclose(parts.approximation, -0.2)
    np.testing.assert_allclose(parts.optimisation, [-0.3, -0.1])
    np.testing.assert_allclose(parts.sampling, [-0.1, 0.2])
    np.testing.assert_allclose(
        parts.approximation + parts.optimisation + parts.sampling, exact.batch - exact.ceiling
    )
    # What training found counts as reachable.
    np.testing.assert_allclose(notebook.ledger(exact, best=-0.8).optimisation, [-0.2, 0.0])


def test_narrow_discriminators_stay_below_the_ceiling_and_wide_ones_reach_it():
    exact = quadrature(two_bumps(0.0), two_bumps(1.25), -8, 10)
    # One unit makes D rise or fall; the laws take turns three times.
    assert notebook.best_reachable(1, 1.25) < exact - 0.5
    assert exact - 2e-3 < notebook.best_reachable(16, 1.25) < exact + 2e-4
    # Equal laws: all a D can do is say 1/2.
    assert notebook.best_reachable(1, 0.0) == pytest.approx(-LOG4, abs=1e-4)


def test_the_learned_value_climbs_to_the_exact_one():
    game = notebook.fixed_pair(width=8)
    states = training.init_many(game, jax.random.split(jax.random.key(0), 8))
    start = notebook.measure(game, states)
    states, _ = training.train_many(game, states, 1500, training.Settings(discriminator_learning_rate=1e-2))
    end = notebook.measure(game, states)
    assert (np.asarray(end.value) <= np.asarray(end.ceiling) + 1e-4).all()
    assert np.median(start.value) < -1.2
    assert np.median(end.value) > float(end.ceiling[0]) - 0.03


def test_learned_value_moves_over_its_whole_range():
    live = notebook.learned_value()
    # Five widths and five sizes of samples, each compiled anew, would take minutes: both ends of each will do.
    for name, kept in (("width", (1, 16)), ("num_samples", (4, 256))):
        live.controls[name].options = kept
    live.controls["separation"].max = 1.25
    sweep_trainer(live, steps=10)
    assert live.scene.settle(60)


def test_the_learned_value_pauses_after_the_steps_asked_for():
    live = notebook.learned_value()
    live.controls["steps"].value = 100
    live.start()
    assert live.join(120)
    assert live.run.step == 100 and not live.running
    check_picture(live)
    assert "ledger: approximation" in live.stage.alt
    # The laws may be moved while the training rests: V and its ceiling are those of the new ones at once.
    live.controls["separation"].value = 2.0
    assert f"exact ceiling {quadrature(two_bumps(0.0), two_bumps(2.0), -8, 10):.3f}" in live.stage.alt
    live.close()


# ---- min-max


def test_g_steps_down_the_value_of_the_present_discriminator():
    def v(theta, reply):
        return integrate.quad(
            lambda x: (
                -stats.norm.pdf(x) * np.logaddexp(0, reply * x - reply**2 / 2)
                - stats.norm.pdf(x, theta) * np.logaddexp(0, reply**2 / 2 - reply * x)
            ),
            -15,
            18,
        )[0]

    path = notebook.play(3, 2.0)
    slope = (v(3.001, 3.0) - v(2.999, 3.0)) / 0.002
    assert path[1] == (pytest.approx(3.0 - 2.0 * slope, abs=1e-4), 3.0)
    assert path[2] == (path[1][0], path[1][0])
    assert path[3][0] < path[2][0]
    # G lowers V, D's reply lifts it to the ceiling, which is lower than before.
    theta = path[1][0]
    assert v(theta, 3.0) < v(theta, theta) < v(3.0, 3.0)
    # At D's best reply the slope of V is the slope of the ceiling.
    ceiling = (v(3.001, 3.001) - v(2.999, 2.999)) / 0.002
    assert slope == pytest.approx(ceiling, abs=1e-4)


def test_the_alternation_ends_where_the_laws_agree_or_jumps_about():
    assert abs(notebook.play(80, 2.0)[-1][0]) < 0.01
    assert max(abs(theta) for theta, _ in notebook.play(40, 10.0)[-4:]) > 1


# ---- two gradients


@pytest.mark.parametrize("gap", [0.0, 2.0, 4.0])
def test_the_two_slopes_are_the_gradients_of_the_two_losses(gap):
    live = notebook.two_gradients()
    move(live, gap=gap)
    score = float(stats.norm.logpdf(gap, 0) - stats.norm.logpdf(gap, gap))
    slopes = [
        float(jax.grad(lambda s, loss=loss: loss.generator(s))(jnp.array([score]))[0])
        for loss in (losses.minimax, losses.non_saturating)
    ]
    assert f"scores the centre of P_G {score:.2f}" in live.stage.alt.replace("-0.00", "0.00")
    assert f"the slope is {slopes[0]:.2g} minimax, {slopes[1]:.5f} non-saturating" in live.stage.alt
    live.close()


# ---- from far away


def test_minimax_stands_still_where_non_saturating_arrives():
    minimax, other = (notebook.journey(loss) for loss in ("minimax", "non_saturating"))
    np.testing.assert_array_equal(minimax.centre[:, 0], other.centre[:, 0])
    assert np.median(minimax.centre[:, -1] - minimax.centre[:, 0]) < 0.1
    assert (np.abs(other.centre[:, -1] - 4) < 0.5).all()
    assert np.median(minimax.slope[:, 0]) < 1e-3
    assert np.median(other.slope[:, 0]) > 0.9


def test_far_start_moves_over_its_range(monkeypatch):
    monkeypatch.setattr(_far_start, "_NUM_STEPS", 60)
    live = notebook.far_start()
    pictures = set()
    for name, values in (("gap", (0.5, 6.0)), ("head_start", (0, 100)), ("optimizer", ("Adam",))):
        for value in values:
            live.controls[name].value = value
            assert live.settle(120)
            pictures.add(check_picture(live).tobytes())
            assert "non-saturating moved" in live.stage.alt
    assert len(pictures) == 5
    live.close()


def test_a_number_in_words():
    assert _value.in_words(-0.00001) == "0.000" and _value.in_words(-1.25, 1) == "−1.2"


def test_the_scenes_laws_lie_within_the_grid():
    game = notebook.fixed_pair(separation=4.0)
    _, p, q = _ledger.laws(game)
    for law in (p, q):
        assert float(law.sum()) * _ledger.DX == pytest.approx(1, abs=1e-4)


# ------------------------------------------------------------------------------------------------------------------
# What the predictions and the quiz say


def test_a_steeper_step_earns_more_then_less():
    live = notebook.classifier()
    move(live, separation=2.0, place=0.0)
    earned = []
    for steepness in (0.0, 2.0, 6.0):
        move(live, steepness=steepness)
        earned.append(float(live.stage.alt.split(" samples is ")[1].split(";")[0]))
    assert earned[0] < earned[2] < earned[1]
    live.close()


def test_large_steps_jump_over_the_data_again_and_again():
    centres = [theta for theta, _ in notebook.play(80, 6.0)[-40::2]]
    assert min(map(abs, centres)) > 1
    assert all(before * after < 0 for before, after in itertools.pairwise(centres))


def test_three_of_four_is_the_answer_where_the_data_are_three_times_as_dense():
    best = optimize.minimize_scalar(lambda d: -3 * np.log(d) - np.log(1 - d), bounds=(0.01, 0.99))
    assert best.x == pytest.approx(3 / 4, abs=1e-4)
