"""Rendering ahead: only for a page that asks, only while it is quiet, and never beyond what it was rendered for."""

import threading
import time
from io import BytesIO

import ipywidgets as widgets
import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from gantheory.live import ahead
from gantheory.live.ahead import page_value
from gantheory.live.controls import choice, slider, stops_slider, switch
from gantheory.live.figure import LiveFigure
from gantheory.live.latest import Latest
from gantheory.live.stage import Stage


class Page:
    """What a page would hear of a figure, and the questions it asks."""

    def __init__(self, live):
        self.live, self.batches = live, []
        live.stage.send = lambda content, buffers=None: self.batches.append((content, buffers))
        self.say(kind="opened", view="a")

    def say(self, **content):
        self.live.stage._receive(self.live.stage, content, [])

    def ask(self):
        self.say(kind="ahead")
        assert self.live._ahead.settle(120)

    @property
    def strip(self):
        """The pictures of the newest generation that was sent, by the slider's value."""
        newest = self.batches[-1][0]["generation"]
        return {
            at: (picture, alt)
            for content, buffers in self.batches
            if content["generation"] == newest
            for at, alt, picture in zip(content["places"], content["alts"], buffers, strict=True)
        }


@pytest.fixture
def opened():
    made = []

    def make(controls=None, work=None, update=None, kind=LiveFigure):
        figure = Figure(figsize=(2, 1))
        (line,) = figure.add_subplot(xlim=(0, 1), ylim=(0, 1)).plot([0, 1], [0, 0], lw=4)

        def move(height, **others):
            if update is not None:
                update(height, **others)
            line.set_ydata([0, height])
            return " ".join([f"height {height:.2f}", *map(str, others.values())])

        controls = controls or {"height": slider("height", 0, 1, 0.5, step=0.1)}
        made.append(kind(Stage(figure, [line], interactive=True), move, controls, work=work))
        return made[-1]

    yield make
    for live in made:
        live.close()


def pixels(png):
    return np.asarray(Image.open(BytesIO(png)).convert("RGB")).astype(int)


def move(live, **values):
    for name, value in values.items():
        live._drawn_at = 0.0
        live.controls[name].value = value
    assert live.settle(60)


def test_a_page_that_asks_gets_the_picture_of_every_position(opened):
    live = opened()
    page = Page(live)
    serial = live.stage.serial
    page.ask()
    assert sorted(page.strip) == [round(0.1 * i, 12) for i in range(11)]
    assert live.stage.serial == serial and live.stage.alt == "height 0.50"
    for value, (picture, alt) in page.strip.items():
        move(live, height=value)
        assert live.stage.alt == alt == f"height {value:.2f}"
        off = abs(pixels(picture) - pixels(live.stage.frame))
        assert off.mean() < 0.5
        assert live.stage.at == value


def test_nothing_is_rendered_where_no_page_asks(opened, monkeypatch):
    live = opened()
    rendered = []
    monkeypatch.setattr(live.stage, "render", lambda *_: rendered.append(1))
    move(live, height=0.7)
    live.refresh()
    time.sleep(3 * ahead._LOOK_SECONDS)
    assert rendered == [] and live._ahead.settle(0)
    # The question of a view that is gone already.
    live.stage._receive(live.stage, {"kind": "ahead"}, [])
    assert live._ahead.settle(60)
    assert rendered == []


def test_only_the_main_slider_keeps_the_generation(opened):
    live = opened({"height": slider("h", 0, 1, 0.5, step=0.1), "on": switch("on")})
    generations = [live.stage.generation]

    def after(change):
        change()
        generations.append(live.stage.generation)
        return generations[-1] - generations[-2]

    assert after(lambda: move(live, height=0.7)) == 0
    assert after(lambda: move(live, on=True)) == 1
    assert after(lambda: move(live, height=0.2)) == 0
    assert after(live.refresh) == 1
    assert after(live.stage.draw) == 1
    press = {"kind": "press", "x": 1.0, "y": 1.0}
    assert after(lambda: live.stage._receive(live.stage, press, [])) == 1


