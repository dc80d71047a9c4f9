"""A question with choices, to be answered before the answer is shown."""

import html
from collections.abc import Sequence
from typing import Any

import ipywidgets as widgets

from gantheory import _checks as check
from gantheory.live import cells, pages

__all__ = ["Prediction"]


class Prediction(widgets.VBox):
    """A question; the learner commits to a choice, then the answer appears.

    Args:
        question: One sentence; formulas as `$...$`.
        choices: What may be chosen, in plain words: a radio button sets no formulas.
        answer: The right one among the choices.
        because: Why, in a sentence or two.
        lead: What stands before the question.

    Example:
        >>> asked = Prediction("Is 2 even?", ["yes", "no"], answer="yes", because="2 = 2 times 1.")
        >>> asked.choice.value = "no"
        >>> "You said: no" in asked.verdict.value
        True
    """

    def __init__(
        self,
        question: str,
        choices: Sequence[str],
        *,
        answer: str,
        because: str,
        lead: str = "Predict first.",
    ):
        check.one_of("answer", answer, choices)
        for choice in choices:
            if "$" in choice:
                check.refuse("choices", "plain words, without $", repr(choice))
        self.question, self.lead = question, lead
        self._answer, self._because = answer, because
        self.choice = widgets.RadioButtons(options=list(choices), value=None, layout={"width": "auto"})
        self.verdict = widgets.HTMLMath("")
        self.choice.observe(self._chosen, "value")
        ask = widgets.HTMLMath(f"<b>{lead}</b> {html.escape(question, quote=False)}")
        super().__init__(
            [ask, self.choice, self.verdict], layout={"max_width": "720px", "margin": "4px 0 8px 0"}
        )
        cells.register(lambda: cells.close_all(self))

    @property
    def right(self) -> bool:
        """Whether the choice is the answer; False before anything is chosen."""
        return self.is_right(self.choice.value)

    def is_right(self, choice: str | None) -> bool:
        """Tell whether a choice is the answer."""
        return choice == self._answer

    def verdict_on(self, choice: str | None) -> str:
        """Say, in HTML, whether a choice is right, and why."""
        said, answer, because = (
            html.escape(str(text), quote=False) for text in (choice, self._answer, self._because)
        )
        right = self.is_right(choice)
        start = f"You said: {said}. " + ("<b>So it is.</b>" if right else f"<b>It is: {answer}.</b>")
        return f"{start} {because}"

    def _chosen(self, _change: object) -> None:
        self.verdict.value = f'<div aria-live="polite">{self.verdict_on(self.choice.value)}</div>'

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        if pages.folder() is not None:
            return pages.bundle(self)
        return super()._repr_mimebundle_(**kwargs)
