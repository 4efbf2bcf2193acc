"""Activation and LeakyReLU."""

import numpy as np
import pytest
from mx_core import autograd, nd, random, sym
from mx_core.base import MXNetError
from mx_core.test_utils import check_gradient

RNG = np.random.default_rng(0)
X = RNG.normal(size=(3, 4, 5)) * 3
DTYPES = [("float64", 1e-6), ("float32", 1e-5), ("float16", 5e-3)]


def check(function, want, *inputs):
    for dtype, tolerance in DTYPES:
        got = function(*(nd.array(x, dtype=dtype) for x in inputs))
        assert got.dtype == np.dtype(dtype)
        np.testing.assert_allclose(got.asnumpy(), want, rtol=tolerance, atol=tolerance)
    check_gradient(function, *inputs)


@pytest.mark.parametrize(
    "act_type, formula",
    [
        ("relu", lambda x: np.maximum(x, 0)),
        ("sigmoid", lambda x: 1 / (1 + np.exp(-x))),
        ("softrelu", lambda x: np.logaddexp(0, x)),
        ("softsign", lambda x: x / (1 + abs(x))),
        ("tanh", np.tanh),
    ],
)
def test_activation(act_type, formula):
    check(lambda x: nd.Activation(x, act_type=act_type), formula(X), X)


def test_far_from_zero():
    x = nd.array([-1e4, -100, 100, 1e4])
    for act_type, want in [("sigmoid", [0, 0, 1, 1]), ("tanh", [-1, -1, 1, 1]), ("softrelu", [0, 0, 100, 1e4])]:
        np.testing.assert_allclose(nd.Activation(x, act_type=act_type).asnumpy(), want, atol=1e-30)


@pytest.mark.parametrize(
    "act_type, formula",
    [
        ("leaky", lambda x: np.where(x > 0, x, 0.3 * x)),
        ("elu", lambda x: np.where(x > 0, x, 0.3 * np.expm1(x))),
        ("selu", lambda x: 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(x))),
    ],
)
def test_leaky(act_type, formula):
    check(lambda x: nd.LeakyReLU(x, act_type=act_type, slope=0.3), formula(X), X)


def test_gelu():
    got = nd.LeakyReLU(nd.array([-2.0, -1.0, 0.0, 1.0, 2.0], dtype="float64"), act_type="gelu").asnumpy()
    np.testing.assert_allclose(got, [-0.045500264, -0.158655254, 0, 0.841344746, 1.954499736], rtol=1e-8)
    check_gradient(lambda x: nd.LeakyReLU(x, act_type="gelu"), X)


@pytest.mark.parametrize("shape, slopes", [((3, 4, 5), 4), ((3, 4, 5), 1), ((6, 3), 3), ((2, 3, 2, 2), 3)])
def test_prelu(shape, slopes):
    x, gamma = RNG.normal(size=shape), RNG.uniform(0.1, 0.5, slopes)
    along = gamma.reshape([-1 if i == 1 else 1 for i in range(x.ndim)])
    check(lambda *a: nd.LeakyReLU(*a, act_type="prelu"), np.where(x > 0, x, along * x), x, gamma)


def test_rrelu():
    x = nd.full((100, 100), -1)
    inference = nd.LeakyReLU(x, act_type="rrelu", lower_bound=0.1, upper_bound=0.3).asnumpy()
    np.testing.assert_allclose(inference, -0.2, rtol=1e-6)
    random.seed(5)
    x.attach_grad()
    with autograd.record():
        y = nd.LeakyReLU(x, act_type="rrelu", lower_bound=0.1, upper_bound=0.3)
    y.backward()
    slopes = -y.asnumpy()
    assert 0.1 <= slopes.min() < 0.11 and 0.29 < slopes.max() <= 0.3 and abs(slopes.mean() - 0.2) < 0.005
    np.testing.assert_allclose(x.grad.asnumpy(), slopes, rtol=1e-6)


def test_slopes_are_inferred():
    layer = sym.LeakyReLU(sym.var("data"), act_type="prelu", name="act")
    assert layer.list_arguments() == ["data", "act_gamma"]
    assert layer.infer_shape(data=(2, 3, 4))[0] == [(2, 3, 4), (3,)]
    assert sym.LeakyReLU(sym.var("data")).list_arguments() == ["data"]


@pytest.mark.parametrize("options", [{}, {"act_type": "cube"}])
def test_refused(options):
    with pytest.raises(MXNetError, match=r"\[Activation\].*act_type"):
        nd.Activation(nd.ones(3), **options)
