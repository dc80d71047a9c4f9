"""The live figures of notebook 01: what a generator makes of its noise, and how far that is from the data."""

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from matplotlib.collections import PolyCollection
from matplotlib.gridspec import GridSpec

from gantheory import distributions, plotting
from gantheory.explorables import pushforward
from gantheory.explorables._moved_line import GREY, MovedLine, normal
from gantheory.explorables.generator_pushforward._how_far import (
    four_divergences,
    grid_against_samples,
    two_densities,
)
from gantheory.explorables.generator_pushforward._questions import predict, quiz
from gantheory.live.controls import slider
from gantheory.live.figure import LiveFigure
from gantheory.live.sketch import Sketch
from gantheory.live.stage import Stage
from gantheory.plotting import EXACT, GENERATED, LATENT

__all__ = [
    "affine_generator",
    "box_counting",
    "draw_the_density",
    "flat_generator",
    "folding_generator",
    "four_divergences",
    "generator_in_the_plane",
    "grid_against_samples",
    "predict",
    "quiz",
    "two_densities",
]

_KEY = 7


def affine_generator() -> LiveFigure:
    """Show z through G(z) = a z + b: dots, histogram, density, and a shaded piece of mass.

    >>> live = affine_generator()
    >>> live.controls["slope"].value = 2.0
    >>> live.settle(10), live.stage.alt
    (True, 'G(z) = 2.00 z + 0.00: P_G is N(0.00, 2.00²), its density at most 0.199')
    >>> live.close()
    """
    line = MovedLine(pushforward.affine)
    unit = np.linspace(-3, 3, 40)

    def update(slope: float, shift: float) -> str:
        peak = normal(np.zeros(1))[0] / abs(slope) if slope else 0.0
        law = (
            f"P_G is N({shift:.2f}, {abs(slope):.2f}²)"
            if slope
            else f"P_G is one atom of mass 1 at {shift:.2f}"
        )
        highest = f"its density at most {peak:.3f}" if slope else "without a density"
        line.show(
            slope,
            shift,
            look=(0.5, 1.0),
            of_z=True,
            extra=shift + slope * unit,
            atom=None if slope else (shift, 1.0),
            words=f"{law}\n{highest}",
        )
        sign = "−" if shift < 0 else "+"
        return f"G(z) = {slope:.2f} z {sign} {abs(shift):.2f}: {law}, {highest}"

    controls = {"slope": slider("slope $a$", -2, 2, 1.0), "shift": slider("shift $b$", -2, 2, 0.0)}
    return LiveFigure(line.stage, update, controls)


def folding_generator() -> LiveFigure:
    """Show z through G(z) = a z - c tanh z, which turns back on itself where the fold c is greater than the slope a.

    >>> live = folding_generator()
    >>> live.controls["fold"].value = 2.0
    >>> live.settle(10), live.stage.alt
    (True, 'slope 1.00, fold 2.00: x = 0.30 has 3 preimages, and density 0.195 + 0.469 + 0.034 = 0.699')
    >>> live.close()
    """
    line = MovedLine(pushforward.folded)
    offsets = np.geomspace(1e-4, 0.1, 12)
    calm = np.linspace(-4.9, 4.9, 48)

    def update(slope: float, fold: float, x: float) -> str:
        turning = line.turning_values(slope, fold)
        close = (turning[:, None] + np.concatenate([-offsets, offsets])[None]).ravel()
        reach = (abs(x) + fold) / slope + 1  # |G(z)| is at least slope |z| - fold
        _, z = pushforward.preimages(pushforward.folded, [x], slope, fold, low=-reach, high=reach)
        z = np.asarray(z)
        shares = normal(z) / np.abs(slope - fold / np.cosh(z) ** 2)
        terms = " + ".join(f"{share:.3f}" for share in shares)
        total = f" = {shares.sum():.3f}" if z.size > 1 else ""
        many = f"{z.size} preimage{'s' if z.size > 1 else ''}"
        line.show(
            slope,
            fold,
            look=(x - 0.1, x + 0.1),
            extra=np.resize(close, 48) if close.size else calm,
            crossings=(z, x),
            words=f"x = {x:.2f}: {many}\ndensity {terms}{total}",
        )
        return f"slope {slope:.2f}, fold {fold:.2f}: x = {x:.2f} has {many}, and density {terms}{total}"

    controls = {
        "slope": slider("slope $a$", 0.2, 2, 1.0),
        "fold": slider("fold $c$", 0, 3, 0.0),
        "x": slider("look at $x$", -3, 3, 0.3),
    }
    return LiveFigure(line.stage, update, controls, main="fold")


