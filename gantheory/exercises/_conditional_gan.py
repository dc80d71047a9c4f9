"""The exercises of notebook 10: the projection for Gaussian classes, shuffled labels, and what mismatch cuts away."""

from typing import Any

import numpy as np

from gantheory import divergences
from gantheory.exercises._exercise import Exercise, function, number

__all__ = ["EXERCISES"]

_NUM_CLASSES, _DIM = 5, 3
_rng = np.random.default_rng(0)
_MU, _NU = _rng.normal(size=(2, _NUM_CLASSES, _DIM))


def _vectors(mu: np.ndarray, nu: np.ndarray) -> np.ndarray:
    offset = ((nu**2).sum(axis=1) - (mu**2).sum(axis=1)) / 2
    return np.concatenate([mu - nu, offset[:, None]], axis=1)


def _judge_vectors(vectors: Any) -> str | None:
    found, truth = vectors(_MU, _NU), _vectors(_MU, _NU)
    if found.shape == truth.shape[::-1]:
        return (
            f"Your vectors are columns: of shape {list(found.shape)}, where one row for each class is wanted."
        )
    if found.shape != truth.shape:
        return (
            f"For mu and nu of shape {list(_MU.shape)} the vectors should have shape {list(truth.shape)}, one row for "
            f"each class; yours has {list(found.shape)}."
        )
    if np.isnan(found).any():
        return "Some of your vectors' entries are NaN."
    # What all classes share is no part with c: it may be put to either.
    found, truth = (v - v.mean(axis=0, keepdims=True) for v in (found.astype(float), truth))
    slope, offset = found[:, :-1], found[:, -1]
    if np.allclose(found, truth, atol=1e-4):
        return None
    if np.allclose(found, -truth, atol=1e-4):
        return "The sign is the other way: a large score stands for real."
    if np.allclose(slope, (_MU - _MU.mean(axis=0, keepdims=True)), atol=1e-4):
        return "That is the part of the data; D compares them with G's."
    if not np.allclose(slope, truth[:, :-1], atol=1e-4):
        return "The factor of x is not right: expand both squares, and take the difference."
    if np.allclose(offset, 0, atol=1e-6):
        return "The factor of x is right. But at x = 0 the classes differ as well."
    if np.allclose(offset, 2 * truth[:, -1], atol=1e-4):
        return "The factor of x is right; in the last column a 1/2 is missing."
    return "The factor of x is right, the last column is not."


def _least_js(num_classes: int) -> float:
    """Compute JS between pairs of matching classes and pairs of independent ones."""
    matching = np.eye(num_classes) / num_classes
    independent = np.full((num_classes, num_classes), 1 / num_classes**2)
    return float(divergences.js(matching.ravel(), independent.ravel()))


def _judge_least_js(answer: Any) -> str | None:
    truth = _least_js(4)
    mistakes = {
        0.0: "So it would be for a D that never sees labels. This one sees wrong ones.",
        np.log(2): "Not all is lost: one shuffled label in four is right by chance.",
        truth / np.log(2): "That is in bits; wanted are nats.",
        2 * truth - np.log(4): "That is the value V; wanted is the JS.",
        2 * truth: "JS weighs each of its two KL terms by 1/2.",
    }
    return number(truth, within=0.015, mistakes=mistakes, unit="nats")(answer)


def _judge_end(answer: Any) -> str | None:
    # Imported when it is needed: the figures take a while to load.
    from gantheory.explorables import conditional_gan

    x = np.linspace(-8, 8, 16_001)
    truth = float(x[np.argmax(conditional_gan.best_with_mismatch(2.0, 0.5, x).density > 0)])
    mistakes = {
        -truth: "The sign: class 1 is the one at the right.",
        2 * truth: "The ratio w/p falls twice as fast: look at its exponent.",
        0.5 * np.log(0.25): "That takes a = 1; but with it G has a mass of more than 1.",
        0.0: "There both classes weigh the same; but a mismatched point counts only s/2.",
    }
    return number(truth, within=0.03, mistakes=mistakes)(answer)


EXERCISES = {
    "10.1": Exercise(
        "a function of mu and nu, arrays [K, d], that returns the K vectors, [K, d + 1]",
        function(_judge_vectors, takes=[_MU, _NU]),
        "For Gaussian classes the part with c is exactly a projection; what remains is left to b.",
    ),
    "10.2": Exercise(
        "a number, in nats",
        _judge_least_js,
        "No G can do better: D can always tell, so it never stops pushing.",
    ),
    "10.3": Exercise(
        "a number, an x",
        _judge_end,
        "There the best answer has a wall, where the data have none.",
    ),
}
