"""Arrays, symbols, executors and automatic differentiation.

>>> import mx_core as mx
>>> x = mx.nd.ones((2, 3))
>>> (x + 1).shape
(2, 3)
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

import mx_native

__version__ = "0.1.0"

mx_native.load()  # before _ffi, which is linked to it: so libmx is found however the two are installed
from mx_core import _ffi  # noqa: E402


def _check_libmx() -> None:
    built, found = _ffi.built_against(), _ffi.version()
    ours, theirs = _ffi.abi_versions()
    if built != found or ours != theirs:
        raise ImportError(
            f"mx-core was built against mx-native {built} (ABI {ours}), but {found} (ABI {theirs}) is installed at "
            f"{mx_native.library()}: pip install mx-native=={built}"
        )
    try:
        _ffi.instruction_set()
    except RuntimeError as error:
        raise ImportError(str(error)) from None


_check_libmx()
_ffi.install_hooks()
os.register_at_fork(after_in_child=_ffi.after_fork)

from mx_core import (  # noqa: E402
    attribute,
    autograd,
    base,
    context,
    dtype,
    engine,
    libinfo,
    log,
    name,
    ndarray,
    random,
    registry,
    util,
)
from mx_core import ndarray as nd  # noqa: E402
from mx_core.attribute import AttrScope  # noqa: E402
from mx_core.base import MXNetError  # noqa: E402
from mx_core.context import Context, cpu, cpu_pinned, current_context, gpu, gpu_memory_info, num_gpus  # noqa: E402
from mx_core.name import NameManager  # noqa: E402
from mx_core.ndarray import NDArray  # noqa: E402
from mx_core.ndarray import random as rnd  # noqa: E402

if TYPE_CHECKING:  # at run time below, when somebody asks: whoever needs arrays alone starts in two thirds of the time
    from mx_core import contrib, executor, symbol
    from mx_core import symbol as sym
    from mx_core.executor import Executor
    from mx_core.symbol import Symbol


def __getattr__(name: str) -> Any:
    if name in ("symbol", "sym", "Symbol"):
        module = import_module("mx_core.symbol")
        globals().update(symbol=module, sym=module, Symbol=module.Symbol)
    elif name == "contrib":
        globals()[name] = import_module("mx_core.contrib")
    elif name in ("executor", "Executor"):
        module = import_module("mx_core.executor")
        globals().update(executor=module, Executor=module.Executor)
    else:
        raise AttributeError(f"module 'mx_core' has no attribute {name!r}")
    return globals()[name]


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


__all__ = [
    "AttrScope",
    "Context",
    "Executor",
    "MXNetError",
    "NDArray",
    "NameManager",
    "Symbol",
    "attribute",
    "autograd",
    "base",
    "context",
    "contrib",
    "cpu",
    "cpu_pinned",
    "current_context",
    "dtype",
    "engine",
    "executor",
    "gpu",
    "gpu_memory_info",
    "libinfo",
    "log",
    "name",
    "nd",
    "ndarray",
    "num_gpus",
    "random",
    "registry",
    "rnd",
    "sym",
    "symbol",
    "util",
]
