"""What the benchmarks of image GANs share: training for a time, the scores of what came out, a small picture of it."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import numpy as np

from gantheory import classifiers, datasets, games, training

BATCH = 500  # images generated at once; of more, the networks' inner arrays would take gigabytes
CHUNK = 100  # steps between two looks at the clock
LEVELS = 16  # of grey, in a picture


def train_for(
    game: games.Game,
    state: training.State,
    settings: training.Settings,
    *,
    seconds: float,
    most_steps: int | None = None,
    spent: float = 0.0,
    clock: Callable[[], float] = time.perf_counter,
    look: Callable[[training.State, float], Any] = lambda state, spent: None,
) -> tuple[training.State, float, str | None]:
    """Train until so many seconds of the clock are spent, compiling included, or so many steps are taken.

    Returns:
        (state, seconds spent, None or the sentence with which the training ended early).
    """
    started, stopped = clock() - spent, None
    while stopped is None and (spent := clock() - started) < seconds:
        left = CHUNK if most_steps is None else min(CHUNK, most_steps - int(state.step))
        if left <= 0:
            break
        state, history = training.train(game, state, left, settings)
        jax.block_until_ready(state.average)
        stopped = history.stopped
        look(state, clock() - started)
    return state, clock() - started, stopped


def generate(game: games.Game, state: training.State, key: jax.Array, n: int) -> np.ndarray:
    """Draw n images of the averaged generator."""
    average = training.averaged(state)
    keys = jax.random.split(key, -(-n // BATCH))
    return np.concatenate([np.asarray(games.generate(game, average, key, BATCH)) for key in keys])[:n]


def scores(classifier: classifiers.Classifier, real: Any, fake: np.ndarray) -> dict[str, Any]:
    """Score images, as numbers that JSON can hold."""
    found = classifiers.evaluate(classifier, real, fake)
    return {
        "frechet_distance": round(float(found.frechet_distance), 5),
        "precision": round(float(found.precision), 4),
        "recall": round(float(found.recall), 4),
        "class_kl": round(float(found.class_kl), 4),
        "class_balance": [round(float(share), 4) for share in found.class_balance],
        "num_real": found.num_real,
        "num_fake": found.num_fake,
        "num_neighbours": found.num_neighbours,
        "classifier": classifier.fingerprint,
    }


def save_grid(path: Path, images: np.ndarray, columns: int = 8) -> None:
    """Write images [n, h, w, 1] in rows as a small PNG, one pixel of the file for each of theirs."""
    from PIL import Image

    n, height, width, _ = images.shape
    grid = np.full((-(-n // columns) * (height + 1) + 1, columns * (width + 1) + 1), -1.0)
    for i, image in enumerate(images[..., 0]):
        top, left = 1 + i // columns * (height + 1), 1 + i % columns * (width + 1)
        grid[top : top + height, left : left + width] = image
    levels = np.round((np.clip(grid, -1, 1) + 1) / 2 * (LEVELS - 1)).astype(np.uint8)
    picture = Image.fromarray(levels, mode="P")
    picture.putpalette(np.repeat(np.linspace(0, 255, LEVELS).round().astype(np.uint8), 3).tobytes())
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.save(path, bits=4, optimize=True)


def references(name: str, classifier: classifiers.Classifier, num_fake: int) -> dict[str, Any]:
    """Score images of the training set against the test set: what no generator can beat but by luck."""
    train, test = datasets.load(name), datasets.load(name, "test")
    rows = np.arange(num_fake) * len(train) // num_fake
    return scores(classifier, test, np.asarray(train.subset(rows).images))
