"""Ctrl-C stops long work between operators, and what was there before is still usable."""

import signal
import subprocess
import sys

PROGRAM = """
import mx_core as mx
from mx_core import nd, sym

net = sym.var("x")
for _ in range(3000):
    net = sym.tanh(net)
x = nd.ones((512, 1024))
executor = net.bind(mx.cpu(), {"x": x}, grad_req="null")
try:
    print("ready", flush=True)
    while True:
        executor.forward()
        executor.outputs[0].wait_to_read()
except KeyboardInterrupt:
    print("stopped", float((x + 1).asnumpy().mean()), flush=True)
"""


def test_interrupt_ends_a_long_graph():
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "ready\n", process.stderr.read()
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=120)
    assert output == "stopped 2.0\n", errors
