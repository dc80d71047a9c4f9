"""The stage: what is drawn, what is sent, whom it waits for."""

import base64
import threading
import time
from io import BytesIO

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from gantheory.live.stage import Stage


@pytest.fixture
def scene():
    figure = Figure(figsize=(3, 2), dpi=100, layout="constrained")
    ax = figure.add_subplot(xlim=(0, 1), ylim=(0, 1))
    (still,) = ax.plot([0, 1], [0.9, 0.9], color="blue", lw=4)
    (line,) = ax.plot([0, 1], [0.1, 0.1], color="red", lw=4)
    stage = Stage(figure, [line], alt="low")
    yield stage, ax, line, still
    stage.close()


def pixels(stage):
    return np.asarray(Image.open(BytesIO(stage.frame)).convert("RGB")).astype(int)


def rows_of(picture, color):
    """List the rows of a picture in which a colour stands."""
    return np.flatnonzero((abs(picture - np.array(color)).sum(axis=2) < 40).any(axis=1))


def test_first_picture_has_still_and_moving_parts(scene):
    stage, *_ = scene
    picture = pixels(stage)
    assert picture.shape == (200, 300, 3) == (stage.height, stage.width, 3)
    red, blue = rows_of(picture, (255, 0, 0)), rows_of(picture, (0, 0, 255))
    assert red.size and blue.size
    assert red.min() > blue.max()  # the red line lies lower
    assert (stage.alt, stage.serial) == ("low", 1)


def test_draw_moves_what_moves_and_leaves_no_ghost(scene):
    stage, _, line, _ = scene
    before = rows_of(pixels(stage), (255, 0, 0))

    def raise_it():
        line.set_ydata([0.5, 0.5])
        return "middle"

    stage.draw(raise_it)
    after = rows_of(pixels(stage), (255, 0, 0))
    assert after.max() < before.min()
    assert (stage.alt, stage.serial) == ("middle", 2)


def test_blitting_equals_drawing_everything_anew(scene):
    stage, _, line, _ = scene
    stage.draw(lambda: line.set_ydata([0.3, 0.7]))
    blitted = pixels(stage)
    figure = Figure(figsize=(3, 2), dpi=100, layout="constrained")
    ax = figure.add_subplot(xlim=(0, 1), ylim=(0, 1))
    ax.plot([0, 1], [0.9, 0.9], color="blue", lw=4)
    ax.plot([0, 1], [0.3, 0.7], color="red", lw=4)
    whole = BytesIO()
    figure.savefig(whole, format="png")
    fresh = np.asarray(Image.open(whole).convert("RGB")).astype(int)
    # Only where the two lines and the frame's spines lie over each other may the order of drawing differ.
    assert (abs(blitted - fresh).sum(axis=2) > 30).mean() < 0.005


def test_changed_still_parts_are_drawn_anew(scene):
    stage, ax, _, still = scene
    stage.draw(lambda: still.set_ydata([0.5, 0.5]))
    assert rows_of(pixels(stage), (0, 0, 255)).mean() > 60
    before = pixels(stage)
    stage.draw(lambda: ax.set_xlim(0, 2) and None)
    assert (pixels(stage) != before).any()


def test_moving_parts_do_not_redraw_still_ones(scene, monkeypatch):
    stage, _, line, _ = scene
    drawn = []
    monkeypatch.setattr(stage._canvas, "draw", lambda: drawn.append(1))
    stage.draw(lambda: line.set_ydata([0.2, 0.3]))
    stage.draw(lambda: line.set_color("green"))
    assert drawn == []


def test_a_moving_legend_does_not_redraw_still_parts(monkeypatch):
    figure = Figure(figsize=(3, 2), layout="constrained")
    ax = figure.add_subplot()
    (line,) = ax.plot([0, 1], [0, 1], label="a line")
    stage = Stage(figure, [line, ax.legend()])
    stage.draw()
    drawn = []
    monkeypatch.setattr(stage._canvas, "draw", lambda: drawn.append(1))
    stage.draw(lambda: line.set_ydata([1, 0]))
    assert drawn == []


