"""What `import gantheory` and its parts cost beyond jax, flax and optax.

    uv run python benchmarks/import_time.py

Fresh processes in turn, round after round; medians of the differences within a round. Stored in benchmarks/results.
"""

import argparse
import subprocess
import sys
import time
from pathlib import Path

import report

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
    parser.add_argument("--output", type=Path, default=report.RESULTS / "import_time.json")
    arguments = parser.parse_args()
    differences: dict[str, list[float]] = {name: [] for name in CASES}
    floors = []
    for turn in range(arguments.rounds + 1):
        floor = seconds(PEERS)
        more = {name: seconds(f"{PEERS}\n{code}") - floor for name, code in CASES.items()}
        if turn:  # the first round fills the file cache
            floors.append(floor)
            for name, difference in more.items():
                differences[name].append(difference)
    measured = {
        "seconds_of_jax_flax_optax": report.spread(floors),
        "seconds_beyond": {name: report.spread(values) for name, values in differences.items()},
    }
    print(f"jax, flax, optax: {measured['seconds_of_jax_flax_optax']['median']:.2f} s")
    for name, seconds_beyond in measured["seconds_beyond"].items():
        print(f"{name}: {seconds_beyond['median']:+.3f} s")
    report.store(
        arguments.output,
        command="python benchmarks/import_time.py",
        packages=("jax", "jaxlib", "flax", "optax"),
        rounds=arguments.rounds,
        **measured,
    )


if __name__ == "__main__":
    main()
