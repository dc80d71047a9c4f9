"""The exercises of notebook 03: right answers are taken, each mistake is told, and nothing gives the solution away."""

import math

import numpy as np
import pytest
from scipy import integrate, optimize, stats

from gantheory import exercises
from gantheory.explorables import js_saturation


def js(alpha, h, L):
    return alpha * math.log(2) * (L / (4 * h) + h / (4 * L))


def exact(alpha, h, L):
    return math.log(2) * (1 - js_saturation.crossing_overlap(math.degrees(alpha), h, L))


def overlap(theta):
    root = integrate.quad(
        lambda x: math.sqrt(stats.norm.pdf(x) * stats.norm.pdf(x - theta)), -15, 25, points=[theta]
    )
    return root[0]


def enough():
    return optimize.brentq(lambda theta: overlap(theta) - 1e-3, 1, 11)


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("03.1", js),
        ("03.1", exact),
        ("03.2", np.mean(np.log([0.99, 0.01])) + np.mean(np.log([0.01, 0.99]))),
        ("03.3", enough()),
    ],
)
def test_right(name, answer):
    assert exercises.check(name, answer)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda a, h, L: js(a, h, L) / math.log(2), "what is JS then"),
        (lambda a, h, L: 2 * js(a, h, L), "Twice too much"),
        (lambda a, h, L: js(a, h, L) / 2, "Half of it is missing"),
        (lambda a, h, L: a * math.log(2) * L / (4 * h), "over its short sides"),
        (lambda a, h, L: js(math.degrees(a), h, L), "in radians"),
        (lambda a, h, L: js(math.radians(a), h, L), "in radians"),
        (lambda a, h, L: math.log(2) - js(a, h, L), "falls with the angle"),
        (lambda a, h, L: math.log(2), "is too large"),
        (lambda a, h, L: 0.0, "is too small"),
        # Right for L = 2, the first strip's, alone.
        (
            lambda a, h, L: js(a, h, 2.0),
            "At α = 0.0005, h = 0.5, L = 1 your JS is 0.000368, and that is too large.",
        ),
        (
            lambda a, h, L: math.nan if L == 3 else js(a, h, L),
            "At α = 0.001, h = 0.4, L = 3 your JS is NaN.",
        ),
        (lambda a, h, L: [a, h], "it must return a number"),
        (lambda a, h: a, "Your function raised TypeError"),
    ],
)
def test_mistakes_with_the_strips(answer, said):
    verdict = exercises.check("03.1", answer)
    assert not verdict and said in verdict.because
    assert not any(part in repr(verdict) for part in ("L/(4h)", "L / (4", "4h", "4 h"))


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (2 * math.log(0.99), "always right"),
        (2 * math.log(0.01), "always wrong"),
        (-2.3076, "one kind of points"),
        (-math.log(4), "saying 1/2"),
        (4.615, "what is its sign"),
        (-3, "is too large"),
    ],
)
def test_mistakes_with_the_sure_coin(answer, said):
    verdict = exercises.check("03.2", answer)
    assert not verdict and said in verdict.because
    assert "-4.6" not in repr(verdict)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (8 * math.log(1000), "its square"),
        (math.sqrt(24), "base 10"),
        (math.sqrt(2 * math.log(1000)), "complete the square"),
        (math.sqrt(4 * math.log(1000)), "half its exponent"),
        (7, "is too small"),
        (12, "is too large"),
    ],
)
def test_mistakes_with_the_gap(answer, said):
    verdict = exercises.check("03.3", answer)
    assert not verdict and said in verdict.because
    assert "7.4" not in repr(verdict)
