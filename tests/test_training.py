"""The trainer: against loops written by hand, in pieces and in one, frozen, interrupted, and run into NaN."""

import dataclasses
import inspect
import signal
import threading

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import nnx

from gantheory import games, lipschitz, training
from gantheory.distributions import Gaussian
from gantheory.networks import MLP
from gantheory.training import Settings, _failure
from tests.compilations import COMPILATIONS

# The function without the annotations' checks of the tests, as users call it: its own sentence is what is tested.
unannotated = inspect.unwrap


def same(a, b):
    """Whether two pytrees are equal, bit for bit."""
    raw = lambda x: jax.random.key_data(x) if jnp.issubdtype(x.dtype, jax.dtypes.prng_key) else x  # noqa: E731
    leaves = zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True)
    return all(np.array_equal(raw(x), raw(y)) for x, y in leaves)


# Two games of two scalars, defined here: the trainer knows nothing of GANs -----------------------------------------


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class Bilinear(games.Game):
    """The generator minimises theta (psi + 1), the discriminator -scale theta psi; plain gradient descent."""

    scale: float = 1.0
    optimizer: optax.GradientTransformation = dataclasses.field(
        default=optax.identity(), metadata={"static": True}
    )

    def init(self, key):
        return games.Player(jnp.array(1.0)), games.Player(jnp.array(0.5))

    def sample(self, key):
        return jax.random.normal(key)

    def discriminator_loss(self, discriminator, generator, batch, key, settings):
        loss = -self.scale * generator.params * discriminator.params
        info = {"value": -loss, "batch": batch, "noise": jax.random.normal(key)}
        return loss, (info, discriminator.state)

    def generator_loss(self, generator, discriminator, batch, key, settings):
        info = {"generator_batch": batch, "generator_noise": jax.random.normal(key)}
        return generator.params * (discriminator.params + 1), (info, generator.state)


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class Doubling(games.Game):
    """theta doubles with each step at learning rate 1; its square overflows float32 once theta is 2^64."""

    optimizer = optax.identity()

    def init(self, key):
        return games.Player(jnp.ones(())), games.Player(jnp.zeros(()))

    def sample(self, key):
        return ()

    def discriminator_loss(self, discriminator, generator, batch, key, settings):
        return discriminator.params * 0, ({"value": jnp.zeros(())}, ())

    def generator_loss(self, generator, discriminator, batch, key, settings):
        return -0.5 * generator.params**2, ({}, ())


def test_any_game_goes_through_it_against_a_loop_by_hand(x64):
    game = Bilinear(2.0)
    state, history = training.train(game, training.init(game, jax.random.key(0)), 25, Settings(0.1, 0.3, 2))
    theta, psi = 1.0, 0.5
    expected = []
    for _ in range(25):
        psi += 0.3 * 2 * theta
        discriminator_loss = -2 * theta * psi  # reported before the last of the two updates
        psi += 0.3 * 2 * theta
        generator_loss = theta * (psi + 1)
        theta -= 0.1 * (psi + 1)  # the discriminator has moved already
        expected.append((discriminator_loss, generator_loss))
    np.testing.assert_allclose(history.discriminator_loss, [d for d, _ in expected], rtol=1e-10)
    np.testing.assert_allclose(history.generator_loss, [g for _, g in expected], rtol=1e-10)
    np.testing.assert_allclose(history.value, -history.discriminator_loss, rtol=1e-12)
    np.testing.assert_allclose([state.generator.params, state.discriminator.params], [theta, psi], rtol=1e-10)
    assert int(state.step) == 25 and history.stopped is None


