"""What a GAN in training looks like, in one and in two dimensions: scenes for `live.trainer.LiveTrainer`."""

from gantheory.explorables.scenes._line import Line1D
from gantheory.explorables.scenes._plane import Plane2D
from gantheory.explorables.scenes._traces import (
    BINNED_JS,
    HIGH_QUALITY,
    HISTOGRAM_KL,
    MODES,
    SLICED_W1,
    VALUE,
    W1,
    Traced,
    Traces,
    coverage,
)

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
    "coverage",
]
