"""Errors of the parts of mx-io that work without the engine."""

from __future__ import annotations

import functools
import sys
from typing import Any

__all__ = ["RecordIOError", "RecordKeyError"]


@functools.cache
def _join(kind: Any, engine_error: type[Exception]) -> Any:
    return type(kind.__name__, (kind, engine_error), {"__module__": kind.__module__, "_plain": kind})


class RecordIOError(RuntimeError, ValueError):
    """A record file, or what was asked of one, is wrong.

    Where the engine is loaded, every instance is an ``MXNetError`` too; this module never loads the engine for that.

    Example:
        >>> from mx_io import errors, recordio
        >>> try:
        ...     recordio.unpack(b"short")
        ... except errors.RecordIOError as error:
        ...     print(error)
        [recordio.unpack] an image record has a header of 24 bytes, this has 5 bytes in all
    """

    _plain: type[RecordIOError]

    def __new__(cls, *args: Any) -> RecordIOError:
        engine_error = getattr(sys.modules.get("mx_core.base"), "MXNetError", None)
        if engine_error is not None and not issubclass(cls, engine_error):
            kind: Any = cls  # mypy takes no class of exceptions for hashable
            return super().__new__(_join(kind, engine_error), *args)
        return super().__new__(cls, *args)

    # An unpickled error fits the process that it arrives in, with or without the engine.
    def __reduce__(self) -> tuple[Any, ...]:
        return getattr(type(self), "_plain", type(self)), self.args

    def __str__(self) -> str:
        return Exception.__str__(self)  # KeyError would print the repr of the message


class RecordKeyError(RecordIOError, KeyError):
    """The index of a record file has no such key."""
