"""The dynamics, held to closed forms, numpy, finite differences, quadrature and scipy's integrator."""

import dataclasses
import inspect

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import integrate

from gantheory import _pytree, dynamics, games, lipschitz, losses, training
from gantheory.distributions import Gaussian
from gantheory.networks import MLP
from tests.compilations import COMPILATIONS

# The functions without the annotations' checks of the tests, as users call them: their own sentences are tested.
unannotated = inspect.unwrap
POINTS = np.random.default_rng(0).normal(0, 1.5, size=(6, 2))


def sigmoid(s):
    return 1 / (1 + np.exp(-s))


# Derived by hand from the scores 0 (of the data) and s = psi theta, the derivative of each loss in its score:
# (the generator's in the fake's score, the discriminator's in the fake's score).
SLOPES = {
    "minimax": lambda s: (-sigmoid(s), sigmoid(s)),
    "non_saturating": lambda s: (-sigmoid(-s), sigmoid(s)),
    "least_squares": lambda s: (s - 1, s),
    "hinge": lambda s: (-1, float(s > -1)),
    "wasserstein": lambda s: (-1, 1),
}


def field_by_hand(loss, theta, psi):
    generator, discriminator = SLOPES[loss](theta * psi)
    return np.array([-generator * psi, -discriminator * theta])


def differences(function, z, step=1e-6):
    """The Jacobian by central differences."""
    columns = [
        (np.asarray(function(*(z + d))) - np.asarray(function(*(z - d)))) / (2 * step)
        for d in step * np.eye(len(z))
    ]
    return np.stack(columns, axis=1)


@pytest.mark.parametrize("loss", losses.LOSSES)
def test_the_field_is_minus_both_gradients_theta_first(x64, loss):
    game = games.dirac_gan(loss)
    for theta, psi in POINTS:
        np.testing.assert_allclose(
            dynamics.vector_field(game, theta, psi), field_by_hand(loss, theta, psi), rtol=1e-12, atol=1e-14
        )


@pytest.mark.parametrize(
    "game",
    [
        lambda: games.dirac_gan("non_saturating", lipschitz.r1(0.7)),
        lambda: games.dirac_gan("minimax", instance_noise=0.8, consensus=0.3),
        lambda: games.dirac_gan("least_squares", lipschitz.gradient_penalty(0.2)),
        lambda: games.quadratic(0.3, -1.2, 0.5, consensus=0.4),
    ],
    ids=["r1", "noise and consensus", "gradient penalty", "quadratic"],
)
def test_the_jacobian_is_the_fields_slope(x64, game):
    game = game()
    for z in POINTS[:3]:
        expected = differences(lambda theta, psi: dynamics.vector_field(game, theta, psi), z)
        np.testing.assert_allclose(dynamics.jacobian(game, *z), expected, rtol=1e-6, atol=1e-8)
        eigenvalues = np.linalg.eigvals(expected)
        expected = sorted(eigenvalues, key=lambda x: (-x.imag, -x.real))
        np.testing.assert_allclose(dynamics.eigenvalues(game, *z), expected, rtol=1e-5, atol=1e-7)


def closed_form(trace, determinant):
    root = np.sqrt(complex(trace**2 / 4 - determinant))
    return [trace / 2 + root, trace / 2 - root]


