"""What the number of modes and the share of good samples do not see: how unequally the modes are served."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from matplotlib.gridspec import GridSpec

from gantheory import distributions, metrics, plotting
from gantheory.live.controls import slider, stops_slider
from gantheory.live.figure import LiveFigure
from gantheory.live.stage import Stage

__all__ = ["imbalance", "unequal_sampler"]

_NUM_MODES = 8
_MOST = 25_000
_NUM_SHOWN = 1000


@functools.cache
def _draws() -> tuple[Float[np.ndarray, "n"], Float[np.ndarray, "n 2"]]:
    # The same random numbers at every position of the sliders, so that only the shares move.
    rng = np.random.default_rng(0)
    return rng.random(_MOST), rng.normal(size=(_MOST, 2))


@functools.cache
def _target() -> distributions.GaussianMixture:
    return distributions.ring(_NUM_MODES)


@functools.cache
def _means_and_std() -> tuple[Float[np.ndarray, "k 2"], float]:
    return np.asarray(_target().means), float(_target().std)


def unequal_sampler(share: float, num_samples: int = 2500, blur: float = 1.0) -> Float[Array, "n 2"]:
    """Sample a ring of 8 modes of which the first gets more than its share, and the others equal ones.

    Args:
        share: of the first mode, from 0 to 1.
        num_samples: how many points, at most 25,000.
        blur: standard deviation of the points around their mode, in that of the target.

    >>> x = unequal_sampler(1.0)
    >>> x.shape, x.mean(axis=0).round(2).tolist()
    ((2500, 2), [1.0, 0.0])
    """
    u, noise = (draws[:num_samples] for draws in _draws())
    means, std = _means_and_std()
    others = np.minimum(1 + (u - share) / max(1 - share, 1e-12) * (_NUM_MODES - 1), _NUM_MODES - 1)
    mode = np.where(u < share, 0, others).astype(int)
    return jax.device_put(np.asarray(means[mode] + blur * std * noise, jnp.result_type(float)))


def imbalance() -> LiveFigure:
    """Show a sampler with a favourite mode, and the three scores.

    >>> live = imbalance()
    >>> live.controls["share"].value = 0.9
    >>> live.settle(10)
    True
    >>> live.stage.alt.split(": ")[1]
    '8 of 8 modes captured, 98.9 % of high quality, KL of the histogram 1.56 nats'
    >>> live.close()
    """
    figure = plotting.new_figure(8.6, 3.6)
    cells = GridSpec(1, 3, figure, width_ratios=(3.1, 4, 2.6))
    ax = plotting.axes(figure, cells[0], equal=True, xlim=(-1.3, 1.3), ylim=(-1.3, 1.3))
    points = plotting.Points(ax, plotting.GENERATED, size=3, alpha=0.35)
    ax.set_title("samples", fontsize=11)
    ax = plotting.axes(
        figure, cells[1], xlim=(-0.6, 7.6), ylim=(0, 1.02), xlabel="mode", ylabel="share of all samples"
    )
    ax.set_xticks(range(_NUM_MODES))
    bars = ax.stairs(
        np.zeros(_NUM_MODES),
        np.arange(_NUM_MODES + 1) - 0.5,
        fill=True,
        color=plotting.GENERATED.color,
        alpha=0.6,
    )
    ax.axhline(1 / _NUM_MODES, color=plotting.DATA.color, lw=1.8)
    ax.text(
        7.5, 1 / _NUM_MODES + 0.015, "the target: 1/8 each", ha="right", fontsize=9, color=plotting.DATA.color
    )
    ax = plotting.axes(figure, cells[2])
    ax.axis("off")
    note = plotting.Note(ax, 0.0, 0.85, size=12)

    def update(share: float, num_samples: int, blur: float) -> str:
        samples = unequal_sampler(share, num_samples, blur)
        found = jax.device_get(metrics.mode_coverage(samples, _target().means, _target().std))
        points.set(np.asarray(samples[:_NUM_SHOWN]))
        bars.set_data(np.asarray(found.histogram))
        quality, divergence = 100 * float(found.high_quality), float(found.histogram_kl)
        note.set(
            f"modes captured\n   {int(found.modes)} of 8\n\nhigh quality\n   {quality:.1f} %\n\n"
            f"KL of the histogram\n   {divergence:.2f} nats"
        )
        return (
            f"{share:.1%} of {num_samples} samples at mode 0, blur {blur:g}: {int(found.modes)} of 8 modes "
            f"captured, {quality:.1f} % of high quality, KL of the histogram {divergence:.2f} nats"
        )

    controls = {
        "share": slider("share of mode 0", 0.125, 1.0, 0.125, step=0.005),
        "num_samples": stops_slider("samples", [25, 250, 2500, 25_000], 2500),
        "blur": slider("blur", 0.25, 4.0, 1.0, step=0.05),
    }
    return LiveFigure(Stage(figure, [*plotting.moving(points, note), bars]), update, controls)
