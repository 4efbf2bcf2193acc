"""split_v2, im2col, col2im, depth_to_space, space_to_depth and diag."""

import numpy as np
import pytest
from mx_core import MXNetError, nd, sym
from mx_core.test_utils import check_gradient

Y = np.arange(12.0).reshape(6, 2)


@pytest.mark.parametrize("parts, axis", [(3, 0), ((1, 4), 0), ((2, 2), 0), (2, 1), ((1,), -1)])
def test_split_v2(parts, axis):
    want = np.split(Y, parts, axis)
    for got in (nd.split_v2(nd.array(Y), parts, axis), nd.array(Y).split_v2(parts, axis)):
        assert len(got) == len(want)
        for a, b in zip(got, want):
            np.testing.assert_array_equal(a.asnumpy(), b)
    check_gradient(lambda x: nd.concat(*(p * (i + 1) for i, p in enumerate(nd.split_v2(x, parts, axis))), dim=axis), Y)


def test_split_v2_squeezes_and_refuses():
    parts = nd.split_v2(nd.array(Y), 6, squeeze_axis=True)
    assert [p.shape for p in parts] == [(2,)] * 6 and parts[2].asnumpy().tolist() == [4, 5]
    check_gradient(lambda x: nd.split_v2(x, 6, squeeze_axis=True)[1], Y)
    y = sym.split_v2(sym.var("x"), (1, 4))
    assert y.infer_shape(x=(6, 2))[1] == [(1, 2), (3, 2), (2, 2)]
    uneven = nd._internal._split_v2(nd.array(Y), indices=(), axis=0, sections=4)
    assert [p.shape[0] for p in uneven] == [2, 2, 1, 1]
    with pytest.raises(MXNetError, match=r"\[split_v2\] axis 0 of \(6, 2\) has no 4 equal parts"):
        nd.split_v2(nd.array(Y), 4)
    with pytest.raises(MXNetError, match=r"\[_split_v2\] indices \(0, 2, 9\)"):
        nd.split_v2(nd.array(Y), (2, 9))


def patches(x, kernel, stride, dilate, pad):
    """im2col of an image (n, c, h, w), window by window."""
    x = np.pad(x, ((0, 0), (0, 0), (pad[0],) * 2, (pad[1],) * 2))
    h, w = ((x.shape[2 + i] - dilate[i] * (kernel[i] - 1) - 1) // stride[i] + 1 for i in (0, 1))
    columns = [
        x[:, :, i : i + dilate[0] * kernel[0] : dilate[0], j : j + dilate[1] * kernel[1] : dilate[1]].reshape(
            len(x), -1
        )
        for i in range(0, h * stride[0], stride[0])
        for j in range(0, w * stride[1], stride[1])
    ]
    return np.stack(columns, 2)


@pytest.mark.parametrize(
    "window",
    [
        {"kernel": (2, 2), "stride": (1, 1), "dilate": (1, 1), "pad": (0, 0)},
        {"kernel": (2, 3), "stride": (2, 1), "dilate": (1, 2), "pad": (1, 2)},
        {"kernel": (3, 1), "stride": (1, 3), "dilate": (2, 1), "pad": (2, 0)},
    ],
)
def test_im2col_and_col2im(window):
    x = np.arange(2 * 2 * 4 * 5.0).reshape(2, 2, 4, 5)
    for dtype in ("float64", "float32", "float16"):
        columns = nd.im2col(nd.array(x, dtype=dtype), **window)
        np.testing.assert_array_equal(columns.asnumpy(), patches(x, **window))
        seen = nd.col2im(columns * 0 + 1, output_size=(4, 5), **window)  # how many windows see each element
        np.testing.assert_array_equal(nd.col2im(columns, output_size=(4, 5), **window).asnumpy(), x * seen.asnumpy())
    check_gradient(lambda a: nd.im2col(a, **window), x)
    check_gradient(lambda a: nd.col2im(a, output_size=(4, 5), **window), patches(x, **window))


def test_im2col_of_one_and_three_axes():
    x = np.arange(8.0).reshape(1, 2, 4)
    assert nd.im2col(nd.array(x), kernel=(2,)).asnumpy()[0, 1].tolist() == [1, 2, 3]
    check_gradient(lambda a: nd.im2col(a, kernel=(2,), pad=(1,)), x)
    x = np.arange(24.0).reshape(1, 1, 2, 3, 4)
    check_gradient(lambda a: nd.im2col(a, kernel=(2, 2, 3), pad=(1, 0, 1), stride=(2, 1, 1)), x)
    with pytest.raises(MXNetError, match=r"\[im2col\] the window covers 5"):
        nd.im2col(nd.ones((1, 1, 4)), kernel=(5,))
    with pytest.raises(MXNetError, match=r"\[col2im\] data has shape"):
        nd.col2im(nd.ones((1, 4, 8)), output_size=(4, 4), kernel=(2, 2))


def test_depth_and_space():
    x = np.arange(2 * 8 * 2 * 3.0).reshape(2, 8, 2, 3)
    want = x.reshape(2, 2, 2, 2, 2, 3).transpose(0, 3, 4, 1, 5, 2).reshape(2, 2, 4, 6)
    for dtype in ("float32", "int8", "float16"):
        y = nd.array(x, dtype=dtype).depth_to_space(2)
        np.testing.assert_array_equal(y.asnumpy(), want)
        np.testing.assert_array_equal(y.space_to_depth(2).asnumpy(), x)
    check_gradient(lambda a: nd.depth_to_space(a, block_size=2), x)
    check_gradient(lambda a: nd.space_to_depth(a, block_size=2), want)
    with pytest.raises(MXNetError, match=r"\[depth_to_space\] axis 1 .* no multiple of 9"):
        nd.depth_to_space(nd.array(x), block_size=3)


def test_diag():
    vector, matrix, cube = np.arange(1.0, 4), np.arange(12.0).reshape(3, 4), np.arange(24.0).reshape(2, 3, 4)
    for k in (-2, -1, 0, 1, 2):
        for x in (vector, matrix):
            np.testing.assert_array_equal(nd.diag(nd.array(x), k=k).asnumpy(), np.diag(x, k))
            check_gradient(lambda a, k=k: nd.diag(a, k=k), x)
        for axes in ((1, 2), (0, 2), (-1, 0)):
            if min(cube.shape[axes[0]] + min(k, 0), cube.shape[axes[1]] - max(k, 0)) <= 0:
                continue
            got = nd.array(cube).diag(k=k, axis1=axes[0], axis2=axes[1])
            np.testing.assert_array_equal(got.asnumpy(), np.diagonal(cube, k, *axes))
            check_gradient(lambda a, k=k, axes=axes: nd.diag(a, k=k, axis1=axes[0], axis2=axes[1]), cube)
    with pytest.raises(MXNetError, match=r"\[diag\] axis1 and axis2 are both 1"):
        nd.diag(nd.array(matrix), axis1=1, axis2=-1)


def test_rnn_param_concat():
    y = nd._internal._rnn_param_concat(nd.ones(2), nd.zeros(3), dim=0)
    assert y.asnumpy().tolist() == [1, 1, 0, 0, 0]
