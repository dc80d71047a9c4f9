"""The table of Fashion-MNIST: methods for images, three seeds of each, 20 minutes of two cores a training.

    uv run python benchmarks/fashion_table.py

Each training has the time of two cores for so many minutes, which is twice as many minutes of processor time, so that
what else the machine does takes nothing away; compiling is included. Or, with --steps, it has so many steps. 10,000
images of its averaged generator are compared with the 10,000 test images in the features of `classifiers.load`, and 64
of them become a picture. All methods of one seed come before the next seed.

The whole takes five hours (--minutes 5: an hour and a quarter), so it may be done in pieces: every finished training is
stored at once, a training that is cut short goes on from its last save (every minute or so, in the cache folder), and
what is stored for the same recipe, the same budget and the same classifier is not done again. The results go to
gantheory/results, from where notebook 09 reads them.
"""

import argparse
import dataclasses
import hashlib
import json
import shutil
import sys
import time
from pathlib import Path
from typing import Any

import images
import jax
import numpy as np
import report

from gantheory import checkpoints, classifiers, datasets, games, recipes, training

DATA = "fashion_mnist"
METHODS = ("minimax", "r1", "wgan_clipping", "wgan_gp", "sn_gan")
NUM_SEEDS, MINUTES, NUM_IMAGES = 3, 20.0, 10_000
CORES = 2
SAVE_EVERY = 60.0  # seconds of all cores
STORED = report.ROOT / "gantheory" / "results" / "fashion_mnist.json"
COLUMNS = ("frechet_distance", "precision", "recall", "class_kl")


def train(
    game: games.Game, recipe: recipes.ImageRecipe, seed: int, budget: dict[str, Any], folder: Path
) -> tuple[training.State, dict[str, Any]]:
    """Train one seed, from its last save where it has one."""
    state, spent = training.init(game, jax.random.key(seed)), 0.0
    if checkpoints.latest(folder) is not None:
        restored = checkpoints.restore(folder, game)
        state, spent = restored.state, restored.metadata["seconds"]
        print(f"going on from step {int(state.step)}, {spent / 60:.1f} min", flush=True)
    saved = spent

    def look(state: training.State, spent: float) -> None:
        nonlocal saved
        if spent - saved >= SAVE_EVERY:
            saved = spent
            checkpoints.save(folder, state, metadata={"seconds": spent})

    limits = {
        "seconds": np.inf if budget["minutes"] is None else 60 * budget["minutes"],
        "most_steps": budget["steps"],
    }
    state, spent, stopped = images.train_for(
        game,
        state,
        recipes.make_settings(recipe),
        **limits,
        spent=spent,
        clock=lambda: time.process_time() / CORES,
        look=look,
    )
    if stopped is not None and stopped.startswith("Interrupted"):
        raise KeyboardInterrupt
    return state, {
        "steps": int(state.step),
        "seconds": round(spent, 1),
        "cpu_seconds": round(spent * CORES, 1),
        "stopped": stopped,
    }


def measure(method: str, seed: int, budget: dict[str, Any], pictures: Path) -> dict[str, Any]:
    recipe = recipes.METHODS_IMAGES[method]
    # Made first, so that none of a training's time goes into it.
    classifier, real = classifiers.load(DATA), datasets.load(DATA, "test")
    game = recipes.make_game(recipe, datasets.load(DATA))
    # Another recipe or budget does not go on from this one's saves.
    plan = hashlib.sha256(json.dumps([as_json(recipe), budget]).encode()).hexdigest()[:12]
    folder = datasets.cache_folder() / "benchmarks" / f"{DATA}-{method}-{seed}-{plan}"
    state, run = train(game, recipe, seed, budget, folder)
    key = jax.random.key(seed + 1000)
    fake = images.generate(game, state, key, NUM_IMAGES)
    untrained = images.generate(game, training.init(game, jax.random.key(seed)), key, NUM_IMAGES)
    picture = pictures / f"{DATA}-{method}-{seed}.png"
    images.save_grid(picture, fake[:64])
    shutil.rmtree(folder, ignore_errors=True)
    return {
        "method": method,
        "title": recipe.title,
        "seed": seed,
        "budget": budget,
        "recipe": as_json(recipe),
        **run,
        **images.scores(classifier, real, fake),
        "untrained_frechet_distance": images.scores(classifier, real, untrained)["frechet_distance"],
        "picture": picture.name,
    }


