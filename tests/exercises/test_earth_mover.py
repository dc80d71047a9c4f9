"""Notebook 04's exercises: right answers, typical mistakes, and that no sentence tells the solution."""

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm, wasserstein_distance

from gantheory import exercises


def _js(length):
    p, q, m = np.array([1.0, 1e-300]), np.array([0.9, 0.1]), np.array([0.95, 0.05])
    return float((p * np.log(p / m) + q * np.log(q / m)).sum() / 2)


def _w1(length):
    return wasserstein_distance([0.0], [0.0, length], v_weights=[0.9, 0.1])


def _naive_js(length):
    p, q = np.array([1.0, 0.0]), np.array([0.9, 0.1])
    m = (p + q) / 2
    return float((p * np.log(p / m) + q * np.log(q / m)).sum() / 2)


def test_right_answers():
    w1, _ = quad(lambda x: abs(norm.cdf(x / 3) - norm.cdf(x)), -30, 30)
    assert exercises.check("04.1", w1) and exercises.check("04.1", 1.6)
    assert exercises.check("04.2", lambda length: (_js(length), _w1(length)))
    assert exercises.check("04.3", math.factorial(20)) and exercises.check("04.3", 2_432_902_008_176_640_000)


@pytest.mark.parametrize(
    ("answer", "because"),
    [
        (0, "The means agree"),
        (2, "W2"),
        (4, "squared distance"),
        (8, "difference of the variances"),
        (math.sqrt(2 / math.pi), "from 2z to z"),
        (3 * math.sqrt(2 / math.pi), "need not go to 0"),
        (1.7, "too large"),
        (1.5, "too small"),
    ],
)
def test_wrong_distances_between_the_wide_and_the_narrow_law(answer, because):
    verdict = exercises.check("04.1", answer)
    assert not verdict and because in verdict.because
    assert "1.59" not in repr(verdict) and "1.6" not in repr(verdict)


@pytest.mark.parametrize(
    ("answer", "because"),
    [
        (lambda length: 0.1 * length, "Return two numbers"),
        (lambda length: (_w1(length), _js(length)), "Which is which?"),
        (lambda length: (_js(length) * length, _w1(length)), "Your JS depends on L"),
        (lambda length: (math.log(2), _w1(length)), "share nothing"),
        (lambda length: (0.0, _w1(length)), "equal laws only"),
        (lambda length: (_js(length) / math.log(2), _w1(length)), "in bits"),
        (lambda length: (2 * _js(length), _w1(length)), "factor of two"),
        (lambda length: (0.1, _w1(length)), "total variation"),
        (lambda length: (0.3, _w1(length)), "mixture"),
        (lambda length: (_js(length), length), "moves all the mass"),
        (lambda length: (_js(length), 0.9 * length), "may stay"),
        (lambda length: (_js(length), 0.1), "forgets how far"),
        (lambda length: (_js(length), 0.1 * length**2), "squared distance"),
        (lambda length: (_js(length), math.sqrt(0.1) * length), "W2"),
        (lambda length: (_js(length), 0.2 * length), "which mass travels"),
        (lambda length: (_naive_js(length), _w1(length)), "Your JS is NaN: what is 0 log 0"),
        (lambda length: (_js(length), math.nan), "Your W1 is NaN"),
        (lambda length: {"js": 0.5}, "Your function returns `{'js': 0.5}`, not numbers."),
        (lambda length: 1 / 0, "ZeroDivisionError"),
    ],
)
@pytest.mark.filterwarnings("ignore:divide by zero", "ignore:invalid value")
def test_wrong_functions_of_the_outlier(answer, because):
    verdict = exercises.check("04.2", answer)
    assert not verdict and because in verdict.because
    assert "0.036" not in repr(verdict) and "L/10" not in repr(verdict)


@pytest.mark.parametrize(
    ("answer", "because"),
    [
        (400, "cells"),
        (20**20, "take many units"),
        (2**20, "yes or no"),
        (2**400, "zeros and ones"),
        (20, "first pile alone"),
        (math.factorial(19), "too small"),
        (math.factorial(21), "too large"),
        (2.4e18, "The size is right: give all digits, or a formula."),
        (2.3e18, "too small"),
        (20**400, "That is too large."),
        (-(20**400), "That is too small."),
    ],
)
def test_wrong_numbers_of_plans(answer, because):
    verdict = exercises.check("04.3", answer)
    assert not verdict and because in verdict.because
    assert "2.43" not in repr(verdict) and "!" not in repr(verdict)
