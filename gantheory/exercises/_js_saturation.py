"""The exercises of notebook 03."""

import math
from typing import Any

import numpy as np

from gantheory.exercises._exercise import Exercise, function, number

__all__ = ["EXERCISES"]

# Small angles, and strips of three shapes: alpha, h, L.
_STRIPS = ((1e-3, 0.1, 2.0), (5e-4, 0.5, 1.0), (1e-3, 0.4, 3.0))


def _crossing(f: Any) -> str | None:
    """Judge JS of two strips that cross at a small angle."""
    # Loaded with the figures, and only when somebody asks.
    from gantheory.explorables.js_saturation import crossing_overlap

    said = [f(*strip) for strip in _STRIPS]
    if any(js.shape != () for js in said):
        return "For three numbers it must return a number."
    for (alpha, h, length), js in zip(_STRIPS, said, strict=True):
        if np.isnan(js):
            return f"At α = {alpha:g}, h = {h:g}, L = {length:g} your JS is NaN."
    per_angle = np.array([float(js) / strip[0] for js, strip in zip(said, _STRIPS, strict=True)])
    lost = np.array([1 - crossing_overlap(math.degrees(a), h, length) for a, h, length in _STRIPS])
    truth = math.log(2) * lost / np.array([strip[0] for strip in _STRIPS])
    long_sides = math.log(2) * np.array([length / (4 * h) for _, h, length in _STRIPS])
    mistakes = [
        (truth / math.log(2), "That is the share of a strip that is not common: what is JS then?"),
        (2 * truth, "Twice too much: how long are the sides of each lost triangle?"),
        (truth / 2, "Half of it is missing: how many triangles does a strip lose?"),
        (long_sides, "Nearly: the long sides are right. A strip also loses something over its short sides."),
        (
            truth * 180 / math.pi,
            "The angle comes in radians: no conversion is needed.",
        ),
        (truth * math.pi / 180, "The angle comes in radians: no conversion is needed."),
        (
            math.log(2) / np.array([strip[0] for strip in _STRIPS]) - truth,
            "That falls with the angle: it is what the common share adds. JS is log 2 times the other share.",
        ),
    ]
    if np.allclose(per_angle, truth, rtol=3e-3):
        return None
    for mistake, sentence in mistakes:
        if np.allclose(per_angle, mistake, rtol=3e-3):
            return sentence
    worst = int(np.abs(per_angle / truth - 1).argmax())
    way = "large" if per_angle[worst] > truth[worst] else "small"
    (alpha, h, length), js = _STRIPS[worst], float(said[worst])
    return f"At α = {alpha:g}, h = {h:g}, L = {length:g} your JS is {js:.3g}, and that is too {way}."


_COIN_TOSS = math.log(0.99) + math.log(0.01)
_FAR = math.sqrt(8 * math.log(1000))

EXERCISES = {
    "03.1": Exercise(
        "a function of the numbers alpha, h and L that returns the number JS",
        function(_crossing, takes=_STRIPS[0]),
        "The thinner the strip, the steeper the slope, and the smaller the angles that it reaches to.",
    ),
    "03.2": Exercise(
        "a number, V on held-out points",
        number(
            _COIN_TOSS,
            mistakes={
                2 * math.log(0.99): "That is V of a D that is always right. This one is right half the time.",
                2 * math.log(0.01): "That is V of a D that is always wrong. This one is wrong half the time.",
                _COIN_TOSS / 2: "That is what one kind of points earns. V is the sum over both.",
                -math.log(4): "That is what saying 1/2 would earn. This D is sure, and wrong half the time.",
                -_COIN_TOSS: "The size is right. V is a sum of logs of probabilities: what is its sign?",
            },
            unit="nats",
        ),
        "A sure answer gains a little where it is right and loses a lot where it is wrong.",
    ),
    "03.3": Exercise(
        "a number, the gap θ",
        number(
            _FAR,
            mistakes={
                8 * math.log(1000): "That is its square.",
                math.sqrt(8 * 3): "That is with the logarithm of base 10: use the natural one.",
                math.sqrt(
                    2 * math.log(1000)
                ): "Two Gaussians are multiplied: complete the square in the exponent.",
                math.sqrt(4 * math.log(1000)): "The root of each density has half its exponent.",
            },
            unit="standard deviations",
        ),
        "There JS is within a thousandth of log 2, though the two Gaussians overlap everywhere.",
    ),
}
"""The exercises by their names."""
