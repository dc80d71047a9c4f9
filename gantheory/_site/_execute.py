"""Running the notebooks: each in a kernel of its own, several at a time."""

import asyncio
import os
from collections.abc import Callable, Mapping
from pathlib import Path

from nbclient import NotebookClient
from nbformat import NotebookNode

__all__ = ["Failed", "run_all"]

_TIMEOUT = 900  # seconds a cell
# A cell of a notebook keeps about one core busy, and a kernel takes a gigabyte or two.
_AT_ONCE = max(1, min(4, os.cpu_count() or 1))


class Failed(Exception):
    """A notebook did not run to its end; the message says which, and why."""


def run_all(
    notebooks: Mapping[str, NotebookNode], folder: Path, said: Callable[[str], object] = print
) -> None:
    """Run notebooks and leave their outputs in them; the first failure ends all.

    Args:
        notebooks: What to run, by name.
        folder: Where the kernels work.
        said: Gets a sentence when a notebook is done.

    Raises:
        Failed: If a cell raises, takes too long, or takes its kernel with it.
    """
    try:
        asyncio.run(_run_all(notebooks, folder, said))
    except ExceptionGroup as failures:
        # The others were only stopped.
        raise failures.exceptions[0] from None


async def _run_all(
    notebooks: Mapping[str, NotebookNode], folder: Path, said: Callable[[str], object]
) -> None:
    free = asyncio.Semaphore(_AT_ONCE)
    begun = asyncio.get_running_loop().time()

    async def run(name: str, notebook: NotebookNode) -> None:
        # The state of widgets would weigh as much as their pictures, and no page shows a widget.
        client = NotebookClient(
            notebook,
            timeout=_TIMEOUT,
            resources={"metadata": {"path": str(folder)}},
            store_widget_state=False,
            record_timing=False,
            # That a kernel's messages are not encrypted says nothing on one's own machine.
            extra_arguments=["--log-level=ERROR"],
        )
        async with free:
            try:
                await client.async_execute()
            except Exception as error:
                raise Failed(f"{name}.ipynb failed:\n{str(error) or type(error).__name__}") from error
        said(f"{name} has run, {asyncio.get_running_loop().time() - begun:.0f} s after the start")

    async with asyncio.TaskGroup() as group:
        for name, notebook in notebooks.items():
            group.create_task(run(name, notebook))
