"""Memory-bound work on 16 M float32 numbers, GB/s of what must be read and written.

chain: y = sigmoid(a * b + c) * d - e, six arrays when it is fused; add: c = a + b, three; sum: one.
"""

PEERS = ["mxnet", "torch", "torch-compile", "numpy"]
SIZE = 16_000_000


def run(bench):
    {"numpy": run_numpy}.get(bench.label, run_mx if bench.is_mx else run_torch)(bench)


def gigabytes(arrays):
    return lambda seconds: arrays * 4 * SIZE / seconds / 1e9


def run_mx(bench):
    mx = bench.mx()
    nd, sync = mx.nd, mx.nd.waitall
    a, b, c, d, e = arrays = [nd.random.uniform(shape=(SIZE,)) for _ in range(5)]
    out = nd.zeros((SIZE,))
    bench.time("chain_imperative_gbs", "GB/s", lambda: nd.sigmoid(a * b + c) * d - e, gigabytes(6), sync)
    s = {name: mx.sym.Variable(name) for name in "abcde"}
    chain = mx.sym.sigmoid(s["a"] * s["b"] + s["c"]) * s["d"] - s["e"]
    graph = chain.bind(mx.cpu(), dict(zip("abcde", arrays)), grad_req="null")
    bench.time("chain_graph_gbs", "GB/s", graph.forward, gigabytes(6), sync)
    bench.time("add_gbs", "GB/s", lambda: a + b, gigabytes(3), sync)
    bench.time("add_out_gbs", "GB/s", lambda: nd.elemwise_add(a, b, out=out), gigabytes(3), sync)
    bench.time("sum_gbs", "GB/s", lambda: nd.sum(a), gigabytes(1), sync)


def run_torch(bench):
    torch = bench.torch()
    a, b, c, d, e = (torch.rand(SIZE) for _ in range(5))
    out = torch.zeros(SIZE)

    def chain(a, b, c, d, e):
        return torch.sigmoid(a * b + c) * d - e

    with torch.no_grad():
        if bench.compiled:
            compiled = torch.compile(chain)
            bench.time("chain_graph_gbs", "GB/s", lambda: compiled(a, b, c, d, e), gigabytes(6))
            return
        bench.time("chain_imperative_gbs", "GB/s", lambda: chain(a, b, c, d, e), gigabytes(6))
        bench.time("add_gbs", "GB/s", lambda: a + b, gigabytes(3))
        bench.time("add_out_gbs", "GB/s", lambda: torch.add(a, b, out=out), gigabytes(3))
        bench.time("sum_gbs", "GB/s", a.sum, gigabytes(1))


def run_numpy(bench):
    import numpy as np

    a, b, c, d, e = (np.random.rand(SIZE).astype("float32") for _ in range(5))
    out = np.zeros(SIZE, "float32")
    bench.time("chain_imperative_gbs", "GB/s", lambda: 1 / (1 + np.exp(-(a * b + c))) * d - e, gigabytes(6))
    bench.time("add_gbs", "GB/s", lambda: a + b, gigabytes(3))
    bench.time("add_out_gbs", "GB/s", lambda: np.add(a, b, out=out), gigabytes(3))
    bench.time("sum_gbs", "GB/s", a.sum, gigabytes(1))
