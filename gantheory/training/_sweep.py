"""A table of losses and constraints, every cell trained on several seeds at once."""

import dataclasses
import functools
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import numpy as np
from jaxtyping import Array

from gantheory import _checks
from gantheory.games import Game
from gantheory.lipschitz import Constraint
from gantheory.training._loop import train_many
from gantheory.training._start import init_many
from gantheory.training._step import Settings, State

__all__ = ["Cell", "Sweep", "sweep"]

# A cell is trained in so many pieces, so that the bar moves.
_PIECES = 20


@dataclasses.dataclass(frozen=True, eq=False)
class Cell:
    """What became of one loss with one constraint.

    Attributes:
        loss: the loss's name.
        constraint: the constraint's name.
        measured: what was measured at the end, by name, one number a seed: arrays [seeds].
        seconds: wall-clock time of all seeds together, compiling included; it says little where the machine is shared.
        stopped: None, or the sentence with which the training ended early; what is measured is then measured there.
    """

    loss: str
    constraint: str
    measured: dict[str, np.ndarray]
    seconds: float
    stopped: str | None


@dataclasses.dataclass(frozen=True, eq=False)
class Sweep:
    """The cells of a sweep, in the order in which they were trained; a notebook shows them as a table.

    Attributes:
        cells: one for each loss and constraint that was trained to its end.
        num_steps: steps of each training.
        num_seeds: seeds of each cell.
        stopped: None, or a sentence that says why cells are missing.
    """

    cells: tuple[Cell, ...]
    num_steps: int
    num_seeds: int
    stopped: str | None = None

    def cell(self, loss: str, constraint: str) -> Cell:
        """Look a cell up.

        Raises:
            ValueError: where there is none of these names; the sentence lists those that there are.
        """
        for cell in self.cells:
            if (cell.loss, cell.constraint) == (loss, constraint):
                return cell
        there = ", ".join(f"({cell.loss}, {cell.constraint})" for cell in self.cells)
        _checks.refuse("loss and constraint", f"one of {there}", f"({loss}, {constraint})")

    def __str__(self) -> str:
        """Write the table in Markdown: mean and standard deviation over the seeds."""
        names = list(dict.fromkeys(name for cell in self.cells for name in cell.measured))
        rows = [["loss", "constraint", *names], ["---"] * (2 + len(names))]
        rows += [
            [cell.loss, cell.constraint, *(_mean_and_deviation(cell.measured[name]) for name in names)]
            for cell in self.cells
        ]
        lines = ["| " + " | ".join(row) + " |" for row in rows]
        for cell in self.cells:
            if cell.stopped is not None:
                lines += ["", f"{cell.loss}, {cell.constraint}: {cell.stopped}"]
        if self.stopped is not None:
            lines += ["", self.stopped]
        return "\n".join(lines)

    def _repr_markdown_(self) -> str:
        return f"{self}\n\nMean ± standard deviation of {self.num_seeds} seeds, {self.num_steps} steps each."


def _mean_and_deviation(x: np.ndarray) -> str:
    return f"{x.mean():.3g}" if x.size == 1 else f"{x.mean():.3g} ± {x.std(ddof=1):.2g}"


