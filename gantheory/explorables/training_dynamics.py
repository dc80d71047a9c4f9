"""The live figures of notebook 07: why a GAN turns in circles, what damps it, and how runs break.

`linear_update` is the primer; `dirac_gan`, `four_methods`, `cures` and `eight_trainings` show a game of two numbers.
"""

from gantheory.explorables._dirac import dirac_gan, eight_trainings
from gantheory.explorables._orbits import linear_update
from gantheory.explorables._step_limit import cures, four_methods, step_limits
from gantheory.live.predict import Prediction

__all__ = [
    "cures",
    "dirac_gan",
    "eight_trainings",
    "four_methods",
    "linear_update",
    "predict_a_small_step",
    "predict_more_gamma",
    "predict_taking_turns",
    "step_limits",
]


def predict_a_small_step() -> Prediction:
    """Ask whether a small step cures the spiral, before `dirac_gan`."""
    return Prediction(
        "Both players step at once, and the path spirals outwards. Does a small enough step size cure it?",
        ["yes, below some step size", "no, at no step size"],
        answer="no, at no step size",
        because="The update's eigenvalues are 1 ± ih/2. Their modulus is above 1 for every h; a small step only "
        "makes the spiral slow.",
    )


def predict_taking_turns() -> Prediction:
    """Ask what taking turns does, before `four_methods`."""
    return Prediction(
        "Now the players take turns: D answers G's new place. Where does the path go?",
        ["outwards", "around, for ever", "inwards, to the data"],
        answer="around, for ever",
        because="The two half steps are shears. Their product has determinant 1, so that no area shrinks or grows.",
    )


def predict_more_gamma() -> Prediction:
    """Ask whether more damping is better, before `cures`."""
    return Prediction(
        "R1 damps. Make its γ larger and larger: what becomes of the largest stable step?",
        ["it grows and grows", "it grows, then falls", "it falls from the start"],
        answer="it grows, then falls",
        because="Up to γ = 1 it is 4γ. Beyond, R1 alone makes ψ overshoot: the limit falls like 2/γ.",
    )
