"""The live figures of notebook 02: what a discriminator's value says about two laws, and how G uses it."""

import numpy as np
from matplotlib.gridspec import GridSpec

from gantheory import plotting
from gantheory.explorables import _value
from gantheory.explorables._far_start import FarStart, Journey, journey
from gantheory.explorables._ledger import (
    Exact,
    Ledger,
    best_reachable,
    exact_ceiling,
    fixed_pair,
    ledger,
    measure,
)
from gantheory.explorables.divergence_from_samples._drawn_by_hand import DrawnByHand
from gantheory.explorables.divergence_from_samples._learned_value import learned_value
from gantheory.explorables.divergence_from_samples._min_max import min_max, play
from gantheory.explorables.divergence_from_samples._questions import predict, quiz
from gantheory.live.controls import slider
from gantheory.live.figure import LiveFigure
from gantheory.live.sketch import Sketch
from gantheory.live.stage import Stage

__all__ = [
    "Exact",
    "Journey",
    "Ledger",
    "be_the_discriminator",
    "best_discriminator",
    "best_reachable",
    "classifier",
    "draw_the_value",
    "exact_ceiling",
    "far_start",
    "fixed_pair",
    "journey",
    "learned_value",
    "ledger",
    "measure",
    "min_max",
    "play",
    "predict",
    "quiz",
    "two_gradients",
]

# Wide enough for the widest law at the largest separation; the pictures show the middle.
_X = np.linspace(-16.0, 16.0, 1281)
_DX = float(_X[1] - _X[0])
_NUM_POINTS = 40


def classifier() -> LiveFigure:
    """Show D as a classifier of samples: a smooth step that the learner places, and the V it earns.

    >>> live = classifier()
    >>> live.controls["steepness"].value = 0.0
    >>> live.settle(10)
    True
    >>> live.stage.alt
    'separation 2.0: V on these 80 samples is -1.386; real samples earn -0.693, generated ones -0.693; 40 of 80 on ...'
    >>> live.close()
    """
    noise = np.random.default_rng(2).normal(size=(2, _NUM_POINTS))
    figure = plotting.new_figure(8.6, 3.8)
    cells = GridSpec(1, 2, figure, width_ratios=(4, 1))
    ax = plotting.axes(
        figure,
        cells[0, 0],
        title="D(x): the probability that x is real",
        xlim=(-6, 6),
        ylim=(-0.06, 1.12),
        xlabel="x",
        ylabel="D(x)",
    )
    ax.axhline(0.5, color="#999999", lw=1, ls=":")
    curve = plotting.Curve(ax, _X, plotting.CRITIC, "D")
    real = plotting.Points(ax, plotting.DATA, "real sample", size=6)
    fake = plotting.Points(ax, plotting.GENERATED, "generated sample", size=6)
    plotting.legend(ax, place="upper right", ncols=3)
    gauge = plotting.axes(figure, cells[0, 1], title="earned, nats", xlim=(-0.6, 2.6), ylim=(-3.0, 0.1))
    gauge.set_xticks([0, 1, 2], ["real", "gen.", "V"])
    gauge.axhline(_value.COIN, color="#999999", lw=1)
    gauge.text(2.68, _value.COIN, "−log 4", fontsize=8, color="#555555", va="center")
    bars = [
        plotting.Segments(gauge, color, width=18, alpha=0.6)
        for color in (plotting.DATA.color, plotting.GENERATED.color, plotting.CRITIC.color)
    ]
    note = plotting.Note(gauge, 0.05, 0.1)

    def update(separation: float, place: float, steepness: float) -> str:
        x = noise + np.array([[-separation / 2], [separation / 2]])
        scores = steepness * (place - x)
        curve.set(_value.sigmoid(steepness * (place - _X)))
        real.set(np.stack([x[0], _value.sigmoid(scores[0])], axis=1))
        fake.set(np.stack([x[1], _value.sigmoid(scores[1])], axis=1))
        earned = [-_value.softplus(-scores[0]).mean(), -_value.softplus(scores[1]).mean()]
        total = float(sum(earned))
        for i, (bar, height) in enumerate(zip(bars, [*earned, total], strict=True)):
            bar.set([(i, 0)], [(i, max(height, -3.1))])
        right = (np.sum(scores[0] > 0) + np.sum(scores[1] <= 0)).item()
        note.set(f"V = {_value.in_words(total)}")
        return (
            f"separation {separation:.1f}: V on these {2 * _NUM_POINTS} samples is {total:.3f}; real samples earn "
            f"{earned[0]:.3f}, generated ones {earned[1]:.3f}; {right} of {2 * _NUM_POINTS} on the right side"
        )

    return LiveFigure(
        Stage(figure, plotting.moving(curve, real, fake, *bars, note)),
        update,
        {
            "separation": slider("separation", 0.0, 6.0, 2.0),
            "place": slider("place of D's step", -3.0, 3.0, 1.0),
            "steepness": slider("steepness of D", -2.0, 6.0, 1.0),
        },
        main="steepness",
    )


