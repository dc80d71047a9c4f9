"""The known datasets: their files with hashes, and how their bytes become images."""

import io
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from gantheory.datasets._dataset import Dataset, every_fifth
from gantheory.datasets._files import File, read

__all__ = ["KNOWN", "load_known"]

SPLITS = ("train", "test")
DIGITS = tuple("0123456789")


class Known(NamedTuple):
    """A dataset of known files."""

    names: tuple[str, ...]
    files: dict[str, tuple[File, ...]]
    """For each split."""
    decode: Callable[[str, list[bytes]], tuple[np.ndarray, np.ndarray]]
    """A split and the contents of its files -> pixels [n, h, w, c] and labels [n]."""
    installed: Path | None = None
    """Where Debian's package puts the files."""


def load_known(name: str, split: str) -> Dataset:
    """Load one of `KNOWN`."""
    known = KNOWN[name]
    others = {
        file.sha256
        for other in KNOWN
        if other != name
        for files in KNOWN[other].files.values()
        for file in files
    }
    contents = [read(name, file, known.installed, others) for file in known.files[split]]
    return Dataset(*known.decode(split, contents), known.names)


def digits(split: str) -> Dataset:
    """Load scikit-learn's digits: every fifth image of each class, in the order of the file, is for testing.

    The file has one writer after another, so both splits have images by all of them.
    """
    from sklearn.datasets import load_digits

    bunch = load_digits()
    rows = every_fifth(bunch.target) == (split == "test")
    pixels = bunch.images[rows][..., None].astype(np.uint8)
    return Dataset(pixels, bunch.target[rows], DIGITS, level=16)


def _idx(split: str, contents: list[bytes]) -> tuple[np.ndarray, np.ndarray]:
    # The contents are known: 4 bytes of magic, then one big-endian length of 4 bytes for each axis.
    images, labels = contents
    height, width = np.frombuffer(images, ">u4", count=2, offset=8)
    pixels = np.frombuffer(images, np.uint8, offset=16).reshape(-1, height, width, 1)
    return pixels, np.frombuffer(labels, np.uint8, offset=8)


def _cifar(split: str, contents: list[bytes]) -> tuple[np.ndarray, np.ndarray]:
    batches = [f"data_batch_{number}" for number in range(1, 6)] if split == "train" else ["test_batch"]
    # Unpacked in memory alone: nothing in an archive can name a place to write to.
    with tarfile.open(fileobj=io.BytesIO(contents[0]), mode="r:gz") as archive:
        parts = [archive.extractfile(f"cifar-10-batches-bin/{batch}.bin").read() for batch in batches]
    records = np.frombuffer(b"".join(parts), np.uint8).reshape(-1, 1 + 3 * 32 * 32)
    return records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1), records[:, 0]


def _idx_files(base: str, sums: dict[str, tuple[str, str, int]]) -> dict[str, tuple[File, ...]]:
    """Make the four files of a dataset like MNIST.

    Args:
        base: the address of their folder.
        sums: for each name the SHA-256 of the content, the SHA-256 of what is sent, and its number of bytes.
    """
    counts = {"train": 60_000, "t10k": 10_000}

    def file(part: str, kind: str) -> File:
        name = f"{part}-{kind}-ubyte"
        sha256, sent_sha256, sent_size = sums[name]
        size = 16 + 784 * counts[part] if kind == "images-idx3" else 8 + counts[part]
        return File(name, sha256, size, f"{base}{name}.gz", sent_sha256, sent_size)

    return {
        split: (file(part, "images-idx3"), file(part, "labels-idx1"))
        for split, part in zip(SPLITS, counts, strict=True)
    }


_CIFAR_ARCHIVE = File(
    name="cifar-10-binary.tar.gz",
    sha256="c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
    size=170_052_171,
    url="https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
    sent_sha256="c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
    sent_size=170_052_171,
)

KNOWN = {
    # Xiao, Rasul and Vollgraf 2017, Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine Learning Algorithms.
    "fashion_mnist": Known(
        names=(
            *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
            *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
        ),
        files=_idx_files(
            "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
            {
                "train-images-idx3-ubyte": (
                    "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
                    "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
                    26_421_880,
                ),
                "train-labels-idx1-ubyte": (
                    "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
                    "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
                    29_515,
                ),
                "t10k-images-idx3-ubyte": (
                    "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
                    "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
                    4_422_102,
                ),
                "t10k-labels-idx1-ubyte": (
                    "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
                    "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
                    5_148,
                ),
            },
        ),
        decode=_idx,
        installed=Path("/usr/share/datasets/fashion-mnist"),
    ),
    # LeCun, Bottou, Bengio and Haffner 1998, Gradient-Based Learning Applied to Document Recognition.
    "mnist": Known(
        names=DIGITS,
        files=_idx_files(
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
            {
                "train-images-idx3-ubyte": (
                    "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
                    "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
                    9_912_422,
                ),
                "train-labels-idx1-ubyte": (
                    "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
                    "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
                    28_881,
                ),
                "t10k-images-idx3-ubyte": (
                    "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
                    "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
                    1_648_877,
                ),
                "t10k-labels-idx1-ubyte": (
                    "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
                    "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
                    4_542,
                ),
            },
        ),
        decode=_idx,
    ),
    # Krizhevsky 2009, Learning Multiple Layers of Features from Tiny Images, chapter 3. The binary version: the one for
    # Python holds pickles, which may run any code.
    "cifar10": Known(
        names=(
            *("airplane", "automobile", "bird", "cat", "deer"),
            *("dog", "frog", "horse", "ship", "truck"),
        ),
        files={split: (_CIFAR_ARCHIVE,) for split in SPLITS},
        decode=_cifar,
    ),
}
