"""Where does P_G stop? With the two-sided gradient penalty on the line it flies past the data."""

import dataclasses
from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, PyTree

from gantheory import _pytree, lipschitz, plotting
from gantheory.explorables._far_start import NO_CLIP, Centres, Journey, Runner, journey
from gantheory.live.controls import slider
from gantheory.live.figure import LiveFigure
from gantheory.live.stage import Stage

__all__ = ["CLIP", "Overshoot", "chase", "penalized"]

CLIP = 0.1
"""The clip of the critics here, 1-32-32-1: the largest slope they can have is 32^2 * 0.1^3 = 1.02."""

_NUM_STEPS = 600
# G is fast: otherwise the flight takes twice as many steps.
_RATES = (2e-3, 5e-3)
_LOOKS = {
    "two-sided penalty": plotting.CRITIC,
    "one-sided penalty": plotting.LEARNED._replace(dashes="--"),
    "weight clipping": plotting.LATENT,
}


@_pytree.register(dynamic=("weight", "one_sided", "clipping"))
@dataclasses.dataclass(frozen=True, eq=False)
class Leash(lipschitz.Constraint):
    """Each of the three constraints, told apart by leaves alone, so that their trainings share one compilation.

    Attributes:
        weight: of the gradient penalty, 0 where the weights are clipped.
        one_sided: whether slopes below 1 are free.
        clipping: weight clipping, with `NO_CLIP` where there is a penalty.
    """

    weight: Float[Array, ""]
    one_sided: Bool[Array, ""]
    clipping: lipschitz.Constraint

    def penalty(
        self,
        critic: Callable[[Array], Array],
        real: Float[Array, "n 1"],
        fake: Float[Array, "n 1"],
        key: Array,
    ) -> Float[Array, ""]:
        """Compute the gradient penalty, of either kind."""
        t = jax.random.uniform(key, real.shape, real.dtype)
        excess = lipschitz.gradient_norms(critic, t * real + (1 - t) * fake) - 1
        excess = jnp.where(self.one_sided, jax.nn.relu(excess), excess)
        return self.weight * jnp.mean(jnp.square(excess))

    def project(self, params: PyTree) -> PyTree:
        """Clip."""
        return self.clipping.project(params)


def penalized(weight: float, *, one_sided: bool = False, clip: float = NO_CLIP) -> Leash:
    """Make a gradient penalty whose kind, two-sided or one-sided, is a leaf; `clip` clips the weights besides."""
    return Leash(_pytree.scalar(weight), _pytree.scalar(one_sided, bool), lipschitz.weight_clipping(clip))


def _constraint(name: str, weight: float) -> Leash:
    if name == "weight clipping":
        return penalized(0.0, clip=CLIP)
    return penalized(weight, one_sided=name == "one-sided penalty")


def chase(
    name: str, gap: float = 4.0, weight: float = 10.0, *, give_up: Callable[[], bool] = lambda: False
) -> Journey:
    """Train eight seeds of a WGAN on the line, from N(0, 1) or so to N(gap, 0.25), for 600 steps with Adam.

    Args:
        name: "two-sided penalty", "one-sided penalty" or "weight clipping".
        gap: centre of the data.
        weight: of the penalty.
        give_up: asked after each piece; True ends the training early.

    >>> bool(abs(chase("one-sided penalty").centre[:, -1] - 4).max() < 1)
    True
    """
    return journey(
        "wasserstein",
        gap,
        300,
        "Adam",
        constraint=_constraint(name, weight),
        num_steps=_NUM_STEPS,
        rates=_RATES,
        give_up=give_up,
    )


class Overshoot(LiveFigure):
    """Eight seeds of a WGAN under each of three constraints: the centre of P_G against steps."""

    def __init__(self) -> None:
        figure = plotting.new_figure(9.0, 4.4)
        ax = plotting.axes(
            figure,
            title="the centre of P_G, eight seeds each",
            xlim=(0, _NUM_STEPS),
            ylim=(-18, 28),
            xlabel="G's steps after the critic's head start",
            ylabel="x",
        )
        self._centres = Centres(
            ax, {name: Runner("wasserstein", look) for name, look in _LOOKS.items()}, _NUM_STEPS
        )
        self._turn = plotting.Curve(ax, [0, _NUM_STEPS], plotting.EXACT, "data + 2 weight", lw=1, ls="--")
        self._note = plotting.Note(ax, 0.5, 0.1, align="center")
        plotting.legend(ax, place="upper left", bbox_to_anchor=(1.01, 1.0))
        super().__init__(
            Stage(figure, plotting.moving(self._centres, self._turn, self._note)),
            self._blank,
            {
                "gap": slider("gap to the data", 1.0, 6.0, 4.0),
                "weight": slider("penalty weight", 0.5, 10.0, 10.0, log=True),
            },
            work=self._train,
        )

    def _blank(self, gap: float, weight: float) -> str:
        self._centres.set(gap, {})
        self._turn.set([gap + 2 * weight] * 2)
        self._note.set("training 24 generators …")
        return f"gap {gap:.1f}, weight {weight:g}: training"

    def _train(self, gap: float, weight: float) -> Callable[[], str] | None:
        done = {}
        for name in _LOOKS:
            done[name] = chase(name, gap, weight, give_up=lambda: self._behind.waiting)
            if self._behind.waiting:
                return None

        def show() -> str:
            self._centres.set(gap, done)
            self._note.set("")
            farthest = {name: way.centre.max(axis=1) - gap for name, way in done.items()}
            told = (f"{name} {past.max():.2f} past the data" for name, past in farthest.items())
            return f"gap {gap:.1f}, weight {weight:g}; farthest of 8 seeds: " + ", ".join(told)

        return show
