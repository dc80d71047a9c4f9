import re

import numpy as np
import pytest

from gantheory import dynamics, games
from gantheory.explorables import training_dynamics
from gantheory.explorables.training_dynamics import _dirac, _orbits, _step_limit
from tests.compilations import COMPILATIONS
from tests.sweep import check_picture, sweep


def numbers(words):
    return [float(x) for x in re.findall(r"-?\d+\.?\d*(?:e-?\d+)?", words)]


@pytest.mark.parametrize(
    ("a", "d", "b"), [(0.9, 0.9, 0.3), (1.1, 0.5, 0.0), (0.6, 0.8, 0.6), (1.0, 1.0, 0.0)]
)
def test_the_primer_says_what_numpy_says(a, d, b):
    live = training_dynamics.linear_update()
    for name, value in (("a", a), ("d", d), ("b", b)):
        live.controls[name].value = value
    assert live.settle(10)
    matrix = np.array([[a, -b], [b, d]])
    moduli = sorted(abs(np.linalg.eigvals(matrix)), reverse=True)
    end = np.linalg.norm(np.linalg.matrix_power(matrix, 60) @ np.ones(2))
    words = live.stage.alt
    np.testing.assert_allclose(numbers(words)[3:5], moduli, atol=6e-4)
    np.testing.assert_allclose(numbers(words)[-1], end, rtol=6e-3)
    assert ("both on the circle" in words) == (abs(moduli[0] - 1) < 1e-9 and abs(moduli[1] - 1) < 1e-9)
    assert ("outside and inside the circle" in words) == (moduli[0] > 1 > moduli[1])
    live.close()


def test_the_sides_of_the_circle():
    assert [_orbits.where(x) for x in (0.9999, 1.0, 1 + 1e-7, 1.0001)] == [
        "inside",
        "on the circle",
        "on the circle",
        "outside",
    ]


def test_a_mark_beyond_the_plane_stands_on_its_edge():
    from gantheory import plotting

    plane = _orbits.ComplexPlane(plotting.axes(plotting.new_figure()), reach=1.5)
    plane.set(np.array([3.0 - 9.0j, 0.5 + 0.2j]))
    x, y = plane.artists[0].get_data()
    np.testing.assert_allclose(x, [0.97 * 1.5, 0.5])
    np.testing.assert_allclose(y, [-0.97 * 1.5, 0.2])


def test_the_picture_shows_field_path_and_eigenvalues():
    """Against the module's functions one by one, and the path's first step by hand."""
    game = _dirac.make_game("minimax", "R1", 0.5)
    path, field, matrix = _dirac._picture(game, np.float32(0.3), "simultaneous")
    s = 1 / (1 + np.exp(-1))
    np.testing.assert_allclose(path[1], [1 + 0.3 * s, 1 - 0.3 * s - 0.3 * 0.5], rtol=1e-5)
    for place, arrow in list(zip(np.asarray(_dirac._places()), field, strict=True))[::17]:
        np.testing.assert_allclose(arrow, dynamics.vector_field(game, *map(float, place)), rtol=1e-5)
    np.testing.assert_allclose(matrix, [[1, 0.15], [-0.15, 0.85]], rtol=1e-5)


def test_the_update_leaves_the_circle_at_every_step_size():
    live = training_dynamics.dirac_gan()
    for h in (0.01, 0.1, 1.0):
        live.controls["step_size"].value = h
        assert live.settle(10)
        modulus = float(re.search(r"at the equilibrium is ([\d.]+), outside", live.stage.alt).group(1))
        assert modulus > 1
        np.testing.assert_allclose(modulus, np.sqrt(1 + h**2 / 4), atol=2e-6)
    live.controls["constraint"].value = "R1"
    assert live.settle(10) and "inside" in live.stage.alt
    live.controls["constraint"].value = "gradient penalty"
    assert live.settle(10) and "no point of rest" in live.stage.alt
    live.close()


def test_moved_sliders_compile_nothing():
    live = training_dynamics.dirac_gan()
    live.controls["constraint"].value = "R1"
    assert live.settle(30)
    compiled = len(COMPILATIONS)
    for name, value in (("strength", 2), ("step_size", 0.5), ("strength", 0.1)):
        live.controls[name].value = value
        assert live.settle(10)
    assert len(COMPILATIONS) == compiled > 0
    live.close()


def test_dirac_gan_sweep():
    sweep(training_dynamics.dirac_gan(), idle=("strength",))


