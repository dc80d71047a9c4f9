"""The exercises of notebook 01: right answers are taken, each mistake is told, and nothing gives the solution away."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from gantheory import divergences, exercises

RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    "answer",
    [
        lambda z: -z,
        lambda z: jnp.where(abs(z) < 1, -z, z),
        lambda z: stats.norm.ppf(abs(2 * stats.norm.cdf(z) - 1)),
        jnp.negative,
    ],
)
def test_many_generators_are_right(answer):
    assert exercises.check("01.1", answer)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda z: z, "G(z) = z itself"),
        (lambda z: z + 1e-6, "G(z) = z itself"),
        (lambda z: z + 1, "The mean of its x is 1.00"),
        (lambda z: 2 * z, "The standard deviation of its x is 2.00"),
        (abs, "The mean of its x is 0.80"),
        (lambda z: np.sign(z), "the shape is not"),
        (lambda z: np.sqrt(3) * (2 * stats.norm.cdf(z) - 1), "the shape is not"),
        (lambda z: RNG.normal(size=z.shape), "without chance"),
        (lambda z: 0 * z / (z - z), "Some of its x"),
        (lambda z: z[:3], "numbers of that shape"),
        (lambda z: None, "is its `return` missing?"),
        (-1, "Wanted is a function, and this is -1."),
    ],
)
@pytest.mark.filterwarnings("ignore:invalid value")
def test_other_laws_are_told(answer, said):
    verdict = exercises.check("01.1", answer)
    assert not verdict
    assert any(part in verdict.because for part in said.split("|")), verdict
    assert "-z" not in repr(verdict) and "−z" not in repr(verdict)


def normal(z):
    return jnp.exp(-(z**2) / 2) / jnp.sqrt(2 * jnp.pi)


@pytest.mark.parametrize(
    "answer",
    [
        lambda x: jnp.exp(-x / 2) / jnp.sqrt(2 * jnp.pi * x),
        stats.chi2(1).pdf,
        lambda x: sum(
            normal(z) / jax.vmap(jax.grad(jnp.square))(abs(z)) for z in (jnp.sqrt(x), -jnp.sqrt(x))
        ),
    ],
)
def test_the_density_of_the_square(answer):
    assert exercises.check("01.2", answer)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda x: normal(jnp.sqrt(x)) / (2 * jnp.sqrt(x)), "Half the mass is missing"),
        (lambda x: 2 * normal(jnp.sqrt(x)), "Now divide each share"),
        (lambda x: normal(jnp.sqrt(x)), "look for other preimages"),
        (lambda x: normal(x) / (2 * x), "x where z belongs"),
        (lambda x: 2 * normal(x) / (2 * x), "x where z belongs"),
        (lambda x: 4 * normal(jnp.sqrt(x)) * jnp.sqrt(x), "You multiplied by"),
        (lambda x: -stats.chi2(1).pdf(x), "never negative"),
        (lambda x: stats.chi2(2).pdf(x), "At x = 6.0 your q is 0.0249, and that is too large."),
        # Right but for one place, which is told.
        (lambda x: np.where(abs(x - 3) < 0.01, 0.01, stats.chi2(1).pdf(x)), "At x = 3.0 your q is 0.01, "),
        (lambda x: np.where(x > 3.95, np.nan, stats.chi2(1).pdf(x)), "At x = 4.0 your q is NaN."),
        (lambda x: 1.0, "numbers of that shape"),
    ],
)
def test_mistakes_with_the_density_are_told(answer, said):
    verdict = exercises.check("01.2", answer)
    assert not verdict and said in verdict.because
    assert not any(part in repr(verdict) for part in ("e^", "sqrt", "exp", "chi"))


def test_js_of_two_uniform_laws():
    truth = float(divergences.js(jnp.array([1.0, 0.0]), jnp.array([0.5, 0.5])))
    assert exercises.check("01.3", truth)
    assert exercises.check("01.3", jnp.asarray(truth))
    assert exercises.check("01.3", 0.22)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (0.4315, "each counts one half"),
        (0.3113, "in bits"),
        (0.2877, "Q is to be compared"),
        (0.1438, "each of the two laws"),
        (0.0719, "P is to be compared"),
        (0.5, "That is TV"),
        (np.log(2), "KL(P ‖ Q)"),
        (np.inf, "is too large"),
        (0, "is too small"),
    ],
)
def test_mistakes_with_js_are_told(answer, said):
    verdict = exercises.check("01.3", answer)
    assert not verdict and said in verdict.because
    assert "0.21" not in repr(verdict)
