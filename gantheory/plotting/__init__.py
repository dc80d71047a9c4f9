"""Pictures: arrays and axes in, artists out. Nothing is sampled, trained or kept in pyplot's global state here.

Each class draws one kind of thing into given axes. Its `artists` are what moves, its `set` gives them new arrays:

>>> import numpy as np
>>> figure = new_figure(4, 3)
>>> ax = axes(figure, xlim=(-1, 1), ylim=(0, 1), xlabel="x", ylabel="density")
>>> x = np.linspace(-1, 1, 5)
>>> curve = Density(ax, x, DATA, "p_data")
>>> curve.set(1 - abs(x))
>>> float(curve.line.get_ydata().max())
1.0

Colours are Okabe and Ito's, which colour-blind readers can tell apart; data and generated points differ in marker, and
their curves in dashes, as well.
"""

from gantheory.plotting._curves import Between, Curve, Density, Dots, Histogram, Marks, Trace, thin
from gantheory.plotting._images import ImageGrid
from gantheory.plotting._look import (
    CRITIC,
    DATA,
    DIVERGENCE,
    EXACT,
    GENERATED,
    LATENT,
    LEARNED,
    SCORE_COLORS,
    TRANSPORT,
    VARIATION,
    Look,
    axes,
    moving,
    new_figure,
)
from gantheory.plotting._plane import Arrows, Grid, HeatMap, Points, Segments
from gantheory.plotting._words import Note, legend, unsigned_zeros

__all__ = [
    "CRITIC",
    "DATA",
    "DIVERGENCE",
    "EXACT",
    "GENERATED",
    "LATENT",
    "LEARNED",
    "SCORE_COLORS",
    "TRANSPORT",
    "VARIATION",
    "Arrows",
    "Between",
    "Curve",
    "Density",
    "Dots",
    "Grid",
    "HeatMap",
    "Histogram",
    "ImageGrid",
    "Look",
    "Marks",
    "Note",
    "Points",
    "Segments",
    "Trace",
    "axes",
    "legend",
    "moving",
    "new_figure",
    "thin",
    "unsigned_zeros",
]
