"""The perceptron against the same sums in numpy, and its start."""

import inspect

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from gantheory import networks
from gantheory.networks import MLP

NUMPY = {
    "relu": lambda x: np.maximum(x, 0),
    "leaky_relu": lambda x: np.where(x > 0, x, 0.2 * x),
    "tanh": np.tanh,
    "softplus": lambda x: np.log1p(np.exp(x)),
    "gelu": lambda x: 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))),
    "silu": lambda x: x / (1 + np.exp(-x)),
    "maxmin": lambda x: np.sort(x.reshape(len(x), -1, 2), axis=-1)[..., ::-1].reshape(x.shape),
}


def test_every_activation_is_tested():
    assert set(NUMPY) == set(networks.ACTIVATIONS)


@pytest.mark.parametrize("activation", NUMPY)
@pytest.mark.parametrize("depth", [0, 1, 3])
def test_output_is_that_of_the_layers_written_out(activation, depth):
    network = MLP(3, 2, width=8, depth=depth, activation=activation, rngs=nnx.Rngs(0))
    x = np.random.default_rng(1).normal(size=(5, 3)).astype(np.float32)
    expected = x
    for i, layer in enumerate(network.layers):
        expected = expected @ np.asarray(layer.kernel[...]) + np.asarray(layer.bias[...])
        if i < depth:
            expected = NUMPY[activation](expected)
    assert len(network.layers) == depth + 1
    np.testing.assert_allclose(network(x), expected, rtol=1e-4, atol=1e-6)


def test_maxmin_keeps_every_length_and_makes_the_absolute_value():
    maxmin = networks.ACTIVATIONS["maxmin"]
    x = jnp.asarray(np.random.default_rng(0).normal(size=(6, 8)), jnp.float32)
    np.testing.assert_allclose(np.linalg.norm(maxmin(x), axis=1), np.linalg.norm(x, axis=1), rtol=1e-6)
    line = jnp.linspace(-2, 2, 9)[:, None]
    pair = np.sqrt(np.float32(0.5)) * np.array([[1, -1]], np.float32)
    np.testing.assert_allclose(maxmin(line @ pair) @ pair.T, np.abs(line), atol=1e-6)  # all norms are 1
    jacobian = jax.jacobian(maxmin)(x[0])
    np.testing.assert_allclose(jacobian @ jacobian.T, np.eye(8), atol=1e-7)


def test_maxmin_needs_an_even_width():
    with pytest.raises(ValueError, match=r"width must be even for the activation maxmin, .*, got 7"):
        MLP(1, 1, width=7, activation="maxmin", rngs=nnx.Rngs(0))
    with pytest.raises(ValueError, match=r"width must be even for the activation maxmin, .*, got 3"):
        networks.ACTIVATIONS["maxmin"](jnp.zeros((2, 3)))
    assert MLP(1, 1, width=7, depth=0, activation="maxmin", rngs=nnx.Rngs(0)).num_parameters == 2


def test_shapes_and_the_number_of_parameters():
    network = MLP(2, 1, width=128, depth=2, rngs=nnx.Rngs(0))
    assert network(jnp.zeros((9, 2))).shape == (9, 1)  # one output stays an axis of its own
    assert network.num_parameters == (2 * 128 + 128) + (128 * 128 + 128) + (128 + 1)
    assert MLP(4, 3, depth=0, rngs=nnx.Rngs(0)).num_parameters == 4 * 3 + 3


def test_an_own_activation():
    network = MLP(1, 1, width=4, depth=1, activation=jnp.sin, rngs=nnx.Rngs(0))
    first, last = network.layers
    x = np.array([[0.3], [2.0]], np.float32)
    expected = np.sin(x @ first.kernel[...] + first.bias[...][None]) @ last.kernel[...] + last.bias[...][None]
    np.testing.assert_allclose(network(x), expected, rtol=1e-5)


def test_weights_and_biases_start_uniform_within_one_over_the_root_of_the_fan_in():
    network = MLP(4, 1, width=400, depth=2, rngs=nnx.Rngs(3))
    for layer, fan_in in zip(network.layers, (4, 400, 400), strict=True):
        bound = 1 / np.sqrt(fan_in)
        kernel = np.asarray(layer.kernel[...])
        assert np.abs(kernel).max() <= bound
        assert abs(kernel.mean()) < 5 * bound / np.sqrt(3 * kernel.size)
        assert kernel.std() == pytest.approx(bound / np.sqrt(3), rel=0.1)
    biases = np.asarray(network.layers[0].bias[...])
    assert np.abs(biases).max() > 0.45 and biases.std() > 0.2  # not 0: the kinks start spread out


def test_the_identity_has_nothing_to_learn():
    network, x = networks.Identity(nnx.Rngs(0)), jnp.arange(6.0).reshape(3, 2)
    np.testing.assert_array_equal(network(x), x)
    assert jax.tree.leaves(nnx.state(network, nnx.Param)) == []


def test_the_seed_decides_the_start():
    kernels = [np.asarray(MLP(2, 1, rngs=nnx.Rngs(seed)).layers[1].kernel[...]) for seed in (0, 0, 1)]
    np.testing.assert_array_equal(kernels[0], kernels[1])
    assert not np.array_equal(kernels[0], kernels[2])