def test_primer_sweep():
    sweep(training_dynamics.linear_update())


def test_four_methods():
    live = training_dynamics.four_methods()
    live.controls["step_size"].value = 0.3
    assert live.settle(10)
    found = dict(re.findall(r"(\w+) ([\d.]+) and", live.stage.alt))
    w = 0.3  # the Wasserstein game turns by i
    optimistic = max(abs(np.roots([1, -(1 + 2j * w), 1j * w])))
    expected = {
        "simultaneous": np.sqrt(1 + w**2),
        "alternating": 1,
        "extragradient": np.sqrt(1 - w**2 + w**4),
        "optimistic": optimistic,
    }
    assert set(found) == set(expected)
    for method, modulus in expected.items():
        np.testing.assert_allclose(float(found[method]), modulus, atol=1e-4)
    sweep(live)


@pytest.mark.parametrize(
    ("cure", "loss", "limit"),
    [
        ("R1", "minimax", lambda x: np.where(x <= 1, 4 * x, 4 / (x + np.sqrt(np.maximum(x**2 - 1, 0))))),
        ("R1", "wasserstein", lambda x: np.where(x <= 2, x, 4 / (x + np.sqrt(np.maximum(x**2 - 4, 0))))),
        ("consensus", "minimax", lambda x: 8 * x / (x**2 + 4)),
        ("instance noise", "wasserstein", np.zeros_like),
        (
            "instance noise",
            "minimax",
            lambda x: np.where(x**2 <= 2, 2 * x**2, 4 / (x**2 / 2 + np.sqrt(np.maximum(x**4 / 4 - 1, 0)))),
        ),
    ],
)
def test_the_limits_found_are_the_closed_forms(cure, loss, limit):
    found = training_dynamics.step_limits(cure, loss)
    np.testing.assert_allclose(found, limit(_step_limit._STRENGTHS), rtol=1e-3)


def test_cures_sweep():
    live = training_dynamics.cures()
    assert "at strength 1 the largest stable step is largest, 4" in live.stage.alt
    live.controls["loss"].value = "wasserstein"
    live.controls["cure"].value = "instance noise"
    assert live.settle(60)
    check_picture(live)
    assert "no step size is stable, whatever the strength" in live.stage.alt
    sweep(live)


def test_eight_trainings():
    live = training_dynamics.eight_trainings()
    told = dict(
        re.findall(r"([^:;]+) ([\d.e-]+)(?=;|$)", live.stage.alt.split(" is: ")[1].replace("; ", ";"))
    )
    assert len(told) == 8
    length = {name.strip(): float(value) for name, value in told.items()}
    # Radii grow by |1 + (h sigma)^2|^(1/2) a step, at most by sqrt(1 + h^2).
    assert 2 < length["nothing, simultaneous"] < np.sqrt(2) * (1.04) ** 150
    assert 1.3 < length["nothing, alternating"] < 1.7
    for damped in ("instance noise 1", "consensus 1", "R1, γ = 0.5"):
        assert length[damped] < 1e-5
    assert length["WGAN, clip 0.5"] > 0.3 and length["WGAN-GP, λ = 0.2"] > 0.8
    sweep(live)


def test_least_squares_stops_off_the_data_and_non_saturating_circles():
    """What notebook 07 says of the other losses."""
    ends = {
        loss: np.asarray(dynamics.simulate(games.dirac_gan(loss), step_size=0.2, num_steps=4000)[-1])
        for loss in ("least_squares", "non_saturating")
    }
    assert abs(ends["least_squares"][1]) < 1e-6 and abs(ends["least_squares"][0]) > 0.5
    np.testing.assert_allclose(np.linalg.norm(ends["non_saturating"]), np.sqrt(2 * 0.2), rtol=0.05)


def test_the_four_cures_end_as_the_prediction_says():
    live = training_dynamics.eight_trainings()
    told = dict(
        re.match(r"\s*(.*) ([\d.e-]+)$", part).groups() for part in live.stage.alt.split(": ")[1].split(";")
    )
    live.close()
    assert all(float(told[name]) < 1e-6 for name in ("R1, γ = 0.5", "instance noise 1", "consensus 1"))
    assert 0.4 < float(told["WGAN, clip 0.5"]) < 0.6


def test_the_orbit_of_the_prediction_runs_away():
    live = training_dynamics.linear_update()
    live.controls["b"].value = 0.4
    assert live.settle(10) and "modulus 1.031" in live.stage.alt and "outside" in live.stage.alt
    live.close()
