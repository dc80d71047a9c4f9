"""The games of two scalars: their losses by quadrature, their constraints, and how they train."""

import dataclasses
import inspect

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from scipy import integrate, stats

from gantheory import _pytree, dynamics, games, lipschitz, losses, training

KEY = jax.random.key(0)
SOFTPLUS = {  # in numpy, (discriminator's loss of one real and one fake score, generator's of one fake score)
    "minimax": (lambda r, f: np.logaddexp(0, -r) + np.logaddexp(0, f), lambda f: -np.logaddexp(0, f)),
    "non_saturating": (lambda r, f: np.logaddexp(0, -r) + np.logaddexp(0, f), lambda f: np.logaddexp(0, -f)),
    "least_squares": (lambda r, f: 0.5 * (r - 1) ** 2 + 0.5 * f**2, lambda f: 0.5 * (f - 1) ** 2),
    "wasserstein": (lambda r, f: f - r, lambda f: -f),
}


def both_losses(game, theta, psi, settings=None):
    generator, discriminator = games.Player(jnp.asarray(theta)), games.Player(jnp.asarray(psi))
    batch = game.sample(KEY)
    d, (info, _) = game.discriminator_loss(discriminator, generator, batch, KEY, settings)
    g, _ = game.generator_loss(generator, discriminator, batch, KEY, settings)
    return float(d), float(g), info


@pytest.mark.parametrize("loss", SOFTPLUS)
@pytest.mark.parametrize("noise", [0.0, 0.7])
def test_losses_are_expectations_over_the_noise(x64, loss, noise):
    theta, psi = 1.3, -0.8
    discriminator, generator = SOFTPLUS[loss]

    def expectation(function):
        if noise == 0:
            return function(0.0)
        return integrate.quad(lambda t: function(t) * stats.norm.pdf(t, scale=noise), -8, 8)[0]

    d, g, info = both_losses(games.dirac_gan(loss, instance_noise=noise), theta, psi)
    # The scores of the data are psi * noise, those of the generator psi * (theta + noise); separate noises.
    expected = expectation(lambda t: discriminator(psi * t, psi * (theta + t)))
    np.testing.assert_allclose(d, expected, rtol=1e-8)
    np.testing.assert_allclose(g, expectation(lambda t: generator(psi * (theta + t))), rtol=1e-8)
    value = expectation(lambda t: -np.logaddexp(0, -psi * t) - np.logaddexp(0, psi * (theta + t)))
    if loss == "wasserstein":
        value = -psi * theta
    np.testing.assert_allclose(info["value"], value, rtol=1e-8)
    assert info["penalty"] == 0


def test_data_lies_at_zero_and_the_generator_at_theta():
    """The generator is paid for high scores of its own point; the discriminator for low ones of it."""
    _, low, _ = both_losses(games.dirac_gan("wasserstein"), 2.0, 1.0)
    _, high, _ = both_losses(games.dirac_gan("wasserstein"), 1.0, 1.0)
    assert (low, high) == (-2.0, -1.0)


