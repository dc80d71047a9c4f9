"""The guest of a benchmark: a worker in PyTorch, a process of its own; our trainer; and how it and we run in turn."""

import argparse
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import jax
import report

from gantheory import games, training

Measure = Callable[[int], float]  # a number of steps to the seconds that they take


class Torch:
    """A `torch_worker`, by the script beside this file that starts it; it sleeps while the others run."""

    def __init__(self, python: str, script: str):
        self._process = subprocess.Popen(
            [python, str(Path(__file__).parent / script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.version, threads = self._process.stdout.readline().split()
        self.threads = int(threads)

    def measure(self, *words: object) -> float:
        print(*words, file=self._process.stdin, flush=True)
        return float(self._process.stdout.readline())

    def best(self, *words: object, steps: int) -> tuple[Measure, int]:
        """Return what measures a case with the number of threads that suits it best, and that number."""
        # On small networks one thread can be faster than all.
        tried = {
            count: min(self.measure(*words, steps, count) for _ in range(4)) for count in {1, self.threads}
        }
        threads = min(tried, key=tried.get)
        return lambda steps: self.measure(*words, steps, threads), threads

    def close(self) -> None:
        self._process.stdin.close()
        self._process.wait()


def trainer(game: games.Game, settings: training.Settings) -> Measure:
    """Our trainer on a game, through its public door: seconds for so many steps more."""
    state = training.init(game, jax.random.key(0))

    def measure(steps: int) -> float:
        nonlocal state
        started = time.perf_counter()
        state, history = training.train(game, state, steps, settings)
        jax.block_until_ready(history.value)
        assert history.stopped is None
        return time.perf_counter() - started

    return measure


def in_turn(
    measures: Mapping[str, Measure], rounds: int, seconds: float, least: int
) -> dict[str, list[float]]:
    """Measure one after another, round after round, each for so many seconds: steps per second, round by round."""
    steps = {}
    for name, measure in measures.items():
        measure(least)  # compiles, and warms up
        steps[name] = max(least, round(5 * least * seconds / measure(5 * least)))
    rates = {name: [] for name in measures}
    for _ in range(rounds):
        for name, measure in measures.items():
            rates[name].append(steps[name] / measure(steps[name]))
    return rates


def compare(
    description: str,
    name: str,
    cases: Sequence[tuple],
    run_case: Callable[..., dict[str, Any]],
    title: Callable[[dict[str, Any]], str],
    seconds: float = 3.0,
) -> None:
    """Run a benchmark beside PyTorch from its command line: measure the cases, print a table and the aims, store all.

    Args:
        description: what --help says.
        name: of the benchmark's script; its guest is the script NAME_torch.
        cases: what tells them apart.
        run_case: takes a case's words, the guest (or None) and the command's arguments; returns "steps_per_second" and
            "trainer_relative_to" by name, and "aims" as (of what, at least).
        title: what the table calls a case, from what `run_case` returned.
        seconds: of each measurement.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument(
        "--torch-python", help="the Python of an environment with PyTorch; left out without it"
    )
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=seconds, help="of each measurement")
    parser.add_argument("--output", type=Path, default=report.RESULTS / f"{name}.json")
    arguments = parser.parse_args()

    torch, versions = None, {}
    if arguments.torch_python is None:
        print("PyTorch is left out: name the Python of an environment that has it with --torch-python.")
    else:
        torch = Torch(arguments.torch_python, f"{name}_torch.py")
        versions["torch"] = torch.version
    measured = [run_case(*case, torch, arguments) for case in cases]
    if torch is not None:
        torch.close()

    print(f"{'':40}{'trainer':>12}{'PyTorch':>12}{'products':>12}   trainer relative to")
    print(f"{'':40}{'steps/s':>12}{'steps/s':>12}{'steps/s':>12}{'PyTorch':>12}{'products':>12}")
    for case in measured:
        rates, ratios = case["steps_per_second"], case["trainer_relative_to"]
        row = [f"{rates[of]:.4g}" if of in rates else "-" for of in ("trainer", "torch", "products")]
        row += [f"{ratios[of]['median']:.2f}" if of in ratios else "-" for of in ("torch", "products")]
        print(f"{title(case):40}" + "".join(f"{cell:>12}" for cell in row))
        for of, aim in case["aims"]:
            if of in ratios:
                print("    " + report.verdict(f"times {of}", ratios[of]["median"], at_least=aim))
    report.store(
        arguments.output,
        command=f"python benchmarks/{name}.py --torch-python PYTHON --rounds {arguments.rounds}",
        packages=("jax", "jaxlib", "flax", "optax", "numpy"),
        versions=versions,
        rounds=arguments.rounds,
        cases=measured,
    )


def relative(rates: Mapping[str, list[float]]) -> dict[str, dict[str, float]]:
    """Divide the trainer's rates by everybody else's, round by round."""
    return {
        name: report.spread(report.ratios(rates["trainer"], rates[name]))
        for name in rates
        if name != "trainer"
    }
