"""The guest of a benchmark: a worker in PyTorch, a process of its own; and how it and we run in turn."""

import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

Measure = Callable[[int], float]  # a number of steps to the seconds that they take


class Torch:
    """A script beside this file that answers each line "NAME NUMBER... STEPS THREADS" with the seconds it took.

    It sleeps while the others run.
    """

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
