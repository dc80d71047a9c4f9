"""The judge of exercises that want a function of numbers."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gantheory.exercises._exercise import Judge, function

__all__ = ["values"]


def values(
    truth: Callable[..., Any],
    at: Sequence[tuple[Any, ...]],
    *,
    within: float = 0.01,
    mistakes: Sequence[tuple[Callable[..., Any], str]] = (),
) -> Judge:
    """Judge a function of numbers by its values.

    Args:
        truth: the right function.
        at: arguments to compare at.
        within: how far off a value may be, as a share of the truth (of 1 where the truth is 0).
        mistakes: functions that a mistake leads to, and what to say of each.

    >>> judge = values(lambda x: x**2, [(1.0,), (3.0,)], mistakes=[(lambda x: x**3, "That is the cube.")])
    >>> judge(lambda x: x * x), judge(lambda x: x**3), judge(lambda x: 2 * x)
    (None, 'That is the cube.', 'At 1 your function gives 2, which is too large.')
    """

    def near(found: float, right: float) -> bool:
        return found == right or abs(found - right) <= within * (abs(right) or 1.0)

    def judge(f: Callable[..., np.ndarray]) -> str | None:
        places = [", ".join(f"{argument:g}" for argument in arguments) for arguments in at]
        found = [f(*arguments) for arguments in at]
        for place, value in zip(places, found, strict=True):
            if value.shape != ():
                return f"At {place} your function gives an array of shape {list(value.shape)}, not a number."
            if np.isnan(value):
                return f"At {place} your function gives NaN."

        def like(g: Callable[..., Any]) -> list[bool]:
            return [
                near(float(value), float(g(*arguments))) for value, arguments in zip(found, at, strict=True)
            ]

        fits = like(truth)
        if all(fits):
            return None
        for mistake, sentence in mistakes:
            if all(like(mistake)):
                return sentence
        worst = fits.index(False)
        side = "large" if found[worst] > float(truth(*at[worst])) else "small"
        return f"At {places[worst]} your function gives {float(found[worst]):.4g}, which is too {side}."

    return function(judge, takes=at[0])
