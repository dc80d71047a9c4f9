"""The network of a classifier, and the pytree that holds a trained one."""

import dataclasses
import functools
import hashlib
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, ArrayLike, Float, Float32, Int32, PyTree

from gantheory import _checks, _pytree
from gantheory.networks import Convolution

__all__ = ["NUM_FEATURES", "Classifier", "ClassifierNetwork", "apply", "init", "outputs"]

NUM_FEATURES = 64
"""Units of the last hidden layer."""

# Images that go through the network at once: whatever their number, the layers in between stay small.
BATCH = 250

Shape = tuple[int, int, int]


class ClassifierNetwork(nnx.Module):
    """Two convolutions, a dense layer of `NUM_FEATURES` units, and the logits.

    Images below 16 pixels a side are halved once, greater ones twice; they are padded to a size that can be.
    """

    def __init__(self, shape: Shape, num_classes: int, *, rngs: nnx.Rngs):
        height, width, channels = shape
        first = (
            {"kernel_size": 3, "stride": 1} if min(height, width) < 16 else {"kernel_size": 4, "stride": 2}
        )
        factor = 2 * first["stride"]
        self.padding = (-height % factor, -width % factor)
        gain = np.sqrt(2)
        self.layers = nnx.List(
            [
                Convolution(channels, 32, **first, gain=gain, rngs=rngs),
                Convolution(32, 64, kernel_size=4, stride=2, gain=gain, rngs=rngs),
            ]
        )
        cells = (height + self.padding[0]) * (width + self.padding[1]) // factor**2
        start = nnx.initializers.he_uniform()
        self.hidden = nnx.Linear(64 * cells, NUM_FEATURES, kernel_init=start, rngs=rngs)
        self.last = nnx.Linear(NUM_FEATURES, num_classes, rngs=rngs)

    def __call__(self, x: Float[Array, "n h w c"]) -> tuple[Float[Array, "n features"], Float[Array, "n k"]]:
        """Map images in [-1, 1] to the activations of the last hidden layer, and the logits."""
        x = jnp.pad(x, ((0, 0), (0, self.padding[0]), (0, self.padding[1]), (0, 0)), constant_values=-1)
        for layer in self.layers:
            x = jax.nn.relu(layer(x))
        features = jax.nn.relu(self.hidden(x.reshape(x.shape[0], -1)))
        return features, self.last(features)


@functools.cache
def _graph(shape: Shape, num_classes: int) -> Any:
    return nnx.split(nnx.eval_shape(lambda: ClassifierNetwork(shape, num_classes, rngs=nnx.Rngs(0))))[0]


@functools.partial(jax.jit, static_argnums=(1, 2))
def init(key: Array, shape: Shape, num_classes: int) -> PyTree:
    """Make the parameters that a training starts from, as plain dictionaries."""
    return nnx.to_pure_dict(nnx.split(ClassifierNetwork(shape, num_classes, rngs=nnx.Rngs(key)))[1])


def apply(
    params: PyTree, x: Float[Array, "n h w c"], num_classes: int
) -> tuple[Float[Array, "n features"], Float[Array, "n k"]]:
    """Apply the network with these parameters to one batch."""
    return nnx.merge(_graph(x.shape[1:], num_classes), params)(x)


@functools.partial(jax.jit, static_argnums=2)
def outputs(
    params: PyTree, x: Float[Array, "n h w c"], num_classes: int
) -> tuple[Float32[Array, "n features"], Float32[Array, "n k"]]:
    """Apply the network to any number of images, a batch at a time."""
    n = x.shape[0]
    if n <= BATCH:
        return apply(params, x, num_classes)
    batches = -(-n // BATCH)
    x = jnp.pad(x, ((0, batches * BATCH - n), (0, 0), (0, 0), (0, 0))).reshape(batches, BATCH, *x.shape[1:])
    found = jax.lax.map(lambda batch: apply(params, batch, num_classes), x)
    return jax.tree.map(lambda y: y.reshape(batches * BATCH, -1)[:n], found)


@_pytree.register(
    dynamic=("params", "scale"), static=("shape", "names", "test_accuracy", "num_train", "num_test")
)
@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Classifier:
    """A trained classifier, from `load`: a pytree, whose methods may be used under jit, vmap and grad.

    Attributes:
        params: the network's parameters.
        scale: what the activations are divided by to be features.
        shape: (h, w, c) of the images.
        names: of the classes.
        test_accuracy: the share of the test images that it gets right; it has not seen them in training.
        num_train: how many images it was trained on.
        num_test: how many images `test_accuracy` was measured on.
    """

    params: PyTree
    scale: Float32[Array, ""]
    shape: Shape
    names: tuple[str, ...]
    test_accuracy: float
    num_train: int
    num_test: int

    def __repr__(self) -> str:
        return (
            f"Classifier({len(self.names)} classes of images of shape {self.shape}, trained on {self.num_train}, "
            f"right on {self.test_accuracy:.1%} of {self.num_test} test images)"
        )

    @property
    def num_classes(self) -> int:
        """How many classes it tells apart."""
        return len(self.names)

    @property
    def fingerprint(self) -> str:
        """A hash of the weights, 12 hexadecimal digits: distances are to be compared only where it is the same."""
        digest = hashlib.sha256()
        for leaf in jax.tree.leaves((self.params, self.scale)):
            digest.update(np.ascontiguousarray(leaf, dtype="<f4"))
        return digest.hexdigest()[:12]

    def features(self, images: ArrayLike) -> Float32[Array, "n features"]:
        """Compute the features of images: the activations of the last hidden layer, none below 0.

        All are divided by one number, so that those of the training images have a total variance of 1.

        Args:
            images: [n, h, w, c], in [-1, 1]; any number of them, since they are worked off in batches.

        Returns:
            [n, 64], float32.

        Raises:
            TypeError, ValueError: where the images are not of the classifier's shape, or not finite.
        """
        return self._outputs(images)[0] / self.scale

    def logits(self, images: ArrayLike) -> Float32[Array, "n k"]:
        """Compute the logit of each class; arguments and errors as for `features`."""
        return self._outputs(images)[1]

    def predict(self, images: ArrayLike) -> Int32[Array, "n"]:
        """Say the most likely class of each image; arguments and errors as for `features`."""
        return jnp.argmax(self.logits(images), axis=1).astype(jnp.int32)

    def _outputs(self, images: ArrayLike) -> tuple[Float32[Array, "n features"], Float32[Array, "n k"]]:
        return outputs(self.params, check_images("images", images, self.shape), self.num_classes)


def check_images(name: str, images: ArrayLike, shape: Shape) -> Float[Array, "n h w c"]:
    """Check a non-empty array of images of a shape."""
    array = _checks.real_array(name, images)
    if array.ndim != 4 or array.shape[1:] != shape or array.shape[0] == 0:
        allowed = f"images of shape [n, {', '.join(map(str, shape))}], at least one"
        _checks.refuse(name, allowed, f"shape {list(array.shape)}")
    return array
