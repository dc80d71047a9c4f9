"""How good a generator is, measured on samples.

Everything here is jitted, goes through `jax.vmap` over seeds, and may be traced during a training.

>>> import jax
>>> from gantheory import distributions
>>> target = distributions.ring()
>>> found = mode_coverage(target.sample(jax.random.key(0), 2500), target.means, target.std)
>>> int(found.modes), round(float(found.high_quality), 2)  # a perfect generator: 1 - exp(-4.5) = 0.9889
(8, 0.99)
"""

from gantheory.metrics._binned import binned_js
from gantheory.metrics._clouds import mmd, wasserstein_1
from gantheory.metrics._modes import ModeCoverage, mode_coverage
from gantheory.metrics._quality import PrecisionRecall, frechet_distance, precision_recall
from gantheory.transport import sliced_wasserstein

__all__ = [
    "ModeCoverage",
    "PrecisionRecall",
    "binned_js",
    "frechet_distance",
    "mmd",
    "mode_coverage",
    "precision_recall",
    "sliced_wasserstein",
    "wasserstein_1",
]
