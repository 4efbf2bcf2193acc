"""How far apart two arrays may be: by the coarser element type of the two, unless a caller says otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from mx_core._ffi import NDArrayBase
from mx_core.dtype import dtype_name, dtype_number, numpy_type

__all__ = [
    "default_atols",
    "default_dtype",
    "default_numeric_eps",
    "default_rtols",
    "effective_dtype",
    "get_atol",
    "get_etol",
    "get_rtol",
    "get_tolerance",
    "get_tols",
]

Tolerance = float | Mapping[np.dtype, float] | None

_EXACT = ("bool", "int8", "uint8", "int32", "uint32", "int64", "uint64")
_RTOLS = {"float16": 1e-2, "bfloat16": 4e-2, "float32": 1e-4, "float64": 1e-5}
_ATOLS = {"float16": 1e-1, "bfloat16": 4e-1, "float32": 1e-3, "float64": 1e-20}
_STEPS = {"float16": 2.0**-6, "bfloat16": 2.0**-4, "float32": 2.0**-9, "float64": 2.0**-14}


def _by_dtype(values: Mapping[str, float]) -> dict[np.dtype, float]:
    return {np.dtype(numpy_type(dtype_number(name))): value for name, value in values.items()}


def default_dtype() -> type:
    """Return the element type that tests use where none is asked for: float32."""
    return np.float32


def default_rtols() -> dict[np.dtype, float]:
    """Return the relative tolerance of each element type; 0 for integers."""
    return _by_dtype(_RTOLS) | {np.dtype(name): 0 for name in _EXACT}


def default_atols() -> dict[np.dtype, float]:
    """Return the absolute tolerance of each element type; 0 for integers."""
    return _by_dtype(_ATOLS) | {np.dtype(name): 0 for name in _EXACT}


def default_numeric_eps() -> dict[np.dtype, float]:
    """Return the step of finite differences in each type: powers of two, which lose no digits when added."""
    return _by_dtype(_STEPS)


def effective_dtype(dat: Any) -> np.dtype:
    """Return the element type whose precision an array really has."""
    if isinstance(dat, NDArrayBase):
        return np.dtype(numpy_type(dtype_number(dtype_name(dat.dtype))))
    return np.dtype(dat.dtype)


def get_tolerance(dat: Any, tol: Tolerance, default_tol: Mapping[np.dtype, float]) -> float:
    """Return the tolerance for an array: ``tol``, or what it says for the dtype, or else what ``default_tol`` says."""
    dtype = effective_dtype(dat)
    usual = default_tol.get(dtype, 0.0)
    if tol is None:
        return usual
    return tol.get(dtype, usual) if isinstance(tol, Mapping) else float(tol)


def get_tols(x: Any, y: Any, rtol: Tolerance, atol: Tolerance) -> tuple[float, float]:
    """Return the relative and the absolute tolerance for two arrays: the larger of what suits each."""
    both = [value if hasattr(value, "dtype") else np.asarray(value) for value in (x, y)]
    relative, absolute = default_rtols(), default_atols()
    return (
        max(get_tolerance(value, rtol, relative) for value in both),
        max(get_tolerance(value, atol, absolute) for value in both),
    )


def get_rtol(rtol: float | None = None, dtype: Any = np.float64) -> float:
    """Return ``rtol``, or the default of a dtype where it is None."""
    return default_rtols()[np.dtype(dtype)] if rtol is None else rtol


def get_atol(atol: float | None = None, dtype: Any = np.float64) -> float:
    """Return ``atol``, or the default of a dtype where it is None."""
    return default_atols()[np.dtype(dtype)] if atol is None else atol


def get_etol(etol: float | None = None) -> float:
    """Return ``etol``, the share of elements that may be wrong; 0 where it is None."""
    return 0 if etol is None else etol
