"""Reading a network and its parameters from files, bytes or objects."""

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from mx_core import ndarray as nd
from mx_core import symbol as sym
from mx_core.base import MXNetError, MXTypeError, MXValueError
from mx_core.ndarray import NDArray
from mx_core.symbol import Symbol

Parameters = dict[str, NDArray]
ParameterSource: TypeAlias = Mapping[str, NDArray | np.ndarray] | bytes | str | os.PathLike[str]


class MissingFileError(MXNetError, FileNotFoundError):
    """A file of a checkpoint does not exist."""


def read_symbol(source: Symbol | str | os.PathLike[str]) -> Symbol:
    """A Symbol from a Symbol, the text of its JSON, or the path of a JSON file."""
    if isinstance(source, Symbol):
        return source
    if isinstance(source, str) and source.lstrip().startswith("{"):
        return _parse(source, "the given JSON text")
    path = _existing(source)
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise MXValueError(f"[Predictor] '{path}' is no symbol file: it is not text") from error
    return _parse(text, f"'{path}'")


def _parse(text: str, what: str) -> Symbol:
    try:
        return sym.load_json(text)
    except (MXNetError, ValueError) as error:
        raise MXValueError(f"[Predictor] {what} is no network: {error}") from error


def label_names(symbol: Symbol) -> set[str]:
    """The variables that only training reads: named so, or compared with the data by an operator like SoftmaxOutput."""
    nodes = json.loads(symbol.tojson())["nodes"]
    compared: set[int] = set()
    read: set[int] = set()
    for node in nodes:
        for position, (source, *_) in enumerate(node["inputs"]):
            (compared if position > 0 and node["op"].endswith("Output") else read).add(source)
    return {
        node["name"]
        for number, node in enumerate(nodes)
        if node["op"] == "null" and (node["name"].endswith("label") or number in compared - read)
    }


def read_parameters(source: ParameterSource) -> tuple[Parameters, Parameters]:
    """Arguments and auxiliary states from a dict, the contents of a `.params` file, or its path.

    Names may carry the prefixes `arg:` and `aux:`. Names without a prefix are found in both answers, since only
    the network knows what they are.
    """
    arrays: dict[str, NDArray] | list[NDArray]
    if isinstance(source, Mapping):
        arrays, what = {name: _copied(value) for name, value in source.items()}, "the given dict"
    elif isinstance(source, bytes | bytearray | memoryview):
        arrays, what = _load(lambda: nd.load_frombuffer(bytes(source)), "the given bytes")
    elif isinstance(source, str | os.PathLike):
        path = _existing(source)
        arrays, what = _load(lambda: nd.load(str(path)), f"'{path}'")
    else:
        raise MXTypeError(f"[Predictor] params must be a dict, bytes or a path, not {type(source).__name__}")
    if not isinstance(arrays, dict):
        raise MXValueError(f"[Predictor] {what} holds {len(arrays)} arrays without names: no parameters of a network")
    arguments, auxiliary = {}, {}
    for key, array in arrays.items():
        kind, colon, name = key.partition(":")
        if not (colon and kind in ("arg", "aux")):
            arguments[key] = auxiliary[key] = array
        elif kind == "arg":
            arguments[name] = array
        else:
            auxiliary[name] = array
    return arguments, auxiliary


def _copied(array: NDArray | np.ndarray) -> NDArray:
    return array.copy() if isinstance(array, NDArray) else nd.array(array, dtype=np.asarray(array).dtype)


def _load(read: Callable[[], Any], what: str) -> tuple[dict[str, NDArray] | list[NDArray], str]:
    try:
        return read(), what
    except (MXNetError, ValueError) as error:
        raise MXValueError(f"[Predictor] {what} holds no parameters: {error}") from error


def _existing(path: str | os.PathLike[str]) -> Path:
    if not os.path.isfile(path):
        raise MissingFileError(f"[Predictor] there is no file '{os.fspath(path)}'")
    return Path(path)
