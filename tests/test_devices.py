"""A training does not depend on how many devices share it: simulated devices, and real processes of one machine."""

import contextlib
import inspect
import os
import socket
import subprocess
import sys
from pathlib import Path

import jax
import numpy as np
import pytest

from gantheory import games, training
from gantheory.distributions import Gaussian
from gantheory.networks import MLP

SCRIPT = Path(__file__).parent / "run_on_devices.py"


def start(output, devices, *cluster):
    environment = {**os.environ, "XLA_FLAGS": f"--xla_force_host_platform_device_count={devices}"}
    return subprocess.Popen(
        [sys.executable, str(SCRIPT), str(output), *map(str, cluster)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def numbers(output, *processes):
    for process in processes:
        words, _ = process.communicate(timeout=240)
        assert process.returncode == 0, words
    return np.load(output)


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """What one process of four devices finds on one of them, on two and on all."""
    output = tmp_path_factory.mktemp("alone") / "alone.npz"
    return numbers(output, start(output, 4))


@pytest.mark.parametrize("training_on", ["points on 2", "points on 4", "images on 4"])
def test_the_number_of_devices_changes_nothing(alone, training_on):
    on_one = alone[training_on[:-1] + "1"]
    np.testing.assert_allclose(alone[training_on], on_one, rtol=0, atol=1e-8)


def test_two_processes_train_as_one(alone, tmp_path):
    with contextlib.closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    outputs = [tmp_path / f"{process}.npz" for process in range(2)]
    processes = [start(output, 2, address, 2, process) for process, output in enumerate(outputs)]
    first, second = (numbers(*both) for both in zip(outputs, processes, strict=True))
    for name in ("points", "images"):
        np.testing.assert_allclose(first[f"{name} on 4"], alone[f"{name} on 1"], rtol=0, atol=1e-8)
        np.testing.assert_array_equal(first[f"{name} on 4"], second[f"{name} on 4"])


def test_what_cannot_be_replicated_is_refused():
    normal = Gaussian([0.0], [1.0])
    game = games.gan(network, network, "minimax", prior=normal, target=normal)
    with pytest.raises(TypeError, match=r"^state must be a training\.State, got 3\.$"):
        # Past the annotation, which the tests check as well.
        inspect.unwrap(training.replicate)(3)
    with pytest.raises(ValueError, match="one made by init_many"):
        training.replicate(training.init_many(game, jax.random.split(jax.random.key(0), 2)))
    with pytest.raises(ValueError, match="devices must be at least one"):
        training.replicate(training.init(game, jax.random.key(0)), [])


def network(rngs):
    return MLP(1, 1, width=8, rngs=rngs)
