"""The toy: a ring of eight modes in four classes, and a D that sees the label or does not."""

import dataclasses
import functools
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, Float, Int

from gantheory import distributions, games, lipschitz, metrics, training, transport
from gantheory.games import Game
from gantheory.networks import MLP, ConditionalMLP, Unlabelled

__all__ = [
    "CLASSES",
    "NUM_CLASSES",
    "NUM_SEEDS",
    "RATES",
    "SEES",
    "SLOW_D",
    "asked_and_got",
    "modes_of",
    "ring_game",
    "ring_target",
    "score_seeds",
    "train_seeds",
]

NUM_CLASSES = 4
"""How many classes the ring's modes are shared out among."""
NUM_SEEDS = 8
"""How many trainings run side by side."""
SEES = ("the pair (x, c)", "x alone")
"""What D may see, by the names of the menu."""
CLASSES = ("two opposite modes", "two neighbours")
"""Which modes of the ring a class is made of."""
RATES = {"generator_learning_rate": 1e-3, "discriminator_learning_rate": 2e-3}
"""The learning rates of the toy, for `training.Settings`."""
SLOW_D = {"generator_learning_rate": 1e-3, "discriminator_learning_rate": 1e-4}
"""Notebook 08's recipe for mode collapse: D lags behind G."""

_RADIUS, _STD = 1.5, 0.1
_NUM_SCORED = 2000
_LOOK_KEY = 7
_WIDTH = 64


# Made once: a game of another factory would compile its start anew.
def _generator(rngs: nnx.Rngs) -> nnx.Module:
    return ConditionalMLP(2, 2, NUM_CLASSES, width=_WIDTH, rngs=rngs)


def _of_pairs(rngs: nnx.Rngs) -> nnx.Module:
    return ConditionalMLP(2, 1, NUM_CLASSES, width=_WIDTH, rngs=rngs)


def _of_x_alone(rngs: nnx.Rngs) -> nnx.Module:
    return Unlabelled(MLP(2, 1, width=_WIDTH, rngs=rngs))


@functools.cache
def ring_target(classes: str = CLASSES[0]) -> distributions.Mixture:
    """Make the law of the data: eight modes on a ring, and in each of the four classes two of them.

    Args:
        classes: one of `CLASSES`.

    >>> x, labels = ring_target().sample_labelled(jax.random.key(0), 1000)
    >>> bool((abs(jnp.linalg.norm(x, axis=1) - 1.5) < 0.5).all()), labels.max().item()
    (True, 3)
    """
    means = np.asarray(distributions.ring(2 * NUM_CLASSES, _RADIUS, _STD).means)
    first, second = (0, NUM_CLASSES) if classes == CLASSES[0] else (0, 1)
    step = 1 if classes == CLASSES[0] else 2
    return distributions.Mixture(
        [
            distributions.GaussianMixture(means[[step * c + first, step * c + second]], _STD)
            for c in range(NUM_CLASSES)
        ]
    )


@functools.cache
def _some_game(sees: str) -> Game:
    return games.conditional_gan(
        _generator,
        _of_pairs if sees == SEES[0] else _of_x_alone,
        "non_saturating",
        lipschitz.r1(0.1),
        prior=distributions.Gaussian([0.0, 0.0], [1.0, 1.0]),
        target=ring_target(),
        mismatched=0.0,
        batch_size=128,
    )


def ring_game(sees: str = SEES[0], classes: str = CLASSES[0], mismatched: float = 0.0) -> Game:
    """Make the game of the toy: the non-saturating loss, R1 with gamma 0.1, two hidden layers of 64 units each.

    Args:
        sees: what D sees, one of `SEES`. G sees z and c in either case.
        classes: which modes a class is made of, one of `CLASSES`.
        mismatched: how much real points with a wrong label count as fakes, from 0 to 1.

    >>> ring_game("x alone").num_classes
    4
    """
    # Only numbers differ from the game that was checked.
    share = jnp.asarray(mismatched, jnp.result_type(float))
    return dataclasses.replace(_some_game(sees), target=ring_target(classes), mismatched=share)


def modes_of(target: Any) -> Float[Array, "c m d"]:
    """Return the modes of each class."""
    return jnp.stack([component.means for component in target.components])


