"""A discriminator alone with two fixed samples: what it learns by heart, and what it knows of points it never saw.

It is a two-player game like every other, in which the generator owns no parameters and stands still. Its state holds
the samples: each seed draws its own, and all of them are seen in every step. So the value that the trainer records is
exactly V on the training samples, and what the scene measures is V on as many points again that D never sees.
"""

import dataclasses
import functools
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, Bool, Float, Int, PyTree
from matplotlib.gridspec import GridSpec

from gantheory import _checks, _pytree, losses, plotting, training
from gantheory.games import Game, LossResult, Player
from gantheory.live.trainer import Run
from gantheory.networks import MLP

__all__ = ["Digits", "Gaussians", "Samples", "Scene", "TwoSamples", "digits"]

LOG4 = math.log(4)
ACCURACIES = ("training_accuracy", "held_out_accuracy")
# The value on held-out points has no floor; the picture has.
_FLOOR = -6.0
_LARGEST, _HELD_OUT, _MOST_DIMS = 512, 1024, 64
NUM_IMAGES = 448


class Samples(NamedTuple):
    """Real and generated points, those that D is trained on and those that it never sees."""

    real: Float[Array, "*seeds n d"]
    fake: Float[Array, "*seeds n d"]
    held_out_real: Float[Array, "*seeds m d"]
    held_out_fake: Float[Array, "*seeds m d"]


@functools.cache
def _network(in_dim: int, width: int) -> nnx.GraphDef:
    return nnx.split(
        nnx.eval_shape(lambda: MLP(in_dim, 1, width=width, depth=2, rngs=nnx.Rngs(0))), nnx.Param
    )[0]


@jax.jit
def _new_players(game: "TwoSamples", key: Array) -> tuple[Player, Player]:
    sample_key, network_key = jax.random.split(key)
    network = MLP(game.in_dim, 1, width=game.width, depth=2, rngs=nnx.Rngs(network_key))
    return Player((), game.draw(sample_key)), Player(nnx.to_pure_dict(nnx.split(network, nnx.Param)[1]))


class TwoSamples(Game):
    """D against two fixed samples; a subclass says where they come from."""

    width: int
    in_dim: int

    def draw(self, key: Array) -> Samples:
        """Draw one seed's samples."""
        raise NotImplementedError

    def shown(self, samples: Samples) -> Samples:
        """Turn what was drawn into what D gets to see; the identity by default."""
        return samples

    def init(self, key: Array) -> tuple[Player, Player]:
        """Make the player that holds the samples, and the discriminator."""
        return _new_players(self, key)

    def scores(self, params: PyTree, x: Float[Array, "n d"]) -> Float[Array, "n"]:
        """Compute D's raw scores."""
        return nnx.merge(_network(self.in_dim, self.width), params)(x)[:, 0]

    def sample(self, key: Array) -> tuple[()]:
        """Draw nothing: the samples stay."""
        return ()

    def discriminator_loss(
        self, discriminator: Player, generator: Player, batch: Any, key: Array, settings: Any
    ) -> LossResult:
        """Compute -V on the training samples."""
        seen = self.shown(generator.state)
        value = losses.value(
            self.scores(discriminator.params, seen.real), self.scores(discriminator.params, seen.fake)
        )
        return -value, ({"value": value}, discriminator.state)

    def generator_loss(
        self, generator: Player, discriminator: Player, batch: Any, key: Array, settings: Any
    ) -> LossResult:
        """Report 0: there is nobody to move."""
        return jnp.zeros(()), ({}, generator.state)


