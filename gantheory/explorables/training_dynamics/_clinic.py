"""The clinic: six broken trainings to diagnose, to repair with real controls, and to verify by a number."""

import html
from collections.abc import Callable

import ipywidgets as widgets
import numpy as np
from matplotlib.gridspec import GridSpec

from gantheory import plotting
from gantheory.explorables.training_dynamics import _eight_runs as runs
from gantheory.explorables.training_dynamics._clinic_cases import (
    CASES,
    CONSTRAINTS,
    HEALTHY,
    LOSSES,
    NUM_STEPS,
    Outcome,
    Treatment,
    treat,
)
from gantheory.live.controls import button, choice, slider, stops_slider
from gantheory.live.figure import LiveFigure
from gantheory.live.stage import Stage

__all__ = ["Clinic", "clinic"]

_NUM_SHOWN = 60
_LOW, _HIGH = -4.0, 8.0
_WIDE, _DISTANCE, _SCORE = 1e4, (0.03, 1000.0), (-4.0, 4.0)
_ILL = plotting.EXACT
_TREATED = plotting.LEARNED
_FULL = {"width": "100%"}


def _sigmoid(scores: np.ndarray) -> np.ndarray:
    return 0.5 * (1 + np.tanh(scores / 2))


class Clinic(LiveFigure):
    """A patient's symptoms, the question what it has, the controls to treat it, and the verdict.

    Attributes:
        diagnosis: The choice of what the patient has.
        reason: What is said to the chosen diagnosis.
        treatment: The controls of the treatment, by the names of `Treatment`'s fields.
        verdict: What the measured distance says about the last treatment.
        outcome: The `Outcome` of the last treatment, None before the first.
    """

    def __init__(self) -> None:
        self.outcome: Outcome | None = None
        self._wanted: dict[str, object] | None = None
        figure = plotting.new_figure(9.0, 4.8)
        figure.set_layout_engine("none")
        cells = GridSpec(2, 1, figure, left=0.065, right=0.56, bottom=0.1, top=0.93, hspace=0.3)
        ax = plotting.axes(figure, cells[0, 0], xlim=(_LOW, _HIGH), ylim=(-0.03, 1.03))
        ax.tick_params(labelbottom=False)
        self._half = ax.axhline(0.5, color="#999999", lw=1, ls=":")
        self._score_axes = ax
        self._scores = [plotting.Curve(ax, runs.X, plotting.CRITIC, lw=1.2) for _ in range(runs.NUM_SEEDS)]
        self._head = plotting.Note(ax, 0.0, 1.13, size=11)
        ax = plotting.axes(figure, cells[1, 0], xlim=(_LOW, _HIGH), ylim=(-1.15, 1.0), xlabel="x")
        ax.set_title(
            "above: the data; below: samples, a row a seed", fontsize=11, color="#333333", loc="left"
        )
        ax.set_yticks([])
        ax.spines["left"].set_visible(False)
        self._data = plotting.Density(ax, runs.X, plotting.DATA, base=0.0)
        self._strip = plotting.Marks(ax, plotting.GENERATED, size=5)
        self._outside = plotting.Note(ax, 0.99, 0.09, size=9, align="right")
        self._traces = {}
        cells = GridSpec(3, 1, figure, left=0.645, right=0.975, bottom=0.1, top=0.93, hspace=0.42)
        self._loss_axes = []
        for row, title in enumerate(
            ("G's own loss", "D's own loss", f"W1(P_data, P_G); healthy below {HEALTHY}")
        ):
            last = row == 2
            ax = plotting.axes(
                figure, cells[row, 0], xlim=(0, NUM_STEPS), xlabel="training steps" if last else ""
            )
            ax.set_title(title, fontsize=11, color="#333333", loc="left")
            if last:
                ax.set(yscale="log", ylim=_DISTANCE)
                ax.axhline(HEALTHY, color="#999999", lw=1, ls=":")
            else:
                ax.tick_params(labelbottom=False)
                self._loss_axes.append(ax)
            self._traces[title] = (
                plotting.Trace(ax, _ILL, "as it came"),
                plotting.Trace(ax, _TREATED, "treated"),
            )
        plotting.legend(
            self._loss_axes[0],
            place="lower right",
            bbox_to_anchor=(1.02, 0.98),
            ncols=2,
            frameon=False,
            borderpad=0.1,
            columnspacing=1.0,
            handlelength=1.6,
        )
        shown = [*self._scores, self._half, self._head, self._data, self._strip, self._outside]
        shown += [trace for pair in self._traces.values() for trace in pair]

        self._complaint = widgets.HTML(layout=_FULL)
        self.diagnosis = widgets.RadioButtons(options=[], value=None, layout={"width": "auto"})
        self.reason = widgets.HTML("", layout=_FULL)
        self.treatment = {
            "loss": choice("loss", list(LOSSES)),
            "constraint": choice("constraint on D", list(CONSTRAINTS)),
            "clip": stops_slider("clip", [0.001, 0.01, 0.1, 0.3], 0.01),
            "optimizer": choice("optimiser of both", list(runs.OPTIMIZERS)),
            "generator_learning_rate": slider("learning rate of G", 1e-4, 1.0, 1e-3, log=True),
            "discriminator_learning_rate": slider("learning rate of D", 1e-4, 1.0, 5e-3, log=True),
            "num_critic_steps": stops_slider("D steps per G step", [1, 2, 5, 10], 1),
            "depth": stops_slider("hidden layers of D", [0, 1, 2], 2),
        }
        self.buttons = {
            "train": button(
                "Train it anew", self.train, hint="Train eight seeds with these settings", icon="play"
            ),
            "undo": button("As it came", self._undo, hint="Put the controls back", icon="undo"),
        }
        self.verdict = widgets.HTML("", layout=_FULL)
        self._surgery = widgets.Box(
            [
                widgets.HTML(
                    "<b>Repair it.</b> The controls stand as it was trained. Change what you think is wrong.",
                    layout=_FULL,
                ),
                *self.treatment.values(),
                *self.buttons.values(),
                self.verdict,
            ],
            layout={"flex_flow": "row wrap", "align_items": "center"},
        )
        self._ask = widgets.HTML("<b>What does it have?</b>", layout=_FULL)
        super().__init__(
            Stage(figure, plotting.moving(*shown)),
            self._admit,
            {"case": choice("patient", list(CASES))},
            work=self._train,
            beside=[self._complaint, self._ask, self.diagnosis, self.reason, self._surgery],
        )
        self.diagnosis.observe(self._diagnosed, "value")

    def train(self) -> None:
        """Train the patient anew with the settings of the controls, on a thread behind."""
        self._wanted = {name: control.value for name, control in self.treatment.items()}
        self._say("training 8 GANs …")
        self._behind.submit(draw=False)

    def close(self) -> None:
        """End all work and take the clinic off the page."""
        for widget in (*self.treatment.values(), *self.buttons.values(), self.verdict):
            widget.close()
        super().close()

    def _say(self, words: str) -> None:
        self.verdict.value = f'<div aria-live="polite">{words}</div>'

    def _undo(self) -> None:
        chart = CASES[self.controls["case"].value].treatment
        for name, control in self.treatment.items():
            control.value = getattr(chart, name)

    def _diagnosed(self, _change: object) -> None:
        said = self.diagnosis.value
        if said is None:
            return
        reason = html.escape(CASES[self.controls["case"].value].diagnoses[said], quote=False)
        self.reason.value = f'<div aria-live="polite">{reason}</div>'
        self._surgery.layout.display = ""

    def _admit(self, case: str) -> str:
        """Show another patient: nothing diagnosed, nothing treated."""
        chosen = CASES[case]
        self._wanted = self.outcome = None
        self._complaint.value = f"<i>{html.escape(chosen.complaint, quote=False)}</i>"
        self.diagnosis.options = list(chosen.diagnoses)
        self.diagnosis.value = None
        self.reason.value = self.verdict.value = ""
        self._surgery.layout.display = "none"
        self._undo()
        for ax in self._loss_axes:
            if chosen.losses is None:
                ax.set_yscale("symlog", linthresh=1.0, linscale=1.5)
                ax.set_yticks([-1e4, -1e2, 0, 1, 1e2, 1e4], ["−10⁴", "−100", "0", "1", "100", "10⁴"])
                ax.minorticks_off()
            else:
                ax.set_yscale("linear")
            ax.set_ylim(chosen.losses or (-_WIDE, _WIDE))
        self._head.set("training 8 GANs …")
        nothing = np.full(runs.X.shape, np.nan)
        for curve in self._scores:
            curve.set(nothing)
        self._data.set(np.zeros(runs.X.shape))
        self._strip.set(np.zeros(0))
        self._outside.set("")
        for pair in self._traces.values():
            for trace in pair:
                trace.set(np.zeros(0), np.zeros((1, 0)))
        return f"patient {case}: in training"

    def _train(self, case: str) -> Callable[[], str] | None:
        def give_up() -> bool:
            return self._behind.waiting

        wanted = self._wanted
        ill = treat(case, give_up=give_up)
        if ill is None:
            return None
        treated = treat(case, give_up=give_up, **wanted) if wanted else None
        if wanted and treated is None:
            return None
        return lambda: self._show(case, ill, treated, wanted)

    def _show(
        self, case: str, ill: Outcome, treated: Outcome | None, wanted: dict[str, object] | None
    ) -> str:
        chosen = CASES[case]
        self.outcome = treated
        latest = ill if treated is None else treated
        treatment = chosen.treatment if wanted is None else Treatment(**wanted)
        self._show_players(chosen.data, treatment.loss == "wasserstein", latest, treated is not None)
        for place, outcome in enumerate((ill, treated)):
            sources = [(np.zeros(0), np.zeros((1, 0)))] * 3
            if outcome is not None:
                course = outcome.course
                steps = np.arange(1, course.generator_loss.shape[1] + 1)
                low, high = chosen.losses or (-_WIDE, _WIDE)
                sources = [
                    (steps, np.clip(loss, low, high))
                    for loss in (course.generator_loss, course.discriminator_loss)
                ]
                sources.append((course.measured_at, np.clip(course.w1, *_DISTANCE)))
            for pair, source in zip(self._traces.values(), sources, strict=True):
                pair[place].set(*plotting.thin(*source))
        words = f"patient {case}, as it came: {_in_words(ill)}"
        if treated is not None:
            words += f". Treated: {_in_words(treated)}"
            stopped = f"{html.escape(treated.course.stopped)} " if treated.course.stopped else ""
            low, high = treated.distance.min(), treated.distance.max()
            self._say(
                f"<b>{'Cured' if treated.cured else 'Not cured'}.</b> {stopped}W1 over the last 200 steps is "
                f"{low:.2f} to {high:.2f}; it is below {HEALTHY} in {treated.healthy} of {runs.NUM_SEEDS} seeds."
            )
        return words

    def _show_players(
        self, data: tuple[float, float, float], critic: bool, outcome: Outcome, treated: bool
    ) -> None:
        when = "treated" if treated else "as it came"
        self._score_axes.set_ylim(_SCORE if critic else (-0.03, 1.03))
        self._half.set_ydata([0.0, 0.0] if critic else [0.5, 0.5])
        self._head.set(f"{'critic f(x), mean taken off' if critic else 'D(x)'}, eight seeds, {when}")
        scores = (
            outcome.scores - outcome.scores.mean(axis=1, keepdims=True)
            if critic
            else _sigmoid(outcome.scores)
        )
        for curve, seed in zip(self._scores, scores, strict=True):
            curve.set(np.clip(seed, -10, 10))
        left, right, std = data
        p = sum(np.exp(-(((runs.X - centre) / std) ** 2) / 2) for centre in (left, right))
        self._data.set(0.9 * p / p.max())
        samples = outcome.samples[:, :_NUM_SHOWN]
        height = np.repeat(-0.1 - 0.11 * np.arange(runs.NUM_SEEDS), _NUM_SHOWN)
        inside = (samples > _LOW) & (samples < _HIGH)
        self._strip.set(samples.ravel()[inside.ravel()], height[inside.ravel()])
        share = 1 - inside.mean()
        self._outside.set(f"{share:.0%} of the samples lie outside" if share > 0.005 else "")


def _in_words(outcome: Outcome) -> str:
    course = outcome.course
    ends = [loss[:, -1] for loss in (course.generator_loss, course.discriminator_loss) if loss.shape[1]]
    words = "" if course.stopped is None else f"{course.stopped} "
    if ends:
        words += f"G's loss ends at {np.median(ends[0]):.2f}, D's at {np.median(ends[1]):.2f}, "
    return (
        f"{words}W1 over the last 200 steps is {outcome.distance.min():.2f} to {outcome.distance.max():.2f}, "
        f"healthy in {outcome.healthy} of 8 seeds"
    )


def clinic() -> Clinic:
    """Open the clinic: choose a patient, say what it has, change its settings, train it anew.

    >>> live = clinic()
    >>> live.diagnosis.value = "the learning rates are far too high"
    >>> live.treatment["generator_learning_rate"].value = 5e-3
    >>> live.treatment["discriminator_learning_rate"].value = 5e-3
    >>> live.train()
    >>> live.settle(60), live.outcome.cured
    (True, True)
    >>> live.close()
    """
    return Clinic()
