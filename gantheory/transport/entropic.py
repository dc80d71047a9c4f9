"""The plan of the entropic problem, by Sinkhorn's algorithm.

The entropic plan minimises <P, C> + epsilon * KL(P | a b^T / M) over the plans P of total mass M. It has the form
P_ij = (a_i b_j / M) exp((f_i + g_j - C_ij) / epsilon), and Sinkhorn's algorithm fits rows and columns in turn (Peyré
and Cuturi 2019, "Computational Optimal Transport", sections 4.1, 4.2 and, for the log domain, 4.4).

Inside, everything is in units of epsilon and of the total mass. One round works on a kernel exp((f + g - C) / s) whose
potentials f, g have been found in the log domain, where nothing over- or underflows, and fits factors u, v around 1 to
it. So round-off in f and g, which epsilon magnifies, changes the kernel a little but not how well its marginals hold.
"""

import warnings

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from gantheory import _checks
from gantheory.transport._plan import Numbers, Plan, cost_matrix, weights, working_dtype

NEWTON_EVERY = 20
"""How many of Sinkhorn's iterations pass between two Newton steps."""

WARM_UP = 300
"""How many iterations are spent at most on each of the larger values of epsilon on the way."""

FACTOR_RANGE = 1e6
"""How far from 1 the factors u, v may go before the potentials absorb them; squared, before they are refused."""


def sinkhorn(
    cost: Numbers,
    a: Numbers | None = None,
    b: Numbers | None = None,
    *,
    epsilon: float | Float[Array, ""],
    max_iterations: int = 5_000,
) -> Plan:
    """Find the entropic plan for a blur `epsilon`, in the log domain, and say whether it has been found.

    `converged` tells whether the marginals of the returned matrix hold: the absolute errors of all row and column sums
    together are at most 1e-6 of the total mass in float32, 1e-9 in float64. Where it is False, the matrix is not the
    plan from `a` to `b` for this epsilon, and its cost is not a transport cost; outside of jit, a RuntimeWarning says
    so too.

    Sinkhorn's iterations start at a large epsilon, which is halved until the wanted one is reached, and a Newton step
    now and then spares thousands of them where epsilon is small. Usable under jit and vmap, and differentiable in
    cost, a, b and epsilon by the implicit function theorem (the iterations themselves are not differentiated).

    Args:
        cost: [n, m], the cost of moving one unit of mass from each source to each target, finite and non-negative.
        a: [n], the masses of the sources, zeros allowed; None is uniform with total 1.
        b: [m], the masses of the targets, of the same total (to 1e-5 relative); None is uniform with total 1.
        epsilon: the weight of the entropy, in the units of the cost, above 0.
        max_iterations: when to give up.

    Returns:
        A `Plan`; its cost is the sum of matrix * cost, without the entropy, so it is never below that of
        `optimal_plan`. Its potentials are those in the formula at the top of this module; as epsilon goes to 0 they go
        to dual potentials of the exact problem. They are finite at places without mass too.

    Raises:
        ValueError: if the cost is not a matrix, empty, negative, NaN or infinite, if masses are negative, of the wrong
            length, or of zero or unequal totals, if epsilon is not above 0, or if it is so small beside the largest
            cost that exp(-cost / epsilon) has no correct digit in this dtype, or if max_iterations < 1.
        TypeError: if the arrays are not made of real numbers, or max_iterations is not whole.

    Example:
        The smaller epsilon, the nearer to the best plan, which leaves all mass where it is:

        >>> for epsilon in (10.0, 1.0, 0.1):
        ...     plan = sinkhorn([[0.0, 1.0], [1.0, 0.0]], epsilon=epsilon)
        ...     print(f"{plan.cost:.4f}", plan.converged)
        0.4750 True
        0.2689 True
        0.0000 True
    """
    cost = cost_matrix(cost)
    n, m = cost.shape
    a, b = weights(a, n, b, m)
    max_iterations = _checks.whole("max_iterations", max_iterations, at_most=2**31 - 1)
    epsilon = _checks.number("epsilon", epsilon, above=0)
    dtype = working_dtype(cost, a, b)
    _check_resolution(epsilon, cost, dtype)
    a = jnp.full(n, 1 / n, dtype) if a is None else a.astype(dtype)
    b = jnp.full(m, 1 / m, dtype) if b is None else b.astype(dtype)
    plan, error = _solve(cost.astype(dtype), a, b, jnp.asarray(epsilon, dtype), jnp.asarray(max_iterations))
    if _checks.is_concrete(plan.converged) and not plan.converged:
        warnings.warn(
            f"sinkhorn has not converged after {max_iterations} iterations: its marginal error is {float(error):.1e} "
            f"of the mass, for at most {_tolerance(dtype):g} at the wanted epsilon; raise max_iterations or epsilon.",
            RuntimeWarning,
            stacklevel=2,
        )
    return plan


