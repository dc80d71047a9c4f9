"""The conditional game: its losses written out in numpy, its value against quadrature, and what it refuses."""

import inspect

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.integrate
import scipy.stats
from flax import nnx

from gantheory import _mesh, datasets, games, lipschitz, losses, networks, training
from gantheory.distributions import Gaussian, GaussianMixture, Mixture, ring
from gantheory.networks import MLP, ConditionalMLP, Unlabelled
from tests.compilations import COMPILATIONS

# The function without the annotations' checks of the tests, as users call it: its own sentence is what is tested.
unannotated = inspect.unwrap

NORMAL = Gaussian([0.0, 0.0], 1.0)
N, CLASSES = 12, 3
REAL = np.random.default_rng(0).normal(size=(N, 2))
LABELS = np.random.default_rng(1).integers(0, CLASSES, N)
Z = np.random.default_rng(2).normal(size=(N, 2))


class Fixed:
    """A law of fixed points with fixed labels; not a pytree, which a target need not be."""

    def __init__(self, points, labels=None, num_classes=CLASSES):
        self.points, self.dim = jnp.asarray(points, jnp.result_type(float)), points.shape[1]
        self.labels, self.num_classes = labels, num_classes

    def sample(self, key, n):
        return self.points[:n]

    def sample_labelled(self, key, n):
        return self.points[:n], jnp.asarray(self.labels[:n], jnp.int32)


class Shifted(nnx.Module):
    """As a generator: z + (1 + c)."""

    def __init__(self, rngs):
        pass

    def __call__(self, z, labels):
        return z + (1.0 + labels)[:, None]


W = np.array([0.25, -0.5])


class Slanted(nnx.Module):
    """As a discriminator: (1 + c) (w . x), with w as its one parameter."""

    def __init__(self, rngs):
        self.w = nnx.Param(jnp.asarray(W, jnp.result_type(float)))

    def __call__(self, x, labels):
        return (1.0 + labels) * (x @ self.w[...])


def fixed_game(loss="non_saturating", constraint=None, generator=Shifted, discriminator=Slanted, **options):
    options = {"prior": Fixed(Z), "target": Fixed(REAL, LABELS), "batch_size": N, **options}
    return games.conditional_gan(generator, discriminator, loss, constraint, **options)


def fixed_loss(game, key=0, settings=None):
    """Compute the discriminator's loss and what it reports."""
    generator, discriminator = game.init(jax.random.key(0))
    batch = game.sample(jax.random.key(1))
    return game.discriminator_loss(discriminator, generator, batch, jax.random.key(key), settings)


def slanted(x, labels):
    return (1 + labels) * (x @ W)


FAKE = Z + (1 + LABELS)[:, None]  # generated point i has the label of real point i


def network(in_dim, out_dim, num_classes=CLASSES):
    return lambda rngs: ConditionalMLP(in_dim, out_dim, num_classes, width=8, depth=1, rngs=rngs)


def small(loss="non_saturating", constraint=None, **options):
    target = GaussianMixture(options.pop("means", [[0.0, 1.0], [1.0, 0.0], [-1.0, 0.0]]), 0.1, [1, 2, 3])
    options = {"prior": NORMAL, "target": target, "batch_size": 16, **options}
    return games.conditional_gan(network(2, 2), network(2, 1), loss, constraint, **options)


@pytest.fixture(scope="module")
def ring_state():
    """The small game and a state of it; its mismatched pairs are switched on and off in several tests."""
    game = small(constraint=lipschitz.r1(0.1), mismatched=0.0)
    return game, training.init(game, jax.random.key(0))


# The losses -------------------------------------------------------------------------------------------------------


def test_both_losses_see_the_labels_and_the_fakes_carry_those_of_the_real_batch(x64):
    real, fake = slanted(REAL, LABELS), slanted(FAKE, LABELS)
    value = -np.log1p(np.exp(-real)).mean() - np.log1p(np.exp(fake)).mean()
    game = fixed_game()
    loss, (info, _) = fixed_loss(game)
    np.testing.assert_allclose([loss, info["value"], info["penalty"]], [-value, value, 0], rtol=1e-12)
    generator, discriminator = game.init(jax.random.key(0))
    batch = game.sample(jax.random.key(1))
    np.testing.assert_array_equal(batch[1], LABELS)
    loss, _ = game.generator_loss(generator, discriminator, batch, jax.random.key(2), None)
    np.testing.assert_allclose(loss, np.log1p(np.exp(-fake)).mean(), rtol=1e-12)


