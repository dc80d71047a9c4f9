"""The two ways in for a label, and its check."""

from typing import Any

import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, ArrayLike, Float

from gantheory import _checks
from gantheory.networks._images import uniform

__all__ = ["check_labels", "label_embedding", "projection", "with_label"]


def label_embedding(num_classes: Any, features: int, std: float, rngs: nnx.Rngs) -> nnx.Embed | None:
    """Make a table of a vector for each label, with this standard deviation; None for a network that sees no label."""
    if num_classes is None:
        return None
    return nnx.Embed(
        _checks.whole("num_classes", num_classes),
        features,
        embedding_init=uniform(std),
        param_dtype=jnp.result_type(float),
        rngs=rngs,
    )


def with_label(
    embedding: nnx.Embed | None, z: Float[Array, "n k"], labels: ArrayLike | None
) -> Float[Array, "n m"]:
    """Lay the label's vector beside z."""
    check_labels(_num_classes(embedding), labels, z.shape[0])
    return z if embedding is None else jnp.concatenate([z, embedding(jnp.asarray(labels))], axis=1)


def projection(
    embedding: nnx.Embed | None, features: Float[Array, "n m"], labels: ArrayLike | None
) -> Float[Array, "n 1"] | float:
    """Compute the inner product of features and the label's vector; 0 for a network that sees no label."""
    check_labels(_num_classes(embedding), labels, features.shape[0])
    if embedding is None:
        return 0.0
    vectors = embedding(jnp.asarray(labels)).astype(features.dtype)
    return jnp.sum(features * vectors, axis=1, keepdims=True)


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
    if n and _checks.is_concrete(labels):
        values = np.asarray(labels)
        if values.min() < 0 or values.max() >= num_classes:
            _checks.refuse("labels", allowed, f"{values.min()} to {values.max()}")


def _num_classes(embedding: nnx.Embed | None) -> int | None:
    return None if embedding is None else embedding.num_embeddings
