"""Scores of generated images during a training, in the features of a small classifier."""

import functools
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from matplotlib.artist import Artist
from matplotlib.axes import Axes

from gantheory import classifiers, datasets, divergences, games, metrics, training
from gantheory.classifiers import Classifier
from gantheory.games import Game

__all__ = ["NUM_SCORED", "ClassNames", "Judge", "judge", "score"]

NUM_SCORED = 355
"""Generated images that each score looks at: as many as there are held-out digits."""

# The same z at every picture, so that the traces move because G does.
_KEY = 7
_MOST_REAL = 2000


class Judge(NamedTuple):
    """What generated images of one dataset are compared with.

    Attributes:
        classifier: of its classes.
        features: of held-out real images, [n, k].
        shares: of each class among them, [classes].
    """

    classifier: Classifier
    features: Float[Array, "n k"]
    shares: Float[Array, "classes"]


@functools.cache
def judge(data: str) -> Judge:
    """Make the judge of a dataset, once: its classifier, and the held-out images (at most 2,000).

    >>> judge("digits").features.shape
    (355, 64)
    """
    classifier = classifiers.load(data)
    test = datasets.load(data, "test")
    if len(test) > _MOST_REAL:
        test = test.subset(slice(_MOST_REAL))
    shares = np.bincount(test.labels, minlength=test.num_classes) / np.float32(len(test))
    return Judge(classifier, classifier.features(test.images), jax.device_put(shares))


@jax.jit
def _scores(judge: Judge, images: Float[Array, "n h w c"]) -> dict[str, Array]:
    classes = jnp.arange(judge.shares.shape[0])
    shares = jnp.mean(judge.classifier.predict(images)[:, None] == classes[None, :], axis=0)
    return {
        "frechet": metrics.frechet_distance(judge.features, judge.classifier.features(images)),
        "class_kl": divergences.kl(shares, judge.shares),
        "shares": shares,
    }


def score(data: str, game: Game, state: training.State) -> Mapping[str, Array]:
    """Score 355 images that a generator makes.

    Returns:
        "frechet", the Fréchet distance of the features; "class_kl", the KL of the predicted classes' shares from the
        held-out images' in nats; "shares", of the predicted classes, [classes].
    """
    return _scores(judge(data), games.generate(game, state, jax.random.key(_KEY), NUM_SCORED))


class ClassNames:
    """The names of ten classes, written upwards over their bars; single signs are left to the axis.

    Args:
        ax: The axes of the bars.
        foot: Where the names begin, in units of the axes.
        num_classes: How many names there are.
    """

    def __init__(self, ax: Axes, foot: float, num_classes: int = 10):
        self._texts = [
            ax.text(i, foot, "", rotation=90, ha="center", va="bottom", fontsize=8, color="#333333", zorder=4)
            for i in range(num_classes)
        ]
        self.artists: list[Artist] = list(self._texts)

    def set(self, names: Sequence[str]) -> None:
        """Write the names."""
        for text, name in zip(self._texts, names, strict=True):
            text.set_text(name if len(name) > 1 else "")
