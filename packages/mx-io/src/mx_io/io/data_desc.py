"""DataDesc: name, shape, dtype and layout of one array of a batch."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from mx_core.base import mx_real_t


class _NameAndShape(NamedTuple):
    name: str
    shape: tuple[int, ...]


class DataDesc(_NameAndShape):
    """Describes one array of a batch. As a tuple it is ``(name, shape)``, and compares as such.

    Args:
        name: of the input that the array is for.
        shape: of the array, batch axis included.
        dtype: of the array.
        layout: one letter per axis; ``N`` marks the batch axis.

    Example:
        >>> desc = DataDesc("data", (32, 3, 224, 224))
        >>> desc.layout, DataDesc.get_batch_axis(desc.layout)
        ('NCHW', 0)
    """

    dtype: Any
    layout: str | None

    def __new__(
        cls, name: str, shape: tuple[int, ...], dtype: Any = mx_real_t, layout: str | None = "NCHW"
    ) -> DataDesc:
        desc = super().__new__(cls, name, shape)
        desc.dtype = dtype
        desc.layout = layout
        return desc

    def __repr__(self) -> str:
        return f"DataDesc[{self.name},{self.shape},{self.dtype},{self.layout}]"

    @staticmethod
    def get_batch_axis(layout: str | None) -> int:
        """Which axis of ``layout`` is the batch: 0 where ``layout`` is None, -1 where it has no ``N``."""
        return 0 if layout is None else layout.find("N")

    @staticmethod
    def get_list(
        shapes: Iterable[tuple[str, tuple[int, ...]]], types: Iterable[tuple[str, Any]] | None
    ) -> list[DataDesc]:
        """Descriptions from ``(name, shape)`` pairs and ``(name, dtype)`` pairs (None: all float32)."""
        if types is None:
            return [DataDesc(name, shape) for name, shape in shapes]
        dtypes = dict(types)
        return [DataDesc(name, shape, dtypes[name]) for name, shape in shapes]
