"""The best single Gaussian for a law of two bumps, under any row of the table, by quadrature."""

import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from matplotlib.gridspec import GridSpec

from gantheory import _checks, distributions, plotting
from gantheory.divergences import F_DIVERGENCES
from gantheory.explorables import _value
from gantheory.explorables.f_gan._rows import ALL
from gantheory.live.controls import choice, slider
from gantheory.live.figure import LiveFigure
from gantheory.live.stage import Stage

__all__ = ["BUMP", "Fit", "best_gaussian", "exact_fit", "profile"]

BUMP = 0.6
"""Standard deviation of each bump."""

_X = np.linspace(-9.0, 9.0, 181)
_DX = float(_X[1] - _X[0])
CENTRES = np.linspace(0.0, 3.6, 37)
_WIDTHS = np.geomspace(0.4, 3.4, 31)
_LOOKS = (plotting.CRITIC, plotting.GENERATED, plotting.DIVERGENCE)


class Fit(NamedTuple):
    """A Gaussian and its distance to the data.

    Attributes:
        mean: its centre; of two that mirror each other the one at the right.
        std: its standard deviation.
        divergence: D_f(P_data || N(mean, std^2)).
    """

    mean: float
    std: float
    divergence: float


def _divergence(name: str, separation: Array, mean: Array, std: Array) -> Float[Array, ""]:
    x = jnp.asarray(_X, jnp.result_type(float))[:, None]
    # In float32 a tail that underflows would make a divergence infinite.
    least = 1e-37
    p = jnp.maximum(jnp.exp(_bumps(separation).log_prob(x)), least)
    q = jnp.maximum(jnp.exp(distributions.Gaussian(mean, std).log_prob(x)), least)
    return F_DIVERGENCES[name].divergence(p, q, _DX)


def _bumps(separation: Array) -> distributions.GaussianMixture:
    means = separation / 2 * jnp.array([[-1.0], [1.0]])
    return distributions.GaussianMixture(means, BUMP)


@functools.partial(jax.jit, static_argnums=0)
def _table(names: tuple[str, ...], separation: Array) -> Float[Array, "rows centres widths"]:
    one = jax.vmap(jax.vmap(_divergence, (None, None, None, 0)), (None, None, 0, None))
    grids = (jnp.asarray(CENTRES, jnp.result_type(float)), jnp.asarray(_WIDTHS, jnp.result_type(float)))
    return jnp.stack([one(name, separation, *grids) for name in names])


def _vertex(y: Float[np.ndarray, "*n 3"]) -> tuple[Float[np.ndarray, "*n"], Float[np.ndarray, "*n"]]:
    """Fit a parabola through heights at -1, 0, 1; return where and how low its lowest point is, within the three."""
    bend = y[..., 0] - 2 * y[..., 1] + y[..., 2]
    rise = (y[..., 2] - y[..., 0]) / 2
    # Beside an infinite divergence there is no parabola.
    fits = (bend > 0) & (bend < 1 + np.abs(y[..., 1]))
    at = np.where(fits, np.clip(-rise / np.where(fits, bend, 1.0), -1, 1), 0.0)
    return at, np.asarray(y[..., 1] + np.where(fits, rise * at + bend * at**2 / 2, 0.0))


def profile(
    names: tuple[str, ...], separation: float
) -> tuple[Float[np.ndarray, "rows n"], Float[np.ndarray, "rows n"]]:
    """For each row and each centre in `CENTRES`, find the width of the best Gaussian there, and its divergence.

    Returns:
        (divergence, width), each [rows, len(CENTRES)].
    """
    table = np.asarray(_table(names, separation), float)
    table = np.where(np.isfinite(table), table, 1e30)
    i = np.clip(table.argmin(axis=-1), 1, len(_WIDTHS) - 2)
    three = np.take_along_axis(table, i[..., None] + np.array([-1, 0, 1]), axis=-1)
    at, lowest = _vertex(three)
    steps = np.log(_WIDTHS[1] / _WIDTHS[0])
    return lowest, _WIDTHS[i] * np.exp(steps * at)


def _lowest(divergence: Float[np.ndarray, "n"], width: Float[np.ndarray, "n"]) -> Fit:
    i = int(divergence.argmin())
    # The profile goes on to the left of 0 as its own mirror image.
    mirrored = np.concatenate([divergence[1:2], divergence])
    at, value = _vertex(mirrored[i : i + 3]) if i + 2 < len(mirrored) else (0.0, divergence[i])
    mean = max(float(CENTRES[i] + at * (CENTRES[1] - CENTRES[0])), 0.0)
    return Fit(mean, float(np.interp(mean, CENTRES, width)), float(value))