@pytest.mark.parametrize("name", [*losses.LOSSES, "f_gan:kl"])
@pytest.mark.parametrize("share", [0.0, 0.4, 1.0, True])
def test_mismatched_pairs_are_a_part_of_the_fakes_and_leave_the_value_alone(x64, name, share):
    """With two classes the wrong label is the other one."""
    labels = LABELS % 2
    loss, (info, _) = fixed_loss(fixed_game(name, target=Fixed(REAL, labels, 2), mismatched=share))
    pair = losses.resolve(name)
    real, fake, wrong = (
        jnp.asarray(slanted(x, c))
        for x, c in ((REAL, labels), (Z + (1 + labels)[:, None], labels), (REAL, 1 - labels))
    )
    # A mean over the reals and one over the fakes: of the latter, share / 2 is that of the mismatched.
    expected = (1 - share / 2) * pair.discriminator(real, fake) + share / 2 * pair.discriminator(real, wrong)
    np.testing.assert_allclose(loss, expected, rtol=1e-10)
    np.testing.assert_allclose(info["value"], pair.value(real, fake), rtol=1e-12)


def test_half_of_the_fakes_are_mismatched_where_the_share_is_1(x64):
    """Algorithm 1 of Reed et al., in numpy: -log D(real) - (log(1 - D(wrong)) + log(1 - D(fake))) / 2."""
    labels = LABELS % 2
    loss, _ = fixed_loss(fixed_game("minimax", target=Fixed(REAL, labels, 2), mismatched=True))
    scores = [slanted(REAL, labels), slanted(REAL, 1 - labels), slanted(Z + (1 + labels)[:, None], labels)]
    real, wrong, fake = (1 / (1 + np.exp(-score)) for score in scores)
    expected = -np.log(real) - (np.log(1 - wrong) + np.log(1 - fake)) / 2
    np.testing.assert_allclose(loss, expected.mean(), rtol=1e-10)


