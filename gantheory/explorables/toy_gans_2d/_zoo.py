"""The targets of the zoo, all of one shape, so that going from one to the next compiles nothing."""

import functools
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from gantheory import distributions, metrics
from gantheory._distribution import Scalar, law

__all__ = ["CAPACITY", "EXAMPLE", "OWN", "REACH", "Target", "own_target", "target", "targets"]

CAPACITY = 1024
"""The centres of every target, those without mass included."""
REACH = 2.25
"""Half the side of the square that shows the targets."""
OWN = "your own data"
"""The name of the target that the learner draws or loads."""

_MOST_PIECES = 32
_PIECES_OF_CURVES = 16
_PIECES_OF_CLOUDS = 12
# The width of the learner's pencil.
_PENCIL = 0.05
# Where centres without mass wait: nearest to nothing.
_AWAY = 1e4


@law("means", "std", "weights", "pieces")
class Target(distributions.GaussianMixture):
    """A mixture of narrow round Gaussians whose centres are gathered into pieces, which count as its modes.

    A curve is a thousand centres in a row. Their number is always `CAPACITY`: the rest have no mass.

    Args:
        centres: [m, 2], at most `CAPACITY`.
        std: of every Gaussian.
        pieces: [m], which piece each centre belongs to, counted from 0.

    >>> target = Target([[0.0, 0.0], [1.0, 0.0]], 0.1, [0, 1])
    >>> target.num_pieces, target.means.shape
    (2, (1024, 2))
    >>> found = target.coverage(jnp.zeros((10, 2)))
    >>> int(found.modes), float(found.high_quality), round(float(found.histogram_kl), 4)
    (1, 1.0, 0.6931)
    """

    means: Float[Array, "k d"]
    std: Scalar
    weights: Float[Array, "k"]
    pieces: Int[Array, "k"]

    def __init__(self, centres: Any, std: float, pieces: Any):
        centres = np.asarray(centres, float)
        empty = CAPACITY - len(centres)
        super().__init__(
            np.pad(centres, ((0, empty), (0, 0)), constant_values=_AWAY),
            std,
            np.pad(np.ones(len(centres)), (0, empty)),
        )
        self._set(pieces=jnp.asarray(np.pad(np.asarray(pieces, np.int32), (0, empty))))

    @property
    def num_pieces(self) -> int:
        """The number of pieces with mass."""
        return len(np.unique(np.asarray(self.pieces)[np.asarray(self.weights) > 0]))

    def coverage(self, samples: Float[Array, "n 2"]) -> metrics.ModeCoverage:
        """Compute `metrics.mode_coverage` with pieces for modes; a sample is good within 3 std of some centre."""
        fine = metrics.mode_coverage(samples, self.means, self.std, self.weights)

        def by_piece(x: Float[Array, "k"]) -> Float[Array, "pieces"]:
            return jnp.zeros(_MOST_PIECES, x.dtype).at[self.pieces].add(x)

        histogram, weights = by_piece(fine.histogram), by_piece(self.weights)
        captured = by_piece(fine.captured.astype(histogram.dtype)) > 0
        # A piece without mass has no samples either: 0 log 0 = 0.
        ratio = histogram / jnp.where(weights > 0, weights, 1)
        terms = jnp.where(histogram > 0, histogram * jnp.log(jnp.where(ratio > 0, ratio, 1)), 0)
        return metrics.ModeCoverage(
            captured.sum(), fine.high_quality, jnp.maximum(terms.sum(), 0), histogram, captured
        )


def _in_pieces(curve: Float[np.ndarray, "m 2"], std: float, count: int = _PIECES_OF_CURVES) -> Target:
    """Cut a curve, given by centres of equal mass in their order, into pieces of equal mass."""
    return Target(curve, std, np.arange(len(curve)) * count // len(curve))


def _ring() -> Target:
    return Target(distributions.ring(8, radius=1.5, std=0.05).means, 0.05, np.arange(8))


def _grid() -> Target:
    return Target(distributions.grid(5, spacing=0.8, std=0.04).means, 0.04, np.arange(25))


def _spiral() -> Target:
    # r = 1.8 t with t the root of a uniform number: the points lie almost evenly along the arm.
    t = np.sqrt((np.arange(CAPACITY) + 0.5) / CAPACITY)
    angle = 2 * np.pi * 1.5 * t
    return _in_pieces(1.8 * t[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1), 0.05)


def _moons() -> Target:
    half = np.pi * (np.arange(CAPACITY // 2) + 0.5) / (CAPACITY // 2)
    upper = np.stack([np.cos(half), np.sin(half)], axis=1)
    lower = np.stack([1 - np.cos(half), 0.5 - np.sin(half)], axis=1)
    return _in_pieces(1.2 * (np.concatenate([upper, lower]) - np.array([0.5, 0.25])), 0.07)


def _lines() -> Target:
    height = np.linspace(-1.5, 1.5, CAPACITY // 2)
    left, right = (np.stack([np.full_like(height, x), height], axis=1) for x in (-0.75, 0.75))
    return _in_pieces(np.concatenate([left, right]), 0.02)


def _figure_of_eight() -> Float[np.ndarray, "m 2"]:
    t = 2 * np.pi * np.arange(256) / 256
    return np.stack([1.6 * np.sin(t), 1.1 * np.sin(2 * t)], axis=1)


EXAMPLE = _figure_of_eight()
"""Points [m, 2] that stand for the learner's own until there are some."""


def own_target(points: Float[np.ndarray, "m 2"]) -> Target:
    """Make a target of points in the plane, each a little blurred, in at most 12 groups of neighbours.

    >>> own_target(np.array([[0.0, 0.0], [1.0, 1.0], [1.0, 1.0]])).num_pieces
    2
    """
    # Landmarks far apart, each the farthest point from those before; every point goes with its nearest landmark.
    apart = np.linalg.norm(points - points[0], axis=1)
    pieces = np.zeros(len(points), int)
    for piece in range(1, _PIECES_OF_CLOUDS):
        farthest = apart.argmax()
        if not apart[farthest] > 0:
            break
        distance = np.linalg.norm(points - points[farthest], axis=1)
        pieces[distance < apart] = piece
        apart = np.minimum(apart, distance)
    return Target(points, _PENCIL, pieces)


@functools.cache
def targets() -> dict[str, Target]:
    """List the zoo's targets by name, the learner's own (as an example) at the end.

    >>> [(name, target.num_pieces) for name, target in targets().items()]  # doctest: +NORMALIZE_WHITESPACE
    [('ring of 8', 8), ('grid of 25', 25), ('spiral', 16), ('two moons', 16), ('parallel lines', 16),
     ('your own data', 12)]
    """
    return {
        "ring of 8": _ring(),
        "grid of 25": _grid(),
        "spiral": _spiral(),
        "two moons": _moons(),
        "parallel lines": _lines(),
        OWN: own_target(EXAMPLE),
    }


def target(name: str) -> Target:
    """Look a target up."""
    return targets()[name]
