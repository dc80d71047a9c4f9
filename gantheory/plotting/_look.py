"""One look for the whole course: a colour, a marker and dashes for each kind of thing, and axes to draw it in."""

from typing import Any, NamedTuple

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

__all__ = [
    "CRITIC",
    "DATA",
    "DIVERGENCE",
    "EXACT",
    "GENERATED",
    "INK",
    "LATENT",
    "LEARNED",
    "SCORE_COLORS",
    "TRANSPORT",
    "VARIATION",
    "Look",
    "axes",
    "moving",
    "new_figure",
]


class Look(NamedTuple):
    """How one kind of thing looks everywhere in the course."""

    color: str
    marker: str
    dashes: str


DATA = Look("#0072B2", "o", "-")
"""How the data look."""
GENERATED = Look("#D55E00", "^", "--")
"""How what the generator makes looks."""
CRITIC = Look("#009E73", "s", "-")
"""How a discriminator or critic looks."""
LATENT = Look("#CC79A7", "D", "-.")
"""How the generator's noise looks."""
LEARNED = Look("#E69F00", "v", "-")
"""How a second thing that is learned looks."""
DIVERGENCE = LEARNED
"""How JS and its kin look: what a discriminator estimates."""
TRANSPORT = LATENT
"""How W1 and the plans look that move one law onto another."""
VARIATION = Look("#777777", "P", "--")
"""How the total variation looks."""
EXACT = Look("#000000", "x", ":")
"""How what is known by a formula looks."""

SCORE_COLORS = LinearSegmentedColormap.from_list("score", [GENERATED.color, "#FFFFFF", DATA.color])
"""Colours of D(x), from surely generated over undecided (white) to surely real, in the colours of the two."""

INK = "#333333"


def new_figure(width: float = 7.2, height: float = 4.0) -> Figure:
    """Make an empty figure of that size in inches, 100 pixels each."""
    figure = Figure(figsize=(width, height), dpi=100, layout="constrained", facecolor="white")
    # Room for half a mark at the end of an axis.
    figure.get_layout_engine().set(w_pad=0.09, h_pad=0.06)
    return figure


def axes(
    figure: Figure, position: Any = None, *, title: str = "", equal: bool = False, **settings: Any
) -> Axes:
    """Add axes of the course's look.

    Args:
        figure: Where to.
        position: A cell of a `GridSpec`, or three digits as in `Figure.add_subplot`; the whole figure if None.
        title: What stands above.
        equal: Whether one unit is as long in x as in y.
        settings: Handed to the axes (`xlim`, `ylim`, `xlabel`, `ylabel`, ...).
    """
    made = figure.add_subplot(position if position is not None else 111)
    made.set(**settings)
    if title:
        made.set_title(title, fontsize=11, color=INK)
    if equal:
        made.set_aspect("equal", adjustable="box")
    made.spines[["top", "right"]].set_visible(False)
    made.tick_params(labelsize=9, colors=INK)
    made.xaxis.label.set_size(10)
    made.yaxis.label.set_size(10)
    return made


def moving(*things: Any) -> list[Artist]:
    """Collect the artists of several things, for `live.stage.Stage`."""
    return [artist for thing in things for artist in getattr(thing, "artists", [thing])]
