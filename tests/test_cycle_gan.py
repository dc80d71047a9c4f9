"""The game of CycleGAN: its terms written out in numpy, the rotations that no cycle sees, and what it refuses."""

import inspect

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from gantheory import _mesh, games, lipschitz, losses, training
from gantheory.distributions import Gaussian, Mixture
from gantheory.networks import MLP, ConditionalMLP
from tests.compilations import COMPILATIONS

# The function without the annotations' checks of the tests, as users call it: its own sentence is what is tested.
unannotated = inspect.unwrap

N = 10
A = np.random.default_rng(0).normal(size=(N, 2))
B = np.random.default_rng(1).normal(size=(N, 2)) + 3
HINTS = (np.array([[0.0, 1.0], [2.0, 0.5], [1.0, 1.0]]), np.array([[1.0, 1.0], [0.0, 3.0], [-1.0, 2.0]]))
ISOTROPIC = Gaussian([0.0, 0.0], 1.0)
# The translators x -> x F and x -> x G, which do not undo each other, and the critics x -> w . x.
F, G = np.array([[1.0, 0.5], [-0.25, 2.0]]), np.array([[0.5, -1.0], [0.0, 1.5]])
OF_A, OF_B = np.array([0.5, -0.25]), np.array([-0.75, 0.5])


class Fixed:
    """A law of fixed points; not a pytree, which a domain need not be."""

    def __init__(self, points):
        self.points, self.dim = jnp.asarray(points, jnp.result_type(float)), points.shape[1]

    def sample(self, key, n):
        return self.points[:n]


class Linear(nnx.Module):
    """x -> x W."""

    def __init__(self, matrix):
        self.matrix = nnx.Param(jnp.asarray(matrix, jnp.result_type(float)))

    def __call__(self, x):
        return x @ self.matrix[...]


def linear(matrix):
    return lambda rngs: Linear(matrix)


def fixed_game(loss="least_squares", constraint=None, **options):
    options = {"domain_a": Fixed(A), "domain_b": Fixed(B), "batch_size": N, **options}
    generators = options.pop("generators", (linear(F), linear(G)))
    discriminators = options.pop("discriminators", (linear(OF_A[:, None]), linear(OF_B[:, None])))
    return games.cycle_gan(generators, discriminators, loss, constraint, **options)


def both_losses(game, settings=None):
    """Compute (loss, what is reported) of the generators and of the discriminators."""
    generator, discriminator = game.init(jax.random.key(0))
    batch, key = game.sample(jax.random.key(1)), jax.random.key(2)
    of_generator, (terms, _) = game.generator_loss(generator, discriminator, batch, key, settings)
    of_discriminator, (info, _) = game.discriminator_loss(discriminator, generator, batch, key, settings)
    return (of_generator, terms), (of_discriminator, info)


def mlp(in_dim, out_dim):
    return lambda rngs: MLP(in_dim, out_dim, width=8, depth=1, rngs=rngs)


def small(loss="least_squares", constraint=None, mean=(3.0, 0.0), **options):
    options = {"domain_a": ISOTROPIC, "domain_b": Gaussian(mean, 1.0), "batch_size": 16, **options}
    return games.cycle_gan(mlp(2, 2), mlp(2, 1), loss, constraint, **options)


@pytest.fixture(scope="module")
def small_state():
    """A game with every term, and a state of it."""
    game = small(constraint=lipschitz.r1(0.1), identity_weight=1.0, hints=HINTS)
    return game, training.init(game, jax.random.key(0))


# The losses -------------------------------------------------------------------------------------------------------


def expected_terms():
    distance = lambda x, y: np.abs(x - y).mean()  # noqa: E731
    hint_a, hint_b = HINTS
    return {
        "cycle": distance(A @ F @ G, A) + distance(B @ G @ F, B),
        "identity": distance(B @ F, B) + distance(A @ G, A),
        "hint": distance(hint_a @ F, hint_b) + distance(hint_b @ G, hint_a),
    }


