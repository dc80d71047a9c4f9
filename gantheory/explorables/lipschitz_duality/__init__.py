"""The live figures of notebook 05: the critic, what holds it, and what its estimate is worth."""

from gantheory import games, lipschitz, plotting, training
from gantheory.explorables._far_start import PAIR, FarStart, Journey, Runner, journey
from gantheory.explorables.lipschitz_duality._clipped import steepest_clipped, steepest_of_clips
from gantheory.explorables.lipschitz_duality._critic_by_hand import CriticByHand
from gantheory.explorables.lipschitz_duality._critics import SideBySide, look, measure, side_by_side
from gantheory.explorables.lipschitz_duality._critics_scene import CriticsScene
from gantheory.explorables.lipschitz_duality._overshoot import CLIP, Overshoot, chase, penalized
from gantheory.explorables.lipschitz_duality._penalty_optimum import (
    best_penalized,
    penalty_optimum,
    train_penalized,
)
from gantheory.explorables.lipschitz_duality._prices import critic_of_prices, prices
from gantheory.explorables.lipschitz_duality._questions import predict, quiz
from gantheory.live.controls import choice, slider
from gantheory.live.trainer import LiveTrainer

__all__ = [
    "Journey",
    "across_the_gap",
    "be_the_critic",
    "best_penalized",
    "chase",
    "critic_of_prices",
    "cross",
    "look",
    "measure",
    "no_constraint",
    "overshoot",
    "penalty_optimum",
    "predict",
    "prices",
    "quiz",
    "relu_or_maxmin",
    "side_by_side",
    "steepest_clipped",
    "steepest_of_clips",
    "three_constraints",
    "train_penalized",
]

_NUM_SEEDS = 8
_SETTINGS = training.Settings(discriminator_learning_rate=3e-3)
_SIDES = {"two-sided": False, "one-sided": True}
_RUNNERS = {
    **PAIR,
    "WGAN, clipped": Runner("wasserstein", plotting.CRITIC, lipschitz.weight_clipping(CLIP)),
}


def be_the_critic() -> CriticByHand:
    """Let the learner drag a 1-Lipschitz critic, beside its E f(real) - E f(generated) and the ceiling W1.

    >>> live = be_the_critic()
    >>> live.move(20, 3.0)
    >>> float(live.heights[20] - live.heights[18])  # the neighbours came along: places 1 apart
    1.0
    >>> live.close()
    """
    return CriticByHand()


def _data(centre: float, width: float) -> dict:
    return {
        "centre": slider("centre of the data", 0.0, 4.0, centre),
        "width": slider("width of the data", 0.5, 2.5, width),
    }


def _trainer(make_game, critics, moves, *, top=5.0, grows=False) -> LiveTrainer:
    return LiveTrainer(
        make_game,
        CriticsScene(critics, top=top, grows=grows),
        moves=moves,
        settings=_SETTINGS,
        num_seeds=_NUM_SEEDS,
        speed=5,
        discriminator_only=True,
    )


def no_constraint() -> LiveTrainer:
    """Show a critic that nothing holds, in training: its estimate runs away from W1.

    >>> live = no_constraint()
    >>> live.stage.alt.split(";")[0]
    'step 0, W1 2.000'
    >>> live.close()
    """

    def make_game(centre: float, width: float) -> games.Game:
        return side_by_side([lipschitz.unconstrained()], centre=centre, width=width)

    return _trainer(make_game, {"a critic without constraint": plotting.CRITIC}, _data(2.0, 1.0), grows=True)


def three_constraints() -> LiveTrainer:
    """Show three critics of the same samples side by side: clipped, with a gradient penalty, spectrally normalized.

    >>> live = three_constraints()
    >>> live.controls["clip"].value, live.controls["weight"].value
    (0.1, 10.0)
    >>> live.close()
    """

    def make_game(sides: str, clip: float, weight: float, centre: float, width: float) -> SideBySide:
        constraints = [
            lipschitz.weight_clipping(clip),
            penalized(weight, one_sided=_SIDES[sides]),
            lipschitz.spectral_normalization(),
        ]
        return side_by_side(constraints, centre=centre, width=width)

    looks = {
        "clipping": plotting.LATENT,
        "gradient penalty": plotting.CRITIC,
        "spectral norm": plotting.LEARNED._replace(dashes="--"),
    }
    moves = {
        "clip": slider("clip", 0.01, 1.0, 0.1, log=True),
        "weight": slider("penalty weight", 0.1, 100.0, 10.0, log=True),
        "sides": choice("penalty", list(_SIDES)),
        **_data(2.0, 1.0),
    }
    return _trainer(make_game, looks, moves)


def relu_or_maxmin() -> LiveTrainer:
    """Show two spectrally normalized critics, with ReLU and with MaxMin, at laws that differ in width.

    >>> live = relu_or_maxmin()
    >>> live.stage.alt.split(";")[0]
    'step 0, W1 0.798'
    >>> live.close()
    """

    def make_game(centre: float, width: float) -> SideBySide:
        constraint = lipschitz.spectral_normalization()
        return side_by_side([constraint] * 2, centre=centre, width=width, activations=("relu", "maxmin"))

    looks = {"ReLU": plotting.LEARNED._replace(dashes="--"), "MaxMin": plotting.CRITIC}
    return _trainer(make_game, looks, _data(0.0, 2.0), top=2.0)


def cross(name: str, gap: float = 4.0, optimizer: str = "plain gradient descent") -> Journey:
    """Train eight seeds of one of the three GANs of `across_the_gap`.

    Args:
        name: "minimax", "non-saturating" or "WGAN, clipped".
        gap: centre of the data.
        optimizer: "plain gradient descent" or "Adam".

    >>> bool(abs(cross("WGAN, clipped").centre[:, -1] - 4).max() < 0.5)
    True
    """
    runner = _RUNNERS[name]
    return journey(runner.loss, gap, optimizer=optimizer, constraint=runner.constraint)


def across_the_gap() -> FarStart:
    """Show minimax, non-saturating and WGAN moving P_G across a gap, from one start, on one clock, eight seeds each.

    >>> live = across_the_gap()
    >>> live.settle(120), "WGAN, clipped moved" in live.stage.alt
    (True, True)
    >>> live.close()
    """
    return FarStart(_RUNNERS, by="point")


def overshoot() -> Overshoot:
    """Show WGANs whose P_G flies past the data, or stops there, eight seeds for each of three constraints.

    >>> live = overshoot()
    >>> live.settle(120), "two-sided penalty" in live.stage.alt
    (True, True)
    >>> live.close()
    """
    return Overshoot()
