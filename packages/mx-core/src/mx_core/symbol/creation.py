"""Symbols that need no input, and a few hand-written operators."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mx_core.base import MXValueError, _Null, mx_real_t
from mx_core.symbol import _internal

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from mx_core.symbol.symbol import Symbol

__all__ = ["arange", "eye", "full", "histogram", "linspace", "ones", "split_v2", "zeros"]


def _kind(dtype: DTypeLike | None) -> Any:
    return mx_real_t if dtype is None else dtype


def zeros(shape: int | Sequence[int], dtype: DTypeLike | None = None, **kwargs: Any) -> Symbol:
    """Return zeros of the given shape."""
    return _internal._zeros(shape=shape, dtype=_kind(dtype), **kwargs)


def ones(shape: int | Sequence[int], dtype: DTypeLike | None = None, **kwargs: Any) -> Symbol:
    """Return ones of the given shape."""
    return _internal._ones(shape=shape, dtype=_kind(dtype), **kwargs)


def full(shape: int | Sequence[int], val: float, dtype: DTypeLike | None = None, **kwargs: Any) -> Symbol:
    """Return an array of the given shape in which every element is ``val``."""
    return _internal._full(shape=shape, dtype=_kind(dtype), value=float(val), **kwargs)


def eye(N: int, M: int = 0, k: int = 0, dtype: DTypeLike | None = None, **kwargs: Any) -> Symbol:
    """Return a matrix of N rows and M columns (0: N) with ones on diagonal ``k``."""
    return _internal._eye(N, M, k, dtype=_kind(dtype), **kwargs)


def arange(
    start: float,
    stop: float | None = None,
    step: float = 1.0,
    repeat: int = 1,
    infer_range: bool = False,
    name: str | None = None,
    dtype: DTypeLike | None = None,
) -> Symbol:
    """Return the numbers from ``start`` up to, and without, ``stop``.

    Args:
        start: The first number; with ``stop`` left out it is 0 and this is ``stop``.
        stop: End of the range.
        step: Distance of the numbers.
        repeat: How often each number stands.
        infer_range: Take the length from whoever uses the result; then ``stop`` is None and ``start`` the first.
        name: Name of the node.
        dtype: Type of the elements.
    """
    return _internal._arange(
        start=start, stop=stop, step=step, repeat=repeat, infer_range=infer_range, dtype=_kind(dtype), name=name
    )


def linspace(
    start: float,
    stop: float,
    num: int,
    endpoint: bool = True,
    name: str | None = None,
    dtype: DTypeLike | None = None,
) -> Symbol:
    """Return ``num`` evenly spaced numbers from ``start`` to ``stop``, which is left out with ``endpoint=False``."""
    return _internal._linspace(start=start, stop=stop, num=num, endpoint=endpoint, dtype=_kind(dtype), name=name)


def histogram(a: Symbol, bins: Any = 10, range: tuple[float, float] | None = None, **kwargs: Any) -> Symbol:
    """Return how many elements fall into each bin, and the edges of the bins.

    Args:
        a: The elements.
        bins: Number of equal bins, which needs ``range``, or the edges as a symbol.
        range: From where to where equal bins reach.
        **kwargs: ``name`` and ``attr``.
    """
    if isinstance(bins, int):
        if range is None:
            raise MXValueError("[histogram] a number of bins needs the range that they divide")
        return _internal._histogram(data=a, bin_cnt=bins, range=range, **kwargs)
    return _internal._histogram(data=a, bins=bins, **kwargs)


def split_v2(
    ary: Symbol, indices_or_sections: int | Sequence[int], axis: int = 0, squeeze_axis: bool = False
) -> Symbol:
    """Return the parts along ``axis``: that many equal ones, or parts that begin at the given indices."""
    if isinstance(indices_or_sections, int):
        return _internal._split_v2(ary, indices=(), axis=axis, squeeze_axis=squeeze_axis, sections=indices_or_sections)
    starts = (0, *indices_or_sections)
    return _internal._split_v2(ary, indices=starts, axis=axis, squeeze_axis=squeeze_axis, sections=_Null)
