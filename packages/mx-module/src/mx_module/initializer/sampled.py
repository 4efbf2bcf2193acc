"""Initializers that draw from one distribution, whatever the shape."""

from __future__ import annotations

import numpy as np
from mx_core import random
from mx_core.base import MXValueError
from mx_core.ndarray import NDArray

from .initializer import Initializer, register

__all__ = ["Normal", "Orthogonal", "Uniform"]


@register
class Uniform(Initializer):
    """Uniform in [-scale, scale)."""

    def __init__(self, scale: float = 0.07) -> None:
        super().__init__(scale=scale)
        self.scale = scale

    def _init_weight(self, name: str, arr: NDArray) -> None:
        random.uniform(-self.scale, self.scale, out=arr)


@register
class Normal(Initializer):
    """Normal with mean 0 and standard deviation ``sigma``."""

    def __init__(self, sigma: float = 0.01) -> None:
        super().__init__(sigma=sigma)
        self.sigma = sigma

    def _init_weight(self, name: str, arr: NDArray) -> None:
        random.normal(0, self.sigma, out=arr)


@register
class Orthogonal(Initializer):
    """A matrix with orthogonal rows or columns (whichever are fewer), times ``scale``.

    The array is taken as a matrix of shape (first axis, product of the others).

    Args:
        scale: factor of the orthonormal matrix.
        rand_type: ``"uniform"`` or ``"normal"``, the distribution of the matrix that is orthogonalised.

    Raises:
        MXValueError: for another ``rand_type``.
    """

    def __init__(self, scale: float = 1.414, rand_type: str = "uniform") -> None:
        super().__init__(scale=scale, rand_type=rand_type)
        if rand_type not in ("uniform", "normal"):
            raise MXValueError(f"[Orthogonal] rand_type is {rand_type!r}: use 'uniform' or 'normal'")
        self.scale = scale
        self.rand_type = rand_type

    def _init_weight(self, name: str, arr: NDArray) -> None:
        shape = (arr.shape[0], int(np.prod(arr.shape[1:])))
        uniform = self.rand_type == "uniform"
        drawn = (random.uniform(-1.0, 1.0, shape=shape) if uniform else random.normal(0.0, 1.0, shape=shape)).asnumpy()
        left, _, right = np.linalg.svd(drawn, full_matrices=False)
        basis = left if left.shape == shape else right
        arr[:] = (self.scale * basis).reshape(arr.shape)
