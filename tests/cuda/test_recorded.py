"""The recorded answers of MXNet 1.9.1, on a GPU: some cases of every operator that has CUDA kernels."""

import mx
import numpy as np
import pytest
from conformance import case, catalogue, compare, run, store, tolerance
from conformance.differences import DIFFERENCES, TYPES
from mx_core import _ffi

SAMPLE = 8  # cases of an operator, or as many as there are
# Operators that make an array take its device as a parameter.
SUPPORTED = [
    name
    for name, op in catalogue.tensor_operators().items()
    if op.family not in catalogue.RANDOM_FAMILIES
    and op.inputs
    and name not in catalogue.missing() | {"_CrossDeviceCopy"}
    and mx.num_gpus()
    and _ffi.device_has_op(name)
]


def sample(name: str) -> list[case.Case]:
    """Cases that 1.9.1 computed, evenly spread over those that there are."""
    cases, records = case.cases_of(name), store.recorded(name)
    computed = [one for label, one in cases.items() if "outputs" in records[label]]
    return computed[:: max(1, len(computed) // SAMPLE)]


@pytest.mark.parametrize("name", SUPPORTED)
def test_answers(name):
    records, level = store.recorded(name), tolerance.of(name)
    compared, wrong = 0, []
    for one in sample(name):
        with np.errstate(all="ignore"), mx.gpu(0):
            result = run.run(mx, one)
        failed = [part for part in result.values() if isinstance(part, Exception)]
        if any("has no CUDA kernel yet" in str(error) for error in failed):
            continue  # made of an operator that lacks one, or its gradient is
        compared += 1
        for part, problem in compare.judge(result, records[one.name], level).items():
            known = any(d.covers(name, one.name, part) for d in (*DIFFERENCES, TYPES))
            if not known:
                wrong.append(f"{one.name}: {part}: {problem}")
    assert not wrong, "\n".join(wrong)
    if not compared:
        pytest.skip("all cases need operators that have no CUDA kernel")
