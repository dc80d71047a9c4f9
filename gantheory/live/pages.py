"""What a live figure is on a page without a kernel: pictures rendered ahead, and a player that moves them.

`gantheory site` runs the notebooks with `GANTHEORY_SITE` set to a folder. While it is set, everything live gives HTML
in place of its widget, and leaves its pictures in that folder, as files that the page loads by relative addresses.
`player.js` and `player.css` are the page's side.
"""

import base64
import copy
import dataclasses
import hashlib
import html
import json
import os
import re
import time
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets
import numpy as np
from PIL import Image

from gantheory import _checks as check
from gantheory.live.controls import plain

if TYPE_CHECKING:
    # The other way round at run time: what is shown asks here how.
    from gantheory.live.figure import LiveFigure
    from gantheory.live.panel import Panel
    from gantheory.live.predict import Prediction
    from gantheory.live.quiz import Quiz
    from gantheory.live.sketch import Sketch
    from gantheory.live.stage import Stage
    from gantheory.live.strip import Strip
    from gantheory.live.trainer import LiveTrainer

__all__ = ["FOLDER", "bundle", "folder", "record"]

FOLDER = "GANTHEORY_SITE"
"""The environment variable that names the folder for the pages' pictures; where it is unset, widgets are widgets."""

_MOST_BYTES = 3_000_000
# A position of a figure with slow work may take seconds: so many seconds of processor time at most for all positions
# together. A figure of which fewer positions are to be had stands still.
_WORK_SECONDS, _FEWEST = 30.0, 5
# After how many seconds of processor time a recorded training ends, wherever it stands; how its pieces grow, in
# pictures' steps: the beginning is what there is most to see of.
_RECORD_SECONDS, _GROWTH = 25.0, (1, 2, 4, 8)


def folder() -> Path | None:
    """Tell where pages keep their pictures; None if no pages are being made."""
    named = os.environ.get(FOLDER)
    return Path(named) if named else None


def bundle(shown: "Panel | Prediction | Quiz") -> tuple[dict[str, Any], dict[str, Any]]:
    """Make the mime bundle of something live for a page without a kernel: HTML, and words."""
    # Imported here: each of these asks this module what it is on a page.
    from gantheory.live.predict import Prediction
    from gantheory.live.quiz import Quiz
    from gantheory.live.sketch import Sketch
    from gantheory.live.trainer import LiveTrainer

    if isinstance(shown, Prediction):
        words, made = shown.question, _question(shown)
    elif isinstance(shown, Quiz):
        words, made = "\n".join(asked.question for asked in shown.questions), _quiz(shown)
    elif isinstance(shown, Sketch):
        words, made = shown.stage.alt, _sketch(shown)
    elif isinstance(shown, LiveTrainer):
        words, made = shown.stage.alt, _trainer(shown)
    else:
        words, made = shown.stage.alt, _figure(shown)
    return {"text/html": made, "text/plain": words}, {}


