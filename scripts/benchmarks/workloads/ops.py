"""Single operators of our own beside NumPy: elementwise, reduction, softmax, dot, convolution."""

PEERS = ["numpy"]


def run(bench):
    import numpy as np

    rng = np.random.default_rng(0)

    def pair(*shape):
        return [rng.standard_normal(shape, dtype=np.float32) for _ in range(2)]

    def softmax(a):
        e = np.exp(a - a.max(axis=-1, keepdims=True))
        return e / e.sum(axis=-1, keepdims=True)

    small, large, square = pair(8), pair(4096, 4096), pair(1024, 1024)
    size = large[0].nbytes / 1e9
    cases = [
        ("add_8", "us", small, "elemwise_add", np.add, None),
        ("add_16m", "GB/s", large, "elemwise_add", np.add, lambda s: 3 * size / s),
        ("sum_16m", "GB/s", large[:1], "sum", np.sum, lambda s: size / s),
        ("softmax_1024", "GB/s", square[:1], "softmax", softmax, lambda s: 2 * square[0].nbytes / 1e9 / s),
        ("dot_1024", "GFLOP/s", square, "dot", np.dot, lambda s: 2 * 1024**3 / 1e9 / s),
    ]
    for name, unit, arrays, operator, numpy, rate in cases:
        if bench.label == "numpy":
            bench.time(name, unit, lambda: numpy(*arrays), rate)  # noqa: B023 (called at once)
        else:
            nd = bench.mx().nd
            ours, call = [nd.array(a) for a in arrays], getattr(nd, operator)
            bench.time(name, unit, lambda: call(*ours), rate, nd.waitall)  # noqa: B023
    if bench.label != "numpy":
        convolution(bench, bench.mx().nd, *pair(8, 64, 56, 56))


def convolution(bench, nd, images, _):
    x, weight = nd.array(images), nd.random.uniform(shape=(64, 64, 3, 3))
    work = 2 * images.size * 64 * 9 / 1e9
    options = {"kernel": (3, 3), "pad": (1, 1), "num_filter": 64, "no_bias": True}
    run = lambda: nd.Convolution(x, weight, **options)  # noqa: E731
    bench.time("convolution_8x64x56x56", "GFLOP/s", run, lambda s: work / s, nd.waitall)
