"""Files of arrays (``.params``): those of every MXNet since 2015 can be read, and 1.9.1 reads ours."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mx_core import _ffi
from mx_core._ffi import NDArrayBase
from mx_core._files import path_of
from mx_core.base import MXTypeError, MXValueError

if TYPE_CHECKING:
    from mx_core.ndarray.ndarray import NDArray

__all__ = ["load", "load_frombuffer", "save"]


def save(fname: str | os.PathLike[str], data: NDArray | Sequence[NDArray] | Mapping[str, NDArray]) -> None:
    """Write arrays to a file, replacing it in one step once everything is written.

    Args:
        fname: The file.
        data: One array, a list of them, or a dictionary {name: array}.

    >>> import mx_core as mx
    >>> mx.nd.save("/tmp/x.params", {"weight": mx.nd.ones((2,))})     # doctest: +SKIP
    """
    if isinstance(data, NDArrayBase):
        data = [data]
    names: list[str] | None = None
    if isinstance(data, Mapping):
        names, arrays = list(data), list(data.values())
        if not all(isinstance(name, str) for name in names):
            raise MXTypeError(f"[save] names must be strings, got {names!r}")
    elif isinstance(data, list | tuple):
        arrays = list(data)
    else:
        raise MXValueError(f"[save] data must be an NDArray, a list or a dictionary of them, got {type(data).__name__}")
    _ffi.save(os.fsencode(path_of(fname, "save")), arrays, names)


def load(fname: str | os.PathLike[str]) -> Any:
    """Read the arrays of a file: a dictionary if they have names, else a list.

    Raises:
        MXFileError: The file cannot be read.
        MXValueError: It is no file of arrays, or it is damaged.
    """
    return _result(*_ffi.load(os.fsencode(path_of(fname, "load"))))


def load_frombuffer(buf: Any) -> Any:
    """Read the arrays of a file whose bytes are in memory."""
    if not isinstance(buf, bytes | bytearray | memoryview):
        raise MXTypeError(f"[load_frombuffer] buf must be bytes, got {type(buf).__name__}")
    return _result(*_ffi.load_buffer(buf))


def _result(arrays: list[NDArray], names: list[str] | None) -> Any:
    return arrays if names is None else dict(zip(names, arrays))
