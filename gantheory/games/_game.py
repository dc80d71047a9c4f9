"""The one abstraction: a two-player game, and what each of its sides owns."""

import abc
from collections.abc import Callable
from typing import Any, NamedTuple

import optax
from flax import nnx
from jaxtyping import Array, Float, PyTree

__all__ = ["DEFAULT_OPTIMIZER", "Game", "LossResult", "NetworkFactory", "Player"]

Scalar = Float[Array, ""]
LossResult = tuple[Scalar, tuple[dict[str, Array], Any]]
"""What a loss returns: the number to minimise [], and with it what is reported by name and the player's new state."""
NetworkFactory = Callable[[nnx.Rngs], nnx.Module]
"""Makes a network from the random numbers it may use: `rngs -> nnx.Module`."""

# No momentum, since the opponent turns the gradient around all the time, and a short memory of its size.
# Source: Karras et al. 2018, Progressive Growing of GANs, appendix A.1.
DEFAULT_OPTIMIZER = optax.scale_by_adam(b1=0.0, b2=0.99)
"""How gradients become steps where a game is given no optimizer: Adam without momentum (b1 = 0, b2 = 0.99)."""


class Player(NamedTuple):
    """What one side of the game owns.

    Attributes:
        params: pytree of floating-point arrays, which its gradients are taken of.
        state: pytree of everything else that changes (random counters, power-iteration vectors); no gradients.
    """

    params: PyTree
    state: PyTree = ()


class Game(abc.ABC):
    """A two-player game. Subclasses are pytrees: arrays are traced, functions and sizes are structure.

    Attributes:
        optimizer: an `optax.GradientTransformation` that turns a gradient into a direction of *ascent*, without a
            learning rate (`optax.scale_by_adam()`, `optax.identity()`): the trainer multiplies by minus the learning
            rate of the settings.
    """

    optimizer: optax.GradientTransformation = DEFAULT_OPTIMIZER

    @abc.abstractmethod
    def init(self, key: Array) -> tuple[Player, Player]:
        """Make the two players, (generator, discriminator)."""

    @abc.abstractmethod
    def sample(self, key: Array) -> Any:
        """Draw a batch from the distribution or the dataset."""

    @abc.abstractmethod
    def discriminator_loss(
        self, discriminator: Player, generator: Player, batch: Any, key: Array, settings: Any
    ) -> LossResult:
        """Compute what the discriminator minimises.

        Returns:
            (scalar, (info, new state of the discriminator)). `info` is a dictionary of scalars for the history; its
            entry "value" is required.
        """

    @abc.abstractmethod
    def generator_loss(
        self, generator: Player, discriminator: Player, batch: Any, key: Array, settings: Any
    ) -> LossResult:
        """Compute what the generator minimises, with the generator's own new state; its `info` may be empty."""

    def project(self, discriminator: Player, settings: Any) -> Player:
        """Change the discriminator after its update; the identity by default."""
        return discriminator
