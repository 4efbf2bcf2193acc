"""Making arrays."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mx_core import _ffi, util
from mx_core.base import MXTypeError, MXValueError, mx_real_t
from mx_core.context import Context, _checked, current_context
from mx_core.dtype import dtype_number
from mx_core.ndarray import _internal
from mx_core.ndarray._call import is_array, require_array

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from mx_core.ndarray.ndarray import NDArray

__all__ = ["arange", "array", "empty", "eye", "full", "linspace", "ones", "zeros"]


def _device(ctx: Context | str | None) -> str:
    """The device as the operators are told it."""
    device = current_context() if ctx is None else Context(ctx)
    _checked(device)
    return str(device)


def _lengths(shape: int | Sequence[int], what: str) -> tuple[int, ...]:
    if isinstance(shape, int | np.integer):
        return (int(shape),)
    try:
        return tuple(operator.index(n) for n in shape)
    except (TypeError, ValueError):
        raise MXTypeError(f"[{what}] shape must be an integer or a tuple of integers, got {shape!r}") from None


def _is_np_shape_alone(shape: int | Sequence[int]) -> bool:
    """Whether the shape is one that only NumPy's meaning of shapes allows, and that is in force."""
    return util.is_np_shape() and (shape in (0, ()) or (not isinstance(shape, int) and 0 in shape))


def array(source_array: Any, ctx: Context | str | None = None, dtype: DTypeLike | None = None) -> NDArray:
    """Return a new array with the elements of another, of a NumPy array, or of (nested) lists.

    Args:
        source_array: Where the elements come from.
        ctx: The device; the current one where it is None.
        dtype: Type of the elements. None keeps that of an NDArray; everything else becomes float32.

    >>> import mx_core as mx
    >>> mx.nd.array([[1, 2], [3, 4]]).dtype
    <class 'numpy.float32'>
    """
    if is_array(source_array):
        if dtype is None:
            dtype = source_array.dtype
        source = source_array.asnumpy()
    elif source_array is None:
        raise MXTypeError("[array] the source is None; give an array, numbers or (nested) lists of them")
    else:
        try:
            source = np.asarray(source_array)
            if dtype is None:
                dtype = mx_real_t
            source = np.ascontiguousarray(source, dtype=_ffi.numpy_type(dtype_number(dtype)))
        except (TypeError, ValueError) as error:
            if "element type of mx" in str(error):
                raise
            raise MXTypeError(f"[array] the source has no regular shape of numbers: {error}") from None
        source = source.reshape(np.shape(source_array))  # ascontiguousarray adds an axis where there is none
    made = empty(source.shape, ctx, dtype)
    if source.size:
        made._sync_copyfrom(source)
    return made


def _dense(stype: str | None, what: str) -> None:
    if stype not in (None, "default"):
        raise MXValueError(f"[{what}] storage {stype!r} is not available in this version, only 'default'")


def empty(
    shape: int | Sequence[int],
    ctx: Context | str | None = None,
    dtype: DTypeLike | None = None,
    stype: str | None = None,
) -> NDArray:
    """Return a new array whose elements have any value.

    Args:
        shape: The lengths of its axes.
        ctx: The device; the current one where it is None.
        dtype: Type of the elements; float32 where it is None.
        stype: The storage: "default", which is dense, is the only one in this version.

    >>> import mx_core as mx
    >>> mx.nd.empty((2, 3)).shape
    (2, 3)
    """
    _dense(stype, "empty")
    number = dtype_number(mx_real_t if dtype is None else dtype)
    device = current_context() if ctx is None else Context(ctx)
    return _ffi.create(_lengths(shape, "empty"), number, *_checked(device))


def zeros(
    shape: int | Sequence[int],
    ctx: Context | str | None = None,
    dtype: DTypeLike | None = None,
    stype: str | None = None,
    **kwargs: Any,
) -> NDArray:
    """Return a new array of zeros.

    Args:
        shape: The lengths of its axes.
        ctx: The device; the current one where it is None.
        dtype: Type of the elements; float32 where it is None.
        stype: The storage: "default", which is dense, is the only one in this version.
        **kwargs: ``out``.

    >>> import mx_core as mx
    >>> mx.nd.zeros((2,), dtype="int32").asnumpy().tolist()
    [0, 0]
    """
    _dense(stype, "zeros")
    if not kwargs and _is_np_shape_alone(shape):
        return full(shape, 0, ctx, dtype)
    return _internal._zeros(
        shape=_lengths(shape, "zeros"), ctx=_device(ctx), dtype=mx_real_t if dtype is None else dtype, **kwargs
    )


