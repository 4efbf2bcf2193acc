"""How a batch is divided between devices, and put together again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mx_core import ndarray as nd
from mx_core.base import MXValueError
from mx_core.context import Context
from mx_core.ndarray import NDArray
from mx_io.io import DataBatch, DataDesc

Groups = dict[str, Context]


def batch_axis(desc: DataDesc) -> int:
    """The axis of the batch; -1: every device gets the whole array."""
    return DataDesc.get_batch_axis(desc.layout)


def batch_size_of(descs: Sequence[DataDesc]) -> int:
    """The batch size of the inputs.

    Raises:
        MXValueError: if they disagree.
    """
    first: tuple[str, int] | None = None
    for desc in descs:
        axis = batch_axis(desc)
        if axis < 0:
            continue
        if first is None:
            first = desc.name, desc.shape[axis]
        elif desc.shape[axis] != first[1]:
            raise MXValueError(
                f"[Module.bind] all inputs must have the same batch size: {first[0]} has {first[1]}, {desc.name} of "
                f"shape {tuple(desc.shape)} has {desc.shape[axis]}"
            )
    return descs[0].shape[0] if first is None else first[1]


def divide(batch_size: int, work_loads: Sequence[float]) -> list[slice]:
    """The part of a batch that each device gets, in proportion to its work load; the last one takes the rest.

    Raises:
        MXValueError: if a device would get nothing.
    """
    total = sum(work_loads)
    counts = [round(load * batch_size / total) for load in work_loads]
    counts[-1] += max(0, batch_size - sum(counts))
    slices = []
    end = 0
    for count in counts:
        begin, end = min(end, batch_size), min(end + count, batch_size)
        if begin >= end:
            raise MXValueError(
                f"[Module.bind] too many slices: a batch of {batch_size} divided between {len(counts)} devices leaves "
                "some of them without work; give larger batches or fewer contexts"
            )
        slices.append(slice(begin, end))
    return slices


def sliced_desc(desc: DataDesc, part: slice) -> DataDesc:
    """The description of a device's part."""
    axis = batch_axis(desc)
    if axis < 0:
        return desc
    shape = (*desc.shape[:axis], part.stop - part.start, *desc.shape[axis + 1 :])
    return DataDesc(desc.name, shape, desc.dtype, desc.layout)


def sliced(array: Any, axis: int, part: slice) -> Any:
    """A device's part of an array of the batch."""
    if axis < 0 or (part.start == 0 and part.stop == array.shape[axis]):
        return array
    if axis == 0:
        return array[part.start : part.stop]
    if isinstance(array, NDArray):
        return nd.slice_axis(array, axis=axis, begin=part.start, end=part.stop)
    return array[(slice(None),) * axis + (part,)]


class DeviceArrays:
    """An input of a batch that comes divided already: an array for each device."""

    def __init__(self, parts: Sequence[Any]) -> None:
        self.parts = parts
        shape, *others = [tuple(part.shape) for part in parts]
        if any(other != shape for other in others):
            raise MXValueError(f"[Module.forward] batches in a list must have equal shapes, got {[shape, *others]}")
        self.shape = (len(parts) * shape[0], *shape[1:])


def joined(batches: Sequence[DataBatch], count: int) -> DataBatch:
    """One batch of a list with a batch for each of ``count`` devices."""
    if len(batches) != count:
        raise MXValueError(f"[Module.forward] a list of {len(batches)} batches for {count} devices: give one for each")
    data = [DeviceArrays(parts) for parts in zip(*(batch.data for batch in batches))]
    label = [DeviceArrays(parts) for parts in zip(*(batch.label or () for batch in batches))]
    return DataBatch(data, label)


def merged(parts: Sequence[NDArray], axis: int) -> NDArray:
    """The parts in one array, on the device of the first; without a batch axis all are equal, and the first will do."""
    if axis < 0 or len(parts) == 1:
        return parts[0]
    return nd.concat(*(part.as_in_context(parts[0].context) for part in parts), dim=axis)


def groups_by_device(group2ctxs: Any, count: int) -> list[Groups | None]:
    """The ``group2ctx`` of each of ``count`` executors.

    Args:
        group2ctxs: None; a list with a dict for each executor; or a dict whose values are a Context for all, or a list
            of one Context for each.
        count: number of executors.

    Raises:
        MXValueError: for anything else.
    """
    if group2ctxs is None:
        return [None] * count
    if isinstance(group2ctxs, (list, tuple)):
        if len(group2ctxs) != count:
            raise MXValueError(f"[Module] group2ctxs has {len(group2ctxs)} dicts for {count} contexts")
        return list(group2ctxs)
    if not isinstance(group2ctxs, Mapping):
        raise MXValueError(f"[Module] group2ctxs is a {type(group2ctxs).__name__}: give a dict, or a list of dicts")
    result: list[Groups | None] = [{} for _ in range(count)]
    for name, given in group2ctxs.items():
        contexts = [given] if isinstance(given, Context) else list(given)
        if len(contexts) not in (1, count):
            raise MXValueError(f"[Module] group2ctxs[{name!r}] has {len(contexts)} contexts: give 1 or {count}")
        for i, groups in enumerate(result):
            groups[name] = contexts[i % len(contexts)]  # type: ignore[index]
    return result
