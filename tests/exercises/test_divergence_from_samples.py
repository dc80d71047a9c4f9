"""The exercises of notebook 02: right answers are taken, each mistake is told, and nothing gives the solution away."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gantheory import exercises, losses


def highest_v():
    c = np.linspace(0.001, 0.999, 999)
    s = np.log(c / (1 - c))
    return max(float(losses.value(jnp.array([score]), jnp.array([score]))) for score in s[400:600])


def best_by_search(p, q):
    d = np.linspace(1e-4, 1 - 1e-4, 20_001)[:, None]
    return d[(3 * p[None] * np.log(d) + q[None] * np.log(1 - d)).argmax(axis=0), 0]


def slope(loss):
    return abs(jax.grad(loss)(jnp.array([8.0]))[0])


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("02.1", highest_v()),
        ("02.2", lambda p, q: 3 * p / (3 * p + q)),
        ("02.2", best_by_search),
        ("02.3", slope(losses.minimax.generator) / slope(losses.non_saturating.generator)),
        ("02.3", 1 / 0.00034),
    ],
)
def test_right(name, answer):
    assert exercises.check(name, answer)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (0.5, "That is a c"),
        (0, "Can a constant be right"),
        (-0.693, "one kind of samples"),
        (1.386, "what is its sign"),
        (-2, "is too small"),
        (-1, "is too large"),
    ],
)
def test_mistakes_with_the_constant(answer, said):
    verdict = exercises.check("02.1", answer)
    assert not verdict and said in verdict.because
    assert "log 4" not in repr(verdict) and "-1.38" not in repr(verdict)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda p, q: p / (p + q), "where does w come in"),
        (lambda p, q: p / (p + 3 * q), "You weighted the generated"),
        (lambda p, q: q / (3 * p + q), "the probability of being generated"),
        (lambda p, q: 3 * p / (p + q), "above 1 in places"),
        (lambda p, q: 3 * p / q, "Those are the odds"),
        (lambda p, q: 0.75, "numbers of that shape"),
        (lambda p, q: 0 * p + 0.5, "is too"),
        (lambda p, q: np.where(p > 0.5, np.nan, 0.5), "At p = 0.7, q = 0.2 your D is NaN."),
        (lambda p: p, "Your function raised TypeError"),
    ],
)
def test_mistakes_with_the_weighted_d(answer, said):
    verdict = exercises.check("02.2", answer)
    assert not verdict and said in verdict.because
    assert not any(part in repr(verdict) for part in ("3 p", "wp", "w p", "3/4", "0.75"))


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (np.exp(-8), "the other way round"),
        (-np.exp(8), "the slopes' sizes"),
        (8, "the difference of the two losses"),
        (0.99966, "one of the two"),
        (1, "equally steep at s = 0 alone"),
        (1000, "is too small"),
        (1 / 0.0003, "is too large"),
    ],
)
def test_mistakes_with_the_slopes(answer, said):
    verdict = exercises.check("02.3", answer)
    assert not verdict and said in verdict.because
    assert "298" not in repr(verdict) and "e^8" not in repr(verdict)
