"""The questions of notebook 08: what to predict before each figure, and the quiz at the end."""

from gantheory.live.predict import Prediction
from gantheory.live.quiz import Question, Quiz

__all__ = [
    "predict_the_cure",
    "predict_the_favourite",
    "predict_the_first",
    "predict_the_gain",
    "predict_the_seeds",
    "quiz",
]


def predict_the_favourite() -> Prediction:
    """Ask which scores notice a sampler with a favourite mode.

    >>> predict_the_favourite().choice.options[0]
    'both fall'
    """
    return Prediction(
        "A generator puts 90 % of its 2,500 samples on one of eight modes, and shares the rest out among the other "
        "seven. What happens to the number of modes captured and to the share of good samples?",
        ["both fall", "the number of modes falls", "the share of good samples falls", "neither falls"],
        answer="neither falls",
        because="One good sample captures a mode, and a sample is good wherever its mode is. "
        "The histogram of the modes must be looked at as well.",
    )


def predict_the_seeds() -> Prediction:
    """Ask what eight seeds of one GAN have in common.

    >>> predict_the_seeds().choice.options[-1]
    'some capture everything, others next to nothing'
    """
    return Prediction(
        "The same GAN, the same data, the same 1,500 steps, eight seeds. Which modes do they capture?",
        [
            "the same modes in each",
            "about as many in each, but different ones",
            "some capture everything, others next to nothing",
        ],
        answer="some capture everything, others next to nothing",
        because="Where a training goes is decided by its start and amplified by the game. One picture of one seed "
        "shows neither the method's strength nor its weakness: the spread is the result.",
    )


def predict_the_cure() -> Prediction:
    """Ask what cures a collapse that a slow discriminator made.

    >>> predict_the_cure().choice.options[0]
    'R1 with γ = 1'
    """
    return Prediction(
        "D learns ten times more slowly than G, and all eight seeds collapse. What brings the modes back?",
        ["R1 with γ = 1", "a faster D", "either", "nothing: a lost mode stays lost"],
        answer="a faster D",
        because="R1 holds D back, and this D is too slow already. A cure must fit the cause.",
    )


def predict_the_gain() -> Prediction:
    """Ask which change to a plain GAN gains most on the ring.

    >>> predict_the_gain().choice.options[-1]
    'another generator: tanh units over a wide prior'
    """
    return Prediction(
        "A plain non-saturating GAN finds the ring's modes, but many of its samples lie between them. Which one change "
        "lifts the share of good samples most?",
        [
            "the Wasserstein loss with its gradient penalty",
            "R1",
            "spectral normalization",
            "another generator: tanh units over a wide prior",
        ],
        answer="another generator: tanh units over a wide prior",
        because="Loss and constraint decide which modes are found. The bridges between the modes are drawn by the "
        "generator, which is continuous.",
    )


def predict_the_first() -> Prediction:
    """Ask what a GAN on the ring learns first, before `toy_gan`.

    >>> predict_the_first().choice.options[0]
    'samples near all eight modes'
    """
    return Prediction(
        "A GAN without a constraint learns a ring of eight narrow modes. What comes first?",
        [
            "samples near all eight modes",
            "good samples, within 3 standard deviations of a mode",
            "both together",
        ],
        answer="samples near all eight modes",
        because="All eight have samples after some hundred steps. Good samples take far longer.",
    )


def quiz() -> Quiz:
    """Ask five questions about the notebook.

    >>> [len(asked.choice.options) for asked in quiz().questions]
    [3, 4, 4, 3, 3]
    """
    return Quiz(
        [
            Question(
                "A generator captures 8 of 8 modes, and 98.9 % of its samples are good. What may still be wrong?",
                [
                    "nothing: these are the scores of a perfect generator",
                    "how the samples are shared among the modes",
                    "how many modes there are",
                ],
                "how the samples are shared among the modes",
                "With 99 % of the samples at one mode both numbers stay as they are. The KL of the mode histogram "
                "sees it.",
            ),
            Question(
                "A generator in the plane has 100 % good samples. What does that say?",
                [
                    "it is perfect",
                    "it has collapsed to one mode",
                    "its modes are narrower than the target's, or cut off",
                    "it has too few samples",
                ],
                "its modes are narrower than the target's, or cut off",
                "The target itself has 1 − exp(−9/2) = 98.9 %: some of its own samples lie farther than 3σ away.",
            ),
            Question(
                "All samples crowd at one place. D learns ten times more slowly than G. What do you change first?",
                ["a larger γ", "D's learning rate", "the width of G", "the dimension of z"],
                "D's learning rate",
                "D is late, and R1 makes it gentler still. In the figure a faster D brought the ring back, and γ = 1 "
                "did not.",
            ),
            Question(
                "Why does G's own loss not ask for variety?",
                [
                    "its minibatches are too small",
                    "Adam averages the gradients of the samples",
                    "it is a mean over single points, and for a fixed D one best point solves it",
                ],
                "it is a mean over single points, and for a fixed D one best point solves it",
                "Only a D that answers makes a crowd expensive: wherever the crowd stands, D must fall.",
            ),
            Question(
                "One run of method A finds 8 modes, one run of method B finds 2. What follows?",
                ["A is better", "B needs more steps", "nothing yet"],
                "nothing yet",
                "The eight seeds of section 3, one method, differ as much. Compare means over seeds, with equal "
                "budgets.",
            ),
        ]
    )