def test_random_numbers_are_fresh_in_every_step_every_critic_step_and_for_every_use():
    game = Bilinear()
    state = training.init(game, jax.random.key(0))
    settings = Settings(1e-3, 1e-3)
    one = training.train(game, state, 500, settings)[1].details
    three = training.train(game, state, 500, dataclasses.replace(settings, num_critic_steps=3))[1].details
    drawn = np.concatenate([*one.values(), three["batch"], three["noise"]])
    # Two float32 normals coincide once in some millions of pairs; a key used twice would repeat 500.
    assert drawn.size == 6 * 500 and len(np.unique(drawn)) > 2980
    for x in one.values():
        assert abs(x.mean()) < 0.2 and abs(x.std() - 1) < 0.15
    for x in (one["noise"], one["generator_batch"], one["generator_noise"]):
        assert abs(np.corrcoef(one["batch"], x)[0, 1]) < 0.2
    other = training.train(game, training.init(game, jax.random.key(1)), 500, settings)[1].details["batch"]
    assert np.isin(other, drawn).sum() < 10


# One step against flax and optax -----------------------------------------------------------------------------------


class Points:
    """A law of fixed points, so that a loop by hand needs no random numbers."""

    def __init__(self, points):
        self.points = jnp.asarray(points, jnp.result_type(float))
        self.dim = self.points.shape[1]

    def sample(self, key, n):
        return self.points[:n]


def test_steps_are_those_of_a_loop_with_flax_modules_and_optax_adam(x64):
    rng = np.random.default_rng(0)
    z, x = jnp.asarray(rng.normal(size=(12, 1))), jnp.asarray(rng.normal(size=(12, 2)) + 1)
    make_generator = lambda rngs: MLP(1, 2, width=6, depth=2, rngs=rngs)  # noqa: E731
    make_discriminator = lambda rngs: MLP(2, 1, width=5, depth=1, activation="tanh", rngs=rngs)  # noqa: E731
    game = games.gan(
        make_generator, make_discriminator, "non_saturating", prior=Points(z), target=Points(x),
        batch_size=12, optimizer=optax.scale_by_adam(b1=0.5, b2=0.9),
    )  # fmt: skip
    start = training.init(game, jax.random.key(0))
    state, history = training.train(game, start, 3, Settings(1e-2, 3e-2, 2))

    generator, discriminator = make_generator(nnx.Rngs(7)), make_discriminator(nnx.Rngs(8))
    for module, player in ((generator, start.generator), (discriminator, start.discriminator)):
        for i, layer in enumerate(module.layers):
            layer.kernel[...] = player.params["layers"][i]["kernel"]
            layer.bias[...] = player.params["layers"][i]["bias"]
    generator_adam = nnx.Optimizer(generator, optax.adam(1e-2, b1=0.5, b2=0.9), wrt=nnx.Param)
    discriminator_adam = nnx.Optimizer(discriminator, optax.adam(3e-2, b1=0.5, b2=0.9), wrt=nnx.Param)
    sigmoid = lambda s: 1 / (1 + jnp.exp(-s))  # noqa: E731

    def discriminator_loss(discriminator):
        return (
            -jnp.log(sigmoid(discriminator(x))).mean()
            - jnp.log(1 - sigmoid(discriminator(generator(z)))).mean()
        )

    def generator_loss(generator):
        return -jnp.log(sigmoid(discriminator(generator(z)))).mean()

    for step in range(3):
        for _ in range(2):
            loss, gradient = nnx.value_and_grad(discriminator_loss)(discriminator)
            discriminator_adam.update(discriminator, gradient)
        np.testing.assert_allclose(history.discriminator_loss[step], loss, rtol=1e-9)
        np.testing.assert_allclose(history.value[step], -loss, rtol=1e-9)
        loss, gradient = nnx.value_and_grad(generator_loss)(generator)
        generator_adam.update(generator, gradient)
        np.testing.assert_allclose(history.generator_loss[step], loss, rtol=1e-9)
    for module, player in ((generator, state.generator), (discriminator, state.discriminator)):
        for i, layer in enumerate(module.layers):
            np.testing.assert_allclose(player.params["layers"][i]["kernel"], layer.kernel[...], rtol=1e-7)
            np.testing.assert_allclose(player.params["layers"][i]["bias"], layer.bias[...], rtol=1e-7)


# A GAN for the rest --------------------------------------------------------------------------------------------------


def normal_gan(loss="non_saturating", width=8, target=(3.0, 0.5), **options):
    network = lambda rngs: MLP(1, 1, width=width, rngs=rngs)  # noqa: E731
    options = {"batch_size": 64, **options}
    mean, std = target
    return games.gan(
        network, network, loss, prior=Gaussian([0.0], [1.0]), target=Gaussian([mean], [std]), **options
    )


