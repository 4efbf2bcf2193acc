"""Reductions of axes against NumPy and numeric gradients."""

import numpy as np
import pytest
from mx_core import MXNetError, autograd, nd
from mx_core.test_utils import check_gradient, random_seed

REDUCTIONS = {"sum": np.sum, "mean": np.mean, "prod": np.prod, "max": np.max, "min": np.min, "nansum": np.nansum}
AXES = [None, 0, 1, 2, -1, (0, 1), (0, 2), (1, 2), (0, 1, 2)]


@pytest.mark.parametrize("name", REDUCTIONS)
@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("keepdims", [False, True])
def test_values_and_gradients(name, axis, keepdims):
    with random_seed():
        x = np.random.uniform(0.5, 1.5, (3, 4, 5))
        want = np.atleast_1d(REDUCTIONS[name](x, axis=axis, keepdims=keepdims))

        def function(data):
            return getattr(nd, name)(data, axis=axis, keepdims=keepdims)

        got = function(nd.array(x, dtype="float64"))
        assert got.shape == want.shape
        np.testing.assert_allclose(got.asnumpy(), want, rtol=1e-12)
        np.testing.assert_allclose(function(nd.array(x)).asnumpy(), want, rtol=1e-5)
        check_gradient(function, x)


@pytest.mark.parametrize("name", ["max", "min"])
@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "int32"])
def test_extremes_of_large_arrays(name, axis, dtype):
    with random_seed():
        x = (np.random.normal(size=(301, 307)) * 100).astype(dtype)
        if x.dtype.kind == "f":
            x[7, 11], x[300, 306], x[8, 12], x[9, 13] = np.nan, np.nan, np.inf, -np.inf
        got = getattr(nd, name)(nd.array(x, dtype=dtype), axis=axis).asnumpy()
        np.testing.assert_array_equal(got, getattr(np, name)(x, axis=axis))


def test_exclude():
    x = np.arange(24.0).reshape(2, 3, 4)
    np.testing.assert_array_equal(nd.sum(nd.array(x), axis=1, exclude=True).asnumpy(), x.sum((0, 2)))


def test_half_types_accumulate_in_float32():
    assert nd.sum(nd.ones((4096,), dtype="float16")).asscalar() == 4096
    assert nd.mean(nd.full((70000,), 2, dtype="float16")).asscalar() == 2


def test_ties_of_max_all_get_the_gradient():
    x = nd.array([1.0, 3, 3])
    x.attach_grad()
    with autograd.record():
        y = nd.max(x)
    y.backward()
    np.testing.assert_array_equal(x.grad.asnumpy(), [0, 1, 1])


def test_norm():
    x = np.random.default_rng(1).normal(size=(3, 4))
    for order, axis in ((2, None), (2, 1), (1, 0), (1, None)):
        want = np.atleast_1d(np.abs(x).sum(axis) if order == 1 else np.sqrt((x * x).sum(axis)))
        np.testing.assert_allclose(nd.norm(nd.array(x), ord=order, axis=axis).asnumpy(), want, rtol=1e-5)
        check_gradient(lambda data, order=order, axis=axis: nd.norm(data, ord=order, axis=axis), x)
    zero = nd.zeros((2,))
    zero.attach_grad()
    with autograd.record():
        y = nd.norm(zero)
    y.backward()
    np.testing.assert_array_equal(zero.grad.asnumpy(), [0, 0])


@pytest.mark.parametrize("name", ["argmax", "argmin"])
@pytest.mark.parametrize("axis", [None, 0, 1, 2])
@pytest.mark.parametrize("dtype", ["float32", "float16", "int32"])
def test_positions(name, axis, dtype):
    x = np.random.default_rng(3).integers(-9, 9, (3, 40, 5)).astype(dtype)
    got = getattr(nd, name)(nd.array(x, dtype=dtype), axis=axis)
    assert got.dtype == x.dtype
    np.testing.assert_array_equal(got.asnumpy(), np.atleast_1d(getattr(np, name)(x, axis=axis)))


def test_errors():
    with pytest.raises(MXNetError, match=r"\[sum\]"):
        nd.sum(nd.ones((2, 3)), axis=5)
    with pytest.raises(MXNetError, match="twice"):
        nd.sum(nd.ones((2, 3)), axis=(0, -2))
