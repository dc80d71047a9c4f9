"""Pytrees as named arrays on the host and back, and those arrays through orbax."""

import contextlib
import logging
import math
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import jax
import numpy as np

from gantheory import _checks, _leaves

__all__ = ["describe", "fetch", "like", "load", "put", "store", "too_wide"]

Arrays = dict[str, np.ndarray]
# What the manifest says of an array: its "shape", its "dtype", and of random keys their "impl".
Specs = dict[str, dict[str, Any]]
Tree = TypeVar("Tree")

KEY = "random key"


def _spec(leaf: Any) -> dict[str, Any]:
    is_key = _leaves.is_key(leaf)
    spec = {"shape": list(leaf.shape), "dtype": KEY if is_key else np.dtype(leaf.dtype).name}
    return (
        {**spec, "impl": str(jax.random.key_impl(leaf))} if is_key and isinstance(leaf, jax.Array) else spec
    )


def fetch(tree: Any, prefix: str = "") -> tuple[Specs, Arrays]:
    """Copy a pytree to the host; random keys become their numbers."""
    local = {name: _local(name, leaf) for name, leaf in _leaves.named(tree, prefix).items()}
    specs = {name: _spec(leaf) for name, leaf in local.items()}
    numbers = {
        name: jax.random.key_data(leaf) if specs[name]["dtype"] == KEY else leaf
        for name, leaf in local.items()
    }
    return specs, {name: np.asarray(x) for name, x in jax.device_get(numbers).items()}


def _local(name: str, leaf: Any) -> Any:
    """Return this process's own copy of an array that all processes hold, without talking to the others."""
    if not isinstance(leaf, jax.Array) or leaf.is_fully_addressable:
        return leaf if isinstance(leaf, jax.Array) else np.asarray(leaf)
    if not leaf.is_fully_replicated:
        allowed = "whole on every process (training.replicate)"
        _checks.refuse("state", allowed, f"{name} spread over several")
    return leaf.addressable_data(0)


def like(tree: Any) -> Specs:
    """List what the manifest would say of a pytree of arrays or shapes."""
    return {name: _spec(leaf) for name, leaf in _leaves.named(tree).items()}


def describe(spec: Mapping[str, Any] | None) -> str:
    """Say an array's dtype and shape; None stands for an array that is not there."""
    return "missing" if spec is None else f"{spec['dtype']}{spec['shape']}"


def too_wide(specs: Specs) -> list[str]:
    """List the arrays that JAX would round as it runs now: those of 64 bits, without `jax_enable_x64`."""
    stored = {name: _stored_dtype(spec) for name, spec in specs.items()}
    return [name for name, dtype in stored.items() if jax.dtypes.canonicalize_dtype(dtype) != dtype]


def put(tree: Tree, specs: Specs, arrays: Arrays) -> Tree:
    """Fill a pytree of arrays or shapes with the arrays of its names, on the default device."""
    return jax.tree.unflatten(
        jax.tree.structure(tree), [_put(specs[n], arrays[n]) for n in _leaves.named(tree)]
    )


def _put(spec: Mapping[str, Any], array: np.ndarray) -> jax.Array:
    device = jax.device_put(array)
    return jax.random.wrap_key_data(device, impl=spec["impl"]) if spec["dtype"] == KEY else device


def store(directory: Path, arrays: Arrays) -> None:
    """Write the arrays into a new directory; OSError where the disk does not take them.

    Arrays without any number are left out, as orbax has no place for them: the manifest has their shapes.
    """
    _reserve(directory.parent / "reserve", sum(x.nbytes for x in arrays.values()) + 2**16)
    with _orbax() as (checkpointer, args):
        try:
            checkpointer.save(directory, args=args.PyTreeSave({n: x for n, x in arrays.items() if x.size}))
        except Exception as error:
            # Its file systems wrap the errors of the disk in exceptions of several kinds.
            code = re.search(r"os_error_code='(\d+)'", str(error))
            text = os.strerror(int(code[1])) if code else str(error).partition("\n")[0]
            raise error if isinstance(error, OSError) else OSError(text) from error


def load(directory: Path, specs: Specs) -> Arrays:
    """Read the arrays; those without any number are made."""
    with _orbax() as (checkpointer, _):
        arrays = checkpointer.restore(directory)
    empty = {name: spec for name, spec in specs.items() if 0 in spec["shape"]}
    return arrays | {name: np.zeros(spec["shape"], _stored_dtype(spec)) for name, spec in empty.items()}


def _stored_dtype(spec: Mapping[str, Any]) -> np.dtype:
    return np.dtype(np.uint32 if spec["dtype"] == KEY else spec["dtype"])


def _reserve(path: Path, size: int) -> None:
    """Fail here where there is no room: orbax's threads would go on and print their errors later."""
    block = bytes(2**20)
    with path.open("wb") as file:
        for _ in range(math.ceil(size / len(block))):
            file.write(block)
    path.unlink()


@contextlib.contextmanager
def _orbax() -> Iterator[tuple[Any, Any]]:
    """Make a checkpointer for this process alone, which waits for no other; its log is silent meanwhile."""
    import orbax.checkpoint as ocp

    here = jax.process_index()
    alone = ocp.options.MultiprocessingOptions(
        primary_host=here, active_processes={here}, barrier_sync_key_prefix=f"process{here}"
    )
    # One database for all arrays makes 10 files of any state, instead of two for each array. Weights hardly compress.
    handler = ocp.PyTreeCheckpointHandler(
        use_ocdbt=True, use_compression=False, multiprocessing_options=alone
    )
    log = logging.getLogger("absl")
    level = log.level
    log.setLevel(logging.CRITICAL)
    try:
        with ocp.Checkpointer(handler, multiprocessing_options=alone) as checkpointer:
            yield checkpointer, ocp.args
    finally:
        log.setLevel(level)
