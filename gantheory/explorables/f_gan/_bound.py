"""The trained bound: eight T for each of the nine rows against a fixed P_G, D_f above, and the ledger between them."""

import functools
from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from matplotlib.gridspec import GridSpec

from gantheory import _checks, distributions, plotting, training
from gantheory.divergences import F_DIVERGENCES
from gantheory.explorables import _value
from gantheory.explorables._ledger import Exact, best_value, ledger
from gantheory.explorables.f_gan._rows import ALL, Rows, X, bumps, density, measure_many
from gantheory.games import Player
from gantheory.live.controls import choice, slider, stops_slider
from gantheory.live.latest import Latest
from gantheory.live.trainer import LiveTrainer, Run

__all__ = ["SHIFT", "Bound", "best_bound", "fixed_pair", "learn_bounds", "trained_bound"]

NUM_SEEDS = 8
SHIFT = 0.5
SETTINGS = training.Settings(discriminator_learning_rate=1e-2)
_TOP, _FLOOR = 3.4, -3.9


def fixed_pair(
    shift: float = SHIFT, *, rows: tuple[str, ...] = ALL, width: int = 16, num_samples: int = 256
) -> Rows:
    """Make the game of a T for each row against P_G = N(shift, 0.81), which never moves.

    P_data has two bumps of standard deviation 0.8, at -1 and 1. All nine divergences between the two are finite.

    >>> game = fixed_pair()
    >>> state = training.init(game, jax.random.key(0))
    >>> print([round(float(d), 3) for d in game.divergences(state.generator)])
    [0.343, 0.21, 2.008, 0.345, 0.128, 0.553, 0.12, -1.266, 0.254]
    """
    return Rows(bumps(2.0, 0.8), distributions.Gaussian(shift, 0.9), rows, width, num_samples)


def _exact_bound(game: Rows, state: training.State) -> Float[Array, ""]:
    return game.exact_bounds(state.discriminator, state.generator)[0]


@jax.jit
def _exact_divergence(game: Rows) -> Float[Array, ""]:
    return game.divergences(Player(()))[0]


@functools.lru_cache(maxsize=256)
def best_bound(name: str, width: int, shift: float = SHIFT) -> float:
    """Find the highest bound that a T of this width has, with no samples and no haste.

    The bound by quadrature is maximised over T's parameters by L-BFGS, from up to six random starts: a lower bound on
    the highest there is. The search ends early within 0.001 of D_f, which no T passes.

    >>> [round(best_bound("js", width) - 0.1199, 2) + 0.0 for width in (1, 16)]
    [-0.01, 0.0]
    """
    game = fixed_pair(shift, rows=(name,), width=width)
    enough = float(_exact_divergence(game)) - 1e-3
    return best_value(game, _exact_bound, enough=enough, most_starts=6)


def learn_bounds(
    num_steps: int = 600, *, width: int = 16, num_samples: int = 256, shift: float = SHIFT
) -> dict[str, tuple[float, Float[np.ndarray, "seeds"]]]:
    """Train eight T for each of the nine rows on fresh samples, as `trained_bound` does, without a picture.

    Args:
        num_steps: at least 1.
        width: units of T's hidden layer, from 1 to 16.
        num_samples: of each law in one step, a power of 2 up to 256.
        shift: centre of P_G.

    Returns:
        By row: D_f, and the bounds that the eight T reach, [8], all by quadrature.

    Raises:
        TypeError, ValueError: if an argument is not as above.

    >>> divergence, bounds = learn_bounds(200)["js"]
    >>> bool(bounds.max() < divergence), bool(np.median(bounds) > 0.9 * divergence)
    (True, True)
    """
    _checks.number("shift", shift)
    game = fixed_pair(shift, width=width, num_samples=num_samples)
    run = Run(game, 0, num_seeds=NUM_SEEDS, measure=measure_many)
    run.advance(num_steps, SETTINGS)
    ceilings, bounds = run.measured["ceiling"][0, :, -1], run.measured["value"][:, :, -1]
    return {name: (float(ceilings[i]), bounds[:, i]) for i, name in enumerate(ALL)}


