"""In a real browser, without mercy: floods, closed widgets, restarts, interrupts, two notebooks, a long training.

Not part of the usual run: `uv run pytest -m stress -n 0`, about a quarter of an hour. GANTHEORY_STRESS_MINUTES is how
long the long training takes, 10 unless set.
"""

import json
import os
import random
import re
import time

import pytest

from tests.browser.lab import Lab
from tests.browser.test_lab import THREADS, settled, step_in, wait_until

MINUTES = float(os.environ.get("GANTHEORY_STRESS_MINUTES", "10"))
# A closed kernel answers what still waits with an error or two, which nobody can keep from the console.
CALM = 5

pytestmark = [
    pytest.mark.stress,
    pytest.mark.timeout(60 * MINUTES + 900),
    pytest.mark.parametrize("server", [True], indirect=True, ids=["subshells"]),
]

MEMORY = """
import gc, os
gc.collect()
with open('/proc/self/statm') as statm:
    print(int(statm.read().split()[1]) * os.sysconf('SC_PAGE_SIZE'))
"""


@pytest.fixture
def probe(page, server):
    """The probe notebook with its first two cells freshly run; at the end its console must have stayed calm."""
    address, _ = server
    errors = []

    def listen(message):
        if message.type == "error" and "404" not in message.text:
            errors.append(message.text)

    def crashed(error):
        errors.append(str(error))

    page.on("console", listen)
    page.on("pageerror", crashed)
    lab = Lab(page, address, "probe.ipynb")
    lab.execute("notebook:clear-all-cell-outputs")
    for cell in (0, 1):
        lab.run_cell(cell)
    lab.wait_for_cells(2)
    lab.figure(1).wait_for_alt("step 0")
    yield lab
    page.remove_listener("console", listen)
    page.remove_listener("pageerror", crashed)
    assert len(errors) <= CALM, "\n".join(errors[:20])
    stderr = lab.panel.locator("[data-mime-type='application/vnd.jupyter.stderr']")
    # A cell that a test itself has interrupted says so.
    strange = [words for words in stderr.all_inner_texts() if "KeyboardInterrupt" not in words]
    assert not strange, strange[0]


def threads(lab):
    return int(lab.kernel(THREADS))


def test_a_slider_flooded_with_200_events_in_2_seconds_ends_on_the_last(probe):
    figure = probe.figure(0)
    handle = figure.control("height").locator(".noUi-handle")
    handle.scroll_into_view_if_needed()
    box = handle.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    mouse = probe.page.mouse
    mouse.move(x, y)
    mouse.down()
    begun = time.monotonic()
    for event in range(200):
        mouse.move(x + 60 - abs(event % 160 - 80), y)
        time.sleep(max(0.0, begun + 0.01 * (event + 1) - time.monotonic()))
    mouse.up()
    words = settled(figure)
    readout = figure.control("height").locator(".widget-readout").inner_text()
    assert words == f"height {float(readout):.2f}"
    # And the kernel knows the same.
    wait_until(lambda: probe.kernel("print(stage.alt)").strip() == words, "the kernel's last value")
    assert probe.kernel("print(live.message.value)").strip() == ""


def test_a_figure_closed_in_the_middle_of_its_training(probe):
    training, moving = probe.figure(1), probe.figure(0)
    for _ in range(3):
        training.button("Start").click()
        wait_until(lambda training=training: step_in(training.alt) >= 20, "the training to run")
        probe.kernel("training.close()")
        wait_until(lambda: threads(probe) == 0, "the training's end")
        before = settled(moving, 0.5)
        moving.drag("height", 15)
        wait_until(lambda before=before: moving.alt != before, "the other figure's answer")
        probe.run_cell(1)
        probe.wait_for_cells(2)
        training = probe.figure(1)
        training.wait_for_alt("step 0")


def test_a_cell_run_again_and_again_leaves_nothing_behind(probe):
    count = (
        "import gc, ipywidgets, warnings\ngc.collect()\n"
        "with warnings.catch_warnings(action='ignore'): print(len(ipywidgets.Widget.widgets))"
    )

    def again():
        figure = probe.figure(1)
        figure.button("Start").click()
        wait_until(lambda: step_in(figure.alt) >= 10, "the training to run")
        probe.kernel("old = training")
        probe.run_cell(1)
        wait_until(lambda: probe.kernel("print(old is training)").strip() == "False", "the new figure")
        wait_until(lambda: threads(probe) == 0, "the old training's end")
        probe.kernel("del old")
        probe.figure(1).wait_for_alt("step 0")

    again()
    widgets = int(probe.kernel(count))
    for _ in range(5):
        again()
    assert int(probe.kernel(count)) <= widgets


def test_a_kernel_restarted_in_the_middle_of_a_training(probe):
    probe.figure(1).button("Start").click()
    wait_until(lambda: step_in(probe.figure(1).alt) >= 20, "the training to run")
    probe.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    wait_until(lambda: probe.kernel("print('training' in globals())").strip() == "False", "the new kernel")
    # What is left on the page of the old kernel's figures must do no harm.
    probe.figure(0).control("height").locator(".noUi-handle").focus()
    probe.page.keyboard.press("ArrowRight")
    for cell in (0, 1):
        probe.run_cell(cell)
    wait_until(
        lambda: probe.kernel("print('training' in globals())").strip() == "True", "the cells' second run"
    )
    figure = probe.figure(1)
    figure.wait_for_alt("step 0")
    figure.button("Start").click()
    wait_until(lambda: step_in(figure.alt) >= 20, "the new training to run")
    figure.button("Pause").click()
    wait_until(lambda: threads(probe) == 0, "its pause")