# f'(0) of each loss at the equilibrium, both players' slopes alike: 1/2 for the sigmoids, 1 for linear scores.
@pytest.mark.parametrize(
    ("loss", "slope"), [("minimax", 0.5), ("non_saturating", 0.5), ("hinge", 1.0), ("wasserstein", 1.0)]
)
@pytest.mark.parametrize("gamma", [0.0, 0.3, 1.0, 2.0, 5.0])
def test_the_dirac_gans_eigenvalues(x64, loss, slope, gamma):
    """Mescheder et al. 2018: +- i f'(0); with R1 or R2, -gamma/2 +- sqrt(gamma^2/4 - f'(0)^2)."""
    for penalty in (lipschitz.r1, lipschitz.r2):
        found = dynamics.eigenvalues(games.dirac_gan(loss, penalty(gamma)), 0.0, 0.0)
        np.testing.assert_allclose(found, closed_form(-gamma, slope**2), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    ("loss", "curvature"), [("minimax", 0.25), ("non_saturating", 0.25), ("wasserstein", 0.0)]
)
def test_instance_noise_damps_where_the_loss_is_curved(x64, loss, curvature):
    """-f''(0) s^2 of the data and as much of the generator: trace -2 s^2 f''; a linear score knows no curvature."""
    std, slope = 0.9, 1.0 if loss == "wasserstein" else 0.5
    found = dynamics.eigenvalues(games.dirac_gan(loss, instance_noise=std), 0.0, 0.0)
    np.testing.assert_allclose(found, closed_form(-2 * curvature * std**2, slope**2), rtol=1e-9, atol=1e-12)


def test_least_squares_knows_no_force_at_rest(x64):
    """Its goals are 1 and 0, and the score of the data is 0: all of the line psi = 0 is at rest."""
    game = games.dirac_gan("least_squares")
    np.testing.assert_array_equal(dynamics.jacobian(game, 0.0, 0.0), [[0, 1], [0, 0]])
    np.testing.assert_array_equal(dynamics.vector_field(game, 3.0, 0.0), [0, 0])


def test_consensus_adds_minus_gamma_j_transposed_j(x64):
    """v - gamma J^T v, hence J - gamma J^T J at rest (Mescheder et al. 2017)."""
    plain, gamma = games.dirac_gan("minimax", lipschitz.r1(0.4)), 0.7
    game = games.dirac_gan("minimax", lipschitz.r1(0.4), consensus=gamma)
    matrix = np.asarray(dynamics.jacobian(plain, 0.0, 0.0))
    expected = matrix - gamma * matrix.T @ matrix
    np.testing.assert_allclose(dynamics.jacobian(game, 0.0, 0.0), expected, rtol=1e-12)
    for z in POINTS:
        v, matrix = np.asarray(dynamics.vector_field(plain, *z)), np.asarray(dynamics.jacobian(plain, *z))
        np.testing.assert_allclose(dynamics.vector_field(game, *z), v - gamma * matrix.T @ v, rtol=1e-10)


def test_eigenvalues_are_those_of_numpy():
    numbers = np.random.default_rng(1).normal(size=(50, 3)).astype(np.float32)
    found = jax.vmap(lambda abc: dynamics.eigenvalues(games.quadratic(*abc), 0.0, 0.0))(numbers)
    assert found.dtype == jnp.complex64
    kinds = set()
    for (a, b, c), pair in zip(numbers, np.asarray(found), strict=True):
        expected = np.linalg.eigvals(np.array([[-a, -b], [b, -c]], float))
        expected = sorted(expected, key=lambda x: (-x.imag, -x.real))
        np.testing.assert_allclose(pair, expected, rtol=1e-4, atol=1e-5)
        kinds.add(bool(abs(expected[0].imag) > 0))
    assert kinds == {True, False}


def test_a_small_eigenvalue_beside_a_large_one_does_not_cancel():
    found = dynamics.eigenvalues(games.dirac_gan("wasserstein", lipschitz.r1(1000.0)), 0.0, 0.0)
    np.testing.assert_allclose(np.asarray(found).real, [-1.000001e-3, -999.999], rtol=1e-5)


# Trajectories.

ROTATION = np.array([[0.0, -1.0], [1.0, 0.0]])


def trajectory_by_hand(matrix, start, h, num_steps, method, num_critic_steps=1):
    """The methods for a linear field z -> matrix z, in numpy."""
    z, path, before = np.array(start, float), [np.array(start, float)], None
    for _ in range(num_steps):
        v = matrix @ z
        if method == "simultaneous":
            psi = z[1]
            for _ in range(num_critic_steps):
                psi += h * (matrix[1, 0] * z[0] + matrix[1, 1] * psi)
            z = np.array([z[0] + h * v[0], psi])
        elif method == "alternating":
            theta, psi = z[0] + h * v[0], z[1]
            for _ in range(num_critic_steps):
                psi += h * (matrix[1, 0] * theta + matrix[1, 1] * psi)
            z = np.array([theta, psi])
        elif method == "extragradient":
            z = z + h * matrix @ (z + h * v)
        else:
            z = z + h * v if before is None else z + 2 * h * v - h * before
            before = v
        path.append(z)
    return np.array(path)


