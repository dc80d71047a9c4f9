"""Updates per second while a slider is dragged in JupyterLab in Chromium: our stage beside its peers.

    uv run --group bench python benchmarks/live_figures.py

One browser session, one notebook: a label alone (the floor: what slider, kernel and page cost without a picture), the
stage with its pictures rendered ahead, the same stage without, once more with them in the colours of a dark page,
ipympl, and `interact` with an inline figure, all with the same curve at the same size. Each is dragged for three
seconds in turn, round after round. Counted is what reaches the page; "moves" are the pointer's, more than
which no picture can follow. Then the stage's picture is changed, as by another slider, again and again, and the time is
taken until the page is sent pictures rendered ahead anew. Printed and stored in benchmarks/results are the medians and
the ratios within a round.
"""

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

import nbformat
import report

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.browser import lab  # noqa: E402

COMMON = """
import ipywidgets as widgets, numpy as np
x = np.linspace(-4, 4, 400)
def curve(mean): return np.exp(-(x - mean) ** 2 / 2)
def make_slider():
    return widgets.FloatSlider(value=0, min=-3, max=3, step=0.01, description="mean", layout={"width": "600px"})
"""
CELLS = {
    "label": """
slider, label = make_slider(), widgets.Label("0.00")
slider.observe(lambda change: setattr(label, "value", f"{change['new']:.2f}"), "value")
widgets.VBox([label, slider])
""",
    "ahead": """
from gantheory import plotting
from gantheory.live.figure import LiveFigure
from gantheory.live.stage import Stage
class Kernel(LiveFigure):
    ahead = False
def make_figure(kind):
    figure = plotting.new_figure(6, 4)
    line = plotting.Curve(plotting.axes(figure, xlim=(-4, 4), ylim=(0, 1.1), xlabel="x"), x, plotting.DATA)
    def update(mean):
        line.set(curve(mean))
        return f"mean {mean:.2f}"
    return kind(Stage(figure, line.artists), update, {"mean": make_slider()})
live = make_figure(LiveFigure)
live
""",
    "dark": """
dark = make_figure(LiveFigure)
dark
""",
    "stage": """
make_figure(Kernel)
""",
    "ipympl": """
%matplotlib widget
import matplotlib.pyplot as plt
slider = make_slider()
with plt.ioff(): shown = plt.figure(figsize=(6, 4))
(drawn,) = shown.add_subplot(xlim=(-4, 4), ylim=(0, 1.1), xlabel="x").plot(x, curve(0))
def redraw(change):
    drawn.set_ydata(curve(change["new"]))
    shown.canvas.draw_idle()
slider.observe(redraw, "value")
widgets.VBox([shown.canvas, slider])
""",
    "interact": """
# What the inline backend does, by hand: the backend itself would take ipympl's figures away.
from IPython.core.pylabtools import print_figure
from IPython.display import Image, display
from matplotlib.figure import Figure
def show(mean):
    figure = Figure(figsize=(6, 4))
    figure.add_subplot(xlim=(-4, 4), ylim=(0, 1.1), xlabel="x").plot(x, curve(mean))
    display(Image(print_figure(figure)))
widgets.interact(show, mean=make_slider());
""",
}
# Everything that changes the page is counted there, per cell output: pictures that were loaded, labels that were set.
COUNTER = """
() => {
  window.updates = {};
  const names = %s;
  const ours = ['ahead', 'dark', 'stage'];
  const cells = [...document.querySelectorAll('.jp-CodeCell')].slice(1);
  const outputs = cells.map(cell => cell.querySelector('.jp-Cell-outputArea'));
  names.forEach((name, i) => {
    window.updates[name] = 0;
    if (name === 'ipympl') {
      const draw = CanvasRenderingContext2D.prototype.drawImage;
      let last = null;
      CanvasRenderingContext2D.prototype.drawImage = function (image, ...rest) {
        if (image instanceof HTMLImageElement && image.src !== last) { last = image.src; window.updates.ipympl++; }
        return draw.call(this, image, ...rest);
      };
      return;
    }
    new MutationObserver(records => {
      if (ours.includes(name)) {
        const element = outputs[i].querySelector('.gantheory-stage');
        if (records.some(r => r.target === element)) window.updates[name]++;
      } else if (name === 'interact') {
        const added = records.flatMap(r => [...r.addedNodes]).filter(n => n.nodeType === 1);
        window.updates[name] += added.some(n => n.matches('img') || n.querySelector('img')) ? 1 : 0;
      } else {
        // The slider's own readout changes too, and does not count.
        const own = r => !(r.target.closest ? r.target : r.target.parentElement)?.closest('.widget-slider');
        window.updates[name] += records.some(own) ? 1 : 0;
      }
    }).observe(outputs[i], { subtree: true, childList: true, characterData: true, attributes: ours.includes(name) });
  });
  document.querySelectorAll('.gantheory-stage img')[names.indexOf('dark') - 1].style.filter =
    'invert(0.9) hue-rotate(180deg)';
}
"""


