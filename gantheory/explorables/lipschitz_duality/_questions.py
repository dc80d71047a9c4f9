"""The questions of notebook 05: what to predict before each figure, and the quiz at the end."""

from gantheory.live.quiz import Question, Questions

__all__ = ["predict", "quiz"]

_PREDICTIONS = {
    "prices": Question(
        "Between a grain and the place that the best plan moves it to, how much does f rise for each unit of distance?",
        [
            "0: f is flat there",
            "some number between 0 and 1",
            "1, on every moved pair",
            "as much as you like",
        ],
        answer="1, on every moved pair",
        because="For each moved pair the two prices add up to the distance. Elsewhere f rises by at most that.",
    ),
    "no_constraint": Question(
        "A network f may be any function. It maximises E f(real) − E f(generated) for N(2, 1) against N(0, 1). "
        "Where does this number go?",
        ["it grows without bound", "to W1 = 2", "to log 2", "to 0"],
        answer="it grows without bound",
        because="If f earns 0.1, then 10 f earns 1 and 1000 f earns 100. Nothing stops the critic.",
    ),
    "three_constraints": Question(
        "N(2, 1) against N(0, 1), so W1 is 2. Which critic's estimate comes out at 2.0?",
        ["spectral normalization", "clipping at 0.1", "gradient penalty of weight 10", "all three"],
        answer="spectral normalization",
        because="Clipping ends near 0.6 and the penalty near 2.2. But a shift is the easy case: see below.",
    ),
    "steepest_of_clips": Question(
        "Every weight of a ReLU critic 1-128-128-1 lies in [−0.01, 0.01]. How steep can it be at most?",
        ["0.000001", "0.01", "0.016", "1"],
        answer="0.016",
        because="128 paths, each through 128 more, each with a product of three weights: 128² · 0.01³.",
    ),
    "penalty_optimum": Question(
        "The penalty is 0 at slope 1. How steep is the best critic under it, between the laws?",
        ["just 1", "a little below 1", "a little above 1"],
        answer="a little above 1",
        because="A slope a little above 1 costs a little squared, and earns at once. Weight 10: 2.21 where W1 is 2.",
    ),
    "relu_or_maxmin": Question(
        "N(0, 4) against N(0, 1): W1 is 0.80, and f = |x| reaches it. What does a ReLU critic reach whose layers all "
        "have norm 1?",
        ["about 0.80", "about 0.45", "0", "more than 0.80"],
        answer="about 0.45",
        because="Each ReLU throws a half away, and layers of norm 1 cannot make up for it. It cannot make |x|.",
    ),
    "across_the_gap": Question(
        "The data lie 4 away. Which generator stands still in most seeds?",
        ["minimax", "non-saturating", "WGAN", "minimax and non-saturating"],
        answer="minimax",
        because="Where D is sure, log(1 − D) is flat. The non-saturating loss is steepest there.",
    ),
    "overshoot": Question(
        "A WGAN with the usual, two-sided gradient penalty of weight 10 moves P_G from 0 to the data at 4, on the "
        "line. Where does P_G turn round or stop?",
        ["at 4", "a little past 4, at 5 or so", "far past 4, beyond 20", "it never reaches 4"],
        answer="far past 4, beyond 20",
        because="The critic's slope is 1 everywhere, also beyond the data. To turn round it must pass 0, "
        "and that costs.",
    ),
}

_QUIZ = [
    Question(
        "Which function may be a critic under the 1-Lipschitz condition?",
        [
            "sigmoid(100x), for it is smooth",
            "|x|, though it has a kink",
            "both",
            "neither",
        ],
        "|x|, though it has a kink",
        "The condition limits steepness, not smoothness. The sigmoid's slope reaches 25.",
    ),
    Question(
        "A WGAN's critic loss is $-2$, and rises slowly towards 0 while G trains. What does it say?",
        [
            "a bug: a distance cannot be negative",
            "P_G moves away from the data",
            "the critic has stopped learning",
            "the estimated distance falls from about 2 towards 0",
        ],
        "the estimated distance falls from about 2 towards 0",
        "The loss is minus the estimate, plus the penalty. Negative is normal, and rising is good news.",
    ),
    Question(
        "The laws overlap by half, and nothing limits the critic. How large is the supremum of its value?",
        ["infinite", "W₁", "log 2", "half of W₁"],
        "infinite",
        "Overlap or not: whatever f earns, 1000 f earns a thousandfold.",
    ),
    Question(
        "Clip ten times as wide, in a ReLU net with two hidden layers. How does the steepest slope change?",
        ["not at all", "times 10", "times 1000", "it falls to a tenth"],
        "times 1000",
        "Each path multiplies three weights: the bound is h²c³.",
    ),
    Question(
        "A critic is spectrally normalized. What does that say of its slope?",
        [
            "it is exactly 1 nearly everywhere",
            "it is at most 1, and may be far below",
            "it is at least 1 somewhere",
        ],
        "it is at most 1, and may be far below",
        "The product of the norms bounds from above only: eight ReLU layers start below 0.01.",
    ),
]

_ASKED = Questions(_PREDICTIONS, _QUIZ)
predict, quiz = _ASKED.predict, _ASKED.quiz
