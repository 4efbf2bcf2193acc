"""The initializer of upsampling layers."""

from __future__ import annotations

import math

import numpy as np
from mx_core.base import MXValueError
from mx_core.ndarray import NDArray

from .initializer import Initializer, register

__all__ = ["Bilinear"]


def bilinear_kernel(shape: tuple[int, ...]) -> np.ndarray:
    """Weights of shape (..., height, width), float32, that interpolate linearly along both axes."""
    if len(shape) < 2:
        raise MXValueError(f"[Bilinear] shape {shape}: at least 2 axes (height, width) are needed")
    height, width = shape[-2:]
    factor = math.ceil(width / 2.0)
    centre = (2 * factor - 1 - factor % 2) / (2.0 * factor)
    across = 1 - np.abs(np.arange(width) / factor - centre)
    down = 1 - np.abs(np.arange(height) / factor - centre)
    return np.broadcast_to(np.outer(down, across), shape).astype(np.float32)


@register
class Bilinear(Initializer):
    """Weights of a Deconvolution that upsamples by linear interpolation."""

    def __init__(self) -> None:
        super().__init__()

    def _init_weight(self, name: str, arr: NDArray) -> None:
        arr[:] = bilinear_kernel(arr.shape)
