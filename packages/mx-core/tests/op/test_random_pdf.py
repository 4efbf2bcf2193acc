"""Densities: values by their formulas, gradients by differences."""

import math

import numpy as np
import pytest
from mx_core import autograd, nd
from mx_core.base import MXNetError
from mx_core.test_utils import check_gradient

lgamma = np.vectorize(math.lgamma)


def negative_binomial(x, k, p):
    return lgamma(x + k) - lgamma(x + 1) - lgamma(k) + k * np.log(p) + x * np.log(1 - p)


LOGARITHMS = {
    "uniform": (lambda x, low, high: -np.log(high - low) + 0 * x, [[0, 0.1], [4, 5]]),
    "normal": (lambda x, m, s: -(((x - m) / s) ** 2) / 2 - np.log(s) - math.log(2 * math.pi) / 2, [[0, 1], [1, 2]]),
    "exponential": (lambda x, lam: np.log(lam) - lam * x, [[1, 2.5]]),
    "gamma": (lambda x, a, b: a * np.log(b) + (a - 1) * np.log(x) - b * x - lgamma(a), [[2, 0.5], [1, 2]]),
    "poisson": (lambda x, lam: x * np.log(lam) - lam - lgamma(x + 1), [[1.5, 2]]),
    "negative_binomial": (negative_binomial, [[1, 2.5], [0.3, 0.5]]),
    "generalized_negative_binomial": (
        lambda x, mu, alpha: negative_binomial(x, 1 / alpha, 1 / (1 + mu * alpha)),
        [[1, 2], [0.3, 0.5]],
    ),
}
COUNTS = {"poisson", "negative_binomial", "generalized_negative_binomial"}
POINTS = np.array([[[1, 2, 3], [1, 3, 2]], [[2, 2, 1], [1, 4, 1]]], dtype="float64")


def spread(parameter: list[float], points: np.ndarray) -> np.ndarray:
    return np.reshape(parameter, (2,) + (1,) * (points.ndim - 1))


@pytest.mark.parametrize("dtype, tolerance", [("float32", 2e-6), ("float64", 1e-6), ("float16", 4e-3)])
@pytest.mark.parametrize("name", LOGARITHMS)
def test_values(name: str, dtype: str, tolerance: float) -> None:
    log, parameters = LOGARITHMS[name]
    function = getattr(nd, f"random_pdf_{name}")
    arrays = [nd.array(p, dtype=dtype) for p in parameters]
    for points in (POINTS, POINTS[0], POINTS[0, :, 0]):
        expected = log(points, *(spread(a.asnumpy().astype("float64"), points) for a in arrays))
        y = function(nd.array(points, dtype=dtype), *arrays, is_log=True)
        assert y.dtype == np.dtype(dtype)
        np.testing.assert_allclose(y.asnumpy(), expected, rtol=tolerance, atol=4 * tolerance)
        y = function(nd.array(points, dtype=dtype), *arrays)
        np.testing.assert_allclose(y.asnumpy(), np.exp(expected), rtol=4 * tolerance, atol=tolerance)


@pytest.mark.parametrize("is_log", [False, True])
@pytest.mark.parametrize("name", LOGARITHMS)
def test_gradients(name: str, is_log: bool) -> None:
    function, parameters = getattr(nd, f"random_pdf_{name}"), LOGARITHMS[name][1]
    points = nd.array(POINTS, dtype="float64")
    check_gradient(lambda *p: function(points, *p, is_log=is_log), *parameters)
    if name not in COUNTS:
        arrays = [nd.array(p, dtype="float64") for p in parameters]
        check_gradient(lambda x: function(x, *arrays, is_log=is_log), POINTS)
        return
    points.attach_grad()
    with autograd.record():
        y = function(points, *(nd.array(p, dtype="float64") for p in parameters), is_log=is_log)
    y.backward()
    assert not points.grad.asnumpy().any()


@pytest.mark.parametrize("is_log", [False, True])
def test_dirichlet(is_log: bool) -> None:
    rng = np.random.default_rng(2)
    alpha = np.array([[1, 2, 3], [0.5, 0.5, 0.7]])
    points = rng.dirichlet([2, 2, 2], size=(2, 4))
    constant = (lgamma(alpha.sum(axis=1)) - lgamma(alpha).sum(axis=1))[:, None]
    expected = ((alpha[:, None] - 1) * np.log(points)).sum(axis=-1) + constant
    y = nd.random_pdf_dirichlet(nd.array(points), nd.array(alpha), is_log=is_log)
    np.testing.assert_allclose(y.asnumpy(), expected if is_log else np.exp(expected), rtol=1e-5, atol=1e-6)
    check_gradient(lambda x, a: nd.random_pdf_dirichlet(x, a, is_log=is_log), points, alpha)
    one = nd.random_pdf_dirichlet(nd.array(points[0, 0]), nd.array(alpha[0]), is_log=True)
    np.testing.assert_allclose(one.asnumpy(), expected[0, :1], rtol=1e-5, atol=1e-6)


def test_shapes_that_do_not_fit() -> None:
    with pytest.raises(MXNetError, match="random_pdf_normal"):
        nd.random_pdf_normal(nd.ones((2, 3, 4)), nd.ones((3,)), nd.ones((3,)))
    with pytest.raises(MXNetError, match="more axes"):
        nd.random_pdf_normal(nd.ones((2,)), nd.ones((2, 3)), nd.ones((2, 3)))
    with pytest.raises(MXNetError, match="random_pdf_dirichlet"):
        nd.random_pdf_dirichlet(nd.ones((2, 3)), nd.ones((2, 4)))