@_pytree.register(dynamic=("num_samples", "dim", "shift"), static=("width",))
@dataclasses.dataclass(frozen=True, eq=False)
class Gaussians(TwoSamples):
    """Real points from N(0, I) and generated ones from N(shift e1, I) in `dim` dimensions, `num_samples` of each.

    All three may be moved while D learns, without compiling: points beyond the number are copies of those within, and
    coordinates beyond the dimension are 0.

    Args:
        num_samples: Of each kind; a power of 2, at most 512.
        dim: At most 64.
        shift: How far the two means are apart.
        width: Units in each of D's two hidden layers.
    """

    num_samples: int | Int[Array, ""] = 64
    dim: int | Int[Array, ""] = 8
    shift: float | Float[Array, ""] = 0.0
    width: int = 64
    in_dim = _MOST_DIMS

    def __post_init__(self):
        num_samples = _checks.whole("num_samples", self.num_samples, at_most=_LARGEST)
        if num_samples & (num_samples - 1):
            _checks.refuse("num_samples", "a power of 2", repr(num_samples))
        _checks.whole("dim", self.dim, at_most=_MOST_DIMS)
        _checks.number("shift", self.shift, at_least=-12, at_most=12)
        for name, dtype in (("num_samples", jnp.int32), ("dim", jnp.int32), ("shift", float)):
            object.__setattr__(self, name, np.asarray(getattr(self, name), jnp.result_type(dtype)))

    def draw(self, key: Array) -> Samples:
        """Draw the largest number of points, in the highest dimension."""
        keys = jax.random.split(key, 4)
        sizes = (_LARGEST, _LARGEST, _HELD_OUT, _HELD_OUT)
        return Samples(*(jax.random.normal(k, (n, _MOST_DIMS)) for k, n in zip(keys, sizes, strict=True)))

    def shown(self, samples: Samples) -> Samples:
        """Keep the first `num_samples` points and the first `dim` coordinates; shift the generated ones."""
        kept = (jnp.arange(_MOST_DIMS) < self.dim).astype(samples.real.dtype)[None]
        copies = jnp.arange(_LARGEST) % self.num_samples
        shift = jnp.zeros((1, _MOST_DIMS), samples.real.dtype).at[0, 0].set(self.shift)
        return Samples(
            samples.real[copies] * kept,
            samples.fake[copies] * kept + shift,
            samples.held_out_real * kept,
            samples.held_out_fake * kept + shift,
        )


@functools.cache
def digits() -> np.ndarray:
    """Load scikit-learn's 1,797 handwritten digits: 8 x 8 pixels, whole grey levels 0 to 16, float64 [1797, 64]."""
    from sklearn.datasets import load_digits

    return load_digits().data


@_pytree.register(dynamic=("levels", "mean", "root", "gaussian"), static=("width",))
@dataclasses.dataclass(frozen=True, eq=False)
class Digits(TwoSamples):
    """Real digits against a Gaussian fit to them, or against other real digits.

    Nothing but the shapes is left to tell them apart by: the three pixels that are 0 in all digits are dropped, what
    the Gaussian gives is rounded to whole grey levels from 0 to 16, and all of them are dequantised alike, by uniform
    noise from 0 to 1. Each seed splits the digits anew into parts of 448: one to train D, one to hold out, and two more
    where digits stand against digits.

    Args:
        gaussian: Whether the generated ones are the Gaussian's.
        width: Units in each of D's two hidden layers.
    """

    gaussian: bool | Bool[Array, ""] = True
    width: int = 64
    in_dim = 61

    def __post_init__(self):
        for name, array in zip(("levels", "mean", "root"), _fitted_digits(), strict=True):
            object.__setattr__(self, name, array)
        object.__setattr__(self, "gaussian", np.asarray(self.gaussian, bool))

    def draw(self, key: Array) -> Samples:
        """Split the digits anew, draw from the Gaussian, dequantise all."""
        split_key, gaussian_key, noise_key = jax.random.split(key, 3)
        order = jax.random.permutation(split_key, self.levels.shape[0])[: 4 * NUM_IMAGES]
        real, held_out, *others = self.levels[order].reshape(4, NUM_IMAGES, self.in_dim)
        normal = jax.random.normal(gaussian_key, (2 * NUM_IMAGES, self.in_dim), self.levels.dtype)
        drawn = jnp.clip(jnp.round(self.mean[None] + normal @ self.root.T), 0, 16)
        fakes = jnp.where(self.gaussian, drawn.reshape(2, NUM_IMAGES, self.in_dim), jnp.stack(others))
        parts = jnp.stack([real, fakes[0], held_out, fakes[1]])
        return Samples(*(parts + jax.random.uniform(noise_key, parts.shape, parts.dtype)))

    def shown(self, samples: Samples) -> Samples:
        """Centre the pixels, and bring their range to 2."""
        return Samples(*((x - self.mean[None] - 0.5) / 8.5 for x in samples))


