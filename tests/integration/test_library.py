"""Operators in a library of their own: examples/library/axpy.cc, and what a library can do wrong."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NATIVE = ROOT / "native"
PLUGIN = NATIVE / "build-cuda-emulated/libmx_cuda_emulated.so"
GCC = ["g++", "-std=c++20", "-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", f"-I{NATIVE / 'include'}"]


@pytest.fixture(scope="module")
def axpy(tmp_path_factory) -> Path:
    library = tmp_path_factory.mktemp("library") / "libaxpy.so"
    subprocess.run([*GCC, ROOT / "examples/library/axpy.cc", "-o", library], check=True)
    return library


def run(code: str, *arguments: object, **settings: str) -> str:
    """What a fresh process prints: libraries stay open."""
    command = [sys.executable, "-c", "import sys, mx, numpy as np\n" + code, *map(str, arguments)]
    result = subprocess.run(command, env={**os.environ, **settings}, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return result.stdout


CALLS = """
mx.library.load(sys.argv[1], verbose=False)
x, y = (mx.nd.array(np.arange(6).reshape(2, 3) * scale, ctx=CONTEXT) for scale in (1, 10))
x.attach_grad(), y.attach_grad()
with mx.autograd.record():
    z = mx.nd.axpy(x, y=y, alpha=2)
