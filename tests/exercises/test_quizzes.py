"""The quizzes at the ends of the notebooks: five questions each, which count, and whose answers their places hide."""

import json
import re
from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))


def code_of(path):
    cells = json.loads(path.read_text())["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def quiz_of(path):
    """The quiz that a notebook shows, as its cell makes it with the notebook's imports."""
    sources = code_of(path)
    (shown,) = [source for source in sources if source.rstrip().endswith(".quiz()")]
    (imports,) = [source for source in sources if re.search(r"^(import|from) ", source, flags=re.M)]
    names = {}
    exec(imports, names)
    return eval(shown, names)


def right_choice(asked):
    (right,) = [choice for choice in asked.choice.options if asked.is_right(choice)]
    return right


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
class TestQuiz:
    def test_five_questions_of_a_few_choices_each(self, path):
        quiz = quiz_of(path)
        assert len(quiz.questions) == 5
        assert len({asked.question for asked in quiz.questions}) == 5
        for asked in quiz.questions:
            choices = asked.choice.options
            assert 3 <= len(choices) <= 4 and len(set(choices)) == len(choices)
            assert asked.question.endswith(("?", ".", ":"))
        quiz.close()

    def test_the_right_answers_count(self, path):
        quiz = quiz_of(path)
        for asked in quiz.questions:
            asked.choice.value = right_choice(asked)
            assert "So it is." in asked.verdict.value
        assert quiz.score.value == "Right at the first go: 5 of 5."
        quiz.close()

    def test_every_wrong_answer_is_put_right(self, path):
        quiz = quiz_of(path)
        for asked in quiz.questions:
            for choice in asked.choice.options:
                if not asked.is_right(choice):
                    asked.choice.value = choice
                    assert "<b>It is: " in asked.verdict.value
        assert quiz.score.value == "Right at the first go: 0 of 5."
        quiz.close()

    def test_neither_place_nor_length_gives_the_answers_away(self, path):
        quiz = quiz_of(path)
        places = [asked.choice.options.index(right_choice(asked)) for asked in quiz.questions]
        longest = [max(asked.choice.options, key=len) == right_choice(asked) for asked in quiz.questions]
        assert max(places.count(place) for place in places) <= 3
        assert sum(longest) <= 3
        quiz.close()

    def test_it_stands_after_the_exercises_and_before_the_words(self, path):
        text = ["".join(cell["source"]) for cell in json.loads(path.read_text())["cells"]]
        (at,) = [i for i, source in enumerate(text) if source.rstrip().endswith(".quiz()")]
        assert text[at - 1].startswith("## Quiz")
        assert any("## Exercises" in source for source in text[:at])
        assert any("## Words" in source for source in text[at:])
