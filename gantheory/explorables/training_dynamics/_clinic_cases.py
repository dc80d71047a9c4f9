"""The six patients of the clinic: how each was trained, what it might have, and what cures it."""

import functools
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Array, ArrayLike, Float

from gantheory import _checks as check
from gantheory import games, lipschitz, losses, training
from gantheory.explorables.training_dynamics import _eight_runs as runs

__all__ = ["CASES", "CONSTRAINTS", "HEALTHY", "LOSSES", "NUM_STEPS", "Case", "Outcome", "Treatment", "treat"]

NUM_STEPS = 1000
"""Steps of every training."""
HEALTHY = 0.5
"""A seed is healthy where its W1, averaged over the last 200 steps, is below this."""

_EVERY = 25
_AVERAGED = 200


def _hand_written_generator(fake: ArrayLike) -> Float[Array, ""]:
    return -losses.non_saturating.generator(fake)


LOSSES: dict[str, losses.GANLoss] = {
    "minimax": losses.minimax,
    "non-saturating": losses.non_saturating,
    "wasserstein": losses.wasserstein,
    "hand-written": losses.GANLoss(losses.non_saturating.discriminator, _hand_written_generator),
}
"""The losses on the menu; the hand-written one makes G *minimise* E log D(G(z))."""

CONSTRAINTS: dict[str, Callable[[float], lipschitz.Constraint]] = {
    "none": lambda clip: lipschitz.unconstrained(),
    "weight clipping": lambda clip: lipschitz.weight_clipping(clip),
    "gradient penalty": lambda clip: lipschitz.gradient_penalty(10.0, one_sided=True),
}
"""The constraints on the menu, made from the clip; the penalty is the one-sided one of weight 10."""


class Treatment(NamedTuple):
    """How a patient is trained: everything that the clinic lets the learner change.

    Attributes:
        loss: A name in `LOSSES`.
        constraint: A name in `CONSTRAINTS`.
        clip: The clip, where the constraint is weight clipping.
        generator_learning_rate: G's learning rate.
        discriminator_learning_rate: D's learning rate.
        num_critic_steps: D's steps for one of G.
        optimizer: The optimiser of both players, by name.
        depth: D's hidden layers, of 32 units each.
    """

    loss: str = "non-saturating"
    constraint: str = "none"
    clip: float = 0.01
    generator_learning_rate: float = 1e-3
    discriminator_learning_rate: float = 5e-3
    num_critic_steps: int = 1
    optimizer: str = "Adam, momentum 0"
    depth: int = 2


class Case(NamedTuple):
    """A patient.

    Attributes:
        complaint: What its owner says.
        data: Centre, centre and standard deviation of the data's bumps.
        treatment: How it was trained when it fell ill.
        diagnoses: What it might have, by the reason why it is that or why not.
        diagnosis: What it has.
        cures: Changes of the treatment that cure it.
        failures: Changes that do not, however sensible they sound.
        losses: The range of the two losses to show; None for a wide one on a logarithmic scale.
    """

    complaint: str
    data: tuple[float, float, float]
    treatment: Treatment
    diagnoses: dict[str, str]
    diagnosis: str
    cures: tuple[dict[str, object], ...]
    failures: tuple[dict[str, object], ...]
    losses: tuple[float, float] | None = None


_ONE, _TWO, _FAR = (3.0, 3.0, 0.5), (-2.0, 2.0, 0.4), (6.0, 6.0, 0.5)

