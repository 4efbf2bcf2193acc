"""The CUDA plugin: its compiler, which is the machine's or comes in NVIDIA's wheels, and its build."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import steps
import workspace
from workspace import PYTHON, ROOT, SITE, attempt, run

TREE = "native/build-cuda"
PLUGIN = ROOT / TREE / "libmx_cuda.so"


def nvcc() -> str:
    """The path of nvcc 13 or newer: CUDACXX, the machine's, or that of NVIDIA's wheels, which are then installed."""
    for found in (os.environ.get("CUDACXX"), shutil.which("nvcc"), "/usr/local/cuda/bin/nvcc"):
        if found and version(found) >= 13:
            return found
    wheels = workspace.project("native/cuda")["dependency-groups"]["nvcc"]
    if attempt("uv", "pip", "install", "-q", *wheels):
        sys.exit(
            "The CUDA plugin needs nvcc 13 or newer: none is on PATH or in /usr/local/cuda, and NVIDIA's wheels do not"
            f" install here ({', '.join(wheels)}). Install one and set CUDACXX to it."
        )
    toolkit = SITE / "nvidia/cu13"
    if not (toolkit / "lib64").exists():  # where nvcc looks for the runtime that it links
        (toolkit / "lib64").symlink_to("lib")
    return str(toolkit / "bin/nvcc")


def cuobjdump() -> str:
    """The path of the program that reads kernels: the machine's, or that of NVIDIA's wheel."""
    beside = Path(os.environ["CUDACXX"]).resolve().with_name("cuobjdump")
    wheel = SITE / "nvidia/cu13/bin/cuobjdump"
    for found in (shutil.which("cuobjdump"), beside, wheel):
        if found and Path(found).exists():
            return str(found)
    run("uv", "pip", "install", "-q", *workspace.project("native/cuda")["dependency-groups"]["cuobjdump"])
    return str(wheel)


def version(path: str) -> int:
    """The major version of an nvcc; 0 where it does not run."""
    try:
        printed = subprocess.run([path, "--version"], capture_output=True, text=True).stdout
    except OSError:
        return 0
    found = re.search(r"release (\d+)", printed)
    return int(found[1]) if found else 0


def architectures() -> str:
    """What to compile for: MX_CUDA_ARCHITECTURES, else this machine's devices, else one."""
    return os.environ.get("MX_CUDA_ARCHITECTURES") or ("native" if shutil.which("nvidia-smi") else "90")


def build(*options: str) -> Path:
    """Compile the plugin and return its path."""
    os.environ["CUDACXX"] = nvcc()
    os.environ["MX_CUDA_ARCHITECTURES"] = architectures()  # the wheel's hook configures the same tree
    given = f"-DMX_CUDA_ARCHITECTURES={architectures()}"
    compile_tree(TREE, given, *options)
    run(PYTHON, ROOT / "scripts/check_cuda.py", cuobjdump(), PLUGIN)
    return PLUGIN


def prepare_tests() -> None:
    """Tests on a GPU need a plugin, unless the user names one, and NVIDIA's libraries, unless the machine has them."""
    if "MX_CUDA_PLUGIN" not in os.environ:
        os.environ["MX_CUDA_PLUGIN"] = str(build())
    if not shutil.which("nvidia-smi"):
        return  # no device, so no test will ask for them
    wheels = [wheel for wheel in workspace.project("native/cuda")["project"]["dependencies"] if "nvidia" in wheel]
    if attempt("uv", "pip", "install", "-q", *wheels):
        print(f"-- {', '.join(wheels)} do not install here: the tests use what the system has", flush=True)


def build_emulated() -> None:
    """Compile the plugin with g++ against the emulated runtime, and run the runtime's own tests."""
    tree = f"{TREE}-emulated"
    compile_tree(tree, "-DMX_CUDA_EMULATION=ON")
    run("ctest", "--test-dir", tree, "--output-on-failure", "--no-tests=error")


def compile_tree(tree: str, *options: str) -> None:
    with workspace.compiler_cache():
        launch = f"-DCMAKE_CUDA_COMPILER_LAUNCHER={workspace.launcher()}"
        run(*steps.configure(tree, "-DCMAKE_BUILD_TYPE=Release", launch, *options, source="native/cuda"))
        run("cmake", "--build", tree)
