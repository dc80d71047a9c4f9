"""The questions of notebook 01: what to predict before each figure, and the quiz at the end."""

from gantheory.live.quiz import Question, Questions

__all__ = ["predict", "quiz"]

_PREDICTIONS = {
    "affine_generator": Question(
        "The slope a grows from 1 to 2. What does the highest point of the density of x do?",
        ["It doubles", "It stays", "It halves", "It falls to a quarter"],
        answer="It halves",
        because="The same mass lies on twice the length, and density is mass per length.",
    ),
    "folding_generator": Question(
        "Slope a = 1, fold c = 2: G rises, falls, rises. Where is the density of x highest?",
        [
            "At the two values where G turns back",
            "In the middle, where most z are",
            "Far out, left and right",
        ],
        answer="At the two values where G turns back",
        because="There G is flat for a moment: G' = 0, and p(z) / |G'(z)| has no bound.",
    ),
    "flat_generator": Question(
        "The slope s of the middle piece goes to 0. What happens to the density of x there?",
        ["It falls to 0", "It grows to a limit", "It grows without bound"],
        answer="It grows without bound",
        because="The mass of the middle piece stays, 0.68 at w = 1, and the length it lies on shrinks to 0.",
    ),
    "generator_in_the_plane": Question(
        "The swirl turns points around the origin, near ones further than far ones. No pinch: c = 0. What does it do "
        "to the area of a small square?",
        ["It shrinks it", "It keeps it", "It stretches it"],
        answer="It keeps it",
        because="The square is sheared into a slanted shape, and a shear keeps areas. So the density does not change "
        "either. Set the pinch to 0 and see.",
    ),
    "box_counting": Question(
        "We cover all that G can reach with boxes. Their side goes to 0. Where does their total area go?",
        ["To the length of the curve", "To a positive number below that", "To 0"],
        answer="To 0",
        because="About length / side boxes of area side² each: length times side. A curve has no area.",
    ),
    "two_densities": Question(
        "P_data is uniform on [−1, 1], P_G uniform on a part of it. Which of these is infinite?",
        ["KL(P_data ‖ P_G)", "KL(P_G ‖ P_data)", "both KL", "JS"],
        answer="KL(P_data ‖ P_G)",
        because="There are data where q = 0, and log(p / 0) is infinite. Choose the shape 'uniform' below.",
    ),
    "grid_against_samples": Question(
        "A billion grid points, twenty dimensions. How many points on each axis?",
        ["2", "50", "1,000", "50 million"],
        answer="2",
        because="2 to the power 20 is a million; 3 to the power 20 is already 3.5 billion.",
    ),
}

_QUIZ = [
    Question(
        "The same number of z falls on two pieces of equal length. On which piece do the G(z) crowd?",
        ["where G is steep", "where G is gentle", "where G(z) is largest"],
        "where G is gentle",
        "Steep pieces spread their mass over more length: the density is p(z) / |G'(z)|.",
    ),
    Question(
        "G is constant on a piece that carries a tenth of the prior's mass. What is P_G there?",
        [
            "one point with a tenth of the mass",
            "a density of height 1/10",
            "nothing: these samples are lost",
        ],
        "one point with a tenth of the mass",
        "An atom. All these samples are the same number, and a point has no length to divide by.",
    ),
    Question(
        "G takes one number z to a curve in the plane. What is the density of P_G in the plane?",
        [
            "p(z) / |G'(z)| on the curve, 0 elsewhere",
            "infinite on the curve, with integral 1",
            "there is none",
        ],
        "there is none",
        "All the mass lies on area 0. Whatever a function does there, its integral over the plane is 0, not 1.",
    ),
    Question(
        "The data have two bumps, P_G only one. Which divergence is smaller with P_G on one bump than with P_G "
        "over both?",
        ["reverse KL, KL(P_G ‖ P_data)", "KL(P_data ‖ P_G)", "both: it makes no difference"],
        "reverse KL, KL(P_G ‖ P_data)",
        "Reverse KL punishes samples where no data are, as in the middle; KL punishes data without samples.",
    ),
    Question(
        "What keeps us from computing KL(P_data ‖ P_G) for images and a deep generator?",
        [
            "the integral has too many dimensions",
            "log p(x)/q(x) is unknown",
            "too few samples of P_G can be drawn",
        ],
        "log p(x)/q(x) is unknown",
        "A mean over samples does the integral in any dimension, and P_G gives as many as we like. But "
        "nobody knows the integrand.",
    ),
]

_ASKED = Questions(_PREDICTIONS, _QUIZ)
predict, quiz = _ASKED.predict, _ASKED.quiz
