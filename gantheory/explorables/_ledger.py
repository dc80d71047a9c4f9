"""A discriminator in training against a fixed P_G: its exact V, its ceiling, and the signed ledger of its errors."""

import functools
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.flatten_util
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from gantheory import distributions, divergences, games, losses, training
from gantheory.explorables import _value
from gantheory.networks import MLP, Identity

__all__ = [
    "DX",
    "Exact",
    "Ledger",
    "X",
    "best_reachable",
    "best_value",
    "exact_ceiling",
    "fixed_pair",
    "laws",
    "ledger",
    "measure",
]

X = np.linspace(-4.5, 8.5, 521)
DX = float(X[1] - X[0])
_MOST_STARTS = 40
# So near the ceiling there is nothing left to find.
_NEAR = 5e-4

ExactValue = Callable[[games.Game, training.State], Float[Array, ""]]


def _two_bumps(centre: float) -> distributions.Distribution:
    return distributions.Mixture(
        [distributions.Gaussian(centre - 1.25, 0.4), distributions.Gaussian(centre + 1.25, 0.4)], [0.5, 0.5]
    )


def _network(width: int) -> games.NetworkFactory:
    return lambda rngs: MLP(1, 1, width=width, depth=1, rngs=rngs)


def fixed_pair(width: int = 32, num_samples: int = 256, separation: float = 1.25) -> games.Game:
    """Make the game of a D in training against a generator that never moves.

    P_data has two bumps, at -1.25 and 1.25, of standard deviation 0.4; P_G is the same law moved to the right by
    `separation`. Every step draws fresh samples. D has one hidden layer.

    Args:
        width: units of D's hidden layer.
        num_samples: real points, and as many generated ones, in one step.
        separation: how far P_G is moved.

    >>> game = fixed_pair(width=16, separation=1.25)
    >>> state = training.init(game, jax.random.key(0))
    >>> state, history = training.train(game, state, 1000, training.Settings(discriminator_learning_rate=1e-2))
    >>> bool(abs(history.value[-200:].mean() - exact_ceiling(game)) < 0.1)
    True
    """
    return games.gan(
        Identity,
        _network(width),
        "minimax",
        prior=_two_bumps(separation),
        target=_two_bumps(0.0),
        batch_size=num_samples,
    )


class Exact(NamedTuple):
    """What quadrature tells of a state, and V on one fresh batch.

    Attributes:
        value: V of the D as it is, by quadrature over the two densities, in nats.
        ceiling: 2 JS - log 4, likewise.
        batch: V of the same D on one fresh batch of the game's size.
    """

    value: Float[Array, "*seeds"]
    ceiling: Float[Array, "*seeds"]
    batch: Float[Array, "*seeds"]


def laws(game: games.Game) -> tuple[Float[Array, "n 1"], Float[Array, "n"], Float[Array, "n"]]:
    """Return the grid, and the densities of P_data and of P_G on it."""
    x = jnp.asarray(X, jnp.result_type(float))[:, None]
    return x, jnp.exp(game.target.log_prob(x)), jnp.exp(game.prior.log_prob(x))


def _exact_value(game: games.Game, state: training.State) -> Float[Array, ""]:
    x, p, q = laws(game)
    return _value.value_of_scores(games.discriminator_function(game, state)(x), p, q, DX)


def _measure(game: games.Game, state: training.State) -> Exact:
    _, p, q = laws(game)
    scores = games.discriminator_function(game, state)
    # Samples that D was not trained on, other ones at every step.
    real_key, fake_key = jax.random.split(jax.random.fold_in(state.key, -1 - state.step))
    real, fake = (
        law.sample(key, game.batch_size) for law, key in ((game.target, real_key), (game.prior, fake_key))
    )
    return Exact(
        value=_exact_value(game, state),
        ceiling=2 * divergences.js(p, q, DX) + _value.COIN,
        batch=losses.value(scores(real), scores(fake)),
    )


_measure_one = jax.jit(_measure)
_measure_many = jax.jit(jax.vmap(_measure, in_axes=(None, 0)))


def measure(game: games.Game, state: training.State) -> Exact:
    """Compute V of the D as it is and its ceiling by quadrature, and V on one fresh batch.

    Args:
        game: from `fixed_pair`.
        state: of that game; from `training.init_many`, all results are [seeds].
    """
    return (_measure_many if state.step.ndim else _measure_one)(game, state)


