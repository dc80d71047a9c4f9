"""Saves: what comes back, what a crash, a full disk and a flipped byte do to them."""

import asyncio
import dataclasses
import errno
import inspect
import json
import os
import pickle
import random
import re
import shutil
import socket
import subprocess
import sys
import warnings
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gantheory import checkpoints, games, lipschitz, training
from gantheory.checkpoints import CheckpointError, CheckpointWarning, _arrays, _manifest
from gantheory.distributions import Gaussian
from gantheory.networks import MLP

resource = pytest.importorskip("resource") if os.name == "posix" else None

NORMAL = Gaussian([0.0], [1.0])
SETTINGS = training.Settings(1e-2, 1e-2, num_critic_steps=2, ema_decay=0.9)


def network(rngs, width=4):
    return MLP(1, 1, width=width, depth=1, rngs=rngs)


def wider(rngs):
    return network(rngs, 6)


def gan(generator=network):
    # Spectral normalization, so that a player has a state besides its parameters.
    constraint = lipschitz.spectral_normalization()
    return games.gan(generator, network, "hinge", constraint, prior=NORMAL, target=NORMAL, batch_size=8)


@pytest.fixture(scope="module")
def game():
    return gan()


@pytest.fixture(scope="module")
def trained(game):
    """A state after 10 steps, and its history."""
    return training.train(game, training.init(game, jax.random.key(0)), 10, SETTINGS)


@pytest.fixture
def saved(tmp_path, trained):
    """A folder with saves of step 10 and 11; their arrays are the same but for the step."""
    state, history = trained
    for step in (10, 11):
        assert checkpoints.save(tmp_path, state._replace(step=jnp.int32(step)), history=history)
    return tmp_path


def assert_same(a, b):
    """Compare two pytrees bit for bit, with their structures and dtypes."""
    assert jax.tree.structure(a) == jax.tree.structure(b)
    for x, y in zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True):
        assert x.dtype == y.dtype and x.shape == y.shape
        if jnp.issubdtype(x.dtype, jax.dtypes.prng_key):
            x, y = jax.random.key_data(x), jax.random.key_data(y)
        assert np.asarray(x).tobytes() == np.asarray(y).tobytes()


