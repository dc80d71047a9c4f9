"""The map that turns before it translates: what the cycle, the discriminators and the truth say of each angle."""

import functools
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from matplotlib.gridspec import GridSpec

from gantheory import _checks, plotting
from gantheory.explorables.cyclegan import _toy
from gantheory.explorables.cyclegan._colours import Origins
from gantheory.live.controls import choice, slider
from gantheory.live.figure import LiveFigure
from gantheory.live.stage import Stage

__all__ = ["LAWS", "Weighed", "turned", "turned_map", "weigh"]

LAWS = ("round", "six modes", "lopsided")
"""The laws of A: a round Gaussian, a ring of six equal modes, the same ring with unequal shares."""

_NUM_POINTS = 900
_NUM_SHOWN = 50
_ANGLES = np.linspace(0, 360, 73)
_REACH = 2.9
_LOG2 = np.log(2)
# Means, standard deviation and shares of each law.
_SHARES = {"six modes": np.full(6, 1 / 6), "lopsided": np.array([8, 4, 2, 1, 1, 2]) / 18}
_ROUND_STD, _MODE_STD = 0.7, 0.15

Points = Float[np.ndarray, "*n 2"]


def _components(law: str) -> tuple[Points, float, Float[np.ndarray, "k"]]:
    if law == "round":
        return np.zeros((1, 2)), _ROUND_STD, np.ones(1)
    return _toy.modes(), _MODE_STD, _SHARES[law]


@functools.cache
def _points(law: str) -> Points:
    """Draw points of A, in equal parts of the shares, so that chance decides little."""
    means, std, shares = _components(law)
    rng = np.random.default_rng(0)
    chosen = np.repeat(np.arange(len(shares)), np.round(_NUM_POINTS * shares).astype(int))
    return means[chosen] + std * rng.normal(size=(len(chosen), 2))


def _log_density(law: str, x: Float[np.ndarray, "*m 2"]) -> Float[np.ndarray, "*m"]:
    means, std, shares = _components(law)
    squares = ((x[..., None, :] - means) ** 2).sum(axis=-1) / std**2
    top = -0.5 * squares.min(axis=-1, keepdims=True)
    total = (shares * np.exp(-0.5 * squares - top)).sum(axis=-1)
    return top[..., 0] + np.log(total / (2 * np.pi * std**2))


def _turn(
    x: Float[np.ndarray, "*#m 2"], angle: Float[np.ndarray, "*#m"] | float
) -> Float[np.ndarray, "*m 2"]:
    cos, sin = np.cos(angle), np.sin(angle)
    return np.stack([cos * x[..., 0] - sin * x[..., 1], sin * x[..., 0] + cos * x[..., 1]], axis=-1)


def _twisted(x: Points, degrees: float, twist: float) -> Points:
    """Turn points around 0: by an angle that grows with their distance, by `twist` degrees for each unit."""
    return _turn(x, np.deg2rad(degrees + twist * np.linalg.norm(x, axis=-1)))


def turned_map(a: Points, degrees: float, twist: float = 0.0) -> Points:
    """Map points of A as F does: turned, twisted, then carried over by the true map.

    >>> turned_map(np.array([[1.0, 0.0]]), 90.0).round(2).tolist()
    [[0.2, 1.5]]
    """
    return _toy.true_map(_twisted(np.asarray(a, float), degrees, twist))


def _undone(b: Points, degrees: float, twist: float) -> Points:
    """Map points of B as G does. A twist keeps each distance, so the same angle back undoes it."""
    back = (b - _toy.true_map(np.zeros((1, 2)))) / _toy.SCALE
    return _twisted(back, -degrees, -twist)


class Weighed(NamedTuple):
    """What is known of a map, in %.

    Attributes:
        cycle: RMS of G(F(a)) - a, of A's spread.
        adversarial: JS between the law of F(a) and B, of log 2: what the best discriminator sees.
        error: RMS of F(a) - T(a), of B's spread.
    """

    cycle: float
    adversarial: float
    error: float


def _js(law: str, angles: Float[np.ndarray, "m"], twist: float) -> Float[np.ndarray, "m"]:
    """Compute JS between the law of A turned and twisted and the law itself, in nats, from both densities.

    Turning and twisting keep areas, so the density of the turned law at a turned point is that of A at the point.
    The true map carries both laws along, which leaves JS as it is.
    """
    a = _points(law)
    p = _log_density(law, a)
    away = np.deg2rad(twist) * np.linalg.norm(a, axis=-1)
    halves = []
    for sign in (1, -1):
        other = _log_density(law, _turn(a[None], sign * (np.deg2rad(angles)[:, None] + away[None])))
        halves.append(_LOG2 - np.logaddexp(0, other - p[None]).mean(axis=1))
    return np.maximum(0.5 * (halves[0] + halves[1]), 0)


def weigh(law: str, degrees: float, twist: float = 0.0) -> Weighed:
    """Weigh a turned map.

    Args:
        law: of A, one of `LAWS`.
        degrees: by how much F turns A before it translates.
        twist: by how many degrees more for each unit of distance from the middle of A.

    >>> half = weigh("round", 180.0)
    >>> round(half.cycle, 6), round(half.adversarial, 6), round(half.error)
    (0.0, 0.0, 200)
    """
    _checks.one_of("law", law, LAWS)
    return _weigh(law, degrees, twist, _js(law, np.array([degrees]), twist)[0])


