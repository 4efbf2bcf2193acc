"""Where things are in this repository, what its commands need of the machine, and how they are run."""

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin/python"
SITE = VENV / f"lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
APT = "apt install python3-venv python3-dev g++ git"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mx"
JOBS = len(os.sched_getaffinity(0))


def check_machine() -> None:
    """Exit with the line that installs what is missing, if anything is."""
    missing = []
    if sys.version_info < (3, 11):  # noqa: UP036 (whoever starts this may have an older one)
        missing.append(f"Python 3.11 or newer (this is {sys.version.split()[0]})")
    if not importlib.util.find_spec("ensurepip"):
        missing.append("venv")
    if not Path(sysconfig.get_path("include"), "Python.h").exists():
        missing.append("the Python headers")
    gxx = shutil.which("g++") and subprocess.run(["g++", "-dumpfullversion"], capture_output=True, text=True).stdout
    if not gxx or int(gxx.split(".")[0]) < 12:
        missing.append("g++ 12 or newer")
    if not shutil.which("git"):
        missing.append("git")
    if missing:
        sys.exit(f"This machine lacks {', '.join(missing)}. On Debian or Ubuntu:  {APT}")


def project(member: str) -> dict:
    """The tables of a member's pyproject.toml."""
    import tomllib  # Python 3.11, which check_machine asks for

    return tomllib.loads((ROOT / member / "pyproject.toml").read_text())


@cache
def members() -> tuple[str, ...]:
    """Folders of the distributions, each after those it depends on; the root is the last, the metapackage."""
    folders = {"native": project("native"), **{str(p.relative_to(ROOT)): project(str(p)) for p in packages()}}
    ordered: list[str] = []
    while len(ordered) < len(folders):
        done = {folders[folder]["project"]["name"] for folder in ordered}
        for folder, tables in folders.items():
            ours = {name for name in map(distribution, tables["project"].get("dependencies", [])) if is_ours(name)}
            if folder not in ordered and ours <= done:
                ordered.append(folder)
                break
        else:
            sys.exit(f"The packages depend on each other in a circle: {sorted(set(folders) - set(ordered))}")
    return (*ordered, ".")


def packages() -> list[Path]:
    return sorted(path.parent for path in ROOT.glob("packages/*/pyproject.toml"))


def distribution(requirement: str) -> str:
    return re.match(r"[\w.-]+", requirement)[0]


def is_ours(name: str) -> bool:
    return name == "mx" or name.startswith("mx-")


def requirements() -> list[str]:
    """What builds, tests and documents every member, and what it needs at run time, less the members themselves."""
    found = []
    for member in members():
        tables = project(member)
        found += tables["build-system"]["requires"] + tables["project"].get("dependencies", [])
        for extra in tables["project"].get("optional-dependencies", {}).values():
            found += extra
        groups = tables.get("dependency-groups", {})
        found += groups.get("dev", []) + groups.get("docs", [])
    return sorted({r for r in found if not is_ours(distribution(r))})


def launcher() -> str:
    """The compiler cache: the machine's ccache, else the sccache of the environment."""
    return shutil.which("ccache") or str(ROOT / "scripts/cached-compiler")


def environment() -> dict[str, str]:
    """Variables for every command: our tools first, as many compilers as processors, and a cache that clones share."""
    env = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME", "MX_LIBRARY")}
    return env | {
        "VIRTUAL_ENV": str(VENV),
        "PATH": f"{VENV / 'bin'}{os.pathsep}{env['PATH']}",
        "CMAKE_GENERATOR": "Ninja",
        "CMAKE_BUILD_PARALLEL_LEVEL": str(JOBS),
        "CMAKE_CXX_COMPILER_LAUNCHER": launcher(),
        "CMAKE_CUDA_COMPILER_LAUNCHER": launcher(),
        "CCACHE_BASEDIR": str(ROOT),
        "CCACHE_NOHASHDIR": "1",
        "SCCACHE_BASEDIRS": str(ROOT),
        "SCCACHE_DIR": env.get("SCCACHE_DIR", str(CACHE / "sccache")),
        "SCCACHE_CACHE_SIZE": env.get("SCCACHE_CACHE_SIZE", "3G"),
        # A server for each clone, because the base directory is the server's. It ends itself when it is forgotten.
        "SCCACHE_SERVER_UDS": f"/tmp/mx-{hashlib.sha256(f'{os.getuid()} {ROOT}'.encode()).hexdigest()[:16]}.sock",
        "SCCACHE_IDLE_TIMEOUT": "300",
        "SCCACHE_IGNORE_SERVER_IO_ERROR": "1",
    }


def run(*command: object) -> None:
    """Run a command in the root of the repository; exit where it fails."""
    if status := attempt(*command):
        words = " ".join(map(str, command))
        sys.exit(f"Failed with status {status}: {words}\nMend it and run the same command again.")


def attempt(*command: object) -> int:
    """Run a command in the root of the repository and return its status."""
    words = [str(part) for part in command]
    words[0] = shutil.which(words[0], path=environment()["PATH"]) or words[0]
    return subprocess.run(words, cwd=ROOT, env=environment()).returncode


@contextmanager
def compiler_cache() -> Iterator[None]:
    """While this is open, compilers may ask the cache's server; afterwards none is left behind."""
    sccache = VENV / "bin/sccache"
    try:
        yield
    finally:
        if Path(environment()["SCCACHE_SERVER_UDS"]).exists() and sccache.exists():
            subprocess.run([sccache, "--stop-server"], env=environment(), capture_output=True)


def tracked(*endings: str) -> list[Path]:
    """Our files that git tracks or would track, by their ending."""
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.split(b"\0")
    paths = (ROOT / os.fsdecode(name) for name in names if name)
    return sorted(
        path for path in paths if path.is_file() and path.name.endswith(endings) and "third_party" not in path.parts
    )
