"""A transport plan, and the checks of a transport problem: a ground cost and two masses."""

import dataclasses
from collections.abc import Sequence

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Bool, Float

from gantheory import _checks, _pytree

Numbers = ArrayLike | Sequence
"""What a public function takes for an array: nested lists too."""

TOTALS_RTOL = 1e-5
"""How far, relatively, the totals of two masses may differ: float32 sums of many masses are no better."""


@_pytree.register(dynamic=("matrix", "cost", "potentials", "converged"))
@dataclasses.dataclass(frozen=True)
class Plan:
    """A transport plan (a coupling) with what it costs and the dual potentials that go with it.

    Attributes:
        matrix: [n, m], the mass moved from each source to each target; rows sum to `a`, columns to `b`.
        cost: the scalar sum of `matrix` times the ground cost.
        potentials: the dual potentials (f [n], g [m]). Only f_i + g_j means anything, so the free constant is chosen
            such that both sides have the same share: the sum of a * f equals the sum of b * g.
        converged: whether `matrix` moves `a` to `b` up to the solver's tolerance. Always true for an exact plan.
    """

    matrix: Float[Array, "n m"]
    cost: Float[Array, ""]
    potentials: tuple[Float[Array, "n"], Float[Array, "m"]]
    converged: Bool[Array, ""]


def cost_matrix(cost: Numbers) -> Float[Array, "n m"]:
    """Check a ground cost: a non-empty matrix, finite and non-negative."""
    array = _checks.real_array("cost", cost)
    if array.ndim != 2 or 0 in array.shape:
        _checks.refuse("cost", "a non-empty matrix of shape [n, m]", f"shape {list(array.shape)}")
    if _checks.is_concrete(array) and np.asarray(array).min() < 0:
        _checks.refuse("cost", "non-negative", f"a smallest entry of {np.asarray(array).min():g}")
    return array


def weights(
    a: Numbers | None, n: int, b: Numbers | None, m: int
) -> tuple[Float[Array, "n"] | None, Float[Array, "m"] | None]:
    """Check two masses of lengths n and m with equal totals; None (uniform, total 1) stays None."""
    a = None if a is None else _checks.masses("a", a, n)
    b = None if b is None else _checks.masses("b", b, m)
    if all(w is None or _checks.is_concrete(w) for w in (a, b)):
        total_a, total_b = (1.0 if w is None else float(np.asarray(w, np.float64).sum()) for w in (a, b))
        if abs(total_a - total_b) > TOTALS_RTOL * max(total_a, total_b):
            _checks.refuse(
                "a and b",
                f"of equal totals (to {TOTALS_RTOL:g} relative; None is uniform with total 1)",
                f"totals {total_a:g} and {total_b:g}",
            )
    return a, b


def working_dtype(*arrays: Float[Array, "..."] | None) -> jnp.dtype:
    """Find the dtype to compute in: what the arrays promote to, and float32 at the least."""
    return jnp.promote_types(jnp.result_type(*(x for x in arrays if x is not None)), jnp.float32)
