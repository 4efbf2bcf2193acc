"""All of mx under one name: `mx.nd`, `mx.sym`, `mx.mod`, `mx.io`...

`import mx` itself imports nothing: each name brings its package when it is first used. What there is, and where it
comes from, is said once, in `__init__.pyi`, which editors and type checkers read too.
"""

import sys
from typing import Any

from ._lazy import ABSENT, AliasFinder, read_homes, resolve

__version__ = "0.1.0"
_HOMES = read_homes(__name__)
__all__ = sorted(_HOMES)  # `from mx import *` brings every package
sys.meta_path.append(AliasFinder(__name__, _HOMES))  # for `from mx.io import NDArrayIter`


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        absent = f": {name} of MXNet 1.9.1 is not part of this version" if name in ABSENT else ""
        raise AttributeError(f"module 'mx' has no attribute {name!r}{absent}")
    value = globals()[name] = resolve(f"mx.{name}", _HOMES[name])
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
