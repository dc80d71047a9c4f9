"""The constraints on the critic, held to closed forms, quadrature, finite differences and other libraries."""

import inspect

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen, nnx

from gantheory import games, lipschitz, plotting, training
from gantheory.distributions import Gaussian
from gantheory.live.controls import slider
from gantheory.live.trainer import LiveTrainer
from gantheory.networks import MLP
from tests.compilations import COMPILATIONS

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


@pytest.mark.parametrize(
    ("make", "where"),
    [
        (lipschitz.r1, REAL),
        (lipschitz.r2, FAKE),
        (lambda weight: lipschitz.gradient_penalty(weight, 0.0), REAL),
    ],
)
def test_what_is_given_beside_the_points_goes_along_and_is_not_differentiated(x64, make, where):
    """f(x, c, y) = (1 + c) |x|^2 / 2 + y has the slope (1 + c) x; whole numbers have no slope at all."""
    labels, heights = np.arange(16) % 3, np.arange(16.0)
    critic = lambda x, label, height: (1 + label) * jnp.sum(x**2) / 2 + height  # noqa: E731
    squares = (1 + labels) ** 2 * np.sum(where**2, axis=1)
    real, fake = (
        jnp.asarray(REAL),
        jnp.asarray(REAL if where is REAL else FAKE),
    )  # nothing lies between REAL and REAL
    penalty = make(2.0).penalty(critic, real, fake, KEY, jnp.asarray(labels), jnp.asarray(heights))
    halved = make(2.0).penalty(lambda x: critic(x, 0, 0.0), real, fake, KEY)
    np.testing.assert_allclose(penalty / halved, squares.sum() / np.sum(where**2), rtol=1e-10)


# The gradient penalty -------------------------------------------------------------------------------------------------


def slope_critic(scale):
    return lambda x: (
        scale * jnp.sum(x) / np.sqrt(x.size)
    )  # the slope is |scale|, whatever the shape of a point


@pytest.mark.parametrize("one_sided", [False, True])
@pytest.mark.parametrize(("slope", "center"), [(0.25, 1.0), (3.0, 1.0), (2.0, 2.5), (2.0, 0.0)])
def test_the_gradient_penalty_is_the_squared_distance_of_the_slope_from_its_centre(slope, center, one_sided):
    constraint = lipschitz.gradient_penalty(7.0, center, one_sided=one_sided)
    x = jnp.zeros((5, 3, 4))
    excess = slope - center
    expected = 7 * (max(excess, 0) if one_sided else excess) ** 2
    np.testing.assert_allclose(constraint.penalty(slope_critic(slope), x, x, KEY), expected, rtol=1e-5)


def test_the_interpolation_is_uniform_between_the_points_of_a_pair(x64):
    """f(x) = x^2 / 2 has slope |x|: between 0 and 1 the mean of (|x| - 1)^2 is 1/3; a Beta(2, 2) would give 3/10."""
    n = 40_000
    real, fake = jnp.zeros((n, 1)), jnp.ones((n, 1))
    penalty = lipschitz.gradient_penalty(1.0).penalty(lambda x: x[0] ** 2 / 2, real, fake, KEY)
    assert abs(float(penalty) - 1 / 3) < 4 * np.sqrt(4 / 45 / n)  # the variance of (1 - t)^2 is 4/45


def test_a_pair_has_one_weight_for_all_of_its_coordinates(x64):
    """On the diagonal from (0, 0) to (1, 1) both coordinates agree, so a critic of their difference sees slope 0."""
    real, fake = jnp.zeros((64, 2)), jnp.ones((64, 2))
    penalty = lipschitz.gradient_penalty(1.0, 0.0).penalty(lambda x: (x[0] - x[1]) ** 2, real, fake, KEY)
    assert float(penalty) == 0


def test_each_pair_has_a_weight_of_its_own_and_every_key_draws_anew(x64):
    real, fake = jnp.zeros((3, 1)), jnp.ones((3, 1))
    critic = lambda x: x[0] ** 2 / 2  # noqa: E731
    constraint = lipschitz.gradient_penalty(1.0, 0.0)  # the penalty is the mean of t^2
    keys = jax.random.split(KEY, 300)
    one = jax.vmap(lambda key: constraint.penalty(critic, real[:1], fake[:1], key))(keys)
    three = jax.vmap(lambda key: constraint.penalty(critic, real, fake, key))(keys)
    one, three = np.asarray(one), np.asarray(three)
    assert len(set(one.tolist())) == 300
    assert np.std(three) == pytest.approx(np.std(one) / np.sqrt(3), rel=0.2)