@jax.jit
def _look(game: Rows, states: training.State) -> tuple[Array, ...]:
    x = jnp.asarray(X, jnp.result_type(float))[:, None]
    scores = jax.vmap(lambda state: game.everywhere(state.discriminator.params, x))(states)
    rows = [F_DIVERGENCES[name] for name in game.rows]
    p, q = density(game.target), density(game.made)
    ratio = jnp.exp(game.target.log_prob(x) - game.made.log_prob(x))
    learned = jnp.stack([row.activation(scores[:, i]) for i, row in enumerate(rows)], axis=1)
    return p, q, learned, jnp.stack([row.optimal_variational(ratio) for row in rows])


class Bound:
    """Eight learned T of one row beside T*, their bound under D_f, and the ledger of errors.

    Args:
        asked: Tells (row, width, shift) as the controls have them.
    """

    def __init__(self, asked: Callable[[], tuple[str, int, float]]):
        self._asked = asked
        self.on_best: Callable[[], None] = lambda: None
        self._found: dict[tuple[str, int, float], float] = {}
        self._search = Latest(self._find)
        self.figure = plotting.new_figure(9.0, 4.8)
        cells = GridSpec(2, 2, self.figure)
        limits = (-4.0, 4.0)
        ax = plotting.axes(
            self.figure, cells[0, 0], title="eight learned T, and T*", xlim=limits, ylim=(_FLOOR, _TOP)
        )
        ax.set_xticklabels([])
        ax.axhline(0, color="#BBBBBB", lw=1)
        self._learned = [
            plotting.Curve(ax, X, plotting.CRITIC, "learned" if i == 0 else None, lw=1, alpha=0.8)
            for i in range(NUM_SEEDS)
        ]
        self._best = plotting.Curve(ax, X, plotting.EXACT, "T* = f′(p/q)")
        plotting.legend(ax, place="lower right", ncols=2)
        ax = plotting.axes(
            self.figure,
            cells[1, 0],
            title="the two laws, fixed",
            xlim=limits,
            ylim=(0, 0.62),
            xlabel="x",
            ylabel="density",
        )
        self._p = plotting.Density(ax, X, plotting.DATA, "p, data")
        self._q = plotting.Density(ax, X, plotting.GENERATED, "q, generated")
        plotting.legend(ax, place="upper right", ncols=2, bbox_to_anchor=(1.0, 1.04))
        self._trace_ax = plotting.axes(
            self.figure,
            cells[0, 1],
            title="the bound, as a share of D_f",
            xlim=(0, 600),
            ylim=(-0.05, 1.45),
            yticks=[0, 0.5, 1],
            xlabel="training steps",
        )
        self._trace_ax.axhline(1, color="black", lw=1.5, ls=":", label="D_f: no T passes it")
        self._trace = plotting.Trace(self._trace_ax, plotting.CRITIC, "learned, 8 seeds")
        plotting.legend(self._trace_ax, place="upper right", ncols=2, bbox_to_anchor=(1.0, 0.91))
        self._note = plotting.Note(self._trace_ax, 0.02, 0.98)
        ax = plotting.axes(
            self.figure, cells[1, 1], title="ledger of errors, nats", xlim=(-0.75, 0.35), ylim=(-1.0, 2.6)
        )
        ax.set_yticks([2, 1, 0], ["approximation", "optimisation", "sampling"])
        ax.axvline(0, color="#999999", lw=1)
        self._bars = plotting.Segments(ax, plotting.LEARNED.color, width=9, alpha=0.45)
        self._ticks = plotting.Points(ax, plotting.LEARNED, size=6, alpha=1)
        self._sums = [plotting.Note(ax, 0.99, (3.5 - row) / 3.6, size=9, align="right") for row in range(3)]
        self._wait = plotting.Note(ax, 0.02, 0.12, size=9)
        shown = [*self._learned, self._best, self._p, self._q, self._trace, self._note]
        shown += [self._bars, self._ticks, *self._sums, self._wait]
        self.artists = plotting.moving(*shown)

    def measure(self, game: Rows, state: training.State) -> Mapping[str, Any]:
        """Measure each row's bound, its D_f and its bound on a fresh batch, for the traces."""
        return measure_many(game, state)

    def settle(self, timeout: float | None = None) -> bool:
        """Wait until the best bound of what the controls ask for is known."""
        return self._search.settle(timeout)

    def close(self) -> None:
        """End the search."""
        self._search.close()

    def _find(self, name: str, width: int, shift: float) -> None:
        if (name, width, shift) not in self._found:
            self._found[name, width, shift] = best_bound(name, width, shift)
            self.on_best()

    def update(self, run: Run) -> str:
        """Move everything to where the run stands."""
        name, width, shift = self._asked()
        i = ALL.index(name)
        p, q, learned, best = (np.asarray(a) for a in _look(run.game, run.state))
        self._p.set(p)
        self._q.set(q)
        for curve, t in zip(self._learned, learned[:, i], strict=True):
            curve.set(np.clip(t, -100, 100))
        self._best.set(np.clip(best[i], -100, 100))
        exact = Exact(*(run.measured[field][:, i] for field in Exact._fields))
        ceilings = exact.ceiling[0]
        # The row "gan" lies between -log 4 and 0: its share is of what it stands above that, the bound of T = -log 2.
        base = _value.COIN if name == "gan" else 0.0
        shares = (exact.value - base) / (ceilings - base)
        self._trace.set(*plotting.thin(run.measured_at, np.clip(shares, -1, 2)))
        right = max(600, int(np.ceil(run.step / 600)) * 600)
        if self._trace_ax.get_xlim()[1] != right:
            self._trace_ax.set_xlim(0, right)
        now = Exact(*(column[:, -1] for column in exact))
        value, ceiling = float(np.median(now.value)), float(ceilings[-1])
        said = _value.in_words
        self._note.set(
            f"{name.replace('_', ' ')}: bound {said(value)}, D_f {said(ceiling)}, gap {said(value - ceiling)}"
        )
        words = f"step {run.step}, {name}: median bound {value:.3f}, D_f {ceiling:.3f}"
        return f"{words}; {self._show_ledger(now, name, width, shift)}"

    def _show_ledger(self, exact: Exact, name: str, width: int, shift: float) -> str:
        best = self._found.get((name, width, shift))
        if best is None:
            self._search.submit(name, width, shift)
            self._bars.set(np.zeros((0, 2)), np.zeros((0, 2)))
            self._ticks.set(np.zeros((0, 2)))
            for note in self._sums:
                note.set("")
            self._wait.set("searching for the best bound of this width …")
            return "the ledger waits for the best bound of this width"
        self._wait.set("")
        parts = ledger(exact, best)
        rows = [np.atleast_1d(part) for part in parts]
        middles = [float(np.median(part)) for part in rows]
        ends = [(np.clip(middle, -0.74, 0.34), 2 - i) for i, middle in enumerate(middles)]
        self._bars.set([(0, 2 - i) for i in range(3)], ends)
        # What lies beyond the axes stands at their border; the numbers beside tell how far.
        places = [
            np.stack([np.clip(part, -0.74, 0.34), np.full(part.shape, 2.0 - i)], axis=1)
            for i, part in enumerate(rows)
        ]
        self._ticks.set(np.concatenate(places))
        for note, middle in zip(self._sums, middles, strict=True):
            note.set(("+" if middle >= 0.0005 else "") + _value.in_words(middle))
        named = zip(parts._fields, middles, strict=True)
        return "ledger: " + ", ".join(f"{field} {middle:+.3f}" for field, middle in named)