def test_a_training_reaches_its_target():
    game = normal_gan(width=32, batch_size=256)
    states = training.init_many(game, jax.random.split(jax.random.key(0), 4))
    before = jax.vmap(lambda state: games.generate(game, state, jax.random.key(5), 2000))(states)[..., 0]
    assert np.abs(before.mean(1) - 3).min() > 1.5
    states, history = training.train_many(game, states, 2000)
    samples = jax.vmap(lambda state: games.generate(game, state, jax.random.key(5), 2000))(states)[..., 0]
    np.testing.assert_allclose(samples.mean(1), 3, atol=0.3)
    np.testing.assert_allclose(samples.std(1), 0.5, atol=0.25)
    # The discriminator was sure at first (V near 0), and knows no better than a coin at the end (V near -log 4).
    assert (history.value[:, 20:100].max(1) > -0.7).all()
    np.testing.assert_allclose(history.value[:, -200:].mean(1), -np.log(4), atol=0.1)


def test_pieces_of_a_training_equal_the_whole_bit_for_bit():
    game, settings = normal_gan(), Settings(num_critic_steps=2)
    start = training.init(game, jax.random.key(0))
    whole, history = training.train(game, start, 600, settings)  # longer than one chunk
    state, values = start, []
    for count in (1, 7, 300, 92, 200):
        state, piece = training.train(game, state, count, settings)
        assert piece.value.shape == piece.generator_loss.shape == piece.details["penalty"].shape == (count,)
        values.append(piece.value)
    assert same(state, whole)
    np.testing.assert_array_equal(np.concatenate(values), history.value)
    assert len(np.unique(history.value)) > 590
    # The state that it all started from is still there, and gives the same again.
    assert same(training.train(game, start, 600, settings)[0], whole)


def test_the_step_is_the_trainings_step():
    game, settings = normal_gan(), Settings(num_critic_steps=2)
    state = training.init(game, jax.random.key(0))
    expected, history = training.train(game, state, 3, settings)
    step = training.make_step(game)
    for i in range(3):
        state, info = step(state, settings)
        for name in ("generator_loss", "discriminator_loss", "value"):
            np.testing.assert_allclose(getattr(info, name), getattr(history, name)[i], rtol=1e-5)
    for a, b in zip(jax.tree.leaves(state.generator), jax.tree.leaves(expected.generator), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)
    # It goes through scan as well.
    _, infos = jax.lax.scan(lambda s, _: step(s, settings), training.init(game, jax.random.key(0)), length=3)
    np.testing.assert_allclose(infos.value, history.value, rtol=1e-5)


def test_a_frozen_side_keeps_its_parameters_and_its_optimiser_and_still_reports():
    game = normal_gan()
    start, _ = training.train(
        game, training.init(game, jax.random.key(0)), 5
    )  # with moments in the optimisers
    generator = lambda s: (s.generator, s.generator_optimizer)  # noqa: E731
    discriminator = lambda s: (s.discriminator, s.discriminator_optimizer)  # noqa: E731

    def moved(part, state):
        pairs = zip(
            jax.tree.leaves(part(state)[0].params), jax.tree.leaves(part(start)[0].params), strict=True
        )
        return not any(np.array_equal(a, b) for a, b in pairs)

    state, history = training.train(game, start, 4, Settings(freeze_generator=True, num_critic_steps=3))
    assert same(generator(state), generator(start)) and moved(discriminator, state)
    assert int(state.discriminator_optimizer.count) == 5 + 4 * 3
    assert (history.generator_loss > 0).all() and int(state.step) == 9

    state, history = training.train(game, start, 4, Settings(freeze_discriminator=True, num_critic_steps=3))
    assert same(discriminator(state), discriminator(start)) and moved(generator, state)
    assert int(state.generator_optimizer.count) == 5 + 4
    assert (history.discriminator_loss > 0).all() and int(state.step) == 9

    state, _ = training.train(game, start, 4, Settings(freeze_discriminator=True, freeze_generator=True))
    assert same(state[:4], start[:4]) and int(state.step) == 9


