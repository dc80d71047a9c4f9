"""The games of notebook 09: one GAN of images, and several trained side by side from the same start."""

import dataclasses
import functools
from collections.abc import Sequence
from typing import Any

import numpy as np
from flax import nnx
from jaxtyping import Array, Float

from gantheory import _pytree, datasets, distributions, games, lipschitz, training
from gantheory.games import Game
from gantheory.networks import DCGANDiscriminator, DCGANGenerator

__all__ = [
    "BATCH_SIZE",
    "GAMMA",
    "METHODS",
    "PRIOR_DIM",
    "RATES",
    "SLOW_D",
    "Together",
    "constraint_named",
    "dataset",
    "four_methods",
    "image_game",
    "networks_for",
    "prior",
]

PRIOR_DIM = 32
"""The dimension of z."""
BATCH_SIZE = 64
"""Images of each kind in one step."""
GAMMA = 0.3
"""Of R1, for digits."""
RATES: dict[str, float] = {
    "generator_learning_rate": 2e-3,
    "discriminator_learning_rate": 2e-3,
    "ema_decay": 0.98,
}
"""For `training.Settings`: rates for digits, and averaged weights of the generator."""
SLOW_D: dict[str, float] = {"generator_learning_rate": 2e-3, "discriminator_learning_rate": 1e-4}
"""Rates at which D lags behind G: the recipe for mode collapse. Nothing is averaged."""

_WIDTH = 32


@functools.cache
def dataset(name: str) -> datasets.Dataset:
    """Load the training images of a dataset, once."""
    return datasets.load(name)


@functools.cache
def networks_for(shape: tuple[int, int, int]) -> tuple[games.NetworkFactory, games.NetworkFactory]:
    """Make the factories of the generator and of the discriminator, once for each shape of image."""

    def generator(rngs: nnx.Rngs) -> nnx.Module:
        return DCGANGenerator(PRIOR_DIM, shape, width=_WIDTH, rngs=rngs)

    def discriminator(rngs: nnx.Rngs) -> nnx.Module:
        return DCGANDiscriminator(shape, width=_WIDTH, rngs=rngs)

    return generator, discriminator


@functools.cache
def prior() -> distributions.Gaussian:
    """Make the law of z, once."""
    return distributions.Gaussian(np.zeros(PRIOR_DIM), np.ones(PRIOR_DIM))


@functools.cache
def _some_game(data: str, loss: str, constraint: str) -> Game:
    target = dataset(data)
    generator, discriminator = networks_for(target.shape)
    return games.gan(
        generator,
        discriminator,
        loss,
        constraint_named(constraint),
        prior=prior(),
        target=target,
        batch_size=BATCH_SIZE,
    )


def constraint_named(
    name: str, *, gamma: float = GAMMA, weight: float = 10.0, clip: float = 0.05
) -> lipschitz.Constraint:
    """Make a constraint by its name."""
    return {
        "none": lipschitz.unconstrained,
        "R1": lambda: lipschitz.r1(gamma),
        "clipping": lambda: lipschitz.weight_clipping(clip),
        "gradient penalty": lambda: lipschitz.gradient_penalty(weight),
        "spectral normalization": lipschitz.spectral_normalization,
    }[name]()


def image_game(data: str = "digits", gamma: float = GAMMA) -> Game:
    """Make the GAN of this notebook: the non-saturating loss with R1, for the images of a dataset.

    Args:
        data: the name of a dataset.
        gamma: of R1.

    >>> float(image_game(gamma=0.5).constraint.gamma), image_game().target.shape
    (0.5, (8, 8, 1))
    """
    return dataclasses.replace(_some_game(data, "non_saturating", "R1"), constraint=lipschitz.r1(gamma))


METHODS: dict[str, tuple[str, str]] = {
    "minimax": ("minimax", "none"),
    "WGAN, clipping": ("wasserstein", "clipping"),
    "WGAN-GP": ("wasserstein", "gradient penalty"),
    "SN-GAN": ("hinge", "spectral normalization"),
}
"""The four methods that are trained side by side: their loss and constraint."""


@_pytree.register(dynamic=("games",))
@dataclasses.dataclass(frozen=True, eq=False)
class Together(Game):
    """Several GANs as one game: they see the same batches, and no parameter of one is in the loss of another.

    So each learns what it would learn alone. All start from the same weights.
    """

    games: tuple[Game, ...]

    def init(self, key: Array) -> tuple[games.Player, games.Player]:
        """Make the players of all games, from one key."""
        pairs = [game.init(key) for game in self.games]
        return _joined([generator for generator, _ in pairs]), _joined([critic for _, critic in pairs])

    def sample(self, key: Array) -> Float[Array, "n h w c"]:
        """Draw real images."""
        return self.games[0].sample(key)

    def discriminator_loss(
        self, discriminator: games.Player, generator: games.Player, batch: Any, key: Array, settings: Any
    ) -> games.LossResult:
        """Add up the discriminators' losses; "value" is the first game's."""
        told = [
            game.discriminator_loss(critic, player, batch, key, settings)
            for game, player, critic in self.apart(generator, discriminator)
        ]
        states = tuple(state for _, (_, state) in told)
        return sum(loss for loss, _ in told), ({"value": told[0][1][0]["value"]}, states)

    def generator_loss(
        self, generator: games.Player, discriminator: games.Player, batch: Any, key: Array, settings: Any
    ) -> games.LossResult:
        """Add up the generators' losses."""
        told = [
            game.generator_loss(player, critic, batch, key, settings)
            for game, player, critic in self.apart(generator, discriminator)
        ]
        return sum(loss for loss, _ in told), ({}, tuple(state for _, (_, state) in told))

    def project(self, discriminator: games.Player, settings: Any) -> games.Player:
        """Let each constraint project its own discriminator."""
        critics = map(games.Player, discriminator.params, discriminator.state)
        projected = [
            game.project(critic, settings).params for game, critic in zip(self.games, critics, strict=True)
        ]
        return discriminator._replace(params=tuple(projected))

    def apart(
        self, generator: games.Player, discriminator: games.Player
    ) -> list[tuple[Game, games.Player, games.Player]]:
        """List each game with its generator and its discriminator."""
        generators = map(games.Player, generator.params, generator.state)
        critics = map(games.Player, discriminator.params, discriminator.state)
        return list(zip(self.games, generators, critics, strict=True))

    def states(self, state: training.State) -> list[training.State]:
        """List a state of each game, to look at: the optimisers and the averages stay those of all together."""
        return [
            state._replace(generator=player, discriminator=critic)
            for _, player, critic in self.apart(state.generator, state.discriminator)
        ]


def _joined(players: Sequence[games.Player]) -> games.Player:
    return games.Player(
        *(tuple(getattr(player, part) for player in players) for part in games.Player._fields)
    )


def four_methods(weight: float = 10.0, clip: float = 0.05, data: str = "digits") -> Together:
    """Make the game of `METHODS` side by side.

    Args:
        weight: of the gradient penalty.
        clip: of weight clipping.
        data: the name of a dataset.

    >>> len(four_methods().games), float(four_methods(clip=0.1).games[1].constraint.clip)
    (4, 0.1...)
    """
    made = []
    for loss, name in METHODS.values():
        constraint = constraint_named(name, weight=weight, clip=clip)
        made.append(dataclasses.replace(_some_game(data, loss, name), constraint=constraint))
    return Together(tuple(made))
