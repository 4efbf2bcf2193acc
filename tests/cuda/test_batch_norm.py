"""BatchNorm on a GPU against the CPU: results, gradients, moving averages."""

import mx
import numpy as np
import pytest

SHAPES = {"NCHW": ((4, 5, 3, 2), 1), "many": ((2, 3, 40, 17), 1), "NHWC": ((3, 4, 5, 37), 3), "NC": ((9, 6), 1)}


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
@pytest.mark.parametrize("train", [True, False], ids=["train", "predict"])
@pytest.mark.parametrize("fix_gamma", [True, False], ids=["fixed gamma", "gamma"])
@pytest.mark.parametrize("shape", SHAPES)
def test_batch_norm(shape, fix_gamma, train, dtype):
    size, axis = SHAPES[shape]
    results = []
    for ctx in (mx.cpu(), mx.gpu(0)):
        rng = np.random.default_rng(2)
        statistics = dtype if dtype == "float64" else "float32"
        data = mx.nd.array(rng.normal(3, 2, size), ctx=ctx, dtype=dtype)
        others = [mx.nd.array(rng.uniform(0.5, 2, size[axis]), ctx=ctx, dtype=statistics) for _ in range(4)]
        for array in (data, *others[:2]):
            array.attach_grad()
        with mx.autograd.record(train_mode=train):
            out = mx.nd.BatchNorm(data, *others, fix_gamma=fix_gamma, axis=axis, momentum=0.8, output_mean_var=True)
        out[0].backward(mx.nd.array(rng.normal(0, 1, size), ctx=ctx, dtype=dtype), train_mode=train)
        results.append([*out, *others, data.grad, others[0].grad, others[1].grad])
    tolerance = {"float64": 1e-10, "float32": 2e-4, "float16": 2e-2}[dtype]
    for expected, got in zip(*results, strict=True):
        assert got.context == mx.gpu(0)
        assert got.dtype == expected.dtype
        np.testing.assert_allclose(got.asnumpy(), expected.asnumpy(), tolerance, tolerance)


def test_statistics_that_stay():
    for ctx in (mx.cpu(), mx.gpu(0)):
        arrays = [mx.nd.array(np.full(3, value), ctx=ctx) for value in (1, 0, 2, 4)]
        with mx.autograd.record():
            out = mx.nd.BatchNorm(mx.nd.ones((2, 3), ctx=ctx), *arrays, use_global_stats=True, eps=0)
        np.testing.assert_allclose(out.asnumpy(), np.full((2, 3), -0.5), 1e-6)
        assert arrays[2].asnumpy().tolist() == [2, 2, 2]
