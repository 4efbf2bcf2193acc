"""Results and gradients of symbols against what they should be."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from mx_core import nd
from mx_core.base import MXNetError, MXValueError
from mx_core.context import Context
from mx_core.executor import Executor
from mx_core.ndarray import NDArray
from mx_core.ndarray._call import is_array
from mx_core.symbol import Symbol
from mx_core.test_utils.comparison import as_numpy, assert_almost_equal
from mx_core.test_utils.machine import default_context
from mx_core.test_utils.tolerance import Tolerance, default_numeric_eps, get_tolerance

__all__ = [
    "check_numeric_gradient",
    "check_symbolic_backward",
    "check_symbolic_forward",
    "numeric_grad",
    "simple_forward",
]


def by_name(given: Any, names: Sequence[str], dtype: Any, ctx: Context, what: str) -> dict[str, NDArray]:
    """Arrays given by name or in order, as NDArrays by name. The dtype "asnumpy" keeps that of NumPy arrays."""
    if isinstance(given, Mapping):
        if set(given) != set(names):
            raise MXValueError(f"[{what}] the arrays are called {sorted(given)}, but the symbol has {sorted(names)}")
    else:
        given = dict(zip(names, given))
    made = {}
    for name, value in given.items():
        if not is_array(value):
            value = np.asarray(value)
            value = nd.array(value, ctx=ctx, dtype=value.dtype if isinstance(dtype, str) else dtype)
        made[name] = value
    return made


def _refuse_sparse(stypes: Mapping[str, str] | None, what: str) -> None:
    wanted = {stype for stype in (stypes or {}).values() if stype not in (None, "default")}
    if wanted:
        raise MXNetError(f"[{what}] gradients of storage {wanted.pop()!r} are not available in this version")


def simple_forward(sym: Symbol, ctx: Context | None = None, is_train: bool = False, **inputs: Any) -> Any:
    """Return the outputs of a symbol for NumPy arrays: one array, or a list of several."""
    ctx = ctx or default_context()
    arrays = {name: nd.array(value, ctx=ctx) for name, value in inputs.items()}
    found = [output.asnumpy() for output in sym.bind(ctx, args=arrays).forward(is_train=is_train)]
    return found[0] if len(found) == 1 else found


def check_symbolic_forward(
    sym: Symbol,
    location: Any,
    expected: Any,
    rtol: Tolerance = None,
    atol: Tolerance = None,
    aux_states: Any = None,
    ctx: Context | None = None,
    equal_nan: bool = False,
    dtype: Any = np.float32,
) -> list[NDArray]:
    """Raise AssertionError unless a symbol computes the expected outputs.

    Args:
        sym: The symbol.
        location: Arguments, in their order or by name.
        expected: The outputs, in their order or by name.
        rtol: Tolerances of :func:`assert_almost_equal`.
        atol: See ``rtol``.
        aux_states: Auxiliary states, in their order or by name.
        ctx: The device.
        equal_nan: Whether NaN equals NaN.
        dtype: Element type of arguments that are not NDArrays; "asnumpy" keeps that of NumPy arrays.

    Returns:
        The outputs.
    """
    ctx = ctx or default_context()
    args = by_name(location, sym.list_arguments(), dtype, ctx, "check_symbolic_forward")
    aux = by_name(aux_states or {}, sym.list_auxiliary_states(), dtype, ctx, "check_symbolic_forward")
    outputs = sym.bind(ctx, args, aux_states=aux).forward(is_train=False)
    if isinstance(expected, Mapping):
        expected = [expected[name] for name in sym.list_outputs()]
    for name, got, want in zip(sym.list_outputs(), outputs, list(expected)):
        assert_almost_equal(want, got, rtol, atol, ("expected", f"output {name}"), equal_nan)
    return outputs


def check_symbolic_backward(
    sym: Symbol,
    location: Any,
    out_grads: Any,
    expected: Any,
    rtol: Tolerance = None,
    atol: Tolerance = None,
    aux_states: Any = None,
    grad_req: Any = "write",
    ctx: Context | None = None,
    grad_stypes: Mapping[str, str] | None = None,
    equal_nan: bool = False,
    dtype: Any = np.float32,
) -> dict[str, NDArray]:
    """Raise AssertionError unless a symbol computes the expected gradients.

    Args:
        sym: The symbol.
        location: Arguments, in their order or by name.
        out_grads: Gradients of the outputs, in their order or by name; None where all outputs are losses.
        expected: Gradients of arguments, in their order or by name.
        rtol: Tolerances of :func:`assert_almost_equal`.
        atol: See ``rtol``.
        aux_states: Auxiliary states, in their order or by name.
        grad_req: "write", "add" or "null", for all, in order or by name.
        ctx: The device.
        grad_stypes: Storage of gradients; only "default" in this version.
        equal_nan: Whether NaN equals NaN.
        dtype: Element type of arrays that are not NDArrays; "asnumpy" keeps that of NumPy arrays.

    Returns:
        The gradients by name.
    """
    _refuse_sparse(grad_stypes, "check_symbolic_backward")
    ctx, names = ctx or default_context(), sym.list_arguments()
    args = by_name(location, names, dtype, ctx, "check_symbolic_backward")
    aux = by_name(aux_states or {}, sym.list_auxiliary_states(), dtype, ctx, "check_symbolic_backward")
    wanted = dict(expected) if isinstance(expected, Mapping) else dict(zip(names, expected))
    given = grad_req if isinstance(grad_req, Mapping) else dict(zip(names, grad_req))
    requests = dict.fromkeys(names, grad_req) if isinstance(grad_req, str) else {n: given.get(n, "null") for n in names}
    before = {name: np.random.normal(size=args[name].shape) for name in sorted(wanted)}
    grads = {name: nd.array(value, ctx=ctx, dtype=args[name].dtype) for name, value in before.items()}
    executor = sym.bind(ctx, args, grads, requests, aux)
    executor.forward(is_train=True)
    heads = out_grads
    if isinstance(out_grads, Mapping):
        heads = [out_grads[name] for name in sym.list_outputs()]
    if heads is not None:
        heads = list(by_name(list(heads), sym.list_outputs(), dtype, ctx, "check_symbolic_backward").values())
    executor.backward(heads)
    for name, want in wanted.items():
        got: Any = grads[name]
        if requests[name] == "add":
            got = got.asnumpy() - before[name].astype(got.dtype)
        elif requests[name] == "null":
            want = before[name]
        assert_almost_equal(want, got, rtol, atol, ("expected", f"gradient of {name}"), equal_nan)
    return grads


def differences(function: Callable[[], float], arrays: Mapping[str, np.ndarray], eps: float) -> dict[str, np.ndarray]:
    """Return the gradients of ``function()``, which reads ``arrays``, by central differences."""
    found = {}
    for name, array in arrays.items():
        gradient = np.zeros(array.shape, np.float64)
        flat, out = array.reshape(-1), gradient.reshape(-1)
        for i in range(flat.size if array.dtype.kind == "f" else 0):
            kept = flat[i]
            flat[i] = kept + eps / 2
            above = function()
            flat[i] = kept - eps / 2
            below = function()
            flat[i] = kept
            out[i] = (above - below) / eps
        found[name] = gradient
    return found


def numeric_grad(
    executor: Executor,
    location: Mapping[str, Any],
    aux_states: Mapping[str, Any] | None = None,
    eps: float = 1e-4,
    use_forward_train: bool = True,
    dtype: Any = np.float32,
    heads: Sequence[np.ndarray] | None = None,
) -> dict[str, np.ndarray]:
    """Return the gradients of the sum of an executor's outputs by central differences.

    Args:
        executor: What computes the outputs.
        location: Arguments by name: the gradients are those with respect to them.
        aux_states: Auxiliary states by name, which are set before each call.
        eps: The step.
        use_forward_train: Whether operators run as in training.
        dtype: Element type of the result.
        heads: Weights of the elements of all outputs. None: the elements of the first one count once each.
    """
    values = {name: np.array(as_numpy(value), order="C") for name, value in location.items()}
    states = {name: as_numpy(value) for name, value in (aux_states or {}).items()}

    def total() -> float:
        for name, value in values.items():
            executor.arg_dict[name][:] = value
        for name, value in states.items():
            executor.aux_dict[name][:] = value
        outputs = [o.asnumpy().astype(np.float64) for o in executor.forward(is_train=use_forward_train)]
        if heads is None:
            return float(outputs[0].sum())
        return float(sum((output * head).sum() for output, head in zip(outputs, heads)))

    found = {name: gradient.astype(dtype) for name, gradient in differences(total, values, eps).items()}
    for name, value in values.items():
        executor.arg_dict[name][:] = value
    return found


def check_numeric_gradient(
    sym: Symbol,
    location: Any,
    aux_states: Any = None,
    numeric_eps: float | None = None,
    rtol: Tolerance = None,
    atol: Tolerance = None,
    grad_nodes: Any = None,
    use_forward_train: bool = True,
    ctx: Context | None = None,
    grad_stype_dict: Mapping[str, str] | None = None,
    dtype: Any = np.float32,
) -> None:
    """Raise AssertionError unless the gradients of a symbol agree with differences of its outputs.

    The outputs are added up with random weights, so that every element of every output counts.

    Args:
        sym: The symbol. Its outputs must be differentiable at ``location``.
        location: Arguments, in their order or by name.
        aux_states: Auxiliary states, in their order or by name.
        numeric_eps: Step of the differences.
        rtol: Tolerances of :func:`assert_almost_equal`.
        atol: See ``rtol``.
        grad_nodes: Names of the arguments to check, or requests by name; all where it is None.
        use_forward_train: Whether the differences are of outputs as in training.
        ctx: The device.
        grad_stype_dict: Storage of gradients; only "default" in this version.
        dtype: Element type that is computed with.
    """
    _refuse_sparse(grad_stype_dict, "check_numeric_gradient")
    ctx, names = ctx or default_context(), sym.list_arguments()
    args = by_name(location, names, dtype, ctx, "check_numeric_gradient")
    aux = by_name(aux_states or {}, sym.list_auxiliary_states(), dtype, ctx, "check_numeric_gradient")
    if isinstance(grad_nodes, Mapping):
        requests = dict(grad_nodes)
    else:
        requests = dict.fromkeys(names if grad_nodes is None else grad_nodes, "write")
    values = {name: array.asnumpy() for name, array in args.items()}
    kept = {name: array.asnumpy() for name, array in aux.items()}
    before = {name: np.random.normal(0, 0.01, size=args[name].shape) for name in requests}
    grads = {name: nd.array(value, ctx=ctx, dtype=args[name].dtype) for name, value in before.items()}
    executor = sym.bind(ctx, args, grads, {n: requests.get(n, "null") for n in names}, aux)
    outputs = executor.forward(is_train=True)
    heads = [np.random.uniform(0.1, 1.1, output.shape) for output in outputs]
    eps = get_tolerance(outputs[0], numeric_eps, default_numeric_eps())
    executor.backward([nd.array(head, ctx=ctx, dtype=output.dtype) for head, output in zip(heads, outputs)])
    heads = [head.astype(output.dtype).astype(np.float64) for head, output in zip(heads, outputs)]
    found = {name: grad.asnumpy() for name, grad in grads.items()}
    checked = {name: values[name] for name, request in requests.items() if request != "null"}
    numeric = numeric_grad(executor, checked, kept, eps, use_forward_train, np.float64, heads)
    for name, request in requests.items():
        got = found[name]
        want = numeric.get(name, before[name]).astype(got.dtype)
        if request == "add":
            got = got - before[name].astype(got.dtype)
        elif request not in ("null", "write"):
            raise MXValueError(f"[check_numeric_gradient] {request!r} is no request for the gradient of {name}")
        assert_almost_equal(want, got, rtol, atol, (f"differences of {name}", f"gradient of {name}"))
