"""Opening the course in JupyterLab: where the notebooks are, which port, which device."""

import os
import secrets
import shutil
import socket
import subprocess
import sys
import threading
from pathlib import Path

__all__ = ["FIRST", "copy_course", "course_in_checkout", "describe_device", "free_port", "serve"]

FIRST = "00_start_here.ipynb"

_PACKAGE = Path(__file__).resolve().parent


def course_in_checkout() -> Path | None:
    """Find the notebooks of the checkout that this package runs from; None if it was installed from a wheel."""
    folder = _PACKAGE.parent / "notebooks"
    return folder if (folder / FIRST).is_file() and (_PACKAGE.parent / "pyproject.toml").is_file() else None


def copy_course(folder: Path) -> list[Path]:
    """Copy the notebooks that came with the package into `folder`; leave alone what is there already.

    Returns:
        The files that were copied.

    Raises:
        FileNotFoundError: If the package came without its notebooks.
    """
    source = _PACKAGE / "_notebooks"
    if not (source / FIRST).is_file():
        raise FileNotFoundError(f"The course's notebooks are missing from the installed package ({source}).")
    copied = []
    for notebook in sorted(source.glob("*.ipynb")):
        goal = folder / notebook.name
        folder.mkdir(parents=True, exist_ok=True)
        if not goal.exists():
            shutil.copyfile(notebook, goal)
            copied.append(goal)
    return copied


def free_port(wanted: int | None) -> int:
    """Find a free port on loopback: the wanted one, or from 8888 upwards if None.

    Raises:
        OSError: If the wanted port is taken.
    """
    for port in [wanted] if wanted is not None else [*range(8888, 8938), 0]:
        with socket.socket() as probe:
            # As the server does it: a port whose last connections are still closing counts as free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return probe.getsockname()[1]
    raise OSError(f"Port {wanted} is taken on this machine; choose another with --port.")


def describe_device() -> str:
    """Say in one line which device JAX sees.

    JAX is asked in a process of its own: in the server's it would hold an accelerator's memory that the notebooks need.
    """
    script = (
        "import jax; d = jax.devices(); "
        "print(f'JAX {jax.__version__} sees {len(d)} {d[0].platform.upper()} device(s): {d[0].device_kind}')"
    )
    try:
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120)
    except subprocess.TimeoutExpired:
        return "JAX did not answer within two minutes; the notebooks may not run."
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        return f"JAX sees no device: {reason}"
    return done.stdout.strip().splitlines()[-1]


def serve(folder: Path, *, port: int | None, browser: bool) -> None:
    """Run JupyterLab on `folder` at the first notebook, on loopback with a token, until it is stopped."""
    from jupyterlab.labapp import LabApp

    port = free_port(port)
    token = os.environ.setdefault("JUPYTER_TOKEN", secrets.token_hex(24))
    # No question about news on first start: `_lab` switches the plugin off that asks, for this server alone.
    settings = [str(_PACKAGE / "_lab"), os.environ.get("JUPYTER_CONFIG_PATH", "")]
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(filter(None, settings))
    print(f"Opening the course in {folder}")
    print(f"  http://127.0.0.1:{port}/lab/tree/{FIRST}?token={token}")
    print("Stop it with Ctrl-C.", flush=True)
    # Side by side with the start of the server: asking takes a second or two.
    threading.Thread(target=lambda: print(describe_device(), flush=True), daemon=True).start()
    arguments = [
        str(folder),
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        f"--LabApp.default_url=/lab/tree/{FIRST}",
        "--ServerApp.answer_yes=True",
        # The address stands above; what remains are warnings.
        "--log-level=WARN",
        # No look for updates: the course works offline.
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]
    if not browser:
        arguments.append("--no-browser")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        arguments.append("--allow-root")
    LabApp.launch_instance(arguments)
