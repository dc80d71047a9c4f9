"""The Dirac-GAN: its field, its trajectory and its update's eigenvalues; eight trainings of it side by side."""

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Float
from matplotlib.gridspec import GridSpec

from gantheory import dynamics, games, lipschitz, plotting
from gantheory.explorables.training_dynamics._orbits import ComplexPlane, Path, remark, where
from gantheory.live.controls import choice, slider, whole_slider
from gantheory.live.figure import LiveFigure
from gantheory.live.stage import Stage
from gantheory.plotting import CRITIC, DATA, EXACT, GENERATED

__all__ = ["CONSTRAINTS", "dirac_gan", "distances", "eight_trainings", "make_game"]

NUM_STEPS = 400
START = (1.0, 1.0)
_REACH = 3.2

CONSTRAINTS: dict[str, Callable[[float], lipschitz.Constraint] | None] = {
    "none": None,
    "weight clipping": lipschitz.weight_clipping,
    "gradient penalty": lipschitz.gradient_penalty,
    "R1": lipschitz.r1,
}
_LOSSES = [
    ("minimax", "minimax"),
    ("non-saturating", "non_saturating"),
    ("least squares", "least_squares"),
    ("hinge", "hinge"),
    ("Wasserstein", "wasserstein"),
]
_METHODS = list(dynamics.METHODS)


def make_game(loss: str, constraint: str, strength: float, **options: Any) -> games.Game:
    """Make the Dirac-GAN of a loss and a constraint by their names."""
    kind = CONSTRAINTS[constraint]
    return games.dirac_gan(loss, None if kind is None else kind(strength), **options)


def distances(path: Float[ArrayLike, "n 2"]) -> Float[np.ndarray, "n"]:
    """Compute the distances from (0, 0), those beyond 1e6 cut to it."""
    lengths = np.hypot(*np.asarray(path, float).T)
    return np.where(np.isfinite(lengths), np.minimum(lengths, 1e6), 1e6)


def say_distance(length: float) -> str:
    """Say a distance in words."""
    return "more than a million" if length >= 1e6 else f"{length:.3g}"


@functools.partial(jax.jit, static_argnums=2)
def _picture(
    game: games.Game, step_size: Float[Array, ""], method: str
) -> tuple[Float[Array, "n 2"], Float[Array, "k 2"], Float[Array, "m m"]]:
    """Compute everything that the figure shows, in one compiled function."""
    path = dynamics.simulate(game, START, step_size=step_size, num_steps=NUM_STEPS, method=method)
    field = jax.vmap(lambda z: dynamics.vector_field(game, z[0], z[1]))(_places())
    return path, field, dynamics.update_matrix(game, 0.0, 0.0, step_size=step_size, method=method)


def _places() -> Float[Array, "k 2"]:
    line = jnp.linspace(-2.8, 2.8, 11)
    return jnp.stack(jnp.meshgrid(line, line), axis=-1).reshape(-1, 2)


def dirac_gan() -> LiveFigure:
    """Show the Dirac-GAN's field and trajectory, the eigenvalues of one update, and the distance step by step.

    >>> live = dirac_gan()
    >>> live.stage.alt[:101]
    'minimax, no constraint, simultaneous steps of 0.2: the largest modulus at the equilibrium is 1.004988'
    >>> live.close()
    """
    figure = plotting.new_figure(9.0, 3.7)
    cells = GridSpec(1, 3, figure, width_ratios=(1.15, 1, 0.95))
    plane = plotting.axes(
        figure,
        cells[0],
        title=f"field, and {NUM_STEPS} steps",
        equal=True,
        xlim=(-_REACH, _REACH),
        ylim=(-_REACH, _REACH),
        xlabel="θ, where G stands",
        ylabel="ψ, the slope of D",
    )
    plane.plot([0], [0], "+", color="black", ms=12, zorder=5)
    places = np.asarray(_places())
    arrows = plotting.Arrows(plane, len(places), "#777777", width=0.005, alpha=0.7)
    path = Path(plane)
    eigen = plotting.axes(figure, cells[1], title="eigenvalues of one update", equal=True)
    spectrum = ComplexPlane(eigen)
    note = remark(eigen)
    late = plotting.axes(
        figure,
        cells[2],
        title="distance from (0, 0)",
        xlim=(0, NUM_STEPS),
        ylim=(1e-3, 1e3),
        yscale="log",
        xlabel="step",
    )
    steps = np.arange(NUM_STEPS + 1)
    measured = plotting.Curve(late, steps, GENERATED, "training", ls="-")
    predicted = plotting.Curve(late, steps, EXACT, "√2 · |λ|ⁿ", lw=1.4)
    plotting.legend(late, place="upper left")

    def update(loss: str, constraint: str, strength: float, method: str, step_size: float) -> str:
        game = make_game(loss, constraint, strength)
        points, field, matrix = _picture(game, np.float32(step_size), method)
        points, field = np.asarray(points), np.asarray(field)
        # Directions matter here, and a strong field must not hide them: lengths are those of the square root.
        lengths = np.linalg.norm(field, axis=1, keepdims=True)
        shown = field / np.sqrt(np.maximum(lengths, 1e-9)) * 0.4
        arrows.set(
            places, shown * np.minimum(1, 0.5 / np.maximum(np.linalg.norm(shown, axis=1), 1e-9))[:, None]
        )
        path.set(points)
        far = distances(points)
        measured.set(np.clip(far, 1e-4, 1e4))
        held = "no constraint" if constraint == "none" else f"{constraint} {strength:g}"
        training = f"{loss.replace('_', '-')}, {held}, {method} steps of {step_size:g}"
        end = f"the distance after {NUM_STEPS} steps is {say_distance(far[-1])}"
        if constraint == "gradient penalty":
            # Its slope jumps from +2 weight to -2 weight at psi = 0: nothing is at rest there.
            spectrum.set(np.zeros(0))
            predicted.set(np.full(steps.shape, np.nan))
            note.set("(0, 0) is no point of rest:\nthe penalty's slope jumps at ψ = 0")
            return f"{training}: (0, 0) is no point of rest, for the penalty's slope jumps at psi = 0; {end}"
        values = np.linalg.eigvals(np.asarray(matrix, float))
        largest = np.abs(values).max()
        spectrum.set(values)
        with np.errstate(over="ignore"):
            predicted.set(np.clip(np.sqrt(2) * largest**steps, 1e-4, 1e4))
        note.set(f"largest |λ| = {largest:.4f}: {where(largest)}")
        return f"{training}: the largest modulus at the equilibrium is {largest:.6f}, {where(largest)}; {end}"

    controls = {
        "loss": choice("loss", _LOSSES),
        "method": choice("steps", _METHODS),
        # The main slider: without a constraint its strength moves nothing.
        "step_size": slider("step size $h$", 0.01, 5, 0.2, log=True),
        "constraint": choice("constraint", list(CONSTRAINTS)),
        "strength": slider("strength", 0.05, 5, 0.5, log=True),
    }
    return LiveFigure(
        Stage(figure, plotting.moving(arrows, path, spectrum, note, measured, predicted)), update, controls
    )


