"""How thin the data lie: what a few directions keep of a digit, and how far digits are from their neighbours."""

import functools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec, SubplotSpec

from gantheory import datasets, plotting
from gantheory.live.controls import choice, whole_slider
from gantheory.live.figure import LiveFigure
from gantheory.live.stage import Stage

__all__ = [
    "LAWS",
    "Components",
    "components",
    "dimension_estimate",
    "draw",
    "neighbours",
    "principal_components",
    "to_nearest",
]

LAWS = ("held-out digits", "Gaussian, same covariance", "digits, pixels shuffled", "uniform noise")
"""What `neighbours` compares with the training digits."""

_SHOWN = 6
_ROWS = ("held-out\ndigits", "what k\ndirections\nkeep", "a Gaussian\nin these k")

Points = Float[np.ndarray, "n d"]


class Components(NamedTuple):
    """The principal components of the training digits.

    Attributes:
        mean: [d].
        directions: one in each row, that of the greatest variance first, [d, d].
        variances: along each of them, [d].
    """

    mean: Float[np.ndarray, "d"]
    directions: Float[np.ndarray, "d d"]
    variances: Float[np.ndarray, "d"]


@functools.cache
def _digits(split: str) -> Points:
    digits = datasets.load("digits", split)
    return np.asarray(digits.images, float).reshape(len(digits), -1)


@functools.cache
def principal_components() -> Components:
    """Compute the principal components of the training digits, in units of the pixels from -1 to 1.

    >>> variances = principal_components().variances
    >>> share = variances.cumsum() / variances.sum()
    >>> int(np.argmax(share >= 0.9)) + 1  # so many of 64 directions keep 90 % of the variance
    21
    """
    x = _digits("train")
    mean = x.mean(axis=0)
    _, singular, directions = np.linalg.svd(x - mean, full_matrices=False)
    return Components(mean, directions, singular**2 / (len(x) - 1))


def draw(law: str, n: int, seed: int = 0) -> Points:
    """Draw images of one of `LAWS`, flat: [n, 64]. Held-out digits come in their order, at most 355.

    >>> draw("uniform noise", 3).shape
    (3, 64)
    """
    rng = np.random.default_rng(seed)
    train = _digits("train")
    if law == LAWS[0]:
        return _digits("test")[:n]
    if law == LAWS[1]:
        mean, directions, variances = principal_components()
        return mean + rng.normal(size=(n, len(mean))) * np.sqrt(variances) @ directions
    if law == LAWS[2]:
        return np.stack([rng.choice(column, n) for column in train.T], axis=1)
    return rng.uniform(-1, 1, (n, train.shape[1]))


def to_nearest(
    x: Points, among: Float[np.ndarray, "m d"], k: int = 1, *, leave_out_self: bool = False
) -> Float[np.ndarray, "n k"]:
    """Measure the distances from each of x to its k nearest points of a cloud, the nearest first, [n, k].

    Args:
        x: [n, d].
        among: [m, d].
        k: how many neighbours.
        leave_out_self: whether x is `among`, and a point is no neighbour of its own.

    >>> to_nearest(np.array([[0.0]]), np.array([[3.0], [-1.0]]), k=2)
    array([[1., 3.]])
    """
    squared = (x**2).sum(axis=1)[:, None] - 2 * x @ among.T + (among**2).sum(axis=1)[None, :]
    if leave_out_self:
        np.fill_diagonal(squared, np.inf)
    nearest = among[np.argpartition(squared, k - 1, axis=1)[:, :k]]
    # The product finds who is near; how near, it rounds away where points almost meet.
    return np.sort(np.linalg.norm(x[:, None] - nearest, axis=2), axis=1)


def dimension_estimate(x: Points) -> float:
    """Estimate the dimension of the sheet that points lie on, from the distances r1, r2 to two neighbours.

    On a d-dimensional sheet that is evenly filled as far as the second neighbour, P(r2 / r1 > m) = m^-d, so that
    (n - 1) / sum log(r2 / r1) estimates d without bias. With few points, or noise, "evenly" fails, and high dimensions
    come out too low.

    Source: Facco et al. 2017, Estimating the intrinsic dimension of datasets by a minimal neighborhood information.

    >>> flat = np.random.default_rng(0).uniform(size=(1000, 1)) * np.ones((1, 64))  # on a line
    >>> print(f"{dimension_estimate(flat):.1f}")
    1.0
    """
    r1, r2 = to_nearest(x, x, 2, leave_out_self=True).T
    apart = r1 > 0
    return float((apart.sum() - 1) / np.log(r2[apart] / r1[apart]).sum())


def _rows(figure: Figure, cell: SubplotSpec, names: Sequence[str]) -> plotting.ImageGrid:
    """Make a grid of images with a name above each row."""
    ax = plotting.axes(figure, cell)
    grid = plotting.ImageGrid(ax, len(names), _SHOWN)
    for row, name in enumerate(names):
        ax.text(-0.1, row + 0.5, name, fontsize=10, color="#333333", va="center", ha="right", linespacing=1.3)
    return grid