@pytest.mark.parametrize("one_sided", [False, True])
def test_the_penalty_has_a_finite_gradient_where_the_critic_is_flat(one_sided):
    x = jnp.ones((4, 2))

    def penalty(scale):
        return lipschitz.gradient_penalty(10.0, one_sided=one_sided).penalty(slope_critic(scale), x, x, KEY)

    value, gradient = jax.value_and_grad(penalty)(0.0)
    assert float(value) == (0 if one_sided else 10) and np.isfinite(gradient)


def test_the_gradient_of_the_penalty_is_that_of_finite_differences(x64):
    real, fake = jnp.asarray(REAL), jnp.asarray(FAKE)

    def penalty(scale):
        critic = lambda x: jnp.tanh(scale * x[0]) + x[1] ** 2  # noqa: E731
        return lipschitz.gradient_penalty(3.0).penalty(critic, real, fake, KEY)

    difference = (penalty(0.7 + 1e-6) - penalty(0.7 - 1e-6)) / 2e-6
    np.testing.assert_allclose(jax.grad(penalty)(0.7), difference, rtol=1e-6)


def test_the_penalty_of_a_critic_of_two_laws_is_that_of_quadrature(x64):
    """real ~ N(0, 1), fake ~ N(2, 1), t uniform, f = sin: E (|cos(x)| - 1)^2, by quadrature over t and x."""
    n = 200_000
    a, b = jax.random.split(KEY)
    real, fake = jax.random.normal(a, (n, 1)), 2 + jax.random.normal(b, (n, 1))
    penalty = lipschitz.gradient_penalty(1.0).penalty(lambda x: jnp.sin(x[0]), real, fake, jax.random.key(5))
    t, weight_t = np.polynomial.legendre.leggauss(40)
    t, weight_t = (t + 1) / 2, weight_t / 2
    z = np.linspace(-8, 8, 4001)
    normal = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi) * (z[1] - z[0])
    # x = t * real + (1 - t) * fake is normal with mean 2 (1 - t) and variance t^2 + (1 - t)^2.
    x = 2 * (1 - t)[:, None] + np.sqrt(t**2 + (1 - t) ** 2)[:, None] * z
    expected = (weight_t[:, None] * normal * (np.abs(np.cos(x)) - 1) ** 2).sum()
    assert abs(float(penalty) - expected) < 4 * 0.4 / np.sqrt(n)


def test_points_that_do_not_pair_are_refused():
    with pytest.raises(ValueError, match=r"fake must be of the shape of real, \[3, 1\], got shape \[2, 1\]"):
        constraint = lipschitz.gradient_penalty()
        penalty = inspect.unwrap(type(constraint).penalty)
        penalty(constraint, slope_critic(1.0), jnp.zeros((3, 1)), jnp.zeros((2, 1)), KEY)


@pytest.mark.parametrize(
    ("arguments", "error", "sentence"),
    [
        (dict(weight=-1), ValueError, "weight must be a finite number at least 0, got -1"),
        (dict(center=float("inf")), ValueError, "center must be a finite number at least 0, got inf"),
        (dict(one_sided=1), TypeError, "one_sided must be True or False, got 1"),
    ],
)
def test_bad_arguments_of_the_gradient_penalty(arguments, error, sentence):
    with pytest.raises(error, match=sentence):
        inspect.unwrap(lipschitz.gradient_penalty)(**arguments)


# No constraint, and clipping ------------------------------------------------------------------------------------------


def test_without_a_constraint_every_hook_is_the_identity():
    constraint, params = lipschitz.unconstrained(), {"kernel": jnp.full((2, 2), 9.0)}
    assert constraint.init(KEY, params) is None
    assert constraint.project(params) is params and constraint.reparametrize(params) is params
    assert float(constraint.penalty(slope_critic(9.0), jnp.ones((3, 2)), jnp.ones((3, 2)), KEY)) == 0


