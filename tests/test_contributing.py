"""The recipes of CONTRIBUTING.md run as they stand there, and the files that they name are there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
_, _, _AFTER = (ROOT / "CONTRIBUTING.md").read_text().partition("\n## Recipes\n")
RECIPES = re.findall(
    r"\n### (.*?)\n(.*?)(?=\n### |\n## )", _AFTER.partition("\n## Rules\n")[0] + "\n## ", flags=re.S
)


def test_there_is_one_for_each_kind_of_thing():
    assert [title for title, _ in RECIPES] == [
        "A loss",
        "A constraint",
        "A dataset",
        "An explorable",
        "A notebook",
    ]


@pytest.mark.parametrize("title, text", RECIPES, ids=[title for title, _ in RECIPES])
def test_a_recipe_works(title, text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (source,) = re.findall(r"```python\n(.*?)```", text, flags=re.S)
    assert re.search(r"^assert ", source, flags=re.M)
    exec(compile(source, f"CONTRIBUTING.md, {title}", "exec"), {"__name__": "recipe"})


@pytest.mark.parametrize("title, text", RECIPES, ids=[title for title, _ in RECIPES])
def test_what_a_recipe_names_is_there(title, text):
    for name in re.findall(r"`((?:gantheory|tests|notebooks)/[^`]*)`", text):
        if "12_waves" not in name:
            assert (ROOT / name).exists(), name
