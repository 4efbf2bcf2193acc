"""Every operator of the tensor families beside MXNet 1.9.1 and PyTorch: 10 x 10, 256 x 256 and 2048 x 2048, us a call.

A part is a family; its cases are in benchmarks/operators. An array of the small ones costs what calling costs, those of
the middle fit into the caches of the second level.
"""

import importlib
import sys
from pathlib import Path

PEERS = ["mxnet", "torch"]
SCRIPTS = Path(__file__).parents[2]
SHARED = ("binary", "case", "distributions")  # of several families
PARTS = [p.stem for p in (SCRIPTS / "benchmarks/operators").glob("[a-z]*.py") if p.stem not in SHARED]
PARTS.sort()


def borrow(folder, name):
    """A module of ours; its neighbours are not for the implementation to find."""
    sys.path.append(str(folder))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(folder))


def cases(part):
    return borrow(SCRIPTS, f"benchmarks.operators.{part}").CASES


def run(bench):
    for part in [bench.part] if bench.part else PARTS:
        for case in cases(part):
            for size in case.sizes:
                if call := (of_mx if bench.is_mx else of_torch)(bench, case, size):
                    sync = bench.mx().nd.waitall if bench.is_mx else lambda: None
                    seconds = bench.seconds / 20
                    bench.time(f"{case.name}, {size}", "us", call, None, sync, seconds, patience=2 * seconds)


def of_mx(bench, case, size):
    """The call of a case; None where this is not in 1.9.1."""
    if bench.label == "mxnet" and not case.mxnet:
        return None
    nd, keywords = bench.mx().nd, case.keywords(size)
    arrays = [own(nd, *given) for given in case.arrays(size)]
    if case.out:
        keywords["out"] = [arrays[i] for i in case.out] if len(case.out) > 1 else arrays[case.out[0]]
    function = borrow(SCRIPTS.parent / "tests", "conformance.run").function(nd, case.operator)
    passed = arrays if case.passed else []
    return lambda: function(*passed, **keywords)


def own(nd, array, dtype):
    if array.dtype == bool:
        array = array.astype("float32")
    made = nd.array(array, dtype=array.dtype)
    return made.astype(dtype) if dtype else made


def of_torch(bench, case, size):
    if case.torch is None:
        return None
    torch = bench.torch()
    arrays = [theirs(torch, *given) for given in case.arrays(size)]

    def call():
        return case.torch(torch, *arrays)

    return torch.no_grad()(call)


def theirs(torch, array, dtype):
    made = torch.from_numpy(array.copy())
    if array.dtype.kind == "i":
        return made.long()
    return made.to(getattr(torch, dtype)) if dtype else made
