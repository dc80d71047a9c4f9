"""The networks for images: what they compute, the scale they start at, and what they refuse."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from gantheory import lipschitz, networks
from gantheory.networks import (
    Convolution,
    DCGANDiscriminator,
    DCGANGenerator,
    ResNetDiscriminator,
    ResNetGenerator,
    TranslationGenerator,
    TransposedConvolution,
    _residual,
)

GENERATORS, DISCRIMINATORS = (DCGANGenerator, ResNetGenerator), (DCGANDiscriminator, ResNetDiscriminator)
N = 3


def noise(*shape, seed=0, dtype=np.float32):
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


def images(n, shape, seed=0, dtype=np.float32):
    return np.random.default_rng(seed).uniform(-1, 1, size=(n, *shape)).astype(dtype)


def run(network, *inputs):
    """Apply a network in one compilation."""
    graph, state = nnx.split(network)
    return jax.jit(lambda state, *inputs: nnx.merge(graph, state)(*inputs))(state, *inputs)


def make(kind, shape=(8, 8, 1), width=4, seed=0, **options):
    dim = (5,) if kind in GENERATORS else ()
    return kind(*dim, shape, width=width, rngs=nnx.Rngs(seed), **options)


def point_of(kind, n=N, shape=(8, 8, 1), seed=0):
    return noise(n, 5, seed=seed) if kind in GENERATORS else images(n, shape, seed=seed)


# What they compute -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "options", "count"),
    [
        # width 4 on 8 x 8: the grids have 8, 4 and 2 pixels a side.
        (DCGANGenerator, {}, (5 + 1) * 2 * 2 * 8 + (16 * 8 * 4 + 4) + (16 * 4 + 1)),
        (DCGANDiscriminator, {}, (16 * 4 + 4) + (16 * 4 * 8 + 8) + (2 * 2 * 8 + 1)),
        (ResNetGenerator, {}, (5 + 1) * 2 * 2 * 4 + 4 * (9 * 16 + 4) + (9 * 4 + 1)),
        (ResNetDiscriminator, {}, (9 * 4 + 4) + (4 + 4) + 3 * (9 * 16 + 4) + (4 + 1)),
        # 8 and 4 pixels a side, two blocks on the latter
        (
            TranslationGenerator,
            {},
            (9 * 4 + 4) + (16 * 32 + 8) + 4 * (9 * 64 + 8) + (16 * 32 + 4) + (9 * 4 + 1),
        ),
        (DCGANGenerator, {"num_classes": 3}, (10 + 1) * 32 + (16 * 32 + 4) + 65 + 3 * 5),
        (ResNetDiscriminator, {"num_classes": 3}, 40 + 8 + 3 * 148 + 5 + 3 * 4),
    ],
)
def test_the_number_of_parameters(kind, options, count):
    network = make(kind, **options)
    assert network.num_parameters == count
    assert count == sum(leaf.size for leaf in jax.tree.leaves(nnx.state(network, nnx.Param)))


@pytest.mark.parametrize("kind", [*GENERATORS, *DISCRIMINATORS, TranslationGenerator])
def test_no_example_sees_another(kind):
    network = make(kind, width=2)
    x = jnp.asarray(point_of(kind))
    graph, state = nnx.split(network)
    slopes = jax.jit(jax.jacobian(lambda x: nnx.merge(graph, state)(x).reshape(N, -1).sum(axis=1)))(x)
    of_own = np.array([[np.abs(slopes[i, j]).max() for j in range(N)] for i in range(N)])
    assert np.diag(of_own).min() > 1e-4
    np.testing.assert_array_equal(of_own * (1 - np.eye(N)), 0)


def test_pooling_and_repeating_pixels_are_part_of_the_convolutions(x64):
    x = images(2, (6, 4, 3), dtype=float)
    plain = Convolution(3, 5, kernel_size=3, stride=1, rngs=nnx.Rngs(0))
    plain.bias = nnx.Param(jnp.arange(5.0))
    for kind, expected in (
        (_residual.PooledConvolution, lambda x: _residual.mean_pool(plain(x))),
        (_residual.UpsampledConvolution, lambda x: plain(_residual.upsample(x))),
    ):
        layer = kind(3, 5, gain=1.0, dtype=None, rngs=nnx.Rngs(0))
        layer.kernel, layer.bias = plain.kernel, plain.bias
        ours, theirs = jax.jit(lambda x, layer=layer, expected=expected: (layer(x), expected(x)))(
            jnp.asarray(x)
        )
        np.testing.assert_allclose(ours, theirs, atol=1e-12)
    pooled, repeated = _residual.mean_pool(jnp.asarray(x)), _residual.upsample(jnp.asarray(x))
    np.testing.assert_allclose(
        pooled[:, 1, 1], (x[:, 2, 2] + x[:, 2, 3] + x[:, 3, 2] + x[:, 3, 3]) / 4, atol=1e-12
    )
    np.testing.assert_array_equal(repeated[:, 1::2, ::2], x)
    np.testing.assert_array_equal(_residual.mean_pool(repeated), x)


def test_the_residual_blocks_add_to_their_input():
    x = jnp.asarray(images(2, (4, 4, 3)))
    blocks = {
        _residual.ResidualBlock: lambda x: x,
        _residual.DoublingBlock: _residual.upsample,
        _residual.HalvingBlock: _residual.mean_pool,
    }
    for kind, shortcut in blocks.items():
        silent, loud = (kind(3, gain=gain, dtype=None, rngs=nnx.Rngs(0)) for gain in (0.0, 1.0))
        np.testing.assert_array_equal(run(silent, x), shortcut(x))
        assert np.abs(run(loud, x) - shortcut(x)).max() > 0.1


def test_instance_normalisation():
    x = 5 + 3 * noise(2, 6, 6, 3)
    x[1, :, :, 2] = 7  # a channel without contrast
    y = np.asarray(networks._translation._normalize(jnp.asarray(x)))
    np.testing.assert_allclose(y.mean(axis=(1, 2)), 0, atol=1e-5)
    squares = np.mean(y**2, axis=(1, 2))
    np.testing.assert_allclose(np.delete(squares.ravel(), 5), 1, atol=1e-4)
    assert squares[1, 2] == 0


# The scale they start at -----------------------------------------------------------------------------------------


LAYERS = (
    Convolution,
    TransposedConvolution,
    _residual.PooledConvolution,
    _residual.UpsampledConvolution,
    nnx.Linear,
)


@pytest.fixture
def mean_squares(monkeypatch):
    """A list that gets the mean square of what each layer returns."""
    squares = []

    def watch(layer):
        call = layer.__call__

        def watched(self, x):
            y = call(self, x)
            squares.append(jnp.mean(jnp.square(y)))
            return y

        monkeypatch.setattr(layer, "__call__", watched)

    for layer in LAYERS:
        watch(layer)
    return squares


@pytest.mark.parametrize("kind", [*GENERATORS, *DISCRIMINATORS, TranslationGenerator])
@pytest.mark.parametrize("shape", [(8, 8, 1), (28, 28, 1), (32, 32, 3), (4, 6, 2), (20, 12, 1)])
def test_shapes(kind, shape):
    y = jax.eval_shape(make(kind, shape), point_of(kind, shape=shape))
    assert y.shape == ((N, 1) if kind in DISCRIMINATORS else (N, *shape))


@pytest.mark.parametrize("shape", [(8, 8, 1), (32, 32, 3)])
@pytest.mark.parametrize("kind", [*GENERATORS, *DISCRIMINATORS, TranslationGenerator])
def test_images_come_out_and_activations_start_at_order_one(kind, shape, mean_squares):
    x = noise(N, 5)
    if kind not in GENERATORS:  # smooth, as images are
        rows = np.cos(np.arange(shape[0]) / 2)[None, :, None, None]
        x = np.broadcast_to(images(N, (1, 1, shape[2])) * rows, (N, *shape)).astype(np.float32)
    graph, state = nnx.split(make(kind, shape, width=32))

    def forward(state, x):
        mean_squares.clear()
        return nnx.merge(graph, state)(x), list(mean_squares)

    y, squares = jax.jit(forward)(state, x / np.sqrt(np.mean(x**2)))
    assert y.dtype == jnp.float32
    if kind in DISCRIMINATORS:
        assert y.shape == (N, 1) and np.ptp(y) > 0
    else:
        assert y.shape == (N, *shape) and np.abs(y).max() < 1
        assert np.ptp(y, axis=0).min() > 0  # no pixel is the same for all
    *inner, last = np.array(squares)
    assert len(inner) >= 2
    assert min(inner) > 0.1 and max(inner) < 4, squares
    assert 1e-3 < last < 3, squares  # a score is one number: where it falls is chance


# Labels ----------------------------------------------------------------------------------------------------------

LABELS = np.array([0, 2, 1])


@pytest.mark.parametrize("kind", [*GENERATORS, *DISCRIMINATORS])
def test_the_label_counts(kind):
    network = make(kind, num_classes=3)
    x = point_of(kind)
    y = run(network, x, LABELS)
    other = run(network, x, np.array([0, 2, 0]))
    np.testing.assert_allclose(y[:2], other[:2], atol=1e-6)  # and that of another example does not
    assert np.abs(y[2] - other[2]).max() > 1e-3
    assert network.num_classes == 3


@pytest.mark.parametrize("kind", GENERATORS)
def test_the_generator_lays_the_vector_of_the_label_beside_z(kind):
    network, z = make(kind, num_classes=3), noise(N, 5)
    plain = make(kind, num_classes=3)
    plain.embedding.embedding = nnx.Param(jnp.asarray(noise(3, 5, seed=1)))
    beside = jnp.concatenate([z, plain.embedding.embedding[...][LABELS]], axis=1)
    first = beside @ plain.first.kernel[...] + plain.first.bias[...][None]
    np.testing.assert_allclose(plain.first(beside), first, atol=1e-5)
    # Where both labels have the same vector, there is nothing to tell them apart.
    network.embedding.embedding = nnx.Param(jnp.ones((3, 5)))
    np.testing.assert_allclose(run(network, z, LABELS), run(network, z, LABELS[::-1].copy()), atol=1e-6)


@pytest.mark.parametrize("kind", DISCRIMINATORS)
def test_the_discriminator_projects_its_features_on_the_vector_of_the_label(x64, kind):
    network, x = make(kind, num_classes=3), images(N, (8, 8, 1), dtype=float)
    graph, state = nnx.split(network)

    @jax.jit
    def scores(embedding, x):
        network = nnx.merge(graph, state)
        network.embedding.embedding = nnx.Param(embedding)
        return network(x, LABELS)[:, 0]

    table = network.embedding.embedding[...]
    # The slope of the i-th score in the vector of its label is the features phi(x_i); in all others, nothing.
    slopes = jax.jit(jax.jacobian(scores))(table, x)
    features = np.stack([slopes[i, label] for i, label in enumerate(LABELS)])
    assert np.abs(slopes).sum() == pytest.approx(np.abs(features).sum())
    expected = features @ network.last.kernel[...] + network.last.bias[...][None]
    expected = expected[:, 0] + np.sum(features * np.asarray(table)[LABELS], axis=1)
    np.testing.assert_allclose(scores(table, x), expected, atol=1e-12)


# With constraints, in other dtypes, of other weights ---------------------------------------------------------------


@pytest.mark.parametrize("kind", DISCRIMINATORS)
def test_spectral_normalization_takes_the_kernels_as_matrices(x64, kind):
    graph, params, state = nnx.split(make(kind), nnx.Param, ...)
    constraint = lipschitz.spectral_normalization()
    divided = constraint.reparametrize(nnx.to_pure_dict(params))
    norms = [
        np.linalg.norm(np.asarray(leaf).reshape(-1, leaf.shape[-1]), 2)
        for leaf in jax.tree.leaves(divided)
        if leaf.ndim >= 2
    ]
    assert len(norms) == sum(leaf.ndim >= 2 for leaf in jax.tree.leaves(params)) >= 3
    np.testing.assert_allclose(norms, 1, rtol=1e-6)
    if kind is DCGANDiscriminator:
        # With kernels of 4 x 4 and stride 2 every pixel lies in 4 patches: each convolution is at most 2-Lipschitz.
        slopes = lipschitz.gradient_norms(
            lambda x: nnx.merge(graph, divided, state)(x[None])[0, 0],
            jnp.asarray(images(20, (8, 8, 1)), float),
        )
        assert 1e-3 < slopes.max() <= 4


@pytest.mark.parametrize("kind", [*GENERATORS, *DISCRIMINATORS, TranslationGenerator])
def test_computing_in_bfloat16(kind):
    x = point_of(kind)
    exact, rounded = run(make(kind), x), run(make(kind, dtype=jnp.bfloat16), x)
    assert rounded.dtype == jnp.float32
    assert 1e-5 < np.abs(rounded - exact).max() < 0.1
    graph, state = nnx.split(make(kind, dtype="bfloat16"))  # by its name, too
    gradient = jax.eval_shape(jax.grad(lambda state: nnx.merge(graph, state)(x).sum()), state)
    assert {leaf.dtype for leaf in jax.tree.leaves(gradient)} == {jnp.dtype("float32")}


@pytest.mark.parametrize("kind", [*GENERATORS, *DISCRIMINATORS, TranslationGenerator])
def test_float64(x64, kind):
    network = make(kind)
    assert {leaf.dtype for leaf in jax.tree.leaves(nnx.state(network, nnx.Param))} == {jnp.dtype("float64")}
    # Whatever comes in, the output has the dtype of the weights.
    assert jax.eval_shape(network, point_of(kind)).dtype == jnp.float64


@pytest.mark.parametrize("kind", [*GENERATORS, *DISCRIMINATORS, TranslationGenerator])
def test_the_seed_decides_the_start(kind):
    kernels = [jax.tree.leaves(nnx.state(make(kind, seed=seed), nnx.Param)) for seed in (0, 0, 1)]
    for first, again, other in zip(*kernels, strict=True):
        np.testing.assert_array_equal(first, again)
        assert first.ndim == 1 or not np.array_equal(first, other)


# What they refuse ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [*GENERATORS, *DISCRIMINATORS])
@pytest.mark.parametrize(
    ("arguments", "error", "sentence"),
    [
        (dict(shape=28), TypeError, r"shape must be \(height, width, channels\) of an image, .*, got 28"),
        (dict(shape=(28, 28)), TypeError, r"shape must be \(height, width, channels\)"),
        (dict(shape=(7, 8, 1)), ValueError, r"shape must be .* even and at least 4 .*, got \(7, 8, 1\)"),
        (dict(shape=(2, 8, 1)), ValueError, r"shape must be .* even and at least 4 .*, got \(2, 8, 1\)"),
        (dict(shape=(8, 8, 0)), ValueError, "shape must be a whole number of at least 1, got 0"),
        (dict(width=0), ValueError, "width must be a whole number of at least 1, got 0"),
        (dict(num_classes=0), ValueError, "num_classes must be a whole number of at least 1, got 0"),
        (dict(num_classes=2.5), TypeError, "num_classes must be a whole number"),
        (dict(dtype="half a float"), TypeError, "dtype must be None or a floating-point dtype"),
    ],
)
def test_bad_arguments(kind, arguments, error, sentence):
    with pytest.raises(error, match=sentence):
        make(kind, **{"shape": (8, 8, 1), **arguments})


def test_a_bad_dimension_of_the_prior():
    for kind in GENERATORS:
        with pytest.raises(ValueError, match="prior_dim must be a whole number of at least 1, got 0"):
            kind(0, (8, 8, 1), rngs=nnx.Rngs(0))
        with pytest.raises(ValueError, match=r"z must be an array of shape \[n, 5\], got shape \[3, 4\]"):
            make(kind)(noise(3, 4))


def test_bad_images():
    for kind in (*DISCRIMINATORS, TranslationGenerator):
        for shape in ((3, 8, 8), (3, 8, 8, 2), (3, 28, 28, 1)):
            with pytest.raises(ValueError, match=r"x must be images of shape \[n, 8, 8, 1\], got shape"):
                make(kind)(noise(*shape))


@pytest.mark.parametrize("kind", [*GENERATORS, *DISCRIMINATORS])
def test_bad_labels(kind):
    x, plain, conditional = point_of(kind), make(kind), make(kind, num_classes=3)
    with pytest.raises(
        TypeError, match="labels must be None, since the network was made without num_classes"
    ):
        plain(x, LABELS)
    allowed = r"labels must be an array \[3\] of whole numbers below 3 and at least 0, got "
    for labels, error in ((None, TypeError), (LABELS[:2], ValueError), (LABELS / 2, ValueError)):
        with pytest.raises(error, match=allowed):
            conditional(x, labels)
    for labels in (LABELS + 1, LABELS - 1):
        with pytest.raises(ValueError, match=allowed + f"{labels.min()} to {labels.max()}"):
            conditional(x, labels)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (dict(shape_in=(9, 9, 1)), r"shape_in must be .* even .*, got \(9, 9, 1\)"),
        (dict(shape_out=(4, 8, 1)), r"shape_out must be of the height and width of shape_in, \(8, 8\), got"),
        (dict(num_blocks=-1), "num_blocks must be a whole number of at least 0, got -1"),
    ],
)
def test_bad_arguments_of_the_translator(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        TranslationGenerator(**{"shape_in": (8, 8, 1), **arguments}, rngs=nnx.Rngs(0))


def test_translating_into_other_channels():
    network = TranslationGenerator((8, 12, 1), (8, 12, 3), width=2, num_blocks=0, rngs=nnx.Rngs(0))
    assert run(network, images(2, (8, 12, 1))).shape == (2, 8, 12, 3)
