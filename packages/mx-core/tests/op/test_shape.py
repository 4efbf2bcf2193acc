"""Operators that move elements: their gradients; the values are tested in C++ and here against NumPy."""

import numpy as np
import pytest
from mx_core import MXNetError, autograd, nd, sym
from mx_core.test_utils import check_gradient

X = np.arange(24.0).reshape(2, 3, 4)
CASES = {
    "reshape": (lambda x: nd.reshape(x, shape=(0, -1)), lambda x: x.reshape(2, 12)),
    "flatten": (nd.flatten, lambda x: x.reshape(2, 12)),
    "transpose": (lambda x: nd.transpose(x, axes=(2, 0, 1)), lambda x: x.transpose(2, 0, 1)),
    "reversed axes": (nd.transpose, lambda x: x.T),
    "swapaxes": (lambda x: nd.swapaxes(x, dim1=0, dim2=2), lambda x: x.swapaxes(0, 2)),
    "expand_dims": (lambda x: nd.expand_dims(x, axis=-1), lambda x: x[..., None]),
    "slice": (lambda x: nd.slice(x, begin=(None, 2), end=(None, 0), step=(1, -1)), lambda x: x[:, 2:0:-1]),
    "slice_axis": (lambda x: nd.slice_axis(x, axis=1, begin=-2, end=None), lambda x: x[:, -2:]),
    "slice_like": (lambda x: nd.slice_like(x, nd.zeros((1, 2)), axes=(0, 1)), lambda x: x[:1, :2]),
    "concat": (lambda x: nd.concat(x, x * 2, dim=1), lambda x: np.concatenate([x, 2 * x], 1)),
    "stack": (lambda x: nd.stack(x, x * 2, axis=2), lambda x: np.stack([x, 2 * x], 2)),
    "split": (lambda x: nd.split(x, num_outputs=3, axis=1, squeeze_axis=True)[1], lambda x: x[:, 1]),
    "tile": (lambda x: nd.tile(x, reps=(2, 1, 3)), lambda x: np.tile(x, (2, 1, 3))),
    "repeat": (lambda x: nd.repeat(x, repeats=2, axis=1), lambda x: x.repeat(2, 1)),
    "repeat all": (lambda x: nd.repeat(x, repeats=2), lambda x: x.repeat(2)),
    "reverse": (lambda x: nd.reverse(x, axis=(0, 2)), lambda x: x[::-1, :, ::-1]),
    "broadcast_axis": (
        lambda x: nd.broadcast_axis(nd.slice_axis(x, axis=1, begin=0, end=1), axis=1, size=5),
        lambda x: np.broadcast_to(x[:, :1], (2, 5, 4)),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_values_and_gradients(name):
    function, expected = CASES[name]
    for dtype in ("float32", "float16", "int8", "int64"):
        np.testing.assert_array_equal(function(nd.array(X, dtype=dtype)).asnumpy(), expected(X))
    check_gradient(function, X)


def test_split_gives_all_parts():
    parts = nd.split(nd.array(X), num_outputs=2, axis=2)
    assert [part.shape for part in parts] == [(2, 3, 2)] * 2
    np.testing.assert_array_equal(parts[1].asnumpy(), X[:, :, 2:])


def test_squeeze():
    assert nd.squeeze(nd.ones((1, 2, 1))).shape == (2,)
    with pytest.raises(MXNetError, match="size 2"):
        nd.squeeze(nd.ones((1, 2)), axis=1)
    with pytest.raises(MXNetError, match=r"\[squeeze\] axis -2 is given twice"):
        nd.squeeze(nd.ones((2, 1, 1)), axis=(1, -2))


def test_shapes_as_arrays():
    assert nd.shape_array(nd.ones((2, 3))).asnumpy().tolist() == [2, 3]
    assert nd.size_array(nd.ones((2, 3))).asnumpy().tolist() == [6]


def test_indexing():
    x = np.arange(6.0).reshape(3, 2)
    index = nd.array([[2, 0], [-1, 9]])
    np.testing.assert_array_equal(nd.take(nd.array(x), index).asnumpy(), x[[[2, 0], [0, 2]]])
    check_gradient(lambda a: nd.take(a, index), x)
    check_gradient(lambda a: nd.take(a, nd.array([1, 0, 1]), axis=1), x)
    check_gradient(
        lambda weight: nd.Embedding(nd.array([0, 2, 2]), weight, input_dim=3, output_dim=2, dtype="float64"), x
    )
    check_gradient(lambda a: nd.pick(a, nd.array([1, 0, 1]), axis=1), x)
    check_gradient(lambda a: nd.gather_nd(a, nd.array([[0, 2, 0], [1, 1, 1]])), x)
    np.testing.assert_array_equal(nd.one_hot(nd.array([1, 5]), depth=3).asnumpy(), [[0, 1, 0], [0, 0, 0]])
    with pytest.raises(IndexError, match="out of range"):
        nd.take(nd.array(x), index, mode="raise")


def test_shape_like_takes_any_dtype():
    x = nd.array([[0, 1, 2], [3, 4, 5]], dtype="float16")
    like = nd.zeros((1, 2), dtype="int64")
    assert nd.slice_like(x, like).asnumpy().tolist() == [[0, 1]]
    assert nd.slice_like(x, like).dtype == np.float16
    wide = nd.broadcast_like(nd.ones((1, 2), dtype="float64"), nd.zeros((3, 2), dtype="int32"))
    assert wide.shape == (3, 2) and wide.dtype == np.float64
    x.attach_grad()
    with autograd.record():
        y = nd.slice_like(x, like) * nd.broadcast_like(nd.ones((1, 1), dtype="float16"), like)
    y.backward()
    assert x.grad.asnumpy().tolist() == [[1, 1, 0], [0, 0, 0]]


def test_broadcast_like_adds_leading_axes():
    x = nd.array([[1], [2]])
    like = nd.zeros((3, 2, 2))
    x.attach_grad()
    with autograd.record():
        y = nd.broadcast_like(x, like)
    y.backward()
    np.testing.assert_array_equal(y.asnumpy(), np.broadcast_to(x.asnumpy(), (3, 2, 2)))
    assert x.grad.asnumpy().tolist() == [[6], [6]]
    assert sym.broadcast_like(sym.var("x"), sym.var("like")).infer_shape(x=(2,), like=(4, 2))[1] == [(4, 2)]
    with pytest.raises(ValueError, match="more dimensions"):
        nd.broadcast_like(like, x)


def test_embedding_follows_its_weight():
    weight = nd.array([[0, 1], [2, 3]], dtype="float16")
    found = nd.Embedding(nd.array([1, 0], dtype="int32"), weight, input_dim=2, output_dim=2)
    assert found.dtype == np.float16 and found.asnumpy().tolist() == [[2, 3], [0, 1]]
    e = sym.Embedding(sym.var("x"), input_dim=2, output_dim=2, name="e")
    assert e.infer_type(x="int32")[1] == [np.float32]
    assert e.infer_type(x="int32", e_weight="float64")[1] == [np.float64]
