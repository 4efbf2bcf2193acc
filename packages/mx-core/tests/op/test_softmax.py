"""The softmax family."""

import numpy as np
import pytest
from mx_core import nd
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


def test_result_dtype():
    assert nd.softmax(nd.array(X, dtype="float16"), dtype="float32").dtype == np.float32
