"""Random work on two GPUs and the CPU from several threads, against the same work in NumPy.

Every thread has streams of its own, and nothing waits but what needs a result: each step depends on the ordering of
streams, on the lifetime of memory that others still use, and on copies that go on behind the host's back. The emulated
runtime delays streams at random (``CUEMU_DELAY_US``, ``CUEMU_SEED``).
"""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import mx
import numpy as np
import pytest

SIZE = (7, 300)
PLACES = 10
STEPS = 120


class Threads:
    """Three threads, one of which does a step and returns when it has issued the work."""

    def __init__(self) -> None:
        self.tasks = [queue.Queue() for _ in range(3)]
        self.done = queue.Queue()
        self.threads = [threading.Thread(target=self.work, args=(tasks,)) for tasks in self.tasks]
        for thread in self.threads:
            thread.start()

    def work(self, tasks: queue.Queue) -> None:
        while task := tasks.get():
            try:
                task()
                self.done.put(None)
            except BaseException as error:
                self.done.put(error)

    def run(self, which: int, task: Callable[[], None]) -> None:
        self.tasks[which].put(task)
        if error := self.done.get():
            raise error

    def close(self) -> None:
        for tasks in self.tasks:
            tasks.put(None)
        for thread in self.threads:
            thread.join()


class Work:
    """Arrays and what they ought to hold. Values stay below 1000, which float32 adds without rounding."""

    def __init__(self, seed: int, gpus: tuple[mx.Context, ...]) -> None:
        self.rng = np.random.default_rng(seed)
        self.devices = [*gpus, mx.cpu(), mx.cpu_pinned()]
        self.store = mx.kv.create("device")
        self.keys = 0
        self.expected = [self.numbers() for _ in range(PLACES)]
        self.arrays = [mx.nd.array(values, ctx=self.device()) for values in self.expected]

    def numbers(self) -> np.ndarray:
        return self.rng.integers(0, 1000, SIZE).astype("float32")

    def device(self) -> mx.Context:
        return self.devices[self.rng.integers(len(self.devices))]

    def pick(self) -> int:
        return int(self.rng.integers(PLACES))

    def there(self, at: int) -> mx.nd.NDArray:
        """The array, or a copy of it, on some device."""
        return self.arrays[at].as_in_context(self.device())

    def fill(self) -> None:
        at, values = self.pick(), self.numbers()
        self.arrays[at][:] = values
        self.expected[at] = values

    def replace(self) -> None:
        """Its memory goes to the next array that is made, while others may still use it."""
        at, values = self.pick(), self.numbers()
        self.arrays[at] = mx.nd.array(values, ctx=self.device())
        self.expected[at] = values

    def copy(self) -> None:
        source, target = self.pick(), self.pick()
        self.arrays[source].copyto(self.arrays[target])
        self.expected[target] = self.expected[source].copy()

    def shift(self) -> None:
        """A copy onto itself, one row further."""
        at = self.pick()
        array = self.arrays[at]
        array[:-1].copyto(array[1:])
        self.expected[at][1:] = self.expected[at][:-1].copy()

    def move(self) -> None:
        at = self.pick()
        self.arrays[at] = self.arrays[at].copyto(self.device())

    def add_in_place(self) -> None:
        at, other = self.pick(), self.pick()
        array = self.arrays[at]
        array += self.arrays[other].as_in_context(array.context)
        array %= 1000
        self.expected[at] = (self.expected[at] + self.expected[other]) % 1000

    def add_elsewhere(self) -> None:
        """out= may lie on another device than the inputs."""
        a, b, out = self.pick(), self.pick(), self.pick()
        left = self.there(a)
        mx.nd.broadcast_add(left, self.arrays[b].as_in_context(left.context), out=self.arrays[out])
        self.arrays[out] %= 1000
        self.expected[out] = (self.expected[a] + self.expected[b]) % 1000

    def sum_by_a_store(self) -> None:
        places = self.rng.choice(PLACES, 3, replace=False)
        self.keys += 1
        self.store.init(self.keys, mx.nd.zeros(SIZE))
        gpus = self.devices[:2]
        values = [self.arrays[at].as_in_context(gpus[i % 2]) for i, at in enumerate(places[:2])]
        self.store.push(self.keys, values)
        self.store.pull(self.keys, out=self.arrays[places[2]])
        self.arrays[places[2]] %= 1000
        self.expected[places[2]] = (self.expected[places[0]] + self.expected[places[1]]) % 1000

    def graph(self) -> None:
        """A graph over both GPUs; its memory is given up while it may still run."""
        at, out = self.pick(), self.pick()
        with mx.AttrScope(ctx_group="first"):
            net = mx.sym.reverse(mx.sym.var("x"), axis=0) + 1
        with mx.AttrScope(ctx_group="second"):
            net = mx.sym.reverse(net, axis=1) - 1
        gpus = dict(zip(("first", "second"), self.devices[:2], strict=True))
        executor = net.bind(
            self.devices[0], {"x": self.arrays[at].as_in_context(gpus["first"])}, group2ctx=gpus, grad_req="null"
        )
        self.arrays[out] = executor.forward()[0]
        self.expected[out] = self.expected[at][::-1, ::-1].copy()

    def empty_cache(self) -> None:
        self.device().empty_cache()

    def look(self) -> None:
        at = self.pick()
        np.testing.assert_array_equal(self.arrays[at].asnumpy(), self.expected[at])

    def step(self) -> Callable[["Work"], None]:
        kinds = self.RARE if self.rng.random() < 0.1 else self.STEPS
        return kinds[self.rng.integers(len(kinds))]

    def check(self) -> None:
        for array, expected in zip(self.arrays, self.expected, strict=True):
            np.testing.assert_array_equal(array.asnumpy(), expected)

    STEPS = (fill, replace, replace, copy, copy, shift, move, add_in_place, add_elsewhere, sum_by_a_store, graph)
    RARE = (empty_cache, look)


@pytest.mark.parametrize("seed", range(4))
def test_random_work(seed, two_gpus):
    work, threads = Work(seed, two_gpus), Threads()
    steps = []
    try:
        for _ in range(STEPS):
            step, which = work.step(), int(work.rng.integers(3))
            steps.append(f"{step.__name__}/{which}")
            threads.run(which, lambda step=step: step(work))
        work.check()
    finally:
        print("seed", seed, *steps)
        threads.close()


@pytest.mark.parametrize("seed", range(2))
def test_random_work_at_once(seed, two_gpus):
    """Each thread has arrays of its own; memory, streams, events and staging are shared."""
    print("seed", seed)

    def run(part: int) -> None:
        work = Work(100 * seed + part, two_gpus)
        for _ in range(STEPS // 2):
            work.step()(work)
        work.check()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(run, range(4)))
