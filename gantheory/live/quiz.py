"""A few questions at the end of a notebook, which check themselves."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import ipywidgets as widgets

from gantheory import _checks as check
from gantheory.live import cells, pages
from gantheory.live.predict import Prediction

__all__ = ["Question", "Quiz"]


class Question(NamedTuple):
    """One question of a quiz.

    Attributes:
        question: One sentence.
        choices: What may be chosen; formulas as `$...$`.
        answer: The right one among the choices.
        because: Why, in a sentence or two.
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
            Prediction(
                asked.question, asked.choices, answer=asked.answer, because=asked.because, lead=f"{i}."
            )
            for i, asked in enumerate(questions, start=1)
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
