"""Divergences between two densities on a grid, the value V(G, D) and the best discriminator D*.

All take `p` and `q` of one shape [..., n], densities or masses, and the volume `dx` of a cell of the grid; they sum
over the last axis and keep the others. All are in nats. Nothing is normalised: whoever puts densities in that do
not sum to 1 gets the sum that the formula says. 0 log 0 is 0.

A density that underflows *is* 0 here: in float32 that happens 13 standard deviations from the centre of a
Gaussian (below 1.2e-38), and KL then is infinite. So far out, take float64, or work with the log densities
themselves: D* is the sigmoid of log p - log q.

Slopes are never NaN. Where the true slope is infinite (of p log p at p = 0, say) a finite one stands in for it.

>>> import jax.numpy as jnp
>>> p, q = jnp.array([0.5, 0.5, 0.0]), jnp.array([0.0, 0.5, 0.5])
>>> [round(float(d(p, q)), 4) for d in (kl, js, total_variation, squared_hellinger)]
[inf, 0.3466, 0.5, 0.5]
>>> d = optimal_discriminator(p, q)
>>> print(d, f"{value(d, p, q):.4f} {2 * js(p, q) - jnp.log(4.0):.4f}")
[1.  0.5 0. ] -0.6931 -0.6931
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Bool, Float

from gantheory import _checks
from gantheory._f_divergences import F_DIVERGENCES, FDivergence, UnknownDivergence
from gantheory._integrands import (
    chi2_cell,
    divide,
    gap_cell,
    hellinger_cell,
    js_cell,
    kl_cell,
    on_one_grid,
    total,
    variation_cell,
)

__all__ = [
    "F_DIVERGENCES",
    "FDivergence",
    "UnknownDivergence",
    "js",
    "js_gap",
    "kl",
    "optimal_discriminator",
    "pearson_chi2",
    "reverse_kl",
    "squared_hellinger",
    "total_variation",
    "value",
]

Values = Float[Array, "..."]


def kl(p: ArrayLike, q: ArrayLike, dx: float = 1.0) -> Values:
    """Compute the Kullback-Leibler divergence KL(P || Q) = sum p log(p / q) dx, in nats.

    Args:
        p: densities or masses, shape [..., n], none negative.
        q: likewise, of the same shape.
        dx: volume of a cell of the grid, above 0 (1 for masses).

    Returns:
        Shape [...]; infinite where q = 0 < p in some cell.

    Raises:
        ValueError: for shapes that differ, negative or non-finite entries, a dx not above 0.
        TypeError: for what is not made of real numbers.

    >>> round(float(kl([0.5, 0.5], [0.25, 0.75])), 4), float(kl([0.5, 0.5], [0.0, 1.0]))
    (0.1438, inf)
    """
    p, q, dx = on_one_grid(p, q, dx)
    return total(kl_cell, p, q, dx)


def reverse_kl(p: ArrayLike, q: ArrayLike, dx: float = 1.0) -> Values:
    """Compute KL(Q || P) = sum q log(q / p) dx, in nats; arguments and errors as in `kl`.

    >>> [round(float(reverse_kl([0.5, 0.5], q)), 4) for q in ([0.25, 0.75], [0.0, 1.0])]
    [0.1308, 0.6931]
    """
    p, q, dx = on_one_grid(p, q, dx)
    return total(kl_cell, q, p, dx)


def js(p: ArrayLike, q: ArrayLike, dx: float = 1.0) -> Values:
    """Compute the Jensen-Shannon divergence (KL(P || M) + KL(Q || M)) / 2 with M = (P + Q) / 2, in nats.

    It is the divergence, not its square root, and goes from 0 to log 2. It keeps its relative accuracy when p is
    close to q; when it is close to log 2, so does `js_gap`. Arguments and errors as in `kl`.

    >>> [round(float(js([1.0, 0.0], q)), 6) for q in ([0.0, 1.0], [0.5, 0.5], [1.0, 0.0])]
    [0.693147, 0.215762, 0.0]
    """
    p, q, dx = on_one_grid(p, q, dx)
    return total(js_cell, p, q, dx) / 2


def js_gap(p: ArrayLike, q: ArrayLike, dx: float = 1.0) -> Values:
    """Compute how far the Jensen-Shannon divergence is from its ceiling, log 2 - JS, without cancellation.

    For densities of total 1 this is the overlap sum [p log(1 + q / p) + q log(1 + p / q)] dx / 2, and that sum is
    what comes back. Every term is positive, so it keeps its digits where JS itself has rounded to log 2.

    For other totals it is the gap to the ceiling that JS then has, log 2 times the mean of the two totals: a
    missing 1e-9 in the tails of a grid makes no difference, where it would bury a gap of 1e-10 in log 2 - JS.
    Arguments and errors as in `kl`.

    >>> import jax.numpy as jnp
    >>> x = jnp.linspace(-10.0, 20.0, 3001)
    >>> p = jnp.exp(-(x**2) / 2) / jnp.sqrt(2 * jnp.pi)
    >>> q = jnp.exp(-((x - 10) ** 2) / 2) / jnp.sqrt(2 * jnp.pi)
    >>> print(f"JS {js(p, q, dx=0.01):.6f}, which is log 2 less {js_gap(p, q, dx=0.01):.4g}")
    JS 0.693146, which is log 2 less 8.632e-07
    """
    p, q, dx = on_one_grid(p, q, dx)
    return total(gap_cell, p, q, dx) / 2


def total_variation(p: ArrayLike, q: ArrayLike, dx: float = 1.0) -> Values:
    """Compute the total variation distance, sum |p - q| dx / 2, from 0 to 1; arguments and errors as in `kl`.

    >>> float(total_variation([0.5, 0.5], [0.25, 0.75]))
    0.25
    """
    p, q, dx = on_one_grid(p, q, dx)
    return total(variation_cell, p, q, dx) / 2


def squared_hellinger(p: ArrayLike, q: ArrayLike, dx: float = 1.0) -> Values:
    """Compute the squared Hellinger distance, sum (sqrt p - sqrt q)^2 dx / 2, from 0 to 1.

    It has its one half, unlike the row of that name in `F_DIVERGENCES`. Arguments and errors as in `kl`.

    >>> float(squared_hellinger([1.0, 0.0], [0.0, 1.0])), round(float(squared_hellinger([0.5, 0.5], [0.25, 0.75])), 4)
    (1.0, 0.0341)
    """
    p, q, dx = on_one_grid(p, q, dx)
    return total(hellinger_cell, p, q, dx) / 2


def pearson_chi2(p: ArrayLike, q: ArrayLike, dx: float = 1.0) -> Values:
    """Compute Pearson's chi2(P || Q) = sum (p - q)^2 / q dx; infinite where q = 0 < p in some cell.

    Arguments and errors as in `kl`.

    >>> round(float(pearson_chi2([0.5, 0.5], [0.25, 0.75])), 4)
    0.3333
    """
    p, q, dx = on_one_grid(p, q, dx)
    return total(chi2_cell, p, q, dx)


def optimal_discriminator(p: ArrayLike, q: ArrayLike) -> Values:
    """Compute D* = p / (p + q), the discriminator that maximises V(G, D) for a fixed generator.

    It is 1/2 where p = q = 0: no sample ever lands there, and any value would do.

    Source: Goodfellow et al. 2014, "Generative Adversarial Nets", section 4.1, proposition 1.

    Args:
        p: density of the data, shape [..., n], none negative.
        q: density of the generator, of the same shape.

    Returns:
        Shape [..., n], from 0 to 1.

    Raises:
        ValueError: for shapes that differ, negative or non-finite entries.

    >>> print(optimal_discriminator([0.3, 0.2, 0.0, 0.0], [0.1, 0.2, 0.5, 0.0]))
    [0.75 0.5  0.   0.5 ]
    """
    p, q, _ = on_one_grid(p, q, 1.0)
    return _optimal_discriminator(p, q)


@jax.jit
def _optimal_discriminator(p: Values, q: Values) -> Values:
    # Halving both leaves D* as it is and keeps their sum from overflowing.
    scale = jnp.where(jnp.isfinite(p + q), 1.0, 0.5).astype(p.dtype)
    p, q = p * scale, q * scale
    nowhere = p + q == 0
    return jnp.where(nowhere, 0.5, divide(p, jnp.where(nowhere, 1.0, p + q)))


def value(d: ArrayLike, p: ArrayLike, q: ArrayLike, dx: float = 1.0) -> Values:
    """Compute V(G, D) = E_p log D + E_q log(1 - D) = sum [p log d + q log(1 - d)] dx, in nats.

    Its maximum over d is 2 JS - log 4, at d = `optimal_discriminator(p, q)`.

    Source: Goodfellow et al. 2014, "Generative Adversarial Nets", section 4.1, theorem 1.

    Args:
        d: the discriminator's probabilities, shape [..., n], from 0 to 1.
        p: density of the data, of the same shape.
        q: density of the generator, of the same shape.
        dx: volume of a cell of the grid, above 0 (1 for masses).

    Returns:
        Shape [...]; -inf where d is certain and wrong (d = 0 < p or 1 - d = 0 < q in some cell).

    Raises:
        ValueError: for shapes that differ, a d outside [0, 1], negative or non-finite densities, a dx not above 0.

    >>> print(f"{value([0.5, 0.5], [0.5, 0.5], [0.5, 0.5]):.4f}")  # equal laws, the honest guess: -log 4
    -1.3863
    """
    p, q, dx = on_one_grid(p, q, dx)
    d = _checks.real_array("d", d)
    if d.shape != p.shape:
        _checks.refuse("d", f"of the shape {list(p.shape)} of p", f"shape {list(d.shape)}")
    if _checks.is_concrete(d):
        least, most = np.asarray(d).min(), np.asarray(d).max()
        if least < 0 or most > 1:
            _checks.refuse("d", "between 0 and 1", f"values from {least:g} to {most:g}")
    return _value(d, p, q, dx)


@jax.jit
def _value(d: Values, p: Values, q: Values, dx: Any) -> Values:
    def expectation(mass: Values, possible: Bool[Array, "..."], log: Values) -> Values:
        return jnp.where(possible, mass * log, jnp.where(mass > 0, -jnp.inf, 0.0))

    of_real = expectation(p, d > 0, jnp.log(jnp.where(d > 0, d, 1.0)))
    of_fake = expectation(q, d < 1, jnp.log1p(-jnp.where(d < 1, d, 0.0)))
    return jnp.sum(of_real + of_fake, axis=-1) * dx