def files(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


# What comes back ---------------------------------------------------------------------------------------------------


def test_a_resumed_training_is_the_uninterrupted_one_number_for_number(tmp_path, game):
    start = training.init(game, jax.random.key(3))
    whole, history = training.train(game, start, 20, SETTINGS)

    state, first = training.train(game, start, 10, SETTINGS)
    assert checkpoints.save(tmp_path, state, history=first, metadata={"seed": 3})
    restored = checkpoints.restore(tmp_path, game)
    assert_same(restored.state, state)
    assert_same(restored.history, first)
    resumed, second = training.train(game, restored.state, 10, SETTINGS)

    assert_same(resumed, whole)
    assert_same(jax.tree.map(lambda *parts: jnp.concatenate(parts), restored.history, second), history)
    assert int(resumed.step) == 20 and restored.metadata == {"seed": 3}


def test_every_part_comes_back_of_every_dtype(tmp_path):
    odd = {
        "bfloat16": jnp.array([1.5, -2.0], jnp.bfloat16),
        "nan": jnp.array([[jnp.nan, -0.0, jnp.inf]]),
        "empty": jnp.zeros((0, 3)),
        "flags": jnp.array([True, False]),
        "count": jnp.uint32(4294967295),
        "keys": jax.random.split(jax.random.key(5), 3),
    }
    state = training.State(
        games.Player({"a/b c": jnp.ones((2, 3))}, odd),
        games.Player(jnp.float32(7), ()),
        ({"mu": jnp.arange(3)},),
        (jnp.array([2.0]),),
        {"a/b c": jnp.zeros((2, 3))},
        jnp.int32(12),
        jax.random.key(0, impl="rbg"),
    )
    assert checkpoints.save(tmp_path, state)
    restored = checkpoints.restore(tmp_path, jax.tree.map(jnp.zeros_like, state))
    assert_same(restored.state, state)
    assert str(jax.random.key_impl(restored.state.key)) == "rbg"
    assert restored.history is None and restored.metadata == {}


def test_float64_and_many_seeds_come_back(tmp_path, x64):
    game = games.dirac_gan("wasserstein")
    states = training.init_many(game, jax.random.split(jax.random.key(0), 3))
    states, history = training.train_many(game, states, 4)
    history = dataclasses.replace(history, stopped="Interrupted after step 4.")
    assert states.generator.params.dtype == np.float64 and states.generator.params.shape == (3,)
    assert checkpoints.save(tmp_path, states, history=history)
    restored = checkpoints.restore(tmp_path, states)
    assert_same(restored.state, states)
    assert_same(restored.history, history)
    assert list(restored.history.details) == ["penalty"]
    assert checkpoints.latest(tmp_path).step == 4


def test_a_float64_save_is_not_rounded(tmp_path):
    game = games.dirac_gan("wasserstein")
    with jax.enable_x64(True):
        state, history = training.train(game, training.init(game, jax.random.key(0)), 2)
        checkpoints.save(tmp_path / "64", state, history=history)
    with pytest.raises(
        CheckpointError, match=r"with jax_enable_x64, .*float64\[\], would be .*x64\(True\)\.$"
    ):
        checkpoints.restore(tmp_path / "64", state)  # of the same dtypes
    words = r"made with jax_enable_x64, and JAX runs without it: .* is float64\[\] in .* float32\[\] here\. .*\(True\)"
    with pytest.raises(CheckpointError, match=words):
        checkpoints.restore(tmp_path / "64", game)
    with jax.enable_x64(True):
        assert_same(checkpoints.restore(tmp_path / "64", game).state, state)
    checkpoints.save(tmp_path / "32", training.init(game, jax.random.key(0)))
    words = r"made without jax_enable_x64, and JAX runs with it: .* is float32\[\] in .* float64\[\] here\. .*\(False\)"
    with jax.enable_x64(True), pytest.raises(CheckpointError, match=words):
        checkpoints.restore(tmp_path / "32", game)


def test_metadata_is_what_json_makes_of_it(tmp_path, trained):
    metadata = {
        "options": {"loss": "hinge", "sizes": [1, 2]},
        "distance": 0.1,
        "lost": float("nan"),
        "none": None,
    }
    assert checkpoints.save(tmp_path, trained[0], metadata=metadata)
    found = checkpoints.latest(tmp_path)
    assert found.metadata.pop("lost") != found.metadata
    assert found.metadata == {name: x for name, x in metadata.items() if name != "lost"}
    assert found.path.parent == tmp_path and found.step == 10
    with pytest.raises(TypeError, match=r"^metadata must be a dictionary that JSON can hold.*float32"):
        checkpoints.save(tmp_path, trained[0], metadata={"x": np.float32(1)})


def test_the_last_saves_are_kept_and_the_newest_is_the_one_saved_last(tmp_path, game, trained):
    state = trained[0]
    assert checkpoints.latest(tmp_path) is None and checkpoints.latest(tmp_path / "none") is None
    for step, kept in [(30, [30]), (40, [30, 40]), (5, [40, 5]), (5, [5, 5])]:
        assert checkpoints.save(tmp_path, state._replace(step=jnp.int32(step)))
        steps = [int(path.name.rpartition("-")[2]) for path in sorted(tmp_path.iterdir())]
        assert steps == kept
        assert checkpoints.latest(tmp_path).step == kept[-1]
        assert int(checkpoints.restore(tmp_path, game).state.step) == kept[-1]
        assert int(checkpoints.restore(tmp_path, game, step=kept[0]).state.step) == kept[0]
    assert checkpoints.save(tmp_path, state, keep=1)
    assert len(list(tmp_path.iterdir())) == 1
    with pytest.raises(CheckpointError, match="holds no save of step 7, but of step 10"):
        checkpoints.restore(tmp_path, game, step=7)


def test_a_save_is_a_few_plain_files_that_orbax_alone_can_read(tmp_path, game, trained, monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("pickle was used")

    for name in ("dump", "dumps", "load", "loads", "Pickler", "Unpickler"):
        monkeypatch.setattr(pickle, name, refuse)
    assert checkpoints.save(tmp_path, trained[0], history=trained[1])
    checkpoints.restore(tmp_path, game)
    monkeypatch.undo()
    (folder,) = tmp_path.iterdir()
    assert len(files(folder)) <= 16 < len(jax.tree.leaves(trained[0]))

    import orbax.checkpoint as ocp

    alone = ocp.PyTreeCheckpointer().restore(folder / "arrays")
    layer = trained[0].generator.params["layers"][0]
    np.testing.assert_array_equal(alone["generator.params.layers.0.kernel"], layer["kernel"][...])
    np.testing.assert_array_equal(alone["history.value"], trained[1].value)


def test_it_works_inside_a_running_event_loop_and_says_nothing(tmp_path, game, trained, capfd):
    async def cell():  # as in a notebook
        assert checkpoints.save(tmp_path, trained[0])
        return checkpoints.restore(tmp_path, game)

    assert_same(asyncio.run(cell()).state, trained[0])
    assert capfd.readouterr() == ("", "")


# Damage ------------------------------------------------------------------------------------------------------------


def test_a_flipped_byte_in_any_file_is_named_with_both_hashes(saved, game):
    newest = checkpoints.latest(saved).path
    rng = random.Random(0)
    assert {path.name for path in files(newest)} >= {"manifest.json", "manifest.sha256"}
    for path in files(newest):
        good = path.read_bytes()
        at = rng.randrange(len(good))
        path.write_bytes(good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :])
        with pytest.raises(CheckpointError) as caught:
            checkpoints.restore(saved, game)
        sentence = str(caught.value)
        assert path.name in sentence and newest.name in sentence
        assert re.search(r"SHA-256 .{64} .*has [0-9a-f]{64}", sentence) or "version" in sentence or at >= 64
        assert sentence.endswith(f"Delete {newest.name} to go on from the save before it, of step 10.")
        path.write_bytes(good)
    assert int(checkpoints.restore(saved, game).state.step) == 11
    # The advice holds, and the save before it could be asked for all the time.
    path.write_bytes(b"")
    assert int(checkpoints.restore(saved, game, step=10).state.step) == 10
    shutil.rmtree(newest)
    assert int(checkpoints.restore(saved, game).state.step) == 10


def test_a_missing_or_truncated_file_is_named(saved, game):
    shutil.rmtree(saved / "000001-step-10")
    (newest,) = saved.iterdir()
    for path in files(newest):
        good = path.read_bytes()
        path.unlink()
        with pytest.raises(CheckpointError, match=f"{path.name} is missing. There is no save before it"):
            checkpoints.restore(saved, game)
        path.write_bytes(good[:-1])
        with pytest.raises(CheckpointError, match=path.name):
            checkpoints.restore(saved, game)
        path.write_bytes(good)
    (newest / "manifest.json").unlink()
    with pytest.raises(CheckpointError, match=r"manifest\.json is missing"):
        checkpoints.latest(saved)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda content: [], "no dictionary in it, but a list"),
        (lambda content: None, "no dictionary in it, but a NoneType"),
        (lambda content: {"format": content["format"], "version": content["version"]}, "no entry 'step'"),
        (lambda content: {**content, "step": "ten"}, "a wrong entry 'step'"),
        (lambda content: {**content, "metadata": None}, "a wrong entry 'metadata'"),
        (lambda content: {name: x for name, x in content.items() if name != "files"}, "no entry 'files'"),
        (lambda content: {**content, "files": {"x": {}}}, "a wrong entry for the file x"),
        (lambda content: {**content, "state": {"step": []}}, "a wrong entry for the array step"),
        (
            lambda content: {**content, "state": {**content["state"], "step": {"shape": [], "dtype": 3}}},
            "a wrong entry for the array step",
        ),
        (lambda content: {**content, "history": {}}, "a wrong entry 'history'"),
        (
            lambda content: {**content, "history": {"stopped": None, "arrays": {"history.more": {}}}},
            "a wrong entry 'history'",
        ),
    ],
)
def test_a_manifest_with_the_right_hash_and_another_content_is_named(saved, game, change, words):
    newest = checkpoints.latest(saved).path
    content = json.loads((newest / "manifest.json").read_text())
    text = json.dumps(change(content)).encode()
    (newest / "manifest.json").write_bytes(text)
    (newest / "manifest.sha256").write_bytes(_manifest._line(text))
    for look in (checkpoints.latest, lambda folder: checkpoints.restore(folder, game)):
        with pytest.raises(
            CheckpointError, match=rf"manifest\.json has the right SHA-256 and {words}\. Delete 000002"
        ):
            look(saved)


