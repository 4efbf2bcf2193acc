"""The CUDA plugin's own sources on an emulated CUDA runtime (docs/internals/cuda.md): tests/cuda on two emulated GPUs.

Nothing here shows that a kernel is right or fast on a GPU; it shows the host side, the arithmetic and the ordering.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def plugin(emulated_plugin) -> Path:
    return emulated_plugin


def run(plugin: Path, *command: str, **settings: str) -> subprocess.CompletedProcess:
    environment = {**os.environ, "MX_CUDA_PLUGIN": str(plugin), "CUEMU_DEVICES": "2", **settings}
    return subprocess.run([sys.executable, *command], env=environment, capture_output=True, text=True, cwd=ROOT)


@pytest.mark.parametrize("protection", ["keys", "pages"])
def test_everything_of_tests_cuda(plugin, protection):
    files = ["tests/cuda"] if protection == "keys" else ["tests/cuda/test_memory.py"]
    settings = {"CUEMU_NO_PKEY": "1"} if protection == "pages" else {"CUEMU_DELAY_US": "100"}
    result = run(plugin, "-m", "pytest", "-q", "-m", "gpu", *files, **settings)
    assert result.returncode == 0, result.stdout[-8000:] + result.stderr[-2000:]


RACE = """
import threading, numpy as np, mx
a = mx.nd.zeros((64, 1024), ctx=mx.gpu(0))
wrong = 0
for round in range(20):
    a[:] = round                                     # this thread's stream
    results = []
    def read():
        results.append((a + 1).asnumpy())            # another stream, which must wait for the write
    thread = threading.Thread(target=read)
    thread.start()
    thread.join()
    wrong += not (results[0] == round + 1).all()
print("wrong:", wrong)
"""


@pytest.mark.parametrize("seed", ["1", "2", "3"])
def test_streams_wait_for_each_other(plugin, seed):
    result = run(plugin, "-c", RACE, CUEMU_DELAY_US="3000", CUEMU_SEED=seed)
    assert result.stdout.strip() == "wrong: 0", result.stdout + result.stderr


def test_a_missing_dependency_would_be_seen(plugin):
    result = run(plugin, "-c", RACE, CUEMU_DELAY_US="3000", CUEMU_NO_WAIT="1")
    assert int(result.stdout.split()[-1]) > 0, result.stdout + result.stderr


def test_a_missing_dependency_between_devices_would_be_seen(plugin):
    test = "tests/cuda/test_devices.py::test_random_devices"
    result = run(plugin, "-m", "pytest", "-q", "-m", "gpu", test, CUEMU_DELAY_US="2000", CUEMU_NO_WAIT="1")
    assert " failed" in result.stdout.splitlines()[-1], result.stdout[-2000:] + result.stderr


RANDOM_WORK = "tests/cuda/test_random_work.py"


@pytest.mark.parametrize("seed", ["1", "2"])
def test_random_work_with_long_delays(plugin, seed):
    print("CUEMU_SEED", seed)
    result = run(plugin, "-m", "pytest", "-q", "-m", "gpu", RANDOM_WORK, CUEMU_DELAY_US="2000", CUEMU_SEED=seed)
    assert result.returncode == 0, result.stdout[-8000:] + result.stderr[-2000:]


def test_random_work_would_see_a_missing_dependency(plugin):
    result = run(plugin, "-m", "pytest", "-q", "-m", "gpu", RANDOM_WORK, CUEMU_DELAY_US="2000", CUEMU_NO_WAIT="1")
    assert " failed" in result.stdout.splitlines()[-1], result.stdout[-2000:] + result.stderr


@pytest.mark.parametrize("launch", ["5", "90", "170"])
def test_a_failure_amid_random_work_is_an_error_and_no_more(plugin, launch):
    """The process neither waits for ever nor ends: the test fails by MXNetError, and pytest goes on to its summary."""
    work = RANDOM_WORK + "::test_random_work[0]"
    result = run(plugin, "-m", "pytest", "-q", "-m", "gpu", "--tb=line", work, CUEMU_FAIL_LAUNCH=launch)
    assert "MXNetError: [" in result.stdout and "earlier work failed: unspecified launch failure" in result.stdout
    assert result.stdout.splitlines()[-1].startswith("1 failed"), result.stdout[-2000:] + result.stderr


MONITOR = """
import threading, mx
ctx = mx.gpu(0)
executor = mx.sym.square(mx.sym.var("x"), name="square").bind(ctx, {"x": mx.nd.zeros((64, 1024), ctx=ctx)})
seen = []
executor.set_monitor_callback(lambda name, array: seen.append((name, array)), monitor_all=True)
for round in range(10):
    executor.arg_dict["x"][:] = round               # this thread's stream
    thread = threading.Thread(target=executor.forward)     # another stream
    thread.start()
    thread.join()
    executor.arg_dict["x"][:] = -1                  # must not come before what the monitor copies
