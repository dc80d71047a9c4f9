"""The live figures of notebook 00."""

import numpy as np
from matplotlib.figure import Figure

from gantheory.live.controls import slider
from gantheory.live.figure import LiveFigure
from gantheory.live.stage import Stage


def moving_gaussian():
    """Move P_G."""
    figure = Figure(figsize=(7.2, 4), layout="constrained")
    x = np.linspace(-6, 6, 400)
    ax = figure.add_subplot(xlim=(-6, 6), ylim=(0, 0.9), xlabel="x", ylabel="density")
    (line,) = ax.plot(x, x)

    def update(mean, std):
        line.set_ydata(np.exp(-(((x - mean) / std) ** 2) / 2) / std / np.sqrt(2 * np.pi))
        return f"normal density, mean {mean:.2f}, standard deviation {std:.2f}"

    return LiveFigure(
        Stage(figure, [line]), update, {"mean": slider("mean", -4, 4, 0.0), "std": slider("std", 0.5, 2, 1.0)}
    )
