"""Strips: what is rendered ahead is what moving the control would have shown, and nobody notices that it was."""

from io import BytesIO

import ipywidgets as widgets
import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from gantheory.live import strip as strips
from gantheory.live.controls import choice, slider, stops_slider, whole_slider
from gantheory.live.figure import LiveFigure
from gantheory.live.stage import Stage
from gantheory.live.strip import render_strip


@pytest.fixture
def opened():
    made = []

    def make(controls=None, work=None, update=None, main=None):
        figure = Figure(figsize=(3, 2))
        ax = figure.add_subplot(xlim=(0, 1), ylim=(0, 1))
        (line,) = ax.plot([0, 1], [0, 0], color="C1", lw=4)
        (worked,) = ax.plot([], [], "o", color="C2", ms=9)

        def move(height, **others):
            line.set_ydata([0, height])
            if update is not None:
                update(height, **others)
            return " ".join([f"height {height:.2f}", *map(str, others.values())])

        def do_work(height, **_):
            def show():
                worked.set_data([0.5], [height])
                return f"worked {height:.2f}"

            return show

        controls = controls or {"height": slider("height $h$", 0, 1, 0.5, step=0.1)}
        stage = Stage(figure, [line, worked])
        made.append(LiveFigure(stage, move, controls, work=do_work if work else None, main=main))
        return made[-1]

    yield make
    for live in made:
        live.close()


def pixels(png):
    return np.asarray(Image.open(BytesIO(png)).convert("RGB")).astype(int)


def moved(live, name, value):
    """Move a control as a learner would; return the picture and its words."""
    live._drawn_at = 0.0
    live.controls[name].value = value
    assert live.settle(60)
    return pixels(live.stage.frame), live.stage.alt


@pytest.mark.parametrize("work", [False, True])
def test_what_is_rendered_ahead_is_what_moving_the_control_shows(opened, work):
    live = opened(work=work)
    ahead = {value: live.render(height=value) for value in (0.0, 0.3, 1.0)}
    assert len({picture.tobytes() for picture, _ in ahead.values()}) == 3
    for value, (picture, alt) in ahead.items():
        shown, words = moved(live, "height", value)
        assert (np.asarray(picture) == shown).all()
        assert alt == words == f"{'worked' if work else 'height'} {value:.2f}"


@pytest.mark.parametrize("work", [False, True])
def test_the_figure_stands_at_its_old_values_afterwards(opened, work):
    live = opened(work=work)
    frame, serial, alt = live.stage.frame, live.stage.serial, live.stage.alt
    render_strip(live)
    assert (live.stage.frame, live.stage.serial, live.stage.alt) == (frame, serial, alt)
    assert live.values == {"height": 0.5}
    live.stage.draw()  # the artists too
    assert live.stage.frame == frame


def test_frames_are_the_pictures_in_few_colours(opened):
    live = opened()
    strip = render_strip(live)
    assert strip.values == tuple(round(0.1 * i, 12) for i in range(11))
    assert strip.positions[3] == "0.30" and strip.label == "height $h$" and strip.start == 5
    assert strip.alts[10] == "height 1.00"
    assert (strip.width, strip.height) == (300, 200)
    for value, frame in zip(strip.values, strip.frames, strict=True):
        few = Image.open(BytesIO(frame))
        assert few.mode == "P" and len(few.getcolors()) <= 64
        exact, _ = moved(live, "height", value)
        off = abs(pixels(frame) - exact)
        assert (off > 40).mean() < 1e-3 and off.mean() < 0.3
        # White stays white: else the picture would flicker when the exact one follows.
        assert (pixels(frame)[(exact == 255).all(axis=2)] == 255).all()


def test_a_picture_of_other_colours_gets_a_palette_of_its_own():
    grey = Image.new("RGB", (40, 40), (200, 200, 200))
    palette = strips.common_palette([grey])
    green = Image.new("RGB", (40, 40), (0, 255, 0))
    assert (pixels(strips.packed(green, palette)) == (0, 255, 0)).all()
    assert (pixels(strips.packed(grey, palette)) == 200).all()


