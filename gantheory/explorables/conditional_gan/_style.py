"""What z keeps when the class changes: one trained generator, a slider for the class and one for z."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int
from matplotlib.gridspec import GridSpec
from matplotlib.patches import Rectangle

from gantheory import games, plotting, training
from gantheory.games import Game
from gantheory.live.controls import slider, whole_slider
from gantheory.live.figure import LiveFigure
from gantheory.live.stage import Stage

__all__ = ["ask", "ink_and_slant", "style_kept"]

_NUM_CLASSES = 10
_SIDE = 6
_KEY = 11


def ink_and_slant(images: Float[Array, "... h w 1"]) -> dict[str, Float[Array, "..."]]:
    """Measure two marks of a hand: how much ink an image has, and how far its strokes lean.

    Ink is the mean of a pixel, from 0 to 1. The slant is the slope of x against y, both weighted with the ink; positive
    where the lower part lies farther right.

    >>> leaning = -jnp.ones((4, 4, 1)) + 2 * jnp.eye(4)[..., None]
    >>> [round(float(mark), 3) for mark in ink_and_slant(leaning).values()]
    [0.25, 1.0]
    """
    ink = (images[..., 0] + 1) / 2
    rows, columns = (jnp.arange(size, dtype=ink.dtype) for size in ink.shape[-2:])
    total = ink.sum(axis=(-2, -1))
    of_rows, of_columns = ink.sum(axis=-1), ink.sum(axis=-2)
    y, x = (of_rows @ rows) / total, (of_columns @ columns) / total
    # E[xy] - E[x] E[y] over E[y^2] - E[y]^2.
    crossed = jnp.einsum("...yx,y,x->...", ink, rows, columns) / total - x * y
    return {"ink": ink.mean(axis=(-2, -1)), "slant": crossed / ((of_rows @ rows**2) / total - y**2)}


@jax.jit
def _marks(game: Game, state: training.State, seeds: Int[Array, "c"]) -> dict[str, Float[Array, "c n"]]:
    def of_class(label: Int[Array, ""], seed: Int[Array, ""]) -> dict[str, Float[Array, "n"]]:
        return ink_and_slant(games.generate(game, state, jax.random.key(seed), 500, labels=label))

    return jax.lax.map(lambda given: of_class(*given), (jnp.arange(_NUM_CLASSES), seeds))


def style_kept(game: Game, state: training.State, *, same_z: bool = True) -> dict[str, float]:
    """Measure how much of a hand stays when the class changes: the correlation of its marks between two classes.

    Args:
        game: from `digits_game`.
        state: of that game.
        same_z: whether the i-th image of each class comes from the same z; False for the control.

    Returns:
        "ink" and "slant": the correlation over 500 z of that mark in class a and in class b, mean over all pairs of
        different classes. 0 is what separate z give.
    """
    seeds = np.full(_NUM_CLASSES, _KEY, np.int32) + (0 if same_z else np.arange(_NUM_CLASSES, dtype=np.int32))
    marks = jax.device_get(_marks(game, state, seeds))
    others = ~np.eye(_NUM_CLASSES, dtype=bool)
    return {name: float(np.corrcoef(values)[others].mean()) for name, values in marks.items()}


@jax.jit
def _ask(
    game: Game, state: training.State, label: Int[Array, ""], turn: Float[Array, ""]
) -> tuple[Float[Array, "n h w c"], Float[Array, "k h w c"]]:
    z = game.prior.sample(jax.random.key(_KEY), _SIDE**2 + 2)
    # Around a circle through two draws, where |z| stays about as long as draws are.
    one = jnp.cos(2 * jnp.pi * turn) * z[-2:-1] + jnp.sin(2 * jnp.pi * turn) * z[-1:]
    each = games.generator_function(game, state, labels=jnp.arange(_NUM_CLASSES))
    many = games.generator_function(game, state, labels=label)
    return many(z[:-2]), each(jnp.tile(one, (_NUM_CLASSES, 1)))


def ask(game: Game, state: training.State) -> LiveFigure:
    """Show what a trained generator makes of 36 fixed z asked for as one class, and of one moving z asked for as each.

    Args:
        game: from `digits_game`.
        state: of that game; `training.averaged` of it looks better.

    >>> from gantheory.explorables.conditional_gan import digits_game
    >>> game = digits_game()
    >>> live = ask(game, training.init(game, jax.random.key(0)))
    >>> live.controls["label"].value = 7
    >>> live.settle(10), live.stage.alt.split(";")[0]
    (True, '36 images asked for as 7')
    >>> live.close()
    """
    figure = plotting.new_figure(9.0, 3.7)
    figure.set_layout_engine("none")
    cells = GridSpec(
        1, 2, figure, left=0.01, right=0.99, bottom=0.02, top=0.91, width_ratios=(3.3, 5.5), wspace=0.05
    )
    ax = plotting.axes(figure, cells[0], title="36 fixed z, all asked for as one class")
    many = plotting.ImageGrid(ax, _SIDE, _SIDE)
    ax = plotting.axes(figure, cells[1], title="one z, asked for as 0 to 9")
    each = plotting.ImageGrid(ax, 2, _NUM_CLASSES // 2)
    frame = Rectangle((0, 0), 0.94, 0.94, fill=False, ec=plotting.GENERATED.color, lw=3, zorder=5)
    ax.add_patch(frame)

    def update(label: int, turn: float) -> str:
        arguments: tuple[Any, ...] = (np.int32(label), jnp.asarray(turn, jnp.result_type(float)))
        of_one, of_each = (np.asarray(images) for images in _ask(game, state, *arguments))
        many.set(of_one)
        each.set(of_each)
        frame.set_xy((label % 5 + 0.03, label // 5 + 0.03))
        ink = (of_each.mean(axis=(1, 2, 3)) + 1) / 2
        return (
            f"{len(of_one)} images asked for as {label}; ten classes from the z at {turn:.2f} of the circle, with a "
            f"mean ink from {ink.min():.2f} to {ink.max():.2f}; the asked-for class has {ink[label]:.2f}"
        )

    controls = {
        "label": whole_slider("class asked for", 0, _NUM_CLASSES - 1, 3),
        "turn": slider("z: a turn of a circle", 0.0, 1.0, 0.0, step=0.01),
    }
    return LiveFigure(
        Stage(figure, [*plotting.moving(many, each), frame], photographic=True), update, controls
    )