def test_clipping_clips_every_leaf_biases_too():
    params = {"kernel": jnp.array([[-3.0, 0.05], [0.2, 3.0]]), "bias": jnp.array([0.5, -0.01])}
    clipped = lipschitz.weight_clipping(0.1).project(params)
    np.testing.assert_allclose(clipped["kernel"], [[-0.1, 0.05], [0.1, 0.1]])
    np.testing.assert_allclose(clipped["bias"], [0.1, -0.01])


@pytest.mark.parametrize("clip", [0.0, -0.1, float("nan")])
def test_a_clip_is_above_zero(clip):
    with pytest.raises(ValueError, match="clip must be a finite number above 0, got"):
        lipschitz.weight_clipping(clip)


# Spectral normalization -----------------------------------------------------------------------------------------------

RNG = np.random.default_rng(7)
MATRICES = {
    "dense": RNG.normal(size=(6, 4)),
    "wide": RNG.normal(size=(2, 9)),
    "column": RNG.normal(size=(5, 1)),
    "row": RNG.normal(size=(1, 5)),
    "convolution": RNG.normal(size=(3, 4, 2, 5)),
    "stacked": RNG.normal(size=(3, 4, 5)),
    "tiny": 1e-20 * RNG.normal(size=(4, 4)),
    "huge": 1e15 * RNG.normal(size=(4, 4)),
}


def exact_norm(kernel):
    return np.linalg.svd(np.reshape(kernel, (-1, kernel.shape[-1])), compute_uv=False)[0]


@pytest.mark.parametrize("name", MATRICES)
def test_the_exact_normalization_divides_by_the_largest_singular_value(name):
    kernel = jnp.asarray(MATRICES[name], jnp.float32)
    params = {"kernel": kernel, "bias": jnp.full(3, 9.0)}
    new = lipschitz.spectral_normalization().reparametrize(params)
    np.testing.assert_allclose(
        new["kernel"], MATRICES[name] / exact_norm(MATRICES[name]), rtol=1e-4, atol=1e-6
    )
    np.testing.assert_array_equal(new["bias"], params["bias"])
    np.testing.assert_allclose(exact_norm(np.asarray(new["kernel"])), 1, rtol=1e-5)


@pytest.mark.parametrize("name", MATRICES)
def test_the_power_iteration_arrives_at_the_exact_normalization(x64, name):
    constraint, params = lipschitz.spectral_normalization(300), [jnp.asarray(MATRICES[name]), jnp.ones(2)]
    state = constraint.init(KEY, params)
    # From the first: at most a little below the norm, so that no layer starts out much steeper than 1.
    assert 1 - 1e-9 < exact_norm(np.asarray(constraint.reparametrize(params, state)[0])) < 1.2
    for _ in range(2):
        state = constraint.refresh(params, state)
    new = constraint.reparametrize(params, state)
    np.testing.assert_allclose(new[0], MATRICES[name] / exact_norm(MATRICES[name]), rtol=1e-6, atol=1e-9)
    np.testing.assert_array_equal(new[1], params[1])


@pytest.mark.parametrize("num_iterations", [1, 4])
@pytest.mark.parametrize(
    ("layer", "shape"),
    [(linen.Dense(5), (7, 3)), (linen.Conv(4, (3, 2)), (2, 6, 6, 3))],
    ids=["dense", "conv"],
)
def test_the_power_iteration_is_that_of_flax(layer, shape, num_iterations):
    """The same start, several steps: the same normalized kernel at each of them."""
    x = jax.random.normal(jax.random.key(1), shape)
    theirs = linen.SpectralNorm(layer, n_steps=num_iterations)
    variables = theirs.init(jax.random.key(2), x, update_stats=False)
    variables = {**variables, "params": jax.tree.map(lambda leaf: 3 * leaf, variables["params"])}
    (params,) = variables["params"].values()
    constraint = lipschitz.spectral_normalization(num_iterations)
    state = constraint.init(KEY, params)
    stats = variables["batch_stats"]
    u = next(value for path, value in jax.tree.leaves_with_path(stats) if "/u" in str(path[-1]))[0]
    state = {**state, "kernel": state["kernel"]._replace(right=u)}
    for _ in range(5):
        expected, updated = theirs.apply(
            {"params": variables["params"], "batch_stats": stats},
            x,
            update_stats=True,
            mutable=["batch_stats"],
        )
        stats = updated["batch_stats"]
        state = constraint.refresh(params, state)
        ours = layer.apply({"params": constraint.reparametrize(params, state)}, x)
        np.testing.assert_allclose(ours, expected, rtol=1e-4, atol=1e-5)
    kernel = params["kernel"]
    assert not np.allclose(constraint.reparametrize(params, state)["kernel"], kernel, rtol=1e-2)


