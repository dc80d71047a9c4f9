"""Classifiers on the disk: one file each, a plain `.npz` that carries its own SHA-256."""

import hashlib
import io
import json
import os
import tempfile
import zipfile
from pathlib import Path

import jax
import numpy as np

from gantheory import _leaves
from gantheory.classifiers._network import Classifier, init
from gantheory.classifiers._training import VERSION
from gantheory.datasets import Dataset, cache_folder

__all__ = ["DamagedError", "path_of", "read", "write"]

_HEX = 64
"""Letters of a SHA-256."""


class DamagedError(ValueError):
    """A file that is not what was written."""


def path_of(train: Dataset, test: Dataset) -> Path:
    """Name the file of the classifier of these images: another image, label or version is another name."""
    digest = hashlib.sha256(json.dumps([VERSION, train.names]).encode())
    for dataset in (train, test):
        digest.update(json.dumps([dataset.level, *dataset.pixels.shape]).encode())
        digest.update(np.ascontiguousarray(dataset.pixels))
        digest.update(np.ascontiguousarray(dataset.labels, dtype="<i4"))
    shape = "x".join(map(str, train.shape))
    name = f"{shape}-{train.num_classes}-classes-{digest.hexdigest()[:32]}.npz"
    return cache_folder() / "classifiers" / name


def write(path: Path, classifier: Classifier) -> None:
    """Write a classifier, whole or not at all.

    Raises:
        OSError: where it cannot be written.
    """
    buffer = io.BytesIO()
    arrays = {name: np.asarray(x) for name, x in _leaves.named(classifier.params).items()}
    np.savez(buffer, scale=np.asarray(classifier.scale), accuracy=classifier.test_accuracy, **arrays)
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.comment = b"." * _HEX  # stands at the very end, and is not looked at by numpy
    body = buffer.getvalue()[:-_HEX]
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, partial = tempfile.mkstemp(prefix=".partial-", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(body + _sha256(body))
            file.flush()
            os.fsync(file.fileno())
        os.chmod(partial, 0o644)  # mkstemp's is for the owner alone
        os.replace(partial, path)
    finally:
        Path(partial).unlink(missing_ok=True)


def read(path: Path, train: Dataset, test: Dataset) -> Classifier:
    """Read a classifier of these images.

    Raises:
        DamagedError: where the file is not what was written.
        OSError: where it cannot be read.
    """
    content = path.read_bytes()
    body, noted = content[:-_HEX], content[-_HEX:]
    if _sha256(body) != noted:
        raise DamagedError(
            f"its SHA-256 should be {noted.decode('ascii', 'replace')!r} and is {_sha256(body).decode()}"
        )
    with np.load(io.BytesIO(content), allow_pickle=False) as stored:
        arrays = {name: stored[name] for name in stored.files}
    like = jax.eval_shape(lambda key: init(key, train.shape, train.num_classes), jax.random.key(0))
    names, structure = list(_leaves.named(like)), jax.tree.structure(like)
    params = jax.tree.unflatten(structure, [jax.device_put(arrays[name]) for name in names])
    return Classifier(
        params, jax.device_put(arrays["scale"]), train.shape, train.names, float(arrays["accuracy"]),
        len(train), len(test),
    )  # fmt: skip


def _sha256(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode()
