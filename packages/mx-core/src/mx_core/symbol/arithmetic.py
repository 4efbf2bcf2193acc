"""Arithmetic on symbols and numbers.

Two symbols must have equal shapes: for broadcasting there are the operators ``broadcast_add`` and so on.

Each operation has the names that MXNet gives its nodes: ``_plus0``, ``_plusscalar0``.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from mx_core import _ffi
from mx_core._ffi import SymbolBase
from mx_core.base import MXTypeError
from mx_core.symbol._call import create

if TYPE_CHECKING:
    from mx_core.symbol.symbol import Symbol

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
    "pow",
    "power",
    "subtract",
    "true_divide",
]

_NUMBERS = (int, float, np.generic)
# {operation: (operator and name for two symbols, for (symbol, number), for (number, symbol))}
_OPERATORS = {
    "add": (("elemwise_add", "_plus"), ("_plus_scalar", "_plusscalar"), ("_plus_scalar", "_plusscalar")),
    "subtract": (("elemwise_sub", "_minus"), ("_minus_scalar", "_minusscalar"), ("_rminus_scalar", "_rminusscalar")),
    "multiply": (("elemwise_mul", "_mul"), ("_mul_scalar", "_mulscalar"), ("_mul_scalar", "_mulscalar")),
    "divide": (("elemwise_div", "_div"), ("_div_scalar", "_divscalar"), ("_rdiv_scalar", "_rdivscalar")),
    "modulo": (("_mod", "_mod"), ("_mod_scalar", "_modscalar"), ("_rmod_scalar", "_rmodscalar")),
    "power": (("_power", "_power"), ("_power_scalar", "_powerscalar"), ("_rpower_scalar", "_rpowerscalar")),
    "maximum": (("_maximum", "_maximum"), ("_maximum_scalar", "_maximumscalar"), ("_maximum_scalar", "_maximumscalar")),
    "minimum": (("_minimum", "_minimum"), ("_minimum_scalar", "_minimumscalar"), ("_minimum_scalar", "_minimumscalar")),
    "hypot": (("_hypot", "_hypot"), ("_hypot_scalar", "_hypotscalar"), ("_hypot_scalar", "_hypotscalar")),
}
# Comparisons: the operators name their nodes themselves, and exchanging the sides exchanges the operator.
_MIRRORED = {
    "equal": "equal",
    "not_equal": "not_equal",
    "greater": "lesser",
    "greater_equal": "lesser_equal",
    "lesser": "greater",
    "lesser_equal": "greater_equal",
    "logical_and": "logical_and",
    "logical_or": "logical_or",
    "logical_xor": "logical_xor",
}
for _one, _other in _MIRRORED.items():
    _scalar, _mirror = f"_{_one}_scalar", f"_{_other}_scalar"
    _OPERATORS[_one] = ((f"_{_one}", f"_{_one}"), (_scalar, _scalar), (_mirror, _mirror))


def apply(operation: str, lhs: Any, rhs: Any) -> Symbol:
    """One of the operations above on two symbols, or on a symbol and a number."""
    both, right, left = _OPERATORS[operation]
    if isinstance(lhs, SymbolBase) and isinstance(rhs, SymbolBase):
        return create(_ffi.find_op(both[0]), both[1], {"lhs": lhs, "rhs": rhs}, {}, None, None, {})
    symbol, number, (op, hint) = (lhs, rhs, right) if isinstance(lhs, SymbolBase) else (rhs, lhs, left)
    if not isinstance(symbol, SymbolBase) or not isinstance(number, _NUMBERS):
        wrong = type(number if isinstance(symbol, SymbolBase) else symbol).__name__
        raise MXTypeError(f"[{operation}] operands must be Symbols or numbers, got {wrong}")
    return create(_ffi.find_op(op), hint, {"data": symbol}, {"scalar": number}, None, None, {})


def _binary(operation: str, lhs: Any, rhs: Any, numbers: Callable[[Any, Any], Any]) -> Any:
    if isinstance(lhs, _NUMBERS) and isinstance(rhs, _NUMBERS):
        return numbers(lhs, rhs)
    return apply(operation, lhs, rhs)


def add(lhs: Symbol | float, rhs: Symbol | float) -> Any:
    """Return ``lhs + rhs``."""
    return _binary("add", lhs, rhs, operator.add)


def subtract(lhs: Symbol | float, rhs: Symbol | float) -> Any:
    """Return ``lhs - rhs``."""
    return _binary("subtract", lhs, rhs, operator.sub)


def multiply(lhs: Symbol | float, rhs: Symbol | float) -> Any:
    """Return ``lhs * rhs``."""
    return _binary("multiply", lhs, rhs, operator.mul)


def divide(lhs: Symbol | float, rhs: Symbol | float) -> Any:
    """Return ``lhs / rhs``."""
    return _binary("divide", lhs, rhs, operator.truediv)


true_divide = divide


def modulo(lhs: Symbol | float, rhs: Symbol | float) -> Any:
    """Return ``lhs % rhs``."""
    return _binary("modulo", lhs, rhs, operator.mod)


def power(base: Symbol | float, exp: Symbol | float) -> Any:
    """Return ``base ** exp``."""
    return _binary("power", base, exp, operator.pow)


pow = power


def maximum(left: Symbol | float, right: Symbol | float) -> Any:
    """Return the larger of each pair."""
    return _binary("maximum", left, right, max)


def minimum(left: Symbol | float, right: Symbol | float) -> Any:
    """Return the smaller of each pair."""
    return _binary("minimum", left, right, min)


def hypot(left: Symbol | float, right: Symbol | float) -> Any:
    """Return ``sqrt(left ** 2 + right ** 2)``."""
    return _binary("hypot", left, right, np.hypot)


def equal(lhs: Symbol | float, rhs: Symbol | float) -> Any:
    """Return 1 where ``lhs == rhs`` and 0 elsewhere."""
    return _binary("equal", lhs, rhs, lambda a, b: int(a == b))


def not_equal(lhs: Symbol | float, rhs: Symbol | float) -> Any:
    """Return 1 where ``lhs != rhs`` and 0 elsewhere."""
    return _binary("not_equal", lhs, rhs, lambda a, b: int(a != b))


def greater(lhs: Symbol | float, rhs: Symbol | float) -> Any:
    """Return 1 where ``lhs > rhs`` and 0 elsewhere."""
    return _binary("greater", lhs, rhs, lambda a, b: int(a > b))


def greater_equal(lhs: Symbol | float, rhs: Symbol | float) -> Any:
    """Return 1 where ``lhs >= rhs`` and 0 elsewhere."""
    return _binary("greater_equal", lhs, rhs, lambda a, b: int(a >= b))


def lesser(lhs: Symbol | float, rhs: Symbol | float) -> Any:
    """Return 1 where ``lhs < rhs`` and 0 elsewhere."""
    return _binary("lesser", lhs, rhs, lambda a, b: int(a < b))


def lesser_equal(lhs: Symbol | float, rhs: Symbol | float) -> Any:
    """Return 1 where ``lhs <= rhs`` and 0 elsewhere."""
    return _binary("lesser_equal", lhs, rhs, lambda a, b: int(a <= b))


def logical_and(lhs: Symbol | float, rhs: Symbol | float) -> Any:
    """Return 1 where both are non-zero and 0 elsewhere."""
    return _binary("logical_and", lhs, rhs, lambda a, b: int(bool(a) and bool(b)))


def logical_or(lhs: Symbol | float, rhs: Symbol | float) -> Any:
    """Return 1 where one of the two is non-zero and 0 elsewhere."""
    return _binary("logical_or", lhs, rhs, lambda a, b: int(bool(a) or bool(b)))


def logical_xor(lhs: Symbol | float, rhs: Symbol | float) -> Any:
    """Return 1 where exactly one of the two is non-zero and 0 elsewhere."""
    return _binary("logical_xor", lhs, rhs, lambda a, b: int(bool(a) != bool(b)))
