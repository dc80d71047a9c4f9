"""Saving, looking and restoring. The public door is `checkpoints`."""

import json
import os
import re
import shutil
import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np

from gantheory import _checks
from gantheory.checkpoints import _arrays, _manifest
from gantheory.checkpoints._manifest import CheckpointError
from gantheory.games import Game
from gantheory.training import History, State, init

__all__ = ["CheckpointWarning", "Restored", "Save", "latest", "restore", "save"]

NAME = re.compile(r"(\d{6,})-step-(\d+)")
# What is being written, or taken away: never a save.
PARTIAL = ".partial-"
ARRAYS = "arrays"

# The folders of which a warning has been given since their last good save.
_warned: set[Path] = set()


class CheckpointWarning(UserWarning):
    """A save could not be written; the training goes on."""


class Save(NamedTuple):
    """A save in its folder, not yet loaded.

    Attributes:
        path: the save's own folder.
        step: the number of steps that the state had taken.
        metadata: the caller's.
    """

    path: Path
    step: int
    metadata: dict[str, Any]


class Restored(NamedTuple):
    """What a save held.

    Attributes:
        state: the `training.State`, to be trained on; plain arrays on the default device.
        history: the `training.History` that was saved with it, or None.
        metadata: the caller's.
    """

    state: State
    history: History | None
    metadata: dict[str, Any]


def save(
    folder: str | os.PathLike[str],
    state: State,
    *,
    history: History | None = None,
    metadata: Mapping[str, Any] | None = None,
    keep: int = 2,
) -> bool:
    """Save a training, as the newest save of a folder.

    Where the disk is full or the folder cannot be written, there is one `CheckpointWarning`, nothing half-written is
    left, and the training may go on; the next warning comes after a save that succeeded in between.

    In a cluster of several processes (`jax.distributed`) every one calls it with the same state, whole on each of them;
    the first writes, the others return at once.

    Args:
        folder: where the saves lie; made where it does not exist. One folder holds the saves of one training.
        state: the `training.State`, also of many seeds.
        history: what to keep of the training so far.
        metadata: anything that JSON can hold, by name: options, metrics. Tuples come back as lists.
        keep: how many saves to keep, at least 1; older ones are deleted once this one is complete.

    Returns:
        Whether the save is on the disk (True on the processes that write nothing).

    Raises:
        TypeError, ValueError: where an argument is not as above, or the state is spread over processes.

    >>> import tempfile
    >>> from gantheory import games, training
    >>> game = games.bilinear()
    >>> state, history = training.train(game, training.init(game, jax.random.key(0)), 10)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(folder, state, history=history, metadata={"game": "bilinear"})
    ...     restored = restore(folder, game)
    True
    >>> int(restored.state.step), restored.history.value.shape, restored.metadata
    (10, (10,), {'game': 'bilinear'})
    """
    folder = _path(folder)
    _checks.whole("keep", keep)
    content, arrays = _content(state, history, metadata)
    if jax.process_index() != 0:
        return True
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write(folder, content, arrays)
        for old in _found(folder)[:-keep]:
            _remove(folder, old)
    except OSError as error:
        if folder not in _warned:
            _warned.add(folder)
            why = error.strerror or error
            message = f"Could not save to {folder}: {why}. The training goes on; the next save will be tried."
            warnings.warn(message, CheckpointWarning, stacklevel=2)
        return False
    _warned.discard(folder)
    return True


def _content(state: Any, history: Any, metadata: Any) -> tuple[dict[str, Any], _arrays.Arrays]:
    """Check what is to be saved, and make of it the manifest's content and the arrays."""
    if not isinstance(state, State):
        _checks.refuse("state", "a training.State", _checks.describe(state), TypeError)
    if not isinstance(history, History | None):
        _checks.refuse("history", "a training.History, or None", _checks.describe(history), TypeError)
    allowed = "a dictionary that JSON can hold, or None"
    if not isinstance(metadata, Mapping | None):
        _checks.refuse("metadata", allowed, _checks.describe(metadata), TypeError)
    try:
        json.dumps(metadata := dict(metadata or {}))
    except (TypeError, ValueError) as error:
        _checks.refuse("metadata", allowed, f"{_checks.describe(metadata)}: {error}", TypeError)
    specs, arrays = _arrays.fetch(state)
    history_specs, history_arrays = _arrays.fetch(history, "history.")
    content = {
        "step": int(np.max(arrays["step"])),
        "metadata": metadata,
        "state": specs,
        "history": None if history is None else {"stopped": history.stopped, "arrays": history_specs},
    }
    return content, arrays | history_arrays


