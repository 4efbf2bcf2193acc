"""Operators that MXNet calls contributed, and functions made of operators."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from mx_core._absent import no_operator
from mx_core._ffi import SymbolBase
from mx_core.symbol import _internal, op, random
from mx_core.symbol._generated import namespace_contrib
from mx_core.symbol._generated.namespace_contrib import *  # noqa: F403
from mx_core.symbol.creation import full

if TYPE_CHECKING:
    from mx_core.symbol.symbol import Symbol

__all__ = [*namespace_contrib.__all__, "adamw_update", "mp_adamw_update", "rand_zipfian"]

__getattr__ = no_operator(__name__)


def _factor(rescale_grad: float | Symbol) -> Symbol:
    return rescale_grad if isinstance(rescale_grad, SymbolBase) else full((1,), rescale_grad)


def adamw_update(
    weight: Symbol,
    grad: Symbol,
    mean: Symbol,
    var: Symbol,
    rescale_grad: float | Symbol,
    lr: float,
    eta: float,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
    wd: float = 0,
    clip_gradient: float = -1,
    out: None = None,
    name: str | None = None,
    **kwargs: Any,
) -> Symbol:
    """Return the weight after a step of AdamW; see :func:`mx_core.ndarray.contrib.adamw_update`.

    ``out`` has no effect.
    """
    options = (lr, beta1, beta2, epsilon, wd, eta, clip_gradient)
    return _internal._adamw_update(weight, grad, mean, var, _factor(rescale_grad), *options, name=name, **kwargs)


def mp_adamw_update(
    weight: Symbol,
    grad: Symbol,
    mean: Symbol,
    var: Symbol,
    weight32: Symbol,
    rescale_grad: float | Symbol,
    lr: float,
    eta: float,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
    wd: float = 0,
    clip_gradient: float = -1,
    out: None = None,
    name: str | None = None,
    **kwargs: Any,
) -> Symbol:
    """:func:`adamw_update` for a half weight with a float32 copy, ``weight32``."""
    arrays = (weight, grad, mean, var, weight32, _factor(rescale_grad))
    options = (lr, beta1, beta2, epsilon, wd, eta, clip_gradient)
    return _internal._mp_adamw_update(*arrays, *options, name=name, **kwargs)


def rand_zipfian(true_classes: Symbol, num_sampled: int, range_max: int) -> tuple[Symbol, Symbol, Symbol]:
    """:func:`mx_core.ndarray.contrib.rand_zipfian` inside a network."""
    scale = math.log(range_max + 1)
    drawn = random.uniform(0, scale, shape=(num_sampled,), dtype="float64")
    classes = op.cast(op.exp(drawn) - 1, dtype="int64") % range_max

    def expected(numbers: Symbol) -> Symbol:
        wide = op.cast(numbers, dtype="float64")
        return op.log((wide + 2) / (wide + 1)) * (num_sampled / scale)

    return classes, expected(true_classes), expected(classes)