@jax.jit
def _exact_ceiling(game: games.Game) -> Float[Array, ""]:
    _, p, q = laws(game)
    return 2 * divergences.js(p, q, DX) + _value.COIN


def exact_ceiling(game: games.Game) -> float:
    """Compute 2 JS - log 4 of a game from `fixed_pair`, by quadrature: what no D passes, in nats."""
    return float(_exact_ceiling(game))


class Ledger(NamedTuple):
    """The signed errors of a learned V; they add up to V on the batch minus the exact ceiling.

    Attributes:
        approximation: the best V that this width reaches minus the ceiling; never above 0.
        optimisation: V of the D as it is, minus the best V of this width; never above 0.
        sampling: V on a fresh batch minus V of the same D by quadrature; of either sign, 0 on average.
    """

    approximation: Float[np.ndarray, ""]
    optimisation: Float[np.ndarray, "*seeds"]
    sampling: Float[np.ndarray, "*seeds"]


def ledger(exact: Exact, best: float) -> Ledger:
    """Split the error of V on the batch into its three parts.

    Args:
        exact: from `measure`.
        best: from `best_reachable`. What a training found counts too: the search may have missed it.

    >>> print(ledger(Exact(np.array([-1.1]), np.array([-0.9]), np.array([-1.0])), best=-1.0))
    Ledger(approximation=array(-0.1), optimisation=array([-0.1]), sampling=array([0.1]))
    """
    value, batch = np.asarray(exact.value, float), np.asarray(exact.batch, float)
    ceiling = float(np.ravel(exact.ceiling)[0])
    best = max(best, float(value.max()))
    return Ledger(
        np.asarray(np.round(best - ceiling, 7)), np.round(value - best, 7), np.round(batch - value, 7)
    )


@jax.jit
def _flat(state: training.State) -> Float[Array, "k"]:
    return jax.flatten_util.ravel_pytree(state.discriminator.params)[0]


@functools.partial(jax.jit, static_argnums=0)
def _minus_value(
    value: ExactValue, game: games.Game, state: training.State, flat: Float[Array, "k"]
) -> tuple[Float[Array, ""], Float[Array, "k"]]:
    _, unflatten = jax.flatten_util.ravel_pytree(state.discriminator.params)

    def loss(flat: Float[Array, "k"]) -> Float[Array, ""]:
        player = state.discriminator._replace(params=unflatten(flat))
        return -value(game, state._replace(discriminator=player))

    return jax.value_and_grad(loss)(flat)


def best_value(
    game: games.Game, value: ExactValue, *, enough: float, most_starts: int = _MOST_STARTS
) -> float:
    """Search D's parameters for the highest value, by L-BFGS from several random starts.

    Args:
        game: its D is searched.
        value: takes (game, state), returns what D shall maximise, by quadrature: no samples. One function, not a new
            one in each call, lest it compile anew.
        enough: where to end the search.
        most_starts: how many starts to try.

    Returns:
        The highest value found: a lower bound on the highest there is.
    """
    from scipy.optimize import minimize

    best = -np.inf
    for key in jax.random.split(jax.random.key(0), most_starts):
        state = training.init(game, key)

        def loss(flat: np.ndarray, state: training.State = state) -> tuple[float, np.ndarray]:
            lost, slope = _minus_value(value, game, state, jnp.asarray(flat, jnp.result_type(float)))
            # A step of the line search may overflow an exponential: it is told to turn back.
            fine = bool(np.isfinite(lost) and np.isfinite(slope).all())
            return (float(lost), np.asarray(slope, float)) if fine else (1e30, np.zeros(flat.shape))

        start = np.asarray(_flat(state), float)
        run = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 150})
        best = max(best, -float(run.fun))
        if best > enough:
            break
    return best


@functools.lru_cache(maxsize=256)
def best_reachable(width: int, separation: float) -> float:
    """Find the best V that a D of this width has, with no samples and no haste.

    The integral itself is maximised over D's parameters by L-BFGS, from up to 40 random starts, and the best is kept:
    a lower bound on the best there is. The search ends early within 0.0005 of the ceiling, which no D passes.

    >>> exact = exact_ceiling(fixed_pair(separation=1.25))
    >>> [round(best_reachable(width, 1.25) - exact, 2) + 0.0 for width in (1, 16)]
    [-0.65, 0.0]
    """
    game = fixed_pair(width, separation=separation)
    return best_value(game, _exact_value, enough=exact_ceiling(game) - _NEAR)
