"""Recipes for points in the plane, and the one run that scores them."""

import dataclasses
import functools
import json
import time
from collections.abc import Callable, Sequence
from importlib import resources
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, ArrayLike, Float

from gantheory import _checks, distributions, games, metrics, networks, training, transport
from gantheory.metrics._modes import HIGH_QUALITY_STDS
from gantheory.recipes import _parts

__all__ = [
    "BEST",
    "METHODS",
    "NUM_SAMPLES",
    "TARGETS",
    "Recipe",
    "Result",
    "Score",
    "run",
    "score",
    "standardization",
    "stored_table",
    "toy_game",
]

NUM_SAMPLES = 2500
"""Samples that a generator is scored on, as in VEEGAN (Srivastava et al. 2017, the experiments on synthetic data)."""


def _two_lines() -> distributions.Mixture:
    return distributions.Mixture([distributions.parallel_lines(theta) for theta in (0.0, 1.0)])


TARGETS: dict[str, Callable[[], distributions.Distribution]] = {
    "ring": distributions.ring,
    "grid": distributions.grid,
    "spiral": distributions.spiral,
    "two_moons": distributions.two_moons,
    "parallel_lines": _two_lines,
}
"""Functions that make the targets in the plane, by name; the parallel lines are the pair at theta = 0 and 1."""

# The table's results travel with the package, so that the notebook shows them without training anything.
_STORED = "results/toy_gans.json"


@dataclasses.dataclass(frozen=True)
class Recipe:
    """Everything that a training of two perceptrons depends on, but the target and the seed.

    Args:
        title: what a table calls it.
        loss: a name from `losses.LOSSES`, or "f_gan:" and a row of `divergences.F_DIVERGENCES`.
        constraint: a name from `CONSTRAINTS`.
        strength: the constraint's number (clip, weight, gamma); None where it needs none.
        width: units of each hidden layer, of both networks.
        generator_depth: hidden layers of the generator.
        discriminator_depth: hidden layers of the discriminator.
        generator_activation: a name from `networks.ACTIVATIONS`.
        discriminator_activation: likewise.
        prior_dim: dimension of z.
        prior_std: standard deviation of z, which is Gaussian with mean 0.
        batch_size: points of each kind in one step.
        num_steps: the generator's updates.
        num_critic_steps: the discriminator's updates for one of the generator's.
        generator_learning_rate: of Adam, at the start.
        discriminator_learning_rate: likewise.
        schedule: a name from `SCHEDULES`.
        ema_decay: of the generator's averaged weights, which are the ones that are scored; 0 for none.

    Raises:
        TypeError, ValueError: for a name that is none of these, or a number that is out of its bounds.

    >>> dataclasses.replace(METHODS["wgan_gp"], strength=10.0, num_steps=100).strength
    10.0
    """

    title: str
    loss: str
    constraint: str = "none"
    strength: float | None = None
    width: int = 64
    generator_depth: int = 2
    discriminator_depth: int = 2
    generator_activation: str = "leaky_relu"
    discriminator_activation: str = "leaky_relu"
    prior_dim: int = 2
    prior_std: float = 1.0
    batch_size: int = 256
    num_steps: int = 10_000
    num_critic_steps: int = 2
    generator_learning_rate: float = 1.5e-3
    discriminator_learning_rate: float = 3e-3
    schedule: str = "cosine"
    ema_decay: float = 0.999

    def __post_init__(self):
        _parts.check(self)
        for name in ("generator_activation", "discriminator_activation"):
            _checks.one_of(name, getattr(self, name), networks.ACTIVATIONS)
        for name in ("generator_depth", "discriminator_depth"):
            _checks.whole(name, getattr(self, name), at_least=0)
        _checks.number("prior_std", self.prior_std, above=0)


# What turns the two plain networks into the best recipe's; nothing else differs.
_PLATEAU: dict[str, Any] = {
    "generator_depth": 3,
    "generator_activation": "tanh",
    "discriminator_activation": "relu",
    "prior_dim": 4,
    "prior_std": 10.0,
}

