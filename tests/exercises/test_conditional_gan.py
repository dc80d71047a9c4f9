"""Notebook 10's exercises: right answers, typical mistakes, and that no sentence tells the solution."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.stats import norm

from gantheory import exercises


def _vectors(mu, nu, half=0.5):
    return np.c_[mu - nu, half * (nu**2 - mu**2).sum(axis=1)]


def test_the_projection_of_gaussian_classes():
    assert exercises.check("10.1", _vectors)
    # What does not depend on c may stand on either side.
    assert exercises.check("10.1", lambda mu, nu: _vectors(mu, nu) + np.arange(4.0))


@pytest.mark.parametrize(
    ("vectors", "because"),
    [
        (lambda mu, nu: _vectors(nu, mu), "The sign is the other way"),
        (lambda mu, nu: _vectors(mu, 0 * nu), "That is the part of the data"),
        (lambda mu, nu: _vectors(2 * mu, 2 * nu), "The factor of x is not right"),
        (lambda mu, nu: _vectors(mu, nu, 0.0), "The factor of x is right. But at x = 0"),
        (
            lambda mu, nu: _vectors(mu, nu, 1.0),
            "The factor of x is right; in the last column a 1/2 is missing.",
        ),
        (lambda mu, nu: _vectors(mu, nu, -0.5), "The factor of x is right, the last column is not."),
        (lambda mu, nu: mu - nu, "For mu and nu of shape [5, 3] the vectors should have shape [5, 4]"),
        (lambda mu, nu: _vectors(mu, nu).T, "Your vectors are columns: of shape [4, 5]"),
        (lambda mu, nu: np.nan * _vectors(mu, nu), "Some of your vectors' entries are NaN."),
        (lambda mu: mu, "Your function raised TypeError"),
    ],
)
def test_other_projections_are_wrong_for_their_own_reason(vectors, because):
    verdict = exercises.check("10.1", vectors)
    assert not verdict and verdict.because.startswith(because)
    assert "mu -" not in repr(verdict) and "mu_c -" not in repr(verdict)


def test_the_least_js_of_shuffled_labels():
    # Four pairs have mass 1/4 on one side and 1/16 on the other; the twelve others 0 and 1/16.
    truth = 0.5 * np.log(8 / 5) + 0.5 * (4 / 16 * np.log(2 / 5) + 12 / 16 * np.log(2))
    assert exercises.check("10.2", truth) and exercises.check("10.2", round(truth, 2))
    wrong = [0, np.log(2), truth / np.log(2), 2 * truth - np.log(4), 2 * truth, 0.3]
    verdicts = [exercises.check("10.2", said) for said in wrong]
    assert not any(verdicts) and len({verdict.because for verdict in verdicts}) == len(wrong)
    assert all("0.38" not in repr(verdict) for verdict in verdicts)


def test_where_the_best_answer_ends():
    def end(a):
        return 0.5 * np.log(0.25 / a)

    def excess(a):
        density = lambda x: (a * norm.pdf(x, 1) - 0.25 * norm.pdf(x, -1)) / 0.75  # noqa: E731
        return quad(density, end(a), 12)[0] - 1

    truth = end(brentq(excess, 0.75, 1))
    assert exercises.check("10.3", truth)
    wrong = [-truth, 2 * truth, 0.5 * np.log(0.25), 0.0, -3.0, 3.0]
    verdicts = [exercises.check("10.3", said) for said in wrong]
    assert not any(verdicts) and len({verdict.because for verdict in verdicts}) == len(wrong)
    assert all("0.6" not in repr(verdict) for verdict in verdicts)