def test_the_wrong_labels_are_drawn_evenly_from_the_others(x64):
    """The score of label c is 1000^c: the sum over the mismatched pairs then counts the labels, digit by digit."""

    class Counting(nnx.Module):
        def __init__(self, rngs):
            pass

        def __call__(self, x, labels):
            return 1000.0**labels

    n = 900
    count_fakes = losses.GANLoss(lambda real, fake: jnp.mean(fake), lambda fake: jnp.mean(fake))
    game = fixed_game(
        count_fakes,
        generator=lambda rngs: Unlabelled(networks.Identity(rngs)),
        discriminator=Counting,
        prior=Fixed(np.zeros((n, 1))),
        target=Fixed(np.zeros((n, 1)), np.full(n, 2), 4),
        mismatched=True,
        batch_size=n,
    )
    seen = []
    for key in (0, 1):
        total = round(float(fixed_loss(game, key)[0]) * 2 * n) - n * 1000**2  # the fakes have label 2
        seen.append([total // 1000**label % 1000 for label in range(4)])
        assert sum(seen[-1]) == n and seen[-1][2] == 0
        np.testing.assert_allclose(np.delete(seen[-1], 2), n / 3, atol=5 * np.sqrt(n * 2 / 9))
    assert seen[0] != seen[1]


# The value --------------------------------------------------------------------------------------------------------

UNEVEN, EVEN = np.array([0.3, 0.7]), np.array([0.5, 0.5])
P_MEANS, Q_MEANS, Q_STD = np.array([-1.0, 1.0]), np.array([-0.2, 2.0]), 1.5


def norm(mean, std=1.0):
    return lambda x: scipy.stats.norm.pdf(x, mean, std)


def mixed(means, weights, std=1.0):
    return lambda x: weights @ scipy.stats.norm.pdf(x, means, std)


def js(p, q):
    """The Jensen-Shannon divergence of two densities on the line, by quadrature."""

    def integrand(x):
        a, b = p(x), q(x)
        return (a * np.log(2 * a / (a + b)) + b * np.log(2 * b / (a + b))) / 2

    return scipy.integrate.quad(integrand, -9, 11, limit=200)[0]


class Made(nnx.Module):
    """The generator mean_c + std z."""

    def __init__(self, means, std):
        self.means, self.std = tuple(means), std

    def __call__(self, z, labels):
        return jnp.asarray(self.means, z.dtype)[labels][:, None] + self.std * z


class Best(nnx.Module):
    """The discriminator that is given as a function, log p - log q."""

    def __init__(self, log_ratio):
        self.log_ratio = log_ratio

    def __call__(self, x, labels):
        return self.log_ratio(x, labels)


def log_normals(x, means, std):
    """The log densities at x of the law of each label, [n, classes]."""
    return jnp.stack([jax.scipy.stats.norm.logpdf(x[:, 0], mean, std) for mean in means], axis=1)


def joint(q_means, q_std):
    def log_ratio(x, labels):
        ratios = log_normals(x, P_MEANS, 1.0) - log_normals(x, q_means, q_std)
        return jnp.take_along_axis(ratios, labels[:, None], axis=1)

    return log_ratio


def of_x_alone(q_means, q_std, weights):
    def log_mixed(x, means, std):
        return jax.scipy.special.logsumexp(log_normals(x, means, std), axis=1, b=jnp.asarray(weights)[None])

    return lambda x, labels: log_mixed(x, P_MEANS, 1.0) - log_mixed(x, q_means, q_std)


def value_of(log_ratio, q_means, q_std, weights):
    game = games.conditional_gan(
        lambda rngs: Made(q_means, q_std),
        lambda rngs: Best(log_ratio),
        "non_saturating",
        prior=Gaussian(0.0, 1.0),
        target=Mixture([Gaussian(mean, 1.0) for mean in P_MEANS], weights),
        batch_size=200_000,  # the value's standard error is 0.001
    )
    return float(fixed_loss(game)[1][0]["value"])


def test_the_best_value_is_that_of_the_joint_laws_the_labels_shares_times_each_labels_divergence():
    each = [js(norm(p), norm(q, Q_STD)) for p, q in zip(P_MEANS, Q_MEANS, strict=True)]
    expected = 2 * UNEVEN @ each - np.log(4)
    found = value_of(joint(Q_MEANS, Q_STD), Q_MEANS, Q_STD, UNEVEN)
    assert abs(found - expected) < 0.004
    steeper = lambda x, labels: 1.5 * joint(Q_MEANS, Q_STD)(x, labels)  # noqa: E731
    assert value_of(steeper, Q_MEANS, Q_STD, UNEVEN) < found - 0.01


def test_the_best_value_of_x_alone_is_that_of_the_laws_of_x():
    expected = 2 * js(mixed(P_MEANS, UNEVEN), mixed(Q_MEANS, UNEVEN, Q_STD)) - np.log(4)
    found = value_of(of_x_alone(Q_MEANS, Q_STD, UNEVEN), Q_MEANS, Q_STD, UNEVEN)
    assert abs(found - expected) < 0.004
    assert found < value_of(joint(Q_MEANS, Q_STD), Q_MEANS, Q_STD, UNEVEN) - 0.03


def test_a_generator_that_swaps_the_labels_is_perfect_in_x_alone_and_found_out_in_the_pair():
    swapped = P_MEANS[::-1]
    found = value_of(of_x_alone(swapped, 1.0, EVEN), swapped, 1.0, EVEN)
    np.testing.assert_allclose(found, -np.log(4), atol=1e-5)
    expected = 2 * js(norm(-1), norm(1)) - np.log(4)  # each label got the other's law
    assert expected > -np.log(4) + 0.5
    assert abs(value_of(joint(swapped, 1.0), swapped, 1.0, EVEN) - expected) < 0.004


@pytest.mark.parametrize(("distance", "data_are_best"), [(0.5, False), (12.0, True)])
def test_mismatched_pairs_move_the_best_generator_where_classes_overlap_and_only_there(
    distance, data_are_best
):
    """What D can reach against the data's own law, and against laws pushed apart or together; G wants it small."""
    means = np.array([-distance, distance])

    def reached(push):
        q_means = means * (1 + push / distance)

        def log_ratio(x, labels):
            p, q, wrong = (log_normals(x, m, 1.0) for m in (means, q_means, means[::-1]))
            ratios = p - jnp.logaddexp(q, wrong) + np.log(2)
            return jnp.take_along_axis(ratios, labels[:, None], axis=1)

        game = games.conditional_gan(
            lambda rngs: Made(q_means, 1.0),
            lambda rngs: Best(log_ratio),
            "minimax",
            prior=Gaussian(0.0, 1.0),
            target=Mixture([Gaussian(mean, 1.0) for mean in means]),
            mismatched=True,
            batch_size=200_000,
        )
        return -float(fixed_loss(game)[0])

    at_data, apart, together = reached(0.0), reached(0.2), reached(-0.2)
    assert together > at_data + 0.002
    assert (apart > at_data + 0.002) if data_are_best else (apart < at_data - 0.002)


# Constraints ------------------------------------------------------------------------------------------------------


def test_penalties_take_the_slope_in_x_for_the_label_that_a_pair_shares(x64):
    """The slope of (1 + c) (w . x) is (1 + c) |w|, wherever x is."""
    slopes = (1 + LABELS) * np.linalg.norm(W)
    for constraint, expected in (
        (lipschitz.gradient_penalty(3.0, 0.5), 3 * np.mean((slopes - 0.5) ** 2)),
        (lipschitz.gradient_penalty(3.0, 1.0, one_sided=True), 3 * np.mean(np.maximum(slopes - 1, 0) ** 2)),
        (lipschitz.r1(0.7), 0.35 * np.mean(slopes**2)),
        (lipschitz.r2(0.7), 0.35 * np.mean(slopes**2)),
    ):
        loss, (info, _) = fixed_loss(fixed_game("wasserstein", constraint))
        np.testing.assert_allclose(info["penalty"], expected, rtol=1e-12)
        np.testing.assert_allclose(loss, expected - info["value"], rtol=1e-10)


def test_r1_looks_at_the_real_pairs_and_r2_at_the_generated_ones(x64):
    class Bowl(nnx.Module):
        def __init__(self, rngs):
            pass

        def __call__(self, x, labels):
            return (1.0 + labels) * jnp.sum(x**2, axis=1) / 2  # its slope is (1 + c) x

    for make, x in ((lipschitz.r1, REAL), (lipschitz.r2, FAKE)):
        _, (info, _) = fixed_loss(fixed_game("hinge", make(2.0), discriminator=Bowl))
        np.testing.assert_allclose(info["penalty"], np.mean((1 + LABELS) ** 2 * np.sum(x**2, 1)), rtol=1e-12)


def test_clipping_and_spectral_normalization_hold_the_conditional_critic():
    game = small("wasserstein", lipschitz.weight_clipping(0.05))
    _, discriminator = game.init(jax.random.key(0))
    clipped = jax.tree.leaves(game.project(discriminator, None).params)
    for leaf, before in zip(clipped, jax.tree.leaves(discriminator.params), strict=True):
        np.testing.assert_array_equal(leaf, np.clip(before, np.float32(-0.05), np.float32(0.05)))
    game = small("hinge", lipschitz.spectral_normalization())
    state = training.init(game, jax.random.key(0))
    x = np.asarray(NORMAL.sample(jax.random.key(1), 5))
    rows = np.concatenate([x, np.eye(CLASSES)[[0, 1, 2, 2, 1]]], axis=1)
    layers = state.discriminator.params["network"]["layers"]
    for i in range(len(layers)):
        rows = np.where(rows > 0, rows, 0.2 * rows) if i else rows
        norm_of_it = np.linalg.svd(layers[i]["kernel"], compute_uv=False)[0]
        rows = rows @ np.asarray(layers[i]["kernel"]) / norm_of_it + np.asarray(layers[i]["bias"])
    scores = games.discriminator_function(game, state, labels=[0, 1, 2, 2, 1])(x)
    np.testing.assert_allclose(scores, rows[:, 0], rtol=0.02, atol=0.01)
    loss, (_, after) = fixed_loss(game)
    moved = zip(*map(jax.tree.leaves, (after.constraint, state.discriminator.state.constraint)), strict=True)
    assert np.isfinite(loss) and any(not np.array_equal(new, old) for new, old in moved)


def settings(gamma, **options):
    return training.Settings(constraint=lipschitz.r1(gamma), **options)


# The trainer ------------------------------------------------------------------------------------------------------


def test_whatever_a_slider_moves_compiles_nothing(ring_state):
    game, start = ring_state
    state, _ = training.train(game, start, 3, settings(0.1))
    key = jax.random.key(5)
    for labels in (1, [0, 1, 2]):
        games.generate(game, state, key, 3, labels=labels)
    games.discriminator_function(game, state, settings(0.1), labels=0)(jnp.zeros((4, 2)))
    x = jnp.ones((4, 2))
    # Made once: to make one anew compiles the start of its networks, which are other lambdas.
    others = [
        small(constraint=lipschitz.r1(gamma), mismatched=share, means=[[shift, 0.0], [0.0, 1.0], [1.0, 1.0]])
        for gamma, share, shift in ((0.5, 1.0, 2.0), (2, True, 0), (0.1, np.float32(0.25), -1))
    ]
    key_data = [jax.random.key(seed) for seed in (1, 2, 3)]
    jax.block_until_ready(key_data)
    before = len(COMPILATIONS)
    assert before > 0
    values = []
    for other, label, new in zip(others, (0, 2, np.int64(1)), key_data, strict=True):
        after, history = training.train(other, start, 3, settings(0.3))
        values.append(np.asarray(history.discriminator_loss)[0])
        games.generate(other, after, new, 3, labels=label)
        games.generate(other, after, new, 3, labels=[label, 0, 1])
        games.discriminator_function(other, after, settings(2.0), labels=label)(x)
    assert len(COMPILATIONS) == before
    assert len({float(value) for value in values}) == 3
    assert jax.tree.structure(small(mismatched=0.0)) != jax.tree.structure(small())  # False is left out


def test_many_seeds_averages_and_a_frozen_side(ring_state):
    game, _ = ring_state
    keys = jax.random.split(jax.random.key(0), 2)
    frozen = settings(0.1, ema_decay=0.5, freeze_discriminator=True)
    states, history = training.train_many(game, training.init_many(game, keys), 3, frozen)
    assert history.value.shape == (2, 3)
    start = training.init(game, keys[1])
    one, _ = training.train(game, start, 3, frozen)
    for many, single in zip(jax.tree.leaves(states.average), jax.tree.leaves(one.average), strict=True):
        np.testing.assert_allclose(many[1], single, rtol=1e-3, atol=1e-5)
    old = jax.tree.leaves((start.generator.params, one.discriminator.params))
    new = jax.tree.leaves((one.generator.params, start.discriminator.params))
    half = len(jax.tree.leaves(start.generator.params))
    assert all(not np.array_equal(a, b) for a, b in zip(old[:half], new[:half], strict=True))
    assert all(np.array_equal(a, b) for a, b in zip(old[half:], new[half:], strict=True))
    x = jax.vmap(lambda state: games.generate(game, state, keys[0], 4, labels=1))(states)
    assert x.shape == (2, 4, 2)


def test_every_drawn_batch_is_split_over_the_devices(ring_state):
    """Points, labels, z and wrong labels: each is told to be."""
    game, state = ring_state
    key = jax.random.key(0)
    with _mesh.using(_mesh.mesh_over(jax.devices()[:1])):
        drawn = str(jax.make_jaxpr(game.sample)(key)).count("sharding_constraint")
        assert drawn == 2
        loss = jax.make_jaxpr(lambda key: fixed_discriminator_loss(game, state, key))(key)
    assert str(loss).count("sharding_constraint") == drawn + 2


def fixed_discriminator_loss(game, state, key):
    return game.discriminator_loss(state.discriminator, state.generator, game.sample(key), key, None)[0]


@pytest.mark.parametrize("platform", ["cuda", "tpu"])
def test_the_step_of_images_with_labels_lowers_for_accelerators(platform):
    game = games.conditional_gan(
        lambda rngs: networks.DCGANGenerator(4, (8, 8, 1), width=4, num_classes=10, rngs=rngs),
        lambda rngs: networks.DCGANDiscriminator((8, 8, 1), width=4, num_classes=10, rngs=rngs),
        "non_saturating",
        lipschitz.r1(1.0),
        prior=Gaussian(np.zeros(4), 1.0),
        target=datasets.load("digits"),
        mismatched=True,
        batch_size=4,
    )
    state = jax.eval_shape(lambda key: training.init(game, key), jax.random.key(0))
    step = jax.jit(lambda state: training.make_step(game)(state, training.Settings()))
    assert step.trace(state).lower(lowering_platforms=(platform,)).as_text()


def test_it_learns_which_law_belongs_to_which_label():
    target = ring(4, std=0.1)
    make = lambda out: lambda rngs: ConditionalMLP(2, out, 4, width=32, rngs=rngs)  # noqa: E731
    game = games.conditional_gan(
        make(2), make(1), "non_saturating", lipschitz.r1(0.1), prior=NORMAL, target=target, batch_size=64
    )
    state, _ = training.train(
        game, training.init(game, jax.random.key(0)), 1000, training.Settings(1e-3, 3e-3)
    )
    labels = np.repeat(np.arange(4), 100)
    x = games.generate(game, state, jax.random.key(1), 400, labels=labels)
    nearest = np.argmin(np.linalg.norm(x[:, None] - target.means[None], axis=2), axis=1)
    assert np.mean(nearest == labels) > 0.95
    assert np.linalg.norm(x - target.means[labels], axis=1).mean() < 0.4


# Ways to look -----------------------------------------------------------------------------------------------------


def test_generate_for_labels_and_without():
    class Told(nnx.Module):
        """The label beside z."""

        def __init__(self, rngs):
            pass

        def __call__(self, z, labels):
            return jnp.stack([z[:, 0], 1.0 * labels], axis=1)

    law = GaussianMixture([[0.0, 1.0], [1.0, 0.0], [-1.0, 0.0]], 0.1, [1, 2, 3])
    game = games.conditional_gan(Told, network(2, 1), "hinge", prior=NORMAL, target=law, batch_size=8)
    state, key = training.init(game, jax.random.key(0)), jax.random.key(1)
    x = games.generate(game, state, key, 6000)
    np.testing.assert_allclose(np.bincount(x[:, 1].astype(int)) / 6000, [1 / 6, 1 / 3, 1 / 2], atol=0.03)
    assert abs(np.corrcoef(x.T)[0, 1]) < 0.06  # the label and z are drawn apart
    one = games.generate(game, state, key, 3, labels=2)
    np.testing.assert_array_equal(one[:, 1], [2, 2, 2])
    each = games.generate(game, state, key, 3, labels=np.array([2, 0, 1]))
    np.testing.assert_array_equal(each[:, 1], [2, 0, 1])
    np.testing.assert_array_equal(each[:, 0], one[:, 0])  # the same z for the same key
    traced = jax.jit(lambda label: games.generate(game, state, key, 3, labels=label))(jnp.asarray(1))
    np.testing.assert_array_equal(traced[:, 1], [1, 1, 1])


def test_the_two_functions_and_the_slope_of_one():
    game = fixed_game()
    state = training.init(game, jax.random.key(0))
    np.testing.assert_allclose(
        games.generator_function(game, state, labels=LABELS)(jnp.asarray(Z)), FAKE, rtol=1e-5
    )
    scores = games.discriminator_function(game, state, labels=LABELS)(jnp.asarray(REAL))
    np.testing.assert_allclose(scores, slanted(REAL, LABELS), rtol=1e-4, atol=1e-5)
    critic = games.discriminator_function(game, state, labels=2)
    np.testing.assert_allclose(critic(jnp.asarray(REAL[:5])), slanted(REAL[:5], 2), rtol=1e-4, atol=1e-5)
    found = lipschitz.gradient_norms(critic, REAL[:5])
    np.testing.assert_allclose(found, np.full(5, 3 * np.linalg.norm(W)), rtol=1e-5)


LABELS_WANTED = r"labels must be a class from 0 to 2, or an array \[{}\] of them, got "


@pytest.mark.parametrize(
    ("labels", "error", "came"),
    [
        (3, ValueError, "3"),
        ([0, 1, -1, 2], ValueError, "-1 to 2"),
        (1.0, TypeError, "dtype float"),
        ([0, 1], ValueError, r"shape \[2\]"),
        ([[0, 1, 2, 0]], ValueError, r"shape \[1, 4\]"),
        (True, TypeError, "dtype bool"),
        ("cat", TypeError, "dtype <U3"),
    ],
)
def test_labels_that_are_none(ring_state, labels, error, came):
    game, state = ring_state
    with pytest.raises(error, match=LABELS_WANTED.format(4) + came):
        unannotated(games.generate)(game, state, jax.random.key(0), 4, labels=labels)


def test_the_functions_need_labels_and_a_game_that_has_them(ring_state):
    game, state = ring_state
    for look in (games.generator_function, games.discriminator_function):
        with pytest.raises(TypeError, match=LABELS_WANTED.format("n") + "None"):
            look(game, state)
    plain = games.gan(
        lambda rngs: MLP(2, 2, width=8, rngs=rngs), lambda rngs: MLP(2, 1, width=8, rngs=rngs), "hinge",
        prior=NORMAL, target=NORMAL, batch_size=4,
    )  # fmt: skip
    with pytest.raises(TypeError, match="labels must be None, since the game has no labels, got 1"):
        games.generate(plain, training.init(plain, jax.random.key(0)), jax.random.key(0), 4, labels=1)
    with pytest.raises(TypeError, match="domain must be None, since the game has one discriminator, got 'a'"):
        games.discriminator_function(game, state, labels=0, domain="a")


# What is refused --------------------------------------------------------------------------------------------------


class HalfLabels(Fixed):
    def sample_labelled(self, key, n):
        return self.points[:n], jnp.zeros(n)


@pytest.mark.parametrize(
    ("changes", "error", "sentence"),
    [
        (
            dict(generator=lambda rngs: MLP(2, 2, rngs=rngs)),
            TypeError,
            r"generator must be a network that is called with labels too .*, got a MLP",
        ),
        (
            dict(discriminator=lambda rngs: MLP(2, 1, rngs=rngs)),
            TypeError,
            r"discriminator must be .* \(networks\.Unlabelled makes one that ignores them\), got a MLP",
        ),
        (
            dict(discriminator=network(2, 1, 2)),
            ValueError,
            "discriminator must be a network for the target's 3 classes, got one for 2",
        ),
        (
            dict(generator=network(2, 3)),
            ValueError,
            r"generator must be .* target's \[12, 2\], got .*\[12, 3\]",
        ),
        (
            dict(discriminator=network(2, 2)),
            ValueError,
            r"discriminator must be .*\[12, 1\], got .*\[12, 2\]",
        ),
        (dict(target=NORMAL), TypeError, r"target must be a law of labelled points with \.sample_labelled"),
        (dict(target=Fixed(REAL[:5], LABELS)), ValueError, r"target must be .*\[12, \.\.\.\], got \[5, 2\]"),
        (
            dict(target=HalfLabels(REAL, LABELS)),
            ValueError,
            r"target must be a law whose labels are whole numbers of shape \[12\], got .* float32",
        ),
        (dict(prior=3), TypeError, "prior must be a distribution"),
        (dict(loss="wgan"), ValueError, "loss must be one of minimax"),
        (dict(constraint=1), TypeError, "constraint must be one of gantheory.lipschitz"),
        (
            dict(mismatched=1.5),
            ValueError,
            "mismatched must be a finite number at least 0 and at most 1, got 1.5",
        ),
        (dict(mismatched="yes"), TypeError, "mismatched must be a finite number .*, got 'yes'"),
        (
            dict(target=Fixed(REAL, 0 * LABELS, 1), mismatched=True),
            ValueError,
            "mismatched must be False for a target of one class, got True",
        ),
        (dict(batch_size=0), ValueError, "batch_size must be a whole number"),
    ],
)
def test_bad_arguments(changes, error, sentence):
    arguments = {
        "generator": network(2, 2), "discriminator": network(2, 1), "loss": "hinge", "constraint": None,
        "prior": NORMAL, "target": Fixed(REAL, LABELS), "batch_size": N, **changes,
    }  # fmt: skip
    with pytest.raises(error, match=sentence):
        unannotated(games.conditional_gan)(**arguments)
