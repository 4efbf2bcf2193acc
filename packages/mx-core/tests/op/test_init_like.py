"""Operators that fill arrays, and casts of several arrays."""

import numpy as np
import pytest
from mx_core import autograd, nd
from mx_core.base import MXNetError

INTERNAL = nd._internal


@pytest.mark.parametrize(
    "params, expected",
    [
        ({}, np.arange(12).reshape(3, 4)),
        ({"axis": 0}, np.arange(3)),
        ({"axis": -1}, np.arange(4)),
        ({"start": 2, "step": 0.5, "repeat": 2}, (2 + 0.5 * (np.arange(12) // 2)).reshape(3, 4)),
        ({"axis": 1, "repeat": 3}, np.arange(4) // 3),
    ],
)
def test_arange_like(params: dict, expected: np.ndarray) -> None:
    for dtype in ("float32", "float64", "int32"):
        y = nd.contrib.arange_like(nd.ones((3, 4), dtype=dtype), **params)
        assert y.dtype == np.dtype(dtype)
        np.testing.assert_array_equal(y.asnumpy(), expected.astype(dtype))


def test_set_value() -> None:
    x = nd.zeros((2, 3), dtype="float64")
    assert INTERNAL._set_value(src=2.5, out=x) is x
    assert (x.asnumpy() == 2.5).all()
    with pytest.raises(MXNetError, match="shape of output"):
        INTERNAL._set_value(src=2.5)


def test_zeros_without_dtype() -> None:
    assert INTERNAL._zeros_without_dtype(shape=(2,)).dtype == np.float32
    assert INTERNAL._zeros_without_dtype(shape=(2,), dtype=1).dtype == np.float64
    out = nd.ones((2,), dtype="int32")
    INTERNAL._zeros_without_dtype(shape=(2,), out=out)
    assert out.asnumpy().tolist() == [0, 0]


def test_reset_arrays() -> None:
    arrays = [nd.ones((2, 3)), nd.ones((4,), dtype="int32"), nd.ones((1,), dtype="float16")]
    assert nd.reset_arrays(*arrays, num_arrays=3) == []
    for array in arrays:
        assert not array.asnumpy().any()


@pytest.mark.parametrize("narrow", [False, True])
def test_amp_multicast(narrow: bool) -> None:
    kinds = ["float16", "float32", "float64", "int32"]
    arrays = [nd.array([1.0, 2.0], dtype=kind) for kind in kinds]
    results = nd.amp_multicast(*arrays, num_outputs=4, cast_narrow=narrow)
    meeting = np.dtype("float16" if narrow else "float64")
    assert [r.dtype for r in results] == [meeting, meeting, meeting, np.dtype("int32")]
    assert all(r.asnumpy().tolist() == [1, 2] for r in results)
    mixed = nd.amp_multicast(nd.ones((1,), dtype="float16"), nd.ones((1,), dtype="bfloat16"), num_outputs=2)
    assert [r.dtype for r in mixed] == [np.float32, np.float32]


def test_gradient_of_amp_multicast() -> None:
    a, b = nd.array([1.0, 2.0], dtype="float16"), nd.array([3.0, 4.0])
    for x in (a, b):
        x.attach_grad()
    with autograd.record():
        c, d = nd.amp_multicast(a, b, num_outputs=2)
        y = c * d
    y.backward()
    assert a.grad.dtype == np.float16
    assert a.grad.asnumpy().tolist() == [3, 4]
    assert b.grad.asnumpy().tolist() == [1, 2]
