import jax
import numpy as np
import pytest

from gantheory import training
from gantheory.explorables.training_dynamics import _stall
from gantheory.explorables.training_dynamics._stall import NUM_STEPS, one_bump, stalled
from tests.sweep import check_picture, sweep, sweep_trainer


@pytest.fixture(scope="module")
def courses():
    return {player: stalled(player, 100, 900) for player in (None, "D", "G")}


def test_until_the_stall_nothing_differs(courses):
    for player in "DG":
        course, free = courses[player], courses[None]
        np.testing.assert_array_equal(course.generator_loss[:, :100], free.generator_loss[:, :100])
        np.testing.assert_array_equal(course.at(100), free.at(100))
        assert (course.at(200) != free.at(200)).all()
    np.testing.assert_array_equal(stalled("D", 100, 0).w1, courses[None].w1)


def test_a_stalled_d_lets_gs_loss_fall_and_the_distance_run_away_in_all_seeds(courses):
    course = courses["D"]
    assert course.generator_loss[:, 999].max() < 0.01 < 0.5 < np.median(course.generator_loss[:, 99])
    assert (course.at(1000) > 10 * course.at(100)).all() and np.median(course.at(1000)) > 4
    assert course.discriminator_loss[:, 999].min() > 4
    # Once D learns again P_G is back in far fewer steps than it was gone, and the end is as good as without a stall.
    assert np.median(course.at(1200)) < 0.5
    assert course.at(NUM_STEPS).max() < 0.5
    assert np.median(course.at(NUM_STEPS)) < 2 * np.median(courses[None].at(NUM_STEPS))


def test_a_stalled_g_loses_nothing(courses):
    course = courses["G"]
    inside = (course.measured_at >= 100) & (course.measured_at <= 1000)
    np.testing.assert_array_equal(
        course.w1[:, inside], np.repeat(course.at(100)[:, None], inside.sum(), axis=1)
    )
    # D settles: over the last 300 steps of 900 it gains less than a tenth of a nat, and stays well above 0.
    losses = [np.median(course.discriminator_loss[:, steps]) for steps in (np.s_[600:700], np.s_[900:1000])]
    assert losses[0] - losses[1] < 0.1 and losses[1] > 1
    assert losses[1] < np.median(course.discriminator_loss[:, 90:100])
    assert course.at(NUM_STEPS).max() < 0.5


def test_with_d_frozen_g_knows_nothing_of_the_data():
    states = training.init_many(one_bump(), jax.random.split(jax.random.key(0), 8))
    for frozen, same in ((True, True), (False, False)):
        settings = training.Settings(freeze_discriminator=frozen)
        here, there = (
            training.train_many(one_bump(centre), states, 20, settings)[0].generator.params
            for centre in (3.0, -3.0)
        )
        assert all(jax.tree.leaves(jax.tree.map(np.array_equal, here, there))) == same


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("E",), "player must be one of"),
        (("D", 15), "start must be a multiple of 20"),
        (("D", 20, 30), "length must be a multiple of 20"),
        (("D", 800, 900), "at most 1600"),
        (("D", -20), "start must be"),
    ],
)
def test_a_stall_that_cannot_be_is_refused_in_a_sentence(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        stalled(*arguments)


def test_the_live_training_can_be_stalled_and_its_data_moved():
    live = _stall.chain_reaction()
    try:
        live.run.advance(100, live.settings)
        live.controls["freeze_discriminator"].value = True
        before = live.run.first.discriminator.params
        live.advance(300)
        check_picture(live)
        after = live.run.first.discriminator.params
        assert jax.tree.all(jax.tree.map(np.array_equal, before, after))
        assert live.run.generator_loss[:, -1].max() < 0.1
        assert (live.run.measured["w1"][:, -1] > 3 * live.run.measured["w1"][:, -2]).all()
        at = live.run.measured["w1"][:, -1]
        live.controls["centre"].value = 0.0
        assert (live.run.measured["w1"][:, -1] > at + 2).all()
    finally:
        live.close()


def test_every_control_of_the_live_training():
    sweep_trainer(_stall.chain_reaction())


def test_every_control_of_the_schedule():
    sweep(_stall.stalled_on_schedule())
