"""Notebook 04's figures: every control over its range, and the numbers they show against independent ones."""

import ast
import re
import warnings

import numpy as np
import pytest
from matplotlib.collections import PathCollection
from scipy.integrate import quad
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist
from scipy.stats import norm, wasserstein_distance

from gantheory.explorables import earth_mover
from gantheory.explorables.earth_mover import _line, _piles
from gantheory.live.trainer import Run
from tests.sweep import sweep, sweep_trainer

with warnings.catch_warnings():
    # POT's import warns of an invalid escape sequence in its own source, when Python compiles it.
    warnings.filterwarnings("ignore", message="(?s).*invalid escape sequence")
    import ot


def read(pattern, words):
    """Read the number that stands after `pattern`."""
    found = re.search(pattern + r"\s*(-?[\d.]*\d)", words)
    assert found, (pattern, words)
    return float(found.group(1))


def move(live, **values):
    for name, value in values.items():
        live.controls[name].value = value
    assert live.settle(60)
    return live.stage.alt


@pytest.fixture
def figure(request):
    made = getattr(earth_mover, request.param)()
    yield made
    made.close()


@pytest.mark.parametrize(
    "name", ["build_a_plan", "all_plans", "by_quantiles", "js_beside_w1", "parallel_lines"]
)
def test_every_control_over_its_range(name):
    sweep(getattr(earth_mover, name)())


def test_every_control_of_the_clouds():
    sweep(earth_mover.clouds(n=6))


def test_every_control_of_the_samples():
    sweep(earth_mover.too_few_samples(sizes=(8, 16, 32), num_draws=2))


# --- piles ---


def press_cell(live, i, j, side):
    """Click in the cell of row i and column j, in its left (-1) or right (+1) half."""
    x, y = live._matrix.ax.transData.transform((j + 0.3 * side, len(live._a) - 1 - i))
    live.stage._receive(None, {"kind": "press", "x": float(x), "y": float(y)}, [])


def press(live, *keys):
    for key in keys:
        live.stage._receive(None, {"kind": "key", "key": key, "shift": False}, [])


@pytest.mark.parametrize("figure", ["build_a_plan"], indirect=True)
class TestBuildAPlan:
    def test_clicks_build_the_plan_cell_by_cell(self, figure):
        press_cell(figure, 0, 2, +1)
        press_cell(figure, 0, 2, +1)
        press_cell(figure, 2, 1, +1)
        press_cell(figure, 0, 2, -1)
        assert figure.plan.tolist() == [[0, 0, 1], [0, 0, 0], [0, 1, 0]]
        assert "2 of 6 units moved, total cost 3" in figure.stage.alt

    def test_a_click_beside_the_cells_does_nothing(self, figure):
        for i, j in ((-1, 0), (3, 0), (0, -1), (0, 3)):
            press_cell(figure, i, j, +1)
        assert figure.plan.sum() == 0

    def test_keys_build_it_too(self, figure):
        press(figure, "ArrowDown", "ArrowRight", "+", "Enter", "-", "ArrowUp", "ArrowUp", "ArrowLeft", " ")
        assert figure.plan.tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 0]]

    def test_no_earth_is_made_and_no_hole_overfilled(self, figure):
        for _ in range(2):
            press_cell(figure, 2, 0, +1)
        assert "no earth is left at 2" in figure.stage.alt
        press_cell(figure, 1, 0, +1)
        assert "the hole at 0 is full" in figure.stage.alt
        press_cell(figure, 0, 0, -1)
        assert "nothing to take back" in figure.stage.alt
        assert figure.plan.tolist() == [[0, 0, 0], [0, 0, 0], [1, 0, 0]]

    def test_a_finished_plan_gets_its_average_and_its_rank(self, figure):
        for i, j, mass in ((0, 2, 3), (1, 1, 2), (2, 0, 1)):
            for _ in range(mass):
                press_cell(figure, i, j, +1)
        assert "total cost 8, average 8/6 = 1.333. 7 of 12 plans are cheaper." in figure.stage.alt
        assert "average 16/6 = 2.667. 11 of 12 plans are cheaper." in move(figure, cost="its square (x − y)²")

    def test_the_buttons(self, figure):
        figure.buttons["best"].click()
        assert (figure.plan * _piles.distances(3, 3, 1)).sum() == 4
        assert "No plan is cheaper." in figure.stage.alt
        figure.buttons["undo"].click()
        assert figure.plan.sum() == 0


def test_all_plans_are_ranked_for_both_costs():
    live = earth_mover.all_plans()
    for cost, power, best in (("the distance |x − y|", 1, 3), ("its square (x − y)²", 2, 1)):
        price = _piles.distances(3, 3, power)
        average = ot.emd2([3.0, 2.0, 1.0], [1.0, 2.0, 3.0], price) / 6
        seen = []
        for plan in range(1, 13):
            words = move(live, plan=plan, cost=cost)
            assert f"reached by {best} plan" in words
            assert read("least is", words) == pytest.approx(average, abs=1e-3)
            rows = np.array(ast.literal_eval(words.split("Rows: ")[1]))
            np.testing.assert_array_equal(rows.sum(axis=1), [3, 2, 1])
            np.testing.assert_array_equal(rows.sum(axis=0), [1, 2, 3])
            assert read("average cost", words) == pytest.approx((rows * price).sum() / 6, abs=1e-3)
            seen.append((rows * price).sum())
        assert seen == sorted(seen)
        assert sum(abs(cost - seen[0]) < 1e-9 for cost in seen) == best
    live.close()