def test_float64(x64):
    network = MLP(2, 1, width=4, rngs=nnx.Rngs(0))
    assert {leaf.dtype for leaf in jax.tree.leaves(nnx.state(network))} == {jnp.dtype("float64")}
    assert network(jnp.zeros((3, 2))).dtype == jnp.float64


@pytest.mark.parametrize(
    ("arguments", "error", "sentence"),
    [
        (dict(in_dim=0), ValueError, "in_dim must be a whole number of at least 1, got 0"),
        (dict(out_dim=1.0), TypeError, "out_dim must be a whole number"),
        (dict(width=-3), ValueError, "width must be a whole number of at least 1, got -3"),
        (dict(depth=-1), ValueError, "depth must be a whole number of at least 0, got -1"),
        (dict(activation="swish"), ValueError, "activation must be one of relu, .*, got 'swish'"),
        (dict(activation=3), TypeError, "activation must be one of relu"),
    ],
)
def test_bad_arguments(arguments, error, sentence):
    with pytest.raises(error, match=sentence):
        MLP(**{"in_dim": 2, "out_dim": 1, **arguments}, rngs=nnx.Rngs(0))


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        (MLP, (1, 1)),
        (networks.ConditionalMLP, (1, 1, 2)),
        (networks.Convolution, (1, 1)),
        (networks.TransposedConvolution, (1, 1)),
        (networks.DCGANGenerator, (4, (8, 8, 1))),
        (networks.DCGANDiscriminator, ((8, 8, 1),)),
        (networks.ResNetGenerator, (4, (8, 8, 1))),
        (networks.ResNetDiscriminator, ((8, 8, 1),)),
        (networks.TranslationGenerator, ((8, 8, 1),)),
    ],
)
def test_a_seed_is_no_random_numbers(kind, arguments):
    for rngs in (0, jax.random.key(0)):
        with pytest.raises(TypeError, match=r"rngs must be random numbers of flax, nnx\.Rngs\(seed\), got"):
            kind(*arguments, rngs=rngs)


@pytest.mark.parametrize("shape", [(5,), (5, 3), (2, 5, 2)])
def test_input_of_another_shape(shape):
    with pytest.raises(ValueError, match=r"x must be an array of shape \[n, 2\], got shape"):
        MLP(2, 1, rngs=nnx.Rngs(0))(jnp.zeros(shape))


# With labels ------------------------------------------------------------------------------------------------------


def test_the_conditional_perceptron_is_one_of_the_point_and_its_label_in_unary():
    network = networks.ConditionalMLP(2, 3, 4, width=8, depth=1, rngs=nnx.Rngs(0))
    x, labels = np.random.default_rng(0).normal(size=(5, 2)).astype(np.float32), np.array([3, 0, 0, 2, 1])
    rows = jnp.asarray(np.concatenate([x, np.eye(4)[labels]], axis=1), jnp.float32)
    np.testing.assert_allclose(network(x, jnp.asarray(labels)), network.network(rows), rtol=1e-5)
    assert network.network.in_dim == 6
    same = network(np.repeat(x[:1], 4, axis=0), jnp.arange(4))
    assert len(np.unique(same[:, 0])) == 4


@pytest.mark.parametrize(
    ("labels", "error", "came"),
    [
        (None, TypeError, "None"),
        (jnp.zeros(3), ValueError, "an array of shape"),
        (jnp.zeros(4, int), ValueError, "an array of shape"),
        (jnp.array([0, 1, 4]), ValueError, "0 to 4"),
        (jnp.array([0, -1, 3]), ValueError, "-1 to 3"),
    ],
)
def test_labels_that_the_conditional_perceptron_refuses(labels, error, came):
    network = networks.ConditionalMLP(2, 1, 4, width=8, depth=1, rngs=nnx.Rngs(0))
    sentence = r"labels must be an array \[3\] of whole numbers below 4 and at least 0, got " + came
    with pytest.raises(error, match=sentence):
        inspect.unwrap(type(network).__call__)(network, jnp.zeros((3, 2)), labels)


def test_the_conditional_perceptron_checks_its_sizes():
    with pytest.raises(ValueError, match="num_classes must be a whole number of at least 1, got 0"):
        networks.ConditionalMLP(2, 1, 0, rngs=nnx.Rngs(0))
    with pytest.raises(ValueError, match=r"x must be an array of shape \[n, 2\], got shape \[3, 3\]"):
        networks.ConditionalMLP(2, 1, 4, rngs=nnx.Rngs(0))(jnp.zeros((3, 3)), jnp.zeros(3, int))


def test_an_unlabelled_network_never_sees_the_label():
    network = networks.Unlabelled(MLP(2, 1, width=8, rngs=nnx.Rngs(0)))
    x = jnp.ones((3, 2))
    np.testing.assert_array_equal(network(x, jnp.array([0, 1, 2])), network.network(x))
    np.testing.assert_array_equal(network(x), network.network(x))
    with pytest.raises(TypeError, match=r"network must be an nnx\.Module, got 3"):
        networks.Unlabelled(3)
