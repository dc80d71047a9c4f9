"""How far apart two laws are: two densities with four divergences, and the one integral that a grid cannot do."""

import math

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from matplotlib.gridspec import GridSpec

from gantheory import distributions, divergences, plotting
from gantheory.explorables import pushforward
from gantheory.explorables._moved_line import normal
from gantheory.live.controls import choice, slider, whole_slider
from gantheory.live.figure import LiveFigure
from gantheory.live.stage import Stage
from gantheory.plotting import DATA, DIVERGENCE, EXACT, GENERATED, LEARNED, VARIATION

__all__ = ["four_divergences", "grid_against_samples", "two_densities"]

_KEY = 7
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
        range(4),
        [0.0] * 4,
        0.5,
        color=[DATA.color, GENERATED.color, DIVERGENCE.color, VARIATION.color],
        alpha=0.85,
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
        "exponent": whole_slider("grid points $10^k$", 3, 12, 6),
    }
    return LiveFigure(Stage(figure, plotting.moving(stems, nodes, note, grid, mean, here)), update, controls)
