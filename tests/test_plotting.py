"""What is drawn: marks at the edges of axes, and numbers in notes."""

import matplotlib.colors
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from gantheory import plotting


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_dots_are_whole_on_the_edge_of_the_axes_and_not_there_beyond(scale):
    figure = plotting.new_figure(3, 2)
    ax = plotting.axes(figure, xlim=(1, 100), ylim=(0, 1), xscale=scale)
    dots = plotting.Dots(ax, [1.0], plotting.GENERATED, ms=12)
    for x, y, there in [
        (1, 0, True),
        (100, 1, True),
        (10, 0.5, True),
        (100.1, 0.5, False),
        (10, 1.001, False),
    ]:
        dots.set([y], [x])
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        seen = np.asarray(canvas.buffer_rgba())[..., :3].astype(int)
        color = np.rint(255 * np.asarray(matplotlib.colors.to_rgb(plotting.GENERATED.color)))
        count = int((np.abs(seen - color) < 2).all(axis=-1).sum())
        # Half a mark, cut off by the axes, would have half as many pixels.
        if (x, y) == (1, 0):
            whole = count
        assert count == pytest.approx(whole if there else 0, abs=0.1 * whole), (x, y)
    assert whole > 60


def test_dots_keep_their_places_when_only_heights_are_given():
    ax = plotting.axes(plotting.new_figure(3, 2), xlim=(0, 10), ylim=(0, 1))
    dots = plotting.Dots(ax, [2.0, 20.0], plotting.DATA)
    dots.set([0.5, 0.5])
    np.testing.assert_array_equal(dots.line.get_xdata(), [2.0, 20.0])
    np.testing.assert_array_equal(dots.line.get_ydata(), [0.5, np.nan])


@pytest.mark.parametrize(
    ("words", "written"),
    [
        ("JS = -0.000, 2 JS − log 4 = -1.386", "JS = 0.000, 2 JS − log 4 = −1.386"),
        ("from -0.50 to −0.0", "from −0.50 to 0.0"),
        ("1e-05 and -0.001", "1e-05 and −0.001"),
        ("falls like n^(-1/d), WGAN-GP, log 2 - JS", "falls like n^(−1/d), WGAN-GP, log 2 - JS"),
        ("N(-1.25, 1.25²)", "N(−1.25, 1.25²)"),
    ],
)
def test_a_note_has_no_negative_zeros_and_true_minus_signs(words, written):
    note = plotting.Note(plotting.axes(plotting.new_figure(3, 2)))
    note.set(words)
    assert note.text.get_text() == written
