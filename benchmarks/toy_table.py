"""The table of the toys: every method of `gantheory.recipes` on the ring and the grid, several seeds of each.

    uv run python benchmarks/toy_table.py

Protocol of VEEGAN: 2,500 samples; one is of high quality within 3 standard deviations of the nearest mode; a mode is
captured if it is nearest to at least one of those. Mean and standard deviation over the seeds. No method is left out
because it is bad. The whole table is stored in gantheory/results, from where the package and notebook 08 read it; a
part of it (other targets, methods, seeds or steps) is stored only where --output names a file.
"""

import argparse
import dataclasses
import sys
import time
from pathlib import Path
from typing import Any

import jax
import numpy as np
import report

from gantheory import recipes

STORED = report.ROOT / "gantheory" / "results" / "toy_gans.json"
TARGETS = ("ring", "grid")
NUM_SEEDS = 5
SECONDS = 60.0  # the longest that a seed of the best method may take
AIMS = {"ring": {"modes": 8.0, "high_quality": 0.95}, "grid": {"modes": 25.0, "high_quality": 0.93}}

# (modes, % of high quality) on the ring and on the grid, as the papers print them: means of 5 runs for VEEGAN's, of 10
# for PacGAN's. Networks, budgets and baselines differ from paper to paper, and from ours.
PUBLISHED = {
    "GAN": ("Srivastava et al. 2017", (1, 99.3), (3.3, 0.5)),
    "ALI": ("Srivastava et al. 2017", (2.8, 0.13), (15.8, 1.6)),
    "Unrolled GAN": ("Srivastava et al. 2017", (7.6, 35.6), (23.6, 16)),
    "VEEGAN": ("Srivastava et al. 2017", (8, 52.9), (24.6, 40)),
    "GAN (PacGAN's)": ("Lin et al. 2018", (6.3, 98.2), (17.3, 94.8)),
    "PacGAN2": ("Lin et al. 2018", (7.9, 95.6), (23.8, 91.3)),
    "PacGAN4": ("Lin et al. 2018", (7.8, 95.9), (24.8, 93.6)),
}


def number(x: float) -> float | None:
    """JSON has no NaN: what cannot be measured is null."""
    return None if np.isnan(x) else float(x)


def row(method: str, title: str, target: str, seeds: list[int], score: recipes.Score, **more: Any) -> dict:
    values = {name: np.asarray(x, np.float64) for name, x in score._asdict().items()}
    return {
        "method": method,
        "title": title,
        "target": target,
        "seeds": seeds,
        **{name: [number(v) for v in x] for name, x in values.items()},
        "mean": {name: number(x.mean()) for name, x in values.items()},
        "deviation": {name: number(x.std(ddof=1)) if len(x) > 1 else None for name, x in values.items()},
        **more,
    }


def measure_target(name: str, seeds: list[int]) -> dict:
    """Score the target's own samples: what no generator can beat but by luck, or by modes that are too narrow."""
    target = recipes.TARGETS[name]()
    scores = []
    for seed in seeds:
        samples_key, key = jax.random.split(jax.random.key(seed))
        scores.append(recipes.score(key, target.sample(samples_key, recipes.NUM_SAMPLES), target))
    score = recipes.Score(*(np.stack(column) for column in zip(*scores, strict=True)))
    return row(
        "target", "the target itself", name, seeds, score, recipe=None, seconds_a_seed=None, stopped=None
    )


def measure_method(method: str, name: str, seeds: list[int], num_steps: int | None) -> dict:
    recipe = recipes.METHODS[method]
    if num_steps is not None:
        recipe = dataclasses.replace(recipe, num_steps=num_steps)
    result = recipes.run(recipe, recipes.TARGETS[name](), seeds)
    if result.stopped is not None and result.stopped.startswith("Interrupted"):
        raise KeyboardInterrupt
    return row(
        method, recipe.title, name, seeds, result.score, recipe=dataclasses.asdict(recipe),
        seconds_a_seed=result.seconds, stopped=result.stopped,
    )  # fmt: skip


