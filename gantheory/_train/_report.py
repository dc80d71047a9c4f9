"""What is written beside the saves, and the figures that are said at the end."""

import contextlib
import io
import json
import math
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jax
import numpy as np
from jaxtyping import Array, Float, UInt8

from gantheory import classifiers, datasets, games, recipes, training
from gantheory._train._plan import Plan

__all__ = ["LOG", "Report", "as_json", "image_grid", "metrics_of"]

LOG = "metrics.jsonl"
# Images that are generated at once: of many more the networks' inner arrays would not fit into the memory.
BATCH = 500
LEAST_IMAGES = 1000
# A digit of 8 pixels is enlarged to about this many.
CELL = 48

Say = Callable[[str], None]


class Report:
    """The folder of pictures and figures; what cannot be written is one warning.

    Args:
        folder: where to; None for nowhere.
        quiet: whether somebody else warns of this folder.
        say: prints a line.
        plan: of the training.
        target: what is imitated.
        game: its game.
        samples: how many are shown; None for 64 images, or 2500 points.
    """

    def __init__(
        self,
        folder: Path | None,
        quiet: bool,
        say: Say,
        plan: Plan,
        target: Any,
        game: games.Game,
        samples: int | None,
    ):
        self.folder, self.say, self.plan, self.target, self.game = folder, say, plan, target, game
        self.samples = samples or (64 if plan.of_images else recipes.NUM_SAMPLES)
        self.warned = quiet

    def begin(self, step: int) -> None:
        """Forget the figures of steps that will be taken again: those after the save that is resumed."""
        with self._writing() as folder:
            if folder is None:
                return
            path = folder / LOG
            lines = path.read_text().splitlines() if path.is_file() else []
            kept = [line for line in lines if _step_of(line) <= step]
            if kept != lines:
                _replace(path, "".join(line + "\n" for line in kept).encode())

    def write(self, state: training.State, figures: dict[str, Any]) -> None:
        """Draw samples of the averaged generator, and append the figures as a line of JSON."""
        if self.folder is None:
            return
        picture = self._picture(state)
        with self._writing() as folder:
            folder.mkdir(parents=True, exist_ok=True)
            _replace(folder / f"samples-{int(state.step):09d}.png", picture)
            with (folder / LOG).open("a") as log:
                log.write(as_json(figures) + "\n")

    @contextlib.contextmanager
    def _writing(self) -> Iterator[Path | None]:
        try:
            yield self.folder
        except OSError as error:
            if not self.warned:
                self.say(
                    f"Warning: could not write pictures and figures to {self.folder}: {error.strerror or error}."
                )
            self.warned = True

    def _picture(self, state: training.State) -> bytes:
        # The same z each time, so that one sees the same samples change.
        key = jax.random.key(self.plan.seed)
        if not self.plan.of_images:
            return _scatter(_generate(self.plan, self.game, state, key, self.samples), self.target, state)
        labels = None
        if self.plan.recipe.conditional:
            labels = np.arange(self.samples, dtype=np.int32) % self.target.num_classes
        return _png(image_grid(_generate(self.plan, self.game, state, key, self.samples, labels)))


def as_json(figures: dict[str, Any]) -> str:
    """Write strict JSON: what is not finite becomes null."""
    finite = {
        name: None if isinstance(x, float) and not math.isfinite(x) else x for name, x in figures.items()
    }
    return json.dumps(finite, allow_nan=False)


def _step_of(line: str) -> int:
    try:
        return json.loads(line)["step"]
    except (ValueError, KeyError, TypeError):
        return sys.maxsize  # cut short by a crash


def _replace(path: Path, content: bytes) -> None:
    partial = path.with_name(f".{path.name}.partial")
    partial.write_bytes(content)
    os.replace(partial, path)


def _generate(
    plan: Plan, game: games.Game, state: training.State, key: Array, n: int, labels: np.ndarray | None = None
) -> Float[np.ndarray, "n *point"]:
    """Draw n samples of the averaged generator, in batches of one size that compile once."""
    state = training.averaged(state)
    if not plan.of_images:
        return np.asarray(games.generate(game, state, key, n))
    parts = []
    for first in range(0, n, BATCH):
        size = min(BATCH, n)
        chosen = None if labels is None else np.resize(labels[first : first + size], size)
        key, batch_key = jax.random.split(key)
        parts.append(np.asarray(games.generate(game, state, batch_key, size, labels=chosen)))
    return np.concatenate(parts)[:n]


