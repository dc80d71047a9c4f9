"""Dataclasses that are pytrees: their dynamic fields are traced, their static fields are structure.

`jax.tree_util.register_dataclass` rebuilds an object through its constructor, checks included; but while JAX
rebuilds one, the leaves may be tracers, `None` or placeholders that no check can look at. Here the object is
rebuilt field by field, so a constructor may check and convert what a *person* passes in.
"""

from typing import Any, TypeVar

import jax

__all__ = ["register"]

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
