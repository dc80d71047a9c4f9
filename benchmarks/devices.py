"""Throughput of the trainer on two simulated devices beside one, at the same total work on the same cores.

    uv run python benchmarks/devices.py

Two processes train the same games with the same global batch: one on a single device that has all cores, one on two
devices that share them (`training.replicate`). So nothing can be gained; what is measured is what the division of a
batch and the sums over devices cost. They run in turn, round after round; what counts are the medians of the ratios
within a round. Stored in benchmarks/results.

Each of the two devices has a core: XLA's threads within an operation, which would let each take both, are off there.
Each step has two sums over the devices, at which they wait for each other: on cores shared with everything else that is
some tenths of a millisecond each, much beside a step of the toy and little beside one of images.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import guest
import jax
import numpy as np
import report

from gantheory import games, training
from gantheory.datasets import Dataset
from gantheory.distributions import Gaussian, ring
from gantheory.networks import MLP, DCGANDiscriminator, DCGANGenerator

TITLES = {
    "toy": "2-D GAN, width 128, batch 256",
    "images_32": "DCGAN 28 x 28, width 32, batch 64",
    "images_64": "DCGAN 28 x 28, width 64, batch 64",
}
AIM = 0.85
SECONDS = 3.0  # of each measurement


def make(case: str) -> games.Game:
    if case == "toy":
        return games.gan(
            lambda rngs: MLP(2, 2, width=128, rngs=rngs),
            lambda rngs: MLP(2, 1, width=128, rngs=rngs),
            "non_saturating",
            prior=Gaussian([0.0, 0.0], [1.0, 1.0]),
            target=ring(8, 1.0, 0.1),
            batch_size=256,
        )
    width = int(case.removeprefix("images_"))
    pixels = np.random.default_rng(0).integers(0, 256, size=(10_000, 28, 28, 1))
    return games.gan(
        lambda rngs: DCGANGenerator(64, (28, 28, 1), width=width, rngs=rngs),
        lambda rngs: DCGANDiscriminator((28, 28, 1), width=width, rngs=rngs),
        "non_saturating",
        prior=Gaussian(np.zeros(64), 1.0),
        target=Dataset(pixels, np.zeros(10_000, int), ["noise"]),
        batch_size=64,
    )


def work() -> None:
    """Answer each line "CASE STEPS" on stdin with the seconds that so many steps more took."""
    games_, states = {}, {}
    print(jax.device_count(), flush=True)
    for line in sys.stdin:
        case, steps = line.split()
        if case not in states:
            games_[case] = make(case)
            state = training.init(games_[case], jax.random.key(0))
            states[case] = training.replicate(state) if jax.device_count() > 1 else state
        started = time.perf_counter()
        states[case], history = training.train(games_[case], states[case], int(steps))
        jax.block_until_ready(history.value)
        assert history.stopped is None
        print(time.perf_counter() - started, flush=True)


class Worker:
    """This script again, as a process of its own with so many devices; it sleeps while the other runs."""

    def __init__(self, devices: int):
        threads = "true" if devices == 1 else "false"
        flags = f"--xla_force_host_platform_device_count={devices} --xla_cpu_multi_thread_eigen={threads}"
        self._process = subprocess.Popen(
            [sys.executable, __file__, "--work"],
            env={**os.environ, "XLA_FLAGS": flags},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert int(self._process.stdout.readline()) == devices

    def measure(self, case: str, steps: int) -> float:
        print(case, steps, file=self._process.stdin, flush=True)
        return float(self._process.stdout.readline())

    def close(self) -> None:
        self._process.stdin.close()
        self._process.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of each measurement")
    parser.add_argument("--output", type=Path, default=report.RESULTS / "devices.json")
    arguments = parser.parse_args()
    if arguments.work:
        return work()

    workers = {str(devices): Worker(devices) for devices in (1, 2)}
    cases = []
    for case in TITLES:
        measures = {
            name: lambda steps, worker=worker, case=case: worker.measure(case, steps)
            for name, worker in workers.items()
        }
        rates = guest.in_turn(measures, arguments.rounds, arguments.seconds, least=10)
        ratio = report.spread(report.ratios(rates["2"], rates["1"]))
        print(report.verdict(f"{TITLES[case]}: two devices / one", ratio["median"], at_least=AIM), flush=True)
        medians = {name: statistics.median(values) for name, values in rates.items()}
        cases.append({"game": case, "steps_per_second": medians, "two_relative_to_one": ratio, "aim": AIM})
    for worker in workers.values():
        worker.close()
    report.store(
        arguments.output,
        command=f"python benchmarks/devices.py --rounds {arguments.rounds}",
        packages=("jax", "jaxlib", "flax", "optax", "numpy"),
        rounds=arguments.rounds,
        cases=cases,
    )


if __name__ == "__main__":
    sys.exit(main())