def ones(
    shape: int | Sequence[int], ctx: Context | str | None = None, dtype: DTypeLike | None = None, **kwargs: Any
) -> NDArray:
    """Return a new array of ones.

    >>> import mx_core as mx
    >>> mx.nd.ones((2,)).asnumpy().tolist()
    [1.0, 1.0]
    """
    if not kwargs and _is_np_shape_alone(shape):
        return full(shape, 1, ctx, dtype)
    return _internal._ones(
        shape=_lengths(shape, "ones"), ctx=_device(ctx), dtype=mx_real_t if dtype is None else dtype, **kwargs
    )


def full(
    shape: int | Sequence[int],
    val: float,
    ctx: Context | str | None = None,
    dtype: DTypeLike | None = None,
    out: NDArray | None = None,
) -> NDArray:
    """Return a new array filled with ``val``, or fill ``out``.

    >>> import mx_core as mx
    >>> mx.nd.full((2,), 7).asnumpy().tolist()
    [7.0, 7.0]
    """
    if out is not None:
        require_array(out, "full] out")
    made = empty(shape, ctx, dtype) if out is None else out
    made[:] = val
    return made


def arange(
    start: float,
    stop: float | None = None,
    step: float = 1.0,
    repeat: int = 1,
    infer_range: bool | None = None,
    ctx: Context | str | None = None,
    dtype: DTypeLike | None = None,
) -> NDArray:
    """Return the numbers from ``start`` up to, and without, ``stop``.

    Args:
        start: The first number; with ``stop`` left out it is 0 and this is ``stop``.
        stop: End of the range.
        step: Distance of the numbers.
        repeat: How often each number stands.
        infer_range: Has a meaning for symbols only.
        ctx: The device; the current one where it is None.
        dtype: Type of the elements; float32 where it is None.

    >>> import mx_core as mx
    >>> mx.nd.arange(1, 3, repeat=2).asnumpy().tolist()
    [1.0, 1.0, 2.0, 2.0]
    """
    dtype = mx_real_t if dtype is None else dtype
    return _internal._arange(
        start=start, stop=stop, step=step, repeat=repeat, infer_range=False, ctx=_device(ctx), dtype=dtype
    )


def linspace(
    start: float,
    stop: float,
    num: int,
    endpoint: bool = True,
    ctx: Context | str | None = None,
    dtype: DTypeLike | None = None,
) -> NDArray:
    """Return ``num`` evenly spaced numbers from ``start`` to ``stop``.

    >>> import mx_core as mx
    >>> mx.nd.linspace(0, 1, 3).asnumpy().tolist()
    [0.0, 0.5, 1.0]
    """
    try:
        values = np.linspace(start, stop, num, endpoint=endpoint)
    except (TypeError, ValueError) as error:
        raise MXValueError(f"[linspace] {num!r} numbers from {start!r} to {stop!r}: {error}") from None
    return array(values, ctx, mx_real_t if dtype is None else dtype)


def eye(N: int, M: int = 0, k: int = 0, ctx: Context | str | None = None, dtype: DTypeLike | None = None) -> NDArray:
    """Return a matrix with ones on diagonal ``k`` and zeros elsewhere.

    Args:
        N: Number of rows.
        M: Number of columns; as many as rows where it is 0.
        k: 0 is the main diagonal, positive numbers lie above it.
        ctx: The device; the current one where it is None.
        dtype: Type of the elements; float32 where it is None.

    >>> import mx_core as mx
    >>> mx.nd.eye(2).asnumpy().tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    try:
        values = np.eye(N, M or None, k, dtype=np.int8)
    except (TypeError, ValueError, OverflowError) as error:
        raise MXValueError(f"[eye] {N!r} rows, {M!r} columns, diagonal {k!r}: {error}") from None
    return array(values, ctx, mx_real_t if dtype is None else dtype)