def sweep(
    make_game: Callable[[str, Constraint], Game],
    losses: Sequence[str],
    constraints: Mapping[str, Constraint],
    num_steps: int,
    *,
    measure: Callable[[Game, State], Mapping[str, Array]],
    num_seeds: int = 5,
    seed: int = 0,
    settings: Settings | Callable[[str, str], Settings] | None = None,
    progress: bool = True,
) -> Sweep:
    """Train every loss with every constraint, several seeds of each at once, and measure where each seed ends.

    All cells start from the same seeds. An interrupt (Ctrl-C, or the kernel's Stop button) returns the cells that are
    done.

    Args:
        make_game: makes the game of a loss's name and a constraint, such as
            `lambda loss, constraint: games.gan(generator, discriminator, loss, constraint, ...)`.
        losses: the names of the losses.
        constraints: the constraints, by the name that the table shows.
        num_steps: steps of each training, at least 1.
        measure: (game, state of one seed) -> scalars by name; it is compiled, and run on all seeds at once.
        num_seeds: seeds of each cell, at least 1.
        seed: the seed of all random numbers.
        settings: the `Settings` of all cells, or a function (loss's name, constraint's name) -> Settings.
        progress: whether to show a bar, on the page of a notebook or on a terminal.

    Returns:
        The `Sweep`; `print` writes its table.

    Raises:
        TypeError, ValueError: where an argument is not as above.

    >>> import jax
    >>> from gantheory import games, lipschitz
    >>> from gantheory.distributions import Gaussian
    >>> from gantheory.networks import MLP
    >>> network = lambda rngs: MLP(1, 1, width=8, rngs=rngs)
    >>> def make_game(loss, constraint):
    ...     return games.gan(network, network, loss, constraint, prior=Gaussian(0.0, 1.0), target=Gaussian(2.0, 1.0))
    >>> def mean(game, state):
    ...     return {"mean": games.generate(game, state, jax.random.key(0), 500).mean()}
    >>> constraints = {"none": lipschitz.unconstrained(), "clipping": lipschitz.weight_clipping(0.1)}
    >>> table = sweep(make_game, ["hinge"], constraints, 50, measure=mean, num_seeds=3, progress=False)
    >>> [(cell.constraint, cell.measured["mean"].shape, cell.stopped) for cell in table.cells]
    [('none', (3,), None), ('clipping', (3,), None)]
    """
    num_steps = _checks.whole("num_steps", num_steps)
    num_seeds = _checks.whole("num_seeds", num_seeds)
    keys = jax.random.split(jax.random.key(_checks.seed("seed", seed)), num_seeds)
    if isinstance(losses, str) or not isinstance(losses, Sequence) or not losses:
        _checks.refuse("losses", "a non-empty list of losses' names", _checks.describe(losses), TypeError)
    if not isinstance(constraints, Mapping) or not constraints:
        allowed = "a non-empty dictionary from names to constraints"
        _checks.refuse("constraints", allowed, _checks.describe(constraints), TypeError)
    if not isinstance(settings, Settings | None) and not callable(settings):
        allowed = "training.Settings, a function of a loss's and a constraint's name, or None"
        _checks.refuse("settings", allowed, _checks.describe(settings), TypeError)
    # Everything is made before the first training: a wrong game or wrong settings should not cost an hour.
    made = []
    for loss in losses:
        for name, constraint in constraints.items():
            own = settings if settings is None or isinstance(settings, Settings) else settings(loss, name)
            made.append((loss, name, make_game(loss, constraint), own))
    measure_all = jax.jit(jax.vmap(measure, in_axes=(None, 0)))
    cells: list[Cell] = []
    stopped = None
    with _bar(len(made) * num_steps, progress) as bar:
        try:
            for loss, name, game, own in made:
                bar.set_description(f"{loss}, {name}")
                cells.append(_train_cell(loss, name, game, keys, num_steps, own, measure_all, bar.update))
        except KeyboardInterrupt:
            stopped = f"Interrupted after {len(cells)} of {len(made)} cells."
    return Sweep(tuple(cells), num_steps, num_seeds, stopped)


def _train_cell(
    loss: str,
    name: str,
    game: Game,
    keys: Array,
    num_steps: int,
    settings: Settings | None,
    measure: Callable[[Game, State], Mapping[str, Array]],
    tell: Callable[[int], Any],
) -> Cell:
    started = time.perf_counter()
    states = init_many(game, keys)
    done, stopped = 0, None
    while done < num_steps and stopped is None:
        piece = min(-(-num_steps // _PIECES), num_steps - done)
        states, history = train_many(game, states, piece, settings)
        stopped = history.stopped
        if stopped is not None and stopped.startswith("Interrupted"):
            raise KeyboardInterrupt
        done += piece
        tell(piece)
    tell(num_steps - done)
    measured = {what: np.asarray(numbers) for what, numbers in measure(game, states).items()}
    return Cell(loss, name, measured, time.perf_counter() - started, stopped)


@functools.cache
def _bars() -> Any:
    # Loaded when first used: in a kernel it brings the widgets along.
    from tqdm.auto import tqdm

    return tqdm


def _bar(total: int, progress: bool) -> Any:
    return _bars()(total=total, unit="step", disable=not progress, leave=False)
