"""The learned max V: eight discriminators in training against a fixed P_G, and the ledger of their errors."""

from collections.abc import Callable, Mapping
from typing import Any

import jax
import numpy as np
from jaxtyping import Array
from matplotlib.gridspec import GridSpec

from gantheory import games, plotting, training
from gantheory.explorables import _value
from gantheory.explorables._ledger import Exact, X, best_reachable, fixed_pair, laws, ledger, measure
from gantheory.live.controls import choice, slider
from gantheory.live.latest import Latest
from gantheory.live.trainer import LiveTrainer, Run

__all__ = ["LearnedValue", "learned_value"]

_NUM_SEEDS = 8
_LOWEST = -2.0


class LearnedValue:
    """Eight D's in training against two fixed laws: what they look like, their exact V, and the ledger.

    Args:
        stop: Tells after how many steps the training shall pause.
        structure: Tells (width, separation) as the controls have them.
    """

    def __init__(self, stop: Callable[[], int], asked: Callable[[], tuple[int, float]]):
        self._stop, self._asked = stop, asked
        self.on_stop: Callable[[], None] = lambda: None
        self.on_best: Callable[[], None] = lambda: None
        self._found: dict[tuple[int, float], float] = {}
        self._search = Latest(self._find)
        self.figure = plotting.new_figure(9.0, 4.8)
        cells = GridSpec(2, 2, self.figure, width_ratios=(1, 1), height_ratios=(1, 1))
        limits = (-3.5, 7.0)
        ax = plotting.axes(
            self.figure,
            cells[0, 0],
            title="eight learned D, and D*",
            xlim=limits,
            ylim=(-0.04, 1.35),
            yticks=[0, 0.5, 1],
        )
        ax.set_xticklabels([])
        self._players = [
            plotting.Curve(ax, X, plotting.CRITIC, "learned" if i == 0 else None, lw=1, alpha=0.8)
            for i in range(_NUM_SEEDS)
        ]
        self._best = plotting.Curve(ax, X, plotting.EXACT, "D*")
        plotting.legend(ax, place="upper right", ncols=2)
        ax = plotting.axes(
            self.figure,
            cells[1, 0],
            title="the two laws, fixed",
            xlim=limits,
            ylim=(0, 0.75),
            xlabel="x",
            ylabel="density",
        )
        self._p = plotting.Density(ax, X, plotting.DATA, "p, data")
        self._q = plotting.Density(ax, X, plotting.GENERATED, "q, generated")
        plotting.legend(ax, place="upper right", ncols=2)
        self._trace_ax = plotting.axes(
            self.figure,
            cells[0, 1],
            title="V(G, D) by quadrature, nats",
            xlim=(0, 1000),
            ylim=(_LOWEST, 0.05),
            xlabel="training steps",
        )
        self._trace_ax.axhline(_value.COIN, color="#999999", lw=1)
        self._trace = plotting.Trace(self._trace_ax, plotting.CRITIC, "learned, 8 seeds")
        self._ceiling = plotting.Curve(self._trace_ax, [0, 1], plotting.EXACT, "2 JS − log 4")
        plotting.legend(self._trace_ax, place="lower right")
        ax = plotting.axes(
            self.figure, cells[1, 1], title="ledger of errors, nats", xlim=(-0.75, 0.35), ylim=(-1.3, 2.6)
        )
        ax.set_yticks([2, 1, 0], ["approximation", "optimisation", "sampling"])
        ax.axvline(0, color="#999999", lw=1)
        self._bars = plotting.Segments(ax, plotting.LEARNED.color, width=9, alpha=0.45)
        self._ticks = plotting.Points(ax, plotting.LEARNED, size=6, alpha=1)
        heights = [(3.55 - row) / 3.9 for row in range(3)]
        self._sums = [plotting.Note(ax, 0.99, height, size=9, align="right") for height in heights]
        self._note = plotting.Note(ax, 0.02, 0.1, size=9)
        shown = [*self._players, self._best, self._p, self._q, self._trace, self._ceiling]
        shown += [self._bars, self._ticks, *self._sums, self._note]
        self.artists = plotting.moving(*shown)
        self._look = jax.jit(self._look_at)
        self._find(*asked(), tell=False)

    def _look_at(self, game: games.Game, states: training.State) -> tuple[Array, ...]:
        x, p, q = laws(game)
        scores = jax.vmap(lambda state: games.discriminator_function(game, state)(x))(states)
        best = jax.nn.sigmoid(game.target.log_prob(x) - game.prior.log_prob(x))
        return p, q, jax.nn.sigmoid(scores), best

    def measure(self, game: games.Game, state: training.State) -> Mapping[str, Any]:
        """Measure V, its ceiling and V on a fresh batch, for the traces."""
        return measure(game, state)._asdict()

    def settle(self, timeout: float | None = None) -> bool:
        """Wait until the best V of the present width and separation is known."""
        return self._search.settle(timeout)

    def close(self) -> None:
        """End the search."""
        self._search.close()

    def _find(self, width: int, separation: float, tell: bool = True) -> None:
        if (width, separation) not in self._found:
            self._found[width, separation] = best_reachable(width, separation)
            if tell:
                self.on_best()

    def update(self, run: Run) -> str:
        """Move everything to where the run stands."""
        p, q, players, best = (np.asarray(a) for a in self._look(run.game, run.state))
        self._p.set(p)
        self._q.set(q)
        for curve, player in zip(self._players, players, strict=True):
            curve.set(player)
        self._best.set(np.where(p + q > 1e-4, best, np.nan))
        # The laws may have moved since the last step: the present is measured anew, the past stays as it was.
        now = measure(run.game, run.state)
        steps = np.append(run.measured_at, run.step)
        values, ceilings = (
            np.concatenate([run.measured[name], np.asarray(getattr(now, name))[:, None]], axis=1)
            for name in ("value", "ceiling")
        )
        thinned, values = plotting.thin(steps, np.clip(values, _LOWEST - 1, 1))
        self._trace.set(thinned, values)
        steps, ceilings = plotting.thin(steps, ceilings[0])
        end = self._stop()
        self._ceiling.set(np.append(ceilings, ceilings[-1]), np.append(steps, max(end, steps[-1])))
        if self._trace_ax.get_xlim()[1] != end:
            self._trace_ax.set_xlim(0, end)
        if run.step >= end:
            self.on_stop()
        words = self._show_ledger(now)
        return f"step {run.step}: {words}"

    def _show_ledger(self, exact: Exact) -> str:
        value, ceiling = float(np.median(exact.value)), float(exact.ceiling[0])
        words = f"median V by quadrature {value:.3f}, exact ceiling {ceiling:.3f}"
        best = self._found.get(self._asked())
        if best is None:
            self._search.submit(*self._asked())
            self._bars.set(np.zeros((0, 2)), np.zeros((0, 2)))
            self._ticks.set(np.zeros((0, 2)))
            for note in self._sums:
                note.set("")
            self._note.set("searching for the best V of this width …")
            return f"{words}; the ledger waits for the best V of this width"
        parts = ledger(exact, best)
        rows = [np.atleast_1d(part) for part in parts]
        middles = [float(np.median(part)) for part in rows]
        self._bars.set([(0, 2 - i) for i in range(3)], [(middle, 2 - i) for i, middle in enumerate(middles)])
        self._ticks.set(
            np.concatenate(
                [
                    # What lies beyond the axes stands at their border; the numbers beside tell how far.
                    np.stack([np.clip(part, -0.74, 0.34), np.full(part.shape, 2.0 - i)], axis=1)
                    for i, part in enumerate(rows)
                ]
            )
        )
        for note, middle in zip(self._sums, middles, strict=True):
            note.set(("+" if middle >= 0.0005 else "") + _value.in_words(middle))
        self._note.set(
            f"V on a batch: {_value.in_words(np.median(exact.batch))}; exact ceiling: {_value.in_words(ceiling)}"
        )
        named = ", ".join(
            f"{name} {middle:+.3f}" for name, middle in zip(parts._fields, middles, strict=True)
        )
        return f"{words}; ledger: {named}"


