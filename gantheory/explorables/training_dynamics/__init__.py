"""The live figures of notebook 07: why a GAN turns in circles, what damps it, and how runs break.

`linear_update` is the primer; `dirac_gan`, `four_methods`, `cures` and `eight_trainings` show a game of two numbers.
Then networks: `chain_reaction` and `stalled_on_schedule` stop one player, `two_time_scales` changes their pace,
`curves_and_distances` compares loss curves with what they hide, and `clinic` holds six broken runs. What the figures
draw can be had as numbers: `step_limits`, `stalled`, `paced`, `pair_of_runs`, `treat`.
"""

from gantheory.explorables.training_dynamics._clinic import clinic
from gantheory.explorables.training_dynamics._clinic_cases import treat
from gantheory.explorables.training_dynamics._dirac import dirac_gan, eight_trainings
from gantheory.explorables.training_dynamics._loss_curves import curves_and_distances, pair_of_runs
from gantheory.explorables.training_dynamics._orbits import linear_update
from gantheory.explorables.training_dynamics._questions import predict, quiz
from gantheory.explorables.training_dynamics._stall import (
    chain_reaction,
    one_bump,
    stalled,
    stalled_on_schedule,
)
from gantheory.explorables.training_dynamics._step_limit import cures, four_methods, step_limits
from gantheory.explorables.training_dynamics._time_scales import paced, two_time_scales

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
    "predict",
    "quiz",
    "stalled",
    "stalled_on_schedule",
    "step_limits",
    "treat",
    "two_time_scales",
]
