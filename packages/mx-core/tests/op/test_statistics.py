"""Finite checks, sums of squares, moments, allclose and histogram."""

import numpy as np
import pytest
from mx_core import cpu, nd, sym
from mx_core.base import MXNetError
from mx_core.test_utils import check_gradient

RNG = np.random.default_rng(8)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_all_finite(dtype: str) -> None:
    good = nd.array(RNG.normal(size=(300, 301)), dtype=dtype)
    assert nd.all_finite(good).asnumpy().tolist() == [1]
    for value in (np.inf, -np.inf, np.nan):
        bad = good.copy()
        bad[171, 5] = value
        answer = nd.all_finite(bad)
        assert answer.dtype == np.float32
        assert answer.asnumpy().tolist() == [0]
        assert nd.multi_all_finite(good, bad).asnumpy().tolist() == [0]
    assert nd.multi_all_finite(good, good, good, num_arrays=3).asnumpy().tolist() == [1]


def test_one_answer_for_several_calls() -> None:
    answer = nd.ones((1,))
    for array, expected in ((nd.ones((3,)), 1), (nd.array([np.nan]), 0), (nd.ones((3,)), 0)):
        nd.all_finite(array, init_output=False, out=answer)
        assert answer.asscalar() == expected
    nd.multi_all_finite(nd.ones((3,)), nd.ones((2,)), init_output=False, out=answer)
    assert answer.asscalar() == 0
    nd.all_finite(nd.ones((3,)), out=answer)
    assert answer.asscalar() == 1
    with pytest.raises(MXNetError, match=r"\[all_finite\] input 0 is int32"):
        nd.all_finite(nd.ones((3,), dtype="int32"))


def test_sums_of_squares() -> None:
    x, y = RNG.normal(size=(40, 50)), RNG.normal(size=(3,))
    sums = nd.multi_sum_sq(nd.array(x), nd.array(y), num_arrays=2)
    np.testing.assert_allclose(sums.asnumpy(), [(x**2).sum(), (y**2).sum()], rtol=1e-5)
    half = nd.multi_sum_sq(nd.full((2,), 300, dtype="float16"))  # beyond the range of float16
    assert half.asnumpy().tolist() == [180000]
    part = nd._internal._square_sum(nd.array(x), axis=1, keepdims=True)
    np.testing.assert_allclose(part.asnumpy(), (x**2).sum(axis=1, keepdims=True), rtol=1e-5)
    check_gradient(lambda a: nd._internal._square_sum(a, axis=0), x[:4, :5])


@pytest.mark.parametrize("axes", [0, (1,), (-1, 0), (0, 1, 2)])
@pytest.mark.parametrize("keepdims", [False, True])
def test_moments(axes: int | tuple[int, ...], keepdims: bool) -> None:
    x = RNG.normal(size=(3, 4, 5))
    mean, var = nd.moments(nd.array(x, dtype="float64"), axes=axes, keepdims=keepdims)
    shape = np.mean(x, axis=axes, keepdims=keepdims).shape or (1,)
    np.testing.assert_allclose(mean.asnumpy(), np.mean(x, axis=axes, keepdims=keepdims).reshape(shape), rtol=1e-10)
    np.testing.assert_allclose(var.asnumpy(), np.var(x, axis=axes, keepdims=keepdims).reshape(shape), rtol=1e-10)
    for k in range(2):
        check_gradient(lambda a, k=k: nd.moments(a, axes=axes, keepdims=keepdims)[k], x)


def test_moments_in_a_symbol() -> None:
    net = sym.moments(sym.var("x"), axes=(0,))
    assert net.list_outputs() == ["moments0_output0", "moments0_output1"]
    run = net.simple_bind(cpu(), x=(4, 2))
    mean, var = run.forward(x=nd.array([[1, 2], [3, 4], [5, 6], [7, 8]]))
    assert mean.asnumpy().tolist() == [4, 5]
    assert var.asnumpy().tolist() == [5, 5]


def close(a: list[float], b: list[float], dtype: str = "float32", **params: float) -> bool:
    answer = nd.contrib.allclose(nd.array(a, dtype=dtype), nd.array(b, dtype=dtype), **params)
    assert answer.dtype == np.uint8
    assert answer.shape == ()
    return bool(answer.asnumpy())


def test_allclose() -> None:
    assert close([1, 2], [1, 2.00001])
    assert not close([1, 2], [1, 2.001])
    assert close([1, 2], [1, 2.001], rtol=1e-2)
    assert close([1, 2], [1, 2.001], atol=1e-2)
    assert close([np.nan], [np.nan])
    assert not close([np.nan], [np.nan], equal_nan=False)
    assert not close([np.nan], [1])
    assert close([np.inf, -np.inf], [np.inf, -np.inf])
    assert not close([np.inf], [-np.inf])
    assert not close([1], [np.inf])
    assert not close([1 + 1e-9], [1], "float64", rtol=1e-10, atol=0)
    assert not close([2**60], [2**60 + 2**30], "int64", rtol=0, atol=0)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int32", "uint8"])
def test_histogram(dtype: str) -> None:
    x = RNG.integers(0, 100, size=(300, 401)).astype(dtype)
    for bins, limits in ((10, (0, 100)), (7, (20, 90)), (1, (5, 6))):
        count, edges = nd.histogram(nd.array(x, dtype=dtype), bins=bins, range=limits)
        expected_edges = np.linspace(*limits, bins + 1).astype(dtype)
        np.testing.assert_allclose(edges.asnumpy(), expected_edges, rtol=1e-3)
        assert count.dtype == np.int64
        expected, _ = np.histogram(x.astype("float64"), edges.asnumpy().astype("float64"))
        np.testing.assert_array_equal(count.asnumpy(), expected)
    borders = np.array([0, 1, 5, 50, 100])
    count, edges = nd.histogram(nd.array(x, dtype=dtype), bins=nd.array(borders, dtype=dtype))
    np.testing.assert_array_equal(count.asnumpy(), np.histogram(x, borders)[0])
    np.testing.assert_array_equal(edges.asnumpy(), borders)


def test_histogram_between_the_extremes() -> None:
    count, edges = nd.histogram(nd.array([1, 2, 1, 3, 5, -1]), bins=4)
    assert count.asnumpy().tolist() == [1, 2, 2, 1]
    assert edges.asnumpy().tolist() == [-1, 0.5, 2, 3.5, 5]


def test_histogram_leaves_out_what_lies_outside() -> None:
    x = nd.array([-1, 0, 1, 2, 2.5, np.nan, np.inf])
    assert nd.histogram(x, bins=2, range=(0, 2))[0].asnumpy().tolist() == [1, 2]
    with pytest.raises(MXNetError, match="bin_cnt needs range"):
        nd._internal._histogram(x, bin_cnt=3)
    with pytest.raises(MXNetError, match="must ascend"):
        nd.histogram(x, bins=nd.array([0, 3, 2]))


def test_getnnz_of_a_dense_array() -> None:
    with pytest.raises(MXNetError, match=r"\[_contrib_getnnz\] data of shape \(2, 2\) is dense"):
        nd.contrib.getnnz(nd.ones((2, 2)))