@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize("name", ["dense", "convolution", "row"])
def test_the_gradient_flows_through_the_norm(x64, name, exact):
    """Against finite differences of the exact quotient; the power iteration's vectors have arrived."""
    kernel = jnp.asarray(MATRICES[name])
    target = jnp.asarray(np.random.default_rng(3).normal(size=kernel.shape))
    constraint = lipschitz.spectral_normalization(300)
    state = None if exact else constraint.init(KEY, [kernel])
    if not exact:
        state = constraint.refresh([kernel], state)

    def loss(kernel):
        return jnp.sum(constraint.reparametrize([kernel], state)[0] * target)

    gradient = np.asarray(jax.grad(loss)(kernel))
    for place in [(0,) * kernel.ndim, tuple(n - 1 for n in kernel.shape)]:
        values = []
        for by in (1e-6, -1e-6):
            moved = np.array(kernel)
            moved[place] += by
            values.append(np.sum(moved / exact_norm(moved) * np.asarray(target)))
        np.testing.assert_allclose(gradient[place], (values[0] - values[1]) / 2e-6, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("exact", [True, False])
def test_a_matrix_of_zeros_stays_zero_with_a_finite_gradient(exact):
    params = {"kernel": jnp.zeros((3, 2)), "bias": jnp.zeros(2)}
    constraint = lipschitz.spectral_normalization()
    state = None if exact else constraint.refresh(params, constraint.init(KEY, params))
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(state))

    def total(params):
        return sum(jnp.sum(leaf) for leaf in jax.tree.leaves(constraint.reparametrize(params, state)))

    value, gradient = jax.value_and_grad(total)(params)
    assert float(value) == 0 and all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(gradient))


def test_a_convolution_may_be_steeper_than_its_reshaped_matrix_by_the_root_of_its_window():
    """A kernel of ones over a constant image: the layer multiplies by 9, the reshaped matrix has norm 3."""
    kernel = lipschitz.spectral_normalization().reparametrize(jnp.ones((3, 3, 1, 1)))
    # Its own Jacobian on a ring of 8 x 8 pixels, exactly.
    image = lambda x: sum(  # noqa: E731
        kernel[i, j, 0, 0] * jnp.roll(x, (i - 1, j - 1), (0, 1)) for i in range(3) for j in range(3)
    )
    matrix = jax.jacobian(image)(jnp.zeros((8, 8))).reshape(64, 64)
    np.testing.assert_allclose(lipschitz.spectral_norm(matrix), 3.0, rtol=1e-5)  # sqrt(3 * 3), not 1


@pytest.mark.parametrize(("wrong", "error"), [(0, ValueError), (1.5, TypeError), (True, TypeError)])
def test_the_number_of_iterations_is_whole(wrong, error):
    with pytest.raises(error, match="num_iterations must be a whole number of at least 1"):
        inspect.unwrap(lipschitz.spectral_normalization)(wrong)


