"""What longer runs have reached: their images, scores, time and command, as `benchmarks/` has stored them."""

import dataclasses
import functools
import io
import json
from importlib import resources
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.gridspec import GridSpec
from PIL import Image

from gantheory import plotting
from gantheory.datasets._known import DIGITS, KNOWN
from gantheory.explorables._score_table import ScoreColumn, explain, row_names
from gantheory.explorables.image_gans import _scores
from gantheory.live.controls import choice
from gantheory.live.figure import LiveFigure
from gantheory.live.stage import Stage

__all__ = ["StoredRun", "gallery", "stored_runs", "stored_table"]

_NAMES = {"digits": "digits", "fashion_mnist": "Fashion-MNIST"}


@dataclasses.dataclass(frozen=True)
class StoredRun:
    """One stored training of a method for images.

    Attributes:
        data: the dataset's name.
        row: what was stored of it: "title", "seed", "steps", "seconds", the scores and so on, by name.
        real: the scores of real training images, by name: what no generator can beat but by luck.
        command: what makes it again, from the project's folder.
        date: when it ran.
        machine: on what.
    """

    data: str
    row: dict[str, Any]
    real: dict[str, Any]
    command: str
    date: str
    machine: dict[str, Any]

    @property
    def name(self) -> str:
        """What the menu calls it."""
        return f"{_NAMES.get(self.data, self.data)}: {self.row['title']}, seed {self.row['seed']}"

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes."""
        return DIGITS if self.data == "digits" else KNOWN[self.data].names

    @property
    def picture(self) -> Float[np.ndarray, "rows columns"]:
        """Its images in one, ink between 0 and 1."""
        content = (resources.files("gantheory") / "results" / self.row["picture"]).read_bytes()
        return np.asarray(Image.open(io.BytesIO(content)).convert("L"), float) / 255


@functools.cache
def stored_runs() -> tuple[StoredRun, ...]:
    """Read the stored trainings that have a picture, those on digits first.

    >>> all(run.row["seconds"] > 0 and run.command.startswith("python ") for run in stored_runs())
    True
    """
    runs = []
    for data in _NAMES:
        file = resources.files("gantheory") / "results" / f"{data}.json"
        if not file.is_file():
            continue
        stored = json.loads(file.read_text(encoding="utf-8"))
        of_all = (stored["real_train_against_test"], stored["command"], stored["date"], stored["machine"])
        runs += [StoredRun(data, row, *of_all) for row in stored["rows"] if row.get("picture")]
    return tuple(runs)


def gallery() -> LiveFigure:
    """Show a stored run: 64 of its images, its scores beside those of real images, its classes, its command.

    >>> live = gallery()
    >>> "Fréchet distance" in live.stage.alt
    True
    >>> live.close()
    """
    runs = {run.name: run for run in stored_runs()}
    figure = plotting.new_figure(9.0, 4.6)
    figure.set_layout_engine("none")
    cells = GridSpec(
        2,
        2,
        figure,
        left=0.01,
        right=0.98,
        bottom=0.1,
        top=0.97,
        width_ratios=(1, 1.05),
        wspace=0.1,
        hspace=0.3,
    )
    ax = plotting.axes(figure, cells[:, 0])
    ax.set_axis_off()
    image = ax.imshow(
        np.zeros((1, 1)), cmap="gray_r", vmin=0, vmax=1, extent=(0, 1, 0, 1), interpolation="nearest"
    )
    ax = plotting.axes(figure, cells[0, 1])
    ax.set_axis_off()
    note = plotting.Note(ax, 0.0, 1.0, size=10)
    bars_ax = plotting.axes(
        figure,
        cells[1, 1],
        title="predicted classes (line: 1/10 each)",
        xlim=(-0.6, 9.6),
        ylim=(0, 0.32),
        xticks=range(10),
        yticks=[0, 0.1, 0.2, 0.3],
        yticklabels=["0", "10 %", "20 %", "30 %"],
    )
    bars = bars_ax.stairs(
        np.zeros(10), np.arange(11) - 0.5, fill=True, color=plotting.GENERATED.color, alpha=0.6
    )
    names = _scores.ClassNames(bars_ax, 0.16)
    bars_ax.axhline(0.1, color=plotting.DATA.color, lw=1.6)

    def update(run: str) -> str:
        shown = runs[run]
        row, real = shown.row, shown.real
        image.set_data(shown.picture)
        bars.set_data(np.minimum(row["class_balance"], 0.32))
        names.set(shown.classes)
        scores = [
            ("Fréchet distance", "frechet_distance", ".3f"),
            ("precision", "precision", ".2f"),
            ("recall", "recall", ".2f"),
            ("KL of the classes", "class_kl", ".3f"),
        ]
        said = [f"{words} {row[key]:{form}} (real images {real[key]:{form}})" for words, key, form in scores]
        spent = (
            f"{row['steps']:,} steps, {row['seconds'] / 60:.1f} minutes on {shown.machine['cpus']} CPU cores"
        )
        counted = f"{row['num_fake']:,} generated against {row['num_real']:,} held-out images"
        note.set("\n".join([run, spent, "", *said, counted, "", shown.command, shown.date]))
        before = f"untrained: Fréchet distance {row['untrained_frechet_distance']:.3f}"
        return f"{run}: {'; '.join([spent, *said, counted, before])}"

    return LiveFigure(
        Stage(figure, plotting.moving(image, bars, names, note), photographic=True),
        update,
        {"run": choice("run", list(runs))},
    )


def stored_table() -> LiveFigure:
    """Show the scores of all stored runs on a dataset, seed by seed, beside those of real images.

    >>> live = stored_table()
    >>> "non-saturating + R1" in live.stage.alt
    True
    >>> live.close()
    """
    of_data: dict[str, list[StoredRun]] = {}
    for run in stored_runs():
        of_data.setdefault(run.data, []).append(run)
    figure = plotting.new_figure(9.0, 2.8)
    figure.set_layout_engine("none")
    cells = GridSpec(1, 4, figure, left=0.24, right=0.97, top=0.78, bottom=0.13, wspace=0.16)
    decades = {"xscale": "log", "xticks": [1e-3, 1e-2, 1e-1, 1]}
    most = max(len({run.row["title"] for run in runs}) for runs in of_data.values())
    columns = {
        "frechet_distance": ScoreColumn(figure, cells[0], "Fréchet distance", (7e-4, 1.5), most, **decades),
        "precision": ScoreColumn(figure, cells[1], "precision", (-0.04, 1.04), most),
        "recall": ScoreColumn(figure, cells[2], "recall", (-0.04, 1.04), most),
        "class_kl": ScoreColumn(figure, cells[3], "KL of classes", (2e-4, 2.5), most, **decades),
    }
    names = row_names(columns["frechet_distance"], most)
    explain(figure, columns["precision"], ["a seed", "mean of the seeds", None, "real images"])

    def update(data: str) -> str:
        runs = of_data[data]
        rows: dict[str, list[dict[str, Any]]] = {}
        for run in runs:
            rows.setdefault(run.row["title"], []).append(run.row)
        for text, title in zip(names, [*rows, *[""] * (most - len(rows))], strict=True):
            text.set_text(title)
        for score, column in columns.items():
            values = [np.array([row[score] for row in seeds]) for seeds in rows.values()]
            column.set(values, runs[0].real[score])
        words = [
            f"{title}: {_count(seeds)}, Fréchet distance {_mean(seeds, 'frechet_distance'):.3f}, precision "
            f"{_mean(seeds, 'precision'):.2f}, recall {_mean(seeds, 'recall'):.2f}"
            for title, seeds in rows.items()
        ]
        minutes = np.mean([run.row["seconds"] for run in runs]) / 60
        return f"{_NAMES[data]}, {minutes:.1f} minutes a seed on average, means: {'; '.join(words)}"

    return LiveFigure(
        Stage(figure, [*plotting.moving(*columns.values()), *names]),
        update,
        {"data": choice("images", [(_NAMES[data], data) for data in of_data])},
    )


def _mean(rows: list[dict[str, Any]], score: str) -> float:
    return float(np.mean([row[score] for row in rows]))


def _count(rows: list[dict[str, Any]]) -> str:
    return f"{len(rows)} seed{'s' if len(rows) > 1 else ''}"
