"""Operators on one array, element by element, against NumPy and numeric gradients."""

import math

import numpy as np
import pytest
from mx_core import nd
from mx_core.test_utils import check_unary

UNARY = {
    "abs": (np.abs, (0.1, 2)),
    "negative": (np.negative, (-2, 2)),
    "relu": (lambda x: np.maximum(x, 0), (0.1, 2)),
    "sigmoid": (lambda x: 1 / (1 + np.exp(-x)), (-4, 4)),
    "tanh": (np.tanh, (-3, 3)),
    "exp": (np.exp, (-3, 3)),
    "log": (np.log, (0.2, 4)),
    "log2": (np.log2, (0.2, 4)),
    "log10": (np.log10, (0.2, 4)),
    "log1p": (np.log1p, (-0.5, 3)),
    "expm1": (np.expm1, (-3, 3)),
    "sqrt": (np.sqrt, (0.2, 4)),
    "rsqrt": (lambda x: 1 / np.sqrt(x), (0.2, 4)),
    "cbrt": (np.cbrt, (0.2, 4)),
    "rcbrt": (lambda x: 1 / np.cbrt(x), (0.2, 4)),
    "square": (np.square, (-2, 2)),
    "reciprocal": (np.reciprocal, (0.3, 2)),
    "sin": (np.sin, (-3, 3)),
    "cos": (np.cos, (-3, 3)),
    "tan": (np.tan, (-1, 1)),
    "arcsin": (np.arcsin, (-0.8, 0.8)),
    "arccos": (np.arccos, (-0.8, 0.8)),
    "arctan": (np.arctan, (-2, 2)),
    "sinh": (np.sinh, (-2, 2)),
    "cosh": (np.cosh, (-2, 2)),
    "arcsinh": (np.arcsinh, (-2, 2)),
    "arccosh": (np.arccosh, (1.2, 3)),
    "arctanh": (np.arctanh, (-0.7, 0.7)),
    "degrees": (np.degrees, (-2, 2)),
    "radians": (np.radians, (-90, 90)),
    "erf": (np.vectorize(math.erf), (-2, 2)),
    "softsign": (lambda x: x / (1 + np.abs(x)), (-2, 2)),
    "hard_sigmoid": (lambda x: np.clip(np.float32(0.2) * x + 0.5, 0, 1), (-2, 2)),
}


@pytest.mark.parametrize("name", UNARY)
def test_values_and_gradients(name):
    expected, domain = UNARY[name]
    check_unary(name, expected, domain)


def test_clip():
    check_unary("clip", lambda x: np.clip(x, -0.5, 1), (-0.4, 0.9), a_min=-0.5, a_max=1)
    x = nd.array([-2, -1, 0, 1, 2, np.nan])
    np.testing.assert_array_equal(nd.clip(x, -1, 1).asnumpy(), [-1, -1, 0, 1, 1, np.nan])


ROUNDING = {
    "floor": [-3, -1, 0, 0, 1, 2],
    "ceil": [-2, 0, 0, 1, 2, 3],
    "trunc": [-2, 0, 0, 0, 1, 2],
    "fix": [-2, 0, 0, 0, 1, 2],
    "round": [-3, -1, 0, 1, 2, 3],
    "rint": [-3, -1, 0, 0, 1, 2],
    "sign": [-1, -1, 0, 1, 1, 1],
    "logical_not": [0, 0, 1, 0, 0, 0],
}


@pytest.mark.parametrize("name", ROUNDING)
@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
def test_steps(name, dtype):
    x = nd.array([-2.5, -0.5, 0, 0.5, 1.5, 2.5], dtype=dtype)
    np.testing.assert_array_equal(getattr(nd, name)(x).asnumpy(), ROUNDING[name])


def test_nan_goes_through_relu_and_has_no_sign():
    x = nd.array([np.nan])
    assert np.isnan(nd.relu(x).asscalar())
    assert nd.sign(x).asscalar() == 0


def test_integers_keep_their_dtype():
    x = nd.array([1, 2, -3], dtype="int32")
    for name, want in (("exp", [2, 7, 0]), ("square", [1, 4, 9]), ("abs", [1, 2, 3]), ("sigmoid", [0, 0, 0])):
        y = getattr(nd, name)(x)
        assert y.dtype == np.int32
        np.testing.assert_array_equal(y.asnumpy(), want)
