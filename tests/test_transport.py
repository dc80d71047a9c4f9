"""Transport against POT, ott-jax, scipy and closed forms."""

import itertools
import math
import warnings

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats
from jax.test_util import check_grads

from gantheory import transport
from gantheory.transport import (
    Plan,
    count_moving_plans,
    exact,
    gaussian_w2,
    line,
    moving_plans,
    optimal_plan,
    ranked_plans,
    sinkhorn,
    sliced_wasserstein,
    wasserstein_1d,
)

with warnings.catch_warnings():
    # Their imports warn of what is not ours: POT of an invalid escape sequence in its own source (when Python compiles
    # it), ott-jax of jaxopt, which it still uses and which is no longer maintained.
    warnings.filterwarnings("ignore", message="(?s).*invalid escape sequence")
    warnings.filterwarnings("ignore", message="JAXopt is no longer maintained", category=DeprecationWarning)
    import ot
    from ott.geometry.geometry import Geometry
    from ott.solvers import linear


@pytest.fixture
def rng():
    return np.random.default_rng(7)


def squared_distances(x, y):
    return ((x[:, None, :] - y[None, :, :]) ** 2).sum(axis=-1)


def random_masses(rng, n, total=1.0, num_zeros=0):
    masses = rng.random(n) + 0.01
    masses[rng.permutation(n)[:num_zeros]] = 0
    return masses * (total / masses.sum())


# --- wasserstein_1d ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("total", [1.0, 6.0])
@pytest.mark.parametrize("p", [1, 1.5, 2, 5])
def test_wasserstein_1d_is_the_best_plan_between_weighted_points(x64, rng, p, total):
    # Rounded, so that there are ties within and between the two; shuffled, and with masses of 0.
    x, y = rng.normal(size=23).round(1), rng.normal(size=17).round(1) + 0.3
    a, b = random_masses(rng, 23, total, num_zeros=4), random_masses(rng, 17, total, num_zeros=3)
    best = ot.emd2(a, b, abs(x[:, None] - y[None, :]) ** p)
    np.testing.assert_allclose(wasserstein_1d(x, y, a, b, p=p), best ** (1 / p), rtol=1e-9)
    np.testing.assert_allclose(wasserstein_1d(y, x, b, a, p=p), best ** (1 / p), rtol=1e-9)


@pytest.mark.parametrize("sizes", [(30, 30), (30, 20), (1, 7), (12, 35), (5, 1)])
def test_wasserstein_1d_of_uniform_points(x64, rng, sizes):
    x, y = rng.normal(size=sizes[0]), 2 * rng.normal(size=sizes[1])
    np.testing.assert_allclose(wasserstein_1d(x, y), scipy.stats.wasserstein_distance(x, y), rtol=1e-12)
    np.testing.assert_allclose(wasserstein_1d(x, y, p=3), ot.wasserstein_1d(x, y, p=3) ** (1 / 3), rtol=1e-12)
    uniform = np.full(sizes[0], 1 / sizes[0]), np.full(sizes[1], 1 / sizes[1])
    np.testing.assert_allclose(wasserstein_1d(x, y, *uniform), wasserstein_1d(x, y), rtol=1e-12)
    np.testing.assert_allclose(wasserstein_1d(x, y, a=uniform[0]), wasserstein_1d(x, y), rtol=1e-12)


def test_wasserstein_1d_in_float32_with_ten_thousand_masses(rng):
    x, y = rng.normal(size=10_000), 1.2 * rng.normal(size=10_000) + 0.3
    a, b = random_masses(rng, 10_000), random_masses(rng, 10_000)
    arrays = [array.astype(np.float32) for array in (x, y, a, b)]
    value = wasserstein_1d(*arrays)
    assert value.dtype == jnp.float32
    np.testing.assert_allclose(value, scipy.stats.wasserstein_distance(x, y, a, b), rtol=1e-5)
    np.testing.assert_allclose(wasserstein_1d(*arrays[:2]), scipy.stats.wasserstein_distance(x, y), rtol=1e-6)


def test_wasserstein_1d_of_a_shift_is_the_shift_and_scales_with_the_mass():
    x, masses = np.array([0.0, 3.0, 1.0, 1.0]), np.array([1.0, 2.0, 0.0, 3.0])
    for p in (1, 2, 4):
        np.testing.assert_allclose(wasserstein_1d(x, x + 2.5, p=p), 2.5, rtol=1e-6)
        np.testing.assert_allclose(
            wasserstein_1d(x, x + 2.5, masses, masses, p=p), 2.5 * 6 ** (1 / p), rtol=1e-6
        )


def test_far_points_without_mass_do_not_count(rng):
    # So many masses that their running sum is rounded, and points where a grain of mass would show.
    x, masses = rng.normal(size=3_000), random_masses(rng, 3_000)
    far = 1e12 * (1 + rng.random(1_000))
    assert wasserstein_1d(np.concatenate([x, far]), x, np.concatenate([masses, 0 * far]), masses) < 1e-4
    assert wasserstein_1d(np.concatenate([x, -far]), x, np.concatenate([masses, 0 * far]), masses) < 1e-4


