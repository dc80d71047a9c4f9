"""Images with labels as a law to sample from: the equal mass on each of them."""

import dataclasses
from collections.abc import Iterable
from functools import partial
from math import prod
from typing import Any, NoReturn

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Bool, Float32, Int, Int32, UInt8

from gantheory import _checks, _pytree

__all__ = ["Dataset", "every_fifth"]


@_pytree.register(dynamic=("pixels", "labels"), static=("names", "level"))
@dataclasses.dataclass(frozen=True, eq=False, init=False, repr=False)
class Dataset:
    """Labelled images, and the law that puts equal mass on each: `games.gan` takes one as its target as it is.

    The pixels stay on the device as bytes; only what is drawn becomes floats, inside whatever is compiled. So a
    training reads nothing from the host. A Dataset is a pytree: it goes through `jax.jit` as an argument.

    Args:
        pixels: whole grey levels (or levels of colour) from 0 to `level`, shape [n, h, w, c].
        labels: the class of each image, from 0 to num_classes - 1, shape [n].
        names: the name of each class.
        level: the level that becomes 1; 0 becomes -1.

    Raises:
        TypeError, ValueError: where an argument is not as above, or n, h, w or c is 0.

    >>> import numpy as np
    >>> black_and_white = Dataset(np.array([[[[0]]], [[[255]]]]), [0, 1], ["black", "white"])
    >>> black_and_white.images.ravel().tolist(), black_and_white.shape, len(black_and_white)
    ([-1.0, 1.0], (1, 1, 1), 2)
    """

    pixels: UInt8[Array, "n h w c"]
    labels: Int32[Array, "n"]
    names: tuple[str, ...]
    level: int

    def __init__(self, pixels: ArrayLike, labels: ArrayLike, names: Any, *, level: int = 255) -> None:
        level = _checks.whole("level", level, at_most=255)
        names = names if isinstance(names, str) or not isinstance(names, Iterable) else tuple(names)
        if not isinstance(names, tuple) or not all(isinstance(name, str) for name in names):
            _checks.refuse("names", "a list of the classes' names", _checks.describe(names), TypeError)
        pixels = _whole_numbers("pixels", pixels, 4, "[n, h, w, c]", level)
        labels = _whole_numbers("labels", labels, 1, "[n]", len(names) - 1)
        if len(labels) != len(pixels):
            _checks.refuse(
                "labels", f"of shape [{len(pixels)}], one for each image", f"shape [{len(labels)}]"
            )
        fields = {
            # device_put, not asarray: no conversion is compiled for every new shape.
            "pixels": jax.device_put(pixels.astype(np.uint8)),
            "labels": jax.device_put(labels.astype(np.int32)),
            "names": names,
            "level": level,
        }
        for name, value in fields.items():
            object.__setattr__(self, name, value)  # frozen

    def __len__(self) -> int:
        return self.pixels.shape[0]

    def __repr__(self) -> str:
        return f"Dataset({len(self)} images of shape {self.shape}, {self.num_classes} classes)"

    @property
    def shape(self) -> tuple[int, int, int]:
        """The shape (h, w, c) of one image."""
        return tuple(self.pixels.shape[1:])

    @property
    def dim(self) -> int:
        """The dimension h * w * c of the space that the images live in."""
        return prod(self.shape)

    @property
    def num_classes(self) -> int:
        """How many classes have a name; some may have no image."""
        return len(self.names)

    @property
    def images(self) -> Float32[Array, "n h w c"]:
        """All images as floats in [-1, 1]: pixels / (level / 2) - 1. Made anew each time, of four times the bytes."""
        return _images(self)

    def sample(self, key: ArrayLike, n: int) -> Float32[Array, "n h w c"]:
        """Draw `n` images independently, with replacement.

        Args:
            key: one random key, as `jax.random.key(seed)` makes it.
            n: how many, at least 1 (structure, not traced: another n compiles anew).

        Returns:
            Images of shape [n, h, w, c], in [-1, 1].

        Raises:
            TypeError, ValueError: if `key` is not one random key, or `n` not a whole number of at least 1.
        """
        return self.sample_labelled(key, n)[0]

    def sample_labelled(self, key: ArrayLike, n: int) -> tuple[Float32[Array, "n h w c"], Int32[Array, "n"]]:
        """Draw `n` images as `sample` does (the same ones for the same key) with their labels, shape [n]."""
        return _draw(self, _checks.key("key", key), _checks.whole("n", n))

    def log_prob(self, x: ArrayLike) -> NoReturn:
        """Raise a TypeError: the law has no density.

        Raises:
            TypeError: always.
        """
        raise TypeError(
            "Dataset has no density, so no log_prob: all of its mass sits on images, of volume 0."
        )

    def subset(self, rows: Any) -> "Dataset":
        """Keep some of the images; all class names stay, so labels keep their meaning.

        Args:
            rows: what may stand in an index of a numpy array [n]: `slice(100)` for the first hundred,
                `dataset.labels == 3` for one class, or whole numbers.

        Raises:
            ValueError: if `rows` is no such index, or no image is left.

        >>> from gantheory import datasets
        >>> digits = datasets.load("digits")
        >>> digits.subset(digits.labels == 3)
        Dataset(147 images of shape (8, 8, 1), 10 classes)
        """
        try:
            kept = np.atleast_1d(np.arange(len(self))[np.asarray(rows) if hasattr(rows, "shape") else rows])
        except IndexError:
            kept = np.empty(0, int)
        if kept.ndim != 1 or kept.size == 0:
            allowed = f"an index that keeps some of the {len(self)} images"
            _checks.refuse("rows", allowed, _checks.describe(rows))
        return Dataset(
            np.asarray(self.pixels)[kept], np.asarray(self.labels)[kept], self.names, level=self.level
        )


