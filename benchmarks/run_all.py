"""Seconds that every notebook takes from "Run All" to its last cell, cold: a new kernel, nothing compiled before.

    uv run python benchmarks/run_all.py

One notebook after another, each in a kernel of its own, without JAX's compilation cache. Stored in benchmarks/results.
"""

import argparse
import os
import sys
import time
from pathlib import Path

import nbformat
import report
from nbclient import NotebookClient

NOTEBOOKS = sorted((report.ROOT / "notebooks").glob("*.ipynb"))
# Seconds aimed at: for each, and for 00 to 08 together.
EACH, TOGETHER = 60.0, 360.0


def seconds(path: Path) -> float:
    client = NotebookClient(
        nbformat.read(path, as_version=4), timeout=300, resources={"metadata": {"path": str(path.parent)}}
    )
    started = time.perf_counter()
    client.execute()
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=report.RESULTS / "run_all.json")
    arguments = parser.parse_args()
    os.environ["JAX_ENABLE_COMPILATION_CACHE"] = "false"  # kernels inherit it
    taken = {}
    for path in NOTEBOOKS:
        taken[path.stem] = round(seconds(path), 1)
        print(report.verdict(f"{path.stem}, seconds", taken[path.stem], at_most=EACH), flush=True)
    together = sum(value for name, value in taken.items() if name < "09")
    print(report.verdict("00 to 08 together, seconds", together, at_most=TOGETHER))
    report.store(
        arguments.output,
        command="python benchmarks/run_all.py",
        packages=("jax", "jaxlib", "flax", "matplotlib", "ipywidgets", "nbclient"),
        seconds=taken,
        together_00_to_08=round(together, 1),
        together=round(sum(taken.values()), 1),
    )


if __name__ == "__main__":
    sys.exit(main())
