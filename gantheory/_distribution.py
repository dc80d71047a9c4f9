"""What all laws of `distributions` share: the base class, the checks of parameters, the log of a mixture."""

import abc
import dataclasses
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import logsumexp
from jaxtyping import Array, ArrayLike, Float, Int32

from gantheory import _checks, _pytree

Points = Float[Array, "n d"]
Values = Float[Array, "n"]
Labels = Int32[Array, "n"]
Scalar = Float[Array, ""]


class Distribution(abc.ABC):
    """A probability law on R^d: what can be asked of every one of them.

    A subclass gives `dim`, `_sample` and `_log_prob`, and `_cdf` or `_quantile` where a closed form exists. Its
    arguments come checked, and both run compiled.
    """

    @property
    @abc.abstractmethod
    def dim(self) -> int:
        """The dimension d of the space that the points live in."""

    def sample(self, key: ArrayLike, n: int) -> Points:
        """Draw `n` independent points.

        The draw is a differentiable function of the location and scale parameters, `key` held fixed.

        Args:
            key: one random key, as `jax.random.key(seed)` makes it.
            n: how many points, at least 1 (structure, not traced: another n compiles anew).

        Returns:
            Points of shape [n, d].

        Raises:
            TypeError: if `key` is not one random key, or `n` is not a whole number.
            ValueError: if `n` is less than 1.
        """
        return _compiled_sample(self, _checks.key("key", key), _checks.whole("n", n))

    def log_prob(self, x: ArrayLike) -> Values:
        """Compute the log of the density at each point, in nats.

        Args:
            x: points of shape [n, d].

        Returns:
            Shape [n]; -inf outside the support.

        Raises:
            ValueError: if `x` is not a non-empty, finite array of shape [n, d].
            TypeError: if the law is singular, that is, has no density.
        """
        return _compiled_log_prob(self, _checks.points("x", x, self.dim))

    def cdf(self, x: ArrayLike) -> Values:
        """Compute P(X <= x) at each point of a law on the line; x of shape [n, 1], result of shape [n].

        Raises:
            ValueError: if the law is not one-dimensional, or `x` is not of shape [n, 1].
            TypeError: if the law has no closed form here.
        """
        self._refuse_unless_on_the_line("cdf")
        return self._cdf(_checks.points("x", x, 1))

    def quantile(self, u: ArrayLike) -> Float[Array, "n 1"]:
        """Compute the points below which the law has mass `u`; u of shape [n] in (0, 1), result of shape [n, 1].

        Raises:
            ValueError: if the law is not one-dimensional, or `u` leaves the open interval (0, 1).
            TypeError: if the law has no closed form here.
        """
        self._refuse_unless_on_the_line("quantile")
        u = _checks.vector("u", u)
        if _checks.is_concrete(u):
            values = np.asarray(u)
            if not ((values > 0) & (values < 1)).all():
                _checks.refuse("u", "strictly between 0 and 1", f"{values.min():g} to {values.max():g}")
        return self._quantile(u)

    def _refuse_unless_on_the_line(self, method: str) -> None:
        if self.dim != 1:
            name = type(self).__name__
            raise ValueError(f"{method} needs a law on the line (dim 1), got {name} of dim {self.dim}.")

    @abc.abstractmethod
    def _sample(self, key: jax.Array, n: int) -> Points: ...

    @abc.abstractmethod
    def _log_prob(self, x: Points) -> Values: ...

    def _cdf(self, x: Float[Array, "n 1"]) -> Values:
        raise TypeError(f"{type(self).__name__} has no closed form for its cdf here.")

    def _quantile(self, u: Values) -> Float[Array, "n 1"]:
        raise TypeError(f"{type(self).__name__} has no closed form for its quantile here.")

    def _set(self, **fields: Any) -> None:
        for name, value in fields.items():
            object.__setattr__(self, name, value)  # the dataclasses are frozen


class Labelled(Distribution):
    """A mixture whose points come with the number of their component: their class.

    A subclass gives `num_classes` and `_sample_labelled`.
    """

    @property
    @abc.abstractmethod
    def num_classes(self) -> int:
        """The number of components."""

    def sample_labelled(self, key: ArrayLike, n: int) -> tuple[Points, Labels]:
        """Draw the `n` points that `sample` draws for this key, and the number of each one's component.

        Args:
            key: one random key.
            n: how many points, at least 1.

        Returns:
            Points of shape [n, d], and labels from 0 to num_classes - 1 of shape [n].

        Raises:
            TypeError, ValueError: as for `sample`.
        """
        return _compiled_sample_labelled(self, _checks.key("key", key), _checks.whole("n", n))

    @abc.abstractmethod
    def _sample_labelled(self, key: jax.Array, n: int) -> tuple[Points, Labels]: ...

    def _sample(self, key: jax.Array, n: int) -> Points:
        return self._sample_labelled(key, n)[0]


