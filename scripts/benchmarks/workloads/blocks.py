"""Building blocks: large arrays as a share of the triad that the machine reaches, small ones in us beside NumPy.

A share counts what must be read and written, at the rate of a triad that streams. Small arrays are timed on one thread
in a bound graph of many equal operators, per operator: what NumPy needs for the same is its call with its overhead.
"""

PEERS = ["numpy"]
LARGE = 16_000_000  # elements, 64 MB: beyond the caches
SMALL = [100, 1000, 10_000]


def run(bench):
    import numpy as np

    for name, arrays, ours, numpy, moved in large(np):
        rate = lambda s: moved / 1e9 / s / bench.triad  # noqa: B023, E731 (called at once)
        if bench.label == "numpy":
            bench.time(name, "of triad", lambda: numpy(*arrays), rate)  # noqa: B023
        else:
            nd = bench.mx().nd
            given = [nd.array(a) for a in arrays]
            bench.time(name, "of triad", lambda: ours(nd, *given), rate, nd.waitall)  # noqa: B023
    for name, shapes, symbol, numpy in small(np):
        arrays = [np.random.default_rng(0).standard_normal(s, dtype=np.float32) for s in shapes]
        if bench.label == "numpy":
            bench.time(name, "us", lambda: numpy(*arrays))  # noqa: B023
        else:
            time_in_graph(bench, name, arrays, symbol)