def test_an_array_that_the_manifest_alone_knows_is_named(saved, game):
    newest = checkpoints.latest(saved).path
    content = json.loads((newest / "manifest.json").read_text())
    content["history"]["arrays"]["history.details.more"] = {"shape": [3], "dtype": "float32"}
    text = json.dumps(content).encode()
    (newest / "manifest.json").write_bytes(text)
    (newest / "manifest.sha256").write_bytes(_manifest._line(text))
    with pytest.raises(
        CheckpointError, match=r"its manifest lists history\.details\.more, its arrays do not"
    ):
        checkpoints.restore(saved, game)


def test_another_version_is_named(saved, game, monkeypatch):
    with monkeypatch.context() as other:
        other.setattr(_manifest, "VERSION", 99)
        checkpoints.save(saved, training.init(game, jax.random.key(0)))
    with pytest.raises(
        CheckpointError, match=r"'gantheory checkpoint', version 99, and gantheory .* version 1"
    ):
        checkpoints.restore(saved, game)


def test_a_save_of_another_game_is_named_with_the_first_array_that_differs(saved, trained):
    name = r"generator\.params\.layers\.0\.bias"
    with pytest.raises(CheckpointError, match=rf"{name} is float32\[4\] in the save and float32\[6\] here"):
        checkpoints.restore(saved, gan(wider))
    with pytest.raises(
        CheckpointError, match=r"generator\.params is missing in the save and float32\[\] here"
    ):
        checkpoints.restore(saved, games.dirac_gan())
    state = trained[0]
    with pytest.raises(CheckpointError, match=r"step is int32\[\] in the save and int16\[\] here\."):
        checkpoints.restore(saved, state._replace(step=state.step.astype(jnp.int16)))
    with pytest.raises(
        CheckpointError, match=r"average\.layers\.0\.bias is float32\[4\] in the save and missing"
    ):
        checkpoints.restore(saved, state._replace(average=()))


