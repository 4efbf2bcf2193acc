"""erfinv, the gamma function, and the small functions that losses and quantization use."""

import math

import numpy as np
import pytest
from mx_core import autograd, nd
from mx_core.test_utils import check_gradient, check_unary

QUADRATIC = {"a": 1.5, "b": -2.0, "c": 0.25}


def test_gamma_and_its_logarithm():
    for domain in ((0.3, 6), (-3.9, -3.1)):
        check_unary("gamma", np.vectorize(math.gamma), domain)
        check_unary("gammaln", np.vectorize(math.lgamma), domain)


def test_gamma_at_its_poles():
    x = nd.array([-1, 0, -0.0, 40, np.inf, np.nan])
    np.testing.assert_array_equal(nd.gamma(x).asnumpy(), [np.nan, np.inf, -np.inf, np.inf, np.inf, np.nan])
    np.testing.assert_array_equal(nd.gammaln(x).asnumpy()[[0, 1, 4, 5]], [np.inf, np.inf, np.inf, np.nan])
    np.testing.assert_array_equal(nd.gamma(nd.array([1, 4, 5], dtype="int32")).asnumpy(), [1, 6, 24])


def test_the_logarithm_of_gamma_near_its_zeros_and_poles():
    x = np.float32(
        [1, 2, 1 - 2**-24, 1 + 2**-23, 2 - 2**-23, 2 + 2**-22, -1 + 2**-24, -2 - 2**-22, 1e-45, -1e-45, 3e38]
    )
    with np.errstate(over="ignore"):
        want = np.float32([math.lgamma(float(v)) for v in x])
    np.testing.assert_allclose(nd.gammaln(nd.array(x)).asnumpy(), want, rtol=3e-7)
    np.testing.assert_array_equal(nd.gammaln(nd.array([-2, -3e9, -np.inf])).asnumpy(), np.inf)


def erfinv(y: float) -> float:
    """By bisection."""
    low, high = -6.0, 6.0
    for _ in range(130):
        middle = (low + high) / 2
        below = math.erf(middle) < y if y < 0.5 else math.erfc(middle) > 1 - y
        low, high = (middle, high) if below else (low, middle)
    return low


def test_erfinv():
    check_unary("erfinv", np.vectorize(erfinv), (-0.95, 0.95))
    y = np.concatenate([1 - np.logspace(-1, -15, 29), np.logspace(-1, -12, 12)])
    x = nd.erfinv(nd.array(y, dtype="float64")).asnumpy()
    np.testing.assert_allclose(x, [erfinv(v) for v in y], rtol=2e-13)
    y = np.concatenate([1 - np.logspace(-1, -7, 25), np.logspace(-1, -12, 12)]).astype("float32")
    np.testing.assert_allclose(nd.erfinv(nd.array(y)).asnumpy(), [erfinv(float(v)) for v in y], rtol=1e-6)
    edge = nd.erfinv(nd.array([-1, 1, 0, 2, np.nan])).asnumpy()
    np.testing.assert_array_equal(edge, [-np.inf, np.inf, 0, np.nan, np.nan])


@pytest.mark.parametrize("sigma", [1.0, 2.0, 0.5])
def test_smooth_l1(sigma: float):
    border = 1 / sigma**2

    def expected(x):
        return np.where(np.abs(x) > border, np.abs(x) - border / 2, (sigma * x) ** 2 / 2)

    for domain in ((border * 1.1, border * 3), (-border * 0.9, border * 0.9), (-border * 3, -border * 1.1)):
        check_unary("smooth_l1", expected, domain, scalar=sigma)


def test_smooth_l1_has_sigma_1_by_default():
    np.testing.assert_allclose(nd.smooth_l1(nd.array([-2, -0.5, 0, 3])).asnumpy(), [1.5, 0.125, 0, 2.5])


def test_quadratic():
    x = nd.array(np.linspace(-2, 2, 12).reshape(3, 4))
    expected = 1.5 * x.asnumpy() ** 2 - 2 * x.asnumpy() + 0.25
    np.testing.assert_allclose(nd.contrib.quadratic(x, **QUADRATIC).asnumpy(), expected, rtol=1e-6, atol=1e-6)
    check_gradient(lambda a: nd.contrib.quadratic(a, **QUADRATIC), x.asnumpy())


def test_div_sqrt_dim():
    x = np.linspace(-2, 2, 24).reshape(2, 3, 4)
    for dtype in ("float32", "float64", "float16"):
        y = nd.contrib.div_sqrt_dim(nd.array(x, dtype=dtype))
        assert y.dtype == np.dtype(dtype)
        np.testing.assert_allclose(y.asnumpy(), x / 2, rtol=1e-3)
    check_gradient(nd.contrib.div_sqrt_dim, x)


def gradient(function, x: nd.NDArray) -> np.ndarray:
    x.attach_grad()
    with autograd.record():
        y = function(x)
    y.backward(nd.arange(1, x.size + 1))
    return x.grad.asnumpy()


def test_gradients_that_are_not_the_slope():
    x = nd.array([-2.5, 0.5, 1.5, 0.0])
    heads = np.arange(1, 5)
    assert nd.contrib.round_ste(x).asnumpy().tolist() == [-3, 1, 2, 0]
    assert nd.contrib.sign_ste(x).asnumpy().tolist() == [-1, 1, 1, 0]
    np.testing.assert_array_equal(gradient(nd.contrib.round_ste, x), heads)
    np.testing.assert_array_equal(gradient(nd.contrib.sign_ste, x), heads)
    assert nd.contrib.gradientmultiplier(x, scalar=-0.5).asnumpy().tolist() == x.asnumpy().tolist()
    np.testing.assert_array_equal(gradient(lambda a: nd.contrib.gradientmultiplier(a, scalar=-0.5), x), -0.5 * heads)


def test_scatter_operators_on_dense_arrays():
    a, b = nd.array([1.0, 2.0, -3.0]), nd.array([2.0, 4.0, 0.5])
    internal = nd._internal
    assert internal._scatter_plus_scalar(a, scalar=2).asnumpy().tolist() == [3, 4, -1]
    assert internal._scatter_minus_scalar(a, scalar=2).asnumpy().tolist() == [-1, 0, -5]
    assert internal._scatter_elemwise_div(a, b).asnumpy().tolist() == [0.5, 0.5, -6]
    check_gradient(internal._scatter_elemwise_div, a.asnumpy(), b.asnumpy())
    check_gradient(lambda x: internal._scatter_minus_scalar(internal._scatter_plus_scalar(x, 2), 3), a.asnumpy())


def test_no_gradient_is_a_placeholder():
    with pytest.raises(Exception, match=r"\[_NoGradient\]"):
        nd._internal._NoGradient()
