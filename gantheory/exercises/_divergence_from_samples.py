"""The exercises of notebook 02."""

import math
from typing import Any

import numpy as np

from gantheory.exercises._exercise import Exercise, function, number

__all__ = ["EXERCISES"]

_WEIGHT = 3.0
# Densities p and q at places of every kind: p above q, below it, and equal.
_P = np.array([0.4, 0.05, 0.3, 0.7, 0.01])
_Q = np.array([0.4, 0.25, 0.1, 0.2, 0.6])


def _weighted(f: Any) -> str | None:
    """Judge the best D where each generated sample comes with three real ones."""
    d, truth = f(_P, _Q), _WEIGHT * _P / (_WEIGHT * _P + _Q)
    if d.shape != _P.shape:
        return f"For p and q of shape {_P.shape} it must return numbers of that shape."
    if np.isnan(d).any():
        away = int(np.isnan(d).argmax())
        return f"At p = {_P[away]}, q = {_Q[away]} your D is NaN."
    if np.allclose(d, truth, atol=1e-4):
        return None
    mistakes = [
        (
            _P / (_P + _Q),
            "That is the best D for one real sample to each generated one: where does w come in?",
        ),
        (_P / (_P + _WEIGHT * _Q), "You weighted the generated samples: w stands before the real ones."),
        (1 - truth, "That is the probability of being generated."),
        (
            _WEIGHT * _P / (_P + _Q),
            "That is above 1 in places, and a probability is not: put the slope of V to 0 once more.",
        ),
        (
            _WEIGHT * _P / _Q,
            "Those are the odds, real to generated. How does a probability follow from odds?",
        ),
    ]
    for mistake, sentence in mistakes:
        if np.allclose(d, mistake, atol=1e-4):
            return sentence
    away = int(np.abs(d - truth).argmax())
    way = "large" if d[away] > truth[away] else "small"
    return f"At p = {_P[away]}, q = {_Q[away]} your D is {d[away]:.3f}, and that is too {way}."


def _ratio() -> float:
    """Return the ratio of the slopes, sigmoid(8) to 1 - sigmoid(8)."""
    sure = 1 / (1 + math.exp(-8.0))
    return sure / (1 / (1 + math.exp(8.0)))


EXERCISES = {
    "02.1": Exercise(
        "a number, the highest V of a constant D",
        number(
            max(math.log(c) + math.log(1 - c) for c in np.arange(1, 1000) / 1000),
            mistakes={
                0.5: "That is a c. What is V there?",
                0.0: "A D that is always right earns that. Can a constant be right about both kinds of samples?",
                math.log(0.5): "That is what one kind of samples earns it. V is the sum over both.",
                math.log(4): "The size is right. But V is a sum of logs of probabilities: what is its sign?",
            },
            unit="nats",
        ),
        "It is what every best D earns at least, whatever the laws: this constant is one of the D it may choose.",
    ),
    "02.2": Exercise(
        "a function of the arrays p and q that returns the array D*",
        function(_weighted, takes=[_P, _Q]),
        "Where the laws agree it does not say 1/2: D reports how often a sample shown there is real.",
    ),
    "02.3": Exercise(
        "a number, the ratio of two slopes",
        number(
            _ratio(),
            within=0.02,  # One who rounds sigmoid(-8) to two digits is right.
            mistakes={
                1 / _ratio(): "That is below 1: you divided the other way round.",
                -_ratio(): "Wanted are the slopes' sizes: both lower their loss as s grows.",
                8.0: "That is the difference of the two losses at s = 8. Wanted is the ratio of their slopes.",
                1 / (1 + math.exp(-8.0)): "That is the slope of one of the two.",
                1.0: "They are equally steep at s = 0 alone.",
            },
        ),
        "Minimax pushes hardest where G has won already, and hardly at all where it is worst.",
    ),
}
"""The exercises by their names."""