@pytest.mark.parametrize("name", ["least_squares", "non_saturating", "wasserstein"])
def test_every_term_and_its_weight(x64, name):
    pair = losses.resolve(name)
    options = {"cycle_weight": 2.0, "identity_weight": 3.0, "hints": HINTS, "hint_weight": 5.0}
    (loss, terms), (discriminator_loss, info) = both_losses(
        fixed_game(name, adversarial_weight=7.0, **options)
    )
    real_a, fake_a, real_b, fake_b = A @ OF_A, B @ G @ OF_A, B @ OF_B, A @ F @ OF_B
    expected = {"adversarial": pair.generator(fake_a) + pair.generator(fake_b), **expected_terms()}
    assert set(terms) == set(expected)
    for term, number in expected.items():
        np.testing.assert_allclose(terms[term], number, rtol=1e-12)
    weights = {"adversarial": 7, "cycle": 2, "identity": 3, "hint": 5}
    np.testing.assert_allclose(loss, sum(weights[term] * expected[term] for term in weights), rtol=1e-12)
    # The discriminators know no weights.
    values = [pair.value(real_a, fake_a), pair.value(real_b, fake_b)]
    np.testing.assert_allclose([info["value_a"], info["value_b"]], values, rtol=1e-12)
    np.testing.assert_allclose(info["value"], np.mean(values), rtol=1e-12)
    expected = pair.discriminator(real_a, fake_a) + pair.discriminator(real_b, fake_b)
    np.testing.assert_allclose(discriminator_loss, expected, rtol=1e-12)


def test_the_defaults_are_the_papers_and_leave_out_what_is_not_asked_for(x64):
    (loss, terms), _ = both_losses(fixed_game())
    assert set(terms) == {"adversarial", "cycle"}
    fakes = [B @ G @ OF_A, A @ F @ OF_B]
    adversarial = sum(np.mean((fake - 1) ** 2) / 2 for fake in fakes)
    np.testing.assert_allclose(loss, adversarial + 10 * expected_terms()["cycle"], rtol=1e-12)


def test_the_cycle_alone():
    game = fixed_game(adversarial_weight=0.0, cycle_weight=1.0)
    (loss, terms), _ = both_losses(game)
    np.testing.assert_allclose(loss, terms["cycle"], rtol=1e-6)
    generator, discriminator = game.init(jax.random.key(0))
    batch = game.sample(jax.random.key(1))

    def loss_of(discriminator):
        return game.generator_loss(generator, discriminator, batch, jax.random.key(2), None)[0]

    moved = discriminator._replace(params=jax.tree.map(lambda leaf: leaf + 1, discriminator.params))
    assert loss_of(discriminator) == loss_of(moved)  # nobody listens to the discriminators
    (_, terms), _ = both_losses(
        fixed_game(adversarial_weight=0.0, cycle_weight=1.0, generators=linear(np.eye(2)))
    )
    assert terms["cycle"] == 0


def rotation(angle):
    return np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])


@pytest.mark.parametrize("angle", [0.0, 0.7, np.pi / 2, np.pi, -2.5])
def test_no_cycle_and_no_critic_sees_a_rotation_of_an_isotropic_law(x64, angle):
    """Every rotation with its inverse is a perfect cycle; the identity term alone has a favourite, and hints have one.

    The best critic of two equal laws is constant: as seen by it, the value is -log 4 for every angle. A half-turn that
    is the truth is what the identity term likes least.
    """
    game = fixed_game(
        "non_saturating",
        generators=(linear(rotation(angle)), linear(rotation(-angle))),
        discriminators=linear(np.zeros((2, 1))),
        domain_a=ISOTROPIC,
        domain_b=ISOTROPIC,
        identity_weight=1.0,
        hints=(A, A @ rotation(np.pi)),
        batch_size=4000,
    )
    (_, terms), (_, info) = both_losses(game)
    assert terms["cycle"] < 1e-14
    np.testing.assert_allclose(info["value"], -np.log(4), rtol=1e-12)
    # x (R - 1) is Gaussian with standard deviation 2 |sin(angle / 2)| in each coordinate; both terms have that law.
    mean_distance = 2 * abs(np.sin(angle / 2)) * np.sqrt(2 / np.pi)
    np.testing.assert_allclose(terms["identity"], 2 * mean_distance, rtol=0.06, atol=1e-12)
    wrong = np.abs(A @ rotation(angle) - A @ rotation(np.pi)).mean()
    back = np.abs(A @ rotation(np.pi - angle) - A).mean()
    np.testing.assert_allclose(terms["hint"], wrong + back, rtol=1e-6, atol=1e-12)


