"""Putting arrays together and taking them apart."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mx_core.base import MXArgumentError, MXAssertionError, MXTypeError, MXValueError
from mx_core.ndarray import _internal, op
from mx_core.ndarray._call import require_array
from mx_core.ndarray.creation import array

if TYPE_CHECKING:
    from mx_core.ndarray.ndarray import NDArray

__all__ = ["concatenate", "histogram", "moveaxis", "onehot_encode", "split_v2"]


def concatenate(arrays: Sequence[NDArray], axis: int = 0, always_copy: bool = True) -> NDArray:
    """Return the arrays one behind the other along ``axis``.

    Args:
        arrays: At least one array; all other axes must agree.
        axis: Along which axis.
        always_copy: Return a copy even where there is one array only.
    """
    if not isinstance(arrays, Sequence):
        raise MXArgumentError(f"[concatenate] arrays must be a list of NDArrays, got {type(arrays).__name__}")
    if not arrays:
        raise MXAssertionError("[concatenate] there are no arrays")
    for each in arrays:
        require_array(each, "concatenate] each of arrays")
    if len(arrays) == 1:
        return arrays[0].copy() if always_copy else arrays[0]
    return op.concat(*arrays, dim=axis)


def moveaxis(tensor: NDArray, source: int | Sequence[int], destination: int | Sequence[int]) -> NDArray:
    """Return the array with some axes moved to other places; the others keep their order.

    >>> import mx_core as mx
    >>> mx.nd.moveaxis(mx.nd.zeros((2, 3, 4)), 0, 2).shape
    (3, 4, 2)
    """
    require_array(tensor, "moveaxis] tensor")
    ndim = tensor.ndim
    sources, places = _axes(source, "source"), _axes(destination, "destination")
    for axes in (sources, places):
        if len(set(axes)) != len(axes) or not all(-ndim <= axis < ndim for axis in axes):
            raise MXValueError(f"[moveaxis] an array of shape {tensor.shape} has no such axes: {axes}")
    if len(sources) != len(places):
        raise MXValueError(f"[moveaxis] {len(sources)} axes cannot move to {len(places)} places")
    sources = [axis % ndim for axis in sources]
    places = [axis % ndim for axis in places]
    order = [axis for axis in range(ndim) if axis not in sources]
    for place, axis in sorted(zip(places, sources)):
        order.insert(place, axis)
    return op.transpose(tensor, axes=tuple(order))


def _axes(given: int | Sequence[int], what: str) -> list[int]:
    try:
        return [operator.index(axis) for axis in (given if isinstance(given, Sequence) else [given])]
    except TypeError:
        raise MXTypeError(f"[moveaxis] {what} must be an axis or a tuple of axes, got {given!r}") from None


def split_v2(ary: NDArray, indices_or_sections: int | Sequence[int], axis: int = 0, squeeze_axis: bool = False) -> Any:
    """Return the parts of an array along ``axis``.

    Args:
        ary: The array.
        indices_or_sections: A number of equal parts, or the indices where parts begin.
        axis: Along which axis.
        squeeze_axis: Leave out the axis, which must have length 1 in every part.
    """
    require_array(ary, "split_v2] ary")
    if isinstance(indices_or_sections, int):
        if not isinstance(axis, int) or not -ary.ndim <= axis < ary.ndim:
            raise MXValueError(f"[split_v2] an array of shape {ary.shape} has no axis {axis!r}")
        length = ary.shape[axis]
        if indices_or_sections < 1 or length % indices_or_sections:
            raise MXValueError(f"[split_v2] axis {axis} of {ary.shape} has no {indices_or_sections} equal parts")
        return _internal._split_v2(ary, (), axis, squeeze_axis, indices_or_sections)
    if not isinstance(indices_or_sections, Sequence):
        raise MXTypeError(f"[split_v2] indices_or_sections must be an integer or a tuple, got {indices_or_sections!r}")
    return _internal._split_v2(ary, (0, *indices_or_sections), axis, squeeze_axis)


def histogram(
    a: NDArray, bins: int | NDArray = 10, range: tuple[float, float] | None = None
) -> tuple[NDArray, NDArray]:
    """Return how many elements fall into each bin, and the edges of the bins.

    Args:
        a: The elements.
        bins: Number of equal bins, or the edges.
        range: From where to where equal bins reach; from the smallest to the largest element where it is None. The
            counts are int64, but float32 without a range.
    """
    require_array(a, "histogram] a")
    if not isinstance(bins, int):
        return tuple(_internal._histogram(a, bins))
    if range is None:
        try:
            counts, edges = np.histogram(a.asnumpy(), bins)
        except ValueError as error:
            raise MXValueError(f"[histogram] {bins} bins of an array of shape {a.shape}: {error}") from None
        return array(counts, ctx=a.context), array(edges, ctx=a.context)
    return tuple(_internal._histogram(a, bin_cnt=bins, range=range))


def onehot_encode(indices: NDArray, out: NDArray) -> NDArray:
    """Write one-hot rows into ``out`` (n, classes): 1 at the place that ``indices`` (n) name, 0 elsewhere."""
    require_array(out, "onehot_encode] out")
    if out.ndim != 2:
        raise MXValueError(f"[onehot_encode] out must have the shape (n, classes), got {out.shape}")
    return op.one_hot(indices, depth=out.shape[1], dtype=out.dtype, out=out)