@functools.cache
def _fitted_digits() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the digits without their constant pixels, their mean, and a root of their covariance."""
    levels = digits()
    levels = levels[:, levels.std(axis=0) > 0]
    root = np.linalg.cholesky(np.cov(levels.T))
    return levels.astype(np.float32), levels.mean(axis=0).astype(np.float32), root.astype(np.float32)


def measure(game: TwoSamples, state: training.State) -> dict[str, Float[Array, ""]]:
    """Measure one seed: V on the held-out points, and D's accuracy on both kinds of points."""
    scores = [game.scores(state.discriminator.params, x) for x in game.shown(state.generator.state)]

    def accuracy(real: Float[Array, "n"], fake: Float[Array, "n"]) -> Float[Array, ""]:
        return (jnp.mean(real > 0) + jnp.mean(fake <= 0)) / 2

    return {
        "held_out_value": losses.value(*scores[2:]),
        "training_accuracy": accuracy(*scores[:2]),
        "held_out_accuracy": accuracy(*scores[2:]),
    }


measure_many = jax.jit(jax.vmap(measure, in_axes=(None, 0)))


@jax.jit
def _probabilities(game: TwoSamples, state: training.State) -> Samples:
    points = game.shown(state.generator.state)
    return Samples(*(jax.nn.sigmoid(game.scores(state.discriminator.params, x)) for x in points))


