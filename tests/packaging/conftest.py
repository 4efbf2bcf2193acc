"""Wheels, and fresh environments that hold only what a package declares."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def dist() -> Path:
    """The folder that `dev.py wheels` has just filled."""
    subprocess.run([sys.executable, ROOT / "scripts/dev.py", "wheels"], check=True, stdout=subprocess.DEVNULL)
    return ROOT / "dist"


@pytest.fixture(scope="session")
def install(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """``install(requirement, ...)`` makes a fresh environment, once for the same requirements; returns its Python."""
    ours = sorted({wheel.name.split("-")[0].replace("_", "-") for wheel in dist.glob("*.whl")})
    refresh = [f"--refresh-package={name}" for name in ours]  # the version never changes, the wheel does
    made: dict[tuple, Path] = {}

    def install(*requirements: object) -> Path:
        if requirements not in made:
            venv = tmp_path_factory.mktemp("environment")
            subprocess.run(["uv", "venv", "-q", "-p", sys.executable, venv], check=True)
            python = venv / "bin/python"
            uv = ["uv", "pip", "install", "-q", "-p", python, "--find-links", dist, *refresh, *requirements]
            subprocess.run(uv, check=True, cwd=venv)
            made[requirements] = python
        return made[requirements]

    return install


@pytest.fixture
def check(tmp_path: Path) -> Callable[..., str]:
    """``check(python, code)`` runs code far from the sources and without our variables; returns its output."""

    def check(python: Path, code: str, **environment: str) -> str:
        command = [python, "-c", code]
        result = subprocess.run(command, cwd=tmp_path, env=environment, text=True, capture_output=True)
        assert result.returncode == 0, f"{code}\n{result.stdout}{result.stderr}"
        return result.stdout

    return check
