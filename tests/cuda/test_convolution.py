"""Convolutions on a GPU against the CPU. On the emulated runtime plain reference loops stand in for cuDNN."""

from concurrent.futures import ThreadPoolExecutor

import mx
import numpy as np
import pytest

DTYPES = ["float16", "float32", "float64"]
# Shape of data, num_filter, and the other parameters.
CASES = {
    "1d": ((2, 3, 9), 4, {"kernel": (3,), "pad": (1,), "stride": (2,)}),
    "2d": ((2, 3, 6, 5), 4, {"kernel": (3, 2)}),
    "padded": ((1, 2, 5, 5), 3, {"kernel": (3, 3), "pad": (1, 2), "stride": (2, 1)}),
    "dilated": ((1, 2, 7, 8), 2, {"kernel": (3, 2), "dilate": (2, 3), "pad": (1, 0)}),
    "rest": ((1, 1, 8, 8), 2, {"kernel": (3, 3), "stride": (3, 2)}),  # the last rows and columns are not reached
    "groups": ((2, 4, 4, 4), 6, {"kernel": (3, 3), "pad": (1, 1), "num_group": 2}),
    "depthwise": ((1, 3, 4, 4), 3, {"kernel": (2, 2), "num_group": 3}),
    "channels last": ((2, 5, 4, 3), 4, {"kernel": (3, 3), "pad": (1, 1), "layout": "NHWC"}),
    "3d": ((1, 2, 3, 4, 3), 2, {"kernel": (2, 2, 2), "pad": (0, 1, 0)}),
}


def filters(case: str, bias: bool, transposed: bool = False) -> list[tuple[int, ...]]:
    shape, count, parameters = CASES[case]
    groups = parameters.get("num_group", 1)
    last = parameters.get("layout") == "NHWC"
    channels = shape[-1 if last else 1]
    first, second = (channels, count // groups) if transposed else (count, channels // groups)
    weight = (first, *parameters["kernel"], second) if last else (first, second, *parameters["kernel"])
    return [shape, weight, *([(count,)] if bias else [])]


@pytest.mark.parametrize("bias", [True, False], ids=["bias", "no bias"])
@pytest.mark.parametrize("case", CASES)
def test_convolution_by_cudnn_or_reference_loops(both, case, bias):
    _, count, parameters = CASES[case]
    both(lambda *a: mx.nd.Convolution(*a, num_filter=count, no_bias=not bias, **parameters), *filters(case, bias))


@pytest.mark.parametrize("dtype", DTYPES)
def test_convolution_of_every_dtype_by_cudnn_or_reference_loops(both, dtype):
    def compute(*arrays):
        return mx.nd.Convolution(*arrays, num_filter=4, kernel=(3, 2))

    both(compute, *filters("2d", True), dtype=dtype)


@pytest.mark.parametrize("bias", [True, False], ids=["bias", "no bias"])
@pytest.mark.parametrize("case", CASES)
def test_deconvolution_by_cudnn_or_reference_loops(both, case, bias):
    _, count, parameters = CASES[case]
    both(
        lambda *a: mx.nd.Deconvolution(*a, num_filter=count, no_bias=not bias, **parameters),
        *filters(case, bias, transposed=True),
    )


@pytest.mark.parametrize("more", [{"adj": (1, 0)}, {"target_shape": (8, 9)}, {"target_shape": (7, 8)}], ids=str)
def test_sizes_of_deconvolution_by_cudnn_or_reference_loops(both, more):
    def compute(*arrays):
        return mx.nd.Deconvolution(*arrays, num_filter=2, kernel=(3, 3), stride=(2, 2), **more)

    both(compute, (1, 2, 4, 4), (2, 2, 3, 3))


def test_a_plan_for_each_alignment_of_cudnn_or_reference_loops(both):
    def compute(data, weight):
        return mx.nd.Convolution(data[1:], weight, num_filter=1, kernel=(2, 2), no_bias=True)

    both(compute, (3, 1, 3, 3), (1, 1, 2, 2))


def test_threads_convolve_by_cudnn_or_reference_loops():
    """All of one shape at once: handles and plans serve one thread at a time."""
    rng = np.random.default_rng(1)
    host = rng.normal(size=(4, 2, 3, 9, 9)).astype("float32")
    weight = rng.normal(size=(4, 3, 3, 3)).astype("float32")

    def compute(i, ctx):
        data = mx.nd.array(host[i], ctx=ctx)
        return mx.nd.Convolution(data, mx.nd.array(weight, ctx=ctx), num_filter=4, kernel=(3, 3), no_bias=True)

    def work(i):
        return [compute(i, mx.gpu(0)) for _ in range(10)]

    with ThreadPoolExecutor(4) as threads:
        results = list(threads.map(work, range(4)))
    for i, arrays in enumerate(results):
        expected = compute(i, mx.cpu()).asnumpy()
        for array in arrays:
            np.testing.assert_allclose(array.asnumpy(), expected, 2e-5, 2e-5)


def test_nothing_to_convolve():
    for ctx in (mx.cpu(), mx.gpu(0)):
        data, weight = mx.nd.array(np.zeros((0, 2, 4, 4)), ctx=ctx), mx.nd.ones((3, 2, 3, 3), ctx=ctx)
        weight.attach_grad()
        with mx.autograd.record():
            out = mx.nd.Convolution(data, weight, num_filter=3, kernel=(3, 3), no_bias=True)
        out.backward()
        assert out.shape == (0, 3, 2, 2)
        assert weight.grad.asnumpy().sum() == 0
