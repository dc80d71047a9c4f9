"""What the networks for images share: the checks of a shape, and the two ways in for a label."""

from typing import Any

import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, Float, Int

from gantheory import _checks

__all__ = ["check_labels", "halvings", "image_shape", "label_embedding", "projection", "with_label"]


def image_shape(shape: Any) -> tuple[int, int, int]:
    """Check the shape (h, w, c) of one image."""
    allowed = "(height, width, channels) of an image, even and at least 4 pixels a side"
    if not isinstance(shape, tuple | list) or len(shape) != 3:
        _checks.refuse("shape", allowed, _checks.describe(shape), TypeError)
    height, width, channels = (_checks.whole("shape", size) for size in shape)
    if height % 2 or width % 2 or min(height, width) < 4:
        _checks.refuse("shape", allowed, repr(tuple(shape)))
    return height, width, channels


def halvings(height: int, width: int) -> int:
    """Count how often a grid is halved: until a side is odd, or has 4 pixels or fewer (2, where that is the first)."""
    levels = 0
    while (
        height % 2 == 0
        and width % 2 == 0
        and (min(height, width) > 4 or levels < 2)
        and min(height, width) > 2
    ):
        height, width, levels = height // 2, width // 2, levels + 1
    return levels


def label_embedding(num_classes: Any, features: int, std: float, rngs: nnx.Rngs) -> nnx.Embed | None:
    """Make a table of one vector for each label; None for a network that sees no label."""
    if num_classes is None:
        return None
    return nnx.Embed(
        _checks.whole("num_classes", num_classes),
        features,
        embedding_init=nnx.initializers.normal(std),
        param_dtype=jnp.result_type(float),
        rngs=rngs,
    )


def with_label(
    embedding: nnx.Embed | None, z: Float[Array, "n k"], labels: Int[Array, "n"] | None
) -> Float[Array, "n m"]:
    """Lay the label's vector beside z."""
    check_labels(_num_classes(embedding), labels, z.shape[0])
    return z if embedding is None else jnp.concatenate([z, embedding(labels)], axis=1)


def projection(
    embedding: nnx.Embed | None, features: Float[Array, "n m"], labels: Int[Array, "n"] | None
) -> Float[Array, "n 1"] | float:
    """Compute the inner product of features and the label's vector; 0 for a network that sees no label."""
    check_labels(_num_classes(embedding), labels, features.shape[0])
    if embedding is None:
        return 0.0
    return jnp.sum(features * embedding(labels).astype(features.dtype), axis=1, keepdims=True)


def check_labels(num_classes: int | None, labels: Any, n: int) -> None:
    """Refuse all but labels [n] below `num_classes`; all but None for a network that sees no label."""
    if num_classes is None:
        if labels is not None:
            allowed = "None, since the network was made without num_classes"
            _checks.refuse("labels", allowed, _checks.describe(labels), TypeError)
        return
    allowed = f"an array [{n}] of whole numbers below {num_classes} and at least 0"
    if getattr(labels, "shape", None) != (n,) or not jnp.issubdtype(labels.dtype, jnp.integer):
        came = _checks.describe(labels)
        _checks.refuse("labels", allowed, came, TypeError if labels is None else ValueError)
    if _checks.is_concrete(labels):
        values = np.asarray(labels)
        if values.min() < 0 or values.max() >= num_classes:
            _checks.refuse("labels", allowed, f"{values.min()} to {values.max()}")


def _num_classes(embedding: nnx.Embed | None) -> int | None:
    return None if embedding is None else embedding.num_embeddings
