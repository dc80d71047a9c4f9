"""What a GAN in training looks like, in one and in two dimensions: scenes for `live.trainer.LiveTrainer`."""

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec, SubplotSpec
from matplotlib.lines import Line2D

from gantheory import divergences, games, metrics, plotting, training, transport
from gantheory.games import Game
from gantheory.live.trainer import Run

__all__ = [
    "BINNED_JS",
    "HIGH_QUALITY",
    "HISTOGRAM_KL",
    "MODES",
    "SLICED_W1",
    "VALUE",
    "W1",
    "Line1D",
    "Plane2D",
    "Traced",
    "Traces",
]

LOG2 = math.log(2)
# The same points at every picture, so that the traces move because the players do.
_LOOK_KEY = 7
_NUM_MEASURED = 2000
_NUM_SHOWN = 400
_SMOOTHING = 0.1
# Cells along one side of the heat map, and nodes along one side of the generator's grid.
_CELLS = 60
_NODES = 13
# The length of a gradient whose arrow is half as long as the longest possible one.
_HALF_LENGTH = 0.25
_DOTTED = {"color": "#999999", "lw": 1, "ls": ":"}


@dataclasses.dataclass(frozen=True)
class Traced:
    """A quantity against training steps.

    Attributes:
        label: Its name, above its axes.
        source: Takes a `Run`, returns steps [n] and values [n] or [seeds, n].
        look: Its colour and dashes.
        low: Lower end of its axis, in the quantity's units.
        high: Upper end; the axis grows beyond it where values do if `grows`.
        lines: Heights to mark, by what stands there (above the line; below it where the words begin with a space).
        grows: Whether the axis follows the values up.
        measure: Takes samples of the data and generated ones, [n, d] each, and returns the number to trace; None for
            what the history holds anyway.
        name: Its name in `Run.measured`, where it is measured.
        of_target: Instead of `measure`: takes the game's target and generated samples [n, d], where the number needs to
            know what the target is made of.
    """

    label: str
    source: Callable[[Run], tuple[np.ndarray, np.ndarray]]
    look: plotting.Look
    low: float
    high: float
    lines: Mapping[str, float] = dataclasses.field(default_factory=dict)
    grows: bool = False
    measure: Callable[..., Any] | None = None
    name: str = ""
    of_target: Callable[..., Any] | None = None


def _measured(name: str) -> Callable[[Run], tuple[np.ndarray, np.ndarray]]:
    return lambda run: (run.measured_at, run.measured[name])


def _binned_js(real: Float[Array, "n d"], fake: Float[Array, "m d"], low: Any, high: Any) -> Float[Array, ""]:
    bins = 40 if real.shape[1] == 1 else 16
    return metrics.binned_js(real, fake, low=low, high=high, num_bins=bins)


VALUE = Traced(
    "value V(G, D), nats",
    lambda run: (run.steps, run.value),
    plotting.CRITIC,
    -2.5,
    0.3,
    {"0: D separates all": 0.0, " −log 4: D = 1/2": -2 * LOG2},
)
"""V(G, D) at every step, in nats."""
BINNED_JS = Traced(
    "binned JS, nats",
    _measured("binned_js"),
    plotting.LEARNED,
    -0.02,
    0.8,
    {"log 2: nothing in common": LOG2},
    measure=_binned_js,
    name="binned_js",
)
"""JS between two histograms, of data and of generated samples, in nats."""
W1 = Traced(
    "W1 between samples",
    _measured("w1"),
    plotting.LATENT,
    0.0,
    1.0,
    grows=True,
    measure=lambda real, fake, low, high: transport.wasserstein_1d(real[:, 0], fake[:, 0]),
    name="w1",
)
"""W1 between samples on the line."""
SLICED_W1 = Traced(
    "sliced W1 between samples",
    _measured("sliced_w1"),
    plotting.LATENT,
    0.0,
    0.5,
    grows=True,
    measure=lambda real, fake, low, high: transport.sliced_wasserstein(
        jax.random.key(0), real, fake, num_projections=32
    ),
    name="sliced_w1",
)
"""Sliced W1 between samples."""


