"""Notebook 05's exercises: right answers, typical mistakes, and that no sentence tells the solution."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from scipy.stats import norm

from gantheory import exercises, transport


def _excess(weight):
    """Sum (dF)^2 / (2 weight r), by which the estimate exceeds W1, over a grid of trapezoids."""
    x, t = np.linspace(-6.0, 8.0, 1401), np.linspace(0.0, 1.0, 401)[:, None]
    density = np.trapezoid(norm.pdf(x, 2 * t, np.hypot(t, 1 - t)), t, axis=0)
    gap = norm.cdf(x) - norm.cdf(x - 2)
    return np.trapezoid(gap**2 / (2 * weight * density), x)


def test_the_estimate_under_a_light_penalty():
    assert exercises.check("05.1", 2 + _excess(1.0))


@pytest.mark.parametrize(
    ("answer", "because"),
    [
        (2, "That is W1"),
        (2.21, "for the weight 10"),
        (2.0212, "overshoot less"),
        (3.05, "more than one penalty"),
        (22.1, "not the whole estimate"),
        (2 + 0.2104 * np.sqrt(10), "like its root"),
        (5, "too large"),
        (1, "too small"),
    ],
)
def test_wrong_estimates(answer, because):
    verdict = exercises.check("05.1", answer)
    assert not verdict and because in verdict.because
    assert "4.1" not in repr(verdict)


def test_the_slope_of_a_deep_critic():
    assert exercises.check("05.2", "below 0.01") and exercises.check("05.2", "Below 0.01 ")
    wrong = [exercises.check("05.2", said) for said in ("above 1", "about 1", "about 0.1")]
    assert not any(wrong) and len({verdict.because for verdict in wrong}) == 3
    assert all("below 0.01" not in repr(verdict) for verdict in wrong)


def _unloading(x, made, data):
    g = np.asarray(transport.optimal_plan(cdist(made, data)).potentials[1])
    return (g - cdist(x, data)).max(axis=1)


def _loading(x, made, data):
    f = np.asarray(transport.optimal_plan(cdist(made, data)).potentials[0])
    return (cdist(x, made) - f).min(axis=1)


@pytest.mark.parametrize(
    "critic", [_unloading, _loading, lambda *a: _unloading(*a) + 7], ids=["unloading", "loading", "raised"]
)
def test_every_best_critic_is_right(critic):
    verdict = exercises.check("05.3", critic)
    assert verdict, verdict


@pytest.mark.parametrize(
    ("answer", "because"),
    [
        (lambda x, made, data: _unloading(x, made, data)[:, None], "Wanted is a score for each"),
        (lambda x, made, data: 2 * _unloading(x, made, data), "the leash is 1"),
        (lambda x, made, data: -_unloading(x, made, data), "Which sign"),
        (lambda x, made, data: _unloading(x, made, data) / 2, "earns only 50%"),
        (lambda x, made, data: x[:, 0], "on its own samples it earns only"),
        (lambda x, made, data: np.zeros(len(x)), "earns only 0%"),
        (lambda x, made, data: np.full(len(x), np.inf), "not finite"),
        (lambda x: x[:, 0], "TypeError"),
    ],
)
def test_wrong_critics(answer, because):
    verdict = exercises.check("05.3", answer)
    assert not verdict and because in verdict.because, verdict
    assert "max" not in repr(verdict)