@pytest.mark.parametrize("method", dynamics.METHODS)
@pytest.mark.parametrize("num_critic_steps", [1, 3])
def test_trajectories_of_linear_fields(x64, method, num_critic_steps):
    if num_critic_steps > 1 and method in ("extragradient", "optimistic"):
        return
    a, b, c, start, h = 0.3, 1.3, 0.2, (0.7, -1.1), 0.2
    expected = trajectory_by_hand(np.array([[-a, -b], [b, -c]]), start, h, 15, method, num_critic_steps)
    for steps in (num_critic_steps, jnp.int32(num_critic_steps)):
        found = dynamics.simulate(
            games.quadratic(a, b, c), start, step_size=h, num_steps=15, method=method, num_critic_steps=steps
        )
        assert found.shape == (16, 2)
        np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("method", dynamics.METHODS)
def test_small_steps_follow_the_flow(x64, method):
    game = games.dirac_gan("non_saturating", lipschitz.r1(0.3))

    def field(_, z):
        v = field_by_hand("non_saturating", *z)
        return [v[0], v[1] - 0.3 * z[1]]

    flow = integrate.solve_ivp(field, (0, 5), [1.0, 1.0], rtol=1e-10, atol=1e-12)
    errors = []
    for num_steps in (1000, 2000):
        path = dynamics.simulate(game, step_size=5 / num_steps, num_steps=num_steps, method=method)
        errors.append(np.linalg.norm(path[-1] - flow.y[:, -1]))
    # All four are of first order: half the step, half the error.
    assert errors[0] < 3e-3
    assert abs(np.log2(errors[0] / errors[1]) - 1) < 0.01


def test_clipping_follows_every_move_of_the_discriminator(x64):
    game = games.dirac_gan("wasserstein", lipschitz.weight_clipping(0.5))
    path = dynamics.simulate(game, (2.0, 0.4), step_size=0.1, num_steps=2, method="simultaneous")
    # psi - h theta = 0.2, then 0.2 - 0.1 * 2.04 = -0.004; theta climbs psi.
    np.testing.assert_allclose(path, [[2.0, 0.4], [2.04, 0.2], [2.06, -0.004]], rtol=1e-12)
    path = dynamics.simulate(
        game, (2.0, -0.4), step_size=0.1, num_steps=1, method="alternating", num_critic_steps=2
    )
    np.testing.assert_allclose(path[1], [1.96, -0.5], rtol=1e-12)
    # The trial step is clipped too: theta goes by h * -0.5, not by h * (-0.4 - 0.2).
    path = dynamics.simulate(game, (2.0, -0.4), step_size=0.1, num_steps=1, method="extragradient")
    np.testing.assert_allclose(path[1], [1.95, -0.5], rtol=1e-12)
    path = dynamics.simulate(game, step_size=0.3, num_steps=100, method="optimistic")
    assert np.abs(path[1:, 1]).max() == 0.5


def test_an_even_start_is_the_default():
    path = dynamics.simulate(games.bilinear(), step_size=0.5, num_steps=1)
    np.testing.assert_allclose(path, [[1, 1], [0.5, 1.5]])


# The update's matrix, and the unit circle.


@pytest.mark.parametrize("h", [0.1, 0.7, 1.9])
def test_simultaneous_steps_leave_the_circle_at_every_step_size(x64, h):
    found = dynamics.update_eigenvalues(games.dirac_gan("minimax"), 0.0, 0.0, step_size=h)
    np.testing.assert_allclose(found, [1 + 0.5j * h, 1 - 0.5j * h], rtol=1e-12)
    np.testing.assert_allclose(np.abs(found), np.sqrt(1 + h**2 / 4), rtol=1e-12)


