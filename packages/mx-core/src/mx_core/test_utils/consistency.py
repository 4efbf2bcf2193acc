"""The same computation on several devices, in several element types, and by several optimizers."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

import numpy as np

from mx_core import nd, random
from mx_core.base import MXNetError, MXValueError
from mx_core.context import Context
from mx_core.executor import Executor
from mx_core.symbol import Symbol
from mx_core.test_utils.comparison import as_numpy, assert_almost_equal, compare_ndarray_tuple
from mx_core.test_utils.machine import default_context
from mx_core.test_utils.tolerance import Tolerance, get_tols

__all__ = ["check_consistency", "check_speed", "compare_optimizer"]


def check_speed(
    sym: Symbol,
    location: Mapping[str, np.ndarray] | None = None,
    ctx: Context | None = None,
    N: int = 20,
    grad_req: Any = None,
    typ: str = "whole",
    **kwargs: Any,
) -> float:
    """Return how many seconds a symbol takes, on average.

    Args:
        sym: The symbol.
        location: Arguments by name; normally distributed ones where it is None.
        ctx: The device.
        N: How often to run it.
        grad_req: Requests for gradients, as in ``simple_bind``; "write" where it is None.
        typ: "whole" for forward and backward, "forward".
        **kwargs: Shapes of the arguments, where ``location`` is None.
    """
    if typ not in ("whole", "forward"):
        raise MXValueError(f'[check_speed] typ must be "whole" or "forward", got {typ!r}')
    shapes = kwargs if location is None else {name: value.shape for name, value in location.items()}
    executor = sym.simple_bind(ctx or default_context(), grad_req=grad_req or "write", **shapes)
    for name, array in executor.arg_dict.items():
        array[:] = np.random.normal(size=array.shape) if location is None else location[name]

    def run() -> None:
        executor.forward(is_train=typ == "whole")
        if typ == "whole":
            executor.backward(executor.outputs)

    run()
    nd.waitall()
    begin = time.perf_counter()
    for _ in range(N):
        run()
    nd.waitall()
    return (time.perf_counter() - begin) / N


def _coarser(one: Any, other: Any) -> np.dtype:
    return min(np.dtype(one), np.dtype(other), key=lambda dtype: dtype.itemsize)


def _fill(executors: Sequence[Executor], arguments: dict[str, Any], states: dict[str, Any], add: bool) -> None:
    for executor in executors:
        for name, array in executor.arg_dict.items():
            array[:] = as_numpy(arguments[name])
        for name, array in executor.aux_dict.items():
            array[:] = states[name]
        for gradient in executor.grad_arrays if add else ():
            if gradient is not None:
                gradient[:] = 0


def check_consistency(
    sym: Symbol | Sequence[Symbol],
    ctx_list: Sequence[dict[str, Any]],
    scale: float = 1.0,
    grad_req: Any = "write",
    arg_params: dict[str, Any] | None = None,
    aux_params: dict[str, Any] | None = None,
    rtol: Tolerance = None,
    atol: Tolerance = None,
    raise_on_err: bool = True,
    ground_truth: Mapping[str, Any] | None = None,
    equal_nan: bool = False,
    use_uniform: bool = False,
    rand_type: Any = np.float64,
) -> Mapping[str, Any]:
    """Raise AssertionError unless a symbol gives the same in all settings.

    Args:
        sym: The symbol, or one for each setting.
        ctx_list: Settings: what ``simple_bind`` takes (``ctx``, shapes, ``type_dict``).
        scale: Size of the random arguments.
        grad_req: Requests for gradients; "null" compares the outputs alone.
        arg_params: Arguments by name; those that are not given are drawn.
        aux_params: Auxiliary states by name; 0 where they are not given.
        rtol: Tolerances of :func:`assert_almost_equal`.
        atol: See ``rtol``.
        raise_on_err: Whether a difference raises; otherwise it is printed.
        ground_truth: What outputs and gradients should be; those of the most precise setting where it is None.
        equal_nan: Whether NaN equals NaN.
        use_uniform: Draw arguments from (-0.92 scale, 0.92 scale) instead of a normal distribution.
        rand_type: Element type that drawn arguments are rounded to.

    Returns:
        What the others were compared with, by name.
    """
    symbols = [sym] * len(ctx_list) if isinstance(sym, Symbol) else list(sym)
    if len(ctx_list) < 2 or len(symbols) != len(ctx_list):
        raise MXValueError(f"[check_consistency] {len(symbols)} symbols and {len(ctx_list)} settings don't compare")
    outputs, arguments = symbols[0].list_outputs(), symbols[0].list_arguments()
    for other in symbols[1:]:
        assert (other.list_outputs(), other.list_arguments()) == (outputs, arguments), "the symbols have other names"
    executors = [s.simple_bind(grad_req=grad_req, **setting) for s, setting in zip(symbols, ctx_list)]
    values = {} if arg_params is None else arg_params
    for name, array in sorted(executors[0].arg_dict.items()):
        if name not in values:
            drawn = (
                np.random.uniform(-0.92 * scale, 0.92 * scale, size=array.shape)
                if use_uniform
                else np.random.normal(size=array.shape, scale=scale)
            )
            values[name] = drawn.astype(rand_type)
    states = {**dict.fromkeys(executors[0].aux_dict, 0), **(aux_params or {})}
    _fill(executors, values, states, grad_req == "add")

    dtypes = [np.dtype(executor.outputs[0].dtype) for executor in executors]
    best = max(range(len(dtypes)), key=lambda i: dtypes[i].itemsize)
    for executor in executors:
        executor.forward(is_train=False)

    def compare(names: Sequence[str], lists: Sequence[Sequence[Any]], wanted: Mapping[str, Any], stage: str) -> None:
        for number, arrays in enumerate(lists):
            for name, array in zip(names, arrays) if number != best else ():
                if array is None or wanted[name] is None:
                    assert array is wanted[name], f"only one of two has a gradient of {name}"
                    continue
                limit: tuple[Tolerance, Tolerance] = rtol, atol
                own, theirs = _coarser(array.dtype, dtypes[number]), _coarser(wanted[name].dtype, dtypes[best])
                if (own, theirs) != (np.dtype(array.dtype), np.dtype(wanted[name].dtype)):
                    limit = get_tols(np.zeros(1, own), np.zeros(1, theirs), rtol, atol)
                labels = (f"{name} of setting {number} ({stage})", f"setting {best}")
                try:
                    assert_almost_equal(array, wanted[name], *limit, labels, equal_nan)
                except AssertionError as error:
                    if raise_on_err:
                        raise
                    print(error)

    def results(executor: Executor) -> dict[str, Any]:
        gradients = executor.grad_dict if grad_req != "null" else {}
        return {**executor.output_dict, **gradients}

    truth = ground_truth if ground_truth is not None else results(executors[best])
    compare(outputs, [executor.outputs for executor in executors], truth, "inference")
    if grad_req == "null":
        return truth
    for executor in executors:
        executor.forward(is_train=True)
    heads = []
    for i, output in enumerate(executors[0].outputs):
        coarsest = np.dtype(output.dtype)
        for executor in executors:
            coarsest = _coarser(coarsest, executor.outputs[i].dtype)
        heads.append(output.asnumpy().astype(coarsest))
    for executor in executors:
        pairs = zip(heads, executor.outputs)
        executor.backward([nd.array(head, ctx=output.context, dtype=output.dtype) for head, output in pairs])
    if ground_truth is None:
        truth = results(executors[best])
    compare(outputs + arguments, [[*e.outputs, *e.grad_arrays] for e in executors], truth, "training")
    return truth


def compare_optimizer(
    opt1: Any,
    opt2: Any,
    shape: Any,
    dtype: Any,
    w_stype: str = "default",
    g_stype: str = "default",
    rtol: float = 1e-4,
    atol: float = 1e-5,
    compare_states: bool = True,
    ntensors: int = 1,
) -> None:
    """Raise AssertionError unless two optimizers update random weights in the same way.

    Args:
        opt1: An optimizer.
        opt2: Another one. With a list of shapes it updates all weights in one call.
        shape: The shape of the weight, or a list of shapes.
        dtype: Element type of weights and gradients.
        w_stype: Storage of weights; only "default" in this version.
        g_stype: Storage of gradients, likewise.
        rtol: Tolerances of :func:`assert_almost_equal`.
        atol: See ``rtol``.
        compare_states: Whether to compare the states too.
        ntensors: How many shapes there are.
    """
    for stype in (w_stype, g_stype):
        if stype != "default":
            raise MXNetError(f"[compare_optimizer] arrays of storage {stype!r} are not available in this version")
    shapes = shape if isinstance(shape, list) else [shape]
    assert len(shapes) == ntensors, f"there are {len(shapes)} shapes, and ntensors is {ntensors}"
    ctx = default_context()
    weights, gradients = (
        [random.uniform(shape=each, ctx=ctx, dtype=dtype) for each in shapes] for _ in ("weights", "gradients")
    )
    weights2, gradients2 = deepcopy(weights), deepcopy(gradients)
    states2 = [opt2.create_state_multi_precision(i, weight) for i, weight in enumerate(weights2)]
    if isinstance(shape, list):
        opt2.update_multi_precision(list(range(ntensors)), weights2, gradients2, states2)
    else:
        opt2.update_multi_precision(0, weights2[0], gradients2[0], states2[0])
    for i, (weight, gradient) in enumerate(zip(weights, gradients)):
        state = opt1.create_state_multi_precision(i, weight)
        opt1.update_multi_precision(i, weight, gradient, state)
        if compare_states:
            compare_ndarray_tuple(state, states2[i], rtol, atol)
        assert_almost_equal(weight, weights2[i], rtol=rtol, atol=atol)
