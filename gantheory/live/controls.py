"""Sliders, choices, switches and buttons, all of one look, all within reach of the keyboard."""

import itertools
import math
import re
from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets as widgets

from gantheory import _checks as check

__all__ = ["button", "choice", "plain", "slider", "stops_slider", "switch", "whole_slider"]

_STYLE = {"description_width": "9.5em"}
_WIDTH = "27em"


def plain(label: str) -> str:
    r"""Say a label without markup, for a screen reader: of a formula, its letters and the names of its signs.

    >>> plain(r"step size $h$, $\theta_0$")
    'step size h, theta 0'
    """
    return re.sub(r"\$([^$]+)\$", lambda found: re.sub(r"[\\{}_^]+", " ", found[1]).strip(), label)


def _fine_step(minimum: float, maximum: float, value: float) -> float:
    """Find a round step of which the range holds a hundred or so, and on whose grid `value` lies.

    The page moves a value that is off the grid onto it, as if the learner had moved the slider.
    """
    for power in range(math.floor(math.log10((maximum - minimum) / 50)), -12, -1):
        for digit in (5, 2, 1):
            step = digit * 10.0**power
            stops = [(value - minimum) / step, (maximum - minimum) / step]
            if stops[1] >= 60 and all(abs(stop - round(stop)) < 1e-6 for stop in stops):
                return step
    return (maximum - minimum) / 100


def _round_numbers(minimum: float, maximum: float, value: float) -> list[float]:
    """List round numbers from minimum to maximum at about equal ratios, ten a decade, with `value` among them."""
    decades = range(math.floor(math.log10(minimum)), math.ceil(math.log10(maximum)) + 1)
    digits = (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8)
    series = (float(f"{digit * 10.0**decade:.3g}") for decade in decades for digit in digits)
    return sorted({minimum, maximum, value, *(stop for stop in series if minimum < stop < maximum)})


def _bounds(minimum: float, maximum: float, value: float) -> None:
    check.number("minimum", minimum)
    check.number("maximum", maximum)
    if not minimum < maximum:
        check.refuse("minimum", f"below maximum {maximum!r}", repr(minimum))
    check.number("value", value, at_least=minimum, at_most=maximum)


def slider(
    label: str, minimum: float, maximum: float, value: float, *, step: float | None = None, log: bool = False
) -> widgets.FloatSlider | widgets.SelectionSlider:
    """Make a slider for a real number that reports while it is dragged.

    Args:
        label: What stands beside it; `$...$` is set as a formula.
        minimum: The lowest value.
        maximum: The highest value.
        value: Where it starts.
        step: The distance between neighbouring stops; if None, a round number of which the range holds a hundred or
            so, with `value` among the stops. A log scale has round numbers for stops, ten a decade.
        log: Whether equal distances are equal ratios; both ends must then be positive.

    Raises:
        ValueError: If minimum >= maximum, value is outside, step <= 0, or log with minimum <= 0.

    Example:
        >>> slider("slope $a$", -3, 3, 1.0).value
        1.0
        >>> slider("slope $a$", 3, -3, 1.0)
        Traceback (most recent call last):
        ValueError: minimum must be below maximum -3, got 3.
    """
    _bounds(minimum, maximum, value)
    if step is not None:
        check.number("step", step, above=0)
    if log:
        check.number("minimum", minimum, above=0)
        return stops_slider(label, _round_numbers(minimum, maximum, value), value)
    return widgets.FloatSlider(
        value=value,
        min=minimum,
        max=maximum,
        step=step or _fine_step(minimum, maximum, value),
        description=label,
        tooltip=plain(label),
        style=_STYLE,
        layout={"width": _WIDTH},
    )


def whole_slider(label: str, minimum: int, maximum: int, value: int, *, step: int = 1) -> widgets.IntSlider:
    """Make a slider for a whole number.

    Raises:
        TypeError: If a bound, the value or the step is not a whole number.
        ValueError: If minimum >= maximum, the value is outside or step < 1.

    Example:
        >>> whole_slider("plan", 0, 11, 3).value
        3
    """
    for name, number in (("minimum", minimum), ("maximum", maximum), ("value", value)):
        if isinstance(number, bool) or not isinstance(number, int):
            check.refuse(name, "a whole number", check.describe(number), TypeError)
    check.whole("step", step)
    _bounds(minimum, maximum, value)
    return widgets.IntSlider(
        value=value,
        min=minimum,
        max=maximum,
        step=step,
        description=label,
        tooltip=plain(label),
        style=_STYLE,
        layout={"width": _WIDTH},
    )


def stops_slider(label: str, stops: Sequence[float], value: float) -> widgets.SelectionSlider:
    """Make a slider over a few given numbers.

    Raises:
        ValueError: If there are no stops, they do not rise, or `value` is not one of them.

    Example:
        >>> stops_slider("samples", [8, 64, 512], 64).value
        64
    """
    stops = list(stops)
    if not stops or any(not low < high for low, high in itertools.pairwise(stops)):
        check.refuse("stops", "a non-empty sequence of rising numbers", check.describe(stops))
    if value not in stops:
        check.refuse("value", f"one of {', '.join(f'{stop:g}' for stop in stops)}", repr(value))
    return widgets.SelectionSlider(
        options=[(f"{stop:g}", stop) for stop in stops],
        value=value,
        description=label,
        tooltip=plain(label),
        style=_STYLE,
        layout={"width": _WIDTH},
    )


def choice(label: str, options: Sequence[Any], value: Any | None = None) -> widgets.Dropdown:
    """Make a menu of `options` (strings, or pairs of a label and a value); the first is chosen if `value` is None.

    Raises:
        ValueError: If there are no options, or `value` is not one of them.

    Example:
        >>> choice("loss", ["minimax", "non_saturating"]).value
        'minimax'
    """
    if not options:
        check.refuse("options", "a non-empty sequence", "none")
    values = [option[1] if isinstance(option, tuple) else option for option in options]
    if value is not None and value not in values:
        check.refuse("value", f"one of {', '.join(map(str, values))}", repr(value))
    return widgets.Dropdown(
        options=list(options),
        value=values[0] if value is None else value,
        description=label,
        tooltip=plain(label),
        style=_STYLE,
        layout={"width": _WIDTH},
    )


def switch(label: str, value: bool = False) -> widgets.Checkbox:
    """Make a switch that is on or off.

    Example:
        >>> switch("freeze D").value
        False
    """
    return widgets.Checkbox(
        value=value, description=label, indent=False, layout={"width": "auto", "margin": "2px 16px 2px 8px"}
    )


def button(label: str, on_click: Callable[[], None], *, hint: str = "", icon: str = "") -> widgets.Button:
    """Make a button that calls `on_click` without arguments.

    Example:
        >>> pressed = []
        >>> b = button("Reset", lambda: pressed.append(1))
        >>> b.click()
        >>> pressed
        [1]
    """
    made = widgets.Button(description=label, tooltip=hint or label, icon=icon, layout={"width": "auto"})
    made.on_click(lambda _: on_click())
    return made