CASES: dict[str, Case] = {
    "1 · the fever": Case(
        "“Both losses jump by hundreds. More training made it worse.”",
        _TWO,
        Treatment(generator_learning_rate=1.0, discriminator_learning_rate=1.0),
        {
            "D is too strong for G": "No. A strong D has a small loss of its own. Here D's loss is as wild as G's: "
            "neither player is winning.",
            "the learning rates are far too high": "Yes. With Adam every weight moves by about the learning "
            "rate in each step: by 1, where the weights began below 1. Both players overshoot every time.",
            "the loss saturates": "No. A saturated loss is flat and quiet. This one is anything but.",
            "too few D steps per G step": "No. With five steps D's weights jump five times as often. Try it.",
        },
        "the learning rates are far too high",
        ({"generator_learning_rate": 5e-3, "discriminator_learning_rate": 5e-3},),
        (
            {"num_critic_steps": 5},
            {"generator_learning_rate": 5e-3},
        ),
    ),
    "2 · the statue": Case(
        "“D's loss went to 0 in no time. I gave D more steps, to help G. G has not moved since.”",
        _FAR,
        Treatment(
            loss="minimax",
            generator_learning_rate=0.02,
            discriminator_learning_rate=0.2,
            num_critic_steps=5,
            optimizer="plain descent",
        ),
        {
            "D is still too weak": "No. D's loss is 0: it separates all. More of it makes its answer flatter "
            "where P_G is.",
            "G's learning rate is too small": "Not the root. The slope is smaller than any rate makes up for: "
            "with five times the rate most seeds still stand still.",
            "G's loss saturates: its slope is gone": "Yes. G minimises E log(1 − D). Where D is sure, log(1 − "
            "D) is flat: its slope by the score is −D, and D is 0 there.",
            "mode collapse": "No. The data have one bump only, and P_G is nowhere near it.",
        },
        "G's loss saturates: its slope is gone",
        ({"loss": "non-saturating"},),
        ({"num_critic_steps": 10}, {"generator_learning_rate": 0.1}),
        losses=(-2.0, 8.0),
    ),
    "3 · the flat line": Case(
        "“A WGAN by the book, clip and all. The critic's estimate is 0.00, so W1 is 0 and we are done!”",
        _TWO,
        Treatment(loss="wasserstein", constraint="weight clipping", clip=0.01, num_critic_steps=5),
        {
            "it has converged: the estimate says so": "No. The estimate is a lower bound, up to the unknown "
            "constant K. Look at the samples: two bumps there, one broad heap here.",
            "the clip is so tight that the critic is almost constant": "Yes. With all 32 × 32 weights below "
            "0.01 the slope is below 32² · 0.01³ ≈ 0.001, and almost the same everywhere: such a critic "
            "compares means and little else.",
            "the critic needs more steps": "No. It is at its best already, among the few functions that the "
            "clip leaves. Ten steps change nothing.",
            "G learns too slowly": "No. It sits where this critic wants it. A faster G sits there sooner.",
        },
        "the clip is so tight that the critic is almost constant",
        ({"constraint": "gradient penalty"},),
        ({"num_critic_steps": 10}, {"generator_learning_rate": 5e-3}),
        losses=(-15.0, 15.0),
    ),
    "4 · the runaway": Case(
        "“We wrote the losses ourselves. G's loss falls and falls: the best generator we ever had.”",
        _ONE,
        Treatment(loss="hand-written"),
        {
            "D has stopped learning": "No. A D that does not learn has a growing loss, as in the chain "
            "reaction. This one's is 0: it sees through everything.",
            "the learning rate of G is too high": "No. A smaller one makes the escape slower. Its direction is "
            "the same.",
            "D is too strong: give G more steps": "No. G's loss does fall, so G gets all the slope that it "
            "needs. It goes the wrong way.",
            "G's loss has the wrong sign": "Yes. Minimising E log D(G(z)) asks for samples that D calls fake. "
            "P_G flees from the data, D agrees with it, and both losses fall.",
        },
        "G's loss has the wrong sign",
        ({"loss": "non-saturating"},),
        ({"generator_learning_rate": 1e-4}, {"num_critic_steps": 5}),
    ),
    "5 · the pendulum": Case(
        "“The losses look fine on average. The samples are in another place each time I look.”",
        _ONE,
        Treatment(
            generator_learning_rate=2e-3, discriminator_learning_rate=1e-2, optimizer="Adam, momentum 0.9"
        ),
        {
            "the opponent turns round, and momentum carries on": "Yes. Momentum averages old slopes, and in a "
            "game those point where the opponent used to be. As in the Dirac-GAN: a circle becomes a spiral "
            "outwards.",
            "mode collapse": "No. The data have one bump. P_G is narrow and moves, since it is being chased.",
            "D cannot see the data": "No. D follows P_G closely. That is what keeps the two in motion.",
            "the loss saturates": "No. Nothing stands still here.",
        },
        "the opponent turns round, and momentum carries on",
        ({"optimizer": "Adam, momentum 0"}, {"num_critic_steps": 5}),
        (
            {"discriminator_learning_rate": 2e-2},
            {"generator_learning_rate": 1e-3, "discriminator_learning_rate": 5e-3},
        ),
        losses=(-0.5, 5.0),
    ),
    "6 · the perfect patient": Case(
        "“G's loss log 2, D's loss log 4, flat as a table. The textbook says: converged. The samples say "
        "otherwise.”",
        _TWO,
        Treatment(generator_learning_rate=5e-3, discriminator_learning_rate=5e-3, depth=0),
        {
            "it has converged": "No. D = 1/2 means that *this* D sees no difference. W1 says that there is one.",
            "D learns too slowly": "No. Its loss is flat: it has found all that it can find. Four times the "
            "rate finds nothing more.",
            "D is too simple to see the difference": "Yes. Without a hidden layer D is a logistic function of "
            "x. It can tell left from right, so P_G gets the mean right, and nothing else.",
            "G is too small for two bumps": "No. The same G makes two bumps, once it has a D that asks for them.",
        },
        "D is too simple to see the difference",
        ({"depth": 2},),
        (
            {"num_critic_steps": 5},
            {"discriminator_learning_rate": 2e-2},
        ),
        losses=(-0.5, 5.0),
    ),
}
"""The patients by name."""


