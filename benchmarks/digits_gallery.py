"""Digits for the gallery of notebook 09: each method for images, one seed, 10,000 steps.

    uv run python benchmarks/digits_gallery.py

The rows are those of `fashion_table.py`: images of the averaged generator against the 355 held-out digits, in the
features of `classifiers.load("digits")`, and 64 of them as a picture. Stored in gantheory/results.
"""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import fashion_table
import images
import jax
import report

from gantheory import classifiers, datasets, recipes, training

DATA = "digits"
NUM_STEPS, NUM_IMAGES = 10_000, 1000
STORED = report.ROOT / "gantheory" / "results" / "digits.json"


def measure(method: str, seed: int, num_steps: int, pictures: Path) -> dict[str, Any]:
    """Train one method, and score and draw what it generates."""
    recipe, real = recipes.METHODS_IMAGES[method], datasets.load(DATA, "test")
    classifier, cpu = classifiers.load(DATA), time.process_time()
    game, settings = recipes.make_game(recipe, datasets.load(DATA)), recipes.make_settings(recipe)
    first = training.init(game, jax.random.key(seed))
    state, spent, stopped = images.train_for(
        game, first, settings, seconds=float("inf"), most_steps=num_steps
    )
    cpu = time.process_time() - cpu
    key = jax.random.key(seed + 1000)
    fake, untrained = (images.generate(game, reached, key, NUM_IMAGES) for reached in (state, first))
    picture = pictures / f"{DATA}-{method}-{seed}.png"
    images.save_grid(picture, fake[:64])
    return {
        "method": method,
        "title": recipe.title,
        "seed": seed,
        "budget": {"minutes": None, "steps": num_steps},
        "recipe": fashion_table.as_json(recipe),
        "steps": int(state.step),
        "seconds": round(spent, 1),
        "cpu_seconds": round(cpu, 1),
        "stopped": stopped,
        **images.scores(classifier, real, fake),
        "untrained_frechet_distance": images.scores(classifier, real, untrained)["frechet_distance"],
        "picture": picture.name,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--methods", nargs="+", choices=recipes.METHODS_IMAGES, default=fashion_table.METHODS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=NUM_STEPS)
    parser.add_argument("--output", type=Path, default=STORED, help="pictures are put beside it")
    arguments = parser.parse_args()
    classifier = classifiers.load(DATA)
    options = [("--seed", arguments.seed, 0), ("--steps", arguments.steps, NUM_STEPS)]
    words = [f"{name} {value}" for name, value, usual in options if value != usual]
    rows = json.loads(arguments.output.read_text())["rows"] if arguments.output.is_file() else []
    for method in arguments.methods:
        row = measure(method, arguments.seed, arguments.steps, arguments.output.parent)
        rows = [old for old in rows if (old["method"], old["seed"]) != (method, arguments.seed)] + [row]
        rows.sort(key=lambda row: (list(recipes.METHODS_IMAGES).index(row["method"]), row["seed"]))
        print(f"{method}: {row['seconds']} s, Fréchet distance {row['frechet_distance']}", flush=True)
        report.store(
            arguments.output,
            command=" ".join(["python benchmarks/digits_gallery.py", *words]),
            packages=("jax", "jaxlib", "flax", "optax", "numpy"),
            classifier=repr(classifier),
            real_train_against_test=images.references(DATA, classifier, NUM_IMAGES),
            rows=rows,
        )


if __name__ == "__main__":
    sys.exit(main())
