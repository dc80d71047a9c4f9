"""Ways to step, and what damps: four methods on one game, and the largest step that each cure allows."""

import functools
from collections.abc import Callable

import jax
import numpy as np
from jaxtyping import Array, Float
from matplotlib.gridspec import GridSpec

from gantheory import dynamics, games, lipschitz, plotting
from gantheory.explorables.training_dynamics._dirac import distances, say_distance
from gantheory.explorables.training_dynamics._orbits import ComplexPlane, Path, remark, where
from gantheory.live.controls import choice, slider
from gantheory.live.figure import LiveFigure
from gantheory.live.stage import Stage
from gantheory.plotting import CRITIC, DATA, EXACT, GENERATED, LATENT

__all__ = ["cures", "four_methods", "step_limits"]

_STEPS = 200
_LOOKS = dict(zip(dynamics.METHODS, (GENERATED, DATA, CRITIC, LATENT), strict=True))


@functools.partial(jax.jit, static_argnums=2)
def _path_and_matrix(
    game: games.Game, step_size: Float[Array, ""], method: str, start: Float[Array, "2"]
) -> tuple[Float[Array, "n 2"], Float[Array, "m m"]]:
    options = {"step_size": step_size, "method": method}
    path = dynamics.simulate(game, start, num_steps=_STEPS, **options)
    return path, dynamics.update_matrix(game, 0.0, 0.0, **options)


def four_methods() -> LiveFigure:
    """Compare the four methods on one game: distance from the equilibrium, and the update's eigenvalues.

    >>> live = four_methods()
    >>> live.stage.alt[:100]
    'wasserstein, R1 with gamma 0, steps of 0.2; largest modulus and distance after 200 steps: simultaneo'
    >>> live.close()
    """
    figure = plotting.new_figure(9.0, 4.0)
    cells = GridSpec(1, 2, figure, width_ratios=(1.35, 1))
    ax = plotting.axes(
        figure,
        cells[0],
        title="distance from (0, 0)",
        xlim=(0, _STEPS),
        ylim=(1e-4, 1e4),
        yscale="log",
        xlabel="step",
    )
    steps = np.arange(_STEPS + 1)
    curves = [plotting.Curve(ax, steps, look, method) for method, look in _LOOKS.items()]
    plotting.legend(ax, place="lower left")
    notes = []
    for row, look in enumerate(_LOOKS.values()):
        notes.append(remark(ax, 0.02, 0.98 - 0.065 * row, align="left"))
        notes[-1].text.set_color(look.color)
    eigen = plotting.axes(figure, cells[1], title="eigenvalues of one update", equal=True)
    spectrum = ComplexPlane(eigen, [(look, method) for method, look in _LOOKS.items()])

    def update(loss: str, step_size: float, gamma: float) -> str:
        game = games.dirac_gan(loss, lipschitz.r1(gamma))
        values, told = [], []
        for method, curve, note in zip(_LOOKS, curves, notes, strict=True):
            path, matrix = _path_and_matrix(game, np.float32(step_size), method, np.ones(2, np.float32))
            values.append(np.linalg.eigvals(np.asarray(matrix, float)))
            far = distances(path)
            curve.set(np.clip(far, 1e-5, 1e5))
            largest = np.abs(values[-1]).max()
            note.set(f"{method}: largest |λ| = {largest:.4f}, {where(largest)}")
            told.append(f"{method} {largest:.4f} and {say_distance(far[-1])}")
        spectrum.set(*values)
        return (
            f"{loss}, R1 with gamma {gamma:g}, steps of {step_size:g}; largest modulus and distance after {_STEPS} "
            "steps: " + ", ".join(told)
        )

    controls = {
        "loss": choice("loss", [("Wasserstein", "wasserstein"), ("minimax", "minimax")]),
        "step_size": slider("step size $h$", 0.02, 5, 0.2, log=True),
        "gamma": slider("$\\gamma$ of R1", 0.0, 2.0, 0.0, step=0.05),
    }
    return LiveFigure(Stage(figure, plotting.moving(*curves, *notes, spectrum)), update, controls)


_CURES = {
    "R1": lambda loss, x: games.dirac_gan(loss, lipschitz.r1(x)),
    "instance noise": lambda loss, x: games.dirac_gan(loss, instance_noise=x),
    "consensus": lambda loss, x: games.dirac_gan(loss, consensus=x),
}
_STRENGTHS = np.geomspace(0.1, 10, 41)
_LOWEST, _HIGHEST = 1e-2, 10.0


@functools.cache
def step_limits(cure: str, loss: str) -> Float[np.ndarray, "41"]:
    """Find the largest stable simultaneous step for each strength of a cure, 0.1 to 10, at equal ratios.

    >>> limits = step_limits("R1", "minimax")
    >>> strengths = np.geomspace(0.1, 10, 41)
    >>> bool(np.allclose(limits[:21], 4 * strengths[:21], rtol=1e-3))  # 4 gamma, until gamma is 1
    True
    """
    return np.array([dynamics.largest_stable_step(_CURES[cure](loss, float(x))) for x in _STRENGTHS])


