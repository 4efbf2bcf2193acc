"""What users give as data or label, in one form: a list of (name, array) in the order of the names."""

from __future__ import annotations

import sys
from operator import itemgetter
from typing import Any

import numpy as np
from mx_core.base import MXNetError, MXTypeError, MXValueError, mx_real_t
from mx_core.ndarray import NDArray, array

_KINDS = "an NDArray, a NumPy array, an h5py.Dataset, a list of them, or a dict of them by name"


def on_disk(value: Any) -> bool:
    """Whether ``value`` is an h5py.Dataset, which is read batch by batch."""
    h5py = sys.modules.get("h5py")  # who has a Dataset has imported it
    return h5py is not None and isinstance(value, h5py.Dataset)


def _canonical(name: str, value: Any) -> Any:
    if isinstance(value, NDArray) or on_disk(value):
        return value
    try:
        return array(value)
    except (TypeError, ValueError, MXNetError) as error:
        raise MXTypeError(
            f"[NDArrayIter] {name!r} is a {type(value).__name__}, must be an NDArray, a NumPy array or an h5py.Dataset"
        ) from error


def named_arrays(data: Any, default_name: str) -> list[tuple[str, Any]]:
    """The arrays of ``data`` by name; one array is called ``default_name``, several ``_0_<default_name>`` and so on.

    What is not an NDArray becomes one by the rules of ``nd.array``: float32, whatever its dtype was.
    """
    if isinstance(data, (np.ndarray, NDArray)) or on_disk(data):
        data = [data]
    if isinstance(data, list):
        if len(data) == 1:
            data = {default_name: data[0]}
        else:
            data = {f"_{i}_{default_name}": value for i, value in enumerate(data)}
    if not isinstance(data, dict):
        raise MXTypeError(f"[NDArrayIter] {default_name} is a {type(data).__name__}, must be {_KINDS}")
    return sorted(((name, _canonical(name, value)) for name, value in data.items()), key=itemgetter(0))


def check_lengths(arrays: list[tuple[str, Any]], layout: str) -> int:
    """The number of examples, which all ``arrays`` must share along the batch axis of ``layout``."""
    axis = layout.find("N")
    if axis < 0:
        raise MXValueError(f"[NDArrayIter] layout is {layout!r}, must have an N for the batch axis")
    for name, value in arrays:
        if len(value.shape) <= axis:
            raise MXValueError(
                f"[NDArrayIter] {name!r} has shape {value.shape}, layout {layout!r} has its batch on axis {axis}"
            )
    lengths = {name: value.shape[axis] for name, value in arrays}
    if len(set(lengths.values())) != 1:
        raise MXValueError(f"[NDArrayIter] arrays differ in their number of examples (axis {axis}): {lengths}")
    return next(iter(lengths.values()))


def dtype_of(value: Any) -> Any:
    """The dtype of the batches of ``value``."""
    return mx_real_t if on_disk(value) else value.dtype


def pick(value: Any, axis: int, rows: slice | np.ndarray) -> Any:
    """A copy of the ``rows`` along ``axis``: who changes a batch in place must not change the data set."""
    lead = (slice(None),) * axis
    if not on_disk(value):
        if axis:
            return value[(*lead, rows)]
        return value[rows].copy() if isinstance(rows, slice) else value[rows]
    if isinstance(rows, slice):
        return array(value[(*lead, rows)])
    ascending, back = np.unique(rows, return_inverse=True)  # h5py reads rows in ascending order, each once
    return array(np.take(value[(*lead, ascending)], back, axis))