def be_the_discriminator() -> DrawnByHand:
    """Let the learner be D: drag its knots (or use the arrow keys) and watch V against its ceiling.

    >>> live = be_the_discriminator()
    >>> print(f"{live.value:.3f}")
    -1.386
    >>> live.close()
    """
    return DrawnByHand()


def best_discriminator() -> LiveFigure:
    """Show how each x chooses its own best D(x), and that together they make D* = p / (p + q).

    >>> live = best_discriminator()
    >>> live.stage.alt
    'at x = 0.50: p = 0.130, q = 0.352, D* = 0.269; JS = 0.337, the ceiling 2 JS − log 4 = -0.713'
    >>> live.close()
    """
    figure = plotting.new_figure(9.0, 4.6)
    cells = GridSpec(2, 2, figure, width_ratios=(3, 2))
    ax = plotting.axes(figure, cells[0, 0], title="D* = p / (p + q)", xlim=(-6, 6), ylim=(-0.04, 1.04))
    ax.set_xticklabels([])
    ax.axhline(0.5, color="#999999", lw=1, ls=":")
    best = plotting.Curve(ax, _X, plotting.EXACT, "D*", ls="-")
    here = plotting.Dots(ax, [0.0], plotting.CRITIC, marker="s", ms=8)
    up = plotting.Curve(ax, [0.0, 0.0], plotting.CRITIC, lw=1)
    ax = plotting.axes(figure, cells[1, 0], xlim=(-6, 6), ylim=(0, 1.25), xlabel="x", ylabel="density")
    ax.set_yticks([0, 0.4, 0.8])
    p_curve = plotting.Density(ax, _X, plotting.DATA, "p, data")
    q_curve = plotting.Density(ax, _X, plotting.GENERATED, "q, generated")
    down = plotting.Curve(ax, [0.0, 0.0], plotting.CRITIC, "this x", lw=1)
    plotting.legend(ax, ncols=3)
    note = plotting.Note(ax, 0.02, 0.83)
    d = np.linspace(0.001, 0.999, 400)
    ax = plotting.axes(
        figure,
        cells[:, 1],
        title="what the answer d earns at this x",
        xlim=(0, 1),
        ylim=(-3, 0.1),
        xlabel="d",
    )
    payoff = plotting.Curve(ax, d, plotting.CRITIC, "total")
    from_real = plotting.Curve(ax, d, plotting.DATA, "p log d", lw=1.2)
    from_fake = plotting.Curve(ax, d, plotting.GENERATED, "q log(1 − d)", lw=1.2)
    top = plotting.Dots(ax, [0.5], plotting.CRITIC, marker="s", ms=8)
    drop = plotting.Curve(ax, [0.5, 0.5], plotting.EXACT, "d = p / (p + q)", lw=1.2)
    plotting.legend(ax, place="lower center")

    def update(separation: float, spread: float, x: float) -> str:
        p = _value.normal(_X, -separation / 2)
        q = _value.normal(_X, separation / 2, spread)

        def score(x: _value.Numbers) -> _value.Numbers:
            return (
                -0.5 * (x + separation / 2) ** 2 + 0.5 * ((x - separation / 2) / spread) ** 2 + np.log(spread)
            )

        d_star = _value.sigmoid(score(_X))
        at = float(_value.sigmoid(score(x)))
        best.set(d_star)
        here.set([at], [x])
        up.set([-0.04, at], [x, x])
        p_curve.set(p)
        q_curve.set(q)
        # Not up to where the note and the legend are.
        height = max(
            0.4, float(_value.normal(x, -separation / 2)), float(_value.normal(x, separation / 2, spread))
        )
        down.set([0, height], [x, x])
        parts = at * np.log(d), (1 - at) * np.log1p(-d)
        from_real.set(parts[0])
        from_fake.set(parts[1])
        payoff.set(parts[0] + parts[1])
        peak = float(-at * _value.softplus(-score(x)) - (1 - at) * _value.softplus(score(x)))
        top.set([peak], [at])
        drop.set([-3, peak], [at, at])
        limit = _value.ceiling(p, q, _DX)
        js = (limit - _value.COIN) / 2
        note.set(f"JS = {js:.3f}\n2 JS − log 4 = {_value.in_words(limit)}")
        p_here, q_here = _value.normal(x, -separation / 2), _value.normal(x, separation / 2, spread)
        return (
            f"at x = {x:.2f}: p = {p_here:.3f}, q = {q_here:.3f}, D* = {at:.3f}; JS = {js:.3f}, "
            f"the ceiling 2 JS − log 4 = {limit:.3f}"
        )

    shown = [best, here, up, p_curve, q_curve, down, payoff, from_real, from_fake, top, drop, note]
    return LiveFigure(
        Stage(figure, plotting.moving(*shown)),
        update,
        {
            "separation": slider("separation", 0.0, 6.0, 2.0),
            "spread": slider("spread of $P_G$", 0.5, 2.0, 1.0),
            "x": slider("the place x", -6.0, 6.0, 0.5),
        },
        main="x",
    )


