"""From one generated image to another, in pixels and in z, with D's score along both ways."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from matplotlib.gridspec import GridSpec

from gantheory import games, plotting, training
from gantheory.classifiers import Classifier
from gantheory.explorables.image_gans import _scores
from gantheory.games import Game
from gantheory.live.controls import slider, whole_slider
from gantheory.live.figure import LiveFigure
from gantheory.live.stage import Stage

__all__ = ["NUM_PAIRS", "ends", "interpolation", "mix", "on_sphere"]

NUM_PAIRS = 12
"""Pairs of images to go between."""

_STOPS = 101
_STRIP = 9
# For the mean over many pairs: how many, and at how many positions.
_AVERAGED, _COARSE = 200, 21
_KEY = 5
_SURE = 0.95


def mix(
    a: Float[Array, "n *point"], b: Float[Array, "n *point"], t: Float[Array, "n"] | float
) -> Float[Array, "n *point"]:
    """Go the share t of the straight way from each of a to each of b.

    >>> float(mix(jnp.zeros((1, 2)), jnp.ones((1, 2)), 0.25)[0, 0])
    0.25
    """
    t = jnp.broadcast_to(t, a.shape[:1]).reshape(-1, *[1] * (a.ndim - 1))
    return (1 - t) * a + t * b


def on_sphere(
    a: Float[Array, "n k"], b: Float[Array, "n k"], t: Float[Array, "n"] | float
) -> Float[Array, "n k"]:
    """Go the share t of the way from a to b by turning: halfway, |z| is as long as at the ends, if these are alike.

    Source: Shoemake 1985, Animating rotation with quaternion curves: spherical linear interpolation.

    >>> bool(jnp.allclose(on_sphere(jnp.array([[1.0, 0.0]]), jnp.array([[0.0, 1.0]]), 0.5), 0.5**0.5))
    True
    """
    t = jnp.broadcast_to(t, a.shape[:1])[:, None]
    lengths = jnp.linalg.norm(a, axis=1, keepdims=True) * jnp.linalg.norm(b, axis=1, keepdims=True)
    angle = jnp.arccos(jnp.clip((a * b).sum(axis=1, keepdims=True) / lengths, -1, 1))
    # Where both point the same way any mixture does, and the quotient would be 0 / 0.
    near = angle < 1e-3
    sine = jnp.where(near, 1, jnp.sin(angle))
    turned = (jnp.sin((1 - t) * angle) * a + jnp.sin(t * angle) * b) / sine
    return jnp.where(near, (1 - t) * a + t * b, turned)


def ends(
    game: Game, state: training.State, n: int, data: str = "digits"
) -> tuple[Float[np.ndarray, "m k"], Float[np.ndarray, "m k"]]:
    """Draw pairs of z whose images the classifier puts into different classes, both of them surely.

    Args:
        game: a GAN of images.
        state: its state; the averaged generator is used.
        n: how many pairs, at most.
        data: whose classifier.

    Returns:
        Two arrays [m, k], with m <= n.
    """
    z, probabilities = jax.device_get(_recognised(_scores.judge(data).classifier, game, state, 8 * n))
    sure = np.flatnonzero(probabilities.max(axis=1) > _SURE)
    # A generator whose images nobody recognises has ends as well.
    chosen = sure if len(sure) > 1 else np.arange(len(z))
    labels = probabilities.argmax(axis=1)
    half = len(chosen) // 2
    first, second = chosen[:half], chosen[half : 2 * half]
    differ = labels[first] != labels[second]
    kept = differ if differ.any() else np.ones(half, bool)
    return z[first[kept][:n]], z[second[kept][:n]]


@functools.partial(jax.jit, static_argnames="n")
def _recognised(
    classifier: Classifier, game: Game, state: training.State, n: int
) -> tuple[Float[Array, "n k"], Float[Array, "n classes"]]:
    z = game.prior.sample(jax.random.key(_KEY), n)
    images = games.generator_function(game, training.averaged(state))(z)
    return z, jax.nn.softmax(classifier.logits(images), axis=1)


@jax.jit
def _ways(
    game: Game, state: training.State, z: Float[Array, "2 k"], t: Float[Array, "n"]
) -> tuple[Float[Array, "2 n h w c"], Float[Array, "2 n"]]:
    """Go both ways from G(z0) to G(z1): the images, and D's scores of them; in pixels first."""
    generate = games.generator_function(game, training.averaged(state))
    a, b = (jnp.repeat(end[None], t.shape[0], axis=0) for end in generate(z))
    images = jnp.stack([mix(a, b, t), generate(on_sphere(*jnp.repeat(z[:, None], t.shape[0], axis=1), t))])
    return images, jax.vmap(games.discriminator_function(game, state))(images)


@jax.jit
def _mean_scores(
    game: Game, state: training.State, z: Float[Array, "2 m k"], t: Float[Array, "n"]
) -> Float[Array, "2 n"]:
    """Average D's scores along both ways over many pairs."""
    generate = games.generator_function(game, training.averaged(state))
    score = games.discriminator_function(game, state)
    a, b = (generate(end) for end in z)

    def at(t: Float[Array, ""]) -> Float[Array, "2"]:
        return jnp.stack([score(mix(a, b, t)).mean(), score(generate(on_sphere(*z, t))).mean()])

    return jax.lax.map(at, t).T