def coverage(target: Any, samples: Float[Array, "n d"]) -> metrics.ModeCoverage:
    """Compute which modes of a mixture the samples capture; a target may have its own idea of its modes."""
    if hasattr(target, "coverage"):
        return target.coverage(samples)
    return metrics.mode_coverage(samples, target.means, target.std, target.weights)


MODES = Traced(
    "modes captured",
    _measured("modes"),
    plotting.CRITIC,
    0.0,
    10.0,
    grows=True,
    name="modes",
    of_target=lambda target, fake: coverage(target, fake).modes,
)
"""How many modes are captured, of those the target has."""
HIGH_QUALITY = Traced(
    "high quality, %",
    _measured("high_quality"),
    plotting.LEARNED,
    0.0,
    105.0,
    {"98.9 %: perfect, for round modes": 100 * (1 - math.exp(-4.5))},
    name="high_quality",
    of_target=lambda target, fake: 100 * coverage(target, fake).high_quality,
)
"""The share of samples of high quality, in per cent."""
HISTOGRAM_KL = Traced(
    "KL of the mode histogram, nats",
    _measured("histogram_kl"),
    plotting.GENERATED,
    0.0,
    2.2,
    grows=True,
    name="histogram_kl",
    of_target=lambda target, fake: coverage(target, fake).histogram_kl,
)
"""KL between the shares of the modes, of the samples and of the target, in nats."""


def _round_up(number: float) -> float:
    """Return the least of 1, 2, 5, 10, 20, 50, … times a power of ten that is not below `number`."""
    power = 10.0 ** math.floor(math.log10(number))
    return next(digit * power for digit in (1, 2, 5, 10) if digit * power >= number * (1 - 1e-9))


def _head(ax: Axes, title: str, handles: Sequence[Artist] | None = None) -> None:
    """Put a title above the left end and a legend above the right end, where nothing that moves can meet them."""
    ax.set_title(title, fontsize=11, color="#333333", loc="left")
    columns = len(ax.get_legend_handles_labels()[0] if handles is None else handles)
    plotting.legend(
        ax,
        place="lower right",
        handles=handles,
        bbox_to_anchor=(1, 1),
        ncols=columns,
        borderpad=0.2,
        borderaxespad=0.1,
        columnspacing=1.2,
        handletextpad=0.5,
        frameon=False,
    )


def _fixed_figure(width: float, height: float) -> Figure:
    """Make a figure whose axes stand where they are put: a layout that fits itself moves them when tick labels grow."""
    figure = plotting.new_figure(width, height)
    figure.set_layout_engine("none")
    return figure


def _beside(figure: Figure) -> SubplotSpec:
    """Return the place of the traces, at the right."""
    return GridSpec(1, 1, figure, left=0.705, right=0.97, bottom=0.1, top=0.94)[0]


