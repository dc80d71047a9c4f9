"""The perceptron, the activations by name, and the network that does nothing."""

import itertools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, ArrayLike, Float

from gantheory import _checks
from gantheory.networks._rngs import check_rngs

__all__ = ["ACTIVATIONS", "MLP", "Identity"]

Activation = Callable[[Array], Array]


def _leaky_relu(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    return jax.nn.leaky_relu(x, 0.2)


def _maxmin(x: Float[Array, "*batch units"]) -> Float[Array, "*batch units"]:
    """Sort the units in pairs, the greater first: no slope is lost, so that norm-bounded layers can make |x|.

    Source: Anil et al. 2019, Sorting out Lipschitz function approximation.
    """
    if x.ndim == 0 or x.shape[-1] % 2:
        units = x.shape[-1] if x.ndim else 1
        _checks.refuse("width", "even for the activation maxmin, which sorts units in pairs", repr(units))
    pairs = x.reshape(*x.shape[:-1], x.shape[-1] // 2, 2)
    a, b = pairs[..., 0], pairs[..., 1]
    return jnp.stack([jnp.maximum(a, b), jnp.minimum(a, b)], axis=-1).reshape(x.shape)


ACTIVATIONS: dict[str, Activation] = {
    "relu": jax.nn.relu,
    "leaky_relu": _leaky_relu,  # slope 0.2 below zero, as GANs use it since DCGAN
    "tanh": jnp.tanh,
    "softplus": jax.nn.softplus,
    "gelu": jax.nn.gelu,
    "silu": jax.nn.silu,
    "maxmin": _maxmin,  # sorts units in pairs; slope 1 everywhere, the width must be even
}
"""The activations by name."""


def _symmetric_uniform(fan_in: int) -> nnx.Initializer:
    bound = 1 / np.sqrt(fan_in)

    def initializer(key: Array, shape: tuple[int, ...], dtype: jax.typing.DTypeLike) -> Float[Array, "..."]:
        return jax.random.uniform(key, shape, dtype, -bound, bound)

    return initializer


class MLP(nnx.Module):
    """A multilayer perceptron: `depth` hidden layers of `width` units, and a linear output.

    Weights *and biases* start uniform in +-1/sqrt(fan_in). With biases at 0 every kink of a ReLU network of one input
    would start at the origin, and a generator or critic on the line would have to move them out first. Parameters are
    float32, or float64 where `jax_enable_x64` is on when the network is made.

    Args:
        in_dim: dimension of the input.
        out_dim: dimension of the output; it stays an axis of its own, also where it is 1.
        width: units of each hidden layer.
        depth: number of hidden layers; 0 makes an affine map.
        activation: a name from `ACTIVATIONS`, or a function of an array that keeps its shape.
        rngs: the random numbers of the initial weights, `nnx.Rngs(seed)`.

    Raises:
        TypeError, ValueError: where a dimension is not a whole number of at least 1 (depth: 0), or the activation is
            unknown, or `width` is odd with the activation "maxmin", or `rngs` is a seed by itself.

    >>> from flax import nnx
    >>> import jax.numpy as jnp
    >>> network = MLP(2, 1, width=16, depth=2, rngs=nnx.Rngs(0))
    >>> network(jnp.zeros((5, 2))).shape, network.num_parameters
    ((5, 1), 337)
    """

    def __init__(
        self,
        in_dim: int,
        out_dim: int,
        *,
        width: int = 128,
        depth: int = 2,
        activation: str | Activation = "leaky_relu",
        rngs: Any,
    ):
        in_dim, out_dim = _checks.whole("in_dim", in_dim), _checks.whole("out_dim", out_dim)
        width, depth = _checks.whole("width", width), _checks.whole("depth", depth, at_least=0)
        rngs = check_rngs(rngs)
        if not callable(activation):
            activation = ACTIVATIONS[_checks.one_of("activation", activation, ACTIVATIONS)]
        if activation is _maxmin and depth > 0 and width % 2:
            allowed = "even for the activation maxmin, which sorts units in pairs"
            _checks.refuse("width", allowed, repr(width))
        self.activation = activation
        self.in_dim = in_dim
        dims = [in_dim, *[width] * depth, out_dim]
        dtype = jnp.result_type(float)
        self.layers = nnx.List(
            nnx.Linear(
                fan_in,
                fan_out,
                param_dtype=dtype,
                kernel_init=_symmetric_uniform(fan_in),
                bias_init=_symmetric_uniform(fan_in),
                rngs=rngs,
            )
            for fan_in, fan_out in itertools.pairwise(dims)
        )

    @property
    def num_parameters(self) -> int:
        """The number of weights and biases."""
        return sum(leaf.size for leaf in jax.tree.leaves(nnx.state(self, nnx.Param)))

    def __call__(self, x: ArrayLike) -> Float[Array, "n out_dim"]:
        """Map points [n, in_dim] to [n, out_dim]."""
        x = jnp.asarray(x)
        if x.ndim != 2 or x.shape[1] != self.in_dim:
            _checks.refuse("x", f"an array of shape [n, {self.in_dim}]", f"shape {list(x.shape)}")
        for layer in self.layers[:-1]:
            x = self.activation(layer(x))
        return self.layers[-1](x)


class Identity(nnx.Module):
    """A network without parameters: what goes in comes out. As a generator, it holds P_G at the prior.

    >>> from flax import nnx
    >>> Identity(nnx.Rngs(0))(jnp.array([[2.0]]))
    Array([[2.]], dtype=float32)
    """

    def __init__(self, rngs: nnx.Rngs):
        del rngs

    def __call__(self, x: Float[Array, "n d"]) -> Float[Array, "n d"]:
        """Return x."""
        return x