def test_schedules_against_those_of_optax():
    steps = np.arange(0, 130, 10)
    for ours, theirs in (
        (training.cosine_decay(100), optax.cosine_decay_schedule(1.0, 100)),
        (training.linear_decay(100), optax.linear_schedule(1.0, 0.0, 100)),
        (training.linear_decay(100, hold=0.5), optax.linear_schedule(1.0, 0.0, 50, transition_begin=50)),
    ):
        factors = [[schedule(jnp.int32(t)) for t in steps] for schedule in (ours, theirs)]
        np.testing.assert_allclose(*factors, atol=1e-6)


def test_a_schedule_multiplies_both_learning_rates_and_goes_on_across_pieces():
    game = Bilinear()
    rates = Settings(0.5, 0.25)
    whole, _ = training.train(
        game, training.init(game, jax.random.key(0)), 6, dataclasses.replace(rates, schedule=training.linear_decay(8))
    )  # fmt: skip
    theta, psi = 1.0, 0.5
    for t in range(6):
        psi += (1 - t / 8) * 0.25 * theta
        theta -= (1 - t / 8) * 0.5 * (psi + 1)
    np.testing.assert_allclose([whole.generator.params, whole.discriminator.params], [theta, psi], rtol=1e-5)
    # One of optax, and in two pieces.
    settings = dataclasses.replace(rates, schedule=optax.linear_schedule(1.0, 0.0, 8))
    state, _ = training.train(game, training.init(game, jax.random.key(0)), 2, settings)
    state, _ = training.train(game, state, 4, settings)
    np.testing.assert_allclose(state.generator.params, whole.generator.params, rtol=1e-5)


def test_the_average_is_the_exponential_one_and_stands_where_g_is_frozen():
    game = Bilinear()
    state = training.init(game, jax.random.key(0))
    average, settings = 1.0, Settings(0.5, 0.25, ema_decay=0.75)
    for _ in range(5):
        state, _ = training.train(game, state, 1, settings)
        average = 0.75 * average + 0.25 * float(state.generator.params)
    np.testing.assert_allclose(state.average, average, rtol=1e-5)
    seen = training.averaged(state)
    assert same(seen.generator.params, state.average) and same(seen.discriminator, state.discriminator)
    frozen, _ = training.train(game, state, 3, dataclasses.replace(settings, freeze_generator=True))
    assert same(frozen.average, state.average)
    # Without a decay the average is the weights themselves.
    state, _ = training.train(normal_gan(), training.init(normal_gan(), jax.random.key(0)), 3)
    assert same(state.average, state.generator.params)


def test_the_number_of_critic_steps_is_the_number_of_updates():
    game = normal_gan()
    start = training.init(game, jax.random.key(0))
    for k in (1, 4):
        state, _ = training.train(game, start, 3, Settings(num_critic_steps=k))
        assert int(state.discriminator_optimizer.count) == 3 * k
        assert int(state.generator_optimizer.count) == 3