@pytest.mark.parametrize("p", [1, 2, 3.5])
@pytest.mark.parametrize("weighted", [False, True])
def test_wasserstein_1d_of_equals_is_zero_with_finite_gradient(p, weighted):
    x = jnp.asarray([0.5, 0.5, 2.0, -1.0])
    masses = jnp.asarray([1.0, 0.0, 2.0, 1.0]) if weighted else None
    value, gradient = jax.value_and_grad(lambda y: wasserstein_1d(x, y, masses, masses, p=p))(x)
    assert value == 0
    np.testing.assert_array_equal(gradient, 0)


@pytest.mark.parametrize("p", [1, 2])
def test_wasserstein_1d_gradients(x64, rng, p):
    x, y = jnp.asarray(rng.normal(size=6)), jnp.asarray(rng.normal(size=5))
    a, b = jnp.asarray(random_masses(rng, 6)), jnp.asarray(random_masses(rng, 5))
    check_grads(lambda x, y: wasserstein_1d(x, y, p=p), (x, y), order=1, modes=["fwd", "rev"])
    check_grads(lambda x, y: wasserstein_1d(x, y, a, b, p=p), (x, y), order=1, modes=["fwd", "rev"])
    # Moving mass within a, so that the totals stay equal.
    moved = jnp.asarray([1.0, -1.0, 0.5, 0.0, 0.0, -0.5])
    check_grads(lambda t: wasserstein_1d(x, y, a + t * moved, b, p=p), (0.0,), order=1, modes=["fwd", "rev"])


def test_wasserstein_1d_under_jit_and_vmap(rng):
    x, y, a = rng.normal(size=(3, 8)), rng.normal(size=(3, 5)), np.stack([random_masses(rng, 8)] * 3)
    alone = [float(wasserstein_1d(*args)) for args in zip(x, y, a, strict=True)]
    np.testing.assert_allclose(jax.jit(jax.vmap(wasserstein_1d))(x, y, a), alone, rtol=1e-6)


def test_wasserstein_1d_neither_overflows_nor_underflows():
    for scale in (1e-30, 1e30):
        np.testing.assert_allclose(wasserstein_1d([0.0, scale], [scale, 2 * scale], p=10), scale, rtol=1e-5)


# --- moving plans -----------------------------------------------------------------------------------------------------


def all_plans_by_trial(a, b):
    """Try every matrix of small entries, in descending lexicographic order."""
    entries = [range(min(row, column), -1, -1) for row in a for column in b]
    for candidate in itertools.product(*entries):
        plan = np.reshape(candidate, (len(a), len(b)))
        if (plan.sum(axis=1) == a).all() and (plan.sum(axis=0) == b).all():
            yield plan.tolist()


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ((3, 2, 1), (1, 2, 3)),
        ((2, 2), (1, 0, 3)),
        ((0, 3, 1), (2, 2)),
        ((4,), (1, 1, 2)),
        ((1, 1, 2), (4,)),
        ((1, 1, 1, 1), (1, 1, 1, 1)),
        ((5, 0), (0, 5)),
        ((2, 3, 2), (3, 1, 3)),
    ],
)
def test_moving_plans_are_all_plans_in_order(a, b):
    plans = list(moving_plans(a, b))
    assert [plan.tolist() for plan in plans] == list(all_plans_by_trial(a, b))
    assert count_moving_plans(a, b) == len(plans)
    assert all(np.issubdtype(plan.dtype, np.integer) and plan.shape == (len(a), len(b)) for plan in plans)


def test_the_piles_of_the_course_have_twelve_plans_three_best_for_the_distance_one_for_its_square():
    places = np.arange(3)
    distance = abs(places[:, None] - places[None, :])
    for cost, num_best in ((distance, 3), (distance**2, 1)):
        plans, costs = ranked_plans((3, 2, 1), (1, 2, 3), cost)
        assert plans.shape == (12, 3, 3)
        np.testing.assert_array_equal(costs, [(plan * cost).sum() for plan in plans])
        assert (np.diff(costs) >= 0).all()
        assert (costs == costs[0]).sum() == num_best
        assert costs[0] == pytest.approx(ot.emd2(np.array([3.0, 2, 1]), np.array([1.0, 2, 3]), cost * 1.0))


def test_ranked_plans_share_a_cost_within_round_off_and_keep_their_order():
    cost = np.array(
        [[0.1, 0.2, 0.3], [0.3, 0.4, 0.5], [0.7, 0.8, 0.9]]
    )  # rank one: every plan costs the same
    plans, costs = ranked_plans((2, 1, 2), (1, 3, 1), cost)
    assert len(set(costs.tolist())) == 1
    np.testing.assert_array_equal(plans, list(moving_plans((2, 1, 2), (1, 3, 1))))