def image_grid(images: Float[np.ndarray, "n h w c"]) -> UInt8[np.ndarray, "rows columns 3"]:
    """Lay images in [-1, 1], of one channel or three, in rows as near to a square as they go, on white."""
    n, height, width, _ = images.shape
    columns = math.ceil(math.sqrt(n))
    rows = math.ceil(n / columns)
    pixels = np.round((np.clip(images, -1, 1) + 1) * 127.5).astype(np.uint8)
    pixels = np.broadcast_to(pixels, (n, height, width, 3))
    larger = max(1, round(CELL / max(height, width)))
    pixels = pixels.repeat(larger, axis=1).repeat(larger, axis=2)
    gap, height, width = 2, height * larger, width * larger
    grid = np.full((rows * (height + gap) + gap, columns * (width + gap) + gap, 3), 255, np.uint8)
    for i, image in enumerate(pixels):
        top, left = gap + i // columns * (height + gap), gap + i % columns * (width + gap)
        grid[top : top + height, left : left + width] = image
    return grid


def _png(pixels: UInt8[np.ndarray, "rows columns 3"]) -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "png")
    return buffer.getvalue()


def _scatter(fake: Float[np.ndarray, "n 2"], target: Any, state: training.State) -> bytes:
    from gantheory import plotting

    real = np.asarray(target.sample(jax.random.key(0), len(fake)))
    low, high = real.min(axis=0), real.max(axis=0)
    margin = 0.15 * (high - low).max()
    figure = plotting.new_figure(5, 5)
    ax = plotting.axes(
        figure,
        title=f"step {int(state.step)}",
        equal=True,
        xlim=(low[0] - margin, high[0] + margin),
        ylim=(low[1] - margin, high[1] + margin),
    )
    for points, look, label in ((real, plotting.DATA, "data"), (fake, plotting.GENERATED, "generated")):
        ax.plot(*points.T, look.marker, color=look.color, label=label, ms=3, alpha=0.4, mew=0)
    plotting.legend(ax)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()


def metrics_of(
    plan: Plan, target: Any, game: games.Game, state: training.State, say: Say, *, final: bool
) -> dict[str, Any]:
    """Score the averaged generator; during a training only as far as that takes no time.

    Returns:
        For points those of `recipes.score` that apply to the target, and for images those of `classifiers.evaluate`,
        as numbers that JSON can hold, with the number of samples.
    """
    key, score_key = jax.random.split(jax.random.fold_in(jax.random.key(plan.seed), 1))
    if not plan.of_images:
        n = recipes.NUM_SAMPLES
        samples = _generate(plan, game, state, key, n)
        if not _finite(samples, say):
            return {}
        score = recipes.score(score_key, samples, target)
        found = {name: float(x) for name, x in score._asdict().items()}
        if not hasattr(target, "means"):
            found = {"sliced_w1": found["sliced_w1"]}
        return {
            **{name: int(x) if name == "modes" else x for name, x in found.items()},
            "num_samples": n,
        }
    if not final:
        return {}
    # A classifier that is trained now shows its progress on a terminal's stdout, which is not its own here.
    with contextlib.redirect_stdout(sys.stderr), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", classifiers.ClassifierWarning)
        try:
            classifier = classifiers.load(plan.data)
        except ValueError as error:
            say(f"No figures: {error}")
            return {}
    for warning in caught:
        say(f"Warning: {warning.message}")
    return _image_metrics(plan, target, game, state, say, classifier, key)


def _finite(samples: Float[np.ndarray, "n *point"], say: Say) -> bool:
    if np.isfinite(samples).all():
        return True
    say("No figures: what the generator makes is not finite any more.")
    return False


def _image_metrics(
    plan: Plan, target: Any, game: games.Game, state: training.State, say: Say, classifier: Any, key: Array
) -> dict[str, Any]:
    # Images that the generator has not seen, where there are some.
    real = datasets.load(plan.data, "test") if plan.data in datasets.NAMES else target
    n = max(len(real), LEAST_IMAGES)
    fake = _generate(plan, game, state, key, n).astype(np.float32)
    if not _finite(fake, say):
        return {}
    scores = classifiers.evaluate(classifier, real, fake)
    found: dict[str, Any] = {
        "frechet_distance": float(scores.frechet_distance),
        "precision": float(scores.precision),
        "recall": float(scores.recall),
        "class_balance": [float(share) for share in scores.class_balance],
        "classes_present": int((np.asarray(scores.class_balance) > 0).sum()),
        "class_kl": float(scores.class_kl),
        "num_real": scores.num_real,
        "num_samples": scores.num_fake,
        "num_neighbours": scores.num_neighbours,
        "classifier_accuracy": scores.test_accuracy,
    }
    if plan.recipe.conditional:
        asked = np.arange(n, dtype=np.int32) % target.num_classes
        made = _generate(plan, game, state, key, n, asked).astype(np.float32)
        found["label_accuracy"] = float(np.mean(np.asarray(classifier.predict(made)) == asked))
    return found
