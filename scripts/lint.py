"""Every check that reads the sources without running them. All of them run; the exit status says whether one failed."""

import sys

import workspace
from workspace import PYTHON, ROOT, attempt


def check(fix: bool = False) -> None:
    cxx = workspace.tracked(".cc", ".h")
    cython = workspace.tracked(".pyx", ".pxd", ".pxi")
    checks = {
        "ruff check": ["ruff", "check", "-q", *(["--fix"] if fix else []), "."],
        "ruff format": ["ruff", "format", "-q", *([] if fix else ["--diff"]), "."],
        "mypy": ["mypy"],
        "size": [PYTHON, ROOT / "scripts/size.py"],
    }
    if cxx:
        checks["clang-format"] = ["clang-format", *(["-i"] if fix else ["--dry-run", "-Werror"]), *cxx]
    if cython:
        checks["cython-lint"] = ["cython-lint", *cython]
    failed = []
    for name, command in checks.items():
        print(f"-- {name}", flush=True)
        if attempt(*command):
            failed.append(name)
    if failed:
        sys.exit(f"lint: {', '.join(failed)} failed. `scripts/dev.py lint --fix` mends what a tool can mend.")
