"""The live figures of notebook 10: a GAN that is asked for a class.

`does_it_see` is the toy in training: a D that sees the pair or x alone, and mismatched pairs. `joint_and_marginal`
shows D's best answer exactly, `mismatched_pairs` what mismatched pairs ask of G where classes overlap.
`digits_by_label` trains on digits, and `ask` asks a trained generator for them.
"""

from gantheory.explorables.conditional_gan._digits import (
    DIGITS_SETTINGS,
    PRIOR_DIM,
    DigitsByLabel,
    digits_by_label,
    digits_game,
    real_digits,
    score_digits,
)
from gantheory.explorables.conditional_gan._joint import joint_and_marginal, laws_of_pairs
from gantheory.explorables.conditional_gan._mismatch import (
    BestMade,
    best_with_mismatch,
    line_game,
    mismatched_pairs,
    train_line,
)
from gantheory.explorables.conditional_gan._ring import (
    CLASSES,
    NUM_CLASSES,
    NUM_SEEDS,
    RATES,
    SEES,
    SLOW_D,
    asked_and_got,
    modes_of,
    ring_game,
    ring_target,
    score_seeds,
    train_seeds,
)
from gantheory.explorables.conditional_gan._style import ask, ink_and_slant, style_kept
from gantheory.explorables.conditional_gan._told import AskedAndGot, does_it_see
from gantheory.live.predict import Prediction

__all__ = [
    "CLASSES",
    "DIGITS_SETTINGS",
    "NUM_CLASSES",
    "NUM_SEEDS",
    "PRIOR_DIM",
    "RATES",
    "SEES",
    "SLOW_D",
    "AskedAndGot",
    "BestMade",
    "DigitsByLabel",
    "ask",
    "asked_and_got",
    "best_with_mismatch",
    "digits_by_label",
    "digits_game",
    "does_it_see",
    "ink_and_slant",
    "joint_and_marginal",
    "laws_of_pairs",
    "line_game",
    "mismatched_pairs",
    "modes_of",
    "predict_the_blind",
    "predict_the_hand",
    "predict_the_mismatch",
    "real_digits",
    "ring_game",
    "ring_target",
    "score_digits",
    "score_seeds",
    "style_kept",
    "train_line",
    "train_seeds",
]


def predict_the_blind() -> Prediction:
    """Ask what becomes of a conditional GAN whose D never sees the label.

    >>> predict_the_blind().choice.options[1]
    'the right points, each under its label'
    """
    return Prediction(
        "G is told the class. D is not: it sees the point alone. What does G learn?",
        [
            "nothing: its points stay noise",
            "the right points, each under its label",
            "the right points, under labels that mean nothing",
            "the points of one class only",
        ],
        answer="the right points, under labels that mean nothing",
        because="Nothing that D sees tells a point under its own label from one under another. "
        "So D cannot complain, and G has no reason to care.",
    )


def predict_the_mismatch() -> Prediction:
    """Ask what mismatched real pairs change.

    >>> predict_the_mismatch().choice.options[0]
    'nothing'
    """
    return Prediction(
        "Real points with a wrong label now count as fakes too. Each class is two opposite modes of the ring. "
        "After 400 steps, what has changed?",
        [
            "nothing",
            "more points of the right class, and nothing else",
            "more points of the right class, but half the modes are lost",
            "fewer points of the right class",
        ],
        answer="more points of the right class, but half the modes are lost",
        because="Around the ring, the modes of the other classes are now marked as fake: walls between the two modes "
        "of a class. G climbs to one of them early, and cannot cross to the other.",
    )


def predict_the_hand() -> Prediction:
    """Ask what z keeps when the class changes.

    >>> predict_the_hand().choice.options[-1]
    'its slant and its ink, though nothing asks for it'
    """
    return Prediction(
        "Keep z and change c from 3 to 7. What do the two images have in common?",
        [
            "nothing: each class reads z in its own way",
            "its slant and its ink, because the loss asks for it",
            "its slant and its ink, though nothing asks for it",
        ],
        answer="its slant and its ink, though nothing asks for it",
        because="The loss is satisfied by any law for each class. That z means the same in all of them comes from the "
        "network: all classes share its weights.",
    )
