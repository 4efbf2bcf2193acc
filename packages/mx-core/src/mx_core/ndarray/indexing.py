"""Reading and writing parts of arrays.

| key                                                        | gives                      |
| ---------------------------------------------------------- | -------------------------- |
| integers, slices, ``...``, None that select one solid block | a view: writing changes the array |
| other slices (``a[:, 1:2]``, ``a[::2]``)                    | a copy                     |
| arrays or lists of integers, boolean masks                  | a copy, as in NumPy        |

A single element has the shape (1,), and in :func:`mx_core.util.np_shape` (). Assignment broadcasts, and converts to
the dtype of the array. While gradients are recorded, parts of recorded arrays are copies, and such arrays cannot be
assigned to.
"""

from __future__ import annotations

from math import prod
from types import EllipsisType
from typing import TYPE_CHECKING, Any

import numpy as np

from mx_core import _ffi, util
from mx_core._ffi import NDArrayBase
from mx_core.base import MXIndexError, MXNetError, MXTypeError, MXValueError
from mx_core.ndarray import _internal, op
from mx_core.ndarray._call import is_array, is_recorded
from mx_core.ndarray.creation import array as make
from mx_core.ndarray.creation import empty

if TYPE_CHECKING:
    from mx_core.ndarray.ndarray import NDArray

_INTEGERS = (int, np.integer)
_EXACT_FLOAT = 1 << 53


class _Block:
    """Integers, slices and new axes, worked out for a shape."""

    __slots__ = ("begin", "end", "shape", "size", "step")

    def __init__(self, key: tuple[Any, ...], shape: tuple[int, ...]) -> None:
        self.begin: list[int] = []
        self.end: list[int] = []
        self.step: list[int] = []
        self.shape: list[int] = []  # of the result: without the axes of integers, with new ones
        self.size: list[int] = []  # of the slice, with all axes
        for item in key:
            if item is None:
                self.shape.append(1)
                continue
            axis = len(self.size)
            length = shape[axis]
            if isinstance(item, slice):
                try:
                    start, stop, step = item.indices(length)
                except TypeError as error:
                    raise MXTypeError(f"[NDArray] index {item}: {error}") from None
                except ValueError as error:
                    raise MXValueError(f"[NDArray] index {item}: {error}") from None
                count = len(range(start, stop, step))
                self.shape.append(count)
            else:
                start = int(item)
                if not -length <= start < length:
                    raise MXIndexError(f"[NDArray] index {start} is out of bounds for axis {axis} of shape {shape}")
                start %= length
                count, step, stop = 1, 1, start + 1
            self.begin.append(start)
            self.end.append(start + count * step)
            self.step.append(step)
            self.size.append(count)
        if not self.shape and not util.is_np_shape():
            self.shape.append(1)

    def offset(self, shape: tuple[int, ...]) -> int | None:
        """Where the block begins, if it is solid; None if there are gaps."""
        solid = True  # whether all axes behind are taken as a whole
        place, stride = 0, 1
        for axis in range(len(shape) - 1, -1, -1):
            if self.size[axis] != 1 and (not solid or self.step[axis] != 1):
                return None
            solid = solid and self.size[axis] == shape[axis]
            if not solid and any(n != 1 for n in self.size[:axis]):
                return None
            place += self.begin[axis] * stride
            stride *= shape[axis]
        return place

    def bounds(self) -> dict[str, Any]:
        """begin, end and step for the operators on slices. None: to the very end of an axis that is read backwards."""
        end = tuple(None if stop < 0 else stop for stop in self.end)
        return {"begin": tuple(self.begin), "end": end, "step": tuple(self.step)}


def _expand(key: Any, ndim: int, shape: tuple[int, ...]) -> tuple[tuple[Any, ...], bool]:
    """(the key with one entry for each axis, whether it is basic)."""
    items = list(key) if isinstance(key, tuple) else [key]
    basic, used, dots = True, 0, -1
    for place, item in enumerate(items):
        if item is None:
            continue
        if isinstance(item, EllipsisType):
            if dots >= 0:
                raise MXIndexError("[NDArray] an index can contain only one '...'")
            dots = place
        elif isinstance(item, slice) or (isinstance(item, _INTEGERS) and not isinstance(item, bool)):
            used += 1
        elif isinstance(item, NDArrayBase | np.ndarray | list | tuple | range):
            array = _index_array(item)
            items[place] = array
            used += array.ndim if array.dtype.kind == "b" else 1
            basic = False
        else:
            raise MXValueError(f"[NDArray] {item!r} of type {type(item).__name__} is no index of an array")
    if used > ndim:
        raise MXIndexError(f"[NDArray] too many indices ({used}) for an array of shape {shape}")
    fill = [slice(None)] * (ndim - used)
    if dots >= 0:
        items[dots : dots + 1] = fill
    else:
        items += fill
    return tuple(items), basic