def every_fifth(labels: Int[np.ndarray, "n"]) -> Bool[np.ndarray, "n"]:
    """Mark every fifth image of each class, in their order: those that are left for testing."""
    nth = np.empty(len(labels), int)
    for label in np.unique(labels):
        of_label = labels == label
        nth[of_label] = np.arange(of_label.sum())
    return nth % 5 == 4


def _whole_numbers(name: str, x: ArrayLike, ndim: int, shape: str, most: int) -> np.ndarray:
    array = np.asarray(x)
    if not np.issubdtype(array.dtype, np.integer):
        _checks.refuse(name, "an array of whole numbers", f"dtype {array.dtype}", TypeError)
    if array.ndim != ndim or array.size == 0:
        _checks.refuse(name, f"a non-empty array of shape {shape}", f"shape {list(array.shape)}")
    if array.min() < 0 or array.max() > most:
        _checks.refuse(name, f"from 0 to {most}", f"{array.min()} to {array.max()}")
    return array


def _floats(pixels: UInt8[Array, "..."], level: int) -> Float32[Array, "..."]:
    # Looked up, because XLA turns the division into a product with a rounded reciprocal, and 255 into 1.0000001; on a
    # CPU that is faster, too.
    table = np.arange(256, dtype=np.float32) / np.float32(level / 2) - np.float32(1)
    return jnp.take(table, pixels, mode="clip")


@jax.jit
def _images(dataset: Dataset) -> Float32[Array, "n h w c"]:
    return _floats(dataset.pixels, dataset.level)


@partial(jax.jit, static_argnames="n")
def _draw(dataset: Dataset, key: Array, n: int) -> tuple[Float32[Array, "n h w c"], Int32[Array, "n"]]:
    # int32 in any mode: the default would draw other images under jax_enable_x64.
    rows = jax.random.randint(key, (n,), 0, dataset.pixels.shape[0], jnp.int32)
    return _floats(dataset.pixels[rows], dataset.level), dataset.labels[rows]
