"""A small classifier for each dataset, and how good generated images are in its features.

`load` trains a convolutional network once for each dataset and keeps it in the cache; `evaluate` compares generated
images with real ones in the activations of its last hidden layer.

>>> from gantheory import datasets
>>> classifier = load("digits")
>>> test = datasets.load("digits", "test")
>>> classifier.test_accuracy > 0.98, classifier.features(test.images).shape
(True, (355, 64))
>>> print(evaluate(classifier, test, datasets.load("digits").images))  # a perfect generator
Fréchet distance 0.0... (features of a small classifier, right on 9...% of 355 test images; 355 real and 1442
generated images)
precision 0..., recall 0... (k = 3; 355 images of each kind)
classes: 0 ..., 1 ..., 2 ..., 3 ..., 4 ..., 5 ..., 6 ..., 7 ..., 8 ..., 9 ...; KL to the real images' 0.00... nats

**What the Fréchet distance here is, and is not.** It depends on the classifier, and with it on the dataset and on this
package's version: it orders generators that were scored with one and the same classifier, and nothing else. It is not
the figure of that kind that papers print, which takes the features of one network trained on ImageNet: never put the
two side by side. The features are scaled so that the training images' have a total variance of 1: a generator that
makes one image alone, the one of mean features, would score 1.

**What to compare with.** Few samples raise the distance and the KL, and lower precision and recall. Training images, of
the generator that cannot be beaten, against test images, and an untrained `networks.DCGANGenerator`:

| | images | distance | precision | recall |
|---|---|---|---|---|
| digits, real | 355 and 1,442 | 0.005 | 0.90 | 0.93 |
| digits, untrained | 355 and 1,000 | 0.81 | 0.01 | 0.00 |
| Fashion-MNIST, real | 10,000 and 10,000 | 0.001 | 0.84 | 0.86 |
| Fashion-MNIST, untrained | 10,000 and 10,000 | 0.96 | 0.72 | 0.00 |

Precision alone can mislead: that untrained generator's images, nearly all read as bags, lie in the large balls around a
few outlying real ones. Look at the images, and at recall and the classes beside it.
"""

import os
import warnings
from pathlib import Path

from gantheory import _checks, datasets
from gantheory.classifiers import _cache, _training
from gantheory.classifiers._network import NUM_FEATURES, Classifier
from gantheory.classifiers._scores import MOST_NEIGHBOURS, ImageScores, evaluate
from gantheory.datasets import Dataset

__all__ = [
    "MOST_NEIGHBOURS",
    "NUM_FEATURES",
    "Classifier",
    "ClassifierWarning",
    "ImageScores",
    "evaluate",
    "load",
]

# What could not be written, by the name of its file.
_unwritten: dict[str, Classifier] = {}


class ClassifierWarning(UserWarning):
    """A stored classifier is damaged, or a new one cannot be stored; either way there is one to go on with."""


def load(dataset: str | os.PathLike[str] | Dataset, *, refresh: bool = False) -> Classifier:
    """Return the classifier of a dataset: from the cache, or trained now and kept there.

    The training takes the same steps from the same start each time: seconds for `digits`, about a minute for
    `fashion_mnist` on two cores. The file's name holds a hash of all images and labels, and its SHA-256 is verified.

    Args:
        dataset: a name that `datasets.load` knows, whose training images are learnt and whose test images are held
            out; or a folder's path, or a `Dataset`, of which every fifth image of each class is held out.
        refresh: train anew, whatever the cache has.

    Returns:
        The `Classifier`, with its accuracy on the held-out images.

    Raises:
        TypeError, ValueError: where `dataset` is none, has images of one class only, or fewer than 5 of each.
        FileNotFoundError, OSError: as from `datasets.load`.

    Warns:
        ClassifierWarning: where the stored file is damaged (it is replaced), or the cache cannot be written (once: the
            classifier then lives as long as the process).

    >>> load("digits")
    Classifier(10 classes of images of shape (8, 8, 1), trained on 1442, right on 9...% of 355 test images)
    """
    if isinstance(dataset, Dataset):
        train, test = _training.held_out(dataset)
    else:
        train = datasets.load(dataset)
        known = dataset in datasets.NAMES
        train, test = (train, datasets.load(dataset, "test")) if known else _training.held_out(train)
    if len(set(train.labels.tolist())) < 2:
        _checks.refuse("dataset", "one with images of at least 2 classes", repr(dataset))
    path = _cache.path_of(train, test)
    if not refresh and (found := _stored(path, train, test)) is not None:
        return found
    classifier = _training.train(train, test)
    try:
        _cache.write(path, classifier)
    except OSError as error:
        why = error.strerror or error
        message = f"Could not keep the classifier in {path.parent}: {why}. It will be trained again in every process."
        warnings.warn(message, ClassifierWarning, stacklevel=2)
        _unwritten[path.name] = classifier
    return classifier


def _stored(path: Path, train: Dataset, test: Dataset) -> Classifier | None:
    try:
        return _cache.read(path, train, test)
    except _cache.DamagedError as error:
        message = f"{path} is damaged ({error}); the classifier is trained anew."
        warnings.warn(message, ClassifierWarning, stacklevel=3)
        return None
    except OSError:  # not there, or not to be read: what cannot be written either will say so
        return _unwritten.get(path.name)