class Traces:
    """A column of traces, one above the other, over the same steps."""

    def __init__(
        self, figure: Any, place: SubplotSpec, traced: Sequence[Traced], *, gap: float | None = None
    ):
        self._traced = traced
        self._axes, self._traces = [], []
        # Four need more room for the names between them than two, in parts of their heights.
        gap = gap or (0.22 if len(traced) < 4 else 0.55)
        cells = place.subgridspec(len(traced), 1, hspace=gap)
        for row, what in enumerate(traced):
            last = row == len(traced) - 1
            ax = plotting.axes(
                figure,
                cells[row],
                title=what.label,
                xlim=(0, 100),
                ylim=(what.low, what.high),
                xlabel="training steps" if last else "",
            )
            if not last:
                ax.tick_params(labelbottom=False)
            for words, height in what.lines.items():
                ax.axhline(height, **_DOTTED)
                below = words.startswith(" ")
                ax.annotate(
                    words.strip(),
                    (1, height),
                    xytext=(0, -3 if below else 1),
                    xycoords=("axes fraction", "data"),
                    textcoords="offset points",
                    fontsize=8,
                    color="#555555",
                    ha="right",
                    va="top" if below else "bottom",
                )
            self._axes.append(ax)
            self._traces.append(plotting.Trace(ax, what.look))
        self.artists = plotting.moving(*self._traces)

    def set(self, run: Run) -> None:
        """Show the run's history so far; axes grow in few steps, since each one draws the whole figure anew."""
        right = max(100.0, _round_up(max(run.step, 1)))
        for what, ax, trace in zip(self._traced, self._axes, self._traces, strict=True):
            steps, values = plotting.thin(*what.source(run))
            trace.set(steps, np.clip(values, -1e6, 1e6))
            if ax.get_xlim()[1] != right:
                ax.set_xlim(0, right)
            if what.grows:
                most = float(values.max()) if values.size else 0.0
                top = _round_up(most) if most > what.high else what.high
                if ax.get_ylim()[1] != top:
                    ax.set_ylim(what.low, top)

    def words(self, run: Run) -> str:
        """Say the newest of every traced number; of many seeds their median, least and greatest."""
        parts = []
        for what in self._traced:
            _, values = what.source(run)
            if not values.shape[-1]:
                continue
            name, newest = what.label.removesuffix(", nats"), np.atleast_1d(values[..., -1])
            said = f"{name} {np.median(newest):.3f}"
            if newest.size > 1:
                said += f" (from {newest.min():.3f} to {newest.max():.3f} over {newest.size} seeds)"
            parts.append(said)
        return "".join(f"; {part}" for part in parts)


class _Scene:
    """What both scenes share: the traces, their measures, and one compiled look at the players per picture."""

    def __init__(self, figure: Any, traces: Traces, traced: Sequence[Traced], low: Any, high: Any):
        self.figure, self._traces = figure, traces
        self._measures = {what.name: what.measure for what in traced if what.measure is not None}
        self._of_target = {what.name: what.of_target for what in traced if what.of_target is not None}
        self._low, self._high = low, high
        self._measure_one = jax.jit(self._measure)
        self._measure_many = jax.jit(jax.vmap(self._measure, in_axes=(None, 0)))
        self._look = jax.jit(lambda game, state: self._look_at(game, _first(state)))

    def _look_at(self, game: Game, state: training.State) -> dict[str, Array]:
        raise NotImplementedError

    def _measure(self, game: Game, state: training.State) -> dict[str, Float[Array, ""]]:
        real_key, fake_key = jax.random.split(jax.random.key(_LOOK_KEY))
        real = game.target.sample(real_key, _NUM_MEASURED)
        fake = games.generate(game, state, fake_key, _NUM_MEASURED)
        of_both = {
            name: measure(real, fake, self._low, self._high) for name, measure in self._measures.items()
        }
        return of_both | {name: measure(game.target, fake) for name, measure in self._of_target.items()}

    def measure(self, game: Game, state: training.State) -> dict[str, Array]:
        """Measure what the traces show besides the value, on 2,000 samples of each law."""
        return (self._measure_many if state.step.ndim else self._measure_one)(game, state)

    def _see(self, run: Run) -> dict[str, np.ndarray]:
        return {name: np.asarray(array) for name, array in self._look(run.game, run.state).items()}


def _first(state: training.State) -> training.State:
    """Return the state of the first seed (the state itself, given one seed)."""
    return jax.tree.map(lambda leaf: leaf[0], state) if state.step.ndim else state


