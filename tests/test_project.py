"""The files around the package: requirements agree, notebooks are stored clean and keep to their form."""

import json
import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def test_environment_yml_asks_for_the_same_as_pyproject():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    conda = [item for item in environment["dependencies"] if isinstance(item, str)]
    (pip,) = [item["pip"] for item in environment["dependencies"] if isinstance(item, dict)]
    assert environment["channels"] == ["conda-forge"]
    assert "-e ." in pip
    asked = {item for item in [*conda, *pip] if item not in ("pip", "-e .")}
    wanted = {*project["project"]["dependencies"], *project["dependency-groups"]["dev"]}
    wanted.add("python" + project["project"]["requires-python"])
    assert asked == wanted
    assert {*project["project"]["optional-dependencies"]["site"]} <= {*project["dependency-groups"]["dev"]}
    assert [re.split(r"[<>=]", item)[0] for item in conda] == ["python", "pip", "jupyterlab"]


def test_the_readme_begins_with_the_two_commands():
    top = (ROOT / "README.md").read_text()[:1500]
    assert "pip install uv && uv run gantheory" in top
    assert "pip install uv && uv run pytest" in top


def test_the_readmes_example_learns_something(capsys):
    (source,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), flags=re.S)
    exec(source, {})
    # An untrained generator is about 1 away from the ring.
    assert 0 < float(capsys.readouterr().out) < 0.4


def test_the_changelog_and_the_citation_name_the_version():
    from gantheory import __version__

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["project"]["version"] == __version__
    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text()
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["version"] == __version__
    assert citation["license"] == project["project"]["license"]


def test_all_notebooks_are_there():
    assert [path.name[:2] for path in NOTEBOOKS] == [f"{number:02d}" for number in range(len(NOTEBOOKS))]
    assert len(NOTEBOOKS) >= 5


def _cells(path: Path, kind: str) -> list[str]:
    cells = json.loads(path.read_text())["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == kind]


def _words(markdown: str) -> list[str]:
    """Split prose into words; a formula counts as one, HTML tags and table rules as none."""
    text = re.sub(r"\$\$.*?\$\$|\$[^$]*\$", "formula", markdown, flags=re.S)
    text = re.sub(r"<[^>]*>|[|]|-{3,}", " ", text)
    return text.split()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
class TestNotebook:
    def test_is_stored_without_outputs(self, path):
        for cell in json.loads(path.read_text())["cells"]:
            assert not cell.get("outputs") and cell.get("execution_count") is None
            assert cell.get("id")

    def test_has_a_readable_length(self, path):
        words = sum(len(_words(text)) for text in _cells(path, "markdown"))
        # Notebook 07 holds two lessons: a game of two numbers, and networks with their clinic.
        most = 2000 if path.stem == "07_training_dynamics" else 1600
        assert 800 <= words <= most, f"{words} words"

    def test_has_short_code_cells_without_classes(self, path):
        for source in _cells(path, "code"):
            assert len(source.strip().splitlines()) <= 30
            assert not re.search(r"^class ", source, flags=re.M)

    def test_imports_in_one_cell(self, path):
        importing = [
            source for source in _cells(path, "code") if re.search(r"^\s*(import|from) ", source, flags=re.M)
        ]
        assert len(importing) == 1

    def test_holds_its_claims_by_asserts(self, path):
        assert sum("assert " in source for source in _cells(path, "code")) >= 3

    def test_has_its_parts(self, path):
        text = "\n".join(_cells(path, "markdown"))
        assert re.match(rf"# {path.name[:2]} · ", text)
        assert "What people get wrong" in text
        assert "中文" in text
        assert "References" in text
        assert 2 <= text.count("<summary>Solution") <= 4

    def test_links_lead_somewhere(self, path):
        for text in _cells(path, "markdown"):
            for goal in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", text):
                if not goal.startswith(("http:", "https:", "mailto:")):
                    assert (path.parent / goal).exists(), goal

    def test_links_to_notebooks_say_their_titles(self, path):
        for text in _cells(path, "markdown"):
            for words, goal in re.findall(r"\[(\d\d · [^]]*)\]\((\w+\.ipynb)\)", text):
                title = _cells(path.parent / goal, "markdown")[0].splitlines()[0]
                assert f"# {words}" == title

    def test_the_two_laws_are_formulas_in_prose(self, path):
        for text in _cells(path, "markdown"):
            prose = re.sub(r"\$\$.*?\$\$|\$[^$]*\$|`[^`]*`", "", text, flags=re.S)
            assert not re.search(r"P_(G|data)", prose), prose
