"""Datasets: the real files where they are, made-up ones elsewhere; damage, places, downloads and folders of images."""

import functools
import gzip
import hashlib
import http.server
import io
import socket
import struct
import tarfile
import threading
import time
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats
from flax import nnx
from PIL import Image

from gantheory import datasets, distributions, games
from gantheory.datasets import Dataset, _files, _known

FASHION = _known.KNOWN["fashion_mnist"].installed
needs_fashion = pytest.mark.skipif(
    not FASHION.is_dir(), reason=f"Debian's package dataset-fashion-mnist is not installed ({FASHION})"
)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture(autouse=True)
def places(tmp_path, monkeypatch):
    """Give each test a cache and a folder GANTHEORY_DATA of its own, and no way out of this machine."""
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("GANTHEORY_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("GANTHEORY_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return tmp_path


@functools.cache
def fashion(split):
    return datasets.load("fashion_mnist", split)


# The law


def small(level=255):
    pixels = np.arange(5 * 2 * 3 * 1, dtype=np.uint8).reshape(5, 2, 3, 1) * (level // 29)
    return Dataset(pixels, [0, 1, 2, 1, 0], ["zero", "one", "two"], level=level)


def test_a_dataset_knows_its_measures():
    dataset = small()
    assert (len(dataset), dataset.shape, dataset.dim, dataset.num_classes) == (5, (2, 3, 1), 6, 3)
    assert dataset.names == ("zero", "one", "two")
    assert dataset.pixels.dtype == jnp.uint8 and dataset.labels.dtype == jnp.int32
    assert repr(dataset) == "Dataset(5 images of shape (2, 3, 1), 3 classes)"


@pytest.mark.parametrize("level", [16, 255])
def test_pixels_become_floats_exactly(level):
    values = np.arange(level + 1, dtype=np.uint8).reshape(-1, 1, 1, 1)
    dataset = Dataset(values, np.zeros(len(values), int), ["one"], level=level)
    exact = values.astype(np.float32) / np.float32(level / 2) - np.float32(1)
    assert dataset.images.dtype == jnp.float32
    np.testing.assert_array_equal(dataset.images, exact)
    drawn, _ = dataset.sample_labelled(jax.random.key(0), 500)
    assert np.isin(drawn, exact).all()
    assert exact.min() == -1 and exact.max() == 1


def test_sampling_draws_rows_with_their_labels():
    dataset = small()
    images, labels = dataset.sample_labelled(jax.random.key(0), 4000)
    assert images.shape == (4000, 2, 3, 1) and images.dtype == jnp.float32
    rows = np.argmax((np.asarray(images)[:, None] == np.asarray(dataset.images)[None]).all((2, 3, 4)), axis=1)
    np.testing.assert_array_equal(images, np.asarray(dataset.images)[rows])
    np.testing.assert_array_equal(labels, np.asarray(dataset.labels)[rows])
    assert scipy.stats.chisquare(np.bincount(rows, minlength=5)).pvalue > 1e-3
    # Independent: each pair of neighbours comes as often as any other.
    pairs = np.bincount(5 * rows[::2] + rows[1::2], minlength=25)
    assert scipy.stats.chisquare(pairs).pvalue > 1e-3
    np.testing.assert_array_equal(dataset.sample(jax.random.key(0), 4000), images)
    assert not np.array_equal(dataset.sample(jax.random.key(1), 4000), images)


def test_float64_draws_the_same_images(x64):
    dataset = datasets.load("digits")
    images = dataset.sample(jax.random.key(3), 8)
    assert images.dtype == jnp.float32 and dataset.images.dtype == jnp.float32
    with jax.enable_x64(False):
        np.testing.assert_array_equal(images, datasets.load("digits").sample(jax.random.key(3), 8))


def test_a_dataset_goes_through_jit_as_an_argument():
    traces = []

    @jax.jit
    def draw(dataset, key):
        traces.append(None)
        return dataset.sample_labelled(key, 3)

    dataset, key = small(), jax.random.key(0)
    images, _ = draw(dataset, key)
    np.testing.assert_array_equal(images, dataset.sample(key, 3))
    turned = Dataset(np.rot90(dataset.pixels, 2, axes=(1, 2)), dataset.labels, dataset.names)
    np.testing.assert_array_equal(draw(turned, key)[0], images[:, ::-1, ::-1])  # other pixels compile nothing
    assert len(traces) == 1
    leaves, structure = jax.tree.flatten(dataset)
    assert [leaf.dtype for leaf in leaves] == [jnp.uint8, jnp.int32]
    assert jax.tree.unflatten(structure, leaves).names == dataset.names


def test_the_pixels_are_the_datasets_own():
    pixels = np.zeros((2, 1, 1, 1), np.uint8)
    dataset = Dataset(pixels, [0, 0], ["one"])
    pixels[:] = 255
    assert dataset.images.max() == -1


def test_a_subset_keeps_names_and_levels():
    dataset = small(level=58)
    ones = dataset.subset(dataset.labels == 1)
    np.testing.assert_array_equal(ones.images, dataset.images[np.array([1, 3])])
    assert ones.names == dataset.names and ones.labels.tolist() == [1, 1]
    np.testing.assert_array_equal(dataset.subset(slice(2)).images, dataset.images[:2])
    assert dataset.subset([4, 0]).labels.tolist() == [0, 0]
    assert len(dataset.subset(2)) == 1
    for rows in (5, [], dataset.labels == 7, np.ones(4, bool), [0.5], None, slice(3, 3)):
        with pytest.raises(ValueError, match="rows must be an index that keeps some of the 5 images, got"):
            dataset.subset(rows)


def test_a_dataset_has_no_density():
    with pytest.raises(TypeError, match="Dataset has no density"):
        small().log_prob(small().images)


@pytest.mark.parametrize(
    ("change", "error", "sentence"),
    [
        (
            {"pixels": np.zeros((2, 1, 1, 1))},
            TypeError,
            "pixels must be an array of whole numbers, got dtype fl",
        ),
        (
            {"pixels": np.zeros((2, 1, 1), int)},
            ValueError,
            r"pixels must be .* \[n, h, w, c\], got shape \[2, 1, 1\]",
        ),
        ({"pixels": np.zeros((0, 1, 1, 1), int)}, ValueError, "pixels must be a non-empty array"),
        ({"pixels": np.full((2, 1, 1, 1), 17)}, ValueError, "pixels must be from 0 to 16, got 17 to 17"),
        ({"pixels": np.full((2, 1, 1, 1), -1)}, ValueError, "pixels must be from 0 to 16, got -1 to -1"),
        ({"labels": [0, 2]}, ValueError, "labels must be from 0 to 1, got 0 to 2"),
        ({"labels": [0]}, ValueError, r"labels must be of shape \[2\], one for each image, got shape \[1\]"),
        ({"labels": [[0], [1]]}, ValueError, r"labels must be a non-empty array of shape \[n\]"),
        ({"names": "ab"}, TypeError, "names must be a list of the classes' names, got 'ab'"),
        ({"names": [0, 1]}, TypeError, "names must be a list of the classes' names"),
        ({"level": 256}, ValueError, "level must be a whole number of at least 1 and at most 255, got 256"),
    ],
)
def test_a_dataset_refuses_what_does_not_fit(change, error, sentence):
    arguments = {"pixels": np.zeros((2, 1, 1, 1), int), "labels": [0, 1], "names": ["a", "b"], "level": 16}
    with pytest.raises(error, match=sentence):
        Dataset(**(arguments | change))


def test_sampling_refuses_a_seed_for_a_key():
    with pytest.raises(TypeError, match="key must be one random key"):
        small().sample(0, 3)
    with pytest.raises(ValueError, match="n must be a whole number of at least 1"):
        small().sample_labelled(jax.random.key(0), 0)


class Flat(nnx.Module):
    """A linear map between images of shape (8, 8, 1) and vectors."""

    def __init__(self, num_in, num_out, shape, rngs):
        self.shape = shape
        self.linear = nnx.Linear(num_in, num_out, rngs=rngs)

    def __call__(self, x):
        return self.linear(x.reshape(len(x), -1)).reshape(len(x), *self.shape)


def test_a_dataset_is_a_games_target():
    digits = datasets.load("digits")
    game = games.gan(
        lambda rngs: Flat(2, 64, (8, 8, 1), rngs),
        lambda rngs: Flat(64, 1, (1,), rngs),
        "hinge",
        prior=distributions.Gaussian([0.0, 0.0], [1.0, 1.0]),
        target=digits,
        batch_size=16,
    )
    key = jax.random.key(0)
    np.testing.assert_array_equal(game.sample(key), digits.sample(key, 16))
    with pytest.raises(ValueError, match=r"generator must be a network that maps \[16, 2\] to the target's"):
        games.gan(
            lambda rngs: Flat(2, 64, (64,), rngs),
            lambda rngs: Flat(64, 1, (1,), rngs),
            "hinge",
            prior=distributions.Gaussian([0.0, 0.0], [1.0, 1.0]),
            target=digits,
            batch_size=16,
        )


# Digits


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


# Fashion-MNIST: the real files


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


# Files of known content


def idx(array):
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes()


pack_as_sent = functools.partial(gzip.compress, mtime=0)


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


IMAGES = "train-images-idx3-ubyte"


def put(folder: Path, contents: dict[str, bytes], pack=pack_as_sent) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        (folder / (f"{name}.gz" if pack else name)).write_bytes(pack(content) if pack else content)


def pixels_of(contents: dict[str, bytes]) -> np.ndarray:
    return np.frombuffer(contents[IMAGES][16:], np.uint8).reshape(4, 5, 3, 1)


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


PAGE = b"<!DOCTYPE html>\n<html><body>Please sign in</body></html>"


def flip(raw: bytes, at: int) -> bytes:
    damaged = bytearray(raw)
    damaged[at] ^= 4
    return bytes(damaged)


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


# Downloads


class Handler(http.server.BaseHTTPRequestHandler):
    """Sends `server.files`, of which a negative `server.cut` leaves the end away."""

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        content = self.server.files.get(self.path)
        self.send_response(404 if content is None else 200)
        self.send_header("Content-Length", str(len(content or b"")))
        self.end_headers()
        if self.command == "GET" and content:
            self.server.sent.append(self.path)
            self.wfile.write(content[: self.server.cut])

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server(tiny, monkeypatch):
    """Serve the files of `tiny`."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.files = {f"/{name}.gz": pack_as_sent(content) for name, content in tiny.items()}
    server.sent, server.cut = [], None
    aim_at(monkeypatch, f"http://127.0.0.1:{server.server_port}/")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def aim_at(monkeypatch, base: str) -> None:
    known = _known.KNOWN["mnist"]
    files = {
        split: tuple(file._replace(url=f"{base}{file.name}.gz") for file in files)
        for split, files in known.files.items()
    }
    monkeypatch.setitem(_known.KNOWN, "mnist", known._replace(files=files))


def test_a_download_is_kept(places, tiny, server, capfd):
    np.testing.assert_array_equal(datasets.load("mnist").pixels, pixels_of(tiny))
    assert sorted(server.sent) == [f"/{IMAGES}.gz", "/train-labels-idx1-ubyte.gz"]
    words = capfd.readouterr()
    assert words.out == "" and "Downloading" not in words.err and "SHA256" not in words.err
    datasets.load("mnist")
    assert len(server.sent) == 2
    names = {path.name for path in (places / "cache" / "mnist").iterdir()}
    assert names == {f"{IMAGES}.gz", "train-labels-idx1-ubyte.gz"}


def one_sentence(caught) -> str:
    sentence = str(caught.value)
    assert "\n" not in sentence and ". " not in sentence and sentence.endswith(".")
    assert "GANTHEORY_DATA" in sentence and "'digits'" in sentence
    return sentence


@pytest.mark.parametrize("content", [PAGE, pack_as_sent(b"other")], ids=["page", "other"])
def test_a_download_of_other_content_is_refused_and_not_kept(places, server, content):
    server.files[f"/{IMAGES}.gz"] = content
    with pytest.raises(ValueError, match="sends another file than it should") as caught:
        datasets.load("mnist")
    sentence = one_sentence(caught)
    assert sha256(content) in sentence and f"127.0.0.1:{server.server_port}/{IMAGES}.gz" in sentence
    assert list((places / "cache" / "mnist").iterdir()) == []


def test_a_download_that_breaks_off_is_not_kept(places, server):
    server.cut = -10
    with pytest.raises((FileNotFoundError, ValueError)) as caught:
        datasets.load("mnist")
    one_sentence(caught)
    assert list((places / "cache" / "mnist").iterdir()) == []


def test_a_file_that_the_server_lost_is_named(server):
    server.files.clear()
    with pytest.raises(FileNotFoundError, match=r"127\.0\.0\.1 does not have it any more") as caught:
        datasets.load("mnist")
    one_sentence(caught)


def test_a_cache_that_cannot_be_written_is_named(places, server, monkeypatch):
    (places / "cache").write_text("a file")
    with pytest.raises(
        FileNotFoundError, match=f"cannot be fetched into {places / 'cache' / 'mnist'} "
    ) as caught:
        datasets.load("mnist")
    one_sentence(caught)


def test_no_server_at_all_says_what_to_do(places, tiny, monkeypatch, capfd):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    aim_at(monkeypatch, f"http://127.0.0.1:{port}/")
    with pytest.raises(FileNotFoundError, match=r"127\.0\.0\.1 cannot be reached") as caught:
        datasets.load("mnist")
    sentence = one_sentence(caught)
    assert str(places / "cache" / "mnist") in sentence and str(places / "data") in sentence
    assert capfd.readouterr().err == ""


def test_a_server_that_never_answers_is_given_up(tiny, monkeypatch):
    assert _files.PATIENCE < 5
    monkeypatch.setattr(_files, "PATIENCE", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        aim_at(monkeypatch, f"http://127.0.0.1:{silent.getsockname()[1]}/")
        with pytest.raises(
            FileNotFoundError, match=r"127\.0\.0\.1 (does not answer|cannot be reached)"
        ) as caught:
            datasets.load("mnist")
    one_sentence(caught)


def test_a_name_that_nobody_resolves_is_given_up(tiny, monkeypatch):
    stop = threading.Event()
    monkeypatch.setattr(_files, "PATIENCE", 0.2)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *arguments, **options: stop.wait(60))
    begin = time.monotonic()
    with pytest.raises(FileNotFoundError, match="does not answer"):
        datasets.load("mnist")
    stop.set()
    assert time.monotonic() - begin < 30  # it did not wait for the name


# Names, and folders


def test_a_wrong_name_lists_the_names():
    with pytest.raises(
        ValueError, match="name must be one of digits, fashion_mnist, mnist, cifar10, or the path of"
    ):
        datasets.load("fashion")
    with pytest.raises(ValueError, match=r"name must be one of digits, .*, got ''"):
        datasets.load("")
    with pytest.raises(TypeError, match=r"name must be one of digits, .*, got 3"):
        datasets.load(3)
    with pytest.raises(ValueError, match="split must be one of train, test, got 'validation'"):
        datasets.load("digits", "validation")
    with pytest.raises(
        FileNotFoundError, match="path must be a folder of images, got no/such, which is not a fo"
    ):
        datasets.load("no/such")


def save(path: Path, array, **options) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.asarray(array, np.uint8)).save(path, **options)


def test_sub_folders_are_classes(places):
    for name, level in (("b/2.PNG", 20), ("b/1.png", 10), ("a/x.png", 30)):
        save(places / "own" / name, np.full((8, 8), level))
    (places / "own" / "b" / "notes.txt").write_text("not an image")
    (places / "own" / ".DS_Store").write_bytes(b"")
    save(places / "own" / ".hidden" / "x.png", np.zeros((8, 8)))
    own = datasets.load(str(places / "own"))
    assert own.names == ("a", "b") and own.labels.tolist() == [0, 1, 1]
    assert own.shape == (32, 32, 1) and own.pixels[:, 3, 3, 0].tolist() == [30, 10, 20]
    assert datasets.load(places / "own").shape == own.shape


def test_loose_images_are_one_class(places, monkeypatch):
    save(places / "own" / "x.jpg", np.full((64, 64, 3), (200, 100, 50)), quality=95)
    save(places / "own" / "y.png", np.full((4, 4), 90))
    own = datasets.load_folder(places / "own", size=8)
    assert own.names == ("own",) and own.labels.tolist() == [0, 0] and own.shape == (8, 8, 3)
    np.testing.assert_allclose(
        np.asarray(own.pixels[0]).astype(int), np.full((8, 8, 3), (200, 100, 50)), atol=3
    )
    assert (own.pixels[1] == 90).all()
    monkeypatch.chdir(places)
    assert datasets.load("own").names == ("own",)
    monkeypatch.chdir(places / "own")
    assert datasets.load(".").names == ("own",)


def test_images_are_cut_to_their_middle_square(places):
    wide = np.zeros((4, 12), np.uint8)
    wide[:, 4:8] = np.arange(16).reshape(4, 4) * 10
    save(places / "own" / "wide.png", wide)
    save(places / "own" / "tall.png", wide.T)
    own = datasets.load_folder(places / "own", size=4)
    np.testing.assert_array_equal(own.pixels[1, ..., 0], wide[:, 4:8])
    np.testing.assert_array_equal(own.pixels[0, ..., 0], wide[:, 4:8].T)


def test_a_large_jpeg_is_resized_as_a_whole(places):
    ramp = np.repeat(np.linspace(0, 255, 1024)[None], 1024, axis=0)
    save(places / "own" / "ramp.jpg", ramp, quality=95)
    own = datasets.load_folder(places / "own", size=16)
    np.testing.assert_allclose(own.pixels[0, 5, :, 0], (np.arange(16) + 0.5) * 255 / 16, atol=3)


def test_photographs_stand_upright_and_glass_is_white(places):
    upright = np.zeros((8, 8), np.uint8)
    upright[:4] = 255
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees clockwise to see it upright
    save(places / "own" / "turned.png", np.rot90(upright), exif=exif)
    glass = np.zeros((8, 8, 4), np.uint8)
    glass[:, 4:, 3] = 255
    save(places / "own" / "glass.png", glass)
    own = datasets.load_folder(places / "own", size=8)
    np.testing.assert_array_equal(own.pixels[1, ..., 0], upright)
    assert (own.pixels[0, :, :4] == 255).all() and (own.pixels[0, :, 4:] == 0).all()


def test_sixteen_bits_are_brought_to_eight(places):
    deep = np.array([[0, 257], [25700, 65535]], np.uint16)
    (places / "own").mkdir()
    Image.fromarray(deep).save(places / "own" / "deep.png")
    own = datasets.load_folder(places / "own", size=2)
    assert own.shape == (2, 2, 1) and own.pixels[0, ..., 0].tolist() == [[0, 1], [100, 255]]


def test_folders_that_do_not_serve_are_refused_in_a_sentence(places):
    own = places / "own"
    (own / "a").mkdir(parents=True)
    sentence = (
        r"path must be a folder with PNG or JPEG images \(.png, .jpg, .jpeg\), got .*own/a, which has none"
    )
    with pytest.raises(ValueError, match=sentence):
        datasets.load(own)
    with pytest.raises(ValueError, match="own/a, which has none"):
        datasets.load(own / "a")
    save(own / "b" / "x.png", np.zeros((4, 4)))
    with pytest.raises(ValueError, match="own/a, which has none"):
        datasets.load(own)
    save(own / "loose.png", np.zeros((4, 4)))
    with pytest.raises(
        ValueError, match=r"either in it or in its sub-folders, got .*own with both \(loose.png lies"
    ):
        datasets.load(own)
    with pytest.raises(ValueError, match="split must be one of train, got 'test'"):
        datasets.load(own, "test")
    with pytest.raises(FileNotFoundError, match=r"loose\.png, which is not a folder"):
        datasets.load(own / "loose.png")
    with pytest.raises(ValueError, match="size must be a whole number of at least 1, got 0"):
        datasets.load_folder(own / "b", size=0)
    with pytest.raises(TypeError, match="path must be the path of a folder, got 7"):
        datasets.load_folder(7)


@pytest.mark.parametrize(
    "spoil", [lambda raw: raw[:200], lambda raw: PAGE, lambda raw: b""], ids=["cut", "page", "empty"]
)
def test_an_unreadable_image_is_named(places, spoil):
    path = places / "own" / "x.png"
    save(path, np.random.default_rng(0).integers(0, 256, (64, 64)))
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(
        ValueError, match=f"^{path} must be a PNG or JPEG image, got what cannot be read as one"
    ) as caught:
        datasets.load(places / "own")
    assert "\n" not in str(caught.value)
