"""The live figures of notebook 09: GANs of images, on digits and, where there is time or an accelerator, on clothes.

`components` and `neighbours` measure how thin the data lie, `digits_gan` is the training to watch, `interpolation` goes
from image to image in pixels and in z, `side_by_side` trains four methods from the same start, and `gallery` shows what
longer runs have reached.
"""

from gantheory.explorables.image_gans._gallery import StoredRun, gallery, stored_runs, stored_table
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
from gantheory.explorables.image_gans._questions import predict, quiz
from gantheory.explorables.image_gans._scores import NUM_SCORED, score
from gantheory.explorables.image_gans._side_by_side import SHARED_RATES, score_each, side_by_side

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
    "predict",
    "principal_components",
    "prior",
    "quiz",
    "score",
    "score_each",
    "side_by_side",
    "stored_runs",
    "stored_table",
    "to_nearest",
]
