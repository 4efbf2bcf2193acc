#!/usr/bin/env python3
"""Times operators and a training step, beside NumPy where it does the same:  scripts/dev.py bench [NAME ...]

A figure is the least of several measurements, each of which lasts a tenth of a second or more.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import mx
import numpy as np


@dataclass
class Case:
    run: Callable[[], object]
    work: float = 0  # what one run does, in `unit`
    unit: str = ""
    numpy: Callable[[], object] | None = None


def seconds(run: Callable[[], object], repeat: int = 5, least: float = 0.1) -> float:
    """The time of one ``run``, with all the work that it started done."""

    def measure(count: int) -> float:
        start = time.perf_counter()
        for _ in range(count):
            run()
        mx.nd.waitall()
        return time.perf_counter() - start

    count = 1
    while (spent := measure(count)) < least:
        count = max(2 * count, int(count * least / max(spent, 1e-9)))
    return min(measure(count) for _ in range(repeat)) / count


def arrays(*shape: int, count: int = 2) -> tuple[list[np.ndarray], list[mx.nd.NDArray]]:
    rng = np.random.default_rng(0)
    theirs = [rng.standard_normal(shape, dtype=np.float32) for _ in range(count)]
    return theirs, [mx.nd.array(a) for a in theirs]


def add(*shape: int) -> Case:
    (a, b), (x, y) = arrays(*shape)
    return Case(lambda: x + y, 3 * a.nbytes / 1e9, "GB/s", lambda: a + b)


def dot(n: int) -> Case:
    (a, b), (x, y) = arrays(n, n)
    return Case(lambda: mx.nd.dot(x, y), 2 * n**3 / 1e9, "GFLOP/s", lambda: a @ b)


def total(*shape: int) -> Case:
    (a,), (x,) = arrays(*shape, count=1)
    return Case(lambda: mx.nd.sum(x), a.nbytes / 1e9, "GB/s", a.sum)


def softmax(*shape: int) -> Case:
    (a,), (x,) = arrays(*shape, count=1)

    def numpy() -> np.ndarray:
        e = np.exp(a - a.max(axis=-1, keepdims=True))
        return e / e.sum(axis=-1, keepdims=True)

    return Case(lambda: mx.nd.softmax(x), 2 * a.nbytes / 1e9, "GB/s", numpy)


def convolution(batch: int, channels: int, size: int) -> Case:
    _, (x,) = arrays(batch, channels, size, size, count=1)
    _, (w,) = arrays(channels, channels, 3, 3, count=1)
    flop = 2 * batch * channels * channels * 9 * size * size
    options = {"kernel": (3, 3), "pad": (1, 1), "num_filter": channels, "no_bias": True}
    return Case(lambda: mx.nd.Convolution(x, w, **options), flop / 1e9, "GFLOP/s")


def lenet_step(batch: int) -> Case:
    net = mx.sym.var("data")
    for filters in (20, 50):
        net = mx.sym.Activation(mx.sym.Convolution(net, kernel=(5, 5), num_filter=filters), act_type="tanh")
        net = mx.sym.Pooling(net, pool_type="max", kernel=(2, 2), stride=(2, 2))
    net = mx.sym.Activation(mx.sym.FullyConnected(mx.sym.Flatten(net), num_hidden=500), act_type="tanh")
    net = mx.sym.SoftmaxOutput(mx.sym.FullyConnected(net, num_hidden=10), name="softmax")
    _, (images,) = arrays(batch, 1, 28, 28, count=1)
    data = mx.io.DataBatch([images], [mx.nd.array(np.arange(batch) % 10)])
    module = mx.mod.Module(net)
    module.bind([("data", images.shape)], [("softmax_label", (batch,))])
    module.init_params()
    module.init_optimizer(optimizer="sgd", optimizer_params={"learning_rate": 0.01, "momentum": 0.9})

    def step() -> None:
        module.forward_backward(data)
        module.update()

    return Case(step, batch, "images/s")


CASES = {
    "add of 8 numbers": lambda: add(8),
    "add of 16 M numbers": lambda: add(4096, 4096),
    "sum of 16 M numbers": lambda: total(4096, 4096),
    "softmax 1024 x 1024": lambda: softmax(1024, 1024),
    "dot 1024 x 1024": lambda: dot(1024),
    "convolution 8 x 64 x 56 x 56": lambda: convolution(8, 64, 56),
    "LeNet training step, 64 images": lambda: lenet_step(64),
}


def main() -> None:
    print(f"{'':32} {'microseconds':>14} {'rate':>18} {'NumPy':>14}")
    for name, make in CASES.items():
        if all(word not in name for word in sys.argv[1:] or [""]):
            continue
        case = make()
        time_ = seconds(case.run)
        beside = f"{seconds(case.numpy) * 1e6:14.1f}" if case.numpy else ""
        print(f"{name:32} {time_ * 1e6:14.1f} {case.work / time_:10.1f} {case.unit:7} {beside}", flush=True)


if __name__ == "__main__":
    main()
