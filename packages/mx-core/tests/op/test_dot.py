"""dot, batch_dot and FullyConnected."""

import numpy as np
import pytest
from mx_core import nd, sym
from mx_core.base import MXNetError
from mx_core.test_utils import check_gradient

RNG = np.random.default_rng(0)
DTYPES = [("float64", 1e-12), ("float32", 1e-5), ("float16", 1e-2)]


def check(function, want, *inputs):
    for dtype, tolerance in DTYPES:
        got = function(*(nd.array(x, dtype=dtype) for x in inputs))
        assert got.dtype == np.dtype(dtype) and got.shape == want.shape
        np.testing.assert_allclose(got.asnumpy(), want, rtol=tolerance, atol=tolerance * np.abs(want).max())
    check_gradient(function, *inputs)


@pytest.mark.parametrize("a, b", [((3, 4), (4, 5)), ((1, 7), (7, 1)), ((2, 3, 4), (4, 5)), ((2, 3, 4), (4, 2, 3))])
@pytest.mark.parametrize("transpose_a", [False, True])
@pytest.mark.parametrize("transpose_b", [False, True])
def test_dot(a, b, transpose_a, transpose_b):
    x, y = RNG.normal(size=a), RNG.normal(size=b)
    want = np.tensordot(x, y, 1)
    if transpose_a:
        x = np.moveaxis(x, -1, 0)
    if transpose_b:
        y = np.moveaxis(y, 0, -1)
    check(lambda *ab: nd.dot(*ab, transpose_a=transpose_a, transpose_b=transpose_b), want, x, y)


def test_vectors():
    x, y, m = RNG.normal(size=5), RNG.normal(size=5), RNG.normal(size=(5, 3))
    check(nd.dot, np.array([x @ y]), x, y)
    check(nd.dot, x @ m, x, m)
    check(nd.dot, m.T @ x, m.T.copy(), x)


@pytest.mark.parametrize("rows, columns", [(1, 200_000), (3, 70_000), (1300, 700), (33, 31), (2048, 1), (5, 2000)])
@pytest.mark.parametrize("dtype, tolerance", [("float64", 1e-12), ("float32", 1e-5)])
def test_a_matrix_and_a_vector_of_any_size(rows, columns, dtype, tolerance):
    m, x, y = RNG.normal(size=(rows, columns)), RNG.normal(size=columns), RNG.normal(size=rows)
    a, b, c = (nd.array(v, dtype=dtype) for v in (m, x, y))
    for got, want in [
        (nd.dot(a, b), m @ x),
        (nd.dot(c, a), y @ m),
        (nd.dot(a, c, transpose_a=True), y @ m),
        (nd.dot(b, a, transpose_b=True), m @ x),
        (nd.dot(a, b.reshape((-1, 1))), (m @ x)[:, None]),
        (nd.dot(b.reshape((1, -1)), a.T), (m @ x)[None]),
    ]:
        assert got.shape == want.shape
        np.testing.assert_allclose(got.asnumpy(), want, rtol=0, atol=tolerance * max(1, np.abs(want).max()))


# Large enough to be computed by blocks, of sizes that no block divides.
@pytest.mark.parametrize(
    "batch, m, n, k", [(1, 417, 523, 389), (1, 70, 2100, 401), (1, 4099, 67, 260), (9, 130, 210, 250)]
)
@pytest.mark.parametrize("transpose_a", [False, True])
@pytest.mark.parametrize("transpose_b", [False, True])
def test_large_products(batch, m, n, k, transpose_a, transpose_b):
    x, y = (RNG.normal(size=s).astype(np.float32) for s in [(batch, m, k), (batch, k, n)])
    want = np.matmul(x, y, dtype=np.float64)
    a, b = (nd.array(v.swapaxes(1, 2) if swap else v) for v, swap in ((x, transpose_a), (y, transpose_b)))
    nd.full((batch, m, n), np.nan).wait_to_read()  # what the memory of the result may have held
    got = nd.batch_dot(a, b, transpose_a=transpose_a, transpose_b=transpose_b)
    np.testing.assert_allclose(got.asnumpy(), want, rtol=0, atol=1e-5 * np.abs(want).max())
    one = nd.dot(a[-1], b[-1], transpose_a=transpose_a, transpose_b=transpose_b)
    np.testing.assert_allclose(one.asnumpy(), want[-1], rtol=0, atol=1e-5 * np.abs(want).max())