def _tolerance(dtype: jnp.dtype) -> float:
    """Look up the largest marginal error, relative to the total mass, of a plan that counts as converged."""
    return 1e-6 if dtype == jnp.float32 else 1e-9


def _check_resolution(epsilon: float | Float[Array, ""], cost: Float[Array, "n m"], dtype: jnp.dtype) -> None:
    """Refuse an epsilon so small that cost / epsilon, hence the plan, has no correct digit behind the point."""
    if not (_checks.is_concrete(epsilon) and _checks.is_concrete(cost)):
        return
    info, largest = jnp.finfo(dtype), float(np.asarray(cost, np.float64).max())
    least = max(float(info.tiny), 8 * float(info.eps) * largest)
    if float(epsilon) < least:
        _checks.refuse(
            "epsilon",
            f"at least {least:.2g} for costs up to {largest:g} in {jnp.dtype(dtype).name} (below, it underflows)",
            f"{float(epsilon):g}",
        )


@jax.jit
def _solve(
    cost: Float[Array, "n m"],
    a: Float[Array, "n"],
    b: Float[Array, "m"],
    epsilon: Float[Array, ""],
    max_iterations: Int[Array, ""],
) -> tuple[Plan, Float[Array, ""]]:
    total = a.sum()
    a, b = a / total, b / b.sum()
    reduced = cost / epsilon
    density, f, g, scale = _density(reduced, a, b, max_iterations)
    share = _outer(a, b) * density
    error = jnp.abs(share.sum(axis=1) - a).sum() + jnp.abs(share.sum(axis=0) - b).sum()
    constant = (a @ f - b @ g) / 2
    plan = Plan(
        matrix=total * share,
        cost=total * jnp.sum(share * cost),
        potentials=(epsilon * (f - constant), epsilon * (g + constant)),
        converged=(scale == 1) & (error <= _tolerance(cost.dtype)),
    )
    return plan, error


def _sum(f: Float[Array, "n"], g: Float[Array, "m"]) -> Float[Array, "n m"]:
    return f[:, None] + g[None, :]


def _outer(u: Float[Array, "n"], v: Float[Array, "m"]) -> Float[Array, "n m"]:
    return u[:, None] * v[None, :]


@jax.custom_jvp
def _density(
    cost: Float[Array, "n m"], a: Float[Array, "n"], b: Float[Array, "m"], max_iterations: Int[Array, ""]
) -> tuple[Float[Array, "n m"], Float[Array, "n"], Float[Array, "m"], Float[Array, ""]]:
    """Find the density exp((f_i + g_j - cost_ij) / scale) for which a_i density_ij b_j has the marginals a, b.

    Returns density, f, g and scale, which is 1 unless there were too few iterations. The density is that of the last
    round's kernel itself: computed again from f and g, its round-off would be another.
    """
    tolerance = _tolerance(cost.dtype) / 2  # the other half is for the round-off of the plan's own sums
    log_a, log_b = jnp.log(a), jnp.log(b)  # -inf for no mass: logsumexp takes it for what it is

    def one_round(state):
        _, _, g, scale, _, count = state
        scale = jnp.maximum(scale / 2, 1)
        f = -scale * jax.nn.logsumexp((g[None, :] - cost) / scale + log_b[None, :], axis=1)
        g = -scale * jax.nn.logsumexp((f[:, None] - cost) / scale + log_a[:, None], axis=0)
        # Where neither side has mass, nothing bounds f + g - cost, and nothing needs it.
        counts = (a > 0)[:, None] | (b > 0)[None, :]
        kernel = jnp.exp(jnp.where(counts, (_sum(f, g) - cost) / scale, -jnp.inf))
        last = scale == 1
        u, v, error, steps = _fit(
            kernel,
            a,
            b,
            jnp.where(last, tolerance, 1e-3),
            jnp.minimum(max_iterations - count, jnp.where(last, max_iterations, WARM_UP)),
        )
        f, g = f + scale * jnp.log(u), g + scale * jnp.log(v)
        return _outer(u, v) * kernel, f, g, scale, error, count + steps + 1

    def unfinished(state):
        _, _, _, scale, error, count = state
        return ((scale > 1) | ~(error <= tolerance)) & (count < max_iterations)

    # The first halving gives a scale at which all exponents are of the order of 1.
    scale = jnp.maximum(2 * cost.max(), 1)
    start = (
        jnp.zeros_like(cost),
        jnp.zeros_like(a),
        jnp.zeros_like(b),
        scale,
        jnp.full_like(scale, jnp.inf),
        0,
    )
    return jax.lax.while_loop(unfinished, one_round, start)[:4]


