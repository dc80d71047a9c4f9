"""What D's best answer is for pairs, exactly: two classes on the line, and a G that swaps some of the labels."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from matplotlib.gridspec import GridSpec

from gantheory import divergences, plotting
from gantheory.live.controls import slider
from gantheory.live.figure import LiveFigure
from gantheory.live.stage import Stage

__all__ = ["joint_and_marginal", "laws_of_pairs"]

_X = np.linspace(-9.0, 9.0, 601)
_DX = float(_X[1] - _X[0])
_SHARES = np.linspace(0.0, 1.0, 51)
# Where neither law has mass to speak of, D's best answer is a ratio of nothings: it is left out.
_NO_MASS = 1e-4


def laws_of_pairs(
    x: Float[Array, "n"], swapped: Float[Array, ""], distance: Float[Array, ""], shift: Float[Array, ""]
) -> tuple[Float[Array, "2 n"], Float[Array, "2 n"]]:
    """Compute the densities p(x, c) and p_G(x, c) of pairs, for two equally likely classes, N(-+distance/2, 1).

    Args:
        x: where.
        swapped: the share of generated points that come from the other class than the one asked for.
        distance: between the means of the classes.
        shift: how far all generated points are moved.
    """
    means = jnp.stack([-distance, distance])[:, None] / 2
    p = jax.scipy.stats.norm.pdf(x[None], means) / 2
    moved = jax.scipy.stats.norm.pdf(x[None] - shift, means) / 2
    return p, (1 - swapped) * moved + swapped * moved[::-1]


@jax.jit
def _look(
    swapped: Float[Array, ""], distance: Float[Array, ""], shift: Float[Array, ""]
) -> dict[str, Float[Array, "..."]]:
    x = jnp.asarray(_X, swapped.dtype)
    p, q = laws_of_pairs(x, swapped, distance, shift)

    def both(swapped: Float[Array, ""]) -> Float[Array, "2"]:
        p, q = laws_of_pairs(x, swapped, distance, shift)
        pairs = divergences.js(p.ravel(), q.ravel(), _DX)
        return jnp.stack([pairs, divergences.js(p.sum(axis=0), q.sum(axis=0), _DX)])

    return {
        "p": 2 * p,
        "q": 2 * q,
        "pair": jnp.where(p + q > _NO_MASS, divergences.optimal_discriminator(p, q), jnp.nan),
        "alone": divergences.optimal_discriminator(p.sum(axis=0), q.sum(axis=0)),
        "mass": p.sum(axis=0) + q.sum(axis=0),
        "js": both(swapped),
        "curves": jax.vmap(both)(jnp.asarray(_SHARES, swapped.dtype)),
    }


def joint_and_marginal() -> LiveFigure:
    """Show what the best D says of pairs and of x alone, and the divergence that either measures.

    >>> live = joint_and_marginal()
    >>> live.controls["swapped"].value = 1.0
    >>> live.settle(10)
    True
    >>> live.stage.alt.split("; ")[1]
    'JS of the pairs 0.633, JS of x alone 0.000 nats'
    >>> live.close()
    """
    figure = plotting.new_figure(9.0, 4.6)
    figure.set_layout_engine("none")
    cells = GridSpec(2, 2, figure, left=0.06, right=0.655, bottom=0.115, top=0.87, wspace=0.09, hspace=0.16)
    ends = {"xlim": (-6.5, 6.5)}
    tops, pairs, alone, data, made = [], [], [], [], []
    for c in range(2):
        ax = plotting.axes(figure, cells[0, c], title=f"class c = {c}", ylim=(0, 0.47), **ends)
        ax.tick_params(labelbottom=False, labelleft=c == 0)
        data.append(plotting.Density(ax, _X, plotting.DATA, "data, $p(x | c)$"))
        made.append(plotting.Density(ax, _X, plotting.GENERATED, "generated, $p_G(x | c)$"))
        tops.append(ax)
        ax = plotting.axes(figure, cells[1, c], ylim=(-0.04, 1.04), xlabel="x", **ends)
        ax.tick_params(labelleft=c == 0)
        ax.axhline(0.5, color="#999999", lw=1, ls=":")
        alone.append(plotting.Curve(ax, _X, plotting.EXACT, "best D(x): sees x alone", lw=2.2))
        pairs.append(plotting.Curve(ax, _X, plotting.CRITIC, "best D(x, c): sees the pair"))
        if c == 0:
            ax.set_ylabel("P(real)")
    tops[0].set_ylabel("density")
    handles = [data[0].line, made[0].line, pairs[0].line, alone[0].line]
    figure.legend(
        handles, [line.get_label() for line in handles], loc="upper left", bbox_to_anchor=(0.045, 1.0),
        ncols=4, fontsize=9, frameon=False, columnspacing=1.4, handletextpad=0.5,
    )  # fmt: skip
    place = GridSpec(1, 1, figure, left=0.735, right=0.975, bottom=0.115, top=0.87)
    ax = plotting.axes(
        figure,
        place[0],
        title="divergence, nats",
        xlim=(0, 1),
        ylim=(-0.02, 0.75),
        xlabel="share of swapped labels",
    )
    ax.axhline(np.log(2), color="#999999", lw=1, ls=":")
    ax.text(0.99, np.log(2) + 0.008, "log 2", ha="right", fontsize=8, color="#555555")
    curve_pairs = plotting.Curve(ax, _SHARES, plotting.CRITIC, "JS of the pairs (x, c)")
    curve_alone = plotting.Curve(ax, _SHARES, plotting.EXACT, "JS of x alone", lw=2.2)
    (dots,) = ax.plot([], [], ls="none", marker="o", ms=8, color="#333333", mfc="white", mew=2, clip_on=False)
    plotting.legend(ax, place="upper left", bbox_to_anchor=(0.0, 0.93))

    def update(swapped: float, distance: float, shift: float) -> str:
        given = (jnp.asarray(number, jnp.result_type(float)) for number in (swapped, distance, shift))
        seen = {name: np.asarray(array) for name, array in _look(*given).items()}
        for c in range(2):
            data[c].set(seen["p"][c])
            made[c].set(seen["q"][c])
            pairs[c].set(seen["pair"][c])
            alone[c].set(np.where(seen["mass"] > _NO_MASS, seen["alone"], np.nan))
        for curve, heights in zip((curve_pairs, curve_alone), seen["curves"].T, strict=True):
            curve.set(heights)
        # Rounding leaves a JS of 0 a hair below it.
        of_pairs, of_x = np.maximum(seen["js"], 0)
        dots.set_data([swapped, swapped], [of_pairs, of_x])
        return (
            f"{swapped:.0%} of the labels swapped, classes {distance:g} apart, generated points shifted by {shift:g}; "
            f"JS of the pairs {of_pairs:.3f}, JS of x alone {of_x:.3f} nats; so the best V is "
            f"{2 * of_pairs - np.log(4):.3f} for a D that sees the pair, {2 * of_x - np.log(4):.3f} for one that sees x"
        )

    controls = {
        "swapped": slider("swapped labels", 0.0, 1.0, 0.25, step=0.01),
        "distance": slider("class distance", 0.0, 8.0, 4.0, step=0.1),
        "shift": slider("shift of all fakes", -3.0, 3.0, 0.0, step=0.1),
    }
    artists = plotting.moving(*data, *made, *alone, *pairs, curve_pairs, curve_alone)
    return LiveFigure(Stage(figure, [*artists, dots]), update, controls)