@pytest.mark.parametrize("rows, hidden, inner", [(600, 520, 391), (67, 2100, 800)])
def test_large_linear_maps(rows, hidden, inner):
    x, w, bias = (RNG.normal(size=s).astype(np.float32) for s in [(rows, inner), (hidden, inner), hidden])
    want = np.matmul(x, w.T, dtype=np.float64)
    tolerance = 1e-5 * np.abs(want).max()
    arrays = [nd.array(v) for v in (x, w, bias)]
    got = nd.FullyConnected(*arrays, num_hidden=hidden)
    np.testing.assert_allclose(got.asnumpy(), want + bias, rtol=0, atol=tolerance)
    got = nd.FullyConnected(*arrays[:2], num_hidden=hidden, no_bias=True)
    np.testing.assert_allclose(got.asnumpy(), want, rtol=0, atol=tolerance)


def test_infinities_and_nan_reach_the_product_with_a_vector():
    m = np.ones((3, 100), np.float32)
    m[1, 7], m[2, 99] = np.nan, np.inf
    np.testing.assert_array_equal(nd.dot(nd.array(m), nd.ones((100,))).asnumpy(), [100, np.nan, np.inf])


@pytest.mark.parametrize("transpose_a", [False, True])
@pytest.mark.parametrize("transpose_b", [False, True])
@pytest.mark.parametrize("sizes", [(1, 1, 1, 1), (3, 2, 5, 4), (2, 9, 1, 17)])
def test_batch_dot(transpose_a, transpose_b, sizes):
    batch, m, k, n = sizes
    x, y = RNG.normal(size=(batch, m, k)), RNG.normal(size=(batch, k, n))
    want = x @ y
    x, y = x.swapaxes(1, 2) if transpose_a else x, y.swapaxes(1, 2) if transpose_b else y
    check(lambda *ab: nd.batch_dot(*ab, transpose_a=transpose_a, transpose_b=transpose_b), want, x, y)


@pytest.mark.parametrize("shape", [(4, 3), (2, 3, 4), (1, 1), (5, 2, 2, 3)])
@pytest.mark.parametrize("flatten", [True, False])
@pytest.mark.parametrize("no_bias", [True, False])
def test_fully_connected(shape, flatten, no_bias):
    x = RNG.normal(size=shape)
    rows = x.reshape(shape[0], -1) if flatten else x
    w, b = RNG.normal(size=(6, rows.shape[-1])), RNG.normal(size=6)
    want = rows @ w.T + (0 if no_bias else b)
    inputs = (x, w) if no_bias else (x, w, b)
    check(lambda *a: nd.FullyConnected(*a, num_hidden=6, flatten=flatten, no_bias=no_bias), want, *inputs)


def test_fully_connected_infers():
    layer = sym.FullyConnected(sym.var("data"), num_hidden=6, name="fc")
    assert layer.infer_shape(data=(2, 3, 4))[:2] == ([(2, 3, 4), (6, 12), (6,)], [(2, 6)])
    layer = sym.FullyConnected(sym.var("data"), num_hidden=6, flatten=False, no_bias=True, name="fc")
    assert layer.list_arguments() == ["data", "fc_weight"]
    assert layer.infer_shape(data=(2, 3, 4))[:2] == ([(2, 3, 4), (6, 4)], [(2, 3, 6)])


@pytest.mark.parametrize(
    "call, name",
    [
        (lambda: nd.dot(nd.ones((2, 3)), nd.ones((4, 5))), "dot"),
        (lambda: nd.batch_dot(nd.ones((2, 3, 4)), nd.ones((3, 4, 5))), "batch_dot"),
        (lambda: nd.FullyConnected(nd.ones((2, 3)), nd.ones((4, 5)), num_hidden=4, no_bias=True), "FullyConnected"),
    ],
)
def test_refused(call, name):
    with pytest.raises(MXNetError, match=rf"\[{name}\].*\(4, 5\)|\[{name}\].*\(3, 4, 5\)"):
        call()