@partial(jax.jit, static_argnames="n")
def _compiled_sample_labelled(law: Labelled, key: jax.Array, n: int) -> tuple[Points, Labels]:
    return law._sample_labelled(key, n)


def component_numbers(key: jax.Array, weights: Float[Array, "k"], n: int) -> Labels:
    """Draw the number of a component n times, by the weights."""
    # int32 in any mode, as all labels are.
    return jax.random.choice(key, weights.shape[0], (n,), p=weights).astype(jnp.int32)


@partial(jax.jit, static_argnames="n")
def _compiled_sample(law: Distribution, key: jax.Array, n: int) -> Points:
    return law._sample(key, n)


@jax.jit
def _compiled_log_prob(law: Distribution, x: Points) -> Values:
    return law._log_prob(x)


def law(*fields: str) -> Any:
    """Make a class decorator: a frozen dataclass that is a pytree of its fields and compares by identity."""

    # By identity, because arrays have no single truth value.
    def decorate(cls: type) -> type:
        return _pytree.register(dynamic=fields)(dataclasses.dataclass(frozen=True, eq=False, init=False)(cls))

    return decorate


def vectors(**named: ArrayLike) -> list[Float[Array, "d"]]:
    """Check numbers or arrays [d], and bring them to one shape [d] and one dtype; numbers alone make d = 1."""
    arrays = {name: _checks.real_array(name, x) for name, x in named.items()}
    for name, array in arrays.items():
        if array.ndim > 1 or array.size == 0:
            _checks.refuse(name, "a number or a non-empty array of shape [d]", f"shape {list(array.shape)}")
    lengths = {name: array.shape[0] for name, array in arrays.items() if array.ndim == 1}
    if len(set(lengths.values())) > 1:
        (first, n), (second, m) = lengths.items()
        _checks.refuse(second, f"a number or of the length {n} of {first}", f"length {m}")
    dim = next(iter(lengths.values()), 1)
    dtype = jnp.result_type(*arrays.values())
    # An explicit dtype: a Python float's weak type would compile everything a second time.
    return [jnp.broadcast_to(jnp.asarray(array, dtype), (dim,)) for array in arrays.values()]


def refuse_unless_positive(name: str, x: Float[Array, "..."]) -> None:
    """Refuse an array with an entry that is not above 0."""
    if _checks.is_concrete(x) and not np.asarray(x).min() > 0:
        _checks.refuse(name, "above 0", f"{np.asarray(x).min():g}")


def normalized(weights: ArrayLike | None, count: int, dtype: Any) -> Float[Array, "k"]:
    """Check the weights of a mixture and divide them by their total; None makes them uniform."""
    if weights is None:
        return jnp.full((count,), 1 / count, dtype)
    weights = _checks.masses("weights", weights, count).astype(dtype)
    return weights / jnp.sum(weights)


def log_mixture(log_probs: Float[Array, "n k"], weights: Float[Array, "k"]) -> Values:
    """Compute log sum_k w_k exp(log_probs[:, k]): -inf where no component with mass has any, without NaN slopes."""
    # Where every component is -inf, log(0) would send NaN through the gradient: hence the second `where`.
    inside = jnp.any((log_probs != -jnp.inf) & (weights > 0)[None], axis=1)
    safe = jnp.where(inside[:, None], log_probs, 0.0)
    mixed = logsumexp(safe, axis=1, b=jnp.broadcast_to(weights[None], safe.shape))
    return jnp.where(inside, mixed, -jnp.inf)


def round_mixture(x: Points, means: Float[Array, "k d"], std: Scalar, weights: Float[Array, "k"]) -> Values:
    """Compute the log density of a mixture of Gaussians N(means[k], std^2 I)."""
    squares = jnp.sum(((x[:, None] - means[None]) / std) ** 2, axis=2)
    constant = x.shape[1] * (jnp.log(std) + 0.5 * np.log(2 * np.pi))
    return log_mixture(-0.5 * squares, weights) - constant
