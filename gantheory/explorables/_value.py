"""What notebook 02 computes exactly: two laws on the line, V(G, D) and its ceiling by quadrature."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Float

from gantheory import divergences

__all__ = [
    "COIN",
    "ceiling",
    "gaussian_ceilings",
    "in_words",
    "normal",
    "sigmoid",
    "softplus",
    "value",
    "value_of_scores",
]

Numbers = float | Float[np.ndarray, "*n"]

COIN = -float(np.log(4))
"""V of the D that says 1/2 everywhere."""


def normal(x: Numbers, mean: float = 0.0, std: float = 1.0) -> Numbers:
    """Compute the density of N(mean, std^2) at x."""
    return np.exp(-0.5 * ((x - mean) / std) ** 2) / (std * np.sqrt(2 * np.pi))


def sigmoid(s: Numbers) -> Numbers:
    """Compute 1 / (1 + exp(-s)) without overflow."""
    return np.exp(-softplus(-s))


def softplus(s: Numbers) -> Numbers:
    """Map a score to -log(1 - D), and minus the score to -log D, without overflow."""
    return np.logaddexp(0.0, s)


@jax.jit
def _ceiling(p: Float[Array, "n"], q: Float[Array, "n"], dx: Float[Array, ""]) -> Float[Array, ""]:
    return 2 * divergences.js(p, q, dx) + COIN


@jax.jit
def _value(
    d: Float[Array, "n"], p: Float[Array, "n"], q: Float[Array, "n"], dx: Float[Array, ""]
) -> Float[Array, ""]:
    return divergences.value(d, p, q, dx)


def _arrays(*given: ArrayLike) -> list[Array]:
    return [jnp.asarray(a, jnp.result_type(float)) for a in given]


def ceiling(p: ArrayLike, q: ArrayLike, dx: float) -> float:
    """Compute the largest V of any D, 2 JS - log 4, for densities on a grid."""
    return float(_ceiling(*_arrays(p, q, dx)))


def value(d: ArrayLike, p: ArrayLike, q: ArrayLike, dx: float) -> float:
    """Compute V of the probabilities d, for densities on a grid."""
    return float(_value(*_arrays(d, p, q, dx)))


def value_of_scores(
    s: Float[Array, "n"], p: Float[Array, "n"], q: Float[Array, "n"], dx: ArrayLike
) -> Float[Array, ""]:
    """Compute V of raw scores s: the same integral, which no rounding of D to 0 or 1 makes infinite."""
    return -jnp.sum(p * jax.nn.softplus(-s) + q * jax.nn.softplus(s)) * dx


def in_words(number: float, digits: int = 3) -> str:
    """Write a number with a true minus sign and without a signed zero."""
    return f"{round(float(number), digits) + 0.0:.{digits}f}".replace("-", "−")


_X = np.linspace(-7.0, 7.0, 561)


@jax.jit
def _gaussian_ceilings(separations: Float[Array, "n"]) -> Float[Array, "n"]:
    x, half = jnp.asarray(_X, separations.dtype)[None, :], separations[:, None] / 2
    p, q = (jax.scipy.stats.norm.pdf(x, centre) for centre in (-half, half))
    return 2 * divergences.js(p, q, _X[1] - _X[0]) + COIN


def gaussian_ceilings(separations: Float[np.ndarray, "n"]) -> Float[np.ndarray, "n"]:
    """Compute the largest V of any D between two normal laws of standard deviation 1, for each distance of theirs."""
    return np.asarray(_gaussian_ceilings(*_arrays(separations)), float)
