"""Which operators there are, and what they take.

>>> get_operator_arguments("Activation").names
['data', 'act_type']
"""

from collections.abc import Sequence
from typing import NamedTuple, NoReturn

from mx_core import _ffi

__all__ = ["OperatorArguments", "get_all_registered_operators", "get_operator_arguments"]

_WORDS = {"bool": "boolean", "shape": "Shape(tuple)", "str": "string"}


class OperatorArguments(NamedTuple):
    """Inputs and parameters of an operator: how many there are, their names, inputs first, and what each may be."""

    narg: int
    names: list[str]
    types: list[str]


def get_all_registered_operators() -> list[str]:
    """Return the names of all operators, aliases too.

    >>> "FullyConnected" in get_all_registered_operators()
    True
    """
    return _ffi.list_operators()


def get_operator_arguments(op_name: str) -> OperatorArguments:
    """Return the inputs and parameters of an operator.

    >>> get_operator_arguments("dot").types[2]
    'boolean, optional, default=0'

    Raises:
        MXValueError: there is no operator of this name.
    """
    inputs, params = _ffi.operator_arguments(op_name)
    names = [name for name, _ in inputs] + [name for name, *_ in params]
    types = ["NDArray-or-Symbol[]" if many else "NDArray-or-Symbol" for _, many in inputs]
    types += [_words(*param[1:]) for param in params]
    return OperatorArguments(len(names), names, types)


def __getattr__(name: str) -> NoReturn:
    custom = name in ("CustomOp", "CustomOpProp", "NDArrayOp", "NumpyOp", "PythonOp", "register")
    reason = (
        ": operators written in Python come with a later version; mx.autograd.Function serves arrays" if custom else ""
    )
    raise AttributeError(f"[mx.operator] there is no {name!r}{reason}")


def _words(kind: str, default: str | None, nullable: bool, choices: Sequence[str]) -> str:
    """A parameter the way MXNet 1.9.1 describes it."""
    if choices:
        quoted = (["None"] if nullable else []) + [repr(choice) for choice in sorted(choices)]
        text, join = f"{{{', '.join(quoted)}}}", ","
    else:
        text, join = _WORDS.get(kind, kind), ", "
        if nullable:
            text = f"{text.removesuffix('(tuple)')} or None"
    if default is None:
        return f"{text}, required"
    if kind == "bool" and not nullable:
        default = str(int(default == "True"))
    elif choices or kind in ("int", "str"):
        default = repr(default) if choices or not nullable else default
    return f"{text}{join}optional, default={default}"