@pytest.mark.parametrize("name", ["kl", "pearson_chi2", "squared_hellinger", "js", "gan"])
def test_f_gans_play_too(x64, name):
    loss = losses.f_gan(name)
    game, theta, psi, step = games.dirac_gan(loss), 0.6, -0.4, 1e-6

    def d(psi):
        return float(loss.discriminator([0.0], [psi * theta]))

    def g(theta):
        return float(loss.generator([psi * theta]))

    expected = [
        -(g(theta + step) - g(theta - step)) / (2 * step),
        -(d(psi + step) - d(psi - step)) / (2 * step),
    ]
    np.testing.assert_allclose(dynamics.vector_field(game, theta, psi), expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("constraint", "penalty", "slope"),
    [
        (lambda: lipschitz.r1(0.6), lambda psi: 0.3 * psi**2, lambda psi: 0.6 * psi),
        (lambda: lipschitz.r2(0.6), lambda psi: 0.3 * psi**2, lambda psi: 0.6 * psi),
        (
            lambda: lipschitz.gradient_penalty(2.0),
            lambda psi: 2 * (abs(psi) - 1) ** 2,
            lambda psi: 4 * (abs(psi) - 1) * np.sign(psi),
        ),
        (
            lambda: lipschitz.gradient_penalty(2.0, one_sided=True),
            lambda psi: 2 * max(abs(psi) - 1, 0) ** 2,
            lambda psi: 4 * max(abs(psi) - 1, 0) * np.sign(psi),
        ),
        (lambda: lipschitz.weight_clipping(0.1), lambda psi: 0.0, lambda psi: 0.0),
    ],
    ids=["r1", "r2", "gradient penalty", "one-sided", "clipping"],
)
def test_penalties_are_those_of_the_slope_psi(x64, constraint, penalty, slope):
    game, plain = games.dirac_gan("minimax", constraint()), games.dirac_gan("minimax")
    for theta, psi in ((0.5, -1.4), (2.0, 0.3)):
        d, g, info = both_losses(game, theta, psi)
        d0, g0, _ = both_losses(plain, theta, psi)
        np.testing.assert_allclose(
            [info["penalty"], d - d0, g - g0], [penalty(psi), penalty(psi), 0], atol=1e-12
        )
        change = np.asarray(dynamics.vector_field(game, theta, psi)) - np.asarray(
            dynamics.vector_field(plain, theta, psi)
        )
        np.testing.assert_allclose(change, [0, -slope(psi)], atol=1e-12)


def test_settings_may_name_the_constraint():
    game = games.dirac_gan("wasserstein", lipschitz.r1(1.0))
    settings = training.Settings(0.1, 0.1, constraint=lipschitz.weight_clipping(0.25))
    state, history = training.train(game, training.init(game, KEY), 1, settings)
    assert state.discriminator.params == 0.25  # 1 - 0.1 * 1 = 0.9, clipped after the update; no R1
    np.testing.assert_allclose(state.generator.params, 1.025, rtol=1e-6)
    assert float(history.details["penalty"][0]) == 0


def test_consensus_is_added_to_both_losses():
    v = np.array([0.5, -2.0])  # of the Wasserstein loss at theta = 2, psi = 0.5
    d, g, _ = both_losses(games.dirac_gan("wasserstein", consensus=0.4), 2.0, 0.5)
    np.testing.assert_allclose([d, g], [1.0 + 0.2 * v @ v, -1.0 + 0.2 * v @ v], rtol=1e-6)
    d, g, _ = both_losses(games.bilinear(consensus=0.4), 2.0, 0.5)
    np.testing.assert_allclose([d, g], [-1.0 + 0.2 * v @ v, 1.0 + 0.2 * v @ v], rtol=1e-6)


def test_the_quadratic_game():
    d, g, info = both_losses(games.quadratic(2.0, 3.0, 5.0), 0.5, -1.0)
    value = 0.5 * 2 * 0.25 + 3 * -0.5 - 0.5 * 5
    np.testing.assert_allclose([d, g, info["value"]], [-value, value, value], rtol=1e-6)
    d, g, _ = both_losses(games.bilinear(), 0.5, -3.0)
    assert (d, g) == (1.5, -1.5)


@pytest.mark.parametrize(
    "game",
    [games.dirac_gan("minimax", lipschitz.r1(1)), games.bilinear(), games.quadratic()],
    ids=["dirac", "bilinear", "quadratic"],
)
def test_they_are_games_like_any_other(game):
    assert isinstance(game, games.Game)
    generator, discriminator = game.init(KEY)
    assert (float(generator.params), float(discriminator.params)) == (1.0, 1.0)
    # Plain gradient descent: the optimiser hands the gradient through.
    update, _ = game.optimizer.update(jnp.float32(3.0), game.optimizer.init(jnp.float32(0.0)))
    assert update == 3.0 and isinstance(game.optimizer, optax.GradientTransformation)
    leaves, structure = jax.tree.flatten(game)
    assert leaves and jax.tree.structure(jax.tree.unflatten(structure, leaves)) == structure
    _, history = training.train_many(game, training.init_many(game, jax.random.split(KEY, 2)), 3)
    assert history.value.shape == (2, 3) and np.isfinite(history.value).all()


