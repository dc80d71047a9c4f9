"""Moving every control of a live figure over its whole range, without a kernel."""

from io import BytesIO
from typing import Any

import ipywidgets as widgets
import numpy as np
from PIL import Image

from gantheory.live.figure import LiveFigure
from gantheory.live.panel import Panel
from gantheory.live.stage import Stage
from gantheory.live.trainer import LiveTrainer


def positions(control: widgets.ValueWidget, most: int = 7) -> list[Any]:
    """List values over the whole range of a control, both ends included."""
    if isinstance(control, widgets.Checkbox | widgets.ToggleButton):
        return [False, True]
    if hasattr(control, "options"):
        values = [option[1] if isinstance(option, tuple) else option for option in control.options]
    elif isinstance(control, widgets.BoundedIntText):
        return [control.min, control.min + 1, control.max]
    elif isinstance(control, widgets.IntSlider):
        values = list(range(control.min, control.max + 1, control.step))
    else:
        values = list(np.linspace(control.min, control.max, 61))
    chosen = np.unique(np.linspace(0, len(values) - 1, most).round().astype(int))
    return [values[i] for i in chosen]


def check_picture(live: Panel) -> np.ndarray:
    """Check that the picture is one, that it is described, and that nothing went wrong; return its pixels."""
    assert live.message.value == "", live.message.value
    assert live.stage.alt
    for bad in ("nan", "inf ", "inf,", "inf;", "None"):
        assert bad not in live.stage.alt + " ", live.stage.alt
    assert cut_off(live.stage) == []
    picture = Image.open(BytesIO(live.stage.frame))
    assert picture.size == (live.stage.width, live.stage.height)
    return np.asarray(picture)


def cut_off(stage: Stage) -> list[str]:
    """List the tick labels that the picture's edge cuts."""
    found = []
    with stage._lock:
        edge = stage._figure.bbox.padded(0.5)
        for axis in (axis for ax in stage._figure.axes if ax.axison for axis in (ax.xaxis, ax.yaxis)):
            low, high = sorted(axis.get_view_interval())
            for tick in axis.get_major_ticks():
                label = tick.label1
                if label.get_visible() and label.get_text() and low <= tick.get_loc() <= high:
                    if not all(edge.contains(*corner) for corner in label.get_window_extent().corners()):
                        found.append(label.get_text())
    return found


def sweep(live: LiveFigure, *, idle: tuple[str, ...] = ()) -> None:
    """Move each control over its range, then all to their lowest and all to their highest values, and close.

    Each control must change the picture somewhere on its way, but for those named in `idle` (switches that matter only
    together with another control).
    """
    try:
        assert live.controls or idle == ()
        for name, control in live.controls.items():
            start = control.value
            seen = set()
            for value in positions(control):
                control.value = value
                assert live.settle(60), f"{name} = {value}: the picture did not settle"
                seen.add(check_picture(live).tobytes())
            assert len(seen) > 1 or name in idle, f"moving {name} changes nothing in the picture"
            control.value = start
            assert live.settle(60)
        for end in (0, -1):
            for control in live.controls.values():
                control.value = positions(control)[end]
            assert live.settle(60)
            check_picture(live)
    finally:
        live.close()


def sweep_trainer(live: LiveTrainer, *, steps: int = 20) -> None:
    """Train a little at each position of each control that makes or moves the game, step each side, reset, close."""
    try:
        for name in (*live._structure, *live._moves):
            control = live.controls[name]
            start = control.value
            seen = set()
            for value in positions(control, 3 if name in live._moves else 20):
                control.value = value
                live.advance(steps)
                seen.add(check_picture(live).tobytes())
            assert len(seen) > 1, f"moving {name} changes nothing in the picture"
            control.value = start
        rates = {"num_critic_steps", "discriminator_learning_rate", "generator_learning_rate"}
        for name in sorted(rates & set(live.controls)):
            start = live.controls[name].value
            for value in positions(live.controls[name], 3)[:2]:
                live.controls[name].value = value
                live.step_once()
                check_picture(live)
            live.controls[name].value = start
        before = live.run.step
        live.step_once(generator=False)
        live.step_once(discriminator=False)
        assert live.run.step == before + 2
        live.reset()
        assert live.run.step == 0
        check_picture(live)
    finally:
        live.close()
