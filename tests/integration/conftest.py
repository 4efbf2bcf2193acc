"""The CUDA plugins, which CI must have built; elsewhere tests without theirs are skipped."""

import os
from pathlib import Path

import pytest

NATIVE = Path(__file__).resolve().parents[2] / "native"


def built(plugin: Path, command: str) -> Path:
    if not plugin.exists():
        message = f"{plugin.name} is not built: python3 scripts/dev.py {command}"
        pytest.fail(message) if os.environ.get("CI") == "true" else pytest.skip(message)
    return plugin


@pytest.fixture(scope="session")
def emulated_plugin() -> Path:
    """The plugin as g++ makes it, with an emulated runtime."""
    return built(NATIVE / "build-cuda-emulated/libmx_cuda_emulated.so", "cuda --emulated")


@pytest.fixture(scope="session")
def nvcc_plugin() -> Path:
    """The plugin as nvcc makes it."""
    return built(NATIVE / "build-cuda/libmx_cuda.so", "cuda")
