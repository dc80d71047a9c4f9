"""What the processes of a cluster tell each other. In a process that is alone nothing is sent.

Every process runs the same program. The first one alone reads saves, writes and prints; what it decides, all do.
"""

import json
import os
import sys
from collections.abc import Callable
from typing import Any, TypeVar

import jax
import numpy as np
from jaxtyping import Float

from gantheory import _leaves

__all__ = [
    "DETECT",
    "arrays_from_first",
    "connect",
    "everyone",
    "from_first",
    "is_first",
    "keep_stdout",
    "local",
]

DETECT = "auto"
"""The coordinator's address where JAX shall find the cluster by itself."""

# The first process evaluates while the others wait for it: longer than JAX would by itself.
PATIENCE = 3600

Tree = TypeVar("Tree", bound=Any)


def connect(coordinator: str, num_processes: int | None, process_id: int | None) -> None:
    """Join the cluster.

    Raises:
        RuntimeError, ValueError: where that fails.
    """
    options = {"shutdown_timeout_seconds": PATIENCE}
    if coordinator != DETECT:
        options |= {
            "coordinator_address": coordinator,
            "num_processes": num_processes,
            "process_id": process_id,
        }
    jax.distributed.initialize(**options)


def keep_stdout() -> None:
    """Keep standard output for ourselves: the libraries of the cluster write lines of their own into it.

    What they write goes to standard error from here on.
    """
    sys.stdout.flush()
    own = os.dup(1)
    os.dup2(2, 1)
    sys.stdout = os.fdopen(own, "w")


def is_first() -> bool:
    """Tell whether this process is the one that writes."""
    return jax.process_index() == 0


def everyone(numbers: list[float]) -> Float[np.ndarray, "processes k"]:
    """Gather numbers of all processes, one row each."""
    row = np.asarray(numbers, np.float32)
    if jax.process_count() == 1:
        return row[None]
    from jax.experimental import multihost_utils

    return np.asarray(multihost_utils.process_allgather(row))


def from_first(make: Callable[[], Any]) -> Any:
    """Call a function on the first process, and return what it returned, which JSON can hold, on all.

    Raises:
        ValueError: on every process, with the sentence, where the function raised a ValueError or an OSError.
    """
    if jax.process_count() == 1:
        return make()
    from jax.experimental import multihost_utils

    message: dict[str, Any] = {}
    if is_first():
        try:
            message = {"value": make()}
        except (ValueError, TypeError, OSError) as error:
            message = {"error": str(error)}
    text = json.dumps(message).encode()
    length = int(multihost_utils.broadcast_one_to_all(np.int32(len(text))))
    padded = np.frombuffer(text[:length].ljust(length), np.uint8)
    message = json.loads(np.asarray(multihost_utils.broadcast_one_to_all(padded)).tobytes())
    if "error" in message:
        raise ValueError(message["error"])
    return message["value"]


def arrays_from_first(tree: Tree) -> Tree:
    """Give every process the first one's arrays; all bring trees of one structure."""
    if jax.process_count() == 1:
        return tree
    from jax.experimental import multihost_utils

    leaves, structure = jax.tree.flatten(tree)
    keys = [_leaves.is_key(leaf) for leaf in leaves]
    numbers = [jax.random.key_data(leaf) if key else leaf for leaf, key in zip(leaves, keys, strict=True)]
    numbers = multihost_utils.broadcast_one_to_all([np.asarray(x) for x in numbers])
    numbers = [jax.device_put(np.asarray(x)) for x in numbers]
    return structure.unflatten(
        jax.random.wrap_key_data(x, impl=jax.random.key_impl(leaf)) if key else x
        for x, key, leaf in zip(numbers, keys, leaves, strict=True)
    )


def local(tree: Tree) -> Tree:
    """Return this process's own copy of arrays that lie whole on every device."""
    return jax.tree.map(lambda x: x.addressable_data(0) if isinstance(x, jax.Array) else x, tree)
