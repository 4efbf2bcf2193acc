"""Operators that turn values into places and back."""

import numpy as np
import pytest
from mx_core import MXNetError, autograd, cpu, nd, sym
from mx_core.test_utils import check_gradient

X = np.arange(12.0).reshape(4, 3)


@pytest.mark.parametrize("dtype", ["float32", "int8", "bool", "int64"])
def test_boolean_mask(dtype):
    mask = nd.array([0, 1, 0, 1], dtype=dtype)
    np.testing.assert_array_equal(nd.contrib.boolean_mask(nd.array(X), mask).asnumpy(), X[[1, 3]])
    np.testing.assert_array_equal(nd.contrib.boolean_mask(nd.array(X), mask[:3], axis=1).asnumpy(), X[:, [1]])
    assert nd.contrib.boolean_mask(nd.array(X), mask * 0).shape == (0, 3)
    check_gradient(lambda x: nd.contrib.boolean_mask(x, mask), X)
    check_gradient(lambda x: nd.contrib.boolean_mask(x * x, mask[:3], axis=1), X)


def test_boolean_mask_refuses():
    with pytest.raises(MXNetError, match=r"boolean_mask\] index has shape \(3,\)"):
        nd.contrib.boolean_mask(nd.array(X), nd.ones(3))
    masked = sym.contrib.boolean_mask(sym.var("x"), sym.var("mask"))
    with pytest.raises(MXNetError, match="cannot be part of a symbol"):
        masked.simple_bind(cpu(), x=(4, 3), mask=(4,))


@pytest.mark.parametrize("dtype", ["int8", "float16", "float32", "float64"])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_take_of_single_numbers_and_of_rows(dtype, axis):
    x = (np.arange(60).reshape(3, 4, 5)).astype(dtype)
    places = np.array([[2, 0, 9], [-4, 1, 1]])
    for data in (x, np.ascontiguousarray(x[:, :, :1])):
        got = nd.take(nd.array(data, dtype=dtype), nd.array(places, dtype="int32"), axis=axis)
        np.testing.assert_array_equal(got.asnumpy(), np.take(data, places, axis, mode="clip"))
    wide = np.arange(300 * 200).reshape(300, 200) % 97
    order = np.arange(199, -1, -1)
    got = nd.take(nd.array(wide, dtype=dtype), nd.array(order, dtype="int32"), axis=1)
    np.testing.assert_array_equal(got.asnumpy(), wide[:, order].astype(dtype))


def test_index_array():
    want = np.moveaxis(np.indices((2, 3, 2)), 0, -1)
    x = nd.ones((2, 3, 2), dtype="float16")
    y = nd.contrib.index_array(x)
    assert y.dtype == np.int64
    np.testing.assert_array_equal(y.asnumpy(), want)
    np.testing.assert_array_equal(nd.contrib.index_array(x, axes=(2, 0)).asnumpy(), want[..., [2, 0]])
    np.testing.assert_array_equal(nd.contrib.index_array(x, axes=(-2,)).asnumpy(), want[..., [1]])


def test_index_copy():
    new, index = -np.ones((2, 3)), nd.array([2, 0], dtype="int32")
    want = X.copy()
    want[[2, 0]] = new
    np.testing.assert_array_equal(nd.contrib.index_copy(nd.array(X), index, nd.array(new)).asnumpy(), want)
    check_gradient(lambda old, new: nd.contrib.index_copy(old, index, new), X, new)
    check_gradient(lambda old, new: nd.contrib.index_copy(old * old, index, new * new), X, new)
    with pytest.raises(IndexError, match=r"index 4 is out of range"):
        nd.contrib.index_copy(nd.array(X), nd.array([4]), nd.ones((1, 3)))


@pytest.mark.parametrize("dtype", ["float32", "int32", "int64", "uint8"])
def test_ravel_and_unravel(dtype):
    places, coordinates = nd.array([7, 2, 19], dtype=dtype), nd.array([[1, 0, 3], [2, 2, 4]], dtype=dtype)
    got = nd.unravel_index(places, shape=(4, 5))
    assert got.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(got.asnumpy(), coordinates.asnumpy())
    np.testing.assert_array_equal(nd.ravel_multi_index(coordinates, shape=(-1, 5)).asnumpy(), places.asnumpy())
    cube = nd.unravel_index(places.reshape((3, 1)), shape=(2, 2, 5))
    np.testing.assert_array_equal(cube.asnumpy(), np.stack(np.unravel_index([[7], [2], [19]], (2, 2, 5))))
    with pytest.raises(MXNetError, match=r"\[_unravel_index\] shape must be given"):
        nd.unravel_index(places)


def test_old_operators_on_rows():
    out = nd.ones((2, 3))
    assert nd._internal._onehot_encode(nd.array([1, 2]), out, out=out).asnumpy().tolist() == [[0, 1, 0], [0, 0, 1]]
    filled = nd.fill_element_0index(nd.array(X), nd.array([9, 8, 7, 6]), nd.array([0, 2, 1, 0]))
    want = X.copy()
    want[range(4), [0, 2, 1, 0]] = [9, 8, 7, 6]
    np.testing.assert_array_equal(filled.asnumpy(), want)
    assert nd.choose_element_0index(filled, nd.array([0, 2, 1, 0])).asnumpy().tolist() == [9, 8, 7, 6]


def test_sparse_embedding():
    weight = nd.array(X)
    weight.attach_grad()
    with autograd.record():
        y = nd.contrib.SparseEmbedding(nd.array([1, 3, 1]), weight, input_dim=4, output_dim=3)
    y.backward()
    np.testing.assert_array_equal(y.asnumpy(), X[[1, 3, 1]])
    assert weight.grad.asnumpy()[:, 0].tolist() == [0, 2, 0, 1]