def best_gaussian(name: str, separation: float = 4.0) -> Fit:
    """Find the Gaussian N(mean, std^2) with the least D_f(P_data || N) by quadrature.

    P_data has two equal bumps of standard deviation 0.6, `separation` apart.

    Args:
        name: a row of `divergences.F_DIVERGENCES`.
        separation: from 0 to 6.

    Raises:
        TypeError, ValueError: if an argument is not as above.

    >>> for name in ("kl", "reverse_kl"):
    ...     print(name, *(f"{number:.2f}" for number in best_gaussian(name)))
    kl 0.00 2.09 0.56
    reverse_kl 2.00 0.60 0.69
    """
    _checks.one_of("name", name, F_DIVERGENCES)
    _checks.number("separation", separation, at_least=0, at_most=6)
    divergence, width = profile((name,), float(separation))
    return _lowest(divergence[0], width[0])


def exact_fit() -> LiveFigure:
    """Show the best Gaussian under KL, under reverse KL and under a third row, and how good each centre can be.

    >>> live = exact_fit()
    >>> live.controls["separation"].value = 4.0
    >>> live.settle(10), live.stage.alt.split("; ")[1:3]
    (True, ['kl: centre 0.00, width 2.09, D_f 0.555', 'reverse_kl: centre 2.00, width 0.60, D_f 0.692'])
    >>> live.close()
    """
    figure = plotting.new_figure(9.0, 4.2)
    cells = GridSpec(1, 2, figure, width_ratios=(1.1, 1))
    x = np.linspace(-6.0, 6.0, 361)
    ax = plotting.axes(
        figure,
        cells[0],
        title="the best Gaussian",
        xlim=(-6, 6),
        ylim=(0, 0.95),
        xlabel="x",
        ylabel="density",
    )
    data = plotting.Density(ax, x, plotting.DATA, "p, the data")
    fits = [
        plotting.Curve(ax, x, look, ls=dashes) for look, dashes in zip(_LOOKS, ("-", "--", "-."), strict=True)
    ]
    ax = plotting.axes(
        figure,
        cells[1],
        title="least divergence of a Gaussian centred at m",
        xlim=(-3.6, 3.6),
        ylim=(-1.45, 2.6),
        xlabel="centre m",
    )
    ax.axhline(0, color="#BBBBBB", lw=1)
    both = np.concatenate([-CENTRES[:0:-1], CENTRES])
    labels = ("kl: KL(P_data ‖ P_G)", "reverse kl: KL(P_G ‖ P_data)", "the third row")
    profiles = [
        plotting.Curve(ax, both, look, label, ls=dashes)
        for look, label, dashes in zip(_LOOKS, labels, ("-", "--", "-."), strict=True)
    ]
    marks = [
        plotting.Dots(ax, [0.0, 0.0], look, marker=marker, ms=9)
        for look, marker in zip(_LOOKS, ("s", "^", "D"), strict=True)
    ]
    handles = [data.line, *(curve.line for curve in profiles)]
    figure.legend(handles=handles, loc="outside lower center", ncols=4, fontsize=9, frameon=False)
    note = plotting.Note(figure.axes[0], 0.02, 0.98, size=9)

    def update(separation: float, third: str) -> str:
        names = ("kl", "reverse_kl", third)
        divergence, width = profile(names, separation)
        half = separation / 2
        data.set((_value.normal(x, -half, BUMP) + _value.normal(x, half, BUMP)) / 2)
        words, lines = [], []
        for i, name in enumerate(names):
            fit = _lowest(divergence[i], width[i])
            fits[i].set(_value.normal(x, fit.mean, fit.std))
            profiles[i].set(np.minimum(np.concatenate([divergence[i, :0:-1], divergence[i]]), 50.0))
            marks[i].set(np.full(2, min(fit.divergence, 2.6)), [-fit.mean, fit.mean])
            words.append(f"{name}: centre {fit.mean:.2f}, width {fit.std:.2f}, D_f {fit.divergence:.3f}")
            said = name.replace("_", " ")
            lines.append(
                f"{said}: centre {fit.mean:.2f}, width {fit.std:.2f}, D_f {_value.in_words(fit.divergence)}"
            )
        note.set("\n".join(lines))
        return f"bumps {separation:.1f} apart; " + "; ".join(words)

    others = [(name.replace("_", " "), name) for name in ALL if name not in ("kl", "reverse_kl")]
    return LiveFigure(
        Stage(figure, plotting.moving(data, *fits, *profiles, *marks, note)),
        update,
        {
            "separation": slider("distance of bumps", 0.0, 6.0, 2.0, step=0.1),
            "third": choice("a third row", others, "js"),
        },
    )