# One pointer event for each picture of the screen, as from a mouse, and out of the page itself: a driver that sends
# them one by one from outside does not manage sixty a second beside a server, a kernel and a browser.
DRAG = """
async ([slider, seconds]) => {
  const handle = slider.querySelector('.noUi-handle');
  const track = slider.querySelector('.noUi-target').getBoundingClientRect();
  const y = track.top + track.height / 2;
  const point = (type, x) => (type === 'mousedown' ? handle : document.documentElement).dispatchEvent(
    new MouseEvent(type, { clientX: x, clientY: y, buttons: Number(type !== 'mouseup'), bubbles: true }));
  const box = handle.getBoundingClientRect();
  point('mousedown', box.left + box.width / 2);
  const start = performance.now();
  let now = start;
  let moves = 0;
  while (now - start < 1000 * seconds) {
    await new Promise(requestAnimationFrame);
    now = performance.now();
    const phase = (now - start) / 1500 % 2;
    point('mousemove', track.left + track.width * (0.1 + 0.8 * (phase < 1 ? phase : 2 - phase)));
    moves++;
  }
  point('mouseup', track.left + track.width / 2);
  return [(now - start) / 1000, moves];
}
"""


def drag(page, slider, seconds: float) -> tuple[float, int]:
    """Drag a slider to and fro for so long; return how long it took, and how often it was moved."""
    slider.scroll_into_view_if_needed()
    return tuple(page.evaluate(DRAG, [slider.element_handle(), seconds]))


# In the kernel: when a picture is changed, and when the page is sent the first of the pictures rendered anew.
WATCH = """
import time
sent, times = live._ahead._send, {}
def noted(*strip):
    times.setdefault("sent", time.monotonic())
    sent(*strip)
live._ahead._send = noted
def change():
    times.clear()
    times["changed"] = time.monotonic()
    live.refresh()
"""


def wait_for(notebook: lab.Lab, expression: str) -> None:
    """Wait until an expression is true in the kernel."""
    give_up = time.monotonic() + 120
    while notebook.kernel(f"print({expression})").strip() != "True":
        if time.monotonic() > give_up:
            raise SystemExit(f"Not within two minutes: {expression}.")
        notebook.page.wait_for_timeout(200)


def renewals(notebook: lab.Lab, rounds: int) -> list[float]:
    """Measure the seconds from a change of the picture to pictures rendered ahead anew."""
    notebook.kernel(WATCH)
    taken = []
    for _ in range(rounds):
        notebook.kernel("change()")
        wait_for(notebook, "'sent' in times and live._ahead.settle(0)")
        taken.append(float(notebook.kernel("print(times['sent'] - times['changed'])")))
        notebook.page.wait_for_timeout(500)
    return taken


def measure(rounds: int, seconds: float) -> tuple[dict[str, list[float]], list[float]]:
    scratch = Path(tempfile.mkdtemp())
    try:
        (scratch / "notebooks").mkdir()
        cells = [nbformat.v4.new_code_cell(source.strip()) for source in (COMMON, *CELLS.values())]
        metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
        nbformat.write(
            nbformat.v4.new_notebook(cells=cells, metadata=metadata), scratch / "notebooks" / "drag.ipynb"
        )
        with lab.jupyterlab(scratch / "notebooks", scratch) as address, lab.chromium(height=3200) as page:
            notebook = lab.Lab(page, address, "drag.ipynb")
            notebook.run_all()
            page.wait_for_timeout(3000)
            page.evaluate(COUNTER % json.dumps(list(CELLS)))
            sliders = page.locator(".widget-slider")
            assert sliders.count() == len(CELLS)
            for live in ("live", "dark"):
                wait_for(notebook, f"{live}._ahead.there and {live}._ahead.settle(0)")
            rates: dict[str, list[float]] = {name: [] for name in (*CELLS, "moves")}
            for turn in range(rounds + 1):
                for i, name in enumerate(CELLS):
                    before = page.evaluate("() => ({...window.updates})")
                    took, moves = drag(page, sliders.nth(i), seconds)
                    after = page.evaluate("() => ({...window.updates})")
                    page.wait_for_timeout(700)
                    if turn:  # the first round warms up
                        rates[name].append((after[name] - before[name]) / took)
                        if name == "ahead":
                            rates["moves"].append(moves / took)
            sliders.nth(list(CELLS).index("ahead")).scroll_into_view_if_needed()
            return rates, renewals(notebook, rounds)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--output", type=Path, default=report.RESULTS / "live_figures.json")
    arguments = parser.parse_args()
    if lab.CHROMIUM is None:
        raise SystemExit("No chromium on the PATH.")
    before = os.getloadavg()
    rates, renewed = measure(arguments.rounds, arguments.seconds)
    medians = {name: statistics.median(values) for name, values in rates.items()}
    ratios = {
        f"{stage} / {name}": statistics.median(a / b for a, b in zip(rates[stage], rates[name], strict=True))
        for stage, name in (
            *(("ahead", name) for name in ("stage", "moves", "dark")),
            *(("stage", name) for name in ("label", "ipympl", "interact")),
        )
    }
    print("updates/s: " + ", ".join(f"{name} {rate:.1f}" for name, rate in medians.items()))
    print("ratios:    " + ", ".join(f"{name} {ratio:.2f}" for name, ratio in ratios.items()))
    print(report.verdict("seconds to pictures rendered ahead anew", statistics.median(renewed), at_most=1.0))
    report.store(
        arguments.output,
        command=f"uv run --group bench python benchmarks/live_figures.py --rounds {arguments.rounds}",
        packages=("jupyterlab", "ipykernel", "ipywidgets", "anywidget", "matplotlib", "ipympl"),
        load_at_the_start=round(before[0], 2),
        what="updates a second on the page while a slider is dragged, medians over rounds, ratios within a round",
        updates_per_second={name: round(rate, 1) for name, rate in medians.items()},
        seconds_to_a_new_strip=report.spread(renewed),
        ratios={name: round(ratio, 2) for name, ratio in ratios.items()},
    )


if __name__ == "__main__":
    main()