class Line1D(_Scene):
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
        figure = _fixed_figure(9.0, 4.8)
        cells = GridSpec(
            2, 1, figure, left=0.065, right=0.63, bottom=0.1, top=0.94, height_ratios=(2, 3), hspace=0.2
        )
        self._x = np.linspace(low, high, 241)
        self._edges = np.linspace(low, high, 61)
        ax = plotting.axes(figure, cells[0, 0], xlim=(low, high), ylim=raw or (-0.03, 1.03))
        ax.tick_params(labelbottom=False)
        if not raw:
            ax.axhline(0.5, **_DOTTED)
            ax.set_yticks([0, 0.5, 1])
        self._score = plotting.Curve(
            ax, self._x, plotting.CRITIC, "f, learned" if raw else "D, learned", lw=2.5
        )
        self._best = plotting.Curve(ax, self._x, plotting.EXACT, "D* (q smoothed)", lw=1.5) if best else None
        _head(ax, "critic f(x)" if raw else "D(x): P(x is real)")
        ax = plotting.axes(figure, cells[1, 0], xlim=(low, high), ylim=(0, top), xlabel="x", ylabel="density")
        self._data = plotting.Density(ax, self._x, plotting.DATA, "p, the data")
        self._bars = plotting.Histogram(ax, self._edges, plotting.GENERATED, "generated samples")
        self._marks = plotting.Marks(ax, plotting.GENERATED, y=0.012)
        _head(ax, "the two laws")
        traces = Traces(figure, _beside(figure), traced)
        super().__init__(figure, traces, traced, low, high)
        self._raw = raw
        shown = [self._data, self._bars, self._marks, self._score, traces] + ([self._best] if best else [])
        self.artists = plotting.moving(*shown)

    def _look_at(self, game: Game, state: training.State) -> dict[str, Array]:
        x = jnp.asarray(self._x, jnp.result_type(float))[:, None]
        scores = games.discriminator_function(game, state)(x)
        fake = games.generate(game, state, jax.random.key(_LOOK_KEY), _NUM_MEASURED)[:, 0]
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
        shown = fake[:_NUM_SHOWN]
        self._marks.set(shown[(shown >= self._x[0]) & (shown <= self._x[-1])])
        if self._best is not None:
            self._best.set(seen["best"])
        self._traces.set(run)
        words = f"step {run.step}: generated samples have mean {fake.mean():.2f}, standard deviation {fake.std():.2f}"
        return words + self._traces.words(run)