def test_counts_with_a_formula():
    for n in (1, 2, 3, 12, 20):
        assert count_moving_plans([1] * n, [1] * n) == math.factorial(n)
    assert count_moving_plans([2, 3, 5], [1] * 10) == math.factorial(10) // (2 * 6 * 120)
    for r in (1, 4, 50, 200):  # MacMahon's formula for squares of three rows with equal sums
        expected = math.comb(r + 2, 4) + math.comb(r + 3, 4) + math.comb(r + 4, 4)
        assert count_moving_plans([r] * 3, [r] * 3) == expected
    assert count_moving_plans([10**30, 10**30], [10**30, 10**30]) == 10**30 + 1
    assert count_moving_plans([7], [3, 4]) == 1
    assert count_moving_plans([0, 0, 4, 2], [3, 0, 3]) == count_moving_plans([4, 2], [3, 3]) == 3
    assert count_moving_plans([5, 4, 6, 3], [9, 9]) == count_moving_plans([9, 9], [3, 4, 5, 6])


def test_moving_plans_are_lazy_and_of_any_shape():
    first, second = itertools.islice(moving_plans([1] * 9, [1] * 9), 2)
    np.testing.assert_array_equal(first, np.eye(9))
    np.testing.assert_array_equal(second[-2:, -2:], [[0, 1], [1, 0]])
    assert sum(1 for _ in moving_plans([1] * 2_000, [2_000])) == 1
    assert sum(1 for _ in moving_plans([2_000], [1] * 2_000)) == 1
    first[:] = -1  # the plans are the caller's own
    assert next(moving_plans([1, 1], [1, 1])).min() == 0


@pytest.mark.parametrize(
    ("masses", "count"), [([2] * 8, "545,007,960"), ([100] * 5, "more than 1,0"), ([1] * 10, "3,628,800")]
)
def test_moving_plans_refuse_too_many_at_once(masses, count):
    assert transport.MAX_PLANS == 1_000_000
    with pytest.raises(ValueError, match=rf"at most 1,000,000 .*{count}"):
        moving_plans(masses, masses)


@pytest.mark.parametrize("call", [moving_plans, count_moving_plans, lambda a, b: ranked_plans(a, b, [[1.0]])])
@pytest.mark.parametrize(
    ("a", "b", "error", "sentence"),
    [
        ([2, -1], [1], ValueError, "each mass in a must be a whole number of at least 0, got -1"),
        ([1, 2], [4], ValueError, "a and b must be of equal totals, got totals 3 and 4"),
        ([0, 0], [0], ValueError, "a and b must be of positive total"),
        ([], [], ValueError, "a must be a non-empty row"),
        (
            [[1, 2]],
            [3],
            ValueError,
            r"a must be a non-empty row of whole masses, shape \[n\], got shape \[1, 2\]",
        ),
        ([1], 1, ValueError, "b must be a non-empty row"),
        ([1.5, 1.5], [3], TypeError, "each mass in a must be a whole number of at least 0, got 1.5"),
        (np.array([1.0, 2.0]), [3], TypeError, "each mass in a must be a whole number"),
        ([True], [1], TypeError, "each mass in a must be a whole number"),
    ],
)
def test_moving_plans_refuse_wrong_masses(call, a, b, error, sentence):
    with pytest.raises(error, match=sentence):
        call(a, b)


def test_concrete_only():
    with pytest.raises(TypeError, match="a must be a concrete array"):
        jax.jit(lambda a: count_moving_plans(a, [1]))(jnp.ones(1, int))
    with pytest.raises(TypeError, match="cost must be a concrete array"):
        jax.grad(lambda cost: optimal_plan(cost).cost)(jnp.ones((2, 2)))
    with pytest.raises(TypeError, match="b must be a concrete array"):
        jax.jit(lambda b: optimal_plan(np.ones((2, 2)), b=b).cost)(jnp.ones(2))


def test_ranked_plans_refuse_a_cost_of_another_shape():
    with pytest.raises(
        ValueError, match=r"cost must be of shape \[2, 1\], as the masses, got shape \[1, 2\]"
    ):
        ranked_plans([1, 1], [2], [[1.0, 2.0]])
    with pytest.raises(ValueError, match="cost must be non-negative"):
        ranked_plans([1, 1], [2], [[1.0], [-2.0]])


# --- optimal_plan -----------------------------------------------------------------------------------------------------


def assert_optimal(plan, cost, a, b, *, rtol):
    """Check what proves a plan optimal: marginals, feasible potentials, complementary slackness, strong duality."""
    matrix, (f, g) = np.asarray(plan.matrix, float), (np.asarray(p, float) for p in plan.potentials)
    scale = cost.max()
    assert matrix.min() >= 0
    np.testing.assert_allclose(matrix.sum(axis=1), a, rtol=rtol, atol=rtol * a.sum())
    np.testing.assert_allclose(matrix.sum(axis=0), b, rtol=rtol, atol=rtol * b.sum())
    reduced = cost - f[:, None] - g[None, :]
    assert reduced.min() >= -rtol * scale
    assert abs(reduced[matrix > 0]).max() <= rtol * scale
    np.testing.assert_allclose(plan.cost, (matrix * cost).sum(), rtol=rtol, atol=rtol * scale * a.sum())
    np.testing.assert_allclose(a @ f + b @ g, plan.cost, rtol=rtol, atol=rtol * scale * a.sum())
    np.testing.assert_allclose(a @ f, b @ g, atol=rtol * scale * a.sum())
    # Scaled: POT's tolerances are absolute.
    best = ot.emd2(a, b, cost / (scale or 1)) * scale
    np.testing.assert_allclose(plan.cost, best, rtol=10 * rtol, atol=rtol * scale * a.sum())
    assert plan.converged


