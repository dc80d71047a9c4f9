"""The questions of notebook 09: what to predict before each figure, and the quiz at the end."""

from gantheory.live.quiz import Question, Questions

__all__ = ["predict", "quiz"]

_PREDICTIONS = {
    "components": Question(
        "Digits of 8 × 8 pixels have 64 coordinates. How many directions are needed to keep 90 % of their variance?",
        ["about 5", "about 20", "about 40", "nearly all 64"],
        answer="about 20",
        because="21 do. And digits do not even fill these: look at the bottom row of the next figure.",
    ),
    "neighbours": Question(
        "Draw from a Gaussian with the digits' mean and covariance, in all directions. How far is the nearest "
        "training digit?",
        [
            "nearer than from a held-out digit",
            "as far as from a held-out digit",
            "farther than from a held-out digit",
        ],
        answer="farther than from a held-out digit",
        because="3.6 instead of 2.1, in the median. The Gaussian has the right spread in each direction, and still "
        "misses the places where digits are.",
    ),
    "digits_gan": Question(
        "A GAN of digits, with an R1 penalty. What do you see after its first 200 steps?",
        [
            "rough strokes, and a classifier finds nearly all classes in them",
            "grey noise",
            "sharp digits of a few classes",
        ],
        answer="rough strokes, and a classifier finds nearly all classes in them",
        because="As in the plane, variety comes first and quality later. A classifier is easily content, though: "
        "read its shares beside the Fréchet distance.",
    ),
    "interpolation": Question(
        "Take the mean of two images of digits, pixel by pixel. D was trained on real and generated digits alone, "
        "never on such means. How does it score them, compared with the two images?",
        ["lower", "in between", "higher than both"],
        answer="lower",
        because="The mean of two digits is a ghost off the sheet of digits, and D has learned where the digits are.",
    ),
    "side_by_side": Question(
        "Four methods from the same start, at the same rates. Which one is behind after 200 steps?",
        ["minimax", "WGAN with clipping", "WGAN-GP", "SN-GAN"],
        answer="WGAN with clipping",
        because="So it is with other seeds too; the three others differ as little as two seeds of one method. And "
        "minimax does not saturate here: G keeps up before D is sure.",
    ),
    "slow_discriminator": Question(
        "Let D learn twenty times more slowly than G. What does G draw after 600 steps?",
        ["all ten classes, only later", "a few classes", "one image, whatever z is"],
        answer="one image, whatever z is",
        because="For a fixed D the best answer of G to every z is the one image that D scores highest (notebook 08).",
    ),
    "gallery": Question(
        "Five methods, 10,000 steps each. Which come as near to held-out digits, by Fréchet distance, as other real "
        "digits do?",
        ["none of them", "all of them", "those with a constraint on D"],
        answer="none of them",
        because="The best stay at more than twice the distance of real digits. Their precision is lower as well.",
    ),
}

_QUIZ = [
    Question(
        "21 of 64 directions keep 90 % of the digits' variance. Do digits fill these 21 directions?",
        ["yes, evenly", "yes, as a Gaussian does", "no"],
        "no",
        "A Gaussian that fills them draws smudges. By distances to neighbours the digits spread in about 9 "
        "directions.",
    ),
    Question(
        "V stays near −log 4 while G trains, with R1. What does that say of the two laws?",
        ["nothing: R1 keeps D gentle, and G answers it", "they agree", "G has collapsed"],
        "nothing: R1 keeps D gentle, and G answers it",
        "Let D go on alone, and held-out images show a JS of a third of log 2, up to sampling.",
    ),
    Question(
        "A paper reports an FID of 20. Your generator has a Fréchet distance of 0.02, by your own classifier. "
        "Which is better?",
        ["yours", "theirs", "one cannot tell"],
        "one cannot tell",
        "Other features, other units; and the number of images counts as well.",
    ),
    Question(
        "A classifier finds each of the ten classes in 10 % of the generated images. What is certain?",
        [
            "the images look like digits",
            "G has not collapsed to one image",
            "no class has collapsed to one image",
            "recall is high",
        ],
        "G has not collapsed to one image",
        "No more than that: a classifier names noise too, and one image for each class would look balanced. "
        "Recall sees that.",
    ),
    Question(
        "Why no batch normalization in a critic with a gradient penalty?",
        [
            "each score depends on the whole batch, so the slope in one image is not what is penalised",
            "it makes the slopes too small",
            "it already makes the critic 1-Lipschitz",
        ],
        "each score depends on the whole batch, so the slope in one image is not what is penalised",
        "The penalty is about a function of one image. Layer normalization looks at one image, and is fine.",
    ),
]

_ASKED = Questions(_PREDICTIONS, _QUIZ)
predict, quiz = _ASKED.predict, _ASKED.quiz
