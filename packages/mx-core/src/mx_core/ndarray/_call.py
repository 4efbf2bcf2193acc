"""What generated functions share."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, NoReturn, TypeGuard

from mx_core import _ffi
from mx_core.base import MXArgumentError, MXTypeError

if TYPE_CHECKING:
    from mx_core.ndarray.ndarray import NDArray


def reject(function: Callable[..., Any], kwargs: Mapping[str, Any]) -> NoReturn:
    """Raise the error about keywords that a generated function doesn't have."""
    known = [name for name in inspect.signature(function).parameters if name not in ("kwargs", "out", "name", "attr")]
    wrong = next(iter(kwargs))
    close = get_close_matches(wrong, known, 1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    raise MXTypeError(f"[{function.__name__}] there is no parameter {wrong!r}.{hint} There are: {', '.join(known)}")


def is_recorded(array: _ffi.NDArrayBase) -> bool:
    """Whether what is computed from the array now must be recorded."""
    return _ffi.set_recording(-1) and array._has_history()


def require_array(value: Any, what: str) -> None:
    """Raise the error about something that is no array, named by ``what`` as in "moveaxis] tensor"."""
    if not isinstance(value, _ffi.NDArrayBase):
        raise MXArgumentError(f"[{what} must be an NDArray, got {type(value).__name__}: make it one with mx.nd.array")


def is_array(value: Any) -> TypeGuard[NDArray]:
    """Whether the value is an array."""
    return isinstance(value, _ffi.NDArrayBase)
