"""Threads, forks and Ctrl-C."""

import _thread
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from mx_core import autograd, cpu, engine, nd, sym


def test_arrays_in_many_threads():
    shared = nd.array(np.arange(1000))

    def work(seed):
        total = shared * seed
        for _ in range(50):
            total = total + shared
            shared[3:5].asnumpy()
        return total.asnumpy()

    with ThreadPoolExecutor(8) as pool:
        for seed, found in enumerate(pool.map(work, range(16))):
            assert np.array_equal(found, np.arange(1000, dtype=np.float32) * (seed + 50))


def test_writers_and_readers_of_one_array():
    a, stop, bad = nd.zeros((50000,)), threading.Event(), []

    def write(value):
        while not stop.is_set():
            a[:] = value

    def read():
        for _ in range(100):
            found = np.unique(a.asnumpy())
            if len(found) != 1:
                bad.append(found)

    writers = [threading.Thread(target=write, args=(value,)) for value in (1, 2)]
    readers = [threading.Thread(target=read) for _ in range(2)]
    for thread in writers + readers:
        thread.start()
    for thread in readers:
        thread.join()
    stop.set()
    for thread in writers:
        thread.join()
    assert not bad


def test_gradients_in_many_threads():
    def work(factor):
        x = nd.ones((10,))
        x.attach_grad()
        for _ in range(20):
            with autograd.record():
                y = x * x * factor
            y.backward()
        return x.grad.asnumpy()

    with ThreadPoolExecutor(6) as pool:
        for factor, found in enumerate(pool.map(work, range(12))):
            assert found.tolist() == [2 * factor] * 10


def test_names_belong_to_their_thread():
    def names(_):
        return [sym.Flatten(sym.var("x")).name for _ in range(3)]

    with ThreadPoolExecutor(1) as pool:
        assert next(iter(pool.map(names, [0]))) == ["flatten0", "flatten1", "flatten2"]


def test_number_of_threads():
    before = engine.num_threads()
    assert before >= 1
    engine.set_num_threads(1)
    assert engine.num_threads() == 1
    engine.set_num_threads(before)
    assert engine.set_bulk_size(10) >= 0
    with engine.bulk(5):
        pass


def test_small_work_wakes_no_thread():
    before_threads = engine.num_threads()
    engine.set_num_threads(2)
    try:
        a, net = nd.ones((64, 64)), sym.Activation(sym.FullyConnected(sym.var("x"), num_hidden=16), act_type="tanh")
        executor = net.simple_bind(cpu(), x=(16, 16))

        def step():
            nd.dot(a, a), a + a, nd.relu(a), nd.sum(a)
            executor.forward_backward(nd.ones((16, 16)))

        step()
        before = engine.count_teams()
        step()
        assert engine.count_teams() == before
        big = nd.ones((1 << 20,))
        (big + big).wait_to_read()
        nd.dot(nd.ones((512, 512)), nd.ones((512, 512))).wait_to_read()
        assert engine.count_teams() >= before + 2
    finally:
        engine.set_num_threads(before_threads)


SPIN = """
import os, subprocess, sys
from mx_core import nd
spin = "import os; print(os.environ.get('GOMP_SPINCOUNT'))"
print(os.environ.get("GOMP_SPINCOUNT"), subprocess.check_output([sys.executable, "-c", spin], text=True).strip())
"""


def test_the_environment_stays_as_it_was():
    for given in ({}, {"GOMP_SPINCOUNT": "77"}, {"OMP_WAIT_POLICY": "passive"}):
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("GOMP_", "OMP_WAIT"))}
        found = subprocess.check_output([sys.executable, "-c", SPIN], env=environment | given, text=True)
        assert found.split() == [str(given.get("GOMP_SPINCOUNT"))] * 2


def test_idle_threads_sleep_soon():
    show = "import os; os.environ['OMP_DISPLAY_ENV'] = 'verbose'; import mx_core"
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("GOMP_", "OMP_WAIT"))}
    for given, expected in (({}, "40000"), ({"GOMP_SPINCOUNT": "77"}, "77")):
        found = subprocess.run([sys.executable, "-c", show], env=environment | given, capture_output=True, text=True)
        assert f"GOMP_SPINCOUNT = '{expected}'" in found.stderr, found.stderr


def test_fork_never_hangs():
    big = nd.ones((1 << 20,))
    (big + 1).wait_to_read()
    child = os.fork()
    if child == 0:
        ok = False
        try:
            total = (big + big).asnumpy()
            ok = total[0] == 2 and total[-1] == 2 and engine.num_threads() == 1
        finally:
            os._exit(0 if ok else 1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert (big + 1).asnumpy()[0] == 2


def test_fork_while_other_threads_work():
    stop = threading.Event()

    def work():
        a = nd.ones((1 << 18,))
        while not stop.is_set():
            a = a * 1

    thread = threading.Thread(target=work)
    thread.start()
    try:
        for _ in range(5):
            child = os.fork()
            if child == 0:
                ok = False
                try:
                    ok = bool((nd.ones((1 << 18,)) + 1).asnumpy().sum() == 2 << 18)
                finally:
                    os._exit(0 if ok else 1)
            _, status = os.waitpid(child, 0)
            assert os.waitstatus_to_exitcode(status) == 0
    finally:
        stop.set()
        thread.join()


INTERRUPTED = """
import os, signal, sys, threading
from mx_core import nd, sym, cpu
x = sym.var("x")
y = x
for _ in range(200000 // 100):
    y = y * 1.0001
executor = y.bind(cpu(), {"x": nd.ones((1 << 18,))})
threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
try:
    for _ in range(100000):
        executor.forward()
except KeyboardInterrupt:
    print("interrupted", (nd.ones((2,)) + 1).asnumpy().tolist())
"""


def test_ctrl_c_stops_long_work():
    found = subprocess.run([sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, timeout=120)
    assert found.stdout.strip() == "interrupted [2.0, 2.0]", found.stderr


def test_signal_handlers_raise_through_operators():
    class Alarm(Exception):
        pass

    def handle(number, frame):
        raise Alarm

    before = signal.signal(signal.SIGINT, handle)
    try:
        try:
            _thread.interrupt_main()
            while True:
                nd.ones((1 << 16,)) + 1
        except Alarm:
            pass
    finally:
        signal.signal(signal.SIGINT, before)
