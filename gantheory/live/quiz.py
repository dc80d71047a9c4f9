"""Questions as data: what a notebook asks before its figures, and its quiz at the end, which check themselves."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import ipywidgets as widgets

from gantheory import _checks as check
from gantheory.live import cells, pages
from gantheory.live.predict import Prediction

__all__ = ["Question", "Questions", "Quiz"]


class Question(NamedTuple):
    """One question, with its answer: before a figure or in a quiz.

    Attributes:
        question: One sentence; formulas as `$...$`.
        choices: What may be chosen, in plain words.
        answer: The right one among the choices.
        because: Why, in a sentence or two.

    Example:
        >>> even = Question("Is 2 even?", ["yes", "no"], answer="yes", because="2 = 2 times 1.")
        >>> Prediction(**even._asdict()).choice.options
        ('yes', 'no')
    """

    question: str
    choices: Sequence[str]
    answer: str
    because: str


class Quiz(widgets.VBox):
    """Questions one under another; each says at once whether the choice is right, and why, and the last line counts.

    A choice may be changed, but the count is of first choices.

    Args:
        questions: At least one.

    Raises:
        ValueError: where there is no question, or an answer is not among its choices.

    Example:
        >>> quiz = Quiz([Question("Is 2 even?", ["yes", "no"], "yes", "2 = 2 times 1.")])
        >>> quiz.questions[0].choice.value = "yes"
        >>> quiz.score.value
        'Right at the first go: 1 of 1.'
    """

    def __init__(self, questions: Sequence[Question]):
        if not questions:
            check.refuse("questions", "at least one Question", "none")
        self.questions = [
            Prediction(**asked._asdict(), lead=f"{i}.") for i, asked in enumerate(questions, start=1)
        ]
        self._first: dict[int, bool] = {}
        self.score = widgets.Label("")
        for i, asked in enumerate(self.questions):
            asked.choice.observe(lambda _, i=i: self._chosen(i), "value")
        super().__init__([*self.questions, self.score])
        cells.register(lambda: cells.close_all(self))

    def _chosen(self, i: int) -> None:
        self._first.setdefault(i, self.questions[i].right)
        right, answered, all_ = sum(self._first.values()), len(self._first), len(self.questions)
        left = "" if answered == all_ else f", {all_ - answered} to go"
        self.score.value = f"Right at the first go: {right} of {answered}{left}."

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        if pages.folder() is not None:
            return pages.bundle(self)
        return super()._repr_mimebundle_(**kwargs)


@dataclasses.dataclass(frozen=True)
class Questions:
    """All that a notebook asks: what to predict before its figures, and the quiz at its end.

    Attributes:
        predictions: What to predict, by the name of the figure before which the question stands; where one figure
            has two questions, the second has a name of its own.
        at_the_end: The questions of the quiz.

    Example:
        >>> even = Question("Is 2 even?", ["yes", "no"], "yes", "2 = 2 times 1.")
        >>> odd = Question("Is 3 even?", ["yes", "no"], "no", "3 = 2 times 1 + 1.")
        >>> asked = Questions({"two": even}, [even, odd])
        >>> predict, quiz = asked.predict, asked.quiz
        >>> predict("two").question, len(quiz().questions)
        ('Is 2 even?', 2)
    """

    predictions: Mapping[str, Question]
    at_the_end: Sequence[Question]

    def predict(self, name: str) -> Prediction:
        """Ask what a figure will show, before it does.

        Args:
            name: The figure's, or that of a second question about it.

        Raises:
            ValueError: If nothing is asked under this name; the sentence lists the names.

        Example:
            >>> even = Question("Is 2 even?", ["yes", "no"], "yes", "2 = 2 times 1.")
            >>> Questions({"two": even}, [even]).predict("two").choice.options
            ('yes', 'no')
        """
        check.one_of("name", name, self.predictions)
        return Prediction(**self.predictions[name]._asdict())

    def quiz(self) -> Quiz:
        """Ask the questions of the quiz at the end.

        Example:
            >>> even = Question("Is 2 even?", ["yes", "no"], "yes", "2 = 2 times 1.")
            >>> Questions({"two": even}, [even]).quiz().score.value
            ''
        """
        return Quiz(self.at_the_end)
