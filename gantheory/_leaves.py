"""The leaves of pytrees: their names, and which of them are random keys."""

from typing import Any

import jax
import numpy as np
from jaxtyping import PyTree

__all__ = ["difference", "is_key", "named"]


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


def difference(came: PyTree, wanted: PyTree, prefix: str = "", *, batch_axes: int = 0) -> list[str] | None:
    """Find the first leaf whose shape is not the wanted one, and say what is wanted and what came; None if all fit.

    Args:
        came: a tree of arrays.
        wanted: a tree of arrays, or of their shapes (`jax.ShapeDtypeStruct`).
        prefix: what the names begin with.
        batch_axes: how many axes the arrays have before those that are wanted.

    >>> difference({"kernel": jax.numpy.ones((8, 2, 3))}, {"kernel": jax.numpy.ones((2, 4))}, "layer.", batch_axes=1)
    ['layer.kernel [2, 4]', 'layer.kernel [2, 3]']
    >>> difference({}, {"kernel": jax.numpy.ones(2)})
    ['kernel [2]', 'kernel missing']
    """
    trees = (wanted, 0), (came, batch_axes)
    (structure, shapes), (own_structure, own_shapes) = (
        (jax.tree.structure(tree), [np.shape(leaf)[axes:] for leaf in jax.tree.leaves(tree)])
        for tree, axes in trees
    )
    if structure == own_structure and shapes == own_shapes:
        return None
    # The names are only made where they are needed.
    here, there = (
        {name: list(np.shape(leaf)[axes:]) for name, leaf in named(tree, prefix).items()}
        for tree, axes in trees
    )
    for name in {**here, **there}:
        if here.get(name) != there.get(name):
            return [f"{name} {shapes.get(name, 'missing')}" for shapes in (here, there)]
    return None


def is_key(leaf: Any) -> bool:
    """Tell whether an array, or the shape of one, holds random keys.

    >>> is_key(jax.random.key(0)), is_key(jax.eval_shape(jax.random.key, 0)), is_key(jax.numpy.ones(2)), is_key(None)
    (True, True, False, False)
    """
    dtype = getattr(leaf, "dtype", None)
    return dtype is not None and jax.dtypes.issubdtype(dtype, jax.dtypes.prng_key)
