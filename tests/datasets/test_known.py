"""The known datasets against what is published of them, and the places and damages of their files."""

import functools
import gzip
import io
import tarfile
from pathlib import Path

import numpy as np
import pytest

from gantheory import datasets
from gantheory.datasets import _known
from tests.datasets.made_up import IMAGES, PAGE, flip, pixels_of, put, sha256

FASHION = _known.KNOWN["fashion_mnist"].installed
needs_fashion = pytest.mark.skipif(
    not FASHION.is_dir(), reason=f"Debian's package dataset-fashion-mnist is not installed ({FASHION})"
)


@functools.cache
def fashion(split):
    return datasets.load("fashion_mnist", split)


def test_digits_are_scikit_learns_split_in_every_class():
    from sklearn.datasets import load_digits

    bunch = load_digits()
    train, test = datasets.load("digits"), datasets.load("digits", "test")
    assert train.shape == test.shape == (8, 8, 1) and train.names == tuple("0123456789")

    def rows(images, labels):
        return sorted((*image.ravel().tolist(), label) for image, label in zip(images, labels, strict=True))

    back = [((np.asarray(part.images) + 1) * 8)[..., 0] for part in (train, test)]
    labels = [np.asarray(part.labels).tolist() for part in (train, test)]
    assert rows(np.concatenate(back), [*labels[0], *labels[1]]) == rows(bunch.images, bunch.target.tolist())
    whole = np.bincount(bunch.target)
    np.testing.assert_array_equal(np.bincount(labels[1]), whole // 5)
    # The first four of a class are for training, the fifth for testing.
    threes = bunch.images[bunch.target == 3]
    np.testing.assert_array_equal(back[0][np.asarray(train.labels) == 3][:5], threes[[0, 1, 2, 3, 5]])
    np.testing.assert_array_equal(back[1][np.asarray(test.labels) == 3][0], threes[4])


@needs_fashion
def test_fashion_mnist_is_the_published_one():
    train, test = fashion("train"), fashion("test")
    assert (len(train), len(test), train.shape) == (60_000, 10_000, (28, 28, 1))
    assert np.bincount(train.labels).tolist() == [6000] * 10
    assert np.bincount(test.labels).tolist() == [1000] * 10
    # The constants that image models are normalised with everywhere.
    scaled = np.asarray(train.pixels).astype(np.float32) / 255
    assert round(float(scaled.mean(dtype=np.float64)), 4) == 0.2860
    assert round(float(scaled.std(dtype=np.float64)), 4) == 0.3530
    assert [train.names[label] for label in train.labels[:3]] == ["Ankle boot", "T-shirt/top", "T-shirt/top"]


@needs_fashion
def test_fashion_mnist_becomes_floats_exactly():
    test = fashion("test")
    exact = np.asarray(test.pixels).astype(np.float32) / np.float32(127.5) - np.float32(1)
    np.testing.assert_array_equal(test.images, exact)
    assert exact.min() == -1 and exact.max() == 1


@needs_fashion
def test_a_flipped_byte_in_the_real_file_is_found(places):
    name = "t10k-labels-idx1-ubyte.gz"
    raw = bytearray((FASHION / name).read_bytes())
    raw[len(raw) // 2] ^= 1
    (places / "data" / name).write_bytes(raw)
    with pytest.raises(ValueError, match=name) as caught:
        datasets.load("fashion_mnist", "test")
    assert "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34" in str(caught.value)


@pytest.mark.parametrize(
    "pack",
    [None, gzip.compress, functools.partial(gzip.compress, compresslevel=1)],
    ids=["raw", "gz", "other gz"],
)
@pytest.mark.parametrize("where", ["cache/mnist", "data", "data/mnist"])
def test_idx_files_are_read_from_every_place(places, tiny, where, pack):
    put(places / where, tiny, pack)
    train, test = datasets.load("mnist"), datasets.load("mnist", "test")
    np.testing.assert_array_equal(train.pixels, pixels_of(tiny))
    assert train.labels.tolist() == [0, 1, 2, 3] and test.labels.tolist() == [0, 1]
    assert train.shape == (5, 3, 1) and len(test) == 2


def test_a_package_of_the_system_is_a_place(places, tiny, monkeypatch):
    put(places / "usr", tiny)
    monkeypatch.setitem(_known.KNOWN, "mnist", _known.KNOWN["mnist"]._replace(installed=places / "usr"))
    assert len(datasets.load("mnist")) == 4


def test_the_first_place_wins_even_if_it_is_damaged(places, tiny, monkeypatch):
    monkeypatch.setitem(_known.KNOWN, "mnist", _known.KNOWN["mnist"]._replace(installed=places / "usr"))
    order = ["cache/mnist", "data/mnist", "data", "usr"]
    for i, first in enumerate(order):
        for place in order[i:]:
            put(places / place, tiny)
        (places / first / f"{IMAGES}.gz").write_bytes(b"damaged")
        with pytest.raises(ValueError, match=str(places / first / IMAGES)):
            datasets.load("mnist")
        (places / first / f"{IMAGES}.gz").unlink()
    assert list(places.rglob(f"{IMAGES}.gz")) == []


@pytest.mark.parametrize("empty", ["", None])
def test_without_the_variable_the_cache_alone_is_looked_into(places, tiny, monkeypatch, empty):
    monkeypatch.delenv("GANTHEORY_DATA") if empty is None else monkeypatch.setenv("GANTHEORY_DATA", empty)
    with pytest.raises(FileNotFoundError, match=r"GANTHEORY_DATA \(not set now\)"):
        datasets.load("mnist")
    put(places / "cache" / "mnist", tiny)
    assert len(datasets.load("mnist")) == 4


def test_the_cache_is_the_systems_own_unless_named(places, monkeypatch):
    assert datasets.cache_folder() == places / "cache"
    monkeypatch.setenv("GANTHEORY_CACHE", "~/here")
    assert datasets.cache_folder() == Path.home() / "here"
    monkeypatch.setenv("GANTHEORY_CACHE", "")
    assert datasets.cache_folder().is_absolute() and "gantheory" in str(datasets.cache_folder())


DAMAGES = {
    "flipped": (lambda content: flip(gzip.compress(content, 0), 40), "gzip finds incorrect data check"),
    "flipped in the check sum": (
        lambda content: flip(gzip.compress(content), -6),
        "gzip finds incorrect data",
    ),
    "truncated": (lambda content: gzip.compress(content)[:-20], "it is cut short"),
    "truncated to the header": (lambda content: gzip.compress(content)[:5], "it is cut short"),
    "empty": (lambda content: b"", "0 bytes instead of 76"),
    "a web page": (lambda content: PAGE, "it is a web page"),
    "a packed web page": (lambda content: gzip.compress(PAGE), "it is a web page"),
    "other bytes": (lambda content: gzip.compress(flip(content, 20)), "some of its bytes are wrong"),
    "without end": (lambda content: gzip.compress(content + bytes(10**6)), "it is too long"),
    "raw and longer": (lambda content: content + b"x", "77 bytes instead of 76"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_named_with_both_hashes(places, tiny, damage):
    put(places / "data", tiny)
    path = places / "data" / f"{IMAGES}.gz"
    spoil, trouble = DAMAGES[damage]
    raw = spoil(tiny[IMAGES])
    path.write_bytes(raw)
    with pytest.raises(ValueError, match=trouble) as caught:
        datasets.load("mnist")
    sentence = str(caught.value)
    assert sentence.startswith(f"{path} must have content of SHA-256 {sha256(tiny[IMAGES])}, got ")
    found = sentence.split("got ")[1][:64]
    assert found != sha256(tiny[IMAGES])
    # Of the content where it can be unpacked, else of the file.
    assert found in (sha256(raw), sha256(PAGE), sha256(flip(tiny[IMAGES], 20)))
    assert "\n" not in sentence and ". " not in sentence


def test_damage_elsewhere_in_a_dataset_is_found_too(places, tiny):
    put(places / "data", tiny)
    (places / "data" / "train-labels-idx1-ubyte.gz").write_bytes(gzip.compress(b"no labels"))
    with pytest.raises(ValueError, match="train-labels-idx1-ubyte"):
        datasets.load("mnist")
    assert len(datasets.load("mnist", "test")) == 2


def test_another_datasets_files_of_the_same_names_are_passed_by(places, tiny, monkeypatch):
    other = flip(tiny[IMAGES], 20)
    foreign = _known.KNOWN["mnist"].files["train"][0]._replace(sha256=sha256(other))
    monkeypatch.setitem(
        _known.KNOWN, "fashion_mnist", _known.KNOWN["fashion_mnist"]._replace(files={"train": (foreign,)})
    )
    put(places / "data", tiny | {IMAGES: other})
    put(places / "cache" / "mnist", {IMAGES: other})
    with pytest.raises(FileNotFoundError, match="mnist needs train-images-idx3-ubyte"):
        datasets.load("mnist")
    put(places / "data" / "mnist", tiny)
    np.testing.assert_array_equal(datasets.load("mnist").pixels, pixels_of(tiny))


@pytest.fixture
def tiny_cifar(places, monkeypatch):
    """Let `cifar10` be two made-up images a batch, in an archive that also names a file outside of it."""
    images = np.random.default_rng(0).integers(0, 256, (12, 3, 32, 32)).astype(np.uint8)
    buffer = io.BytesIO()
    batches = [f"cifar-10-batches-bin/data_batch_{number}" for number in range(1, 6)]
    records = {
        f"{batch}.bin": b"".join(bytes([i % 10]) + images[i].tobytes() for i in (2 * n, 2 * n + 1))
        for n, batch in enumerate([*batches, "cifar-10-batches-bin/test_batch"])
    }
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in sorted({"../outside.bin": b"outside", **records}.items(), reverse=True):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    raw = buffer.getvalue()
    file = _known.KNOWN["cifar10"].files["train"][0]
    file = file._replace(sha256=sha256(raw), sent_sha256=sha256(raw), size=len(raw))
    known = _known.KNOWN["cifar10"]._replace(files={"train": (file,), "test": (file,)})
    monkeypatch.setitem(_known.KNOWN, "cifar10", known)
    path = places / "data" / "cifar-10-binary.tar.gz"
    path.write_bytes(raw)
    return images, path


def test_cifar10_is_read_from_its_archive_and_nothing_is_unpacked(places, tiny_cifar):
    images, _ = tiny_cifar
    before = sorted(places.rglob("*"))
    train, test = datasets.load("cifar10"), datasets.load("cifar10", "test")
    assert train.labels.tolist() == list(range(10)) and test.labels.tolist() == [0, 1]
    assert train.shape == (32, 32, 3) and train.names[3] == "cat"
    for n, y, x, channel in ((0, 0, 0, 0), (3, 5, 7, 2), (9, 31, 0, 1)):
        assert train.pixels[n, y, x, channel] == images[n, channel, y, x]
    np.testing.assert_array_equal(test.pixels[..., 1], images[10:, 1])
    assert sorted(places.rglob("*")) == before


@pytest.mark.parametrize(
    "spoil",
    [lambda raw: raw[:-9], lambda raw: flip(raw, 100), lambda raw: PAGE],
    ids=["cut", "flipped", "page"],
)
def test_a_damaged_archive_is_named(tiny_cifar, spoil):
    _, path = tiny_cifar
    expected, damaged = sha256(path.read_bytes()), spoil(path.read_bytes())
    path.write_bytes(damaged)
    with pytest.raises(ValueError, match=f"{path} must have .* {expected}, got {sha256(damaged)}"):
        datasets.load("cifar10", "test")
