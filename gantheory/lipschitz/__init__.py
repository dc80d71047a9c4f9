"""Constraints on the critic.

A constraint is a pytree: its numbers (weight, clip, ...) are leaves, so they can be traced and moved by a slider while
a training runs, and its class is structure. It acts through hooks, each of which does nothing by default:

* `reparametrize` changes the parameters that the critic is *evaluated* with;
* `penalty` is added to the critic's loss;
* `project` changes the parameters *after* each of the critic's updates.

`weight_clipping` projects, `gradient_penalty` penalises and `spectral_normalization` reparametrizes, to keep the
critic's slope near or below 1. `r1` and `r2` are no Lipschitz constraints, their slope aims at 0; they act through the
same hook.

How steep a critic really is: `gradient_norms` at given points, `estimate_lipschitz` at most (from below),
`norm_product` at most (from above, for a perceptron), `spectral_norm` of one matrix.
"""

from gantheory.lipschitz._constraint import Constraint, unconstrained, weight_clipping
from gantheory.lipschitz._measure import LipschitzEstimate, estimate_lipschitz, gradient_norms
from gantheory.lipschitz._penalties import gradient_penalty, r1, r2
from gantheory.lipschitz._spectral import norm_product, spectral_norm, spectral_normalization

__all__ = [
    "Constraint",
    "LipschitzEstimate",
    "estimate_lipschitz",
    "gradient_norms",
    "gradient_penalty",
    "norm_product",
    "r1",
    "r2",
    "spectral_norm",
    "spectral_normalization",
    "unconstrained",
    "weight_clipping",
]
