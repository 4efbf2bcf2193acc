"""NCCL and NVRTC behind ``mx/plugin.h``: a program of that header alone calls the plugin.

With the emulated plugin plain reference loops stand in for NCCL, and an echo for NVRTC's compiler. The real NVRTC needs
no device, so the emulated plugin compiles with it too where it is installed.
"""

import importlib.util
import os
import shutil
import subprocess
from pathlib import Path

import pytest

NATIVE = Path(__file__).resolve().parents[2] / "native"


@pytest.fixture(scope="module")
def program(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("program") / "libraries"
    source = NATIVE / "tests/cuda_emulation/libraries.cc"
    compiler = ["g++", "-std=c++20", "-Wall", "-Wextra", "-Werror", f"-I{NATIVE / 'include'}"]
    subprocess.run([*compiler, source, "-o", path, "-ldl"], check=True)
    return path


def run(program: Path, plugin: Path, *arguments: str, **settings: str) -> str:
    environment = {**os.environ, "CUEMU_DEVICES": "3", **settings}
    command = [program, plugin, *arguments]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, errors="replace")
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.fixture
def emulated(emulated_plugin) -> Path:
    return emulated_plugin


@pytest.mark.parametrize("seed", ["1", "2"])
def test_collectives_by_nccl_or_reference_loops(program, emulated, seed):
    """Devices 0, 1, 2 are ranks 2, 1, 0. Rank r has 1, 2 ... times ten to the power of r."""
    printed = run(program, emulated, "collectives", "3", CUEMU_DELAY_US="2000", CUEMU_SEED=seed)
    sums = " ".join(str(111 * i) for i in range(1, 7))
    sent = " ".join(str(10 * i) for i in range(1, 7))
    assert printed.splitlines() == [
        f"sum: 0: {sums}  1: {sums}  2: {sums} ",
        "max: 0: 100  1: 100  2: 100 ",
        f"broadcast: 0: {sent}  1: {sent}  2: {sent} ",
        "gather: 0: 1 2 10 20 100 200  1: 1 2 10 20 100 200  2: 1 2 10 20 100 200 ",
        "scatter: 0: 555 666  1: 333 444  2: 111 222 ",
    ]


def alone(plugin: Path, folder: Path) -> Path:
    for name in (plugin.name, "libcuda_emulation.so"):
        shutil.copy2(plugin.parent / name, folder / name)
    return folder / plugin.name


@pytest.mark.parametrize(
    ("arguments", "name", "file", "wheel"),
    [
        (("collectives", "2"), "NCCL", "libnccl.so.2", "nvidia-nccl-cu13>=2.27,<3"),
        (("compile", "a.cu", "code"), "NVRTC", "libnvrtc.so.13", "nvidia-cuda-nvrtc>=13,<14"),
    ],
)
def test_a_library_that_is_missing_or_too_old_is_named(program, emulated, tmp_path, arguments, name, file, wheel):
    plugin = alone(emulated, tmp_path)
    if find(file):
        pytest.skip(f"the system has {file}")
    assert run(program, plugin, *arguments) == (
        f"status 3: {name} cannot be loaded: {file} is not installed. Install it: pip install '{wheel}'\n"
    )
    subprocess.run(["g++", "-shared", "-x", "c++", "-", "-o", tmp_path / file], input=b"", check=True)
    printed = run(program, plugin, *arguments)
    assert printed.startswith(f"status 3: {name} is too old: {tmp_path}/{file} has no n")
    assert printed.endswith(f"Install a newer one: pip install -U '{wheel}'\n")


def find(file: str) -> bool:
    listed = subprocess.run(["/sbin/ldconfig", "-p"], capture_output=True, text=True).stdout
    return file in listed


def test_a_program_is_compiled_by_nvrtc_or_an_echo(program, emulated):
    printed = run(program, emulated, "compile", "a.cu", "text", "--gpu-architecture=sm_90", "--std=c++20")
    assert printed == "47 bytes: cubin --gpu-architecture=sm_90 --std=c++20\ntext\n"
    assert "bytes: ptx\ntext" in run(program, emulated, "compile", "a.cu", "text", PTX="1")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("#error on purpose", "status 1: a.cu does not compile: a.cu(1): error: on purpose"),
        ("text", "status 1: there is no machine code: --gpu-architecture names no real one, such as sm_90"),
    ],
)
def test_what_does_not_compile_says_why(program, emulated, text, message):
    assert run(program, emulated, "compile", "a.cu", text).strip() == message


def test_warnings_are_handed_over(program, emulated):
    printed = run(program, emulated, "compile", "a.cu", "#warning beware", PTX="1")
    assert printed.splitlines()[0] == "log: a.cu(1): warning: beware"


SCALE = 'extern "C" __global__ void scale(float* x, float by, int n) { int i = threadIdx.x; if (i < n) x[i] *= by; }'


def test_the_real_nvrtc(program, emulated, tmp_path):
    plugin = alone(emulated, tmp_path)
    found = importlib.util.find_spec("nvidia")
    folders = [Path(folder) / "cu13/lib" for folder in found.submodule_search_locations or []] if found else []
    folders = [folder for folder in folders if (folder / "libnvrtc.so.13").exists()]
    if not folders and not find("libnvrtc.so.13"):
        pytest.skip("NVRTC is not installed (pip install nvidia-cuda-nvrtc)")
    path = {"LD_LIBRARY_PATH": str(folders[0])} if folders else {}
    scale = ("compile", "a.cu", SCALE, "--gpu-architecture=sm_90")
    assert ".entry scale(" in run(program, plugin, *scale, PTX="1", **path)
    assert "bytes: \x7fELF" in run(program, plugin, *scale, **path)
    printed = run(program, plugin, "compile", "a.cu", "__device__ int f() { return missing; }", **path)
    assert printed.startswith('status 1: a.cu does not compile: a.cu(1): error: identifier "missing" is undefined')
