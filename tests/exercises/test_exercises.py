"""The door of the exercises: verdicts, missing answers, names, and that notebooks ask what is checked."""

import json
import re
from pathlib import Path

import pytest

from gantheory import exercises

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("name", exercises.names())
def test_no_answer_is_not_right_and_says_what_is_wanted(name):
    for nothing in (None, ...):
        verdict = exercises.check(name, nothing)
        assert not verdict and verdict.because.startswith("There is no answer yet. Wanted: ")


@pytest.mark.parametrize("name", exercises.names())
@pytest.mark.parametrize(
    "nonsense",
    ["nonsense", float("nan"), object(), lambda: 1, [], {}],
    ids=["word", "NaN", "object", "function", "list", "dictionary"],
)
def test_nonsense_is_wrong_in_one_sentence_and_raises_nothing(name, nonsense):
    verdict = exercises.check(name, nonsense)
    assert not verdict.right
    assert verdict.because and "\n" not in verdict.because


def test_a_name_that_is_none_is_refused():
    with pytest.raises(ValueError, match=r"^name must be one of .*, got '99\.1'\.$"):
        exercises.check("99.1", 1)


def test_notebooks_check_every_exercise_twice_once_empty_and_once_solved():
    asked = {}
    for path in NOTEBOOKS:
        cells = json.loads(path.read_text())["cells"]
        source = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
        for name in re.findall(r'exercises\.check\(\s*"([^"]+)"', source):
            assert name[:2] == path.name[:2]
            asked[name] = asked.get(name, 0) + 1
    assert sorted(asked) == list(exercises.names())
    assert all(times >= 2 for times in asked.values()), asked
