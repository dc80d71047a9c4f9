"""How far the maps of CycleGAN are from the true one, on the toy of notebook 11: eight seeds, with and without help.

    uv run python benchmarks/cycle_toy.py

Two rings of six modes; the true map stretches the one into the other, or does so after a half-turn. The error is the
root mean square of F(a) - T(a) in % of the spread of B; the cycle error that of G(F(a)) - a in % of the spread of A.
"""

import argparse
import sys
import time
from pathlib import Path

import report

from gantheory.explorables import cyclegan

FULL, AIM = 800, 5.0  # steps of each case, and the error in % that the cases with help should stay under
# Phases of steps, each with what differs from the plain game of adversarial and cycle terms, and the truth.
CASES = {
    "cycle term alone": ([(FULL, {"adversarial": False})], "stretch"),
    "adversarial and cycle terms": ([(FULL, {})], "stretch"),
    "identity term for the first 300 steps": ([(300, {"identity": 0.5}), (FULL - 300, {})], "stretch"),
    "identity term all the time": ([(FULL, {"identity": 0.5})], "stretch"),
    "one pair": ([(FULL, {"pairs": 1})], "stretch"),
    "two pairs": ([(FULL, {"pairs": 2})], "stretch"),
    "half-turn, identity term for the first 300 steps": (
        [(300, {"identity": 0.5}), (FULL - 300, {})],
        "half-turn",
    ),
    "half-turn, two pairs": ([(FULL, {"pairs": 2, "truth": "half-turn"})], "half-turn"),
}
HELPED = ("identity term for the first 300 steps", "two pairs", "half-turn, two pairs")


def run_case(phases: list, truth: str, seed: int) -> dict:
    started = time.perf_counter()
    maps = cyclegan.train_maps(*phases, seed=seed)[-1]
    error = maps.error if truth == "stretch" else maps.error_half_turn
    return {
        "truth": truth,
        "phases": phases,
        "error_percent": [round(float(x), 2) for x in error],
        "cycle_error_percent": [round(float(x), 2) for x in maps.cycle],
        "sliced_w1": [round(float(x), 4) for x in maps.distance],
        "maps": [cyclegan.name_of(row, truth) for row in maps.goes_to],
        "seconds": round(time.perf_counter() - started, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0, help="of the eight seeds' random numbers")
    parser.add_argument("--output", type=Path, default=report.RESULTS / "cycle_toy.json")
    arguments = parser.parse_args()
    cases = {}
    for name, (phases, truth) in CASES.items():
        case = cases[name] = run_case(phases, truth, arguments.seed)
        errors = ", ".join(f"{error:.1f}" for error in case["error_percent"])
        print(f"{name}: errors {errors} %; {', '.join(case['maps'])}", flush=True)
    print()
    for name in HELPED:
        print(report.verdict(f"{name}, greatest error, %", max(cases[name]["error_percent"]), at_most=AIM))
    report.store(
        arguments.output,
        command=f"python benchmarks/cycle_toy.py --seed {arguments.seed}",
        packages=("jax", "jaxlib", "flax", "optax", "numpy"),
        seeds=cyclegan.NUM_SEEDS,
        aim_percent=AIM,
        cases=cases,
    )


if __name__ == "__main__":
    sys.exit(main())
