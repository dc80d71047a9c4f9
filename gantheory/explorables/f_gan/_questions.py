"""The questions of notebook 06: what to predict before each figure, and the quiz at the end."""

from gantheory.live.quiz import Question, Questions

__all__ = ["predict", "quiz"]

_PREDICTIONS = {
    "duality": Question(
        "For KL, f(u) = u log u. Push a line of slope 1 up from below until it touches f. At which u?",
        ["0", "1/e", "1", "e"],
        answer="1",
        because="Where it touches, f has the line's slope: f'(u) = 1 + log u = 1. At 1/e f is lowest, with slope 0.",
    ),
    "trained_bound": Question(
        "Nine networks T learn the nine bounds on the same samples. Whose bound stays furthest below its D_f?",
        ["pearson chi2's", "total variation's", "js's", "all reach it alike"],
        answer="pearson chi2's",
        because="Where P_data has mass and P_G hardly any, its T* = 2(p/q − 1) is enormous, and samples there are few.",
    ),
    "exact_fit": Question(
        "Two bumps far apart, and G can make one Gaussian only. Which divergence makes it cover both?",
        ["KL(P_data ‖ P_G)", "KL(P_G ‖ P_data)", "both", "neither"],
        answer="KL(P_data ‖ P_G)",
        because="It averages log p/q over the data, and an ignored bump is full of data where q is tiny.",
    ),
    "trained_fit": Question(
        "Reverse KL's best Gaussian sits on one bump. Now train G, from a start in the middle. Where does it end?",
        ["on one of the bumps", "in the middle, narrow", "in the middle, broad", "it never comes to rest"],
        answer="in the middle, broad",
        because="The middle is a local minimum, and descent does not climb out. The start decides, too.",
    ),
    "nine_curves": Question(
        "P_data and P_G are strips that no longer overlap. Which of the nine tells G which way to go?",
        ["total variation", "js", "KL", "none"],
        answer="none",
        because="From the moment they part each is constant or infinite: all nine compare densities point by point.",
    ),
}

_QUIZ = [
    Question(
        "You compute your bound by quadrature, and it is 1 nat above $D_f$. What has happened?",
        [
            "the conjugate or a sign is wrong",
            "T is better than T*",
            "T has too few units",
            "T was trained on too few samples",
        ],
        "the conjugate or a sign is wrong",
        "No T passes D_f. Few units and short training lower the bound, and few samples do not matter here.",
    ),
    Question(
        "For $f(u) = u \\log u$, what is $T^*$?",
        ["p/q", "log(p/q)", "p/(p + q)", "1 + log(p/q)"],
        "1 + log(p/q)",
        "T* = f'(p/q). Without the 1 it belongs to u log u − u + 1, which has another conjugate.",
    ),
    Question(
        "G can make P_data exactly. Which of the nine are least at P_G = P_data, all modes covered?",
        ["KL only", "all but reverse KL", "all nine"],
        "all nine",
        "Each is least for equal laws only. Covering and picking tell apart what a weak G gives up.",
    ),
    Question(
        "Two bumps of width 0.6 lie 2 apart. What is the best single Gaussian for reverse KL?",
        [
            "one that sits on a bump: it drops modes",
            "one that covers both",
            "one between them, narrower than a bump",
        ],
        "one that covers both",
        "Only from a distance of about 3.3 on it jumps to one bump.",
    ),
    Question(
        "Two strips are disjoint, and their gap doubles. What becomes of total variation?",
        ["it doubles", "it stays 1", "it becomes infinite", "it falls"],
        "it stays 1",
        "Without overlap each f-divergence is f(0) + lim f(u)/u, whatever the distance.",
    ),
]

_ASKED = Questions(_PREDICTIONS, _QUIZ)
predict, quiz = _ASKED.predict, _ASKED.quiz
