"""The divergence between histograms of samples."""

import functools

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float

from gantheory import _checks, _pytree, divergences


def binned_js(
    samples_p: ArrayLike,
    samples_q: ArrayLike,
    *,
    low: ArrayLike = -5.0,
    high: ArrayLike = 5.0,
    num_bins: int = 40,
) -> Float[Array, ""]:
    """Compute the Jensen-Shannon divergence between two samples' histograms, in nats.

    It is not the JS divergence of the laws behind the samples: binning forgets what happens within a bin, which lowers
    it, and the noise of the counts raises it, by about (K - 1) (1/n + 1/m) / 8 where K bins are occupied by both laws
    and the two are close (for n = m: (K - 1) / (4 n)).

    Args:
        samples_p: points [n, d], d at most 2.
        samples_q: points [m, d].
        low: lower end of the bins along every axis; points beyond are counted in the outermost bins.
        high: upper end.
        num_bins: bins along each axis, so num_bins ** d of them in all.

    Returns:
        A scalar from 0 to log 2.

    Raises:
        TypeError, ValueError: where the samples are not [n, d] and [m, d] with d at most 2 and finite, `low` is not
            below `high`, or `num_bins` is not a whole number of at least 1.

    >>> import jax.numpy as jnp
    >>> left, right = jnp.array([[-1.0], [-1.2]]), jnp.array([[1.0], [1.2]])
    >>> round(float(binned_js(left, right)), 4), float(binned_js(left, left))
    (0.6931, 0.0)
    """
    p = _checks.points("samples_p", samples_p)
    q = _checks.points("samples_q", samples_q, dim=p.shape[1])
    if p.shape[1] > 2:
        _checks.refuse("samples_p", "points in 1 or 2 dimensions", f"{p.shape[1]} dimensions")
    num_bins = _checks.whole("num_bins", num_bins)
    _checks.number("low", low)
    _checks.number("high", high)
    if _checks.is_concrete(low) and _checks.is_concrete(high) and not low < high:
        _checks.refuse("low", f"below high {float(high):g}", f"{float(low):g}")
    return _binned_js(p, q, _pytree.scalar(low), _pytree.scalar(high), num_bins)


@functools.partial(jax.jit, static_argnums=4)
def _binned_js(
    p: Float[Array, "n d"], q: Float[Array, "m d"], low: ArrayLike, high: ArrayLike, num_bins: int
) -> Float[Array, ""]:
    return divergences.js(_masses(p, low, high, num_bins), _masses(q, low, high, num_bins))


def _masses(x: Float[Array, "n d"], low: ArrayLike, high: ArrayLike, num_bins: int) -> Float[Array, "k"]:
    """Count which share of the points falls into each bin."""
    cells = jnp.clip(jnp.floor((x - low) / (high - low) * num_bins), 0, num_bins - 1).astype(jnp.int32)
    flat = functools.reduce(lambda index, cell: index * num_bins + cell, cells.T)
    # Counted in whole numbers: a float32 sum of many small shares would lose digits.
    counts = jnp.zeros(num_bins ** x.shape[1], jnp.int32).at[flat].add(1)
    return counts.astype(x.dtype) / x.shape[0]
