"""Reading and writing parts of arrays, against NumPy."""

import numpy as np
import pytest
from mx_core import autograd, nd

SHAPE = (3, 4, 5)
BASIC = [
    0,
    -1,
    slice(1, 3),
    slice(None),
    slice(None, None, 2),
    slice(None, None, -1),
    slice(2, 0, -1),
    (1, 2),
    (0, slice(1, 3)),
    (slice(None), 2),
    (slice(None), slice(1, 2)),
    (slice(0, 2), slice(None), slice(None)),
    (Ellipsis, 0),
    (0, Ellipsis),
    (None, 1),
    (slice(None), None, 2),
    (1, 2, slice(1, 4)),
    (1, slice(1, 2), slice(None)),
    (slice(-2, None), slice(None, -1), slice(None, None, 3)),
    Ellipsis,
    (slice(None, None, -2), 1, slice(4, None, -1)),
    np.int64(1),
]
ADVANCED = [
    [0, 2],
    [2, -1, 0],
    np.array([1, 0]),
    ([0, 1], [1, 2]),
    (slice(None), [0, 2], slice(1, 3)),
    ([0, 1], slice(None), [1, 2]),
    ([[0], [1]], [1, 2]),
    (1, [0, 3]),
    (Ellipsis, [0, 4]),
    (None, [0, 1]),
    ([0, 2], slice(None, None, 2)),
    np.array([True, False, True]),
    (slice(None), np.array([True, False, True, True])),
    (np.arange(12).reshape(3, 4) % 2 == 0),
]


def arrays():
    source = np.arange(60, dtype=np.float32).reshape(SHAPE)
    return source.copy(), nd.array(source)


@pytest.mark.parametrize("key", BASIC + ADVANCED, ids=repr)
def test_reading(key):
    source, array = arrays()
    want = source[key]
    got = array[key]
    assert got.shape == (want.shape or (1,))
    assert np.array_equal(got.asnumpy(), np.reshape(want, got.shape))


@pytest.mark.parametrize("key", BASIC + ADVANCED, ids=repr)
def test_writing_a_number(key):
    source, array = arrays()
    source[key] = -1.5
    array[key] = -1.5
    assert np.array_equal(array.asnumpy(), source)


@pytest.mark.parametrize("kind", ["NDArray", "numpy", "list", "broadcast"])
@pytest.mark.parametrize("key", BASIC + ADVANCED, ids=repr)
def test_writing_values(key, kind):
    source, array = arrays()
    shape = source[key].shape
    values = np.arange(1000, 1000 + source[key].size, dtype=np.float32).reshape(shape)
    if kind == "broadcast":
        values = values[..., :1] if values.ndim else values
    source[key] = values
    given = {"list": values.tolist(), "numpy": values}.get(kind, nd.array(values) if values.ndim else float(values))
    array[key] = given
    assert np.array_equal(array.asnumpy(), source)


@pytest.mark.parametrize(
    "key", [0, slice(1, 3), (1, 2), (1, slice(1, 3)), (2, 3, slice(1, 2)), (slice(0, 2), slice(None))]
)
def test_solid_blocks_are_views(key):
    _, array = arrays()
    part = array[key]
    part[:] = -7
    assert (array[key].asnumpy() == -7).all()


@pytest.mark.parametrize(
    "key", [(slice(None), slice(1, 2)), slice(None, None, 2), [0, 1], np.array([True, True, False])]
)
def test_other_parts_are_copies(key):
    source, array = arrays()
    part = array[key]
    part[:] = -7
    assert np.array_equal(array.asnumpy(), source)


def test_indices_may_be_arrays_of_any_dtype():
    source, array = arrays()
    for dtype in ("float32", "int32", "int64", "uint8"):
        assert np.array_equal(array[nd.array([2, 0], dtype=dtype)].asnumpy(), source[[2, 0]])
    mask = nd.array([1, 0, 1], dtype="bool")
    assert np.array_equal(array[mask].asnumpy(), source[[0, 2]])


def test_values_are_cast():
    a = nd.zeros((2,), dtype="int32")
    a[0] = 2.7
    a[1:] = nd.array([3.7])
    assert a.asnumpy().tolist() == [2, 3]
    big = nd.zeros((1,), dtype="int64")
    big[0] = 2**60 + 1
    assert big.asscalar() == 2**60 + 1


def test_empty_parts():
    _, array = arrays()
    assert array[1:1].shape == (0, 4, 5)
    assert array[5:9].shape == (0, 4, 5)
    array[1:1] = 3


@pytest.mark.parametrize(
    "key", [3, -4, (0, 4), (0, 0, 5), (0, 0, 0, 0), [3], [[-4]], ([0], [9]), (Ellipsis, Ellipsis)], ids=repr
)
def test_out_of_bounds(key):
    _, array = arrays()
    with pytest.raises(IndexError):
        array[key]
    with pytest.raises(IndexError):
        array[key] = 0


@pytest.mark.parametrize("key", ["x", 1.0, {}, slice("a", None)], ids=repr)
def test_no_index_at_all(key):
    _, array = arrays()
    with pytest.raises((ValueError, TypeError)):
        array[key]


def test_values_that_do_not_fit():
    _, array = arrays()
    with pytest.raises(ValueError, match="do not fit"):
        array[0] = np.ones((3, 5))
    with pytest.raises(ValueError, match="do not fit"):
        array[:, 1] = nd.ones((2, 2))


def test_recorded_parts_have_gradients():
    x = nd.array([[1, 2], [3, 4]])
    x.attach_grad()
    with autograd.record():
        y = x[1] * 2
        z = x[:, 0]
        total = y.sum() + z.sum()
    total.backward()
    assert x.grad.asnumpy().tolist() == [[1, 0], [3, 2]]


def test_recorded_arrays_cannot_be_assigned_to():
    x = nd.ones((2,))
    x.attach_grad()
    with autograd.record(), pytest.raises(RuntimeError, match="cannot be changed"):
        x[0] = 3
    x[0] = 3
    assert x.asnumpy().tolist() == [3, 1]


def test_rows_are_views_as_in_numpy():
    for shape in ((5,), (5, 3), (1, 2, 2)):
        values = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
        bounds = [None, *range(-7, 8), 1 << 70, -(1 << 70)]
        for start in bounds:
            for stop in bounds:
                part = nd.array(values)[start:stop]
                assert np.array_equal(part.asnumpy(), values[start:stop]), (shape, start, stop)
        for row in range(-shape[0], shape[0]):
            array = nd.array(values)
            part = array[row]
            assert np.array_equal(part.asnumpy(), np.atleast_1d(values[row]))
            part[:] = -1
            assert (array[row].asnumpy() == -1).all() and (array.asnumpy() == -1).sum() == part.size
        for row in (shape[0], -shape[0] - 1, 1 << 70):
            with pytest.raises(IndexError):
                nd.array(values)[row]


def test_rows_of_recorded_arrays_are_recorded():
    x = nd.array([[1, 2], [3, 4], [5, 6]])
    x.attach_grad()
    with autograd.record():
        y = x[1:3] * x[0] * 2
    y.backward()
    assert x.grad.asnumpy().tolist() == [[16, 20], [2, 4], [2, 4]]
