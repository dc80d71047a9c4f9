"""Data parallelism: which devices share a batch, and what says so inside the step.

A training runs on many devices where its state lies on all of them. Every array of the state is then a whole copy on
each device, and the step asks for each batch to be split: XLA's partitioner puts in the one sum over devices that the
mean of a loss needs. The random numbers of a batch depend on its key alone, not on how it is split.
"""

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

import jax
import numpy as np
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec

from gantheory import _leaves

__all__ = ["BATCH", "along_batch", "everywhere", "mesh_of", "mesh_over", "replicated", "using"]

BATCH = "batch"
"""The name of the mesh's one axis."""

Tree = TypeVar("Tree", bound=Any)


def along_batch(tree: Tree) -> Tree:
    """Split arrays [n, ...] along n over the devices of the mesh; where there is no mesh, return them as they are."""
    if jax.sharding.get_abstract_mesh().empty:
        return tree
    return jax.tree.map(lambda x: jax.lax.with_sharding_constraint(x, PartitionSpec(BATCH)), tree)


def everywhere(tree: Tree) -> Tree:
    """Keep a whole copy of every array on each device of the mesh, as what the step returns."""
    if jax.sharding.get_abstract_mesh().empty:
        return tree
    return jax.tree.map(lambda x: jax.lax.with_sharding_constraint(x, PartitionSpec()), tree)


def mesh_over(devices: Sequence[Any]) -> Mesh:
    """Make the mesh of these devices."""
    return Mesh(np.asarray(devices), (BATCH,), axis_types=(AxisType.Auto,))


def mesh_of(x: Any) -> Mesh | None:
    """Return the mesh that an array was replicated over; None for one that lies on one device as usual."""
    sharding = getattr(x, "sharding", None)
    if isinstance(sharding, NamedSharding) and sharding.mesh.axis_names == (BATCH,):
        return sharding.mesh
    return None


def replicated(tree: Tree, mesh: Mesh) -> Tree:
    """Lay a copy of every array on each device of the mesh; each process brings the same numbers for its own."""
    whole = NamedSharding(mesh, PartitionSpec())

    def lay(x: Any) -> Any:
        if isinstance(x, jax.Array) and x.sharding == whole:
            return x
        if _leaves.is_key(x):
            return jax.random.wrap_key_data(lay(jax.random.key_data(x)), impl=jax.random.key_impl(x))
        x = np.asarray(x)
        return jax.make_array_from_callback(x.shape, whole, lambda index: x[index])

    return jax.tree.map(lay, tree)


@contextlib.contextmanager
def using(mesh: Mesh | None) -> Iterator[None]:
    """Compile and run with this mesh; None for the device as usual."""
    if mesh is None:
        yield
    else:
        with jax.set_mesh(mesh):
            yield
