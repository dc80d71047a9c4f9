"""The toy: two rings of six modes, two maps that carry the one into the other, and the game that looks for them."""

import dataclasses
import functools
from collections.abc import Mapping
from typing import NamedTuple

import jax
import numpy as np
from flax import nnx
from jaxtyping import Array, ArrayLike, Float

from gantheory import _checks, _pytree, distributions, games, lipschitz, training, transport
from gantheory.games import Game
from gantheory.networks import MLP

__all__ = [
    "NUM_MODES",
    "NUM_SEEDS",
    "PAIRS",
    "SCALE",
    "SETTINGS",
    "TRUTHS",
    "Maps",
    "looked_at",
    "modes",
    "name_of",
    "score_maps",
    "toy_game",
    "train_maps",
    "true_map",
    "truth_of",
]

NUM_MODES = 6
"""How many modes each of the two laws has."""
NUM_SEEDS = 8
"""How many trainings run side by side."""
TRUTHS = ("stretch", "half-turn")
"""The names of the two true maps."""
PAIRS = (0, 1, 2, 3, 6)
"""How many true pairs may be known."""
SETTINGS = training.Settings(2e-3, 4e-3, ema_decay=0.99)
"""The rates of every training of the toy. What is looked at are the averaged weights."""

_STD = 0.04
SCALE, _CENTRE = 1.4, (0.2, 0.1)
_SIGNS = {"stretch": 1.0, "half-turn": -1.0}
_HINT_WEIGHT = 2.0
_LOOK_KEY = 7
_NUM_LOOKED = 120  # points of each mode


def modes() -> Float[np.ndarray, "k 2"]:
    """Return where domain A's modes lie."""
    angles = 2 * np.pi * np.arange(NUM_MODES) / NUM_MODES
    return np.stack([np.cos(angles), np.sin(angles)], axis=1)


def true_map(a: ArrayLike, truth: str = "stretch") -> Float[np.ndarray, "*n 2"]:
    """Map points of A to their true partners: stretched by 1.4 and shifted, after a half-turn if that is the truth.

    Both truths carry A into the same law B, since six modes on a ring go into themselves by a half-turn.

    Args:
        a: points [..., 2].
        truth: one of `TRUTHS`.

    >>> true_map([[1.0, 0.0]]).round(3).tolist(), true_map([[1.0, 0.0]], "half-turn").round(3).tolist()
    ([[1.6, 0.1]], [[-1.2, 0.1]])
    """
    sign = _SIGNS[_checks.one_of("truth", truth, TRUTHS)]
    return np.array(_CENTRE) + sign * SCALE * np.asarray(a, float)


# Made once: a game of another factory would compile its start anew.
def _generator(rngs: nnx.Rngs) -> nnx.Module:
    return MLP(2, 2, width=32, activation="gelu", rngs=rngs)


def _discriminator(rngs: nnx.Rngs) -> nnx.Module:
    return MLP(2, 1, width=64, rngs=rngs)


def _hints(pairs: int, truth: str) -> tuple[Float[np.ndarray, "k 2"], Float[np.ndarray, "k 2"]]:
    """Repeat the first `pairs` modes until there are six, so that their number is no shape; the mean stays."""
    a = modes()[np.arange(NUM_MODES) % max(pairs, 1)]
    return a, true_map(a, truth)


@functools.cache
def _some_game() -> Game:
    return games.cycle_gan(
        _generator,
        _discriminator,
        "non_saturating",
        lipschitz.r1(0.1),
        domain_a=distributions.GaussianMixture(modes(), _STD, np.ones(NUM_MODES)),
        domain_b=distributions.GaussianMixture(true_map(modes()), SCALE * _STD, np.ones(NUM_MODES)),
        cycle_weight=2.0,
        identity_weight=0.0,
        hints=_hints(0, "stretch"),
        hint_weight=0.0,
        batch_size=128,
    )


def toy_game(
    adversarial: bool = True,
    cycle: bool = True,
    identity: float = 0.0,
    pairs: int = 0,
    truth: str = "stretch",
) -> Game:
    """Make the game of the toy; games of other arguments share its compilation.

    Args:
        adversarial: whether the generators listen to the discriminators.
        cycle: whether the cycle term counts (with weight 2).
        identity: weight of the identity term.
        pairs: how many true pairs are known, one of `PAIRS`: those of the first modes (with weight 2).
        truth: one of `TRUTHS`; it decides what the pairs say, and nothing else.

    >>> game = toy_game(pairs=2, truth="half-turn")
    >>> truth_of(game), float(game.identity_weight), float(game.hint_weight)
    ('half-turn', 0.0, 2.0)
    """
    if pairs not in PAIRS:
        _checks.refuse("pairs", f"one of {', '.join(map(str, PAIRS))}", _checks.describe(pairs))
    # Only numbers differ from the game that was checked.
    weights = {
        "adversarial_weight": float(adversarial),
        "cycle_weight": 2.0 * cycle,
        "identity_weight": _checks.number("identity", identity, at_least=0),
        "hint_weight": _HINT_WEIGHT if pairs else 0.0,
    }
    return dataclasses.replace(
        _some_game(),
        hints=tuple(_pytree.scalar(points) for points in _hints(pairs, truth)),
        **{name: _pytree.scalar(weight) for name, weight in weights.items()},
    )


