"""The questions of notebook 07: what to predict before the figures of the small game, and the quiz at the end."""

from gantheory.live.quiz import Question, Questions

__all__ = ["predict", "quiz"]

_PREDICTIONS = {
    "linear_update": Question(
        "The matrix with rows (0.95, −0.4) and (0.4, 0.95) is applied again and again. What becomes of the point?",
        ["it comes to rest: it shrinks by 5 %", "it circles", "it runs away"],
        answer="it runs away",
        because="Each time it is turned, and made longer by √(0.95² + 0.4²) = 1.03: the modulus counts, not 0.95.",
    ),
    "dirac_gan": Question(
        "Both players step at once, and the path spirals outwards. Does a small enough step size cure it?",
        ["yes, below some step size", "no, at no step size"],
        answer="no, at no step size",
        because="The update's eigenvalues are 1 ± ih/2. Their modulus is above 1 for every h; a small step only "
        "makes the spiral slow.",
    ),
    "four_methods": Question(
        "Now the players take turns: D answers G's new place. Where does the path go?",
        ["outwards", "around, for ever", "inwards, to the data"],
        answer="around, for ever",
        because="The two half steps are shears. Their product has determinant 1, so that no area shrinks or grows.",
    ),
    "cures": Question(
        "R1 damps. Make its γ larger and larger: what becomes of the largest stable step?",
        ["it grows and grows", "it grows, then falls", "it falls from the start"],
        answer="it grows, then falls",
        because="Up to γ = 1 it is 4γ. Beyond, R1 alone makes ψ overshoot: the limit falls like 2/γ.",
    ),
    "eight_trainings": Question(
        "Four cures for the same start and step size, 300 steps each. Which one does not come to rest at the data?",
        ["R1", "instance noise", "a WGAN with clipped weights", "consensus"],
        answer="a WGAN with clipped weights",
        because="Clipping fences ψ in, and damps nothing. The three others end within 0.000001 of the data.",
    ),
    "chain_reaction": Question(
        "P_G has just reached the data. Now D stops learning; G goes on. What do G's own loss and the distance do?",
        [
            "G's loss falls to 0, the distance grows",
            "both stay where they are",
            "both fall to 0: G has an easy opponent",
            "both grow",
        ],
        answer="G's loss falls to 0, the distance grows",
        because="G climbs a hill that no longer answers. The higher it gets the smaller its loss, and the hill "
        "goes on rising long after the data.",
    ),
    "stalled_on_schedule": Question(
        "The other way round: G stops learning, D goes on. What happens?",
        [
            "D's loss falls to 0, and G is lost",
            "D's loss settles, and all goes on when G wakes up",
            "the distance runs away as well",
        ],
        answer="D's loss settles, and all goes on when G wakes up",
        because="P_G stands still, so D learns its best answer to it, D*, and then has nothing left to learn. "
        "Where the laws overlap its loss stays above 0, and its slope tells G where to go.",
    ),
    "after_the_stall": Question(
        "After 900 steps without learning, D wakes up. Does P_G come back?",
        ["never", "in fewer steps than the stall took", "in about as many"],
        answer="in fewer steps than the stall took",
        because="D sees at once that the runaway samples are fake. The non-saturating loss is steepest where D "
        "is sure, and points home.",
    ),
    "two_time_scales": Question(
        "The data have two bumps, G has 600 steps. How fast should D learn, beside G?",
        [
            "as fast as possible: the faster the better",
            "more slowly than G, to leave it a chance",
            "neither: too slow fails, and so does too fast",
        ],
        answer="neither: too slow fails, and so does too fast",
        because="A slow D shows G a hill that is no longer true. A fast one follows every move: once P_G crowds "
        "in one bump, the slope under it is about that bump alone.",
    ),
    "curves_and_distances": Question(
        "Runs A and B, on the same data, end with the same losses: G's at log 2, D's at log 4. Which P_G is "
        "nearer?",
        ["A", "B", "about equally near", "the losses cannot tell"],
        answer="the losses cannot tell",
        because="These values say one thing: this D cannot tell the two laws apart. Whether another D could, "
        "they do not say. Show the distance, and see what D was.",
    ),
}

_QUIZ = [
    Question(
        "The field's Jacobian has eigenvalues $\\pm i/2$; both players step by 0.01 at once. Where does it go?",
        [
            "to rest, slowly",
            "around for ever: they lie on the imaginary axis",
            "outwards, slowly",
        ],
        "outwards, slowly",
        "The update is I + hJ, and |1 ± ih/2| is above 1 for every h. On the axis only the flow is neutral.",
    ),
    Question(
        "G's own loss has fallen to 0.001. What do you know?",
        [
            "G fools this D; P_G may be far from the data",
            "P_G is close to the data",
            "D is at its best",
            "training may stop",
        ],
        "G fools this D; P_G may be far from the data",
        "With D stalled, G's loss fell to 0.0006 while W1 rose from 0.27 to 6.8.",
    ),
    Question(
        "D's loss is log 4 and G's log 2, both flat. Is P_G the data's law?",
        [
            "yes: D = 1/2 everywhere says so",
            "perhaps: this D sees no difference, another may",
            "no: both losses would be 0",
        ],
        "perhaps: this D sees no difference, another may",
        "Two runs had these losses; their W1 was 1.9 and 0.25. Measure a distance.",
    ),
    Question(
        "Which of these does nothing for the Wasserstein Dirac-GAN?",
        ["R1", "consensus", "extragradient steps", "instance noise"],
        "instance noise",
        "Noise acts through the loss's curvature, and a straight loss has none.",
    ),
    Question(
        "Two bumps, and D learns 30 times as fast as G. What had most of the eight seeds in the end?",
        [
            "both bumps alike: a strong D is a good teacher",
            "too little in one of the bumps, or nothing",
            "no move at all: D's slope was gone",
        ],
        "too little in one of the bumps, or nothing",
        "A fast D follows every move: once P_G crowds in one bump, the slope there is about that bump alone.",
    ),
]

_ASKED = Questions(_PREDICTIONS, _QUIZ)
predict, quiz = _ASKED.predict, _ASKED.quiz
