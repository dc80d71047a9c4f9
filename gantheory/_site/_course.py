"""The notebooks as Sphinx gets them: solutions folded, links among the pages that there are, an index."""

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import nbformat

__all__ = ["Lesson", "index", "prepare"]

_LINK = re.compile(r"\[([^\]]*)\]\(([\w.-]+)\.ipynb(#[\w-]*)?\)")
# A question in bold; else whatever sentence asks something.
_QUESTIONS = (re.compile(r"\*\*([^*]*\?)\*\*"), re.compile(r"([A-Z][^.?!:]*\?)"))
_NUMBER = re.compile(r"^(\d+)\s*·\s*")
_FORMULA = re.compile(r"\$([^$]+)\$")


@dataclass(frozen=True)
class Lesson:
    """What the index says of a notebook.

    Attributes:
        name: The page's name, without ending.
        title: The notebook's headline.
        question: The question that it opens with.
    """

    name: str
    title: str
    question: str


def prepare(notebook: Path, folder: Path, pages: Sequence[str]) -> Lesson:
    """Write the notebook into `folder` as its page's source.

    Args:
        notebook: The file.
        folder: Where the sources lie.
        pages: Names of all pages of this build; a link to another notebook becomes plain words.

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
    for cell in content.cells:
        if cell.cell_type == "markdown":
            cell.source = _LINK.sub(lambda link: link[0] if link[2] in pages else link[1], cell.source)
        elif cell.metadata.get("jupyter", {}).get("source_hidden"):
            cell.metadata["tags"] = [*cell.metadata.get("tags", []), "hide-input"]
            # Above the line that unfolds it.
            cell.metadata["mystnb"] = {
                "code_prompt_show": "Show the code",
                "code_prompt_hide": "Hide the code",
            }
    nbformat.write(content, folder / f"{notebook.stem}.ipynb")
    asked = (question.search(_LINK.sub(r"\1", opening)) for question in _QUESTIONS)
    question = next((found[1] for found in asked if found), "")
    return Lesson(notebook.stem, headline[1].strip(), " ".join(question.replace("**", "").split()))


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
yourself, run the same notebooks in JupyterLab: `pip install uv && uv run gantheory` in a copy of the project.

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
