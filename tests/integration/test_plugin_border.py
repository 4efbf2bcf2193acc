"""A plugin written in C from ``mx/plugin.h`` alone, over the emulated device: operators as whole functions."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

NATIVE = Path(__file__).resolve().parents[2] / "native"
BASE = NATIVE / "build-cuda-emulated/libmx_cuda_emulated.so"


@pytest.fixture(scope="module")
def stranger(tmp_path_factory, emulated_plugin) -> Path:
    plugin = tmp_path_factory.mktemp("plugin") / "libstranger.so"
    source = NATIVE / "tests/cuda_emulation/stranger.c"
    compiler = ["gcc", "-std=c11", "-Wall", "-Werror", "-shared", "-fPIC", f"-I{NATIVE / 'include'}"]
    subprocess.run([*compiler, source, "-o", plugin, "-ldl"], check=True)
    return plugin


def run(plugin: Path, code: str) -> str:
    environment = {**os.environ, "MX_CUDA_PLUGIN": str(plugin), "PLUGIN_BASE": str(BASE)}
    result = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_a_function_wins_over_block_kernels(stranger):
    code = """
import mx
a = mx.nd.ones((2, 3), ctx=mx.gpu(0))
print(mx.nd.square(a).asnumpy().sum(), (a + a).asnumpy().sum())
"""
    assert run(stranger, code).split() == ["0.0", "12.0"]


def test_a_function_fails_in_its_own_words(stranger):
    code = """
import mx
try:
    mx.nd.topk(mx.nd.ones((2, 3), ctx=mx.gpu(0)))
except mx.MXNetError as error:
    print(error)
"""
    assert run(stranger, code).strip() == "[topk] gpu(0): topk of matrices is for somebody else"


def test_functions_serve_graphs_too(stranger):
    code = """
import mx
net = mx.sym.square(mx.sym.var("a")) + 1
out = net.bind(mx.gpu(0), {"a": mx.nd.ones((4,), ctx=mx.gpu(0))}).forward()[0]
print(out.asnumpy().tolist())
"""
    assert run(stranger, code).strip() == "[1.0, 1.0, 1.0, 1.0]"