METHODS: dict[str, Recipe] = {
    "minimax": Recipe("GAN (minimax)", "minimax"),
    "non_saturating": Recipe("GAN (non-saturating)", "non_saturating"),
    "constant_rates": Recipe(
        "... at constant rates, not averaged", "non_saturating", schedule="constant", ema_decay=0.0
    ),
    "least_squares": Recipe("least squares", "least_squares"),
    "hinge_sn": Recipe("hinge + spectral normalization", "hinge", "spectral_normalization"),
    "wgan_clipping": Recipe("WGAN (clipping)", "wasserstein", "weight_clipping", 0.1, num_critic_steps=5),
    "wgan_gp": Recipe("WGAN-GP", "wasserstein", "gradient_penalty", 1.0, num_critic_steps=5),
    "r1": Recipe("non-saturating + R1", "non_saturating", "r1", 0.01),
    "plateau": Recipe("non-saturating, plateau generator", "non_saturating", **_PLATEAU),
    "plateau_r1": Recipe("non-saturating + R1, plateau generator", "non_saturating", "r1", 0.01, **_PLATEAU),
}
"""The methods by name.

All take the same number of the generator's steps, of batches of one size, with networks of one width, at the same rates
that fall to 0, and with averaged weights; the two WGANs take five critic steps for each of the generator's, as their
papers do, the others two. So two rows differ in what their titles say, and in nothing else. The rates were searched for
with the best recipe, not with each of the others; WGAN-GP's weight is 1, since the usual 10 fails on the ring.
"""

BEST: dict[str, str] = dict.fromkeys(TARGETS, "plateau_r1")
"""The winning method for each target, by name: on the ring and the grid by the stored table."""


class Score(NamedTuple):
    """How good samples are.

    Attributes:
        modes: how many modes are captured; see `metrics.mode_coverage` for the first three. These and the width are NaN
            where the target is no `distributions.GaussianMixture`.
        high_quality: the share of samples within 3 standard deviations of the nearest mode.
        histogram_kl: KL(histogram of the modes || weights), in nats.
        mode_width: standard deviation of the samples of high quality around the centre of those of their own mode, in
            units of the target's; 0.97 for the target itself (what lies beyond 3 is cut off), NaN without such samples.
        sliced_w1: sliced Wasserstein distance to as many fresh samples of the target, in the unit of the data. It is
            not 0 for the target itself: two clouds of samples differ.
    """

    modes: Float[Array, "*seeds"]
    high_quality: Float[Array, "*seeds"]
    histogram_kl: Float[Array, "*seeds"]
    mode_width: Float[Array, "*seeds"]
    sliced_w1: Float[Array, "*seeds"]


@dataclasses.dataclass(frozen=True, eq=False)
class Result:
    """What became of a recipe, seed by seed.

    Attributes:
        score: `Score` of arrays [seeds].
        samples: [seeds, num_samples, 2], what was scored.
        states: the trained `training.State` of all seeds, stacked; its generators are the averaged ones.
        seconds: wall-clock time *a seed*, compiling included; all seeds were trained side by side.
        stopped: None, or the sentence with which the training ended early; the score is then of that moment.
    """

    score: Score
    samples: Float[Array, "seeds n d"]
    states: training.State
    seconds: float
    stopped: str | None


def toy_game(recipe: Recipe, target: Any) -> games.Game:
    """Make a recipe's game for a law."""
    _a_law(target)
    mean, std = standardization(target)
    return games.gan(
        _perceptron(
            recipe.prior_dim,
            target.dim,
            recipe.width,
            recipe.generator_depth,
            recipe.generator_activation,
            "output",
            mean,
            std,
        ),
        _perceptron(
            target.dim,
            1,
            recipe.width,
            recipe.discriminator_depth,
            recipe.discriminator_activation,
            "input",
            mean,
            std,
        ),
        recipe.loss,
        _parts.constraint_of(recipe),
        prior=distributions.Gaussian(np.zeros(recipe.prior_dim), recipe.prior_std),
        target=target,
        batch_size=recipe.batch_size,
    )


class _Fixed(nnx.Variable):
    """What a network holds and no gradient changes."""


