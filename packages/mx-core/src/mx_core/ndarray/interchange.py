"""Arrays that share memory with NumPy, PyTorch and others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mx_core import _ffi
from mx_core.base import MXTypeError, MXValueError
from mx_core.dtype import dtype_number
from mx_core.ndarray._call import require_array
from mx_core.ndarray.creation import array

if TYPE_CHECKING:
    from mx_core.ndarray.ndarray import NDArray

__all__ = ["from_dlpack", "from_numpy", "to_dlpack_for_read", "to_dlpack_for_write"]


def from_numpy(ndarray: np.ndarray, zero_copy: bool = True) -> NDArray:
    """Return an array with the elements and the dtype of a NumPy array.

    Args:
        ndarray: The NumPy array.
        zero_copy: Share its memory. It must be writable and in C order; afterwards it is read-only for NumPy, because
            mx would not notice changes.

    >>> import numpy as np, mx_core as mx
    >>> mx.nd.from_numpy(np.arange(3)).dtype
    <class 'numpy.int64'>
    """
    if not isinstance(ndarray, np.ndarray):
        raise MXTypeError(f"[from_numpy] expected a numpy.ndarray, got {type(ndarray).__name__}")
    number = dtype_number(ndarray.dtype)
    if not zero_copy:
        return array(ndarray, dtype=ndarray.dtype)
    if not ndarray.flags["C_CONTIGUOUS"] or not ndarray.dtype.isnative:
        raise MXValueError(
            "[from_numpy] memory can be shared only in C order and native byte order: pass zero_copy=False"
        )
    if not ndarray.flags["WRITEABLE"]:
        raise MXValueError("[from_numpy] memory that is read-only cannot be shared: pass zero_copy=False")
    flat = ndarray if ndarray.dtype.kind in "biuf" else ndarray.view(f"u{ndarray.itemsize}")
    made = _ffi.from_buffer(flat, ndarray.shape, number)
    ndarray.flags["WRITEABLE"] = False
    return made


def from_dlpack(dlpack: Any) -> NDArray:
    """Return an array that shares the memory of a tensor of another library.

    Args:
        dlpack: An object with ``__dlpack__``, such as a PyTorch tensor or a NumPy array, or a DLPack capsule.
    """
    return _ffi.from_dlpack(dlpack.__dlpack__() if hasattr(dlpack, "__dlpack__") else dlpack)


def to_dlpack_for_read(data: NDArray) -> Any:
    """Return a DLPack capsule that shares the memory, after waiting for what writes the array."""
    require_array(data, "to_dlpack_for_read] data")
    return data.to_dlpack_for_read()


def to_dlpack_for_write(data: NDArray) -> Any:
    """Return a DLPack capsule that shares the memory, after waiting for what reads or writes the array."""
    require_array(data, "to_dlpack_for_write] data")
    return data.to_dlpack_for_write()