def flat_generator() -> LiveFigure:
    """Show z through a G of slope 1 whose middle piece is flatter, down to exactly flat.

    >>> live = flat_generator()
    >>> live.controls["slope"].value = 0.0
    >>> live.settle(10), live.stage.alt
    (True, 'the middle piece has slope 0.00: its mass 0.683 lies on one point, an atom without a density')
    >>> live.close()
    """
    line = MovedLine(pushforward.flattened)
    inner, outer = np.linspace(-1, 1, 24), np.geomspace(1e-4, 0.1, 12)

    def update(slope: float, width: float) -> str:
        mass = math.erf(width / math.sqrt(2))
        end = slope * width
        if slope:
            height = normal(np.zeros(1))[0] / slope
            words = f"mass {mass:.3f} on a piece of length {2 * end:.2f}\npeak of the density {height:.2f}"
            alt = (
                f"its mass {mass:.3f} lies on a length of {2 * end:.2f}, with a density of up to {height:.2f}"
            )
        else:
            words = f"mass {mass:.3f} on one point: an atom\nno density there"
            alt = f"its mass {mass:.3f} lies on one point, an atom without a density"
        line.show(
            slope,
            width,
            look=(-width, width),
            of_z=True,
            extra=np.concatenate([end * inner, end + outer, -end - outer]),
            atom=None if slope else (0.0, mass),
            words=words,
        )
        return f"the middle piece has slope {slope:.2f}: {alt}"

    controls = {
        "slope": slider("middle slope $s$", 0, 1, 1.0),
        "width": slider("half-width $w$", 0.2, 2, 1.0),
    }
    return LiveFigure(line.stage, update, controls)


