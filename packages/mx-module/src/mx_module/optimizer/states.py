"""Optimizer states as bytes: the pickle that MXNet 1.x writes, written and read without trusting the file.

The file is ``{index: state}`` or ``({index: state}, optimizer)``. A state is None, a number, an array, or a tuple or
list of states. An array is an object of class ``mxnet.ndarray.ndarray.NDArray`` whose state is ``{"handle": record}``,
the record being one array of an NDArray file. Nothing else is accepted: no class outside this short list is looked up.
"""

from __future__ import annotations

import io
import os
import pickle
import pickletools
import struct
import tempfile
from typing import Any

import numpy as np
from mx_core import ndarray as nd
from mx_core.base import MXValueError
from mx_core.ndarray import NDArray

from .. import lr_scheduler
from .optimizer import Optimizer

__all__ = ["dumps", "loads"]

ARRAY_MODULE, ARRAY_CLASS = "mxnet.ndarray.ndarray", "NDArray"
OPTIMIZER_MODULE, SCHEDULER_MODULE = "mxnet.optimizer.optimizer", "mxnet.lr_scheduler"
# An NDArray file with one array and no names is this header, the record, and a count of names that is 0.
FILE_HEADER, FILE_FOOTER = struct.pack("<QQQ", 0x112, 0, 1), struct.pack("<Q", 0)


# -- writing -----------------------------------------------------------------------------------------------------
def dumps(states: Any) -> bytes:
    """Writes states (a dict, or a pair of dict and optimizer) as a protocol-4 pickle.

    Raises:
        MXValueError: if something in the states is not a plain value, an array, an optimizer or a schedule.
    """
    out = io.BytesIO()
    out.write(b"\x80\x04")
    _write(out, states)
    out.write(b".")
    return out.getvalue()


def _write(out: io.BytesIO, value: Any) -> None:
    if value is None or isinstance(value, (bool, int, float, str, bytes, np.generic)):
        plain = value.item() if isinstance(value, np.generic) else value
        # an ordinary pickle of a plain value, without its two-byte header and its final stop
        out.write(pickle.dumps(plain, protocol=2)[2:-1] if not isinstance(plain, bytes) else _bytes_code(plain))
    elif isinstance(value, (tuple, list)):
        out.write(b"(")
        for one in value:
            _write(out, one)
        out.write(b"t" if isinstance(value, tuple) else b"l")
    elif isinstance(value, dict):
        out.write(b"}(")
        for key, one in value.items():
            _write(out, key)
            _write(out, one)
        out.write(b"u")
    elif isinstance(value, NDArray):
        # NDArray(None), then its state {"handle": bytearray(record)}
        out.write(f"c{ARRAY_MODULE}\n{ARRAY_CLASS}\n".encode() + b"N\x85R")
        out.write(b"}" + pickle.dumps("handle", protocol=2)[2:-1] + b"cbuiltins\nbytearray\n")
        out.write(_bytes_code(_record(value)) + b"\x85Rsb")
    elif isinstance(value, (Optimizer, lr_scheduler.LRScheduler)):
        module = OPTIMIZER_MODULE if isinstance(value, Optimizer) else SCHEDULER_MODULE
        out.write(f"c{module}\n{type(value).__name__}\n".encode() + b")\x81")
        _write(out, value.__getstate__())
        out.write(b"b")
    else:
        raise MXValueError(
            f"[optimizer.states] cannot store a {type(value).__name__}: states hold None, numbers, strings, arrays, "
            "and tuples, lists or dicts of them"
        )


def _bytes_code(data: bytes) -> bytes:
    return b"\x8e" + struct.pack("<Q", len(data)) + data