values = [(name, float(array.min().asscalar()), float(array.max().asscalar())) for name, array in seen]
expected = [(name, v, v) for r in range(10) for name, v in (("x", r), ("square_data", r), ("square_output", r * r))]
print("wrong:", sum(v != e for v, e in zip(values, expected, strict=True)))
"""


def test_a_monitor_sees_what_the_operators_see(plugin):
    result = run(plugin, "-c", MONITOR, CUEMU_DELAY_US="3000")
    assert result.stdout.strip() == "wrong: 0", result.stdout + result.stderr


FAILED = """
import mx
there = mx.nd.ones((4,), ctx=mx.gpu(0))
pinned = mx.nd.ones((3000,), ctx=mx.cpu_pinned())
failed = mx.nd.square(there)                      # fails on the device, later
copied = pinned.as_in_context(mx.gpu(0))
del pinned, copied, there                         # nothing is kept for later: memory goes back to the driver at once
for wait in (failed.asnumpy, mx.nd.waitall):
    try:
        wait()
    except mx.MXNetError as error:
        print(error)
"""


def test_memory_is_given_back_after_an_error(plugin):
    result = run(plugin, "-c", FAILED, CUEMU_FAIL_LAUNCH="2", MX_MEM_POOL_LIMIT="0")
    assert result.returncode == 0, result.stderr
    failed, waitall = result.stdout.splitlines()
    assert failed.startswith("[square] gpu(0): it or earlier work failed")
    assert waitall.startswith("[waitall] gpu(0): earlier work failed")


def test_an_error_surfaces_at_the_wait_with_the_name_of_the_operator(plugin):
    code = """
import mx
a = mx.nd.ones((4,), ctx=mx.gpu(0))
a.asnumpy()
b = mx.nd.square(a)              # fails on the device, later
try:
    b.asnumpy()
except mx.MXNetError as error:
    print(error)
"""
    result = run(plugin, "-c", code, CUEMU_FAIL_LAUNCH="2")
    assert result.stdout.startswith("[square] gpu(0): it or earlier work failed"), result.stdout + result.stderr


def test_a_profiler_sees_the_operators(plugin, tmp_path):
    code = "import mx; mx.nd.sum(mx.nd.square(mx.nd.ones((3, 4), ctx=mx.gpu(0))), axis=0).asnumpy()"
    ranges = tmp_path / "ranges"
    result = run(plugin, "-c", code, NVTX_INJECTION64_PATH=str(ranges))
    assert result.returncode == 0, result.stderr
    assert ranges.read_text().split("\n") == ["push _ones", "pop", "push square", "pop", "push sum", "pop", ""]


def test_plans_for_inference_join_a_product_and_its_activation(plugin, tmp_path):
    code = """
import mx
net = mx.sym.Activation(mx.sym.FullyConnected(mx.sym.var("x"), num_hidden=3, name="fc"), act_type="relu")
executor = net.simple_bind(mx.gpu(0), x=(2, 4), grad_req="null")
executor.forward(is_train=TRAIN)[0].asnumpy()
"""
    seen = []
    for train in ("True", "False"):
        ranges = tmp_path / train
        result = run(plugin, "-c", code.replace("TRAIN", train), NVTX_INJECTION64_PATH=str(ranges))
        assert result.returncode == 0, result.stderr
        seen.append(
            [line for line in ranges.read_text().split("\n") if line.startswith("push") and "_zeros" not in line]
        )
    assert seen == [["push FullyConnected", "push Activation"], ["push _fused_fully_connected"]]


COPIES = """
import mx, numpy as np
a = mx.nd.array(np.arange(6000), ctx=mx.gpu(0))
for _ in range(2):
    np.testing.assert_array_equal((a.copyto(mx.gpu(1)) + 1).asnumpy(), np.arange(1, 6001))
np.testing.assert_array_equal(mx.nd.ones((3,), ctx=mx.gpu(1)).copyto(mx.gpu(0)).asnumpy(), 1)
"""


@pytest.mark.parametrize(("settings", "way"), [({}, "directly"), ({"CUEMU_NO_PEER": "1"}, "through the host")])
def test_devices_that_reach_each_other_copy_directly(plugin, tmp_path, settings, way):
    log = tmp_path / "copies"
    result = run(plugin, "-c", COPIES, CUEMU_PEER_LOG=str(log), **settings)
    assert result.returncode == 0, result.stderr
    assert log.read_text().splitlines() == [f"0 to 1 {way}"] * 2 + [f"1 to 0 {way}"]


GRAPH = """
import mx
with mx.AttrScope(ctx_group="first"):
    net = mx.sym.exp(mx.sym.var("x"))
