"""Shapes and indices beyond 32 bits. Only what is marked long makes a long array."""

import numpy as np
import pytest
from mx_core import MXNetError, nd, sym

LONG = 2**33


def results(symbol, **shapes):
    return symbol.infer_shape(**shapes)[1]


def test_shapes():
    a, b = sym.var("a"), sym.var("b")
    assert results(sym.concat(a, b, dim=0), a=(LONG, 2), b=(LONG, 2)) == [(2 * LONG, 2)]
    assert results(sym.slice(a, begin=(2**31,), end=(-1,), step=(3,)), a=(LONG,)) == [(2**31,)]
    assert results(sym.slice_axis(a, axis=0, begin=2**32, end=-(2**32)), a=(LONG + 5, 2)) == [(5, 2)]
    assert results(sym.reshape(a, shape=(-1, 2**20)), a=(LONG,)) == [(2**13, 2**20)]
    assert results(sym.repeat(a, repeats=LONG, axis=1), a=(2, 3)) == [(2, 3 * LONG)]
    assert results(sym.repeat(a, repeats=LONG), a=(2, 3)) == [(6 * LONG,)]
    assert results(sym.tile(a, reps=(LONG,)), a=(5,)) == [(5 * LONG,)]
    assert results(sym.one_hot(a, depth=LONG), a=(5,)) == [(5, LONG)]
    assert results(sym.topk(a, k=2**32, axis=0), a=(LONG, 2)) == [(2**32, 2)]
    assert results(sym.split(a, num_outputs=2), a=(2, 2 * LONG)) == [(2, LONG)] * 2
    assert results(sym.dot(a, b), a=(LONG, 2), b=(2, 3)) == [(LONG, 3)]
    assert results(sym.arange(LONG)) == [(LONG,)]
    vectors = sym.Embedding(a, input_dim=LONG, output_dim=3, name="e")
    assert vectors.infer_shape(a=(5,))[0] == [(5,), (LONG, 3)]


def test_indices():
    shape = (2**20, 2**20)
    places = nd.array([[2**20 - 1, 3], [5, 2**20 - 1]], dtype="int64")
    flat = nd.ravel_multi_index(places, shape=shape)
    assert flat.asnumpy().tolist() == [(2**20 - 1) * 2**20 + 5, 3 * 2**20 + 2**20 - 1]
    assert nd.unravel_index(flat, shape=shape).asnumpy().tolist() == places.asnumpy().tolist()
    far = nd.array([2**40, -(2**40)], dtype="int64")
    assert nd.take(nd.arange(3), far).asnumpy().tolist() == [2, 0]
    assert nd.take(nd.arange(3), far, mode="wrap").asnumpy().tolist() == [2**40 % 3, -(2**40) % 3]
    assert nd.one_hot(nd.array([2**32 + 1], dtype="int64"), 3).asnumpy().tolist() == [[0, 0, 0]]
    assert nd.arange(2**40, 2**40 + 3, dtype="int64").asnumpy().tolist() == [2**40, 2**40 + 1, 2**40 + 2]
    assert nd.random.randint(2**40, 2**40 + 1, dtype="int64").asscalar() == 2**40


@pytest.mark.parametrize(
    "attempt, words",
    [
        (lambda: nd.zeros((2**40, 2**40)), "doesn't fit in any memory"),
        (lambda: nd.tile(nd.ones((2,)), (2**61,)), "doesn't fit in any memory"),
        (lambda: nd.repeat(nd.ones((2,)), repeats=2**62), r"\[repeat\].*2 times 4611686018427387904"),
        (lambda: sym.flatten(sym.var("a")).infer_shape(a=(2, 2**40, 2**40)), "longer than any array"),
        (lambda: sym.reshape(sym.var("a"), shape=(-3,)).infer_shape(a=(2**40, 2**40)), "longer than any array"),
    ],
)
def test_lengths_that_no_array_has(attempt, words):
    with pytest.raises(MXNetError, match=words):
        attempt()


@pytest.mark.long
def test_an_array_of_more_than_2_to_31_elements():
    n = 2**31 + 10
    a = nd.zeros((n,), dtype="int8")
    a[n - 3] = 7
    assert (a[n - 3].asscalar(), a[-3].asscalar(), a[n - 4].asscalar()) == (7, 7, 0)
    assert a[n - 5 :].asnumpy().tolist() == [0, 0, 7, 0, 0]
    assert nd.slice_axis(a, axis=0, begin=n - 4, end=None).asnumpy().tolist() == [0, 7, 0, 0]
    assert nd.slice(a, begin=(-1,), end=(-5,), step=(-1,)).asnumpy().tolist() == [0, 0, 7, 0]
    assert nd.take(a, nd.array([n - 3, 0], dtype="int64")).asnumpy().tolist() == [7, 0]
    assert nd.pick(a.reshape((1, n)), nd.array([n - 3], dtype="int64")).asscalar() == 7
    assert nd.gather_nd(a, nd.array([[n - 3, 1]], dtype="int64")).asnumpy().tolist() == [7, 0]
    assert nd.sum(a).asscalar() == nd.max(a).asscalar() == 7
    assert nd.sum(a.reshape((n // 2, 2)), axis=0).asnumpy().tolist() == [0, 7]
    assert nd.transpose(a.reshape((n // 2, 2)))[1, n // 2 - 2].asscalar() == 7
    nd._internal._plus_scalar(a, scalar=1, out=a)
    assert a[n - 4 :].asnumpy().tolist() == [1, 8, 1, 1]


@pytest.mark.long
def test_assignment_beyond_2_to_31_elements():
    n = 2**31 + 10
    a = nd.zeros((n,), dtype="int8")
    a[n - 4 : n - 2] = nd.array([1, 2], dtype="int8")
    assert a[n - 5 :].asnumpy().tolist() == [0, 1, 2, 0, 0]
    a[n - 1 : n - 6 : -2] = np.array([3, 4, 5])
    assert a[n - 5 :].asnumpy().tolist() == [5, 1, 4, 0, 3]
    a[[n - 2, 0]] = np.array([6, 7], dtype="int8")
    a[nd.array([n - 5, -3], dtype="int64")] = 8
    assert a[n - 5 :].asnumpy().tolist() == [8, 1, 8, 6, 3] and a[:2].asnumpy().tolist() == [7, 0]
    assert a[[n - 2, 0, -1]].asnumpy().tolist() == [6, 7, 3]
    rows = a.reshape((n // 2, 2))
    rows[n // 2 - 1] = 9
    rows[n // 2 - 2, 1] = 10
    rows[[n // 2 - 3, 0], [1, 1]] = 11
    assert a[n - 6 :].asnumpy().tolist() == [0, 11, 1, 10, 9, 9] and a[:2].asnumpy().tolist() == [7, 11]
    a[-1] += 5
    assert a[n - 1].asscalar() == 14
    del rows
    ends = nd.concat(a, nd.ones((2,), dtype="int8"), dim=0)
    assert ends.shape == (n + 2,) and ends[n - 2 :].asnumpy().tolist() == [9, 14, 1, 1]
