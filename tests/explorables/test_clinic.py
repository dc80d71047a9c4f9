import jax
import numpy as np
import pytest
import scipy.special
import scipy.stats

from gantheory import losses
from gantheory.explorables.training_dynamics import _clinic, _clinic_cases
from gantheory.explorables.training_dynamics import _eight_runs as runs
from gantheory.explorables.training_dynamics._clinic_cases import CASES, HEALTHY, LOSSES, Treatment, treat
from tests.sweep import check_picture, sweep

FEVER, STATUE, FLAT, RUNAWAY, PENDULUM, PERFECT = CASES


@pytest.mark.parametrize("case", CASES)
def test_every_patient_is_ill_in_all_eight_seeds(case):
    ill = treat(case)
    assert ill.healthy == 0 and not ill.cured
    assert ill.distance.shape == (8,) and ill.distance.min() > 1.1 * HEALTHY


@pytest.mark.parametrize(
    ("case", "change"), [(name, change) for name in CASES for change in CASES[name].cures]
)
def test_every_right_repair_cures_all_eight_seeds(case, change):
    well = treat(case, **change)
    assert well.cured and well.healthy == 8, well.distance
    assert well.distance.max() < HEALTHY and well.course.stopped is None


@pytest.mark.parametrize(
    ("case", "change"), [(name, change) for name in CASES for change in CASES[name].failures]
)
def test_no_sensible_wrong_repair_cures(case, change):
    tried = treat(case, **change)
    assert not tried.cured and tried.healthy <= 4, tried.distance


def test_the_symptoms_are_those_that_the_reasons_name():
    late = np.s_[:, -200:]
    fever, statue, flat, runaway, pendulum, perfect = (treat(case) for case in CASES)
    assert abs(fever.course.discriminator_loss[late]).mean() > 100
    # The statue: D wins, its scores make G's slope vanish, P_G has not moved.
    assert statue.course.discriminator_loss[late].max() < 1e-2 and abs(statue.samples.mean()) < 1
    assert scipy.special.expit(np.interp(0.0, runs.X, statue.scores[0])) < 0.01
    # The flat line: the estimate is 0, and so is the critic's slope; by the bound h^2 c^3, far below 1.
    assert abs(flat.course.value[late]).max() < 1e-2
    assert abs(np.diff(flat.scores) / np.diff(runs.X)).max() <= 32**2 * 0.01**3 * 1.001
    # The runaway: G's own loss falls without end, D's is 0.
    assert np.median(runaway.course.generator_loss[late]) < -100
    assert runaway.course.discriminator_loss[late].max() < 1e-3
    # The pendulum: it moves; the others of the same data, once cured, do not.
    moves = np.ptp(pendulum.course.w1[:, -9:], axis=1)
    assert np.median(moves) > 5 * np.median(
        np.ptp(treat(RUNAWAY, loss="non-saturating").course.w1[:, -9:], axis=1)
    )
    # The perfect patient: log 2 and log 4, and the right mean.
    np.testing.assert_allclose(np.median(perfect.course.generator_loss[late]), np.log(2), atol=0.02)
    np.testing.assert_allclose(np.median(perfect.course.discriminator_loss[late]), np.log(4), atol=0.02)
    assert abs(np.median(perfect.samples.mean(axis=1))) < 0.3 and np.median(perfect.samples.std(axis=1)) < 1


def test_the_distance_is_w1_between_samples_and_the_law():
    for case in (STATUE, PERFECT):
        outcome = treat(case)
        # The law's own quantiles, by scipy.
        left, right, std = CASES[case].data
        x = np.linspace(-6, 12, 20001)
        cdf = (scipy.stats.norm.cdf(x, left, std) + scipy.stats.norm.cdf(x, right, std)) / 2
        quantiles = np.interp((np.arange(1000) + 0.5) / 1000, cdf, x)
        expected = [scipy.stats.wasserstein_distance(seed, quantiles) for seed in outcome.samples]
        np.testing.assert_allclose(outcome.course.w1[:, -1], expected, atol=0.15)
        late = outcome.course.w1[:, outcome.course.measured_at >= 800]
        np.testing.assert_allclose(outcome.distance, late.mean(axis=1))


