"""Products of float32 matrices, GFLOP/s: 2048 x 2048, and batches as attention has them."""

PEERS = ["mxnet", "torch", "numpy"]
N = 2048
BATCH = (64, 256, 128)


def run(bench):
    {"numpy": run_numpy}.get(bench.label, run_mx if bench.is_mx else run_torch)(bench)


def rate(seconds):
    return 2 * N**3 / seconds / 1e9


def batch_rate(seconds):
    count, n, k = BATCH
    return 2 * count * n * n * k / seconds / 1e9


def run_mx(bench):
    nd = bench.mx().nd
    x, w = (nd.random.uniform(-1, 1, shape=(N, N)) for _ in range(2))
    bench.time("dot_fp32_gflops", "GFLOP/s", lambda: nd.dot(x, w), rate, nd.waitall)
    layer = {"num_hidden": N, "no_bias": True}
    bench.time("fc_fp32_gflops", "GFLOP/s", lambda: nd.FullyConnected(x, w, **layer), rate, nd.waitall)
    a, b = (nd.random.uniform(-1, 1, shape=BATCH) for _ in range(2))
    multiply = lambda: nd.batch_dot(a, b, transpose_b=True)  # noqa: E731
    bench.time("batch_dot_64x256x256x128_gflops", "GFLOP/s", multiply, batch_rate, nd.waitall)


def run_torch(bench):
    torch = bench.torch()
    x, w = torch.rand(N, N), torch.rand(N, N)
    a, b = torch.rand(BATCH), torch.rand(BATCH)
    with torch.no_grad():
        bench.time("dot_fp32_gflops", "GFLOP/s", lambda: x @ w, rate)
        bench.time("fc_fp32_gflops", "GFLOP/s", lambda: torch.nn.functional.linear(x, w), rate)
        multiply = lambda: torch.bmm(a, b.transpose(1, 2))  # noqa: E731
        bench.time("batch_dot_64x256x256x128_gflops", "GFLOP/s", multiply, batch_rate)


def run_numpy(bench):
    import numpy as np

    x, w = (np.random.rand(N, N).astype("float32") for _ in range(2))
    bench.time("dot_fp32_gflops", "GFLOP/s", lambda: x @ w, rate)
