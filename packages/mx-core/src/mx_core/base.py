"""Exceptions and small constants that every module shares.

Whatever goes wrong in mx is an :class:`MXNetError`; where Python has a name for what went wrong, the error is that too:

>>> import mx_core as mx
>>> try:
...     mx.nd.ones((2, 3)).reshape((4, 2))
... except ValueError as error:
...     print(isinstance(error, mx.base.MXNetError))
True
"""

from typing import Any

import numpy as np

__all__ = [
    "MXArgumentError",
    "MXAssertionError",
    "MXFileError",
    "MXIndexError",
    "MXKeyError",
    "MXMemoryError",
    "MXNetError",
    "MXTypeError",
    "MXUnsupportedError",
    "MXValueError",
    "NotImplementedForSymbol",
    "NotSupportedForSparseNDArray",
    "integer_types",
    "mx_real_t",
    "numeric_types",
    "py_str",
    "string_types",
]

#: Element type of arrays for which none is asked.
mx_real_t = np.float32
#: What counts as a string, a number, an integer.
string_types = (str,)
numeric_types = (float, int, np.generic)
integer_types = (int, np.int32, np.int64)


class MXNetError(RuntimeError):
    """Any error of mx."""


class MXValueError(MXNetError, ValueError):
    """A value, shape or combination of them that is impossible."""


class MXTypeError(MXNetError, TypeError):
    """A value or an element type of the wrong kind."""


class MXIndexError(MXNetError, IndexError):
    """An index outside of what it points into."""


class MXKeyError(MXValueError, KeyError):
    """A name that is not among those known, where MXNet 1.9.1 raises ``KeyError``."""

    def __str__(self) -> str:
        return Exception.__str__(self)  # KeyError would print the repr of the message


class MXAssertionError(MXValueError, AssertionError):
    """Steps out of order, or values that do not go together, where MXNet 1.9.1 asserts that they do."""


class MXArgumentError(MXTypeError, AssertionError):
    """An argument of the wrong kind, where MXNet 1.9.1 asserts that it is of the right one."""


class MXMemoryError(MXNetError, MemoryError):
    """Memory, or the limit set for it, is used up."""


class MXUnsupportedError(MXNetError, NotImplementedError):
    """This build, device or processor cannot do it."""


class NotImplementedForSymbol(MXUnsupportedError):
    """Only arrays can do it."""


class NotSupportedForSparseNDArray(MXUnsupportedError):
    """Only dense arrays can do it."""


class MXFileError(MXNetError, OSError):
    """A file that cannot be opened, read or written."""


def py_str(text: bytes | str) -> str:
    """Return text as a string: what MXNet's monitor callbacks were given as bytes, they get as strings here."""
    return text if isinstance(text, str) else text.decode("utf-8")


def _as_list(value: Any) -> Any:
    """A list or tuple as it is; anything else in a list."""
    return value if isinstance(value, list | tuple) else [value]


class _NullType:
    """The type of :data:`_Null`."""

    def __repr__(self) -> str:
        return "_Null"

    def __bool__(self) -> bool:
        return False

    def __reduce__(self) -> str:
        return "_Null"


#: "Not given": the operator's own default holds, or it complains that the parameter is required.
_Null: Any = _NullType()
