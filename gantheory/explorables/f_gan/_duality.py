"""The geometry of the bound: a line of slope t under f, its intercept -f*(t), and where T* takes that slope."""

import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from matplotlib.gridspec import GridSpec

from gantheory import plotting
from gantheory.divergences import F_DIVERGENCES, FDivergence
from gantheory.explorables import _value
from gantheory.explorables.f_gan._bound import fixed_pair
from gantheory.live.controls import choice, slider
from gantheory.live.figure import LiveFigure
from gantheory.live.stage import Stage

__all__ = ["DOMAINS", "Row", "duality", "rows"]

U = np.linspace(0.0, 6.0, 301)
X = np.linspace(-4.0, 4.0, 401)
# The stops of the slider, and scores from far below them to far above, between which f* is drawn.
SCORES = np.round(np.arange(-1.25, 1.501, 0.05), 2)
_ALL_SCORES = np.linspace(-6.0, 6.0, 481)
_T_ENDS, _F_ENDS = (-4.0, 2.5), (-3.8, 4.5)
# Where the domain of f* ends above, in numbers and in words; the other three rows allow every t.
DOMAINS = {
    "reverse_kl": (0.0, "only t < 0 is allowed"),
    "neyman_chi2": (1.0, "only t ≤ 1 is allowed"),
    "squared_hellinger": (1.0, "only t < 1 is allowed"),
    "js": (float(np.log(2)), "only t < log 2 is allowed"),
    "gan": (0.0, "only t < 0 is allowed"),
    "total_variation": (0.5, "only |t| ≤ 1/2 is allowed"),
}


class Row(NamedTuple):
    """One row of the table, evaluated on the grids of the picture.

    Attributes:
        f: f(u) over U.
        t: activation of each score of `_ALL_SCORES`.
        conjugate: f*(t) there.
        slope: t at each stop of the slider.
        height: f*(t) at each stop.
        contact: the u at which the line of that slope touches f.
        best: T*(x) = f'(p / q) over X.
    """

    f: Float[np.ndarray, "n"]
    t: Float[np.ndarray, "m"]
    conjugate: Float[np.ndarray, "m"]
    slope: Float[np.ndarray, "k"]
    height: Float[np.ndarray, "k"]
    contact: Float[np.ndarray, "k"]
    best: Float[np.ndarray, "l"]


@functools.cache
def rows() -> dict[str, Row]:
    """Evaluate all nine rows, compiled as one."""

    def evaluate(row: FDivergence, ratio: Array, u: Array, scores: Array, stops: Array) -> Row:
        # The line touches f where u = f*'(t): by the chain rule, from the two functions of the score.
        of_conjugate = jax.vmap(jax.grad(row.conjugate_of_activation))(stops)
        return Row(
            row.f(u),
            row.activation(scores),
            row.conjugate_of_activation(scores),
            row.activation(stops),
            row.conjugate_of_activation(stops),
            of_conjugate / jax.vmap(jax.grad(row.activation))(stops),
            row.optimal_variational(ratio),
        )

    @jax.jit
    def all_rows(*grids: Array) -> dict[str, Row]:
        return {name: evaluate(row, *grids) for name, row in F_DIVERGENCES.items()}

    game, x = fixed_pair(), jnp.asarray(X, jnp.result_type(float))[:, None]
    ratio = jnp.exp(game.target.log_prob(x) - game.made.log_prob(x))
    grids = (ratio, *(jnp.asarray(grid, jnp.result_type(float)) for grid in (U, _ALL_SCORES, SCORES)))
    table = jax.tree.map(np.asarray, all_rows(*grids))
    # JAX has sorted the names.
    return {name: table[name] for name in F_DIVERGENCES}


