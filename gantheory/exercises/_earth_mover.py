"""The exercises of notebook 04: moving earth."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gantheory import divergences
from gantheory.exercises._exercise import Exercise, function, number

__all__ = ["EXERCISES"]

_LENGTHS = np.array([0.5, 2.0, 30.0])


def _carried_off(f: Callable[..., np.ndarray]) -> str | None:
    """Judge (JS, W1) between a point and that point with a tenth of its mass carried off by L."""
    found = [f(float(length)) for length in _LENGTHS]
    if any(pair.shape != (2,) for pair in found):
        return "Return two numbers: JS first, then W1."
    js, w1 = np.array(found).T
    if np.isnan(js).any():
        return "Your JS is NaN: what is 0 log 0 in a KL?"
    if np.isnan(w1).any():
        return "Your W1 is NaN: is anything divided by a mass or a length of 0?"
    truth = float(divergences.js([1.0, 0.0], [0.9, 0.1]))

    def js_is(value: float) -> bool:
        return np.allclose(js, value, rtol=0.01)

    def w1_is(values: np.ndarray) -> bool:
        return np.allclose(w1, values, rtol=0.01)

    if np.ptp(w1) == 0 and np.ptp(js) > 0:
        return "Your second number does not depend on L, and the first one does. Which is which? Or is one wrong?"
    if not js_is(js[0]):
        return "Your JS depends on L. It compares densities place by place, and knows no distance."
    for value, sentence in (
        (math.log(2), "JS is log 2 where two laws share nothing. These two share a place."),
        (0.0, "JS is 0 for equal laws only."),
        (truth / math.log(2), "Your JS is in bits. Wanted are nats."),
        (2 * truth, "Your JS is too large by a factor of two: it takes one half of each KL."),
        (0.1, "Your JS is the total variation: the mass that differs."),
    ):
        if js_is(value):
            return sentence
    if not js_is(truth):
        return "Your JS is wrong: mix the two laws half and half, and average the KL of each to the mixture."
    for values, sentence in (
        (_LENGTHS, "Your W1 moves all the mass by L. How much of it has to travel?"),
        (0.9 * _LENGTHS, "Your W1 moves the mass that may stay where it is."),
        (np.full(3, 0.1), "Your W1 counts mass, and forgets how far it travels."),
        (0.1 * _LENGTHS**2, "Your W1 charges the squared distance. Here a move costs the distance."),
        (math.sqrt(0.1) * _LENGTHS, "That is W2: the root of the mean *squared* distance."),
    ):
        if w1_is(values):
            return sentence
    if not w1_is(0.1 * _LENGTHS):
        return "Your W1 is wrong: which mass travels, and how far?"
    return None


_PLANS = math.factorial(20)
_ABOUT_THE_PLANS = number(_PLANS, within=0.02)
_ALL_THE_PLANS = number(
    _PLANS,
    within=1e-6,
    mistakes={
        400: "That is how many cells the matrix has. A plan fills all rows and columns at once.",
        20**20: "So many there are if a hole may take many units. Here each takes one.",
        2**20: "That is for a yes or no at each pile. A pile has more to choose from.",
        2**400: "So many matrices of zeros and ones there are. A plan has one 1 in each row and column.",
        20: "So many choices has the first pile alone.",
    },
)


def _number_of_plans(answer: Any) -> str | None:
    wrong = _ALL_THE_PLANS(answer)
    if wrong and _ABOUT_THE_PLANS(answer) is None:
        return "The size is right: give all digits, or a formula."
    return wrong


EXERCISES = {
    "04.1": Exercise(
        "a number",
        number(
            2 * math.sqrt(2 / math.pi),  # E |3 Z - Z|
            mistakes={
                0.0: "The means agree, the laws do not: W1 is 0 only for equal laws.",
                2.0: "That is the root of the mean squared distance (W2). Wanted is the mean distance.",
                4.0: "That is the mean of the squared distance. Wanted is the mean distance.",
                8.0: "That is the difference of the variances. W1 is a distance, in units of x.",
                math.sqrt(
                    2 / math.pi
                ): "So far a grain would travel that goes from 2z to z. Where does this one go?",
                3
                * math.sqrt(
                    2 / math.pi
                ): "That is how far the earth lies from 0 on average. It need not go to 0.",
            },
        ),
        "On the line the order is kept, so each grain's way is known, and W1 is its mean length.",
    ),
    "04.2": Exercise(
        "a function that takes L and returns two numbers, JS and W1",
        function(_carried_off, takes=[1.0]),
        "JS sees that a tenth is elsewhere, not where. W1 sees how far: one distant outlier can rule it.",
    ),
    "04.3": Exercise(
        "a whole number",
        _number_of_plans,
        "Each plan is a permutation. Nobody ranks that many; the linear program needs a moment.",
    ),
}
"""By name."""
