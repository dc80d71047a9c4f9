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
from gantheory.explorables.conditional_gan._questions import predict, quiz
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
    "predict",
    "quiz",
    "real_digits",
    "ring_game",
    "ring_target",
    "score_digits",
    "score_seeds",
    "style_kept",
    "train_line",
    "train_seeds",
]