def test_wrong_arguments(tmp_path, trained):
    save, restore = inspect.unwrap(checkpoints.save), inspect.unwrap(checkpoints.restore)
    state = trained[0]
    with pytest.raises(TypeError, match=r"^state must be a training\.State, got 3\.$"):
        save(tmp_path, 3)
    calls = (lambda x: save(x, state), inspect.unwrap(checkpoints.latest), lambda x: restore(x, state))
    for call in calls:
        for folder, error in ((3, TypeError), (None, TypeError), ("", ValueError)):
            with pytest.raises(error, match=rf"^folder must be the path of a folder, got {folder!r}\.$"):
                call(folder)
    with pytest.raises(TypeError, match=r"^history must be a training\.History, or None, got 3\.$"):
        save(tmp_path, state, history=3)
    with pytest.raises(TypeError, match=r"^metadata must be a dictionary"):
        save(tmp_path, state, metadata=3)
    with pytest.raises(ValueError, match=r"^keep must be a whole number of at least 1, got 0\.$"):
        save(tmp_path, state, keep=0)
    with pytest.raises(TypeError, match=r"^like must be a games\.Game or a training\.State, got 3\.$"):
        restore(tmp_path, 3)
    with pytest.raises(CheckpointError, match=r"holds no save\.$"):
        restore(tmp_path, state)
    twice = games.Player({"a.b": jnp.ones(()), "a": {"b": jnp.zeros(())}})
    with pytest.raises(ValueError, match="two arrays of one name"):
        save(tmp_path, state._replace(generator=twice))
    assert list(tmp_path.iterdir()) == []


# A disk that takes no more -----------------------------------------------------------------------------------------


