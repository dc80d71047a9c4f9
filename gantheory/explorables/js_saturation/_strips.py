"""Thin supports: segments and strips that cross or run side by side, and what JS makes of them."""

import math

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.gridspec import GridSpec
from matplotlib.patches import Polygon

from gantheory import _checks, plotting
from gantheory.live.controls import slider
from gantheory.live.figure import LiveFigure
from gantheory.live.stage import Stage

LOG2 = math.log(2)
_LENGTH = 2.0
_JS, _TV = plotting.DIVERGENCE, plotting.VARIATION


def crossing_overlap(angle: float, thickness: float, length: float = _LENGTH) -> float:
    """Compute the share of its area that a strip has in common with another that crosses it in the middle.

    Both strips are rectangles, `length` long and `thickness` thick, around one centre. With no thickness they are
    segments, and share one point (nothing) at every angle but 0.

    Args:
        angle: Between the two, in degrees, from 0 to 90.
        thickness: At least 0 and at most the length.
        length: Above 0.

    Returns:
        The common area over the area of one strip, from 0 to 1.

    Raises:
        TypeError, ValueError: If an argument is not as above.

    >>> crossing_overlap(0, 0), crossing_overlap(1, 0)
    (1.0, 0.0)
    >>> round(crossing_overlap(90, 0.1), 6), round(crossing_overlap(1, 0.1), 4)
    (0.05, 0.9127)
    """
    _checks.number("angle", angle, at_least=0, at_most=90)
    _checks.number("length", length, above=0)
    _checks.number("thickness", thickness, at_least=0, at_most=float(length))
    sine, cosine = math.sin(math.radians(angle)), math.cos(math.radians(angle))
    if sine == 0:
        return 1.0
    if thickness == 0:
        return 0.0
    if sine * length >= (1 + cosine) * thickness:
        # The ends lie outside: a parallelogram is common to both.
        return thickness / (length * sine)
    # An octagon is: each strip loses two triangles over the other's long sides, and two over its short sides. Their
    # hypotenuses x and y follow from length = (1 + cos) x + sin y and thickness = sin x + (1 + cos) y.
    x = ((1 + cosine) * length - sine * thickness) / (2 * cosine * (1 + cosine))
    y = ((1 + cosine) * thickness - sine * length) / (2 * cosine * (1 + cosine))
    return 1 - (x**2 + y**2) * sine * cosine / (length * thickness)


def parallel_overlap(theta: float, thickness: float) -> float:
    """Compute the share of its area that an upright strip has in common with its copy, moved sideways by theta.

    Args:
        theta: Any finite number.
        thickness: At least 0; with none the strips are lines, and share everything at theta = 0 and else nothing.

    Returns:
        The common area over the area of one strip, from 0 to 1.

    Raises:
        TypeError, ValueError: If an argument is not as above.

    >>> parallel_overlap(0.25, 1.0), parallel_overlap(0.25, 0.0), parallel_overlap(0.0, 0.0)
    (0.75, 0.0, 1.0)
    """
    _checks.number("theta", theta)
    _checks.number("thickness", thickness, at_least=0)
    if theta == 0:
        return 1.0
    return max(0.0, 1 - abs(theta) / thickness) if thickness > 0 else 0.0


def _strip(ax: Axes, look: plotting.Look, label: str) -> Polygon:
    """Add a strip, which is a line as long as it has no thickness."""
    patch = Polygon(np.zeros((4, 2)), facecolor=look.color + "55", edgecolor=look.color, ls=look.dashes, lw=2)
    patch.set_label(label)
    return ax.add_patch(patch)


def _corners(width: float, height: float, angle: float = 0.0) -> Float[np.ndarray, "4 2"]:
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * [width / 2, height / 2]
    sine, cosine = math.sin(math.radians(angle)), math.cos(math.radians(angle))
    return corners @ np.array([[cosine, sine], [-sine, cosine]])


def _jumping(
    x: Float[np.ndarray, "n"], y: Float[np.ndarray, "n"], thickness: float
) -> Float[np.ndarray, "n"]:
    """Take the one exceptional point out of a curve that jumps there; a marker of its own shows it."""
    return np.where((x == 0) & (thickness == 0), np.nan, y)


