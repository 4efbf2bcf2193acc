"""The meaning of shapes, and environment variables."""

import os
import threading

import numpy as np
import pytest
from mx_core import MXNetError, autograd, nd, util


def test_np_shape_is_of_a_thread_and_a_block():
    assert not util.is_np_shape()
    with util.np_shape():
        assert util.is_np_shape()
        with util.np_shape(False):
            assert not util.is_np_shape()
        seen = []
        thread = threading.Thread(target=lambda: seen.append(util.is_np_shape()))
        thread.start()
        thread.join()
        assert seen == [False] and util.is_np_shape()
    assert not util.is_np_shape()
    assert util.set_np_shape(True) is False
    assert util.set_np_shape(False) is True
    assert util.use_np_shape(util.is_np_shape)() and not util.is_np_shape()


def test_empty_arrays_and_single_numbers():
    with pytest.raises(MXNetError):
        nd.zeros((0, 3))
    with util.np_shape():
        for shape in ((), (0,), (0, 3), (2, 0, 1)):
            for make, value in ((nd.zeros, 0), (nd.ones, 1)):
                made = make(shape, dtype="int32")
                assert made.shape == shape and made.dtype == np.int32
                np.testing.assert_array_equal(made.asnumpy(), np.full(shape, value))
            assert (nd.full(shape, 2) + 1).shape == shape
        assert nd.array(np.zeros((0, 3))).sum(axis=0).asnumpy().tolist() == [0, 0, 0]
        assert nd.concat(nd.zeros((0, 3)), nd.ones((2, 3)), dim=0).shape == (2, 3)


def test_single_elements():
    x = nd.array([[1, 2], [3, 4]])
    assert x[1, 0].shape == x[1][0].shape == (1,)
    with util.np_shape():
        assert x[1, 0].shape == x[1][0].shape == ()
        assert x[1, 0].asscalar() == 3
        x[1, 0] = 7
        assert x[1, 0].asnumpy() == 7
        x.attach_grad()
        with autograd.record():
            y = x[0, 1] * 3
        assert y.shape == ()
        y.backward()
    assert x.grad.asnumpy().tolist() == [[0, 3], [0, 0]]


def test_environment():
    with util.environment("MX_TEST_VARIABLE", "1"):
        assert util.getenv("MX_TEST_VARIABLE") == "1"
        with util.environment({"MX_TEST_VARIABLE": None}):
            assert "MX_TEST_VARIABLE" not in os.environ
    assert util.getenv("MX_TEST_VARIABLE") is None
