"""What is left of a divergence's slope when two laws move apart: JS of Gaussians, and all nine f-divergences."""

import functools
import math

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Float
from matplotlib.gridspec import GridSpec

from gantheory import _checks, divergences, plotting
from gantheory.divergences import F_DIVERGENCES
from gantheory.live.controls import choice, slider
from gantheory.live.figure import LiveFigure
from gantheory.live.stage import Stage

_JS = plotting.DIVERGENCE


@jax.jit
def _gap(theta: Float[Array, ""]) -> Float[Array, ""]:
    x = theta / 2 + jnp.linspace(-14.0, 14.0, 2801)
    p, q = (jnp.exp(-0.5 * (x - mean) ** 2) / math.sqrt(2 * math.pi) for mean in (0.0, theta))
    return divergences.js_gap(p, q, dx=0.01)


_gaps = jax.jit(jax.vmap(jax.value_and_grad(_gap)))


def gap_and_slope(theta: ArrayLike) -> tuple[Float[np.ndarray, "n"], Float[np.ndarray, "n"]]:
    """Compute log 2 - JS of N(0, 1) and N(theta, 1), and the slope of JS over theta, by quadrature.

    Args:
        theta: Distances of the means, shape [n], from 0 to 12.

    Returns:
        (log 2 - JS, d JS / d theta), each of shape [n], in nats and nats per unit.

    Raises:
        TypeError, ValueError: If `theta` is not as above.

    >>> missing, slope = gap_and_slope([0.0, 8.0])
    >>> print(f"{missing[0]:.4f} {missing[1]:.3g} {slope[1]:.3g}")
    0.6931 9.35e-05 0.000196
    """
    theta = _checks.vector("theta", theta)
    if np.asarray(theta).min() < 0 or np.asarray(theta).max() > 12:
        _checks.refuse(
            "theta", "from 0 to 12", f"values from {float(theta.min()):g} to {float(theta.max()):g}"
        )
    missing, slope = _gaps(theta)
    return np.asarray(missing), -np.asarray(slope)


def vanishing_slope() -> LiveFigure:
    """Show two Gaussians and, over the gap between them, what JS lacks to log 2 and the slope it has left.

    >>> live = vanishing_slope()
    >>> live.controls["gap"].value = 8.0
    >>> live.settle(10), live.stage.alt
    (True, 'gap 8.0: log 2 - JS is 9.35e-05 nats, the slope of max V is 3.93e-04 nats per unit')
    >>> live.close()
    """
    figure = plotting.new_figure(9.0, 3.8)
    cells = GridSpec(1, 2, figure, width_ratios=(1.2, 1.5))
    x = np.linspace(-4, 16, 401)
    ax = plotting.axes(figure, cells[0], xlim=(-4, 16), ylim=(0, 0.5), xlabel="x", ylabel="density")
    data = plotting.Density(ax, x, plotting.DATA, "P_data")
    generated = plotting.Density(ax, x, plotting.GENERATED, "P_G")
    plotting.legend(ax, place="upper right")
    gaps = np.linspace(0, 12, 121)
    missing, slope = gap_and_slope(gaps)
    ax = plotting.axes(
        figure, cells[1], xlim=(0, 12), ylim=(1e-9, 10), yscale="log", xlabel="gap between the two means"
    )
    ax.plot(gaps, np.exp(-(gaps**2) / 8), color="black", ls=":", lw=1.4, label="exp(−gap²/8)")
    ax.plot(gaps, missing, color=_JS.color, lw=2, label="log 2 − JS")
    # At 0 the slope is 0, which a log axis cannot show.
    ax.plot(
        gaps[1:],
        2 * slope[1:],
        color=plotting.GENERATED.color,
        lw=2,
        ls="--",
        label="slope of max V = 2 JS − log 4",
    )
    dots = plotting.Dots(ax, [0.0, 0.0], plotting.EXACT, marker="D", ms=7)
    plotting.legend(ax, place="lower left")

    def density(mean: float) -> Float[np.ndarray, "n"]:
        return np.exp(-0.5 * (x - mean) ** 2) / math.sqrt(2 * math.pi)

    def update(gap: float) -> str:
        data.set(density(0.0))
        generated.set(density(gap))
        i = round(gap * 10)
        dots.set([missing[i], 2 * slope[i]], [gap, gap])
        return (
            f"gap {gap:.1f}: log 2 - JS is {missing[i]:.2e} nats, "
            f"the slope of max V is {2 * slope[i]:.2e} nats per unit"
        )

    return LiveFigure(
        Stage(figure, plotting.moving(data, generated, dots)),
        update,
        {"gap": slider("gap", 0.0, 12.0, 3.0, step=0.1)},
    )


def ceiling(name: str) -> float:
    """Compute D_f of two laws without any overlap, f(0) + lim f(u) / u, from the table of f-divergences.

    The limit is the value at 0 of the reversed divergence's generator function, u f(1 / u).

    Args:
        name: A key of `divergences.F_DIVERGENCES`.

    Returns:
        The value, which may be infinite.

    Raises:
        ValueError: If there is no such row.

    >>> [round(ceiling(name), 4) for name in ("total_variation", "js", "kl")]
    [1.0, 1.3863, inf]
    """
    row = F_DIVERGENCES[name]
    return float(row.f(0.0) + F_DIVERGENCES[row.reverse].f(0.0))


