"""The alternating game with one number for a generator: the V of the present D, and the ceiling above it."""

import numpy as np
from jaxtyping import Float
from matplotlib.gridspec import GridSpec

from gantheory import plotting
from gantheory.explorables import _value
from gantheory.live.controls import slider, whole_slider
from gantheory.live.figure import LiveFigure
from gantheory.live.stage import Stage

__all__ = ["min_max", "play"]

_X = np.linspace(-7.0, 7.0, 561)
_DX = float(_X[1] - _X[0])


def _reply(start: float) -> Float[np.ndarray, "n"]:
    """Compute the scores of the best D against N(start, 1), on the grid; the data are N(0, 1)."""
    return start**2 / 2 - start * _X


def play(num_turns: int, step_size: float, start: float = 3.0) -> list[tuple[float, float]]:
    """Play the alternating game between G, whose P_G is N(theta, 1), and D against data N(0, 1).

    Odd turns are D's: it replies with the best D for the present theta. Even turns are G's: one step of length
    `step_size` times the slope down V(theta, D), D fixed.

    Args:
        num_turns: how many turns to play.
        step_size: G's step size.
        start: the theta at which both start; D* for it.

    Returns:
        (theta, the theta that D is the best reply to), before the first turn and after each.

    >>> [(round(theta, 2), round(reply, 2)) for theta, reply in play(2, 5.0)]
    [(3.0, 3.0), (1.52, 3.0), (1.52, 1.52)]
    """
    path = [(start, start)]
    for turn in range(num_turns):
        theta, reply = path[-1]
        if turn % 2:
            path.append((theta, theta))
            continue
        # V changes with theta through the points theta + z alone: d/dx of -softplus(s(x)) is -sigmoid(s) s'(x).
        slope = float(np.sum(_value.normal(_X, theta) * _value.sigmoid(_reply(reply))) * _DX * reply)
        path.append((theta - step_size * slope, reply))
    return path


def min_max() -> LiveFigure:
    """Show D and G in turn: D lifts V to the ceiling, G walks down the V of that D, and so changes the ceiling.

    >>> live = min_max()
    >>> live.stage.alt
    'turn 1, G stepped: theta = 1.82, V of this D = -1.137, ceiling there = -0.796'
    >>> live.close()
    """
    figure = plotting.new_figure(9.0, 4.2)
    cells = GridSpec(2, 2, figure, width_ratios=(3, 2))
    theta_grid = np.linspace(-4.0, 4.0, 81)
    ax = plotting.axes(
        figure,
        cells[:, 0],
        title="V against G's parameter θ",
        xlim=(-4.3, 4.3),
        xlabel="θ, the centre of P_G",
        ylabel="V, nats (below −2 on a log scale)",
    )
    # After a large step the present D is sure and wrong, and V falls to -7.
    ax.set_yscale("symlog", linthresh=2, linscale=2)
    ax.set(ylim=(-10, 1.2), yticks=[-8, -5, -2, -1.5, -1, -0.5, 0])
    ax.set_yticklabels(["−8", "−5", "−2", "−1.5", "−1", "−0.5", "0"])
    ax.minorticks_off()
    plotting.Curve(ax, theta_grid, plotting.EXACT, "ceiling: max over D").set(
        _value.gaussian_ceilings(theta_grid)
    )
    fixed = plotting.Curve(ax, theta_grid, plotting.CRITIC, "V(θ, D) of the present D")
    trail = plotting.Curve(ax, [0.0], plotting.GENERATED, "the turns so far", lw=1, marker=".")
    point = plotting.Dots(ax, [0.0], plotting.GENERATED, "now", marker="^", ms=11)
    plotting.legend(ax, place="upper center", ncols=2)
    note = plotting.Note(ax, 0.5, 0.8, align="center")
    top = plotting.axes(figure, cells[0, 1], title="the present D", xlim=(-6, 6), ylim=(-0.04, 1.04))
    top.set_xticklabels([])
    top.axhline(0.5, color="#999999", lw=1, ls=":")
    d_curve = plotting.Curve(top, _X, plotting.CRITIC, "D")
    ax = plotting.axes(figure, cells[1, 1], xlim=(-6, 6), ylim=(0, 0.6), xlabel="x", ylabel="density")
    p_curve = plotting.Density(ax, _X, plotting.DATA, "p, data")
    p_curve.set(_value.normal(_X))
    q_curve = plotting.Density(ax, _X, plotting.GENERATED, "q, generated")
    plotting.legend(ax, ncols=2)
    densities = np.stack([_value.normal(_X, theta) for theta in theta_grid])
    data = _value.normal(_X)

    def against(reply: float, laws: Float[np.ndarray, "m n"]) -> Float[np.ndarray, "m"]:
        scores = _reply(reply)
        return -(_value.softplus(-scores) @ data + laws @ _value.softplus(scores)) * _DX

    def value_at(theta: float, reply: float) -> float:
        return float(against(reply, _value.normal(_X, theta)[None])[0])

    def update(turn: int, step_size: float) -> str:
        path = play(turn, step_size)
        theta, reply = path[-1]
        values = [value_at(*state) for state in path]
        fixed.set(against(reply, densities))
        trail.set(values, [state[0] for state in path])
        point.set([values[-1]], [theta])
        d_curve.set(_value.sigmoid(_reply(reply)))
        q_curve.set(_value.normal(_X, theta))
        who = "the start" if turn == 0 else ("G stepped" if turn % 2 else "D replied")
        limit = float(_value.gaussian_ceilings(np.array([theta]))[0])
        note.set(
            f"turn {turn}, {who}: θ = {_value.in_words(theta, 2)}, V = {_value.in_words(values[-1])}, "
            f"ceiling {_value.in_words(limit)}"
        )
        return f"turn {turn}, {who}: theta = {theta:.2f}, V of this D = {values[-1]:.3f}, ceiling there = {limit:.3f}"

    return LiveFigure(
        Stage(figure, plotting.moving(fixed, trail, point, note, d_curve, p_curve, q_curve)),
        update,
        {
            "turn": whole_slider("turn", 0, 40, 1),
            "step_size": slider("G's step size", 0.5, 10.0, 4.0, log=True),
        },
    )
