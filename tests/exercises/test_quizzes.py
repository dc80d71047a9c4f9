"""What the notebooks ask: a prediction before a figure, and quizzes at the ends whose answers their places hide."""

import html
import json
import re
from pathlib import Path

import pytest

from gantheory.live.predict import Prediction

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))


def code_of(path):
    cells = json.loads(path.read_text())["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def imported(path):
    """The names that a notebook's imports make."""
    (imports,) = [source for source in code_of(path) if re.search(r"^(import|from) ", source, flags=re.M)]
    names = {}
    exec(imports, names)
    return names


def quiz_of(path):
    """The quiz that a notebook shows, as its cell makes it with the notebook's imports."""
    (shown,) = [source for source in code_of(path) if source.rstrip().endswith(".quiz()")]
    return eval(shown, imported(path))


def predictions_of(path):
    """The cells of a notebook that ask for a prediction: their places among the cells, modules and names."""
    found = []
    for i, source in enumerate(code_of(path)):
        if match := re.fullmatch(r"(\w+)\.predict\(\"(\w+)\"\)", source.strip()):
            found.append((i, *match.groups()))
    return found


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


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
class TestPredictions:
    def test_each_is_asked_once_and_before_the_figure_that_it_is_named_after(self, path):
        cells, names = code_of(path), imported(path)
        asked = predictions_of(path)
        assert sum(".predict(" in source for source in cells) == len(asked) >= 2
        (module,) = {module for _, module, _ in asked}
        module = names[module]
        assert sorted(name for *_, name in asked) == sorted(module.predict.__self__.predictions)
        for i, _, name in asked:
            # The second question about a figure has another name, and may stand between the first and the figure.
            if hasattr(module, name):
                assert any(f".{name}(" in source for source in cells[i + 1 : i + 3]), name

    def test_right_is_told_from_wrong(self, path):
        names = imported(path)
        for _, module, name in predictions_of(path):
            asked = names[module].predict(name)
            assert asked.verdict.value == ""
            right = right_choice(asked)
            for choice in asked.choice.options:
                asked.choice.value = choice
                assert f"You said: {html.escape(choice, quote=False)}." in asked.verdict.value
                assert ("So it is." in asked.verdict.value) == (choice == right)
            asked.close()

    def test_another_name_is_refused(self, path):
        _, module, name = predictions_of(path)[0]
        with pytest.raises(ValueError, match=rf"^name must be one of .*\b{name}\b.*, got 'nothing'\.$"):
            imported(path)[module].predict("nothing")


def test_no_place_gives_the_predictions_away():
    """Over the whole course: whoever always ticks the third choice learns nothing."""
    places = {3: [], 4: []}
    for path in NOTEBOOKS:
        names = imported(path)
        for _, module, name in predictions_of(path):
            asked = names[module].predict(name)
            options = asked.choice.options
            places.setdefault(len(options), []).append(options.index(right_choice(asked)))
            asked.close()
    for count, found in places.items():
        shares = [found.count(place) / len(found) for place in range(count)]
        if len(found) >= 20:
            assert min(shares) >= 0.5 / count and max(shares) <= 1.5 / count, (count, shares)


def test_a_choice_with_a_formula_is_refused():
    """A radio button would show it raw."""
    with pytest.raises(ValueError, match=r"^choices must be plain words, without \$, got '\$p/q\$'\.$"):
        Prediction("Which?", ["$p/q$", "1"], answer="1", because="It is.")