with mx.AttrScope(ctx_group="second"):
    net = mx.sym.square(net)
groups = {"first": mx.gpu(0), "second": SECOND}
executor = net.simple_bind(mx.gpu(0), x=(4,), grad_req="null", group2ctx=groups)
executor.arg_dict["x"].asnumpy()
try:
    out = executor.forward()[0]      # exp fails on the device, later
    print("forward has returned")
    out.asnumpy()
except mx.MXNetError as error:
    print(error)
"""


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        ("mx.gpu(0)", ["forward has returned", "[square] gpu(0): it or earlier work failed"]),
        ("mx.gpu(1)", ["forward has returned", "[square] gpu(1): it or earlier work failed"]),
        # the CPU needs the result in the middle of forward
        ("mx.cpu()", ["[exp] gpu(0): it or earlier work failed"]),
    ],
)
def test_an_error_in_a_bound_graph_surfaces_at_the_wait(plugin, second, expected):
    result = run(plugin, "-c", GRAPH.replace("SECOND", second), CUEMU_FAIL_LAUNCH="1")
    lines = result.stdout.splitlines()
    assert len(lines) == len(expected), result.stdout + result.stderr
    for line, start in zip(lines, expected, strict=True):
        assert line.startswith(start), line


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"MX_CUDA_PLUGIN": "/nowhere/libmx_cuda.so"}, "the CUDA plugin cannot be loaded"),
        ({"CUEMU_DRIVER": "0"}, "there is no CUDA driver"),
        ({"CUEMU_DRIVER": "12040"}, "the CUDA driver is too old: it supports CUDA 12.4"),
        ({"CUEMU_DEVICES": "0"}, "there is no CUDA device"),
    ],
)
def test_what_is_missing_is_named(plugin, settings, message):
    code = "import mx; assert mx.num_gpus() == 0; mx.nd.ones((2,), ctx=mx.gpu(0))"
    result = run(plugin, "-c", code, **settings)
    assert message in result.stderr, result.stderr


def test_a_plugin_that_is_not_installed_is_named(plugin):
    code = """
import importlib.util, os
find = importlib.util.find_spec
importlib.util.find_spec = lambda name, *package: None if name == "mx_native_cu13" else find(name, *package)
del os.environ["MX_CUDA_PLUGIN"]
import mx
assert mx.num_gpus() == 0
mx.nd.ones((2,), ctx=mx.gpu(0))
"""
    message = "no GPU can be used: the CUDA plugin is not installed. Install it: pip install mx-core[cuda13]"
    assert message in run(plugin, "-c", code).stderr


PRODUCT = "import mx; mx.nd.dot(*[mx.nd.ones((2, 2), ctx=mx.gpu(0))] * 2).asnumpy()"
CONVOLUTION = """
import mx
image, weight = (mx.nd.ones((1, 1, 3, 3), ctx=mx.gpu(0)) for _ in range(2))
mx.nd.Convolution(image, weight, kernel=(3, 3), num_filter=1, no_bias=True).asnumpy()
"""
LIBRARIES = pytest.mark.parametrize(
    ("code", "op", "library", "file", "wheel", "function"),
    [
        (PRODUCT, "dot", "cuBLAS", "libcublasLt.so.13", "nvidia-cublas>=13,<14", "cublasLtCreate"),
        (CONVOLUTION, "Convolution", "cuDNN", "libcudnn.so.9", "nvidia-cudnn-cu13>=9,<10", "cudnnCreate"),
    ],
)


def copy_without(plugin: Path, folder: Path) -> Path:
    """The plugin and the emulated runtime alone, in another folder."""
    for name in (plugin.name, "libcuda_emulation.so"):
        shutil.copy2(plugin.parent / name, folder / name)
    return folder / plugin.name


@LIBRARIES
def test_a_library_that_is_missing_is_named(plugin, tmp_path, code, op, library, file, wheel, function):
    result = run(copy_without(plugin, tmp_path), "-c", code)
    assert f"[{op}] gpu(0): {library} cannot be loaded: " in result.stderr
    assert file in result.stderr
    assert f"Install it: pip install '{wheel}'" in result.stderr
    assert "MXUnsupportedError" in result.stderr


@LIBRARIES
def test_a_library_that_is_too_old_is_named(plugin, tmp_path, code, op, library, file, wheel, function):
    copy = copy_without(plugin, tmp_path)
    subprocess.run(["g++", "-shared", "-x", "c++", "-", "-o", tmp_path / file], input=b"", check=True)
    result = run(copy, "-c", code)
    assert f"{library} is too old: {tmp_path}/{file} has no {function}. Install a newer one" in result.stderr
