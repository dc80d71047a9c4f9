"""A GAN on the line."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array
from matplotlib.gridspec import GridSpec

from gantheory import divergences, games, plotting, training
from gantheory.explorables.scenes import _scene
from gantheory.explorables.scenes._traces import BINNED_JS, DOTTED, VALUE, Traced, Traces
from gantheory.games import Game
from gantheory.live.trainer import Run

__all__ = ["Line1D"]

_SMOOTHING = 0.1


class Line1D(_scene.Scene):
    """A GAN on the line: D(x) above, the two laws below, and the traces beside.

    Shown are the density of the data, the histogram of generated samples, D(x) = sigmoid of the discriminator's score
    (or the critic's raw score), and the best D for these two laws, q smoothed from samples. Given many seeds, the first
    one is shown, and all of them in the traces.

    Args:
        traced: What to trace.
        low: Left end of the line.
        high: Right end.
        raw: Whether to show raw scores in place of probabilities, over this range.
        best: Whether to show the best D, D* = p / (p + q).
        top: Upper end of the axis of densities.
    """

    def __init__(
        self,
        *,
        traced: Sequence[Traced] = (VALUE, BINNED_JS),
        low: float = -6.0,
        high: float = 6.0,
        raw: tuple[float, float] | None = None,
        best: bool = True,
        top: float = 0.9,
    ):
        figure = _scene.fixed_figure(9.0, 4.8)
        cells = GridSpec(
            2, 1, figure, left=0.065, right=0.63, bottom=0.1, top=0.94, height_ratios=(2, 3), hspace=0.2
        )
        self._x = np.linspace(low, high, 241)
        self._edges = np.linspace(low, high, 61)
        ax = plotting.axes(figure, cells[0, 0], xlim=(low, high), ylim=raw or (-0.03, 1.03))
        ax.tick_params(labelbottom=False)
        if not raw:
            ax.axhline(0.5, **DOTTED)
            ax.set_yticks([0, 0.5, 1])
        self._score = plotting.Curve(
            ax, self._x, plotting.CRITIC, "f, learned" if raw else "D, learned", lw=2.5
        )
        self._best = plotting.Curve(ax, self._x, plotting.EXACT, "D* (q smoothed)", lw=1.5) if best else None
        _scene.head(ax, "critic f(x)" if raw else "D(x): P(x is real)")
        ax = plotting.axes(figure, cells[1, 0], xlim=(low, high), ylim=(0, top), xlabel="x", ylabel="density")
        self._data = plotting.Density(ax, self._x, plotting.DATA, "p, the data")
        self._bars = plotting.Histogram(ax, self._edges, plotting.GENERATED, "generated samples")
        self._marks = plotting.Marks(ax, plotting.GENERATED, y=0.012)
        _scene.head(ax, "the two laws")
        traces = Traces(figure, _scene.beside(figure), traced)
        super().__init__(figure, traces, traced, low, high)
        self._raw = raw
        shown = [self._data, self._bars, self._marks, self._score, traces] + ([self._best] if best else [])
        self.artists = plotting.moving(*shown)

    def _look_at(self, game: Game, state: training.State) -> dict[str, Array]:
        x = jnp.asarray(self._x, jnp.result_type(float))[:, None]
        scores = games.discriminator_function(game, state)(x)
        fake = games.generate(game, state, jax.random.key(_scene.LOOK_KEY), _scene.NUM_MEASURED)[:, 0]
        p = jnp.exp(game.target.log_prob(x))
        # P_G has no density that we know: one smoothed from samples stands for it in D*.
        q = jax.scipy.stats.norm.pdf(x, fake[None, :], _SMOOTHING).mean(axis=1)
        # Where neither law has any mass to speak of the best D is a ratio of noise: it is left out.
        best = jnp.where(p + q > 1e-3, divergences.optimal_discriminator(p, q), jnp.nan)
        return {"score": scores if self._raw else jax.nn.sigmoid(scores), "p": p, "best": best, "fake": fake}

    def update(self, run: Run) -> str:
        """Move everything to where the run stands (its first seed, where it has many)."""
        seen = self._see(run)
        fake = seen["fake"]
        self._score.set(seen["score"])
        self._data.set(seen["p"])
        self._bars.set(fake)
        # The ticks stand over the axis's own, so nothing clips them: those beyond the picture are left out.
        shown = fake[: _scene.NUM_SHOWN]
        self._marks.set(shown[(shown >= self._x[0]) & (shown <= self._x[-1])])
        if self._best is not None:
            self._best.set(seen["best"])
        self._traces.set(run)
        words = f"step {run.step}: generated samples have mean {fake.mean():.2f}, standard deviation {fake.std():.2f}"
        return words + self._traces.words(run)