@pytest.mark.parametrize("h", [0.1, 1.0, 3.9])
def test_alternating_steps_stay_on_the_circle(x64, h):
    """Determinant 1, trace 2 - h^2 / 4: on the circle up to h = 4."""
    matrix = dynamics.update_matrix(games.dirac_gan("minimax"), 0.0, 0.0, step_size=h, method="alternating")
    np.testing.assert_allclose(matrix, [[1, h / 2], [-h / 2, 1 - h**2 / 4]], rtol=1e-12)
    np.testing.assert_allclose(np.abs(np.linalg.eigvals(matrix)), 1, rtol=1e-10)


@pytest.mark.parametrize("h", [0.2, 0.9])
def test_extragradient_and_optimistic_moduli(x64, h):
    game = games.bilinear()
    found = dynamics.update_eigenvalues(game, 0.0, 0.0, step_size=h, method="extragradient")
    np.testing.assert_allclose(np.abs(found), np.sqrt(1 - h**2 + h**4), rtol=1e-12)
    matrix = dynamics.update_matrix(game, 0.0, 0.0, step_size=h, method="optimistic")
    assert matrix.shape == (4, 4)
    expected = np.concatenate([np.roots([1, -(1 + 2j * h * s), 1j * h * s]) for s in (1, -1)])
    found = dynamics.update_eigenvalues(game, 0.0, 0.0, step_size=h, method="optimistic")
    distances = np.abs(np.asarray(found)[:, None] - expected[None])
    assert distances.min(axis=0).max() < 1e-8 and distances.min(axis=1).max() < 1e-8


@pytest.mark.parametrize("method", dynamics.METHODS)
def test_the_update_matrix_is_the_slope_of_one_step(x64, method):
    game, z, h = games.dirac_gan("non_saturating", lipschitz.r1(0.5)), np.array([0.4, -0.8]), 0.6
    matrix = dynamics.update_matrix(game, *z, step_size=h, method=method)

    def step(theta, psi):
        return dynamics.simulate(game, (theta, psi), step_size=h, num_steps=1, method=method)[1]

    if method == "optimistic":  # z' = z + 2 h v(z) - h v(y), and y' = z
        jacobian = np.asarray(dynamics.jacobian(game, *z))
        expected = np.block([[np.eye(2) + 2 * h * jacobian, -h * jacobian], [np.eye(2), np.zeros((2, 2))]])
    else:
        expected = differences(step, z)
    np.testing.assert_allclose(matrix, expected, rtol=1e-6, atol=1e-8)


def test_the_eigenvalues_are_what_the_distance_is_multiplied_by(x64):
    """In the long run, and near the point of rest; for the optimistic method too."""
    game, start, h = games.dirac_gan("minimax", lipschitz.r1(0.3)), (1e-4, 1e-4), 0.5
    for method in dynamics.METHODS:
        path = dynamics.simulate(game, start, step_size=h, num_steps=240, method=method)
        distances = np.linalg.norm(path, axis=1)
        largest = np.abs(dynamics.update_eigenvalues(game, 0.0, 0.0, step_size=h, method=method)).max()
        # Over many turns the distance swings about its trend, by a factor that does not grow.
        rate = (distances[200:].mean() / distances[100:140].mean()) ** (1 / 100)
        assert abs(rate - largest) < 2e-3, method


def test_several_critic_steps_multiply_their_matrices(x64):
    h, game = 0.4, games.quadratic(0.2, 1.0, 0.3)
    first = np.array([[1 - 0.2 * h, -h], [0, 1]])
    critic = np.array([[1, 0], [h, 1 - 0.3 * h]])
    found = dynamics.update_matrix(game, 0.0, 0.0, step_size=h, method="alternating", num_critic_steps=3)
    np.testing.assert_allclose(found, critic @ critic @ critic @ first, rtol=1e-12)


