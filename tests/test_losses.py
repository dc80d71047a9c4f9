"""The losses against probabilities in float64, closed forms of the slopes, and what goes wrong in public code."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.integrate
import scipy.special
import scipy.stats

from gantheory import losses, training
from gantheory.distributions import Gaussian
from gantheory.divergences import F_DIVERGENCES
from gantheory.games import gan
from gantheory.losses import GANLoss, hinge, least_squares, minimax, non_saturating, wasserstein

REAL = np.array([1.3, -0.4, 0.0, 2.2])
FAKE = np.array([-0.7, 0.9, 3.1])


def sigmoid(s):
    return 1 / (1 + np.exp(-np.asarray(s, np.float64)))


# What each player minimises, written with probabilities and in plain numpy.
EXPECTED = {
    "minimax": (
        lambda r, f: -np.log(sigmoid(r)).mean() - np.log(1 - sigmoid(f)).mean(),
        lambda f: np.log(1 - sigmoid(f)).mean(),
    ),
    "non_saturating": (
        lambda r, f: -np.log(sigmoid(r)).mean() - np.log(1 - sigmoid(f)).mean(),
        lambda f: -np.log(sigmoid(f)).mean(),
    ),
    "least_squares": (
        lambda r, f: ((r - 1) ** 2).mean() / 2 + (f**2).mean() / 2,
        lambda f: ((f - 1) ** 2).mean() / 2,
    ),
    "hinge": (
        lambda r, f: np.maximum(0, 1 - r).mean() + np.maximum(0, 1 + f).mean(),
        lambda f: -f.mean(),
    ),
    "wasserstein": (lambda r, f: f.mean() - r.mean(), lambda f: -f.mean()),
}


def test_the_registry_holds_the_five():
    assert set(losses.LOSSES) == set(EXPECTED)
    assert [losses.LOSSES[name] for name in ("minimax", "hinge")] == [minimax, hinge]
    assert losses.resolve("least_squares") is least_squares
    own = GANLoss(lambda real, fake: jnp.zeros(()), lambda fake: jnp.zeros(()))
    assert losses.resolve(own) is own and own.value is losses.value


@pytest.mark.parametrize("name", EXPECTED)
def test_numbers(name):
    discriminator, generator = EXPECTED[name]
    loss = losses.LOSSES[name]
    np.testing.assert_allclose(loss.discriminator(REAL, FAKE), discriminator(REAL, FAKE), rtol=2e-6)
    np.testing.assert_allclose(loss.generator(FAKE), generator(FAKE), rtol=2e-6)


@pytest.mark.parametrize("name", EXPECTED)
def test_numbers_in_float64(name, x64):
    discriminator, generator = EXPECTED[name]
    loss = losses.LOSSES[name]
    value = loss.discriminator(REAL, FAKE)
    assert value.dtype == jnp.float64 and value.shape == ()
    np.testing.assert_allclose(value, discriminator(REAL, FAKE), rtol=1e-13)
    np.testing.assert_allclose(loss.generator(FAKE), generator(FAKE), rtol=1e-13)


def slopes(name, score):
    """Slopes of D's loss in a real and in a fake score, and of G's in a fake score, all at `score`."""
    loss, s = losses.LOSSES[name], jnp.array([score])
    real, fake = jax.grad(lambda r, f: loss.discriminator(r, f), argnums=(0, 1))(s, s)
    return float(real[0]), float(fake[0]), float(jax.grad(lambda f: loss.generator(f))(s)[0])


@pytest.mark.parametrize("score", [-40.0, -3.0, 0.0, 0.5, 40.0])
def test_slopes_are_those_of_the_closed_forms_far_out_too(score):
    d, rest = sigmoid(score), sigmoid(-score)  # D and 1 - D, each without cancellation
    expected = {
        "minimax": (-rest, d, -d),
        "non_saturating": (-rest, d, -rest),
        "least_squares": (score - 1, score, score - 1),
        "wasserstein": (-1, 1, -1),
        "hinge": (-float(score < 1), float(score > -1), -1),
    }
    for name, numbers in expected.items():
        np.testing.assert_allclose(slopes(name, score), numbers, rtol=3e-6, err_msg=name)


def test_where_the_discriminator_is_sure_only_the_minimax_generator_has_no_slope():
    minimax_slope, other_slope = slopes("minimax", -40.0)[2], slopes("non_saturating", -40.0)[2]
    assert -1e-17 < minimax_slope < 0
    assert other_slope == -1
    # The losses themselves: finite at scores at which sigmoid has long rounded to 0 or 1.
    np.testing.assert_allclose(non_saturating.generator([-40.0]), 40.0, rtol=1e-6)
    np.testing.assert_allclose(non_saturating.generator([40.0]), np.exp(-40.0), rtol=1e-5)
    np.testing.assert_allclose(minimax.discriminator([40.0], [-40.0]), 2 * np.exp(-40.0), rtol=1e-5)
    assert np.isfinite(minimax.discriminator([-1e4], [1e4]))


def test_value_is_the_expectation_of_log_d_plus_log_one_minus_d():
    expected = np.log(sigmoid(REAL)).mean() + np.log(1 - sigmoid(FAKE)).mean()
    np.testing.assert_allclose(losses.value(REAL, FAKE), expected, rtol=2e-6)
    for name in ("minimax", "non_saturating", "least_squares", "hinge"):
        np.testing.assert_allclose(losses.LOSSES[name].value(REAL, FAKE), expected, rtol=2e-6)
    np.testing.assert_allclose(wasserstein.value(REAL, FAKE), REAL.mean() - FAKE.mean(), rtol=2e-6)
    np.testing.assert_allclose(losses.value([0.0], [0.0]), -np.log(4), rtol=1e-6)


def test_the_best_scores_reach_twice_js_minus_log_4_and_others_stay_below():
    """Scores log p - log q at quantiles of p and q, against the Jensen-Shannon divergence by quadrature."""
    p, q = scipy.stats.norm(0, 1), scipy.stats.norm(1.5, 0.8)
    u = (np.arange(20_000) + 0.5) / 20_000
    x, y = p.ppf(u), q.ppf(u)

    def integrand(t):
        m = (p.pdf(t) + q.pdf(t)) / 2
        return 0.5 * (p.pdf(t) * np.log(p.pdf(t) / m) + q.pdf(t) * np.log(q.pdf(t) / m))

    js = scipy.integrate.quad(integrand, -8, 8)[0]
    best = lambda t: p.logpdf(t) - q.logpdf(t)  # noqa: E731
    at_best = float(losses.value(best(x), best(y)))
    assert at_best == pytest.approx(2 * js - np.log(4), abs=1e-4)
    assert float(losses.value(0.7 * best(x), 0.7 * best(y))) < at_best - 1e-3
    assert float(losses.value(best(x) + 0.3, best(y) + 0.3)) < at_best - 1e-3


@pytest.mark.parametrize("name", EXPECTED)
def test_a_column_against_a_row_is_refused(name):
    """[n, 1] against [n] would broadcast to [n, n]: the mean of the wrong thing, without a word."""
    loss, column, row = losses.LOSSES[name], np.ones((4, 1)), np.ones(4)
    for arguments in ((column, row), (row, column), (column, column)):
        with pytest.raises(ValueError, match=r"(real|fake) must be a non-empty array of shape \[n\]"):
            loss.discriminator(*arguments)
        with pytest.raises(ValueError, match=r"must be a non-empty array of shape \[n\]"):
            jax.jit(loss.discriminator)(*arguments)
    with pytest.raises(
        ValueError, match=r"fake must be a non-empty array of shape \[n\], got shape \[4, 1\]"
    ):
        loss.generator(column)


@pytest.mark.parametrize("name", EXPECTED)
def test_empty_and_nan_scores_are_refused(name):
    loss = losses.LOSSES[name]
    with pytest.raises(ValueError, match="fake must be a non-empty"):
        loss.discriminator(np.ones(3), np.ones(0))
    with pytest.raises(ValueError, match="real must be free of NaN"):
        loss.discriminator(np.array([1, np.nan]), np.ones(2))
    with pytest.raises(ValueError, match="fake must be free of NaN"):
        loss.generator(np.array([np.nan]))


def test_names():
    with pytest.raises(ValueError, match=r"loss must be one of minimax, non_saturating, .*, got 'wgan'"):
        losses.resolve("wgan")
    with pytest.raises(TypeError, match="loss must be one of"):
        losses.resolve(3)


@pytest.mark.parametrize("name", EXPECTED)
def test_under_jit_vmap_and_in_scores_of_either_length(name):
    loss = losses.LOSSES[name]
    real, fake = jnp.asarray(np.stack([REAL, -REAL])), jnp.asarray(np.stack([FAKE, FAKE + 1]))
    both = jax.jit(jax.vmap(loss.discriminator))(real, fake)
    for i in range(2):
        np.testing.assert_allclose(both[i], loss.discriminator(real[i], fake[i]), rtol=1e-6)


# The f-GANs. Each row by hand: f, and the scores at which its activation is f'(u).

F_GANS = {
    "kl": (lambda u: scipy.special.xlogy(u, u), lambda u: 1 + np.log(u)),
    "reverse_kl": (lambda u: -np.log(u), lambda u: np.log(u)),
    "pearson_chi2": (lambda u: (u - 1) ** 2, lambda u: 2 * (u - 1)),
    "neyman_chi2": (lambda u: (1 - u) ** 2 / u, lambda u: 2 * np.log(u)),
    "squared_hellinger": (lambda u: (np.sqrt(u) - 1) ** 2, lambda u: np.log(u) / 2),
    "jeffreys": (lambda u: (u - 1) * np.log(u), lambda u: 1 + np.log(u) - 1 / u),
    "js": (lambda u: u * np.log(u) - (u + 1) * np.log((u + 1) / 2), lambda u: np.log(u)),
    "gan": (lambda u: u * np.log(u) - (u + 1) * np.log(u + 1), lambda u: np.log(u)),
    # tanh reaches +-1 at infinity alone, and at 20 in floating point.
    "total_variation": (lambda u: np.abs(u - 1) / 2, lambda u: 20 * np.sign(u - 1)),
}


def test_every_row_has_an_f_gan_and_always_the_same():
    assert set(F_GANS) == set(F_DIVERGENCES)
    pairs = {name: losses.f_gan(name) for name in F_DIVERGENCES}
    assert len(set(pairs.values())) == 9
    for name, pair in pairs.items():
        assert losses.f_gan(name) is pair is losses.resolve(f"f_gan:{name}")


@pytest.mark.parametrize("name", F_GANS)
def test_the_best_scores_reach_the_divergence_of_two_laws_on_six_points(name, x64):
    """With every point as often in the batch as its law says, the mean over the batch is the expectation."""
    f, best_score = F_GANS[name]
    p, q = np.array([1, 2, 9, 10, 30, 8]), np.array([4, 4, 9, 30, 6, 7])
    assert p.sum() == q.sum() == 60
    divergence = (q / 60 * f(p / q)).sum()
    loss, scores = losses.f_gan(name), best_score(p / q)

    def batch(scores):
        return np.repeat(scores, p), np.repeat(scores, q)

    np.testing.assert_allclose(loss.value(*batch(scores)), divergence, rtol=1e-12)
    np.testing.assert_allclose(loss.discriminator(*batch(scores)), -divergence, rtol=1e-12)
    # What depends on the fakes is G's loss, sign and all: -E f*(T).
    real_part = np.mean(F_DIVERGENCES[name].activation(batch(scores)[0]))
    np.testing.assert_allclose(loss.generator(batch(scores)[1]), divergence - real_part, rtol=1e-11)
    # The optimum is one: no slope there, and a smaller bound beside it.
    slope = jax.grad(lambda s: loss.value(s[np.repeat(np.arange(6), p)], s[np.repeat(np.arange(6), q)]))
    np.testing.assert_allclose(slope(jnp.asarray(scores)), 0, atol=1e-12)
    rng = np.random.default_rng(0)
    start = np.sign(p - q) if name == "total_variation" else scores
    for _ in range(20):
        assert loss.value(*batch(start + 0.1 * rng.normal(size=6))) < divergence - 1e-5


@pytest.mark.parametrize("name", F_GANS)
def test_the_best_scores_reach_the_divergence_of_two_gaussians_by_quadrature(name, x64):
    f, best_score = F_GANS[name]
    p, q = scipy.stats.norm(0, 1), scipy.stats.norm(0.5, 0.95)

    def ratio(x):
        return np.exp(p.logpdf(x) - q.logpdf(x))

    divergence = scipy.integrate.quad(lambda x: q.pdf(x) * f(ratio(x)), -12, 13, points=[0, 1], limit=500)[0]
    # Batches at the quantiles of the two laws: the midpoint rule in the share u.
    u = (np.arange(200_000) + 0.5) / 200_000
    bound = losses.f_gan(name).value(best_score(ratio(p.ppf(u))), best_score(ratio(q.ppf(u))))
    assert float(bound) == pytest.approx(divergence, abs=2e-3 if name.endswith("chi2") else 1e-4)


@pytest.mark.parametrize("name", F_GANS)
def test_each_player_pushes_its_scores_its_own_way(name):
    loss = losses.f_gan(name)
    # Below t = -2 the conjugate of Pearson's row falls: see the docstring.
    lowest = -1.9 if name == "pearson_chi2" else -6.0
    for score in np.linspace(lowest, 6.0, 13):
        s = jnp.array([score])
        real, fake = jax.grad(lambda r, f: loss.discriminator(r, f), argnums=(0, 1))(s, s)
        of_generator = jax.grad(lambda f: loss.generator(f))(s)
        assert real[0] < 0 < fake[0], f"D raises real scores and lowers fake ones, at {score}"
        assert of_generator[0] == -fake[0], f"G raises what D lowers, by as much, at {score}"


def test_the_row_gan_is_the_minimax_game():
    row = losses.f_gan("gan")
    np.testing.assert_allclose(row.discriminator(REAL, FAKE), minimax.discriminator(REAL, FAKE), rtol=1e-6)
    np.testing.assert_allclose(row.generator(FAKE), minimax.generator(FAKE), rtol=1e-6)
    np.testing.assert_allclose(row.value(REAL, FAKE), losses.value(REAL, FAKE), rtol=1e-6)


FAR_SLOPES = {
    # The true slopes of D's loss at a real and at a fake score of -1000 and of 1000. Infinite: beyond float32.
    "kl": ((-1, 0), (-1, np.inf)),
    "reverse_kl": ((-np.inf, 1), (0, 1)),
    "pearson_chi2": ((-1, -499), (-1, 501)),
    "neyman_chi2": ((-np.inf, np.inf), (0, 0)),
    "squared_hellinger": ((-np.inf, 0), (0, np.inf)),
    "jeffreys": ((-1, 1 / scipy.special.wrightomega(1001.0)), (-1, np.inf)),
    "js": ((-1, 0), (0, 1)),
    "gan": ((-1, 0), (0, 1)),
    "total_variation": ((0, 0), (0, 0)),
}


@pytest.mark.parametrize("name", F_GANS)
def test_slopes_at_a_thousand_are_finite_where_they_can_be(name):
    loss = losses.f_gan(name)
    for score, expected in zip((-1e3, 1e3), FAR_SLOPES[name], strict=True):
        s = jnp.array([score])
        got = jax.grad(lambda r, f: loss.discriminator(r, f), argnums=(0, 1))(s, s)
        for slope, number in zip(got, expected, strict=True):
            if np.isfinite(number):
                np.testing.assert_allclose(slope[0], number, rtol=1e-4)
            else:
                assert not np.isfinite(slope[0])
    # Well inside, every row has finite losses and slopes.
    s = jnp.array([-80.0, 80.0])
    assert np.isfinite(loss.discriminator(s, s)) and np.isfinite(jax.grad(loss.generator)(s)).all()


def test_a_training_whose_bound_overflows_stops_with_a_sentence():
    def network(rngs):
        from gantheory.networks import MLP

        return MLP(1, 1, width=8, depth=1, rngs=rngs)

    game = gan(
        network, network, "f_gan:kl", prior=Gaussian(0.0, 1.0), target=Gaussian(3.0, 1.0), batch_size=16
    )
    assert game.loss is losses.f_gan("kl")
    state = training.init(game, jax.random.key(0))
    state, history = training.train(game, state, 60, training.Settings(discriminator_learning_rate=30.0))
    assert history.stopped is not None and "became" in history.stopped
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(state.discriminator.params))


@pytest.mark.parametrize("name", F_GANS)
def test_f_gans_check_their_scores_and_run_under_jit_and_vmap(name):
    loss = losses.f_gan(name)
    with pytest.raises(ValueError, match=r"real must be a non-empty array of shape \[n\]"):
        jax.jit(loss.discriminator)(np.ones((4, 1)), np.ones(4))
    with pytest.raises(ValueError, match=r"fake must be a non-empty array of shape \[n\]"):
        loss.generator(np.ones((4, 1)))
    real, fake = jnp.asarray(np.stack([REAL, -REAL])), jnp.asarray(np.stack([FAKE, FAKE - 1]))
    both = jax.jit(jax.vmap(loss.discriminator))(real, fake)
    for i in range(2):
        np.testing.assert_allclose(both[i], loss.discriminator(real[i], fake[i]), rtol=1e-5)


def test_names_of_f_gans():
    for call, name in ((losses.f_gan, "wasserstein"), (losses.resolve, "f_gan:wasserstein")):
        with pytest.raises(ValueError, match=rf"must be one of .*kl, .*total_variation, got '{name[:6]}"):
            call(name)
    with pytest.raises(TypeError, match="name must be one of kl, "):
        losses.f_gan(["kl"])
