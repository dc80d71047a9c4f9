"""Four methods from the same start: their images, and how far these are from the data."""

import functools

import jax
import numpy as np
from matplotlib.gridspec import GridSpec

from gantheory import games, metrics, plotting, training
from gantheory.explorables.image_gans import _games, _scores
from gantheory.live.controls import slider
from gantheory.live.trainer import LiveTrainer, Run

__all__ = ["SHARED_RATES", "score_each", "side_by_side"]

SHARED_RATES: dict[str, float] = _games.RATES | {"num_critic_steps": 2}
"""Of all four methods alike, for `training.Settings`."""

_SIDE = 5
_LOOK_KEY = 7


def score_each(game: _games.Together, state: training.State) -> dict[str, dict[str, np.ndarray]]:
    """Score the averaged generator of each method, by the methods' names; see `score`.

    >>> game = _games.four_methods()
    >>> found = score_each(game, training.init(game, jax.random.key(0)))
    >>> list(found), sorted(found["WGAN-GP"])
    (['minimax', 'WGAN, clipping', 'WGAN-GP', 'SN-GAN'], ['class_kl', 'frechet', 'shares'])
    """
    return {
        name: {what: np.asarray(x) for what, x in _scores.score("digits", _games.image_game(), one).items()}
        for name, one in zip(_games.METHODS, game.states(training.averaged(state)), strict=True)
    }


def _images(game: _games.Together, state: training.State) -> list[np.ndarray]:
    # All generators are of one kind: one game's compiled way to generate does for each, as for the scores.
    one_game, key = _games.image_game(), jax.random.key(_LOOK_KEY)
    states = game.states(training.averaged(state))
    return [np.asarray(games.generate(one_game, one, key, _scores.NUM_SCORED)[: _SIDE**2]) for one in states]


class _Scene:
    """A grid of images for each method, and under it its trace."""

    photographic = True

    def __init__(self) -> None:
        self.figure = plotting.new_figure(9.0, 4.0)
        self.figure.set_layout_engine("none")
        cells = GridSpec(
            2, 4, self.figure, left=0.075, right=0.985, bottom=0.115, top=0.93, wspace=0.1, hspace=0.16,
            height_ratios=(1.75, 1),
        )  # fmt: skip
        self._grids, self._traces, self._axes = [], [], []
        looks = (plotting.GENERATED, plotting.LEARNED, plotting.CRITIC, plotting.LATENT)
        for i, (name, look) in enumerate(zip(_games.METHODS, looks, strict=True)):
            ax = plotting.axes(self.figure, cells[0, i], title=name)
            self._grids.append(plotting.ImageGrid(ax, _SIDE, _SIDE))
            ax = plotting.axes(
                self.figure,
                cells[1, i],
                xlim=(0, 100),
                ylim=(0.004, 2),
                yscale="log",
                xlabel="training steps",
            )
            ax.axhline(_floor(), color=plotting.DATA.color, lw=1.2, ls=":")
            if i:
                ax.tick_params(labelleft=False)
            else:
                ax.set_ylabel("Fréchet distance")
                ax.text(
                    0.98,
                    _floor() * 1.15,
                    "real digits",
                    transform=ax.get_yaxis_transform(),
                    fontsize=8,
                    color=plotting.DATA.color,
                    ha="right",
                    va="bottom",
                )
            self._axes.append(ax)
            self._traces.append(plotting.Trace(ax, look))
        self.artists = plotting.moving(*self._grids, *self._traces)

    def measure(self, game: _games.Together, state: training.State) -> dict[str, np.ndarray]:
        """Measure the Fréchet distance and the KL of the classes of each method."""
        return {
            f"{name}: {what}": found[what]
            for name, found in score_each(game, state).items()
            for what in ("frechet", "class_kl")
        }

    def update(self, run: Run) -> str:
        """Move everything to where the run stands."""
        words = []
        right = max(100, 100 * 2 ** int(np.ceil(np.log2(max(run.step, 1) / 100))))
        images = _images(run.game, run.state)
        for name, grid, trace, ax, seen in zip(
            _games.METHODS, self._grids, self._traces, self._axes, images, strict=True
        ):
            grid.set(seen)
            if ax.get_xlim()[1] != right:
                ax.set_xlim(0, right)
            distance, divergence = (run.measured[f"{name}: {what}"] for what in ("frechet", "class_kl"))
            trace.set(*plotting.thin(run.measured_at, distance))
            words.append(
                f"{name} has Fréchet distance {distance[-1]:.3f}, KL of the classes {divergence[-1]:.3f}"
            )
        return f"step {run.step}: {'; '.join(words)}; real digits {_floor():.3f}"


@functools.cache
def _floor() -> float:
    """Measure the Fréchet distance of 355 training digits from the held-out ones: what a perfect generator has."""
    judge = _scores.judge("digits")
    rows = np.random.default_rng(0).choice(len(_games.dataset("digits")), _scores.NUM_SCORED, replace=False)
    images = jax.device_put(np.asarray(_games.dataset("digits").images)[rows])
    return float(metrics.frechet_distance(judge.features, judge.classifier.features(images)))


def side_by_side() -> LiveTrainer:
    """Show minimax, WGAN with clipping, WGAN-GP and SN-GAN from the same start, on the same batches, at the same rates.

    >>> live = side_by_side()
    >>> live.step_once()
    >>> live.stage.alt.split(" has")[0]
    'step 1: minimax'
    >>> live.close()
    """
    return LiveTrainer(
        _games.four_methods,
        _Scene(),
        moves={
            "weight": slider("penalty weight", 0.1, 100.0, 10.0, log=True),
            "clip": slider("clip", 0.005, 0.5, 0.05, log=True),
        },
        settings=training.Settings(**SHARED_RATES),
        speed=20,
    )
