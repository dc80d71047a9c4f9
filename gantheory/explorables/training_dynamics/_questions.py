"""The questions of notebook 07: what to predict before the figures of the small game, and the quiz at the end."""

from gantheory.live.predict import Prediction
from gantheory.live.quiz import Question, Quiz

__all__ = [
    "predict_a_small_step",
    "predict_more_gamma",
    "predict_taking_turns",
    "predict_the_orbit",
    "predict_the_restless",
    "quiz",
]


def predict_the_orbit() -> Prediction:
    """Ask what a shrinking and turning matrix does, before `linear_update`.

    >>> predict_the_orbit().choice.options[0]
    'it comes to rest: it shrinks by 5 %'
    """
    return Prediction(
        "The matrix with rows (0.95, −0.4) and (0.4, 0.95) is applied again and again. What becomes of the point?",
        ["it comes to rest: it shrinks by 5 %", "it circles", "it runs away"],
        answer="it runs away",
        because="Each time it is turned, and made longer by √(0.95² + 0.4²) = 1.03: the modulus counts, not 0.95.",
    )


def predict_a_small_step() -> Prediction:
    """Ask whether a small step cures the spiral, before `dirac_gan`."""
    return Prediction(
        "Both players step at once, and the path spirals outwards. Does a small enough step size cure it?",
        ["yes, below some step size", "no, at no step size"],
        answer="no, at no step size",
        because="The update's eigenvalues are 1 ± ih/2. Their modulus is above 1 for every h; a small step only "
        "makes the spiral slow.",
    )


def predict_taking_turns() -> Prediction:
    """Ask what taking turns does, before `four_methods`."""
    return Prediction(
        "Now the players take turns: D answers G's new place. Where does the path go?",
        ["outwards", "around, for ever", "inwards, to the data"],
        answer="around, for ever",
        because="The two half steps are shears. Their product has determinant 1, so that no area shrinks or grows.",
    )


def predict_more_gamma() -> Prediction:
    """Ask whether more damping is better, before `cures`."""
    return Prediction(
        "R1 damps. Make its γ larger and larger: what becomes of the largest stable step?",
        ["it grows and grows", "it grows, then falls", "it falls from the start"],
        answer="it grows, then falls",
        because="Up to γ = 1 it is 4γ. Beyond, R1 alone makes ψ overshoot: the limit falls like 2/γ.",
    )


def predict_the_restless() -> Prediction:
    """Ask which cure does not bring the Dirac-GAN to rest, before `eight_trainings`.

    >>> predict_the_restless().choice.options[0]
    'R1'
    """
    return Prediction(
        "Four cures for the same start and step size, 300 steps each. Which one does not come to rest at the data?",
        ["R1", "instance noise", "a WGAN with clipped weights", "consensus"],
        answer="a WGAN with clipped weights",
        because="Clipping fences ψ in, and damps nothing. The three others end within 0.000001 of the data.",
    )


def quiz() -> Quiz:
    """Ask five questions about notebook 07.

    >>> asked = quiz()
    >>> len(asked.questions)
    5
    >>> asked.close()
    """
    return Quiz(
        [
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
                "Two bumps, and D learns 30 times as fast as G. What happened in most of the eight seeds?",
                [
                    "P_G found both bumps: a strong D is a good teacher",
                    "P_G settled in one bump",
                    "P_G did not move: D's slope was gone",
                ],
                "P_G settled in one bump",
                "A fast D sees P_G sit in one bump, and its slope there is about that bump alone.",
            ),
        ]
    )
