"""Numbers at the ends of their range: very large, very small, 64 bits wide, or no number at all."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gantheory import distributions, divergences, dynamics, games, lipschitz, metrics, training, transport
from gantheory.divergences import F_DIVERGENCES

BIG = 3_000_000_000  # as 32 bits: -1,294,967,296


class TestWholeNumbersOf64Bits:
    @pytest.mark.parametrize("x", [[BIG], np.array([BIG]), np.array([2**40]), np.array([BIG], np.uint32)])
    def test_keep_their_value(self, x):
        assert float(transport.wasserstein_1d(x, [0])) == pytest.approx(float(np.asarray(x)[0]), rel=1e-6)

    def test_in_every_room_of_the_house(self):
        assert float(distributions.Gaussian(np.int64(10**12), 1).mean[0]) == pytest.approx(1e12, rel=1e-6)
        assert float(distributions.Empirical(np.array([[2**33]])).points[0, 0]) == 2.0**33
        assert float(transport.optimal_plan(np.array([[BIG]])).cost) == pytest.approx(BIG, rel=1e-6)
        ints = np.array([2**32, 1]), np.array([1, 2**32])
        floats = [x.astype(np.float32) for x in ints]
        assert float(divergences.js(*ints)) == float(divergences.js(*floats)) > 1e9
        far = metrics.mode_coverage(np.array([[2**33, 0]]), np.array([[0, 0]]), 1.0)
        assert float(far.high_quality) == 0

    @pytest.mark.parametrize(
        ("call", "error", "sentence"),
        [
            (lambda: transport.wasserstein_1d([10**400], [0]), ValueError, "x must be finite, got a whole"),
            (lambda: distributions.ring(std=10**400), ValueError, "std must be .* got a whole number beyond"),
            (lambda: distributions.ring(radius=jax.random.key(0)), TypeError, "radius .* got one random key"),
            (lambda: distributions.ring(std=np.array("a")), TypeError, "std must be a finite number above 0"),
            (lambda: transport.wasserstein_1d([None], [0]), TypeError, "x must be an array of real numbers"),
        ],
    )
    def test_what_fits_nowhere_gets_one_sentence(self, call, error, sentence):
        with pytest.raises(error, match=sentence):
            call()


class TestNumbersThatFloat32Rounds:
    @pytest.mark.parametrize(
        ("call", "sentence"),
        [
            (lambda: distributions.ring(std=1e-46), r"std must be .* above 0, got 1e-46 \(0.0 in float32\)"),
            (lambda: distributions.ring(radius=1e39), r"radius must be .*, got 1e\+39 \(inf in float32\)"),
            (lambda: lipschitz.r1(1e39), "gamma must be a finite number"),
            (lambda: lipschitz.weight_clipping(1e-46), "clip must be a finite number above 0"),
            (
                lambda: divergences.kl([0.5, 0.5], [0.25, 0.75], dx=1e-46),
                "dx must be a finite number above 0",
            ),
            (lambda: training.Settings(ema_decay=0.99999999999), "ema_decay must be .* below 1"),
        ],
    )
    def test_are_held_to_their_bounds_as_rounded(self, call, sentence):
        with pytest.raises(ValueError, match=sentence):
            call()

    def test_are_free_to_be_small_where_64_bits_hold_them(self, x64):
        assert float(distributions.ring(std=1e-46).std) == 1e-46

    @pytest.mark.parametrize("weights", [[1e-40, 1e-40], [3e38, 3e38]])
    def test_totals_that_do_not_fit(self, weights):
        parts = [distributions.Gaussian(0.0, 1.0), distributions.Gaussian(1.0, 1.0)]
        with pytest.raises(ValueError, match="weights must be of a total from 1"):
            distributions.Mixture(parts, weights)


NAN = jnp.array([jnp.nan, 0.5])
HALVES = jnp.array([0.5, 0.5])


class TestNaNIsNoPerfectScore:
    @pytest.mark.parametrize("pair", [(NAN, HALVES), (HALVES, NAN)])
    @pytest.mark.parametrize(
        "function",
        [
            *(getattr(divergences, name) for name in ("kl", "reverse_kl", "js", "js_gap", "pearson_chi2")),
            divergences.total_variation,
            divergences.squared_hellinger,
            *(row.divergence for row in F_DIVERGENCES.values()),
            lambda p, q: divergences.optimal_discriminator(p, q).sum(),
            lambda p, q: transport.wasserstein_1d(p, q, p=2),
            lambda p, q: metrics.frechet_distance(p[:, None], q[:, None]),
        ],
    )
    def test_in_compiled_code(self, function, pair):
        assert np.isnan(float(jax.jit(function)(*pair)))

    def test_of_slopes_and_of_densities(self):
        points = jnp.full((3, 2), jnp.nan)
        assert np.isnan(jax.jit(lambda x: lipschitz.gradient_norms(lambda p: p @ p, x))(points)).all()
        assert np.isnan(jax.jit(distributions.ring().log_prob)(points)).all()


class TestSquaresFit:
    @pytest.mark.parametrize("size", [1e-20, 1e19])
    def test_of_distances(self, size):
        x, y = np.random.default_rng(0).normal(size=(2, 12, 2))
        for function in (metrics.wasserstein_1, jax.jit(metrics.wasserstein_1)):
            expected = size * float(function(x, y))
            assert float(function(np.float32(size * x), np.float32(size * y))) == pytest.approx(
                expected, 1e-4
            )
        far = metrics.precision_recall(np.float32(size * x), np.float32(size * (y + 100)))
        assert (float(far.precision), float(far.recall)) == (0, 0)

    def test_of_gaussians(self):
        x, y = np.random.default_rng(0).normal(size=(2, 12, 2))
        expected = float(metrics.frechet_distance(x, y))
        for size in (1e-18, 1e18):
            scaled = metrics.frechet_distance(np.float32(size * x), np.float32(size * y))
            assert float(scaled) == pytest.approx(size**2 * expected, 1e-3)
        assert float(metrics.frechet_distance(1e20 * x, y)) == np.inf  # 1e40
        assert float(transport.gaussian_w2([0.0], [[0.0]], [1e-20], [[0.0]])) == pytest.approx(1e-20)
        assert float(transport.gaussian_w2([1e38], [[1.0]], [-1e38], [[1.0]])) == pytest.approx(2e38)
        assert float(transport.wasserstein_1d([3e38], [-3e38], p=2)) == np.inf

    @pytest.mark.parametrize("steepness", [5e-25, 5e25, 0.0])
    def test_of_slopes(self, steepness):
        found = lipschitz.gradient_norms(
            lambda x: 0.6 * steepness * x[0] - 0.8 * steepness * x[1], [[1.0, 2.0]]
        )
        assert float(found[0]) == pytest.approx(steepness, rel=1e-5)

    @pytest.mark.parametrize("size", [1e-25, 1e30])
    def test_of_eigenvalues(self, size):
        found = dynamics.eigenvalues(games.quadratic(size, 2 * size, 3 * size), 0.0, 0.0) / size
        np.testing.assert_allclose(found, np.linalg.eigvals([[-1.0, -2.0], [2.0, -3.0]])[:2], rtol=1e-5)

    def test_of_the_density_of_a_mixture(self):
        for std, radius in ((1e-20, 1.0), (1e28, 1e30)):
            ring = distributions.ring(radius=radius, std=std)
            expected = -np.log(8 * 2 * np.pi) - 2 * np.log(std)
            np.testing.assert_allclose(ring.log_prob(ring.means), expected, rtol=1e-5)


class TestSlopes:
    @pytest.mark.parametrize("rank", [1, 2, 3])
    def test_of_w2_at_a_singular_covariance(self, rank, x64):
        rng = np.random.default_rng(rank)
        root, target = rng.normal(size=(3, rank)), np.cov(rng.normal(size=(3, 9)))

        def distance(root):
            return transport.gaussian_w2(np.zeros(3), root @ root.T, np.zeros(3), target)

        step, expected = 1e-4, np.zeros_like(root)
        for place in np.ndindex(root.shape):
            move = np.zeros_like(root)
            move[place] = step
            expected[place] = (distance(root + move) - distance(root - move)) / (2 * step)
        np.testing.assert_allclose(jax.grad(distance)(root), expected, atol=5e-4)

    @pytest.mark.parametrize("name", F_DIVERGENCES)
    def test_of_divergences_between_gaussians_far_apart(self, name):
        x = jnp.linspace(-3.0, 3.0, 2001)

        def far(mean):
            p, q = (jnp.exp(-(((x - m) / 0.3) ** 2) / 2) / (0.3 * np.sqrt(2 * np.pi)) for m in (mean, 0.0))
            return F_DIVERGENCES[name].divergence(p, q, dx=0.003)

        assert not np.isnan(float(jax.grad(far)(2.0)))

    @pytest.mark.parametrize(("name", "slope"), [("squared_hellinger", 1 / 4), ("neyman_chi2", np.sqrt(0.5))])
    def test_of_conjugates_where_two_formulas_meet(self, name, slope):
        assert float(jax.grad(F_DIVERGENCES[name].conjugate)(-1.0)) == pytest.approx(slope, rel=1e-6)


class TestHooksOfConstraints:
    def test_take_lists_and_whole_numbers(self):
        key = jax.random.key(0)
        assert float(lipschitz.r1(2.0).penalty(lambda x: 3 * x[0], [[1, 1]], [[0, 0]], key)) == 9
        assert (
            float(lipschitz.gradient_penalty().penalty(lambda x: 3 * x[0], [[1]], np.zeros((1, 1)), key))
            == 40
        )
        assert float(lipschitz.norm_product([np.array([[3, 0], [0, 4]]), [0.0, 1.0]])) == 4

    @pytest.mark.parametrize(
        ("real", "fake", "sentence"),
        [
            (np.zeros((0, 2)), np.zeros((0, 2)), r"real must be a non-empty array .* got shape \[0, 2\]"),
            (
                np.ones((2, 2)),
                np.ones((3, 2)),
                r"fake must be of the shape of real, \[2, 2\], got shape \[3, 2\]",
            ),
            (1.0, 1.0, "real must be a non-empty array of points"),
        ],
    )
    @pytest.mark.parametrize(
        "constraint",
        [lipschitz.r1(1.0), lipschitz.r2(1.0), lipschitz.gradient_penalty(), lipschitz.unconstrained()],
    )
    def test_refuse_what_is_no_batch(self, constraint, real, fake, sentence):
        with pytest.raises(ValueError, match=sentence):
            constraint.penalty(lambda x: x.sum(), real, fake, jax.random.key(0))