def problems(rng):
    x, y = rng.normal(size=(40, 2)), rng.normal(size=(40, 2)) + 0.5
    cost = squared_distances(x, y)
    yield "assignment", cost, None, None
    yield "equal masses, unequal sizes", cost[:30], None, None
    yield "weighted", cost, random_masses(rng, 40), random_masses(rng, 40)
    yield "masses of 0", cost[:, :25], random_masses(rng, 40, 3.0, 8), random_masses(rng, 25, 3.0, 5)
    whole = rng.integers(0, 4, 20), rng.integers(0, 4, 20)
    whole[0][0] += max(0, whole[1].sum() - whole[0].sum())
    whole[1][0] += max(0, whole[0].sum() - whole[1].sum())
    grid = abs(np.arange(20.0)[:, None] - np.arange(20.0)[None, :])
    yield "whole masses, ties everywhere", grid, *whole
    yield "assignment with ties", grid, None, None
    spread = np.where(rng.random(20) < 0.5, 1e-7, 1.0)
    yield "masses of different sizes", grid, spread, spread[rng.permutation(20)]
    forbidden = cost.copy()
    forbidden[0, 1:] = 1e8
    yield "a forbidding cost", forbidden, random_masses(rng, 40), None
    yield "tiny costs", 1e-12 * cost, random_masses(rng, 40), random_masses(rng, 40)
    yield "no cost", 0 * cost[:3, :5], None, None
    yield "one source", cost[:1, :6], np.array([2.0]), random_masses(rng, 6, 2.0)


@pytest.mark.parametrize("case", range(11))
@pytest.mark.parametrize("double", [True, False])
def test_optimal_plan_is_optimal_and_its_potentials_prove_it(rng, case, double):
    _, cost, a, b = list(problems(rng))[case]
    with jax.enable_x64(double):
        dtype = np.float64 if double else np.float32
        cost = cost.astype(dtype).astype(float)
        plan = optimal_plan(cost, a, b)
        assert {leaf.dtype for leaf in jax.tree.leaves(plan)} == {np.dtype(dtype), np.dtype(bool)}
    a = np.full(cost.shape[0], 1 / cost.shape[0]) if a is None else a.astype(float)
    b = np.full(cost.shape[1], 1 / cost.shape[1]) if b is None else b * (a.sum() / b.sum())
    assert_optimal(plan, cost, a, b, rtol=1e-9 if double else 1e-6)
    if double:  # tight up to round-off, nothing more
        f, g = (np.asarray(potential) for potential in plan.potentials)
        reduced = cost - f[:, None] - g[None, :]
        assert reduced.min() >= -1e-14 * cost.max()
        assert abs(reduced[np.asarray(plan.matrix) > 0]).max() <= 1e-14 * cost.max()


def test_optimal_plan_between_shuffled_points_is_the_permutation(rng):
    x, order = rng.normal(size=(300, 2)), rng.permutation(300)
    plan = optimal_plan(squared_distances(x, x[order]))
    np.testing.assert_allclose(plan.matrix, (order[None, :] == np.arange(300)[:, None]) / 300)
    assert plan.cost == 0


def test_optimal_plan_on_the_line_is_wasserstein_1d(x64, rng):
    x, y, a, b = (
        rng.normal(size=15),
        rng.normal(size=11),
        random_masses(rng, 15, 4),
        random_masses(rng, 11, 4),
    )
    plan = optimal_plan(abs(x[:, None] - y[None, :]), a, b)
    np.testing.assert_allclose(plan.cost, wasserstein_1d(x, y, a, b), rtol=1e-9)


@pytest.mark.parametrize("shape", [(12, 12), (7, 18)])
def test_a_plan_that_is_not_optimal_is_improved_until_it_is(rng, shape):
    cost = squared_distances(rng.normal(size=(shape[0], 2)), rng.normal(size=(shape[1], 2)))
    a, b = random_masses(rng, shape[0]), random_masses(rng, shape[1])
    matrix, f, g = exact._settle(cost, np.outer(a, b), np.zeros(shape[0]))
    np.testing.assert_allclose(matrix.sum(axis=1), a)
    np.testing.assert_allclose(matrix.sum(axis=0), b)
    np.testing.assert_allclose((matrix * cost).sum(), ot.emd2(a, b, cost))
    np.testing.assert_allclose(a @ f + b @ g, ot.emd2(a, b, cost))


