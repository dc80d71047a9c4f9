"""The leaves of pytrees: their names, and which of them are random keys."""

from typing import Any

import jax
from jaxtyping import PyTree

__all__ = ["is_key", "named"]


def named(tree: PyTree, prefix: str = "") -> dict[str, Any]:
    """List the leaves by name, in their order, such as "generator.params.layers.0.kernel".

    Raises:
        ValueError: where two leaves have one name, as keys of dictionaries with a dot in them may make it.

    >>> named({"layers": [{"bias": 1, "kernel": 2}]}, "params.")
    {'params.layers.0.bias': 1, 'params.layers.0.kernel': 2}
    """
    leaves = jax.tree_util.tree_leaves_with_path(tree)
    found = {prefix + jax.tree_util.keystr(path, simple=True, separator="."): leaf for path, leaf in leaves}
    if len(found) != len(leaves):
        raise ValueError("There are two arrays of one name: a name in the tree must not contain a dot.")
    return found


def is_key(leaf: Any) -> bool:
    """Tell whether an array, or the shape of one, holds random keys.

    >>> is_key(jax.random.key(0)), is_key(jax.eval_shape(jax.random.key, 0)), is_key(jax.numpy.ones(2)), is_key(None)
    (True, True, False, False)
    """
    dtype = getattr(leaf, "dtype", None)
    return dtype is not None and jax.dtypes.issubdtype(dtype, jax.dtypes.prng_key)
