"""The softmax family."""

import numpy as np
import pytest
from mx_core import autograd, nd
from mx_core.test_utils import check_gradient

X = np.random.default_rng(0).normal(size=(3, 4, 5))


def softmax(x, axis):
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


@pytest.mark.parametrize("axis", [0, 1, 2, -1])
@pytest.mark.parametrize("temperature", [None, 2.0])
def test_values_and_gradients(axis, temperature):
    x = X / (temperature or 1)
    wanted = {"softmax": softmax(x, axis), "log_softmax": np.log(softmax(x, axis)), "softmin": softmax(-x, axis)}
    for name, want in wanted.items():

        def function(data, name=name):
            return getattr(nd, name)(data, axis=axis, temperature=temperature)

        np.testing.assert_allclose(function(nd.array(X)).asnumpy(), want, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(function(nd.array(X, dtype="float16")).asnumpy(), want, rtol=1e-2, atol=2e-3)
        check_gradient(function, X)


@pytest.mark.parametrize("shape, axis", [((2, 300000), 1), ((60001, 37), 0)])
def test_long_sums_keep_their_digits(shape, axis):
    x = np.random.default_rng(1).normal(size=shape, scale=4).astype(np.float32)
    want = softmax(x.astype(np.float64), axis)
    np.testing.assert_allclose(nd.softmax(nd.array(x), axis=axis).asnumpy(), want, rtol=1e-5)
    head = np.random.default_rng(2).uniform(size=shape)
    data, given = nd.array(x), nd.array(head)
    data.attach_grad()
    with autograd.record():
        out = nd.softmax(data, axis=axis)
    out.backward(given)
    slope = want * (head - (head * want).sum(axis, keepdims=True))
    np.testing.assert_allclose(data.grad.asnumpy(), slope, atol=1e-4 * np.abs(slope).max())


def test_result_dtype():
    assert nd.softmax(nd.array(X, dtype="float16"), dtype="float32").dtype == np.float32