WRONG_PROBLEMS = [
    (
        dict(cost=[1.0, 2.0]),
        ValueError,
        r"cost must be a non-empty matrix of shape \[n, m\], got shape \[2\]",
    ),
    (dict(cost=np.ones((0, 2))), ValueError, "cost must be a non-empty matrix"),
    (dict(cost=np.ones((2, 2, 1))), ValueError, "cost must be a non-empty matrix"),
    (dict(cost=[[0.0, -1.0]]), ValueError, "cost must be non-negative, got a smallest entry of -1"),
    (dict(cost=[[0.0, np.nan]]), ValueError, "cost must be free of NaN"),
    (dict(cost=[[0.0, np.inf]]), ValueError, "cost must be finite"),
    (dict(cost="cheap"), TypeError, "cost must be an array of real numbers"),
    (dict(cost=[[1.0, 2.0]], a=[-1.0]), ValueError, "a must be non-negative"),
    (dict(cost=[[1.0, 2.0]], a=[0.0]), ValueError, "a must be of positive total"),
    (dict(cost=[[1.0, 2.0]], a=[np.nan]), ValueError, "a must be free of NaN"),
    (dict(cost=[[1.0, 2.0]], a=[0.5, 0.5]), ValueError, "a must be of length 1, got length 2"),
    (dict(cost=[[1.0, 2.0]], b=[[0.5, 0.5]]), ValueError, r"b must be a non-empty array of shape \[n\]"),
    (
        dict(cost=[[1.0, 2.0]], b=[0.5, 0.6]),
        ValueError,
        "a and b must be of equal totals .* got totals 1 and 1.1",
    ),
    (dict(cost=[[1.0, 2.0]], a=[3.0]), ValueError, "a and b must be of equal totals .* got totals 3 and 1"),
]


@pytest.mark.parametrize("solve", [optimal_plan, lambda **problem: sinkhorn(**problem, epsilon=1.0)])
@pytest.mark.parametrize(("problem", "error", "sentence"), WRONG_PROBLEMS)
def test_wrong_problems_are_refused(solve, problem, error, sentence):
    with pytest.raises(error, match=sentence):
        solve(**problem)


def test_totals_may_differ_by_round_off_only():
    optimal_plan([[1.0, 2.0]], a=[1.0], b=[0.5, 0.500004])
    with pytest.raises(ValueError, match="equal totals"):
        optimal_plan([[1.0, 2.0]], a=[1.0], b=[0.5, 0.50002])


# --- sinkhorn ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("double", [True, False])
@pytest.mark.parametrize("relative", [1.0, 0.1, 0.01, 1e-3, 1e-4])
@pytest.mark.parametrize("case", [0, 2, 3])
def test_sinkhorn_converges_and_says_so_truly(rng, case, relative, double):
    _, cost, a, b = list(problems(rng))[case]
    with jax.enable_x64(double):
        plan = jax.tree.map(np.asarray, sinkhorn(cost, a, b, epsilon=relative * cost.max()))
    n, m = cost.shape
    a = np.full(n, 1 / n) if a is None else a
    b = np.full(m, 1 / m) if b is None else b
    matrix = np.asarray(plan.matrix, float)
    error = abs(matrix.sum(axis=1) - a).sum() + abs(matrix.sum(axis=0) - b).sum()
    assert plan.converged
    assert error <= (1e-9 if double else 1e-6) * a.sum()
    assert np.isfinite(matrix).all() and matrix.min() >= 0
    assert all(np.isfinite(potential).all() for potential in plan.potentials)
    np.testing.assert_allclose(plan.cost, (matrix * cost).sum(), rtol=1e-5)
    best = ot.emd2(a.astype(float), b * (a.sum() / b.sum()), cost)
    assert plan.cost >= best * (1 - 1e-5)
    # Blur costs at most epsilon times the entropy that a plan of total 1 can have.
    assert plan.cost <= best * (1 + 1e-5) + relative * cost.max() * math.log(min(n, m)) * a.sum()


def test_sinkhorn_is_the_entropic_plan_of_pot_and_ott(x64, rng):
    cost = squared_distances(rng.normal(size=(12, 2)), rng.normal(size=(9, 2)))
    a, b, epsilon = random_masses(rng, 12), random_masses(rng, 9), 0.3
    plan = sinkhorn(cost, a, b, epsilon=epsilon)
    np.testing.assert_allclose(
        plan.matrix, ot.sinkhorn(a, b, cost, epsilon, method="sinkhorn_log", stopThr=1e-12), atol=1e-9
    )
    with jax.numpy_rank_promotion("allow"):  # ott-jax needs it
        other = linear.solve(
            Geometry(jnp.asarray(cost), epsilon=epsilon), jnp.asarray(a), jnp.asarray(b), threshold=1e-11
        )
    np.testing.assert_allclose(plan.matrix, other.matrix, atol=1e-9)
    # Potentials: the documented formula, and the documented constant.
    f, g = plan.potentials
    expected = a[:, None] * b[None, :] * np.exp((f[:, None] + g[None, :] - cost) / epsilon)
    np.testing.assert_allclose(plan.matrix, expected, rtol=1e-9)
    np.testing.assert_allclose(a @ f, b @ g, rtol=1e-9)
    # Three times the mass, and as much of everything but the potentials.
    heavy = sinkhorn(cost, 3 * a, 3 * b, epsilon=epsilon)
    np.testing.assert_allclose(heavy.matrix, 3 * plan.matrix, rtol=1e-7)
    np.testing.assert_allclose(heavy.cost, 3 * plan.cost, rtol=1e-8)
    np.testing.assert_allclose(heavy.potentials[0], f, rtol=1e-7)


