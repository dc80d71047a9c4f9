"""Several f-GANs side by side in one game: a T, and where it is trained a G, for each row, on the same samples.

The rows share nothing but the samples they see: the loss is the sum of theirs, and Adam looks at each parameter alone.
So each is trained exactly as it would be by itself, and comparing them takes one compilation instead of nine.
"""

import dataclasses
import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, Float, Int, PyTree

from gantheory import _checks, _pytree, distributions, losses, training
from gantheory.divergences import F_DIVERGENCES
from gantheory.explorables._ledger import Exact
from gantheory.games import Game, LossResult, Player
from gantheory.networks import MLP

__all__ = ["ALL", "DX", "WIDTH", "Fits", "Rows", "X", "bumps", "density", "measure", "measure_many"]

ALL = tuple(F_DIVERGENCES)
X = np.linspace(-8.0, 8.0, 641)
DX = float(X[1] - X[0])
# Densities below this are drawn up to it: in float32 a tail that has underflowed would make a divergence infinite.
_LEAST = 1e-37
# The hidden units a T has at most. Their number in use is traced, and so is the number of samples.
WIDTH = 16


def _mlp(rngs: nnx.Rngs) -> MLP:
    # tanh keeps the scores bounded by the weights: where no sample falls a ReLU network's grow without end, and with
    # them the exponential that five of the nine rows have in their bound.
    return MLP(1, 1, width=WIDTH, depth=1, activation="tanh", rngs=rngs)


@functools.cache
def _graph() -> nnx.GraphDef:
    return nnx.split(nnx.eval_shape(lambda: _mlp(nnx.Rngs(0))), nnx.Param)[0]


def bumps(separation: float, std: float) -> distributions.GaussianMixture:
    """Make the law of two equal bumps, `separation` apart, around 0."""
    half = np.asarray(separation, np.float32) / 2
    return distributions.GaussianMixture(np.stack([-half, half])[:, None], std)


def density(law: distributions.Distribution) -> Float[Array, "n"]:
    """Compute the density of a law on the grid, at least 1e-37."""
    x = jnp.asarray(X, jnp.result_type(float))[:, None]
    return jnp.maximum(jnp.exp(law.log_prob(x)), _LEAST)


@functools.partial(jax.jit, static_argnums=0)
def _new_networks(num_rows: int, key: Array) -> PyTree:
    one = nnx.to_pure_dict(nnx.split(_mlp(nnx.Rngs(key)), nnx.Param)[1])
    # All rows start alike.
    return jax.tree.map(lambda leaf: jnp.broadcast_to(leaf, (num_rows, *leaf.shape)), one)


