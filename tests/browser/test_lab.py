"""In a real browser: what a learner does, and what must have happened in the end."""

import base64
import json
import re
import time

import pytest

from tests.browser.lab import Lab

THREADS = "import threading; print(sum(t.name == 'gantheory-training' for t in threading.enumerate()))"


@pytest.fixture(scope="module")
def probe(page, server):
    """The probe notebook with its first two cells run: a figure with a slider, and a training."""
    address, _ = server
    lab = Lab(page, address, "probe.ipynb")
    for cell in (0, 1):
        lab.run_cell(cell)
    lab.wait_for_cells(2)
    lab.figure(1).wait_for_alt("step 0")
    return lab


def step_in(alt):
    return int(re.match(r"step (\d+)", alt).group(1))


def wait_until(condition, what, seconds=120):
    give_up = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up, f"never: {what}"
        time.sleep(0.1)


def settled(figure, seconds=2.0):
    """Wait until the picture has stayed the same for a while; return its words."""
    last, since = figure.alt, time.monotonic()
    while time.monotonic() - since < seconds:
        time.sleep(0.1)
        if figure.alt != last:
            last, since = figure.alt, time.monotonic()
    return last


def test_dragging_a_slider_moves_the_picture_and_ends_on_the_last_value(probe):
    figure = probe.figure(0)
    figure.wait_for_alt("height 0.50")
    before, serial = figure.pixels(), figure.serial
    figure.drag("height", 60)
    figure.wait_for_picture(serial)
    words = settled(figure)
    readout = figure.control("height").locator(".widget-readout").inner_text()
    assert words == f"height {float(readout):.2f}" != "height 0.50"
    assert figure.pixels() != before
    assert figure.serial > serial


RECORD = """
element => {
    window.pictures = [];
    new MutationObserver(() => window.pictures.push(
        [element.dataset.ahead !== undefined, Number(element.querySelector('img').alt.split(' ')[1])],
    )).observe(element, { attributes: true, attributeFilter: ['data-ahead', 'data-serial'] });
}
"""


def test_the_page_moves_a_slider_by_itself_and_the_kernel_has_the_last_word(probe):
    figure = probe.figure(0)
    page = probe.page
    figure.stage.scroll_into_view_if_needed()
    settled(figure, 0.5)
    wait_until(lambda: probe.kernel("print(live._ahead.there)").strip() == "True", "pictures rendered ahead")
    assert probe.kernel("print(live._ahead.settle(60))").strip() == "True"
    page.evaluate(RECORD, figure.stage.element_handle())
    # The kernel is to answer every event, as if the page had nothing of its own: its pictures then come late.
    probe.kernel("live._ahead._sent = -1")
    figure.drag("height", -80, steps=60)
    value = float(figure.control("height").locator(".widget-readout").inner_text())
    wait_until(
        lambda: probe.kernel("print(stage.alt)").strip() == f"height {value:.2f}", "the kernel's last picture"
    )
    wait_until(lambda: figure.stage.get_attribute("data-ahead") is None, "the exact picture on the screen")
    assert settled(figure, 0.5) == f"height {value:.2f}"
    pictures = page.evaluate("() => window.pictures")
    assert sum(ahead for ahead, _ in pictures) > 10
    # The slider went one way, and so did the picture: nothing late made it jump back.
    heights = [height for _, height in pictures]
    assert heights == sorted(heights, reverse=True) and heights[-1] == value


def test_what_was_rendered_ahead_is_dropped_when_the_picture_is_touched(probe):
    figure = probe.figure(0)
    generation = probe.kernel("print(live._ahead.there, stage.generation)").split()[1]
    probe.kernel("figure.axes[0].set_title('another')\nlive.refresh()")
    wait_until(
        lambda: (
            probe.kernel("print(live._ahead.there, stage.generation)").split()
            == ["True", str(int(generation) + 1)]
        ),
        "pictures rendered ahead anew",
    )
    assert figure.stage.get_attribute("data-ahead") is None


def test_the_keyboard_moves_a_slider(probe):
    figure = probe.figure(0)
    before = float(settled(figure, 0.5).split()[1])
    handle = figure.control("height").locator(".noUi-handle")
    handle.focus()
    for _ in range(3):
        probe.page.keyboard.press("ArrowLeft")
    figure.wait_for_alt(f"height {before - 0.03:.2f}")


def test_a_slider_tells_a_screen_reader_its_name(probe):
    handle = probe.figure(0).control("height").locator(".noUi-handle")
    assert handle.get_attribute("aria-label") == "height"
    assert probe.page.get_by_role("slider", name="height").count() >= 1


def test_a_flood_of_values_ends_on_the_last_one(probe):
    figure = probe.figure(0)
    # The page shows a key's picture before the kernel hears of the key: a late one would move the slider afterwards.
    value = float(figure.control("height").locator(".widget-readout").inner_text())
    wait_until(
        lambda: float(probe.kernel("print(live.controls['height'].value)")) == value, "the last key's value"
    )
    printed = probe.kernel(
        "for i in range(1000): live.controls['height'].value = i % 100 / 100\n"
        "live.controls['height'].value = 0.25\nlive.settle(60)\nprint(stage.serial)"
    )
    figure.wait_for_alt("height 0.25")
    wait_until(lambda: figure.serial == int(printed), "the last picture on the screen")


