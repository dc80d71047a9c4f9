"""The cheapest plan with its dual potentials, exactly, by scipy's solvers.

The dual problem asks for prices: f_i for picking up at i, g_j for putting down at j, with f_i + g_j <= c_ij (nobody
overpays), such that the income, the sum of a * f plus that of b * g, is largest. For the best prices it equals the
cost of the best plan, and f_i + g_j = c_ij on every pair that the plan moves (Peyré and Cuturi 2019, "Computational
Optimal Transport", sections 2.5 and 3.3).
"""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Int

from gantheory import _checks
from gantheory.transport._plan import Numbers, Plan, cost_matrix, weights, working_dtype


def optimal_plan(cost: Numbers, a: Numbers | None = None, b: Numbers | None = None) -> Plan:
    """Find a plan of least cost, with dual potentials that prove that it is one.

    Solved in float64 by `scipy.optimize.linear_sum_assignment` where all masses are equal, by
    `scipy.optimize.linprog` (HiGHS) otherwise. The potentials are feasible (f_i + g_j <= c_ij) and tight on every
    moved pair (f_i + g_j = c_ij) up to round-off, also at places without mass; a solution that failed this would be
    improved until it holds.

    Args:
        cost: [n, m], the cost of moving one unit of mass from each source to each target, finite and non-negative.
        a: [n], the masses of the sources, zeros allowed; None is uniform with total 1.
        b: [m], the masses of the targets, of the same total (to 1e-5 relative); None is uniform with total 1.

    Returns:
        A `Plan`; its cost is the sum of matrix * cost, so it scales with the total mass, and `converged` is true.

    Raises:
        ValueError: if the cost is not a matrix, empty, negative, NaN or infinite, or if masses are negative, of the
            wrong length, or of zero or unequal totals.
        TypeError: if the arrays are not made of real numbers, or not concrete (traced by jit, vmap or grad).

    Example:
        Two sources at 0 and 1, two targets at 1 and 3, on the line:

        >>> plan = optimal_plan([[1.0, 3.0], [0.0, 2.0]], a=[3, 1], b=[2, 2])
        >>> print(plan.cost, [potential.tolist() for potential in plan.potentials])
        7.0 [[1.125, 0.125], [-0.125, 1.875]]
    """
    for name, array in (("cost", cost), ("a", a), ("b", b)):
        if not _checks.is_concrete(array):
            _checks.refuse(
                name, "a concrete array (not traced by jit, vmap or grad)", "a tracer", error=TypeError
            )
    checked = cost_matrix(cost)
    n, m = checked.shape
    checked_a, checked_b = weights(a, n, b, m)
    dtype = working_dtype(checked, checked_a, checked_b)
    # From here on in numpy's float64, from what was passed in: JAX may have rounded it to float32.
    cost = np.asarray(cost, np.float64)
    a = np.full(n, 1 / n) if a is None else np.asarray(a, np.float64)
    b = np.full(m, 1 / m) if b is None else np.asarray(b, np.float64)
    b = b * (a.sum() / b.sum())
    matrix, f, g = _solve(cost, a, b)
    constant = (a @ f - b @ g) / (2 * a.sum())
    return Plan(
        matrix=jnp.asarray(matrix, dtype),
        cost=jnp.asarray((matrix * cost).sum(), dtype),
        potentials=(jnp.asarray(f - constant, dtype), jnp.asarray(g + constant, dtype)),
        converged=jnp.asarray(True),
    )


def _solve(
    cost: Float[np.ndarray, "n m"], a: Float[np.ndarray, "n"], b: Float[np.ndarray, "m"]
) -> tuple[Float[np.ndarray, "n m"], Float[np.ndarray, "n"], Float[np.ndarray, "m"]]:
    """Solve where there is mass, and extend the potentials to where there is none."""
    rows, columns = np.flatnonzero(a), np.flatnonzero(b)
    block = np.ix_(rows, columns)
    matrix = np.zeros_like(cost)
    if rows.size == columns.size and np.ptp(a[rows]) == 0 and np.ptp(b[columns]) == 0:
        start, f = _assignment(cost[block], a[rows])
    else:
        start, f = _linear_program(cost[block], a[rows], b[columns])
    matrix[block], f, g = _settle(cost[block], start, f)
    # The largest feasible price at a place without mass, first for the sources, then for the targets.
    full_f, full_g = np.empty_like(a), np.empty_like(b)
    full_f[rows], full_g[columns] = f, g
    idle = a == 0
    full_f[idle] = (cost[np.ix_(idle, columns)] - g[None, :]).min(axis=1)
    idle = b == 0
    full_g[idle] = (cost[:, idle] - full_f[:, None]).min(axis=0)
    return matrix, full_f, full_g


