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
from gantheory.live.predict import Prediction

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
    "predict_the_cycle",
    "predict_the_half_turn",
    "predict_the_images",
    "predict_the_turn",
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


def predict_the_cycle() -> Prediction:
    """Ask what a small cycle loss says about F.

    >>> predict_the_cycle().choice.options[-1]
    'only that G undoes F'
    """
    return Prediction(
        "F goes from A to B, G back, and |G(F(a)) − a| is almost 0 for every a. What do you know about F?",
        ["F(a) is the true partner of a", "F(a) looks like a point of B", "only that G undoes F"],
        answer="only that G undoes F",
        because="The cycle term never looks at B: F may carry A anywhere, as long as G finds the way back.",
    )


def predict_the_turn() -> Prediction:
    """Ask which number notices that F turns a round law.

    >>> predict_the_turn().choice.options[0]
    'the cycle loss'
    """
    return Prediction(
        "A is a round Gaussian. F first turns A by 90°, then applies the true map T; G undoes it. Which number "
        "notices?",
        ["the cycle loss", "the best discriminator", "both", "neither"],
        answer="neither",
        because="A turned is A again, so F(A) has exactly the law B; and what is turned can be turned back.",
    )


def predict_the_half_turn() -> Prediction:
    """Ask what the identity loss does where the truth is a half-turn.

    >>> predict_the_half_turn().choice.options[0]
    'all eight find the half-turn'
    """
    return Prediction(
        "The same two rings, but now the true partner of each a lies on the other side: T is a half-turn. Eight seeds "
        "train with the identity loss. What do they find?",
        ["all eight find the half-turn", "some do", "none does, and all agree with each other"],
        answer="none does, and all agree with each other",
        because="Nothing that the training sees has changed: the laws A and B are the same as before. The identity "
        "loss still prefers the map that moves points least.",
    )


def predict_the_images() -> Prediction:
    """Ask which true map of images is found without pairs.

    >>> predict_the_images().choice.options[1]
    'the thick strokes'
    """
    return Prediction(
        "Digits on one side; on the other, other digits, with thick strokes or turned by 90°. No pairs. Which true map "
        "will be found?",
        ["both", "the thick strokes", "the turn by 90°", "neither"],
        answer="the thick strokes",
        because="A network that looks at small neighbourhoods can thicken a stroke, and can hardly do anything else "
        "that makes B's images. One that is free to move pixels anywhere has many wrong maps to choose from.",
    )