def duality() -> LiveFigure:
    """Show f with the line of slope t = activation(v) under it, f* at t, and T*(x) = f'(p / q) with the same t.

    >>> live = duality()
    >>> live.controls["score"].value = 1.0
    >>> live.settle(10), live.stage.alt
    (True, 'kl: score 1.00 gives the slope t = 1.000; f*(t) = 1.000; the line touches f at u = 1.000')
    >>> live.close()
    """
    table = rows()
    figure = plotting.new_figure(9.0, 4.2)
    cells = GridSpec(1, 3, figure, width_ratios=(1.25, 1, 1))
    left = plotting.axes(
        figure,
        cells[0],
        title="f, and a line below it",
        xlim=(-0.25, 6),
        ylim=_F_ENDS,
        xlabel="density ratio u = p/q",
    )
    middle = plotting.axes(
        figure, cells[1], title="f*: minus the intercept", xlim=_T_ENDS, ylim=_F_ENDS, xlabel="slope t"
    )
    right = plotting.axes(
        figure, cells[2], title="T*: the best slope at x", xlim=(-4, 4), ylim=_T_ENDS, xlabel="x"
    )
    for ax in (left, middle, right):
        ax.axhline(0, color="#BBBBBB", lw=1)
    for ax in (left, middle):
        ax.axvline(0, color="#BBBBBB", lw=1)
    curve = plotting.Curve(left, U, plotting.EXACT, "f(u)", ls="-")
    line = plotting.Curve(left, [0.0, 6.0], plotting.CRITIC, "u t − f*(t)")
    touch = plotting.Dots(left, [0.0], plotting.CRITIC, "touches f", marker="s", ms=8)
    foot = plotting.Dots(left, [0.0], plotting.DIVERGENCE, "intercept −f*(t)", marker="D", ms=8)
    # Below all three: inside the axes it would meet some of the nine curves.
    figure.legend(loc="outside lower center", ncols=4, fontsize=9, frameon=False)
    conjugate = plotting.Curve(middle, _ALL_SCORES, plotting.DIVERGENCE, ls="-")
    end = plotting.Curve(middle, [0.0, 0.0], plotting.EXACT, lw=1)
    here = plotting.Dots(middle, [0.0], plotting.DIVERGENCE, marker="D", ms=8)
    edge = plotting.Note(middle, 0.03, 0.98, size=9)
    best = plotting.Curve(right, X, plotting.EXACT)
    level = plotting.Curve(right, [-4.0, 4.0], plotting.CRITIC, lw=1)
    where = plotting.Dots(right, [0.0], plotting.CRITIC, marker="s", ms=7)
    note = plotting.Note(right, 0.03, 0.22, size=9)

    def update(name: str, score: float) -> str:
        row, i = table[name], int(np.argmin(np.abs(SCORES - score)))
        t, height, contact = (float(column[i]) for column in (row.slope, row.height, row.contact))
        curve.set(row.f)
        line.set([-height, 6 * t - height])
        # The line may touch beyond the picture.
        touch.set([t * contact - height if contact <= 6 else np.nan], [contact])
        foot.set([-height], [0.0])
        conjugate.set(np.clip(row.conjugate, -50, 50), row.t)
        here.set([height], [t])
        upper, words = DOMAINS.get(name, (np.nan, "every t is allowed"))
        end.set(_F_ENDS, [upper, upper])
        edge.set(words)
        best.set(np.clip(row.best, -50, 50))
        level.set([t, t])
        crossed = np.flatnonzero(np.diff(np.sign(row.best - t)))
        where.set(np.full(crossed.shape, t), X[crossed])
        said = _value.in_words
        note.set(
            f"v = {said(score, 2)} gives t = {said(t, 2)}\nf*(t) = {said(height, 2)}\ntouches f at u = {contact:.2f}"
        )
        return (
            f"{name}: score {score:.2f} gives the slope t = {t:.3f}; f*(t) = {height:.3f}; "
            f"the line touches f at u = {contact:.3f}"
        )

    moving = [curve, line, touch, foot, conjugate, end, here, edge, best, level, where, note]
    return LiveFigure(
        Stage(figure, plotting.moving(*moving)),
        update,
        {
            "name": choice("divergence", [(name.replace("_", " "), name) for name in table]),
            "score": slider("raw score $v$", float(SCORES[0]), float(SCORES[-1]), 0.5, step=0.05),
        },
    )
