"""The notebooks as Sphinx gets them: folded for readers, links among the pages that there are, an index."""

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import metadata
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from gantheory import _launch

__all__ = ["Lesson", "for_readers", "index", "questions", "read"]

_LINK = re.compile(r"\[([^\]]*)\]\(([\w.-]+)\.ipynb(#[\w-]*)?\)")
_ROW = re.compile(r"^\|[ \d]+\| *\[[^\]]*\]\(notebooks/([\w.-]+)\.ipynb\) *\| *(.*?) *\|$", re.MULTILINE)
_HEADING = re.compile(r"^#{1,6} .+$", re.MULTILINE)
_IMPORT = re.compile(r"^(import|from) ", re.MULTILINE)
_UNANSWERED = re.compile(r"^answer = None\b.*^exercises\.check\(", re.MULTILINE | re.DOTALL)
_NUMBER = re.compile(r"^(\d+)\s*·\s*")
_FORMULA = re.compile(r"\$([^$]+)\$")
# What opens the notebooks, as the README says it.
_COMMAND = "pip install uv && uv run gantheory"
_NOTE = (
    '<p class="gantheory-note">A page cannot check answers: exercises are answered in the notebook, which '
    f"<code>{html.escape(_COMMAND)}</code> opens in a copy of the project.</p>"
)


@dataclass(frozen=True)
class Lesson:
    """What the index says of a notebook.

    Attributes:
        name: The page's name, without ending.
        title: The notebook's headline.
        question: The question that it answers; empty where the README's table has none.
    """

    name: str
    title: str
    question: str


def questions() -> dict[str, str]:
    """Read which question each notebook answers: the README's table says it, which came with the package too."""
    folder = _launch.course_in_checkout()
    readme = (
        metadata("gantheory")["Description"] if folder is None else (folder.parent / "README.md").read_text()
    )
    return dict(_ROW.findall(readme or ""))


def read(notebook: Path, asked: Mapping[str, str]) -> tuple[Lesson, NotebookNode]:
    """Read a notebook, and what the index says of it.

    Args:
        notebook: The file.
        asked: The notebooks' questions by name.

    Raises:
        ValueError: If the file is not a notebook, or begins without a headline.
    """
    try:
        content = nbformat.read(notebook, as_version=4)
    except (nbformat.reader.NotJSONError, nbformat.ValidationError, UnicodeDecodeError):
        raise ValueError(f"{notebook} is not a notebook.") from None
    opening = next((cell.source for cell in content.cells if cell.cell_type == "markdown"), "")
    headline = re.match(r"#\s+(.+)", opening)
    if headline is None:
        raise ValueError(f"{notebook} must begin with a text cell whose first line is a headline (`# …`).")
    return Lesson(notebook.stem, headline[1].strip(), asked.get(notebook.stem, "")), content


def for_readers(content: NotebookNode, pages: Sequence[str]) -> None:
    """Make a notebook that has run a page for readers.

    Code that only shows something is folded, as are solutions and imports; questions stand without their code. What an
    exercise says to the answer `None` is left out; one note says where answers are checked.

    Args:
        content: The notebook.
        pages: Names of all pages of this build; a link to another notebook becomes plain words.
    """
    told = False
    for i, cell in enumerate(content.cells):
        if cell.cell_type == "markdown":
            cell.source = _LINK.sub(lambda link: link[0] if link[2] in pages else link[1], cell.source)
        elif cell.cell_type != "code":
            continue
        elif _UNANSWERED.search(cell.source):
            _tag(cell, "remove-output")
            if not told:
                _tell_where_to_answer(content.cells[:i])
            told = True
        elif _asks(cell):
            _tag(cell, "remove-input")
        elif (
            cell.metadata.get("jupyter", {}).get("source_hidden")
            or _IMPORT.search(cell.source)
            or _lives(cell)
        ):
            _tag(cell, "hide-input")
            # Above the line that unfolds it.
            cell.metadata["mystnb"] = {
                "code_prompt_show": "Show the code",
                "code_prompt_hide": "Hide the code",
            }


def _tag(cell: NotebookNode, tag: str) -> None:
    cell.metadata["tags"] = [*cell.metadata.get("tags", []), tag]


def _shown(cell: NotebookNode) -> str:
    return "".join(output.get("data", {}).get("text/html", "") for output in cell.outputs)


def _asks(cell: NotebookNode) -> bool:
    return bool(re.match(r"<gantheory-(prediction|quiz)\b", _shown(cell)))


def _lives(cell: NotebookNode) -> bool:
    return bool(re.match(r'<(gantheory-\w+|div) class="gantheory-player', _shown(cell)))


def _tell_where_to_answer(cells: Sequence[NotebookNode]) -> None:
    """Put the note under the last heading."""
    for cell in reversed(cells):
        headings = list(_HEADING.finditer(cell.source)) if cell.cell_type == "markdown" else []
        if headings:
            end = headings[-1].end()
            cell.source = f"{cell.source[:end]}\n\n{_NOTE}\n{cell.source[end:]}"
            return


def index(lessons: Sequence[Lesson], reference: str) -> str:
    """Write the first page: what the course is, and a card for each notebook.

    >>> print(index([Lesson("00_start", "00 · Start", "What is $G$?")], "api/index").splitlines()[0])
    # gantheory
    """
    cards = "\n".join(_card(lesson) for lesson in lessons)
    names = "\n".join(lesson.name for lesson in lessons)
    return f"""# gantheory

**The theory of generative adversarial networks, in pages that move.** Predict, drag a slider, watch a generator learn,
and read the equation that it follows. Every claim is checked by a number when these pages are built.

On these pages the sliders and the recorded trainings run by themselves: no kernel, no network. To steer everything
yourself, run the same notebooks in JupyterLab: `{_COMMAND}` in a copy of the project.

<nav class="gantheory-cards mathjax_process" aria-label="The course">
{cards}
</nav>

The module behind the figures is documented in the {{doc}}`reference <{reference}>`.

```{{toctree}}
:hidden:
:caption: The course

{names}
```

```{{toctree}}
:hidden:
:caption: The module

{reference}
```
"""


def _card(lesson: Lesson) -> str:
    number = _NUMBER.match(lesson.title)
    title = _NUMBER.sub("", lesson.title)
    words = [
        f'<span class="gantheory-number">{number[1]}</span>' if number else "",
        f'<span class="gantheory-title">{_inline(title)}</span>',
        f'<span class="gantheory-question">{_inline(lesson.question)}</span>' if lesson.question else "",
    ]
    return f'<a class="gantheory-card" href="{html.escape(lesson.name)}.html">{"".join(words)}</a>'


def _inline(text: str) -> str:
    """Set a headline's text as HTML: formulas between dollars, emphasis between stars."""
    text = _FORMULA.sub(r"\\(\1\\)", html.escape(text, quote=False))
    return re.sub(r"\*(.+?)\*", r"<em>\1</em>", text)
