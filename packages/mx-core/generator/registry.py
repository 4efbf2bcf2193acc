"""Reads the operator registry of the installed libmx, through its C API."""

import ctypes
from ctypes import POINTER, byref, c_char_p, c_double, c_int
from dataclasses import dataclass, field
from functools import cached_property

import mx_native


class _Argument(ctypes.Structure):
    _fields_ = [("name", c_char_p), ("doc", c_char_p), ("optional", c_int)]


class _Param(ctypes.Structure):
    _fields_ = [
        ("name", c_char_p),
        ("doc", c_char_p),
        ("type", c_char_p),
        ("default", c_char_p),
        ("nullable", c_int),
        ("low", c_double),
        ("high", c_double),
        ("choices", POINTER(c_char_p)),
    ]


class _Op(ctypes.Structure):
    _fields_ = [
        ("name", c_char_p),
        ("family", c_char_p),
        ("doc", c_char_p),
        ("num_inputs", c_int),
        ("num_outputs", c_int),
        ("num_params", c_int),
        ("num_aliases", c_int),
        ("inputs", POINTER(_Argument)),
        ("outputs", POINTER(_Argument)),
        ("params", POINTER(_Param)),
        ("aliases", POINTER(c_char_p)),
        ("variadic_count", c_char_p),
        ("hidden", c_int),
        ("has_gradient", c_int),
        ("uses_random", c_int),
        ("group", c_int),
    ]


@dataclass
class Argument:
    name: str
    doc: str
    optional: bool


@dataclass
class Param:
    name: str
    doc: str
    type: str  # "bool", "int", "float", "str", "shape", "dtype", "enum", "floats", "optional ints"
    default: str | None  # None: required
    nullable: bool
    low: float
    high: float
    choices: list[str]


@dataclass
class Op:
    name: str
    family: str
    doc: str
    inputs: list[Argument]
    outputs: list[Argument]
    params: list[Param]
    aliases: list[str]
    variadic_count: str | None
    hidden: bool
    has_gradient: bool = field(default=False)
    group: int = field(default=1)  # variadic_count counts groups of so many inputs

    @cached_property
    def names(self) -> list[str]:
        """All names that get a function, the operator's own first. NumPy's spellings belong to another front end."""
        return [name for name in [self.name, *sorted(self.aliases)] if not name.startswith("_np")]


def _text(value: bytes | None) -> str:
    return (value or b"").decode()


def _choices(pointer: "ctypes._Pointer[c_char_p]") -> list[str]:
    found = []
    while pointer and (text := pointer[len(found)]) is not None:
        found.append(text.decode())
    return found


def _param(raw: _Param) -> Param:
    return Param(
        _text(raw.name),
        _text(raw.doc),
        _text(raw.type).replace("-", " "),
        None if raw.default is None else _text(raw.default),
        bool(raw.nullable),
        raw.low,
        raw.high,
        _choices(raw.choices),
    )


def read(internal: bool = False) -> list[Op]:
    """Return every operator that users may call, sorted by name; `internal`: and those that they may not."""
    lib, count, raw = mx_native.load(), c_int(), _Op()
    lib.MXGetLastError.restype = c_char_p

    def check(status: int) -> None:
        if status:
            raise RuntimeError(lib.MXGetLastError().decode())

    check(lib.MXOpCount(byref(count)))
    found = []
    for number in range(count.value):
        check(lib.MXOpGetInfo(number, byref(raw)))
        op = Op(
            _text(raw.name),
            _text(raw.family),
            _text(raw.doc),
            [Argument(_text(a.name), _text(a.doc), bool(a.optional)) for a in raw.inputs[: raw.num_inputs]],
            [Argument(_text(a.name), _text(a.doc), bool(a.optional)) for a in raw.outputs[: raw.num_outputs]],
            [_param(p) for p in raw.params[: raw.num_params]],
            [_text(a) for a in raw.aliases[: raw.num_aliases]],
            _text(raw.variadic_count) or None,
            bool(raw.hidden),
            bool(raw.has_gradient),
            raw.group,
        )
        if internal or (not op.hidden and not op.name.startswith("_backward") and op.names):
            found.append(op)
    return sorted(found, key=lambda op: op.name)