def test_rotated_points_have_the_law_they_came_from():
    """So that no discriminator could tell: a rotation of the isotropic law against the law, by its moments."""
    game = fixed_game(
        generators=(linear(rotation(1.1)), linear(rotation(-1.1))), domain_a=ISOTROPIC, domain_b=ISOTROPIC
    )
    state = training.init(game, jax.random.key(0))
    y = games.translate(game, state, ISOTROPIC.sample(jax.random.key(1), 20_000), to="b")
    np.testing.assert_allclose(np.cov(y.T), np.eye(2), atol=0.04)


def test_the_domains_are_drawn_apart_and_anew():
    game = small(domain_b=ISOTROPIC)
    (a, b), (other, _) = game.sample(jax.random.key(0)), game.sample(jax.random.key(1))
    assert a.shape == b.shape == (16, 2)
    assert not np.isin(a, b).any() and not np.isin(a, other).any()


def test_four_networks_start_apart():
    generator, discriminator = small().init(jax.random.key(0))
    assert set(generator.params) == {"a_to_b", "b_to_a"} and set(discriminator.params) == {"a", "b"}
    kernels = [
        np.asarray(params["layers"][0]["kernel"])
        for player in (generator, discriminator)
        for params in player.params.values()
    ]
    for i in range(4):
        for j in range(i):
            assert not np.isin(kernels[i], kernels[j]).any()


def test_a_network_with_a_state_of_its_own_carries_it_on():
    class Noisy(nnx.Module):
        def __init__(self, rngs):
            self.network = MLP(2, 2, width=4, depth=0, rngs=rngs)
            self.dropout = nnx.Dropout(0.5, rngs=rngs)

        def __call__(self, x):
            return self.network(self.dropout(x))

    game = games.cycle_gan(
        Noisy,
        mlp(2, 1),
        domain_a=ISOTROPIC,
        domain_b=ISOTROPIC,
        identity_weight=1.0,
        hints=HINTS,
        batch_size=4,
    )
    generator, discriminator = game.init(jax.random.key(0))
    batch = game.sample(jax.random.key(1))
    _, (_, state) = game.generator_loss(generator, discriminator, batch, jax.random.key(2), None)
    for name in ("a_to_b", "b_to_a"):  # fake, cycle, identity, hint
        count = lambda state: int(state[name]["dropout"]["rngs"]["count"])  # noqa: B023, E731
        assert count(state) - count(generator.state) == 4


# Constraints ------------------------------------------------------------------------------------------------------


def test_the_penalty_is_that_of_both_discriminators(x64):
    norms = np.array([np.linalg.norm(OF_A), np.linalg.norm(OF_B)])
    game = fixed_game("wasserstein", lipschitz.gradient_penalty(3.0, 2.0))
    _, (loss, info) = both_losses(game)
    np.testing.assert_allclose(info["penalty"], 3 * np.sum((norms - 2) ** 2), rtol=1e-10)
    np.testing.assert_allclose(loss, info["penalty"] - info["value_a"] - info["value_b"], rtol=1e-10)
    _, (_, info) = both_losses(
        game, training.Settings(constraint=lipschitz.r1(0.7))
    )  # the settings' has the word
    np.testing.assert_allclose(info["penalty"], 0.35 * np.sum(norms**2), rtol=1e-6)


