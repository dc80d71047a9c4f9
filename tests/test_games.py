"""The GAN as a game: its losses written out again, its shapes, and what it refuses."""

import dataclasses
import functools
import inspect

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import nnx

from gantheory import games, lipschitz, losses, training
from gantheory.distributions import Gaussian, ring
from gantheory.networks import MLP

NORMAL_1D = Gaussian([0.0], [1.0])
NORMAL_2D = Gaussian([0.0, 0.0], [1.0, 1.0])


class Points:
    """A law of fixed points in place of random ones; not a pytree, which a target need not be."""

    def __init__(self, points):
        self.points = jnp.asarray(points, jnp.result_type(float))
        self.dim = self.points.shape[1]

    def sample(self, key, n):
        return self.points[:n]


# The function without the annotations' checks of the tests, as users call it: its own sentence is what is tested.
unannotated = inspect.unwrap


def mlp(in_dim, out_dim, **options):
    return lambda rngs: MLP(in_dim, out_dim, **{"width": 8, "depth": 1, **options}, rngs=rngs)


def small(loss="non_saturating", constraint=None, **options):
    options = {"prior": NORMAL_1D, "target": NORMAL_2D, "batch_size": 16, **options}
    return games.gan(mlp(1, 2), mlp(2, 1), loss, constraint, **options)


def forward(params, x):
    """The perceptron with one hidden layer, in numpy."""
    first, last = params["layers"][0], params["layers"][1]
    h = np.asarray(x, np.float64) @ np.asarray(first["kernel"]) + np.asarray(first["bias"])
    return np.where(h > 0, h, 0.2 * h) @ np.asarray(last["kernel"]) + np.asarray(last["bias"])


REAL = np.random.default_rng(0).normal(size=(16, 2))
Z = np.random.default_rng(1).normal(size=(16, 1))


def test_both_losses_are_those_of_the_scores(x64):
    game = small("non_saturating", prior=Points(Z), target=Points(REAL))
    generator, discriminator = game.init(jax.random.key(0))
    real_scores = forward(discriminator.params, REAL)[:, 0]
    fake_scores = forward(discriminator.params, forward(generator.params, Z))[:, 0]
    key, settings = jax.random.key(1), training.Settings()
    batch = game.sample(key)
    np.testing.assert_allclose(batch, REAL)
    loss, (info, _) = game.discriminator_loss(discriminator, generator, batch, key, settings)
    v = -np.log1p(np.exp(-real_scores)).mean() - np.log1p(np.exp(fake_scores)).mean()
    np.testing.assert_allclose([loss, info["value"], info["penalty"]], [-v, v, 0], rtol=1e-10)
    loss, _ = game.generator_loss(generator, discriminator, batch, key, settings)
    np.testing.assert_allclose(loss, np.log1p(np.exp(-fake_scores)).mean(), rtol=1e-10)


def test_the_wasserstein_value_is_the_critics_estimate(x64):
    game = small("wasserstein", prior=Points(Z), target=Points(REAL))
    generator, critic = game.init(jax.random.key(0))
    gap = forward(critic.params, REAL).mean() - forward(critic.params, forward(generator.params, Z)).mean()
    loss, (info, _) = game.discriminator_loss(
        critic, generator, game.sample(jax.random.key(1)), jax.random.key(1), None
    )
    np.testing.assert_allclose([loss, info["value"]], [-gap, gap], rtol=1e-10)


def test_the_players_are_networks_of_float_parameters_drawn_apart():
    game = games.gan(mlp(2, 2), mlp(2, 1), "hinge", prior=NORMAL_2D, target=NORMAL_2D)
    generator, discriminator = game.init(jax.random.key(0))
    a, b = generator.params["layers"][0]["kernel"], discriminator.params["layers"][0]["kernel"]
    assert a.shape == b.shape == (2, 8) and not np.array_equal(a, b)
    again, _ = game.init(jax.random.key(0))
    np.testing.assert_array_equal(again.params["layers"][0]["kernel"], a)
    other, _ = game.init(jax.random.key(1))
    assert not np.array_equal(other.params["layers"][0]["kernel"], a)


def test_the_discriminators_loss_can_be_differentiated_in_the_generator():
    """The trainer holds the opponent constant; the losses do not, for the field's Jacobian needs the cross terms."""
    game = small()
    generator, discriminator = game.init(jax.random.key(0))
    key, settings = jax.random.key(1), training.Settings()

    def loss(params):
        player = games.Player(params, generator.state)
        return game.discriminator_loss(discriminator, player, game.sample(key), key, settings)[0]

    assert all(np.abs(leaf).max() > 0 for leaf in jax.tree.leaves(jax.grad(loss)(generator.params)))


