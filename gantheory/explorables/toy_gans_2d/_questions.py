"""The questions of notebook 08: what to predict before each figure, and the quiz at the end."""

from gantheory.live.quiz import Question, Questions

__all__ = ["predict", "quiz"]

_PREDICTIONS = {
    "toy_gan": Question(
        "A GAN without a constraint learns a ring of eight narrow modes. What comes first?",
        [
            "samples near all eight modes",
            "good samples, within 3 standard deviations of a mode",
            "both together",
        ],
        answer="samples near all eight modes",
        because="All eight have samples after some hundred steps. Good samples take far longer.",
    ),
    "imbalance": Question(
        "A generator puts 90 % of its 2,500 samples on one of eight modes, and shares the rest out among the other "
        "seven. What happens to the number of modes captured and to the share of good samples?",
        ["both fall", "the number of modes falls", "the share of good samples falls", "neither falls"],
        answer="neither falls",
        because="One good sample captures a mode, and a sample is good wherever its mode is. "
        "The histogram of the modes must be looked at as well.",
    ),
    "eight_seeds": Question(
        "The same GAN, the same data, the same 1,500 steps, eight seeds. Which modes do they capture?",
        [
            "some capture everything, others next to nothing",
            "the same modes in each",
            "about as many in each, but different ones",
        ],
        answer="some capture everything, others next to nothing",
        because="Where a training goes is decided by its start and amplified by the game. One picture of one seed "
        "shows neither the method's strength nor its weakness: the spread is the result.",
    ),
    "slow_discriminator": Question(
        "D learns ten times more slowly than G, and all eight seeds collapse. What brings the modes back?",
        ["R1 with γ = 1", "a faster D", "either", "nothing: a lost mode stays lost"],
        answer="a faster D",
        because="R1 holds D back, and this D is too slow already. A cure must fit the cause.",
    ),
    "table_figure": Question(
        "A plain non-saturating GAN finds the ring's modes, but many of its samples lie between them. Which one change "
        "lifts the share of good samples most?",
        [
            "the Wasserstein loss with its gradient penalty",
            "R1",
            "spectral normalization",
            "another generator: tanh units over a wide prior",
        ],
        answer="another generator: tanh units over a wide prior",
        because="No loss and no constraint comes near it. The bridges between the modes are drawn by the "
        "generator, which is continuous.",
    ),
}

_QUIZ = [
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
        "All of a generator's 2,500 samples in the plane are good. What does that say?",
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

_ASKED = Questions(_PREDICTIONS, _QUIZ)
predict, quiz = _ASKED.predict, _ASKED.quiz