def test_nothing_that_a_slider_moves_compiles_anew():
    """Rates, critic steps, switches, the constraint's and the target's numbers, how long, and new states."""

    def game(mean, clip):
        return normal_gan("wasserstein", target=(mean, 0.5), constraint=lipschitz.weight_clipping(clip))

    def play(game, seed, num_steps, settings):
        state = training.init(game, jax.random.key(seed))
        training.train(game, state, num_steps, settings)
        training.make_step(game)(state, settings)

    first = Settings(constraint=lipschitz.weight_clipping(0.1), schedule=training.cosine_decay(100))
    play(game(3.0, 0.1), 0, 3, first)
    network = lambda rngs: MLP(1, 1, width=8, rngs=rngs)  # noqa: E731
    training.init(game(3.0, 0.1), jax.random.key(0))
    before = len(COMPILATIONS)
    built = game(-1, 1)  # its networks are made by another lambda; their start alone is compiled again
    state = training.init(built, jax.random.key(3))
    allowed = len(COMPILATIONS)
    assert allowed - before <= 3
    for num_steps, settings in (
        (3, Settings(2e-3, 1)),
        (1, Settings(np.float32(1e-3), jnp.array(0.5))),
        (700, Settings(num_critic_steps=np.int64(3))),
        (50, Settings(freeze_generator=True, freeze_discriminator=np.bool_(True))),
        (2, Settings(ema_decay=0.5, schedule=training.cosine_decay(70))),
    ):
        settings = dataclasses.replace(settings, constraint=lipschitz.weight_clipping(2))
        settings = dataclasses.replace(settings, schedule=settings.schedule or training.cosine_decay(9))
        state, _ = training.train(built, state, num_steps, settings)
        training.make_step(built)(state, settings)
    assert len(COMPILATIONS) == allowed
    # The count does count: a batch of another size is structure.
    other = games.gan(
        network, network, "wasserstein", lipschitz.weight_clipping(0.1), prior=built.prior, target=built.target,
        batch_size=65,
    )  # fmt: skip
    training.train(other, training.init(other, jax.random.key(0)), 3)
    assert len(COMPILATIONS) > allowed


def test_seeds_side_by_side_equal_the_single_ones():
    game, keys = normal_gan(), jax.random.split(jax.random.key(0), 3)
    states, history = training.train_many(
        game, training.init_many(game, keys), 40, Settings(num_critic_steps=2)
    )
    assert history.value.shape == history.generator_loss.shape == (3, 40)
    for i, key in enumerate(keys):
        state, single = training.train(game, training.init(game, key), 40, Settings(num_critic_steps=2))
        np.testing.assert_allclose(history.value[i], single.value, rtol=1e-3)
        one = jax.tree.map(lambda leaf, i=i: leaf[i], states)
        for a, b in zip(jax.tree.leaves(one.generator), jax.tree.leaves(state.generator), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-2, atol=1e-4)
        assert int(one.step) == 40


def test_float64_is_kept(x64):
    game = normal_gan()
    state, history = training.train(game, training.init(game, jax.random.key(0)), 5)
    floats = [x.dtype for x in jax.tree.leaves(state) if jnp.issubdtype(x.dtype, jnp.floating)]
    assert set(floats) == {jnp.dtype("float64")} and history.value.dtype == jnp.float64


def test_a_float32_network_stays_float32_under_x64(x64):
    network = lambda rngs: nnx.Linear(1, 1, param_dtype=jnp.float32, rngs=rngs)  # noqa: E731
    normal = Gaussian([0.0], [1.0])
    game = games.gan(
        network, network, "hinge", lipschitz.weight_clipping(0.5), prior=normal, target=normal, batch_size=8
    )
    state, _ = training.train(game, training.init(game, jax.random.key(0)), 5)
    assert {x.dtype for x in jax.tree.leaves(state.generator.params)} == {jnp.dtype("float32")}


# NaN and infinity ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("before", [0, 3, 60])
def test_an_overflow_is_found_at_its_step_with_the_last_finite_state(before):
    game, settings = Doubling(), Settings(1.0, 1.0)
    state = training.init(game, jax.random.key(0))
    if before:
        state, _ = training.train(game, state, before, settings)
    state, history = training.train(game, state, 5000, settings)
    # theta = 2^64 after 64 steps, and its square is beyond float32.
    assert history.stopped == "Stopped at step 65: the generator's loss became -inf."
    assert int(state.step) == 64 and float(state.generator.params) == 2.0**64
    theta = 2.0 ** np.arange(before, 64)
    np.testing.assert_array_equal(history.generator_loss, -0.5 * theta**2)
    assert history.value.shape == history.discriminator_loss.shape == (64 - before,)
    # Going on from there stops at once, and loses nothing.
    again, nothing = training.train(game, state, 10, settings)
    assert same(again, state) and nothing.generator_loss.shape == (0,) and "step 65" in nothing.stopped


