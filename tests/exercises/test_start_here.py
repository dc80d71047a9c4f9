"""The exercises of notebook 00: right answers are taken, each mistake is told, and nothing gives the solution away."""

import jax.numpy as jnp
import numpy as np
import pytest

from gantheory import exercises


def cosine(a, b):
    return (a * b).sum(axis=1) / (jnp.linalg.norm(a, axis=1) * jnp.linalg.norm(b, axis=1))


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("00.1", ("rises", "stays")),
        ("00.1", ["Rises ", "STAYS"]),
        ("00.2", "heap"),
        ("00.2", " Heap"),
        ("00.3", lambda moves, arrows: (cosine(moves, arrows) < 0).mean()),
        ("00.3", lambda moves, arrows: float(np.mean(np.einsum("nd,nd->n", moves, arrows) < 0))),
    ],
)
def test_right(name, answer):
    verdict = exercises.check(name, answer)
    assert verdict, verdict
    assert repr(verdict).startswith("Right. ")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (("falls", "stays"), "What does D want of the value?"),
        (("stays", "stays"), "D still learns"),
        (("rises", "falls"), "Does either law move"),
        (("rises", "rises"), "Does either law move"),
        (("up", "stays"), "Each word is one of 'rises', 'falls', 'stays', and these are 'up' and 'stays'."),
        ("rises", "Wanted are two words"),
        (("rises",), "Wanted are two words"),
    ],
)
def test_what_moves(answer, said):
    verdict = exercises.check("00.1", answer)
    assert not verdict and said in verdict.because


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("ring", "What would hold them"),
        ("nearest", "No data point occurs"),
        ("still", "still has a slope"),
        ("up", "Wanted is one of 'heap', 'nearest', 'ring', 'still', and this is 'up'."),
    ],
)
def test_where_the_triangles_go(answer, said):
    verdict = exercises.check("00.2", answer)
    assert not verdict and said in verdict.because


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda m, a: (cosine(m, a) > 0).mean(), "the share of the others"),
        (lambda m, a: (cosine(m, a) < 0).sum(), "how many points"),
        (lambda m, a: 100 * (cosine(m, a) < 0).mean(), "in percent"),
        (lambda m, a: ((m * a).sum() < 0).mean(), "the same of all points"),
        (lambda m, a: (m * a < 0).mean(), "each coordinate alone"),
        (lambda m, a: cosine(m, a) < 0, "Wanted is one number"),
        (lambda m, a: 0.25, "is not right"),
        (lambda m, a: np.nan, "Your share is NaN."),
        (lambda m: 0.25, "Your function raised TypeError"),
        (0.5, "Wanted is a function"),
    ],
)
def test_the_share_against_its_arrows(answer, said):
    verdict = exercises.check("00.3", answer)
    assert not verdict and said in verdict.because
    assert "< 0" not in repr(verdict) and "axis=1" not in repr(verdict)
