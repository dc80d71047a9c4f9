"""Digits in 60 seconds: what a method for images reaches, counted from the first line of the training.

    uv run python benchmarks/digits_60s.py

The methods of `recipes.METHODS_IMAGES` on `datasets.load("digits")`, without labels, 60 s of wall-clock time each,
compiling included. 1,000 images of the averaged generator, and as many of the untrained one, are compared with the 355
held-out digits in the features of `classifiers.load("digits")`. Stored in benchmarks/results.
"""

import argparse
import sys
import time
from pathlib import Path

import images
import jax
import report

from gantheory import classifiers, datasets, recipes, training

NUM_IMAGES = 1000
SHARE = 0.25  # of the untrained generator's distance, to be reached
BEST = recipes.BEST_IMAGES


def run(method: str, seed: int, seconds: float) -> dict:
    recipe, real = recipes.METHODS_IMAGES[method], datasets.load("digits", "test")
    classifier = classifiers.load("digits")
    started, cpu = time.perf_counter(), time.process_time()
    game, settings = recipes.make_game(recipe, datasets.load("digits")), recipes.make_settings(recipe)
    first = training.init(game, jax.random.key(seed))
    begun = time.perf_counter() - started
    state, spent, stopped = images.train_for(game, first, settings, seconds=seconds, spent=begun)
    cpu = time.process_time() - cpu
    key = jax.random.key(seed + 1000)
    before, after = (
        images.scores(classifier, real, images.generate(game, reached, key, NUM_IMAGES))
        for reached in (first, state)
    )
    return {
        "method": method,
        "seed": seed,
        "seconds": round(spent, 1),
        "cpu_seconds": round(cpu, 1),
        "steps": int(state.step),
        "stopped": stopped,
        "untrained_frechet_distance": before["frechet_distance"],
        "share_of_untrained": round(after["frechet_distance"] / before["frechet_distance"], 4),
        "classes_present": sum(share > 0 for share in after["class_balance"]),
        **after,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--methods", nargs="+", choices=recipes.METHODS_IMAGES, default=[BEST])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--output", type=Path, default=report.RESULTS / "digits_60s.json")
    arguments = parser.parse_args()
    classifier = classifiers.load("digits")
    rows = []
    for method in arguments.methods:
        for seed in range(arguments.seeds):
            jax.clear_caches()  # each training compiles, as the first one of a learner does
            rows.append(row := run(method, seed, arguments.seconds))
            print(
                f"{method}, seed {seed}: {row['steps']} steps in {row['seconds']:.0f} s; Fréchet distance "
                f"{row['frechet_distance']:.4f}, untrained {row['untrained_frechet_distance']:.4f}; precision "
                f"{row['precision']:.2f}, recall {row['recall']:.2f}; {row['classes_present']} classes, the rarest "
                f"{min(row['class_balance']):.1%} {row['stopped'] or ''}",
                flush=True,
            )
        own = [row for row in rows if row["method"] == method]
        worst, fewest = (
            max(row["share_of_untrained"] for row in own),
            min(row["classes_present"] for row in own),
        )
        print(report.verdict(f"{method}, share of the untrained distance, worst seed", worst, at_most=SHARE))
        print(
            report.verdict(f"{method}, classes present, worst seed", fewest, at_least=classifier.num_classes)
        )
    words = "" if arguments.methods == [BEST] else f" --methods {' '.join(arguments.methods)}"
    report.store(
        arguments.output,
        command=f"python benchmarks/digits_60s.py{words}",
        packages=("jax", "jaxlib", "flax", "optax"),
        classifier=repr(classifier),
        real_train_against_test=images.references("digits", classifier, NUM_IMAGES),
        rows=rows,
    )


if __name__ == "__main__":
    sys.exit(main())
