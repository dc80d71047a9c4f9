"""Sphinx, set up for the course: sources into a scratch folder, pages into the output, nothing from other hosts."""

import importlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

import nbformat
from docutils import nodes
from jax.typing import ArrayLike
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.domains.python import PyXRefRole
from sphinx.errors import SphinxError
from sphinx.util.docutils import SphinxRole, docutils_namespace, patch_docutils
from sphinx.util.typing import stringify_annotation

from gantheory import __version__
from gantheory._site import _course, _execute, _reference
from gantheory.live import pages

__all__ = ["BuildError", "build"]

_REFERENCE = "reference"
# Beside the pages: what the live figures leave.
_STRIPS = "strips"
# How a folder is known for a site that may be built anew: a list of the files that are the site's.
_MARK = ".gantheory-site"
# Of 24 MB of MathJax, what these pages may ask for.
_MATHJAX = ("tex-chtml.js", "input/tex/extensions", "output/chtml/fonts/woff-v2")


# What single backticks mean in docstrings.
_BACKTICKS = "backticks"


class BuildError(Exception):
    """The site could not be built; the message says why."""


def build(notebooks: Sequence[Path], output: Path) -> Path:
    """Build the site of some notebooks, and of the reference.

    Returns:
        The first page.

    Raises:
        BuildError: If `output` holds something else, two notebooks have one name, a notebook's cell fails, something
            public is undocumented, or Sphinx warns of anything.
    """
    names = [notebook.stem for notebook in notebooks]
    if len(set(names)) < len(names):
        raise BuildError(f"Two notebooks of one name cannot stand in one site: {', '.join(sorted(names))}.")
    output = output.expanduser().resolve()
    there = next(path for path in (output, *output.parents) if path.exists())
    if not there.is_dir() or not os.access(there, os.W_OK):
        raise BuildError(f"{output} cannot be written; choose another folder by --output.")
    if output.exists() and any(output.iterdir()) and not (output / _MARK).exists():
        raise BuildError(f"{output} holds something that is no site; choose another folder by --output.")
    with tempfile.TemporaryDirectory() as scratch:
        source, made = Path(scratch) / "source", Path(scratch) / "site"
        _write_sources(notebooks, names, source)
        _run(source, made, Path(scratch) / "doctrees")
        # Only a whole site takes the place of the last one.
        try:
            replace(made, output)
        except OSError as error:
            raise BuildError(f"{output} cannot be written: {error.strerror}.") from None
    return output / "index.html"


def replace(made: Path, output: Path) -> None:
    """Put a new site where an old one may be; what is not the old site's own (a .git, a CNAME) stays.

    Raises:
        OSError: If the folder cannot be written.
    """
    (made / ".nojekyll").touch()  # else hosts that run Jekyll leave out folders with an underscore
    files = sorted(path.relative_to(made).as_posix() for path in made.rglob("*") if path.is_file())
    (made / _MARK).write_text("\n".join([*files, _MARK]) + "\n")
    if (output / _MARK).is_file():
        for name in (output / _MARK).read_text().splitlines():
            if (output / name).resolve().is_relative_to(output):
                (output / name).unlink(missing_ok=True)
    shutil.copytree(made, output, dirs_exist_ok=True)
    for folder in sorted((path for path in output.rglob("*") if path.is_dir()), reverse=True):
        if not any(folder.iterdir()) and ".git" not in folder.parts:
            folder.rmdir()


def _write_sources(notebooks: Sequence[Path], names: Sequence[str], source: Path) -> None:
    source.mkdir()
    try:
        asked = _course.questions()
        read = [_course.read(notebook, asked) for notebook in notebooks]
        _reference.write(source / _REFERENCE)
        lessons, contents = zip(*read, strict=True) if read else ((), ())
        with _pictures_in(source / _STRIPS):
            _execute.run_all(dict(zip(names, contents, strict=True)), source)
    except (ValueError, _execute.Failed) as error:
        raise BuildError(str(error)) from None
    for name, content in zip(names, contents, strict=True):
        _course.for_readers(content, names)
        nbformat.write(content, source / f"{name}.ipynb")
    (source / "index.md").write_text(_course.index(lessons, f"{_REFERENCE}/index"))
    static = source / "_static"
    shutil.copytree(Path(__file__).parent / "static", static)
    for name in ("player.js", "player.css"):
        shutil.copy(Path(pages.__file__).with_name(name), static)


@contextmanager
def _pictures_in(folder: Path) -> Iterator[None]:
    """Have the kernels that start meanwhile leave their pictures in a folder."""
    folder.mkdir()
    os.environ[pages.FOLDER] = str(folder)
    try:
        yield
    finally:
        del os.environ[pages.FOLDER]


