"""One browser and one server a module; skipped, with the reason shown, where there is no Chromium."""

import shutil
from pathlib import Path

import pytest

from tests.browser import lab

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


@pytest.fixture(scope="module")
def page():
    if lab.CHROMIUM is None:
        pytest.skip("no Chromium on this machine: install Debian's package chromium to run the browser tests")
    with lab.chromium() as page:
        yield page


@pytest.fixture(scope="module", params=[True, False], ids=["subshells", "no-subshells"])
def address(request, tmp_path_factory):
    """A JupyterLab on a copy of the notebooks, with and without comms over subshells."""
    if lab.CHROMIUM is None:
        pytest.skip("no Chromium on this machine: install Debian's package chromium to run the browser tests")
    scratch = tmp_path_factory.mktemp("lab")
    shutil.copytree(NOTEBOOKS, scratch / "notebooks", ignore=shutil.ignore_patterns(".*"))
    shutil.copytree(Path(__file__).parent / "probes", scratch / "notebooks" / "probes")
    with lab.jupyterlab(scratch / "notebooks", scratch, subshells=request.param) as address:
        yield address
