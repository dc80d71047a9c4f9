"""The questions of notebook 10: what to predict before each figure, and the quiz at the end."""

from gantheory.live.quiz import Question, Questions

__all__ = ["predict", "quiz"]

_PREDICTIONS = {
    "does_it_see": Question(
        "G is told the class. D is not: it sees the point alone. What does G learn?",
        [
            "the right points, under labels that mean nothing",
            "nothing: its points stay noise",
            "the right points, each under its label",
            "the points of one class only",
        ],
        answer="the right points, under labels that mean nothing",
        because="Nothing that D sees tells a point under its own label from one under another. "
        "So D cannot complain, and G has no reason to care.",
    ),
    "joint_and_marginal": Question(
        "Two classes lie 4 apart. G makes perfect points, but always of the other class. What is the JS of the "
        "pairs, and the JS of the points alone?",
        [
            "both are 0",
            "both are near log 2",
            "of the pairs 0, of the points near log 2",
            "of the pairs near log 2, of the points 0",
        ],
        answer="of the pairs near log 2, of the points 0",
        because="All points together are right, and hardly a pair is. A D that sees points alone has nothing to "
        "object to.",
    ),
    "train_seeds": Question(
        "Real points with a wrong label now count as fakes too. Each class is two opposite modes of the ring. "
        "After 400 steps, what has changed?",
        [
            "more points of the right class, but half the modes are lost",
            "nothing",
            "more points of the right class, and nothing else",
            "fewer points of the right class",
        ],
        answer="more points of the right class, but half the modes are lost",
        because="Around the ring, the modes of the other classes are now marked as fake: walls between the two modes "
        "of a class. G climbs to one of them early, and cannot cross to the other.",
    ),
    "mismatched_pairs": Question(
        "Two classes that overlap, 2 apart, each of standard deviation 1. Mismatched pairs count fully as fakes. What "
        "does the best G make for class 1?",
        ["the data of class 1", "points farther from class 0 than the data", "points nearer to class 0"],
        answer="points farther from class 0 than the data",
        because="Where the classes overlap, mismatched points stand among the fakes already. G's best answer leaves "
        "these places to them.",
    ),
    "digits_by_label": Question(
        "After 1,000 steps a classifier reads 98 of 100 generated digits as asked. How much do the images within a "
        "class vary?",
        ["more than real digits", "as much as real digits", "less than real digits"],
        answer="less than real digits",
        because="A classifier's verdict says nothing about variety: one perfect 3, drawn each time, would score "
        "100 %.",
    ),
    "ask": Question(
        "Keep z and change c from 3 to 7. What do the two images have in common?",
        [
            "nothing: each class reads z in its own way",
            "its slant and its ink, because the loss asks for it",
            "its slant and its ink, though nothing asks for it",
        ],
        answer="its slant and its ink, though nothing asks for it",
        because="The loss is satisfied by any law for each class. That z means the same in all of them comes from the "
        "network: all classes share its weights.",
    ),
}

_QUIZ = [
    Question(
        "What does the best D that sees pairs measure?",
        ["the JS of the points", "the JS of the joint laws", "how many labels are right"],
        "the JS of the joint laws",
        "A pair is a longer point: max V = 2 JS(p(x, c) ∥ p_G(x, c)) − log 4.",
    ),
    Question(
        "D sees the point alone, and four classes are equally likely. How often, on average over starts, does "
        "G make a point of the class asked for?",
        ["never", "nearly always", "one time in four"],
        "one time in four",
        "To renumber G's labels changes nothing in the game, so what comes cannot depend on what was asked.",
    ),
    Question(
        "Which label must stand beside a fake in D's step?",
        [
            "the one that G was given for it",
            "a fresh random one",
            "that of the real point at its place in the batch, whatever G was given",
            "none",
        ],
        "the one that G was given for it",
        "Beside any other label D judges a pair that nobody made; and the labels must follow one law on "
        "both sides.",
    ),
    Question(
        "90 % of the data are class 0. G is asked for both classes equally often, and makes each perfectly. "
        "What is the best D's score?",
        [
            "1/2 everywhere",
            "above 1/2 for class 0, below for class 1",
            "1 for class 0, 0 for class 1",
        ],
        "above 1/2 for class 0, below for class 1",
        "It tells by the label alone: 0.9 / (0.9 + 0.5) = 0.64 for class 0, 0.1 / (0.1 + 0.5) = 0.17 for "
        "class 1.",
    ),
    Question(
        "A slow D collapsed every seed. Now D and G see labels as well. What happens?",
        [
            "the labels cure the collapse",
            "each class collapses on its own, and obeys",
            "nothing changes: one crowd, labels at chance",
        ],
        "each class collapses on its own, and obeys",
        "Labels ask for one law per class. Inside a class nothing has changed: about half of the modes are "
        "gone.",
    ),
]

_ASKED = Questions(_PREDICTIONS, _QUIZ)
predict, quiz = _ASKED.predict, _ASKED.quiz