def test_parameters_that_overflow_are_named():
    game = Bilinear()
    state, history = training.train(game, training.init(game, jax.random.key(0)), 10, Settings(1e-3, 3e38))
    # psi = 0.5 + 3e38 after one step; the generator's loss is still finite; theta is about -3e35.
    assert history.stopped.startswith("Stopped at step 2: the discriminator's loss became")
    state, history = training.train(
        game, training.init(game, jax.random.key(0)), 10, Settings(1e-3, 3e38, freeze_generator=True)
    )
    assert history.stopped == "Stopped at step 2: the discriminator's parameters became inf."
    assert int(state.step) == 1 and float(state.discriminator.params) == np.float32(3e38)


@pytest.mark.parametrize("rates", [(1e30, 1e-3), (1e-3, 1e30), (1e30, 1e30)])
def test_a_wild_learning_rate_stops_a_gan_with_a_sentence(rates):
    game = normal_gan()
    start, _ = training.train(game, training.init(game, jax.random.key(0)), 20)
    state, history = training.train(game, start, 2000, Settings(*rates))
    taken = int(state.step) - 20
    assert history.stopped.startswith(f"Stopped at step {int(state.step) + 1}: the ")
    assert history.value.shape == (taken,) and taken < 20
    for leaf in jax.tree.leaves((state[:4], history)):
        assert np.isfinite(leaf).all()
    # One step more is the one that fails: the state is the *last* finite one.
    after, info = training.make_step(game)(state, Settings(*rates))
    assert not all(np.isfinite(leaf).all() for leaf in jax.tree.leaves((after[:4], info)))


def test_a_state_that_is_not_finite_is_named():
    game = normal_gan()
    state = training.init(game, jax.random.key(0))
    broken = jax.tree.map(lambda leaf: leaf * jnp.nan, state.generator.params)
    state = state._replace(generator=state.generator._replace(params=broken))
    after, history = training.train(game, state, 10)
    assert history.stopped == "Stopped at step 1: the state before it (generator) became nan."
    assert after is state and history.value.shape == (0,)


def test_averaged_weights_that_are_not_finite_are_named():
    game = normal_gan()
    state = training.init(game, jax.random.key(0))
    broken = state._replace(average=jax.tree.map(lambda leaf: leaf * jnp.nan, state.average))
    for decay in (0.5, 0.0):
        after, history = training.train(game, broken, 10, Settings(ema_decay=decay))
        assert (
            history.stopped == "Stopped at step 1: the state before it (averaged weights) became nan."
        ) and after is broken
    # What became infinite within the step itself is the generator's, and its average's second.
    info = jax.tree.map(np.asarray, training.make_step(game)(state, None)[1])
    after = state._replace(average=jax.tree.map(lambda leaf: leaf + jnp.inf, state.average))
    assert _failure.why(state, after, info) == "the generator's averaged weights became inf"


def test_of_many_seeds_the_one_that_fails_is_named_and_all_stop_together():
    game = Doubling()
    states = training.init_many(game, jax.random.split(jax.random.key(0), 3))
    start = jnp.array([1.0, 1024.0, 1.0])  # the second is ten steps ahead
    states = states._replace(generator=states.generator._replace(params=start))
    states, history = training.train_many(game, states, 200, Settings(1.0, 1.0))
    assert (
        history.stopped == "Stopped at step 55: the generator's loss became -inf (seeds [1], counted from 0)."
    )
    assert history.value.shape == (3, 54) and states.step.tolist() == [54] * 3
    np.testing.assert_array_equal(states.generator.params, [2.0**54, 2.0**64, 2.0**54])


