"""A question with choices, to be answered before the answer is shown."""

import html
from collections.abc import Sequence

import ipywidgets as widgets

from gantheory import _checks as check

__all__ = ["Prediction"]


class Prediction(widgets.VBox):
    """A question; the learner commits to a choice, then the answer appears.

    Args:
        question: One sentence.
        choices: What may be chosen; formulas as `$...$`.
        answer: The right one among the choices.
        because: Why, in a sentence or two.

    Example:
        >>> asked = Prediction("Is 2 even?", ["yes", "no"], answer="yes", because="2 = 2 times 1.")
        >>> asked.choice.value = "no"
        >>> "You said: no" in asked.verdict.value
        True
    """

    def __init__(self, question: str, choices: Sequence[str], *, answer: str, because: str):
        check.one_of("answer", answer, choices)
        self._answer, self._because = answer, because
        self.choice = widgets.RadioButtons(options=list(choices), value=None, layout={"width": "auto"})
        self.verdict = widgets.HTMLMath("")
        self.choice.observe(self._chosen, "value")
        ask = widgets.HTMLMath(f"<b>Predict first.</b> {html.escape(question, quote=False)}")
        super().__init__(
            [ask, self.choice, self.verdict], layout={"max_width": "720px", "margin": "4px 0 8px 0"}
        )

    def _chosen(self, _change: object) -> None:
        said, answer, because = (
            html.escape(str(text), quote=False) for text in (self.choice.value, self._answer, self._because)
        )
        right = self.choice.value == self._answer
        start = f"You said: {said}. " + ("<b>So it is.</b>" if right else f"<b>It is: {answer}.</b>")
        self.verdict.value = f'<div aria-live="polite">{start} {because}</div>'
