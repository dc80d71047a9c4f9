"""The live figures of notebook 06: one variational bound for all f-divergences, and what a G makes of each.

`duality` shows where the bound comes from, `trained_bound` what a trained T reaches of it, `exact_fit` and
`trained_fit` which Gaussian each divergence likes best, and `nine_curves` what is left of all when the laws are apart.
"""

from gantheory.explorables._vanishing import ceiling
from gantheory.explorables.f_gan._bound import best_bound, fixed_pair, learn_bounds, trained_bound
from gantheory.explorables.f_gan._duality import duality
from gantheory.explorables.f_gan._exact_fit import Fit, best_gaussian, exact_fit
from gantheory.explorables.f_gan._over_the_gap import nine_curves
from gantheory.explorables.f_gan._questions import predict, quiz
from gantheory.explorables.f_gan._trained_fit import Learned, learn_fits, trained_fit

__all__ = [
    "Fit",
    "Learned",
    "best_bound",
    "best_gaussian",
    "ceiling",
    "duality",
    "exact_fit",
    "fixed_pair",
    "learn_bounds",
    "learn_fits",
    "nine_curves",
    "predict",
    "quiz",
    "trained_bound",
    "trained_fit",
]
