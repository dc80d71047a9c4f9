"""Targets and priors: laws one can sample from and, where they have a density, evaluate.

Every law is an immutable pytree whose leaves are its parameters, so it goes through `jax.jit`, `jax.vmap` and
`jax.grad`, and a slider may move a parameter without recompiling anything. All share three things:

- `sample(key, n)` draws n independent points, shape [n, d];
- `log_prob(x)` takes points [n, d] and gives the log of the density, in nats, shape [n];
- `dim` is d, the dimension of the space the points live in.

A mixture can also tell the class of a point, the number of its component: `sample_labelled(key, n)` gives the points
of `sample` and their labels [n], `num_classes` how many there are.

A point is always a row, in one dimension too: x of shape [n, 1], never [n]. A law that sits on a set of volume
zero (points, a line in the plane) has no density, and its `log_prob` raises a TypeError that says so.

>>> import jax
>>> target = Mixture([Gaussian(-1.0, 0.5), Gaussian(2.0, 1.0)], weights=[0.25, 0.75])
>>> x = target.sample(jax.random.key(0), 5)
>>> x.shape, target.log_prob(x).shape, target.dim
((5, 1), (5,), 1)
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import ndtr, ndtri
from jaxtyping import Array, ArrayLike, Float

from gantheory import _checks
from gantheory._curves import Arc, Spiral
from gantheory._distribution import (
    Distribution,
    Labelled,
    Labels,
    Points,
    Scalar,
    Values,
    component_numbers,
    law,
    log_mixture,
    normalized,
    refuse_unless_positive,
    round_mixture,
    vectors,
)
from gantheory._pytree import scalar

__all__ = [
    "Arc",
    "Distribution",
    "Empirical",
    "Gaussian",
    "GaussianMixture",
    "Labelled",
    "Mixture",
    "Segment",
    "Spiral",
    "Uniform",
    "grid",
    "parallel_lines",
    "ring",
    "spiral",
    "two_moons",
]


@law("mean", "std")
class Gaussian(Distribution):
    """The normal law with independent coordinates.

    Args:
        mean: a number, or an array of shape [d].
        std: standard deviations, a number or an array of shape [d], above 0. A number beside an array holds for
            every coordinate, and two numbers make a law on the line (d = 1).

    Raises:
        ValueError: for a std that is not above 0, lengths that differ, NaN or infinity.

    >>> law = Gaussian([0.0, 1.0], 2.0)
    >>> law.dim, law.std.tolist()
    (2, [2.0, 2.0])
    >>> [round(v, 4) for v in law.log_prob([[0.0, 1.0], [2.0, 1.0]]).tolist()]
    [-3.2242, -3.7242]
    """

    mean: Float[Array, "d"]
    std: Float[Array, "d"]

    def __init__(self, mean: ArrayLike, std: ArrayLike) -> None:
        mean, std = vectors(mean=mean, std=std)
        refuse_unless_positive("std", std)
        self._set(mean=mean, std=std)

    @property
    def dim(self) -> int:
        """The dimension d."""
        return self.mean.shape[-1]

    def _sample(self, key: jax.Array, n: int) -> Points:
        return self.mean[None] + self.std[None] * jax.random.normal(key, (n, self.dim), self.mean.dtype)

    def _log_prob(self, x: Points) -> Values:
        z = (x - self.mean[None]) / self.std[None]
        return -0.5 * jnp.sum(z**2, axis=1) - jnp.sum(jnp.log(self.std)) - 0.5 * self.dim * np.log(2 * np.pi)

    def _cdf(self, x: Float[Array, "n 1"]) -> Values:
        return ndtr((x[:, 0] - self.mean[0]) / self.std[0])

    def _quantile(self, u: Values) -> Float[Array, "n 1"]:
        return (self.mean[0] + self.std[0] * ndtri(u))[:, None]


@law("low", "high")
class Uniform(Distribution):
    """The uniform law on the box from `low` to `high`, borders included; its log_prob is -inf outside.

    Args:
        low: a number, or an array of shape [d].
        high: likewise, above `low` in every coordinate.

    Raises:
        ValueError: for an empty box, lengths that differ, NaN or infinity.

    >>> Uniform([0.0, 0.0], [2.0, 1.0]).log_prob([[1.0, 0.5], [1.0, 1.5]]).round(4).tolist()
    [-0.693..., -inf]
    """

    low: Float[Array, "d"]
    high: Float[Array, "d"]

    def __init__(self, low: ArrayLike, high: ArrayLike) -> None:
        low, high = vectors(low=low, high=high)
        if _checks.is_concrete(low) and _checks.is_concrete(high):
            width = np.asarray(high) - np.asarray(low)
            if not width.min() > 0:
                _checks.refuse("high", "above low in every coordinate", f"high - low = {width.min():g}")
        self._set(low=low, high=high)

    @property
    def dim(self) -> int:
        """The dimension d."""
        return self.low.shape[-1]

    def _sample(self, key: jax.Array, n: int) -> Points:
        u = jax.random.uniform(key, (n, self.dim), self.low.dtype)
        # Rounding could step over the border, where log_prob is -inf.
        return jnp.minimum(self.low[None] + (self.high - self.low)[None] * u, self.high[None])

    def _log_prob(self, x: Points) -> Values:
        inside = jnp.all((x >= self.low[None]) & (x <= self.high[None]), axis=1)
        return jnp.where(inside, -jnp.sum(jnp.log(self.high - self.low)), -jnp.inf)

    def _cdf(self, x: Float[Array, "n 1"]) -> Values:
        return jnp.clip((x[:, 0] - self.low[0]) / (self.high[0] - self.low[0]), 0.0, 1.0)

    def _quantile(self, u: Values) -> Float[Array, "n 1"]:
        return (self.low[0] + (self.high[0] - self.low[0]) * u)[:, None]


@law("points")
class Empirical(Distribution):
    """The law that puts equal mass on each of the given points: sampling draws them with replacement.

    Args:
        points: shape [m, d].

    Raises:
        ValueError: if `points` is not a non-empty, finite array of shape [m, d].

    >>> Empirical([[0.0], [1.0], [5.0], [5.0]]).cdf([[0.5], [1.0]]).tolist()
    [0.25, 0.5]
    """

    points: Float[Array, "m d"]

    def __init__(self, points: ArrayLike) -> None:
        self._set(points=_checks.points("points", points))

    @property
    def dim(self) -> int:
        """The dimension d."""
        return self.points.shape[-1]

    def _sample(self, key: jax.Array, n: int) -> Points:
        return self.points[jax.random.randint(key, (n,), 0, self.points.shape[0])]

    def _log_prob(self, x: Points) -> Values:
        raise TypeError(
            "Empirical has no density, so no log_prob: all of its mass sits on points, of volume 0."
        )

    def _cdf(self, x: Float[Array, "n 1"]) -> Values:
        return jnp.mean(self.points[:, 0][None, :] <= x, axis=1, dtype=self.points.dtype)


@law("start", "end")
class Segment(Distribution):
    """The uniform law on the straight segment from `start` to `end`, in two dimensions or more.

    Args:
        start: shape [d], with d at least 2 (on the line a segment is a `Uniform`).
        end: shape [d].

    Raises:
        ValueError: if the two are not finite arrays of one length of at least 2.

    >>> import jax
    >>> x = Segment([0.0, 0.0], [1.0, 1.0]).sample(jax.random.key(0), 100)
    >>> bool((x[:, 0] == x[:, 1]).all())
    True
    """

    start: Float[Array, "d"]
    end: Float[Array, "d"]

    def __init__(self, start: ArrayLike, end: ArrayLike) -> None:
        start = _checks.vector("start", start)
        if start.shape[0] < 2:
            _checks.refuse("start", "of length 2 or more", f"length {start.shape[0]}")
        end = _checks.vector("end", end, start.shape[0])
        dtype = jnp.result_type(start, end)
        self._set(start=jnp.asarray(start, dtype), end=jnp.asarray(end, dtype))

    @property
    def dim(self) -> int:
        """The dimension d of the surrounding space; the segment itself has dimension 1."""
        return self.start.shape[-1]

    def _sample(self, key: jax.Array, n: int) -> Points:
        t = jax.random.uniform(key, (n, 1), self.start.dtype)
        return (1 - t) * self.start[None] + t * self.end[None]

    def _log_prob(self, x: Points) -> Values:
        raise TypeError(
            f"Segment has no density, so no log_prob: a segment has volume 0 in {self.dim} dimensions, "
            "where all of its mass sits."
        )


@law("components", "weights")
class Mixture(Labelled):
    """A mixture: choose a component at random, then draw from it.

    Sampling draws n points from every component and keeps one of each row; for many Gaussians of one width
    `GaussianMixture` is faster.

    Args:
        components: a list or tuple of distributions of one dimension. Singular ones are allowed; the mixture then
            has no log_prob.
        weights: masses of shape [k], kept divided by their total; uniform by default.

    Raises:
        TypeError: if a component is not a distribution.
        ValueError: for no components, different dimensions, negative or all-zero weights or a wrong number of them.

    >>> law = Mixture([Uniform(0.0, 1.0), Uniform(0.0, 2.0)], weights=[1, 3])
    >>> law.weights.tolist(), jnp.exp(law.log_prob([[0.5], [1.5], [2.5]])).round(4).tolist()
    ([0.25, 0.75], [0.625, 0.375, 0.0])
    >>> x, labels = law.sample_labelled(jax.random.key(0), 1000)
    >>> bool((x[labels == 0] <= 1).all()), round(float(labels.mean()), 1), law.num_classes
    (True, 0.8, 2)
    """

    components: tuple[Distribution, ...]
    weights: Float[Array, "k"]

    def __init__(self, components: Any, weights: ArrayLike | None = None) -> None:
        listed = isinstance(components, list | tuple)
        if not listed or not all(isinstance(component, Distribution) for component in components):
            _checks.refuse("components", "a list of distributions", _checks.describe(components), TypeError)
        if not components:
            _checks.refuse("components", "at least one distribution", "none")
        dims = [component.dim for component in components]
        if len(set(dims)) > 1:
            _checks.refuse("components", "distributions of one dimension", f"dimensions {dims}")
        dtype = jnp.result_type(*jax.tree.leaves(tuple(components)))
        self._set(components=tuple(components), weights=normalized(weights, len(components), dtype))

    @property
    def dim(self) -> int:
        """The dimension d."""
        return self.components[0].dim

    @property
    def num_classes(self) -> int:
        """The number of components."""
        return len(self.components)

    @property
    def means(self) -> Float[Array, "k d"]:
        """The means of Gaussian components."""
        return self._stacked("mean")

    @property
    def std(self) -> Float[Array, "k d"]:
        """The standard deviations of Gaussian components."""
        return self._stacked("std")

    def _stacked(self, name: str) -> Float[Array, "k d"]:
        if not all(isinstance(component, Gaussian) for component in self.components):
            raise AttributeError("A Mixture has means and std only if all of its components are Gaussian.")
        return jnp.stack([getattr(component, name) for component in self.components])

    def _sample_labelled(self, key: jax.Array, n: int) -> tuple[Points, Labels]:
        choice_key, *keys = jax.random.split(key, len(self.components) + 1)
        draws = jnp.stack([c._sample(k, n) for c, k in zip(self.components, keys, strict=True)])
        chosen = component_numbers(choice_key, self.weights, n)
        return draws[chosen, jnp.arange(n)], chosen

    def _log_prob(self, x: Points) -> Values:
        return log_mixture(jnp.stack([c._log_prob(x) for c in self.components], axis=1), self.weights)

    def _cdf(self, x: Float[Array, "n 1"]) -> Values:
        return jnp.stack([component._cdf(x) for component in self.components], axis=1) @ self.weights


@law("means", "std", "weights")
class GaussianMixture(Labelled):
    """A mixture of round Gaussians that share one standard deviation, as `ring` and `grid` make it.

    Args:
        means: the modes, shape [k, d].
        std: one number above 0, for every mode and coordinate.
        weights: masses of shape [k], kept divided by their total; uniform by default.

    Raises:
        ValueError: for means that are not of shape [k, d], a std not above 0, wrong weights.

    >>> law = GaussianMixture([[-1.0], [1.0]], 0.5)
    >>> [round(v, 4) for v in law.log_prob([[0.0], [1.0], [1000.0]]).tolist()]
    [-2.2258, -0.9186, -1996003.0]
    """

    means: Float[Array, "k d"]
    std: Scalar
    weights: Float[Array, "k"]

    def __init__(self, means: ArrayLike, std: float, weights: ArrayLike | None = None) -> None:
        means = _checks.points("means", means)
        std = scalar(_checks.number("std", std, above=0), means.dtype)
        self._set(means=means, std=std, weights=normalized(weights, means.shape[0], means.dtype))

    @property
    def dim(self) -> int:
        """The dimension d."""
        return self.means.shape[-1]

    @property
    def num_classes(self) -> int:
        """The number of components."""
        return self.means.shape[-2]

    def _sample_labelled(self, key: jax.Array, n: int) -> tuple[Points, Labels]:
        choice_key, noise_key = jax.random.split(key)
        chosen = component_numbers(choice_key, self.weights, n)
        noise = jax.random.normal(noise_key, (n, self.dim), self.means.dtype)
        return self.means[chosen] + self.std * noise, chosen

    def _log_prob(self, x: Points) -> Values:
        return round_mixture(x, self.means, self.std, self.weights)

    def _cdf(self, x: Float[Array, "n 1"]) -> Values:
        return ndtr((x - self.means[:, 0][None]) / self.std) @ self.weights


def ring(num_modes: int = 8, radius: float = 1.0, std: float = 0.01) -> GaussianMixture:
    """Put equally likely Gaussian modes at equal angles on a circle, the first at angle 0.

    Source: PacGAN's "2D-ring" (Lin et al. 2018), whose geometry the defaults are. The angles are 2 pi k / num_modes:
    `linspace(0, 2 pi, num_modes)` would put the last mode onto the first.

    Args:
        num_modes: how many modes, at least 1.
        radius: of the circle, above 0.
        std: of each mode, above 0.

    Raises:
        TypeError, ValueError: for a num_modes that is not whole or less than 1, a radius or std not above 0.

    >>> ring(4).means.round(6).tolist()
    [[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [-0.0, -1.0]]
    """
    angles = 2 * np.pi * np.arange(_checks.whole("num_modes", num_modes)) / num_modes
    circle = jnp.asarray(np.stack([np.cos(angles), np.sin(angles)], axis=1))
    return GaussianMixture(scalar(_checks.number("radius", radius, above=0)) * circle, std)


def grid(size: int = 5, spacing: float = 2.0, std: float = 0.05) -> GaussianMixture:
    """Put size x size equally likely Gaussian modes on a square grid around the origin.

    Source: PacGAN's "2D-grid" (Lin et al. 2018), whose geometry the defaults are: modes at {-4, -2, 0, 2, 4}^2.

    Args:
        size: modes along one side, at least 1.
        spacing: between neighbours, above 0.
        std: of each mode, above 0.

    Raises:
        TypeError, ValueError: for a size that is not whole or less than 1, a spacing or std not above 0.

    >>> grid(2).means.tolist()
    [[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]]
    """
    side = np.arange(_checks.whole("size", size)) - (size - 1) / 2
    lattice = jnp.asarray(np.stack(np.meshgrid(side, side, indexing="ij"), axis=-1).reshape(-1, 2))
    return GaussianMixture(scalar(_checks.number("spacing", spacing, above=0)) * lattice, std)


def spiral(turns: float = 2.0, radius: float = 2.0, std: float = 0.05) -> Spiral:
    """Make a noisy Archimedean spiral around the origin; see `Spiral` for the arguments and errors.

    >>> spiral(turns=1.5).dim
    2
    """
    return Spiral(turns, radius, std)


def two_moons(std: float = 0.1) -> Mixture:
    """Make two interleaved noisy half circles of radius 1, equally likely.

    The upper one is centred at (0, 0), the lower one at (1, 1/2): the geometry of scikit-learn's `make_moons`.

    Args:
        std: of the Gaussian noise; at least about 0.01.

    Raises:
        ValueError: for too small a std (the error names the least).

    >>> [round(v, 2) for v in two_moons().log_prob([[0.0, 1.0], [1.0, -0.5], [0.5, 0.25]]).tolist()]
    [-0.45, -0.45, -9.19]
    """
    upper = Arc([0.0, 0.0], radius=1.0, start=0.0, angle=np.pi, std=std)
    lower = Arc([1.0, 0.5], radius=1.0, start=np.pi, angle=np.pi, std=std)
    return Mixture([upper, lower])


def parallel_lines(theta: float) -> Segment:
    """Make one of the parallel lines: the uniform law on {theta} x [0, 1] in the plane.

    The famous pair is `parallel_lines(theta)` and `parallel_lines(0)`: for every theta other than 0 their supports
    are disjoint, so KL is infinite, JS = log 2 and TV = 1, while W1 = |theta| (Arjovsky et al. 2017, "Wasserstein
    GAN", section 2, example 1).

    Args:
        theta: the horizontal coordinate, any finite number.

    Raises:
        ValueError, TypeError: if `theta` is not one finite number.

    >>> line = parallel_lines(0.5)
    >>> line.start.tolist(), line.end.tolist()
    ([0.5, 0.0], [0.5, 1.0])
    """
    theta = scalar(_checks.number("theta", theta))
    zero, one = jnp.zeros_like(theta), jnp.ones_like(theta)
    return Segment(jnp.stack([theta, zero]), jnp.stack([theta, one]))
