"""The live figures of notebook 04: moving earth."""

import functools
from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from matplotlib.gridspec import GridSpec

from gantheory import distributions, games, plotting, training, transport
from gantheory.explorables import scenes
from gantheory.explorables.earth_mover._line import by_quantiles, js_beside_w1, parallel_lines, sketch_w1
from gantheory.explorables.earth_mover._piles import AllPlans, BuildAPlan
from gantheory.explorables.earth_mover._questions import predict, quiz
from gantheory.live.controls import choice, slider, stops_slider
from gantheory.live.figure import LiveFigure
from gantheory.live.stage import Stage
from gantheory.live.trainer import LiveTrainer
from gantheory.networks import MLP

__all__ = [
    "all_plans",
    "build_a_plan",
    "by_quantiles",
    "clouds",
    "far_away_game",
    "gan_in_the_plane_with_w1",
    "gan_with_w1",
    "js_beside_w1",
    "parallel_lines",
    "predict",
    "quiz",
    "sample_w1",
    "sketch_w1",
    "too_few_samples",
]

_MANY, _FEW = 5_000, 3
_SIZES = (16, 32, 64, 128, 256, 512)
# So many of the last plans the clouds remember.
_KEPT = 200


def build_a_plan(a: Sequence[int] = (3, 2, 1), b: Sequence[int] = (1, 2, 3)) -> BuildAPlan:
    """Let the learner move the piles `a` onto the piles `b`, one unit at a time.

    Args:
        a: Whole masses at the places 0, 1, 2, ...
        b: Whole masses of the same total.

    Raises:
        ValueError: As `transport.moving_plans`.
        TypeError: As `transport.moving_plans`.

    >>> live = build_a_plan()
    >>> live.change(0, 2, +1), live.change(0, 2, -1), live.change(0, 2, -1)
    (True, True, False)
    >>> live.stage.alt.split(". ")[1]
    'Nothing moves from 0 to 2 yet: there is nothing to take back'
    >>> live.close()
    """
    transport.moving_plans(a, b)  # Refuses what is wrong before there is a widget.
    return BuildAPlan(a, b)


def all_plans(a: Sequence[int] = (3, 2, 1), b: Sequence[int] = (1, 2, 3)) -> AllPlans:
    """Show all plans of whole masses from the piles `a` to the piles `b`, the cheapest first.

    Args:
        a: Whole masses at the places 0, 1, 2, ...
        b: Whole masses of the same total.

    Raises:
        ValueError: As `transport.moving_plans`.
        TypeError: As `transport.moving_plans`.

    >>> live = all_plans()
    >>> live.controls["plan"].value = 1
    >>> live.settle(10), live.stage.alt.split(". ")[0]
    (True, 'plan 1 of 12: average cost 0.667; the least is 0.667, reached by 3 plans of whole masses')
    >>> live.close()
    """
    transport.moving_plans(a, b)
    return AllPlans(a, b)


@functools.partial(jax.jit, static_argnums=2)
def _entropic(cost: Float[Array, "n m"], epsilon: Array, rounds: int, a: Array, b: Array) -> transport.Plan:
    return transport.sinkhorn(cost, a, b, epsilon=epsilon, max_iterations=rounds)


