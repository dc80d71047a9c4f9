"""Precision and recall against scikit-learn's neighbours; the Fréchet distance against scipy's sqrtm."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.linalg
from sklearn.neighbors import NearestNeighbors

from gantheory.metrics import _quality, frechet_distance, precision_recall


def covered(points, centres, k):
    """Compute the share of the points within a ball around a centre up to its k-th nearest other centre."""
    # Asked without points, scikit-learn leaves each centre out of its own neighbours.
    radii = NearestNeighbors(n_neighbors=k).fit(centres).kneighbors()[0][:, -1]
    distances = np.linalg.norm(points[:, None] - centres[None], axis=2)
    return (distances <= radii).any(axis=1).mean()


class TestPrecisionRecall:
    @pytest.mark.parametrize("k", [1, 3, 10])
    @pytest.mark.parametrize("dim", [1, 2, 16])
    def test_against_neighbours(self, dim, k, x64):
        rng = np.random.default_rng(dim)
        real, fake = rng.normal(size=(120, dim)), rng.normal(0.5, 0.6, size=(80, dim))
        found = precision_recall(real, fake, k)
        assert float(found.precision) == pytest.approx(covered(fake, real, k), abs=1e-12)
        assert float(found.recall) == pytest.approx(covered(real, fake, k), abs=1e-12)

    @pytest.mark.parametrize(
        "counts", [(_quality.BLOCK, 2 * _quality.BLOCK + 1), (3 * _quality.BLOCK - 1, 40)]
    )
    def test_more_points_than_a_block_holds(self, counts, x64):
        rng = np.random.default_rng(3)
        real, fake = (rng.normal(shift, 1, size=(count, 3)) for shift, count in enumerate(counts))
        found = precision_recall(real, fake)
        assert float(found.precision) == pytest.approx(covered(fake, real, 3), abs=1e-12)
        assert float(found.recall) == pytest.approx(covered(real, fake, 3), abs=1e-12)

    def test_which_is_which(self):
        """Two far modes, one of them found: all that is made is real, half of what is real gets made."""
        rng = np.random.default_rng(0)
        left, right = rng.normal(size=(100, 2)), rng.normal(100, 1, size=(100, 2))
        found = precision_recall(np.concatenate([left, right]), left + 1e-3)
        assert (float(found.precision), float(found.recall)) == (1.0, 0.5)
        found = precision_recall(left, np.concatenate([left + 1e-3, right]))
        assert (float(found.precision), float(found.recall)) == (0.5, 1.0)

    def test_equal_and_repeated_points(self):
        rng = np.random.default_rng(1)
        real = rng.normal(size=(50, 2))
        assert precision_recall(real, real) == (1, 1)
        # Four times the same point: the third neighbour is at distance 0, and the balls are points.
        found = precision_recall(np.ones((4, 2)), [[1.0, 1.0], [1.0, 1.0 + 1e-5], [0.0, 0.0], [5.0, 5.0]])
        assert float(found.precision) == 0.25

    def test_over_seeds(self):
        rng = np.random.default_rng(2)
        real, fake = jnp.asarray(rng.normal(size=(3, 60, 2))), jnp.asarray(rng.normal(1, 1, size=(3, 60, 2)))
        many = jax.jit(jax.vmap(precision_recall))(real, fake)
        for i in range(3):
            assert float(many.precision[i]) == pytest.approx(
                covered(np.asarray(fake[i]), np.asarray(real[i]), 3)
            )

    @pytest.mark.parametrize(
        ("arguments", "error", "sentence"),
        [
            ((np.ones((3, 2)), np.ones((9, 2))), ValueError, "real must be more than k = 3 points, got 3"),
            ((np.ones((9, 2)), np.ones((3, 2))), ValueError, "fake must be more than k = 3 points, got 3"),
            ((np.ones((9, 2)), np.ones((9, 3))), ValueError, r"fake must be .*\[n, 2\]"),
            (
                (np.ones((9, 2)), np.ones((9, 2)), 0),
                ValueError,
                "k must be a whole number of at least 1, got 0",
            ),
            ((np.ones((9, 2)), np.ones((9, 2)), 1.5), TypeError, "k must be a whole number"),
        ],
    )
    def test_bad_arguments(self, arguments, error, sentence):
        with pytest.raises(error, match=sentence):
            precision_recall(*arguments)


def by_sqrtm(x, y):
    """The formula as it stands, in float64."""
    c1, c2 = np.atleast_2d(np.cov(x.T)), np.atleast_2d(np.cov(y.T))  # divided by n - 1
    root = scipy.linalg.sqrtm(c1 @ c2)
    return ((x.mean(0) - y.mean(0)) ** 2).sum() + np.trace(c1 + c2 - 2 * np.real(root))


class TestFrechetDistance:
    @pytest.mark.parametrize("dim", [1, 2, 10])
    def test_against_sqrtm(self, dim, x64):
        rng = np.random.default_rng(dim)
        x = rng.normal(size=(60, dim)) @ rng.normal(size=(dim, dim))
        y = rng.normal(1, 2, size=(45, dim)) @ rng.normal(size=(dim, dim))
        assert float(frechet_distance(x, y)) == pytest.approx(by_sqrtm(x, y), rel=1e-8)

    def test_in_float32(self):
        rng = np.random.default_rng(4)
        x, y = rng.normal(size=(500, 20)), rng.normal(size=(500, 20)) * np.linspace(0.01, 3, 20)
        assert float(frechet_distance(x, y)) == pytest.approx(by_sqrtm(x, y), rel=1e-4)

    @pytest.mark.parametrize("float64", [True, False])
    def test_fewer_points_than_dimensions(self, float64):
        """tr (C1 C2)^1/2 is the sum of the singular values of A1' A2, with C = A A': no root of a singular matrix."""
        rng = np.random.default_rng(5)
        x, y = rng.normal(size=(6, 30)), rng.normal(0.3, 1, size=(9, 30))
        a1, a2 = (x - x.mean(0)) / np.sqrt(5), (y - y.mean(0)) / np.sqrt(8)
        nuclear = np.linalg.svd(a1 @ a2.T, compute_uv=False).sum()
        exact = ((x.mean(0) - y.mean(0)) ** 2).sum() + (a1**2).sum() + (a2**2).sum() - 2 * nuclear
        with jax.enable_x64(float64):
            assert float(frechet_distance(x, y)) == pytest.approx(exact, rel=1e-7 if float64 else 1e-4)

    def test_moved_and_turned(self):
        x = np.random.default_rng(6).normal(size=(50, 2))
        assert float(frechet_distance(x, x)) == pytest.approx(0, abs=1e-10)
        assert float(frechet_distance(x, x + np.array([3.0, 4.0]))) == pytest.approx(25, rel=1e-5)
        # On the line (s1 - s2)^2: tripled, the standard deviation grows by 2 s.
        line = x[:, :1] - x[:, :1].mean()
        assert float(frechet_distance(line, 3 * line)) == pytest.approx(4 * line.var(ddof=1), rel=1e-5)

    def test_far_from_the_origin_in_float32(self):
        x = np.random.default_rng(7).normal(size=(200, 3))
        near = float(frechet_distance(x, 2 * x))
        assert float(frechet_distance(x + 1000, 2 * x + 1000)) == pytest.approx(near, rel=1e-2)

    def test_over_seeds(self):
        rng = np.random.default_rng(8)
        x, y = rng.normal(size=(3, 40, 2)), rng.normal(1, 1, size=(3, 40, 2))
        many = jax.jit(jax.vmap(frechet_distance))(jnp.asarray(x), jnp.asarray(y))
        for i in range(3):
            assert float(many[i]) == pytest.approx(by_sqrtm(x[i], y[i]), rel=1e-4)

    @pytest.mark.parametrize(
        ("x", "y", "sentence"),
        [
            (np.ones((1, 2)), np.ones((3, 2)), "x must be at least 2 points, to have a covariance, got 1"),
            (np.ones((3, 2)), np.ones((1, 2)), "y must be at least 2 points"),
            (np.ones((3, 2)), np.ones((3, 3)), r"y must be .*\[n, 2\]"),
        ],
    )
    def test_bad_arguments(self, x, y, sentence):
        with pytest.raises(ValueError, match=sentence):
            frechet_distance(x, y)