def test_a_mix_costs_the_mix_of_the_costs():
    live = earth_mover.all_plans()
    for plan in (2, 12):
        ends = [read("average cost", move(live, plan=plan, share=share)) for share in (0.0, 1.0)]
        words = move(live, plan=plan, share=0.25)
        assert read("average cost", words) == pytest.approx(0.75 * ends[0] + 0.25 * ends[1], abs=1e-3)
    live.close()


@pytest.mark.parametrize("make", [earth_mover.build_a_plan, earth_mover.all_plans])
def test_other_piles(make):
    sweep(make([2, 0, 3, 1], [3, 3]))
    with pytest.raises(ValueError, match="equal totals"):
        make([1, 2], [1, 1])


# --- the line ---


def gaussian_w1(shift, width):
    """E |shift + (width - 1) Z|, in closed form: the mean of a folded normal law."""
    spread = abs(width - 1)
    if spread == 0:
        return abs(shift)
    ratio = shift / spread
    return spread * np.sqrt(2 / np.pi) * np.exp(-(ratio**2) / 2) + shift * (1 - 2 * norm.cdf(-ratio))


@pytest.mark.parametrize(("shift", "width", "u"), [(2, 0.6, 0.3), (-4, 2, 0.9), (0, 0.3, 0.5), (1, 1, 0.1)])
def test_the_area_is_w1_and_the_grain_keeps_its_rank(shift, width, u):
    live = earth_mover.by_quantiles()
    words = move(live, shift=float(shift), width=float(width), u=float(u))
    assert read("W1:", words) == pytest.approx(gaussian_w1(shift, width), abs=2e-3)
    assert read("grain at", words) == pytest.approx(norm.ppf(u, shift, width), abs=0.011)
    assert read("goes to", words) == pytest.approx(norm.ppf(u), abs=0.011)
    live.close()


def js_by_quadrature(shift, width):
    def cell(x):
        p, q = norm.pdf(x, 0, width), norm.pdf(x, shift, width)
        mean = (p + q) / 2
        return sum(density / 2 * np.log(density / mean) for density in (p, q) if density > 0)

    return quad(cell, -25, 25, limit=400, points=(0, shift))[0]


@pytest.mark.parametrize(("shift", "width"), [(6.0, 1.0), (-2.0, 0.5), (8.0, 2.0), (1.0, 1.0)])
def test_js_and_w1_with_their_slopes(shift, width):
    live = earth_mover.js_beside_w1()
    words = move(live, shift=shift, width=width)
    slopes = [float(number) for number in re.findall(r"with slope (-?[\d.]+)", words.rstrip("."))]
    step = 1e-3
    slope = (js_by_quadrature(shift + step, width) - js_by_quadrature(shift - step, width)) / (2 * step)
    assert read("JS", words) == pytest.approx(js_by_quadrature(shift, width), abs=1e-4)
    assert slopes[0] == pytest.approx(slope, abs=1e-4)
    assert read("W1", words) == pytest.approx(abs(shift), abs=1e-3)
    assert slopes[1] == pytest.approx(np.sign(shift), abs=1e-3)
    live.close()


def test_the_sketch_knows_w1_and_shows_js():
    sketch = earth_mover.sketch_w1()
    x = np.linspace(-8, 8, 9)
    np.testing.assert_allclose(sketch._truth(x), np.abs(x), atol=1e-3)
    sketch.draw(x, np.abs(x))
    sketch.show_truth()
    assert sketch.said.startswith("That is it.")
    js = next(line for line in sketch._ax.lines if line.get_label().startswith("JS"))
    at_two = np.interp(2.0, js.get_xdata(), js.get_ydata())
    assert at_two == pytest.approx(js_by_quadrature(2.0, 1.0), abs=1e-3)
    sketch.close()


@pytest.mark.parametrize("theta", [-1.0, -0.34, 0.02, 0.8])
def test_parallel_lines(theta):
    live = earth_mover.parallel_lines()
    words = move(live, theta=theta)
    assert "KL infinite" in words
    assert read("JS", words) == pytest.approx(np.log(2), abs=1e-3)
    assert read("TV", words) == 1
    assert read("W1", words) == pytest.approx(abs(theta), abs=1e-3)
    live.close()


def test_no_plan_between_the_lines_beats_straight_across():
    heights = np.sort(np.random.default_rng(0).uniform(size=30))
    plan = _line._between_lines(0.3, heights)
    np.testing.assert_allclose(plan.matrix, np.eye(30) / 30, atol=1e-7)


