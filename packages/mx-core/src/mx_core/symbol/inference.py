"""Shapes and dtypes of symbols, at the border where unknown lengths are 0 and unknown shapes ().

Under :func:`mx_core.util.np_shape` unknown lengths are -1 and unknown shapes None.
"""

from __future__ import annotations

import json
import operator
import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mx_core.base import MXTypeError, MXValueError
from mx_core.dtype import dtype_number, numpy_type
from mx_core.util import is_np_shape

if TYPE_CHECKING:
    from mx_core.symbol.symbol import Symbol


def inward(shape: Any, what: str) -> tuple[int, ...] | None:
    """A shape as libmx knows it: -1 for an unknown length, None for an unknown shape."""
    if shape is None:
        return None
    if isinstance(shape, int | np.integer):
        raise MXTypeError(f"[Symbol.infer_shape] the shape of {what} must be a tuple, got {shape!r}")
    try:
        dims = tuple(operator.index(n) for n in shape)
    except TypeError:
        raise MXTypeError(f"[Symbol.infer_shape] the shape of {what} must hold integers, got {shape!r}") from None
    least = -1 if is_np_shape() else 0
    if any(not least <= n < 2**63 for n in dims):
        raise MXValueError(
            f"[Symbol.infer_shape] the shape of {what} is {dims}, but lengths are {least} (unknown) to 2**63 - 1"
        )
    if is_np_shape():
        return dims
    return None if not dims else tuple(-1 if n == 0 else n for n in dims)


def outward(shape: tuple[int, ...] | None) -> tuple[int, ...] | None:
    """A shape as users of MXNet know it: 0 for an unknown length, () for an unknown shape."""
    if is_np_shape():
        return shape
    return () if shape is None else tuple(0 if n == -1 else n for n in shape)


def _named(symbol: Symbol, args: Sequence[Any], kwargs: Mapping[str, Any], what: str) -> dict[str, Any]:
    """What is known, by name."""
    if args and kwargs:
        raise MXValueError(f"[Symbol.infer_{what}] give known {what}s either by position or by name, not both")
    if not args:
        return dict(kwargs)
    names = symbol.list_arguments()
    if len(args) > len(names):
        raise MXValueError(f"[Symbol.infer_{what}] {len(args)} {what}s were given for {len(names)} arguments: {names}")
    return {name: value for name, value in zip(names, args) if value is not None}


def _require_inputs(symbol: Symbol, names: Iterable[str]) -> None:
    """Libmx ignores unknown names where knowledge is partial: checkpoints hold more than a part of a network needs."""
    inputs = symbol.list_inputs()
    for name in names:
        if name not in inputs:
            raise MXValueError(f"[Symbol.infer] there is no argument called {name}; the arguments are {inputs}")


def infer_shape(symbol: Symbol, args: Sequence[Any], kwargs: Mapping[str, Any], partial: bool) -> tuple[Any, Any, Any]:
    """See :meth:`Symbol.infer_shape`."""
    known = {name: inward(shape, name) for name, shape in _named(symbol, args, kwargs, "shape").items()}
    if partial:
        _require_inputs(symbol, known)
    arguments, outputs, states, complete = symbol._shapes(list(known), list(known.values()), partial)
    lists = [[outward(shape) for shape in shapes] for shapes in (arguments, outputs, states)]
    if complete or partial:
        return lists[0], lists[1], lists[2]
    names = symbol.list_arguments()
    unknown = [f"\t{name}: {outward(shape)}" for name, shape in zip(names, arguments) if shape is None or -1 in shape]
    warnings.warn(
        "The shapes of these arguments are not known, nor do they follow from the others "
        f"({-1 if is_np_shape() else 0} is an unknown length); give them:\n" + "\n".join(unknown),
        stacklevel=3,
    )
    return None, None, None


def infer_type(symbol: Symbol, args: Sequence[Any], kwargs: Mapping[str, Any], partial: bool) -> tuple[Any, Any, Any]:
    """See :meth:`Symbol.infer_type`."""
    known = {
        name: dtype_number(dtype) for name, dtype in _named(symbol, args, kwargs, "type").items() if dtype is not None
    }
    if partial:
        _require_inputs(symbol, known)
    arguments, outputs, states, complete = symbol._types(list(known), list(known.values()), partial)
    lists = [[None if n < 0 else numpy_type(n) for n in numbers] for numbers in (arguments, outputs, states)]
    if complete or partial:
        return lists[0], lists[1], lists[2]
    unknown = [f"\t{name}" for name, dtype in zip(symbol.list_arguments(), lists[0]) if dtype is None]
    warnings.warn(
        "The types of these arguments are not known, nor do they follow from the others; give them:\n"
        + "\n".join(unknown),
        stacklevel=3,
    )
    return None, None, None


def describe(symbol: Symbol) -> str:
    """See :meth:`Symbol.debug_str`."""
    graph = json.loads(symbol.tojson(remove_amp_cast=False))
    nodes = graph["nodes"]
    lines = ["Symbol Outputs:"]
    lines += [f"\toutput[{i}]={nodes[head[0]]['name']}({head[1]})" for i, head in enumerate(graph["heads"])]
    for node in nodes:
        if node["op"] == "null":
            lines.append(f"Variable:{node['name']}")
            continue
        lines += ["-" * 20, f"Op:{node['op']}, Name={node['name']}", "Inputs:"]
        lines += [
            f"\targ[{i}]={nodes[entry[0]]['name']}({entry[1]})"
            + (" version=0" if nodes[entry[0]]["op"] == "null" else "")
            for i, entry in enumerate(node["inputs"])
        ]
        if node.get("attrs"):
            lines += ["Attrs:", *(f"\t{key}={value}" for key, value in sorted(node["attrs"].items()))]
    return "\n".join(lines) + "\n"