def clouds(n: int = 18, seed: int = 0) -> LiveFigure:
    """Show two clouds in the plane, the best plan between them, and Sinkhorn's plan for a blur epsilon.

    Args:
        n: How many points each cloud has.
        seed: Which clouds.

    >>> live = clouds()
    >>> live.controls["epsilon"].value = 0.01
    >>> live.settle(60), "it has converged" in live.stage.alt
    (True, True)
    >>> live.close()
    """
    random = np.random.default_rng(seed)
    start = random.normal(0.0, 0.45, (n, 2))
    angles = np.linspace(0, 2 * np.pi, n, endpoint=False)
    end = 1.5 * np.stack([np.cos(angles), np.sin(angles)], axis=1) + random.normal(0, 0.08, (n, 2))
    a, b = (masses / masses.sum() for masses in random.integers(1, 6, (2, n)))

    figure = plotting.new_figure(9.0, 4.8)
    cells = GridSpec(1, 2, figure)
    box = {"xlim": (-2.9, 2.9), "ylim": (-2.3, 2.9), "equal": True}
    panels, points, notes = [], [], []
    for column, title in enumerate(("the best plan", "Sinkhorn's plan, blurred by epsilon")):
        ax = plotting.axes(figure, cells[0, column], title=title, **box)
        panels.append(plotting.Segments(ax, "#4D4D4D", alpha=0.7))
        made = ax.scatter(*start.T, s=900 * a, c=plotting.GENERATED.color, marker="^", label="P_G", zorder=3)
        data = ax.scatter(*end.T, s=700 * b, c=plotting.DATA.color, marker="o", label="data", zorder=3)
        points += [made, data]
        plotting.legend(ax, place="lower right", markerscale=0.8)
        notes.append(plotting.Note(ax))
    seen: dict[tuple[float, float, str], transport.Plan] = {}

    def distances(shift: float) -> tuple[Float[np.ndarray, "n 2"], Float[np.ndarray, "n n"]]:
        moved = start + np.array([shift, 0.0])
        return moved, np.linalg.norm(moved[:, None] - end[None, :], axis=-1)

    def draw(panel: plotting.Segments, moved: Float[np.ndarray, "n 2"], plan: transport.Plan) -> None:
        matrix = np.asarray(plan.matrix)
        # Thinner than a tenth of a pixel nobody sees.
        i, j = np.nonzero(matrix * 60 > 0.07)
        panel.set(moved[i], end[j], 60 * matrix[i, j])

    def update(shift: float, epsilon: float, rounds: str) -> str:
        moved, cost = distances(shift)
        for cloud in points[::2]:
            cloud.set_offsets(moved)
        best = transport.optimal_plan(cost, a, b)
        draw(panels[0], moved, best)
        notes[0].set(f"average distance {float(best.cost):.3f} = W1 of these points")
        words = f"P_G shifted by {shift:.2f}; the best plan moves {float(best.cost):.3f} on average"
        plan = seen.get((shift, epsilon, rounds))
        if plan is None:
            return words
        draw(panels[1], moved, plan)
        average = float(plan.cost)
        if bool(plan.converged):
            notes[1].set(f"epsilon {epsilon:g}: converged,\naverage distance {average:.3f}")
            return f"{words}; Sinkhorn's with epsilon {epsilon:g} {average:.3f}; it has converged"
        notes[1].set(
            f"NOT converged after {rounds} rounds: not\nthe plan for epsilon {epsilon:g}, no transport cost"
        )
        return f"{words}; Sinkhorn's with epsilon {epsilon:g} has not converged after {rounds} rounds: not its plan"

    def work(shift: float, epsilon: float, rounds: str):
        _, cost = distances(shift)
        plan = _entropic(jnp.asarray(cost), jnp.asarray(epsilon), _FEW if rounds == "3" else _MANY, a, b)
        plan.cost.block_until_ready()
        while len(seen) >= _KEPT:
            del seen[next(iter(seen))]
        seen[shift, epsilon, rounds] = plan
        return lambda: update(shift, epsilon, rounds)

    controls = {
        "shift": slider("shift of $P_G$", -1.2, 1.2, 0.0),
        "epsilon": slider("epsilon", 0.01, 10.0, 0.2, log=True),
        "rounds": choice("rounds at most", ["as many as it takes", "3"]),
    }
    stage = Stage(figure, plotting.moving(*panels, *points, *notes))
    return LiveFigure(stage, update, controls, work=work, main="epsilon")


def far_away_game(place: float = 5.0) -> games.Game:
    """Make the game of `gan_with_w1`: data far from where the generator starts.

    Args:
        place: The mean of the data, a Gaussian of width 0.5; the generator starts near 0.

    >>> far_away_game().target.mean.tolist()
    [5.0]
    """
    return games.gan(
        _network(1, 1),
        _network(1, 1),
        "non_saturating",
        prior=distributions.Gaussian(0.0, 1.0),
        target=distributions.Gaussian(place, 0.5),
    )


@functools.cache  # One function for each pair of dimensions, so that games made again compile nothing anew.
def _network(in_dim: int, out_dim: int) -> games.NetworkFactory:
    return lambda rngs: MLP(in_dim, out_dim, width=32, depth=2, rngs=rngs)


def gan_with_w1() -> LiveTrainer:
    """Show a GAN whose data lie far away, eight seeds at once, with V, binned JS and W1 traced.

    >>> live = gan_with_w1()
    >>> live.run.measured["w1"].shape
    (8, 1)
    >>> live.close()
    """
    return LiveTrainer(
        far_away_game,
        scenes.Line1D(traced=(scenes.VALUE, scenes.BINNED_JS, scenes.W1), low=-4.0, high=8.0),
        moves={"place": slider("place of the data", -2.0, 6.0, 5.0)},
        settings=training.Settings(5e-4, 1e-3),
        num_seeds=8,
        speed=2,
    )


def gan_in_the_plane_with_w1() -> LiveTrainer:
    """Show a GAN whose data lie far away in the plane, eight seeds at once, with V, binned JS and sliced W1 traced.

    >>> live = gan_in_the_plane_with_w1()
    >>> live.run.measured["sliced_w1"].shape
    (8, 1)
    >>> live.close()
    """

    def make_game(distance: float) -> games.Game:
        return games.gan(
            _network(2, 2),
            _network(2, 1),
            "non_saturating",
            prior=distributions.Gaussian([0.0, 0.0], [1.0, 1.0]),
            target=distributions.Gaussian([distance, distance], [0.4, 0.4]),
        )

    return LiveTrainer(
        make_game,
        scenes.Plane2D(traced=(scenes.VALUE, scenes.BINNED_JS, scenes.SLICED_W1), low=-4.0, high=4.0),
        moves={"distance": slider("place of the data", -2.5, 2.5, 2.5)},
        settings=training.Settings(5e-4, 1e-3),
        num_seeds=8,
        speed=5,
    )