class Outcome(NamedTuple):
    """What a treatment did.

    Attributes:
        course: The eight trainings.
        samples: Generated samples at the end, [8, 1000].
        scores: D's raw scores at `_eight_runs.X` at the end, [8, n].
        distance: W1 of each seed, averaged over the last 200 steps, [8]; the last one, if the training stopped.
        healthy: In how many of the eight seeds that is below `HEALTHY`.
        cured: Whether in all of them.
    """

    course: runs.Course
    samples: np.ndarray
    scores: np.ndarray
    distance: np.ndarray
    healthy: int
    cured: bool


@functools.lru_cache(maxsize=64)
def _finished(data: tuple[float, float, float], treatment: Treatment) -> list[Outcome]:
    return []


def treat(case: str, *, give_up: Callable[[], bool] = lambda: False, **changes: object) -> Outcome | None:
    """Train a patient anew, with some of its settings changed, and measure whether it is healthy; eight seeds.

    What was trained once is kept.

    Args:
        case: A name in `CASES`.
        give_up: Asked every 25 steps; True ends the training early, and nothing is returned.
        **changes: Fields of `Treatment` with their new values; none for the patient as it came.

    Raises:
        TypeError, ValueError: If there is no such case or field, or a value is not allowed.

    >>> ill, well = treat("4 · the runaway"), treat("4 · the runaway", loss="non-saturating")
    >>> ill.healthy, well.healthy, well.cured
    (0, 8, True)
    """
    chosen = CASES[check.one_of("case", case, CASES)]
    for name in changes:
        check.one_of("each change", name, Treatment._fields)
    treatment = chosen.treatment._replace(**changes)
    check.one_of("loss", treatment.loss, LOSSES)
    check.one_of("constraint", treatment.constraint, CONSTRAINTS)
    check.one_of("optimizer", treatment.optimizer, runs.OPTIMIZERS)
    if treatment.constraint != "weight clipping":
        treatment = treatment._replace(clip=chosen.treatment.clip)
    kept = _finished(chosen.data, treatment)
    if not kept:
        game = _game(chosen, treatment)
        settings = training.Settings(
            treatment.generator_learning_rate,
            treatment.discriminator_learning_rate,
            treatment.num_critic_steps,
        )
        course = runs.train(game, [(NUM_STEPS, settings)], every=_EVERY, give_up=give_up)
        if course is None:
            return None
        late = course.measured_at >= min(NUM_STEPS - _AVERAGED, course.measured_at[-1])
        distance = course.w1[:, late].mean(axis=1)
        healthy = 0 if course.stopped else int((distance < HEALTHY).sum())
        kept.append(
            Outcome(course, *runs.look(game, course.states), distance, healthy, healthy == runs.NUM_SEEDS)
        )
    return kept[0]


def _game(case: Case, treatment: Treatment) -> games.Game:
    return runs.game(
        runs.bumps(*case.data),
        LOSSES[treatment.loss],
        CONSTRAINTS[treatment.constraint](treatment.clip),
        depth=treatment.depth,
        optimizer=treatment.optimizer,
    )