def _write(folder: Path, content: dict[str, Any], arrays: _arrays.Arrays) -> None:
    """Write a save beside the others and give it its name."""
    for leftover in folder.glob(PARTIAL + "*"):
        shutil.rmtree(leftover, ignore_errors=True)
    partial = Path(tempfile.mkdtemp(prefix=PARTIAL, dir=folder))
    try:
        _arrays.store(partial / ARRAYS, arrays)
        _manifest.write(partial, content)
        _manifest.flush(partial)
        found = _found(folder)
        number = 1 + (int(NAME.fullmatch(found[-1].name)[1]) if found else 0)
        partial.chmod(0o755)  # mkdtemp's is for the owner alone
        partial.rename(folder / f"{number:06d}-step-{content['step']}")
        _manifest.flush_one(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _remove(folder: Path, path: Path) -> None:
    """Delete a save; whenever that is cut short, no save is left that lacks files."""
    trash = folder / f"{PARTIAL}{path.name}"
    try:
        path.rename(trash)
    except OSError:
        return  # the next save tries again
    shutil.rmtree(trash, ignore_errors=True)


def _found(folder: Path) -> list[Path]:
    """List the saves of a folder, the oldest first."""
    if not folder.is_dir():
        return []
    paths = [path for path in folder.iterdir() if NAME.fullmatch(path.name)]
    return sorted(paths, key=lambda path: int(NAME.fullmatch(path.name)[1]))


def _step(path: Path) -> int:
    return int(NAME.fullmatch(path.name)[2])


def latest(folder: str | os.PathLike[str]) -> Save | None:
    """Look at the newest save of a folder; None where there is none, or no folder.

    Of its files only the manifest is read; `restore` verifies all.

    Args:
        folder: where the saves lie.

    Returns:
        The `Save`, or None.

    Raises:
        CheckpointError: where the manifest is missing, damaged, or of another version.
        TypeError, ValueError: where `folder` is no path.

    >>> import tempfile
    >>> from gantheory import games, training
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     before = latest(folder)
    ...     done = save(folder, training.init(games.bilinear(), jax.random.key(0)), metadata={"seed": 0})
    ...     after = latest(folder)
    >>> before, after.path.name, after.step, after.metadata
    (None, '000001-step-0', 0, {'seed': 0})
    """
    found = _found(_path(folder))
    if not found:
        return None
    manifest = _readable(found[-1], verify=False)
    return Save(found[-1], manifest["step"], manifest["metadata"])


def restore(folder: str | os.PathLike[str], like: Game | State, *, step: int | None = None) -> Restored:
    """Restore a training from the newest save of a folder, once every file has proved to be as it was written.

    Every process of a cluster restores for itself, and has to see the folder.

    Args:
        folder: where the saves lie.
        like: the game whose training it is, or a state of the same shapes (for many seeds: of `training.init_many`).
        step: restore the save that was taken after so many steps; None for the newest save.

    Raises:
        CheckpointError: where there is no such save; where a file of it is missing or damaged; where it is of another
            version; where its arrays are not those of `like`, or have more digits than JAX now keeps
            (`jax_enable_x64`). The sentence says which, and what can be done.
        TypeError, ValueError: where `folder` is no path, or `like` neither a game nor a state.

    >>> import tempfile
    >>> from gantheory import games, training
    >>> game = games.bilinear()
    >>> state, _ = training.train(game, training.init(game, jax.random.key(0)), 5)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     done = save(folder, state)
    ...     restored = restore(folder, game)
    >>> bool(restored.state.generator.params == state.generator.params), int(restored.state.step), restored.history
    (True, 5, None)
    """
    folder = _path(folder)
    like = _shapes(like)
    found = _found(folder)
    wanted = found if step is None else [path for path in found if _step(path) == step]
    if not wanted:
        others = ", ".join(str(_step(path)) for path in found)
        which = "no save" if not found else f"no save of step {step}, but of step {others}"
        raise CheckpointError(f"{folder} holds {which}.")
    path = wanted[-1]
    manifest = _readable(path, verify=True)
    specs, history = manifest["state"], manifest["history"]
    every = specs | (history["arrays"] if history else {})
    _compare(path, specs, _arrays.like(like))
    if wide := _arrays.too_wide(every):
        raise CheckpointError(
            f"The save {path} was made with jax_enable_x64, and {wide[0]}, {_arrays.describe(every[wide[0]])}, would "
            "be rounded without it: restore it and go on within jax.enable_x64(True)."
        )
    arrays = _arrays.load(path / ARRAYS, every)
    if lost := [name for name in every if name not in arrays]:
        raise CheckpointError(
            f"The save {path} cannot be used: its manifest lists {lost[0]}, its arrays do not."
        )
    return Restored(
        _arrays.put(like, specs, arrays),
        _history(history, arrays) if history else None,
        manifest["metadata"],
    )


def _path(folder: Any) -> Path:
    """Check the path of a folder; an empty one is a variable that is not set, and not the current folder."""
    if not isinstance(folder, str | os.PathLike):
        _checks.refuse("folder", "the path of a folder", _checks.describe(folder), TypeError)
    if folder == "":
        _checks.refuse("folder", "the path of a folder", "''")
    return Path(folder).absolute()


def _shapes(like: Any) -> State:
    if isinstance(like, Game):
        return jax.eval_shape(lambda game: init(game, jax.random.key(0)), like)
    if not isinstance(like, State):
        _checks.refuse("like", "a games.Game or a training.State", _checks.describe(like), TypeError)
    return like


def _readable(path: Path, *, verify: bool) -> dict[str, Any]:
    """Read a save's manifest, and say what to do where the save is damaged."""
    try:
        manifest = _manifest.read(path)
        if verify:
            _manifest.verify(path, manifest)
    except CheckpointError as error:
        found = _found(path.parent)
        before = found[: found.index(path)]
        advice = (
            f"Delete {path.name} to go on from the save before it, of step {_step(before[-1])}"
            if before
            else f"There is no save before it: delete {path.name} to start again"
        )
        raise CheckpointError(f"The save {path} cannot be used: {error}. {advice}.") from None
    return manifest


def _compare(path: Path, saved: _arrays.Specs, wanted: _arrays.Specs) -> None:
    """Refuse a save of another game or of other networks."""
    # Random keys go on as they were saved, of whatever kind.
    plain = lambda spec: spec and (spec["shape"], spec["dtype"])  # noqa: E731
    wrong = [
        f"{name} is {_arrays.describe(saved.get(name))} in the save and {_arrays.describe(wanted.get(name))} here"
        for name in wanted | saved
        if plain(saved.get(name)) != plain(wanted.get(name))
    ]
    if wrong and all(_of_other_precision(saved.get(name), wanted.get(name)) for name in wanted | saved):
        on, off = ("with", "without") if jax.config.jax_enable_x64 else ("without", "with")
        raise CheckpointError(
            f"The save {path} was made {off} jax_enable_x64, and JAX runs {on} it: {wrong[0]}. Restore it and go on "
            f"within jax.enable_x64({off == 'with'})."
        )
    if wrong:
        more = f", and {len(wrong) - 1} more arrays differ" if len(wrong) > 1 else ""
        raise CheckpointError(f"The save {path} is of another game or other networks: {wrong[0]}{more}.")


def _of_other_precision(one: Mapping[str, Any] | None, other: Mapping[str, Any] | None) -> bool:
    """Tell whether two arrays differ by `jax_enable_x64` at most."""
    if one is None or other is None or one["shape"] != other["shape"]:
        return False
    return one["dtype"] == other["dtype"] or {one["dtype"], other["dtype"]} == {"float32", "float64"}


def _history(history: Mapping[str, Any], arrays: _arrays.Arrays) -> History:
    parts = {name.removeprefix("history."): jax.device_put(arrays[name]) for name in history["arrays"]}
    details = {
        name.removeprefix("details."): parts.pop(name) for name in list(parts) if name.startswith("details.")
    }
    return History(**parts, details=details, stopped=history["stopped"])
