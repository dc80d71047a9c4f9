"""The live figures of notebook 03: JS stuck at log 2, its two causes apart, and the slope that is gone.

`crossing_segments` and `parallel_lines` show the first cause, thin supports; `digits_and_their_fit` real images;
`too_few_samples` the second cause; `vanishing_slope` and `nine_divergences` what follows.
"""

import math
from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from gantheory import _checks, training
from gantheory.explorables._vanishing import ceiling, gap_and_slope, nine_divergences, vanishing_slope
from gantheory.explorables.js_saturation import _two_samples
from gantheory.explorables.js_saturation._questions import predict, quiz
from gantheory.explorables.js_saturation._strips import (
    crossing_overlap,
    crossing_segments,
    parallel_lines,
    parallel_overlap,
)
from gantheory.explorables.js_saturation._two_samples import Digits, Gaussians, Samples, Scene, digits
from gantheory.live.controls import choice, slider, stops_slider, whole_slider
from gantheory.live.trainer import LiveTrainer, Run

__all__ = [
    "ceiling",
    "crossing_overlap",
    "crossing_segments",
    "digit_samples",
    "digits",
    "digits_and_their_fit",
    "gap_and_slope",
    "learn_by_heart",
    "nine_divergences",
    "parallel_lines",
    "parallel_overlap",
    "predict",
    "quiz",
    "too_few_samples",
    "vanishing_slope",
]

LOG4 = math.log(4)


def _trainer(
    make_game: Callable[..., _two_samples.TwoSamples], scene: Scene, rate: float, **controls: Any
) -> LiveTrainer:
    return LiveTrainer(
        make_game,
        scene,
        settings=training.Settings(discriminator_learning_rate=rate),
        num_seeds=8,
        speed=10,
        discriminator_only=True,
        **controls,
    )


def digit_samples(seed: int = 0, *, gaussian: bool = True) -> Samples:
    """Split the digits at random, 448 to train D and 448 to hold out, beside as many generated or other real ones.

    The same samples as those of `digits_and_their_fit`: whole grey levels with uniform noise, without the constant
    pixels, centred, in units of half the range.

    Args:
        seed: Of the split, the Gaussian and the noise.
        gaussian: Whether the fakes come from the Gaussian fit; else they are other real digits.

    Returns:
        `.real`, `.fake`, `.held_out_real`, `.held_out_fake`, each of shape [448, 61].

    >>> digit_samples().real.shape
    (448, 61)
    """
    game = Digits(gaussian)
    key = jax.random.key(_checks.seed("seed", seed))
    return Samples(*(np.asarray(x) for x in game.shown(game.init(key)[0].state)))


def digits_and_their_fit() -> LiveTrainer:
    """Train a D on real digits against a Gaussian fit to them, or against other real digits; eight seeds.

    >>> live = digits_and_their_fit()
    >>> live.step_once()
    >>> live.stage.alt.startswith("step 1: the median of eight seeds is V -1.39 on held-out points")
    True
    >>> live.close()
    """

    def make_game(against: str) -> Digits:
        return Digits(gaussian=against == "Gaussian")

    return _trainer(
        make_game,
        Scene(lambda game: None if game.gaussian else -LOG4, images=True),
        1e-3,
        structure={
            "against": choice(
                "real digits against", [("a Gaussian fit", "Gaussian"), ("other real digits", "digits")]
            )
        },
    )


def too_few_samples() -> LiveTrainer:
    """Train a D on few samples of two Gaussians, equal ones at first; eight seeds, each with samples of its own.

    Number of samples, dimension and shift may be moved while D learns.

    >>> live = too_few_samples()
    >>> live.step_once()
    >>> live.stage.alt.endswith("the exact max V is -1.39")
    True
    >>> live.close()
    """
    powers = [2**k for k in range(3, 10)]
    moves = {
        "num_samples": stops_slider("samples n of each", powers, 64),
        "dim": whole_slider("dimension d", 1, 64, 8),
        "shift": slider("shift of $P_G$", 0.0, 4.0, 0.0, step=0.1),
    }
    return _trainer(
        Gaussians, Scene(lambda game: -2 * float(gap_and_slope(game.shift[None])[0][0])), 2e-3, moves=moves
    )


def learn_by_heart(
    num_samples: int = 64,
    dim: int = 8,
    shift: float = 0.0,
    *,
    num_steps: int = 200,
    learning_rate: float = 2e-3,
) -> Run:
    """Train eight D, each on samples of its own, as `too_few_samples` does, without a picture.

    Args:
        num_samples: Of each kind; a power of 2 from 1 to 512.
        dim: From 1 to 64.
        shift: How far the two means are apart.
        num_steps: At least 1; D sees all samples in each.
        learning_rate: Above 0.

    Returns:
        The run: `.value` [8, num_steps] holds V on the training samples, `.measured["held_out_value"]` [8, 2] V on
        1,024 held-out points of each kind before and after the training.

    Raises:
        TypeError, ValueError: If an argument is not as above.

    >>> run = learn_by_heart(num_samples=64, dim=64, num_steps=50)
    >>> bool(run.value[:, -1].max() > -0.1), bool(run.measured["held_out_value"][:, -1].max() < -1.39)
    (True, True)
    """
    run = Run(Gaussians(num_samples, dim, shift), 0, num_seeds=8, measure=_two_samples.measure_many)
    run.advance(num_steps, training.Settings(discriminator_learning_rate=learning_rate))
    return run
