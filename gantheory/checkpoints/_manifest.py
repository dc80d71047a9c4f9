"""The manifest of a save: what belongs to it, and whether it still does."""

import hashlib
import importlib.metadata
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gantheory import __version__

__all__ = ["CheckpointError", "flush", "read", "verify", "write"]

FORMAT = "gantheory checkpoint"
VERSION = 1
LIBRARIES = ("flax", "jax", "numpy", "optax", "orbax-checkpoint")

MANIFEST = "manifest.json"
CHECKSUM = "manifest.sha256"

# What a save writes into it, beside its head.
KINDS = {"step": int, "metadata": dict, "state": dict, "history": dict | None, "files": dict}
# The arrays of a history, beside its details.
HISTORY = {"history.generator_loss", "history.discriminator_loss", "history.value"}


class CheckpointError(ValueError):
    """A save that no training can go on from: missing, damaged, of another version, or of another game."""


def write(directory: Path, content: Mapping[str, Any]) -> None:
    """Write the manifest of all files that are in the directory: the last that is written into a save."""
    files = {
        path.relative_to(directory).as_posix(): {"bytes": path.stat().st_size, "sha256": _hash_of(path)}
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }
    versions = {name: importlib.metadata.version(name) for name in LIBRARIES}
    head = {
        "format": FORMAT,
        "version": VERSION,
        "written_by": {"gantheory": __version__, **versions},
    }
    text = json.dumps({**head, **content, "files": files}, indent=1).encode()
    (directory / MANIFEST).write_bytes(text)
    (directory / CHECKSUM).write_bytes(_line(text))


def read(directory: Path) -> dict[str, Any]:
    """Read a manifest and check it against its own hash.

    Raises:
        CheckpointError: where it is missing, damaged, of another version, or not a manifest at all.
    """
    for name in (MANIFEST, CHECKSUM):
        if not (directory / name).is_file():
            raise CheckpointError(f"{name} is missing")
    text = (directory / MANIFEST).read_bytes()
    try:
        manifest = json.loads(text)
    except ValueError:  # of the encoding, or of JSON
        manifest = None
    # The version first: another one may have another hash.
    if isinstance(manifest, dict) and (manifest.get("format"), manifest.get("version")) != (FORMAT, VERSION):
        raise CheckpointError(
            f"it is of the format {manifest.get('format')!r}, version {manifest.get('version')!r}, "
            f"and gantheory {__version__} reads {FORMAT!r}, version {VERSION}"
        )
    line = (directory / CHECKSUM).read_bytes()
    expected, found = line[:64].decode(errors="replace"), hashlib.sha256(text).hexdigest()
    if found != expected:
        raise CheckpointError(f"{MANIFEST} should have the SHA-256 {expected} ({CHECKSUM}) and has {found}")
    if line != _line(text):
        raise CheckpointError(f"{CHECKSUM} is damaged behind the SHA-256, which is right")
    if wrong := _wrong_part(manifest):
        raise CheckpointError(f"{MANIFEST} has the right SHA-256 and {wrong}")
    return manifest


def _wrong_part(manifest: Any) -> str | None:
    """Say what is not as `write` and a save make it; None where all is."""
    if not isinstance(manifest, dict):
        return f"no dictionary in it, but a {type(manifest).__name__}"
    for name, kind in KINDS.items():
        if name not in manifest:
            return f"no entry {name!r}"
        if not isinstance(manifest[name], kind):
            return f"a wrong entry {name!r}"
    history = manifest["history"]
    if history is not None and not (
        isinstance(history.get("stopped", 0), str | None)
        and isinstance(history.get("arrays"), dict)
        and {name for name in history["arrays"] if not name.startswith("history.details.")} == HISTORY
    ):
        return "a wrong entry 'history'"
    for name, spec in (manifest["state"] | (history["arrays"] if history else {})).items():
        if not _is_spec(spec):
            return f"a wrong entry for the array {name}"
    for name, file in manifest["files"].items():
        if not isinstance(file, dict) or not {"bytes", "sha256"} <= file.keys():
            return f"a wrong entry for the file {name}"
    return None


def _is_spec(spec: Any) -> bool:
    """Tell whether it describes an array."""
    return (
        isinstance(spec, dict)
        and isinstance(spec.get("dtype"), str)
        and isinstance(spec.get("shape"), list)
        and all(isinstance(size, int) for size in spec["shape"])
        and isinstance(spec.get("impl", ""), str)
    )


def verify(directory: Path, manifest: Mapping[str, Any]) -> None:
    """Compare every file with the manifest.

    Raises:
        CheckpointError: for the first file that is missing or another.
    """
    for name, expected in manifest["files"].items():
        path = directory / name
        if not path.is_file():
            raise CheckpointError(f"{name} is missing")
        size, found = path.stat().st_size, _hash_of(path)
        if found != expected["sha256"]:
            raise CheckpointError(
                f"{name} should have the SHA-256 {expected['sha256']} ({expected['bytes']} bytes) "
                f"and has {found} ({size} bytes)"
            )


def flush(directory: Path) -> None:
    """Wait until everything in a directory, and the directory itself, is on the disk."""
    for folder, _, files in os.walk(directory, topdown=False):
        for path in (*(Path(folder, name) for name in files), Path(folder)):
            flush_one(path)


def flush_one(path: Path) -> None:
    """Wait until a file, or a directory's list of names, is on the disk."""
    if path.is_dir() and os.name == "nt":  # Windows opens no directories
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _line(text: bytes) -> bytes:
    """Make the line that `sha256sum manifest.json` would print."""
    return f"{hashlib.sha256(text).hexdigest()}  {MANIFEST}\n".encode()


def _hash_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
