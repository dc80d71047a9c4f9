"""A cache and a folder of files for each test, and a made-up dataset in place of MNIST."""

import numpy as np
import pytest

from gantheory.datasets import _files, _known
from tests.datasets.made_up import idx, pack_as_sent, sha256


@pytest.fixture(autouse=True)
def places(tmp_path, monkeypatch):
    """Give each test a cache and a folder GANTHEORY_DATA of its own, and no proxy to itself."""
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("GANTHEORY_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("GANTHEORY_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return tmp_path


@pytest.fixture
def tiny(monkeypatch):
    """Let `mnist` be four made-up images for training and two for testing; return the contents of the files."""
    random = np.random.default_rng(0)
    contents, files = {}, {}
    for split, part, count in (("train", "train", 4), ("test", "t10k", 2)):
        arrays = {
            f"{part}-images-idx3-ubyte": random.integers(0, 256, (count, 5, 3)).astype(np.uint8),
            f"{part}-labels-idx1-ubyte": np.arange(count).astype(np.uint8),
        }
        for name, array in arrays.items():
            contents[name] = idx(array)
        files[split] = tuple(
            _files.File(
                name,
                sha256(contents[name]),
                len(contents[name]),
                "http://127.0.0.1:9/" + name + ".gz",
                sha256(pack_as_sent(contents[name])),
                len(pack_as_sent(contents[name])),
            )
            for name in arrays
        )
    monkeypatch.setitem(_known.KNOWN, "mnist", _known.KNOWN["mnist"]._replace(files=files))
    return contents
