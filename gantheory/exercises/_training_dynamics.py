"""The exercises of notebook 07: training dynamics."""

import math

import numpy as np

from gantheory.exercises._exercise import Exercise, choice, number
from gantheory.exercises._values import values

__all__ = ["EXERCISES"]

EXERCISES = {
    "07.1": Exercise(
        "a function of k",
        values(
            lambda k: 4 / np.sqrt(k),
            [(1,), (2,), (4,), (9,)],
            mistakes=[
                (lambda k: 4.0, "That is for one step of D. What do k shears in a row make?"),
                (lambda k: 4 / k, "The determinant is 1. How does the *trace* go with k and h?"),
                (lambda k: 4 * np.sqrt(k), "More steps of D do not allow a larger h: see the trace."),
                (
                    lambda k: 2 / np.sqrt(k),
                    "That is for the Wasserstein loss, whose field turns twice as fast.",
                ),
                (lambda k: 16 / k, "That is the bound on h². One step more."),
            ],
        ),
        "k shears of D are one shear, k times as strong; the trace decides.",
    ),
    "07.2": Exercise(
        "a number",
        number(
            2.0,  # Where γ²/4 = 1: beyond, the slower of two real eigenvalues rises again.
            mistakes={
                1.0: "That is for minimax, whose field turns half as fast.",
                4.0: "There the two eigenvalues are real, and one of them is slow.",
                0.5: "There the path still turns many times.",
                0.0: "Without damping the flow circles for ever.",
                math.inf: "Too much friction: ψ sticks at 0 and θ creeps.",
            },
        ),
        "Just no turning any more: there the slower eigenvalue lies furthest to the left.",
    ),
    "07.3": Exercise(
        "a function of omega and c",
        values(
            lambda omega, c: -c * omega**2,
            [(0.5, 0.3), (1.0, 0.2), (3.0, 0.7)],
            mistakes=[
                (lambda omega, c: c * omega**2, "Check the sign: the transpose of J is −J here."),
                (lambda omega, c: 0.0, "That is the real part for J alone."),
                (lambda omega, c: -c * omega, "J stands twice in the new term."),
                (lambda omega, c: -omega * c**2, "Is omega the first argument?"),
                (lambda omega, c: -c, "A faster rotation is damped more."),
                (
                    lambda omega, c: -(omega**2),
                    "Without c in it, consensus of any strength would damp alike.",
                ),
                (lambda omega, c: -c * omega**2 / 2, "The half belongs to the loss; its slope has none."),
            ],
        ),
        "It is negative for every ω but 0: consensus damps each rotation, the faster ones more.",
    ),
    "07.4": Exercise(
        "one of 'a faster D', 'five D steps', 'half the rates'",
        choice(
            "five d steps",
            {
                "a faster d": "Train it: some seeds still swing. Twice D's rate twice as far overshoots, too.",
                "half the rates": "Train it: some seeds still swing. Both are slower, and turn like before.",
            },
        ),
        "D comes near its best answer to each P_G, so G descends a function of its own place alone.",
    ),
}
"""By name."""
