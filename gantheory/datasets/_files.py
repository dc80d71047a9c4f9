"""Files of known content: where they are looked for, how they are verified, how they are fetched."""

import hashlib
import os
import threading
import zlib
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

__all__ = ["File", "cache_folder", "read"]

PATIENCE = 3.5
"""Seconds in which a server must give its first answer; the time to look up its name counts as well."""


class File(NamedTuple):
    """A file of known content, as it is read and as it is sent."""

    name: str
    """Its name within a folder; where it is sent compressed, with or without `.gz` behind."""
    sha256: str
    """Of the content; for a compressed file of what it unpacks to, because gzip packs the same in many ways."""
    size: int
    """Of the content, in bytes."""
    url: str
    sent_sha256: str
    """Of the bytes that the address sends."""
    sent_size: int
    """The number of those bytes."""

    @property
    def compressed(self) -> bool:
        """Whether the address sends the content packed by gzip."""
        return self.sent_sha256 != self.sha256


def cache_folder() -> Path:
    """Return the folder for what was downloaded or computed once: GANTHEORY_CACHE, else the system's usual place.

    >>> import os, unittest.mock
    >>> with unittest.mock.patch.dict(os.environ, GANTHEORY_CACHE="/data/cache"):
    ...     cache_folder().as_posix()
    '/data/cache'
    """
    import pooch

    return Path(os.environ.get("GANTHEORY_CACHE") or pooch.os_cache("gantheory")).expanduser()


def read(dataset: str, file: File, installed: Path | None, others: Collection[str]) -> bytes:
    """Return a file's verified content from the first place that has it, else from its address.

    Args:
        dataset: the dataset's name: that of its folder within the cache and within GANTHEORY_DATA.
        file: what is wanted.
        installed: where a package of the system puts such files.
        others: SHA-256 of other datasets' files, which may have the same names: they are passed by.

    Raises:
        FileNotFoundError: if the file is nowhere, and cannot be fetched.
        ValueError: if the file, found or fetched, does not have the content that it should.
        OSError: if it is there and cannot be read.
    """
    folders = {cache_folder() / dataset: "the cache"}
    if own := os.environ.get("GANTHEORY_DATA"):
        root = Path(own).expanduser()
        inner = [root / dataset, root / dataset.replace("_", "-"), root]
        folders |= dict.fromkeys(inner, "from GANTHEORY_DATA")
    if installed is not None:
        folders[installed] = "from Debian's package"
    names = [f"{file.name}.gz", file.name] if file.compressed else [file.name]
    for path in (folder / name for folder in folders for name in names):
        if path.is_file() and (content := verified(path, file, others)) is not None:
            return content
    content = verified(_fetch(dataset, file, folders), file)
    assert content is not None  # pooch has seen to it
    return content


def verified(path: Path, file: File, others: Collection[str] = ()) -> bytes | None:
    """Read a file's content; refuse any but the known one, or return None if it is another dataset's file."""
    raw = path.read_bytes()
    content, trouble = raw, ""
    if file.compressed and raw.startswith(b"\x1f\x8b"):
        unpacker = zlib.decompressobj(wbits=31)
        try:
            # One byte more than there should be: it reads the check sum as well, yet never unpacks without end.
            content = unpacker.decompress(raw, file.size + 1)
            if not unpacker.eof:
                trouble = "it is cut short" if len(content) <= file.size else "it is too long"
        except zlib.error as error:
            trouble = f"gzip finds {str(error).rpartition(': ')[2]}"
        if trouble:
            content = raw  # of which the hash is no known one
    found = hashlib.sha256(content).hexdigest()
    if found == file.sha256:
        return content
    if found in others:
        return None
    raise ValueError(
        f"{path} must have content of SHA-256 {file.sha256}, got {found} ({trouble or _difference(content, file)}); "
        "replace the file, or delete it to have it downloaded."
    )


def _difference(content: bytes, file: File) -> str:
    if content[:100].lstrip().lower().startswith((b"<!doctype", b"<html", b"<?xml")):
        return "it is a web page"
    if len(content) != file.size:
        return f"{len(content)} bytes instead of {file.size}"
    return "some of its bytes are wrong"


def _fetch(dataset: str, file: File, folders: dict[Path, str]) -> Path:
    """Download a file into the cache: whole and verified, or not at all."""
    import pooch

    name = file.url.rpartition("/")[2]
    places = ", ".join(f"{folder} ({what})" for folder, what in folders.items())
    missing = f"{dataset} needs {name}, which is not in {places}, and "
    advice = (
        f"; put the file into a folder and name that in the environment variable GANTHEORY_DATA"
        f"{'' if os.environ.get('GANTHEORY_DATA') else ' (not set now)'}, or load 'digits', which needs no file."
    )
    if trouble := _unreachable(file.url):
        raise FileNotFoundError(missing + trouble + advice)

    from tqdm.auto import tqdm

    logger = pooch.get_logger()
    level = logger.level
    logger.setLevel("CRITICAL")  # it would write into the notebook
    folder = cache_folder() / dataset
    try:
        with tqdm(desc=name, total=file.sent_size, unit="B", unit_scale=True, leave=False) as progress:
            downloader = pooch.HTTPDownloader(progressbar=progress, chunk_size=1 << 16, timeout=10)
            # Into a file beside, which gets its name only when its hash is right.
            return Path(pooch.retrieve(file.url, file.sent_sha256, name, folder, downloader=downloader))
    except ValueError as error:
        sentence = str(error).partition(". ")[0]
        raise ValueError(f"{file.url} sends another file than it should: {sentence}{advice}") from None
    except OSError as error:  # of which requests' errors are
        reason = error.strerror or type(error).__name__
        raise FileNotFoundError(f"{missing}cannot be fetched into {folder} ({reason}){advice}") from None
    finally:
        logger.setLevel(level)


def _unreachable(url: str) -> str:
    """Say why nothing can be fetched from an address; nothing if it can."""
    import pooch

    host = urlsplit(url).hostname
    answers = []

    def ask() -> None:
        try:
            there = pooch.HTTPDownloader(timeout=PATIENCE)(url, None, None, check_only=True)
            answers.append("" if there else f"{host} does not have it any more")
        except Exception:
            answers.append(f"{host} cannot be reached")

    # On a thread, because nothing limits the time that the system takes to look up a name.
    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(PATIENCE)
    return answers[0] if answers else f"{host} does not answer"
