"""What an exercise is, what becomes of an answer, and the judges that most exercises share."""

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from gantheory import _checks

__all__ = ["Exercise", "Verdict", "choice", "function", "number"]

Judge = Callable[[Any], "str | None"]
"""Takes an answer; returns None where it is right, else a sentence that says what is wrong, never what is right."""


@dataclasses.dataclass(frozen=True)
class Verdict:
    """What became of an answer; true where it is right.

    Attributes:
        right: whether the answer is right.
        because: why, in a sentence or two; the solution is not told where it is not.

    >>> Verdict(False, "It is too small.")
    Not yet. It is too small.
    """

    right: bool
    because: str

    def __bool__(self) -> bool:
        return self.right

    def __repr__(self) -> str:
        return f"{'Right.' if self.right else 'Not yet.'} {self.because}"

    def _repr_markdown_(self) -> str:
        return f"**{'Right.' if self.right else 'Not yet.'}** {self.because}"


@dataclasses.dataclass(frozen=True)
class Exercise:
    """One exercise of a notebook.

    Args:
        wanted: what an answer is, such as "a number".
        judge: says what is wrong with an answer.
        right: what to say to one that is right: why it is.
    """

    wanted: str
    judge: Judge
    right: str

    def check(self, answer: Any) -> Verdict:
        """Judge an answer; one that is missing or makes the judge stumble is not right yet either."""
        if answer is None or answer is Ellipsis:
            return Verdict(False, f"There is no answer yet. Wanted: {self.wanted}.")
        wrong = self.judge(answer)
        return Verdict(True, self.right) if wrong is None else Verdict(False, wrong)


def number(
    truth: float, *, within: float = 0.01, mistakes: Mapping[float, str] | None = None, unit: str = ""
) -> Judge:
    """Judge a number.

    Args:
        truth: the right one.
        within: how far off it may be, as a share of the truth (of 1 where the truth is 0).
        mistakes: numbers that a mistake leads to, and what to say of it.
        unit: what it is counted in, such as "nats".

    >>> judge = number(2.0, mistakes={4.0: "That is its square."})
    >>> judge(2.01), judge(4), judge(3), judge("two")
    (None, 'That is its square.', '3 is too large.', "Wanted is a number, and this is 'two'.")
    """
    reach = within * (abs(truth) if truth else 1.0)

    def judge(answer: Any) -> str | None:
        try:
            value = float(np.asarray(answer))
        except (TypeError, ValueError):
            return f"Wanted is a number, and this is {_checks.describe(answer)}."
        if np.isnan(value):
            return "Wanted is a number, and this is NaN."
        if value == truth or (math.isfinite(truth) and abs(value - truth) <= reach):
            return None
        for mistake, sentence in (mistakes or {}).items():
            near = within * max(abs(mistake), 1e-9) if math.isfinite(mistake) else 0.0
            if value == mistake or abs(value - mistake) <= near:
                return sentence
        words = f"{value:.6g} {unit}".strip()
        return f"{words} is too {'large' if value > truth else 'small'}."

    return judge


def choice(truth: str, others: Mapping[str, str]) -> Judge:
    """Judge a word.

    Args:
        truth: the right one.
        others: the other words that may be said, and what to say to each.

    >>> judge = choice("falls", {"grows": "Look at the sign.", "stays": "Move the slider."})
    >>> judge("Falls "), judge("grows")
    (None, 'Look at the sign.')
    >>> judge("maybe")
    "Wanted is one of 'falls', 'grows', 'stays', and this is 'maybe'."
    """
    allowed = sorted([truth, *others])

    def judge(answer: Any) -> str | None:
        said = str(answer).strip().lower()
        if said == truth:
            return None
        if said in others:
            return others[said]
        listed = ", ".join(map(repr, allowed))
        return f"Wanted is one of {listed}, and this is {_checks.describe(answer)}."

    return judge


class _Stumbled(Exception):
    """An answer that is a function did not return numbers."""


def function(judge: Callable[[Callable[..., np.ndarray]], str | None], *, takes: Sequence[Any]) -> Judge:
    """Judge a function by what it does.

    Args:
        judge: gets the function, which then returns NumPy arrays of numbers; where it raises or returns other things,
            that is what is wrong.
        takes: arguments to try it on first.

    >>> judge = function(lambda f: None if f(3.0) == 9 else "At 3 it is wrong.", takes=[1.0])
    >>> judge(lambda x: x**2), judge(lambda x: 2 * x), judge(5), judge(lambda: 1)[:35]
    (None, 'At 3 it is wrong.', 'Wanted is a function, and this is 5.', 'Your function raised TypeError: <la')
    """

    def judged(answer: Any) -> str | None:
        if not callable(answer):
            return f"Wanted is a function, and this is {_checks.describe(answer)}."

        def called(*arguments: Any) -> np.ndarray:
            try:
                returned = np.asarray(answer(*arguments))
                if np.iscomplexobj(returned):
                    raise TypeError("it returns complex numbers")
                return returned.astype(float)
            except Exception as error:
                told = " ".join(str(error).split())
                raise _Stumbled(f"Your function raised {type(error).__name__}: {told}") from error

        try:
            called(*takes)
            return judge(called)
        except _Stumbled as stumbled:
            return str(stumbled)

    return judged
