"""The live figure: every value reaches the picture, the last one in particular."""

import threading

import pytest
from matplotlib.figure import Figure

from gantheory.live.controls import slider, switch
from gantheory.live.figure import LiveFigure
from gantheory.live.latest import Latest
from gantheory.live.stage import Stage


def make(update, work=None, **controls):
    figure = Figure(figsize=(2, 1))
    (line,) = figure.add_subplot(xlim=(0, 1), ylim=(0, 1)).plot([0, 1], [0, 0])

    def move(**values):
        line.set_ydata([0, values.get("height", 0)])
        return update(**values)

    controls = controls or {"height": slider("height", 0, 1, 0.5)}
    return LiveFigure(Stage(figure, [line]), move, controls, work=work)


@pytest.fixture
def opened():
    made = []

    def keep(*args, **kwargs):
        made.append(make(*args, **kwargs))
        return made[-1]

    yield keep
    for live in made:
        live.close()


def test_the_first_picture_stands_before_any_event(opened):
    live = opened(lambda height: f"height {height}")
    assert live.stage.alt == "height 0.5"
    assert live.values == {"height": 0.5}


def test_a_moved_control_is_drawn_in_its_own_callback(opened):
    threads = []

    def update(height):
        threads.append(threading.current_thread())
        return f"height {height}"

    live = opened(update)
    live._drawn_at = 0.0
    live.controls["height"].value = 0.75
    assert live.stage.alt == "height 0.75"
    assert threads == [threading.main_thread()] * 2


def test_a_flood_ends_on_the_last_value_and_skips_most(opened):
    drawn = []

    def update(height):
        drawn.append(height)
        return f"height {height:.3f}"

    live = opened(update, height=slider("height", 0, 1, 0.0, step=0.001))
    for i in range(1, 1001):
        live.controls["height"].value = i / 1000
    assert live.settle(60)
    assert live.stage.alt == "height 1.000"
    assert drawn[-1] == 1.0
    assert len(drawn) < 900
    assert drawn == sorted(drawn)


def test_two_controls_flooded_end_on_both_last_values(opened):
    live = opened(
        lambda height, on: f"{height:.2f} {on}", height=slider("height", 0, 1, 0.5), on=switch("on")
    )
    for i in range(50):
        live.controls["height"].value = i / 100
        live.controls["on"].value = i % 2 == 0
    assert live.settle(60)
    assert live.stage.alt == "0.49 False"


def test_slow_work_follows_for_the_newest_values_only(opened):
    gate, worked = threading.Event(), []

    def work(height):
        if worked:
            assert gate.wait(60)
        worked.append(height)
        return lambda: f"worked {height}"

    live = opened(lambda height: f"drawn {height}", work=work)
    assert live.stage.alt == "worked 0.5"
    for value in (0.1, 0.2, 0.3, 0.4):
        live._drawn_at = 0.0
        live.controls["height"].value = value
        assert live.stage.alt == f"drawn {value}"  # the quick picture does not wait for the work
    gate.set()
    assert live.settle(60)
    assert live.stage.alt == "worked 0.4"
    # The first, whichever was under way when the others came, and the newest.
    assert worked[0] == 0.5 and worked[-1] == 0.4 and len(worked) <= 3


def test_outdated_work_is_not_drawn(opened):
    started, gate = threading.Event(), threading.Event()

    def work(height):
        if height == 0.1:
            started.set()
            assert gate.wait(60)
        return lambda: f"worked {height}"

    live = opened(lambda height: f"drawn {height}", work=work)
    seen = []
    live.stage.observe(lambda change: seen.append(change["new"]), "alt")
    live._drawn_at = 0.0
    live.controls["height"].value = 0.1
    assert started.wait(60)
    live._drawn_at = 0.0
    live.controls["height"].value = 0.2
    gate.set()
    assert live.settle(60)
    assert live.stage.alt == "worked 0.2"
    assert "worked 0.1" not in seen


def test_an_error_is_told_under_the_figure_and_goes_with_the_next_picture(opened):
    def update(height):
        if height > 0.8:
            raise ValueError("height must be <low>")
        return "fine"

    live = opened(update)
    live._drawn_at = 0.0
    with pytest.raises(ValueError, match="low"):
        live.controls["height"].value = 0.9
    assert "ValueError: height must be &lt;low&gt;" in live.message.value
    assert live.message.layout.display == ""
    live._drawn_at = 0.0
    live.controls["height"].value = 0.2
    assert live.message.value == "" and live.message.layout.display == "none"


def test_an_error_in_slow_work_is_told_too(opened):
    def work(height):
        if height > 0.8:
            raise RuntimeError("too high")

    live = opened(lambda height: "drawn", work=work)
    live.controls["height"].value = 0.9
    assert live.settle(60)
    assert "RuntimeError: too high" in live.message.value


def test_a_closed_figure_works_no_more():
    calls = []
    live = make(lambda height: calls.append(height) or "x", work=lambda height: calls.append("work"))
    control = live.controls["height"]
    live.close()
    before = len(calls)
    control.value = 0.9
    assert live.settle(60)
    assert len(calls) == before
    assert live.stage.comm is None


def test_the_mime_bundle_shows_the_picture(opened):
    live = opened(lambda height: "words")
    data, _ = live._repr_mimebundle_()
    assert {"image/png", "text/plain", "application/vnd.jupyter.widget-view+json"} <= set(data)
    assert data["text/plain"] == "words"
    assert data["application/vnd.jupyter.widget-view+json"]["model_id"] == live.model_id


def test_latest_goes_on_after_an_error(monkeypatch):
    seen, raised, told = [], [], threading.Event()
    monkeypatch.setattr(threading, "excepthook", lambda args: (raised.append(args.exc_type), told.set()))

    def work(x):
        if x == 1:
            raise ArithmeticError
        seen.append(x)

    latest = Latest(work)
    latest.submit(1)
    assert latest.settle(60) and told.wait(60)
    assert raised == [ArithmeticError]
    latest.submit(2)
    assert latest.settle(60)
    assert seen == [2]
    latest.close()
    latest.submit(3)
    assert latest.settle(60)
    assert seen == [2]