def components() -> LiveFigure:
    """Show what the first k principal components keep of held-out digits.

    >>> live = components()
    >>> live.stage.alt
    '21 of 64 directions keep 90 % of the variance of held-out digits'
    >>> live.close()
    """
    mean, directions, _ = principal_components()
    test = _digits("test")
    coordinates = (test - mean) @ directions.T
    total = ((test - mean) ** 2).sum()
    kept = np.concatenate([[0.0], (coordinates**2).sum(axis=0).cumsum() / total])
    shown = np.linspace(0, len(test) - 1, _SHOWN).astype(int)
    gaussian = np.random.default_rng(1).normal(size=(_SHOWN, len(mean))) * np.sqrt(
        principal_components().variances
    )

    figure = plotting.new_figure(9.0, 3.6)
    figure.set_layout_engine("none")
    cells = GridSpec(
        1, 2, figure, left=0.115, right=0.97, bottom=0.13, top=0.9, width_ratios=(6, 3.6), wspace=0.17
    )
    grid = _rows(figure, cells[0], _ROWS)
    ax = plotting.axes(
        figure,
        cells[1],
        title="variance that k directions keep",
        xlim=(0, 64),
        ylim=(0, 1.02),
        xlabel="k",
        xticks=[0, 16, 32, 48, 64],
        yticks=[0, 0.5, 0.9, 1],
        yticklabels=["0", "50 %", "90 %", "100 %"],
    )
    curve = plotting.Curve(ax, np.arange(65), plotting.DATA)
    curve.set(kept)
    ax.axhline(0.9, color="#999999", lw=1, ls=":")
    mark = plotting.Dots(ax, [0.0], plotting.LEARNED, marker="o", ms=10)
    note = plotting.Note(ax, 0.97, 0.2, align="right", size=11)

    def update(k: int) -> str:
        projected = mean + coordinates[shown, :k] @ directions[:k]
        drawn = mean + gaussian[:, :k] @ directions[:k]
        grid.set(np.concatenate([test[shown], projected, drawn]).reshape(-1, 8, 8, 1))
        mark.set([kept[k]], [k])
        note.set(f"k = {k}: {kept[k]:.0%}")
        return f"{k} of 64 directions keep {100 * kept[k]:.0f} % of the variance of held-out digits"

    return LiveFigure(
        Stage(figure, plotting.moving(grid, note, mark), photographic=True),
        update,
        {"k": whole_slider("directions k", 0, 64, 21)},
    )


def neighbours() -> LiveFigure:
    """Show how far images of a law are from the training digits, beside held-out digits.

    >>> live = neighbours()
    >>> live.controls["law"].value = "uniform noise"
    >>> live.settle(10), live.stage.alt[:41]
    (True, 'uniform noise: median distance 7.1 to the')
    >>> live.close()
    """
    train = _digits("train")
    count = len(_digits("test"))

    figure = plotting.new_figure(9.0, 3.0)
    figure.set_layout_engine("none")
    cells = GridSpec(
        1, 2, figure, left=0.085, right=0.98, bottom=0.15, top=0.88, width_ratios=(6, 4), wspace=0.1
    )
    grid = _rows(figure, cells[0], ("drawn", "nearest\ntraining\ndigit"))
    ax = plotting.axes(
        figure,
        cells[1],
        xlim=(0, 9),
        ylim=(0, 1.9),
        xlabel="distance to the nearest training digit",
        yticks=[],
    )
    edges = np.linspace(0, 9, 46)
    real = plotting.Histogram(ax, edges, plotting.DATA, "held-out digits")
    fake = plotting.Histogram(ax, edges, plotting.GENERATED, "the law chosen")
    fake.steps.set(fill=False, linewidth=2, linestyle="--", alpha=1, edgecolor=plotting.GENERATED.color)
    real.set(to_nearest(_digits("test"), train)[:, 0])
    plotting.legend(ax, place="upper right")
    note = plotting.Note(ax, 0.98, 0.7, align="right", size=10)

    @functools.cache
    def look(law: str) -> tuple[Points, Points, Float[np.ndarray, "m"], float]:
        x = draw(law, count)
        squared = (x[:_SHOWN, None] - train[None]) ** 2
        nearest = train[squared.sum(axis=2).argmin(axis=1)]
        many = train if law == LAWS[0] else draw(law, len(train), seed=1)
        return x[:_SHOWN], nearest, to_nearest(x, train)[:, 0], dimension_estimate(many)

    def update(law: str) -> str:
        drawn, nearest, distances, dimension = look(law)
        grid.set(np.concatenate([drawn, nearest]).reshape(-1, 8, 8, 1))
        fake.set(distances)
        note.set(f"median distance {np.median(distances):.1f}\nestimated dimension {dimension:.0f}")
        return (
            f"{law}: median distance {np.median(distances):.1f} to the nearest training digit, against "
            f"{np.median(look(LAWS[0])[2]):.1f} from held-out digits; estimated dimension {dimension:.1f}"
        )

    return LiveFigure(
        Stage(figure, plotting.moving(grid, fake, note), photographic=True),
        update,
        {"law": choice("draw from", list(LAWS))},
    )
