"""Real images without pairs: the domains, the translators, and the true partners, which only measure."""

import dataclasses
import functools
import os
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, Float, Int, UInt8

from gantheory import _checks, _pytree, datasets, games, lipschitz, training
from gantheory.datasets import Dataset
from gantheory.games import Game
from gantheory.networks import MLP, Convolution, DCGANDiscriminator

__all__ = [
    "IMAGE_PAIRS",
    "IMAGE_SETTINGS",
    "TRANSLATORS",
    "Domains",
    "Translations",
    "baselines",
    "domain_names",
    "domains",
    "image_game",
    "outline",
    "score_translations",
    "thicken",
    "train_translators",
]

TRANSLATORS = ("local", "global")
"""The kinds of translators: what a pixel becomes is decided by its 5 x 5 neighbours, or by all pixels."""
IMAGE_PAIRS = (0, 10, 30)
"""How many true pairs may be known."""
IMAGE_SETTINGS = training.Settings(2e-3, 2e-3, ema_decay=0.99)
"""The rates of every training of images. What is looked at are the averaged weights."""

_FASHION = "outlines of clothes"
_INSTALLED = Path("/usr/share/datasets/fashion-mnist")  # by Debian's package
_MOST_IMAGES, _MOST_TESTED = 10_000, 355
_CYCLE_WEIGHT, _HINT_WEIGHT = 5.0, 10.0

Images = Float[Array, "n h w c"]
Pixels = UInt8[np.ndarray, "n h w 1"]


class Domains(NamedTuple):
    """Two kinds of images, and the true partners that no training sees.

    Attributes:
        a: A's images.
        b: B's images: the true partners of *other* images than those of `a`.
        tested: Images of neither, of A's kind, [n, h, w, 1].
        partners: The true partner of each of these, [n, h, w, 1].
        labels: Its class, [n].
        pairs: Images of `a` with their true partners, for hints.
    """

    a: Dataset
    b: Dataset
    tested: Images
    partners: Images
    labels: Int[Array, "n"]
    pairs: tuple[Images, Images]


def _neighbours(pixels: Pixels, beyond: int) -> UInt8[np.ndarray, "5 n h w 1"]:
    """Stack each pixel with the four beside it; beyond the border lies `beyond`."""
    p = np.pad(pixels, ((0, 0), (1, 1), (1, 1), (0, 0)), constant_values=beyond)
    return np.stack([p[:, 1:-1, 1:-1], p[:, :-2, 1:-1], p[:, 2:, 1:-1], p[:, 1:-1, :-2], p[:, 1:-1, 2:]])


def thicken(pixels: Pixels) -> Pixels:
    """Give each pixel the most ink that it or one of the four beside it has.

    >>> thicken(np.diag([0, 9, 0]).astype(np.uint8)[None, :, :, None])[0, :, :, 0].tolist()
    [[0, 9, 0], [9, 9, 9], [0, 9, 0]]
    """
    return _neighbours(pixels, 0).max(axis=0)


def outline(pixels: Pixels) -> Pixels:
    """Keep the ink that a pixel has beyond the least of the four beside it.

    >>> outline(np.full((1, 3, 3, 1), 9, np.uint8))[0, :, :, 0].tolist()
    [[9, 9, 9], [9, 0, 9], [9, 9, 9]]
    """
    return pixels - _neighbours(pixels, 0).min(axis=0)


def _turned(pixels: Pixels) -> Pixels:
    return np.rot90(pixels, axes=(1, 2))


_TRUTHS = {"bold digits": thicken, "turned digits": _turned, _FASHION: outline}


def _fashion_is_here() -> bool:
    """Tell whether Fashion-MNIST's files lie where `datasets` looks before it downloads."""
    folders = [_INSTALLED, datasets.cache_folder() / "fashion_mnist"]
    if own := os.environ.get("GANTHEORY_DATA"):
        root = Path(own).expanduser()
        folders += [root, root / "fashion_mnist", root / "fashion-mnist"]
    names = [f"{part}-{kind}-ubyte" for part in ("train", "t10k") for kind in ("images-idx3", "labels-idx1")]
    return any(
        all(any((folder / f"{name}{end}").is_file() for end in ("", ".gz")) for name in names)
        for folder in folders
    )


def domain_names() -> list[str]:
    """List the pairs of domains; the clothes only where Fashion-MNIST's files are on this machine.

    >>> domain_names()[:2]
    ['bold digits', 'turned digits']
    """
    return [name for name in _TRUTHS if name != _FASHION or _fashion_is_here()]


