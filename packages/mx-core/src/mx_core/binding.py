"""From a symbol and arrays (or shapes) to an executor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mx_core import ndarray as nd
from mx_core._ffi import NDArrayBase
from mx_core.base import MXTypeError, MXValueError
from mx_core.context import Context
from mx_core.dtype import numpy_type
from mx_core.executor import Executor
from mx_core.symbol.inference import inward, outward
from mx_core.util import is_np_shape

if TYPE_CHECKING:
    from mx_core.ndarray import NDArray
    from mx_core.symbol import Symbol

REQUESTS = {"null": 0, "write": 1, "add": 3}
_FLOAT32 = 0


def requests_of(symbol: Symbol, grad_req: Any, what: str) -> list[str]:
    """The request of every argument: "null", "write" or "add"."""
    names = symbol.list_arguments()
    if isinstance(grad_req, str):
        found = [grad_req] * len(names)
    elif isinstance(grad_req, Mapping):
        found = [grad_req.get(name, "null") for name in names]
    elif isinstance(grad_req, Sequence):
        found = list(grad_req)
        if len(found) != len(names):
            raise MXValueError(f"[{what}] {len(found)} requests were given for {len(names)} arguments: {names}")
    else:
        raise MXTypeError(f"[{what}] grad_req must be a string, a list or a dictionary, got {type(grad_req).__name__}")
    for name, request in zip(names, found):
        if request not in REQUESTS:
            raise MXValueError(f"[{what}] grad_req of {name} is {request!r}, but must be one of {list(REQUESTS)}")
    return found


def _in_order(given: Any, names: list[str], what: str, all_needed: bool) -> list[Any]:
    """Arrays given as a list or by name, in the order of ``names``."""
    if given is None:
        given = {}
    if isinstance(given, Mapping):
        missing = [name for name in names if name not in given]
        if missing and all_needed:
            raise MXValueError(f"[Symbol.bind] {what} lacks {', '.join(missing)}")
        found = [given.get(name) for name in names]
    else:
        found = list(given)
        if len(found) != len(names):
            raise MXValueError(f"[Symbol.bind] {what} has {len(found)} arrays, but there are {len(names)}: {names}")
    for name, array in zip(names, found):
        if not isinstance(array, NDArrayBase) and (array is not None or all_needed):
            raise MXTypeError(f"[Symbol.bind] {what}: {name} must be an NDArray, got {type(array).__name__}")
    return found


def _check_unique(symbol: Symbol) -> None:
    for names, what in ((symbol.list_arguments(), "arguments"), (symbol.list_auxiliary_states(), "auxiliary states")):
        double = sorted({name for name in names if names.count(name) > 1})
        if double:
            raise MXValueError(
                f"[Symbol.bind] several {what} are called {', '.join(double)}: give each a name of its own"
            )


def bind(
    symbol: Symbol,
    ctx: Context,
    args: Any,
    args_grad: Any = None,
    grad_req: Any = "write",
    aux_states: Any = None,
    group2ctx: Mapping[str, Context] | None = None,
) -> Executor:
    """See :meth:`Symbol.bind`."""
    if not isinstance(ctx, Context):
        raise MXTypeError(f"[Symbol.bind] ctx must be a Context, got {type(ctx).__name__}")
    _check_unique(symbol)
    names = symbol.list_arguments()
    arguments = _in_order(args, names, "args", True)
    states = _in_order(aux_states, symbol.list_auxiliary_states(), "aux_states", True)
    gradients = [None] * len(names) if args_grad is None else _in_order(args_grad, names, "args_grad", False)
    requests = requests_of(symbol, grad_req, "Symbol.bind")
    requests = [request if gradient is not None else "null" for request, gradient in zip(requests, gradients)]
    return Executor(symbol, ctx, arguments, gradients, requests, states, grad_req, dict(group2ctx or {}))


def simple_bind(
    symbol: Symbol,
    ctx: Context,
    grad_req: Any,
    type_dict: Mapping[str, Any] | None,
    stype_dict: Mapping[str, str] | None,
    group2ctx: Mapping[str, Context] | None,
    shared_arg_names: Sequence[str] | None,
    shared_exec: Executor | None,
    shared_buffer: dict[str, NDArray] | None,
    shapes: Mapping[str, Any],
) -> Executor:
    """See :meth:`Symbol.simple_bind`."""
    if not isinstance(ctx, Context):
        raise MXTypeError(f"[Symbol.simple_bind] ctx must be a Context, got {type(ctx).__name__}")
    for name, stype in (stype_dict or {}).items():
        if stype != "default":
            raise MXValueError(f"[Symbol.simple_bind] {name}: storage {stype!r} is not available in this version")
    _check_unique(symbol)
    names, states = symbol.list_arguments(), symbol.list_auxiliary_states()
    requests = requests_of(symbol, grad_req, "Symbol.simple_bind")
    arg_shapes, aux_shapes = _shapes(symbol, names, states, shapes)
    arg_types, aux_types = _types(symbol, names, states, type_dict)
    devices = _devices(symbol, ctx, group2ctx or {})

    def make(name: str, shape: tuple[int, ...], number: int) -> NDArray:
        device = devices.get(name, ctx)
        dtype = numpy_type(number)
        if shared_exec is not None and shared_arg_names is not None and name in shared_arg_names:
            shared = shared_exec.arg_dict.get(name)
            if shared is not None and (shared.shape, shared.dtype, shared.context) == (shape, dtype, device):
                return shared
        if shared_buffer is None or (shared_arg_names is not None and name in shared_arg_names):
            return nd.zeros(shape, device, dtype)
        kept = shared_buffer.get(name)
        if kept is not None and (kept.shape, kept.dtype, kept.context) == (shape, dtype, device):
            return kept
        shared_buffer[name] = nd.zeros(shape, device, dtype)
        return shared_buffer[name]

    arguments = [make(*each) for each in zip(names, arg_shapes, arg_types)]
    gradients = [
        nd.zeros(shape, devices.get(name, ctx), numpy_type(number)) if request != "null" else None
        for name, shape, number, request in zip(names, arg_shapes, arg_types, requests)
    ]
    shared_aux = shared_exec.aux_dict if shared_exec is not None else {}
    auxiliary = [
        shared_aux[name]
        if name in shared_aux and (shared_aux[name].shape, shared_aux[name].context) == (shape, devices.get(name, ctx))
        else nd.zeros(shape, devices.get(name, ctx), numpy_type(number))
        for name, shape, number in zip(states, aux_shapes, aux_types)
    ]
    return Executor(symbol, ctx, arguments, gradients, requests, auxiliary, grad_req, dict(group2ctx or {}))


def _shapes(symbol: Symbol, names: list[str], states: list[str], shapes: Mapping[str, Any]) -> tuple[Any, Any]:
    known = {name: inward(shape, name) for name, shape in shapes.items() if name in names or name in states}
    arguments, _, auxiliary, complete = symbol._shapes(list(known), list(known.values()), False)
    unknown = {
        name: outward(shape)
        for name, shape in zip([*names, *states], [*arguments, *auxiliary])
        if shape is None or -1 in shape
    }
    if unknown or not complete:
        text = ", ".join(f"{name} {shape}" for name, shape in unknown.items()) or "of some inner nodes"
        given = ", ".join(f"{name}={tuple(shape)}" for name, shape in shapes.items()) or "none"
        raise MXValueError(
            f"[Symbol.simple_bind] these shapes are not known, nor do they follow from the others: {text} "
            f"({-1 if is_np_shape() else 0} is an unknown length). Given: {given}"
        )
    return arguments, auxiliary


def _types(symbol: Symbol, names: list[str], states: list[str], type_dict: Mapping[str, Any] | None) -> tuple[Any, Any]:
    """Element types. Nothing given: what variables say, else float32. Something given: the rest is inferred first."""
    from mx_core.dtype import dtype_number

    if type_dict is None:
        attrs = symbol.attr_dict()
        own = {name: attrs.get(name, {}).get("__dtype__") for name in names}
        known = {
            name: _FLOAT32
            if text in (None, "-1")
            else dtype_number(text if not text.isdigit() else numpy_type(int(text)))
            for name, text in own.items()
        }
        if any(text not in (None, "-1", "0") for text in own.values()):
            inferred = _infer(symbol, {name: n for name, n in known.items() if own[name] not in (None, "-1")})
            known = {
                name: n if own[name] not in (None, "-1") or inferred[0][i] < 0 else inferred[0][i]
                for i, (name, n) in enumerate(known.items())
            }
    else:
        known = {name: dtype_number(dtype) for name, dtype in type_dict.items() if name in names or name in states}
    arguments, auxiliary = _infer(symbol, known)
    return [n if n >= 0 else _FLOAT32 for n in arguments], [n if n >= 0 else _FLOAT32 for n in auxiliary]


def _infer(symbol: Symbol, known: Mapping[str, int]) -> tuple[list[int], list[int]]:
    arguments, _, auxiliary, _ = symbol._types(list(known), list(known.values()), True)
    return arguments, auxiliary


def _devices(symbol: Symbol, ctx: Context, groups: Mapping[str, Context]) -> dict[str, Context]:
    """{name of a variable: the device of its group}."""
    if not groups:
        return {}
    found = {}
    for name, attrs in symbol.attr_dict().items():
        group = attrs.get("__ctx_group__")
        if group is not None:
            found[name] = groups.get(group, ctx)
    return found