def fails_with(error):
    def fail(*args, **kwargs):
        raise error

    return fail


FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
# As orbax and tensorstore tell of it.
WRAPPED = ValueError("RESOURCE_EXHAUSTED: Error writing [os_error_code='28']\nmore")


@pytest.mark.parametrize(
    "where, what, error",
    [
        (Path, "mkdir", OSError(errno.EROFS, os.strerror(errno.EROFS))),
        (_arrays, "_reserve", FULL),
        (_manifest, "write", FULL),
        (os, "fsync", FULL),
        (Path, "rename", FULL),
        ("orbax.checkpoint.Checkpointer", "save", WRAPPED),
    ],
)
def test_a_disk_that_takes_no_more_is_one_warning(saved, trained, monkeypatch, where, what, error):
    before, save = files(saved), inspect.unwrap(checkpoints.save)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(2):
            with monkeypatch.context() as full:
                target = [f"{where}.{what}"] if isinstance(where, str) else [where, what]
                full.setattr(*target, fails_with(error))
                assert not save(saved, trained[0])
                assert not save(saved, trained[0])
            assert files(saved) == before and len(list(saved.iterdir())) == 2
            assert save(saved, trained[0])  # and then there is room again
            before = files(saved)
    assert [w.category for w in caught] == [CheckpointWarning] * 2
    why = "Read-only file system" if what == "mkdir" else "No space left on device"
    text = f"Could not save to {saved}: {why}. The training goes on; the next save will be tried."
    assert str(caught[0].message) == text and caught[0].filename == __file__


def test_a_file_in_the_place_of_the_folder_is_a_warning(tmp_path, trained):
    (tmp_path / "runs").write_text("not a folder")
    with pytest.warns(CheckpointWarning, match="Could not save to .*runs"):
        assert not checkpoints.save(tmp_path / "runs", trained[0])
    assert checkpoints.latest(tmp_path / "runs") is None


@pytest.mark.skipif(os.name != "posix", reason="limits of processes are POSIX's")
def test_a_real_limit_on_the_size_of_files_is_a_warning_without_a_word_from_orbax(
    saved, game, trained, capfd
):
    big = trained[0]._replace(average=jnp.zeros(300_000))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
    try:
        with pytest.warns(CheckpointWarning, match="File too large"):
            assert not checkpoints.save(saved, big)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert capfd.readouterr().err == ""
    assert len(list(saved.iterdir())) == 2
    assert int(checkpoints.restore(saved, game).state.step) == 11


# Killed, and many processes ----------------------------------------------------------------------------------------


def test_what_a_killed_save_left_is_ignored_and_cleared_away(saved, game, trained):
    (left := saved / ".partial-abc").mkdir()
    (left / "manifest.json").write_text("{")
    assert checkpoints.latest(saved).step == 11
    assert int(checkpoints.restore(saved, game).state.step) == 11
    assert left.exists()
    assert checkpoints.save(saved, trained[0])
    assert not left.exists() and len(list(saved.iterdir())) == 2


def test_a_save_gets_its_name_after_all_of_it_has_reached_the_disk(tmp_path, trained, monkeypatch):
    flushed, named = [], []
    fsync, rename = os.fsync, Path.rename

    def record_fsync(descriptor):
        flushed.append(os.fstat(descriptor).st_ino)
        fsync(descriptor)

    def record_rename(path, target):
        if Path(target).parent == tmp_path:
            named.append({p.stat().st_ino for p in (path, *path.rglob("*"))} - set(flushed))
            assert (path / "manifest.json").exists()
            flushed.clear()
        return rename(path, target)

    monkeypatch.setattr(os, "fsync", record_fsync)
    monkeypatch.setattr(Path, "rename", record_rename)
    assert checkpoints.save(tmp_path, trained[0])
    assert named == [set()]  # nothing in it was not flushed before
    assert tmp_path.stat().st_ino in flushed  # and its name was, after