@functools.cache
def domains(name: str) -> Domains:
    """Make a pair of domains: every second image of the training split is A's, the partners of the others are B's.

    >>> made = domains("bold digits")
    >>> len(made.a), len(made.b), made.tested.shape, made.partners.shape
    (721, 721, (355, 8, 8, 1), (355, 8, 8, 1))
    """
    truth = _TRUTHS[_checks.one_of("name", name, _TRUTHS)]
    source = "fashion_mnist" if name == _FASHION else "digits"
    train, test = (datasets.load(source, split) for split in ("train", "test"))
    train, test = train.subset(slice(2 * _MOST_IMAGES)), test.subset(slice(_MOST_TESTED))

    def partners(dataset: Dataset) -> Dataset:
        pixels = np.ascontiguousarray(truth(np.asarray(dataset.pixels)))
        return Dataset(pixels, np.asarray(dataset.labels), dataset.names, level=dataset.level)

    a, b = (train.subset(slice(start, None, 2)) for start in (0, 1))
    few = a.subset(slice(max(IMAGE_PAIRS)))
    return Domains(
        a, partners(b), test.images, partners(test).images, test.labels, (few.images, partners(few).images)
    )


class _Local(nnx.Module):
    """Two convolutions of 3 x 3: what a pixel becomes is decided by its 5 x 5 neighbours, everywhere alike."""

    def __init__(self, *, width: int = 8, rngs: nnx.Rngs):
        self.enter = Convolution(1, width, kernel_size=3, stride=1, rngs=rngs)
        self.middle = Convolution(width, width, kernel_size=3, stride=1, rngs=rngs)
        self.leave = Convolution(width, 1, kernel_size=1, stride=1, rngs=rngs)

    def __call__(self, x: Images) -> Images:
        for layer in (self.enter, self.middle):
            x = jax.nn.gelu(layer(x))
        return jnp.tanh(self.leave(x))


class _Flat(nnx.Module):
    """A perceptron of all pixels: an image to an image, or to a score."""

    def __init__(self, size: int, *, translates: bool, rngs: nnx.Rngs):
        self.translates = translates
        # Every translation of the course's true maps by a table of places is linear: no hidden layer is needed.
        self.layers = MLP(size, size if translates else 1, width=256, depth=0 if translates else 2, rngs=rngs)

    def __call__(self, x: Images) -> Float[Array, "n *out"]:
        y = self.layers(x.reshape(x.shape[0], -1))
        return y.reshape(x.shape) if self.translates else y


# Made once: a game of another factory would compile its start anew.
def _local(rngs: nnx.Rngs) -> nnx.Module:
    return _Local(rngs=rngs)


_FACTORIES = {
    size: tuple(functools.partial(_Flat, size, translates=translates) for translates in (True, False))
    for size in (64, 784)
}


def _large_discriminator(rngs: nnx.Rngs) -> nnx.Module:
    return DCGANDiscriminator((28, 28, 1), width=16, rngs=rngs)


@functools.cache
def _some_game(name: str, translators: str) -> Game:
    made = domains(name)
    flat, judge = (functools.partial(_made, factory) for factory in _FACTORIES[made.a.dim])
    return games.cycle_gan(
        _local if translators == "local" else flat,
        judge if made.a.dim == 64 else _large_discriminator,
        "non_saturating",
        lipschitz.r1(1.0),
        domain_a=made.a,
        domain_b=made.b,
        cycle_weight=_CYCLE_WEIGHT,
        hints=made.pairs,
        hint_weight=0.0,
        batch_size=64,
    )


def _made(factory: functools.partial, rngs: nnx.Rngs) -> nnx.Module:
    return factory(rngs=rngs)


def image_game(
    name: str = "bold digits", translators: str = "local", pairs: int = 0, unpaired: bool = True
) -> Game:
    """Make a game of images; the number of pairs compiles nothing anew.

    Args:
        name: of the domains, one of `domain_names()`.
        translators: one of `TRANSLATORS`.
        pairs: how many true pairs are known, one of `IMAGE_PAIRS`.
        unpaired: whether the adversarial and the cycle terms count; without them, and with pairs, what is left is
            plain regression.

    >>> game = image_game(pairs=10)
    >>> float(game.hint_weight), float(game.cycle_weight)
    (10.0, 5.0)
    """
    if pairs not in IMAGE_PAIRS:
        _checks.refuse("pairs", f"one of {', '.join(map(str, IMAGE_PAIRS))}", _checks.describe(pairs))
    _checks.one_of("translators", translators, TRANSLATORS)
    game = _some_game(name, translators)
    # Repeated up to the most, so that their number is no shape; the mean stays.
    chosen = np.arange(max(IMAGE_PAIRS)) % max(pairs, 1)
    weights = {
        "adversarial_weight": float(unpaired),
        "cycle_weight": _CYCLE_WEIGHT * unpaired,
        "hint_weight": _HINT_WEIGHT if pairs else 0.0,
    }
    return dataclasses.replace(
        game,
        hints=tuple(images[chosen] for images in domains(name).pairs),
        **{weight: _pytree.scalar(number) for weight, number in weights.items()},
    )


