"""Helpers that make the test of an operator one line.

>>> import numpy as np
>>> from mx_core.test_utils import check_unary
>>> check_unary("exp", np.exp, domain=(-2, 2))
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from mx_core import autograd, nd, sym
from mx_core.dtype import dtype_name
from mx_core.symbol import Symbol
from mx_core.test_utils.comparison import assert_almost_equal, same
from mx_core.test_utils.sampling import random_seed
from mx_core.test_utils.symbols import check_numeric_gradient, check_symbolic_forward, differences

__all__ = ["check_binary", "check_gradient", "check_unary"]

# Closer than what old tests expect: these are for operators that are computed in float32 or better.
_RTOL = {"float16": 1e-2, "bfloat16": 4e-2, "float32": 1e-4, "float64": 1e-7}
_ATOL = {"float16": 1e-3, "bfloat16": 4e-2, "float32": 1e-5, "float64": 1e-9}


def check_gradient(function: Callable[..., Any], *inputs: Any, rtol: float = 1e-4, atol: float = 1e-6) -> None:
    """Raise AssertionError unless recorded gradients of ``function(*inputs)`` agree with differences.

    Args:
        function: From NDArrays to an NDArray.
        *inputs: Values of its arguments; they become float64.
        rtol: Relative tolerance.
        atol: Absolute tolerance.
    """
    values = {str(i): np.array(value, dtype=np.float64, order="C") for i, value in enumerate(inputs)}
    arrays = {name: nd.array(value, dtype=np.float64) for name, value in values.items()}
    for array in arrays.values():
        array.attach_grad()
    with autograd.record():
        output = function(*arrays.values())
    weight = np.random.uniform(0.5, 1.5, output.shape)
    output.backward(nd.array(weight, dtype=output.dtype))
    analytic = {name: array.grad.asnumpy() for name, array in arrays.items() if array.grad is not None}

    def total() -> float:
        with autograd.train_mode():
            result = function(*(nd.array(value, dtype=np.float64) for value in values.values()))
        return float((result.asnumpy() * weight).sum())

    for name, numeric in differences(total, values, 1e-5).items():
        assert_almost_equal(analytic[name], numeric, rtol, atol, (f"gradient of input {name}", "differences"))


_SHAPES: tuple[tuple[int, ...], ...] = ((1,), (7,), (3, 5), (2, 3, 4), (33, 65))


def check_unary(
    name: str,
    expected: Callable[[np.ndarray], np.ndarray],
    domain: tuple[float, float] = (-2.0, 2.0),
    dtypes: Sequence[str] = ("float32", "float64", "float16", "bfloat16"),
    shapes: Sequence[tuple[int, ...]] = _SHAPES,
    gradient: bool = True,
    rtol: float | None = None,
    atol: float | None = None,
    **params: Any,
) -> None:
    """Raise AssertionError unless a unary operator is right: as function, method and symbol, with its gradient.

    Args:
        name: Of the function in ``mx_core.nd`` and ``mx_core.sym``.
        expected: The same in NumPy, on float64.
        domain: Where inputs are drawn from.
        dtypes: Element types to try.
        shapes: Shapes to try.
        gradient: Whether to compare the gradient with differences.
        rtol: Tolerances of :func:`assert_almost_equal`.
        atol: See ``rtol``.
        **params: Parameters of the operator.
    """
    function, symbolic = getattr(nd, name), getattr(sym, name)
    with random_seed():
        for dtype in dtypes:
            for shape in shapes:
                x = nd.array(np.random.uniform(*domain, size=shape), dtype=dtype)
                before = x.asnumpy()
                want = np.asarray(expected(before.astype(np.float64)))
                close = _tolerances(before, rtol, atol)
                got = function(x, **params)
                assert dtype_name(got.dtype) == dtype, f"{name} of {dtype} gives {got.dtype}"
                labels = (f"{name} of {dtype} {shape}", "NumPy")
                assert_almost_equal(got.asnumpy().astype(np.float64), want, *close, labels, True)
                out = nd.empty(shape, dtype=dtype)
                assert function(x, out=out, **params) is out
                assert same(out.asnumpy().astype(np.float64), got.asnumpy().astype(np.float64)), f"{name} with out="
                assert same(x, before), f"{name} changed its input"
        x = nd.array(np.random.uniform(*domain, size=(3, 4)))
        assert same(getattr(x, name)(**params), function(x, **params)), f"the method {name} differs from the function"
        net = symbolic(sym.var("data"), **params)
        single = np.random.uniform(*domain, size=(3, 4)).astype(np.float32)
        check_symbolic_forward(net, [single], [np.asarray(expected(single.astype(np.float64)))], *_loose(rtol, atol))
        if gradient:
            values = np.random.uniform(*domain, size=(3, 4))
            _check_differences(net, [values])
            check_gradient(lambda data: function(data, **params), values)


def _tolerances(array: np.ndarray, rtol: float | None, atol: float | None) -> tuple[float, float]:
    """What suits the element type, where the caller says nothing."""
    name = array.dtype.name
    return _RTOL.get(name, 0.0) if rtol is None else rtol, _ATOL.get(name, 0.0) if atol is None else atol


def _check_differences(net: Symbol, values: list[Any]) -> None:
    check_numeric_gradient(net, values, numeric_eps=1e-5, rtol=1e-4, atol=1e-6, dtype=np.float64)


def _loose(rtol: float | None, atol: float | None) -> tuple[float, float]:
    return _RTOL["float32"] if rtol is None else rtol, _ATOL["float32"] if atol is None else atol


def check_binary(
    name: str,
    expected: Callable[[np.ndarray, np.ndarray], np.ndarray],
    domain: tuple[float, float] = (0.5, 2.0),
    dtypes: Sequence[str] = ("float32", "float64", "float16"),
    gradient: bool = True,
    broadcast: bool = True,
    rtol: float | None = None,
    atol: float | None = None,
) -> None:
    """Raise AssertionError unless an operator of two inputs is right: as function and symbol, with its gradients.

    Args:
        name: Of the function in ``mx_core.nd`` and ``mx_core.sym``.
        expected: The same in NumPy, on float64.
        domain: Where inputs are drawn from.
        dtypes: Element types to try.
        gradient: Whether to compare the gradients with differences.
        broadcast: Whether the operator broadcasts.
        rtol: Tolerances of :func:`assert_almost_equal`.
        atol: See ``rtol``.
    """
    function, symbolic = getattr(nd, name), getattr(sym, name)
    pairs = [((3, 5), (3, 5)), ((2, 3, 4), (2, 3, 4)), ((1,), (1,))]
    if broadcast:
        pairs += [((3, 5), (1, 5)), ((3, 1), (3, 5)), ((2, 1, 4), (1, 3, 1)), ((1, 1), (4, 3)), ((2, 3, 1), (2, 1, 65))]
    with random_seed():
        for dtype in dtypes:
            for left, right in pairs:
                a = nd.array(np.random.uniform(*domain, size=left), dtype=dtype)
                b = nd.array(np.random.uniform(*domain, size=right), dtype=dtype)
                want = np.asarray(expected(a.asnumpy().astype(np.float64), b.asnumpy().astype(np.float64)))
                close = _tolerances(a.asnumpy(), rtol, atol)
                labels = (f"{name} of {dtype} {left} and {right}", "NumPy")
                assert_almost_equal(function(a, b).asnumpy().astype(np.float64), want, *close, labels, True)
        net = symbolic(sym.var("lhs"), sym.var("rhs"))
        for left, right in pairs[:1] + pairs[3:6]:
            values = [np.random.uniform(*domain, size=shape) for shape in (left, right)]
            check_symbolic_forward(net, values, [np.asarray(expected(*values))], *_loose(rtol, atol))
            if gradient:
                _check_differences(net, values)
                check_gradient(function, *values)
