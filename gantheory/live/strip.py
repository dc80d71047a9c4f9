"""Strips: the pictures of a live figure for every position of its main slider, rendered ahead.

A page that has a strip shows the slider's pictures by itself, without a kernel.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PIL import Image

from gantheory import _checks as check
from gantheory.live.figure import LiveFigure
from gantheory.live.frames import common_palette, nearest, packed, sliders, spread, stops

__all__ = ["Strip", "pack_strip", "render_strip"]

_MOST_BYTES = 3_000_000
# From how many pictures the common palette is taken.
_SAMPLED = 7


@dataclass(frozen=True)
class Strip:
    """Pictures of one figure rendered ahead, one for each position of one control.

    Attributes:
        label: What stands beside the control; formulas as `$...$`.
        positions: What the control's readout says at each position.
        values: The control's value at each position.
        frames: The pictures, as PNG with a palette of at most 128 colours.
        alts: What each picture shows, in words.
        start: The position at which the figure stands (the nearest one, if it stands between two).
        width: Of a picture, in pixels.
        height: Of a picture, in pixels.
    """

    label: str
    positions: tuple[str, ...]
    values: tuple[Any, ...]
    frames: tuple[bytes, ...]
    alts: tuple[str, ...]
    start: int
    width: int
    height: int


def pack_strip(
    label: str,
    positions: Sequence[str],
    values: Sequence[Any],
    drawn: Sequence[tuple[Image.Image, str]],
    *,
    start: int = 0,
) -> Strip:
    """Pack pictures that are there already, with what each shows in words, into a strip.

    >>> drawn = [(Image.new("RGB", (30, 20), color), color) for color in ("white", "black")]
    >>> strip = pack_strip("colour", ["none", "all"], [0, 1], drawn)
    >>> strip.alts, strip.width, strip.height
    (('white', 'black'), 30, 20)
    """
    palette = common_palette(drawn[i][0] for i in spread(len(drawn), 0, _SAMPLED))
    width, height = drawn[0][0].size
    return Strip(
        label=label,
        positions=tuple(positions),
        values=tuple(values),
        frames=tuple(packed(picture, palette) for picture, _ in drawn),
        alts=tuple(words for _, words in drawn),
        start=start,
        width=width,
        height=height,
    )


def render_strip(live: LiveFigure, *, name: str | None = None, most: int = 101) -> Strip:
    """Render a figure's pictures over the positions of one slider; the other controls stay where they are.

    A figure with slow work is worked out at every position, however long that takes. A strip holds 3 MB at most: where
    the pictures are larger, it has fewer positions.

    Args:
        live: The figure. It shows the same picture afterwards as before.
        name: Of the slider among `live.controls`; None takes the main one.
        most: How many positions there may be at most; of a slider that has more stops, so many are taken, the two ends
            and the present one among them.

    Raises:
        ValueError: If the figure has no slider or cannot be rendered ahead, `name` is none of its sliders, or most < 2.

    Example:
        >>> from gantheory.explorables import generator_pushforward
        >>> live = generator_pushforward.affine_generator()
        >>> strip = render_strip(live, most=5)
        >>> strip.positions, strip.start
        (('−2.00', '−1.00', '0.00', '1.00', '2.00'), 3)
        >>> strip.alts[2]
        'G(z) = 0.00 z + 0.00: P_G is one atom of mass 1 at 0.00, without a density'
        >>> live.close()
    """
    most = check.whole("most", most, at_least=2)
    names = sliders(live.controls)
    if not names:
        check.refuse("live", "a figure with a slider", f"controls {', '.join(live.controls) or 'none'}")
    if not live.ahead:
        check.refuse("live", "a figure whose pictures depend on its controls alone", type(live).__name__)
    name = live.main if name is None else check.one_of("name", name, names)
    control = live.controls[name]
    values, words = stops(control)
    start = nearest(values, control.value)
    places = spread(len(values), start, most)
    palette = common_palette(
        live.render(**{name: values[places[i]]})[0] for i in spread(len(places), 0, _SAMPLED)
    )
    frames, alts = [], []
    for place in places:
        picture, alt = live.render(**{name: values[place]})
        frames.append(packed(picture, palette))
        alts.append(alt)
    room = len(frames) * _MOST_BYTES // max(sum(map(len, frames)), 1)
    if room < len(frames):
        kept = spread(len(frames), places.index(start), max(2, room))
        places, frames, alts = ([column[i] for i in kept] for column in (places, frames, alts))
    return Strip(
        label=control.description,
        positions=tuple(words[place] for place in places),
        values=tuple(values[place] for place in places),
        frames=tuple(frames),
        alts=tuple(alts),
        start=places.index(start),
        width=live.stage.width,
        height=live.stage.height,
    )
