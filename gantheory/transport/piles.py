"""Piles of whole masses: every way of moving one row of piles onto another, counted, listed and ranked.

Only plans of *whole* masses are meant. There are infinitely many others, but among the best plans there is always one
of whole masses: the vertices of the set of all plans have whole entries when the masses are whole (Peyré and Cuturi
2019, "Computational Optimal Transport", section 3.4, on these vertices).
"""

import math
from collections import Counter
from collections.abc import Iterator

import numpy as np
from jaxtyping import Float, Int

from gantheory import _checks
from gantheory.transport._plan import Numbers, cost_matrix

MAX_PLANS = 1_000_000
"""How many plans `moving_plans` agrees to enumerate."""

Masses = tuple[int, ...]


def moving_plans(a: Numbers, b: Numbers) -> Iterator[Int[np.ndarray, "n m"]]:
    """List every plan of whole masses from the piles `a` to the piles `b`, one at a time.

    A plan is a matrix of whole numbers, none negative, whose rows sum to `a` and whose columns sum to `b`. The order
    is lexicographic, row by row, the largest entry first: so the first plan fills greedily from the top left corner
    (for piles in order on a line, that one moves nothing across anything else), and no plan comes twice.

    Args:
        a: [n], whole masses, zeros allowed.
        b: [m], whole masses of the same total.

    Returns:
        An iterator of new numpy integer arrays [n, m]. It is lazy: the next plan is made when it is asked for.

    Raises:
        ValueError: if a mass is negative, the totals are zero or differ, or there are more than `MAX_PLANS` plans
            (raised by the call itself, before anything is enumerated).
        TypeError: if a mass is not a whole number, or not concrete.

    Example:
        >>> [plan.tolist() for plan in moving_plans([2, 1], [1, 2])]
        [[[1, 1], [0, 1]], [[0, 2], [1, 0]]]
        >>> len(list(moving_plans([3, 2, 1], [1, 2, 3])))
        12
    """
    rows, columns = _piles(a, b)
    count, exact = _count(rows, columns, give_up_above=MAX_PLANS)
    if count > MAX_PLANS:
        _checks.refuse(
            "a and b",
            f"piles with at most {MAX_PLANS:,} moving plans to enumerate",
            f"piles with {'' if exact else 'more than '}{count:,}",
        )
    if sum(rows) > np.iinfo(np.int64).max:
        _checks.refuse("a and b", "of a total that fits in 64 bits", f"a total of {sum(rows)}")
    return _enumerate(rows, columns)


def count_moving_plans(a: Numbers, b: Numbers) -> int:
    """Count the plans of whole masses from the piles `a` to the piles `b`, without enumerating them.

    Row after row is dealt out, and for every way in which the columns may be left (their order does not matter) the
    number of ways to get there is kept; the last two rows are counted by inclusion and exclusion. The time depends on
    the number of such remainders, not on the number of plans: a moment for twenty piles of mass 1 (20! plans) or for
    three piles of mass 1,000, but long for five piles of mass 100.

    Args:
        a: [n], whole masses, zeros allowed.
        b: [m], whole masses of the same total.

    Returns:
        The number of plans, an exact Python integer of any size.

    Raises:
        ValueError: if a mass is negative, or the totals are zero or differ.
        TypeError: if a mass is not a whole number, or not concrete.

    Example:
        >>> count_moving_plans([3, 2, 1], [1, 2, 3])
        12
        >>> count_moving_plans([1] * 20, [1] * 20) == math.factorial(20)
        True
    """
    return _count(*_piles(a, b))[0]


def ranked_plans(
    a: Numbers, b: Numbers, cost: Numbers
) -> tuple[Int[np.ndarray, "k n m"], Float[np.ndarray, "k"]]:
    """List every plan of whole masses from the piles `a` to the piles `b`, the cheapest first.

    Args:
        a: [n], whole masses, zeros allowed.
        b: [m], whole masses of the same total.
        cost: [n, m], the cost of moving one unit of mass from each source to each target.

    Returns:
        The plans as integers [k, n, m] and their costs [k] in float64, ascending, both numpy arrays. Plans whose costs
        differ by round-off only share one cost and keep the order of `moving_plans`.

    Raises:
        ValueError: as `moving_plans`, or if `cost` is not a finite non-negative matrix [n, m].
        TypeError: as `moving_plans`.

    Example:
        Between the piles 3, 2, 1 and 1, 2, 3 at the places 0, 1, 2, three plans are best for the distance moved, and
        one for its square:

        >>> places = np.arange(3.0)
        >>> distance = abs(places[:, None] - places[None, :])
        >>> ranked_plans([3, 2, 1], [1, 2, 3], distance)[1].tolist()
        [4.0, 4.0, 4.0, 6.0, 6.0, 6.0, 6.0, 8.0, 8.0, 8.0, 8.0, 8.0]
        >>> ranked_plans([3, 2, 1], [1, 2, 3], distance**2)[1][:3].tolist()
        [4.0, 6.0, 8.0]
    """
    rows, columns = _piles(a, b)
    if not _checks.is_concrete(cost):
        _checks.refuse("cost", "a concrete array (not traced by jit, vmap or grad)", "a tracer", TypeError)
    shape = cost_matrix(cost).shape
    if shape != (len(rows), len(columns)):
        _checks.refuse("cost", f"of shape {[len(rows), len(columns)]}, as the masses", f"shape {list(shape)}")
    plans = np.stack(list(moving_plans(a, b)))
    # Through numpy from the start: costs given in float64 keep their digits where JAX computes in float32.
    costs = np.tensordot(plans, np.asarray(cost, np.float64), axes=2)
    order = np.argsort(costs, kind="stable")
    costs = costs[order]
    # A cost within round-off of the one before is the same cost; ties then go back to the order of enumeration.
    new = np.diff(costs, prepend=costs[0]) > 1e-12 * costs[-1]
    level = np.cumsum(new)
    costs = costs[np.flatnonzero(np.concatenate([[True], new[1:]]))][level]
    again = np.lexsort((order, level))
    return plans[order[again]], costs