def draw_the_value() -> Sketch:
    """Ask for the ceiling max V against the separation of N(0, 1) and N(separation, 1), then lay the truth over it.

    >>> sketch = draw_the_value()
    >>> sketch.draw([0.0, 6.0], [0.0, 0.0])
    >>> sketch.show_truth()
    >>> sketch.said
    'Far off. Your curve misses by 0.51 on average, most at separation = 0 (by 1.39).'
    >>> sketch.close()
    """
    return Sketch(
        _value.gaussian_ceilings,
        xlim=(0.0, 6.0),
        ylim=(-1.5, 0.3),
        question="How does max V grow as P_G = N(separation, 1) leaves P_data = N(0, 1)?",
        xlabel="separation",
        ylabel="max V, nats",
        name="2 JS − log 4",
        known={
            "−log 4: nobody can tell": (plotting.LATENT, lambda x: np.full(x.shape, _value.COIN)),
            "0: everybody can tell": (plotting.CRITIC, np.zeros_like),
        },
    )


def two_gradients() -> LiveFigure:
    """Show the slopes of G's two losses against D's score, and the score that D* gives to far samples.

    >>> live = two_gradients()
    >>> live.controls["gap"].value = 4.0
    >>> live.settle(10)
    True
    >>> live.stage.alt
    'gap 4.0: D* scores the centre of P_G -8.00 (D = 0.00034); the slope is -0.00034 minimax, -0.99966 non-saturating'
    >>> live.close()
    """
    figure = plotting.new_figure(9.0, 4.2)
    cells = GridSpec(2, 2, figure, width_ratios=(2, 3))
    top = plotting.axes(figure, cells[0, 0], title="D*, the best D", xlim=(-4, 9), ylim=(-0.04, 1.04))
    top.set_xticklabels([])
    x = np.linspace(-4.0, 9.0, 400)
    d_curve = plotting.Curve(top, x, plotting.CRITIC)
    mark = plotting.Dots(top, [0.0], plotting.GENERATED, marker="^", ms=9)
    ax = plotting.axes(figure, cells[1, 0], xlim=(-4, 9), ylim=(0, 0.6), xlabel="x", ylabel="density")
    p_curve = plotting.Density(ax, x, plotting.DATA, "p, data")
    p_curve.set(_value.normal(x))
    q_curve = plotting.Density(ax, x, plotting.GENERATED, "q, generated")
    plotting.legend(ax, ncols=2)
    s = np.linspace(-14.0, 6.0, 401)
    losses_ax = plotting.axes(
        figure,
        cells[0, 1],
        title="what G minimises, against D's score s of its sample",
        xlim=(-14, 6),
        ylim=(-6, 14),
    )
    losses_ax.set_xticklabels([])
    slopes_ax = plotting.axes(
        figure,
        cells[1, 1],
        title="the slope's size",
        xlim=(-14, 6),
        ylim=(1e-6, 3),
        yscale="log",
        xlabel="score s (D = sigmoid of s)",
    )
    minimax, saturating_not = plotting.LATENT, plotting.LEARNED
    curves = [
        plotting.Curve(losses_ax, s, minimax, "minimax: log(1 − D)", ls="-"),
        plotting.Curve(losses_ax, s, saturating_not, "non-saturating: −log D", ls="--"),
    ]
    curves[0].set(-_value.softplus(s))
    curves[1].set(_value.softplus(-s))
    plotting.legend(losses_ax, place="upper right")
    slopes = [
        plotting.Curve(slopes_ax, s, minimax, "minimax: D", ls="-"),
        plotting.Curve(slopes_ax, s, saturating_not, "non-saturating: 1 − D", ls="--"),
    ]
    slopes[0].set(_value.sigmoid(s))
    slopes[1].set(_value.sigmoid(-s))
    plotting.legend(slopes_ax, place="lower right")
    dots = [
        plotting.Dots(a, [0.0], look, marker=look.marker, ms=9)
        for a in (losses_ax, slopes_ax)
        for look in (minimax, saturating_not)
    ]
    note = plotting.Note(slopes_ax, 0.02, 0.82, size=9)

    def update(gap: float) -> str:
        # log p - log q at the centre of q, for p = N(0, 1) and q = N(gap, 1)
        score = -(gap**2) / 2
        d_curve.set(_value.sigmoid(gap**2 / 2 - gap * x))
        mark.set([float(_value.sigmoid(score))], [gap])
        q_curve.set(_value.normal(x, gap))
        small, large = float(_value.sigmoid(score)), float(_value.sigmoid(-score))
        for dot, height in zip(
            dots,
            [-_value.softplus(score), _value.softplus(-score), small, large],
            strict=True,
        ):
            dot.set([float(height)], [score])
        note.set(f"s = {_value.in_words(score, 2)}: {small:.2g} against {large:.2g}")
        return (
            f"gap {gap:.1f}: D* scores the centre of P_G {score:.2f} (D = {small:.2g}); "
            f"the slope is {-small:.2g} minimax, {-large:.5f} non-saturating"
        )

    return LiveFigure(
        Stage(figure, plotting.moving(d_curve, mark, p_curve, q_curve, *dots, note)),
        update,
        {"gap": slider("gap to the data", 0.0, 5.0, 1.0)},
    )


def far_start() -> FarStart:
    """Show eight seeds of each of G's two losses, trained from a start far from the data.

    >>> live = far_start()
    >>> live.stage.alt.startswith("gap 4")
    True
    >>> live.close()
    """
    return FarStart()
