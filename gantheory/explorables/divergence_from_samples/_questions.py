"""The questions of notebook 02: what to predict before each figure, and the quiz at the end."""

from gantheory.live.quiz import Question, Questions

__all__ = ["predict", "quiz"]

_PREDICTIONS = {
    "classifier": Question(
        "D's step stands at 0, the separation is 2. You make the step steeper and steeper. What does V do?",
        ["It rises all the way", "It rises, then falls", "It stays"],
        answer="It rises, then falls",
        because="The two kinds of samples overlap. A steep D is sure of each, and sure and wrong costs most.",
    ),
    "be_the_discriminator": Question(
        "The separation is 0: both laws are equal. Which D has the highest V?",
        ["1/2 everywhere", "a steep step", "a clever wave", "all are equal"],
        answer="1/2 everywhere",
        because="What a clever D gains on samples of one kind it loses, and more, on the other: the log is concave.",
    ),
    "best_discriminator": Question(
        "At some x the data are three times as dense as P_G: p = 3 q. Which answer D(x) earns most there?",
        ["1: x is probably real", "1/2: it may be either", "3/4", "3"],
        answer="3/4",
        because="Of four samples that fall there, three are real. The log pays most for saying just that.",
    ),
    "learned_value": Question(
        "From which side does V of the learned D come near the exact value?",
        ["from below", "from above", "from either side"],
        answer="from below",
        because="The exact value is the maximum over all D, and whatever a network finds is one of them.",
    ),
    "min_max": Question(
        "P_G is N(θ, 1), the data N(0, 1); D always gives its best reply. G's steps are large (6). What does θ do?",
        ["It arrives at 0 sooner", "It jumps over 0, again and again", "It walks away from 0 for good"],
        answer="It jumps over 0, again and again",
        because="G walks down the V of a D that knew the old place. Past the data that D still says: go on.",
    ),
    "two_gradients": Question(
        "P_G is 4 standard deviations away, so D* scores its centre s = −8. How steep is log(1 − D) there?",
        ["about 1", "about 0.1", "about 0.0003"],
        answer="about 0.0003",
        because="The slope's size is D itself, sigmoid(−8) = 0.00034. Where G is worst, this loss moves it least.",
    ),
    "far_start": Question(
        "P_G starts 4 from the data, and D has a head start. With which loss does G arrive in the time shown?",
        ["both", "only log(1 − D), minimax", "only −log D, non-saturating", "neither"],
        answer="only −log D, non-saturating",
        because="D is sure that the samples are generated; there log(1 − D) is flat, and −log D is not.",
    ),
}

_QUIZ = [
    Question(
        "P_G = P_data, and D answers 1/2 everywhere. How good is this D?",
        [
            "bad: it has learned nothing",
            "middling: another could tell a few apart",
            "no other D is better",
        ],
        "no other D is better",
        "1/2 is the correct probability. What any other D gains on one kind, it more than loses on the other.",
    ),
    Question(
        "A trained D has V = −0.50 on many fresh samples. What do you know of JS, up to noise?",
        ["JS is 0.44", "JS is at least 0.44", "JS is at most 0.44"],
        "JS is at least 0.44",
        "(−0.50 + log 4) / 2 = 0.44. A better D might find a larger V, never a larger maximum: a lower bound.",
    ),
    Question(
        "P_data is wide, P_G narrow. At which x does the best D answer 1/2?",
        ["where p(x) = q(x)", "halfway between the two centres", "where both densities are 0"],
        "where p(x) = q(x)",
        "D* = p / (p + q) looks at the two densities at x, and at nothing else.",
    ),
    Question(
        "D is not the best reply, and G takes one small minimax step. What is sure to fall?",
        ["JS itself", "max over D of V", "V of the present D"],
        "V of the present D",
        "The maximum falls with it only as long as D is still (nearly) the best reply.",
    ),
    Question(
        "D is sure that all samples of G are generated. Which loss of G is steep there?",
        ["−log D", "log(1 − D)", "both are equally steep"],
        "−log D",
        "By D's raw score, the slopes have the sizes 1 − D and D. Where D is near 0, only the first is near 1.",
    ),
]

_ASKED = Questions(_PREDICTIONS, _QUIZ)
predict, quiz = _ASKED.predict, _ASKED.quiz