def generator_in_the_plane() -> LiveFigure:
    """Show a generator of the plane: a grid of z, the same grid bent, and what becomes of one small square.

    >>> live = generator_in_the_plane()
    >>> live.stage.alt
    'pinch 0.50, swirl 0.80: at z = (0.60, 0.60) areas times 0.50, density divided by 0.50'
    >>> live.close()
    """
    figure = plotting.new_figure(9.0, 4.8)
    cells = GridSpec(1, 2, figure)
    settings: dict[str, Any] = {"xlim": (-3, 3), "ylim": (-3, 3), "equal": True}
    left = plotting.axes(figure, cells[0], title="the plane of z", xlabel="$z_1$", ylabel="$z_2$", **settings)
    right = plotting.axes(figure, cells[1], title="x = G(z)", xlabel="$x_1$", ylabel="$x_2$", **settings)
    side = np.linspace(-2.4, 2.4, 25)
    nodes = np.stack(np.meshgrid(side, side), axis=-1)
    z = np.asarray(distributions.Gaussian([0.0, 0.0], 1.0).sample(jax.random.key(_KEY), 400))
    edge = np.linspace(-0.2, 0.2, 9)
    ends = np.full(9, 0.2)
    square = np.concatenate(
        [np.stack(pair, axis=1) for pair in ((edge, -ends), (ends, edge), (-edge, ends), (-ends, -edge))]
    )
    grids = [plotting.Grid(left, width=0.6), plotting.Grid(right, width=0.6)]
    clouds = [plotting.Points(left, LATENT, "z", size=3.5), plotting.Points(right, GENERATED, "G(z)", size=4)]
    patches = [ax.fill([0], [0], color=EXACT.color, alpha=0.75, zorder=5)[0] for ax in (left, right)]
    note = plotting.Note(right)
    plotting.legend(left, place="upper left", handles=[clouds[0].line])
    plotting.legend(right, place="lower right", handles=[clouds[1].line])
    grids[0].set(nodes)
    clouds[0].set(z)

    @jax.jit
    def look(points: Float[Array, "n 2"], corner: Float[Array, "2"], pinch: Array, swirl: Array) -> Any:
        def generator(z: Float[Array, "2"]) -> Float[Array, "2"]:
            return pushforward.in_the_plane(z, pinch, swirl)

        return jax.vmap(generator)(points), jnp.linalg.det(jax.jacfwd(generator)(corner))

    def update(pinch: float, swirl: float, place: float) -> str:
        centre = np.array([place, 0.6], np.float32)
        patch = centre + square
        points = np.concatenate([nodes.reshape(-1, 2), z, patch]).astype(np.float32)
        moved, factor = look(points, centre, np.float32(pinch), np.float32(swirl))
        bent, fakes, image = np.split(np.asarray(moved), np.cumsum([side.size**2, len(z)]))
        factor = float(factor)
        grids[1].set(bent.reshape(nodes.shape))
        clouds[1].set(fakes)
        patches[0].set_xy(patch)
        patches[1].set_xy(image)
        words = f"areas times {abs(factor):.2f}, density divided by {abs(factor):.2f}"
        turned = "; turned over" if factor < 0 else ""
        note.set(f"|det J| = {abs(factor):.2f}{turned}")
        return f"pinch {pinch:.2f}, swirl {swirl:.2f}: at z = ({place:.2f}, 0.60) {words}{turned}"

    moving = plotting.moving(grids[1], clouds[1], *patches, note)
    controls = {
        "pinch": slider("pinch $c$", 0, 2, 0.5),
        "swirl": slider("swirl", -3, 3, 0.8),
        "place": slider("square at $z_1$", -2, 2, 0.6),
    }
    return LiveFigure(Stage(figure, moving), update, controls)


_SIDES = (1.0, 0.8, 0.6, 0.5, 0.4, 0.3, 0.25, 0.2, 0.15, 0.12, 0.1, 0.08, 0.06, 0.05, 0.04)


