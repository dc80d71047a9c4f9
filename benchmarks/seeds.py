"""Eight seeds side by side (`training.train_many`) against eight trainings in turn, on a 2-D GAN.

    uv run python benchmarks/seeds.py

Both take the same steps of the same seeds. They run in turn, round after round; what counts are the medians of the
ratios of throughput (steps times seeds a second) within a round. Stored in benchmarks/results.
"""

import argparse
import sys
import time
from pathlib import Path

import jax
import report

from gantheory import games, training
from gantheory.distributions import Gaussian, ring
from gantheory.networks import MLP

SEEDS = 8
CASES = {(16, 150): 1.4, (128, 256): 1.0}  # (width, batch size): least ratio aimed at
SECONDS = 1.5


def run_case(width: int, batch: int, rounds: int) -> dict:
    game = games.gan(
        lambda rngs: MLP(2, 2, width=width, rngs=rngs),
        lambda rngs: MLP(2, 1, width=width, rngs=rngs),
        "non_saturating",
        prior=Gaussian([0.0, 0.0], [1.0, 1.0]),
        target=ring(8, 1.0, 0.1),
        batch_size=batch,
    )
    keys = jax.random.split(jax.random.key(0), SEEDS)
    together, single = training.init_many(game, keys), [training.init(game, key) for key in keys]

    def side_by_side(steps: int) -> float:
        started = time.perf_counter()
        _, history = training.train_many(game, together, steps)
        jax.block_until_ready(history.value)
        return SEEDS * steps / (time.perf_counter() - started)

    def in_turn(steps: int) -> float:
        started = time.perf_counter()
        for state in single:
            _, history = training.train(game, state, steps)
            jax.block_until_ready(history.value)
        return SEEDS * steps / (time.perf_counter() - started)

    side_by_side(20), in_turn(20)  # compiles
    steps = max(50, round(SECONDS * in_turn(200) / SEEDS))
    rates: dict[str, list[float]] = {"side_by_side": [], "in_turn": []}
    for _ in range(rounds):
        rates["side_by_side"].append(side_by_side(steps))
        rates["in_turn"].append(in_turn(steps))
    ratio = report.spread(report.ratios(rates["side_by_side"], rates["in_turn"]))
    print(
        report.verdict(
            f"width {width}, batch {batch}, side by side / in turn",
            ratio["median"],
            at_least=CASES[width, batch],
        )
    )
    return {
        "width": width,
        "batch_size": batch,
        "seeds": SEEDS,
        "steps": steps,
        "seed_steps_per_second": {name: report.spread(values) for name, values in rates.items()},
        "side_by_side_relative_to_in_turn": ratio,
        "aim": CASES[width, batch],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--output", type=Path, default=report.RESULTS / "seeds.json")
    arguments = parser.parse_args()
    cases = [run_case(*case, arguments.rounds) for case in CASES]
    report.store(
        arguments.output,
        command=f"python benchmarks/seeds.py --rounds {arguments.rounds}",
        packages=("jax", "jaxlib", "flax", "optax", "numpy"),
        rounds=arguments.rounds,
        cases=cases,
    )


if __name__ == "__main__":
    sys.exit(main())
