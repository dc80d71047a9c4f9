"""From the linear program's prices to a critic: its slope is 1 on every pair that the best plan moves."""

import functools

import numpy as np
from jaxtyping import Float
from matplotlib.gridspec import GridSpec
from scipy.special import ndtri

from gantheory import plotting, transport
from gantheory.live.controls import choice, slider
from gantheory.live.figure import LiveFigure
from gantheory.live.stage import Stage

__all__ = ["critic_of_prices", "prices"]

Array = np.ndarray
_LIMITS = (-4.0, 6.0)
_X = np.linspace(*_LIMITS, 1001)
_PILES = ("the piles of notebook 04", "eight grains, far apart", "eight grains, spread out")


def critic_of_prices(
    x: Float[Array, "k"], y: Float[Array, "m"], prices: Float[Array, "m"]
) -> Float[Array, "k"]:
    """Evaluate the critic that unloading prices make: f(x) = max over j of (g_j - |x - y_j|).

    Args:
        x: where to evaluate.
        y: places of the data.
        prices: g, the dual potential of each.

    >>> print(critic_of_prices(np.array([0.0, 1.0]), np.array([2.0]), np.array([3.0])))
    [1. 2.]
    """
    return (prices[None, :] - np.abs(x[:, None] - y[None, :])).max(axis=1)


@functools.cache
def _places(piles: str) -> tuple[Array, Array, Array, Array]:
    """Return places and masses of P_G, then of the data."""
    if piles == _PILES[0]:
        places = np.arange(3.0)
        return places, np.array([3, 2, 1]) / 6, places, np.array([1, 2, 3]) / 6
    made, even = ndtri((np.arange(8) + 0.5) / 8), np.full(8, 1 / 8)
    return made, even, (2.5 + 0.6 * made if piles == _PILES[1] else 2 * made), even


def prices() -> LiveFigure:
    """Show the best plan between two sets of grains below, and above the critic that its prices make.

    >>> live = prices()
    >>> live.stage.alt
    'the piles of notebook 04, shift 0.00: the best plan costs 0.667, the prices add up to 0.667, the critic earns ...'
    >>> live.close()
    """
    figure = plotting.new_figure(8.8, 4.8)
    cells = GridSpec(2, 1, figure, height_ratios=(3, 2))
    top = plotting.axes(figure, cells[0], xlim=_LIMITS, ylim=(-5, 6.5), ylabel="f(x)")
    top.set_title("the critic f; black bars: pairs that the plan moves", fontsize=11, color="#333333")
    top.axhline(0, color="#BBBBBB", lw=0.8)
    top.tick_params(labelbottom=False)
    curve = plotting.Curve(top, _X, plotting.CRITIC, "critic f")
    on_f = plotting.Segments(top, "#000000", width=5, alpha=0.35, zorder=3)
    below = plotting.axes(figure, cells[1], xlim=_LIMITS, ylim=(-0.35, 1.35), xlabel="x")
    below.set_yticks([0, 1], ["data", "P_G"])
    moves = plotting.Segments(below, "#000000", alpha=0.35)
    dots = [
        (
            ax.scatter([0], [0], c=look.color, marker=look.marker, zorder=4, label=label),
            height,
        )
        for ax, height in ((top, None), (below, 1))
        for look, label in ((plotting.GENERATED, "P_G"), (plotting.DATA, "data"))
    ]
    plotting.legend(top, place="upper left", ncols=3)
    note = plotting.Note(top, 0.985, 0.97, align="right")

    def update(piles: str, shift: float) -> str:
        x, a, y, b = _places(piles)
        x = x + shift
        plan = transport.optimal_plan(np.abs(x[:, None] - y[None, :]), a, b)
        g = np.asarray(plan.potentials[1], float)
        # The prices are determined up to a constant: it is chosen such that the critic's mean over both laws is 0.
        g = g - (a @ critic_of_prices(x, y, g) + b @ critic_of_prices(y, y, g)) / 2
        at_x, at_y = critic_of_prices(x, y, g), critic_of_prices(y, y, g)
        dual = float(np.asarray(plan.potentials[0]) @ a + np.asarray(plan.potentials[1]) @ b)
        matrix = np.asarray(plan.matrix)
        i, j = np.nonzero(matrix > 1e-6)
        curve.set(critic_of_prices(_X, y, g))
        on_f.set(np.stack([x[i], at_x[i]], 1), np.stack([y[j], at_y[j]], 1))
        moves.set(
            np.stack([x[i], np.ones(i.size)], 1), np.stack([y[j], np.zeros(j.size)], 1), 40 * matrix[i, j]
        )
        for (dot, height), places, heights, masses, size in zip(
            dots,
            (x, y, x, y),
            (at_x, at_y, np.ones(x.size), np.zeros(y.size)),
            (a, b, a, b),
            (130, 30) * 2,
            strict=True,
        ):
            dot.set_offsets(np.stack([places, heights], 1))
            # Of a grain of either law at one place, both shall be seen.
            dot.set_sizes((size if height is None else 40) + (0 if height is None else 400) * masses)
        earned = float(b @ at_y - a @ at_x)
        far = np.abs(x[i] - y[j]) > 1e-6
        rises = (at_y[j] - at_x[i])[far] / np.abs(x[i] - y[j])[far]
        slopes = (
            "no pair moves"
            if not far.any()
            else f"rise per distance on moved pairs: {rises.min():.3f} at least"
        )
        note.set(f"plan costs {float(plan.cost):.3f} = critic earns {earned:.3f}\n{slopes}")
        return (
            f"{piles}, shift {shift:.2f}: the best plan costs {float(plan.cost):.3f}, the prices add up to {dual:.3f}, "
            f"the critic earns {earned:.3f}; {slopes}"
        )

    controls = {"piles": choice("grains", list(_PILES)), "shift": slider("shift of $P_G$", -2.0, 3.0, 0.0)}
    artists = plotting.moving(curve, on_f, moves, *[dot for dot, _ in dots], note)
    return LiveFigure(Stage(figure, artists), update, controls)
