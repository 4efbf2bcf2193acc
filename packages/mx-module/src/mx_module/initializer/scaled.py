"""Initializers whose scale follows the number of inputs and outputs of a layer."""

from __future__ import annotations

import math

from mx_core import random
from mx_core.base import MXValueError
from mx_core.ndarray import NDArray

from .initializer import Initializer, register

__all__ = ["MSRAPrelu", "Xavier"]


@register
class Xavier(Initializer):
    """Keeps the scale of signals (or gradients) about equal over the layers (Glorot and Bengio).

    With s = sqrt(magnitude / factor), uniform in [-s, s) or normal with standard deviation s. A weight of shape
    (out, in, ...) has fan_in = in * product(rest) and fan_out = out * product(rest).

    Args:
        rnd_type: ``"uniform"`` or ``"gaussian"``.
        factor_type: ``"avg"`` (mean of the fans), ``"in"`` or ``"out"``.
        magnitude: scale of the random numbers.

    Raises:
        MXValueError: when called on fewer than 2 axes, or with another ``rnd_type`` or ``factor_type``.
    """

    def __init__(self, rnd_type: str = "uniform", factor_type: str = "avg", magnitude: float = 3) -> None:
        super().__init__(rnd_type=rnd_type, factor_type=factor_type, magnitude=magnitude)
        if rnd_type not in ("uniform", "gaussian"):
            raise MXValueError(f"[Xavier] rnd_type is {rnd_type!r}: use 'uniform' or 'gaussian'")
        if factor_type not in ("avg", "in", "out"):
            raise MXValueError(f"[Xavier] factor_type is {factor_type!r}: use 'avg', 'in' or 'out'")
        self.rnd_type = rnd_type
        self.factor_type = factor_type
        self.magnitude = float(magnitude)

    def _init_weight(self, name: str, arr: NDArray) -> None:
        shape = arr.shape
        if len(shape) < 2:
            raise MXValueError(
                f"[{type(self).__name__}] {name} has shape {shape}: at least 2 axes (outputs, inputs) are needed"
            )
        receptive = math.prod(shape[2:])
        fan_in, fan_out = shape[1] * receptive, shape[0] * receptive
        factor = {"avg": (fan_in + fan_out) / 2.0, "in": fan_in, "out": fan_out}[self.factor_type]
        scale = math.sqrt(self.magnitude / factor)
        if self.rnd_type == "uniform":
            random.uniform(-scale, scale, out=arr)
        else:
            random.normal(0, scale, out=arr)


@register
class MSRAPrelu(Xavier):
    """The scale for layers followed by PReLU or ReLU (He et al.): Xavier, gaussian, magnitude 2 / (1 + slope^2).

    Args:
        factor_type: ``"avg"``, ``"in"`` or ``"out"``.
        slope: slope of the activation for negative values, at the start of the training.
    """

    def __init__(self, factor_type: str = "avg", slope: float = 0.25) -> None:
        super().__init__("gaussian", factor_type, 2.0 / (1 + slope**2))
        self._kwargs = {"factor_type": factor_type, "slope": slope}
