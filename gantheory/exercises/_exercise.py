"""What an exercise is, what becomes of an answer, and the judges that most exercises share."""

import dataclasses
import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from gantheory import _checks

__all__ = ["Exercise", "Stumbled", "Verdict", "call", "choice", "function", "literal", "number", "shown"]

Judge = Callable[[Any], "str | None"]
"""Takes an answer; returns None where it is right, else a sentence that says what is wrong, never what is right.

The sentence is Markdown: what it quotes of an answer or of an error goes through `literal` or `shown`.
"""


def literal(text: str) -> str:
    """Put a text that is not ours into Markdown so that it is read as it stands: as code where it has any markup.

    >>> print(literal("'float' object"), literal("<lambda>() takes *args"))
    'float' object `<lambda>() takes *args`
    """
    text = " ".join(text.split())
    if re.fullmatch(r"([^\W_]|[ ,.()'\"+-])*", text):
        return text
    ticks = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    pad = " " if text[:1] == "`" or text[-1:] == "`" else ""
    return f"{ticks}{pad}{text}{pad}{ticks}"


def shown(x: Any) -> str:
    """Describe a part of an answer in a few words of Markdown."""
    return literal(_checks.describe(x))


def _told(error: Exception) -> str:
    """Name an error and say its message."""
    message = str(error).strip().rstrip(".")
    return literal(type(error).__name__) + (f": {literal(message)}" if message else "")


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
        try:
            wrong = self.judge(answer)
        except Exception as error:  # An answer may do anything when it is looked at.
            wrong = f"This could not be judged, for it raised {_told(error)}. Wanted: {self.wanted}."
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
        except OverflowError:
            return f"That is too {'large' if np.asarray(answer).item() > 0 else 'small'}."
        except (TypeError, ValueError):
            return f"Wanted is a number, and this is {shown(answer)}."
        if np.isnan(value):
            return "Wanted is a number, and this is NaN."
        if value == truth or (math.isfinite(truth) and abs(value - truth) <= reach):
            return None
        told = {}
        for mistake, sentence in (mistakes or {}).items():
            near = within * max(abs(mistake), 1e-9) if math.isfinite(mistake) else 0.0
            if value == mistake or abs(value - mistake) <= near:
                told[0.0 if value == mistake else abs(value - mistake)] = sentence
        if told:
            return told[min(told)]
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
        said = " ".join(str(answer).split()).lower()
        if said == truth:
            return None
        if said in others:
            return others[said]
        listed = ", ".join(map(repr, allowed))
        return f"Wanted is one of {listed}, and this is {shown(answer)}."

    return judge


class Stumbled(Exception):
    """An answer that is a function raised, or did not return what can be judged; it says so in a sentence."""


def call(answer: Callable[..., Any], *arguments: Any, name: str = "Your function") -> np.ndarray:
    """Call an answer that is a function, and return its numbers as an array of floats.

    Args:
        answer: the function.
        arguments: what it gets; arrays as copies, so that it may write into them.
        name: of the function in a sentence.

    Raises:
        Stumbled: where it raises, or returns other things than numbers.

    >>> call(abs, -2)
    array(2.)
    >>> call(print)
    Traceback (most recent call last):
    gantheory.exercises._exercise.Stumbled: Your function returns None: is its `return` missing?
    """
    # Were they the judge's own, a function that changes them would change what all later answers are compared with.
    copies = [np.array(given) if isinstance(given, np.ndarray) else given for given in arguments]
    try:
        returned = answer(*copies)
    except Exception as error:
        given = ", ".join(map(shown, arguments))
        raise Stumbled(f"{name} raised {_told(error)}; it was called with {given}.") from error
    if returned is None:
        raise Stumbled(f"{name} returns None: is its `return` missing?")
    try:
        made = np.asarray(returned)
        real = made if np.iscomplexobj(made) else made.astype(float)
    except Exception as error:
        raise Stumbled(f"{name} returns {shown(returned)}, not numbers.") from error
    if np.iscomplexobj(made):
        raise Stumbled(f"{name} returns complex numbers; wanted are real ones.")
    if made.dtype == object and any(entry is None for entry in made.flat):  # Each would become a NaN.
        raise Stumbled(f"{name} returns {shown(returned)}, which has a None in it.")
    return real


def function(judge: Callable[[Callable[..., np.ndarray]], str | None], *, takes: Sequence[Any]) -> Judge:
    """Judge a function by what it does.

    Args:
        judge: gets the function, which then returns NumPy arrays of numbers; where it raises or returns other things,
            that is what is wrong.
        takes: arguments to try it on first.

    >>> judge = function(lambda f: None if f(3.0) == 9 else "At 3 it is wrong.", takes=[1.0])
    >>> judge(lambda x: x**2), judge(lambda x: 2 * x), judge(5), judge(lambda: 1)[:35]
    (None, 'At 3 it is wrong.', 'Wanted is a function, and this is 5.', 'Your function raised TypeError: `<l')
    """

    def judged(answer: Any) -> str | None:
        if not callable(answer):
            return f"Wanted is a function, and this is {shown(answer)}."

        def called(*arguments: Any) -> np.ndarray:
            return call(answer, *arguments)

        try:
            called(*takes)
            return judge(called)
        except Stumbled as stumbled:
            return str(stumbled)

    return judged
