"""The check of the random numbers that weights start from."""

from typing import Any

from flax import nnx

from gantheory import _checks

__all__ = ["check_rngs"]


def check_rngs(rngs: Any) -> nnx.Rngs:
    """Check the random numbers of the initial weights; a seed by itself is none."""
    if not isinstance(rngs, nnx.Rngs):
        _checks.refuse("rngs", "random numbers of flax, nnx.Rngs(seed)", _checks.describe(rngs), TypeError)
    return rngs
