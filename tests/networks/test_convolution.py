"""Convolutions: both ways to compute them, against scipy's, and their derivatives against each other's."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.signal
from flax import nnx
from jax.test_util import check_grads

from gantheory.networks import Convolution, TransposedConvolution, _convolution

# Kernel size, stride, channels in, channels out, image. At stride 1 the order of the sums depends on the channels.
CASES = [
    (4, 2, 3, 5, (6, 8)),
    (4, 2, 5, 1, (6, 4)),
    (3, 1, 2, 5, (5, 4)),
    (3, 1, 5, 2, (5, 4)),
    (1, 1, 3, 2, (3, 2)),
    (6, 2, 2, 2, (4, 6)),
    (3, 3, 2, 4, (6, 3)),
]
PRODUCT = {"plain": _convolution._as_product, "transposed": _convolution._transposed_as_product}
NATIVE = {"plain": _convolution._native, "transposed": _convolution._transposed_native}
PUBLIC = {"plain": _convolution.convolve, "transposed": _convolution.convolve_transposed}


def example(case, n=2):
    k, stride, c, d, (h, w) = case
    rng = np.random.default_rng(k + c)
    return rng.normal(size=(n, h, w, c)), rng.normal(size=(k, k, c, d)), stride


def plain(x, kernel, stride):
    """Slide the kernel over every pixel by scipy, and keep every stride-th."""
    pad = (len(kernel) - stride) // 2
    x = np.pad(x, [(0, 0), (pad, pad), (pad, pad), (0, 0)])
    return np.stack(
        [
            sum(
                np.stack([scipy.signal.correlate2d(one, kernel[:, :, c, d], "valid") for one in x[..., c]])
                for c in range(kernel.shape[2])
            )[:, ::stride, ::stride]
            for d in range(kernel.shape[3])
        ],
        axis=-1,
    )


def transposed(x, kernel, stride):
    """Paint the kernel around every pixel, written out."""
    (n, h, w, _), (k, _, _, d) = x.shape, kernel.shape
    y = np.zeros((n, stride * (h - 1) + k, stride * (w - 1) + k, d))
    for i in range(h):
        for j in range(w):
            painted = np.einsum("nc,abcd->nabd", x[:, i, j], kernel)
            y[:, stride * i : stride * i + k, stride * j : stride * j + k] += painted
    pad = (k - stride) // 2
    return y[:, pad : pad + stride * h, pad : pad + stride * w]


ORACLES = {"plain": plain, "transposed": transposed}


@pytest.mark.parametrize("kind", ORACLES)
@pytest.mark.parametrize("case", CASES)
def test_both_ways_are_the_sum_written_out(x64, kind, case):
    x, kernel, stride = example(case)
    ways = jax.jit(lambda x, kernel: [way[kind](x, kernel, stride) for way in (PRODUCT, NATIVE, PUBLIC)])
    for y in ways(x, kernel):
        np.testing.assert_allclose(y, ORACLES[kind](x, kernel, stride), atol=1e-12)


@pytest.mark.parametrize("case", CASES)
def test_the_transposed_one_is_the_adjoint(x64, case):
    x, kernel, stride = example(case)
    y = np.random.default_rng(7).normal(size=plain(x, kernel, stride).shape)

    @jax.jit
    def products(x, y, kernel):
        forth = _convolution.convolve(x, kernel, stride)
        back = _convolution.convolve_transposed(y, kernel.swapaxes(2, 3), stride)
        return jnp.sum(forth * y), jnp.sum(x * back)

    forth, back = products(x, y, kernel)
    assert float(forth) == pytest.approx(float(back), rel=1e-12)


@pytest.mark.parametrize("kind", ORACLES)
@pytest.mark.parametrize("case", CASES[:4])
def test_first_and_second_derivatives_are_those_of_the_native_one(x64, kind, case):
    x, kernel, stride = example(case)

    def derivatives(way):
        def critic(x, kernel):
            return jnp.sum(jnp.tanh(way[kind](x[None], kernel, stride)))

        def penalty(kernel):
            # As a gradient penalty has it: the slopes of every example alone, and then their slope in the weights.
            slopes = jax.vmap(jax.grad(critic), (0, None))(jnp.asarray(x), kernel)
            return jnp.mean((jnp.sqrt(jnp.sum(slopes**2, axis=(1, 2, 3))) - 1) ** 2)

        loss = lambda x, kernel: jnp.sum(jax.vmap(critic, (0, None))(x, kernel))  # noqa: E731
        return jax.jit(
            lambda x, kernel: (jax.grad(loss, (0, 1))(x, kernel), jax.value_and_grad(penalty)(kernel))
        )(jnp.asarray(x), jnp.asarray(kernel))

    for ours, native in zip(*(jax.tree.leaves(derivatives(way)) for way in (PRODUCT, NATIVE)), strict=True):
        assert np.abs(native).max() > 1e-3
        np.testing.assert_allclose(ours, native, atol=1e-10)


@pytest.mark.parametrize("kind", ORACLES)
def test_derivatives_forwards(x64, kind):
    x, kernel, stride = example((4, 2, 3, 2, (4, 4)), n=1)

    @jax.jit
    def way(x, kernel):
        return jnp.sin(PUBLIC[kind](x, kernel, stride))

    check_grads(way, (jnp.asarray(x), jnp.asarray(kernel)), order=1, modes=("fwd",))


@pytest.mark.parametrize("kind", ORACLES)
def test_many_kernels_at_once(x64, kind):
    x, kernel, stride = example(CASES[0])
    kernels = np.stack([kernel, -2 * kernel, kernel[::-1]])
    xs = np.stack([x, 2 * x, 3 * x])

    def size(x, kernel):
        """Every seed its own penalty: the slopes in x."""
        return jnp.sum(jnp.square(jax.grad(lambda x: jnp.sum(jnp.sin(PUBLIC[kind](x, kernel, stride))))(x)))

    def both(x, kernel):
        return PUBLIC[kind](x, kernel, stride), jax.grad(size, 1)(x, kernel)

    images, gradients = jax.jit(jax.vmap(both))(xs, kernels)
    one = jax.jit(both)
    for i in range(3):
        np.testing.assert_allclose(images[i], ORACLES[kind](xs[i], kernels[i], stride), atol=1e-12)
        np.testing.assert_allclose(gradients[i], one(xs[i], kernels[i])[1], atol=1e-9)


@pytest.mark.parametrize(("layer", "taps"), [(Convolution, 16), (TransposedConvolution, 4)])
def test_the_start(layer, taps):
    made = layer(24, 50, kernel_size=4, stride=2, gain=1.5, rngs=nnx.Rngs(0))
    kernel = np.asarray(made.kernel[...])
    bound = 1.5 * np.sqrt(3 / (24 * taps))
    assert kernel.shape == (4, 4, 24, 50) and kernel.dtype == np.float32
    assert 0.99 * bound < np.abs(kernel).max() <= bound
    assert abs(kernel.mean()) < 0.02 * bound
    np.testing.assert_array_equal(made.bias[...], np.zeros(50))
    # Away from the border an output is of the gain's size.
    x = np.random.default_rng(1).normal(size=(20, 16, 16, 24)).astype(np.float32)
    inner = np.asarray(made(x))[:, 2:-2, 2:-2]
    assert inner.std() == pytest.approx(1.5, rel=0.05)


def test_the_bias_is_added_to_every_pixel():
    for layer in (Convolution(1, 2, rngs=nnx.Rngs(0)), TransposedConvolution(1, 2, rngs=nnx.Rngs(0))):
        layer.bias = nnx.Param(jnp.array([3.0, -1.0]))
        y = layer(np.zeros((1, 4, 4, 1), np.float32))
        np.testing.assert_array_equal(y, np.broadcast_to(np.float32([3, -1]), y.shape))


@pytest.mark.parametrize("layer", [Convolution, TransposedConvolution])
def test_computing_in_bfloat16(layer):
    wide = layer(3, 4, rngs=nnx.Rngs(0))
    narrow = layer(3, 4, dtype=jnp.bfloat16, rngs=nnx.Rngs(0))
    x = np.random.default_rng(1).normal(size=(2, 8, 8, 3)).astype(np.float32)
    assert narrow(x).dtype == jnp.bfloat16 and narrow.kernel[...].dtype == jnp.float32
    difference = np.abs(np.asarray(narrow(x), np.float32) - wide(x))
    assert 1e-4 < difference.max() < 0.1  # eight bits of precision


@pytest.mark.parametrize("layer", [Convolution, TransposedConvolution])
@pytest.mark.parametrize(
    ("arguments", "error", "sentence"),
    [
        (dict(in_features=0), ValueError, "in_features must be a whole number of at least 1, got 0"),
        (dict(out_features=2.0), TypeError, "out_features must be a whole number"),
        (dict(stride=0), ValueError, "stride must be a whole number of at least 1, got 0"),
        (
            dict(kernel_size=5),
            ValueError,
            "kernel_size must be a multiple of the stride 2 that differs .*, got 5",
        ),
        (
            dict(kernel_size=2, stride=1),
            ValueError,
            "kernel_size must be a multiple of the stride 1 .*, got 2",
        ),
        (dict(gain=-1.0), ValueError, "gain must be a finite number at least 0, got -1.0"),
        (dict(dtype="float99"), TypeError, "dtype must be None or a floating-point dtype, .*, got 'float99'"),
        (dict(dtype=jnp.int32), TypeError, "dtype must be None or a floating-point dtype"),
    ],
)
def test_bad_arguments(layer, arguments, error, sentence):
    with pytest.raises(error, match=sentence):
        layer(**{"in_features": 2, "out_features": 3, **arguments}, rngs=nnx.Rngs(0))


def test_bad_images():
    for layer in (Convolution(3, 2, rngs=nnx.Rngs(0)), TransposedConvolution(3, 2, rngs=nnx.Rngs(0))):
        for shape in ((4, 4, 3), (1, 4, 4, 2)):
            with pytest.raises(ValueError, match=r"x must be images of shape \[n, h, w, 3\], got shape"):
                layer(jnp.zeros(shape))
    with pytest.raises(ValueError, match="width of x must be a multiple of the stride 2, got 5"):
        Convolution(3, 2, rngs=nnx.Rngs(0))(jnp.zeros((1, 4, 5, 3)))