def test_clipping_and_spectral_normalization_hold_both(x64):
    game = fixed_game(constraint=lipschitz.weight_clipping(0.3))
    _, discriminator = game.init(jax.random.key(0))
    clipped = game.project(discriminator, None).params
    for of, w in (("a", OF_A), ("b", OF_B)):
        np.testing.assert_allclose(clipped[of]["matrix"][:, 0], np.clip(w, -0.3, 0.3), rtol=1e-12)
    game = fixed_game(constraint=lipschitz.spectral_normalization())
    state = training.init(game, jax.random.key(0))
    for of, w, x in (("a", OF_A, A), ("b", OF_B, B)):
        scores = games.discriminator_function(game, state, domain=of)(jnp.asarray(x))
        np.testing.assert_allclose(scores, x @ w / np.linalg.norm(w), rtol=1e-8)


# The trainer ------------------------------------------------------------------------------------------------------


def test_whatever_a_slider_moves_compiles_nothing(small_state):
    game, start = small_state
    settings = lambda gamma: training.Settings(constraint=lipschitz.r1(gamma))  # noqa: E731
    state, _ = training.train(game, start, 2, settings(0.1))
    x = np.ones((3, 2), np.float32)
    games.translate(game, state, x, to="b")
    games.discriminator_function(game, state, settings(0.1), domain="a")(jnp.asarray(x))
    # Made first: hints of another dtype are converted, and lambdas of their own start anew.
    moved = [
        small(
            constraint=lipschitz.r1(0.5),
            mean=(-1.0, shift),
            identity_weight=identity,
            hints=(HINTS[0] + shift, HINTS[1]),
            hint_weight=hint,
            cycle_weight=cycle,
            adversarial_weight=adversarial,
        )
        for shift, identity, hint, cycle, adversarial in (
            (0.0, 0.0, 0, 1, 0.0),
            (1.0, np.float32(5.0), 1.0, 0.0, 1),
            (2.0, 5, jnp.float32(2.0), 20.0, 0.5),
        )
    ]
    before = len(COMPILATIONS)
    assert before > 0
    first = set()
    for other in moved:
        after, history = training.train(other, start, 2, settings(0.3))
        first.add(float(np.asarray(history.generator_loss)[0]))
        games.translate(other, after, x, to="b")
        games.discriminator_function(other, after, settings(2.0), domain="a")(jnp.asarray(x))
    assert len(COMPILATIONS) == before
    assert len(first) == 3


def test_the_history_many_seeds_averages_and_a_frozen_side(small_state):
    game, _ = small_state
    keys = jax.random.split(jax.random.key(0), 2)
    frozen = training.Settings(constraint=lipschitz.r1(0.1), ema_decay=0.5, freeze_discriminator=True)
    states, history = training.train_many(game, training.init_many(game, keys), 2, frozen)
    assert set(history.details) == {
        "adversarial", "cycle", "identity", "hint", "penalty", "value_a", "value_b"
    }  # fmt: skip
    assert all(detail.shape == (2, 2) for detail in history.details.values())
    start = training.init(game, keys[1])
    one, alone = training.train(game, start, 2, frozen)
    np.testing.assert_allclose(history.generator_loss[1], alone.generator_loss, rtol=1e-4)
    for many, single in zip(jax.tree.leaves(states.average), jax.tree.leaves(one.average), strict=True):
        np.testing.assert_allclose(many[1], single, rtol=1e-3, atol=1e-5)
    for player, moves in (("generator", True), ("discriminator", False)):
        leaves = [jax.tree.leaves(getattr(state, player).params) for state in (start, one)]
        assert all(np.array_equal(a, b) != moves for a, b in zip(*leaves, strict=True))
    x = jax.vmap(lambda state: games.translate(game, state, A, to="a"))(training.averaged(states))
    assert x.shape == (2, N, 2)


def test_both_drawn_batches_are_split_over_the_devices(small_state):
    game, _ = small_state
    with _mesh.using(_mesh.mesh_over(jax.devices()[:1])):
        assert str(jax.make_jaxpr(game.sample)(jax.random.key(0))).count("sharding_constraint") == 2


@pytest.mark.parametrize("platform", ["cuda", "tpu"])
def test_the_step_lowers_for_accelerators(small_state, platform):
    game, state = small_state
    step = jax.jit(lambda state: training.make_step(game)(state, training.Settings()))
    assert step.trace(state).lower(lowering_platforms=(platform,)).as_text()


