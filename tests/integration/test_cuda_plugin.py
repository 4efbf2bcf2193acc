"""The CUDA plugin as nvcc makes it, on a machine without a driver: what it exports, what it registers, what it says."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

TREES = Path(__file__).resolve().parents[2] / "native"


@pytest.fixture(scope="module")
def plugin(nvcc_plugin) -> Path:
    return nvcc_plugin


def run(code: str, plugin: Path) -> str:
    environment = {**os.environ, "MX_CUDA_PLUGIN": str(plugin)}
    result = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_it_exports_its_entry_alone(plugin):
    symbols = subprocess.run(["nm", "-D", "--defined-only", plugin], capture_output=True, text=True, check=True).stdout
    assert [line.split()[-1] for line in symbols.splitlines()] == ["MXPluginInit"]


def test_it_needs_no_library_of_nvidia_to_load(plugin):
    needed = subprocess.run(["readelf", "-d", plugin], capture_output=True, text=True, check=True).stdout
    assert not [line for line in needed.splitlines() if "NEEDED" in line and ("cud" in line or "cubl" in line)]


def test_the_wheel_asks_for_the_libraries_that_it_opens():
    project = tomllib.loads((TREES / "cuda/pyproject.toml").read_text())["project"]
    needed = [*project["dependencies"], *project["optional-dependencies"]["nccl"]]
    named = re.findall(r'"(nvidia-[^"]+)"', "".join(path.read_text() for path in (TREES / "cuda").glob("*.cc")))
    assert len(named) == 4
    assert set(named) <= set(needed)


def test_without_a_driver_it_says_so(plugin):
    if shutil.which("nvidia-smi"):
        pytest.skip("this machine has a driver")
    code = """
import mx
assert mx.num_gpus() == 0
try:
    mx.nd.ones((1,), ctx=mx.gpu(0))
except mx.MXNetError as error:
    print(error)
"""
    assert "no GPU can be used: there is no CUDA driver (libcuda.so.1). Install the NVIDIA driver" in run(code, plugin)


# What libmx does with a plugin, as far as to hear which kernels there are. Needs no device.
KERNELS = """
import ctypes, struct, sys
table, kernels = ctypes.create_string_buffer(4096), []
fail = ctypes.CFUNCTYPE(None, ctypes.c_char_p)(print)
arguments = ctypes.c_char_p, ctypes.c_int32, ctypes.c_int32, ctypes.c_void_p
block = ctypes.CFUNCTYPE(ctypes.c_int, *arguments)(lambda *kernel: kernels.append(kernel[:3]) or 0)
struct.pack_into("IIPP", table, 0, 1, len(table), *(ctypes.cast(f, ctypes.c_void_p).value for f in (fail, block)))
assert ctypes.CDLL(sys.argv[1]).MXPluginInit(table) == 0
print(sorted(kernels))
"""


def test_it_registers_what_the_emulated_one_registers(plugin, emulated_plugin):
    """What the emulated plugin is tested for exists in this one too."""
    lists = [
        subprocess.run([sys.executable, "-c", KERNELS, path], capture_output=True, text=True, check=True).stdout
        for path in (plugin, emulated_plugin)
    ]
    assert lists[0] == lists[1]
    assert "(b'add', 0, 0)" in lists[0]