class _Trainer(LiveTrainer):
    """Ends the scene's search with the training."""

    def close(self) -> None:
        """End the training and the search, and take everything off the page."""
        self.scene.close()
        super().close()


def trained_bound() -> LiveTrainer:
    """Show eight T of the chosen row that learn its bound, beside T* and D_f, and the ledger of their errors.

    All nine rows are trained at once, on the same samples; choosing another one shows another one.

    >>> live = trained_bound()
    >>> live.step_once()
    >>> live.stage.alt.startswith("step 1, kl: median bound ")
    True
    >>> live.close()
    """
    moves = {
        "name": choice("divergence", [(name.replace("_", " "), name) for name in ALL]),
        "width": stops_slider("hidden units of T", [1, 2, 4, 8, 16], 16),
        "num_samples": stops_slider("samples a step", [2**k for k in range(2, 9)], 256),
        "shift": slider("centre of $P_G$", 0.0, 1.5, SHIFT, step=0.05),
    }

    def make_game(name: str, width: int, num_samples: int, shift: float) -> Rows:
        del name  # which row is shown, which is no part of the game
        return fixed_pair(shift, width=width, num_samples=num_samples)

    scene = Bound(lambda: (moves["name"].value, moves["width"].value, round(float(moves["shift"].value), 4)))
    live = _Trainer(
        make_game,
        scene,
        moves=moves,
        settings=SETTINGS,
        num_seeds=NUM_SEEDS,
        speed=10,
        discriminator_only=True,
    )
    scene.on_best = live.show
    return live