class _Perceptron(nnx.Module):
    """An MLP that sees, or draws, the data in units of the data's own standard deviation around their mean."""

    def __init__(
        self, mlp: networks.MLP, side: str, mean: Float[np.ndarray, "d"], std: Float[np.ndarray, ""]
    ):
        self.mlp, self.side = mlp, side
        self.mean, self.std = _Fixed(jnp.asarray(mean)), _Fixed(jnp.asarray(std))

    def __call__(self, x: Float[Array, "n k"]) -> Float[Array, "n m"]:
        mean, std = self.mean[...], self.std[...]
        if self.side == "input":
            return self.mlp((x - mean[None]) / std)
        return mean[None] + std * self.mlp(x)


@functools.cache
def _perceptron(
    in_dim: int,
    out_dim: int,
    width: int,
    depth: int,
    activation: str,
    side: str,
    mean: tuple[float, ...],
    std: float,
) -> Callable[[nnx.Rngs], _Perceptron]:
    # Cached: a fresh function would compile its initialisation anew.
    def make(rngs: nnx.Rngs) -> _Perceptron:
        mlp = networks.MLP(in_dim, out_dim, width=width, depth=depth, activation=activation, rngs=rngs)
        return _Perceptron(mlp, side, np.asarray(mean), np.asarray(std))

    return make


def standardization(target: Any) -> tuple[tuple[float, ...], float]:
    """Measure the place and the scale of a law, on 10,000 samples of a fixed key.

    Args:
        target: a law, with `.sample(key, n) -> [n, d]` and `.dim`.

    Returns:
        (mean, std): the mean of length d, and one standard deviation for all coordinates, the root of the mean of
        their variances (1 where all samples are the same point).

    Raises:
        TypeError: where `target` is no law.

    >>> mean, std = standardization(distributions.ring())
    >>> [round(abs(m), 1) for m in mean], round(std, 2)
    ([0.0, 0.0], 0.71)
    """
    _a_law(target)
    x = np.asarray(target.sample(jax.random.key(0), 10_000), np.float64)
    std = float(np.sqrt(x.var(axis=0).mean()))
    return tuple(x.mean(axis=0).tolist()), std if std > 0 else 1.0


def score(key: Array, samples: ArrayLike, target: Any) -> Score:
    """Score samples against a target.

    Args:
        key: a random key, for the target's own samples and the directions of the sliced distance.
        samples: points [n, d]; the protocol of the literature takes `NUM_SAMPLES`.
        target: the law that they should have.

    Returns:
        The `Score`.

    Raises:
        TypeError, ValueError: where `key` is not one random key, `target` no law, or `samples` are not finite points of
            its dimension.

    >>> import jax
    >>> ring, key = distributions.ring(), jax.random.key(0)
    >>> found = score(key, ring.sample(jax.random.key(1), NUM_SAMPLES), ring)  # a perfect generator
    >>> int(found.modes), round(float(found.high_quality), 2), bool(found.sliced_w1 < 0.05)
    (8, 0.99, True)
    """
    _a_law(target)
    return _score(_checks.key("key", key), _checks.points("samples", samples, target.dim), target)


@jax.jit
def _score(key: Array, samples: Float[Array, "n d"], target: Any) -> Score:
    target_key, directions_key = jax.random.split(key)
    distance = transport.sliced_wasserstein(
        directions_key, samples, target.sample(target_key, samples.shape[0])
    )
    if not isinstance(target, distributions.GaussianMixture):
        nothing = np.nan * distance
        return Score(nothing, nothing, nothing, nothing, distance)
    found = metrics.mode_coverage(samples, target.means, target.std, target.weights)
    return Score(
        found.modes.astype(distance.dtype),
        found.high_quality,
        found.histogram_kl,
        _mode_width(samples, target),
        distance,
    )