def box_counting() -> LiveFigure:
    """Cover what a one-dimensional z can reach in the plane by boxes, and watch the covered area as they shrink.

    >>> live = box_counting()
    >>> live.controls["side"].value = 0.1
    >>> live.settle(10), live.stage.alt
    (True, 'boxes of side 0.1: 92 of them hold all the mass on an area of 0.92; thickness 0.00, true area 0.00')
    >>> live.close()
    """
    t = np.linspace(-2, 2, 8001)[:-1]
    dots = np.linspace(-2, 2, 41)
    figure = plotting.new_figure(9.0, 4.4)
    cells = GridSpec(1, 2, figure, width_ratios=(3, 2))
    plane = plotting.axes(
        figure,
        cells[0],
        title="z on [−2, 2] through G, and boxes that hold all of it",
        equal=True,
        xlim=(-2.4, 2.4),
        ylim=(-2.4, 2.0),
        xlabel="$x_1$",
        ylabel="$x_2$",
    )
    areas = plotting.axes(
        figure,
        cells[1],
        title="area of all boxes",
        xscale="log",
        yscale="log",
        xlim=(1.2, 0.033),
        ylim=(0.1, 20),
        xlabel="side of a box (smaller to the right)",
        ylabel="area",
    )
    areas.set_xticks([1, 0.5, 0.2, 0.1, 0.05], ["1", "0.5", "0.2", "0.1", "0.05"], minor=False)
    areas.xaxis.set_minor_formatter("")
    areas.set_yticks([0.1, 1, 10], ["0.1", "1", "10"])
    boxes = PolyCollection(
        [], facecolors=GENERATED.color, edgecolors=GENERATED.color, linewidths=0.6, alpha=0.35
    )
    plane.add_collection(boxes, autolim=False)
    strip = plane.fill_between([0.0], [0.0], [0.0], color=GENERATED.color, alpha=0.7, lw=0)
    curve = plotting.Curve(plane, t, GENERATED, ls="-", lw=1.5)
    joins = plotting.Segments(plane, GREY, width=0.5, alpha=0.5)
    source = plotting.Points(plane, LATENT, "z", size=4, alpha=0.95)
    images = plotting.Points(plane, GENERATED, "G(z)", size=5, alpha=0.95)
    plotting.legend(plane, place="upper left", ncols=2, handles=[source.line, images.line])
    total = plotting.Curve(areas, _SIDES, GENERATED, "boxes", ls="-", marker=".", lw=1.5)
    now = plotting.Points(areas, EXACT, size=9, alpha=1.0)
    now.line.set(marker="o")
    floor = plotting.Curve(areas, [1.2, 0.033], EXACT, "true area, if not 0", lw=1.2)
    plotting.legend(areas, place="lower left")

    def update(wiggle: float, side: float, thickness: float) -> str:
        height = wiggle * np.sin(2 * t)
        low, high = height - thickness / 2, height + thickness / 2
        column, lowest, count = pushforward.count_boxes(t, low, high, side)
        x = np.repeat(column, count)
        y = np.repeat(lowest, count) + np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        corner = np.stack([x, y], axis=1)[:, None] * side
        boxes.set_verts(corner + side * np.array([[0, 0], [1, 0], [1, 1], [0, 1]])[None])
        curve.set(height)
        strip.set_data(t, low, high)
        ends = np.stack([dots, wiggle * np.sin(2 * dots)], axis=1)
        starts = np.stack([dots, np.full(dots.shape, -2.2)], axis=1)
        joins.set(starts, ends)
        source.set(starts)
        images.set(ends)
        covered = [pushforward.count_boxes(t, low, high, s)[2].sum() * s**2 for s in _SIDES]
        total.set(covered)
        area = count.sum() * side**2
        now.set([[side, area]])
        floor.set(np.full(2, 4 * thickness if thickness else np.nan))
        return (
            f"boxes of side {side:g}: {count.sum()} of them hold all the mass on an area of {area:.2f}; "
            f"thickness {thickness:.2f}, true area {4 * thickness:.2f}"
        )

    controls = {
        "side": slider("side of a box", _SIDES[-1], 1, 0.5, log=True),
        "wiggle": slider("wiggle", 0, 1.5, 1.0),
        "thickness": slider("thickness", 0, 1, 0.0),
    }
    moving = plotting.moving(boxes, strip, joins, curve, source, images, total, now, floor)
    return LiveFigure(Stage(figure, moving), update, controls)


def draw_the_density() -> Sketch:
    """Ask for the density of G(z) = z - 0.6 tanh z, then lay the truth over it.

    >>> sketch = draw_the_density()
    >>> sketch.draw([-3.0, 3.0], [0.0, 0.0])
    >>> sketch.show_truth()
    >>> sketch.said
    'Not quite. Your curve misses by 0.17 on average, most at x = 0 (by 1.00).'
    >>> sketch.close()
    """
    z = np.linspace(-6, 6, 2001)
    # G rises everywhere, so that z is a function of x: the picture need not search for preimages.
    x, q = z - 0.6 * np.tanh(z), normal(z) / (1 - 0.6 / np.cosh(z) ** 2)
    return Sketch(
        lambda places: np.interp(places, x, q),
        xlim=(-3.0, 3.0),
        ylim=(0.0, 1.1),
        question="Which density does x = G(z) = z − 0.6 tanh z have?",
        xlabel="x",
        ylabel="density",
        name="density of x",
        known={"p(z)": (LATENT, normal)},
    )
