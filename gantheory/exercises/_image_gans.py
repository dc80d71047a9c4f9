"""The exercises of notebook 09: lengths of z, generators that copy, and Fréchet distances of few images."""

import functools
from typing import Any

import numpy as np
from jaxtyping import Float

from gantheory import classifiers, datasets, metrics
from gantheory.exercises._exercise import Exercise, Stumbled, function, number

__all__ = ["EXERCISES"]

_N, _DIM, _SHEET = 150, 16, 5

Points = Float[np.ndarray, "n d"]


@functools.cache
def _clouds() -> tuple[Points, Points, list[Points]]:
    """Return training points, unseen ones, and fresh draws, all of one law: a sheet of 5 dimensions in 16."""
    rng = np.random.default_rng(0)
    sheet = rng.normal(size=(_SHEET, _DIM))
    training, unseen, *fresh = rng.normal(size=(8, _N, _SHEET)) @ sheet
    return training, unseen, fresh


def _judge_copies(answer: Any) -> str | None:
    def copies(made: Points, known: Points, unseen: Points) -> np.ndarray:
        said = answer(made, known, unseen)
        if np.isnan(said).any():
            raise Stumbled("Your function returns NaN, which is neither True nor False.")
        return said

    training, unseen, fresh = _clouds()
    rng = np.random.default_rng(1)
    noise = rng.normal(size=training.shape)
    exact = rng.permutation(training)
    nearly, smudges = exact + 0.02 * noise, fresh[0] + 3 * noise
    if copies(exact, training, unseen).shape:
        return "Your function should return one True or False for all images together."
    if not copies(exact, training, unseen):
        return "It misses a generator that returns the training images in another order."
    if not copies(nearly, training, unseen):
        return "It misses copies with a little noise on them."
    if copies(smudges, training, unseen):
        return "It accuses a generator of smudges, which lie far from all training images."
    if copies(unseen, training, unseen):
        return "It accuses the unseen images themselves."
    if any(copies(made, training, unseen) for made in fresh):
        return (
            "It accuses a generator that draws anew from the very law of the data: "
            "chance alone makes its distances a little smaller or larger than those of unseen images."
        )
    for scale in (1e-3, 1e3):
        if not copies(scale * nearly, scale * training, scale * unseen):
            return f"It misses copies once all pixels are multiplied by {scale:g}: near compared with what?"
        if copies(scale * fresh[0], scale * training, scale * unseen):
            return f"It accuses fresh draws once all pixels are multiplied by {scale:g}: near compared with what?"
    return None


@functools.cache
def _distances() -> tuple[float, float]:
    """Measure the Fréchet distances of the first 50 and of the first 355 training digits from the held-out ones."""
    classifier = classifiers.load("digits")
    images = np.asarray(datasets.load("digits").images)[:355]
    real = classifier.features(datasets.load("digits", "test").images)
    some = np.asarray(classifier.features(images))
    few, many = (float(metrics.frechet_distance(real, some[:n])) for n in (50, 355))
    return few, many


def _judge_ratio(answer: Any) -> str | None:
    few, many = _distances()
    mistakes = {
        many / few: "That is the other way round.",
        few - many: "That is the difference: how many *times* as large is it?",
        few: "That is the distance of the 50: divide it by that of the 355.",
        many: "That is the distance of the 355: divide that of the 50 by it.",
        (few / many) ** 0.5: "The Fréchet distance is squared already: take no root.",
        1.0: "All are real digits, but is the *measured* distance the same?",
    }
    return number(few / many, within=0.03, mistakes=mistakes)(answer)


EXERCISES = {
    "09.1": Exercise(
        "a number: the length halfway, as a share of the length at the ends",
        number(
            0.5**0.5,
            within=0.02,
            mistakes={
                0.5: "That is what becomes of the variance; a length is a root.",
                1.0: "So it would be if both z were the same, or if the way turned.",
                32**0.5: "That is the length at the ends: divide by it.",
                4.0: "That is the length itself: divide it by the length at the ends.",
                2**0.5: "That is the sum of both, not its half.",
            },
        ),
        "The way through the middle leaves the shell on which G was trained; the turn stays on it.",
    ),
    "09.2": Exercise(
        "a function of (made, known, unseen), arrays [n, d], that returns True or False",
        function(_judge_copies, takes=list(np.random.default_rng(2).normal(size=(3, 40, _DIM)))),
        "It compares distances with distances, and leaves room for chance.",
    ),
    "09.3": Exercise(
        "a number: how many times as large",
        _judge_ratio,
        "Same law, other number: few samples raise the distance.",
    ),
}
