"""Checks of arguments at the public doors, each with one sentence for an error.

Every sentence has the same form, "<argument> must be <what is allowed>, got <what came>.", so that a learner can
read off what to change. Values are checked on concrete arrays only: under `jax.jit`, `jax.vmap` and `jax.grad`
nothing but shapes and dtypes is known, and that is what gets checked there.
"""

from collections.abc import Iterable
from numbers import Integral, Real
from typing import Any, NoReturn

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Float

__all__ = [
    "describe",
    "is_concrete",
    "key",
    "masses",
    "number",
    "one_of",
    "points",
    "real_array",
    "refuse",
    "seed",
    "vector",
    "whole",
]


def is_concrete(x: Any) -> bool:
    """Tell whether the values of `x` can be looked at (it is not a tracer of jit, vmap or grad)."""
    return not isinstance(x, jax.core.Tracer)


def describe(x: Any) -> str:
    """Describe a wrong argument in a few words: a short value as it is, an array by its shape and dtype."""
    if isinstance(x, jax.Array | np.ndarray):
        if jnp.issubdtype(x.dtype, jax.dtypes.prng_key):
            return "one random key" if x.ndim == 0 else f"random keys of shape {x.shape}"
        return repr(x.item()) if x.ndim == 0 and is_concrete(x) else f"an array of shape {x.shape}"
    text = repr(x)
    return text if len(text) <= 60 else f"a {type(x).__name__}"


def refuse(name: str, allowed: str, came: str, error: type[Exception] = ValueError) -> NoReturn:
    """Raise `error` with the one sentence."""
    raise error(f"{name} must be {allowed}, got {came}.")


def real_array(name: str, x: ArrayLike, *, finite: bool = True) -> Float[Array, "..."]:
    """Turn `x` into a floating-point array; refuse what is not made of real numbers, and NaN (and infinity)."""
    array = x if isinstance(x, jax.Array) else _from_host(name, x)
    if jnp.issubdtype(array.dtype, jax.dtypes.prng_key) or jnp.issubdtype(array.dtype, jnp.complexfloating):
        refuse(name, "an array of real numbers", f"dtype {array.dtype}", TypeError)
    if not jnp.issubdtype(array.dtype, jnp.floating):
        array = array.astype(jnp.result_type(float))
    if is_concrete(array):
        # One look through numpy: a jitted check would compile anew for every shape.
        values = np.asarray(array)
        if np.isnan(values).any():
            refuse(name, "free of NaN", f"{int(np.isnan(values).sum())} NaN among {values.size} values")
        if finite and not np.isfinite(values).all():
            refuse(name, "finite", f"{int(np.isinf(values).sum())} infinite among {values.size} values")
    return array


def _from_host(name: str, x: Any) -> Array:
    """Turn what is no JAX array yet into one; whole numbers become floats before JAX could cut them to 32 bits."""
    try:
        host = np.asarray(x)
    except jax.errors.TracerArrayConversionError:  # a list that holds tracers
        return jnp.asarray(x)
    except (TypeError, ValueError):
        refuse(name, "an array of real numbers", describe(x), TypeError)
    if host.dtype == object and all(isinstance(entry, Integral) for entry in host.flat):
        try:
            host = host.astype(float)
        except OverflowError:
            refuse(name, "finite", "a whole number beyond the largest float")
    if host.dtype.kind in "biu":
        host = host.astype(float)
    if not jnp.issubdtype(host.dtype, jnp.inexact):
        refuse(name, "an array of real numbers", describe(x), TypeError)
    with np.errstate(over="ignore"):  # what becomes infinite is told of as such
        return jnp.asarray(host.astype(jax.dtypes.canonicalize_dtype(host.dtype)))


def vector(name: str, x: ArrayLike, length: int | None = None) -> Float[Array, "n"]:
    """Check a non-empty array of shape [n] (of exactly `length`, where given)."""
    array = real_array(name, x)
    if array.ndim != 1 or array.shape[0] == 0:
        refuse(name, "a non-empty array of shape [n]", f"shape {list(array.shape)}")
    if length is not None and array.shape[0] != length:
        refuse(name, f"of length {length}", f"length {array.shape[0]}")
    return array


def points(name: str, x: ArrayLike, dim: int | None = None) -> Float[Array, "n d"]:
    """Check a non-empty array of points, shape [n, d] (with d equal to `dim`, where given)."""
    array = real_array(name, x)
    wanted = "d" if dim is None else str(dim)
    if array.ndim != 2 or 0 in array.shape or (dim is not None and array.shape[1] != dim):
        refuse(name, f"a non-empty array of points of shape [n, {wanted}]", f"shape {list(array.shape)}")
    return array