def _mode_width(samples: Float[Array, "n d"], target: distributions.GaussianMixture) -> Float[Array, ""]:
    offsets = (samples[:, None] - target.means[None]) / target.std
    squares = jnp.sum(offsets**2, axis=-1)
    nearest = jnp.argmin(squares, axis=1)
    good = (jnp.min(squares, axis=1) <= HIGH_QUALITY_STDS**2).astype(samples.dtype)
    own = good[:, None] * jnp.take_along_axis(offsets, nearest[:, None, None], axis=1)[:, 0]
    members = jax.nn.one_hot(nearest, target.means.shape[0], dtype=samples.dtype) * good[:, None]
    counts = members.sum(axis=0)
    centres = members.T @ own / jnp.maximum(counts, 1)[:, None]
    around = jnp.sum((own - members @ centres) ** 2)
    # One degree of freedom for the centre of each captured mode, as in an analysis of variance.
    freedom = samples.shape[1] * (counts.sum() - (counts > 0).sum())
    return jnp.where(freedom > 0, jnp.sqrt(around / jnp.maximum(freedom, 1)), jnp.nan)


def run(
    recipe: Any,
    target: Any,
    seeds: Sequence[int] = (0, 1, 2, 3, 4),
    *,
    num_steps: int | None = None,
    num_samples: int = NUM_SAMPLES,
) -> Result:
    """Train a recipe from several seeds side by side, and score what each generates.

    Args:
        recipe: a `Recipe`, such as `METHODS[BEST["ring"]]`.
        target: the law to imitate, such as `distributions.ring()`.
        seeds: whole numbers, at least one; each decides all random numbers of its own training and score.
        num_steps: length of the training; None for the recipe's own. Learning rates then fall over this length.
        num_samples: how many samples each generator is scored on.

    Returns:
        The `Result`. The same seeds together give the same numbers again; in other company a seed may round
        otherwise, and a game amplifies that.

    Raises:
        TypeError, ValueError: where an argument is not as above.

    >>> result = run(METHODS["non_saturating"], distributions.ring(), seeds=[0, 1], num_steps=20)
    >>> result.score.high_quality.shape, result.samples.shape, int(result.states.step[0]), result.stopped
    ((2,), (2, 2500, 2), 20, None)
    """
    if not isinstance(recipe, Recipe):
        _checks.refuse("recipe", "a recipes.Recipe", _checks.describe(recipe), TypeError)
    game, settings = toy_game(recipe, target), _parts.settings_of(recipe, num_steps)
    num_samples = _checks.whole("num_samples", num_samples)
    if not isinstance(seeds, Sequence) or isinstance(seeds, str) or not seeds:
        _checks.refuse("seeds", "a non-empty list of whole numbers", _checks.describe(seeds), TypeError)
    numbers = np.asarray([_checks.seed("a seed", seed) for seed in seeds], np.uint32)
    started = time.perf_counter()
    keys = jax.vmap(lambda seed: jax.random.split(jax.random.key(seed), 3))(numbers)
    states = training.init_many(game, keys[:, 0])
    length = recipe.num_steps if num_steps is None else num_steps
    states, history = training.train_many(game, states, length, settings)
    states = training.averaged(states)
    samples = _generate_many(game, states, keys[:, 1], num_samples)
    scores = jax.block_until_ready(_score_many(keys[:, 2], samples, target))
    seconds = (time.perf_counter() - started) / len(numbers)
    return Result(scores, samples, states, seconds, history.stopped)


@functools.partial(jax.jit, static_argnums=3)
def _generate_many(
    game: games.Game, states: training.State, keys: Array, n: int
) -> Float[Array, "seeds n d"]:
    return jax.vmap(lambda state, key: games.generate(game, state, key, n))(states, keys)


_score_many = jax.jit(jax.vmap(_score, in_axes=(0, 0, None)))


def stored_table() -> dict[str, Any]:
    """Return the stored results of `benchmarks/toy_table.py`: every method on the ring and the grid, seed by seed.

    >>> stored = stored_table()
    >>> sorted(row["target"] for row in stored["rows"] if row["method"] == "wgan_gp")
    ['grid', 'ring']
    """
    return json.loads((resources.files("gantheory") / _STORED).read_text(encoding="utf-8"))


def _a_law(target: Any) -> None:
    if not isinstance(target, distributions.Distribution):
        _checks.refuse("target", "one of gantheory.distributions", _checks.describe(target), TypeError)
