"""Thick curves in the plane: a point on a curve plus round Gaussian noise, with the exact density."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Float

from gantheory import _checks
from gantheory._distribution import Distribution, Points, Scalar, Values, law, round_mixture
from gantheory._pytree import scalar

Curve = Float[Array, "m 2"]

# Nodes of the quadrature along a curve; the accuracy that they buy is stated, and tested, where they are used.
SPIRAL_NODES = 1024
ARC_NODES = 512


def _nodes(count: int) -> tuple[np.ndarray, np.ndarray]:
    # Gauss-Legendre rule on (0, 1): panels of 32 nodes, evenly spread. Where neighbouring nodes land at most one std
    # apart on the curve, the density has a relative error below 1e-7 at the curve, and falling very fast with a
    # larger std. (The widest gap of a panel is pi / 2 times the mean gap.)
    x, w = np.polynomial.legendre.leggauss(32)
    panels = count // 32
    t = (np.arange(panels)[:, None] + (x + 1)[None] / 2) / panels
    return t.ravel(), np.tile(w / (2 * panels), panels)


def _thickness(std: float, speed: Any, count: int) -> Scalar:
    # `speed`: the largest |d curve / dt|. A std below the widest gap of the nodes would give a wrong density.
    known = _checks.is_concrete(std) and _checks.is_concrete(speed)
    thinnest = float(speed) * np.pi / 2 / count if known else None
    return scalar(_checks.number("std", std, above=0, at_least=thinnest))


@law("turns", "radius", "std")
class Spiral(Distribution):
    """A point on the Archimedean spiral r = radius * t, angle = 2 pi * turns * t, plus Gaussian noise in the plane.

    t is the square root of a uniform number, which spreads the points almost evenly along the arm. The density is
    the integral of 2 t N(x; c(t), std^2) over t from 0 to 1, by quadrature in log space: relative error below 1e-6
    in float64 within one radius of the curve.

    Args:
        turns: how many turns, above 0.
        radius: where the arm ends, above 0.
        std: of the noise; at least about radius * turns / 100, or the quadrature would miss the arm.

    Raises:
        ValueError: for numbers that are not above 0, or too small a std (the error names the least).

    >>> [round(v, 2) for v in Spiral().log_prob([[2.0, 0.0], [1.5, 0.0], [1.0, 0.0]]).tolist()]
    [-1.15, -49.27, -0.47]
    """

    turns: Scalar
    radius: Scalar
    std: Scalar

    def __init__(self, turns: float = 2.0, radius: float = 2.0, std: float = 0.05) -> None:
        turns = scalar(_checks.number("turns", turns, above=0))
        radius = scalar(_checks.number("radius", radius, above=0))
        speed = radius * jnp.sqrt(1 + (2 * np.pi * turns) ** 2)
        self._set(turns=turns, radius=radius, std=_thickness(std, speed, SPIRAL_NODES))

    @property
    def dim(self) -> int:
        """The dimension of the plane, 2."""
        return 2

    def _curve(self, t: Float[Array, "m"]) -> Curve:
        angle = 2 * np.pi * self.turns * t
        return self.radius * t[:, None] * jnp.stack([jnp.cos(angle), jnp.sin(angle)], axis=1)

    def _sample(self, key: jax.Array, n: int) -> Points:
        curve_key, noise_key = jax.random.split(key)
        t = jnp.sqrt(jax.random.uniform(curve_key, (n,), self.std.dtype))
        return self._curve(t) + self.std * jax.random.normal(noise_key, (n, 2), self.std.dtype)

    def _log_prob(self, x: Points) -> Values:
        t, w = _nodes(SPIRAL_NODES)
        weights = jnp.asarray(2 * t * w, self.std.dtype)
        return round_mixture(x, self._curve(jnp.asarray(t, self.std.dtype)), self.std, weights)


@law("center", "radius", "start", "angle", "std")
class Arc(Distribution):
    """A uniform point on an arc of a circle, plus Gaussian noise in the plane.

    The density is the integral of N(x; c(t), std^2) over the arc, by quadrature in log space: relative error below
    1e-6 in float64 within one radius of the arc.

    Args:
        center: of the circle, shape [2].
        radius: of the circle, above 0.
        start: the angle at which the arc starts, in radians.
        angle: how far it goes from there, in radians; not 0, at most a full turn either way.
        std: of the noise; at least about radius * |angle| / 325, or the quadrature would miss the arc.

    Raises:
        ValueError: for numbers outside those ranges (for std the error names the least).

    >>> circle = Arc([0.0, 0.0], radius=1.0, start=0.0, angle=2 * np.pi, std=0.1)
    >>> [round(v, 4) for v in circle.log_prob([[1.0, 0.0], [0.0, -1.0], [0.0, 0.0]]).tolist()]
    [-0.453, -0.453, -47.2327]
    """

    center: Float[Array, "2"]
    radius: Scalar
    start: Scalar
    angle: Scalar
    std: Scalar

    def __init__(self, center: ArrayLike, radius: float, start: float, angle: float, std: float) -> None:
        center = _checks.vector("center", center, 2).astype(jnp.result_type(float))
        radius = scalar(_checks.number("radius", radius, above=0))
        start = scalar(_checks.number("start", start))
        angle = _checks.number("angle", angle)
        if _checks.is_concrete(angle) and not 0 < abs(float(angle)) <= 2 * np.pi + 1e-6:
            _checks.refuse("angle", "a number other than 0 from -2 pi to 2 pi", f"{float(angle)!r}")
        std = _thickness(std, radius * jnp.abs(scalar(angle)), ARC_NODES)
        self._set(center=center, radius=radius, start=start, angle=scalar(angle), std=std)

    @property
    def dim(self) -> int:
        """The dimension of the plane, 2."""
        return 2

    def _curve(self, t: Float[Array, "m"]) -> Curve:
        angle = self.start + self.angle * t
        return self.center[None] + self.radius * jnp.stack([jnp.cos(angle), jnp.sin(angle)], axis=1)

    def _sample(self, key: jax.Array, n: int) -> Points:
        curve_key, noise_key = jax.random.split(key)
        t = jax.random.uniform(curve_key, (n,), self.std.dtype)
        return self._curve(t) + self.std * jax.random.normal(noise_key, (n, 2), self.std.dtype)

    def _log_prob(self, x: Points) -> Values:
        t, w = _nodes(ARC_NODES)
        weights = jnp.asarray(w, self.std.dtype)
        return round_mixture(x, self._curve(jnp.asarray(t, self.std.dtype)), self.std, weights)
