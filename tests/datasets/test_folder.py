"""Names that `load` refuses, and folders of images."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gantheory import datasets
from tests.datasets.made_up import PAGE


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


def test_a_large_jpeg_keeps_its_whole_and_its_details(places):
    ramp = np.repeat(np.linspace(0, 255, 1024)[None], 1024, axis=0)
    save(places / "ramp" / "x.jpg", ramp, quality=95)
    own = datasets.load_folder(places / "ramp", size=16)
    np.testing.assert_allclose(own.pixels[0, 5, :, 0], (np.arange(16) + 0.5) * 255 / 16, atol=3)
    stripes = np.repeat(np.arange(64)[None] // 4 % 2 * 255, 64, axis=0)
    save(places / "stripes" / "x.jpg", stripes, quality=95)
    own = datasets.load_folder(places / "stripes", size=32)
    np.testing.assert_allclose(own.pixels[0, 5, :, 0].astype(int), np.tile([0, 0, 255, 255], 8), atol=60)


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
    deep = np.array([[0, 257], [25699, 65535]], np.uint16)
    (places / "own").mkdir()
    Image.fromarray(deep).save(places / "own" / "deep.png")
    own = datasets.load_folder(places / "own", size=2)
    assert own.shape == (2, 2, 1) and own.pixels[0, ..., 0].tolist() == [[0, 1], [99, 255]]


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
    with pytest.raises(ValueError, match="path must be the path of a folder, got ''"):
        datasets.load_folder("")
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