def test_a_strip_says_what_it_was_rendered_for(opened):
    live = opened(
        {"kind": choice("kind", ["a", "b"]), "height": slider("h", 0, 1, 0.5, step=0.1), "on": switch("on")},
        update=lambda height, kind, on: None,
    )
    live._update = lambda kind, height, on: f"{kind} {height:.1f} {on}"
    move(live, kind="b", on=True)
    page = Page(live)
    page.ask()
    assert live.stage.scrubs["main"] == {"id": live.controls["height"].model_id, "key": "value"}
    assert [other["key"] for other in live.stage.scrubs["others"]] == ["index", "value"]
    content, _ = page.batches[-1]
    assert content["others"] == [1, True]
    assert content["generation"] == live.stage.generation
    assert page.strip[0.3][1] == "b 0.3 True"


def test_what_was_outdated_while_it_was_rendered_is_not_sent(opened):
    live = opened()

    def interfere(height):
        if height != 0.5 and live.stage.generation == generation:
            live.stage.outdate()

    generation = live.stage.generation
    inner = live._update
    live._update = lambda height: interfere(height) or inner(height)
    page = Page(live)
    page.ask()
    assert page.batches == []
    page.ask()  # for the new generation
    assert len(page.strip) == 11


def test_it_gives_way_to_pictures_of_any_stage(opened):
    live, other = opened(), opened()
    page = Page(live)
    calm = threading.Event()

    def draw():
        while not calm.wait(ahead._QUIET_SECONDS / 4):
            other.stage.draw()

    drawing = threading.Thread(target=draw)
    drawing.start()
    page.say(kind="ahead")
    time.sleep(5 * ahead._LOOK_SECONDS)
    assert page.batches == [] and not live._ahead.settle(0)
    calm.set()
    drawing.join(60)
    assert live._ahead.settle(120)
    assert len(page.strip) == 11


def test_the_locks_are_free_between_two_pictures(opened):
    live, other = opened(), opened()
    page = Page(live)
    inner, drawn, waiting = live._update, [], []

    def update(height):
        if len(drawn) < 3 and not waiting:
            # Somebody asks while a picture is being rendered: it must have its turn before the last one.
            waiting.append(threading.Thread(target=lambda: drawn.append(other.stage.draw())))
            waiting[0].start()
        seen.append((height, len(drawn)))
        return inner(height)

    seen = []
    live._update = update
    page.ask()
    waiting[0].join(60)
    assert seen[0][1] == 0 and seen[-1][1] == 1
    assert len(page.strip) == 11


def test_while_the_page_answers_the_kernel_waits_for_rest(opened):
    live = opened()
    page = Page(live)
    page.ask()
    serial = live.stage.serial
    for value in (0.1, 0.2, 0.3, 0.4, 0.9):
        live.controls["height"].value = value
    assert live.settle(60)
    assert live.stage.alt == "height 0.90" and live.stage.at == 0.9
    assert live.stage.serial - serial <= 2
    # A page that was loaded anew has nothing: the slider is answered in its callback again.
    live._ahead._asked()
    live._drawn_at = 0.0
    live.controls["height"].value = 0.3
    assert live.stage.alt == "height 0.30"
    assert live._ahead.settle(60)


def test_slow_work_has_no_strip_and_quick_work_is_shown_done(opened):
    def work(height):
        time.sleep(0.05)
        return lambda: "worked"

    live = opened(work=work)
    page = Page(live)
    page.say(kind="ahead")
    time.sleep(5 * ahead._LOOK_SECONDS)
    assert page.batches == []
    live.close()
    assert live._ahead.settle(60)

    live = opened(work=lambda height: lambda: f"worked {height:.2f}")
    page = Page(live)
    page.ask()
    assert page.strip[0.3][1] == "worked 0.30"
    generation = live.stage.generation
    move(live, height=0.3)
    # Work that arrives is what was promised, not something new.
    assert (live.stage.generation, live.stage.at, live.stage.alt) == (generation, 0.3, "worked 0.30")