@pytest.mark.parametrize(
    ("game", "method", "num_critic_steps", "limit"),
    [
        (lambda: games.dirac_gan("minimax"), "simultaneous", 1, 0.0),
        (lambda: games.dirac_gan("minimax"), "alternating", 1, 4.0),
        (lambda: games.dirac_gan("wasserstein"), "alternating", 1, 2.0),
        (lambda: games.bilinear(), "alternating", 4, 1.0),  # trace 2 - k h^2 = -2
        (lambda: games.bilinear(), "extragradient", 1, 1.0),
        (lambda: games.bilinear(), "optimistic", 1, 1 / np.sqrt(3)),
        (lambda: games.dirac_gan("minimax", lipschitz.r1(0.5)), "simultaneous", 1, 2.0),  # gamma / f'(0)^2
        (lambda: games.dirac_gan("wasserstein", lipschitz.r1(1e-2)), "simultaneous", 1, 0.01),
        (lambda: games.quadratic(3.0, 0.0, 0.1), "simultaneous", 1, 2 / 3),
        (lambda: games.quadratic(-1.0, 0.0, 1.0), "alternating", 1, 0.0),
        # Unstable for small steps, stable again between 10 and 11: its first limit counts.
        (lambda: games.quadratic(-0.1, 0.2, 0.05), "alternating", 1, 0.0),
        (lambda: games.quadratic(0.0, 0.0, 0.0), "simultaneous", 1, np.inf),
    ],
)
def test_the_largest_stable_step(game, method, num_critic_steps, limit):
    found = dynamics.largest_stable_step(game(), method=method, num_critic_steps=num_critic_steps)
    assert isinstance(found, float)
    np.testing.assert_allclose(found, limit, rtol=1e-4)
    assert not jax.config.jax_enable_x64


def test_the_projection_has_its_slope_in_the_matrix():
    game = games.dirac_gan("wasserstein", lipschitz.weight_clipping(0.5))
    inside = dynamics.update_matrix(game, 0.1, 0.0, step_size=0.2)
    np.testing.assert_allclose(inside, [[1, 0.2], [-0.2, 1]], rtol=1e-6)
    outside = dynamics.update_matrix(game, 2.0, -0.4, step_size=0.2)
    np.testing.assert_allclose(outside, [[1, 0.2], [0, 0]], rtol=1e-6)


# The trainer.


def test_the_trainer_takes_the_alternating_steps_from_the_other_side():
    """It moves the discriminator first: so its generator is that of a simulation begun after that move."""
    game, h = games.dirac_gan("minimax", lipschitz.r1(0.2)), 0.3
    settings = training.Settings(generator_learning_rate=h, discriminator_learning_rate=h)
    first = 1.0 + h * float(dynamics.vector_field(game, 1.0, 1.0)[1])
    path = np.asarray(dynamics.simulate(game, (1.0, first), step_size=h, num_steps=20, method="alternating"))
    state = training.init(game, jax.random.key(0))
    for n in (1, 2, 17):
        state, history = training.train(game, state, n, settings)
        done = int(state.step)
        found = [state.generator.params, state.discriminator.params]
        np.testing.assert_allclose(found, [path[done, 0], path[done - 1, 1]], rtol=1e-5)
        assert history.stopped is None


# Compilation, transformations, precision.


def test_numbers_compile_nothing_anew():
    def run(gamma, noise, consensus, h, steps, start):
        game = games.dirac_gan("hinge", lipschitz.r1(gamma), instance_noise=noise, consensus=consensus)
        options = {"step_size": h, "method": "alternating", "num_critic_steps": jnp.int32(steps)}
        dynamics.simulate(game, start, num_steps=4, **options)
        dynamics.update_matrix(game, *start, **options)
        dynamics.eigenvalues(game, *start)

    run(0.1, 0.1, 0.1, 0.1, 1, (1.0, 1.0))
    compiled = len(COMPILATIONS)
    assert compiled > 0  # the listener does hear them
    run(0.7, np.float32(0), np.float32(0), 0.4, 5, (0, -2.0))
    assert len(COMPILATIONS) == compiled