# Title, loss, constraint with its strength, further options, method.
_EIGHT = (
    ("nothing, simultaneous", ("minimax", "none", 1.0), {}, "simultaneous"),
    ("nothing, alternating", ("minimax", "none", 1.0), {}, "alternating"),
    ("WGAN, clip 0.5", ("wasserstein", "weight clipping", 0.5), {}, "alternating"),
    ("WGAN-GP, λ = 0.2", ("wasserstein", "gradient penalty", 0.2), {}, "alternating"),
    ("instance noise 1", ("minimax", "none", 1.0), {"instance_noise": 1.0}, "alternating"),
    ("consensus 1", ("minimax", "none", 1.0), {"consensus": 1.0}, "alternating"),
    ("R1, γ = 0.5", ("minimax", "R1", 0.5), {}, "alternating"),
    ("optimistic steps", ("minimax", "none", 1.0), {}, "optimistic"),
)
_MOST = 600


@jax.jit
def _eight_paths(step_size: Float[Array, ""]) -> Float[Array, "8 n 2"]:
    return jnp.stack(
        [
            dynamics.simulate(
                make_game(*arguments, **options), START, step_size=step_size, num_steps=_MOST, method=method
            )
            for _, arguments, options, method in _EIGHT
        ]
    )


def eight_trainings() -> LiveFigure:
    """Show eight ways to train one Dirac-GAN side by side: same start, same step size, same number of steps.

    >>> live = eight_trainings()
    >>> live.stage.alt[:67]
    'after 300 steps of 0.2 the distance from the equilibrium is: nothin'
    >>> live.close()
    """
    figure = plotting.new_figure(9.0, 4.8)
    cells = GridSpec(2, 4, figure)
    paths, notes = [], []
    for i, (title, *_) in enumerate(_EIGHT):
        ax = plotting.axes(figure, cells[i // 4, i % 4], title=title, equal=True, xlim=(-3, 3), ylim=(-3, 3))
        ax.title.set_size(10)
        ax.set(xticks=[-2, 0, 2], yticks=[-2, 0, 2])
        if i >= 4:
            ax.set_xlabel("θ")
        if i % 4 == 0:
            ax.set_ylabel("ψ")
        ax.plot([0], [0], "+", color="black", ms=9, zorder=5)
        paths.append(Path(ax, (GENERATED, GENERATED, CRITIC, CRITIC, DATA, DATA, DATA, DATA)[i]))
        notes.append(remark(ax, 0.5, 0.99))

    def update(step_size: float, num_steps: int) -> str:
        told = []
        for path, note, points, (title, *_) in zip(
            paths, notes, np.asarray(_eight_paths(np.float32(step_size))), _EIGHT, strict=True
        ):
            path.set(points[: num_steps + 1])
            length = distances(points[num_steps : num_steps + 1])[0]
            note.set(f"distance {say_distance(length)}")
            told.append(f"{title} {say_distance(length)}")
        return f"after {num_steps} steps of {step_size:g} the distance from the equilibrium is: " + "; ".join(
            told
        )

    controls = {
        "step_size": slider("step size $h$", 0.02, 1, 0.2, log=True),
        "num_steps": whole_slider("steps", 0, _MOST, 300, step=10),
    }
    return LiveFigure(Stage(figure, plotting.moving(*paths, *notes)), update, controls)
