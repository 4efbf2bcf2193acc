"""What generated functions on symbols share: names, attributes, parameters as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import numpy as np

from mx_core import _ffi, attribute, name
from mx_core._ffi import SymbolBase
from mx_core.base import MXArgumentError, MXTypeError, MXValueError, _Null
from mx_core.dtype import dtype_name

if TYPE_CHECKING:
    from mx_core.symbol.symbol import Symbol

#: Attributes that may be given without their underscores.
PLAIN_ATTRIBUTES = ("ctx_group", "lr_mult", "wd_mult", "force_mirroring", "mirror_stage", "profiler_scope")


def numbered(symbols: Sequence[Any]) -> dict[int, Any]:
    """The inputs of an operator that takes any number of them."""
    return dict(enumerate(symbols))


def counted(symbols: Sequence[Any], kwargs: Mapping[str, Any]) -> int:
    """How many inputs an operator gets that takes any number of them, by position or by name."""
    return len(symbols) + sum(isinstance(value, SymbolBase) for value in kwargs.values())


def text(value: Any) -> str:
    """A parameter the way a graph keeps it.

    >>> text((3, 3)), text(True), text(np.float32), text(np.int64(4)), text(np.float32(0.1))
    ('(3, 3)', 'True', 'float32', '4', '0.1')
    """
    if isinstance(value, str):
        return value
    if isinstance(value, type | np.dtype):
        return dtype_name(value)
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, tuple | list):
        plain = [_plain(each) for each in value]
        return str(tuple(plain) if isinstance(value, tuple) else plain)
    return str(_plain(value))


def _plain(value: Any) -> Any:
    """A NumPy number as Python's; a float by its shortest text, so that float32's 0.1 stays 0.1."""
    if isinstance(value, np.floating):
        return float(str(value))
    return value.item() if isinstance(value, np.generic) else value


def _plain_dtype(name: str) -> str:
    """The name of a dtype that every reader of graphs knows: "float64" for "float"."""
    try:
        return dtype_name(name)
    except MXTypeError:  # "None", or a wrong one, which the operator refuses
        return name


def dunder(key: str) -> bool:
    """Whether a key is one of the user's own attributes."""
    return len(key) > 4 and key.startswith("__") and key.endswith("__")


def create(
    op: int,
    hint: str,
    inputs: Mapping[Any, Any],
    params: Mapping[str, Any],
    node_name: str | None,
    attr: Mapping[str, str] | None,
    kwargs: Mapping[str, Any],
) -> Symbol:
    """Return operator number ``op`` applied to symbols.

    Args:
        op: The operator.
        hint: What the node is called, with a number, where it is given no name.
        inputs: {name or position: symbol}; None where one was left out.
        params: Parameters; those that are ``_Null`` were not given.
        node_name: Name of the node.
        attr: Attributes of the node.
        kwargs: Attributes given as keywords.
    """
    attributes = {key: text(value) for key, value in params.items() if value is not _Null}
    if "dtype" in attributes:
        attributes["dtype"] = _plain_dtype(attributes["dtype"])
    extra = {**attribute.current().get(attr)}
    named: dict[Any, Any] = {}  # inputs of an operator that takes any number of them: arg0, arg1 ...
    if all(isinstance(key, int) for key in inputs):
        named = {key: value for key, value in kwargs.items() if isinstance(value, SymbolBase)}
    for key, value in kwargs.items():
        if key in named or key == "out" or (key == "ctx" and value is None):
            continue  # calls that serve arrays too pass them; a symbol has no array to write to
        if key not in PLAIN_ATTRIBUTES and not dunder(key):
            _reject(hint, key, [*(k for k in inputs if isinstance(k, str)), *params])
        extra[key] = text(value)
    for key, value in extra.items():
        if not isinstance(value, str):
            raise MXValueError(f"[{hint}] attribute {key} must be a string, got {value!r}")
        attributes[f"__{key}__" if key in PLAIN_ATTRIBUTES else key] = value
    names: list[str | None] = []
    symbols: list[SymbolBase] = []
    for key, symbol in {**inputs, **named}.items():
        if symbol is None:
            continue
        if not isinstance(symbol, SymbolBase):
            raise MXArgumentError(f"[{hint}] {key} must be a Symbol, got {type(symbol).__name__}: {symbol!r}")
        names.append(key if isinstance(key, str) else None)
        symbols.append(symbol)
    called = name.current().get(node_name, hint)
    return _ffi.create_symbol(op, called, list(attributes), list(attributes.values()), names, symbols)


def _reject(hint: str, wrong: str, known: list[str]) -> None:
    close = get_close_matches(wrong, known, 1)
    advice = f" Did you mean {close[0]!r}?" if close else ""
    raise MXTypeError(f"[{hint}] there is no parameter {wrong!r}.{advice} There are: {', '.join(known)}")