def _record(array: NDArray) -> bytes:
    """The bytes of one array as an NDArray file holds them."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "array")
        nd.save(path, [array])
        with open(path, "rb") as file:
            return file.read()[len(FILE_HEADER) : -len(FILE_FOOTER)]


# -- reading -----------------------------------------------------------------------------------------------------
def loads(data: bytes) -> Any:
    """Reads states; arrays arrive on the CPU.

    Returns:
        ``{index: state}``, or a tuple of it and an optimizer if the file holds one.

    Raises:
        MXValueError: if the bytes are broken or hold anything but states.
    """
    try:
        _check_sizes(data)
        raw = _StatesUnpickler(io.BytesIO(data)).load()
        _check_expansion(raw, len(data))
        states = _resolve(raw)
    except MXValueError:
        raise
    except Exception as error:  # the pickle machine answers broken bytes with nearly every exception there is
        raise MXValueError(f"[optimizer.states] not a file of optimizer states, or a damaged one: {error}") from error
    with_optimizer = isinstance(states, tuple) and len(states) == 2 and isinstance(states[1], Optimizer)
    if not isinstance(states[0] if with_optimizer else states, dict):
        raise MXValueError(f"[optimizer.states] the file holds a {type(states).__name__}, not a dict of states")
    return states


def _check_sizes(data: bytes) -> None:
    """Walks the opcodes: ends inside the data, and no memo index makes the reader allocate without bound."""
    for opcode, argument, _ in pickletools.genops(data):
        if "PUT" in opcode.name and (argument or 0) > len(data):
            raise MXValueError(f"[optimizer.states] memo index {argument} in a file of {len(data)} bytes: damaged")


def _check_expansion(value: Any, limit: int) -> None:
    """Every value takes a byte of the file; more than that are references in circles, or doubled again and again."""
    count, left = 0, [value]
    while left:
        count += 1
        if count > limit:
            raise MXValueError(f"[optimizer.states] over {limit} values in a file of {limit} bytes: not loaded")
        one = left.pop()
        if isinstance(one, (tuple, list)):
            left.extend(one)
        elif isinstance(one, dict):
            left.extend((*one.keys(), *one.values()))
        elif isinstance(one, _Stub):
            left.extend((*one.arguments, one.state))


class _Stub:
    """Stands for an object of the file until all of it is read; :meth:`resolve` then makes the real one."""

    target: Any = None
    arguments: tuple[Any, ...] = ()
    state: Any = None

    def __init__(self, *arguments: Any) -> None:
        self.arguments = arguments

    def __setstate__(self, state: Any) -> None:
        self.state = state

    def resolve(self) -> Any:
        raise NotImplementedError


class _Array(_Stub):
    def resolve(self) -> NDArray | None:
        if self.state is None:
            return None
        return nd.load_frombuffer(FILE_HEADER + _resolve(self.state["handle"]) + FILE_FOOTER)[0]


class _Bytes(_Stub):
    """``bytearray(data)``; never ``bytearray(size)``, which would allocate whatever the file claims."""

    def resolve(self) -> bytes:
        data = self.arguments[0] if self.arguments else b""
        return data.encode("latin-1") if isinstance(data, str) else bytes(memoryview(data))


class _Dtype(_Stub):
    def resolve(self) -> np.dtype[Any]:
        kind = np.dtype(str(self.arguments[0])).newbyteorder(self.state[1] if self.state else "=")
        if kind.kind not in "biuf":
            raise MXValueError(f"[optimizer.states] a number of type {kind} is no state")
        return kind


class _Scalar(_Stub):
    def resolve(self) -> Any:
        dtype, data = self.arguments
        return np.frombuffer(_resolve(data), _resolve(dtype), count=1)[0]


class _Instance(_Stub):
    """An optimizer or a schedule: the class is known to this process, the file gives its attributes."""

    def resolve(self) -> Any:
        instance = self.target.__new__(self.target)
        state = _resolve(self.state)
        if isinstance(instance, Optimizer):
            instance.__setstate__(state)
        else:
            instance.__dict__.update(state)
        return instance


class _StatesUnpickler(pickle.Unpickler):
    """Looks up names in a fixed table, plus registered optimizers and the schedules of this package."""

    names = {
        (ARRAY_MODULE, ARRAY_CLASS): _Array,
        ("builtins", "bytearray"): _Bytes,
        ("numpy", "dtype"): _Dtype,
        ("numpy.core.multiarray", "scalar"): _Scalar,
        ("numpy._core.multiarray", "scalar"): _Scalar,
    }

    def find_class(self, module: str, name: str) -> Any:
        stub, target = self.names.get((module, name)), None
        if stub is None and module == OPTIMIZER_MODULE:
            stub, target = _Instance, Optimizer.opt_registry.get(name.lower())
        elif stub is None and module == SCHEDULER_MODULE and name in lr_scheduler.__all__:
            stub, target = _Instance, getattr(lr_scheduler, name)
        if stub is None or (stub is _Instance and target is None):
            raise MXValueError(
                f"[optimizer.states] the file asks for {module}.{name}, which no optimizer state needs: not loaded"
            )
        # a class of its own for each look-up: what a file does to it (BUILD sets attributes) stays in it
        return type(stub.__name__, (stub,), {"target": target})

    def persistent_load(self, pid: Any) -> Any:
        raise MXValueError(f"[optimizer.states] the file refers to something outside itself ({pid!r}): not loaded")


def _resolve(value: Any) -> Any:
    """The same value with real objects in place of every :class:`_Stub`."""
    if isinstance(value, _Stub):
        return value.resolve()
    if isinstance(value, (tuple, list)):
        return type(value)(_resolve(one) for one in value)
    if isinstance(value, dict):
        return {_resolve(key): _resolve(one) for key, one in value.items()}
    return value
