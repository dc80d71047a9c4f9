"""What `import gantheory` and its parts cost beyond jax, flax and optax.

    uv run python benchmarks/import_time.py

Fresh processes in turn, round after round; printed are medians of the differences within a round.
"""

import argparse
import statistics
import subprocess
import sys
import time

PEERS = "import jax, flax, optax, flax.nnx"
CASES = {
    "import gantheory": "import gantheory",
    "the mathematics and the game": (
        "from gantheory import distributions, divergences, transport, losses, lipschitz, networks, games, training, "
        "dynamics, metrics, recipes"
    ),
}


def seconds(code: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    differences: dict[str, list[float]] = {name: [] for name in CASES}
    floors = []
    for turn in range(rounds + 1):
        floor = seconds(PEERS)
        more = {name: seconds(f"{PEERS}\n{code}") - floor for name, code in CASES.items()}
        if turn:  # the first round fills the file cache
            floors.append(floor)
            for name, difference in more.items():
                differences[name].append(difference)
    print(f"jax, flax, optax: {statistics.median(floors):.2f} s")
    for name, values in differences.items():
        print(f"{name}: {statistics.median(values):+.3f} s")


if __name__ == "__main__":
    main()
