"""Quantities against training steps, one above the other."""

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import numpy as np
from jaxtyping import Array, Float
from matplotlib.gridspec import SubplotSpec

from gantheory import metrics, plotting, transport
from gantheory.live.trainer import Run

__all__ = [
    "BINNED_JS",
    "DOTTED",
    "HIGH_QUALITY",
    "HISTOGRAM_KL",
    "MODES",
    "SLICED_W1",
    "VALUE",
    "W1",
    "Traced",
    "Traces",
    "coverage",
]

LOG2 = math.log(2)
DOTTED = {"color": "#999999", "lw": 1, "ls": ":"}


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
    plotting.DIVERGENCE,
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
    plotting.TRANSPORT,
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
    plotting.TRANSPORT,
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
    {" 98.9 %: perfect, for round modes": 100 * (1 - math.exp(-4.5))},
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
                ax.axhline(height, **DOTTED)
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
