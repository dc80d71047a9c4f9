"""Notebook 11's exercises: right answers, typical mistakes, and that no sentence tells the solution."""

import numpy as np
import pytest
from scipy.stats import norm

from gantheory import exercises


def test_what_one_pair_leaves_open():
    # By geometry: an orthogonal map that fixes a point of the circle is the identity, or the mirror through it.
    assert exercises.check("11.1", 2)
    verdicts = [exercises.check("11.1", said) for said in (0, 1, 6, 11, 12, 5)]
    assert not any(verdicts) and len({verdict.because for verdict in verdicts}) == 6
    assert all(
        "2" not in repr(verdict).replace("12", "") and "two" not in repr(verdict) for verdict in verdicts
    )


def _to_normal(a):
    return norm.isf(np.exp(-a))


def _to_exponential(u):
    return -norm.logsf(u)


def _turned(a):
    u = _to_normal(a)
    return _to_exponential(np.stack([-u[:, 1], u[:, 0]], axis=1))


def _turned_back(b):
    v = _to_normal(b)
    return _to_exponential(np.stack([v[:, 1], -v[:, 0]], axis=1))


def _reversed(a):
    return -np.log1p(-np.exp(-a))


@pytest.mark.parametrize("maps", [(_turned, _turned_back), [_reversed, _reversed]])
def test_maps_of_the_law_to_itself_are_right(maps):
    assert exercises.check("11.2", maps)


@pytest.mark.parametrize(
    ("maps", "because"),
    [
        ((lambda a: a, lambda a: a), "That is the identity"),
        ((lambda a: a[:, ::-1], lambda a: a[:, ::-1]), "To swap the coordinates is right, and excluded"),
        ((lambda a: -a, lambda a: -a), "It leads to negative coordinates"),
        ((lambda a: 1.5 * a, lambda a: a / 1.5), "The law has changed"),
        ((_turned, _turned), "The cycle does not close"),
        # One coordinate in both places has the right marginals, and the wrong law.
        ((lambda a: a[:, [0, 0]], lambda a: a), "The law has changed"),
        ((_turned, lambda b: b[:5]), "back should return points of shape [4000, 2]"),
        ((lambda a: a / 0 * np.inf, _turned), "there returns something that is not finite."),
        ((lambda a: None.no, _turned), "there raised AttributeError"),
        ((lambda a: None, _turned), "there returns None: is its `return` missing?"),
        ((_turned, lambda b: 1j * b), "back returns complex numbers"),
        (_turned, "Wanted are two functions"),
    ],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_other_maps_are_wrong_for_their_own_reason(maps, because):
    verdict = exercises.check("11.2", maps)
    assert not verdict and verdict.because.startswith(because)
    assert "normal" not in repr(verdict)


def test_what_is_left_without_the_cycle():
    assert exercises.check("11.3", "distance")
    reasons = {exercises.check("11.3", said).because for said in ("cycle", "both", "neither", "luck")}
    assert len(reasons) == 4
    assert all("distance" not in reason for reason in reasons if not reason.startswith("Wanted"))