def sample_w1(n: int, dim: int, shift: float = 0.0, seed: int = 0) -> float:
    """Compute W1 between `n` samples of N(0, I) and `n` other samples of N((shift, 0, ..., 0), I), exactly.

    Exact is the distance between the two *samples*; between the two laws it is `shift`.

    Args:
        n: How many samples of each.
        dim: The dimension.
        shift: How far the second law is shifted.
        seed: Which samples.

    >>> f"{sample_w1(512, 1):.2f} {sample_w1(512, 64):.2f}"
    '0.13 9.07'
    """
    random = np.random.default_rng((seed, dim))
    # The largest sample is drawn and its beginning taken: so samples of different sizes share points.
    x, y = random.normal(size=(2, max(n, _SIZES[-1]), dim))[:, :n]
    y[:, 0] += shift
    if dim == 1:
        return float(transport.wasserstein_1d(x[:, 0], y[:, 0]))
    squares = (x**2).sum(1)[:, None] + (y**2).sum(1)[None, :] - 2 * x @ y.T
    return float(transport.optimal_plan(np.sqrt(squares.clip(0))).cost)


@functools.lru_cache(maxsize=64)
def _sample_curves(
    sizes: tuple[int, ...], num_draws: int, dim: int, shift: float
) -> Float[np.ndarray, "draws sizes"]:
    return np.array([[sample_w1(n, dim, shift, seed) for n in sizes] for seed in range(num_draws)])


def too_few_samples(sizes: Sequence[int] = _SIZES, num_draws: int = 4) -> LiveFigure:
    """Show W1 between n samples of one law, and between n samples of two shifted ones, in many dimensions.

    Args:
        sizes: The numbers n of samples, rising.
        num_draws: How many times each is drawn; shown are the median, and a ribbon from least to greatest.

    >>> live = too_few_samples()
    >>> live.controls["dim"].value = 1
    >>> live.settle(60), live.stage.alt.split(":")[0]
    (True, '512 samples in 1 dimension')
    >>> live.close()
    """
    sizes = tuple(sizes)
    ends = (0.87 * sizes[0], 1.17 * sizes[-1])
    curves = functools.partial(_sample_curves, sizes, num_draws)
    figure = plotting.new_figure(9.0, 4.4)
    ax = plotting.axes(
        figure,
        xlim=ends,
        ylim=(0, 15),
        xscale="log",
        xlabel="samples n of each law",
        ylabel="W1 between the samples",
    )
    ax.set_xticks(sizes, [str(n) for n in sizes])
    ax.minorticks_off()
    same = plotting.Trace(ax, plotting.DATA, "the same law twice (truth: 0)")
    moved = plotting.Trace(ax, plotting.GENERATED, "shifted laws (truth: the dotted line)")
    truth = plotting.Curve(ax, ends, plotting.EXACT, "the shift: true W1 of the shifted laws")
    guide = plotting.Curve(ax, sizes, plotting.VARIATION, "falling like n^(−1/d), for d > 2", lw=1.2, ls="--")
    dots = [
        plotting.Dots(ax, [0.0], look, marker=look.marker, ms=10)
        for look in (plotting.DATA, plotting.GENERATED)
    ]
    note = plotting.Note(ax, 0.02, 0.97)
    plotting.legend(ax, place="upper right")

    def update(n: int, dim: int, shift: float) -> str:
        truth.set([shift, shift])
        start = f"{n} samples in {dim} dimension{'s' if dim > 1 else ''}"
        if (dim, shift) not in ready:
            note.set(f"{start}: computing …")
            return f"{start}: computing"
        equal, apart = curves(dim, 0.0), curves(dim, shift)
        same.set(sizes, equal)
        moved.set(sizes, apart)
        at = sizes.index(n)
        values = [float(np.median(curve[:, at])) for curve in (equal, apart)]
        for dot, value in zip(dots, values, strict=True):
            dot.set([value], [n])
        rate = np.asarray(sizes, float) ** (-1 / dim) if dim > 2 else np.full(len(sizes), np.nan)
        guide.set(rate / rate[0] * np.median(equal[:, 0]))
        words = f"the same law {values[0]:.2f} (truth 0), shifted laws {values[1]:.2f} (truth {shift:.2f})"
        note.set(f"{start}:\nthe same law {values[0]:.2f}, shifted laws {values[1]:.2f}")
        return f"{start}: {words}"

    ready: set[tuple[int, float]] = set()

    def work(n: int, dim: int, shift: float):
        curves(dim, 0.0)
        curves(dim, shift)
        ready.add((dim, shift))
        return lambda: update(n, dim, shift)

    controls = {
        "n": stops_slider("samples n", sizes, sizes[-1]),
        "dim": stops_slider("dimension d", (1, 2, 4, 8, 16, 32, 64), 64),
        "shift": slider("shift", 0.0, 4.0, 2.0, step=0.5),
    }
    things = [same, moved, truth, guide, *dots, note]
    return LiveFigure(Stage(figure, plotting.moving(*things)), update, controls, work=work)