class Plane2D(_Scene):
    """A GAN in the plane: D as a heat map, data, generated samples, the way each is pushed, G's grid, and the traces.

    The heat map has 20 colours, so that their borders are level lines of D, one of them at D = 1/2. An arrow is minus
    the gradient of the generator's loss with respect to the sample that it starts from, in direction; the longer the
    gradient, the longer the arrow, but never longer than a tenth of the square's side. Given many seeds, the first one
    is shown, and all of them in the traces.

    Args:
        traced: What to trace.
        low: Left and lower end of the square.
        high: Right and upper end.
        grid: Half the width of the square of z whose grid is drawn through G; None for no grid.
        num_arrows: How many generated samples carry an arrow.
        colors: What the colours of the heat map mean.
    """

    def __init__(
        self,
        *,
        traced: Sequence[Traced] = (VALUE, BINNED_JS),
        low: float = -2.0,
        high: float = 2.0,
        grid: float | None = 2.0,
        num_arrows: int = 40,
        colors: str = "D(x): the probability that x is real",
    ):
        figure = _fixed_figure(9.0, 5.0)
        # A square of 4.45 inches, its colours beside it.
        place = GridSpec(1, 1, figure, left=0.05, right=0.05 + 4.45 / 9, bottom=0.06, top=0.95)
        ax = plotting.axes(figure, place[0], equal=True, xlim=(low, high), ylim=(low, high))
        self._heat = plotting.HeatMap(ax, (low, high, low, high), bands=20)
        place = GridSpec(1, 1, figure, left=0.56, right=0.575, bottom=0.15, top=0.86)
        bar = figure.colorbar(self._heat.image, cax=figure.add_subplot(place[0]), ticks=[0, 0.5, 1])
        bar.outline.set_visible(False)
        bar.ax.tick_params(labelsize=8)
        bar.set_label(colors, fontsize=9)
        self._grid = plotting.Grid(ax) if grid is not None else None
        self._real = plotting.Points(ax, plotting.DATA, "data", size=4)
        self._fake = plotting.Points(ax, plotting.GENERATED, "generated", size=5, alpha=0.8)
        self._arrows = plotting.Arrows(ax, num_arrows, width=0.005, alpha=0.9)
        names = [
            self._real.line,
            self._fake.line,
            Line2D(
                [], [], color="black", marker=r"$\rightarrow$", ms=13, ls="none", label="push on a sample"
            ),
        ]
        if self._grid:
            names.append(Line2D([], [], color=plotting.LATENT.color, lw=1.2, label="G's grid"))
        _head(ax, "", names)
        traces = Traces(figure, _beside(figure), traced)
        super().__init__(figure, traces, traced, low, high)
        self._num_arrows, self._reach = num_arrows, (high - low) / 10
        # The middles of the heat map's cells.
        side = low + (high - low) * (np.arange(_CELLS) + 0.5) / _CELLS
        self._pixels = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
        half = 0.0 if grid is None else grid
        nodes = np.linspace(-half, half, _NODES)
        self._nodes = np.stack(np.meshgrid(nodes, nodes), axis=-1).reshape(-1, 2)
        shown = [self._heat, *([self._grid] if self._grid else [])]
        self.artists = plotting.moving(*shown, self._real, self._fake, self._arrows, traces)

    def _look_at(self, game: Game, state: training.State) -> dict[str, Array]:
        scores = games.discriminator_function(game, state)
        real_key, fake_key = jax.random.split(jax.random.key(_LOOK_KEY))
        real = game.target.sample(real_key, _NUM_SHOWN)
        fake = games.generate(game, state, fake_key, _NUM_SHOWN)
        pushed = fake[: self._num_arrows]
        # What one gradient step on its own position would do to each sample: minus the gradient of G's loss.
        push = -jax.grad(lambda x: game.loss.generator(scores(x)) * x.shape[0])(pushed)
        length = jnp.linalg.norm(push, axis=1, keepdims=True)
        grid = games.generator_function(game, state)(jnp.asarray(self._nodes))
        shade = self._shades(game, scores(real), scores(fake))
        return {
            "heat": shade(scores(jnp.asarray(self._pixels))).reshape(_CELLS, _CELLS),
            "real": real,
            "fake": fake,
            "pushed": pushed,
            "push": self._reach * push / (length + _HALF_LENGTH),
            "grid": grid.reshape(_NODES, _NODES, 2),
            "means": jnp.stack([shade(scores(x)).mean() for x in (real, fake)]),
        }

    def _shades(
        self, game: Game, real: Float[Array, "n"], fake: Float[Array, "m"]
    ) -> Callable[[Array], Array]:
        """Choose how scores become colours, from those of real and of generated points."""
        return jax.nn.sigmoid

    def update(self, run: Run) -> str:
        """Move everything to where the run stands (its first seed, where it has many)."""
        seen = self._see(run)
        self._heat.set(seen["heat"])
        self._real.set(seen["real"])
        self._fake.set(seen["fake"])
        self._arrows.set(seen["pushed"], seen["push"])
        if self._grid is not None:
            self._grid.set(seen["grid"])
        self._traces.set(run)
        x, y = seen["fake"].mean(axis=0)
        spread_x, spread_y = seen["fake"].std(axis=0)
        of_data, of_fake = seen["means"]
        return (
            f"step {run.step}: generated points lie around ({x:.2f}, {y:.2f}), with standard deviations "
            f"{spread_x:.2f} and {spread_y:.2f}; D is {of_data:.2f} over the data and {of_fake:.2f} over the generated "
            f"points on average{self._traces.words(run)}"
        )