def test_the_hand_written_loss_is_the_right_one_with_the_wrong_sign():
    fake = np.array([-1.0, 0.5, 2.0])
    slope = jax.grad(LOSSES["hand-written"].generator)(fake)
    np.testing.assert_allclose(slope, -jax.grad(losses.non_saturating.generator)(fake), rtol=1e-6)
    assert (slope > 0).all()  # descent lowers every score


def test_every_case_is_complete():
    for case in CASES.values():
        assert case.diagnosis in case.diagnoses and len(case.diagnoses) == 4
        said = [reason.split()[0] for reason in case.diagnoses.values()]
        assert sum(word == "Yes." for word in said) == 1 and case.diagnoses[case.diagnosis].startswith("Yes.")
        assert case.cures and case.failures


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: treat("7 · the ghost"), "case must be one of"),
        (lambda: treat(FEVER, learning_rate=1.0), "each change must be one of"),
        (lambda: treat(FEVER, loss="hinge"), "loss must be one of"),
        (lambda: treat(FEVER, constraint="prayer"), "constraint must be one of"),
        (lambda: treat(FEVER, optimizer="SGD"), "optimizer must be one of"),
        (lambda: treat(FEVER, num_critic_steps=0), "num_critic_steps must be"),
    ],
)
def test_what_cannot_be_treated_is_said_in_a_sentence(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()


def test_a_training_given_up_is_not_kept():
    assert treat(FEVER, depth=1, give_up=lambda: True) is None
    assert _clinic_cases._finished(CASES[FEVER].data, CASES[FEVER].treatment._replace(depth=1)) == []


def test_the_clinic_diagnoses_treats_and_judges():
    live = _clinic.clinic()
    try:
        assert live._surgery.layout.display == "none"  # no controls before a diagnosis
        live.controls["case"].value = RUNAWAY
        assert live.settle(60)
        before = check_picture(live)
        assert "healthy in 0 of 8" in live.stage.alt and "hand-written" not in live.stage.alt
        for diagnosis, reason in CASES[RUNAWAY].diagnoses.items():
            live.diagnosis.value = diagnosis
            assert reason.split(".")[0] in live.reason.value
        assert live._surgery.layout.display == ""
        assert {name: control.value for name, control in live.treatment.items()} == CASES[
            RUNAWAY
        ].treatment._asdict()
        live.treatment["num_critic_steps"].value = 5
        live.buttons["train"].click()
        assert live.settle(60) and "Not cured" in live.verdict.value and not live.outcome.cured
        live.buttons["undo"].click()
        assert live.treatment["num_critic_steps"].value == 1
        live.treatment["loss"].value = "non-saturating"
        live.train()
        assert live.settle(60) and "<b>Cured.</b>" in live.verdict.value and live.outcome.cured
        assert "8 of 8 seeds" in live.verdict.value
        assert not np.array_equal(before, check_picture(live))
        # Another patient: nothing of the last one is left.
        live.controls["case"].value = PENDULUM
        assert live.settle(60)
        assert live.outcome is None and live.verdict.value == live.reason.value == ""
        assert live.diagnosis.value is None and live._surgery.layout.display == "none"
    finally:
        live.close()


def test_a_treatment_that_ends_in_nan_is_no_cure():
    live = _clinic.clinic()
    try:
        for name, value in {"loss": "wasserstein", "optimizer": "plain descent", "depth": 2}.items():
            live.treatment[name].value = value
        live.train()  # unconstrained, at learning rates of 1
        assert live.settle(60)
        assert live.outcome.course.stopped.startswith("Stopped at step")
        assert live.outcome.healthy == 0 and not live.outcome.cured
        assert "Not cured" in live.verdict.value and "Stopped at step" in live.verdict.value
        assert live.message.value == "" and live.stage.alt
    finally:
        live.close()


def test_every_patient_has_a_picture():
    sweep(_clinic.clinic())


def test_each_control_of_the_treatment_can_be_set_to_the_charts():
    live = _clinic.clinic()
    try:
        assert set(live.treatment) == set(Treatment._fields)
        for case in CASES.values():
            for change in (case.treatment._asdict(), *case.cures, *case.failures):
                for name, value in change.items():
                    live.treatment[name].value = value
                    assert live.treatment[name].value == value
    finally:
        live.close()
