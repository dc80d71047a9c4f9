"""Real images, to imitate: digits that need nothing, Fashion-MNIST, MNIST, CIFAR-10, and your own.

Files are looked for in the cache (`cache_folder`, moved by the environment variable GANTHEORY_CACHE), then in the
folder that GANTHEORY_DATA names, then where Debian's package `dataset-fashion-mnist` puts them; else they are
downloaded. The first place that has a file wins, and its content is verified by SHA-256 each time.

>>> import jax
>>> digits = load("digits")
>>> digits.shape, len(digits), len(load("digits", "test"))
((8, 8, 1), 1442, 355)
>>> images, labels = digits.sample_labelled(jax.random.key(0), 64)
>>> images.shape, float(images.min()), float(images.max())
((64, 8, 8, 1), -1.0, 1.0)
"""

import os
from pathlib import Path

from gantheory import _checks
from gantheory.datasets import _known
from gantheory.datasets._dataset import Dataset
from gantheory.datasets._files import cache_folder
from gantheory.datasets._folder import load_folder

__all__ = ["NAMES", "Dataset", "cache_folder", "load", "load_folder"]

NAMES = ("digits", *_known.KNOWN)
"""The datasets that `load` knows by name."""


def load(name: str | os.PathLike[str], split: str = "train") -> Dataset:
    """Load a dataset of images.

    | name | images | shape | from |
    |---|---|---|---|
    | `digits` | 1,442 and 355 | (8, 8, 1) | scikit-learn, needs no file; test: every fifth image of each class |
    | `fashion_mnist`, `mnist` | 60,000 and 10,000 | (28, 28, 1) | idx files, as they are or packed by gzip |
    | `cifar10` | 50,000 and 10,000 | (32, 32, 3) | `cifar-10-binary.tar.gz`, the version without pickles |
    | a folder's path | all | (32, 32, 1 or 3) | PNG and JPEG, see `load_folder` |

    Args:
        name: one of `NAMES`, or the path of a folder of images (`./digits` for a folder with such a name).
        split: "train" or "test"; a folder has "train" alone.

    Returns:
        The images with their labels and the names of the classes.

    Raises:
        ValueError: if `name` or `split` is not as above, if a file does not have the content that it should (with the
            SHA-256 expected and found), or if a folder has no images or unreadable ones.
        FileNotFoundError: if a file or folder is nowhere; without a network that is known within 5 seconds.
        OSError: if a file is there and must not be read.
        TypeError: if an argument is no string (or path).

    >>> load("digits").names[3]
    '3'
    """
    if isinstance(name, str) and name in NAMES:
        _checks.one_of("split", split, _known.SPLITS)
        return _known.digits(split) if name == "digits" else _known.load_known(name, split)
    allowed = f"one of {', '.join(NAMES)}, or the path of a folder"
    if not isinstance(name, str | os.PathLike):
        _checks.refuse("name", allowed, _checks.describe(name), TypeError)
    folder = Path(name).expanduser()
    # A plain word that names no folder is a misspelt name rather than a missing folder.
    if isinstance(name, str) and (not name or (len(folder.parts) < 2 and not folder.is_dir())):
        _checks.refuse("name", allowed, repr(name))
    _checks.one_of("split", split, ("train",))
    return load_folder(folder)
