"""The exercises of notebook 06: f-GAN."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gantheory.exercises._exercise import Exercise, function, number, shown
from gantheory.exercises._values import values

__all__ = ["EXERCISES"]

_CONJUGATE_OF_THE_TENTH = values(
    lambda t: 4 - t - 4 * np.sqrt(1 - t),
    [(-2.5,), (-0.7,), (0.0,), (0.5,), (0.9,)],
    mistakes=[
        (
            lambda t: 4 - t + 4 * np.sqrt(1 - t),
            "Your conjugate solves f'(u) = t with a negative u: a density ratio is at least 0.",
        ),
        (
            lambda t: 2 / np.sqrt(1 - t) - 1,
            "That is the u where the line touches, not yet u t − f(u).",
        ),
        (
            lambda t: -(4 - t - 4 * np.sqrt(1 - t)),
            "That is the line's intercept: the conjugate is minus it.",
        ),
        (lambda t: 1 - 4 / (1 + t) ** 2, "That is f', with t in the place of u."),
    ],
)


def _increasing_onto_the_domain(g: Callable[..., np.ndarray]) -> str | None:
    scores = np.linspace(-30.0, 30.0, 121)
    found = [g(float(score)) for score in scores]
    if any(slope.shape for slope in found):
        return "For one score your activation should return one number."
    slopes = np.array(found)
    if not np.isfinite(slopes).all():
        return "Your activation is not finite for scores between −30 and 30."
    if (np.diff(slopes) < 0).any():
        return "Your activation falls somewhere: a greater score must give a greater slope."
    if slopes.max() > 1:
        return "Your activation leaves the domain: for some scores f* of it is infinite."
    # f' runs from -3 at 0 to 1 at infinity; an activation may come near its ends as slowly as 1/v.
    if slopes[-1] < 0.9 or slopes[0] > -2.9:
        return "Your activation does not reach all slopes that T* may have."
    return None


_ACTIVATION = function(_increasing_onto_the_domain, takes=[0.0])


def _tenth_row(answer: Any) -> str | None:
    if not isinstance(answer, tuple | list) or len(answer) != 2:
        return f"Wanted are two functions, (conjugate, activation), and this is {shown(answer)}."
    judges = {"conjugate": _CONJUGATE_OF_THE_TENTH, "activation": _ACTIVATION}
    for (name, judge), part in zip(judges.items(), answer, strict=True):
        if wrong := judge(part):
            return f"{name}: {wrong}"
    return None


EXERCISES = {
    "06.1": Exercise(
        "a function of one number t",
        values(
            lambda t: np.exp(t) - 1,
            [(-2.0,), (-0.5,), (0.0,), (1.0,), (2.0,)],
            mistakes=[
                (lambda t: np.exp(t - 1), "That is the conjugate of u log u. Here f has two terms more."),
                (lambda t: np.exp(t - 1) - 1, "Half of it is for u log u: solve f'(u) = t for this f."),
                (np.exp, "That is the u where the line touches, f'(u) = t, not yet u t − f(u)."),
                (lambda t: 1 - np.exp(t), "That is the line's intercept: the conjugate is minus it."),
                (
                    lambda t: np.exp(t) + 1,
                    "Check the sign of the constant: at t = 0 the conjugate is minus the least f.",
                ),
            ],
        ),
        "Adding c (u − 1) to f changes no divergence; it shifts the slopes, and the conjugate with them.",
    ),
    "06.2": Exercise(
        "two functions of one number each, (conjugate, activation)",
        _tenth_row,
        "The conjugate is right, and the activation increases and reaches every slope that T* may have.",
    ),
    "06.3": Exercise(
        "a number, in nats",
        number(
            math.log(1000),
            unit="nats",
            mistakes={
                math.log(2): "That is for two bumps.",
                math.log(1000) / math.log(2): "That is in bits. Wanted are nats.",
                3.0: "That is the logarithm to base 10. Nats take the natural one.",
                1000: "So much smaller is p than q on the chosen bump. Take the mean of log(q/p).",
                0.999: "That is the mass that is missed. Reverse KL does not average over it.",
                -math.log(1000): "Check the sign: no divergence is negative.",
                math.inf: "The missed bumps hold no mass of P_G, and reverse KL averages over P_G.",
                0.0: "It is 0 only if P_G is P_data.",
            },
        ),
        "Reverse KL pays little for what is missed: that is why it picks.",
    ),
}
"""By name."""
