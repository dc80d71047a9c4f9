"""The questions of notebook 11: what to predict before each figure, and the quiz at the end."""

from gantheory.live.quiz import Question, Questions

__all__ = ["predict", "quiz"]

_PREDICTIONS = {
    "cycle_alone": Question(
        "F goes from A to B, G back, and |G(F(a)) − a| is almost 0 for every a. What do you know about F?",
        ["only that G undoes F", "F(a) is the true partner of a", "F(a) looks like a point of B"],
        answer="only that G undoes F",
        because="The cycle term never looks at B: F may carry A anywhere, as long as G finds the way back.",
    ),
    "turned": Question(
        "A is a round Gaussian. F first turns A by 90°, then applies the true map T; G undoes it. Which number "
        "notices?",
        ["the cycle loss", "the best discriminator", "both", "neither"],
        answer="neither",
        because="A turned is A again, so F(A) has exactly the law B; and what is turned can be turned back.",
    ),
    "eight_maps": Question(
        "Now discriminators and cycle together, eight seeds. Every loss ends small. Which maps have been found?",
        ["the right one, in all eight", "one wrong map, in all eight", "different ones, most of them wrong"],
        answer="different ones, most of them wrong",
        because="Six equal modes have twelve turns and mirrors, and all the losses treat them alike. The start "
        "decides.",
    ),
    "half_turn": Question(
        "The same two rings, but now the true partner of each a lies on the other side: T is a half-turn. Eight seeds "
        "train with the identity loss. What do they find?",
        ["all eight find the half-turn", "some do", "none does, and all agree with each other"],
        answer="none does, and all agree with each other",
        because="Nothing that the training sees has changed: the laws A and B are the same as before. The identity "
        "loss still prefers the map that moves points least.",
    ),
    "translate_images": Question(
        "Digits on one side; on the other, other digits, with thick strokes or turned by 90°. No pairs. Which true map "
        "will be found?",
        ["both", "the thick strokes", "the turn by 90°", "neither"],
        answer="the thick strokes",
        because="A network that looks at small neighbourhoods can thicken a stroke, and can hardly do anything else "
        "that makes B's images. One that is free to move pixels anywhere has many wrong maps to choose from.",
    ),
}

_QUIZ = [
    Question(
        "The cycle loss is 0. What is certain?",
        ["G undoes F on A, and F undoes G on B", "F(A) looks like B", "F is the true map"],
        "G undoes F on A, and F undoes G on B",
        "The cycle never compares F(a) with B; that is what the discriminators are for.",
    ),
    Question(
        "B is a ring of six equal modes. Of its twelve turns and mirrors, how many pass the cycle and also the "
        "best discriminator?",
        ["1", "2", "6", "12"],
        "12",
        "Each can be undone, and each carries the law into itself. The losses cannot tell them apart.",
    ),
    Question(
        "What does the identity loss ask of F?",
        ["G(F(a)) = a", "F(a) = a", "F(b) = b"],
        "F(b) = b",
        "F gets what is in B already, and shall leave it alone. It is a preference for small changes, and no "
        "reconstruction.",
    ),
    Question(
        "Two true maps carry A into the same law B. What can tell them apart?",
        ["more unpaired data", "a larger discriminator", "the cycle loss", "true pairs"],
        "true pairs",
        "All unpaired data are the same for both maps. The identity loss would choose as well, but not "
        "by the data: it prefers the map near the identity.",
    ),
    Question(
        "Local networks found the thick strokes, without a pair. Why?",
        [
            "the cycle loss excludes all other maps",
            "a network of small neighbourhoods has few other maps to offer",
            "the discriminators saw the hidden partners",
        ],
        "a network of small neighbourhoods has few other maps to offer",
        "With a translator that may move pixels anywhere, the cycle closed too, on digits of another class.",
    ),
]

_ASKED = Questions(_PREDICTIONS, _QUIZ)
predict, quiz = _ASKED.predict, _ASKED.quiz
