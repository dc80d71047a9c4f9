"""The questions of notebook 04: what to predict before each figure, and the quiz at the end."""

from gantheory.live.quiz import Question, Questions

__all__ = ["predict", "quiz"]

_PREDICTIONS = {
    "all_plans": Question(
        "There are 12 plans of whole units. How many of them are best for the cost |x − y|?",
        ["one", "two", "three", "all twelve"],
        answer="three",
        because="All three cost 4. For the squared cost (x − y)² a single one of them is left.",
    ),
    "by_quantiles": Question(
        "Earth and data are two humps on a line. Which rule gives a best plan wherever they lie?",
        [
            "each grain to the data nearest to it",
            "the leftmost grain to the leftmost data, and so on in order",
            "the leftmost grain to the rightmost data, and so on",
        ],
        answer="the leftmost grain to the leftmost data, and so on in order",
        because="Two ways that cross on a line are never shorter together. It need not be the only best plan: a grain "
        "that lies on data already may stay.",
    ),
    "parallel_lines": Question(
        "Two parallel lines of length 1 are 0.01 apart. What are JS and W1?",
        ["both nearly 0", "JS 0.69, W1 0.01", "JS 0.01, W1 0.69", "both 0.69"],
        answer="JS 0.69, W1 0.01",
        because="They share no point, so JS is log 2. But no grain is far from the other line.",
    ),
    "gan_with_w1": Question(
        "P_G starts 5 away from the data; its first 40 steps bring it about 1 nearer. What does binned JS do?",
        ["it stays where it is, at log 2", "it falls, like W1", "it rises"],
        answer="it stays where it is, at log 2",
        because="No bin holds samples of both laws yet. How far apart full bins lie, JS does not ask.",
    ),
    "clouds": Question(
        "Sinkhorn's plan blurs the best one: each grain is spread over several holes. Its average distance?",
        ["greater than the best plan's", "the same", "smaller, since it has more ways to choose from"],
        answer="greater than the best plan's",
        because="It is a plan like any other, and no plan is below the best. Here: 1.17 for the best, 1.27 blurred.",
    ),
    "gan_in_the_plane_with_w1": Question(
        "Two clouds lie 3.5 apart in the plane. Seen along random lines, how far apart are they on average?",
        ["about 3.5", "about 2.3", "about 0"],
        answer="about 2.3",
        because="A line at an angle to the way between them sees the way shortened, on average to 2/π = 0.64 of it.",
    ),
    "too_few_samples": Question(
        "Take 512 samples of N(0, I) in 64 dimensions, and 512 others of the same law. W1 between the two samples?",
        ["about 0", "about 0.1", "about 1", "about 9"],
        answer="about 9",
        because="In 64 dimensions even the nearest partner is far away.",
    ),
}

_QUIZ = [
    Question(
        "What is $W_1$ between two laws?",
        [
            "the average distance, averaged over all moving plans",
            "the least average distance over all moving plans",
            "the distance between their means",
            "the share of mass that must move",
        ],
        "the least average distance over all moving plans",
        "The means may agree and W1 still be large: exercise 1. The share that moves is total variation.",
    ),
    Question(
        "Two laws share no point. One moves twice as far away. What happens?",
        [
            "JS and W₁ both grow",
            "JS grows, W₁ stays",
            "JS stays at log 2, W₁ grows",
        ],
        "JS stays at log 2, W₁ grows",
        "JS compares densities place by place. Only W1 asks how far it is from one place to another.",
    ),
    Question(
        "You measure $x$ in millimetres and not in metres. What becomes of $W_1$?",
        [
            "it is a thousand times as large",
            "nothing: a distance between laws has no unit",
            "log 1000 nats are added to it",
        ],
        "it is a thousand times as large",
        "W1 carries the unit of x. JS and KL are in nats, and do not change.",
    ),
    Question(
        "What does $W_1$ cure?",
        [
            "too few samples",
            "supports that share no point",
            "both",
        ],
        "supports that share no point",
        "512 samples of one law, in 64 dimensions, lie about 9 apart in W1. That is the sampling, not the law.",
    ),
    Question(
        "Sinkhorn has converged, and its plan costs more than the linear program's. Why?",
        [
            "it needs more rounds",
            "rounding errors",
            "the linear program stopped too early",
            "it minimises something else: cost plus blur",
        ],
        "it minimises something else: cost plus blur",
        "Its plan is the best for its own aim. The smaller epsilon, the nearer it comes to the cheapest.",
    ),
]

_ASKED = Questions(_PREDICTIONS, _QUIZ)
predict, quiz = _ASKED.predict, _ASKED.quiz
