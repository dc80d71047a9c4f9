"""The questions of notebook 03: what to predict before each figure, and the quiz at the end."""

from gantheory.live.quiz import Question, Questions

__all__ = ["predict", "quiz"]

_PREDICTIONS = {
    "crossing_segments": Question(
        "The angle is one degree. What is JS?",
        ["nearly 0", "about half of log 2", "log 2, as at 90 degrees"],
        answer="log 2, as at 90 degrees",
        because="The two segments share one point, and a point has no mass.",
    ),
    "parallel_lines": Question(
        "Two parallel lines come nearer: θ falls from 2 to 0.1. What do JS and the total variation TV do?",
        ["both fall", "only TV falls", "only JS falls", "neither moves"],
        answer="neither moves",
        because="The lines share no mass at 2 and none at 0.1. Both divergences jump to 0 at θ = 0 alone.",
    ),
    "digits_and_their_fit": Question(
        "The control: real digits against other real digits. How many of its training images does D tell apart?",
        ["about half", "three quarters", "nearly all"],
        answer="nearly all",
        because="It learns them by heart. Of new ones it gets half right.",
    ),
    "too_few_samples": Question(
        "D trains until V on its 64 + 64 samples is nearly 0. What is V on new samples of the same two laws?",
        ["nearly 0 too", "−log 4, the truth", "below −log 4"],
        answer="below −log 4",
        because="D is confident everywhere, and half the time wrong. Doubt would have cost less.",
    ),
    "vanishing_slope": Question(
        "The gap between two Gaussians of width 1 grows from 4 to 12. How much of the slope of JS is left?",
        ["about a third", "about a fiftieth", "less than a millionth"],
        answer="less than a millionth",
        because="The slope dies like exp(−θ²/8), and between θ = 4 and θ = 12 that is a factor of exp(−16).",
    ),
    "nine_divergences": Question(
        "Two strips without overlap move further apart. Which of the nine divergences grows?",
        ["KL", "total variation", "all of them", "none"],
        answer="none",
        because="Where one density is 0 the ratio p/q is 0 or infinite, however far away the other law is.",
    ),
}

_QUIZ = [
    Question(
        "JS of two laws is log 2. How far apart are they?",
        ["far: at least several widths", "JS does not say", "log 2 nats"],
        "JS does not say",
        "They share no mass. Two segments that cross at a thousandth of a degree share none either.",
    ),
    Question(
        "D tells all its training points apart. Do the two laws differ?",
        [
            "yes: they share no mass",
            "no: D has learned by heart",
            "only points it never saw can tell",
        ],
        "only points it never saw can tell",
        "Both happen: the digits and their Gaussian fit do differ, real digits and real digits do not.",
    ),
    Question(
        "V on held-out points lies far below −log 4. What does it mean?",
        [
            "D is sure of points that it cannot tell apart",
            "P_G has reached P_data",
            "the two laws are further apart than JS can say",
        ],
        "D is sure of points that it cannot tell apart",
        "Saying 1/2 would earn −log 4, whatever the laws. Less than that is earned by sure and wrong answers.",
    ),
    Question(
        "Two Gaussians of width 1 are 12 apart. What does G feel of JS?",
        ["nothing: the slope is exactly 0", "a slope of about 0.1", "a slope of about 10⁻⁸"],
        "a slope of about 10⁻⁸",
        "Gaussians overlap everywhere, so some slope is left; no training will notice it.",
    ),
    Question(
        "Two thin strips without overlap come nearer, still without overlap. Which f-divergence notices?",
        ["none", "KL, since it has no ceiling", "total variation", "each of them, some less"],
        "none",
        "Each is f(0) + lim f(u)/u, finite or not, and no distance occurs in that.",
    ),
]

_ASKED = Questions(_PREDICTIONS, _QUIZ)
predict, quiz = _ASKED.predict, _ASKED.quiz
