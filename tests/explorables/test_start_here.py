"""Notebook 00: both GANs learn, from several seeds, with the settings they start with; every control works."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gantheory import games, metrics, training
from gantheory.explorables import start_here
from gantheory.live.trainer import LiveTrainer
from tests.sweep import check_picture, positions, sweep_trainer


@pytest.mark.parametrize("make", [start_here.gan_on_the_line, start_here.gan_in_the_plane])
def test_every_control(make):
    sweep_trainer(make())


def test_the_live_figures_start_with_the_rates_of_the_notebook():
    for make, rates in (
        (start_here.gan_on_the_line, start_here.LINE_RATES),
        (start_here.gan_in_the_plane, start_here.PLANE_RATES),
    ):
        live = make()
        for name, rate in rates.items():
            assert live.controls[name].value == pytest.approx(rate)
            assert float(getattr(live.settings, name)) == pytest.approx(rate)
        live.close()


def test_all_eight_seeds_learn_the_line():
    game = start_here.game_on_the_line()
    states = training.init_many(game, jax.random.split(jax.random.key(0), 8))
    states, history = training.train_many(game, states, 1000, training.Settings(**start_here.LINE_RATES))
    fakes = np.asarray(jax.vmap(lambda s: games.generate(game, s, jax.random.key(1), 4000))(states))[..., 0]
    real = np.asarray(game.target.sample(jax.random.key(2), 4000))[:, 0]
    # W1 by sorting; another sample of the data lies at about 0.04, a generator stuck on one bump at 1.2.
    apart = np.abs(np.sort(fakes, axis=1) - np.sort(real)[None]).mean(axis=1)
    assert apart.max() < 0.3
    right = (fakes > 0).mean(axis=1)
    assert np.all((right > 0.5) & (right < 0.7))
    assert np.abs(np.asarray(history.value[:, -20:]).mean(axis=1) + np.log(4)).max() < 0.03


def test_every_seed_finds_all_eight_modes_of_the_ring():
    game = start_here.game_in_the_plane("ring of 8")
    states = training.init_many(game, jax.random.split(jax.random.key(0), 3))
    states, _ = training.train_many(game, states, 1000, training.Settings(**start_here.PLANE_RATES))
    for fake in np.asarray(jax.vmap(lambda s: games.generate(game, s, jax.random.key(1), 2000))(states)):
        distances = np.linalg.norm(fake[:, None] - np.asarray(game.target.means)[None], axis=2)
        good = distances.min(axis=1) < 3 * 0.12
        assert good.mean() > 0.85
        assert np.bincount(distances.argmin(axis=1)[good], minlength=8).min() > 0.05 * 2000


@pytest.mark.parametrize("target", start_here.targets_in_the_plane())
def test_every_target_in_the_plane_is_approached(target):
    game = start_here.game_in_the_plane(target)
    real = game.target.sample(jax.random.key(1), 2000)
    reach = start_here.PLANE_REACH
    assert float((jnp.abs(real) < reach).all(axis=1).mean()) > 0.998, "data outside the picture"

    def js(state):
        fake = games.generate(game, state, jax.random.key(2), 2000)
        return float(metrics.binned_js(real, fake, low=-reach, high=reach, num_bins=16))

    state = training.init(game, jax.random.key(1))
    before = js(state)
    state, _ = training.train(game, state, 1200, training.Settings(**start_here.PLANE_RATES))
    assert before > 0.5 and js(state) < 0.25


def test_a_moved_separation_moves_the_data_and_compiles_nothing():
    live = start_here.gan_on_the_line(num_seeds=2)
    live.step_once()
    compiled = training._loop._run_many._cache_size(), live.scene._look._cache_size()
    for separation in positions(live.controls["separation"], 4):
        live.controls["separation"].value = separation
        live.advance(5)
        check_picture(live)
        means = live.run.game.target.means[:, 0]
        np.testing.assert_allclose(means, [-separation / 2, separation / 2], atol=1e-6)
        heights = live.scene._data.line.get_ydata()
        assert abs(live.scene._x[np.argmax(heights)] - separation / 2) < 0.1 or separation < 1
    assert (training._loop._run_many._cache_size(), live.scene._look._cache_size()) == compiled
    assert live.run.step == 1 + 5 * 4
    live.close()


def test_a_game_of_another_separation_is_the_same_game_otherwise():
    near, far = start_here.game_on_the_line(1.0), start_here.game_on_the_line(5.0)
    assert near.generator is far.generator and near.target.weights.tolist() == pytest.approx([0.4, 0.6])
    assert start_here.game_on_the_line(1.0).target.means.tolist() == [[-0.5], [0.5]]


def test_reset_brings_the_first_picture_back():
    live = start_here.gan_in_the_plane()
    first, words = live.stage.frame, live.stage.alt
    live.step_once()
    assert live.stage.frame != first
    live.reset()
    assert live.stage.frame == first and live.stage.alt == words
    live.controls["seed"].value = 1
    assert live.stage.alt != words
    live.controls["seed"].value = 0
    live.controls["target"].value = "spiral"
    assert live.run.step == 0 and live.stage.frame != first
    live.close()


def test_one_side_alone_leaves_the_other_where_it_is():
    live: LiveTrainer = start_here.gan_in_the_plane()
    z = x = jnp.asarray([[0.5, -0.5], [1.0, 1.0]])

    def players():
        run = live.run
        return (
            games.generator_function(run.game, run.state)(z),
            games.discriminator_function(run.game, run.state)(x),
        )

    g0, d0 = players()
    live.step_once(generator=False)
    g1, d1 = players()
    assert (g1 == g0).all() and (d1 != d0).all()
    live.step_once(discriminator=False)
    g2, d2 = players()
    assert (g2 != g1).all() and (d2 == d1).all()
    live.close()


def test_the_prediction_answers():
    asked = start_here.predict("gan_in_the_plane")
    asked.choice.value = "to the nearest data point"
    assert "It is: straight uphill on D" in asked.verdict.value
    asked.choice.value = "straight uphill on D"
    assert "So it is" in asked.verdict.value


def test_the_prediction_of_eight_seeds_has_the_answer_that_the_ribbons_show():
    game = start_here.game_on_the_line()
    states = training.init_many(game, jax.random.split(jax.random.key(0), 8))
    rates = training.Settings(**start_here.LINE_RATES)
    values = np.asarray(training.train_many(game, states, 1000, rates)[1].value)
    spread = np.ptp(values, axis=0)
    assert spread[20:200].max() > 3 * spread[-50:].mean()
    asked = start_here.predict("gan_on_the_line")
    (right,) = [said for said in asked.choice.options if asked.is_right(said)]
    assert right == "different on the way, alike in the end"
