"""Notebook 06's exercises: right answers, typical mistakes, and that no sentence tells the solution."""

import math

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.stats import norm

from gantheory import exercises


def _searched(f):
    """Make the conjugate of f by searching, in the logarithm of u."""

    def conjugate(t):
        found = minimize_scalar(lambda v: f(np.exp(v)) - t * np.exp(v), bounds=(-12, 8), method="bounded")
        return -found.fun

    return conjugate


def test_conjugates_found_by_searching_are_right():
    assert exercises.check("06.1", _searched(lambda u: u * np.log(u) - u + 1))
    tenth = _searched(lambda u: (u - 1) ** 2 / (u + 1))
    for activation in (
        lambda v: 1 - np.exp(-v),
        lambda v: 1 - np.logaddexp(0, -v),
        lambda v: 4 / (1 + np.exp(-v)) - 3,
        # They come near their ends as slowly as 1/v.
        lambda v: -1 + 2 * v / (1 + abs(v)),
        lambda v: -1 + 4 / np.pi * np.arctan(v),
    ):
        verdict = exercises.check("06.2", (tenth, activation))
        assert verdict, verdict


@pytest.mark.parametrize(
    ("answer", "because"),
    [
        (lambda t: np.exp(t - 1), "conjugate of u log u"),
        (lambda t: np.exp(t - 1) - 1, "Half of it"),
        (np.exp, "u where the line touches"),
        (lambda t: 1 - np.exp(t), "intercept"),
        (lambda t: np.exp(t) + 1, "sign of the constant"),
        (lambda t: t + 4, "too large"),
        (lambda t: -1.0, "too small"),
        (lambda t: math.nan, "gives NaN"),
        (lambda t: np.ones(2), "an array of shape [2]"),
        (lambda t: np.log(-1 - t * 1j), "Your function returns complex numbers"),
        (lambda t: None, "Your function returns None: is its `return` missing?"),
        (lambda t: [None], "Your function returns `[None]`, which has a None in it."),
        (
            lambda t: np.max(np.arange(3.0) * t[:, None], axis=1),
            "Your function raised TypeError: 'float' object is not subscriptable; it was called with -2.0.",
        ),
    ],
)
def test_wrong_conjugates_of_kl(answer, because):
    verdict = exercises.check("06.1", answer)
    assert not verdict and because in verdict.because, verdict
    assert "e^t" not in repr(verdict) and "exp" not in repr(verdict)


def _conjugate(t):
    return 4 - t - 4 * np.sqrt(1 - t)


def _activation(v):
    return 1 - np.exp(-v)


@pytest.mark.parametrize(
    ("answer", "because"),
    [
        (_conjugate, "two functions"),
        ((_conjugate,), "two functions"),
        ((_conjugate, 1.0), "activation: Wanted is a function"),
        ((lambda t: t[0], _activation), "conjugate: Your function raised TypeError"),
        (
            (_conjugate, lambda v: np.array([_activation(v)])),
            "For one score your activation should return one",
        ),
        ((lambda t: 4 - t + 4 * np.sqrt(1 - t), _activation), "negative u"),
        ((lambda t: 2 / np.sqrt(1 - t) - 1, _activation), "u where the line touches"),
        ((lambda t: -_conjugate(t), _activation), "intercept"),
        ((lambda t: 1 - 4 / (1 + t) ** 2, _activation), "That is f'"),
        ((lambda t: t**2, _activation), "too large"),
        ((_conjugate, lambda v: v), "leaves the domain"),
        ((_conjugate, lambda v: 1 - np.exp(v)), "falls somewhere"),
        ((_conjugate, np.tanh), "does not reach"),
        ((_conjugate, lambda v: np.tanh(v) / 2), "does not reach"),
        ((_conjugate, lambda v: -np.exp(-v)), "does not reach"),
        ((_conjugate, lambda v: np.log(abs(v)) if v else 0.0), "falls somewhere"),
        ((_conjugate, lambda v: np.float64(1) / max(v, 0.0) if v else math.inf), "not finite"),
    ],
)
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_wrong_tenth_rows(answer, because):
    verdict = exercises.check("06.2", answer)
    assert not verdict and because in verdict.because, verdict
    assert "sqrt" not in repr(verdict) and "√" not in repr(verdict)


def test_a_thousand_bumps():
    x = np.linspace(-8.0, 8.0, 4001)
    q = norm.pdf(x)
    assert exercises.check("06.3", np.sum(q * np.log(q / (q / 1000))) * (x[1] - x[0]))


@pytest.mark.parametrize(
    ("answer", "because"),
    [
        (np.log(2), "two bumps"),
        (np.log2(1000), "in bits"),
        (3, "base 10"),
        (1000, "So much smaller"),
        (0.999, "mass that is missed"),
        (-np.log(1000), "sign"),
        (np.inf, "hold no mass"),
        (0, "only if"),
        (5, "too small"),
    ],
)
def test_wrong_prices_of_dropping_all_but_one(answer, because):
    verdict = exercises.check("06.3", answer)
    assert not verdict and because in verdict.because, verdict
    assert "6.9" not in repr(verdict) and "log 1000" not in repr(verdict)
