"""Where does P_G stop? With the two-sided gradient penalty on the line it flies past the data."""

from collections.abc import Callable

from gantheory import lipschitz, plotting
from gantheory.explorables._far_start import Centres, Journey, Runner, journey
from gantheory.live.controls import slider
from gantheory.live.figure import LiveFigure
from gantheory.live.stage import Stage

__all__ = ["CLIP", "Overshoot", "chase"]

CLIP = 0.1
"""The clip of the critics here, 1-32-32-1: the largest slope they can have is 32^2 * 0.1^3 = 1.02."""

_NUM_STEPS = 600
# G is fast: otherwise the flight takes twice as many steps.
_RATES = (2e-3, 5e-3)
_LOOKS = {
    "two-sided penalty": plotting.LEARNED._replace(dashes="-"),
    "one-sided penalty": plotting.CRITIC._replace(dashes="--"),
    "weight clipping": plotting.LATENT,
}


def _constraint(name: str, weight: float) -> lipschitz.Constraint:
    if name == "weight clipping":
        return lipschitz.weight_clipping(CLIP)
    return lipschitz.gradient_penalty(weight, one_sided=name == "one-sided penalty")


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