def test_a_picture_whose_work_is_under_way_is_not_the_final_one(opened):
    gate = threading.Event()

    def work(height):
        assert gate.wait(60)

    gate.set()
    live = opened(work=work)
    assert live.stage.at == 0.5  # nothing to draw: the picture is final as it is
    gate.clear()
    live._drawn_at = 0.0
    live.controls["height"].value = 0.7
    assert live.stage.alt == "height 0.70" and live.stage.at is None
    gate.set()
    assert live.settle(60)
    assert live.stage.at == 0.7


def test_a_far_too_slow_figure_is_left_alone(opened, monkeypatch):
    monkeypatch.setattr(ahead, "_FAR_TOO_SLOW_SECONDS", 0.02)
    seen = []
    live = opened(update=lambda height: (seen.append(height), time.sleep(0.03)))
    page = Page(live)
    for most in (6, 0):
        seen.clear()
        page.ask()
        assert page.batches == [] and len(set(seen)) <= most


def test_one_slow_picture_is_no_reason_to_give_up(opened, monkeypatch):
    monkeypatch.setattr(ahead, "_FAR_TOO_SLOW_SECONDS", 0.3)
    live = opened(update=lambda height: time.sleep(0.4 * (height == 0.3)))
    page = Page(live)
    page.ask()
    assert len(page.strip) == 11


def test_an_error_ahead_disturbs_nobody(opened):
    def update(height):
        if height > 0.8:
            raise ValueError("too high")

    live = opened(update=update)
    page = Page(live)
    page.ask()
    assert page.batches == [] and live.message.value == ""
    move(live, height=0.3)
    assert live.stage.alt == "height 0.30"


def test_closing_ends_it_and_frees_it(opened):
    live = opened()
    page = Page(live)
    inner, started = live._update, threading.Event()

    def update(height):
        started.set()
        return inner(height)

    live._update = update
    page.say(kind="ahead")
    assert started.wait(60)
    live.close()
    assert live._ahead.settle(60)
    sent = len(page.batches)
    page.say(kind="ahead")
    assert live._ahead.settle(60) and len(page.batches) == sent
    assert not [
        thread for thread in threading.enumerate() if thread.name == "gantheory-latest" and thread.is_alive()
    ]
    # Nothing holds pictures when all are sent.
    assert not [
        value for value in vars(live._ahead).values() if isinstance(value, (bytes, list, Image.Image))
    ]


def test_a_figure_that_remembers_is_not_rendered_ahead(opened):
    class Remembers(LiveFigure):
        ahead = False

    live = opened(kind=Remembers)
    assert live.stage.scrubs == {}
    generation = live.stage.generation
    move(live, height=0.7)
    assert live.stage.alt == "height 0.70" and live.stage.at is None
    assert live.stage.generation > generation


def test_the_page_knows_choices_by_their_place():
    assert page_value(stops_slider("n", [8, 64], 64), 64) == ("index", 1)
    assert page_value(choice("k", [("one", 1), ("two", 2)]), 2) == ("index", 1)
    assert page_value(widgets.RadioButtons(options=["a"], value=None), None) == ("index", None)
    assert page_value(widgets.SelectMultiple(options=["a", "b", "c"]), ("a", "c")) == ("index", [0, 2])
    assert page_value(slider("x", 0, 1, 0.5), 0.5) == ("value", 0.5)


@pytest.mark.parametrize("count", [2, 6, 7, 40, 101])
def test_every_beginning_is_spread_over_all_places(count):
    order = ahead._coarse_to_fine(list(range(count)))
    assert sorted(order) == list(range(count))
    for beginning in (7, 20, 33):
        if beginning < count:
            places = sorted(order[:beginning])
            assert places[0] == 0 and places[-1] == count - 1
            assert np.diff(places).max() <= max(2, 2.5 * count / beginning)


def test_latest_tells_when_newer_arguments_come():
    answers, started = [], threading.Event()

    def work(seconds):
        started.set()
        answers.append(latest.wait_for_newer(seconds))

    latest = Latest(work)
    latest.submit(60)
    assert started.wait(60)
    latest.submit(0.0)
    assert latest.settle(60)
    assert answers == [True, False]
    started.clear()
    latest.submit(60)
    assert started.wait(60)
    latest.close()
    assert latest.settle(60)
    assert answers[-1] is True
