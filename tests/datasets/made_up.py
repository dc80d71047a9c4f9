"""Contents of files, and ways to damage them."""

import functools
import gzip
import hashlib
import struct
from pathlib import Path

import numpy as np

IMAGES = "train-images-idx3-ubyte"
"""The file of the pixels for training."""

PAGE = b"<!DOCTYPE html>\n<html><body>Please sign in</body></html>"


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def idx(array):
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes()


pack_as_sent = functools.partial(gzip.compress, mtime=0)


def put(folder: Path, contents: dict[str, bytes], pack=pack_as_sent) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        (folder / (f"{name}.gz" if pack else name)).write_bytes(pack(content) if pack else content)


def pixels_of(contents: dict[str, bytes]) -> np.ndarray:
    return np.frombuffer(contents[IMAGES][16:], np.uint8).reshape(4, 5, 3, 1)


def flip(raw: bytes, at: int) -> bytes:
    damaged = bytearray(raw)
    damaged[at] ^= 4
    return bytes(damaged)
