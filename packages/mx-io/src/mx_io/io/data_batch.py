"""DataBatch: the arrays of one batch."""

from __future__ import annotations

from typing import Any

from mx_core.base import MXArgumentError


class DataBatch:
    """The arrays of one batch, and what belongs to them.

    Args:
        data: list of NDArray, in the order of the iterator's ``provide_data``.
        label: list of NDArray in the order of ``provide_label``, or None.
        pad: how many examples at the end only fill the batch up.
        index: ids of the examples, or None.
        bucket_key: which network a BucketingModule runs this batch through.
        provide_data: descriptions of ``data`` where they differ from batch to batch.
        provide_label: the same of ``label``.

    Raises:
        MXTypeError: ``data`` or ``label`` is not a list or tuple.

    Example:
        >>> from mx_core import nd
        >>> print(DataBatch([nd.zeros((2, 3))], [nd.zeros(2)]))
        DataBatch: data shapes: [(2, 3)] label shapes: [(2,)]
    """

    def __init__(
        self,
        data: list[Any] | tuple[Any, ...] | None,
        label: list[Any] | tuple[Any, ...] | None = None,
        pad: int | None = None,
        index: Any = None,
        bucket_key: Any = None,
        provide_data: list[Any] | None = None,
        provide_label: list[Any] | None = None,
    ) -> None:
        for name, arrays in (("data", data), ("label", label)):
            if arrays is not None and not isinstance(arrays, (list, tuple)):
                raise MXArgumentError(f"[DataBatch] {name} is a {type(arrays).__name__}, must be a list of NDArrays")
        self.data: Any = data
        self.label: Any = label
        self.pad = pad
        self.index = index
        self.bucket_key = bucket_key
        self.provide_data = provide_data
        self.provide_label = provide_label

    def __str__(self) -> str:
        data = [array.shape for array in self.data or []]
        label = [array.shape for array in self.label] if self.label else None
        return f"{type(self).__name__}: data shapes: {data} label shapes: {label}"
