"""Convolution and Deconvolution: gradients at odd sizes, layouts, and what they refuse."""

import numpy as np
import pytest
from mx_core import nd, sym
from mx_core.base import MXNetError
from mx_core.context import cpu
from mx_core.test_utils import check_gradient

RNG = np.random.default_rng(0)


def direct(x, w, stride, pad, dilate, groups):
    """A convolution of (batch, channels, height, width), straight from its definition."""
    x = np.pad(x, ((0, 0), (0, 0), (pad[0], pad[0]), (pad[1], pad[1])))
    steps = [(x.shape[2 + i] - dilate[i] * (w.shape[2 + i] - 1) - 1) // stride[i] + 1 for i in range(2)]
    out = np.zeros((x.shape[0], w.shape[0], *steps))
    filters = w.shape[0] // groups
    for f in range(w.shape[0]):
        first = f // filters * w.shape[1]
        for i, j in np.ndindex(*w.shape[2:]):
            rows = slice(i * dilate[0], i * dilate[0] + stride[0] * (steps[0] - 1) + 1, stride[0])
            columns = slice(j * dilate[1], j * dilate[1] + stride[1] * (steps[1] - 1) + 1, stride[1])
            window = x[:, first : first + w.shape[1], rows, columns]
            out[:, f] += np.einsum("nchw,c->nhw", window, w[f, :, i, j])
    return out


GEOMETRY = [
    ((1, 1), (1, 1), (0, 0), (1, 1), 1),
    ((3, 2), (1, 2), (1, 0), (1, 1), 1),
    ((2, 3), (2, 1), (3, 2), (2, 3), 2),
    ((5, 5), (3, 3), (2, 2), (1, 1), 4),
]


@pytest.mark.parametrize("kernel, stride, pad, dilate, groups", GEOMETRY)
@pytest.mark.parametrize("dtype, tolerance", [("float64", 1e-12), ("float32", 1e-5), ("float16", 1e-2)])
def test_values(kernel, stride, pad, dilate, groups, dtype, tolerance):
    x, w, b = RNG.normal(size=(3, 4, 7, 9)), RNG.normal(size=(8, 4 // groups, *kernel)), RNG.normal(size=8)
    options = {"kernel": kernel, "stride": stride, "pad": pad, "dilate": dilate, "num_group": groups, "num_filter": 8}
    got = nd.Convolution(*(nd.array(a, dtype=dtype) for a in (x, w, b)), **options)
    want = direct(x, w, stride, pad, dilate, groups) + b[:, None, None]
    np.testing.assert_allclose(got.asnumpy(), want, rtol=tolerance, atol=tolerance * np.abs(want).max())


@pytest.mark.parametrize("kernel, stride, pad, dilate, groups", GEOMETRY)
def test_gradients(kernel, stride, pad, dilate, groups):
    options = {"kernel": kernel, "stride": stride, "pad": pad, "dilate": dilate, "num_group": groups, "num_filter": 4}
    x, w, b = RNG.normal(size=(2, 4, 5, 7)), RNG.normal(size=(4, 4 // groups, *kernel)), RNG.normal(size=4)
    check_gradient(lambda *a: nd.Convolution(*a, **options), x, w, b)
    check_gradient(lambda *a: nd.Deconvolution(*a, no_bias=False, **options), RNG.normal(size=(1, 4, 4, 5)), w, b)


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_deconvolution_is_the_transpose(rank):
    """<conv(x), y> = <x, deconv(y)> with the same weights."""
    options = {"kernel": (3,) * rank, "stride": (2,) * rank, "pad": (1,) * rank, "no_bias": True}
    x, w = RNG.normal(size=(2, 3, *(7,) * rank)), nd.array(RNG.normal(size=(4, 3, *(3,) * rank)), dtype="float64")
    forth = nd.Convolution(nd.array(x, dtype="float64"), w, num_filter=4, **options).asnumpy()
    y = RNG.normal(size=forth.shape)
    back = nd.Deconvolution(nd.array(y, dtype="float64"), w, num_filter=3, **options).asnumpy()
    np.testing.assert_allclose((forth * y).sum(), (x * back).sum(), rtol=1e-10)


def test_channels_last():
    x, w = RNG.normal(size=(2, 4, 5, 6)), RNG.normal(size=(8, 4, 3, 2))
    options = {"kernel": (3, 2), "num_filter": 8, "no_bias": True}
    want = nd.Convolution(nd.array(x), nd.array(w), **options).asnumpy()
    moved = nd.Convolution(
        nd.array(x.transpose(0, 2, 3, 1)), nd.array(w.transpose(0, 2, 3, 1)), layout="NHWC", **options
    )
    np.testing.assert_allclose(moved.asnumpy().transpose(0, 3, 1, 2), want, rtol=1e-4, atol=1e-5)


def test_weights_are_inferred():
    layer = sym.Convolution(sym.var("data"), kernel=(3, 3), num_filter=6, num_group=2, name="conv")
    assert layer.list_arguments() == ["data", "conv_weight", "conv_bias"]
    assert layer.infer_shape(data=(1, 4, 8, 8))[:2] == ([(1, 4, 8, 8), (6, 2, 3, 3), (6,)], [(1, 6, 6, 6)])
    layer = sym.Deconvolution(sym.var("data"), kernel=(4, 4), stride=(2, 2), pad=(1, 1), num_filter=6, name="up")
    assert layer.list_arguments() == ["data", "up_weight"]
    assert layer.infer_shape(data=(1, 4, 8, 8))[:2] == ([(1, 4, 8, 8), (4, 6, 4, 4)], [(1, 6, 16, 16)])


@pytest.mark.parametrize(
    "options",
    [{"kernel": (9, 9)}, {"kernel": (3, 3), "num_group": 3}, {"kernel": (3, 3), "stride": (1,)}, {"kernel": (3,)}],
)
def test_refused(options):
    with pytest.raises(MXNetError, match=r"\[Convolution\]"):
        nd.Convolution(nd.ones((1, 4, 5, 5)), nd.ones((6, 4, 3, 3)), num_filter=6, no_bias=True, **options)


@pytest.mark.parametrize("channels, filters", [(1, 20), (20, 50), (33, 64), (40, 17)])
@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
@pytest.mark.parametrize(
    "kernel, stride, pad, dilate",
    [
        ((5, 5), (1, 1), (0, 0), (1, 1)),
        ((3, 2), (2, 1), (1, 2), (1, 1)),
        ((2, 3), (1, 3), (3, 1), (2, 3)),
        ((1, 2), (3, 1), (0, 1), (1, 1)),
        ((4, 5), (2, 3), (2, 1), (1, 2)),
    ],
)
def test_odd_channels(channels, filters, layout, kernel, stride, pad, dilate):
    # Bound, so that the arrays lie channels-last; float64 takes another way.
    options = {"kernel": kernel, "stride": stride, "pad": pad, "dilate": dilate, "num_filter": filters}
    net = sym.Convolution(sym.Variable("x"), name="c", layout=layout, **options)
    net = sym.Activation(net, act_type="tanh")
    shape = (3, channels, 11, 13) if layout == "NCHW" else (3, 11, 13, channels)
    values, results = {}, []
    for dtype in ("float64", "float32"):
        executor = net.simple_bind(cpu(), x=shape, type_dict=dict.fromkeys(net.list_arguments(), dtype))
        for name, array in executor.arg_dict.items():
            values.setdefault(name, RNG.uniform(-0.5, 0.5, array.shape).astype(np.float32))
            array[:] = nd.array(values[name], dtype=dtype)
        arrays = [executor.forward(is_train=False)[0].asnumpy(), executor.forward(is_train=True)[0].asnumpy()]
        head = values.setdefault("head", RNG.normal(size=arrays[0].shape).astype(np.float32))
        executor.backward(nd.array(head, dtype=dtype))
        results.append(arrays + [gradient.asnumpy() for gradient in executor.grad_arrays])
    for got, want in zip(results[1], results[0], strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-5 * max(1, np.abs(want).max()))
