"""The exercises of notebook 05: the critic and its leash."""

from collections.abc import Callable
from typing import Any

import numpy as np

from gantheory import transport
from gantheory.exercises._exercise import Exercise, choice, function, number

__all__ = ["EXERCISES"]


def _loosely_penalized(answer: Any) -> str | None:
    # Imported where it is used: the figures' libraries take a second to load.
    from gantheory.explorables.lipschitz_duality import best_penalized

    usual, loose = best_penalized(2.0, weight=10.0), best_penalized(2.0, weight=1.0)
    excess = usual.estimate - usual.w1
    judge = number(
        loose.estimate,
        within=0.005,
        unit="",
        mistakes={
            loose.w1: "That is W1, which is the estimate less twice the penalty.",
            usual.estimate: "That is for the weight 10.",
            usual.w1
            + excess / 10: "A smaller weight charges less for steep slopes: does the critic overshoot less?",
            loose.w1 + loose.penalty: "The excess over W1 is more than one penalty.",
            10 * usual.estimate: "It is not the whole estimate that goes with the weight.",
            usual.w1 + excess * np.sqrt(10): "How does the excess go with the weight: like its root?",
        },
    )
    return judge(answer)


def _best_on_samples(f: Callable[..., np.ndarray]) -> str | None:
    random = np.random.default_rng(5)
    made, data, fresh = random.normal(size=(3, 60, 16))
    w1 = float(transport.optimal_plan(np.linalg.norm(made[:, None] - data[None, :], axis=-1)).cost)
    points = np.concatenate([data, made, fresh])
    scores = f(points, made, data)
    if scores.shape != (180,):
        return f"For 180 points your function returns an array of shape {scores.shape}. Wanted is a score for each."
    if not np.isfinite(scores).all():
        return "Some of your scores are not finite."
    distances = np.linalg.norm(points[:, None] - points[None, :], axis=-1) + np.eye(180)
    steepest = (np.abs(scores[:, None] - scores[None, :]) / distances).max()
    if steepest > 1.001:
        return f"Between two points your function rises {steepest:.2f} times as much as they are apart: the leash is 1."
    earned = scores[:60].mean() - scores[60:120].mean()
    if earned < -0.01 * w1:
        return "Your function scores generated points above the data. Which sign have the prices?"
    if earned < 0.999 * w1:
        return (
            f"It is 1-Lipschitz, but on its own samples it earns only {earned / w1:.0%} of what is possible."
        )
    return None


EXERCISES = {
    "05.1": Exercise(
        "a number",
        _loosely_penalized,
        "Twice the penalty goes with 1/λ. The estimate less twice the penalty is W1 all the same.",
    ),
    "05.2": Exercise(
        "one of 'above 1', 'about 1', 'about 0.1', 'below 0.01'",
        choice(
            "below 0.01",
            {
                "above 1": "The product of the layers' norms is 1, and no slope exceeds it.",
                "about 1": "That is the bound from above. What do eight ReLU layers leave of a slope?",
                "about 0.1": "That is what two hidden layers leave, before training.",
            },
        ),
        "Each layer keeps a part of the slope, and the parts multiply.",
    ),
    "05.3": Exercise(
        "a function that takes x [n, d], generated points [k, d] and data [m, d], and returns scores [n]",
        function(_best_on_samples, takes=list(np.random.default_rng(1).normal(size=(3, 4, 16)))),
        "It earns the W1 of its samples, all that is possible. Now try it on fresh ones.",
    ),
}
"""By name."""
