"""Tests on GPUs: real ones, or emulated ones where MX_CUDA_PLUGIN names the emulated plugin.

``tests/integration/test_cuda_emulated.py`` runs this folder in a process of its own on two emulated GPUs.
"""

import os
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("NVIDIA_TF32_OVERRIDE", "0")  # float32 is compared with the CPU's: no shorter numbers

import mx
import numpy as np
import pytest

EMULATED = "emulated" in os.environ.get("MX_CUDA_PLUGIN", "")


def what_is_missing() -> str:
    """Plugin, driver or device, in the words of the error."""
    try:
        mx.nd.zeros((1,), ctx=mx.gpu(0))
    except mx.MXNetError as error:
        return str(error)
    return ""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    count, missing = mx.num_gpus(), what_is_missing()
    for item in items:
        if Path(__file__).parent not in item.path.parents:  # pytest hands over the items of every folder
            continue
        item.add_marker(pytest.mark.gpu)
        if count == 0:
            item.add_marker(pytest.mark.skip(reason=f"{missing} (test_cuda_emulated.py has emulated GPUs)"))
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


@pytest.fixture
def both() -> Callable[..., None]:
    """``both(compute, *shapes)`` compares results, and gradients of the arguments, of the GPU with those of the CPU."""
    tolerances = {"float16": 4e-3, "float32": 2e-5, "float64": 1e-12}

    def both(compute: Callable, *shapes: tuple[int, ...], dtype: str = "float32") -> None:
        results = []
        for ctx in (mx.cpu(), mx.gpu(0)):
            rng = np.random.default_rng(4)
            arrays = [mx.nd.array(rng.uniform(-1, 1, shape), ctx=ctx, dtype=dtype) for shape in shapes]
            for array in arrays:
                array.attach_grad()
            with mx.autograd.record():
                out = compute(*arrays)
            out.backward(mx.nd.array(rng.uniform(-1, 1, out.shape), ctx=ctx, dtype=dtype))
            results.append([out, *(array.grad for array in arrays)])
        for expected, got in zip(*results, strict=True):
            assert got.context == mx.gpu(0)
            assert got.dtype == expected.dtype
            tolerance = tolerances[dtype]
            np.testing.assert_allclose(got.asnumpy(), expected.asnumpy(), tolerance, tolerance)

    return both
