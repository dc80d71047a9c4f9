"""Optimal transport: what it costs to move one pile of mass onto another, and how.

* `moving_plans`, `count_moving_plans`, `ranked_plans`: every plan between small piles of whole masses.
* `optimal_plan`: the cheapest plan with its dual potentials, exactly, by assignment or linear programming.
* `sinkhorn`: the plan of the entropic problem, fast and smooth, for a blur `epsilon`.
* `wasserstein_1d`: the distance on the line, by quantiles. `sliced_wasserstein`: its mean over directions.
* `gaussian_w2`: the closed form between two Gaussians.

Weights are masses: `a` [n] and `b` [m] are non-negative with equal totals (to 1e-5 relative), and None is uniform
with total 1. Values scale with the total mass: the cost of a plan P is the sum of P * C.
"""

from gantheory.transport._plan import Plan
from gantheory.transport.entropic import sinkhorn
from gantheory.transport.exact import optimal_plan
from gantheory.transport.gaussian import gaussian_w2
from gantheory.transport.line import sliced_wasserstein, wasserstein_1d
from gantheory.transport.piles import MAX_PLANS, count_moving_plans, moving_plans, ranked_plans

__all__ = [
    "MAX_PLANS",
    "Plan",
    "count_moving_plans",
    "gaussian_w2",
    "moving_plans",
    "optimal_plan",
    "ranked_plans",
    "sinkhorn",
    "sliced_wasserstein",
    "wasserstein_1d",
]