def large(np):
    """Name, arrays, ours, NumPy's, bytes that must be moved."""
    rng = np.random.default_rng(0)

    def random(*shape):
        return rng.standard_normal(shape, dtype=np.float32)

    def softmax(axis):
        def run(x):
            e = np.exp(x - x.max(axis, keepdims=True))
            return e / e.sum(axis, keepdims=True)

        return run

    def sgd(w, g, m):
        m *= np.float32(0.9)
        m -= np.float32(0.1) * g
        w += m

    flat, size = random(LARGE), 4.0 * LARGE
    matrix, images, cube = random(4000, 4000), random(16, 64, 125, 125), random(250, 64, 1000)
    add, broadcast = lambda nd, a, b: a + b, lambda nd, a, b: nd.broadcast_add(a, b)
    cases = [
        ("add", [flat, flat[::-1].copy()], add, np.add, 3 * size),
        ("add_scalar", [flat], lambda nd, a: a + 2.0, lambda a: a + np.float32(2), 2 * size),
        ("add_row", [matrix, random(1, 4000)], broadcast, np.add, 2 * size),
        ("add_column", [matrix, random(4000, 1)], broadcast, np.add, 2 * size),
        ("add_channel", [images, random(1, 64, 1, 1)], broadcast, np.add, 2 * size),
        ("add_outer", [random(4000, 1), random(1, 4000)], broadcast, np.add, size),
        ("exp", [flat], lambda nd, a: nd.exp(a), np.exp, 2 * size),
        ("sigmoid", [flat], lambda nd, a: nd.sigmoid(a), lambda a: 1 / (1 + np.exp(-a)), 2 * size),
        ("copy", [flat], lambda nd, a: a.copy(), np.copy, 2 * size),
        ("fill", [], lambda nd: nd.ones((LARGE,)), lambda: np.ones(LARGE, np.float32), size),
        ("sum", [flat], lambda nd, a: nd.sum(a), np.sum, size),
    ]
    for name, array, axis in [
        ("first", matrix, 0), ("first_narrow", random(LARGE // 10, 10), 0), ("last", matrix, 1),
        ("last_short", random(LARGE // 10, 10), 1), ("middle", cube, 1), ("channel", images, (0, 2, 3)),
    ]:  # fmt: skip
        cases.append(
            (f"sum_{name}", [array], lambda nd, a, x=axis: nd.sum(a, axis=x), lambda a, x=axis: a.sum(x), size)
        )
    for name, array, axes in [
        ("2d", matrix, (1, 0)), ("batched", cube, (0, 2, 1)), ("nchw_nhwc", images, (0, 2, 3, 1)),
        ("nhwc_nchw", random(16, 125, 125, 64), (0, 3, 1, 2)), ("heads", random(32, 500, 8, 125), (0, 2, 1, 3)),
    ]:  # fmt: skip
        ours = lambda nd, a, x=axes: nd.transpose(a, axes=x)  # noqa: E731
        numpy = lambda a, x=axes: np.ascontiguousarray(a.transpose(x))  # noqa: E731
        cases.append((f"transpose_{name}", [array], ours, numpy, 2 * size))
    for name, array, axis in [
        ("short", random(LARGE // 10, 10), -1), ("long", matrix, -1), ("middle", cube, 1),
    ]:  # fmt: skip
        ours = lambda nd, a, x=axis: nd.softmax(a, axis=x)  # noqa: E731
        cases.append((f"softmax_{name}", [array], ours, softmax(axis), 2 * size))
    log = lambda nd, a: nd.log_softmax(a)  # noqa: E731
    cases.append(("log_softmax_long", [matrix], log, lambda a: a - np.log(np.exp(a).sum(-1, keepdims=True)), 2 * size))
    quarter = [random(LARGE // 2) for _ in range(3)]

    def update(nd, w, g, m):
        nd.sgd_mom_update(w, g, m, out=w, lr=0.1, momentum=0.9)

    def update_many(nd, *arrays):
        weights = list(arrays[::3])
        settings = {"lrs": [0.1] * len(weights), "wds": [0.0] * len(weights), "momentum": 0.9}
        nd.multi_sgd_mom_update(*arrays, out=weights, num_weights=len(weights), **settings)

    def each(*arrays):
        for i in range(0, len(arrays), 3):
            sgd(*arrays[i : i + 3])

    many = [random(LARGE // 128) for _ in range(3 * 64)]
    cases.append(("sgd_mom_update", quarter, update, sgd, 2.5 * size))
    cases.append(("multi_sgd_mom_update", many, update_many, each, 2.5 * size))
    return cases


def small(np):
    """Name, shapes, what makes a node of a symbol, NumPy's."""

    def softmax(x):
        e = np.exp(x - x.max(-1, keepdims=True))
        return e / e.sum(-1, keepdims=True)

    for n in SMALL:
        rows = n // 10
        yield f"add_{n}", [(n,), (n,)], lambda sym, a, b: a + b, np.add
        yield f"add_scalar_{n}", [(n,)], lambda sym, a: a + 2.0, lambda a: a + np.float32(2)
        yield f"add_row_{n}", [(rows, 10), (1, 10)], lambda sym, a, b: sym.broadcast_add(a, b), np.add
        yield f"add_column_{n}", [(rows, 10), (rows, 1)], lambda sym, a, b: sym.broadcast_add(a, b), np.add
        yield f"exp_{n}", [(n,)], lambda sym, a: sym.exp(a), np.exp
        yield f"sum_{n}", [(n,)], lambda sym, a: sym.sum(a), np.sum
        yield f"sum_first_{n}", [(rows, 10)], lambda sym, a: sym.sum(a, axis=0), lambda a: a.sum(0)
        yield f"sum_last_{n}", [(rows, 10)], lambda sym, a: sym.sum(a, axis=1), lambda a: a.sum(1)
        copy = lambda a: np.ascontiguousarray(a.T)  # noqa: E731
        yield f"transpose_{n}", [(rows, 10)], lambda sym, a: sym.transpose(a), copy
        yield f"softmax_{n}", [(rows, 10)], lambda sym, a: sym.softmax(a), softmax


def time_in_graph(bench, name, arrays, symbol, count=64):
    mx = bench.mx()
    inputs = [mx.sym.Variable(f"x{i}") for i in range(len(arrays))]
    nodes = [symbol(mx.sym, *inputs) for _ in range(count)]
    given = {f"x{i}": mx.nd.array(a) for i, a in enumerate(arrays)}
    executor = mx.sym.Group(nodes).bind(mx.cpu(), given, grad_req="null")
    bench.time(name, "us", executor.forward, lambda s: 1e6 * s / count, mx.nd.waitall)