def _weigh(law: str, degrees: float, twist: float, js: float) -> Weighed:
    a = _points(law)
    there, truth = turned_map(a, degrees, twist), _toy.true_map(a)
    back = _undone(there, degrees, twist)
    return Weighed(_percent(back - a, a), float(100 * js / _LOG2), _percent(there - truth, truth))


def _percent(difference: Points, points: Points) -> float:
    """Compute the RMS of the differences in % of the points' RMS distance from their mean."""
    spread = ((points - points.mean(axis=0, keepdims=True)) ** 2).sum(axis=1).mean()
    return float(100 * np.sqrt((difference**2).sum(axis=1).mean() / spread))


@functools.lru_cache(maxsize=32)
def _curves(law: str, twist: float) -> Float[np.ndarray, "3 m"]:
    """Compute error, JS and cycle error for all angles, as `weigh` does for one."""
    all_weighed = [
        _weigh(law, degrees, twist, js) for degrees, js in zip(_ANGLES, _js(law, _ANGLES, twist), strict=True)
    ]
    return np.array([(weighed.error, weighed.adversarial, weighed.cycle) for weighed in all_weighed]).T


def _groups(law: str) -> tuple[np.ndarray, Float[np.ndarray, "6 2"]]:
    """Choose points of each of six sectors of A, [6, n], and the place of each one's number."""
    a = _points(law)
    sector = np.round(np.arctan2(a[:, 1], a[:, 0]) / (np.pi / 3)).astype(int) % 6
    of_sector = [np.flatnonzero(sector == i) for i in range(6)]
    # Equal rows for the six artists: a sector with few points shows some of them twice.
    chosen = np.stack([rows[np.linspace(0, len(rows) - 1, _NUM_SHOWN).astype(int)] for rows in of_sector])
    return chosen, _toy.modes()


def turned() -> LiveFigure:
    """Show a map that turns A before it translates, and what cycle, discriminators and truth say of it.

    >>> live = turned()
    >>> live.controls["degrees"].value = 180.0
    >>> live.settle(10)
    True
    >>> live.stage.alt.split(": ")[1]
    'the cycle error is 0 %, the best D sees 0 % of log 2, the error against the truth is 200 %'
    >>> live.close()
    """
    figure = plotting.new_figure(9.0, 3.7)
    figure.set_layout_engine("none")
    cells = GridSpec(1, 2, figure, left=0.01, right=0.615, bottom=0.02, top=0.9, wspace=0.04)
    planes = []
    for cell, title in zip(cells, ("A: the points a", "B: where F(a) lands"), strict=True):
        ax = plotting.axes(
            figure, cell, equal=True, title=title, xlim=(-_REACH, _REACH), ylim=(-_REACH, _REACH)
        )
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set_visible(True)
        ax.spines[:].set_color("#bbbbbb")
        planes.append(ax)
    truth = _toy.true_map(1.36 * _toy.modes())
    planes[1].plot(
        *_toy.true_map(_toy.modes()).T, ls="none", marker="o", ms=17, mfc="none", mec="#999999", mew=1.2
    )
    for i, (x, y) in enumerate(truth):
        planes[1].text(x, y, str(i + 1), fontsize=10, color="#777777", ha="center", va="center")
    here, there = (Origins(ax, size=3.5, number=13, alpha=0.5) for ax in planes)

    place = GridSpec(1, 1, figure, left=0.69, right=0.98, bottom=0.14, top=0.9)[0]
    ax = plotting.axes(
        figure, place, xlim=(0, 360), ylim=(-10, 330), xlabel="degrees that F turns", title="three figures, %"
    )
    ax.set_xticks(range(0, 361, 60))
    ax.set_yticks([0, 100, 200])
    curves = [
        plotting.Curve(ax, _ANGLES, plotting.GENERATED, "error against the truth"),
        plotting.Curve(ax, _ANGLES, plotting.CRITIC, "what the best D sees", ls="-."),
        plotting.Curve(ax, _ANGLES, plotting.EXACT, "cycle error", lw=2.5),
    ]
    (now,) = ax.plot([], [], color="#333333", lw=1, clip_on=False)
    marks = [
        plotting.Dots(ax, [0.0], look, ms=8, mew=2)
        for look in (plotting.GENERATED, plotting.CRITIC, plotting.EXACT)
    ]
    plotting.legend(ax, place="upper left", frameon=False, borderpad=0.1, ncols=1)
    shown = plotting.moving(here, there, *curves, now, *marks)

    def update(law: str, degrees: float, twist: float) -> str:
        a = _points(law)
        chosen, places = _groups(law)
        here.set(a[chosen], places)
        there.set(turned_map(a[chosen], degrees, twist), turned_map(places, degrees, twist))
        for curve, heights in zip(curves, _curves(law, twist), strict=True):
            curve.set(heights)
        found = weigh(law, degrees, twist)
        now.set_data([degrees, degrees], [0, 200])
        for mark, height in zip(marks, (found.error, found.adversarial, found.cycle), strict=True):
            mark.set([height], [degrees])
        return (
            f"A {law}, F turns by {degrees:.0f}°, twist {twist:.0f}°: the cycle error is {found.cycle:.0f} %, the best "
            f"D sees {found.adversarial:.0f} % of log 2, the error against the truth is {found.error:.0f} %"
        )

    return LiveFigure(
        Stage(figure, shown),
        update,
        {
            "law": choice("the law of A", list(LAWS)),
            "degrees": slider("F turns, degrees", 0.0, 360.0, 0.0, step=5.0),
            "twist": slider("twist, degrees", 0.0, 180.0, 0.0, step=10.0),
        },
    )