def interpolation(game: Game, state: training.State, *, data: str = "digits") -> LiveFigure:
    """Show the way from one generated image to another, in pixels and in z, and D's score along each.

    Args:
        game: a GAN of images.
        state: its state, after a training; the averaged generator is used.
        data: the name of its dataset, for the classifier that picks pairs of different classes.

    >>> from gantheory.explorables import image_gans
    >>> game = image_gans.image_game()
    >>> live = interpolation(game, training.init(game, jax.random.key(0)))
    >>> live.controls["position"].value = 0.0
    >>> live.settle(10), live.stage.alt[:36]
    (True, 'pair 1, at 0.00: D gives the mixture')
    >>> live.close()
    """
    many = np.stack(ends(game, state, _AVERAGED, data))
    pairs = many[:, :NUM_PAIRS].swapaxes(0, 1)
    t = np.linspace(0, 1, _STOPS, dtype=np.float32)
    shown = np.linspace(0, _STOPS - 1, _STRIP).astype(int)

    coarse = np.linspace(0, 1, _COARSE, dtype=np.float32)
    means = np.asarray(_mean_scores(game, state, many, coarse))

    @functools.cache
    def both(pair: int) -> tuple[np.ndarray, np.ndarray]:
        images, scores = jax.device_get(_ways(game, state, pairs[pair - 1], t))
        return np.asarray(images), np.asarray(scores)

    figure = plotting.new_figure(9.0, 4.6)
    figure.set_layout_engine("none")
    cells = GridSpec(
        2, 2, figure, left=0.01, right=0.98, bottom=0.12, top=0.93, width_ratios=(1, 2.5), wspace=0.12,
        height_ratios=(1, 1.5), hspace=0.2,
    )  # fmt: skip
    strips = plotting.ImageGrid(plotting.axes(figure, cells[0, 1]), 2, _STRIP)
    large = []
    for row, name in enumerate(("in pixels", "in z")):
        ax = plotting.axes(figure, cells[:, 0].subgridspec(2, 1, hspace=0.22)[row], title=f"{name}, here")
        large.append(plotting.ImageGrid(ax, 1, 1))
        strips.image.axes.text(-0.08, row + 0.5, name, ha="right", va="center", fontsize=10, color="#333333")
    (frame,) = strips.image.axes.plot([], [], color=plotting.LEARNED.color, lw=2.5, clip_on=False)
    every = np.concatenate([both(pair)[1].ravel() for pair in range(1, len(pairs) + 1)] + [means.ravel()])
    room = 0.15 * np.ptp(every)
    ax = plotting.axes(
        figure,
        cells[1, 1],
        xlim=(0, 1),
        ylim=(every.min() - room, every.max() + room),
        xlabel="position t, from the first image to the second",
        ylabel="D's raw score",
    )
    curves = [
        plotting.Curve(ax, t, look, name)
        for look, name in ((plotting.GENERATED, "in pixels"), (plotting.LATENT, "in z"))
    ]
    for look, mean in zip((plotting.GENERATED, plotting.LATENT), means, strict=True):
        words = f"means of {many.shape[1]} pairs" if look is plotting.GENERATED else None
        plotting.Curve(ax, coarse, look, words, lw=6, alpha=0.22, ls="-").set(mean)
    dots = [
        ax.plot([], [], ls="none", marker=look.marker, ms=9, color=look.color, zorder=5, clip_on=False)[0]
        for look in (plotting.GENERATED, plotting.LATENT)
    ]
    plotting.legend(
        ax, place="upper center", ncols=3, bbox_to_anchor=(0.5, 1.13), borderaxespad=0, frameon=False
    )

    def update(position: float, pair: int) -> str:
        images, scores = both(pair)
        here = round(position * (_STOPS - 1))
        strips.set(images[:, shown].reshape(2 * _STRIP, *images.shape[2:]))
        left = position * (_STRIP - 1)
        frame.set_data([left, left + 1, left + 1, left, left], [0, 0, 2, 2, 0])
        for way in range(2):
            large[way].set(images[way, here][None])
            curves[way].set(scores[way])
            dots[way].set_data([t[here]], [scores[way, here]])
        return (
            f"pair {pair}, at {position:.2f}: D gives the mixture of pixels {scores[0, here]:.2f} and the image of the "
            f"mixed z {scores[1, here]:.2f}; at the ends {scores[0, 0]:.2f} and {scores[0, -1]:.2f}, halfway "
            f"{scores[0, _STOPS // 2]:.2f} in pixels and {scores[1, _STOPS // 2]:.2f} in z; over {many.shape[1]} "
            f"pairs on average {means[:, [0, -1]].mean():.2f} at the ends, {means[0, _COARSE // 2]:.2f} halfway in "
            f"pixels and {means[1, _COARSE // 2]:.2f} in z"
        )

    controls = {
        "position": slider("position $t$", 0.0, 1.0, 0.5, step=0.01),
        "pair": whole_slider("pair", 1, len(pairs), 1),
    }
    return LiveFigure(
        Stage(figure, [*plotting.moving(strips, *large, *curves), *dots, frame], photographic=True),
        update,
        controls,
    )
