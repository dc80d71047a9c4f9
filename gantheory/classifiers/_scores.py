"""Scores of generated images in the features of a classifier."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Float, Int32

from gantheory import _checks, _pytree, divergences, metrics
from gantheory.classifiers._network import Classifier, check_images
from gantheory.datasets import Dataset

__all__ = ["MOST_NEIGHBOURS", "ImageScores", "evaluate"]

MOST_NEIGHBOURS = 5000
"""Precision and recall are computed on at most this many images of each kind; the time grows with the square."""


@_pytree.register(
    dynamic=("frechet_distance", "precision", "recall", "class_balance", "class_kl"),
    static=("num_real", "num_fake", "num_neighbours", "k", "names", "test_accuracy", "num_test"),
)
@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class ImageScores:
    """How good generated images are, as one classifier sees them; its text states the sizes of the samples.

    Attributes:
        frechet_distance: squared Fréchet distance of the features, where the training images have total variance 1.
        precision: the share of generated images within the support of the real ones, as estimated.
        recall: the share of real images within the estimated support of the generated ones.
        class_balance: [k], the share of each class among the generated images, as predicted.
        class_kl: KL(shares among the generated images || shares among the real ones), both as predicted, in nats.
        num_real: how many real images were looked at.
        num_fake: how many generated ones.
        num_neighbours: how many of each precision and recall were computed on.
        k: which neighbour the balls of precision and recall reach to.
        names: of the classes.
        test_accuracy: the classifier's.
        num_test: how many images that was measured on.
    """

    frechet_distance: Float[Array, ""]
    precision: Float[Array, ""]
    recall: Float[Array, ""]
    class_balance: Float[Array, "k"]
    class_kl: Float[Array, ""]
    num_real: int
    num_fake: int
    num_neighbours: int
    k: int
    names: tuple[str, ...]
    test_accuracy: float
    num_test: int

    def __repr__(self) -> str:
        if not isinstance(self.class_kl, jax.Array) or not _checks.is_concrete(self.class_kl):
            return object.__repr__(self)
        shares = ", ".join(
            f"{name} {share:.1%}" for name, share in zip(self.names, self.class_balance, strict=True)
        )
        return (
            f"Fréchet distance {self.frechet_distance:.4f} (features of a small classifier, right on "
            f"{self.test_accuracy:.1%} of {self.num_test} test images; {self.num_real} real and {self.num_fake} "
            f"generated images)\n"
            f"precision {self.precision:.3f}, recall {self.recall:.3f} (k = {self.k}; {self.num_neighbours} images of "
            f"each kind)\n"
            f"classes: {shares}; KL to the real images' {self.class_kl:.4f} nats"
        )


def evaluate(classifier: Any, real: Dataset | ArrayLike, fake: ArrayLike, k: int = 3) -> ImageScores:
    """Compare generated images with real ones in the features of a classifier.

    Args:
        classifier: from `load`.
        real: a `Dataset`, or images [n, h, w, c] in [-1, 1]; better ones that the generator was not trained on.
        fake: images [m, h, w, c]; about as many as there are real ones.
        k: which neighbour the balls of precision and recall reach to; structure, not traced.

    Returns:
        The `ImageScores`.

    Raises:
        TypeError, ValueError: where an argument is not as above, or there are no more than k images of a kind.

    >>> from gantheory import classifiers, datasets
    >>> classifier, test = classifiers.load("digits"), datasets.load("digits", "test")
    >>> scores = evaluate(classifier, test, datasets.load("digits").images)  # a perfect generator
    >>> scores.num_real, scores.num_fake, scores.num_neighbours
    (355, 1442, 355)
    >>> bool(scores.frechet_distance < 0.05), bool(scores.precision > 0.8), bool(scores.class_kl < 0.01)
    (True, True, True)
    """
    if not isinstance(classifier, Classifier):
        came = _checks.describe(classifier)
        _checks.refuse("classifier", "one from classifiers.load", came, TypeError)
    k = _checks.whole("k", k)
    real = real.images if isinstance(real, Dataset) else real
    looked_at = {}
    for name, images in (("real", real), ("fake", fake)):
        images = check_images(name, images, classifier.shape)
        if images.shape[0] <= k:
            _checks.refuse(name, f"more than k = {k} images", str(images.shape[0]))
        looked_at[name] = (
            classifier.features(images),
            _shares(classifier.predict(images), classifier.num_classes),
        )
    (real_features, real_shares), (fake_features, fake_shares) = looked_at["real"], looked_at["fake"]
    neighbours = min(len(real_features), len(fake_features), MOST_NEIGHBOURS)
    support = metrics.precision_recall(_some(real_features, neighbours), _some(fake_features, neighbours), k)
    return ImageScores(
        frechet_distance=metrics.frechet_distance(real_features, fake_features),
        precision=support.precision,
        recall=support.recall,
        class_balance=fake_shares,
        class_kl=divergences.kl(fake_shares, real_shares),
        num_real=len(real_features),
        num_fake=len(fake_features),
        num_neighbours=neighbours,
        k=k,
        names=classifier.names,
        test_accuracy=classifier.test_accuracy,
        num_test=classifier.num_test,
    )


def _shares(labels: Int32[Array, "n"], num_classes: int) -> Float[Array, "k"]:
    return jnp.mean(labels[:, None] == jnp.arange(num_classes)[None], axis=0)


def _some(features: Float[Array, "n k"], count: int) -> Float[Array, "count k"]:
    """Choose rows at equal distances: images often stand sorted by class."""
    return features[np.arange(count) * len(features) // count]
