"""Several critics of the same two laws, trained side by side, and what they say against the exact W1."""

import dataclasses
import functools
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from gantheory import _pytree, distributions, games, lipschitz, training
from gantheory.networks import MLP, Identity

__all__ = [
    "DX",
    "Seen",
    "SideBySide",
    "X",
    "best_critic",
    "laws_on",
    "look",
    "measure",
    "side_by_side",
    "w1_on",
]

X = np.linspace(-12.0, 16.0, 1401, dtype=np.float32)
"""The grid of all quadratures: wide enough for the widest law that a slider makes."""

DX = float(X[1] - X[0])


@functools.cache  # One function for each kind of network, so that games made again compile nothing anew.
def network(width: int, depth: int, activation: str) -> games.NetworkFactory:
    """Make the factory of a critic on the line."""
    return lambda rngs: MLP(1, 1, width=width, depth=depth, activation=activation, rngs=rngs)


@_pytree.register(dynamic=("games",))
@dataclasses.dataclass(frozen=True, eq=False)
class SideBySide(games.Game):
    """Several GANs with the same two laws as one game: each step gives all of their critics the same points.

    The discriminator is the tuple of the critics, its loss the sum of theirs. As no parameter is in two of the terms,
    each critic learns what it would learn alone.
    """

    games: tuple[games.Game, ...]

    def init(self, key: Array) -> tuple[games.Player, games.Player]:
        """Make the players of all games; the generator is the first game's."""
        pairs = [game.init(key) for game in self.games]
        critics = [critic for _, critic in pairs]
        params, states = (tuple(getattr(critic, part) for critic in critics) for part in games.Player._fields)
        return pairs[0][0], games.Player(params, states)

    def sample(self, key: Array) -> Float[Array, "n 1"]:
        """Draw real points."""
        return self.games[0].sample(key)

    def discriminator_loss(
        self, discriminator: games.Player, generator: games.Player, batch: Any, key: Array, settings: Any
    ) -> games.LossResult:
        """Add up the critics' losses; "value" is the first one's estimate."""
        loss, info, states = 0.0, {}, []
        for i, (game, critic) in enumerate(self.critics(discriminator)):
            one, (told, state) = game.discriminator_loss(critic, generator, batch, key, settings)
            loss += one
            states.append(state)
            if i == 0:
                info["value"] = told["value"]
        return loss, (info, tuple(states))

    def generator_loss(
        self, generator: games.Player, discriminator: games.Player, batch: Any, key: Array, settings: Any
    ) -> games.LossResult:
        """Take the first game's: the generator has no parameters that it could move."""
        game, critic = self.critics(discriminator)[0]
        return game.generator_loss(generator, critic, batch, key, settings)

    def project(self, discriminator: games.Player, settings: Any) -> games.Player:
        """Let each constraint project its own critic."""
        projected = [game.project(critic, settings).params for game, critic in self.critics(discriminator)]
        return discriminator._replace(params=tuple(projected))

    def critics(self, discriminator: games.Player) -> list[tuple[games.Game, games.Player]]:
        """List each game with its critic."""
        players = map(games.Player, discriminator.params, discriminator.state)
        return list(zip(self.games, players, strict=True))


def side_by_side(
    constraints: Sequence[lipschitz.Constraint],
    *,
    centre: float = 2.0,
    width: float = 1.0,
    units: int = 32,
    depth: int = 2,
    activations: Sequence[str] = ("relu",),
    num_samples: int = 128,
) -> SideBySide:
    """Make the game of one critic for each constraint, for P_data = N(centre, width^2) against P_G = N(0, 1).

    P_G stays what it is: the generator has no parameters.

    Args:
        constraints: one for each critic.
        centre: mean of the data.
        width: standard deviation of the data.
        units: units of a critic's hidden layers.
        depth: hidden layers of a critic.
        activations: one for each critic, or one for all.
        num_samples: real points, and as many generated ones, in one step.

    >>> game = side_by_side([lipschitz.weight_clipping(0.1), lipschitz.gradient_penalty()])
    >>> state, _ = training.train(game, training.init(game, jax.random.key(0)), 20)
    >>> look(game, state).estimate.shape
    (2,)
    """
    activations = list(activations) * (len(constraints) if len(activations) == 1 else 1)
    made = [
        games.gan(
            Identity,
            network(units, depth, activation),
            "wasserstein",
            constraint,
            prior=distributions.Gaussian(0.0, 1.0),
            target=distributions.Gaussian(centre, width),
            batch_size=num_samples,
        )
        for constraint, activation in zip(constraints, activations, strict=True)
    ]
    return SideBySide(tuple(made))


