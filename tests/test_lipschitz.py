"""The constraints on the critic, held to closed forms, quadrature, finite differences and other libraries."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gantheory import lipschitz

KEY = jax.random.key(0)


def quadratic(x):
    """A critic of one point [2] whose slope at x is (2 x_0 + 3 x_1, 3 x_0)."""
    return x[0] ** 2 + 3 * x[0] * x[1]


REAL = np.random.default_rng(0).normal(size=(16, 2))
FAKE = np.random.default_rng(1).normal(size=(16, 2)) + 1


def squared_slopes(x):
    return (2 * x[:, 0] + 3 * x[:, 1]) ** 2 + (3 * x[:, 0]) ** 2


# R1 and R2 ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("make", "where"), [(lipschitz.r1, REAL), (lipschitz.r2, FAKE)])
def test_r1_and_r2_are_half_gamma_times_the_mean_squared_slope(x64, make, where):
    penalty = make(0.7).penalty(quadratic, jnp.asarray(REAL), jnp.asarray(FAKE), KEY)
    np.testing.assert_allclose(penalty, 0.35 * squared_slopes(where).mean(), rtol=1e-12)
    assert penalty.shape == () and penalty.dtype == jnp.float64


@pytest.mark.parametrize("make", [lipschitz.r1, lipschitz.r2])
def test_r1_and_r2_of_images_sum_over_all_axes_but_the_batch(make):
    x = jnp.asarray(np.random.default_rng(2).normal(size=(3, 4, 5, 2)), jnp.float32)
    penalty = make(2.0).penalty(lambda image: jnp.sum(image**2) / 2, x, x, KEY)  # its slope is the image
    np.testing.assert_allclose(penalty, np.sum(np.square(x)) / 3, rtol=1e-6)


@pytest.mark.parametrize("make", [lipschitz.r1, lipschitz.r2])
def test_the_slope_that_r1_and_r2_aim_at_is_zero(make):
    x = jnp.ones((4, 3))
    penalty = lambda scale: make(1.0).penalty(lambda y: scale * jnp.sum(y), x, x, KEY)  # noqa: E731
    values = [float(penalty(scale)) for scale in (0.0, 0.5, 1.0)]
    np.testing.assert_allclose(values, [0, 3 / 8, 3 / 2], rtol=1e-6)
    assert float(jax.grad(penalty)(0.0)) == 0  # finite where the slope is 0


@pytest.mark.parametrize("make", [lipschitz.r1, lipschitz.r2])
def test_gamma_is_a_leaf_and_is_checked(make):
    assert [float(leaf) for leaf in jax.tree.leaves(make(3))] == [3.0]
    for wrong in (-1.0, float("nan")):
        with pytest.raises(ValueError, match="gamma must be a finite number at least 0, got"):
            make(wrong)
    with pytest.raises(TypeError, match="gamma must be a finite number at least 0, got 'big'"):
        make("big")
