"""LayerNorm, InstanceNorm, L2Normalization and LRN."""

import numpy as np
import pytest
from mx_core import autograd, nd, sym
from mx_core.base import MXNetError
from mx_core.test_utils import check_gradient

RNG = np.random.default_rng(0)


def standardized(x, axes, eps):
    mean, var = x.mean(axes, keepdims=True), x.var(axes, keepdims=True)
    return (x - mean) / np.sqrt(var + eps), mean, np.sqrt(var + eps)


def along(values, axis, ndim):
    return values.reshape([-1 if i == axis % ndim else 1 for i in range(ndim)])


@pytest.mark.parametrize("shape", [(3, 4, 5), (2, 1, 37), (130, 3)])
@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("dtype, tolerance", [("float64", 1e-12), ("float32", 1e-5), ("float16", 1e-2)])
def test_layer_norm(shape, axis, dtype, tolerance):
    x, n = RNG.normal(size=shape), shape[axis]
    gamma, beta = RNG.normal(size=n), RNG.normal(size=n)
    arrays = [nd.array(a, dtype=dtype) for a in (x, gamma, beta)]
    y, mean, std = nd.LayerNorm(*arrays, axis=axis, eps=1e-3, output_mean_var=True)
    want, want_mean, want_std = standardized(x, axis, np.float32(1e-3))
    want = want * along(gamma, axis, x.ndim) + along(beta, axis, x.ndim)
    for got, expected in [(y, want), (mean, want_mean), (std, want_std)]:
        assert got.dtype == np.dtype(dtype) and got.shape == expected.shape
        np.testing.assert_allclose(got.asnumpy(), expected, rtol=tolerance, atol=10 * tolerance)


@pytest.mark.parametrize("shape, axis", [((3, 4, 5), -1), ((3, 4, 5), 1), ((70, 3), 1), ((3, 2, 2), 0)])
def test_layer_norm_gradient(shape, axis):
    n = shape[axis]

    def function(x, gamma, beta):
        return nd.LayerNorm(x, gamma, beta, axis=axis, eps=1e-2)

    check_gradient(function, RNG.normal(size=shape), RNG.normal(size=n), RNG.normal(size=n))


def test_layer_norm_of_equal_numbers_is_beta():
    y = nd.LayerNorm(nd.full((2, 8), 1e4), nd.ones(8), nd.arange(8))
    np.testing.assert_array_equal(y.asnumpy(), np.tile(np.arange(8), (2, 1)))


def test_layer_norm_symbol():
    layer = sym.LayerNorm(sym.var("data"), name="ln")
    assert layer.list_arguments() == ["data", "ln_gamma", "ln_beta"]
    assert layer.list_outputs() == ["ln_output"]
    assert layer.infer_shape(data=(2, 3, 4, 5))[0] == [(2, 3, 4, 5), (5,), (5,)]


@pytest.mark.parametrize("shape", [(2, 3, 4), (2, 3, 5, 7), (1, 70, 1), (3, 2, 2, 3, 2)])
@pytest.mark.parametrize("dtype, tolerance", [("float64", 1e-12), ("float32", 1e-5), ("float16", 1e-2)])
def test_instance_norm(shape, dtype, tolerance):
    x, gamma, beta = RNG.normal(size=shape), RNG.normal(size=shape[1]), RNG.normal(size=shape[1])
    want, _, _ = standardized(x, tuple(range(2, len(shape))), np.float32(0.1))
    want = want * along(gamma, 1, x.ndim) + along(beta, 1, x.ndim)
    got = nd.InstanceNorm(*[nd.array(a, dtype=dtype) for a in (x, gamma, beta)], eps=0.1)
    assert got.dtype == np.dtype(dtype)
    np.testing.assert_allclose(got.asnumpy(), want, rtol=tolerance, atol=2 * tolerance)


@pytest.mark.parametrize("shape", [(2, 3, 4), (3, 2, 2, 3)])
def test_instance_norm_gradient(shape):
    def function(x, gamma, beta):
        return nd.InstanceNorm(x, gamma, beta, eps=0.1)

    check_gradient(function, RNG.normal(size=shape), RNG.normal(size=shape[1]), RNG.normal(size=shape[1]))


def test_instance_norm_needs_spatial_axes():
    with pytest.raises(MXNetError, match=r"\[InstanceNorm\].*\(2, 3\).*at least 3"):
        nd.InstanceNorm(nd.ones((2, 3)), nd.ones(3), nd.ones(3))


AXES = {"instance": (1, 2, 3), "channel": (1,), "spatial": (2, 3)}


@pytest.mark.parametrize("mode", AXES)
def test_l2_normalization(mode):
    x = RNG.normal(size=(2, 3, 4, 5))
    want = x / np.sqrt((x * x).sum(AXES[mode], keepdims=True) + 0.5)
    got = nd.L2Normalization(nd.array(x, dtype="float64"), mode=mode, eps=0.5)
    np.testing.assert_allclose(got.asnumpy(), want, rtol=1e-12)
    check_gradient(lambda data: nd.L2Normalization(data, mode=mode), x)


def test_l2_normalization_second_gradient():
    head = nd.array(RNG.normal(size=(2, 5)), dtype="float64")

    def slope(x):
        with autograd.record():
            y = nd.L2Normalization(x)
        return autograd.grad(y, x, head_grads=head, create_graph=True, retain_graph=True)[0]

    x = nd.array(RNG.normal(size=(2, 5)), dtype="float64")
    x.attach_grad()
    with autograd.record():
        y = nd.L2Normalization(x)
        first = autograd.grad(y, x, head_grads=head, create_graph=True, retain_graph=True)[0]
        total = (first * first).sum()
    total.backward()
    step, wanted = 1e-5, np.zeros(x.shape)
    for index in np.ndindex(*x.shape):
        sums = []
        for sign in (1, -1):
            moved = x.asnumpy().copy()
            moved[index] += sign * step
            near = nd.array(moved, dtype="float64")
            near.attach_grad()
            sums.append((slope(near) ** 2).sum().asscalar())
        wanted[index] = (sums[0] - sums[1]) / (2 * step)
    np.testing.assert_allclose(x.grad.asnumpy(), wanted, rtol=1e-5, atol=1e-7)


def lrn(x, alpha, beta, knorm, nsize):
    channels, half = x.shape[1], nsize // 2
    base = np.empty_like(x)
    for c in range(channels):
        window = x[:, max(0, c - half) : max(0, c - half + nsize)] if c >= half else x[:, : c - half + nsize]
        base[:, c] = knorm + alpha / nsize * (window**2).sum(1)
    return x / base**beta


@pytest.mark.parametrize("nsize", [1, 3, 4, 5, 20])
@pytest.mark.parametrize("shape", [(2, 7, 3, 4), (1, 5, 20, 20), (3, 6)])
@pytest.mark.parametrize("dtype, tolerance", [("float64", 1e-6), ("float32", 1e-5), ("float16", 3e-3)])
def test_lrn(nsize, shape, dtype, tolerance):
    x = RNG.normal(size=shape)
    got = nd.LRN(nd.array(x, dtype=dtype), nsize=nsize, alpha=0.7, beta=0.6, knorm=1.5)
    np.testing.assert_allclose(got.asnumpy(), lrn(x, 0.7, 0.6, 1.5, nsize), rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("nsize", [1, 4, 5])
def test_lrn_gradient(nsize):
    check_gradient(lambda x: nd.LRN(x, nsize=nsize, alpha=2, beta=0.75, knorm=1), RNG.normal(size=(2, 6, 2, 3)))