def test_axes_stay_where_they_are_when_labels_grow():
    figure = Figure(figsize=(3, 2), layout="constrained")
    ax = figure.add_subplot(ylim=(0, 1), ylabel="height")
    stage = Stage(figure, [])
    before = ax.get_position().bounds
    stage.draw(lambda: ax.set_ylim(0, 1e5) and None)
    assert ax.get_position().bounds == before
    assert before[0] > 0.15  # the layout did fit itself to the labels


def test_an_error_keeps_the_old_picture(scene):
    stage, *_ = scene
    before = stage.frame

    def fail():
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        stage.draw(fail)
    assert (stage.frame, stage.alt, stage.serial) == (before, "low", 1)
    stage.draw(lambda: "on")
    assert stage.serial == 2


def test_none_keeps_the_words(scene):
    stage, *_ = scene
    stage.draw()
    assert (stage.alt, stage.serial) == ("low", 2)


def test_the_mime_bundle_carries_widget_picture_and_words(scene):
    stage, *_ = scene
    data, _ = stage._repr_mimebundle_()
    assert base64.b64decode(data["image/png"]) == stage.frame
    assert data["text/plain"] == "low"
    assert data["application/vnd.jupyter.widget-view+json"]["model_id"] == stage.model_id


def test_without_a_page_nobody_is_waited_for(scene):
    stage, *_ = scene
    start = time.monotonic()
    assert not stage.wait(30)
    assert time.monotonic() - start < 10


def test_wait_ends_when_the_page_has_shown_the_newest(scene):
    stage, *_ = scene
    stage._receive(stage, {"kind": "opened", "view": "a"}, [])
    stage.draw()
    answers = []
    waiting = threading.Thread(target=lambda: answers.append(stage.wait(60)))
    waiting.start()
    stage._receive(stage, {"kind": "shown", "serial": 1}, [])
    waiting.join(0.2)
    assert waiting.is_alive()  # an older picture is not enough
    stage._receive(stage, {"kind": "shown", "serial": 2}, [])
    waiting.join(60)
    assert answers == [True]


def test_wait_gives_up_on_a_silent_page(scene):
    stage, *_ = scene
    stage._receive(stage, {"kind": "opened", "view": "a"}, [])
    stage.draw()
    assert not stage.wait(0.01)


def test_gone_is_told_when_the_last_view_goes(scene):
    stage, *_ = scene
    told = []
    stage.on_gone(lambda: told.append(1))
    for view in "ab":
        stage._receive(stage, {"kind": "opened", "view": view}, [])
    assert stage.views == 2
    stage._receive(stage, {"kind": "gone", "view": "a"}, [])
    assert told == []
    stage._receive(stage, {"kind": "gone", "view": "b"}, [])
    assert told == [1]


def test_events_come_only_while_interactive(scene):
    stage, *_ = scene
    events = []
    stage.on_event(events.append)
    press = {"kind": "press", "x": 3.0, "y": 4.0}
    stage._receive(stage, press, [])
    assert events == []
    stage.interactive = True
    stage._receive(stage, press, [])
    assert events == [press]


def test_many_threads_may_draw_on_several_stages():
    """Formulas go through matplotlib's shared parser: an error or a mixed picture shows that two draws met."""
    stages, notes, errors = [], [], []
    for _ in range(3):
        figure = Figure(figsize=(2, 1))
        notes.append(figure.add_subplot().text(0.1, 0.5, ""))
        stages.append(Stage(figure, [notes[-1]]))

    def work(which):
        try:
            for i in range(20):
                stages[which].draw(
                    lambda i=i: notes[which].set_text(f"$x_{{{i}}}^{which} + \\frac{{1}}{{{i + 1}}}$")
                )
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(i % 3,)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert errors == []
    assert [stage.serial for stage in stages] == [41, 41, 41]
