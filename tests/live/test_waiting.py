"""In a real kernel: a cell that takes long says so while it runs, and no longer afterwards."""

import pytest
from jupyter_client.manager import start_new_kernel


@pytest.fixture(scope="module")
def kernel():
    manager, client = start_new_kernel(kernel_name="python3")
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def lines(kernel, code):
    """Run a cell; return what its outputs said, one after another, and how it ended."""
    said = []

    def heard(message):
        if message["msg_type"] in ("display_data", "update_display_data"):
            said.append((message["msg_type"], message["content"]["data"]["text/html"]))

    reply = kernel.execute_interactive(code, output_hook=heard, timeout=120)
    return said, reply["content"]["status"]


def test_a_cell_that_takes_long_says_so_while_it_runs(kernel):
    # Nothing here waits for a time to pass but the cells themselves.
    code = "from gantheory.live import waiting; waiting._PATIENCE_SECONDS, waiting._RENEW_SECONDS = 0.5, 0.4"
    assert lines(kernel, code)[1] == "ok"
    said, _ = lines(kernel, "import time; time.sleep(2)")
    kinds, words = zip(*said, strict=True)
    assert kinds[0] == "display_data" and set(kinds[1:]) == {"update_display_data"}
    assert "Still running: " in words[0] and len(said) >= 3
    assert words[-1] == ""
    assert lines(kernel, "1 + 1") == ([], "ok")


def test_a_cell_that_fails_takes_its_line_away(kernel):
    said, status = lines(kernel, "time.sleep(1)\n1 / 0")
    assert status == "error" and said[-1] == ("update_display_data", "")


def test_an_interactive_cell_keeps_its_own_outputs(kernel):
    said, _ = lines(
        kernel, "from IPython.display import HTML, display\ntime.sleep(1)\ndisplay(HTML('<b>mine</b>'))"
    )
    assert ("display_data", "<b>mine</b>") in said and said[-1] == ("update_display_data", "")
    assert sum(kind == "display_data" for kind, _ in said) == 2
