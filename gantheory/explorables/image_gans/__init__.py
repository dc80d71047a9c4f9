"""The live figures of notebook 09: GANs of images, on digits and, where there is time or an accelerator, on clothes.

`components` and `neighbours` measure how thin the data lie, `digits_gan` is the training to watch, `interpolation` goes
from image to image in pixels and in z, `side_by_side` trains four methods from the same start, and `gallery` shows what
longer runs have reached.
"""

from gantheory.explorables.image_gans._gallery import StoredRun, gallery, stored_runs
from gantheory.explorables.image_gans._games import (
    BATCH_SIZE,
    GAMMA,
    METHODS,
    PRIOR_DIM,
    RATES,
    SLOW_D,
    Together,
    four_methods,
    image_game,
    networks_for,
    prior,
)
from gantheory.explorables.image_gans._interpolation import ends, interpolation, mix, on_sphere
from gantheory.explorables.image_gans._live import DATASETS, ImageTrainer, digits_gan
from gantheory.explorables.image_gans._manifold import (
    LAWS,
    components,
    dimension_estimate,
    draw,
    neighbours,
    principal_components,
    to_nearest,
)
from gantheory.explorables.image_gans._scores import NUM_SCORED, score
from gantheory.explorables.image_gans._side_by_side import SHARED_RATES, score_each, side_by_side
from gantheory.live.predict import Prediction

__all__ = [
    "BATCH_SIZE",
    "DATASETS",
    "GAMMA",
    "LAWS",
    "METHODS",
    "NUM_SCORED",
    "PRIOR_DIM",
    "RATES",
    "SHARED_RATES",
    "SLOW_D",
    "ImageTrainer",
    "StoredRun",
    "Together",
    "components",
    "digits_gan",
    "dimension_estimate",
    "draw",
    "ends",
    "four_methods",
    "gallery",
    "image_game",
    "interpolation",
    "mix",
    "neighbours",
    "networks_for",
    "on_sphere",
    "predict_the_collapse",
    "predict_the_directions",
    "predict_the_ghost",
    "principal_components",
    "prior",
    "score",
    "score_each",
    "side_by_side",
    "stored_runs",
    "to_nearest",
]


def predict_the_directions() -> Prediction:
    """Ask how many directions keep most of the digits' variance.

    >>> predict_the_directions().choice.options[0]
    'about 5'
    """
    return Prediction(
        "Digits of 8 × 8 pixels have 64 coordinates. How many directions are needed to keep 90 % of their variance?",
        ["about 5", "about 20", "about 40", "nearly all 64"],
        answer="about 20",
        because="21 do. And digits do not even fill these: look at the bottom row of the next figure.",
    )


def predict_the_ghost() -> Prediction:
    """Ask what D makes of the mean of two images.

    >>> predict_the_ghost().choice.options[-1]
    'higher than both'
    """
    return Prediction(
        "Take the mean of two images of digits, pixel by pixel. D was trained on real and generated digits alone, "
        "never on such means. How does it score them, compared with the two images?",
        ["lower", "in between", "higher than both"],
        answer="lower",
        because="The mean of two digits is a ghost off the sheet of digits, and D has learned where the digits are.",
    )


def predict_the_collapse() -> Prediction:
    """Ask what a slow discriminator makes of ten classes.

    >>> predict_the_collapse().choice.options[0]
    'all ten classes, only later'
    """
    return Prediction(
        "Let D learn twenty times more slowly than G. What does G draw after 600 steps?",
        ["all ten classes, only later", "a few classes", "one image, whatever z is"],
        answer="one image, whatever z is",
        because="For a fixed D the best answer of G to every z is the one image that D scores highest (notebook 08).",
    )
