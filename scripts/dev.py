#!/usr/bin/env python3
"""The one entry to this repository:  python3 scripts/dev.py COMMAND

build             make .venv and compile what has changed
demo              build, then train LeNet on handwritten digits (examples/lenet_digits.py)
test [ARGS]       build, then run the tests (ARGS go to pytest); -m gpu: those for a GPU, with a plugin built for it,
                  or the one that MX_CUDA_PLUGIN names
test-native       run the C++ tests under the address and undefined-behaviour sanitizers
cuda [ARGS]       build the CUDA plugin with nvcc (ARGS go to cmake); --emulated: with g++, for the tests without a GPU.
                  MX_CUDA_ARCHITECTURES says for which devices: this machine's (else 90), `release`, or a list
python [ARGS]     build, then run the environment's Python
bench [ARGS]      build, then time a workload beside MXNet 1.9.1 and PyTorch; without ARGS, list the workloads
lint [--fix]      check format, style, types and file sizes; --fix mends what a tool can mend
docs              build, then write docs/_build/html
wheels            build, then write the wheels of every package to dist/ and check them
clean             remove everything that these commands made
"""

import itertools
import os
import shutil
import signal
import sys

import cuda
import lint
import steps
import workspace
from workspace import PYTHON, ROOT, environment, run

HELP = {"-h", "--help"}


def become(*arguments: object) -> None:
    os.execve(PYTHON, [str(PYTHON), *map(str, arguments)], environment())


def demo(*arguments: str) -> None:
    steps.build()
    become(ROOT / "examples/lenet_digits.py", *arguments)


def test(*arguments: str) -> None:
    steps.build()
    if ("-m", "gpu") in itertools.pairwise(arguments):
        cuda.prepare_tests()
    os.chdir(ROOT)
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a shell's background work ignores Ctrl-C, which some tests press
    become("-m", "pytest", *arguments)


def test_native() -> None:
    steps.build()  # for the tools and oneDNN
    tree = "native/build-asan"
    options = ["-DMX_SANITIZE=ON", "-DMX_TESTS=ON", "-DCMAKE_BUILD_TYPE=None", "-DCMAKE_CXX_FLAGS=-O1"]  # asserts stay
    with workspace.compiler_cache():
        run(*steps.configure(tree, *options))
        run("cmake", "--build", tree)
    run("ctest", "--test-dir", tree, "--output-on-failure", "--no-tests=error")


def build_cuda(*arguments: str) -> None:
    steps.build()  # for the tools
    if arguments == ("--emulated",):
        cuda.build_emulated()
    else:
        print(cuda.build(*arguments))


def python(*arguments: str) -> None:
    steps.build()
    become(*arguments)


def bench(*arguments: str) -> None:
    script = str(ROOT / "scripts/bench.py")
    if not arguments or HELP & set(arguments):  # it needs nothing that is built for that
        os.execv(sys.executable, [sys.executable, script, "--help"])
    steps.build()
    become(script, *arguments)


def check_style(*arguments: str) -> None:
    steps.build()  # mypy reads the generated functions too
    lint.check(fix="--fix" in arguments)


def docs() -> None:
    steps.build()
    run(PYTHON, "-m", "sphinx", "-q", "-W", "--keep-going", "docs", "docs/_build/html")
    print("docs/_build/html/index.html")


def wheels() -> None:
    steps.build()
    cuda.build()  # its hook finds everything compiled
    dist = ROOT / "dist"
    shutil.rmtree(dist, ignore_errors=True)
    with workspace.compiler_cache():
        for member in (*workspace.members(), "native/cuda"):
            build = ["uv", "build", "-q", "--wheel", "--no-build-isolation", "--python", PYTHON, "--out-dir", "dist"]
            run(*build, f"./{member}")
    for wheel in dist.glob("*-linux_*.whl"):
        run("auditwheel", "repair", "--exclude", "libmx.so", "--wheel-dir", "dist", wheel)
        wheel.unlink()
    made = sorted(dist.glob("*.whl"))
    run("twine", "check", "--strict", *made)
    run("abi3audit", "--strict", *(wheel for wheel in made if "-abi3-" in wheel.name))
    for wheel in made:
        print(f"{wheel.stat().st_size / 1e6:8.2f} MB  {wheel.name}")


def clean() -> None:
    made = [".venv", "dist", ".dev.lock", ".mypy_cache", ".ruff_cache", "docs/_build"]
    found = [
        p
        for pattern in ("native/build*", "packages/*/build", "packages/*/src/**/_generated")
        for p in ROOT.glob(pattern)
    ]
    for path in [*(ROOT / name for name in made), *found]:
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


COMMANDS = {
    "build": steps.build,
    "demo": demo,
    "test": test,
    "test-native": test_native,
    "cuda": build_cuda,
    "python": python,
    "bench": bench,
    "lint": check_style,
    "docs": docs,
    "wheels": wheels,
    "clean": clean,
}


def main() -> None:
    name, *rest = sys.argv[1:] or ["help"]
    if name not in COMMANDS:
        sys.exit(__doc__)
    command = COMMANDS[name]
    # What follows a program's name is the program's: `python -m pytest --help`.
    if name != "bench" and HELP & set(rest[:1] if name in ("demo", "test", "python") else rest):
        print(__doc__)
        return
    if rest and name in ("build", "test-native", "docs", "wheels", "clean"):
        sys.exit(f"`{name}` takes no arguments, and got: {' '.join(rest)}")
    command(*rest)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("\nStopped. The same command goes on from here.")