class Scene:
    """What D says of points it was trained on and of points it never saw, and V on both against training steps.

    Args:
        truth: Takes the game, returns 2 JS - log 4 of its two laws, or None where nobody knows it.
        images: Whether to show the points as 8 x 8 images too.
    """

    def __init__(self, truth: Callable[[Any], float | None], *, images: bool = False):
        self._truth = truth
        self.figure = plotting.new_figure(9.0, 4.6)
        cells = GridSpec(2, 3, self.figure, width_ratios=(1.5 if images else 0.01, 2.2, 3))
        self._mosaics = []
        if images:
            for row, title in enumerate(("real digits", "against these")):
                ax = plotting.axes(self.figure, cells[row, 0], title=title, xticks=[], yticks=[])
                ax.spines[:].set_visible(False)
                self._mosaics.append(ax.imshow(np.zeros((26, 35)), cmap="gray_r", vmin=0, vmax=17))
        # An odd number of bins: D = 1/2 lies in the middle of one.
        edges = np.linspace(0, 1, 22)
        self._bars, self._notes = [], []
        for row, title in enumerate(("D(x) for its training points", "D(x) for held-out points")):
            ax = plotting.axes(
                self.figure,
                cells[row, 1 if images else slice(0, 2)],
                title=title,
                xlim=(0, 1),
                ylim=(0, 27),
                yticks=[0, 10.5, 21],
                yticklabels=["0", "50 %", "100 %"],
                xlabel="D(x)" if row else "",
            )
            # Filled and outlined: where the two histograms overlap, both can be read.
            real = plotting.Histogram(ax, edges, plotting.DATA, "real")
            generated = plotting.Histogram(ax, edges, plotting.GENERATED, "generated")
            generated.steps.set(
                fill=False, linewidth=2, linestyle="--", alpha=1, edgecolor=plotting.GENERATED.color
            )
            self._bars += [real, generated]
            self._notes.append(plotting.Note(ax, 0.5, 0.99, align="center"))
        self._values_axes = plotting.axes(
            self.figure,
            cells[:, 2],
            title="value V of D, eight seeds",
            xlim=(0, 200),
            ylim=(_FLOOR, 0.4),
            xlabel="training steps of D",
            ylabel="nats",
        )
        for height, words in ((0.0, "0: all told right"), (-LOG4, "−log 4: guessing")):
            self._values_axes.axhline(height, color="#BBBBBB", lw=1)
            self._values_axes.text(
                0.99,
                height + 0.04,
                words,
                transform=self._values_axes.get_yaxis_transform(),
                fontsize=8,
                color="#555555",
                ha="right",
                va="bottom",
            )
        self._best = plotting.Curve(
            self._values_axes, [0, 1e5], plotting.EXACT, "exact max V = 2 JS − log 4", lw=1.6
        )
        self._training = plotting.Trace(self._values_axes, plotting.CRITIC, "V, training points")
        unseen = plotting.LEARNED._replace(dashes="--")
        self._held_out = plotting.Trace(self._values_axes, unseen, "V, held-out points")
        names = [real.steps, generated.steps, self._best.line, self._training.line, self._held_out.line]
        self.figure.legend(handles=names, loc="outside lower center", ncols=5, fontsize=9, frameon=False)
        self.artists = plotting.moving(
            *self._mosaics, *self._bars, *self._notes, self._best, self._held_out, self._training
        )

    def measure(self, game: TwoSamples, state: training.State) -> dict[str, Array]:
        """Measure what the traces and the notes show besides the value."""
        return measure_many(game, state)

    def update(self, run: Run) -> str:
        """Move everything to where the run stands; histograms and images are the first seed's."""
        game = run.game
        probabilities = _probabilities(game, run.first)
        for bars, sample in zip(self._bars, probabilities, strict=True):
            bars.set(np.asarray(sample))
        seen = {name: run.measured[name] for name in ("training_accuracy", "held_out_accuracy")}
        accuracies = [float(np.median(values[:, -1])) for values in seen.values()]
        for note, accuracy in zip(self._notes, accuracies, strict=True):
            note.set(f"{accuracy:.0%} told right")
        for mosaic, points in zip(self._mosaics, run.state.generator.state[:2], strict=False):
            mosaic.set_data(_mosaic(np.asarray(points[0, :12])))
        right = max(200, 100 * math.ceil(run.step / 100))
        if self._values_axes.get_xlim()[1] != right:
            self._values_axes.set_xlim(0, right)
        steps, values = plotting.thin(run.steps, run.value)
        self._training.set(steps, values)
        held_out = run.measured["held_out_value"]
        steps, values = plotting.thin(run.measured_at, held_out)
        self._held_out.set(steps, np.maximum(values, _FLOOR))
        truth = self._truth(game)
        self._best.set(np.full(2, np.nan if truth is None else truth))
        words = [
            f"step {run.step}: the median of eight seeds is V {np.median(held_out[:, -1]):.2f} on held-out points"
        ]
        if run.step:
            words.append(f"V {np.median(run.value[:, -1]):.2f} on training points")
        words.append(
            f"{accuracies[0]:.0%} of training points and {accuracies[1]:.0%} of held-out points told right"
        )
        words.append("the exact max V is unknown" if truth is None else f"the exact max V is {truth:.2f}")
        return ", ".join(words)


def _mosaic(points: Float[np.ndarray, "12 61"]) -> Float[np.ndarray, "26 35"]:
    """Lay twelve digits out in three rows of four, the dropped pixels put back."""
    images = np.zeros((12, 64))
    images[:, digits().std(axis=0) > 0] = points
    framed = np.pad(images.reshape(3, 4, 8, 8), ((0, 0), (0, 0), (0, 1), (0, 1)))
    return framed.transpose(0, 2, 1, 3).reshape(27, 36)[:26, :35]