@pytest.mark.parametrize("name", ["dense", "wide", "column", "row"])
def test_the_spectral_norm_and_its_gradient(x64, name):
    matrix = MATRICES[name]
    left, values, right = np.linalg.svd(matrix)
    value, gradient = jax.value_and_grad(lipschitz.spectral_norm)(jnp.asarray(matrix))
    np.testing.assert_allclose(value, values[0], rtol=1e-12)
    np.testing.assert_allclose(gradient, np.outer(left[:, 0], right[0]), rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize("wrong", [np.ones(3), np.ones((2, 2, 2)), np.ones((0, 2))])
def test_the_spectral_norm_is_of_a_matrix(wrong):
    with pytest.raises(ValueError, match=r"matrix must be a non-empty array of shape \[m, n\], got shape"):
        lipschitz.spectral_norm(wrong)


def test_the_product_of_the_norms():
    params = {"a": jnp.asarray(MATRICES["dense"]), "b": [jnp.asarray(MATRICES["wide"]), jnp.full(4, 100.0)]}
    expected = exact_norm(MATRICES["dense"]) * exact_norm(MATRICES["wide"])
    np.testing.assert_allclose(lipschitz.norm_product(params), expected, rtol=1e-5)
    assert float(lipschitz.norm_product({"bias": jnp.ones(3)})) == 1


# How steep ------------------------------------------------------------------------------------------------------------


def test_gradient_norms_of_a_critic_of_points_and_of_batches(x64):
    expected = np.sqrt(squared_slopes(REAL))
    np.testing.assert_allclose(lipschitz.gradient_norms(quadratic, REAL), expected, rtol=1e-12)
    batch = lambda x: x[:, 0] ** 2 + 3 * x[:, 0] * x[:, 1]  # noqa: E731
    np.testing.assert_allclose(lipschitz.gradient_norms(batch, REAL), expected, rtol=1e-12)
    inside = jax.jit(lambda x: lipschitz.gradient_norms(quadratic, x))(jnp.asarray(REAL))
    np.testing.assert_allclose(inside, expected, rtol=1e-12)


def test_gradient_norms_of_images_and_of_a_flat_critic():
    x = jnp.asarray(np.random.default_rng(2).normal(size=(3, 4, 5, 2)), jnp.float32)
    norms = lipschitz.gradient_norms(lambda image: jnp.sum(image**2) / 2, x)
    np.testing.assert_allclose(norms, np.sqrt(np.sum(np.square(x), axis=(1, 2, 3))), rtol=1e-6)
    np.testing.assert_array_equal(
        lipschitz.gradient_norms(lambda image: 0.0 * jnp.sum(image), x), np.zeros(3)
    )


def test_a_critic_over_a_network_that_changed_in_place_is_measured_as_it_is_now():
    network = MLP(1, 1, width=4, depth=0, rngs=nnx.Rngs(0))
    critic = lambda x: network(x)[:, 0]  # noqa: E731
    for slope in (2.0, -5.0):
        network.layers[0].kernel[...] = jnp.full((1, 1), slope)
        np.testing.assert_allclose(lipschitz.gradient_norms(critic, np.zeros((2, 1))), abs(slope))


@pytest.mark.parametrize(
    ("critic", "sentence"),
    [
        (3.0, r"critic must be a function of one point \[2\] -> \[\] or of a batch .*, got 3.0"),
        (lambda x: x, r"critic must be a function of one point .*, got one that maps \[2, 2\] to \[2, 2\]"),
        (lambda x: (x, x), "critic must be .*, got one that maps .* to something else"),
    ],
)
def test_what_is_no_critic(critic, sentence):
    with pytest.raises(TypeError, match=sentence):
        inspect.unwrap(lipschitz.gradient_norms)(critic, np.zeros((3, 2)))


def test_a_critics_own_error_is_not_hidden():
    def broken(x):
        raise RuntimeError("the critic is broken")

    with pytest.raises(RuntimeError, match="the critic is broken"):
        lipschitz.gradient_norms(broken, np.zeros((3, 2)))


def steepest_on_the_line(network, low, high):
    """The exact Lipschitz constant of a perceptron with one hidden ReLU layer: its pieces are known."""
    first, last = network.layers
    w, b = np.asarray(first.kernel[...])[0], np.asarray(first.bias[...])
    kinks = np.sort(np.concatenate([[low, high], -b / w]))
    kinks = kinks[(kinks >= low) & (kinks <= high)]
    middles = (kinks[1:] + kinks[:-1]) / 2
    slopes = ((middles[:, None] * w + b > 0) * w) @ np.asarray(last.kernel[...])[:, 0]
    return np.abs(slopes).max()


@pytest.mark.parametrize("seed", range(4))
def test_the_estimate_finds_the_steepest_piece_of_a_relu_network(x64, seed):
    network = MLP(1, 1, width=40, depth=1, activation="relu", rngs=nnx.Rngs(seed))
    exact = steepest_on_the_line(network, -1.0, 1.0)
    found = lipschitz.estimate_lipschitz(lambda x: network(x)[:, 0], [-1.0], [1.0], KEY, num_samples=256)
    assert 0.99 * exact < float(found.maximised) <= exact * (1 + 1e-9)
    assert float(found.sampled) <= float(found.maximised)


@pytest.mark.parametrize("steepness", [100.0, 3_000.0])
def test_climbing_finds_what_sampling_misses(x64, steepness):
    """The slope of sigmoid(s (x - 0.3)) is s/4 at 0.3 and all but 0 elsewhere."""
    critic = lambda x: jax.nn.sigmoid(steepness * (x[0] - 0.3))  # noqa: E731
    found = lipschitz.estimate_lipschitz(critic, [-5.0], [5.0], KEY, num_samples=30)
    assert float(found.sampled) < 0.1 * steepness
    np.testing.assert_allclose(found.maximised, steepness / 4, rtol=2e-2)
    assert float(found.maximised) <= steepness / 4 * (1 + 1e-12)
    np.testing.assert_allclose(found.maximised_at, [0.3], atol=1 / steepness)


def test_the_estimate_stays_in_the_box_and_says_where(x64):
    low, high = jnp.array([-1.0, 0.0]), jnp.array([2.0, 0.5])  # |grad f| is greatest in the corner (2, 0.5)
    found = lipschitz.estimate_lipschitz(quadratic, low, high, KEY, num_samples=64)
    exact = np.sqrt(squared_slopes(np.array([[2.0, 0.5]])))[0]
    np.testing.assert_allclose(found.maximised, exact, rtol=1e-3)
    np.testing.assert_allclose(found.maximised_at, high, atol=1e-2)
    for slope, at in ((found.sampled, found.sampled_at), (found.maximised, found.maximised_at)):
        assert np.all((at >= low) & (at <= high))
        np.testing.assert_allclose(lipschitz.gradient_norms(quadratic, at[None])[0], slope, rtol=1e-9)


def test_the_estimate_lies_between_the_samples_and_the_product_of_the_norms():
    network = MLP(2, 1, width=32, depth=2, activation="maxmin", rngs=nnx.Rngs(0))
    params = nnx.state(network, nnx.Param)
    critic = lambda x: network(x[None])[0, 0]  # noqa: E731
    found = lipschitz.estimate_lipschitz(critic, -3 * np.ones(2), 3 * np.ones(2), KEY)
    assert 0 < found.sampled <= found.maximised <= lipschitz.norm_product(params) * (1 + 1e-5)


def test_a_trained_critic_is_measured_without_compiling_again():
    game = small_game(lipschitz.gradient_penalty())
    points = np.zeros((5, 1))

    def measure(seed):
        critic = games.discriminator_function(game, training.init(game, jax.random.key(seed)))
        return (
            float(lipschitz.gradient_norms(critic, points).max()),
            float(lipschitz.estimate_lipschitz(critic, [-1.0], [1.0], KEY).maximised),
        )

    first = measure(0)
    before = len(COMPILATIONS)
    second = measure(1)
    assert len(COMPILATIONS) == before and first != second


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (dict(low=[0.0], high=[0.0]), "low must be below high everywhere"),
        (dict(low=[0.0], high=[1.0, 1.0]), r"high must be of the shape of low, \[1\], got shape \[2\]"),
        (dict(low=[float("nan")], high=[1.0]), "low must be free of NaN"),
        (dict(num_samples=0), "num_samples must be a whole number of at least 1, got 0"),
        (dict(num_steps=0), "num_steps must be a whole number of at least 1, got 0"),
    ],
)
def test_bad_arguments_of_the_estimate(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        arguments = {"low": [0.0], "high": [1.0], "key": KEY, **arguments}
        inspect.unwrap(lipschitz.estimate_lipschitz)(lambda x: x[0], **arguments)


# Every constraint in a game -------------------------------------------------------------------------------------------


def one_network(rngs):
    return MLP(1, 1, width=8, depth=1, rngs=rngs)


def small_game(constraint):
    return games.gan(
        one_network, one_network, "wasserstein", constraint, batch_size=16,
        prior=Gaussian([0.0], [1.0]), target=Gaussian([2.0], [1.0]),
    )  # fmt: skip


class PlainScene:
    """A scene that shows nothing of the training."""

    def __init__(self):
        self.figure, self.artists = plotting.new_figure(2, 2), []

    def update(self, run):
        return f"step {run.step}"

    def measure(self, game, state):
        return {}


MOVED = {
    "clip": (lipschitz.weight_clipping, (0.1, 0.7)),
    "two-sided": (lipschitz.gradient_penalty, (10.0, 0.3)),
    "one-sided": (lambda x: lipschitz.gradient_penalty(x, x / 10, one_sided=True), (10.0, 0.3)),
    "centre": (lambda x: lipschitz.gradient_penalty(1.0, center=x), (1, np.float32(2.0))),
    "r1": (lipschitz.r1, (1.0, 20)),
    "r2": (lipschitz.r2, (1.0, 20)),
}


@pytest.mark.parametrize("name", MOVED)
def test_the_numbers_of_a_constraint_move_the_training_and_compile_nothing(name):
    """As the game's own constraint, and by the settings; each changes what is learnt."""
    make, (start, moved) = MOVED[name]
    train = lambda game, settings=None: training.train(  # noqa: E731
        game, training.init(game, jax.random.key(0)), 12, settings
    )[0]
    first = train(small_game(make(start)))
    by_settings = training.Settings(constraint=make(start))
    train(small_game(make(start)), by_settings)
    before = len(COMPILATIONS)
    second = train(small_game(make(moved)))
    third = train(small_game(make(start)), training.Settings(constraint=make(moved)))
    assert len(COMPILATIONS) == before
    kernels = [state.discriminator.params["layers"][0]["kernel"] for state in (first, second, third)]
    assert not np.allclose(kernels[0], kernels[1], rtol=1e-4)
    np.testing.assert_allclose(kernels[1], kernels[2], rtol=1e-5)


def test_the_numbers_of_a_constraint_as_moves_of_a_live_training_compile_nothing():
    live = LiveTrainer(
        lambda weight, center: small_game(lipschitz.gradient_penalty(weight, center)),
        PlainScene(),
        moves={"weight": slider("weight", 0.0, 20.0, 10.0), "center": slider("centre", 0.0, 2.0, 1.0)},
    )
    try:
        live.run.advance(5, live.settings)
        live.controls["weight"].value, live.controls["center"].value = 11.0, 0.9
        live.run.advance(5, live.settings)
        before = len(COMPILATIONS)
        for weight, center in ((0.5, 0.1), (19.0, 2.0), (0.0, 0.0)):
            live.controls["weight"].value, live.controls["center"].value = weight, center
            live.run.advance(5, live.settings)
            np.testing.assert_allclose(
                [live.run.game.constraint.weight, live.run.game.constraint.center], [weight, center]
            )
        assert len(COMPILATIONS) == before
    finally:
        live.close()


def test_spectral_normalization_trains_and_its_vectors_follow():
    game = small_game(lipschitz.spectral_normalization())
    state, history = training.train(game, training.init(game, jax.random.key(0)), 400, training.Settings(
        discriminator_learning_rate=1e-2, freeze_generator=True))  # fmt: skip
    assert np.isfinite(history.value).all()
    # The weights that the critic is evaluated with have norm 1, by the power iteration's vectors as they are now.
    constrained = game.constraint.reparametrize(
        state.discriminator.params, state.discriminator.state.constraint
    )
    norms = [exact_norm(np.asarray(layer["kernel"])) for layer in constrained["layers"].values()]
    np.testing.assert_allclose(norms, 1, rtol=1e-2)
    critic = games.discriminator_function(game, state)
    found = lipschitz.estimate_lipschitz(critic, [-3.0], [5.0], KEY)
    assert 0.5 < float(found.maximised) < 1.01
    states, _ = training.train_many(game, training.init_many(game, jax.random.split(KEY, 3)), 5)
    assert states.discriminator.state.constraint["layers"][0]["kernel"].right.shape == (3, 8)


def test_spectral_normalization_by_the_settings_alone_is_exact():
    game = small_game(lipschitz.unconstrained())
    settings = training.Settings(constraint=lipschitz.spectral_normalization(), freeze_generator=True)
    state, history = training.train(game, training.init(game, jax.random.key(0)), 50, settings)
    critic = games.discriminator_function(game, state, settings)
    assert float(lipschitz.estimate_lipschitz(critic, [-3.0], [5.0], KEY).maximised) < 1 + 1e-5
    assert np.isfinite(history.value).all()