def _run(source: Path, output: Path, doctrees: Path) -> None:
    try:
        with patch_docutils(str(source)), docutils_namespace():
            app = Sphinx(
                source,
                None,
                output,
                doctrees,
                "html",
                _settings(),
                warningiserror=True,
                exception_on_warning=False,
            )
            app.connect("autodoc-skip-member", _skip)
            # Before napoleon, which reads sections.
            app.connect("autodoc-process-docstring", _process, priority=400)
            app.connect("autodoc-process-signature", _shorten)
            app.connect("object-description-transform", _shorten_types)
            # Before MathJax is asked whether the page has formulas.
            app.connect("html-page-context", _finish, priority=100)
            app.add_role(_BACKTICKS, _Backticks())
            app.build(force_all=True)
    except (SphinxError, OSError) as error:
        raise BuildError(f"{type(error).__name__}: {error}") from None
    if app.statuscode:
        raise BuildError("Sphinx warned; what it said stands above.")
    shutil.rmtree(output / "_sources", ignore_errors=True)
    shutil.copytree(source / _STRIPS, output / _STRIPS)
    _copy_mathjax(output / "_static" / "mathjax")


def _settings() -> dict[str, Any]:
    return {
        "project": "gantheory",
        "version": __version__,
        "extensions": ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.mathjax"],
        "html_theme": "furo",
        "html_title": "gantheory",
        "html_static_path": ["_static"],
        "html_css_files": ["player.css", "site.css"],
        "html_js_files": [("player.js", {"defer": "defer"})],
        "html_copy_source": False,
        "html_show_sphinx": False,
        "html_show_copyright": False,
        # Formulas: MathJax from the site itself. Its menu would fetch more when it is opened.
        "mathjax_path": "mathjax/tex-chtml.js",
        "mathjax3_config": {"options": {"enableMenu": False}},
        # Notebooks.
        "myst_enable_extensions": ["dollarmath", "amsmath"],
        "myst_heading_anchors": 3,
        "nb_execution_mode": "off",  # they have run
        "nb_merge_streams": True,
        # No script for widgets, which would come from another host: what is live gives HTML.
        "nb_ipywidgets_js": {},
        # Reference. What stands between single backticks is code, and a link where it is public.
        "default_role": _BACKTICKS,
        "autodoc_typehints": "signature",
        "autodoc_preserve_defaults": True,
        "autodoc_member_order": "bysource",
        "add_module_names": False,
        "python_maximum_signature_line_length": 80,
        "napoleon_numpy_docstring": False,
        "napoleon_use_ivar": True,
        "napoleon_use_rtype": False,
        "napoleon_attr_annotations": False,
        "toc_object_entries_show_parents": "hide",
    }


class _Backticks(SphinxRole):
    """Code; and where it is the name of something public, a link."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        if re.fullmatch(r"[A-Za-z_]\w*(\.\w+)*", self.text):
            return PyXRefRole()("py:obj", self.rawtext, self.text, self.lineno, self.inliner)
        return [nodes.literal(self.rawtext, self.text)], []


def _skip(_app: Any, _what: str, _name: str, thing: Any, skip: bool, _options: Any) -> bool | None:
    """Leave out the fields of a named tuple, of which autodoc knows nothing but their place."""
    alias = str(getattr(thing, "__doc__", None) or "").startswith("Alias for field number")
    return True if alias else None


def _process(_app: Any, _what: str, _name: str, _thing: Any, _options: Any, lines: list[str]) -> None:
    lines[:] = _reference.as_rst(lines)


def _shorten(
    _app: Any, _what: str, _name: str, _thing: Any, _options: Any, signature: str | None, returns: str | None
) -> tuple[str | None, str | None]:
    """Say ArrayLike for the union that it is, and leave out the arguments of a class that are its own affair."""
    if signature and re.search(r"[(\s]_[a-z]\w*:", signature):
        return "", returns
    union = stringify_annotation(ArrayLike, "smart")
    return tuple(
        text and text.replace(union, "ArrayLike").replace("jaxlib._jax.Array", "Array")
        for text in (signature, returns)
    )


def _shorten_types(_app: Any, _domain: str, _kind: str, content: nodes.Element) -> None:
    """Say Array in the types of properties and attributes too, which come past no other event."""
    for signature in content.parent.findall(addnodes.desc_signature):
        for text in list(signature.findall(nodes.Text)):
            if "jaxlib._jax." in text:
                text.parent.replace(text, nodes.Text(text.replace("jaxlib._jax.", "")))


def _finish(_app: Any, _page: str, _template: str, context: dict[str, Any], _doctree: Any) -> None:
    """Load MathJax where only a control, a question or a card has a formula, too; let folds say what they fold."""
    body = context.get("body", "")
    if "mathjax_process" in body:
        context["has_maths_elements"] = True
    context["body"] = body.replace('<summary aria-label="Toggle hidden content">', "<summary>")


def _copy_mathjax(goal: Path) -> None:
    source = files(importlib.import_module("sphinx-mathjax-offline")) / "static" / "mathjax"
    for name in _MATHJAX:
        part = Path(str(source / name))
        (goal / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(part, goal / name) if part.is_dir() else shutil.copy(part, goal / name)
