"""The widget to draw a prediction with: by hand, by pointer and by keys; then the truth over it."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from gantheory import plotting
from gantheory.live.sketch import Sketch


@pytest.fixture
def sketch():
    made = Sketch(
        np.abs,
        xlim=(-4, 4),
        ylim=(0, 4),
        question="Draw |x|.",
        xlabel="x",
        ylabel="y",
        known={"a half": (plotting.DATA, lambda x: np.full(x.shape, 0.5))},
    )
    yield made
    made.close()


def point(sketch, kind, x, y):
    at = sketch._ax.transData.transform((x, y))
    sketch.stage._receive(None, {"kind": kind, "x": float(at[0]), "y": float(at[1])}, [])


def press(sketch, *keys, shift=False):
    for key in keys:
        sketch.stage._receive(None, {"kind": "key", "key": key, "shift": shift}, [])


def pixels(sketch):
    return np.asarray(Image.open(BytesIO(sketch.stage.frame)))


def test_starts_empty_and_says_so(sketch):
    assert np.isnan(sketch.y).all()
    assert sketch.stage.interactive
    assert sketch.stage.alt == "Draw |x|. Nothing is drawn yet."
    assert sketch.said == ""


def test_a_drag_draws_every_place_it_passes(sketch):
    point(sketch, "press", -4, 4)
    point(sketch, "move", 0, 0)
    point(sketch, "move", 4, 4)
    point(sketch, "release", 4, 4)
    np.testing.assert_allclose(sketch.y, np.abs(np.linspace(-4, 4, 41)), atol=1e-9)
    assert "from x = -4 to 4" in sketch.stage.alt


def test_a_drag_to_the_left_draws_the_same_curve(sketch):
    for kind, x in (("press", 4), ("move", 0), ("move", -4)):
        point(sketch, kind, x, abs(x))
    np.testing.assert_allclose(sketch.y, np.abs(np.linspace(-4, 4, 41)), atol=1e-9)


def test_a_second_stroke_redraws_its_part_only_and_does_not_join_the_first(sketch):
    sketch.draw([-4, 4], [1, 1])
    point(sketch, "press", 1, 3)
    point(sketch, "move", 2, 3)
    point(sketch, "release", 2, 3)
    point(sketch, "press", 3, 2)
    x = np.linspace(-4, 4, 41)
    expected = np.where((x > 0.99) & (x < 2.01), 3.0, 1.0)
    expected[np.isclose(x, 3)] = 2
    np.testing.assert_allclose(sketch.y, expected, atol=1e-9)


def test_outside_the_axes_the_curve_keeps_to_them(sketch):
    point(sketch, "press", -9, 9)
    point(sketch, "move", 9, -9)
    y = sketch.y
    assert y[0] == 4
    assert y[-1] == 0


def test_keys_draw_too(sketch):
    press(sketch, "Home", *["ArrowUp"] * 20)  # from the middle, 2, by a fortieth of the height a key
    press(sketch, *["ArrowRight"] * 20)
    press(sketch, "ArrowDown", shift=True)
    assert "height" in sketch.stage.alt
    assert sketch.y[0] == pytest.approx(4)
    assert sketch.y[20] == pytest.approx(3.6)
    assert sketch.y[10] == pytest.approx(3.8)
    assert np.isnan(sketch.y[21:]).all()
    press(sketch, "Enter")
    assert "where you drew it" in sketch.said


def test_shift_and_the_ends_move_the_cursor(sketch):
    press(sketch, "End", "ArrowUp", "ArrowRight", "ArrowUp")
    press(sketch, "ArrowLeft", shift=True)
    press(sketch, "ArrowUp")
    drawn = np.flatnonzero(~np.isnan(sketch._placed))
    assert drawn.tolist() == [35, 40]


def test_no_truth_before_there_is_a_curve(sketch):
    before = pixels(sketch)
    sketch.buttons["truth"].click()
    assert sketch.said.startswith("Draw your curve first")
    assert "Draw your curve first" in sketch.stage.alt
    point(sketch, "press", 0, 1)
    assert sketch.said == ""
    sketch.show_truth()
    assert sketch.said.startswith("Draw your curve first")  # one place is no curve
    assert (pixels(sketch) != before).any()


@pytest.mark.parametrize(
    ("y", "verdict"), [(0.0, "That is it."), (0.2, "Close."), (0.5, "Not quite."), (2.0, "Far off.")]
)
def test_the_verdict_goes_with_the_mean_distance(sketch, y, verdict):
    sketch.draw([0, 2], [y, 2 + y])
    sketch.show_truth()
    assert sketch.said.startswith(verdict)
    assert f"misses by {y:.2f} on average where you drew it" in sketch.said


def test_the_place_of_the_largest_error_is_named(sketch):
    sketch.draw([-4, 0, 4], [4, 0, 0])
    sketch.show_truth()
    # The mean over [-4, 4] of x on its right half is 1.
    assert sketch.said == "Far off. Your curve misses by 1.00 on average, most at x = 4 (by 4.00)."
    assert sketch.said in sketch.stage.alt
    assert sketch.said in sketch.verdict.value


def test_the_truth_shows_in_the_picture_and_ends_the_drawing(sketch):
    sketch.draw([-4, 4], [1, 1])
    before, drawn = pixels(sketch), sketch.y
    sketch.buttons["truth"].click()
    assert (pixels(sketch) != before).any()
    point(sketch, "press", 0, 4)
    press(sketch, "Home", "ArrowUp")
    np.testing.assert_array_equal(sketch.y, drawn)


def test_draw_again_wipes_everything(sketch):
    empty = pixels(sketch)
    sketch.draw([-4, 4], [1, 1])
    sketch.show_truth()
    sketch.buttons["clear"].click()
    assert np.isnan(sketch.y).all()
    assert sketch.said == ""
    np.testing.assert_array_equal(pixels(sketch), empty)


@pytest.mark.parametrize("wrong", [{"xlim": (1, 1)}, {"ylim": (2, 0)}, {"num_places": 1}])
def test_bad_axes_are_refused(wrong):
    arguments = {"xlim": (0, 1), "ylim": (0, 1), "question": "?", "xlabel": "x", "ylabel": "y"} | wrong
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Sketch(np.abs, **arguments)