def test_fresh_points_for_every_key():
    game = small()
    a, b = game.sample(jax.random.key(0)), game.sample(jax.random.key(1))
    assert a.shape == (16, 2) and not np.isin(a, b).any()


def test_generate_and_the_two_functions():
    game = small()
    state = training.init(game, jax.random.key(0))
    x = games.generate(game, state, jax.random.key(3), 100)
    assert x.shape == (100, 2)
    z = NORMAL_1D.sample(jax.random.key(3), 100)
    np.testing.assert_allclose(x, forward(state.generator.params, z), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(games.generator_function(game, state)(z), x, rtol=1e-5)
    scores = games.discriminator_function(game, state)(x)
    assert scores.shape == (100,)
    np.testing.assert_allclose(scores, forward(state.discriminator.params, x)[:, 0], rtol=1e-4, atol=1e-5)


def test_generate_over_seeds():
    game = small()
    states = training.init_many(game, jax.random.split(jax.random.key(0), 3))
    x = jax.vmap(lambda state: games.generate(game, state, jax.random.key(3), 10))(states)
    assert x.shape == (3, 10, 2)
    one = jax.tree.map(lambda leaf: leaf[1], states)
    np.testing.assert_allclose(x[1], games.generate(game, one, jax.random.key(3), 10), rtol=1e-5)


def test_a_discriminator_may_return_scores_without_a_column():
    class Flat(nnx.Module):
        def __init__(self, rngs):
            self.network = MLP(2, 1, width=8, depth=1, rngs=rngs)

        def __call__(self, x):
            return self.network(x)[:, 0]

    game = games.gan(mlp(1, 2), Flat, "hinge", prior=NORMAL_1D, target=NORMAL_2D, batch_size=16)
    _, history = training.train(game, training.init(game, jax.random.key(0)), 3)
    assert np.isfinite(history.discriminator_loss).all()


def test_a_network_with_a_state_of_its_own_carries_it_on():
    class Noisy(nnx.Module):
        def __init__(self, rngs):
            self.network = MLP(2, 1, width=8, depth=1, rngs=rngs)
            self.dropout = nnx.Dropout(0.5, rngs=rngs)

        def __call__(self, x):
            return self.network(self.dropout(x))

    game = games.gan(mlp(1, 2), Noisy, "hinge", prior=NORMAL_1D, target=NORMAL_2D, batch_size=16)
    start = training.init(game, jax.random.key(0))
    state, _ = training.train(game, start, 3, training.Settings(num_critic_steps=2))
    count = lambda state: int(state.discriminator.state.network["dropout"]["rngs"]["count"])  # noqa: E731
    assert count(state) - count(start) == 3 * 2 * 2  # steps, critic steps, real and fake
    frozen, _ = training.train(game, start, 3, training.Settings(freeze_discriminator=True))
    assert count(frozen) == count(start)


def test_games_made_alike_have_one_structure_and_others_have_their_own():
    base = jax.tree.structure(small())
    assert jax.tree.structure(small(target=Gaussian([5.0, 1.0], [2.0, 0.1]))) == base
    assert hash(jax.tree.structure(small())) == hash(base)
    own_law = Points(REAL)
    for other in (
        small("minimax"),
        small(batch_size=17),
        small(optimizer=optax.identity()),
        small(constraint=lipschitz.weight_clipping(0.1)),
        small(target=ring()),
        small(target=own_law),
        games.gan(
            mlp(1, 2, width=9), mlp(2, 1), "non_saturating", prior=NORMAL_1D, target=NORMAL_2D, batch_size=16
        ),
        games.gan(
            mlp(1, 2, activation="tanh"),
            mlp(2, 1),
            "non_saturating",
            prior=NORMAL_1D,
            target=NORMAL_2D,
            batch_size=16,
        ),
    ):
        assert jax.tree.structure(other) != base
    assert jax.tree.structure(small(target=own_law)) == jax.tree.structure(small(target=own_law))


def test_equal_graphs_with_another_start_do_not_share_their_start():
    class Scaled(MLP):
        def __init__(self, scale, rngs):
            super().__init__(2, 1, width=4, depth=0, rngs=rngs)
            self.layers[0].kernel[...] = scale * self.layers[0].kernel[...]

    def start(scale):
        game = games.gan(
            mlp(1, 2), lambda rngs: Scaled(scale, rngs), "hinge", prior=NORMAL_1D, target=NORMAL_2D
        )
        return training.init(game, jax.random.key(0)).discriminator.params["layers"][0]["kernel"]

    np.testing.assert_allclose(start(100.0), 100 * start(1.0), rtol=1e-6)


# Constraints -----------------------------------------------------------------------------------------------------


def test_clipping_holds_every_parameter_and_the_settings_may_move_it():
    game = small("wasserstein", lipschitz.weight_clipping(0.05))
    start = training.init(game, jax.random.key(0))
    for settings, bound in (
        (training.Settings(), 0.05),
        (training.Settings(constraint=lipschitz.weight_clipping(0.02)), 0.02),
    ):
        state, _ = training.train(game, start, 5, settings)
        leaves = [np.abs(leaf) for leaf in jax.tree.leaves(state.discriminator.params)]
        for leaf in leaves:
            assert leaf.max() <= np.float32(bound)
        assert max(leaf.max() for leaf in leaves) == np.float32(bound)
        assert max(np.abs(leaf).max() for leaf in jax.tree.leaves(state.generator.params)) > 0.1


def test_the_penalty_is_added_to_the_loss_but_not_to_the_value(x64):
    points = np.random.default_rng(2).normal(size=(16, 2))
    game = games.gan(
        mlp(1, 2), mlp(2, 1, depth=0), "wasserstein", lipschitz.gradient_penalty(3.0, 2.0), prior=Points(Z),
        target=Points(points), batch_size=16,
    )  # fmt: skip
    generator, critic = game.init(jax.random.key(0))
    key, settings = jax.random.key(1), training.Settings()
    loss, (info, _) = game.discriminator_loss(critic, generator, game.sample(key), key, settings)
    slope = np.linalg.norm(critic.params["layers"][0]["kernel"])  # a linear critic has one slope everywhere
    np.testing.assert_allclose(info["penalty"], 3 * (slope - 2) ** 2, rtol=1e-8)
    np.testing.assert_allclose(loss, -info["value"] + info["penalty"], rtol=1e-10)


def test_reparametrize_and_a_state_of_the_constraint_reach_the_critic():
    @jax.tree_util.register_static
    @dataclasses.dataclass(frozen=True)
    class Doubled(lipschitz.Constraint):
        def init(self, key, params):
            return jnp.zeros((), jnp.int32)

        def refresh(self, params, state):
            return state + 1

        def reparametrize(self, params, state=None):
            return jax.tree.map(lambda leaf: 2 * leaf, params)

    game = small("wasserstein", Doubled())
    state = training.init(game, jax.random.key(0))
    x = NORMAL_2D.sample(jax.random.key(1), 5)
    doubled = jax.tree.map(lambda leaf: 2 * leaf, state.discriminator.params)
    np.testing.assert_allclose(
        games.discriminator_function(game, state)(x), forward(doubled, x)[:, 0], rtol=1e-4, atol=1e-5
    )
    after, _ = training.train(game, state, 4, training.Settings(num_critic_steps=3))
    assert int(after.discriminator.state.constraint) == 12  # once for each of the critic's steps
    plain = small("wasserstein")
    override = training.Settings(constraint=Doubled())
    np.testing.assert_allclose(
        games.discriminator_function(plain, training.init(plain, jax.random.key(0)), override)(x),
        forward(doubled, x)[:, 0], rtol=1e-4, atol=1e-5,
    )  # fmt: skip


@pytest.mark.parametrize("clip", [0, -1.0, float("nan"), float("inf")])
def test_clip_out_of_range(clip):
    with pytest.raises(ValueError, match="clip must be a finite number above 0, got"):
        lipschitz.weight_clipping(clip)


# What is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "error", "sentence"),
    [
        (dict(generator=3), TypeError, "generator must be a function rngs -> nnx.Module, got 3"),
        (
            dict(generator=lambda rngs: 3),
            TypeError,
            "generator must be a function .*, got one that returns a int",
        ),
        (
            dict(generator=MLP(1, 2, rngs=nnx.Rngs(0))),
            TypeError,
            r"generator must be .* lambda rngs: MLP\(\.\.\., rngs=rngs\), got a network itself, of class MLP\.$",
        ),
        (
            dict(generator=MLP),
            TypeError,
            r"generator must be .*, such as lambda rngs: MLP\(\.\.\., rngs=rngs\), got MLP, which cannot be called "
            r"with rngs alone \(missing a required argument: '\w+'\)\.$",
        ),
        (
            dict(discriminator=functools.partial(MLP, 2, 1)),
            TypeError,
            r"discriminator must be .* lambda rngs: MLP\(.*got MLP, which cannot .* \(too many positional arguments\)",
        ),
        (
            dict(discriminator=lambda: None),
            TypeError,
            r"discriminator must be a function rngs -> nnx.Module, got <lambda>, which cannot .* \(too many positional",
        ),
        (
            dict(generator=mlp(1, 3)),
            ValueError,
            r"generator must be .* target's \[16, 2\], got one that .*\[16, 3\]",
        ),
        (dict(discriminator=mlp(2, 2)), ValueError, r"discriminator must be .*\[16, 1\], got .*\[16, 2\]"),
        (dict(loss="wgan"), ValueError, "loss must be one of minimax"),
        (
            dict(constraint=0.01),
            TypeError,
            "constraint must be one of gantheory.lipschitz, or None, got 0.01",
        ),
        (dict(prior=3), TypeError, "prior must be a distribution with .sample.* got 3"),
        (dict(target="ring"), TypeError, "target must be a distribution"),
        (dict(target=Points(np.zeros((5, 2)))), ValueError, r"target must be .*\[16, d\], got \[5, 2\]"),
        (dict(batch_size=0), ValueError, "batch_size must be a whole number of at least 1, got 0"),
        (dict(batch_size=1.5), TypeError, "batch_size must be a whole number"),
        (
            dict(optimizer=1e-3),
            TypeError,
            "optimizer must be an optax transformation without a learning rate",
        ),
        (
            dict(optimizer=optax.adam(1e-3)),
            ValueError,
            "without a learning rate .*, got one that descends by itself",
        ),
    ],
)
def test_bad_arguments(changes, error, sentence):
    arguments = {
        "generator": mlp(1, 2), "discriminator": mlp(2, 1), "loss": "hinge", "constraint": None,
        "prior": NORMAL_1D, "target": NORMAL_2D, "batch_size": 16, **changes,
    }  # fmt: skip
    with pytest.raises(error, match=sentence):
        unannotated(games.gan)(**arguments)