class _Trainer(LiveTrainer):
    """Ends the scene's search with the training."""

    def close(self) -> None:
        """End the training and the search, and take everything off the page."""
        self.scene.close()
        super().close()


def learned_value() -> LiveTrainer:
    """Show eight D's that learn max V from fresh samples, beside the exact 2 JS - log 4, and the ledger of errors.

    >>> live = learned_value()
    >>> live.step_once()
    >>> live.stage.alt.startswith("step 1: median V by quadrature -1.")
    True
    >>> live.close()
    """
    structure = {
        "width": choice("hidden units of D", [1, 2, 4, 16, 64], 16),
        "num_samples": choice("samples a step", [4, 16, 64, 256, 1024], 256),
    }
    moves = {
        "separation": slider("separation", 0.0, 4.0, 1.25, step=0.05),
        "steps": slider("steps to train", 50, 5000, 1000, log=True),
    }

    def make_game(width: int, num_samples: int, separation: float, steps: float) -> games.Game:
        del steps  # when to pause, which is no part of the game
        return fixed_pair(width, num_samples, separation)

    scene = LearnedValue(
        lambda: int(moves["steps"].value),
        lambda: (structure["width"].value, round(float(moves["separation"].value), 4)),
    )
    live = _Trainer(
        make_game,
        scene,
        structure=structure,
        moves=moves,
        settings=training.Settings(discriminator_learning_rate=1e-2),
        num_seeds=_NUM_SEEDS,
        speed=20,
        discriminator_only=True,
    )
    scene.on_stop = lambda: live.pause() if live.running else None
    scene.on_best = live.show
    return live
