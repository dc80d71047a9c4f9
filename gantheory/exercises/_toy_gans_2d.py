"""The exercises of notebook 08: what counts as a good sample, a sampler that cheats the scores, and a frozen D."""

from typing import Any

import jax
import numpy as np
from scipy.stats import chi2

from gantheory import distributions, metrics
from gantheory.exercises._exercise import Exercise, choice, function, shown

__all__ = ["EXERCISES"]

_DIMS = (1, 2, 3, 10, 64)
# A share that was counted on 2,000 samples or more is accepted.
_NOISE = 0.03
_FEWEST, _COMPARED = 250, 512


def _judge_share(share: Any) -> str | None:
    given = [share(d) for d in _DIMS]
    if any(x.shape for x in given):
        return "For each d your function should return one number."
    found, truth = np.array(given, float), chi2.cdf(9, _DIMS)
    if not np.isfinite(found).all():
        return "Your function does not return a finite number for each d."
    if found.max() > 1 + 1e-6:
        return "A share lies between 0 and 1."
    if np.ptp(found) < _NOISE and found[0] > 0.9:
        return "Yours hardly depends on d, but one more coordinate is one more way to be far away."
    # In a box each coordinate is asked alone; at d = 10 it holds almost all that the ball leaves out.
    if abs(found[3] - truth[0] ** _DIMS[3]) < _NOISE:
        return "That asks each coordinate alone to be within 3σ; a sample is good if its *distance* is."
    if abs(found[0] - chi2.cdf(3, 1)) < _NOISE:
        return "Compare |x|² with (3σ)², not with 3σ."
    for d, said, right in zip(_DIMS, found, truth, strict=True):
        if abs(said - right) > _NOISE:
            return f"For d = {d}, {said:.3g} is too {'large' if said > right else 'small'}."
    return None


def _judge_sampler(answer: Any) -> str | None:
    try:
        x = np.asarray(answer, float)
    except (TypeError, ValueError, OverflowError):
        return f"Wanted is an array of points [n, 2], and this is {shown(answer)}."
    if x.ndim != 2 or x.shape[1] != 2 or len(x) < _FEWEST:
        return f"Wanted are at least {_FEWEST} finite points [n, 2], and these have shape {list(x.shape)}."
    finite = np.isfinite(x).all(axis=1)
    if not finite.all():
        first = int(finite.argmin())
        return f"The point at index {first} is ({x[first, 0]:.3g}, {x[first, 1]:.3g}): all must be finite."
    ring = distributions.ring()
    scores = metrics.mode_coverage(x, ring.means, ring.std)
    if scores.modes < 8:
        return f"It captures {int(scores.modes)} of 8 modes."
    if scores.high_quality < 1:
        return (
            f"{100 * float(scores.high_quality):.1f} % of its samples are of high quality: not all of them."
        )
    if scores.histogram_kl > 0.001:
        return f"The KL of the mode histogram is {float(scores.histogram_kl):.4f}: some modes get more than others."
    some = np.random.default_rng(0).permutation(len(x))[:_COMPARED]
    real = ring.sample(jax.random.key(1), len(some))
    recall = float(metrics.precision_recall(real, x[some]).recall)
    if recall > 0.1:
        return (
            f"The three scores are perfect, and recall is {recall:.2f}: near most real points something is generated. "
            "Leave out more of what the ring has."
        )
    return None


EXERCISES = {
    "08.1": Exercise(
        "a function of the dimension d that returns a share, between 0 and 1",
        function(_judge_share, takes=[2]),
        "The share falls with the dimension: where nearly all mass lies beyond 3σ, not even the target is good.",
    ),
    "08.2": Exercise(
        f"an array of points [n, 2], n at least {_FEWEST}",
        _judge_sampler,
        "Three perfect scores, and most of the law is missing: each score sees only what it was made for.",
    ),
    "08.3": Exercise(
        "'all', 'half' or 'few'",
        choice(
            "few",
            {
                "all": "For a fixed D, is there any reason to keep to the seven modes that it likes less?",
                "half": "Count how many points solve the min over G for a fixed D, and freeze D in the figure.",
            },
        ),
        "For a fixed D one best point answers every z; variety needs a D that answers back.",
    ),
}