def test_sinkhorn_potentials_go_to_exact_ones(x64, rng):
    cost = squared_distances(rng.normal(size=(8, 2)), rng.normal(size=(6, 2)))
    a, b = (
        random_masses(rng, 8),
        random_masses(rng, 6),
    )  # so the exact potentials are unique but for the constant
    plan, best = sinkhorn(cost, a, b, epsilon=1e-4), optimal_plan(cost, a, b)
    for found, wanted in zip(plan.potentials, best.potentials, strict=True):
        np.testing.assert_allclose(found, wanted, atol=0.01)


def test_sinkhorn_says_when_it_has_not_converged(rng):
    cost = squared_distances(rng.normal(size=(30, 2)), rng.normal(size=(30, 2)))
    with pytest.warns(
        RuntimeWarning, match="sinkhorn has not converged after 3 iterations: its marginal error is"
    ):
        plan = sinkhorn(cost, epsilon=0.01, max_iterations=3)
    assert not plan.converged
    assert not jax.jit(lambda cost: sinkhorn(cost, epsilon=0.01, max_iterations=3))(cost).converged


def test_a_larger_epsilon_that_fits_is_not_taken_for_the_wanted_one():
    # By symmetry the marginals hold at every epsilon on the way, so that they alone would not tell.
    with pytest.warns(RuntimeWarning, match="at the wanted epsilon"):
        plan = sinkhorn([[0.0, 1.0], [1.0, 0.0]], epsilon=0.01, max_iterations=2)
    np.testing.assert_allclose(plan.matrix.sum(axis=0), 0.5, rtol=1e-6)
    assert plan.cost > 0.1
    assert not plan.converged


def test_sinkhorn_under_jit_and_vmap(rng):
    cost = squared_distances(rng.normal(size=(9, 2)), rng.normal(size=(7, 2)))
    epsilons = jnp.asarray([0.05, 0.5, 5.0])
    plans = jax.jit(jax.vmap(lambda epsilon: sinkhorn(cost, epsilon=epsilon)))(epsilons)
    assert isinstance(plans, Plan)
    assert plans.matrix.shape == (3, 9, 7)
    for epsilon, found in zip(epsilons, plans.cost, strict=True):
        np.testing.assert_allclose(found, sinkhorn(cost, epsilon=epsilon).cost, rtol=1e-5)
    assert plans.converged.all()


@pytest.mark.parametrize("epsilon", [0.5, 0.02])
def test_sinkhorn_gradients(x64, rng, epsilon):
    cost = jnp.asarray(squared_distances(rng.normal(size=(6, 2)), rng.normal(size=(5, 2))))
    a, b = jnp.asarray(random_masses(rng, 6, num_zeros=1)), jnp.asarray(random_masses(rng, 5, num_zeros=1))
    moved = jnp.where(a > 0, jnp.asarray(rng.normal(size=6)), 0)
    moved = moved - a * moved.sum()

    def outputs(cost, amount, epsilon):
        plan = sinkhorn(cost, a + amount * moved, b, epsilon=epsilon)
        return plan.cost, plan.matrix, plan.potentials

    check_grads(outputs, (cost, 0.0, epsilon), order=1, modes=["fwd", "rev"], atol=1e-4, rtol=1e-4, eps=1e-5)


@pytest.mark.parametrize(
    ("epsilon", "error", "sentence"),
    [
        (0.0, ValueError, "epsilon must be a finite number above 0, got 0.0"),
        (-1.0, ValueError, "epsilon must be a finite number above 0"),
        (np.nan, ValueError, "epsilon must be a finite number above 0"),
        (1e-30, ValueError, "epsilon must be at least .* in float32 .*underflows.* got 1e-30"),
        (1e-300, ValueError, r"epsilon must be .* above 0, got 1e-300 \(0.0 in float32\)"),
        (1e-7, ValueError, "epsilon must be at least 1.9e-06 for costs up to 2 in float32"),
        ("small", TypeError, "epsilon must be a finite number above 0"),
    ],
)
def test_sinkhorn_refuses_a_wrong_epsilon(epsilon, error, sentence):
    with pytest.raises(error, match=sentence):
        sinkhorn([[1.0, 2.0]], epsilon=epsilon)


def test_sinkhorn_refuses_wrong_iterations():
    with pytest.raises(
        ValueError, match="max_iterations must be a whole number of at least 1 and at most 2147483647, got 0"
    ):
        sinkhorn([[1.0, 2.0]], epsilon=1.0, max_iterations=0)
    with pytest.raises(ValueError, match="epsilon must be"):
        sinkhorn([[0.0, 0.0]], epsilon=1e-300)
    assert sinkhorn([[0.0, 0.0]], epsilon=1e-30).cost == 0


# --- gaussian_w2 ------------------------------------------------------------------------------------------------------


def random_covariance(rng, dim, rank=None):
    root = rng.normal(size=(dim, dim if rank is None else rank))
    return root @ root.T


