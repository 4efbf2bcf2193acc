"""Pad and Crop."""

import numpy as np
import pytest
from mx_core import MXNetError, nd, sym
from mx_core.test_utils import check_gradient

X = np.arange(2 * 3 * 4.0).reshape(1, 2, 3, 4)
WIDTH = (0, 0, 0, 0, 1, 2, 2, 1)


@pytest.mark.parametrize("mode", ["constant", "edge", "reflect"])
@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "int32", "int8"])
def test_pad(mode, dtype):
    options = {"constant_values": 7} if mode == "constant" else {}
    want = np.pad(X, ((0, 0), (0, 0), (1, 2), (2, 1)), mode, **options)
    y = nd.pad(nd.array(X, dtype=dtype), mode=mode, pad_width=WIDTH, constant_value=7)
    assert y.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(y.asnumpy(), want)


@pytest.mark.parametrize("mode", ["constant", "edge", "reflect"])
def test_pad_gradient(mode):
    check_gradient(lambda x: nd.pad(x, mode=mode, pad_width=WIDTH, constant_value=7), X)
    check_gradient(lambda x: nd.pad(x, mode=mode, pad_width=(0, 0, 0, 0, 1, 1, 0, 0, 2, 2)), X.reshape(1, 1, 2, 3, 4))


def test_pad_any_axis_and_negative_widths():
    y = nd.pad(nd.array(X[0]), mode="constant", pad_width=(1, 0, 0, 2, -1, -2)).asnumpy()
    np.testing.assert_array_equal(y, np.pad(X[0], ((1, 0), (0, 2), (0, 0)))[:, :, 1:-2])
    with pytest.raises(MXNetError, match=r"\[Pad\] reflect needs"):
        nd.pad(nd.array(X), mode="reflect", pad_width=(0, 0, 0, 0, 3, 0, 0, 0))
    with pytest.raises(MXNetError, match=r"\[Pad\] pad_width \(1, 1\)"):
        nd.pad(nd.array(X), mode="edge", pad_width=(1, 1))


def test_crop():
    x = nd.array(X)
    np.testing.assert_array_equal(nd.Crop(x, h_w=(2, 2), offset=(1, 1)).asnumpy(), X[:, :, 1:3, 1:3])
    np.testing.assert_array_equal(nd.Crop(x, nd.zeros((5, 6, 1, 2)), center_crop=True).asnumpy(), X[:, :, 1:2, 1:3])
    check_gradient(lambda a: nd.Crop(a, h_w=(2, 3), offset=(1, 0)), X)
    check_gradient(lambda a: nd.Crop(a * a, nd.zeros((1, 1, 2, 2)), offset=(0, 2)), X)
    y = sym.Crop(sym.var("x"), sym.var("like"), name="c")
    assert y.infer_shape(x=(1, 2, 3, 4), like=(1, 1, 2, 2))[1] == [(1, 2, 2, 2)]
    with pytest.raises(MXNetError, match=r"\[Crop\].*offset 2"):
        nd.Crop(x, h_w=(2, 2), offset=(2, 0))
    with pytest.raises(MXNetError, match=r"\[Crop\] h_w"):
        nd.Crop(x)