def test_small_cycles_of_wrong_maps_and_what_four_hints_do():
    """Two clumps of unequal weight, shifted. To swap the clumps is wrong, and its cycle comes back all the same."""
    shift = np.array([4.0, -2.0])
    means = np.array([[-2.0, 0.0], [2.0, 0.0]])
    law = lambda means: Mixture([Gaussian(mean, 0.3) for mean in means], [1, 3])  # noqa: E731
    known = np.array([[-2.0, 0.0], [2.0, 0.0], [2.0, 0.5], [-2.0, -0.5]])
    network = lambda out: lambda rngs: MLP(2, out, width=32, depth=1, rngs=rngs)  # noqa: E731
    points = np.asarray(law(means).sample(jax.random.key(1), 500))
    keys = jax.random.split(jax.random.key(0), 5)

    def train(hint_weight):
        game = games.cycle_gan(
            network(2), network(1), "non_saturating", lipschitz.r1(0.1), domain_a=law(means),
            domain_b=law(means + shift), hints=(known, known + shift), hint_weight=hint_weight, batch_size=64,
        )  # fmt: skip
        states, history = training.train_many(
            game, training.init_many(game, keys), 600, training.Settings(3e-3, 1e-2)
        )
        there = jax.vmap(lambda state: games.translate(game, state, points, to="b"))(states)
        cycle = np.asarray(history.details["cycle"])
        assert (cycle[:, -50:].mean(axis=1) < 0.2 * cycle[:, :5].mean(axis=1)).all()
        return np.median(np.linalg.norm(np.asarray(there) - (points + shift), axis=2), axis=1)

    assert train(0.0).max() > 3  # at least one of five finds a wrong map
    assert np.median(train(10.0)) < 0.5  # most find the right one


# Ways to look -----------------------------------------------------------------------------------------------------


class Doubled(nnx.Module):
    """[n, d] -> [n, 2, d], or back."""

    def __init__(self, back):
        self.back = back

    def __call__(self, x):
        return x.mean(axis=1) if self.back else jnp.stack([x, x + 1], axis=1)


class Images:
    """A law of "images" of shape [2, 2]."""

    dim = 4

    def sample(self, key, n):
        return jax.random.normal(key, (n, 2, 2))


class Flat(nnx.Module):
    def __init__(self, rngs):
        self.network = MLP(4, 1, width=4, rngs=rngs)

    def __call__(self, x):
        return self.network(x.reshape(-1, 4))


def of_two_shapes(**options):
    return games.cycle_gan(
        (lambda rngs: Doubled(False), lambda rngs: Doubled(True)), (mlp(2, 1), Flat),
        domain_a=ISOTROPIC, domain_b=Images(), batch_size=8, **options,
    )  # fmt: skip


def test_domains_of_two_shapes():
    game = of_two_shapes(hints=(np.zeros((3, 2)), np.ones((3, 2, 2))))
    state = training.init(game, jax.random.key(0))
    there = games.translate(game, state, A, to="b")
    np.testing.assert_allclose(there, np.stack([A, A + 1], axis=1), rtol=1e-6)
    np.testing.assert_allclose(games.translate(game, state, there, to="a"), A + 0.5, rtol=1e-5)
    (_, terms), _ = both_losses(game)
    np.testing.assert_allclose(terms["hint"], 0.5 + 1.0, rtol=1e-6)
    assert games.discriminator_function(game, state, domain="b")(there).shape == (N,)
    with pytest.raises(
        ValueError, match=r"identity_weight must be None .* shapes, got .* \[2\] and \[2, 2\]"
    ):
        of_two_shapes(identity_weight=0.0)
    with pytest.raises(
        ValueError,
        match=r"x must be a non-empty array of points of domain b, of shape \[n, 2, 2\], got shape \[10, 2\]",
    ):
        games.translate(game, state, A, to="a")


