"""The perceptron that sees a label, and the way to keep a label from a network."""

from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, ArrayLike, Float, Int

from gantheory import _checks
from gantheory.networks._labels import check_labels
from gantheory.networks._mlp import MLP, Activation

__all__ = ["ConditionalMLP", "Unlabelled"]


class ConditionalMLP(nnx.Module):
    """A multilayer perceptron of a point and its label, which stands beside the point as num_classes zeros and a one.

    The first layer thus adds a learnt vector for each class. It is called as `network(x, labels)`; everything else is
    as for `MLP`.

    Args:
        in_dim: dimension of the point (for a generator, of z).
        out_dim: dimension of the output.
        num_classes: labels are whole numbers from 0 to num_classes - 1.
        width: units of each hidden layer.
        depth: number of hidden layers; 0 makes a map that is affine in x, with the same slopes for every class.
        activation: a name from `ACTIVATIONS`, or a function of an array that keeps its shape.
        rngs: the random numbers of the initial weights, `nnx.Rngs(seed)`.

    Raises:
        TypeError, ValueError: where an argument is not as above.

    Source: Mirza and Osindero 2014, Conditional Generative Adversarial Nets, section 3.2.

    >>> from flax import nnx
    >>> network = ConditionalMLP(2, 1, 10, width=16, rngs=nnx.Rngs(0))
    >>> network(jnp.zeros((3, 2)), jnp.array([0, 9, 9])).shape
    (3, 1)
    """

    def __init__(
        self,
        in_dim: int,
        out_dim: int,
        num_classes: int,
        *,
        width: int = 128,
        depth: int = 2,
        activation: str | Activation = "leaky_relu",
        rngs: Any,
    ):
        self.in_dim = _checks.whole("in_dim", in_dim)
        self.num_classes = _checks.whole("num_classes", num_classes)
        self.network = MLP(
            self.in_dim + self.num_classes,
            out_dim,
            width=width,
            depth=depth,
            activation=activation,
            rngs=rngs,
        )

    def __call__(self, x: ArrayLike, labels: Int[Array, "n"] | None = None) -> Float[Array, "n out_dim"]:
        """Map points [n, in_dim] with labels [n] to [n, out_dim]."""
        x = jnp.asarray(x)
        if x.ndim != 2 or x.shape[1] != self.in_dim:
            _checks.refuse("x", f"an array of shape [n, {self.in_dim}]", f"shape {list(x.shape)}")
        check_labels(self.num_classes, labels, x.shape[0])
        one_hot = jax.nn.one_hot(labels, self.num_classes, dtype=x.dtype)
        return self.network(jnp.concatenate([x, one_hot], axis=1))


class Unlabelled(nnx.Module):
    """A network that is called with labels and never sees them: a discriminator of x alone, in a conditional game.

    Args:
        network: any network of one argument.

    >>> from flax import nnx
    >>> blind = Unlabelled(MLP(2, 1, rngs=nnx.Rngs(0)))
    >>> x = jnp.ones((3, 2))
    >>> bool((blind(x, jnp.array([0, 1, 2])) == blind.network(x)).all())
    True
    """

    def __init__(self, network: Any):
        if not isinstance(network, nnx.Module):
            _checks.refuse("network", "an nnx.Module", _checks.describe(network), TypeError)
        self.network = network

    def __call__(
        self, x: Float[Array, "n *point"], labels: Int[Array, "n"] | None = None
    ) -> Float[Array, "n ..."]:
        """Apply the network to x."""
        return self.network(x)