def _piles(a: Numbers, b: Numbers) -> tuple[Masses, Masses]:
    """Check two rows of piles: whole masses, none negative, of equal positive totals."""
    rows, columns = _whole_masses("a", a), _whole_masses("b", b)
    if sum(rows) != sum(columns):
        _checks.refuse("a and b", "of equal totals", f"totals {sum(rows)} and {sum(columns)}")
    if sum(rows) == 0:
        _checks.refuse("a and b", "of positive total", "a total of 0")
    return rows, columns


def _whole_masses(name: str, masses: Numbers) -> Masses:
    """Check a non-empty row of whole numbers of at least 0; Python's integers may be of any size."""
    if not _checks.is_concrete(masses):
        _checks.refuse(name, "a concrete array (not traced by jit, vmap or grad)", "a tracer", TypeError)
    if isinstance(masses, list | tuple) and not any(np.ndim(mass) for mass in masses):
        array = np.empty(len(masses), object)
        array[:] = masses
    else:
        try:
            array = np.asarray(masses)
        except ValueError:  # lists of different lengths
            _checks.refuse(name, "a non-empty row of whole masses, shape [n]", _checks.describe(masses))
    if array.ndim != 1 or array.size == 0:
        _checks.refuse(name, "a non-empty row of whole masses, shape [n]", f"shape {list(array.shape)}")
    return tuple(_checks.whole(f"each mass in {name}", mass, at_least=0) for mass in array)


def _enumerate(rows: Masses, columns: Masses) -> Iterator[Int[np.ndarray, "n m"]]:
    """Enumerate depth first; as the totals agree, every beginning of a plan can be finished."""
    plan = np.zeros((len(rows), len(columns)), np.int64)
    remaining = [columns]
    levels = [_splits(rows[0], columns)]
    while levels:
        row = next(levels[-1], None)
        if row is None:
            levels.pop()
            remaining.pop()
            continue
        depth = len(levels)
        plan[depth - 1] = row
        if depth == len(rows):
            yield plan.copy()
        else:
            remaining.append(tuple(left - used for left, used in zip(remaining[-1], row, strict=True)))
            levels.append(_splits(rows[depth], remaining[-1]))


def _splits(total: int, capacities: Masses) -> Iterator[Masses]:
    """Enumerate the ways to deal `total` out to places of these capacities, the largest first entry first."""
    split, place, left = list(capacities), -1, total
    while True:
        # Deal out greedily what is left to the places behind `place`.
        for behind in range(place + 1, len(split)):
            split[behind] = min(left, capacities[behind])
            left -= split[behind]
        yield tuple(split)
        # The next one takes 1 from the last place with room for it behind, and deals out anew all that is behind.
        left = room = 0
        for place in reversed(range(len(split))):
            if split[place] > 0 and room > 0:
                break
            left += split[place]
            room += capacities[place] - split[place]
        else:
            return
        split[place] -= 1
        left += 1


def _count(rows: Masses, columns: Masses, give_up_above: int | None = None) -> tuple[int, bool]:
    """Count the plans; return the count and True, or a lower bound above `give_up_above` and False.

    It gives up only after as many steps as `give_up_above`, so that short counts are exact whatever their size.
    """
    rows, columns = (tuple(sorted(mass for mass in masses if mass)) for masses in (rows, columns))
    if len(rows) < len(columns):  # the states are remainders of the columns: keep these few
        rows, columns = columns, rows
    states = Counter({columns: 1})
    steps = 0
    for row in rows[:-2]:
        after: Counter[Masses] = Counter()
        found = 0
        for capacities, ways in states.items():
            for split in _splits(row, capacities):
                after[tuple(sorted(map(int.__sub__, capacities, split)))] += ways
                # Every beginning can be finished, and different beginnings make different plans.
                found += ways
                steps += 1
                if give_up_above is not None and min(found, steps) > give_up_above:
                    return found, False
        states = after
    last = rows[-2] if len(rows) > 1 else rows[-1]
    return sum(ways * _count_splits(last, capacities) for capacities, ways in states.items()), True


def _count_splits(total: int, capacities: Masses) -> int:
    """Count the ways to deal `total` out to places of these capacities, by inclusion and exclusion.

    Without capacities there are comb(total + k - 1, k - 1) ways; each place that is overfilled by at least 1 takes its
    capacity + 1 from the total and turns the sign.
    """
    taken = Counter({0: 1})
    for capacity in capacities:
        for amount, sign in list(taken.items()):
            if amount + capacity + 1 <= total:
                taken[amount + capacity + 1] -= sign
    k = len(capacities)
    return sum(sign * math.comb(total - amount + k - 1, k - 1) for amount, sign in taken.items())