_SHAPES = ("uniform", "Gaussian")
GAP_STOPS = np.arange(0, 6.01, 0.05)


@functools.cache
def nine_over_gap() -> dict[str, dict[str, np.ndarray]]:
    """Return all nine divergences at each stop of the gap, for both shapes of the laws."""
    # float64: p^2 / q of two Gaussians has its mass where q is 1e-40.
    with jax.enable_x64(True):
        x = jnp.arange(-16, 22, 0.05) + 0.025

        def densities(shape: str, mean: Array) -> Float[Array, "cells"]:
            if shape == "uniform":
                return jnp.where(jnp.abs(x - mean) < 1, 0.5, 0.0)
            return jnp.exp(-0.5 * (x - mean) ** 2) / math.sqrt(2 * math.pi)

        @jax.jit
        def rows(gaps: Float[Array, "stops"]) -> dict[str, dict[str, Array]]:
            def at(gap: Float[Array, ""], shape: str) -> dict[str, Array]:
                p, q = densities(shape, jnp.zeros(())), densities(shape, gap)
                return {name: row.divergence(p, q, dx=0.05) for name, row in F_DIVERGENCES.items()}

            return {shape: jax.vmap(functools.partial(at, shape=shape))(gaps) for shape in _SHAPES}

        return jax.tree.map(np.asarray, rows(jnp.asarray(GAP_STOPS)))


def _number(x: float) -> str:
    if math.isinf(x):
        return "infinite"
    return f"{x:.3f}" if abs(x) < 1000 else f"{x:.1e}"


def nine_divergences() -> LiveFigure:
    """Show all nine f-divergences of two laws over the gap between them, each beside the value it has when disjoint.

    >>> live = nine_divergences()
    >>> live.controls["gap"].value = 2.5
    >>> live.settle(10), live.stage.alt[:67]
    (True, 'uniform laws, gap 2.50: kl infinite, reverse_kl infinite, pearson_c')
    >>> live.close()
    """
    names = list(F_DIVERGENCES)
    tables = nine_over_gap()
    figure = plotting.new_figure(9.0, 4.4)
    cells = GridSpec(1, 2, figure, width_ratios=(1, 1.7))
    x = np.linspace(-3, 9, 481)
    ax = plotting.axes(figure, cells[0], xlim=(-3, 9), ylim=(0, 0.75), xlabel="x", ylabel="density")
    data = plotting.Density(ax, x, plotting.DATA, "P_data")
    generated = plotting.Density(ax, x, plotting.GENERATED, "P_G")
    plotting.legend(ax, place="upper right")
    ax = plotting.axes(
        figure,
        cells[1],
        xlim=(-1.6, 6.4),
        ylim=(len(names) - 0.4, -0.9),
        xlabel="divergence (the axis ends at 4)",
    )
    ax.set_yticks(range(len(names)), [name.replace("_", " ") for name in names])
    ax.set_xticks([-1, 0, 1, 2, 3, 4])
    ax.tick_params(axis="y", length=0)
    ax.axvline(0, color="#BBBBBB", lw=1)
    heights = np.arange(len(names))
    ceilings = np.array([ceiling(name) for name in names])
    ax.plot(ceilings, heights, "|", color="black", ms=16, mew=2, label="without overlap: f(0) + lim f(u)/u")
    (dots,) = ax.plot([], [], _JS.marker, color=_JS.color, ms=8, ls="none", label="now")
    (beyond,) = ax.plot([], [], ">", color="#777777", ms=9, ls="none", label="beyond the axis")
    plotting.legend(
        ax, place="upper left", ncols=3, fontsize=8, borderpad=0.1, columnspacing=1.0, handletextpad=0.3
    )
    texts = [ax.text(6.4, y, "", ha="right", va="center", fontsize=9) for y in heights]

    def density(shape: str, mean: float) -> Float[np.ndarray, "n"]:
        if shape == "uniform":
            return np.where(np.abs(x - mean) < 1, 0.5, 0.0)
        return np.exp(-0.5 * (x - mean) ** 2) / math.sqrt(2 * math.pi)

    def update(shape: str, gap: float) -> str:
        data.set(density(shape, 0.0))
        generated.set(density(shape, gap))
        now = np.array([tables[shape][name][round(gap / 0.05)] for name in names])
        shown = now <= 4
        dots.set_data(now[shown], heights[shown])
        beyond.set_data(np.full((~shown).sum(), 4.25), heights[~shown])
        for text, value in zip(texts, now, strict=True):
            text.set_text(_number(value).replace("-", "−"))
        rows = ", ".join(f"{name} {_number(value)}" for name, value in zip(names, now, strict=True))
        return f"{shape} laws, gap {gap:.2f}: {rows}"

    return LiveFigure(
        Stage(figure, plotting.moving(data, generated, dots, beyond, *texts)),
        update,
        {
            "shape": choice("shape of both laws", [("uniform, 2 wide", "uniform"), ("Gaussian", "Gaussian")]),
            "gap": slider("gap", 0.0, 6.0, 0.5, step=0.05),
        },
    )