def test_bad_arguments_of_the_functions_for_pictures():
    game = small()
    state = training.init(game, jax.random.key(0))
    with pytest.raises(ValueError, match="n must be a whole number of at least 1, got 0"):
        games.generate(game, state, jax.random.key(0), 0)
    with pytest.raises(TypeError, match="key must be one random key"):
        unannotated(games.generate)(game, state, 0, 10)
    with pytest.raises(TypeError, match=r"game must be a game made by games\.gan"):
        unannotated(games.generator_function)(None, state)
    cycle = games.cycle_gan(mlp(1, 1), mlp(1, 1), domain_a=NORMAL_1D, domain_b=NORMAL_1D)
    for call, name in (
        (lambda other: games.generate(game, other, jax.random.key(0), 3), "generator"),
        (lambda other: games.generator_function(game, other), "generator"),
        (lambda other: games.discriminator_function(game, other), "discriminator"),
        (lambda other: games.discriminator_function(cycle, other, domain="a"), "discriminator"),
        (lambda other: games.translate(cycle, other, [[0.0]], to="b"), "generator"),
    ):
        for other in (None, game):  # a game has a generator too, which is no player
            with pytest.raises(
                TypeError, match=rf"state must be a training\.State of this game, .*\.{name}, got"
            ):
                call(other)
    several = training.init_many(game, jax.random.split(jax.random.key(0), 3))
    for other, came in (
        (training.init(games.bilinear(), jax.random.key(0)), "layers.0.bias missing"),
        (several, r"layers\.0\.bias \[3, 8\]"),
    ):
        words = rf"state must be one of this game, with generator\.params\.layers\.0\.bias \[8\], got .*\.{came}\.$"
        with pytest.raises(ValueError, match=words):
            games.generate(game, other, jax.random.key(0), 3)
        with pytest.raises(ValueError, match=words.replace("generator", "discriminator")):
            games.discriminator_function(game, other)
    with pytest.raises(
        ValueError, match=r"with generator\.params\.a_to_b\.layers\.0\.bias \[\d+\], got .* missing"
    ):
        games.translate(cycle, state, [[0.0]], to="b")
    with pytest.raises(
        ValueError, match=r"with discriminator\.params\.a\.layers\.0\.bias \[\d+\], got .* missing"
    ):
        games.discriminator_function(cycle, state, domain="a")


def test_an_own_loss_is_used():
    own = losses.GANLoss(lambda real, fake: jnp.mean(real) * 0 + 7, lambda fake: jnp.mean(fake) * 0 - 5)
    game = small(own)
    _, history = training.train(game, training.init(game, jax.random.key(0)), 2)
    np.testing.assert_array_equal(history.discriminator_loss, [7, 7])
    np.testing.assert_array_equal(history.generator_loss, [-5, -5])