def test_under_vmap_jit_and_grad(x64):
    game = games.dirac_gan("minimax", lipschitz.r1(0.3))

    def end(h, method="alternating"):
        return dynamics.simulate(game, step_size=h, num_steps=7, method=method)[-1]

    steps = jnp.array([0.1, 0.5])
    many = jax.jit(jax.vmap(end))(steps)
    for h, point in zip(steps, many, strict=True):
        np.testing.assert_allclose(point, end(float(h)), rtol=1e-12)
    slope = jax.jit(jax.grad(lambda h: jnp.sum(end(h) ** 2)))(0.3)
    expected = (np.sum(end(0.3 + 1e-6) ** 2) - np.sum(end(0.3 - 1e-6) ** 2)) / 2e-6
    np.testing.assert_allclose(slope, expected, rtol=1e-6)

    def modulus(gamma, h):
        game = games.dirac_gan("minimax", lipschitz.r1(gamma))
        return jnp.abs(dynamics.update_eigenvalues(game, 0.0, 0.0, step_size=h)[0])

    # |1 + h lambda|^2 = 1 - h gamma + h^2 / 4 for small gamma; its derivative in gamma
    np.testing.assert_allclose(
        jax.jit(jax.grad(modulus))(0.3, 0.2), -0.2 / 2 / np.sqrt(1 - 0.2 * 0.3 + 0.01), rtol=1e-9
    )
    theta = jax.jit(jax.grad(lambda theta: dynamics.vector_field(game, theta, 0.5)[0]))(0.2)
    np.testing.assert_allclose(theta, dynamics.jacobian(game, 0.2, 0.5)[0, 0], rtol=1e-12)


def test_precision_follows_the_configuration():
    def dtypes():
        game = games.dirac_gan("minimax", lipschitz.r1(0.1))
        options = {"step_size": 0.1}
        return [
            x.dtype
            for x in (
                dynamics.vector_field(game, 1, np.float64(2)),
                dynamics.jacobian(game, 1, 2),
                dynamics.eigenvalues(game, 1, 2),
                dynamics.simulate(game, [1, 2], num_steps=2, **options),
                dynamics.update_matrix(game, 1, 2, **options),
            )
        ]

    assert dtypes() == [jnp.float32, jnp.float32, jnp.complex64, jnp.float32, jnp.float32]
    with jax.enable_x64(True):
        assert dtypes() == [jnp.float64, jnp.float64, jnp.complex128, jnp.float64, jnp.float64]


# Other games.


@_pytree.register(dynamic=("a",))
@dataclasses.dataclass(frozen=True, eq=False)
class Named(games.Game):
    """A learner's own game: parameters in dictionaries, of shape [1], and a state."""

    a: float

    def init(self, key):
        return games.Player({"w": jnp.ones(1)}), games.Player({"v": jnp.ones((1, 1))}, jnp.full((), 2.0))

    def sample(self, key):
        return jnp.zeros(1)

    def discriminator_loss(self, discriminator, generator, batch, key, settings):
        loss = -self.a * discriminator.state * discriminator.params["v"][0, 0] * generator.params["w"][0]
        return loss, ({"value": -loss}, discriminator.state)

    def generator_loss(self, generator, discriminator, batch, key, settings):
        return generator.params["w"][0] * discriminator.params["v"][0, 0], ({}, ())


def test_a_game_of_ones_own():
    np.testing.assert_allclose(dynamics.vector_field(Named(3.0), 0.5, 2.0), [-2.0, 3.0])


class Points:
    """A law of fixed points, so that every key gives the same gradients."""

    def __init__(self, points):
        self.points = jnp.asarray(points)
        self.dim = self.points.shape[1]

    def sample(self, key, n):
        return self.points[:n]


