"""Two laws on the line: W1 as an area, W1 beside JS, and the parallel lines (figures of notebook 04)."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from matplotlib.gridspec import GridSpec

from gantheory import distributions, divergences, plotting, transport
from gantheory.live.controls import slider
from gantheory.live.figure import LiveFigure
from gantheory.live.sketch import Sketch
from gantheory.live.stage import Stage

__all__ = ["by_quantiles", "js_beside_w1", "parallel_lines", "sketch_w1"]

LOG2 = float(np.log(2))
# Wide enough for everything the sliders can do, fine enough that a sum over it is the integral to three digits.
GRID = np.linspace(-20.0, 20.0, 2001)
STEP = float(GRID[1] - GRID[0])
LEVELS = np.linspace(0.002, 0.998, 250)
W1_LOOK, JS_LOOK = plotting.TRANSPORT, plotting.DIVERGENCE


def _densities(shift: Array, width: Array, data_width: Array) -> tuple[Array, Array, Array, Array]:
    """Compute the densities [k] on the grid of the data (at 0) and of P_G (at `shift`), and their CDFs [k]."""
    x = jnp.asarray(GRID, jnp.result_type(float))[:, None]
    data, made = distributions.Gaussian(0.0, data_width), distributions.Gaussian(shift, width)
    return jnp.exp(data.log_prob(x)), jnp.exp(made.log_prob(x)), data.cdf(x), made.cdf(x)


def _js(shift: Array, width: Array) -> Float[Array, ""]:
    p, q, _, _ = _densities(shift, width, width)
    return divergences.js(p, q, STEP)


def _w1(shift: Array, width: Array) -> Float[Array, ""]:
    _, _, data, made = _densities(shift, width, width)
    return jnp.sum(jnp.abs(data - made)) * STEP


@jax.jit
def _curves(shifts: Float[Array, "k"], width: Array) -> tuple[Array, Array, Array, Array]:
    """Compute JS, W1 and the slope of each against the shift, [k] each."""
    js, js_slope = jax.vmap(jax.value_and_grad(_js), in_axes=(0, None))(shifts, width)
    w1, w1_slope = jax.vmap(jax.value_and_grad(_w1), in_axes=(0, None))(shifts, width)
    return js, w1, js_slope, w1_slope


@jax.jit
def _quantiles(shift: Array, width: Array) -> tuple[Array, ...]:
    levels = jnp.asarray(LEVELS, jnp.result_type(float))
    data, made = distributions.Gaussian(0.0, 1.0), distributions.Gaussian(shift, width)
    return (
        *_densities(shift, width, jnp.asarray(1.0)),
        data.quantile(levels)[:, 0],
        made.quantile(levels)[:, 0],
    )


def by_quantiles() -> LiveFigure:
    """Show W1 on the line as the area between two CDFs, which is the area between two quantile functions.

    >>> live = by_quantiles()
    >>> live.controls["width"].value = 1.0
    >>> live.settle(10), "area between the CDFs, W1: 2.000" in live.stage.alt
    (True, True)
    >>> live.close()
    """
    figure = plotting.new_figure(9.0, 4.8)
    cells = GridSpec(2, 2, figure, height_ratios=(2, 3))
    ends = (-6.0, 6.0)
    top = plotting.axes(
        figure,
        cells[0, :],
        title="earth, and where a share u of it goes",
        xlim=ends,
        ylim=(0, 1.4),
        ylabel="density",
    )
    data = plotting.Density(top, GRID, plotting.DATA, "data")
    made = plotting.Density(top, GRID, plotting.GENERATED, "P_G")
    plotting.legend(top, place="upper right")
    arrow = plotting.Curve(top, [0.0, 0.0], plotting.EXACT, lw=1.5, ls="-", marker="o", ms=4)
    note = plotting.Note(top)
    left = plotting.axes(
        figure,
        cells[1, 0],
        title="area between the CDFs",
        xlim=ends,
        ylim=(0, 1),
        xlabel="x",
        ylabel="mass to the left, u",
    )
    right = plotting.axes(
        figure,
        cells[1, 1],
        title="the same area on its side",
        xlim=(0, 1),
        ylim=ends,
        xlabel="u",
        ylabel="quantile x",
    )
    areas = [plotting.Between(left, GRID, W1_LOOK), plotting.Between(right, LEVELS, W1_LOOK)]
    data_cdf, made_cdf = (plotting.Curve(left, GRID, look) for look in (plotting.DATA, plotting.GENERATED))
    data_q, made_q = (plotting.Curve(right, LEVELS, look) for look in (plotting.DATA, plotting.GENERATED))
    cuts = [
        plotting.Curve(ax, [0.0, 0.0], plotting.EXACT, lw=1.5, ls="-", marker="o", ms=4)
        for ax in (left, right)
    ]

    def update(shift: float, width: float, u: float) -> str:
        p, q, cdf_p, cdf_q, x_p, x_q = (np.asarray(a) for a in _quantiles(shift, width))
        data.set(p)
        made.set(q)
        data_cdf.set(cdf_p)
        made_cdf.set(cdf_q)
        data_q.set(x_p)
        made_q.set(x_q)
        areas[0].set(cdf_p, cdf_q)
        areas[1].set(x_p, x_q)
        start, end = float(np.interp(u, cdf_q, GRID)), float(np.interp(u, cdf_p, GRID))
        arrow.set([0.08, 0.08], [start, end])
        cuts[0].set([u, u], [start, end])
        cuts[1].set([start, end], [u, u])
        w1 = float(np.abs(cdf_p - cdf_q).sum() * STEP)
        note.set(f"W1 = shaded area = {w1:.3f}\nthe grain at {start:.2f} goes to {end:.2f}")
        return (
            f"P_G is a Gaussian at {shift:.2f} of width {width:.2f}, the data one at 0 of width 1; area between the "
            f"CDFs, W1: {w1:.3f}; the grain at {start:.2f} (u = {u:.2f}) goes to {end:.2f}"
        )

    things = [*areas, data, made, arrow, note, data_cdf, made_cdf, data_q, made_q, *cuts]
    controls = {
        "shift": slider("place of $P_G$", -4.0, 4.0, 2.0),
        "width": slider("width of $P_G$", 0.3, 2.0, 0.6),
        "u": slider("share u", 0.02, 0.98, 0.3),
    }
    return LiveFigure(Stage(figure, plotting.moving(*things)), update, controls)


def sketch_w1(reach: float = 8.0) -> Sketch:
    """Let the learner draw W1 between two Gaussians of width 1 against their shift, with JS given.

    >>> sketch = sketch_w1()
    >>> sketch.draw([-8, 0, 8], [8, 0, 8])
    >>> sketch.show_truth()
    >>> sketch.said[:11]
    'That is it.'
    >>> sketch.close()
    """
    # Computed once, where the truth is asked for at other places it is read off between them.
    shifts = np.linspace(-reach, reach, 161)
    js, w1, _, _ = (np.asarray(a) for a in _curves(shifts, 1.0))
    return Sketch(
        lambda x: np.interp(x, shifts, w1),
        xlim=(-reach, reach),
        ylim=(0.0, reach + 1),
        question="Draw W1 between two Gaussians of width 1 against the shift between them.",
        xlabel="shift",
        ylabel="distance",
        name="W1",
        look=W1_LOOK,
        known={"JS, in nats": (JS_LOOK, lambda x: np.interp(x, shifts, js))},
    )


def js_beside_w1(reach: float = 8.0) -> LiveFigure:
    """Show JS and W1 of two Gaussians against their shift, and the slope of each.

    >>> live = js_beside_w1()
    >>> live.controls["shift"].value = 8.0
    >>> live.settle(10), live.stage.alt.split("; ")[1]
    (True, 'JS 0.6931 nats with slope 0.0002')
    >>> live.close()
    """
    shifts = np.linspace(-reach, reach, 81)
    figure = plotting.new_figure(9.0, 4.8)
    cells = GridSpec(2, 2, figure)
    ax = plotting.axes(
        figure,
        cells[0, 0],
        title="the two laws",
        xlim=(-reach - 2, reach + 2),
        ylim=(0, 1.4),
        xlabel="x",
        ylabel="density",
    )
    data = plotting.Density(ax, GRID, plotting.DATA, "data")
    made = plotting.Density(ax, GRID, plotting.GENERATED, "P_G")
    plotting.legend(ax, place="upper right")
    span = {"xlim": (-reach, reach), "xlabel": "shift of P_G"}
    ax = plotting.axes(
        figure, cells[:, 1], title="distance: JS in nats, W1 in units of x", ylim=(0, reach), **span
    )
    js_curve = plotting.Curve(ax, shifts, JS_LOOK, "JS")
    w1_curve = plotting.Curve(ax, shifts, W1_LOOK, "W1")
    dots = [plotting.Dots(ax, [0.0], look, marker=look.marker, ms=9) for look in (JS_LOOK, W1_LOOK)]
    ax.axhline(LOG2, color="#999999", lw=1, ls=":")
    ax.annotate(
        "log 2", (-reach, LOG2), xytext=(3, 3), textcoords="offset points", fontsize=9, color="#555555"
    )
    plotting.legend(ax, place="upper center")
    ax = plotting.axes(figure, cells[1, 0], title="slope: what a gradient gets", ylim=(-1.3, 1.3), **span)
    slopes = [plotting.Curve(ax, shifts, look) for look in (JS_LOOK, W1_LOOK)]
    points = [plotting.Dots(ax, [0.0], look, marker=look.marker, ms=9) for look in (JS_LOOK, W1_LOOK)]
    ax.axhline(0, color="#999999", lw=1, ls=":")
    densities = jax.jit(_densities)

    def update(shift: float, width: float) -> str:
        p, q, _, _ = (np.asarray(a) for a in densities(shift, width, width))
        data.set(p)
        made.set(q)
        # The value at the slider rides along with the curves: one compiled function, one call.
        js, w1, js_slope, w1_slope = (np.asarray(a) for a in _curves(np.append(shifts, shift), width))
        js_curve.set(js[:-1])
        w1_curve.set(w1[:-1])
        for curve, values in zip(slopes, (js_slope, w1_slope), strict=True):
            curve.set(values[:-1])
        for dot, values in zip([*dots, *points], (js, w1, js_slope, w1_slope), strict=True):
            dot.set([values[-1]], [shift])
        return (
            f"P_G shifted by {shift:.2f}, both of width {width:.2f}; "
            f"JS {js[-1]:.4f} nats with slope {js_slope[-1]:.4f}; "
            f"W1 {w1[-1]:.4f} with slope {w1_slope[-1]:.4f}"
        )

    things = [data, made, js_curve, w1_curve, *slopes, *dots, *points]
    controls = {
        "shift": slider("shift of $P_G$", -reach, reach, 6.0, step=0.1),
        "width": slider("width of both", 0.3, 2.0, 1.0),
    }
    return LiveFigure(Stage(figure, plotting.moving(*things)), update, controls)


def parallel_lines(num_points: int = 21) -> LiveFigure:
    """Show two parallel lines of notebook 03 with the plan between them, and JS, TV and W1 against their gap theta.

    Args:
        num_points: How many evenly spread points stand for each line in the picture's plan.

    >>> live = parallel_lines()
    >>> live.stage.alt
    'theta = 0.60: KL infinite, JS 0.693, TV 1.000, W1 0.600'
    >>> live.controls["theta"].value = 0.0
    >>> live.settle(10), live.stage.alt
    (True, 'theta = 0.00: KL 0.000, JS 0.000, TV 0.000, W1 0.000')
    >>> live.close()
    """
    heights = np.linspace(0.0, 1.0, num_points)
    figure = plotting.new_figure(9.0, 3.8)
    cells = GridSpec(1, 2, figure)
    ax = plotting.axes(
        figure,
        cells[0, 0],
        title="each grain goes straight across",
        xlim=(-1.1, 1.1),
        ylim=(-0.1, 1.4),
        xlabel="x",
        ylabel="y",
    )
    moves = plotting.Segments(ax, "#4D4D4D", alpha=0.6)
    line = plotting.Curve(ax, [0.0, 0.0], plotting.GENERATED, "P_G, at theta", lw=3)
    still = plotting.Curve(ax, [0.0, 0.0], plotting.DATA, "data, at 0", lw=3)
    still.set([0.0, 1.0])
    plotting.legend(ax, place="upper left")
    ax = plotting.axes(
        figure, cells[0, 1], title="against the gap", xlim=(-1.1, 1.1), ylim=(-0.04, 1.3), xlabel="θ"
    )
    looks = {"JS": JS_LOOK, "TV": plotting.VARIATION, "W1": W1_LOOK}
    # Where the lines differ they share no point, and "on which line?" is all that tells the laws apart: two masses say
    # what KL, JS and TV are.
    names = {"KL": divergences.kl, "JS": divergences.js, "TV": divergences.total_variation}
    apart = {name: float(function([0.0, 1.0], [1.0, 0.0])) for name, function in names.items()}
    same = {name: float(function([0.0, 1.0], [0.0, 1.0])) for name, function in names.items()}
    thetas = np.linspace(-1.0, 1.0, 21)
    for name in ("JS", "TV"):
        # A hole at 0, where both jump down to 0.
        ends = np.array([-1.0, -0.015, np.nan, 0.015, 1.0])
        plotting.Curve(ax, ends, looks[name], name).set(np.where(np.isnan(ends), np.nan, apart[name]))
    w1 = [float(_between_lines(theta, heights).cost) for theta in thetas]
    plotting.Curve(ax, thetas, W1_LOOK, "W1").set(w1)
    dots = [plotting.Dots(ax, [0.0], look, marker=look.marker, ms=9) for look in looks.values()]
    plotting.legend(ax, place="upper right", ncols=3)
    note = plotting.Note(ax, 0.03, 0.98)

    def update(theta: float) -> str:
        plan = _between_lines(theta, heights)
        values = (same if theta == 0 else apart) | {"W1": float(plan.cost)}
        i, j = np.nonzero(np.asarray(plan.matrix))
        line.set([0.0, 1.0], [theta, theta])
        moves.set(
            np.stack([np.full(i.size, theta), heights[i]], 1), np.stack([np.zeros(j.size), heights[j]], 1)
        )
        for dot, name in zip(dots, looks, strict=True):
            dot.set([values[name]], [theta])
        words = {name: "infinite" if np.isinf(value) else f"{value:.3f}" for name, value in values.items()}
        note.set(f"KL {words['KL']}")
        return f"theta = {theta:.2f}: " + ", ".join(f"{name} {word}" for name, word in words.items())

    stage = Stage(figure, plotting.moving(moves, line, *dots, note))
    return LiveFigure(stage, update, {"theta": slider("gap $\\theta$", -1.0, 1.0, 0.6)})


def _between_lines(theta: float, heights: Float[np.ndarray, "k"]) -> transport.Plan:
    """Find the best plan from points of these heights on the line at theta to the same on the line at 0."""
    return transport.optimal_plan(np.hypot(theta, heights[:, None] - heights[None, :]))