def test_two_notebooks_at_once(probe, server):
    address, _ = server
    first = probe.figure(1)
    first.button("Start").click()
    wait_until(lambda: step_in(first.alt) >= 20, "the first training")
    page = probe.page.context.browser.new_page(viewport={"width": 1280, "height": 1000})
    try:
        other = Lab(page, address, "00_start_here.ipynb")
        other.run_all()
        second = other.figure(0)
        second.button("Start").click()
        wait_until(lambda: step_in(second.alt) >= 20, "the second training")
        steps = step_in(first.alt), step_in(second.alt)
        wait_until(lambda: step_in(first.alt) > steps[0] + 20, "the first training to go on beside it")
        wait_until(lambda: step_in(second.alt) > steps[1] + 20, "the second training to go on beside it")
        second.button("Pause").click()
        settled(second)
    finally:
        page.close()
    step = step_in(first.alt)
    wait_until(lambda: step_in(first.alt) > step + 20, "the first training to go on alone")
    first.button("Pause").click()
    settled(first)


def test_interrupts_at_random_moments(probe):
    chance = random.Random(0)
    figure = probe.figure(1)
    figure.button("Start").click()
    wait_until(lambda: step_in(figure.alt) >= 20, "the training to run")
    for _ in range(8):
        probe.run_cell(2)
        time.sleep(chance.uniform(0.05, 1.5))
        probe.page.evaluate(
            "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.interrupt()"
        )
        wait_until(lambda: probe.kernel("print(1 + 1)").strip() == "2", "the kernel's answer")
    # Only the cell that slept was interrupted, the training was not.
    step = step_in(figure.alt)
    wait_until(lambda: step_in(figure.alt) > step + 20, "the training to go on")
    figure.button("Pause").click()
    settled(figure)
    moving = probe.figure(0)
    before = settled(moving, 0.5)
    moving.drag("height", 20)
    wait_until(lambda: moving.alt != before, "the slider's answer")


def test_interrupts_of_a_training_in_a_cell_lose_nothing(probe):
    """`training.train` in a cell gives back what it has done so far, whenever it is interrupted."""
    chance = random.Random(1)
    code = (
        "import jax\nfrom gantheory import training as trainer\n"
        "game = training.run.game\nbegun = trainer.init(game, jax.random.key(0))\n"
        "_ = trainer.train(game, begun, 300)\nstate, history = begun, None"
    )
    probe.kernel(code)
    for _ in range(6):
        probe.page.evaluate(
            """code => { window.future = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel
                .requestExecute({code}); }""",
            "state, history = trainer.train(game, begun, 10_000_000)",
        )
        time.sleep(chance.uniform(0.3, 2.0))
        probe.page.evaluate(
            "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.interrupt()"
        )
        said = probe.kernel(
            "import json; print(json.dumps([int(state.step), history.value.shape[0], history.stopped]))"
        )
        step, recorded, stopped = json.loads(said.strip().splitlines()[-1])
        assert step == recorded > 0 and stopped.startswith("Interrupted")


def test_cells_run_out_of_order(page, server):
    """Every cell that shows a figure needs the imports alone, in whatever order they are run."""
    address, _ = server
    lab = Lab(page, address, "03_js_saturation.ipynb")
    lab.execute("notebook:clear-all-cell-outputs")
    sources = page.evaluate(
        """() => window.jupyterapp.shell.currentWidget.content.widgets
            .map(cell => cell.model.type === 'code' ? cell.model.sharedModel.source : '')"""
    )
    imports = next(i for i, source in enumerate(sources) if re.search(r"^(import|from) ", source, re.M))
    figures = [i for i, source in enumerate(sources) if re.fullmatch(r"\w+\.\w+\(.*\)", source.strip())]
    assert len(figures) >= 5
    random.Random(0).shuffle(figures)
    for cell in [imports, *figures, figures[0]]:
        lab.run_cell(cell)
    wait_until(
        lambda: page.evaluate(
            """cells => cells.every(i => { const model =
                window.jupyterapp.shell.currentWidget.content.widgets[i].model;
                return model.executionCount !== null && model.executionState !== 'running'; })""",
            [imports, *figures],
        ),
        "all cells run",
    )
    assert lab.panel.locator("[data-mime-type='application/vnd.jupyter.error']").count() == 0
    assert lab.panel.locator("[data-mime-type='application/vnd.jupyter.stderr']").count() == 0
    lab.figure(0)


@pytest.mark.parametrize("figure", [1])
def test_a_training_of_many_minutes_keeps_its_memory(probe, figure):
    training = probe.figure(figure)
    training.button("Start").click()
    wait_until(lambda: step_in(training.alt) >= 20, "the training to run")

    def sizes():
        return int(probe.kernel(MEMORY)), probe.page.evaluate("() => performance.memory.usedJSHeapSize")

    # Let compilers and caches fill first.
    time.sleep(60 * MINUTES / 5)
    (kernel, page), step = sizes(), step_in(training.alt)
    time.sleep(60 * MINUTES * 4 / 5)
    (kernel_now, page_now), step_now = sizes(), step_in(training.alt)
    assert step_now > step + 100
    assert kernel_now <= 1.05 * kernel, f"the kernel's memory grew from {kernel} to {kernel_now} bytes"
    # A page collects its garbage when it likes.
    assert page_now <= 1.5 * page + 50e6, f"the page's memory grew from {page} to {page_now} bytes"
    training.button("Pause").click()
    settled(training)
