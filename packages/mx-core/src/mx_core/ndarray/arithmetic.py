"""Arithmetic functions that take arrays and numbers in any order. Two numbers give a number."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from mx_core._ffi import NDArrayBase
from mx_core.base import MXTypeError
from mx_core.ndarray import _internal, op

if TYPE_CHECKING:
    from mx_core.ndarray.ndarray import NDArray

__all__ = [
    "add",
    "divide",
    "equal",
    "greater",
    "greater_equal",
    "hypot",
    "lesser",
    "lesser_equal",
    "logical_and",
    "logical_or",
    "logical_xor",
    "maximum",
    "minimum",
    "modulo",
    "multiply",
    "not_equal",
    "power",
    "subtract",
    "true_divide",
]

_NUMBERS = (int, float, np.generic)


def _apply(
    name: str, lhs: Any, rhs: Any, arrays: str, right: str, left: str, numbers: Callable[[Any, Any], Any]
) -> Any:
    """``right``: operator for (array, number); ``left``: for (number, array), which are given exchanged."""
    if isinstance(lhs, NDArrayBase) and isinstance(rhs, NDArrayBase):
        return getattr(op, arrays)(lhs, rhs)
    for value in (lhs, rhs):
        if not isinstance(value, (NDArrayBase, *_NUMBERS)):
            raise MXTypeError(f"[{name}] operands must be NDArrays or numbers, got {type(value).__name__}")
    if isinstance(lhs, NDArrayBase):
        return getattr(_internal, right)(lhs, scalar=float(rhs))
    if isinstance(rhs, NDArrayBase):
        return getattr(_internal, left)(rhs, scalar=float(lhs))
    return numbers(lhs, rhs)


def add(lhs: NDArray | float, rhs: NDArray | float) -> Any:
    """Return ``lhs + rhs``, with broadcasting."""
    return _apply("add", lhs, rhs, "broadcast_add", "_plus_scalar", "_plus_scalar", operator.add)


def subtract(lhs: NDArray | float, rhs: NDArray | float) -> Any:
    """Return ``lhs - rhs``, with broadcasting."""
    return _apply("subtract", lhs, rhs, "broadcast_sub", "_minus_scalar", "_rminus_scalar", operator.sub)


def multiply(lhs: NDArray | float, rhs: NDArray | float) -> Any:
    """Return ``lhs * rhs``, with broadcasting."""
    return _apply("multiply", lhs, rhs, "broadcast_mul", "_mul_scalar", "_mul_scalar", operator.mul)


def divide(lhs: NDArray | float, rhs: NDArray | float) -> Any:
    """Return ``lhs / rhs``, with broadcasting. Integer arrays give integers."""
    return _apply("divide", lhs, rhs, "broadcast_div", "_div_scalar", "_rdiv_scalar", operator.truediv)


true_divide = divide


def modulo(lhs: NDArray | float, rhs: NDArray | float) -> Any:
    """Return ``lhs % rhs`` with the sign of ``rhs``, with broadcasting. A divisor of 0 gives 0 in arrays."""
    return _apply("modulo", lhs, rhs, "broadcast_mod", "_mod_scalar", "_rmod_scalar", operator.mod)


def power(base: NDArray | float, exp: NDArray | float) -> Any:
    """Return ``base ** exp``, with broadcasting."""
    return _apply("power", base, exp, "broadcast_power", "_power_scalar", "_rpower_scalar", operator.pow)


def maximum(lhs: NDArray | float, rhs: NDArray | float) -> Any:
    """Return the larger of each pair, with broadcasting."""
    return _apply("maximum", lhs, rhs, "broadcast_maximum", "_maximum_scalar", "_maximum_scalar", max)


def minimum(lhs: NDArray | float, rhs: NDArray | float) -> Any:
    """Return the smaller of each pair, with broadcasting."""
    return _apply("minimum", lhs, rhs, "broadcast_minimum", "_minimum_scalar", "_minimum_scalar", min)


def hypot(lhs: NDArray | float, rhs: NDArray | float) -> Any:
    """Return ``sqrt(lhs ** 2 + rhs ** 2)``, with broadcasting."""
    return _apply("hypot", lhs, rhs, "broadcast_hypot", "_hypot_scalar", "_hypot_scalar", np.hypot)


def equal(lhs: NDArray | float, rhs: NDArray | float) -> Any:
    """Return 1 where ``lhs == rhs`` and 0 elsewhere, in the dtype of the operands."""
    numbers = _flag(operator.eq)
    return _apply("equal", lhs, rhs, "broadcast_equal", "_equal_scalar", "_equal_scalar", numbers)


def not_equal(lhs: NDArray | float, rhs: NDArray | float) -> Any:
    """Return 1 where ``lhs != rhs`` and 0 elsewhere, in the dtype of the operands."""
    numbers = _flag(operator.ne)
    return _apply("not_equal", lhs, rhs, "broadcast_not_equal", "_not_equal_scalar", "_not_equal_scalar", numbers)


def greater(lhs: NDArray | float, rhs: NDArray | float) -> Any:
    """Return 1 where ``lhs > rhs`` and 0 elsewhere, in the dtype of the operands."""
    return _apply("greater", lhs, rhs, "broadcast_greater", "_greater_scalar", "_lesser_scalar", _flag(operator.gt))


def greater_equal(lhs: NDArray | float, rhs: NDArray | float) -> Any:
    """Return 1 where ``lhs >= rhs`` and 0 elsewhere, in the dtype of the operands."""
    names = ("broadcast_greater_equal", "_greater_equal_scalar", "_lesser_equal_scalar")
    return _apply("greater_equal", lhs, rhs, *names, _flag(operator.ge))


def lesser(lhs: NDArray | float, rhs: NDArray | float) -> Any:
    """Return 1 where ``lhs < rhs`` and 0 elsewhere, in the dtype of the operands."""
    return _apply("lesser", lhs, rhs, "broadcast_lesser", "_lesser_scalar", "_greater_scalar", _flag(operator.lt))


def lesser_equal(lhs: NDArray | float, rhs: NDArray | float) -> Any:
    """Return 1 where ``lhs <= rhs`` and 0 elsewhere, in the dtype of the operands."""
    names = ("broadcast_lesser_equal", "_lesser_equal_scalar", "_greater_equal_scalar")
    return _apply("lesser_equal", lhs, rhs, *names, _flag(operator.le))


def logical_and(lhs: NDArray | float, rhs: NDArray | float) -> Any:
    """Return 1 where both are non-zero and 0 elsewhere, in the dtype of the operands."""
    numbers = _flag(lambda a, b: bool(a) and bool(b))
    return _apply(
        "logical_and", lhs, rhs, "broadcast_logical_and", "_logical_and_scalar", "_logical_and_scalar", numbers
    )


def logical_or(lhs: NDArray | float, rhs: NDArray | float) -> Any:
    """Return 1 where one of the two is non-zero and 0 elsewhere, in the dtype of the operands."""
    numbers = _flag(lambda a, b: bool(a) or bool(b))
    return _apply("logical_or", lhs, rhs, "broadcast_logical_or", "_logical_or_scalar", "_logical_or_scalar", numbers)


def logical_xor(lhs: NDArray | float, rhs: NDArray | float) -> Any:
    """Return 1 where exactly one of the two is non-zero and 0 elsewhere, in the dtype of the operands."""
    numbers = _flag(lambda a, b: bool(a) != bool(b))
    return _apply(
        "logical_xor", lhs, rhs, "broadcast_logical_xor", "_logical_xor_scalar", "_logical_xor_scalar", numbers
    )


def _flag(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], int]:
    return lambda lhs, rhs: int(function(lhs, rhs))
