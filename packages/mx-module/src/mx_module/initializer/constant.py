"""Initializers that give a known value."""

from __future__ import annotations

from typing import Any

import numpy as np
from mx_core.ndarray import NDArray

from .initializer import Initializer, alias, register

__all__ = ["Constant", "One", "Zero"]


@alias("zeros")
@register
class Zero(Initializer):
    """All elements 0."""

    def __init__(self) -> None:
        super().__init__()

    def _init_weight(self, name: str, arr: NDArray) -> None:
        arr[:] = 0


@alias("ones")
@register
class One(Initializer):
    """All elements 1."""

    def __init__(self) -> None:
        super().__init__()

    def _init_weight(self, name: str, arr: NDArray) -> None:
        arr[:] = 1


@register
class Constant(Initializer):
    """A number for all elements, or an array (also nested lists) of the parameter's shape.

    Example:
        >>> Constant(3).dumps()
        '["constant", {"value": 3}]'
    """

    def __init__(self, value: Any) -> None:
        super().__init__(value=value)
        self.value = value

    def _init_weight(self, name: str, arr: NDArray) -> None:
        arr[:] = np.asarray(self.value, dtype=arr.dtype) if isinstance(self.value, (list, tuple)) else self.value

    def dumps(self) -> str:
        """The JSON text; an array is written as nested lists."""
        value = self.value
        if isinstance(value, NDArray):
            value = value.asnumpy()
        if isinstance(value, (np.ndarray, np.generic)):
            value = value.tolist()
        return Initializer.dumps(Constant(value)) if value is not self.value else super().dumps()