def crossing_segments() -> LiveFigure:
    """Show two strips that cross, and their JS over the angle between them; with no thickness they are segments.

    >>> live = crossing_segments()
    >>> live.controls["angle"].value = 1
    >>> live.settle(10), live.stage.alt
    (True, 'angle 1 degrees, thickness 0.00: common share 0.0000, JS 0.6931')
    >>> live.close()
    """
    figure = plotting.new_figure(9.0, 3.9)
    cells = GridSpec(1, 2, figure, width_ratios=(1, 1.5))
    plane = plotting.axes(figure, cells[0], equal=True, xlim=(-1.25, 1.25), ylim=(-1.25, 1.25))
    plane.set(xlabel="$x_1$", ylabel="$x_2$")
    still = _strip(plane, plotting.DATA, "P_data")
    turned = _strip(plane, plotting.GENERATED, "P_G")
    plotting.legend(plane, place="upper left")
    ax = plotting.axes(
        figure, cells[1], xlim=(-1, 90), ylim=(0, 0.8), xlabel="angle, degrees", ylabel="JS, nats"
    )
    angles = np.concatenate([np.arange(0, 10, 0.25), np.arange(10, 90.5, 0.5)])
    ax.axhline(LOG2, color="#999999", lw=1, ls=":")
    ax.text(86, LOG2 + 0.01, "log 2", ha="right", va="bottom", fontsize=9)
    curve = plotting.Curve(ax, angles, _JS, "JS at every angle")
    (at_zero,) = ax.plot([0], [0], "o", color=_JS.color, ms=6, clip_on=False)
    now = plotting.Dots(ax, [0.0], plotting.EXACT, "JS now", marker="D", ms=8)
    plotting.legend(ax, place="lower right")
    words = plotting.Note(ax, 0.98, 0.5, size=12, align="right")

    def update(angle: float, thickness: float) -> str:
        still.set_xy(_corners(_LENGTH, thickness))
        turned.set_xy(_corners(_LENGTH, thickness, angle))
        js = np.array([LOG2 * (1 - crossing_overlap(a, thickness)) for a in angles])
        curve.set(_jumping(angles, js, thickness))
        share = crossing_overlap(angle, thickness)
        js_now = LOG2 * (1 - share)
        now.set([js_now], [angle])
        words.set(f"JS = {js_now:.4f}")
        return (
            f"angle {angle:g} degrees, thickness {thickness:.2f}: common share {share:.4f}, JS {js_now:.4f}"
        )

    return LiveFigure(
        Stage(figure, plotting.moving(still, turned, curve, at_zero, now, words)),
        update,
        {
            "angle": slider("angle, degrees", 0, 90, 40, step=1),
            "thickness": slider("thickness", 0.0, 0.5, 0.0, step=0.01),
        },
    )


def parallel_lines() -> LiveFigure:
    """Show two parallel lines, or strips, and their KL, JS and TV over the distance theta between them.

    >>> live = parallel_lines()
    >>> live.stage.alt
    'theta 0.40, thickness 0.00: KL infinite, JS 0.6931, TV 1.0000'
    >>> live.controls["theta"].value = 0.0
    >>> live.settle(10), live.stage.alt
    (True, 'theta 0.00, thickness 0.00: KL 0, JS 0.0000, TV 0.0000')
    >>> live.close()
    """
    figure = plotting.new_figure(9.0, 3.7)
    cells = GridSpec(1, 2, figure, width_ratios=(1.25, 1.5))
    plane = plotting.axes(
        figure,
        cells[0],
        xlim=(-1.3, 1.3),
        ylim=(-0.1, 1.5),
        yticks=[0, 0.5, 1],
        xlabel="$x_1$",
        ylabel="$x_2$",
    )
    still, moved = _strip(plane, plotting.DATA, "P_data"), _strip(plane, plotting.GENERATED, "P_G")
    plotting.legend(plane, place="upper left", ncols=2)
    ax = plotting.axes(
        figure, cells[1], xlim=(-1, 1), ylim=(0, 1.5), yticks=[0, 0.5, 1], xlabel="θ", ylabel="divergence"
    )
    ax.axhline(LOG2, color="#999999", lw=1, ls=":")
    ax.text(-0.94, LOG2 - 0.01, "log 2", ha="left", va="top", fontsize=9)
    thetas = np.linspace(-1, 1, 401)
    curves = [plotting.Curve(ax, thetas, _TV, "TV"), plotting.Curve(ax, thetas, _JS, "JS, nats")]
    (at_zero,) = ax.plot([0], [0], "o", color="black", ms=5, clip_on=False)
    dots = plotting.Dots(ax, [0.0, 0.0], plotting.EXACT, "now", marker="D", ms=7)
    plotting.legend(ax, place="upper right", ncols=3)
    words = plotting.Note(ax, 0.02, 0.98, size=11)

    def update(theta: float, thickness: float) -> str:
        still.set_xy(_corners(thickness, 1.0) + np.array([0, 0.5]))
        moved.set_xy(_corners(thickness, 1.0) + np.array([theta, 0.5]))
        tv = np.array([1 - parallel_overlap(t, thickness) for t in thetas])
        for curve, scale in zip(curves, (1, LOG2), strict=True):
            curve.set(_jumping(thetas, scale * tv, thickness))
        tv_now = 1 - parallel_overlap(theta, thickness)
        dots.set([tv_now, LOG2 * tv_now], [theta, theta])
        # Uniform strips: the least shift leaves a rim of P_data where P_G has no mass.
        words.set("KL = 0" if theta == 0 else "KL = infinite")
        kl = "0" if theta == 0 else "infinite"
        return (
            f"theta {theta:.2f}, thickness {thickness:.2f}: KL {kl}, JS {LOG2 * tv_now:.4f}, TV {tv_now:.4f}"
        )

    return LiveFigure(
        Stage(figure, plotting.moving(still, moved, *curves, at_zero, dots, words)),
        update,
        {
            "theta": slider("$\\theta$", -1.0, 1.0, 0.4, step=0.02),
            "thickness": slider("thickness", 0.0, 0.5, 0.0, step=0.01),
        },
    )
