"""The live figures of notebook 06: one variational bound for all f-divergences, and what a G makes of each.

`duality` shows where the bound comes from, `trained_bound` what a trained T reaches of it, `exact_fit` and
`trained_fit` which Gaussian each divergence likes best, and `nine_curves` what is left of all when the laws are apart.
"""

from gantheory.explorables._vanishing import ceiling
from gantheory.explorables.f_gan._bound import best_bound, fixed_pair, learn_bounds, trained_bound
from gantheory.explorables.f_gan._duality import duality
from gantheory.explorables.f_gan._exact_fit import Fit, best_gaussian, exact_fit
from gantheory.explorables.f_gan._over_the_gap import nine_curves
from gantheory.explorables.f_gan._trained_fit import Learned, learn_fits, trained_fit
from gantheory.live.predict import Prediction

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
    "predict_the_cover",
    "predict_the_side",
    "predict_the_slope",
    "trained_bound",
    "trained_fit",
]


def predict_the_side() -> Prediction:
    """Ask which row a trained T reaches least of, before `trained_bound`."""
    return Prediction(
        "Nine networks T learn the nine bounds on the same samples. Whose bound stays furthest below its D_f?",
        ["total variation's", "js's", "pearson chi2's", "all reach it alike"],
        answer="pearson chi2's",
        because="Where P_data has mass and P_G hardly any, its T* = 2(p/q − 1) is enormous, and samples there are few.",
    )


def predict_the_cover() -> Prediction:
    """Ask which divergence makes one Gaussian cover both bumps, before `exact_fit`."""
    return Prediction(
        "Two bumps far apart, and G can make one Gaussian only. Which divergence makes it cover both?",
        ["KL(P_data ‖ P_G)", "KL(P_G ‖ P_data)", "both", "neither"],
        answer="KL(P_data ‖ P_G)",
        because="It averages log p/q over the data, and an ignored bump is full of data where q is tiny.",
    )


def predict_the_slope() -> Prediction:
    """Ask which divergence has a slope between disjoint strips, before `nine_curves`."""
    return Prediction(
        "P_data and P_G are strips that no longer overlap. Which of the nine tells G which way to go?",
        ["total variation", "js", "KL", "none"],
        answer="none",
        because="From the moment they part each is constant or infinite: all nine compare densities point by point.",
    )
