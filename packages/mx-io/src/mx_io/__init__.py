"""Data sets and batches for mx: RecordIO files (``recordio``), images (``image``) and data iterators (``io``).

Nothing is imported before it is used: ``mx_io.recordio`` never loads the engine, the others do. The iterators are also
found here by name.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mx_io import errors as errors
    from mx_io import image as image
    from mx_io import io as io
    from mx_io import recordio as recordio
    from mx_io.io import *  # noqa: F403

__version__ = "0.1.0"
_MODULES = ("errors", "image", "io", "recordio")
_ITERATORS = ("DataBatch", "DataDesc", "DataIter", "MNISTIter", "NDArrayIter", "PrefetchingIter", "ResizeIter")
__all__ = [*_MODULES, *_ITERATORS]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"mx_io.{name}")
    if name in _ITERATORS:
        return getattr(import_module("mx_io.io"), name)
    raise AttributeError(f"module 'mx_io' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