class Translations(NamedTuple):
    """How good translators are, on images that no training saw; one number, or one for each seed.

    Attributes:
        error: RMS of F(a) - the hidden partner in % of the partners' spread: 100 is always saying the mean image.
        cycle: RMS of G(F(a)) - a in % of the spread of A.
        same_class: Share of F(a) in % whose nearest image of B has the class of a.
    """

    error: Float[np.ndarray, "*seeds"]
    cycle: Float[np.ndarray, "*seeds"]
    same_class: Float[np.ndarray, "*seeds"]


@jax.jit
def _look(game: Game, state: training.State, made: Domains) -> tuple[Images, Images, Translations]:
    there = games.translate(game, state, made.tested, to="b")
    back = games.translate(game, state, there, to="a")
    return there, back, _score(there, back, made)


@jax.jit
def _score(there: Images, back: Images, made: Domains) -> Translations:
    return Translations(_percent(there, made.partners), _percent(back, made.tested), _same_class(there, made))


def _percent(x: Images, y: Images) -> Float[Array, ""]:
    spread = jnp.mean((y - y.mean(axis=0, keepdims=True)) ** 2)
    return 100 * jnp.sqrt(jnp.mean((x - y) ** 2) / spread)


def _same_class(x: Images, made: Domains) -> Float[Array, ""]:
    known = made.b.images.reshape(len(made.b), -1)
    x = x.reshape(x.shape[0], -1)
    # |x - y|^2 without |x|^2, which is the same for every y.
    apart = jnp.sum(known**2, axis=1)[None] - 2 * x @ known.T
    return 100 * jnp.mean(made.b.labels[jnp.argmin(apart, axis=1)] == made.labels)


def score_translations(name: str, game: Game, state: training.State) -> tuple[Images, Images, Translations]:
    """Translate the tested images there and back with averaged weights, and score them."""
    there, back, found = _look(game, training.averaged(state), domains(name))
    return there, back, Translations(*(np.asarray(number) for number in found))


def train_translators(
    num_steps: int,
    name: str = "bold digits",
    translators: str = "local",
    *,
    pairs: int = 0,
    unpaired: bool = True,
    num_seeds: int = 2,
) -> Translations:
    """Train translators of images on several seeds, and score them.

    Args:
        num_steps: steps of the training.
        name: as for `image_game`, and likewise the next three.
        translators: see there.
        pairs: see there.
        unpaired: see there.
        num_seeds: how many seeds.

    >>> train_translators(2, "turned digits", "global").error.shape
    (2,)
    """
    game = image_game(name, translators, pairs, unpaired)
    found = []
    # One after the other, as the live figure trains: it then finds everything compiled.
    for seed in range(num_seeds):
        state, _ = training.train(game, training.init(game, jax.random.key(seed)), num_steps, IMAGE_SETTINGS)
        found.append(score_translations(name, game, state)[2])
    return Translations(*(np.array(column) for column in zip(*found, strict=True)))


def baselines(name: str = "bold digits") -> dict[str, Translations]:
    """Score three translations that learn nothing, and go back by heart: a itself, the nearest of B, B's mean image.

    >>> round(float(baselines()["B's mean image"].error))
    100
    """
    made = domains(name)
    known, x = (np.asarray(images) for images in (made.b.images, made.tested))
    flat = known.reshape(len(known), -1)
    apart = (flat**2).sum(axis=1)[None] - 2 * x.reshape(len(x), -1) @ flat.T  # but for |x|^2
    guesses = {
        "a itself": x,
        "the nearest image of B": known[apart.argmin(axis=1)],
        "B's mean image": np.broadcast_to(known.mean(axis=0, keepdims=True), x.shape),
    }
    return {
        title: Translations(*(np.asarray(number) for number in _score(guess, x, made)))
        for title, guess in guesses.items()
    }
