"""Named recipes: whole settings of a GAN as plain data, for points in the plane and for images.

`make_game(recipe, target)` and `make_settings(recipe)` turn any of them into what the trainer takes:

    recipe = dataclasses.replace(METHODS_IMAGES["wgan_gp"], width=16)
    game = make_game(recipe, datasets.load("digits"))
    state, history = training.train(game, training.init(game, key), 1000, make_settings(recipe))
    images = games.generate(game, training.averaged(state), key, 100)

**Images.** An `ImageRecipe` is every number that a training on a `datasets.Dataset` depends on; `METHODS_IMAGES` are
the methods that notebook 09, its benchmark and the command `python -m gantheory train` share.

**Points in the plane.** A `Recipe` is the same for two perceptrons. `METHODS` are the rows of the table of notebook 08:
the classics with two plain networks, and what becomes of one of them with another generator. `run` trains a recipe
from several seeds through the public trainer and scores what each generates by the protocol of the literature.
`benchmarks/toy_table.py` does so for all, and `stored_table` returns what it stored.

**What makes the best recipe good.** A network is continuous: between two modes its generator must draw a bridge, and
what falls on a bridge is of low quality. Bridges are thin where the generator consists of *plateaus*. Units of tanh
over a wide prior (a standard deviation of 10 in four dimensions) saturate for most z, so that the first layer cuts the
space of z into cells by steep steps, and the game has to decide which cell goes to which mode; a leaky ReLU generator
over N(0, 1) has to grow its slopes first. Learning rates that fall to 0 and averaged weights take away the jitter of
the game. R1 keeps the modes: without it a seed in five lost some of the grid's. Neither player knows the modes: the
generator sees z alone, and the target enters through its samples.

**One scale for all targets.** Every recipe's networks see, and draw, the data in units of the data's own standard
deviation around their mean, both measured on 10,000 samples. A constraint is applied to the whole discriminator, a
function of the data as they are.

**What high quality does not see.** The share of samples near a mode also rises where the modes come out *narrower* than
the target's, and above a perfect sampler's 0.989 it means nothing else. The best recipe draws its modes about half as
wide as they should be. Hence `mode_width`, `histogram_kl` and `sliced_w1` beside it.
"""

from typing import Any

from gantheory import _checks, games, training
from gantheory.recipes import _parts
from gantheory.recipes._images import (
    BEST_IMAGES,
    DTYPES,
    METHODS_IMAGES,
    NETWORKS,
    ImageRecipe,
    image_game,
)
from gantheory.recipes._parts import CONSTRAINTS, SCHEDULES
from gantheory.recipes._toys import (
    BEST,
    METHODS,
    NUM_SAMPLES,
    TARGETS,
    Recipe,
    Result,
    Score,
    run,
    score,
    standardization,
    stored_table,
    toy_game,
)

__all__ = [
    "BEST",
    "BEST_IMAGES",
    "CONSTRAINTS",
    "DTYPES",
    "METHODS",
    "METHODS_IMAGES",
    "NETWORKS",
    "NUM_SAMPLES",
    "SCHEDULES",
    "TARGETS",
    "ImageRecipe",
    "Recipe",
    "Result",
    "Score",
    "make_game",
    "make_settings",
    "run",
    "score",
    "standardization",
    "stored_table",
]


def make_game(recipe: Any, target: Any) -> games.Game:
    """Make a recipe's game for a target; games of one recipe share their compiled functions where shapes agree.

    Args:
        recipe: a `Recipe`, such as `METHODS["wgan_gp"]`, or an `ImageRecipe`.
        target: for a `Recipe` a law in any dimension, such as `distributions.ring()`; for an `ImageRecipe` a
            `datasets.Dataset`.

    Raises:
        TypeError: where an argument is not as above.

    >>> from gantheory import datasets, distributions
    >>> game = make_game(METHODS["wgan_gp"], distributions.ring())
    >>> float(game.constraint.weight), game.prior.dim, game.batch_size
    (1.0, 2, 256)
    >>> make_game(METHODS_IMAGES["r1"], datasets.load("digits")).prior.dim
    64
    """
    return (
        image_game(recipe, target) if isinstance(_a_recipe(recipe), ImageRecipe) else toy_game(recipe, target)
    )


def make_settings(recipe: Any, num_steps: int | None = None) -> training.Settings:
    """Make a recipe's settings for the trainer.

    Args:
        recipe: a `Recipe` or an `ImageRecipe`.
        num_steps: the length of the training, which a schedule falls over; None for the recipe's own.

    Raises:
        TypeError, ValueError: where an argument is not as above.

    >>> float(make_settings(METHODS["wgan_gp"]).num_critic_steps)
    5.0
    """
    return _parts.settings_of(_a_recipe(recipe), num_steps)


def _a_recipe(recipe: Any) -> Recipe | ImageRecipe:
    if not isinstance(recipe, Recipe | ImageRecipe):
        allowed = "a recipes.Recipe or recipes.ImageRecipe"
        _checks.refuse("recipe", allowed, _checks.describe(recipe), TypeError)
    return recipe
