"""The exercises of notebook 11: what one pair leaves open, maps of a lopsided law to itself, and no cycle."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Float

from gantheory.exercises._exercise import Exercise, Stumbled, call, choice, number, shown

__all__ = ["EXERCISES"]

_NUM_MODES = 6
_N = 4000

Points = Float[np.ndarray, "n 2"]


def _maps_that_fit(pairs: int) -> int:
    """Count the turns and mirrors of the six modes that leave the first few of them where they are."""
    modes = np.arange(_NUM_MODES)
    maps = [(sign * modes + turn) % _NUM_MODES for sign in (1, -1) for turn in modes]
    return sum(bool((there[:pairs] == modes[:pairs]).all()) for there in maps)


@functools.cache
def _draws() -> tuple[Points, Points]:
    return tuple(np.random.default_rng(0).exponential(size=(2, _N, 2)))


def _apart(x: Points, y: Points) -> float:
    """Compute the largest W1 between two clouds of equal size, seen from 16 directions."""
    angles = np.pi * np.arange(16) / 16
    directions = np.stack([np.cos(angles), np.sin(angles)])
    seen = (np.sort(points @ directions, axis=0) for points in (x, y))
    return float(np.abs(next(seen) - next(seen)).mean(axis=0).max())


def _apply(name: str, function: Callable[[Points], Any], points: Points) -> Points | str:
    try:
        made = call(function, points, name=name)
    except Stumbled as stumbled:
        return str(stumbled)
    if made.shape != points.shape:
        return f"{name} should return points of shape {list(points.shape)}; yours returns {list(made.shape)}."
    if not np.isfinite(made).all():
        return f"{name} returns something that is not finite."
    return made


def _judge_maps(answer: Any) -> str | None:
    if not isinstance(answer, tuple | list) or len(answer) != 2 or not all(map(callable, answer)):
        return f"Wanted are two functions, (there, back), and this is {shown(answer)}."
    a, fresh = _draws()
    there = _apply("there", answer[0], a)
    if isinstance(there, str):
        return there
    back = _apply("back", answer[1], there)
    if isinstance(back, str):
        return back
    if there.min() < 0:
        return "It leads to negative coordinates, which the law does not have."
    if _apart(there, fresh) > 0.1:
        return f"The law has changed: seen from some direction, W1 is {_apart(there, fresh):.2f}."
    if np.abs(back - a).max() > 1e-4:
        return f"The cycle does not close: some a comes back {np.abs(back - a).max():.2g} away."
    if np.abs(there - a).mean() < 0.05:
        return "That is the identity, or nearly."
    if np.abs(there - a[:, ::-1]).mean() < 0.05:
        return "To swap the coordinates is right, and excluded: find one that is not made of straight lines."
    return None


EXERCISES = {
    "11.1": Exercise(
        "a whole number, from 1 to 12",
        number(
            _maps_that_fit(1),
            mistakes={
                12.0: "Turn the ring by 60°: does the pair still fit?",
                11.0: "Most of them move mode 1, and the pair says where it goes.",
                6.0: "That is all turns, or all mirrors. Which of them leave mode 1 where it is?",
                1.0: "The truth fits. But look at the mirrors too: which modes does each of them leave in place?",
                0.0: "The truth itself fits.",
            },
        ),
        "One pair settles a mode, and not yet the sense in which the others follow.",
    ),
    "11.2": Exercise(
        "two functions of points [n, 2]: (there, back)",
        _judge_maps,
        "The cycle closes, the law is right, and it is another map: so F is not unique.",
    ),
    "11.3": Exercise(
        "'distance', 'cycle', 'both' or 'neither'",
        choice(
            "distance",
            {
                "cycle": "No term asks G to undo F any more.",
                "both": "Each discriminator looks at one side. Which term looked at the way there *and* back?",
                "neither": "The discriminators are still on: what does each compare?",
            },
        ),
        "The laws are two separate GANs, and they succeed; nothing ties G to F.",
    ),
}
