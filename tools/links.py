"""Buttons that open the course in Colab and Binder, made from the repository's address.

    uv run python tools/links.py

The address is `Repository` under `[project.urls]` in pyproject.toml. With one, this puts the buttons into README.md and
into the first cell of each notebook, and a cell before the imports that installs the package where it is missing (Colab
starts without it; Binder builds environment.yml). Without one, it takes all of that away. Run twice, it changes
nothing.
"""

import json
import re
import sys
import tomllib
from pathlib import Path
from urllib.parse import quote, urlsplit

BEGIN, END = "<!-- buttons -->", "<!-- /buttons -->"
INSTALL = "install-where-missing"
"""The id of the cell that installs the package."""


def repository(root: Path) -> str | None:
    """Read the repository's address; None while there is none."""
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    address = project.get("urls", {}).get("Repository")
    if address is None:
        return None
    path = urlsplit(address).path.removesuffix(".git").strip("/")
    if urlsplit(address).netloc != "github.com" or path.count("/") != 1:
        raise ValueError(
            f"Repository must be an address like https://github.com/OWNER/NAME, got {address!r}."
        )
    return f"https://github.com/{path}"


def buttons(address: str, notebook: str | None = None) -> str:
    """Write the buttons for one notebook, or for the first where none is named."""
    path = urlsplit(address).path
    opened = f"notebooks/{notebook or '00_start_here.ipynb'}"
    colab = f"https://colab.research.google.com/github{path}/blob/main/{opened}"
    binder = f"https://mybinder.org/v2/gh{path}/main?urlpath={quote(f'lab/tree/{opened}', safe='')}"
    return (
        f"[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]({colab})\n"
        f"[![Open in Binder](https://mybinder.org/badge_logo.svg)]({binder})"
    )


def marked(text: str, made: str | None) -> str:
    """Put the buttons under the first line of a text, in place of those there are; None takes them away."""
    bare = re.sub(rf"\n\n{re.escape(BEGIN)}.*?{re.escape(END)}", "", text, flags=re.S)
    if made is None:
        return bare
    first, *rest = bare.split("\n", 1)
    return "\n".join([f"{first}\n\n{BEGIN}\n{made}\n{END}", *rest])


def linked(notebook: dict, name: str, address: str | None) -> dict:
    """Put the buttons and the cell that installs the package into a notebook, or take them away."""
    cells = [cell for cell in notebook["cells"] if cell["id"] != INSTALL]
    title = "".join(cells[0]["source"])
    cells[0]["source"] = marked(title, address and buttons(address, name)).splitlines(keepends=True)
    if address is not None:
        source = (
            "# Where the course's module is missing, as in Colab, it comes from the repository.\n"
            "import importlib.util\n\n"
            'if importlib.util.find_spec("gantheory") is None:\n'
            f'    %pip install --quiet "gantheory @ git+{address}"'
        )
        cell = {
            "cell_type": "code",
            "id": INSTALL,
            "metadata": {"jupyter": {"source_hidden": True}},
            "execution_count": None,
            "outputs": [],
            "source": source.splitlines(keepends=True),
        }
        first = next(i for i, cell in enumerate(cells) if cell["cell_type"] == "code")
        cells = [*cells[:first], cell, *cells[first:]]
    return {**notebook, "cells": cells}


def main(root: Path) -> None:
    """Bring the README and the notebooks of a project up to date."""
    address = repository(root)
    readme = root / "README.md"
    readme.write_text(marked(readme.read_text(), address and buttons(address)))
    for path in sorted((root / "notebooks").glob("*.ipynb")):
        changed = linked(json.loads(path.read_text()), path.name, address)
        path.write_text(json.dumps(changed, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    sys.exit(main(Path(__file__).parents[1]))
