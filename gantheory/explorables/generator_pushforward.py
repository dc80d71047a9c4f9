"""The live figures of notebook 01: what a generator makes of its noise, and how far that is from the data."""

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from matplotlib.collections import PolyCollection
from matplotlib.gridspec import GridSpec

from gantheory import distributions, divergences, plotting
from gantheory.explorables import pushforward
from gantheory.explorables.moved_line import GREY, MovedLine, normal
from gantheory.live.controls import choice, slider, whole_slider
from gantheory.live.figure import LiveFigure
from gantheory.live.stage import Stage
from gantheory.plotting import DATA, EXACT, GENERATED, LATENT, LEARNED

__all__ = [
    "affine_generator",
    "box_counting",
    "flat_generator",
    "folding_generator",
    "four_divergences",
    "generator_in_the_plane",
    "grid_against_samples",
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
        _, z = pushforward.preimages(pushforward.folded, [x], slope, fold)
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
    return LiveFigure(line.stage, update, controls)


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


_CELLS = 3200
_SHAPES = ("one Gaussian", "two Gaussians", "uniform")


def _laws(shapes: str, x: np.ndarray, shift: float, width: float) -> tuple[np.ndarray, np.ndarray]:
    if shapes == "uniform":
        return (abs(x) < 1) / 2, (abs(x - shift) < width) / (2 * width)
    q = normal(x, shift, width)
    if shapes == "one Gaussian":
        return normal(x), q
    return (normal(x, -2, 0.6) + normal(x, 2, 0.6)) / 2, q


@jax.jit
def _four(p: Float[Array, "n"], q: Float[Array, "n"], dx: Float[Array, ""]) -> Float[Array, "4"]:
    names = (divergences.kl, divergences.reverse_kl, divergences.js, divergences.total_variation)
    return jnp.stack([divergence(p, q, dx) for divergence in names])


def four_divergences(shapes: str, shift: float, width: float) -> Float[np.ndarray, "4"]:
    """Compute KL(P_data || P_G), KL(P_G || P_data), JS and TV on a grid, in float64.

    Args:
        shapes: which laws: "one Gaussian" N(0, 1), or "two Gaussians" of std 0.6 around -2 and 2, against
            N(shift, width^2); or "uniform" on [-1, 1] against uniform on [shift - width, shift + width].
        shift: of P_G.
        width: of P_G.

    >>> print(four_divergences("one Gaussian", 1.0, 1.0).round(4))
    [0.5    0.5    0.1114 0.3829]
    """
    # Where both densities are below 1e-14 of their peaks nothing is lost; far beyond, one of them would underflow to 0.
    low, high = (
        (-8.0, 8.0) if shapes == "uniform" else (min(-8.0, shift - 8 * width), max(8.0, shift + 8 * width))
    )
    dx = (high - low) / _CELLS
    p, q = _laws(shapes, low + dx * (np.arange(_CELLS) + 0.5), shift, width)
    with jax.enable_x64(True):
        return np.asarray(_four(p, q, np.float64(dx)))


def two_densities() -> LiveFigure:
    """Show two densities and four divergences between them, exact by quadrature.

    >>> live = two_densities()
    >>> live.stage.alt
    'one Gaussian, shift 1.00, width 1.00: KL 0.500, reverse KL 0.500, JS 0.111, TV 0.383'
    >>> live.close()
    """
    figure = plotting.new_figure(9.0, 4.2)
    cells = GridSpec(1, 2, figure, width_ratios=(5, 4))
    x = np.linspace(-7, 7, 1401)
    ax = plotting.axes(figure, cells[0], xlim=(-7, 7), ylim=(0, 1.35), xlabel="x", ylabel="density")
    data, fake = plotting.Density(ax, x, DATA, "P_data"), plotting.Density(ax, x, GENERATED, "P_G")
    plotting.legend(ax)
    names = ("KL(P_data ‖ P_G)", "KL(P_G ‖ P_data)", "JS", "TV")
    longest = 3.1
    bars_ax = plotting.axes(
        figure,
        cells[1],
        title="how far apart (nats; TV is a probability)",
        xlim=(0, longest),
        ylim=(3.6, -0.6),
    )
    bars_ax.set_yticks(range(4), names)
    bars_ax.set_xticks(range(4))
    bars = bars_ax.barh(
        range(4), [0.0] * 4, 0.5, color=[DATA.color, GENERATED.color, LEARNED.color, "#999999"], alpha=0.85
    )
    limits = (0.0, 0.0, math.log(2), 1.0)
    for row, limit, label in ((2, limits[2], "at most log 2"), (3, limits[3], "at most 1")):
        bars_ax.plot([limit, limit], [row - 0.35, row + 0.35], color=EXACT.color, lw=1.5, ls=EXACT.dashes)
        bars_ax.annotate(label, (limit, row + 0.47), fontsize=8, ha="center", va="center")
    numbers = [bars_ax.text(0, row, "", fontsize=10, va="center") for row in range(4)]

    def update(shapes: str, shift: float, width: float) -> str:
        p, q = _laws(shapes, x, shift, width)
        data.set(p)
        fake.set(q)
        values = four_divergences(shapes, shift, width)
        said = ["infinite" if np.isinf(value) else f"{value:.3f}" for value in values]
        for bar, number, value, words, limit in zip(bars, numbers, values, said, limits, strict=True):
            length = min(float(value), longest)
            bar.set_width(length)
            beyond = value > 0.75 * longest
            number.set(
                x=length - 0.06 if beyond else max(length, limit) + 0.08,
                text=words + (" →" if value > longest else ""),
                ha="right" if beyond else "left",
                color="white" if beyond else "black",
            )
        kl, reverse, js, tv = said
        return (
            f"{shapes}, shift {shift:.2f}, width {width:.2f}: KL {kl}, reverse KL {reverse}, JS {js}, TV {tv}"
        )

    controls = {
        "shapes": choice("shapes", _SHAPES),
        "shift": slider("shift of $P_G$", -4, 4, 1.0),
        "width": slider("width of $P_G$", 0.4, 3, 1.0),
    }
    return LiveFigure(Stage(figure, plotting.moving(data, fake, *bars, *numbers)), update, controls)


def grid_against_samples() -> LiveFigure:
    """Compute one KL, whose value is 1, in many dimensions: by a grid with a budget of points, and by samples.

    >>> live = grid_against_samples()
    >>> live.stage.alt[:82]
    'dimension 4, a budget of 10^6 points: 31 on each axis, KL by the grid 1.000, by 1,'
    >>> live.close()
    """
    most, num_samples = 40, 1000
    dims = np.arange(1, most + 1)
    x = np.asarray(distributions.Gaussian(np.zeros(most), 1.0).sample(jax.random.key(_KEY), num_samples))
    # log p / q = |shift|² / 2 - shift · x with shift = sqrt(2 / d) (1, …, 1): KL = 1 in every dimension d.
    by_samples = (1 - np.sqrt(2 / dims)[None] * np.cumsum(x, axis=1)).mean(axis=0)
    figure = plotting.new_figure(9.0, 4.2)
    cells = GridSpec(1, 2, figure, width_ratios=(2, 3))
    axis = np.linspace(-6, 6, 241)
    left = plotting.axes(
        figure, cells[0], title="one axis of the grid", xlim=(-6, 6), ylim=(0, 0.5), xlabel="$x_1$"
    )
    plotting.Density(left, axis, DATA, "P_data").set(normal(axis))
    stems, nodes = (
        plotting.Segments(left, LEARNED.color, width=1.2),
        plotting.Points(left, LEARNED, size=6, alpha=1),
    )
    note = plotting.Note(left)
    bottom, top = 1e-2, 1e2
    right = plotting.axes(
        figure,
        cells[1],
        title="KL, whose true value is 1",
        xlim=(0, most + 1),
        ylim=(bottom, top),
        yscale="log",
        xlabel="dimension d",
        ylabel="nats (off the scale: drawn on the edge)",
    )
    right.set_yticks([0.01, 0.1, 1, 10, 100], ["0.01", "0.1", "1", "10", "100"])
    right.axhline(1.0, color=EXACT.color, ls=EXACT.dashes, lw=1.2, label="truth")
    grid = plotting.Curve(right, dims, LEARNED, "grid", marker=LEARNED.marker, ms=5, lw=0.3, clip_on=False)
    mean = plotting.Curve(right, dims, DATA, f"mean over {num_samples:,} samples", marker="o", ms=3.5, lw=1)
    here = plotting.Curve(right, [0, 0], EXACT, ls="-", lw=0.8)
    plotting.legend(right, place="center right", bbox_to_anchor=(1.0, 0.72))
    mean.set(by_samples)

    def update(dim: int, exponent: int) -> str:
        found = [pushforward.grid_rule(int(d), 10.0**exponent) for d in dims]
        grid.set(np.clip([kl for _, kl in found], bottom, top))
        here.set([bottom, top], [dim, dim])
        per_axis, kl = found[dim - 1]
        places = (np.arange(per_axis) + 0.5) * 12 / per_axis - 6
        heights = normal(places)
        stems.set(np.stack([places, 0 * places], axis=1), np.stack([places, heights], axis=1))
        nodes.set(np.stack([places, heights], axis=1) if per_axis <= 40 else np.zeros((0, 2)))
        some = f"{per_axis:,} point{'s' if per_axis > 1 else ''} on each axis"
        note.set(f"d = {dim}: {some}")
        shown = f"{kl:.3f}" if 1e-3 < kl < 1e3 else f"{kl:.1e}"
        return (
            f"dimension {dim}, a budget of 10^{exponent} points: {per_axis:,} on each axis, KL by the grid {shown}, "
            f"by {num_samples:,} samples {by_samples[dim - 1]:.3f}; the truth is 1"
        )

    controls = {
        "dim": whole_slider("dimension $d$", 1, most, 4),
        "exponent": whole_slider("points of the grid, $10^k$", 3, 12, 6),
    }
    return LiveFigure(Stage(figure, plotting.moving(stems, nodes, note, grid, mean, here)), update, controls)
