"""Pictures of a slider's positions: which positions, and how a picture becomes small."""

from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO
from typing import Any

import ipywidgets as widgets
import numpy as np
from PIL import Image, ImageChops

__all__ = ["common_palette", "nearest", "packed", "sliders", "spread", "stops"]

_SLIDERS = (widgets.FloatSlider, widgets.IntSlider, widgets.SelectionSlider)
_COLORS, _MOST_COLORS = 64, 128
# Colours nearer to each other than this (of 255, in every channel) are taken for one.
_APART = 6
# A colour of so many pixels a picture that is further than this from all others gets a place of its own.
_SEEN, _MISSED = 4, 20
# A picture gets a palette of its own when more than this share of it would be off by more than so many of 255.
_OFF_SHARE, _OFF_BY = 5e-4, 40


def sliders(controls: Mapping[str, widgets.ValueWidget]) -> list[str]:
    """List the names of the sliders among controls."""
    return [name for name, control in controls.items() if isinstance(control, _SLIDERS)]


def stops(control: widgets.ValueWidget) -> tuple[list[Any], list[str]]:
    """List the values at which a slider stops, and what its readout says at each."""
    if isinstance(control, widgets.SelectionSlider):
        labels, values = zip(
            *[o if isinstance(o, tuple) else (str(o), o) for o in control.options], strict=True
        )
        return list(values), list(labels)
    count = int(np.floor((control.max - control.min) / control.step + 1e-9)) + 1
    # Twelve digits: 0.1 + 0.2 is 0.3 to a page.
    values = [control.min + i * control.step for i in range(count)]
    if isinstance(control, widgets.FloatSlider):
        values = [round(value, 12) for value in values]
        if control.max - values[-1] > 1e-9:
            values.append(control.max)
    return values, [_read(value, control.readout_format) for value in values]


def _read(value: float, readout_format: str) -> str:
    try:
        # The page writes a true minus sign.
        return format(value, readout_format).replace("-", "−", 1 if value < 0 else 0)
    except ValueError:  # the page knows formats that Python does not
        return f"{value:g}"


def nearest(values: Sequence[Any], value: Any) -> int:
    """Tell the place of a value among others, or of the nearest if it is a number that is not among them."""
    if value in values:
        return values.index(value)
    return int(np.argmin([abs(other - value) for other in values]))


def spread(count: int, start: int, most: int) -> list[int]:
    """Choose `most` of `count` places at about equal distances: both ends and `start` among them."""
    if count <= most:
        return list(range(count))
    chosen = np.rint(np.linspace(0, count - 1, most)).astype(int)
    if start not in chosen:
        inner = slice(1, -1) if most > 2 else slice(None)
        chosen[inner][np.abs(chosen[inner] - start).argmin()] = start
    return sorted(set(chosen.tolist()))


def common_palette(pictures: Iterable[Image.Image]) -> Image.Image:
    """Choose the colours for several pictures together, so that none flickers from one to the next."""
    pictures = list(pictures)
    width, height = pictures[0].size
    stacked = Image.new("RGB", (width, height * len(pictures)))
    for i, picture in enumerate(pictures):
        stacked.paste(picture, (0, i * height))
    palette = stacked.quantize(_COLORS, method=Image.Quantize.MEDIANCUT)
    # The commonest colour of a cut instead of its mean, and only one among neighbours: white must stay white.
    counted = sorted(stacked.getcolors(stacked.width * stacked.height), reverse=True)
    each = Image.new("RGB", (len(counted), 1))
    each.putdata([color for _, color in counted])
    cuts = each.quantize(palette=palette, dither=Image.Dither.NONE).tobytes()
    kept: dict[int, tuple[int, ...]] = {}
    for (_, color), cut in zip(counted, cuts, strict=True):
        if cut not in kept and all(_distance(color, other) >= _APART for other in kept.values()):
            kept[cut] = color
    for color in _missed(counted, list(kept.values()), at_least=_SEEN * len(pictures)):
        kept[len(kept) + _COLORS] = color
    palette.putpalette([level for color in kept.values() for level in color])
    return palette


def _missed(
    counted: Sequence[tuple[int, tuple[int, ...]]], kept: list[tuple[int, ...]], at_least: int
) -> list[tuple[int, ...]]:
    """List the colours, commonest first, that are far from all kept ones."""
    # Cuts follow the crowd: a few blue points among a thousand shades of orange and grey would turn grey.
    colors = np.asarray([color for count, color in counted if count >= at_least], int).reshape(-1, 3)
    missed: list[tuple[int, ...]] = []
    nearest = np.abs(colors[:, None] - np.asarray(kept, int)[None]).max(axis=2).min(axis=1)
    while len(kept) + len(missed) < _MOST_COLORS and (nearest > _MISSED).any():
        found = colors[np.argmax(nearest > _MISSED)]
        missed.append(tuple(found.tolist()))
        nearest = np.minimum(nearest, np.abs(colors - found).max(axis=1))
    return missed


def _in_colors_of(picture: Image.Image, palette: Image.Image) -> Image.Image:
    """Take for each pixel the nearest colour of a palette."""
    levels = np.asarray(palette.getpalette(), np.uint8)
    # Pillow compares the six upper bits of a pixel alone: with whole colours, its nearest to white need not be white.
    rough = palette.copy()
    rough.putpalette((levels & 0xFC).tobytes())
    few = picture.quantize(palette=rough, dither=Image.Dither.NONE)
    few.putpalette(levels.tobytes())
    return few


def _distance(color: Sequence[int], other: Sequence[int]) -> int:
    return max(abs(a - b) for a, b in zip(color, other, strict=True))


def packed(picture: Image.Image, palette: Image.Image, compress_level: int = 6) -> bytes:
    """Pack a picture as a PNG in the colours of `palette`, or in its own where those do not do."""
    few = _in_colors_of(picture, palette)
    off = np.asarray(ImageChops.difference(few.convert("RGB"), picture).histogram()).reshape(3, 256)
    if off[:, _OFF_BY:].sum(axis=1).max() > _OFF_SHARE * picture.width * picture.height:
        few = _in_colors_of(picture, common_palette([picture]))
    png = BytesIO()
    few.save(png, "png", compress_level=compress_level)
    return png.getvalue()
