"""The array."""

from __future__ import annotations

import operator
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mx_core import _ffi
from mx_core._ffi import NDArrayBase
from mx_core.base import MXKeyError, MXTypeError, MXValueError
from mx_core.context import Context, _checked
from mx_core.dtype import dtype_number
from mx_core.ndarray import _internal, op
from mx_core.ndarray._call import is_recorded
from mx_core.ndarray._generated.methods import Methods
from mx_core.ndarray.indexing import assign_item, copy_elements, get_item
from mx_core.ndarray.shapes import resolve_shape

py_slice = slice  # in modules with an operator of that name, as programs for 1.9.1 expect it

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, DTypeLike

__all__ = ["NDArray", "waitall"]

_REQUESTS = {"null": 0, "write": 1, "add": 3}


class NDArray(NDArrayBase, Methods):
    """A dense array in the memory of a device.

    Functions such as :func:`mx_core.ndarray.array` and :func:`mx_core.ndarray.zeros` make arrays. Operators broadcast
    and keep the dtype: they never promote. ``a[i]``, ``a[i:j]`` and ``reshape`` share memory with ``a``; see
    :mod:`mx_core.ndarray.indexing` for what is a view.

    >>> import mx_core as mx
    >>> a = mx.nd.array([[1, 2], [3, 4]])
    >>> a[0] += 10
    >>> a.asnumpy().tolist()
    [[11.0, 12.0], [3.0, 4.0]]
    """

    __slots__ = ()

    # -- what it is ---------------------------------------------------------------------------------------------------

    @property
    def stype(self) -> str:
        """How the elements are stored: "default", which is dense."""
        return "default"

    @property
    def writable(self) -> bool:
        """Whether elements may be changed: always."""
        return True

    @property
    def T(self) -> NDArray:
        """The array with its axes in reverse order; a copy."""
        return self if self.ndim < 2 else self.transpose()

    def __repr__(self) -> str:
        return f"\n{self.asnumpy()!s}\n<{type(self).__name__} {'x'.join(map(str, self.shape))} @{self.context}>"

    def __bool__(self) -> bool:
        if self.size == 0:
            return False
        if self.size > 1:
            raise MXValueError(f"[NDArray.__bool__] an array of shape {self.shape} is neither true nor false")
        return bool(self.asscalar())

    def __float__(self) -> float:
        return float(self.asscalar())

    def __int__(self) -> int:
        return int(self.asscalar())

    def __index__(self) -> int:
        if np.dtype(self.dtype).kind not in "iu":
            raise MXTypeError(f"[NDArray.__index__] only integers can be indices, not {np.dtype(self.dtype).name}")
        return operator.index(self.asscalar())

    def __iter__(self) -> Iterator[NDArray]:
        return (self[i] for i in range(len(self)))

    # -- elements -----------------------------------------------------------------------------------------------------

    def __setitem__(self, key: Any, value: Any) -> None:
        assign_item(self, key, value)

    def asscalar(self) -> Any:
        """Return the only element as a NumPy scalar.

        Raises:
            MXValueError: There is not exactly one element.
        """
        if self.size != 1:
            raise MXValueError(f"[NDArray.asscalar] an array of shape {self.shape} is no scalar")
        return self.asnumpy().reshape(-1)[0]

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> np.ndarray:
        if copy is False:
            if dtype is not None and np.dtype(dtype) != np.dtype(self.dtype):
                raise MXValueError(f"[NDArray.__array__] {np.dtype(self.dtype)} cannot become {dtype} without a copy")
            return np.frombuffer(memoryview(_ffi.HostMemory(self)), self.dtype).reshape(self.shape)
        out = self.asnumpy()
        return out if dtype is None else out.astype(dtype, copy=False)

    def _sync_copyfrom(self, source_array: ArrayLike) -> None:
        """Copy the elements of a NumPy array of the same shape, with conversion."""
        source: np.ndarray = np.ascontiguousarray(source_array, dtype=self.dtype)
        if source.shape != self.shape and source.size != self.size:
            raise MXValueError(f"[NDArray] cannot take values of shape {source.shape} into shape {self.shape}")
        _ffi.copy_from_host(self, source if source.dtype.kind in "biuf" else source.view(f"u{source.itemsize}"))

    # -- copies -------------------------------------------------------------------------------------------------------

    def copy(self) -> NDArray:
        """Return a copy on the same device."""
        return _internal._copy(self)

    def __copy__(self) -> NDArray:
        return self.copy()

    def __deepcopy__(self, memo: Any) -> NDArray:
        return self.copy()

    def __reduce__(self) -> tuple[Any, ...]:
        return _unpickle, (_ffi.save_raw(self),)

    def copyto(self, other: NDArray | Context) -> NDArray:
        """Copy the elements into another array of the same shape, converting them, or to another device.

        Returns:
            ``other``, or the new array on the device ``other``.
        """
        if isinstance(other, NDArray):
            if other is not self:
                copy_elements(self, other)
            return other
        if isinstance(other, Context):
            return _internal._copyto(self, out=_ffi.create(self.shape, dtype_number(self.dtype), *_checked(other)))
        raise MXTypeError(f"[NDArray.copyto] other must be an NDArray or a Context, got {type(other).__name__}")

    def as_in_context(self, context: Context) -> NDArray:
        """Return the array itself if it is on that device, else a copy there."""
        return self if self.context == context else self.copyto(context)

    def astype(self, dtype: DTypeLike, copy: bool = True) -> NDArray:
        """Return a copy with elements of another type; with ``copy=False`` the array itself where it has that type."""
        if not copy and dtype_number(dtype) == dtype_number(self.dtype):
            return self
        return op.cast(self, dtype=dtype)

    def as_nd_ndarray(self) -> NDArray:
        """Return the array itself."""
        return self

    def tostype(self, stype: str) -> NDArray:
        """Return the array with another kind of storage: only "default" in this version."""
        if stype != "default":
            raise MXValueError(f"[NDArray.tostype] storage {stype!r} is not available in this version, only 'default'")
        return self

    # -- shapes -------------------------------------------------------------------------------------------------------

    def expand_dims(self, axis: int, inplace: bool = False, **kwargs: Any) -> NDArray:  # type: ignore[override]
        """Return the elements with one more axis of length 1, at ``axis``.

        Args:
            axis: Where the new axis is.
            inplace: Share the memory.
            **kwargs: As :func:`mx_core.ndarray.expand_dims` takes them.
        """
        made = op.expand_dims(self, axis, **kwargs)
        return self.reshape(made.shape) if inplace else made

    def flatten(self, inplace: bool = False, **kwargs: Any) -> NDArray:
        """Return the elements as a matrix, of the shape (length of the first axis, the rest).

        Args:
            inplace: Share the memory.
            **kwargs: As :func:`mx_core.ndarray.flatten` takes them.
        """
        return self.reshape((0, -1)) if inplace else op.flatten(self, **kwargs)

    def squeeze(self, axis: int | Sequence[int] | None = None, inplace: bool = False, **kwargs: Any) -> NDArray:
        """Return the elements without axes of length 1.

        Args:
            axis: Which axes; all where it is None.
            inplace: Share the memory.
            **kwargs: As :func:`mx_core.ndarray.squeeze` takes them.
        """
        made = op.squeeze(self, axis, **kwargs)
        return self.reshape(made.shape) if inplace else made

    def reshape(self, *shape: Any, **kwargs: Any) -> NDArray:
        """Return the elements in another shape, sharing the memory.

        Args:
            *shape: The new lengths, as several integers or one tuple. Besides lengths there are codes: 0 keeps the
                length of the axis at this place, -1 follows from the others, -2 keeps all remaining axes, -3 merges two
                axes, and -4 splits one axis into the two lengths that follow.
            **kwargs: ``shape``, and ``reverse``: read the codes from the right.

        Raises:
            MXValueError: The number of elements would change.
        """
        if len(shape) == 1 and not isinstance(shape[0], int | np.integer):
            shape = tuple(shape[0])
        elif not shape:
            if "shape" not in kwargs:
                raise MXTypeError("[NDArray.reshape] the new shape is missing")
            given = kwargs.pop("shape")
            shape = (given,) if isinstance(given, int) else tuple(given)
        reverse = kwargs.pop("reverse", False)
        if kwargs:
            raise MXTypeError(f"[NDArray.reshape] there is no parameter {next(iter(kwargs))!r}, only shape and reverse")
        return reshape(self, tuple(operator.index(n) for n in shape), bool(reverse))

    def broadcast_to(self, shape: int | Sequence[int] = (), **kwargs: Any) -> NDArray:
        """Return a copy with the elements repeated along axes of length 1, or missing in front, to fill ``shape``."""
        wanted = (shape,) if isinstance(shape, int) else tuple(shape)
        missing = len(wanted) - self.ndim
        own = (1,) * missing + self.shape
        if missing < 0 or any(have not in (1, want) and want != 0 for have, want in zip(own, wanted)):
            raise MXValueError(f"[NDArray.broadcast_to] shape {self.shape} cannot be broadcast to {wanted}")
        array = self.reshape(own) if missing else self
        return op.broadcast_to(array, shape=wanted, **kwargs)

    # -- gradients ----------------------------------------------------------------------------------------------------

    def attach_grad(self, grad_req: str = "write", stype: str | None = None) -> None:
        """Make room for a gradient, :attr:`grad`, and forget the history of the array.

        Args:
            grad_req: "write": each backward overwrites the gradient; "add": it adds to it; "null": none.
            stype: Storage of the gradient: None or "default".
        """
        if grad_req not in _REQUESTS:
            raise MXKeyError(f"[NDArray.attach_grad] grad_req is {grad_req!r}, but must be one of {list(_REQUESTS)}")
        if stype not in (None, "default"):
            raise MXValueError(f"[NDArray.attach_grad] storage {stype!r} is not available in this version")
        _ffi.mark_variables([self], [op.zeros_like(self)], [_REQUESTS[grad_req]])

    def backward(self, out_grad: NDArray | None = None, retain_graph: bool = False, train_mode: bool = True) -> None:
        """Compute the gradients of this array with respect to the arrays that have one attached.

        Args:
            out_grad: Gradient of this array; ones where it is None.
            retain_graph: Keep the record for another backward.
            train_mode: Whether operators run as in training.
        """
        _ffi.backward([self], None if out_grad is None else [out_grad], None, retain_graph, False, train_mode)

    # -- sharing ------------------------------------------------------------------------------------------------------

    def __dlpack__(
        self, *, stream: Any = None, max_version: Any = None, dl_device: Any = None, copy: Any = None
    ) -> Any:
        if copy:
            return self.copy().__dlpack__()
        self.wait_to_read()
        return _ffi.to_dlpack(self)

    def __dlpack_device__(self) -> tuple[int, int]:
        return self.context.device_typeid, self.context.device_id

    def to_dlpack_for_read(self) -> Any:
        """Return a DLPack capsule that shares the memory, after waiting for what writes the array."""
        self.wait_to_read()
        return _ffi.to_dlpack(self)

    def to_dlpack_for_write(self) -> Any:
        """Return a DLPack capsule that shares the memory, after waiting for what reads or writes the array."""
        self.wait_to_write()
        return _ffi.to_dlpack(self)

    # -- assignment to slices, as functions ---------------------------------------------------------------------------

    def slice_assign(self, rhs: NDArray, begin: Any, end: Any, step: Any = ()) -> NDArray:
        """Write ``rhs`` into a slice of this array, and return the array."""
        return _internal._slice_assign(self, rhs, begin=begin, end=end, step=step or (), out=self)

    def slice_assign_scalar(self, value: float, begin: Any, end: Any, step: Any = ()) -> NDArray:
        """Write a number into a slice of this array, and return the array."""
        return _internal._slice_assign_scalar(self, scalar=value, begin=begin, end=end, step=step or (), out=self)

    def split_v2(self, *args: Any, **kwargs: Any) -> Any:
        """:func:`mx_core.ndarray.split_v2` of this array."""
        from mx_core.ndarray.joining import split_v2

        return split_v2(self, *args, **kwargs)


_ffi.set_array_class(NDArray, get_item)


def reshape(array: NDArray, shape: tuple[int, ...], reverse: bool = False) -> NDArray:
    """The elements in another shape: a view where no gradient is recorded."""
    wanted = resolve_shape(array.shape, shape, reverse)
    if is_recorded(array):
        return op.reshape(array, shape=wanted)
    return array._view(0, wanted)


def _unpickle(data: bytes) -> NDArray:
    return _ffi.load_raw(data)


def waitall() -> None:
    """Wait until all work has ended; the first error that was met is raised."""
    _ffi.wait_all()