# --- the plane ---


def problem(live):
    """Take the points and masses of `clouds` back out of its picture."""
    made, data = [each for each in live.stage.figure.axes[0].collections if isinstance(each, PathCollection)]
    a, b = (each.get_sizes() / each.get_sizes().sum() for each in (made, data))
    return cdist(np.asarray(made.get_offsets()), np.asarray(data.get_offsets())), a, b


def test_the_clouds_costs_agree_with_pot():
    live = earth_mover.clouds(n=9, seed=3)
    words = move(live, shift=0.5, epsilon=0.2)
    cost, a, b = problem(live)
    assert read("best plan moves", words) == pytest.approx(ot.emd2(a, b, cost), abs=1e-3)
    plan = ot.sinkhorn(a, b, cost, 0.2, method="sinkhorn_log", stopThr=1e-10, numItermax=10_000)
    assert read("with epsilon 0.2", words) == pytest.approx((plan * cost).sum(), abs=1e-3)
    assert "it has converged" in words
    live.close()


def test_more_blur_costs_more_and_few_rounds_are_told():
    live = earth_mover.clouds(n=9)
    costs = [read(f"with epsilon {e:g}", move(live, epsilon=e)) for e in (0.01, 0.1, 1.0, 10.0)]
    assert costs == sorted(costs)
    assert costs[0] == pytest.approx(read("best plan moves", live.stage.alt), abs=0.01)
    words = move(live, epsilon=0.01, rounds="3")
    assert "has not converged after 3 rounds" in words
    live.close()


# --- samples ---


@pytest.mark.parametrize(("n", "dim", "shift"), [(16, 1, 0.0), (64, 1, 2.0), (32, 3, 0.0), (128, 64, 2.0)])
def test_sample_w1(n, dim, shift):
    x, y = np.random.default_rng((5, dim)).normal(size=(2, 512, dim))[:, :n]
    y[:, 0] += shift
    if dim == 1:
        expected = wasserstein_distance(x[:, 0], y[:, 0])
    else:
        cost = cdist(x, y)
        expected = cost[linear_sum_assignment(cost)].mean()
    assert earth_mover.sample_w1(n, dim, shift, seed=5) == pytest.approx(expected, rel=1e-5)


def test_w1_is_no_cure_for_too_few_samples():
    live = earth_mover.too_few_samples()
    words = live.stage.alt
    assert words.startswith("512 samples in 64 dimensions")
    assert read("same law", words) == pytest.approx(9.09, abs=0.1)
    assert read("shifted laws", words) == pytest.approx(9.34, abs=0.1)
    words = move(live, dim=1)
    assert read("same law", words) < 0.2
    assert read("shifted laws", words) == pytest.approx(2, abs=0.2)
    few, many = (read("same law", move(live, dim=4, n=n)) for n in (32, 512))
    # Sixteen times the samples: about half the distance in four dimensions.
    assert 1.6 < few / many < 2.4
    live.close()


# --- training ---


def test_eight_seeds_come_closer_while_binned_js_sees_nothing():
    live = earth_mover.gan_with_w1()
    run = Run(live.run.game, num_seeds=8, measure=live.scene.measure)
    run.advance(40, live.settings)
    start, now = run.measured["w1"].T
    assert start.min() > 4.5
    assert (now < start - 0.4).all()
    assert (run.measured["binned_js"] > 0.69).all()
    run.advance(560, live.settings)
    assert (run.measured["w1"][:, -1] < 0.5).all()
    sweep_trainer(live, steps=3)


def test_sliced_w1_falls_in_the_plane():
    live = earth_mover.gan_in_the_plane_with_w1()
    live.run.advance(100, live.settings)
    start, now = live.run.measured["sliced_w1"].T
    # Gaussians sqrt(2) * 2.5 apart; on a random line that is 2 / pi of it on average.
    assert start == pytest.approx(np.full(8, 2.5 * np.sqrt(2) * 2 / np.pi), abs=0.2)
    assert (now < start / 2).all()
    sweep_trainer(live, steps=3)


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("all_plans", "three"),
        ("by_quantiles", "the leftmost grain to the leftmost data, and so on in order"),
        ("parallel_lines", "JS 0.69, W1 0.01"),
        ("gan_with_w1", "it stays where it is, at log 2"),
        ("clouds", "greater than the best plan's"),
        ("gan_in_the_plane_with_w1", "about 2.3"),
        ("too_few_samples", "about 9"),
    ],
)
def test_predictions(name, answer):
    asked = earth_mover.predict(name)
    assert asked.verdict.value == ""
    asked.choice.value = answer
    assert "So it is." in asked.verdict.value
    asked.close()


def test_the_blur_costs_what_the_prediction_says():
    live = earth_mover.clouds()
    assert live.settle(60)
    assert read("best plan moves", live.stage.alt) == pytest.approx(1.17, abs=0.005)
    assert read("with epsilon 0.2", live.stage.alt) == pytest.approx(1.27, abs=0.005)
    live.close()
