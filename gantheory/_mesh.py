"""Data parallelism: which devices share a batch, and what says so inside the step.

A training runs on many devices where its state lies on all of them. Every array of the state is then a whole copy on
each device, and the step asks for each batch to be split: XLA's partitioner puts in the one sum over devices that the
mean of a loss needs. The random numbers of a batch depend on its key alone, not on how it is split.
"""

from typing import Any, TypeVar

import jax
from jax.sharding import PartitionSpec

__all__ = ["BATCH", "along_batch"]

BATCH = "batch"
"""The name of the mesh's one axis."""

Tree = TypeVar("Tree", bound=Any)


def along_batch(tree: Tree) -> Tree:
    """Split arrays [n, ...] along n over the devices of the mesh; where there is no mesh, return them as they are."""
    if jax.sharding.get_abstract_mesh().empty:
        return tree
    return jax.tree.map(lambda x: jax.lax.with_sharding_constraint(x, PartitionSpec(BATCH)), tree)