def test_a_few_points_keep_their_colour_among_many_shades():
    blue, rng = (0, 114, 178), np.random.default_rng(0)
    # Shades of orange, green, purple and grey, as of a heat map, of points over it, and of images.
    ends = np.array([(213, 94, 0), (0, 158, 115), (204, 121, 167), (0, 0, 0)])[rng.integers(0, 4, (200, 300))]
    shown = (255 + (ends - 255) * rng.random((200, 300, 1))).astype(np.uint8)
    shown[90:93, 90:93] = blue
    picture = Image.fromarray(shown)
    palette = strips.common_palette([picture] * 3)
    off = pixels(strips.packed(picture, palette))[90:93, 90:93] - np.array(blue)
    assert np.abs(off).max() <= 20


def test_the_first_slider_is_the_main_one(opened):
    live = opened({"kind": choice("kind", ["a", "b"]), "height": slider("h", 0, 1, 0.5)})
    assert live.main == "height"
    assert opened({"height": choice("h", [0.1, 0.2])}).main is None


def test_another_slider_may_be_the_main_one(opened):
    controls = {
        "kind": choice("kind", ["a", "b"]),
        "height": slider("h", 0, 1, 0.5),
        "other": slider("o", 0, 1, 0.2),
    }
    live = opened(controls, main="other")
    assert live.main == "other" and live.stage.scrubs["main"]["id"] == controls["other"].model_id
    assert render_strip(live, most=2).label == "o"
    with pytest.raises(ValueError, match=r"^main must be one of height, other, got 'kind'"):
        opened(controls, main="kind")


def test_a_figure_without_a_slider_is_refused_in_a_sentence(opened):
    with pytest.raises(ValueError, match="live must be a figure with a slider"):
        render_strip(opened({"height": choice("h", [0.1, 0.2])}))
    with pytest.raises(ValueError, match="name"):
        render_strip(opened(), name="depth")
    with pytest.raises(ValueError, match="most"):
        render_strip(opened(), most=1)


def test_another_control_keeps_its_value(opened):
    live = opened({"height": slider("h", 0, 1, 0.5), "many": whole_slider("n", 1, 9, 4)})
    assert render_strip(live, most=3).alts == ("height 0.00 4", "height 0.50 4", "height 1.00 4")
    many = render_strip(live, name="many")
    assert many.values == tuple(range(1, 10)) and many.positions == tuple("123456789") and many.start == 3
    assert many.alts[8] == "height 0.50 9"


def test_stops_of_a_selection_slider():
    values, words = strips.stops(stops_slider("n", [8, 64, 512], 64))
    assert (values, words) == ([8, 64, 512], ["8", "64", "512"])
    values, words = strips.stops(widgets.SelectionSlider(options=["low", "high"]))
    assert (values, words) == (["low", "high"], ["low", "high"])


def test_fewer_positions_than_stops(opened):
    live = opened({"height": slider("h", 0, 1, 0.333, step=0.001)})
    strip = render_strip(live, most=11)
    assert len(strip.frames) == 11
    assert strip.values[0] == 0 and strip.values[-1] == 1
    assert strip.values[strip.start] == 0.333
    assert np.diff(strip.values).max() < 0.15


@pytest.mark.parametrize(
    ("count", "start", "most"), [(5, 2, 9), (1001, 400, 101), (10, 4, 3), (10, 9, 2), (3, 1, 2)]
)
def test_spread_has_both_ends_and_the_start(count, start, most):
    chosen = strips.spread(count, start, most)
    assert chosen == sorted(set(chosen)) and len(chosen) <= max(most, 3)
    assert {0, start, count - 1} <= set(chosen) or most == 2
    assert start in chosen


def test_a_strip_is_small(opened, monkeypatch):
    live = opened()
    whole = render_strip(live)
    monkeypatch.setattr(strips, "_MOST_BYTES", sum(map(len, whole.frames)) // 2)
    half = render_strip(live)
    assert sum(map(len, half.frames)) <= strips._MOST_BYTES
    assert len(half.frames) == len(half.alts) == len(half.values) == len(half.positions) >= 4
    assert half.values[half.start] == 0.5 and half.values[0] == 0 and half.values[-1] == 1
    assert set(half.frames) <= set(whole.frames)
