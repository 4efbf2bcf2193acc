"""Tests on GPUs: real ones, or emulated ones where MX_CUDA_PLUGIN names the emulated plugin.

``tests/integration/test_cuda_emulated.py`` runs this folder in a process of its own on two emulated GPUs.
"""

import os
from pathlib import Path

import mx
import pytest

EMULATED = "emulated" in os.environ.get("MX_CUDA_PLUGIN", "")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    count = mx.num_gpus()
    for item in items:
        if Path(__file__).parent not in item.path.parents:  # pytest hands over the items of every folder
            continue
        item.add_marker(pytest.mark.gpu)
        if count == 0:
            item.add_marker(pytest.mark.skip(reason="no GPU (test_cuda_emulated.py runs this on emulated ones)"))
        elif count == 1 and "two_gpus" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.skip(reason="needs two GPUs"))
        if not EMULATED and "emulated" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.skip(reason="shows what only the emulated runtime can"))


@pytest.fixture
def two_gpus() -> tuple[mx.Context, mx.Context]:
    return mx.gpu(0), mx.gpu(1)


@pytest.fixture
def emulated() -> None:
    """The test needs the emulated runtime."""