def test_the_numbers_are_leaves_and_the_loss_is_structure():
    one = games.dirac_gan("hinge", lipschitz.r1(0.1), instance_noise=0.2, consensus=0.3)
    other = games.dirac_gan("hinge", lipschitz.r1(9), instance_noise=8, consensus=7)
    assert sorted(map(float, jax.tree.leaves(other))) == [7, 8, 9]
    assert jax.tree.structure(one) == jax.tree.structure(other)
    minimax = games.dirac_gan("minimax", lipschitz.r1(0.1), instance_noise=0.2, consensus=0.3)
    assert jax.tree.structure(one) != jax.tree.structure(minimax)
    without = games.dirac_gan("hinge", lipschitz.r1(0.1), instance_noise=0, consensus=0.0)
    zeros = games.dirac_gan("hinge", lipschitz.r1(0.1), instance_noise=jnp.zeros(()), consensus=np.float32(0))
    assert len(jax.tree.leaves(without)) == 1 and jax.tree.structure(zeros) == jax.tree.structure(one)
    for z in ((0.3, -0.4), (0.0, 0.0)):
        same = [dynamics.jacobian(game, *z) for game in (without, zeros)]
        np.testing.assert_array_equal(*same)


def test_r1_trains_to_the_equilibrium_and_nothing_else_does():
    settings = training.Settings(generator_learning_rate=0.2, discriminator_learning_rate=0.2)
    ends = {}
    for name, constraint in (("none", None), ("r1", lipschitz.r1(0.5))):
        game = games.dirac_gan("non_saturating", constraint)
        state, _ = training.train(game, training.init(game, KEY), 600, settings)
        ends[name] = float(np.hypot(state.generator.params, state.discriminator.params))
    assert ends["r1"] < 1e-6 and ends["none"] > 0.2


@_pytree.register()
@dataclasses.dataclass(frozen=True)
class Sign(lipschitz.Constraint):
    def reparametrize(self, params, state=None):
        return jax.tree.map(jnp.sign, params)


def test_what_is_refused():
    dirac_gan = inspect.unwrap(games.dirac_gan)
    with pytest.raises(
        ValueError, match=r"^constraint must be one that leaves psi a size \([^.]*\), got a Sign\.$"
    ):
        games.dirac_gan("minimax", Sign())
    game = games.dirac_gan("minimax")
    with pytest.raises(ValueError, match="constraint must be one that leaves psi a size"):
        training.train(game, training.init(game, KEY), 1, training.Settings(constraint=Sign()))
    with pytest.raises(ValueError, match="loss must be one of minimax"):
        dirac_gan("wgan")
    with pytest.raises(TypeError, match=r"constraint must be one of gantheory\.lipschitz, or None, got 'r1'"):
        dirac_gan("minimax", "r1")
    for name in ("instance_noise", "consensus"):
        with pytest.raises(ValueError, match=f"{name} must be a finite number at least 0, got -0.1"):
            dirac_gan("minimax", **{name: -0.1})
    with pytest.raises(ValueError, match="coupling must be a finite number, got nan"):
        inspect.unwrap(games.quadratic)(1.0, float("nan"))


def test_spectral_normalization_is_refused():
    if not hasattr(lipschitz, "spectral_normalization"):
        pytest.fail("lipschitz.spectral_normalization is missing")
    with pytest.raises(ValueError, match="spectral normalization makes psi its sign"):
        games.dirac_gan("wasserstein", lipschitz.spectral_normalization())
