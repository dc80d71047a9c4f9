"""The notebooks' exercises, which check themselves: `check("04.1", answer)` says right or wrong, and why.

An exercise is named after its notebook and its place there. What is wrong with an answer is told; what would be right
is not: that is what the folded solutions are for.
"""

from typing import Any

from gantheory import _checks
from gantheory.exercises import (
    _conditional_gan,
    _cyclegan,
    _divergence_from_samples,
    _earth_mover,
    _f_gan,
    _generator_pushforward,
    _image_gans,
    _js_saturation,
    _lipschitz_duality,
    _start_here,
    _toy_gans_2d,
    _training_dynamics,
)
from gantheory.exercises._exercise import Exercise, Verdict

__all__ = ["Verdict", "check", "names"]

_EXERCISES: dict[str, Exercise] = {
    **_conditional_gan.EXERCISES,
    **_cyclegan.EXERCISES,
    **_divergence_from_samples.EXERCISES,
    **_earth_mover.EXERCISES,
    **_f_gan.EXERCISES,
    **_generator_pushforward.EXERCISES,
    **_image_gans.EXERCISES,
    **_js_saturation.EXERCISES,
    **_lipschitz_duality.EXERCISES,
    **_start_here.EXERCISES,
    **_toy_gans_2d.EXERCISES,
    **_training_dynamics.EXERCISES,
}


def names() -> tuple[str, ...]:
    """List the names of all exercises.

    >>> all(len(name) == 4 for name in names())
    True
    """
    return tuple(sorted(_EXERCISES))


def check(name: str, answer: Any = None) -> Verdict:
    """Say whether an answer is right, and why.

    Args:
        name: of the exercise: the notebook's number, a dot, the exercise's, such as "04.1".
        answer: what the exercise asks for; None or `...` where there is none yet.

    Raises:
        ValueError: where there is no exercise of that name.

    >>> check("04.7")
    Traceback (most recent call last):
    ValueError: name must be one of ...
    """
    return _EXERCISES[_checks.one_of("name", name, names())].check(answer)
