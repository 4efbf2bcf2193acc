"""BatchNorm."""

import numpy as np
import pytest
from mx_core import autograd, nd, sym
from mx_core.base import MXNetError
from mx_core.test_utils import check_gradient

RNG = np.random.default_rng(0)
EPS = 0.01


def arrays(shape, axis, dtype="float64"):
    n = shape[axis]
    values = RNG.normal(size=shape), RNG.normal(size=n), RNG.normal(size=n), RNG.normal(size=n), RNG.uniform(1, 2, n)
    wide = "float32" if dtype == "float16" else dtype
    return [nd.array(v, dtype=dtype if i == 0 else wide) for i, v in enumerate(values)]


def column(x, axis, ndim):
    return x.asnumpy().astype("float64").reshape([-1 if i == axis % ndim else 1 for i in range(ndim)])


@pytest.mark.parametrize("shape, axis", [((6, 3), 1), ((2, 3, 5), 1), ((3, 4, 5, 2), -1), ((70, 2), 0)])
@pytest.mark.parametrize("dtype, tolerance", [("float64", 1e-10), ("float32", 1e-4), ("float16", 2e-2)])
@pytest.mark.parametrize("train", [True, False])
def test_values_and_averages(shape, axis, dtype, tolerance, train):
    x, gamma, beta, mean, var = arrays(shape, axis, dtype)
    before = [column(a, axis, x.ndim) for a in (gamma, beta, mean, var)]
    with autograd.record(train_mode=train):
        y = nd.BatchNorm(x, gamma, beta, mean, var, eps=EPS, momentum=0.8, fix_gamma=False, axis=axis)
    wide, others = x.asnumpy().astype("float64"), tuple(i for i in range(x.ndim) if i != axis % x.ndim)
    used_mean, used_var = before[2:]
    if train:
        used_mean, used_var = wide.mean(others, keepdims=True), wide.var(others, keepdims=True)
    want = (wide - used_mean) / np.sqrt(used_var + EPS) * before[0] + before[1]
    np.testing.assert_allclose(y.asnumpy(), want, rtol=tolerance, atol=3 * tolerance)
    assert y.dtype == x.dtype
    for state, old, new in [(mean, before[2], used_mean), (var, before[3], used_var)]:
        expected = 0.8 * old + 0.2 * new if train else old
        np.testing.assert_allclose(column(state, axis, x.ndim), expected, rtol=max(tolerance, 1e-6), atol=tolerance)


@pytest.mark.parametrize("shape, axis", [((5, 3), 1), ((2, 3, 4), 1), ((2, 3, 2, 2), -1)])
@pytest.mark.parametrize("use_global_stats", [False, True])
def test_gradients(shape, axis, use_global_stats):
    x, gamma, beta, mean, var = arrays(shape, axis)
    kept = mean.asnumpy(), var.asnumpy()

    def function(*given):
        states = [nd.array(a, dtype="float64") for a in kept]
        options = {"fix_gamma": False, "use_global_stats": use_global_stats, "axis": axis, "eps": EPS}
        return nd.BatchNorm(*given, *states, **options)

    check_gradient(function, x.asnumpy(), gamma.asnumpy(), beta.asnumpy())


def test_fixed_gamma_is_one_and_has_no_gradient():
    x, gamma, beta, mean, var = arrays((4, 3), 1)
    for array in (x, gamma, beta):
        array.attach_grad()
    with autograd.record():
        y = nd.BatchNorm(x, gamma, beta, mean, var)
    y.backward()
    assert (gamma.asnumpy() == 1).all() and (gamma.grad.asnumpy() == 0).all()
    np.testing.assert_allclose(beta.grad.asnumpy(), 4)


def test_statistics_as_outputs():
    x, gamma, beta, mean, var = arrays((50, 3), 1)
    with autograd.record():
        _, batch_mean, inverse = nd.BatchNorm(x, gamma, beta, mean, var, output_mean_var=True, eps=EPS)
    np.testing.assert_allclose(batch_mean.asnumpy(), x.asnumpy().mean(0), rtol=1e-10)
    np.testing.assert_allclose(inverse.asnumpy(), 1 / np.sqrt(x.asnumpy().var(0) + EPS), rtol=1e-10)


def test_large_offset():
    x = RNG.normal(size=(64, 2, 10, 10)) + 1000
    with autograd.record():
        y = nd.BatchNorm(nd.array(x), nd.ones(2), nd.zeros(2), nd.zeros(2), nd.ones(2))
    want = (x - x.mean((0, 2, 3), keepdims=True)) / np.sqrt(x.var((0, 2, 3), keepdims=True) + 1e-3)
    np.testing.assert_allclose(y.asnumpy(), want, atol=1e-3)


def test_empty_batch():
    inputs = [nd.array(np.zeros((0, 3))), nd.ones(3), nd.ones(3)]
    for array in inputs:
        array.attach_grad()
    with autograd.record():
        y = nd.BatchNorm(*inputs, nd.zeros(3), nd.ones(3), fix_gamma=False)
    y.backward()
    assert y.shape == (0, 3)
    for array in inputs[1:]:
        np.testing.assert_array_equal(array.grad.asnumpy(), np.zeros(3))


def test_symbol():
    layer = sym.BatchNorm(sym.var("data"), name="bn")
    assert layer.list_arguments() == ["data", "bn_gamma", "bn_beta"]
    assert layer.list_auxiliary_states() == ["bn_moving_mean", "bn_moving_var"]
    assert layer.infer_shape(data=(2, 3, 4)) == ([(2, 3, 4), (3,), (3,)], [(2, 3, 4)], [(3,), (3,)])


def test_integers_are_refused():
    with pytest.raises(MXNetError, match=r"\[BatchNorm\].*int32"):
        nd.BatchNorm(nd.ones((2, 3), dtype="int32"), nd.ones(3), nd.ones(3), nd.ones(3), nd.ones(3))