def cells(row: dict) -> list[str]:
    """Write modes, % of high quality, histogram KL, width of the modes, sliced W1 and seconds."""

    def write(name: str, digits: int, factor: float = 1) -> str:
        mean, deviation = row["mean"][name], row["deviation"][name]
        if mean is None:
            return ""
        spread = "" if deviation is None else f" ± {factor * deviation:.{digits}f}"
        return f"{factor * mean:.{digits}f}{spread}"

    seconds = row["seconds_a_seed"]
    return [
        write("modes", 1), write("high_quality", 1, 100), write("histogram_kl", 3), write("mode_width", 2),
        write("sliced_w1", 3),
        "" if seconds is None else f"{seconds:.1f}",
    ]  # fmt: skip


def table(rows: list[dict], targets: list[str]) -> str:
    """Write one Markdown table for each target, the published figures below ours."""
    lines = []
    for target in targets:
        lines += ["", f"**{target}**", ""]
        lines += [
            "| method | modes | % high quality | histogram KL | width of modes | sliced W1 | s a seed |",
            "|---" * 7 + "|",
        ]
        lines += [
            "| " + " | ".join([row["title"], *cells(row)]) + " |" for row in rows if row["target"] == target
        ]
        if target in TARGETS:
            for name, (source, *figures) in PUBLISHED.items():
                modes, quality = figures[TARGETS.index(target)]
                lines.append(f"| as published: {name} ({source}) | {modes} | {quality} | | | | |")
    return "\n".join(lines[1:])


def verdicts(rows: list[dict]) -> list[str]:
    lines = []
    for row in rows:
        target = row["target"]
        if row["method"] == recipes.BEST.get(target) and target in AIMS:
            lines += [
                report.verdict(f"{target}, {row['method']}, {name}", row["mean"][name], at_least=aim)
                for name, aim in AIMS[target].items()
            ]
            lines.append(
                report.verdict(f"{target}, {row['method']}, s a seed", row["seconds_a_seed"], at_most=SECONDS)
            )
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--targets", nargs="+", choices=recipes.TARGETS, default=list(TARGETS))
    parser.add_argument("--methods", nargs="+", choices=recipes.METHODS, default=list(recipes.METHODS))
    parser.add_argument("--seeds", type=int, default=NUM_SEEDS, help="how many seeds of each")
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--steps", type=int, help="steps of every training; by default the recipe's own")
    parser.add_argument("--output", type=Path, help="where to store the numbers")
    arguments = parser.parse_args()
    options = vars(arguments)
    output = options.pop("output")
    if output is None and all(options[name] == parser.get_default(name) for name in options):
        output = STORED

    seeds = list(range(arguments.first_seed, arguments.first_seed + arguments.seeds))
    started, rows = time.perf_counter(), []
    todo = [(target, method) for target in arguments.targets for method in arguments.methods]
    for target in arguments.targets:
        rows.append(measure_target(target, seeds))
    for done, (target, method) in enumerate(todo, start=1):
        rows.append(measure_method(method, target, seeds, arguments.steps))
        modes, quality, kl, width, w1, seconds = cells(rows[-1])
        minutes = (time.perf_counter() - started) / 60
        print(
            f"[{done}/{len(todo)}, {minutes:.1f} min] {target} {method}: modes {modes}, high quality {quality} %, "
            f"KL {kl}, width {width}, sliced W1 {w1}, {seconds} s a seed {rows[-1]['stopped'] or ''}",
            flush=True,
        )
    print()
    print(table(rows, arguments.targets))
    print()
    print("\n".join(verdicts(rows)))
    if output is None:
        print("A part of the table; name a file with --output to store it.")
        return
    words = [
        f"--{name.replace('_', '-')} {' '.join(map(str, value)) if isinstance(value, list) else value}"
        for name, value in options.items()
        if value != parser.get_default(name)
    ]
    report.store(
        output,
        command=" ".join(["python benchmarks/toy_table.py", *words]),
        packages=("jax", "jaxlib", "flax", "optax", "numpy"),
        num_samples=recipes.NUM_SAMPLES,
        minutes=round((time.perf_counter() - started) / 60, 1),
        best=recipes.BEST,
        rows=rows,
        published=[
            {
                "method": name,
                "source": source,
                "target": target,
                "modes": modes,
                "high_quality": quality / 100,
            }
            for name, (source, *figures) in PUBLISHED.items()
            for target, (modes, quality) in zip(TARGETS, figures, strict=True)
        ],
    )


if __name__ == "__main__":
    sys.exit(main())
