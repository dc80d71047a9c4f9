import numpy as np
import pytest

from gantheory.explorables.training_dynamics import _loss_curves, _time_scales
from gantheory.explorables.training_dynamics._loss_curves import pair_of_runs
from gantheory.explorables.training_dynamics._time_scales import RATIOS, paced
from tests.sweep import sweep


def found_both(num_critic_steps):
    return {
        ratio: int((paced("two bumps", ratio, num_critic_steps).at(600) < 0.5).sum())
        for ratio in (0.03, 0.1, 1.0, 30.0)
    }


def test_too_slow_a_d_fails_and_so_does_too_fast_a_one():
    found = found_both(1)
    assert found[0.03] <= 2 and found[30.0] <= 5 and found[1.0] >= 6


def test_more_steps_of_d_move_the_best_ratio_down():
    one, five = found_both(1), found_both(5)
    assert five[0.1] > one[0.1] and five[1.0] < one[1.0]


def test_with_one_bump_a_fast_d_does_no_harm():
    ends = {ratio: paced("one bump", ratio).at(600) for ratio in (0.03, 1.0, 10.0)}
    assert np.median(ends[10.0]) <= np.median(ends[1.0]) < np.median(ends[0.03])


def test_a_seed_that_missed_a_bump_is_half_the_mass_away():
    # All mass in one bump of two that are 3 apart: W1 is half the mass times 3.
    ends = paced("two bumps", 30.0).at(600)
    assert ends.max() < 1.7 and (ends > 1.3).any()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("three bumps",), "target must be one of"),
        (("two bumps", 0.0), "ratio must be"),
        (("two bumps", 1.0, 0), "num_critic_steps must be"),
    ],
)
def test_what_cannot_be_paced_is_refused(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        paced(*arguments)


def test_every_control_of_the_two_time_scales():
    assert len(RATIOS) == 7
    sweep(_time_scales.two_time_scales())


def test_the_same_losses_and_another_distance():
    a, b = pair_of_runs("the same losses")
    for run in (a, b):
        assert abs(np.median(run.generator_loss[:, -200:]) - np.log(2)) < 0.05
        assert abs(np.median(run.value[:, -200:]) + np.log(4)) < 0.05
    assert a.at(1000).min() > 3 * b.at(1000).max()


def test_different_losses_and_the_same_distance():
    a, b = pair_of_runs("different losses")
    assert max(a.at(1000).max(), b.at(1000).max()) < 0.4
    assert np.ptp(a.generator_loss[:, -1]) > 1 > 10 * np.ptp(np.median(b.generator_loss[:, -100:], axis=1))


def test_the_estimate_falls_with_the_distance_while_v_sits_at_0():
    wgan, gan = pair_of_runs("a curve that tells")
    estimate, w1 = wgan.value[:, wgan.measured_at[1:] - 1], wgan.w1[:, 1:]
    assert min(np.corrcoef(estimate[seed], w1[seed])[0, 1] for seed in range(8)) > 0.9
    early = slice(20, 50)
    assert np.median(gan.value[:, early]) > -0.05  # saturated, while P_G moves
    assert (gan.at(0) - gan.at(50) > 0.3).all() and gan.at(50).min() > 3


def test_the_distance_shows_only_when_asked():
    live = _loss_curves.curves_and_distances()
    assert "W1" not in live.stage.alt and "layer" not in live.stage.alt
    sweep(live)
    with pytest.raises(ValueError, match="pair must be one of"):
        pair_of_runs("another pair")
