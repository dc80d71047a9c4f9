"""The exercises of notebook 01."""

import math
from typing import Any

import numpy as np
from scipy import stats

from gantheory.exercises._exercise import Exercise, function, number

__all__ = ["EXERCISES"]

# Evenly spread in probability, so that a law is compared without chance.
_Z = stats.norm.ppf((np.arange(4000) + 0.5) / 4000)
_X = np.linspace(0.1, 6.0, 60)


def _another_generator(f: Any) -> str | None:
    """Judge a function of z that makes N(0, 1) of N(0, 1), and is not the identity."""
    x, again = f(_Z), f(_Z)
    if x.shape != _Z.shape:
        return f"For z of shape {_Z.shape} it must return numbers of that shape."
    if not np.array_equal(x, again, equal_nan=True):
        return (
            "Called twice with the same z it returns different x: a generator is a function, without chance."
        )
    if not np.isfinite(x).all():
        return "Some of its x are not finite numbers."
    if np.abs(x - _Z).max() < 1e-3:
        return "That is G(z) = z itself: find another function."
    away = np.abs(stats.norm.cdf(np.sort(x)) - (np.arange(_Z.size) + 0.5) / _Z.size).max()
    if away < 0.005:
        return None
    mean, std = x.mean(), x.std()
    if abs(mean) > 0.02:
        return f"The mean of its x is {mean:.2f}, and that of N(0, 1) is 0."
    if abs(std - 1) > 0.02:
        return f"The standard deviation of its x is {std:.2f}, and that of N(0, 1) is 1."
    return "Mean and spread are right, the shape is not that of N(0, 1): draw the histogram of G(z)."


def _square(f: Any) -> str | None:
    """Judge the density of z squared."""
    q, truth, p = f(_X), stats.chi2(1).pdf(_X), stats.norm.pdf
    if q.shape != _X.shape:
        return f"For x of shape {_X.shape} it must return numbers of that shape."
    if np.isnan(q).any():
        return f"At x = {_X[np.isnan(q).argmax()]:.1f} your q is NaN."
    mistakes = [
        (truth / 2, "Half the mass is missing: how many z have G(z) = x?"),
        (2 * p(np.sqrt(_X)), "Both preimages are there. Now divide each share by |G'(z)|."),
        (p(np.sqrt(_X)), "That is p at one preimage: divide by |G'(z)|, and look for other preimages."),
        (p(_X) / (2 * _X), "You put x where z belongs: which z have G(z) = x?"),
        (p(_X) / _X, "You put x where z belongs: which z have G(z) = x?"),
        (truth * 4 * _X, "You multiplied by |G'(z)|: where G is steep, is the mass thinner or denser?"),
        (-truth, "A density is never negative: |G'(z)| is an absolute value."),
    ]
    if np.allclose(q, truth, rtol=2e-3):
        return None
    for mistake, sentence in mistakes:
        if np.allclose(q, mistake, rtol=2e-3):
            return sentence
    worst = int(np.abs(q / truth - 1).argmax())
    way = "large" if q[worst] > truth[worst] else "small"
    return f"At x = {_X[worst]:.1f} your q is {q[worst]:.3g}, and that is too {way}."


# The mixture has density 3/4 on [0, 1] and 1/4 on [1, 2].
_KL_P, _KL_Q = math.log(4 / 3), math.log(2 / 3) / 2 + math.log(2) / 2
_JS = (_KL_P + _KL_Q) / 2

EXERCISES = {
    "01.1": Exercise(
        "a function of an array z that returns the array G(z)",
        function(_another_generator, takes=[_Z]),
        "Another function, the same law. No divergence between laws can tell the two generators apart.",
    ),
    "01.2": Exercise(
        "a function of an array x > 0 that returns the array q(x)",
        function(_square, takes=[_X]),
        "It is the chi-squared density with one degree of freedom, the sum of the shares of all preimages.",
    ),
    "01.3": Exercise(
        "a number, JS in nats",
        number(
            _JS,
            within=0.02,  # Two digits are enough.
            mistakes={
                2 * _JS: "That is the sum of both KL to the mixture: each counts one half.",
                _JS / math.log(2): "That is in bits: take natural logarithms.",
                _KL_P: "That is KL from P to the mixture. Q is to be compared with the mixture too.",
                _KL_Q: "That is one part of it alone: each of the two laws brings half its KL to the mixture.",
                _KL_Q / 2: "That is Q's part. P is to be compared with the mixture too.",
                0.5: "That is TV, half the area between the two densities.",
                math.log(2): "That is KL(P ‖ Q), or JS of laws without overlap. These two do overlap.",
            },
            unit="nats",
        ),
        "Both laws are compared with their even mixture, which is 0 nowhere that either is not: JS is finite, "
        "though one of the two KL is not.",
    ),
}
"""The exercises by their names."""
