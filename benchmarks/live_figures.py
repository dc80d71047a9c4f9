"""Updates per second while a slider is dragged in JupyterLab in Chromium: our stage beside its peers.

    uv run --group bench python benchmarks/live_figures.py

One browser session, one notebook: a label alone (the floor: what slider, kernel and page cost without a picture), the
stage with its pictures rendered ahead, the same stage without, once more with them in the colours of a dark page,
ipympl, and `interact` with an inline figure, all with the same curve at the same size. Each is dragged for three
seconds in turn, round after round. Counted is what reaches the page; "moves" are the pointer's, more than
which no picture can follow. Printed and stored in benchmarks/results are the medians and the ratios within a round.
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


def measure(rounds: int, seconds: float) -> dict[str, list[float]]:
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
                give_up = time.monotonic() + 120
                while (
                    notebook.kernel(f"print({live}._ahead.there and {live}._ahead.settle(0))").strip()
                    != "True"
                ):
                    if time.monotonic() > give_up:
                        raise SystemExit(
                            "The pictures of a figure were not rendered ahead within two minutes."
                        )
                    page.wait_for_timeout(200)
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
            return rates
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
    rates = measure(arguments.rounds, arguments.seconds)
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
    report.store(
        arguments.output,
        command=f"uv run --group bench python benchmarks/live_figures.py --rounds {arguments.rounds}",
        packages=("jupyterlab", "ipykernel", "ipywidgets", "anywidget", "matplotlib", "ipympl"),
        load_at_the_start=round(before[0], 2),
        what="updates a second on the page while a slider is dragged, medians over rounds, ratios within a round",
        updates_per_second={name: round(rate, 1) for name, rate in medians.items()},
        ratios={name: round(ratio, 2) for name, ratio in ratios.items()},
    )


if __name__ == "__main__":
    main()
