"""The losses against probabilities in float64, closed forms of the slopes, and what goes wrong in public code."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.integrate
import scipy.stats

from gantheory import losses
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
