"""The live figures of notebook 11: translation between two domains of which no pairs are known.

`turned` shows a map that is wrong by an angle, and that neither the cycle nor a discriminator minds. `eight_maps`
trains a toy whose true map is known, `translate_images` real images whose true partners are hidden and only measure.
What the notebook asserts comes from `weigh`, `train_maps` and `train_translators`.
"""

from gantheory.explorables.cyclegan._eight_maps import EightMaps, eight_maps
from gantheory.explorables.cyclegan._images import (
    IMAGE_PAIRS,
    IMAGE_SETTINGS,
    TRANSLATORS,
    Domains,
    Translations,
    baselines,
    domain_names,
    domains,
    image_game,
    outline,
    thicken,
    train_translators,
)
from gantheory.explorables.cyclegan._pictures import Pictures, translate_images
from gantheory.explorables.cyclegan._questions import predict, quiz
from gantheory.explorables.cyclegan._rotated import LAWS, Weighed, turned, turned_map, weigh
from gantheory.explorables.cyclegan._toy import (
    NUM_MODES,
    NUM_SEEDS,
    PAIRS,
    SETTINGS,
    TRUTHS,
    Maps,
    modes,
    name_of,
    toy_game,
    train_maps,
    true_map,
)

__all__ = [
    "IMAGE_PAIRS",
    "IMAGE_SETTINGS",
    "LAWS",
    "NUM_MODES",
    "NUM_SEEDS",
    "PAIRS",
    "SETTINGS",
    "TRANSLATORS",
    "TRUTHS",
    "Domains",
    "EightMaps",
    "Maps",
    "Pictures",
    "Translations",
    "Weighed",
    "baselines",
    "domain_names",
    "domains",
    "eight_maps",
    "image_game",
    "modes",
    "name_of",
    "outline",
    "predict",
    "quiz",
    "thicken",
    "toy_game",
    "train_maps",
    "train_translators",
    "translate_images",
    "true_map",
    "turned",
    "turned_map",
    "weigh",
]