def _index_array(item: Any) -> np.ndarray:
    array = item.asnumpy() if is_array(item) else None
    if array is None:
        if isinstance(item, list | tuple):
            item = [each.asnumpy() if is_array(each) else each for each in item]
        array = np.asarray(item)
    if array.dtype.kind == "b":
        return array
    if array.size == 0 or array.dtype.kind in "iuf" or array.dtype.name == "bfloat16":
        return array.astype(np.int64)
    raise MXTypeError(f"[NDArray] indices must be numbers or booleans, got {array.dtype}")


def _positions(key: tuple[Any, ...], shape: tuple[int, ...]) -> tuple[np.ndarray, int]:
    """(where every selected element lies, as an array (axes, ...); how many leading axes that describes)."""
    while key and isinstance(key[-1], slice) and key[-1] == slice(None):
        key = key[:-1]  # whole axes at the end need no positions
    # NumPy arranges the result: of an array that has, of each axis, only what the key names.
    places: list[np.ndarray] = []
    small: list[Any] = []
    for item in key:
        if item is None:
            small.append(None)
            continue
        parts: tuple[Any, ...] = (item,)
        if isinstance(item, np.ndarray) and item.dtype.kind == "b":
            if item.shape != shape[len(places) : len(places) + item.ndim]:
                raise MXIndexError(f"[NDArray] a mask of shape {item.shape} does not fit an array of shape {shape}")
            parts = item.nonzero()
        for part in parts:
            length = shape[len(places)]
            if isinstance(part, slice):
                places.append(np.arange(*part.indices(length)))
                small.append(slice(None))
                continue
            index = np.asarray(part)
            wrong = index[(index < -length) | (index >= length)]
            if wrong.size:
                raise MXIndexError(
                    f"[NDArray] index {wrong.flat[0]} is out of bounds for axis {len(places)} of shape {shape}"
                )
            places.append(index.ravel() % max(length, 1))
            small.append(np.arange(index.size).reshape(index.shape))
    lead = tuple(len(along) for along in places)
    found = []
    try:
        for axis, along in enumerate(places):
            spread = along.reshape([-1 if i == axis else 1 for i in range(len(lead))])
            found.append(np.broadcast_to(spread, lead)[tuple(small)])
    except IndexError as error:
        raise MXIndexError(f"[NDArray] {error} (of shape {shape})") from None
    return np.stack(found), len(lead)


def _single() -> tuple[int, ...]:
    """The shape of a single element."""
    return () if util.is_np_shape() else (1,)


def get_item(array: NDArray, key: Any) -> NDArray:
    """``array[key]``."""
    shape = array.shape
    if type(key) is int and shape and not is_recorded(array):  # the most usual case
        length = shape[0]
        if not -length <= key < length:
            raise MXIndexError(f"[NDArray] index {key} is out of bounds for axis 0 of shape {shape}")
        rest = shape[1:]
        return array._view(key % length * prod(rest), rest or _single())
    items, basic = _expand(key, len(shape), shape)
    if not basic:
        return _gather(array, items)
    block = _Block(items, shape)
    wanted = tuple(block.shape)
    if not is_recorded(array):
        offset = block.offset(shape)
        if 0 in wanted:
            return empty(wanted, array.context, array.dtype)
        if offset is not None:
            return array._view(offset, wanted)
    part = array if tuple(block.size) == shape and set(block.step) <= {1} else op.slice(array, **block.bounds())
    return part if part.shape == wanted else _reshaped(part, wanted)


def _reshaped(part: NDArray, shape: tuple[int, ...]) -> NDArray:
    """The array in another shape, with its history. The operator Reshape takes () for no shape at all."""
    if not shape and is_recorded(part):
        return op.reshape_like(part, empty((), part.context, part.dtype))
    return part.reshape(shape)


def _gather(array: NDArray, key: tuple[Any, ...]) -> NDArray:
    first = key[0]
    if (
        isinstance(first, np.ndarray)
        and first.dtype.kind != "b"
        and all(isinstance(item, slice) and item == slice(None) for item in key[1:])
    ):
        length = array.shape[0]
        if first.size and not (-length <= first.min() and first.max() < length):
            raise MXIndexError(f"[NDArray] an index is out of bounds for axis 0 of shape {array.shape}")
        return op.take(array, make(first % max(length, 1), ctx=array.context, dtype=np.int64), axis=0)
    positions, used = _positions(key, array.shape)
    result = positions.shape[1:] + array.shape[used:]
    if 0 in result:
        return empty(result, array.context, array.dtype)
    flat = make(positions.reshape(used, -1), ctx=array.context, dtype=np.int64)
    part = op.gather_nd(array, flat)
    return part if part.shape == result else _reshaped(part, result or _single())