class Seen(NamedTuple):
    """What is known of all critics, by quadrature over `X`; critics first.

    Attributes:
        estimate: E f(real) - E f(generated), [critics].
        steepest: the largest gradient norm on the grid between -5 and 9, [critics].
        scores: f, shifted such that its mean over both laws is 0, [critics, n].
        slopes: gradient norms, [critics, n].
        laws: densities of the data and of P_G, [2, n].
        best: a best 1-Lipschitz critic, shifted likewise, [n].
        w1: the exact W1.
    """

    estimate: Float[Array, "critics"]
    steepest: Float[Array, "critics"]
    scores: Float[Array, "critics n"]
    slopes: Float[Array, "critics n"]
    laws: Float[Array, "2 n"]
    best: Float[Array, "n"]
    w1: Float[Array, ""]


def laws_on(game: SideBySide) -> tuple[Float[Array, "n"], Float[Array, "n"]]:
    """Compute the densities of the data and of P_G on `X`."""
    x = jnp.asarray(X)[:, None]
    first = game.games[0]
    return jnp.exp(first.target.log_prob(x)), jnp.exp(first.prior.log_prob(x))


def w1_on(p: Float[Array, "n"], q: Float[Array, "n"]) -> Float[Array, ""]:
    """Compute W1 of two densities on `X`: the area between their CDFs."""
    return jnp.abs(jnp.cumsum(p - q)).sum() * DX**2


def best_critic(p: Float[Array, "n"], q: Float[Array, "n"]) -> Float[Array, "n"]:
    """Compute the 1-Lipschitz f with the largest E_p f - E_q f: slope 1 up where F_q > F_p, down where it is below."""
    middle = jnp.cumsum(q - p)
    f = jnp.cumsum(jnp.sign(middle)) * DX
    return f - jnp.sum(f * (p + q)) * DX / 2


def look(game: SideBySide, state: training.State) -> Seen:
    """Look at the critics of one seed; given many, of the first."""
    return _look(game, jax.tree.map(lambda leaf: leaf[0], state) if state.step.ndim else state)


@jax.jit
def _look(game: SideBySide, state: training.State) -> Seen:
    p, q = laws_on(game)
    x = jnp.asarray(X)[:, None]
    columns = []
    for one, critic in game.critics(state.discriminator):
        f = games.discriminator_function(one, state._replace(discriminator=critic))
        scores, slopes = f(x), lipschitz.gradient_norms(f, x)
        estimate = jnp.sum(scores * (p - q)) * DX
        columns.append((estimate, slopes, scores - jnp.sum(scores * (p + q)) * DX / 2))
    estimate, slopes, scores = (jnp.stack(column) for column in zip(*columns, strict=True))
    seen = np.flatnonzero((X >= -5) & (X <= 9))
    return Seen(
        estimate, slopes[:, seen].max(1), scores, slopes, jnp.stack([p, q]), best_critic(p, q), w1_on(p, q)
    )


def measure(game: SideBySide, state: training.State) -> Mapping[str, Any]:
    """Measure every critic's estimate, by the names "estimate 0", "estimate 1", ...; of one seed or of many."""
    return (_measure_many if state.step.ndim else _measure_one)(game, state)


def _measure(game: SideBySide, state: training.State) -> dict[str, Float[Array, ""]]:
    estimates = _look(game, state).estimate
    return {f"estimate {i}": estimates[i] for i in range(len(game.games))}


_measure_one = jax.jit(_measure)
_measure_many = jax.jit(jax.vmap(_measure, in_axes=(None, 0)))