def masses(name: str, w: ArrayLike, length: int | None = None) -> Float[Array, "n"]:
    """Check masses of shape [n]: finite, none negative, not all zero."""
    array = vector(name, w, length)
    if is_concrete(array):
        values = np.asarray(array)
        if (values < 0).any():
            refuse(name, "non-negative", f"a smallest entry of {values.min():g}")
        info, whole = jnp.finfo(array.dtype), values.astype(float).sum()
        if not whole > 0:
            refuse(name, "of positive total", "a total of 0")
        # JAX takes numbers below `tiny` for 0.
        if not float(info.tiny) <= whole <= float(info.max):
            refuse(name, f"of a total from {info.tiny:.2g} to {info.max:.2g} in {array.dtype}", f"{whole:g}")
    return array


def number(
    name: str,
    x: Any,
    *,
    above: float | None = None,
    at_least: float | None = None,
    at_most: float | None = None,
    below: float | None = None,
) -> Any:
    """Check one finite real number within bounds; a scalar array or a tracer goes through as it is."""
    bounds = [
        f"{word} {bound:g}"
        for word, bound in (("above", above), ("at least", at_least), ("at most", at_most), ("below", below))
        if bound is not None
    ]
    allowed = " ".join(["a finite number", " and ".join(bounds)]).strip()
    if not is_concrete(x):
        if x.ndim != 0:
            refuse(name, allowed, describe(x))
        return x
    if isinstance(x, bool | np.bool_) or not isinstance(x, Real | jax.Array | np.ndarray):
        refuse(name, allowed, describe(x), TypeError)
    if getattr(x, "ndim", 0) != 0:
        refuse(name, allowed, describe(x))
    if hasattr(x, "dtype") and not (
        jnp.issubdtype(x.dtype, jnp.floating) or jnp.issubdtype(x.dtype, jnp.integer)
    ):
        refuse(name, allowed, describe(x), TypeError)
    try:
        given = float(x)
    except OverflowError:
        refuse(name, allowed, "a whole number beyond the largest float")
    if (
        not np.isfinite(given)
        or (above is not None and not given > above)
        or (at_least is not None and not given >= at_least)
        or (at_most is not None and not given <= at_most)
        or (below is not None and not given < below)
    ):
        refuse(name, allowed, f"{given!r}")
    # JAX rounds it: in 32 bits 1e-46 is not above 0, nor 0.999999999 below 1.
    short = jnp.result_type(float).type
    with np.errstate(over="ignore", under="ignore"):
        rounded = short(given)
        if (
            not np.isfinite(rounded)
            or (above is not None and not rounded > short(above))
            or (below is not None and not rounded < short(below))
        ):
            refuse(name, allowed, f"{given!r} ({rounded!s} in {rounded.dtype})")
    return x


def whole(name: str, x: Any, *, at_least: int = 1, at_most: int | None = None) -> int:
    """Check a whole number (an int, or a numpy integer; no bool and no float) within bounds."""
    allowed = f"a whole number of at least {at_least}" + (
        "" if at_most is None else f" and at most {at_most}"
    )
    scalar = isinstance(x, jax.Array | np.ndarray) and x.ndim == 0 and is_concrete(x)
    if scalar and jnp.issubdtype(x.dtype, jnp.integer):
        x = int(x)
    if isinstance(x, bool) or not isinstance(x, Integral):
        refuse(name, allowed, describe(x), TypeError)
    if x < at_least or (at_most is not None and x > at_most):
        refuse(name, allowed, repr(int(x)))
    return int(x)


def seed(name: str, x: Any) -> int:
    """Check a seed: a whole number from 0 to 2**32 - 1."""
    return whole(name, x, at_least=0, at_most=2**32 - 1)


def key(name: str, x: Any) -> jax.Array:
    """Check one random key, as `jax.random.key(seed)` makes it."""
    if not isinstance(x, jax.Array) or not jnp.issubdtype(x.dtype, jax.dtypes.prng_key) or x.ndim != 0:
        refuse(name, "one random key, made by jax.random.key(seed)", describe(x), TypeError)
    return x


def one_of(name: str, value: Any, allowed: Iterable[str]) -> str:
    """Check a name against the list of valid names, all of which the error lists."""
    allowed = list(allowed)
    if not isinstance(value, str):
        refuse(name, f"one of {', '.join(allowed)}", describe(value), TypeError)
    if value not in allowed:
        refuse(name, f"one of {', '.join(allowed)}", repr(value))
    return value