def _assignment(
    cost: Float[np.ndarray, "n n"], a: Float[np.ndarray, "n"]
) -> tuple[Float[np.ndarray, "n n"], Float[np.ndarray, "n"]]:
    """Solve for equal masses, where a permutation is a best plan; any potentials f will do to start from."""
    from scipy.optimize import linear_sum_assignment

    plan = np.zeros_like(cost)
    plan[linear_sum_assignment(cost)] = a
    return plan, np.zeros_like(a)


def _linear_program(
    cost: Float[np.ndarray, "n m"], a: Float[np.ndarray, "n"], b: Float[np.ndarray, "m"]
) -> tuple[Float[np.ndarray, "n m"], Float[np.ndarray, "n"]]:
    """Solve the linear program; return a best plan and its potentials f."""
    from scipy.optimize import linprog
    from scipy.sparse import eye_array, kron, vstack

    n, m = cost.shape
    sums = vstack([kron(eye_array(n), np.ones((1, m))), kron(np.ones((1, n)), eye_array(m))], format="csr")
    # The solver's tolerances are absolute: give it masses of mean 1 and costs of at most 1.
    unit, scale = a.sum() / (n + m), cost.max() or 1.0
    result = linprog(
        (cost / scale).ravel(),
        A_eq=sums,
        b_eq=np.concatenate([a, b]) / unit,
        method="highs-ds",
        options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
    )
    if result.x is None:
        raise RuntimeError(f"The linear program of the transport was not solved: {result.message}")
    return result.x.clip(0).reshape(n, m) * unit, result.eqlin.marginals[:n] * scale


def _settle(
    cost: Float[np.ndarray, "n m"], plan: Float[np.ndarray, "n m"], f: Float[np.ndarray, "n"]
) -> tuple[Float[np.ndarray, "n m"], Float[np.ndarray, "n"], Float[np.ndarray, "m"]]:
    """Make potentials feasible and tight on every moved pair; if none exist, improve the plan until they do.

    Given f, the best prices of the targets are g_j = min_i (c_ij - f_i), which is feasible. Where a moved pair is not
    tight, f_i is raised to c_ij - g_j, and so on: the shortest paths of Bellman and Ford in the residual graph. They
    settle after at most n rounds, or there is a cycle along which moving mass is cheaper than now; then mass is moved.
    """
    plan, f = plan.copy(), f.copy()
    n, m = cost.shape
    while True:
        moved = np.nonzero(plan)
        history = []
        for _ in range(n + 1):
            reduced = cost - f[:, None]
            cheapest = reduced.argmin(axis=0)
            g = reduced[cheapest, np.arange(m)]
            raised = cost[moved] - g[moved[1]]
            gaps = raised - f[moved[0]]
            if gaps.max() <= 8 * np.finfo(np.float64).eps * (cost.max() + np.abs(f).max()):
                return plan, f, g
            order = np.argsort(raised)  # of repeated indices, the last assignment stays: the largest
            through = np.empty(n, int)
            through[moved[0][order]] = moved[1][order]
            f[moved[0][order]] = raised[order]
            history.append((through, cheapest))
        _cancel(plan, moved[0][gaps.argmax()], history)


def _cancel(
    plan: Float[np.ndarray, "n m"],
    row: int,
    history: list[tuple[Int[np.ndarray, "n"], Int[np.ndarray, "m"]]],
) -> None:
    """Move mass, in place, around the cycle that kept raising `row`, found by going back through the rounds."""
    path: list[tuple[int, int]] = []  # the moved pairs passed
    seen: dict[int, int] = {}
    for through, cheapest in reversed(history):
        if row in seen:
            break
        seen[row] = len(path)
        column = through[row]
        path.append((row, column))
        row = cheapest[column]
    cycle = path[seen[row] :]
    amount = min(plan[pair] for pair in cycle)
    for (_, column), (other, _) in zip(cycle, cycle[1:] + cycle[:1], strict=True):
        plan[other, column] += amount
    for pair in cycle:
        plan[pair] -= amount