def test_bad_arguments_of_the_ways_to_look(small_state):
    game, state = small_state
    with pytest.raises(ValueError, match="to must be one of a, b, got 'c'"):
        games.translate(game, state, A, to="c")
    for x in (A[0], np.zeros((0, 2)), np.zeros((3, 4))):
        with pytest.raises(
            ValueError, match=r"x must be .* points of domain a, of shape \[n, 2\], got shape"
        ):
            games.translate(game, state, x, to="b")
    plain = games.gan(mlp(2, 2), mlp(2, 1), "hinge", prior=ISOTROPIC, target=ISOTROPIC, batch_size=4)
    with pytest.raises(TypeError, match=r"game must be a game made by games\.cycle_gan"):
        games.translate(plain, training.init(plain, jax.random.key(0)), A, to="b")
    with pytest.raises(TypeError, match=r"game must be a game made by games\.gan or games\.conditional_gan"):
        games.generate(game, state, jax.random.key(0), 3)
    with pytest.raises(TypeError, match="domain must be one of a, b, got None"):
        games.discriminator_function(game, state)
    with pytest.raises(TypeError, match="labels must be None, since the game has no labels, got 1"):
        games.discriminator_function(game, state, labels=1, domain="a")


# What is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "error", "sentence"),
    [
        (dict(generators=3), TypeError, r"generators must be one function .* \(A to B, B to A\), got 3"),
        (dict(generators=(mlp(2, 2),)), TypeError, "generators must be one function .*, or a pair of them"),
        (
            dict(discriminators=[mlp(2, 1), 3]),
            TypeError,
            "discriminators must be a function rngs -> nnx.Module, got 3",
        ),
        (
            dict(generators=(mlp(2, 2), mlp(2, 3))),
            ValueError,
            r"generators \(B to A\) must be a network that maps \[16, 2\] to domain A's \[16, 2\], got .*\[16, 3\]",
        ),
        (
            dict(discriminators=(mlp(2, 1), mlp(2, 2))),
            ValueError,
            r"discriminators \(of B\) must be .* one raw score a point, \[16, 1\], got .*\[16, 2\]",
        ),
        (
            dict(discriminators=lambda rngs: ConditionalMLP(2, 1, 3, rngs=rngs)),
            TypeError,
            r"labels must be an array \[16\] of whole numbers .*, got None",
        ),
        (dict(domain_a=3), TypeError, "domain_a must be a distribution with .sample.* got 3"),
        (dict(domain_b=Fixed(B)), ValueError, r"domain_b must be .*\[16, d\], got \[10, 2\]"),
        (dict(loss="wgan"), ValueError, "loss must be one of minimax"),
        (dict(constraint=1), TypeError, "constraint must be one of gantheory.lipschitz"),
        (dict(cycle_weight=-1.0), ValueError, "cycle_weight must be a finite number at least 0, got -1.0"),
        (
            dict(adversarial_weight=np.nan),
            ValueError,
            "adversarial_weight must be a finite number at least 0",
        ),
        (
            dict(identity_weight="big"),
            TypeError,
            "identity_weight must be a finite number at least 0, got 'big'",
        ),
        (dict(hint_weight=None), TypeError, "hint_weight must be a finite number at least 0, got None"),
        (dict(hints=A), TypeError, r"hints must be None, or a pair \(a \[m, 2\], b \[m, 2\]\), got an array"),
        (dict(hints=(A, B[:3])), ValueError, r"hints must be .*, got shapes \[10, 2\] and \[3, 2\]"),
        (dict(hints=(A[:, :1], B)), ValueError, r"hints must be .*, got shapes \[10, 1\] and \[10, 2\]"),
        (dict(hints=(A[:0], B[:0])), ValueError, r"hints must be .*, got shapes \[0, 2\] and \[0, 2\]"),
        (dict(hints=(A, B * np.nan)), ValueError, "hints must be free of NaN"),
        (dict(batch_size=0), ValueError, "batch_size must be a whole number"),
    ],
)
def test_bad_arguments(changes, error, sentence):
    arguments = {
        "generators": mlp(2, 2), "discriminators": mlp(2, 1), "domain_a": ISOTROPIC, "domain_b": ISOTROPIC,
        "batch_size": 16, **changes,
    }  # fmt: skip
    with pytest.raises(error, match=sentence):
        unannotated(games.cycle_gan)(**arguments)