def _fit(
    kernel: Float[Array, "n m"],
    a: Float[Array, "n"],
    b: Float[Array, "m"],
    tolerance: Float[Array, ""],
    max_steps: Int[Array, ""],
) -> tuple[Float[Array, "n"], Float[Array, "m"], Float[Array, ""], Int[Array, ""]]:
    """Fit factors u, v such that a_i u_i kernel_ij v_j b_j has the marginals a, b; stop where they leave their range.

    Returns u, v, the marginal error and the number of steps taken.
    """

    def complete(u):
        """Fit the columns to given u; the rows' sums (relative to a) then tell the error."""
        v = 1 / ((a * u) @ kernel)
        sums = kernel @ (b * v)
        return u, v, sums, a @ jnp.abs(u * sums - 1)

    def newton(fitted):
        """Solve for the log of u that makes all rows fit, linearised; where no part of that step helps, stay."""
        u, v, sums, error = fitted
        current = _outer(u, v) * kernel
        to_rows, to_columns = current * b[None, :], current * a[:, None]
        step = _solve_potentials(to_rows, to_columns, a, 1 - u * sums)
        # The dual objective is concave and the step goes uphill in it, but maybe too far.
        lengths = jnp.asarray([1, 1 / 4, 1 / 16, 1 / 64], a.dtype)
        tried = jax.vmap(lambda length: complete(u * jnp.exp(jnp.clip(length * step, -10, 10))))(lengths)
        gain = jax.vmap(lambda u_, v_: a @ jnp.log(u_ / u) + b @ jnp.log(v_ / v))(tried[0], tried[1])
        useful = jnp.where((tried[3] < error) | (gain > 10 * tolerance), gain, -jnp.inf)
        best = jnp.argmax(jnp.where(jnp.isnan(useful), -jnp.inf, useful))
        return jax.tree.map(
            lambda new, old: jnp.where(useful[best] > -jnp.inf, new[best], old), tried, fitted
        )

    def step(state):
        fitted, count, _ = state
        after = complete(1 / fitted[2])
        after = jax.lax.cond(count % NEWTON_EVERY == NEWTON_EVERY - 1, newton, lambda same: same, after)
        usable = _all_within(after[:2], FACTOR_RANGE**2)
        kept = jax.tree.map(lambda new, old: jnp.where(usable, new, old), after, fitted)
        return kept, count + 1, _all_within(after[:2], FACTOR_RANGE)

    def unfinished(state):
        (_, _, _, error), count, inside = state
        return inside & ~(error <= tolerance) & (count < max_steps)

    start = (complete(jnp.ones_like(a)), 0, jnp.asarray(True))
    (u, v, _, error), count, _ = jax.lax.while_loop(unfinished, step, start)
    return u, v, error, count


def _solve_potentials(
    to_rows: Float[Array, "n m"],
    to_columns: Float[Array, "n m"],
    a: Float[Array, "n"],
    change: Float[Array, "n"],
) -> Float[Array, "n"]:
    """Solve (rows' sums - to_rows @ to_columns.T) f = change: how f must move, g following, for the rows to change so.

    Args:
        to_rows: the plan relative to its rows' masses.
        to_columns: the plan relative to its columns' masses; its columns sum to 1.
        a: the rows' masses.
        change: the change of the rows' sums, relative to their masses.
    """
    n = a.shape[0]
    coupling = jnp.where(jnp.eye(n, dtype=bool), 0, to_rows @ to_columns.T)
    # Rows of the system sum to 0, so its diagonal comes without cancellation. Adding a constant to f changes nothing:
    # the outer product picks the f of mean 0. Groups of rows may be coupled by less than round-off: the last term.
    least = 10 * jnp.finfo(a.dtype).eps
    system = jnp.diag(coupling.sum(axis=1) + least) - coupling + _outer(jnp.ones_like(a), a)
    return jnp.linalg.solve(system, change)


def _all_within(factors: tuple[Float[Array, "n"], Float[Array, "m"]], bound: float) -> Bool[Array, ""]:
    """Tell whether all factors are within a factor `bound` of 1 (NaN is not)."""
    u, v = factors
    return (jnp.min(u) > 1 / bound) & (jnp.max(u) < bound) & (jnp.min(v) > 1 / bound) & (jnp.max(v) < bound)


@_density.defjvp
def _density_jvp(
    primals: tuple[Array, Array, Array, Array], tangents: tuple[Array, Array, Array, Array]
) -> tuple[tuple[Array, ...], tuple[Array, ...]]:
    # The potentials solve: every row and column of the plan, relative to its mass, sums to 1. So where cost, a and b
    # move, the potentials move such that these sums do not: one linear system, the same as Newton's.
    cost, a, b, max_iterations = primals
    d_cost, d_a, d_b, _ = tangents
    density, f, g, scale = _density(cost, a, b, max_iterations)
    to_rows, to_columns = density * b[None, :], density * a[:, None]
    rows = jnp.sum(to_rows * d_cost, axis=1) - density @ d_b
    columns = jnp.sum(to_columns * d_cost, axis=0) - d_a @ density
    d_f = _solve_potentials(to_rows, to_columns, a, rows - to_rows @ columns)
    d_g = columns - d_f @ to_columns
    tangents = (density * (_sum(d_f, d_g) - d_cost), d_f, d_g, jnp.zeros_like(scale))
    return (density, f, g, scale), tangents
