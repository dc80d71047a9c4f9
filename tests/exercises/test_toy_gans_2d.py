"""Notebook 08's exercises: right answers, typical mistakes, and that no sentence tells the solution."""

import jax
import numpy as np
import pytest
from scipy.stats import chi2

from gantheory import distributions, exercises


def _counted(d):
    return np.mean((np.random.default_rng(d).normal(size=(20_000, d)) ** 2).sum(axis=1) <= 9)


@pytest.mark.parametrize("share", [lambda d: chi2.cdf(9, d), _counted])
def test_the_share_in_a_ball_is_right(share):
    assert exercises.check("08.1", share)


@pytest.mark.parametrize(
    ("share", "because"),
    [
        (lambda d: chi2.cdf(9, 1) ** d, "That asks each coordinate alone"),
        (lambda d: chi2.cdf(9, 2), "Yours hardly depends on d"),
        (lambda d: 100 * chi2.cdf(9, d), "A share lies between 0 and 1."),
        (lambda d: chi2.cdf(3, d), "Compare |x|²"),
        (lambda d: chi2.cdf(9, d + 1), "For d = 3, 0.939 is too small."),
        (lambda d: np.ones(3), "For each d your function should return one number."),
        (lambda d: np.nan, "Your function does not return a finite number"),
        (lambda d: 1 if d < 10 else 1 / 0, "Your function raised ZeroDivisionError"),
        (lambda d: "much", "Your function returns 'much', not numbers."),
    ],
)
def test_other_shares_are_wrong_for_their_own_reason(share, because):
    verdict = exercises.check("08.1", share)
    assert not verdict and verdict.because.startswith(because)
    assert "0.46" not in repr(verdict) and "χ²" not in repr(verdict)


def _near(radius):
    """Put points at a distance from every mode, and as many on each, all around it."""
    angles = 2 * np.pi * np.arange(40) / 40
    circle = radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return (np.asarray(distributions.ring().means)[:, None] + circle).reshape(-1, 2)


@pytest.mark.parametrize("x", [_near(0.0), (_near(0.0) + np.array([0.02, 0.0])).tolist()])
def test_a_sampler_that_is_not_the_ring_passes(x):
    assert exercises.check("08.2", x)


def _kept():
    """Keep of the ring's own samples those within three standard deviations, as many of each mode."""
    ring = distributions.ring()
    x = np.asarray(ring.sample(jax.random.key(3), 4000))
    distance = np.linalg.norm(x[:, None] - np.asarray(ring.means)[None], axis=2)
    parts = [x[(distance.argmin(axis=1) == mode) & (distance.min(axis=1) < 0.029)] for mode in range(8)]
    return np.concatenate([part[:100] for part in parts])


@pytest.mark.parametrize(
    ("x", "because"),
    [
        (np.zeros((300, 3)), "Wanted are at least 250 finite points"),
        (_near(0.0)[:8], "Wanted are at least 250 finite points"),
        (np.full((300, 2), np.nan), "The point at index 0 is (nan, nan): all must be finite."),
        (np.where(np.arange(600).reshape(300, 2) == 41, np.inf, 0.5), "The point at index 20 is (0.5, inf)"),
        ([[10**400, 0]], "Wanted is an array of points [n, 2], and this is a list."),
        (np.tile(distributions.ring().means[:7], (50, 1)), "It captures 7 of 8 modes."),
        (np.concatenate([_near(0.0), np.zeros((10, 2))]), "97.0 % of its samples are of high quality"),
        (np.concatenate([_near(0.0), _near(0.0)[:40]]), "The KL of the mode histogram"),
        (_kept(), "The three scores are perfect, and recall is"),
    ],
)
def test_other_samplers_are_wrong_for_their_own_reason(x, because):
    verdict = exercises.check("08.2", x)
    assert not verdict and verdict.because.startswith(because)
    assert "centre" not in repr(verdict)


def test_what_a_frozen_discriminator_leaves():
    assert exercises.check("08.3", "few")
    reasons = {exercises.check("08.3", said).because for said in ("all", "half", "many")}
    assert len(reasons) == 3
    assert all("few" not in reason for reason in reasons if not reason.startswith("Wanted"))
