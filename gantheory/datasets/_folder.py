"""A folder of the learner's own images as a dataset."""

import os
from pathlib import Path
from typing import Any

import numpy as np

from gantheory import _checks
from gantheory.datasets._dataset import Dataset

__all__ = ["load_folder"]

SUFFIXES = (".png", ".jpg", ".jpeg")
GREY = ("1", "L", "LA", "I", "F")


def load_folder(path: str | os.PathLike[str], size: int = 32) -> Dataset:
    """Load the PNG and JPEG images of a folder, each cut to its middle square and resized to `size` x `size`.

    Where the images lie in sub-folders, each of these is a class, named after it, in alphabetical order; where they
    lie in the folder itself, they are one class, named after the folder. If all are grey, c = 1, else c = 3.
    Photographs are turned upright, what is transparent becomes white, and hidden files are passed by.

    Args:
        path: the folder.
        size: h and w of the images.

    Raises:
        FileNotFoundError: if there is no such folder.
        ValueError: if the path is empty, if a folder or sub-folder has no image, if images lie in it and in its
            sub-folders, or if a file cannot be read as an image.
        TypeError: if an argument is of another type.

    >>> import pathlib, tempfile
    >>> from PIL import Image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for colour in ("red", "white"):
    ...         pathlib.Path(folder, colour).mkdir()
    ...         Image.new("RGB", (60, 40), colour).save(pathlib.Path(folder, colour, "one.png"))
    ...     dataset = load_folder(folder, size=8)
    >>> dataset, dataset.names, dataset.images[0, 0, 0].tolist()
    (Dataset(2 images of shape (8, 8, 3), 2 classes), ('red', 'white'), [1.0, -1.0, -1.0])
    """
    if not isinstance(path, str | os.PathLike):
        _checks.refuse("path", "the path of a folder", _checks.describe(path), TypeError)
    if path == "":  # a variable that is not set, and not the current folder
        _checks.refuse("path", "the path of a folder", "''")
    folder, size = Path(path).expanduser(), _checks.whole("size", size)
    if not folder.is_dir():
        raise FileNotFoundError(f"path must be a folder of images, got {folder}, which is not a folder.")
    classes = [entry for entry in _entries(folder) if entry.is_dir()]
    loose = _images_in(folder)
    if loose and any(_images_in(entry) for entry in classes):
        allowed = "a folder with images either in it or in its sub-folders"
        _checks.refuse("path", allowed, f"{folder} with both ({loose[0].name} lies beside the sub-folders)")
    if loose or not classes:
        classes = [folder]
    files = {entry: _images_in(entry) for entry in classes}
    for entry, images in files.items():
        if not images:
            came = f"{entry}, which has none"
            _checks.refuse("path", "a folder with PNG or JPEG images (.png, .jpg, .jpeg)", came)
    images = [_read(file, size) for images in files.values() for file in images]
    # A colour image has its third axis already.
    if any(image.ndim == 3 for image in images):
        images = [image if image.ndim == 3 else np.repeat(image[..., None], 3, axis=2) for image in images]
    else:
        images = [image[..., None] for image in images]
    labels = np.repeat(np.arange(len(files)), [len(images) for images in files.values()])
    return Dataset(np.stack(images), labels, [entry.resolve().name for entry in files])


def _entries(folder: Path) -> list[Path]:
    return sorted(entry for entry in folder.iterdir() if not entry.name.startswith((".", "__")))


def _images_in(folder: Path) -> list[Path]:
    return [file for file in _entries(folder) if file.suffix.lower() in SUFFIXES and file.is_file()]


def _read(file: Path, size: int) -> np.ndarray:
    """Read an image as bytes, of shape [size, size] if it is grey, else [size, size, 3]."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(file, formats=("PNG", "JPEG")) as image:
            image.draft(None, (2 * size, 2 * size))  # a large JPEG is decoded at a part of its size
            image = ImageOps.exif_transpose(image)
            image = _eight_bits(image)
            image = ImageOps.fit(image, (size, size), Image.Resampling.LANCZOS)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        reason = (
            "its content is another" if isinstance(error, UnidentifiedImageError) else str(error).rstrip(".")
        )
        raise ValueError(
            f"{file} must be a PNG or JPEG image, got what cannot be read as one ({reason})."
        ) from None
    return np.asarray(image)


def _eight_bits(image: Any) -> Any:
    """Bring an image to mode L if it is grey, else RGB, upon white."""
    from PIL import Image

    if image.mode.startswith("I"):  # 16 bits, which convert would clip at 255
        return Image.fromarray((np.asarray(image).astype(np.int64) // 257).clip(0, 255).astype(np.uint8))
    grey = image.mode in GREY
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert("L" if grey else "RGB")
