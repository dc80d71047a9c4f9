"""The reference: a page for each public module, with everything that its `__all__` names."""

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

__all__ = ["as_rst", "names", "undocumented", "write"]

_PACKAGE = Path(__file__).parents[1]
_FLOORS = (
    ("Mathematics", ("distributions", "divergences", "transport")),
    ("The game", ("losses", "lipschitz", "networks", "games", "training", "dynamics")),
    ("Data, scores and saves", ("datasets", "metrics", "classifiers", "recipes", "checkpoints")),
    ("Pictures and controls", ("plotting", "live")),
    ("The notebooks' figures and exercises", ("explorables", "exercises")),
)


def names() -> dict[str, list[str]]:
    """List what is public: by module, the names in its `__all__`."""
    public = {}
    for info in pkgutil.walk_packages([str(_PACKAGE)], "gantheory."):
        if not any(part.startswith("_") for part in info.name.split(".")):
            module = importlib.import_module(info.name)
            if getattr(module, "__all__", None):
                public[info.name] = sorted(module.__all__)
    return public


def undocumented() -> list[str]:
    """List the public names that say nothing of themselves, values included."""
    return [
        f"{module}.{name}"
        for module, public in names().items()
        for name in public
        if not _words(importlib.import_module(module), name)
    ]


def write(folder: Path) -> None:
    """Write the pages' sources into `folder`, `index` first.

    Raises:
        ValueError: If something public says nothing of itself.
    """
    if silent := undocumented():
        raise ValueError(f"These public names need a docstring: {', '.join(silent)}.")
    folder.mkdir(parents=True)
    public = names()
    parts = []
    for title, modules in _FLOORS:
        pages = [page for page in public if page.split(".")[1] in modules]
        pages.sort(key=lambda page: modules.index(page.split(".")[1]))
        parts.append(_contents(title, pages))
    missing = set(public) - {page for page in public if any(page.split(".")[1] in m for _, m in _FLOORS)}
    if missing:
        parts.append(_contents("More", sorted(missing)))
    (folder / "index.rst").write_text("\n".join([_headline("Reference"), *parts]))
    seen: dict[int, str] = {}
    for module, public_names in public.items():
        (folder / f"{module}.rst").write_text(_page(module, public_names, seen))


def as_rst(lines: Sequence[str]) -> list[str]:
    r"""Turn a docstring, which is written for the eye, into what Sphinx reads: tables, and bars that are only bars.

    >>> as_rst(["| `a` | b |", "|---|---|", "| 1 | 2 |", "", "E |x| <= `|y|`", ">>> 1 | 2", "3"])[-3:]
    ['E \\|x\\| <= `|y|`', '>>> 1 | 2', '3']
    """
    made: list[str] = []
    lines = list(lines)
    while lines:
        if lines[0].lstrip().startswith(">>>"):
            while lines and lines[0].strip():
                made.append(lines.pop(0))
        elif lines[0].lstrip().startswith("|") and lines[1:] and set(lines[1].strip()) == {"|", "-"}:
            rows = []
            while lines and lines[0].lstrip().startswith("|"):
                rows.append(lines.pop(0))
            made += _table([rows[0], *rows[2:]])
        else:
            # Every second part stands between backticks.
            parts = lines.pop(0).split("`")
            made.append("`".join(p if i % 2 else p.replace("|", "\\|") for i, p in enumerate(parts)))
    return made


def _table(rows: Sequence[str]) -> list[str]:
    indent = rows[0][: len(rows[0]) - len(rows[0].lstrip())]
    made = ["", f"{indent}.. list-table::", f"{indent}   :header-rows: 1", ""]
    for row in rows:
        for i, cell in enumerate(row.strip().strip("|").split("|")):
            made.append(f"{indent}   {'- ' if i else '* - '}".replace("   - ", "     - ") + cell.strip())
    return [*made, ""]


def _headline(text: str, line: str = "=") -> str:
    return f"{text}\n{line * len(text)}\n"


def _contents(title: str, pages: Sequence[str]) -> str:
    rows = []
    for page in pages:
        says = (importlib.import_module(page).__doc__ or "").strip().splitlines()[0]
        rows.append(f"   * - :doc:`{page} <{page}>`\n     - {says}")
    tree = "\n".join(f"   {page} <{page}>" for page in pages)
    table = ".. list-table::\n   :widths: 35 65\n\n" + "\n".join(rows)
    return f"{_headline(title, '-')}\n{table}\n\n.. toctree::\n   :hidden:\n\n{tree}\n"


def _page(name: str, public: Sequence[str], seen: dict[int, str]) -> str:
    """Write a module's page; what another page has described already (`seen`, by identity) points there."""
    module = importlib.import_module(name)
    parts = [_headline(name), f".. automodule:: {name}\n", f".. currentmodule:: {name}\n"]
    for public_name in public:
        thing = getattr(module, public_name)
        if isinstance(thing, type) and id(thing) in seen:
            there = f"The same as :py:class:`{seen[id(thing)]}`."
            parts.append(f".. py:class:: {public_name}\n\n   {there}\n")
        elif isinstance(thing, type):
            seen[id(thing)] = f"{name}.{public_name}"
            bases = "" if thing.__bases__ in ((object,), (tuple,)) else "   :show-inheritance:\n"
            parts.append(f".. autoclass:: {public_name}\n   :members:\n{bases}")
        elif _is_function(thing):
            parts.append(f".. autofunction:: {public_name}\n")
        else:
            words = "\n   ".join(as_rst(inspect.cleandoc(_words(module, public_name)).splitlines()))
            parts.append(f".. py:data:: {public_name}\n\n   {words}\n")
    return "\n".join(parts)


def _words(module: ModuleType, name: str) -> str:
    """Find what a public name says of itself: its docstring, or the string under the line that gives it a value."""
    thing = getattr(module, name)
    if isinstance(thing, type) or _is_function(thing):
        return inspect.getdoc(thing) or ""
    return _string_below(module, name)


def _is_function(thing: Any) -> bool:
    # What is cached or compiled is no function to Python, but remembers the one it was made of.
    return inspect.isroutine(thing) or (callable(thing) and hasattr(thing, "__wrapped__"))


def _string_below(module: ModuleType, name: str) -> str:
    """Read the string under `name = …`, in the module where that stands."""
    body = ast.parse(Path(str(module.__file__)).read_text()).body
    for node, after in zip(body, [*body[1:], None], strict=True):
        if isinstance(node, ast.ImportFrom) and any((a.asname or a.name) == name for a in node.names):
            source = next(a.name for a in node.names if (a.asname or a.name) == name)
            return _string_below(importlib.import_module(str(node.module)), source)
        if name in _assigned(node):
            value: Any = after.value if isinstance(after, ast.Expr) else None
            return str(value.value) if isinstance(value, ast.Constant) else ""
    return ""


def _assigned(node: ast.stmt) -> set[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    flat = [part for target in targets for part in getattr(target, "elts", [target])]
    return {part.id for part in flat if isinstance(part, ast.Name)}
