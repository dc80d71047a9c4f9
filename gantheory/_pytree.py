"""Dataclasses that are pytrees: their dynamic fields are traced, their static fields are structure.

`jax.tree_util.register_dataclass` rebuilds an object through its constructor, checks included; but while JAX
rebuilds one, the leaves may be tracers, `None` or placeholders that no check can look at. Here the object is
rebuilt field by field, so a constructor may check and convert what a *person* passes in.
"""

from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np

__all__ = ["register", "scalar"]

Class = TypeVar("Class", bound=type)


def register(*, dynamic: tuple[str, ...] = (), static: tuple[str, ...] = ()) -> Any:
    """Make a class decorator that registers the class as a pytree with these fields (static ones hashable)."""

    def decorate(cls: Class) -> Class:
        def flatten(node: Any) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
            return tuple(getattr(node, name) for name in dynamic), tuple(
                getattr(node, name) for name in static
            )

        def flatten_with_keys(node: Any) -> tuple[tuple[tuple[Any, Any], ...], tuple[Any, ...]]:
            children, structure = flatten(node)
            keys = [jax.tree_util.GetAttrKey(name) for name in dynamic]
            return tuple(zip(keys, children, strict=True)), structure

        def unflatten(structure: tuple[Any, ...], children: Any) -> Any:
            node = object.__new__(cls)
            for name, value in zip(dynamic + static, (*children, *structure), strict=True):
                object.__setattr__(node, name, value)  # the dataclasses are frozen
            return node

        jax.tree_util.register_pytree_with_keys(cls, flatten_with_keys, unflatten, flatten)
        return cls

    return decorate


def scalar(x: Any, dtype: Any = None) -> jax.Array:
    """Turn a number into an array of one fixed dtype (by default the floating-point one), compiling nothing.

    A leaf that is now an int, now a float, now an array of another dtype would compile everything again.
    """
    dtype = jnp.result_type(float) if dtype is None else dtype
    if isinstance(x, jax.core.Tracer):
        return jnp.asarray(x, dtype)
    # Converted by numpy: JAX would compile a conversion for every dtype that it meets.
    return jax.device_put(np.asarray(x, dtype))