def test_the_pointer_and_the_keys_reach_an_interactive_picture(probe):
    figure = probe.figure(0)
    figure.stage.scroll_into_view_if_needed()
    box = figure.stage.locator("img").bounding_box()
    mouse = probe.page.mouse
    mouse.move(box["x"] + 10, box["y"] + 20)
    mouse.down()
    mouse.move(box["x"] + 110, box["y"] + 20, steps=5)
    mouse.up()
    probe.page.keyboard.press("ArrowUp")
    wait_until(lambda: "key" in probe.kernel("print([e['kind'] for e in events])"), "a key event")
    events = json.loads(probe.kernel("import json; print(json.dumps(events))"))
    kinds = [event["kind"] for event in events]
    assert kinds[0] == "press" and kinds[-2:] == ["release", "key"] and "move" in kinds
    # Pixels of the figure from its lower left corner; the figure is 500 x 200.
    assert events[0]["x"] == pytest.approx(10, abs=1) and events[0]["y"] == pytest.approx(180, abs=1)
    assert events[-2]["x"] == pytest.approx(110, abs=1)
    assert events[-1]["key"] == "ArrowUp"


def test_a_training_starts_pauses_and_stands_still(probe):
    figure = probe.figure(1)
    figure.button("Start").click()
    wait_until(lambda: step_in(figure.alt) >= 30, "thirty steps on the screen")
    figure.button("Pause").click()
    figure.button("Start").wait_for()
    step = step_in(settled(figure))
    wait_until(lambda: probe.kernel(THREADS).strip() == "0", "the training thread's end")
    assert probe.kernel("print(training.run.step)").strip() == str(step)
    assert step_in(figure.alt) == step


@pytest.mark.parametrize("button", ["Step both", "Step D", "Step G"])
def test_single_steps(probe, button):
    figure = probe.figure(1)
    step = step_in(figure.alt)
    figure.button(button).click()
    figure.wait_for_alt(f"step {step + 1}:")


def test_sliders_answer_while_a_training_runs(probe):
    training, moving = probe.figure(1), probe.figure(0)
    training.button("Start").click()
    start = step_in(training.alt)
    wait_until(lambda: step_in(training.alt) > start + 20, "the training to run")
    before = settled(moving, 0.5)
    moving.drag("height", -40)
    wait_until(lambda: moving.alt != before, "the slider's picture")
    start = step_in(training.alt)
    wait_until(lambda: step_in(training.alt) > start + 20, "the training to go on")
    training.button("Pause").click()
    settled(training)
    readout = moving.control("height").locator(".widget-readout").inner_text()
    moving.wait_for_alt(f"height {float(readout):.2f}")


def test_a_training_goes_on_while_a_cell_runs(probe):
    figure = probe.figure(1)
    figure.button("Start").click()
    start = step_in(figure.alt)
    wait_until(lambda: step_in(figure.alt) > start + 20, "the training to run")
    probe.run_cell(2)
    start = step_in(figure.alt)
    wait_until(lambda: step_in(figure.alt) > start + 20, "the training to go on beside a running cell")
    probe.wait_for_cells()
    figure.button("Pause").click()
    figure.button("Start").wait_for()
    settled(figure)


def test_reset_goes_back_to_step_0(probe):
    figure = probe.figure(1)
    figure.button("Reset").click()
    figure.wait_for_alt("step 0:")


def test_running_the_cell_again_ends_the_old_training(probe):
    figure = probe.figure(1)
    figure.button("Start").click()
    wait_until(lambda: step_in(figure.alt) >= 20, "the training to run")
    probe.kernel("old = training")
    probe.run_cell(1)
    wait_until(lambda: probe.kernel("print(old is not training)").strip() == "True", "the second run")
    wait_until(lambda: probe.kernel(THREADS).strip() == "0", "the old training's end")
    assert probe.kernel("print(old.running, old.stage.comm)").strip() == "False None"
    probe.figure(1).wait_for_alt("step 0")


def test_clearing_the_output_pauses_the_training(probe):
    figure = probe.figure(1)
    figure.button("Start").click()
    wait_until(lambda: step_in(figure.alt) >= 20, "the training to run")
    probe.execute("notebook:clear-all-cell-outputs")
    wait_until(lambda: probe.kernel(THREADS).strip() == "0", "the training's end")
    assert probe.kernel("print(training.running)").strip() == "False"


@pytest.mark.parametrize(
    "server", [True], ids=["subshells"], indirect=True
)  # the file does not tell them apart
def test_a_saved_notebook_shows_the_picture_without_a_kernel(page, server):
    address, folder = server
    lab = Lab(page, address, "00_start_here.ipynb")
    lab.run_all()
    lab.figure(0)
    assert lab.panel.locator("[data-mime-type='application/vnd.jupyter.stderr']").count() == 0
    path = folder / "00_start_here.ipynb"
    lab.execute("docmanager:save")

    def pictures():
        try:
            cells = json.loads(path.read_text())["cells"]
        except json.JSONDecodeError:
            return []  # the server is writing it
        bundles = [output.get("data", {}) for cell in cells for output in cell.get("outputs", [])]
        return [bundle["image/png"] for bundle in bundles if "image/png" in bundle]

    wait_until(lambda: len(pictures()) >= 2, "pictures in the saved notebook")
    assert all(base64.b64decode(picture).startswith(b"\x89PNG") for picture in pictures())
