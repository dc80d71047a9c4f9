"""Driving JupyterLab in a real Chromium, as a learner would: open a notebook, run it, drag, click, look."""

import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CHROMIUM = shutil.which("chromium")
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
# Time-outs are ten times what is aimed at: on a busy machine they say "never", not "late".
PATIENCE_MS = 120_000


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def jupyterlab(folder: Path, scratch: Path, *, subshells: bool = True) -> Iterator[str]:
    """Run a JupyterLab on `folder` with settings of its own; yield the address, with its token."""
    settings = scratch / "settings" / "@jupyterlab"
    kernels = settings / "apputils-extension" / "kernels-settings.jupyterlab-settings"
    news = settings / "apputils-extension" / "notification.jupyterlab-settings"
    kernels.parent.mkdir(parents=True)
    kernels.write_text(json.dumps({"commsOverSubshells": "perCommTarget" if subshells else "disabled"}))
    news.write_text(json.dumps({"fetchNews": "false", "checkForUpdates": False}))
    port, token = _free_port(), secrets.token_hex(16)
    environment = os.environ | {
        "JUPYTER_TOKEN": token,
        "JUPYTER_CONFIG_DIR": str(scratch / "config"),
        "JUPYTER_RUNTIME_DIR": str(scratch / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(scratch / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(scratch / "workspaces"),
    }
    arguments = [str(folder), "--no-browser", "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}"]
    arguments += ["--ServerApp.port_retries=0", "--expose-app-in-browser", "--log-level=WARN"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        arguments.append("--allow-root")
    with open(scratch / "server.log", "w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *arguments], env=environment, stdout=log, stderr=log
        )
    try:
        _wait_until_up(f"http://127.0.0.1:{port}/api", server, scratch / "server.log")
        yield f"http://127.0.0.1:{port}/lab/tree/{{notebook}}?token={token}"
    finally:
        server.terminate()
        try:
            server.wait(30)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait(30)


def _wait_until_up(address: str, server: subprocess.Popen, log: Path) -> None:
    give_up = time.monotonic() + PATIENCE_MS / 1000
    while time.monotonic() < give_up:
        if server.poll() is not None:
            break
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise RuntimeError(f"JupyterLab did not come up:\n{log.read_text()}")


@contextmanager
def chromium(width: int = 1280, height: int = 1000) -> Iterator:
    """Start Chromium; yield a page."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        page = browser.new_page(viewport={"width": width, "height": height})
        page.set_default_timeout(PATIENCE_MS)
        try:
            yield page
        finally:
            browser.close()


class Lab:
    """One notebook open in JupyterLab."""

    def __init__(self, page, address: str, notebook: str):
        self.page = page
        # The tab in front: JupyterLab opens those of an earlier visit again behind it.
        self.panel = page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")
        page.goto(address.format(notebook=notebook))
        page.wait_for_function(
            """name => { const context = window.jupyterapp?.shell.currentWidget?.context;
                return context?.isReady && context.path.endsWith(name); }""",
            arg=notebook,
        )
        page.wait_for_function(
            "() => window.jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.status === 'idle'"
        )
        page.evaluate("() => window.jupyterapp.shell.collapseLeft()")

    def execute(self, command: str) -> None:
        """Run one of JupyterLab's own commands."""
        self.page.evaluate("command => { window.jupyterapp.commands.execute(command); }", command)

    def run_all(self) -> None:
        """Run All, and wait until every code cell has run; an error in a cell is raised here."""
        self.execute("notebook:run-all-cells")
        self.wait_for_cells()

    def wait_for_cells(self, first: int | None = None) -> None:
        """Wait until the code cells (the first so many of all cells) have run; an error in one is raised here."""
        self.page.wait_for_function(
            """first => window.jupyterapp.shell.currentWidget.content.widgets.slice(0, first ?? undefined)
                .filter(cell => cell.model.type === 'code' && cell.model.sharedModel.source.trim())
                .map(cell => cell.model)
                .every(model => model.executionCount !== null && model.executionState !== 'running')""",
            arg=first,
        )
        errors = self.panel.locator("[data-mime-type='application/vnd.jupyter.error']")
        if errors.count():
            raise AssertionError(errors.first.inner_text())

    def run_cell(self, index: int) -> None:
        """Run the cell of that index (markdown cells count) without waiting."""
        self.page.evaluate(
            """index => { const nb = window.jupyterapp.shell.currentWidget.content;
                nb.deselectAll(); nb.activeCellIndex = index;
                window.jupyterapp.commands.execute('notebook:run-cell'); }""",
            index,
        )

    def figure(self, number: int = 0) -> "LiveFigure":
        return LiveFigure(self, number)

    def kernel(self, code: str) -> str:
        """Run code in the notebook's kernel without a cell; return what it prints."""
        return self.page.evaluate(
            """async code => {
                const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
                const future = kernel.requestExecute({code, silent: false, store_history: false});
                let text = '';
                future.onIOPub = message => {
                    if (message.header.msg_type === 'stream') text += message.content.text;
                    if (message.header.msg_type === 'error') text += message.content.traceback.join('\\n');
                };
                await future.done; return text; }""",
            code,
        )


class LiveFigure:
    """The live figure of that number, counted from the top of the notebook."""

    def __init__(self, lab: Lab, number: int):
        self.page = lab.page
        self.stage = lab.panel.locator(".gantheory-stage").nth(number)
        self.stage.wait_for()
        self.output = lab.panel.locator(
            ".jp-OutputArea-output", has=self.page.locator(".gantheory-stage")
        ).nth(number)

    @property
    def serial(self) -> int:
        """Number of the picture on the screen."""
        return int(self.stage.get_attribute("data-serial") or -1)

    @property
    def alt(self) -> str:
        return self.stage.locator("img").get_attribute("alt")

    def wait_for_alt(self, text: str) -> None:
        """Wait until the picture on the screen says that it shows `text`."""
        self.page.wait_for_function(
            "([element, text]) => element.querySelector('img').alt.includes(text)",
            arg=[self.stage.element_handle(), text],
        )

    def wait_for_picture(self, after: int) -> None:
        """Wait until a picture newer than `after` is on the screen."""
        self.page.wait_for_function(
            "([element, after]) => Number(element.dataset.serial) > after",
            arg=[self.stage.element_handle(), after],
        )

    def pixels(self) -> bytes:
        return self.stage.locator("img").screenshot()

    def control(self, label: str):
        """Find the control whose description begins with `label`."""
        begins = re.compile(rf"^\s*{re.escape(label)}")
        return self.output.locator(".widget-inline-hbox", has_text=begins).first

    def button(self, label: str):
        # Not by role and name: an icon's glyph is part of a button's accessible name.
        return self.output.locator("button", has_text=re.compile(rf"^\s*{label}\s*$"))

    def drag(self, label: str, by: int, steps: int = 20) -> None:
        """Drag the handle of a slider by so many pixels."""
        handle = self.control(label).locator(".noUi-handle")
        handle.scroll_into_view_if_needed()
        box = handle.bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        self.page.mouse.move(x + by, y, steps=steps)
        self.page.mouse.up()
