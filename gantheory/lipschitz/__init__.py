"""Constraints on the critic.

A constraint is a pytree: its numbers (weight, clip, ...) are leaves, so they can be traced and moved by a slider while
a training runs, and its class is structure. It acts through hooks, each of which does nothing by default:

* `reparametrize` changes the parameters that the critic is *evaluated* with;
* `penalty` is added to the critic's loss;
* `project` changes the parameters *after* each of the critic's updates.

`weight_clipping` projects and `gradient_penalty` penalises, to keep the critic's slope near or below 1. `r1` and `r2`
are no Lipschitz constraints, their slope aims at 0; they act through the same hook.
"""

from gantheory.lipschitz._constraint import Constraint, unconstrained, weight_clipping
from gantheory.lipschitz._penalties import gradient_penalty, r1, r2

__all__ = ["Constraint", "gradient_penalty", "r1", "r2", "unconstrained", "weight_clipping"]
