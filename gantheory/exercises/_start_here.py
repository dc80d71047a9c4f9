"""The exercises of notebook 00."""

from typing import Any

import numpy as np

from gantheory.exercises._exercise import Exercise, choice, function, literal, shown

__all__ = ["EXERCISES"]

_WAYS = ("rises", "falls", "stays")


def _what_moves(answer: Any) -> str | None:
    """Judge what becomes of the value and of binned JS while D alone trains."""
    if not isinstance(answer, tuple | list) or len(answer) != 2:
        return f"Wanted are two words, first for the value, then for binned JS, and this is {shown(answer)}."
    value, js = (str(word).strip().lower() for word in answer)
    if value not in _WAYS or js not in _WAYS:
        allowed, said = ", ".join(map(repr, _WAYS)), " and ".join(literal(repr(word)) for word in (value, js))
        return f"Each word is one of {allowed}, and these are {said}."
    if js != "stays":
        return "Binned JS compares the samples of two laws. Does either law move while G is frozen?"
    if value == "falls":
        return "D trains alone. What does D want of the value?"
    if value == "stays":
        return "D still learns at step 100, and the value is D's score."
    return None


def _against(f: Any) -> str | None:
    """Judge a function that takes moves and wishes and returns the share at more than a right angle."""
    rng = np.random.default_rng(0)
    moves, wishes = rng.normal(size=(2, 999, 2))
    wishes[:, 0] += 1.0
    moves[:, 0] -= 0.5
    said = f(moves, wishes)
    if said.shape != ():
        return "Wanted is one number: the share of the points."
    agreement = np.sum(moves * wishes, axis=1)
    truth = float(np.mean(agreement < 0))
    said = float(said)
    if np.isnan(said):
        return "Your share is NaN."
    if abs(said - truth) < 1e-4:
        return None
    if said == round(truth * len(moves)):
        return "That is how many points it is: a share is at most 1."
    if abs(said - (1 - truth)) < 1e-4:
        return "That is the share of the others: is the cosine of an angle above 90° positive or negative?"
    if abs(said - 100 * truth) < 1e-2:
        return "That is in percent: a share is at most 1."
    if said in (0.0, 1.0):
        return "It says the same of all points. Each point has an angle of its own: sum over the last axis alone."
    if abs(said - np.mean(moves * wishes < 0)) < 1e-4:
        return "It looks at each coordinate alone. The angle's cosine has the sign of the sum over both."
    return "On 999 made-up moves and arrows your share is not right."


EXERCISES = {
    "00.1": Exercise(
        'two words, for the value and for binned JS, each "rises", "falls" or "stays"',
        _what_moves,
        "The value measures the players, and D gets better. Binned JS measures the laws, and neither moves.",
    ),
    "00.2": Exercise(
        'a word: "ring", "heap", "nearest" or "still"',
        choice(
            "heap",
            {
                "ring": "What would hold them all around the ring, once D no longer changes?",
                "nearest": "No data point occurs in G's loss. Where does the slope of D lead?",
                "still": "G's loss still has a slope: press Start with D frozen, and watch.",
            },
        ),
        "They climb to a hilltop of the frozen D, and nothing sends them on from there.",
    ),
    "00.3": Exercise(
        "a function of two arrays [n, 2], moves and arrows, that returns a number",
        function(_against, takes=[np.ones((3, 2)), np.ones((3, 2))]),
        "The sign of the sum over a point's two coordinates tells whether its angle is above 90°.",
    ),
}
"""The exercises by their names."""