# A process that forks savers and kills them: what is imported once need not be imported for each. A saver goes on from
# the newest save, checks it, and tells of every save that has returned.
KILLER = """
import os, random, signal, sys, time, warnings
import jax, numpy as np, orbax.checkpoint
from gantheory import checkpoints
from gantheory.games import Player
from gantheory.training import State

folder, kills = sys.argv[1], int(sys.argv[2])
warnings.filterwarnings("ignore", message=".*fork")

def make(step):
    arrays = {name: np.full(500, step, np.float32) for name in "abcdef"}
    return State(Player(arrays), Player(arrays), (), (), arrays, np.int32(step), jax.random.key(step))

def saver(told, once):
    step = 0
    if checkpoints.latest(folder):
        restored = checkpoints.restore(folder, make(0))
        step = int(restored.state.step)
        for found, expected in zip(jax.tree.leaves(restored.state), jax.tree.leaves(make(step)), strict=True):
            assert (found == expected).all()
        assert restored.metadata == {"step": step}
    tell = lambda: os.write(told, f"{step}\\n".encode())
    tell()
    while not once:
        step += 1
        assert checkpoints.save(folder, make(step), metadata={"step": step})
        tell()

steps, rng = [0], random.Random(0)
for round in range(kills + 1):
    heard, told = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            saver(told, round == kills)
        except BaseException as error:
            os.write(2, repr(error).encode())
            os._exit(1)
        os._exit(0)
    os.close(told)
    with os.fdopen(heard) as lines:
        first = int(lines.readline())
        assert first >= steps[-1], "an acknowledged save was lost"
        if round < kills:
            lines.readline()
            time.sleep(rng.uniform(0, 0.3))
            os.kill(child, signal.SIGKILL)
        steps += [first, *map(int, lines)]
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == (-9 if round < kills else 0)
print(steps[-1])
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and kill -9")
def test_after_kill_9_at_any_moment_the_newest_complete_save_is_there(tmp_path):
    command = [sys.executable, "-c", KILLER, str(tmp_path), "8"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 8


MEMBER = """
import sys
import jax, jax.numpy as jnp, numpy as np
from jax.experimental.multihost_utils import sync_global_devices
folder, address, process = sys.argv[1], sys.argv[2], int(sys.argv[3])
jax.distributed.initialize(address, 2, process)
from gantheory import checkpoints
from gantheory.games import Player
from gantheory.training import State

mesh = jax.make_mesh((2,), ("batch",))
whole = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec())
split = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec("batch"))

def make():
    x = jnp.arange(6.0)
    return State(Player({"w": x}), Player(x), (), (), {"w": x}, jnp.int32(3), jax.random.key(7))

state = jax.jit(make, out_shardings=whole)()
for _ in range(2):  # twice: orbax counts its barriers
    assert checkpoints.save(folder, state)
    sync_global_devices("saved")
    restored = checkpoints.restore(folder, state).state
    assert restored.generator.params["w"].is_fully_addressable
    np.testing.assert_array_equal(restored.generator.params["w"], np.arange(6.0))
    assert (jax.random.key_data(restored.key) == jax.random.key_data(jax.random.key(7))).all()
    sync_global_devices("restored")
    # One of them alone may look as well, without the other.
    if process == 1:
        assert checkpoints.restore(folder, state).state.step == 3
spread = state._replace(average=jax.jit(lambda: {"w": jnp.arange(6.0)}, out_shardings=split)())
try:
    checkpoints.save(folder, spread)
except ValueError as error:
    assert "average.w" in str(error), error
else:
    raise AssertionError("a state in pieces was saved")
print("done", process)
"""


def test_in_a_cluster_the_first_process_writes_and_nobody_waits_for_ever(tmp_path):
    with socket.socket() as free:
        free.bind(("localhost", 0))
        address = f"localhost:{free.getsockname()[1]}"
    environment = {**os.environ, "JAX_PLATFORMS": "cpu", "XLA_FLAGS": ""}
    members = [
        subprocess.Popen(
            [sys.executable, "-c", MEMBER, str(tmp_path), address, str(process)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )
        for process in range(2)
    ]
    try:
        for process, member in enumerate(members):
            out, err = member.communicate(timeout=150)
            assert member.returncode == 0 and f"done {process}" in out, err
    finally:
        for member in members:
            member.kill()
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["000001-step-3", "000002-step-3"]
