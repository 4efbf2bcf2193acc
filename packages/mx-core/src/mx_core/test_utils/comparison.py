"""Whether arrays are equal, or almost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mx_core._ffi import NDArrayBase
from mx_core.test_utils.tolerance import Tolerance, get_atol, get_etol, get_rtol, get_tols

__all__ = [
    "almost_equal",
    "assert_allclose",
    "assert_almost_equal",
    "assert_almost_equal_ignore_nan",
    "assert_almost_equal_with_err",
    "checkShapes",
    "compare_ndarray_tuple",
    "locationError",
    "same",
    "same_array",
    "same_symbol_structure",
]


def as_numpy(value: Any) -> np.ndarray:
    """The value as a NumPy array."""
    return value.asnumpy() if isinstance(value, NDArrayBase) else np.asarray(value)


def _wide(array: np.ndarray) -> np.ndarray:
    """In a type that differences can be taken in."""
    return array if array.dtype.kind == "c" else array.astype(np.float64)


def same(a: Any, b: Any) -> bool:
    """Return whether two arrays have the same shape and elements."""
    return np.array_equal(as_numpy(a), as_numpy(b))


def checkShapes(a: Any, b: Any) -> None:
    """Raise AssertionError unless two arrays have the same shape."""
    if a.shape != b.shape:
        raise AssertionError(f"the shapes {a.shape} and {b.shape} differ")


def _close(a: np.ndarray, b: np.ndarray, rtol: float, atol: float, equal_nan: bool) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        return np.isclose(_wide(a), _wide(b), rtol=rtol, atol=atol, equal_nan=equal_nan)


def almost_equal(
    a: Any,
    b: Any,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = False,
    use_broadcast: bool = True,
) -> bool:
    """Return whether two arrays are equal up to ``atol + rtol * abs(b)``.

    Args:
        a: NDArray, NumPy array or numbers.
        b: What it should be.
        rtol: Relative tolerance; 1e-5 where it is None.
        atol: Absolute tolerance; 1e-20 where it is None.
        equal_nan: Whether NaN equals NaN.
        use_broadcast: Whether the shapes may differ, if they broadcast.
    """
    x, y = as_numpy(a), as_numpy(b)
    if not use_broadcast:
        checkShapes(x, y)
    return bool(_close(x, y, get_rtol(rtol), get_atol(atol), equal_nan).all())


def locationError(a: Any, b: Any, index: tuple[int, ...], names: Sequence[str], maxError: bool = False) -> str:
    """Return a sentence about two elements."""
    what = "the largest error" if maxError else "an error"
    return f"{what} is at {tuple(map(int, index))}: {names[0]}={a[index]!s}, {names[1]}={b[index]!s}"


def _report(
    a: np.ndarray,
    b: np.ndarray,
    rtol: float,
    atol: float,
    names: Sequence[str],
    equal_nan: bool,
    mismatches: tuple[int, int],
) -> str:
    """A message about the elements that differ, the worst first."""
    a, b = np.broadcast_arrays(a, b)
    x, y = _wide(a), _wide(b)
    with np.errstate(invalid="ignore"):
        excess = np.abs(x - y) / (atol + rtol * np.abs(y) + 1e-300)
    excess = np.where(_close(a, b, rtol, atol, equal_nan), 0, np.where(np.isnan(excess), np.inf, excess))
    wrong = int((excess > 0).sum())
    order = np.argsort(-excess, axis=None)[: max(1, min(wrong, mismatches[0]))]
    lines = [
        f"{names[0]} and {names[1]} differ at {wrong} of {a.size} places (rtol={rtol:g}, atol={atol:g}); "
        + locationError(a, b, np.unravel_index(order[0], a.shape), names, True)
    ]
    lines += [
        f"  {excess.reshape(-1)[place]:10.3g} times too far: "
        + locationError(a, b, np.unravel_index(place, a.shape), names)
        for place in order[1:]
    ]
    return "\n".join(lines)


def assert_almost_equal(
    a: Any,
    b: Any,
    rtol: Tolerance = None,
    atol: Tolerance = None,
    names: Sequence[str] = ("a", "b"),
    equal_nan: bool = False,
    use_broadcast: bool = True,
    mismatches: tuple[int, int] = (10, 10),
) -> None:
    """Raise AssertionError, with the elements that differ most, unless two arrays are almost equal.

    Args:
        a: NDArray, NumPy array or numbers.
        b: What it should be.
        rtol: Relative tolerance, or one for each dtype. None: what suits the coarser dtype of the two.
        atol: Absolute tolerance, likewise.
        names: What the two are called in the message.
        equal_nan: Whether NaN equals NaN.
        use_broadcast: Whether the shapes may differ, if they broadcast.
        mismatches: The first number: how many elements the message shows.
    """
    rtol, atol = get_tols(a, b, rtol, atol)
    x, y = as_numpy(a), as_numpy(b)
    if not use_broadcast:
        checkShapes(x, y)
    try:
        equal = _close(x, y, rtol, atol, equal_nan).all()
    except ValueError:
        raise AssertionError(f"{names[0]} has shape {x.shape}, {names[1]} has {y.shape}") from None
    if not equal:
        raise AssertionError(_report(x, y, rtol, atol, names, equal_nan, mismatches))


def assert_allclose(a: Any, b: Any, rtol: float = 1e-07, atol: float = 0, equal_nan: bool = True) -> None:
    """:func:`assert_almost_equal` with the defaults of the function of that name in NumPy."""
    assert_almost_equal(a, b, rtol=rtol, atol=atol, equal_nan=equal_nan)


def assert_almost_equal_with_err(
    a: Any,
    b: Any,
    rtol: Tolerance = None,
    atol: Tolerance = None,
    etol: float | None = None,
    names: Sequence[str] = ("a", "b"),
    equal_nan: bool = False,
    mismatches: tuple[int, int] = (10, 10),
) -> None:
    """:func:`assert_almost_equal`, where a share ``etol`` of the elements may differ."""
    share = get_etol(etol)
    if not share:
        return assert_almost_equal(a, b, rtol, atol, names, equal_nan, mismatches=mismatches)
    rtol, atol = get_tols(a, b, rtol, atol)
    x, y = as_numpy(a), as_numpy(b)
    wrong = 1 - _close(x, y, rtol, atol, equal_nan).mean()
    if wrong > share:
        text = _report(x, y, rtol, atol, names, equal_nan, mismatches)
        raise AssertionError(f"{wrong:.2%} of the elements differ, and {share:.2%} may: {text}")
    return None


def assert_almost_equal_ignore_nan(
    a: Any, b: Any, rtol: Tolerance = None, atol: Tolerance = None, names: Sequence[str] = ("a", "b")
) -> None:
    """:func:`assert_almost_equal` of the elements that are NaN in neither array."""
    x, y = np.copy(as_numpy(a)), np.copy(as_numpy(b))
    absent = np.isnan(x) | np.isnan(y)
    x[absent] = y[absent] = 0
    assert_almost_equal(x, y, rtol, atol, names)


def compare_ndarray_tuple(t1: Any, t2: Any, rtol: Tolerance = None, atol: Tolerance = None) -> None:
    """:func:`assert_almost_equal` of the arrays in two nested tuples; None equals everything."""
    if t1 is None or t2 is None:
        return
    if isinstance(t1, tuple):
        for one, other in zip(t1, t2):
            compare_ndarray_tuple(one, other, rtol, atol)
    else:
        assert_almost_equal(t1, t2, rtol=rtol, atol=atol)


def same_array(array1: Any, array2: Any) -> bool:
    """Return whether two arrays lie in the same memory: whether changing one changes the other."""
    if not same(array1, array2):
        return False
    array1[:] += 1
    shared = same(array1, array2)
    array1[:] -= 1
    return shared


def same_symbol_structure(sym1: Any, sym2: Any) -> bool:
    """Return whether the nodes of two symbols have the same operators in the same order."""
    import json

    first, second = ([node["op"] for node in json.loads(sym.tojson())["nodes"]] for sym in (sym1, sym2))
    return first == second