def test_gaussian_w2_is_that_of_pot(x64, rng):
    for dim in (1, 2, 5):
        m1, m2 = rng.normal(size=(2, dim))
        s1, s2 = random_covariance(rng, dim), random_covariance(rng, dim)
        np.testing.assert_allclose(
            gaussian_w2(m1, s1, m2, s2), ot.gaussian.bures_wasserstein_distance(m1, m2, s1, s2), rtol=1e-9
        )


def test_gaussian_w2_of_singular_covariances(x64, rng):
    # Two Gaussians on lines at an angle: W2^2 = s1 + s2 - 2 sqrt(s1 s2) |cos|, here with variances 1 and 4.
    angle = 0.7
    along = np.array([np.cos(angle), np.sin(angle)])
    s1, s2 = np.diag([1.0, 0.0]), 4 * along[:, None] * along[None, :]
    expected = math.sqrt(1 + 4 - 4 * math.cos(angle))
    np.testing.assert_allclose(gaussian_w2(np.zeros(2), s1, np.zeros(2), s2), expected, rtol=1e-7)
    np.testing.assert_allclose(gaussian_w2(np.zeros(2), 0 * s1, np.array([3.0, 0]), 0 * s1), 3, rtol=1e-12)
    np.testing.assert_allclose(gaussian_w2(np.zeros(2), 0 * s1, np.zeros(2), s2), 2, rtol=1e-7)


def test_gaussian_w2_does_not_cancel_in_float32():
    # The trace formula would lose half of the digits here: W2 = |1.0001 - 1| sqrt(d).
    scale = np.float32(1.0001)
    value = gaussian_w2(np.zeros(3), np.eye(3), np.zeros(3), scale**2 * np.eye(3))
    np.testing.assert_allclose(value, 1e-4 * math.sqrt(3), rtol=5e-3)
    huge = 1e15 * np.eye(2)  # its square overflows in products of roots only if not scaled
    np.testing.assert_allclose(
        gaussian_w2(np.zeros(2), huge, np.full(2, 1e15), huge), 1e15 * math.sqrt(2), rtol=1e-6
    )


@pytest.mark.parametrize("double", [True, False])
def test_gaussian_w2_of_equals_is_exactly_zero_with_finite_gradient(rng, double):
    with jax.enable_x64(double):
        for cov in (
            random_covariance(rng, 3),
            random_covariance(rng, 3, rank=1),
            np.eye(3),
            np.zeros((3, 3)),
        ):
            args = [jnp.asarray(array) for array in (rng.normal(size=3), cov)] * 2
            value, gradients = jax.value_and_grad(gaussian_w2, argnums=(0, 1, 2, 3))(*args)
            assert value == 0
            for gradient in gradients:
                np.testing.assert_array_equal(gradient, 0)


def test_gaussian_w2_gradients_also_at_equal_eigenvalues(x64, rng):
    m1, m2 = jnp.asarray(rng.normal(size=(2, 3)))
    for s1, s2 in (
        (random_covariance(rng, 3), random_covariance(rng, 3)),
        (np.eye(3), 4 * np.eye(3)),
        (np.diag([1.0, 1.0, 2.0]), np.eye(3)),
    ):
        # The finite differences go through matrices that are not symmetric unless made so.
        check_grads(
            lambda m1, s1, m2, s2: gaussian_w2(m1, (s1 + s1.T) / 2, m2, (s2 + s2.T) / 2),
            (m1, jnp.asarray(s1), m2, jnp.asarray(s2)),
            order=1,
            modes=["fwd", "rev"],
        )


def test_gaussian_w2_under_jit_and_vmap(rng):
    means, covs = rng.normal(size=(4, 2)), np.stack([random_covariance(rng, 2) for _ in range(4)])
    alone = [float(gaussian_w2(m, s, means[0], covs[0])) for m, s in zip(means, covs, strict=True)]
    together = jax.jit(jax.vmap(gaussian_w2, in_axes=(0, 0, None, None)))(means, covs, means[0], covs[0])
    np.testing.assert_allclose(together[1:], alone[1:], rtol=1e-5)


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (([[0.0]], [[1.0]], [0.0], [[1.0]]), r"mean1 must be a non-empty array of shape \[n\]"),
        (([0.0], [[1.0]], [0.0, 1.0], [[1.0]]), "mean2 must be of length 1, got length 2"),
        (([0.0], [1.0], [0.0], [[1.0]]), r"cov1 must be of shape \[1, 1\], as the mean, got shape \[1\]"),
        (([0.0], [[1.0]], [0.0], [[np.nan]]), "cov2 must be free of NaN"),
        (([0.0], [[1.0]], [0.0], [[-1.0]]), "cov2 must be positive semi-definite, got an eigenvalue of -1"),
        (([0.0, 0.0], [[1.0, 0.5], [0.0, 1.0]], [0.0, 0.0], np.eye(2)), "cov1 must be symmetric"),
    ],
)
def test_gaussian_w2_refuses(args, sentence):
    with pytest.raises(ValueError, match=sentence):
        gaussian_w2(*args)


