"""Controls: values lie on their stops, wrong ranges are refused."""

import numpy as np
import pytest

from gantheory.live.controls import button, choice, slider, stops_slider, switch, whole_slider


@pytest.mark.parametrize(
    ("low", "high", "value"),
    [(-3, 3, 1.0), (0.5, 2, 1.0), (0, 1, 0.37), (-4, 4, 0.15), (0, 6, 3), (0, 90, 45)],
)
def test_a_slider_holds_its_value_on_its_grid(low, high, value):
    made = slider("a", low, high, value)
    assert made.value == value
    for x in (value, high):
        stops = (x - low) / made.step
        assert abs(stops - round(stops)) < 1e-6
    assert 50 <= (high - low) / made.step <= 500


def test_a_slider_keeps_a_given_step():
    assert slider("a", 0, 1, 0.5, step=0.25).step == 0.25


def test_a_log_slider_has_round_stops_at_about_equal_ratios():
    made = slider("n", 1e-4, 0.1, 2e-3, log=True)
    stops = np.array([stop for _, stop in made.options])
    assert made.value == 2e-3
    assert stops[0] == 1e-4 and stops[-1] == 0.1
    ratios = stops[1:] / stops[:-1]
    assert ratios.min() > 1.15 and ratios.max() < 1.4
    assert made.options[0][0] == "0.0001"


def test_an_odd_value_is_among_the_stops_of_a_log_slider():
    assert slider("n", 1, 100, 7, log=True).value == 7


def test_sliders_report_while_dragged():
    assert slider("a", 0, 1, 0).continuous_update
    assert slider("a", 1, 10, 1, log=True).continuous_update
    assert whole_slider("a", 0, 5, 0).continuous_update


@pytest.mark.parametrize("make", [slider, whole_slider])
@pytest.mark.parametrize(
    ("bounds", "sentence"),
    [
        ((3, -3, 1), r"minimum must be below maximum -3, got 3\."),
        ((1, 1, 1), r"minimum must be below maximum 1, got 1\."),
        ((0, 1, 2), r"value must be a finite number at least 0 and at most 1, got 2\.0\."),
    ],
)
def test_wrong_ranges_are_refused(make, bounds, sentence):
    with pytest.raises(ValueError, match=sentence):
        make("a", *bounds)


def test_other_wrong_numbers_are_refused():
    with pytest.raises(ValueError, match=r"minimum must be a finite number above 0, got 0\.0\."):
        slider("a", 0, 1, 0.5, log=True)
    with pytest.raises(ValueError, match=r"step must be a finite number above 0, got -1\.0\."):
        slider("a", 0, 1, 0.5, step=-1)
    with pytest.raises(ValueError, match=r"maximum must be a finite number, got nan\."):
        slider("a", 0, float("nan"), 0.5)
    with pytest.raises(TypeError, match=r"value must be a whole number, got 0\.5\."):
        whole_slider("a", 0, 1, 0.5)
    with pytest.raises(TypeError, match=r"step must be a whole number"):
        whole_slider("a", 0, 1, 0, step=0.5)


def test_a_choice_takes_pairs_and_refuses_strangers():
    made = choice("loss", [("minimax", 1), ("hinge", 2)], 2)
    assert (made.value, made.label) == (2, "hinge")
    assert choice("loss", ["a", "b"]).value == "a"
    with pytest.raises(ValueError, match=r"value must be one of a, b, got 'c'\."):
        choice("loss", ["a", "b"], "c")
    with pytest.raises(ValueError, match=r"options must be a non-empty sequence, got none\."):
        choice("loss", [])


def test_a_switch_and_a_button():
    assert switch("freeze D", True).value is True
    pressed = []
    made = button("Reset", lambda: pressed.append(1), hint="Back to step 0")
    made.click()
    assert pressed == [1]
    assert made.tooltip == "Back to step 0"


def test_a_slider_of_stops_has_those_stops():
    made = stops_slider("n", [8, 64, 512], 64)
    assert made.value == 64
    assert made.options == (("8", 8), ("64", 64), ("512", 512))
    with pytest.raises(ValueError, match=r"value must be one of 8, 64, 512, got 9\."):
        stops_slider("n", [8, 64, 512], 9)
    for stops in ([], [3, 2], [1, 1]):
        with pytest.raises(ValueError, match="stops must be a non-empty sequence of rising numbers"):
            stops_slider("n", stops, 1)
