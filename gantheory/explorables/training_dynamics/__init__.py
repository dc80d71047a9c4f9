"""The live figures of notebook 07: why a GAN turns in circles, what damps it, and how runs break.

`linear_update` is the primer; `dirac_gan`, `four_methods`, `cures` and `eight_trainings` show a game of two numbers.
Then networks: `chain_reaction` and `stalled_on_schedule` stop one player, `two_time_scales` changes their pace,
`curves_and_distances` compares loss curves with what they hide, and `clinic` holds six broken runs. What the figures
draw can be had as numbers: `step_limits`, `stalled`, `paced`, `pair_of_runs`, `treat`.
"""

from gantheory.explorables.training_dynamics._clinic import clinic
from gantheory.explorables.training_dynamics._clinic_cases import treat
from gantheory.explorables.training_dynamics._dirac import dirac_gan, eight_trainings
from gantheory.explorables.training_dynamics._loss_curves import (
    curves_and_distances,
    pair_of_runs,
    predict_from_the_curve,
)
from gantheory.explorables.training_dynamics._orbits import linear_update
from gantheory.explorables.training_dynamics._stall import (
    chain_reaction,
    one_bump,
    predict_resumed,
    predict_stalled_d,
    predict_stalled_g,
    stalled,
    stalled_on_schedule,
)
from gantheory.explorables.training_dynamics._step_limit import cures, four_methods, step_limits
from gantheory.explorables.training_dynamics._time_scales import (
    paced,
    predict_two_time_scales,
    two_time_scales,
)
from gantheory.live.predict import Prediction

__all__ = [
    "chain_reaction",
    "clinic",
    "cures",
    "curves_and_distances",
    "dirac_gan",
    "eight_trainings",
    "four_methods",
    "linear_update",
    "one_bump",
    "paced",
    "pair_of_runs",
    "predict_a_small_step",
    "predict_from_the_curve",
    "predict_more_gamma",
    "predict_resumed",
    "predict_stalled_d",
    "predict_stalled_g",
    "predict_taking_turns",
    "predict_two_time_scales",
    "stalled",
    "stalled_on_schedule",
    "step_limits",
    "treat",
    "two_time_scales",
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