def asked_and_got(game: Game, state: training.State) -> dict[str, Array]:
    """Ask for every class equally often, and look which mode each sample is nearest to.

    Returns:
        "samples" [n, d], class by class; "shares" [classes, modes], the share of the samples asked for as that class
        that are nearest to that mode, where the modes stand class by class too.
    """
    x, modes = _asked(game, state), modes_of(game.target)
    return {"samples": x, "shares": _shares(x, modes)}


def _asked(game: Game, state: training.State) -> Float[Array, "n d"]:
    labels = jnp.repeat(jnp.arange(NUM_CLASSES), _NUM_SCORED // NUM_CLASSES)
    return games.generate(game, state, jax.random.key(_LOOK_KEY), _NUM_SCORED, labels=labels)


def _shares(x: Float[Array, "n d"], modes: Float[Array, "c m d"]) -> Float[Array, "c k"]:
    distances = jnp.linalg.norm(x[:, None] - modes.reshape(1, -1, modes.shape[-1]), axis=2)
    nearest = jax.nn.one_hot(distances.argmin(axis=1), distances.shape[1])
    return nearest.reshape(modes.shape[0], -1, distances.shape[1]).mean(axis=1)


@jax.jit
def _score(
    target: distributions.Mixture, many: Float[Array, "seeds n d"]
) -> dict[str, Float[Array, "seeds"] | Int[Array, "seeds"]]:
    modes, std = modes_of(target), target.components[0].std
    num_classes, each, dim = modes.shape
    real = target.sample(jax.random.key(_LOOK_KEY + 1), _NUM_SCORED)
    of_class = jax.vmap(lambda x, means: metrics.mode_coverage(x, means, std).modes)

    def score(x: Float[Array, "n d"]) -> dict[str, Array]:
        shares = _shares(x, modes).reshape(num_classes, num_classes, each)
        return {
            "asked_for": 100 * jnp.einsum("cck->c", shares).mean(),
            "served": of_class(x.reshape(num_classes, -1, dim), modes).sum(),
            "modes": metrics.mode_coverage(x, modes.reshape(-1, dim), std).modes,
            "sliced_w1": transport.sliced_wasserstein(jax.random.key(0), real, x, num_projections=32),
        }

    return jax.vmap(score)(many)


_ask_many = jax.jit(jax.vmap(_asked, in_axes=(None, 0)))


def score_seeds(game: Game, states: training.State) -> dict[str, Array]:
    """Score every seed on 2,000 samples, 500 of each class.

    Returns:
        Arrays [seeds]: "asked_for", the share of samples in % whose nearest mode is one of the class asked for;
        "served", of how many of the 8 modes there is a good sample (within three standard deviations) when *their*
        class is asked for; "modes", how many have one whatever was asked for; "sliced_w1" between all samples and
        data, labels left out.
    """
    # Apart, so that what D is like makes only the first of them compile anew.
    return _score(game.target, _ask_many(game, states))


def train_seeds(
    *phases: tuple[int, float],
    sees: str = SEES[0],
    classes: str = CLASSES[0],
    rates: Mapping[str, float] | None = None,
) -> list[dict[str, np.ndarray]]:
    """Train eight seeds of the toy through phases, one after the other, and score them after each.

    Args:
        phases: (steps, weight of the mismatched pairs) each.
        sees: what D sees, one of `SEES`.
        classes: which modes a class is made of, one of `CLASSES`.
        rates: the learning rates; None for `RATES`.

    Returns:
        For each phase the scores of `score_seeds`.

    >>> scores, _ = train_seeds((20, 0.0), (5, 1.0), sees="x alone")
    >>> scores["asked_for"].shape
    (8,)
    """
    settings = training.Settings(**(RATES if rates is None else rates))
    states = training.init_many(ring_game(sees, classes), jax.random.split(jax.random.key(0), NUM_SEEDS))
    scores = []
    for num_steps, mismatched in phases:
        game = ring_game(sees, classes, mismatched)
        states, _ = training.train_many(game, states, num_steps, settings)
        scores.append({name: np.asarray(x) for name, x in score_seeds(game, states).items()})
    return scores