def as_json(recipe: recipes.ImageRecipe) -> dict[str, Any]:
    return json.loads(json.dumps(dataclasses.asdict(recipe)))


def done(rows: list[dict], method: str, seed: int, budget: dict[str, Any], classifier: str) -> bool:
    recipe = as_json(recipes.METHODS_IMAGES[method])
    wanted = {"method": method, "seed": seed, "budget": budget, "recipe": recipe, "classifier": classifier}
    return any(all(row.get(name) == value for name, value in wanted.items()) for row in rows)


def table(rows: list[dict], real: dict[str, Any]) -> str:
    """Write a Markdown table: mean and standard deviation over the seeds."""
    lines = [
        "| method | seeds | Fréchet distance | precision | recall | KL of classes | steps | minutes |",
        "|---" * 8 + "|",
        "| real training images | | " + " | ".join(f"{real[name]:.4f}" for name in COLUMNS) + " | | |",
    ]  # fmt: skip
    for method in dict.fromkeys(row["method"] for row in rows):
        own = [row for row in rows if row["method"] == method]
        cells = []
        for name in COLUMNS:
            values = [row[name] for row in own]
            deviation = f" ± {np.std(values, ddof=1):.4f}" if len(values) > 1 else ""
            cells.append(f"{np.mean(values):.4f}{deviation}")
        steps, minutes = np.mean([row["steps"] for row in own]), np.mean([row["seconds"] for row in own]) / 60
        cells += [f"{steps:.0f}", f"{minutes:.1f}"]
        lines.append(f"| {own[0]['title']} | {len(own)} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--methods", nargs="+", choices=recipes.METHODS_IMAGES, default=list(METHODS))
    parser.add_argument("--seeds", type=int, default=NUM_SEEDS)
    limit = parser.add_mutually_exclusive_group()
    limit.add_argument(
        "--minutes", type=float, help=f"of two cores, for each training (default: {MINUTES:g})"
    )
    limit.add_argument("--steps", type=int, help="of each training, in place of minutes")
    parser.add_argument("--output", type=Path, default=STORED, help="pictures are put beside it")
    arguments = parser.parse_args()
    minutes = MINUTES if arguments.minutes is None else arguments.minutes
    budget = {"minutes": minutes if arguments.steps is None else None, "steps": arguments.steps}

    classifier = classifiers.load(DATA)
    rows = json.loads(arguments.output.read_text())["rows"] if arguments.output.is_file() else []
    real = images.references(DATA, classifier, NUM_IMAGES)
    words = [f"--{name} {value:g}" for name, value in budget.items() if value not in (None, MINUTES)]
    todo = [(method, seed) for seed in range(arguments.seeds) for method in arguments.methods]
    for count, (method, seed) in enumerate(todo, start=1):
        if done(rows, method, seed, budget, classifier.fingerprint):
            continue
        row = measure(method, seed, budget, arguments.output.parent)
        rows = [old for old in rows if (old["method"], old["seed"]) != (method, seed)] + [row]
        rows.sort(key=lambda row: (list(recipes.METHODS_IMAGES).index(row["method"]), row["seed"]))
        print(
            f"[{count}/{len(todo)}] {method}, seed {seed}: {row['steps']} steps in {row['seconds'] / 60:.1f} min, "
            + ", ".join(f"{name} {row[name]}" for name in COLUMNS)
            + f" {row['stopped'] or ''}",
            flush=True,
        )
        report.store(
            arguments.output,
            command=" ".join(["python benchmarks/fashion_table.py", *words]),
            packages=("jax", "jaxlib", "flax", "optax", "numpy"),
            classifier=repr(classifier),
            real_train_against_test=real,
            rows=rows,
        )
    comparable = [
        row for row in rows if row["budget"] == budget and row.get("classifier") == classifier.fingerprint
    ]
    print(table(comparable, real))


if __name__ == "__main__":
    sys.exit(main())
