"""Pooling."""

import numpy as np
import pytest
from mx_core import autograd, nd
from mx_core.base import MXNetError
from mx_core.test_utils import check_gradient

RNG = np.random.default_rng(0)


def direct(x, kernel, stride, pad, pool_type, full, count_include_pad=True, p_value=2):
    """Pooling over the last axes of x, straight from its definition."""
    rank = len(kernel)
    space = x.shape[-rank:]
    steps = []
    for i in range(rank):
        room = space[i] + 2 * pad[i] - kernel[i]
        steps.append((-(-room // stride[i]) if full else room // stride[i]) + 1)
    out = np.zeros((*x.shape[:-rank], *steps))
    for position in np.ndindex(*steps):
        starts = [position[i] * stride[i] - pad[i] for i in range(rank)]
        ends = [min(starts[i] + kernel[i], space[i] + pad[i]) for i in range(rank)]
        inside = tuple(slice(max(s, 0), min(e, n)) for s, e, n in zip(starts, ends, space))
        window = x[(..., *inside)].reshape(*x.shape[:-rank], -1)
        if pool_type == "max":
            value = window.max(-1)
        elif pool_type == "lp":
            value = (window**p_value).sum(-1) ** (1 / p_value)
        else:
            value = window.sum(-1)
        if pool_type == "avg":
            whole = np.prod([e - s for s, e in zip(starts, ends)])
            value = value / (whole if count_include_pad else window.shape[-1])
        out[(..., *position)] = value
    return out


GEOMETRY = [
    ((8,), (3,), (2,), (1,)),
    ((9, 7), (3, 3), (2, 2), (1, 1)),
    ((8, 7), (2, 4), (1, 3), (0, 1)),
    ((6, 6, 4), (2, 3, 2), (2, 1, 2), (1, 1, 0)),
]


@pytest.mark.parametrize("space, kernel, stride, pad", GEOMETRY)
@pytest.mark.parametrize("pool_type", ["max", "avg", "sum", "lp"])
@pytest.mark.parametrize("full", [False, True])
def test_values_and_gradients(space, kernel, stride, pad, pool_type, full):
    x = RNG.uniform(0.5, 1.5, size=(2, 2, *space))
    options = {"kernel": kernel, "stride": stride, "pad": pad, "pool_type": pool_type}
    if pool_type == "lp":
        options["p_value"] = 2
    for include in (True, False) if pool_type == "avg" else (True,):
        named = {**options, "count_include_pad": include, "pooling_convention": "full" if full else "valid"}
        want = direct(x, kernel, stride, pad, pool_type, full, include)
        for dtype, tolerance in [("float64", 1e-12), ("float32", 1e-5), ("float16", 5e-3)]:
            got = nd.Pooling(nd.array(x, dtype=dtype), **named)
            assert got.shape == want.shape and got.dtype == np.dtype(dtype)
            np.testing.assert_allclose(got.asnumpy(), want, rtol=tolerance)
        check_gradient(lambda data, named=named: nd.Pooling(data, **named), x[:1])


@pytest.mark.parametrize("pool_type", ["max", "avg", "sum"])
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_global(pool_type, rank):
    x, axes = RNG.normal(size=(2, 3, 5, 4, 3)[: rank + 2]), tuple(range(2, rank + 2))
    got = nd.Pooling(nd.array(x, dtype="float64"), global_pool=True, pool_type=pool_type)
    want = {"max": np.max, "avg": np.mean, "sum": np.sum}[pool_type](x, axes, keepdims=True)
    np.testing.assert_allclose(got.asnumpy(), want, rtol=1e-12)
    check_gradient(lambda data: nd.Pooling(data, global_pool=True, pool_type=pool_type), x)


@pytest.mark.parametrize("pool_type", ["max", "avg"])
def test_channels_last(pool_type):
    x = RNG.normal(size=(2, 5, 6, 3))
    options = {"kernel": (2, 3), "stride": (2, 1), "pool_type": pool_type}
    got = nd.Pooling(nd.array(x), layout="NHWC", **options).asnumpy()
    want = nd.Pooling(nd.array(x.transpose(0, 3, 1, 2)), **options).asnumpy()
    np.testing.assert_allclose(got.transpose(0, 3, 1, 2), want, rtol=1e-6)


def test_gradient_of_ties_goes_to_the_first():
    x = nd.zeros((1, 1, 4))
    x.attach_grad()
    with autograd.record():
        y = nd.Pooling(x, kernel=(2,), stride=(2,))
    y.backward()
    np.testing.assert_array_equal(x.grad.asnumpy(), [[[1, 0, 1, 0]]])


@pytest.mark.parametrize("options", [{"kernel": (5, 5)}, {}, {"kernel": (2,)}, {"kernel": (2, 2), "stride": (1,)}])
def test_refused(options):
    with pytest.raises(MXNetError, match=r"\[Pooling\]"):
        nd.Pooling(nd.ones((1, 1, 3, 3)), **options)


def largest_takes_all(x, dy, kernel, stride, pad):
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(dy.shape):
        rows = range(max(0, i * stride[0] - pad[0]), min(x.shape[2], i * stride[0] - pad[0] + kernel[0]))
        columns = range(max(0, j * stride[1] - pad[1]), min(x.shape[3], j * stride[1] - pad[1] + kernel[1]))
        places = [(y, z) for y in rows for z in columns]
        if places:
            y, z = max(places, key=lambda at: x[n, c, at[0], at[1]])  # the first of equal ones
            dx[n, c, y, z] += dy[n, c, i, j]
    return dx


@pytest.mark.parametrize("convention", ["valid", "full"])
@pytest.mark.parametrize(
    ("kernel", "stride", "pad", "size"),
    [
        ((2, 2), (2, 2), (0, 0), (6, 8)),
        ((2, 2), (2, 2), (0, 0), (7, 9)),
        ((2, 2), (2, 2), (1, 1), (5, 5)),
        ((2, 2), (2, 2), (0, 0), (4, 300)),
        ((3, 3), (2, 2), (1, 1), (9, 11)),
        ((3, 3), (1, 1), (1, 1), (5, 150)),
        ((3, 2), (1, 2), (1, 0), (5, 7)),
        ((5, 5), (4, 4), (2, 2), (9, 9)),
        ((1, 2), (3, 3), (0, 0), (5, 8)),
    ],
)
def test_gradient_of_the_maximum(kernel, stride, pad, size, convention):
    generator = np.random.default_rng(3)
    values = np.round(2 * generator.standard_normal((2, 3, *size))).astype(np.float32)  # many are equal
    x = nd.array(values)
    x.attach_grad()
    with autograd.record():
        y = nd.Pooling(x, kernel=kernel, stride=stride, pad=pad, pool_type="max", pooling_convention=convention)
    head = generator.standard_normal(y.shape).astype(np.float32)
    y.backward(nd.array(head))
    np.testing.assert_allclose(x.grad.asnumpy(), largest_takes_all(values, head, kernel, stride, pad), atol=1e-5)


@pytest.mark.parametrize("channels", [5, 16, 20, 37])
@pytest.mark.parametrize(("kernel", "stride", "pad"), [((2, 2), (2, 2), (0, 0)), ((3, 3), (2, 2), (1, 1))])
def test_gradient_of_the_maximum_channels_last(channels, kernel, stride, pad):
    generator = np.random.default_rng(4)
    values = np.round(2 * generator.standard_normal((2, channels, 7, 8))).astype(np.float32)
    x = nd.array(values.transpose(0, 2, 3, 1))
    x.attach_grad()
    with autograd.record():
        y = nd.Pooling(x, kernel=kernel, stride=stride, pad=pad, pool_type="max", layout="NHWC")
    head = generator.standard_normal(y.shape).astype(np.float32)
    y.backward(nd.array(head))
    wanted = largest_takes_all(values, head.transpose(0, 3, 1, 2), kernel, stride, pad)
    np.testing.assert_allclose(x.grad.asnumpy(), wanted.transpose(0, 2, 3, 1), atol=1e-5)