z.backward(mx.nd.array([[1, 2, 3], [4, 5, 6]], ctx=CONTEXT))
print(z.asnumpy().ravel().tolist(), x.grad.asnumpy().ravel().tolist(), y.grad.asnumpy().ravel().tolist())
print(mx.nd.op.axpy(x, y).asnumpy().sum(), mx.nd.axpy(x, y, out=x) is x, x.asnumpy().sum())
net = mx.sym.axpy(mx.sym.var("x"), mx.sym.var("y"), alpha=3, name="sum")
net = mx.sym.load_json((net * 2).tojson())
executor = net.simple_bind(CONTEXT, x=(2, 2), y=(2, 2))
executor.forward(is_train=True, x=mx.nd.ones((2, 2)), y=mx.nd.ones((2, 2)))
executor.backward(mx.nd.ones((2, 2), ctx=CONTEXT))
print(net.list_arguments(), executor.outputs[0].asnumpy().sum(), executor.grad_dict["x"].asnumpy().sum())
"""
PRINTED = """\
[0.0, 12.0, 24.0, 36.0, 48.0, 60.0] [2.0, 4.0, 6.0, 8.0, 10.0, 12.0] [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
165.0 True 165.0
['x', 'y'] 32.0 24.0
"""


def test_operators_of_a_library_are_operators(axpy):
    assert run(CALLS.replace("CONTEXT", "mx.cpu()"), axpy) == PRINTED


@pytest.fixture(scope="module")
def emulated(tmp_path_factory, emulated_plugin) -> Path:
    library = tmp_path_factory.mktemp("library") / "libaxpy.so"
    folder = NATIVE / "tests/cuda_emulation"
    runtime = [f"-I{folder}", "-include", "cuda_runtime.h", PLUGIN.parent / "libcuda_emulation.so"]
    options = [*GCC, "-Wno-missing-field-initializers", f"-Wl,-rpath,{PLUGIN.parent}"]
    subprocess.run([*options, ROOT / "examples/library/axpy.cc", *runtime, "-o", library], check=True)
    return library


def test_they_have_kernels_of_their_own_on_emulated_gpus(emulated):
    assert run(CALLS.replace("CONTEXT", "mx.gpu(0)"), emulated, MX_CUDA_PLUGIN=str(PLUGIN)) == PRINTED


def test_a_library_without_kernels_says_so_on_emulated_gpus(axpy, emulated):
    code = """
mx.library.load(sys.argv[1])
try:
    mx.nd.axpy(mx.nd.ones((2,), ctx=mx.gpu(0)), mx.nd.ones((2,), ctx=mx.gpu(0)))
except mx.MXNetError as error:
    print(error)
"""
    assert run(code, axpy, MX_CUDA_PLUGIN=str(PLUGIN)).splitlines() == [
        f"{axpy}: axpy",
        "[axpy] has no CUDA kernel yet; copy its inputs to the CPU with as_in_context(mx.cpu())",
    ]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("mx.nd.axpy(mx.nd.ones(2), mx.nd.ones(3))", "[axpy] x and y must have one shape"),
        ("mx.nd.axpy(mx.nd.ones(2), mx.nd.ones(2), alpha='much')", "[axpy] alpha must be a number"),
        ("mx.nd.axpy(mx.nd.ones(2))", "[axpy] y is missing"),
        ("mx.nd.axpy(mx.nd.ones(2), mx.nd.ones(2), mx.nd.ones(2))", "[axpy] got 3 inputs, but has 2: x, y"),
        ("mx.nd.axpy(mx.nd.ones(2), mx.nd.ones(2), beta=1)", "[axpy] there is no parameter 'beta': alpha"),
        ("mx.nd.axpy(mx.nd.ones(2, dtype='float64'), mx.nd.ones(2, dtype='float64'))", "[axpy] only float32"),
        ("mx.library.load(sys.argv[1])", "refuses: [_backward_axpy] there is an operator of this name already"),
        ("mx.library.load('/nowhere/lib.so')", "[library.load] /nowhere/lib.so does not exist"),
    ],
)
def test_errors_name_the_operator(axpy, call, message):
    code = "mx.library.load(sys.argv[1], verbose=False)\ntry:\n    CALL\nexcept mx.MXNetError as e:\n    print(e)"
    assert message in run(code.replace("CALL", call), axpy)


BAD = """
#include <mx/plugin.h>
static const char* const names[] = {"a"};
static const char* const params[] = {"letter"};
extern "C" int MXPluginInit(MXPlugin* plugin) {
  MXOperatorDef def{};
  def.struct_size = sizeof def, def.name = "bad", def.num_in = 1, def.num_out = 1, def.inputs = def.outputs = names;
  def.params = params;
  CODE
  return plugin->define_operator(&def);
}
"""


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (BAD.replace("CODE", ""), "refuses: [bad] has no function"),
        (BAD.replace("CODE", "def.struct_size = 8;"), "refuses: [bad] was compiled for another mx/plugin.h"),
        (BAD.replace("CODE", "def.num_params = 17;"), "and 17 parameters: at least 1, at least 1 and at most 16"),
        (
            BAD.replace("CODE", 'def.forward = [](const MXOperatorCall*) { return 0; }; def.gradient = "none";'),
            "refuses: [bad] its gradient none must be defined before, with 3 inputs, 1 outputs and the same parameters",
        ),
        (BAD.replace("CODE", "return 1;"), "refuses: no reason is given"),
        ("int f() { return 1; }", "has no MXPluginInit: write it against mx/plugin.h"),
    ],
)
def test_libraries_that_are_wrong_are_refused(tmp_path, code, message):
    library = tmp_path / "libbad.so"
    subprocess.run([*GCC, "-x", "c++", "-", "-o", library], input=code.encode(), check=True)
    load = "try:\n    mx.library.load(sys.argv[1])\nexcept mx.MXNetError as error:\n    print(error)"
    assert message in run(load, library)


REQUIRED = """
mx.library.load(sys.argv[1], verbose=False)
print(mx.nd.bad(mx.nd.ones(1), letter="7").asscalar())
for call in (lambda: mx.nd.bad(mx.nd.ones(1)), lambda: mx.sym.bad(mx.sym.var("x"))):
    try:
        call()
    except mx.MXNetError as error:
        print(error)
"""


def test_parameters_without_default_must_be_given(tmp_path):
    function = """
    def.num_params = 1;
    def.forward = [](const MXOperatorCall* call) {
      static_cast<float*>(call->out[0].data)[0] = static_cast<const char* const*>(call->params)[0][0];
      return 0;
    };
    """
    library = tmp_path / "librequired.so"
    code = BAD.replace("CODE", function)
    subprocess.run([*GCC, "-x", "c++", "-", "-o", library], input=code.encode(), check=True)
    printed = run(REQUIRED, library).splitlines()
    assert printed[0] == "55.0"
    assert len(printed) == 3
    assert all(line.startswith("[bad") and "letter is required" in line for line in printed[1:])
