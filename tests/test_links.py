"""The buttons for Colab and Binder: there with a repository's address, without a trace without one."""

import importlib.util
import json
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ADDRESS = "https://github.com/somebody/gan-course"

_spec = importlib.util.spec_from_file_location("links", ROOT / "tools" / "links.py")
links = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(links)


def contents(root: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in [root / "README.md", *root.glob("notebooks/*.ipynb")]}


@pytest.fixture
def course(tmp_path):
    """A copy of what carries buttons, of a project without an address."""
    (tmp_path / "notebooks").mkdir()
    for path in [ROOT / "README.md", *ROOT.glob("notebooks/*.ipynb")]:
        shutil.copy(path, tmp_path / path.relative_to(ROOT))
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "gantheory"\n')
    links.main(tmp_path)
    return tmp_path


def give(root: Path, address: str) -> None:
    (root / "pyproject.toml").write_text(f'[project]\n[project.urls]\nRepository = "{address}"\n')


def test_what_is_stored_agrees_with_pyproject(tmp_path):
    (tmp_path / "notebooks").mkdir()
    for path in [ROOT / "pyproject.toml", ROOT / "README.md", *ROOT.glob("notebooks/*.ipynb")]:
        shutil.copy(path, tmp_path / path.relative_to(ROOT))
    before = contents(tmp_path)
    links.main(tmp_path)
    assert contents(tmp_path) == before


def test_with_an_address_and_again_and_without(course):
    before = contents(course)
    assert not any("colab" in text.lower() or "mybinder" in text for text in before.values())
    give(course, ADDRESS + ".git")
    links.main(course)
    with_buttons = contents(course)
    links.main(course)
    assert contents(course) == with_buttons
    for name, text in with_buttons.items():
        opened = "00_start_here.ipynb" if name == "README.md" else name
        blob = f"https://colab.research.google.com/github/somebody/gan-course/blob/main/notebooks/{opened}"
        assert text.count(f"({blob})") == 1
        assert text.count(f"gan-course/main?urlpath=lab%2Ftree%2Fnotebooks%2F{opened})") == 1
    assert with_buttons["README.md"].startswith("# gantheory\n\n<!-- buttons -->\n[![Open in Colab]")
    (course / "pyproject.toml").write_text('[project]\nname = "gantheory"\n')
    links.main(course)
    assert contents(course) == before


def test_the_package_is_installed_where_it_is_missing_and_only_there(course, monkeypatch):
    give(course, ADDRESS)
    links.main(course)
    for path in course.glob("notebooks/*.ipynb"):
        first, second, *_ = [
            cell for cell in json.loads(path.read_text())["cells"] if cell["cell_type"] == "code"
        ]
        assert first["id"] == links.INSTALL and not first["outputs"] and first["execution_count"] is None
        assert "import" in "".join(second["source"])
    from IPython.core.inputtransformer2 import TransformerManager

    source = TransformerManager().transform_cell("".join(first["source"]))
    asked = []

    class Shell:
        def run_line_magic(self, name, line, **_):
            asked.append((name, line))

    for found in (True, False):
        monkeypatch.setattr(importlib.util, "find_spec", lambda name, found=found: name if found else None)
        exec(source, {"get_ipython": Shell})
        assert len(asked) == (not found)
    assert asked == [("pip", f'install --quiet "gantheory @ git+{ADDRESS}"')]


@pytest.mark.parametrize("address", ["https://example.org/a/b", "https://github.com/somebody"])
def test_an_address_that_no_button_can_open_is_refused(course, address):
    give(course, address)
    before = contents(course)
    with pytest.raises(
        ValueError, match=r"^Repository must be an address like https://github\.com/OWNER/NAME, got"
    ):
        links.main(course)
    assert contents(course) == before