# --- sliced_wasserstein -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("p", [1, 2, 3])
@pytest.mark.parametrize("sizes", [(40, 40), (40, 25)])
def test_sliced_wasserstein_is_that_of_pot_on_the_same_directions(x64, rng, p, sizes):
    x, y = rng.normal(size=(sizes[0], 3)), rng.normal(size=(sizes[1], 3)) + 1
    key = jax.random.key(3)
    directions = np.asarray(line._directions(key, 50, 3, np.dtype(np.float64)))
    np.testing.assert_allclose(np.linalg.norm(directions, axis=1), 1)
    expected = ot.sliced_wasserstein_distance(x, y, p=p, projections=directions.T)
    np.testing.assert_allclose(sliced_wasserstein(key, x, y, 50, p), expected, rtol=1e-9)


def test_sliced_wasserstein_of_a_shift_is_the_mean_projection_of_the_shift(rng):
    # In the plane the mean of |cos| is 2 / pi, that of cos^2 is 1/2.
    x, shift = rng.normal(size=(30, 2)), np.array([3.0, 4.0])
    key = jax.random.key(0)
    np.testing.assert_allclose(sliced_wasserstein(key, x, x + shift, 20_000), 5 * 2 / math.pi, rtol=0.02)
    np.testing.assert_allclose(sliced_wasserstein(key, x, x + shift, 20_000, 2), 5 / math.sqrt(2), rtol=0.02)


def test_sliced_wasserstein_under_transformations(rng):
    x, y, keys = rng.normal(size=(20, 2)), rng.normal(size=(20, 2)), jax.random.split(jax.random.key(0), 3)
    many = jax.jit(jax.vmap(lambda key: sliced_wasserstein(key, x, y)))(keys)
    np.testing.assert_allclose(many, [float(sliced_wasserstein(key, x, y)) for key in keys], rtol=1e-5)
    assert len(set(many.tolist())) == 3
    for p in (1, 2):
        value, gradient = jax.value_and_grad(lambda y, p=p: sliced_wasserstein(keys[0], x, y, p=p))(
            jnp.asarray(x)
        )
        assert value == 0
        np.testing.assert_array_equal(gradient, 0)


# --- more bad input ---------------------------------------------------------------------------------------------------

X, XY, KEY = np.array([0.0, 1.0]), np.ones((3, 2)), jax.random.key(0)


@pytest.mark.parametrize(
    ("call", "error", "sentence"),
    [
        (
            lambda: wasserstein_1d([], X),
            ValueError,
            r"x must be a non-empty array of shape \[n\], got shape \[0\]",
        ),
        (
            lambda: wasserstein_1d(X, XY),
            ValueError,
            r"y must be a non-empty array of shape \[n\], got shape \[3, 2\]",
        ),
        (lambda: wasserstein_1d(X, [np.nan]), ValueError, "y must be free of NaN"),
        (lambda: wasserstein_1d(X, [np.inf]), ValueError, "y must be finite"),
        (lambda: wasserstein_1d(X, X, p=0.5), ValueError, "p must be a finite number at least 1, got 0.5"),
        (lambda: wasserstein_1d(X, X, p=np.nan), ValueError, "p must be a finite number at least 1"),
        (lambda: wasserstein_1d(X, X, p="one"), TypeError, "p must be a finite number at least 1"),
        (lambda: jax.jit(lambda p: wasserstein_1d(X, X, p=p))(1.0), TypeError, "p must be a concrete number"),
        (lambda: wasserstein_1d(X, X, a=[1, -1]), ValueError, "a must be non-negative"),
        (lambda: wasserstein_1d(X, X, b=[0, 0]), ValueError, "b must be of positive total"),
        (lambda: wasserstein_1d(X, X, b=[1]), ValueError, "b must be of length 2, got length 1"),
        (
            lambda: wasserstein_1d(X, X, b=[1, 1]),
            ValueError,
            "equal totals .*None is uniform.* totals 1 and 2",
        ),
        (lambda: wasserstein_1d(X, X, [1, 1], [1, 1.1]), ValueError, "a and b must be of equal totals"),
        (lambda: sliced_wasserstein(0, XY, XY), TypeError, "key must be one random key"),
        (
            lambda: sliced_wasserstein(KEY, X, XY),
            ValueError,
            "x must be a non-empty array of points of shape",
        ),
        (
            lambda: sliced_wasserstein(KEY, XY, XY[:, :1]),
            ValueError,
            r"y must be .* of shape \[n, 2\], got shape",
        ),
        (lambda: sliced_wasserstein(KEY, XY, XY, 0), ValueError, "num_projections must be a whole number"),
        (lambda: sliced_wasserstein(KEY, XY, XY, 1.5), TypeError, "num_projections must be a whole number"),
        (lambda: sliced_wasserstein(KEY, XY, XY, p=0), ValueError, "p must be a finite number at least 1"),
        (lambda: sliced_wasserstein(KEY, XY * np.nan, XY), ValueError, "x must be free of NaN"),
    ],
)
def test_bad_input_is_refused(call, error, sentence):
    with pytest.raises(error, match=sentence):
        call()