@_pytree.register(dynamic=("target", "made", "width", "num_samples"), static=("rows", "capacity"))
@dataclasses.dataclass(frozen=True, eq=False)
class Rows(Game):
    """T's in training against a P_G that never moves.

    Args:
        target: The law of the data.
        made: P_G.
        rows: Keys of `divergences.F_DIVERGENCES`.
        width: Units in use of T's one hidden layer, of tanh units; at most 16. Traced.
        num_samples: Of each law, in each step; fresh ones. It divides `capacity`. Traced.
        capacity: How many samples there is room for; those beyond the number are copies of those within.

    Raises:
        TypeError, ValueError: If a number is not as above.
    """

    target: distributions.Distribution
    made: distributions.Distribution
    rows: tuple[str, ...] = ALL
    width: int | Int[Array, ""] = WIDTH
    num_samples: int | Int[Array, ""] = 256
    capacity: int = 256

    def __post_init__(self):
        width = _checks.whole("width", self.width, at_most=WIDTH)
        num_samples = _checks.whole("num_samples", self.num_samples, at_most=self.capacity)
        if self.capacity % num_samples:
            _checks.refuse("num_samples", f"a divisor of {self.capacity}", repr(num_samples))
        object.__setattr__(self, "width", _pytree.scalar(width, jnp.int32))
        object.__setattr__(self, "num_samples", _pytree.scalar(num_samples, jnp.int32))

    def init(self, key: Array) -> tuple[Player, Player]:
        """Make the players; what the generator owns depends on the subclass."""
        generator_key, network_key = jax.random.split(key)
        networks = _new_networks(len(self.rows), network_key)
        return Player(self.first_generators(generator_key)), Player(networks)

    def first_generators(self, key: Array) -> PyTree:
        """Make what G learns: here nothing."""
        return ()

    def generators(self, params: PyTree) -> distributions.Gaussian:
        """Return P_G of one row, from what it learned."""
        return self.made

    def sample(self, key: Array) -> Float[Array, "n 1"]:
        """Draw from the data."""
        return self._copied(self.target.sample(key, self.capacity))

    def _copied(self, x: Float[Array, "n 1"]) -> Float[Array, "n 1"]:
        return x[jnp.arange(self.capacity) % self.num_samples]

    def fakes(self, generator: Player, key: Array) -> Float[Array, "rows n 1"]:
        """Draw from P_G of each row, with the same noise."""
        z = self._copied(jax.random.normal(key, (self.capacity, 1)))

        def one(params: PyTree) -> Float[Array, "n 1"]:
            law = self.generators(params)
            return law.mean[None] + law.std[None] * z

        return jax.vmap(one, axis_size=len(self.rows))(generator.params)

    def scores(self, params: PyTree, x: Float[Array, "rows n 1"]) -> Float[Array, "rows n"]:
        """Compute the raw scores of each row's network at its own points."""
        last = max(params["layers"])
        used = (jnp.arange(WIDTH) < self.width).astype(x.dtype)[None, :, None]
        kernels = {**params["layers"][last], "kernel": params["layers"][last]["kernel"] * used}
        params = {"layers": {**params["layers"], last: kernels}}
        return jax.vmap(lambda params, x: nnx.merge(_graph(), params)(x)[:, 0])(params, x)

    def everywhere(self, params: PyTree, x: Float[Array, "n 1"]) -> Float[Array, "rows n"]:
        """Compute the raw scores of each row's network at the same points."""
        return self.scores(params, jnp.broadcast_to(x, (len(self.rows), *x.shape)))

    def bounds(self, real: Float[Array, "rows n"], fake: Float[Array, "rows n"]) -> Float[Array, "rows"]:
        """Compute E T - E f*(T) of each row, on the samples with these scores."""
        pairs = zip(self.rows, real, fake, strict=True)
        return jnp.stack([losses.f_gan(name).value(*scores) for name, *scores in pairs])

    def discriminator_loss(
        self, discriminator: Player, generator: Player, batch: Any, key: Array, settings: Any
    ) -> LossResult:
        """Compute minus the sum of the bounds."""
        fake = self.fakes(generator, key)
        real_scores = self.everywhere(discriminator.params, batch)
        value = jnp.sum(self.bounds(real_scores, self.scores(discriminator.params, fake)))
        return -value, ({"value": value}, discriminator.state)

    def generator_loss(
        self, generator: Player, discriminator: Player, batch: Any, key: Array, settings: Any
    ) -> LossResult:
        """Compute the sum of the rows' -E f*(T)."""
        scores = self.scores(discriminator.params, self.fakes(generator, key))
        pairs = zip(self.rows, scores, strict=True)
        return sum(losses.f_gan(name).generator(fake) for name, fake in pairs), ({}, generator.state)

    def exact_bounds(self, discriminator: Player, generator: Player) -> Float[Array, "rows"]:
        """Compute each row's bound by quadrature."""
        p, x = density(self.target), jnp.asarray(X, jnp.result_type(float))[:, None]
        scores = self.everywhere(discriminator.params, x)

        def one(row: Any, scores: Float[Array, "n"], q: Float[Array, "n"]) -> Float[Array, ""]:
            return jnp.sum(p * row.activation(scores) - q * row.conjugate_of_activation(scores)) * DX

        rows = [F_DIVERGENCES[name] for name in self.rows]
        return jnp.stack(
            [one(*parts) for parts in zip(rows, scores, self._densities(generator), strict=True)]
        )

    def divergences(self, generator: Player) -> Float[Array, "rows"]:
        """Compute each row's D_f by quadrature."""
        p = density(self.target)
        pairs = zip(self.rows, self._densities(generator), strict=True)
        return jnp.stack([F_DIVERGENCES[name].divergence(p, q, DX) for name, q in pairs])

    def _densities(self, generator: Player) -> Float[Array, "rows n"]:
        one = lambda params: density(self.generators(params))  # noqa: E731
        return jax.vmap(one, axis_size=len(self.rows))(generator.params)


@_pytree.register(dynamic=("target", "made", "width", "num_samples"), static=("rows", "capacity"))
class Fits(Rows):
    """The same with a G for each row: one Gaussian, whose centre and width it learns.

    `made` says where G starts: with its width, and near its centre or near minus its centre, by chance.
    """

    def first_generators(self, key: Array) -> PyTree:
        """Choose a side, the same for all rows."""
        side, noise = jax.random.rademacher(key, (1,)), 0.1 * jax.random.normal(key, (1,))
        start = side * self.made.mean + noise
        return {
            "mean": jnp.broadcast_to(start, (len(self.rows), 1)),
            "log_std": jnp.broadcast_to(jnp.log(self.made.std), (len(self.rows), 1)),
        }

    def generators(self, params: PyTree) -> distributions.Gaussian:
        """Return the Gaussian with these parameters."""
        return distributions.Gaussian(params["mean"], jnp.exp(params["log_std"]))


def _measure(game: Rows, state: training.State) -> dict[str, Array]:
    # Samples that T was not trained on, other ones at every step.
    real_key, fake_key = jax.random.split(jax.random.fold_in(state.key, -1 - state.step))
    params = state.discriminator.params
    fake = game.fakes(state.generator, fake_key)
    batch = game.bounds(game.everywhere(params, game.sample(real_key)), game.scores(params, fake))
    exact = Exact(
        value=game.exact_bounds(state.discriminator, state.generator),
        ceiling=game.divergences(state.generator),
        batch=batch,
    )
    return exact._asdict()


measure = jax.jit(_measure)
"""Compute each row's bound, its D_f, both by quadrature, and its bound on a fresh batch: `Exact`'s fields, [rows]."""

measure_many = jax.jit(jax.vmap(_measure, in_axes=(None, 0)))
"""The same for many seeds: [seeds, rows]."""
