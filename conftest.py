"""What holds for every test: annotations are checked, ranks never broadcast silently, notebooks are quiet."""

import math
import os
import sys
import tempfile

import beartype
import jax
import pytest
from beartype import BeartypeConf, FrozenDict
from jaxtyping import install_import_hook


class _AnyValue(type):
    def __instancecheck__(cls, instance):
        return True


class Unchecked(metaclass=_AnyValue):
    """Stands for int, float and str: the package checks them itself, and its sentences are part of what is tested."""


typechecker = beartype.beartype(
    conf=BeartypeConf(hint_overrides=FrozenDict({int: Unchecked, float: Unchecked, str: Unchecked}))
)

# Before anything of the package is imported: every annotation of an array is then checked, shapes included.
install_import_hook("gantheory", "conftest.typechecker")

jax.config.update("jax_numpy_rank_promotion", "raise")


# Two processes may open the same entry, one to write it and one to read it: the reader then compiles for itself.
HALF_WRITTEN = "ignore:Error reading persistent compilation cache entry"


def pytest_configure(config):
    """Let all processes of a run share what they compile: the workers, the notebooks' kernels, the commands."""
    config.addinivalue_line("filterwarnings", HALF_WRITTEN)
    if hasattr(config, "workerinput") or "JAX_COMPILATION_CACHE_DIR" in os.environ:
        return
    folder = tempfile.TemporaryDirectory(prefix="compiled-", ignore_cleanup_errors=True)
    config.add_cleanup(folder.cleanup)
    shared = pytest.MonkeyPatch()
    config.add_cleanup(shared.undo)
    for name, value in (
        ("jax_compilation_cache_dir", folder.name),
        ("jax_persistent_cache_min_compile_time_secs", 0.0),
    ):
        jax.config.update(name, value)
        shared.setenv(name.upper(), str(value))
    shared.setenv("PYTHONWARNINGS", HALF_WRITTEN)


@pytest.fixture
def x64():
    """Run the test in float64."""
    with jax.enable_x64(True):
        yield


# Every compiled function holds a few mappings of memory. Linux ends a process that has more than 65,530; the hungriest
# file of tests takes about 8,000.
MOST_MAPPINGS = 30_000


def mappings() -> float:
    """Count this process's mappings of memory; infinite where nobody tells."""
    try:
        with open("/proc/self/maps", "rb") as maps:
            return sum(1 for _ in maps)
    except OSError:
        return math.inf


@pytest.fixture(scope="module", autouse=True)
def forget_compilations():
    """Free what the files so far compiled before it becomes too much; until then the next file may use it."""
    yield
    latest = sys.modules.get("gantheory.live.latest")
    if latest is not None:
        # What a figure still works out would be compiled in the middle of another file's tests.
        latest.settle_all(60)
    if mappings() > MOST_MAPPINGS:
        jax.clear_caches()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """Fail a notebook's cell that wrote to stderr: a learner would see a warning that is none of their business."""
    result = yield
    outputs = getattr(item, "test_outputs", None) or []
    words = "".join(out.get("text", "") for out in outputs if out.get("name") == "stderr")
    if words:
        pytest.fail(f"{item.name} wrote to stderr:\n{words}", pytrace=False)
    return result