def test_the_field_of_networks_is_the_way_that_plain_descent_goes():
    import optax

    def network(rngs):
        return MLP(1, 1, width=3, depth=1, rngs=rngs)

    rng = np.random.default_rng(3)
    game = games.gan(
        network,
        network,
        "non_saturating",
        lipschitz.r1(0.5),
        prior=Points(rng.normal(size=(16, 1)).astype(np.float32)),
        target=Points(rng.normal(2, 1, size=(16, 1)).astype(np.float32)),
        batch_size=16,
        optimizer=optax.identity(),
    )
    state = training.init(game, jax.random.key(0))
    field, point, num_generator = dynamics.parameter_field(game, state, jax.random.key(1))
    assert point.shape == (20,) and num_generator == 10
    compiled = jax.jit(field)
    ways = []
    for frozen in ("freeze_discriminator", "freeze_generator"):
        settings = training.Settings(0.1, 0.1, **{frozen: True})
        after, _ = training.make_step(game)(state, settings)
        moved = dynamics.parameter_field(game, after, jax.random.key(1)).point
        ways.append((np.asarray(moved) - np.asarray(point)) / 0.1)
    assert not ways[0][10:].any() and not ways[1][:10].any() and ways[0].any() and ways[1].any()
    np.testing.assert_allclose(compiled(point), ways[0] + ways[1], rtol=1e-4, atol=1e-5)
    jacobian = jax.jit(jax.jacfwd(field))(point)
    assert jacobian.shape == (20, 20)
    step = 1e-2 * rng.normal(size=20).astype(np.float32)
    change = np.asarray(compiled(point + step)) - np.asarray(compiled(point - step))
    np.testing.assert_allclose(2 * jacobian @ step, change, atol=0.05 * np.abs(change).max())


def test_the_settings_constraint_takes_the_place_of_the_games():
    game = games.dirac_gan("wasserstein", lipschitz.r1(1.0))
    state = training.init(game, jax.random.key(0))
    settings = training.Settings(constraint=lipschitz.r1(5.0))
    field, point, _ = dynamics.parameter_field(game, state, jax.random.key(0), settings)
    np.testing.assert_allclose(jax.jit(field)(point), [1.0, -1.0 - 5.0])


def test_what_is_refused():
    game = games.bilinear()
    simulate = unannotated(dynamics.simulate)
    with pytest.raises(TypeError, match=r"game must be a games\.Game, .* got 'bilinear'"):
        unannotated(dynamics.vector_field)("bilinear", 0.0, 0.0)
    for name, call in (
        ("theta", lambda: dynamics.vector_field(game, np.nan, 0.0)),
        ("psi", lambda: dynamics.eigenvalues(game, 0.0, np.inf)),
        ("theta", lambda: dynamics.jacobian(game, jnp.zeros(2), 0.0)),
        ("step_size", lambda: simulate(game, step_size=0.0, num_steps=5)),
        ("step_size", lambda: dynamics.update_matrix(game, 0.0, 0.0, step_size=-1.0)),
        ("num_steps", lambda: simulate(game, step_size=0.1, num_steps=0)),
        ("method", lambda: simulate(game, step_size=0.1, num_steps=5, method="both")),
        ("num_critic_steps", lambda: simulate(game, step_size=0.1, num_steps=5, num_critic_steps=0)),
        (
            "num_critic_steps",
            lambda: simulate(game, step_size=0.1, num_steps=5, num_critic_steps=jnp.int32(0)),
        ),
    ):
        with pytest.raises(ValueError, match=f"^{name} must be [^.]*"):
            call()
    with pytest.raises(TypeError, match="start must be two numbers"):
        simulate(game, (1.0, 2.0, 3.0), step_size=0.1, num_steps=5)
    with pytest.raises(TypeError, match="num_critic_steps must be a whole number"):
        simulate(game, step_size=0.1, num_steps=5, num_critic_steps=jnp.float32(2))
    for method in ("extragradient", "optimistic"):
        with pytest.raises(ValueError, match=f"num_critic_steps must be 1 for the {method} method"):
            simulate(game, step_size=0.1, num_steps=5, method=method, num_critic_steps=2)

    normal = Gaussian([0.0], [1.0])
    networks = games.gan(
        lambda rngs: MLP(1, 1, width=2, rngs=rngs),
        lambda rngs: MLP(1, 1, width=2, rngs=rngs),
        "hinge",
        prior=normal,
        target=normal,
    )
    with pytest.raises(ValueError, match="game must be a game whose players own one number each"):
        dynamics.vector_field(networks, 0.0, 0.0)