def truth_of(game: Game) -> str:
    """Tell which truth the pairs of a game come from."""
    a, b = (np.asarray(points, float) for points in game.hints)
    return "stretch" if ((b - np.array([_CENTRE])) * a).sum() > 0 else "half-turn"


class Maps(NamedTuple):
    """What became of the maps of every seed; RMS stands for the root of the mean square, over points of A.

    Attributes:
        error: RMS of F(a) - T(a) in % of the spread of the truth T, for the stretch, [seeds].
        error_half_turn: The same for the half-turn, [seeds].
        cycle: RMS of G(F(a)) - a in % of the spread of A, [seeds].
        distance: Sliced W1 between the translated points and B, [seeds].
        goes_to: The mode of B (by the number of its partner under the stretch) nearest to the middle of what becomes of
            each mode of A, [seeds, 6], counted from 0.
    """

    error: Float[np.ndarray, "seeds"]
    error_half_turn: Float[np.ndarray, "seeds"]
    cycle: Float[np.ndarray, "seeds"]
    distance: Float[np.ndarray, "seeds"]
    goes_to: np.ndarray


@functools.cache
def looked_at() -> tuple[Float[np.ndarray, "n 2"], Float[np.ndarray, "m 2"]]:
    """Return fixed points of A, 120 of each mode in the order of the modes, and points of B."""
    rng = np.random.default_rng(_LOOK_KEY)
    a = modes()[:, None] + _STD * rng.normal(size=(NUM_MODES, _NUM_LOOKED, 2))
    b = modes()[:, None] + _STD * rng.normal(size=(NUM_MODES, _NUM_LOOKED, 2))
    return a.reshape(-1, 2), true_map(b.reshape(-1, 2))


@jax.jit
@functools.partial(jax.vmap, in_axes=(None, 0, None, None))
def _look(
    game: Game, state: training.State, a: Float[Array, "n 2"], b: Float[Array, "m 2"]
) -> dict[str, Array]:
    there = games.translate(game, state, a, to="b")
    back = games.translate(game, state, there, to="a")
    apart = transport.sliced_wasserstein(jax.random.key(_LOOK_KEY), there, b, num_projections=32)
    return {"there": there, "back": back, "distance": apart}


def _percent(difference: Float[np.ndarray, "s n 2"], points: Float[np.ndarray, "n 2"]) -> np.ndarray:
    """Compute the RMS of the differences in % of the points' RMS distance from their mean."""
    spread = ((points - points.mean(axis=0, keepdims=True)) ** 2).sum(axis=1).mean()
    return 100 * np.sqrt((difference**2).sum(axis=2).mean(axis=1) / spread)


def score_maps(game: Game, states: training.State) -> tuple[Maps, Float[np.ndarray, "seeds n 2"]]:
    """Score the maps of many seeds, with averaged weights; also return where the points of `looked_at` go."""
    a, b = looked_at()
    seen = _look(game, training.averaged(states), *(_pytree.scalar(points) for points in (a, b)))
    there, back, distance = (np.asarray(seen[name], float) for name in ("there", "back", "distance"))
    errors = [_percent(there - true_map(a, truth)[None], true_map(a, truth)) for truth in TRUTHS]
    middles = there.reshape(-1, NUM_MODES, _NUM_LOOKED, 2).mean(axis=2)
    apart = np.linalg.norm(middles[:, :, None] - true_map(modes())[None, None], axis=3)
    return Maps(*errors, _percent(back - a[None], a), distance, apart.argmin(axis=2)), there


def train_maps(*phases: tuple[int, Mapping[str, object]], seed: int = 0) -> list[Maps]:
    """Train eight seeds of the toy through phases, one after the other, and score their maps after each.

    Args:
        phases: (steps, arguments of `toy_game`) each, such as (600, {"pairs": 2}).
        seed: of all random numbers.

    >>> (maps,) = train_maps((20, {"pairs": 2}))
    >>> maps.error.shape, maps.goes_to.shape
    ((8,), (8, 6))
    """
    states = training.init_many(toy_game(), jax.random.split(jax.random.key(seed), NUM_SEEDS))
    scores = []
    for num_steps, values in phases:
        game = toy_game(**values)
        states, _ = training.train_many(game, states, num_steps, SETTINGS)
        scores.append(score_maps(game, states)[0])
    return scores


def name_of(goes_to: np.ndarray, truth: str = "stretch") -> str:
    """Say what a map does to the six modes, compared with the truth.

    Args:
        goes_to: a row of `Maps.goes_to`.
        truth: one of `TRUTHS`.

    >>> name_of(np.array([0, 1, 2, 3, 4, 5])), name_of(np.array([1, 2, 3, 4, 5, 0]))
    ('right', 'turned 60°')
    >>> name_of(np.array([0, 5, 4, 3, 2, 1])), name_of(np.array([0, 1, 2, 3, 4, 4]))
    ('mirrored', 'not one to one')
    """
    start = np.arange(NUM_MODES)
    turned = (np.asarray(goes_to, int) + NUM_MODES // 2 * (truth == "half-turn")) % NUM_MODES
    if len(set(turned)) < NUM_MODES:
        return "not one to one"
    if len(set((turned - start) % NUM_MODES)) == 1:
        steps = min(turned[0], NUM_MODES - turned[0])
        return "right" if steps == 0 else f"turned {360 // NUM_MODES * steps}°"
    return "mirrored" if len(set((turned + start) % NUM_MODES)) == 1 else "another order"