def record(trainer: "LiveTrainer", *, num_frames: int = 81) -> "Strip":
    """Record a training: its pictures from where it stands now, over as many pieces.

    The pieces are as long as the trainer's "steps a picture" at first, and eight times as long at the end. A training
    that stops by itself ends the strip, and so does one that takes too long. The trainer stays where it is.

    Args:
        trainer: The training; its settings and its seed are those of its controls.
        num_frames: How many pictures at most, the one at the start included.

    Raises:
        ValueError: If num_frames < 2.

    Example:
        >>> from gantheory.explorables import start_here
        >>> live = start_here.gan_on_the_line(num_seeds=1)
        >>> strip = record(live, num_frames=5)
        >>> strip.label, strip.positions, live.run.step
        ('step', ('0', '10', '30', '70', '150'), 0)
        >>> live.close()
    """
    from gantheory.live import strip

    check.whole("num_frames", num_frames, at_least=2)
    # Pieces are joined into new arrays, so that a copy of the run leaves the trainer's as it is.
    run = copy.copy(trainer.run)
    run.measured = dict(run.measured)
    drawn = [trainer.stage.render(lambda: trainer.scene.update(run))]
    steps = [run.step]
    pieces = np.asarray(_GROWTH)[np.arange(num_frames - 1) * len(_GROWTH) // (num_frames - 1)]
    begun = None
    for piece in pieces * trainer.controls["speed"].value:
        run.advance(int(piece), trainer.settings)
        if run.step > steps[-1]:
            drawn.append(trainer.stage.render(lambda: trainer.scene.update(run)))
            steps.append(run.step)
        # Compiling is not counted.
        begun = time.process_time() if begun is None else begun
        if run.stopped or time.process_time() - begun > _RECORD_SECONDS:
            break
    trainer.show()
    return strip.pack_strip("step", [str(step) for step in steps], steps, drawn)


def _figure(live: "LiveFigure") -> str:
    from gantheory.live import strip

    live.settle(120)
    others = [control.description for control in live.controls.values()]
    if live.stage.interactive:
        others.append("drawing in the picture")
    if len(live._rows) > 1:
        others.append("further controls")
    name = live.main
    if name is not None:
        most = min(101, int(_WORK_SECONDS / max(_cost(live, name), 1e-3)))
        if most >= _FEWEST:
            others.remove(live.controls[name].description)
            note = f"In the notebook: also {_listed(others)}. Here they stand still." if others else ""
            return _player(strip.render_strip(live, name=name, most=most), note, live.stage)
    elif (made := _of_choices(live)) is not None:
        others.remove(made.label)
        note = f"In the notebook: also {_listed(others)}. Here they stand still." if others else ""
        return _player(made, note, live.stage, chosen=True)
    if not others:
        return _still(live, "")
    return _still(live, f"In the notebook: {_listed(others)}. Here the picture stands still.")


def _of_choices(live: "LiveFigure") -> "Strip | None":
    """Take the picture of each option of a figure's first choice, as if a learner chose one after the other.

    None if it has no choice, if it has a slider, or if the options' work takes too long.
    """
    from gantheory.live import frames, strip

    name = next((n for n, c in live.controls.items() if isinstance(c, widgets.Dropdown)), None)
    if name is None or frames.sliders(live.controls) or len(live.controls[name].options) < 2:
        return None
    control = live.controls[name]
    start, begun, drawn = control.index, time.process_time(), []
    for i in range(len(control.options)):
        control.index = i
        if not live.settle(120) or time.process_time() - begun > _WORK_SECONDS:
            break
        drawn.append((Image.open(BytesIO(live.stage.frame)).convert("RGB"), live.stage.alt))
    control.index = start
    live.settle(120)
    if len(drawn) < len(control.options):
        return None
    return strip.pack_strip(
        control.description, control._options_labels, control._options_values, drawn, start=start
    )


def _cost(live: "LiveFigure", name: str) -> float:
    """Tell the seconds of processor time that a position of a slider takes."""
    from gantheory.live import frames

    values, _ = frames.stops(live.controls[name])
    # What the figure shows now may be remembered, and the first other one may be compiled.
    live.render(**{name: values[-1]})
    begun = time.process_time()
    live.render(**{name: values[0]})
    return time.process_time() - begun


def _trainer(trainer: "LiveTrainer") -> str:
    made = record(trainer)
    names = [control.description for control in trainer.controls.values()]
    if trainer.stage.interactive:
        names.append("drawing in the picture")
    note = f"A recorded run. In the notebook you run it yourself, and steer: {_listed(names)}."
    return _player(made, note, trainer.stage, plays=True)


def _still(panel: "Panel", note: str) -> str:
    from gantheory.live import frames

    picture = Image.open(BytesIO(panel.stage.frame)).convert("RGB")
    frame = frames.packed(picture, frames.common_palette([picture]))
    return (
        f'<div class="{_looks(panel.stage)}">'
        f"{_picture(_store(frame, 'png'), panel.stage.alt, panel.stage.width, panel.stage.height)}"
        + (f'<p class="gantheory-note mathjax_process">{_formulas(note)}</p>' if note else "")
        + "</div>"
    )


def _looks(stage: "Stage") -> str:
    """Name what a picture looks like: on a dark page, photographs stay as they are."""
    return "gantheory-player gantheory-photographic" if stage.photographic else "gantheory-player"


def _player(strip: "Strip", note: str, stage: "Stage", *, plays: bool = False, chosen: bool = False) -> str:
    strip = _fitted(strip)
    name = hashlib.sha256(b"".join(strip.frames)).hexdigest()[:16]
    data = {
        "positions": strip.positions,
        "alts": strip.alts,
        "frames": [base64.b64encode(frame).decode("ascii") for frame in strip.frames],
    }
    # A script, not JSON: a page that is opened from a disk may load scripts, but fetch nothing.
    script = f"gantheoryStrip({json.dumps(name)}, {json.dumps(data, ensure_ascii=False)});\n"
    _write(f"{name}.js", script.encode())
    first = _store(strip.frames[strip.start], "png")
    play = '<button type="button" class="gantheory-play">Start</button>' if plays else ""
    return (
        f'<gantheory-player class="{_looks(stage)}" data-strip="{name}" data-from="{_address(name + ".js")}">'
        f"{_picture(first, strip.alts[strip.start], strip.width, strip.height)}"
        f'<div class="gantheory-scrubber">{play}<label class="mathjax_process">'
        f"<span>{_formulas(strip.label)}</span>"
        f"{_select(strip) if chosen else _range(strip)}</label>"
        f'<span class="gantheory-readout" aria-hidden="true">'
        f"{'' if chosen else html.escape(strip.positions[strip.start])}</span></div>"
        + (f'<p class="gantheory-note mathjax_process">{_formulas(note)}</p>' if note else "")
        + "</gantheory-player>"
    )


def _range(strip: "Strip") -> str:
    return (
        f'<input type="range" min="0" max="{len(strip.frames) - 1}" value="{strip.start}" autocomplete="off" '
        f'aria-label="{html.escape(plain(strip.label))}" aria-valuetext="{html.escape(strip.positions[strip.start])}">'
    )


def _select(strip: "Strip") -> str:
    options = "".join(
        f'<option value="{i}"{" selected" if i == strip.start else ""}>{html.escape(words)}</option>'
        for i, words in enumerate(strip.positions)
    )
    return f'<select autocomplete="off" aria-label="{html.escape(plain(strip.label))}">{options}</select>'


def _fitted(strip: "Strip") -> "Strip":
    """Leave out positions until what the page loads stays below 3 MB."""
    from gantheory.live.frames import spread

    size = sum(len(frame) * 4 // 3 + len(alt) for frame, alt in zip(strip.frames, strip.alts, strict=True))
    if size <= _MOST_BYTES * 0.98:
        return strip
    kept = spread(len(strip.frames), strip.start, int(len(strip.frames) * _MOST_BYTES * 0.95 / size))
    columns = {
        name: tuple(getattr(strip, name)[i] for i in kept)
        for name in ("positions", "values", "frames", "alts")
    }
    return dataclasses.replace(strip, start=kept.index(strip.start), **columns)


def _question(asked: "Prediction") -> str:
    name = f"prediction-{hashlib.sha256(asked.question.encode()).hexdigest()[:12]}"
    rows, verdicts = [], []
    for i, option in enumerate(asked.choice.options):
        rows.append(
            f'<label><input type="radio" name="{name}" value="{i}" autocomplete="off"> '
            f"<span>{_formulas(option)}</span></label>"
        )
        verdicts.append(f'<div data-of="{i}" hidden>{_tex(asked.verdict_on(option))}</div>')
    right = next(i for i, option in enumerate(asked.choice.options) if asked.is_right(option))
    return (
        f'<gantheory-prediction class="gantheory-prediction mathjax_process" data-right="{right}"><fieldset>'
        f"<legend><b>{asked.lead}</b> {_formulas(asked.question)}</legend>{''.join(rows)}</fieldset>"
        f'<div class="gantheory-verdict" aria-live="polite">{"".join(verdicts)}</div></gantheory-prediction>'
    )


def _quiz(quiz: "Quiz") -> str:
    questions = "".join(_question(asked) for asked in quiz.questions)
    return f'<gantheory-quiz>{questions}<p class="gantheory-score" aria-live="polite"></p></gantheory-quiz>'


def _sketch(sketch: "Sketch") -> str:
    picture, about = sketch.blank()
    png = BytesIO()
    picture.quantize(64).save(png, "png", optimize=True)
    about = json.dumps(about).replace("<", "\\u003c")
    question = html.escape(str(sketch.stage.figure.axes[0].get_title()))
    return (
        '<gantheory-sketch class="gantheory-player gantheory-sketch"><div class="gantheory-paper">'
        f"{_image(_store(png.getvalue(), 'png'), sketch.stage.alt, *picture.size)}"
        f'<svg viewBox="0 0 {picture.width} {picture.height}" tabindex="0" role="application" aria-label="{question} '
        "Drag to draw your curve; or move the cursor by the arrow keys left and right, raise and lower the curve by up "
        'and down, and press Enter to see the truth."></svg></div><div class="gantheory-scrubber">'
        '<button type="button" data-does="truth">Show the truth</button>'
        '<button type="button" data-does="clear">Draw again</button>'
        '<span class="gantheory-said" aria-live="polite"></span></div>'
        f'<script type="application/json">{about}</script></gantheory-sketch>'
    )


def _picture(address: str, alt: str, width: int, height: int) -> str:
    """An image that a small screen can have in its full size."""
    return f"<gantheory-picture>{_image(address, alt, width, height)}</gantheory-picture>"


def _image(address: str, alt: str, width: int, height: int) -> str:
    return (
        f'<img src="{address}" alt="{html.escape(alt)}" width="{width}" height="{height}" '
        f'style="width:{width}px" draggable="false">'
    )


def _store(content: bytes, ending: str) -> str:
    return _write(f"{hashlib.sha256(content).hexdigest()[:16]}.{ending}", content)


def _write(name: str, content: bytes) -> str:
    goal = folder()
    goal.mkdir(parents=True, exist_ok=True)
    (goal / name).write_bytes(content)
    return _address(name)


def _address(name: str) -> str:
    """Tell a file's address for a page that lies beside the folder."""
    return f"{folder().name}/{name}"


_FORMULA = re.compile(r"\$([^$]+)\$")


def _tex(markup: str) -> str:
    return _FORMULA.sub(r"\\(\1\\)", markup)


def _formulas(text: str) -> str:
    """Set text as HTML; `$...$` becomes what the page's MathJax looks for."""
    return _tex(html.escape(str(text), quote=False))


def _listed(names: Sequence[str]) -> str:
    return ", ".join(name for name in names if name)
