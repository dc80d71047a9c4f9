"""One browser and one server a module; skipped, with the reason shown, where there is no Chromium."""

import shutil
from pathlib import Path

import nbformat
import pytest

from tests.browser import lab

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"

PROBE = [
    """
from matplotlib.figure import Figure
from gantheory.live.controls import slider
from gantheory.live.figure import LiveFigure
from gantheory.live.stage import Stage

figure = Figure(figsize=(5, 2))
(line,) = figure.add_subplot(xlim=(0, 1), ylim=(0, 1)).plot([0, 1], [0.5, 0.5])

def update(height):
    line.set_ydata([height, height])
    return f"height {height:.2f}"

stage = Stage(figure, [line], interactive=True)
events = []
stage.on_event(events.append)
live = LiveFigure(stage, update, {"height": slider("height", 0, 1, 0.5)})
live
""",
    """
from gantheory.explorables import start_here

training = start_here.gan_on_the_line()
training
""",
    "import time; time.sleep(6)",
]


def pytest_collection_modifyitems(items):
    """Mark everything in this folder, so that it can be left out by `-m "not browser"`."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.timeout(900))


def _skip_without_chromium():
    if lab.CHROMIUM is None:
        pytest.skip("no Chromium on this machine: install Debian's package chromium to run the browser tests")


@pytest.fixture(scope="module")
def page():
    _skip_without_chromium()
    with lab.chromium() as page:
        yield page


@pytest.fixture(scope="module", params=[True, False], ids=["subshells", "no-subshells"])
def server(request, tmp_path_factory):
    """A JupyterLab on a copy of the notebooks, with comms over subshells (JupyterLab's default) and without."""
    _skip_without_chromium()
    scratch = tmp_path_factory.mktemp("lab")
    folder = scratch / "notebooks"
    shutil.copytree(NOTEBOOKS, folder, ignore=shutil.ignore_patterns(".*"))
    cells = [nbformat.v4.new_code_cell(source.strip()) for source in PROBE]
    # Without a kernel's name JupyterLab would stop and ask for one.
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=metadata), folder / "probe.ipynb")
    with lab.jupyterlab(folder, scratch, subshells=request.param) as address:
        yield address, folder