def assign_item(array: NDArray, key: Any, value: Any) -> None:
    """``array[key] = value``."""
    if is_recorded(array):
        raise MXNetError(
            "[NDArray.__setitem__] an array that gradients are recorded for cannot be changed: its old values would be "
            "needed. Do it outside of autograd.record(), or compute a new array."
        )
    shape = array.shape
    if isinstance(key, slice) and key == slice(None):
        _fill(array, value)
        return
    items, basic = _expand(key, len(shape), shape)
    block = _Block(items, shape) if basic else None
    if block and 0 in block.shape:
        return
    offset = block.offset(shape) if block else None
    if offset == 0 and block and tuple(block.shape) == shape:
        _fill(array, value)
        return
    if is_array(value) and is_recorded(value):
        raise MXNetError(
            "[NDArray.__setitem__] a part of an array cannot be overwritten with what gradients are recorded for: they "
            "would not get there. Do it outside of autograd.record(), or compute a new array, as by concat or where."
        )
    if block is None:
        _scatter(array, items, value)
    elif offset is not None:
        _fill(array._view(offset, tuple(block.shape)), value)
    elif _is_number(value):
        _internal._slice_assign_scalar(array, scalar=value, **block.bounds(), out=array)
    else:
        part = _as_values(array, value, tuple(block.shape))
        _internal._slice_assign(array, part.reshape(tuple(block.size)), **block.bounds(), out=array)


def _is_number(value: Any) -> bool:
    """Whether the value is a number that a double holds exactly enough."""
    if isinstance(value, _INTEGERS):
        return -_EXACT_FLOAT <= int(value) <= _EXACT_FLOAT
    return isinstance(value, float | np.floating)


def _fill(array: NDArray, value: Any) -> None:
    """Overwrite all elements."""
    if _is_number(value):
        _internal._full(shape=array.shape, ctx=str(array.context), dtype=array.dtype, value=value, out=array)
        return
    if is_array(value) and value.shape == array.shape:
        if value.handle != array.handle:
            copy_elements(value, array)
        return
    if is_array(value):
        copy_elements(_as_values(array, value, array.shape), array)
        return
    array._sync_copyfrom(_host_values(array, value, array.shape))


def copy_elements(source: NDArray, to: NDArray) -> None:
    """Copy all elements, with conversion. Where gradients are recorded the copy is an operator like any other."""
    if is_recorded(source):
        _internal._copyto(source if source.dtype == to.dtype else source.astype(to.dtype), out=to)
    else:
        _ffi.copy_to(source, to)


def _broadcast(values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    while values.ndim > len(shape) and values.shape[0] == 1:
        values = values[0]
    try:
        return np.broadcast_to(values, shape)
    except ValueError:
        raise MXValueError(
            f"[NDArray.__setitem__] values of shape {values.shape} do not fit into a part of shape {shape}"
        ) from None


def _host_values(array: NDArray, value: Any, shape: tuple[int, ...]) -> np.ndarray:
    """What is no NDArray as a NumPy array of the given shape and the dtype of ``array``."""
    if value is None:
        raise MXTypeError("[NDArray.__setitem__] the value is None; give a number or an array")
    try:
        values: np.ndarray = np.asarray(value, dtype=array.dtype)
    except (TypeError, ValueError, OverflowError) as error:
        raise MXTypeError(f"[NDArray.__setitem__] {value!r} is no value for {array.dtype.__name__}: {error}") from None
    return _broadcast(values, shape)


def _as_values(array: NDArray, value: Any, shape: tuple[int, ...]) -> NDArray:
    """The value as an array of the given shape and the dtype of ``array``."""
    if not is_array(value):
        values = _host_values(array, value, shape)
        return make(values, ctx=array.context, dtype=array.dtype)
    if value.dtype != array.dtype:
        value = value.astype(array.dtype)
    own = value.shape
    while len(own) > len(shape) and own[0] == 1:
        own = own[1:]
    own = (1,) * (len(shape) - len(own)) + own
    if len(own) != len(shape) or any(have not in (1, want) for have, want in zip(own, shape)):
        raise MXValueError(
            f"[NDArray.__setitem__] values of shape {value.shape} do not fit into a part of shape {shape}"
        )
    value = value if value.shape == own else value.reshape(own)
    return value if own == shape else op.broadcast_to(value, shape=shape)


def _scatter(array: NDArray, key: tuple[Any, ...], value: Any) -> None:
    positions, used = _positions(key, array.shape)
    part = positions.shape[1:] + array.shape[used:]
    if 0 in part:
        return
    count = prod(positions.shape[1:])
    values = _as_values(array, value, part).reshape((count,) + array.shape[used:])
    flat = make(positions.reshape(used, -1), ctx=array.context, dtype=np.int64)
    _internal._scatter_set_nd(array, values, flat, shape=array.shape, out=array)
