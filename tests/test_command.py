"""The command `gantheory`: where the notebooks come from, what is printed, what is refused."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from click.testing import CliRunner

from gantheory import __version__, _launch
from gantheory.__main__ import main


@pytest.fixture
def served(monkeypatch):
    """Record what would be served in place of serving it."""
    calls = []
    monkeypatch.setattr(_launch, "serve", lambda folder, **options: calls.append((folder, options)))
    return calls


def run(*arguments, **settings):
    return CliRunner().invoke(main, list(arguments), **settings)


def test_without_a_command_the_checkouts_notebooks_are_opened(served):
    assert run().exit_code == 0
    assert run("open", "--port", "9999", "--no-browser").exit_code == 0
    assert run("--port", "9999", "--no-browser").exit_code == 0
    assert run("--port", "9999", "--no-browser", "open").exit_code == 0
    assert run("--port", "9999", "open", "--port", "9998").exit_code == 0
    folder = Path(__file__).parents[1] / "notebooks"
    assert served.pop() == (folder, {"port": 9998, "browser": True})
    assert served == [
        (folder, {"port": None, "browser": True}),
        (folder, {"port": 9999, "browser": False}),
        (folder, {"port": 9999, "browser": False}),
        (folder, {"port": 9999, "browser": False}),
    ]


def test_other_commands_take_no_port():
    done = run("--port", "9999", "site")
    assert done.exit_code == 2 and "Error: site takes neither --port nor --no-browser." in done.output


@pytest.fixture
def installed(monkeypatch, tmp_path):
    """As installed from a wheel: the notebooks lie inside the package."""
    package = tmp_path / "site-packages" / "gantheory"
    (package / "_notebooks").mkdir(parents=True)
    for name in ("00_start_here.ipynb", "01_next.ipynb"):
        (package / "_notebooks" / name).write_text(name)
    monkeypatch.setattr(_launch, "_PACKAGE", package)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_outside_a_checkout_the_notebooks_are_copied_first(installed, served):
    result = run("open", "--folder", "my course")
    assert result.exit_code == 0
    assert "2 notebooks copied" in result.output
    folder = installed / "my course"
    assert sorted(path.name for path in folder.iterdir()) == ["00_start_here.ipynb", "01_next.ipynb"]
    assert served == [(folder, {"port": None, "browser": True})]


def test_what_a_learner_changed_is_never_overwritten(installed, served):
    folder = installed / "course"
    folder.mkdir()
    (folder / "00_start_here.ipynb").write_text("mine")
    assert "1 notebooks copied" in run("open", "--folder", str(folder)).output
    assert (folder / "00_start_here.ipynb").read_text() == "mine"
    assert (folder / "01_next.ipynb").read_text() == "01_next.ipynb"


def test_without_a_terminal_the_folder_is_not_asked_for(installed, served):
    assert run(input="").exit_code == 0
    assert served[0][0] == installed / "gantheory-notebooks"


def test_a_package_without_notebooks_says_so(installed, served):
    for path in (installed / "site-packages" / "gantheory" / "_notebooks").iterdir():
        path.unlink()
    result = run("open", "--folder", "x")
    assert result.exit_code == 1
    assert "notebooks are missing from the installed package" in result.output
    assert served == []


def test_a_taken_port_is_refused_in_one_sentence():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = run("--port", str(port), "--no-browser")
    assert result.exit_code == 1
    assert result.output == f"Error: Port {port} is taken on this machine; choose another with --port.\n"


def test_a_free_port_is_found_past_taken_ones():
    with socket.socket() as taken:
        try:
            taken.bind(("127.0.0.1", 8888))
            taken.listen()
        except OSError:
            pass  # taken by somebody else: as good
        assert _launch.free_port(None) != 8888


@pytest.mark.parametrize("port", ["0", "65536", "x"])
def test_a_wrong_port_is_refused(port):
    assert run("--port", port).exit_code == 2


def test_version_and_help():
    assert __version__ in run("--version").output
    assert "open" in run("--help").output


def test_the_device_is_named_in_one_line():
    line = _launch.describe_device()
    assert re.fullmatch(r"JAX \S+ sees \d+ [A-Z]+ device\(s\): .+", line)


def test_a_failing_jax_is_told(monkeypatch):
    monkeypatch.setattr(_launch.sys, "executable", "false")
    assert _launch.describe_device() == "JAX sees no device: no reason given"


@pytest.mark.timeout(300)
def test_the_real_command_serves_with_a_token_on_loopback(tmp_path):
    port = _launch.free_port(None)
    environment = os.environ | {
        "JUPYTER_CONFIG_DIR": str(tmp_path / "config"),
        "JUPYTER_RUNTIME_DIR": str(tmp_path / "runtime"),
    }
    environment.pop("JUPYTER_TOKEN", None)
    server = subprocess.Popen(
        [sys.executable, "-m", "gantheory", "--no-browser", "--port", str(port)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=tmp_path,
    )
    try:
        lines = []
        while not any("sees" in line for line in lines):
            lines.append(server.stdout.readline())
            assert lines[-1], lines
        (address,) = [word for line in lines for word in line.split() if word.startswith("http")]
        assert address.startswith(f"http://127.0.0.1:{port}/lab/tree/00_start_here.ipynb?token=")
        token = address.split("token=")[1]
        assert len(token) >= 32
        api = f"http://127.0.0.1:{port}/api/contents/00_start_here.ipynb"
        for _ in range(600):
            try:
                with urllib.request.urlopen(f"{api}?content=0&token={token}", timeout=10) as answer:
                    assert answer.status == 200
                break
            except ConnectionError:
                continue
            except urllib.error.URLError as error:
                if not isinstance(error.reason, ConnectionError):
                    raise
                time.sleep(0.2)
        else:
            pytest.fail("the server never answered")
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(f"{api}?content=0", timeout=10)
        with urllib.request.urlopen(address, timeout=60) as answer:
            page = answer.read().decode()
        # What would ask a learner about news, before anything else.
        config = json.loads(re.search(r'id="jupyter-config-data"[^>]*>(.*?)</script>', page, flags=re.S)[1])
        assert "@jupyterlab/apputils-extension:announcements" in config["disabledExtensions"]
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(60)
        server.stdout.close()