# Interrupts ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def interruptible():
    """Let SIGINT interrupt: a worker of pytest-xdist ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_an_interrupt_returns_what_was_reached_and_going_on_gives_the_same_numbers(interruptible):
    game = normal_gan()
    start = training.init(game, jax.random.key(0))
    training.train(game, start, 1)  # compiled, so that the signal meets the loop
    timer = threading.Timer(0.5, signal.raise_signal, [signal.SIGINT])
    timer.start()
    state, history = training.train(game, start, 10**7)
    timer.join()
    taken = int(state.step)
    assert history.stopped == f"Interrupted after step {taken}."
    assert 0 < taken < 10**7 and history.value.shape == (taken,)
    whole, expected = training.train(game, start, taken + 10)
    rest, more = training.train(game, state, 10)
    assert same(rest, whole)
    np.testing.assert_array_equal(np.concatenate([history.value, more.value]), expected.value)


def test_an_interrupt_before_the_first_chunk_returns_the_state_as_it_was(monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    game = normal_gan()
    start, _ = training.train(game, training.init(game, jax.random.key(0)), 3)
    compiled = training._loop._run_one
    monkeypatch.setattr(training._loop, "_run_one", interrupted)
    monkeypatch.setattr(jax, "eval_shape", lambda run, *arguments: compiled.eval_shape(*arguments))
    state, history = training.train(game, start, 10)
    assert state is start and history.stopped == "Interrupted after step 3." and history.value.shape == (0,)


# What is refused -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "error", "sentence"),
    [
        (
            dict(generator_learning_rate=0),
            ValueError,
            "generator_learning_rate must be a finite number above 0, got 0",
        ),
        (
            dict(discriminator_learning_rate=-1e-3),
            ValueError,
            "discriminator_learning_rate must be .*, got -0.001",
        ),
        (
            dict(generator_learning_rate=float("nan")),
            ValueError,
            "generator_learning_rate must be .*, got nan",
        ),
        (
            dict(generator_learning_rate=jnp.array(jnp.inf)),
            ValueError,
            "generator_learning_rate must be .*, got inf",
        ),
        (dict(generator_learning_rate="1e-3"), TypeError, "generator_learning_rate must be .*, got '1e-3'"),
        (
            dict(num_critic_steps=0),
            ValueError,
            "num_critic_steps must be a whole number of at least 1 .*, got 0",
        ),
        (dict(num_critic_steps=2.0), TypeError, "num_critic_steps must be a whole number"),
        (dict(num_critic_steps=True), TypeError, "num_critic_steps must be a whole number"),
        (dict(freeze_generator=1), TypeError, "freeze_generator must be True or False, got 1"),
        (dict(freeze_discriminator="no"), TypeError, "freeze_discriminator must be True or False, got 'no'"),
        (
            dict(constraint=0.01),
            TypeError,
            "constraint must be one of gantheory.lipschitz, or None, got 0.01",
        ),
        (dict(ema_decay=1), ValueError, "ema_decay must be a finite number at least 0 and below 1, got 1"),
        (dict(ema_decay=0.99999999999), ValueError, "ema_decay must be .* below 1, got"),  # 1 in float32
        (dict(generator_learning_rate=1e-50), ValueError, "generator_learning_rate must be .* above 0, got"),
        (dict(ema_decay=-0.5), ValueError, "ema_decay must be .*, got -0.5"),
        (dict(schedule=0.5), TypeError, "schedule must be a function of the step .*, got 0.5"),
        (dict(schedule=lambda t: jnp.ones(2)), ValueError, "schedule must be a function of the step"),
    ],
)
def test_bad_settings(arguments, error, sentence):
    with pytest.raises(error, match=sentence):
        unannotated(Settings.__init__)(object.__new__(Settings), **arguments)


def test_settings_go_through_jit_and_vmap():
    game = Bilinear()
    state, step = training.init(game, jax.random.key(0)), training.make_step(Bilinear())

    def theta(rate, steps, frozen):
        return step(state, Settings(rate, 1.0, steps, frozen))[0].generator.params

    rates, steps = jnp.array([0.5, 0.25]), jnp.array([1, 2])
    thetas = jax.jit(jax.vmap(theta))(rates, steps, jnp.array([False, False]))
    # psi goes from 0.5 to 1.5 or 2.5; theta falls by rate * (psi + 1).
    np.testing.assert_allclose(thetas, [1 - 0.5 * 2.5, 1 - 0.25 * 3.5], rtol=1e-6)


def test_settings_are_judged_in_the_precision_of_the_training(x64):
    assert float(Settings(ema_decay=0.99999999999).ema_decay) < 1


@pytest.mark.parametrize("steps", [1.7, True, [1, 2]])
def test_a_traced_number_of_critic_steps_is_whole(steps):
    settings = unannotated(Settings.__init__)
    with pytest.raises(TypeError, match="num_critic_steps must be a whole number of at least 1, got shape"):
        jax.jit(lambda n: settings(object.__new__(Settings), num_critic_steps=n))(jnp.asarray(steps))
    assert jax.jit(lambda n: Settings(num_critic_steps=n).num_critic_steps)(3) == 3


@pytest.mark.parametrize(
    ("num_steps", "error"),
    [(0, ValueError), (-5, ValueError), (2.5, TypeError), ("10", TypeError), (True, TypeError)],
)
def test_bad_numbers_of_steps(num_steps, error):
    game = Bilinear()
    with pytest.raises(error, match="num_steps must be a whole number of at least 1, got"):
        training.train(game, training.init(game, jax.random.key(0)), num_steps)


def test_a_step_takes_none_for_the_default_settings_and_refuses_what_is_none():
    game = Bilinear()
    state, step = training.init(game, jax.random.key(0)), training.make_step(game)
    assert same(step(state, None), step(state, Settings())) and same(step(state), step(state, Settings()))
    with pytest.raises(TypeError, match=r"settings must be training\.Settings, or None, got 3"):
        step(state, 3)
    with pytest.raises(TypeError, match=r"state must be a training\.State, got None"):
        step(None, None)


def test_a_state_of_another_game_is_refused():
    game, key = normal_gan(), jax.random.key(0)
    train, train_many = unannotated(training.train), unannotated(training.train_many)
    for other, words in (
        (
            normal_gan(width=4),
            r"one of this game, with generator\.params\.layers\.0\.bias \[8\], got .*bias \[4\]",
        ),
        (
            games.bilinear(),
            r"one of this game, with generator\.params\.layers\.0\.bias \[8\], got .*bias missing",
        ),
    ):
        with pytest.raises(ValueError, match=f"state must be {words}"):
            train(game, training.init(other, key), 3)
        with pytest.raises(ValueError, match=f"state must be {words}"):
            train_many(game, training.init_many(other, jax.random.split(key, 2)), 3)
    with pytest.raises(
        ValueError, match=r"with generator\.params \[\], got one with generator\.params missing"
    ):
        train(games.bilinear(), training.init(game, key), 3)
    adam = normal_gan(optimizer=optax.scale_by_adam())
    with pytest.raises(
        ValueError, match=r"with generator_optimizer\.count \[\], got one with .*count missing"
    ):
        train(adam, training.init(dataclasses.replace(game, optimizer=optax.identity()), key), 3)
    # Another constraint may be tried on the same players.
    other = dataclasses.replace(game, constraint=lipschitz.r1(0.1))
    assert int(train(other, training.init(game, key), 2)[0].step) == 2


def test_bad_games_states_keys_and_settings():
    game = Bilinear()
    state = training.init(game, jax.random.key(0))
    many = training.init_many(game, jax.random.split(jax.random.key(0), 2))
    train, train_many = unannotated(training.train), unannotated(training.train_many)
    for call, sentence in (
        (lambda: unannotated(training.init)(None, jax.random.key(0)), r"game must be a games\.Game"),
        (lambda: unannotated(training.make_step)("gan"), r"game must be a games\.Game.*, got 'gan'"),
        (lambda: unannotated(training.init)(game, 0), "key must be one random key.*, got 0"),
        (lambda: unannotated(training.init_many)(game, 8), "keys must be random keys of shape"),
        (lambda: train(game, (1, 2), 5), r"state must be a training\.State made by init, got"),
        (lambda: train(game, state, 5, {"lr": 1}), r"settings must be training\.Settings, or None, got"),
    ):
        with pytest.raises(TypeError, match=sentence):
            call()
    with pytest.raises(
        ValueError, match=r"state must be a training\.State made by init, got one made by init_many"
    ):
        train(game, many, 5)
    with pytest.raises(ValueError, match=r"state must be .* init_many, got one made by init "):
        train_many(game, state, 5)
    with pytest.raises(ValueError, match="keys must be random keys of shape"):
        training.init_many(game, jax.random.key(0))
