"""How notebook 01 shows a generator of one number: where each z lands, and what density that makes."""

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.gridspec import GridSpec
from scipy.special import ndtri

from gantheory import distributions, plotting
from gantheory.explorables import pushforward
from gantheory.live.stage import Stage
from gantheory.plotting import EXACT, GENERATED, LATENT

__all__ = ["GREY", "MovedLine", "normal"]

GREY = "#666666"
_KEY = 7
_REACH, _TOP = 5.0, 1.0
_NUM_DOTS, _NUM_SAMPLES = 40, 20_000


def normal(x: np.ndarray, mean: float = 0.0, std: float = 1.0) -> np.ndarray:
    """Compute the density of N(mean, std^2) at x, in the precision of x."""
    return np.exp(-(((x - mean) / std) ** 2) / 2) / (std * np.sqrt(2 * np.pi))


class MovedLine:
    """z and its density above, x = G(z) and its density below, dots joined; the graph of G beside."""

    def __init__(self, generator: pushforward.Generator):
        self._generator = generator
        self._prior = distributions.Gaussian(0.0, 1.0)
        self._z = np.linspace(-_REACH, _REACH, 2001)
        # Dots at equal steps of probability, so that each carries the same mass.
        self._dots = ndtri((np.arange(_NUM_DOTS) + 0.5) / _NUM_DOTS)
        samples = np.asarray(self._prior.sample(jax.random.key(_KEY), _NUM_SAMPLES))[:, 0]
        self._all_z = jnp.asarray(np.concatenate([self._z, self._dots, samples]))
        self._move = jax.jit(generator)

        figure = plotting.new_figure(9.0, 5.0)
        figure.get_layout_engine().set(hspace=0.0, h_pad=0.04)
        # Heights in proportion to the ranges of density: equal areas are equal masses, above as below.
        cells = GridSpec(3, 2, figure, width_ratios=(3, 2), height_ratios=(0.45 * 2, 0.9, _TOP * 2))
        wide = (-_REACH, _REACH)
        top = plotting.axes(
            figure, cells[0, 0], title="z, drawn from p(z) = N(0, 1)", xlim=wide, ylim=(0, 0.45)
        )
        middle = plotting.axes(figure, cells[1, 0], xlim=wide, ylim=(-0.08, 1.08))
        bottom = plotting.axes(
            figure, cells[2, 0], xlim=wide, ylim=(0, _TOP), xlabel="x = G(z)", ylabel="density"
        )
        top.tick_params(labelbottom=False)
        middle.spines[:].set_visible(False)
        middle.set(xticks=[])
        middle.set_yticks([0, 1], ["G(z)", "z"])
        middle.tick_params(length=0)
        self._prior_curve = plotting.Density(top, self._z, LATENT, "p(z)")
        self._prior_curve.set(normal(self._z))
        self._segments = plotting.Segments(middle, GREY, width=0.8, alpha=0.7)
        self._from = plotting.Points(middle, LATENT, size=4.5, alpha=0.95)
        self._to = plotting.Points(middle, GENERATED, size=5.5, alpha=0.95)
        self._bars = plotting.Histogram(
            bottom,
            np.linspace(-_REACH - 1 / 16, _REACH + 1 / 16, 82),
            GENERATED,
            f"{_NUM_SAMPLES:,} samples G(z)",
        )
        self._density = plotting.Curve(bottom, self._z, EXACT, "density by the formula", ls="-", lw=1.6)
        (self._atom,) = bottom.plot(
            [], [], color=GENERATED.color, lw=3, marker=GENERATED.marker, ms=9, markevery=(1, 2)
        )
        self._grey = [
            ax.fill_between([0.0], [0.0], [0.0], color=GREY, alpha=alpha, lw=0)
            for ax, alpha in ((top, 0.55), (bottom, 0.55))
        ]
        said = plotting.axes(figure, cells[0, 1])
        said.set_axis_off()
        self._words = plotting.Note(said, 0.0, 1.0, size=11)
        shown = [self._bars.steps, self._density.line]
        plotting.legend(said, place="lower left", handles=shown, borderaxespad=0, borderpad=0)

        graph = plotting.axes(
            figure, cells[1:, 1], title="the graph of G", xlim=(-3.2, 3.2), ylim=wide, xlabel="z", ylabel="x"
        )
        self._graph = plotting.Curve(graph, self._z, GENERATED, ls="-")
        self._bands = [graph.fill_between([0.0], [0.0], [0.0], color=GREY, alpha=0.3, lw=0) for _ in range(2)]
        (self._crossings,) = graph.plot([], [], ls="none", marker="o", ms=6, color=EXACT.color)
        self.stage = Stage(
            figure,
            plotting.moving(
                *self._grey,
                *self._bands,
                self._segments,
                self._from,
                self._to,
                self._bars,
                self._density,
                self._atom,
                self._graph,
                self._crossings,
                self._words,
            ),
        )

    def show(
        self,
        *parameters: float,
        look: tuple[float, float],
        of_z: bool = False,
        extra: np.ndarray,
        atom: tuple[float, float] | None = None,
        crossings: tuple[np.ndarray, float] | None = None,
        words: str = "",
    ) -> None:
        """Move everything to a generator.

        Args:
            parameters: of the generator.
            look: the interval that is shaded, of z if `of_z`, of x if not; with all z or x that belong to it.
            of_z: see there.
            extra: more places x for the density's curve, a fixed number.
            atom: place and mass of an atom, if there is one.
            crossings: preimages z, and their x, to mark on the graph.
            words: what stands in the picture.
        """
        moved = np.asarray(self._move(self._all_z, *(np.float32(parameter) for parameter in parameters)))
        curve, dots, samples = np.split(moved, np.cumsum([self._z.size, _NUM_DOTS]))
        self._from.set(np.stack([self._dots, np.ones(_NUM_DOTS)], axis=1))
        self._to.set(np.stack([dots, np.zeros(_NUM_DOTS)], axis=1))
        self._segments.set(
            np.stack([self._dots, np.ones(_NUM_DOTS)], axis=1), np.stack([dots, np.zeros(_NUM_DOTS)], axis=1)
        )
        self._bars.set(samples)
        self._graph.set(curve)

        seen = self._z if of_z else curve
        seen = (seen >= look[0]) & (seen <= look[1])
        if of_z:
            ends = np.interp(look, self._z, curve)
            look = (min(ends), max(ends))
        # An even number of places misses 0, where symmetric generators have their spike.
        x = np.sort(np.concatenate([np.linspace(-_REACH, _REACH, 400), look, extra]))
        q = np.asarray(
            pushforward.density(
                self._generator, self._prior, x.astype(np.float32), *parameters, num_cells=800
            )
        )
        q = np.minimum(q, 1e3)
        if atom is not None:
            q = np.where(abs(x - atom[0]) < 1e-3, np.nan, q)
        self._density.set(q, x)
        self._atom.set_data([], []) if atom is None else self._atom.set_data([atom[0]] * 2, [0, 0.95 * _TOP])
        self._grey[0].set_data(self._z, 0.0, normal(self._z), where=seen)
        self._grey[1].set_data(
            x, 0.0, np.minimum(np.nan_to_num(q), 2 * _TOP), where=(x >= look[0]) & (x <= look[1])
        )
        self._bands[0].set_data(self._z, -_REACH, np.full(self._z.shape, _REACH), where=seen)
        self._bands[1].set_data([-_REACH, _REACH], look[0], np.full(2, max(look[1], look[0] + 0.03)))
        z, height = crossings if crossings is not None else (np.zeros(0), 0.0)
        self._crossings.set_data(z, np.full(z.shape, height))
        self._words.set(words)

    def turning_values(self, *parameters: float) -> np.ndarray:
        """Find the values that G takes where it turns."""
        curve = np.asarray(self._move(self._all_z, *(np.float32(p) for p in parameters)))[: self._z.size]
        steps = np.sign(np.diff(curve))
        return curve[1:-1][steps[1:] != steps[:-1]]
