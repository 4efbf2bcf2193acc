"""The namespaces of contributed operators, under the names that scripts for MXNet 1.9.1 have for them.

>>> import mx_core as mx
>>> mx.contrib.nd is mx.nd.contrib
True
"""

from typing import NoReturn

from mx_core.ndarray import contrib as nd
from mx_core.ndarray import contrib as ndarray
from mx_core.symbol import contrib as sym
from mx_core.symbol import contrib as symbol

__all__ = ["nd", "ndarray", "sym", "symbol"]


def __getattr__(name: str) -> NoReturn:
    raise AttributeError(f"[mx.contrib] this version of mx has no {name!r}, only the operators in nd and sym")