def cures() -> LiveFigure:
    """Show what damps the rotation: R1, instance noise or consensus, and the largest step that each strength allows.

    The limits are found numerically, behind the first picture.

    >>> live = cures()
    >>> live.stage.alt[:92]
    'minimax with R1 of strength 0.2, simultaneous steps of 0.3: the largest modulus is 0.9811, i'
    >>> live.close()
    """
    figure = plotting.new_figure(9.0, 3.9)
    cells = GridSpec(1, 3, figure, width_ratios=(1, 1, 1.15))
    plane = plotting.axes(
        figure,
        cells[0],
        title=f"{_STEPS} steps",
        equal=True,
        xlim=(-1.2, 1.2),
        ylim=(-1.2, 1.2),
        xlabel="θ",
        ylabel="ψ",
    )
    plane.plot([0], [0], "+", color="black", ms=12, zorder=5)
    path = Path(plane)
    eigen = plotting.axes(figure, cells[1], title="eigenvalues of one update", equal=True)
    spectrum = ComplexPlane(eigen)
    note = remark(eigen)
    limits_ax = plotting.axes(
        figure,
        cells[2],
        title="the largest stable step",
        xlim=(_STRENGTHS[0], _STRENGTHS[-1]),
        ylim=(_LOWEST, _HIGHEST),
        xscale="log",
        yscale="log",
        xlabel="strength of the cure",
        ylabel="step size h",
    )
    limits_ax.set_xticks([0.1, 1, 10], ["0.1", "1", "10"])
    limits_ax.set_yticks([0.01, 0.1, 1, 10], ["0.01", "0.1", "1", "10"])
    stable = plotting.Between(limits_ax, _STRENGTHS, CRITIC)
    limit = plotting.Curve(limits_ax, _STRENGTHS, CRITIC)
    (here,) = limits_ax.plot([], [], ls="none", marker="D", ms=8, color=EXACT.color, zorder=5, clip_on=False)
    here.set_in_layout(False)
    words = remark(limits_ax, 0.03, 0.98, align="left")

    def picture(loss: str, cure: str, strength: float, step_size: float) -> str:
        points, matrix = _path_and_matrix(
            _CURES[cure](loss, strength), np.float32(step_size), "simultaneous", np.full(2, 0.5, np.float32)
        )
        values = np.linalg.eigvals(np.asarray(matrix, float))
        path.set(points)
        spectrum.set(values)
        largest = np.abs(values).max()
        note.set(f"largest |λ| = {largest:.4f}: {where(largest)}")
        here.set_data([strength], [step_size])
        end = say_distance(distances(points)[-1])
        return (
            f"{loss} with {cure} of strength {strength:g}, simultaneous steps of {step_size:g}: the largest modulus "
            f"is {largest:.4f}, {where(largest)}; the distance after {_STEPS} steps is {end}"
        )

    drawn: list[tuple[str, str]] = []

    def best(cure: str, loss: str) -> str:
        found = step_limits(cure, loss)
        if found.max() == 0:
            return "no step size is stable, whatever the strength"
        largest = int(found.argmax())
        return (
            f"at strength {_STRENGTHS[largest]:.2g} the largest stable step is largest, {found[largest]:.3g}"
        )

    def update(loss: str, cure: str, strength: float, step_size: float) -> str:
        told = picture(loss, cure, strength, step_size)
        if drawn == [(cure, loss)]:
            return f"{told}; {best(cure, loss)}"
        # The limits of another game: they come from behind.
        limit.set(np.full(_STRENGTHS.shape, np.nan))
        stable.set(np.full(_STRENGTHS.shape, _LOWEST), np.full(_STRENGTHS.shape, _LOWEST))
        words.set("searching …")
        return told

    def work(loss: str, cure: str, strength: float, step_size: float) -> Callable[[], str] | None:
        if drawn == [(cure, loss)]:
            return None
        found = step_limits(cure, loss)

        def show() -> str:
            drawn[:] = [(cure, loss)]
            shown = np.clip(found, _LOWEST / 10, _HIGHEST)
            limit.set(np.where(found > 0, shown, np.nan))
            stable.set(np.full(_STRENGTHS.shape, _LOWEST), np.maximum(shown, _LOWEST))
            words.set("green: stable" if found.max() > 0 else "no step size is stable")
            return update(loss, cure, strength, step_size)

        return show

    controls = {
        "loss": choice("loss", [("minimax", "minimax"), ("Wasserstein", "wasserstein")]),
        "cure": choice("cure", list(_CURES)),
        "strength": slider("its strength", 0.1, 10, 0.2, log=True),
        "step_size": slider("step size $h$", 0.01, 10, 0.3, log=True),
    }
    stage = Stage(figure, plotting.moving(path, spectrum, note, stable, limit, here, words))
    return LiveFigure(stage, update, controls, work=work)
