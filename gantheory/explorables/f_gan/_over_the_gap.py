"""All nine divergences as curves over the gap between two laws, with the slope that is left at each gap."""

import numpy as np
from matplotlib.gridspec import GridSpec

from gantheory import plotting
from gantheory.divergences import F_DIVERGENCES
from gantheory.explorables import _value
from gantheory.explorables._vanishing import GAP_STOPS, ceiling, nine_over_gap
from gantheory.live.controls import choice, slider
from gantheory.live.figure import LiveFigure
from gantheory.live.stage import Stage

__all__ = ["nine_curves", "slopes"]

_TOP, _BOTTOM = 4.0, -1.7


def slopes(shape: str) -> dict[str, np.ndarray]:
    """Compute the slope of each divergence against the gap, at each of its stops; NaN where it is infinite.

    Args:
        shape: "uniform" or "Gaussian".

    >>> [round(float(slopes(shape)["js"][60]), 3) + 0.0 for shape in ("uniform", "Gaussian")]  # at a gap of 3
    [0.0, 0.296]
    """
    table = nine_over_gap()[shape]
    found = {}
    for name, values in table.items():
        finite = np.where(np.isfinite(values), values, np.nan)
        found[name] = np.gradient(finite, GAP_STOPS, edge_order=2)
        if shape == "uniform":
            # From 2 on the strips lie apart. At 2 itself a difference over both sides would see half a kink.
            found[name] = np.where((GAP_STOPS >= 2 - 1e-9) & np.isfinite(values), 0.0, found[name])
    return found


def nine_curves() -> LiveFigure:
    """Show nine small pictures, D_f of two laws over the gap between them, each with its value and slope at this gap.

    >>> live = nine_curves()
    >>> live.controls["gap"].value = 2.5
    >>> live.settle(10), live.stage.alt
    (True, 'uniform laws, gap 2.50: kl infinite; reverse_kl infinite; pearson_chi2 infinite; ... slope 0.000')
    >>> live.close()
    """
    names = list(F_DIVERGENCES)
    tables = nine_over_gap()
    steepness = {shape: slopes(shape) for shape in tables}
    figure = plotting.new_figure(9.0, 5.0)
    cells = GridSpec(3, 3, figure)
    curves, dots, notes = [], [], []
    for i, name in enumerate(names):
        ax = plotting.axes(
            figure,
            cells[i // 3, i % 3],
            title=name.replace("_", " "),
            xlim=(0, 6),
            ylim=(_BOTTOM, _TOP),
            yticks=[-1, 0, 1, 2, 3, 4],
            xlabel="gap" if i >= 6 else "",
        )
        if i < 6:
            ax.set_xticklabels([])
        ax.axhline(0, color="#BBBBBB", lw=1)
        if np.isfinite(ceiling(name)):
            ax.axhline(ceiling(name), color="black", lw=1, ls=":")
        curves.append(plotting.Curve(ax, GAP_STOPS, plotting.DIVERGENCE, ls="-"))
        dots.append(plotting.Dots(ax, [0.0], plotting.DIVERGENCE, marker="D", ms=7))
        notes.append(plotting.Note(ax, 0.98, 0.2, size=9, align="right"))

    def update(shape: str, gap: float) -> str:
        at = round(gap / 0.05)
        words = []
        for name, curve, dot, note in zip(names, curves, dots, notes, strict=True):
            values, slope = tables[shape][name], steepness[shape][name][at]
            # Beyond the axes a curve leaves the picture; its mark stands at the border, and the note has the number.
            curve.set(np.where(np.isfinite(values), values, np.nan))
            dot.set([min(values[at], _TOP)], [gap])
            if np.isinf(values[at]):
                note.set("infinite: no slope")
                words.append(f"{name} infinite")
                continue
            said = _value.in_words(values[at]) if abs(values[at]) < 1000 else f"{values[at]:.1e}"
            if np.isnan(slope):
                note.set(f"{said}, then a jump")
                words.append(f"{name} {said}, then a jump")
                continue
            steep = _value.in_words(slope) if abs(slope) < 1000 else f"{slope:.1e}"
            note.set(f"{said}, slope {steep}")
            words.append(f"{name} {said}, slope {steep}")
        return f"{shape} laws, gap {gap:.2f}: " + "; ".join(words)

    return LiveFigure(
        Stage(figure, plotting.moving(*curves, *dots, *notes)),
        update,
        {
            "shape": choice("shape of both laws", [("uniform, 2 wide", "uniform"), ("Gaussian", "Gaussian")]),
            "gap": slider("gap", 0.0, 6.0, 0.5, step=0.05),
        },
    )
