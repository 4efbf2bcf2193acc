"""Operators that MXNet calls contributed, and functions made of operators."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from mx_core._absent import no_operator
from mx_core.base import MXValueError
from mx_core.context import Context, current_context
from mx_core.ndarray import op, random, updates
from mx_core.ndarray._call import require_array
from mx_core.ndarray._generated import namespace_contrib
from mx_core.ndarray._generated.namespace_contrib import *  # noqa: F403
from mx_core.ndarray.updates import *  # noqa: F403

if TYPE_CHECKING:
    from mx_core.ndarray.ndarray import NDArray

__all__ = [*namespace_contrib.__all__, *updates.__all__, "isfinite", "isinf", "isnan", "rand_zipfian"]

__getattr__ = no_operator(__name__)


def isnan(data: NDArray) -> NDArray:
    """Return 1 where an element is NaN and 0 elsewhere, in the dtype of the array.

    >>> import mx_core as mx
    >>> mx.nd.contrib.isnan(mx.nd.array([1, float("nan")])).asnumpy().tolist()
    [0.0, 1.0]
    """
    return data != data


def isinf(data: NDArray) -> NDArray:
    """Return 1 where an element is infinite and 0 elsewhere, in the dtype of the array.

    >>> import mx_core as mx
    >>> mx.nd.contrib.isinf(mx.nd.array([1, float("-inf")])).asnumpy().tolist()
    [0.0, 1.0]
    """
    require_array(data, "contrib.isinf] data")
    if np.dtype(data.dtype).kind in "iub":
        return op.zeros_like(data)
    return op.abs(data) == np.inf


def isfinite(data: NDArray) -> NDArray:
    """Return 1 where an element is neither NaN nor infinite and 0 elsewhere, in the dtype of the array.

    >>> import mx_core as mx
    >>> mx.nd.contrib.isfinite(mx.nd.array([1, float("inf"), float("nan")])).asnumpy().tolist()
    [1.0, 0.0, 0.0]
    """
    require_array(data, "contrib.isfinite] data")
    if np.dtype(data.dtype).kind in "iub":
        return op.ones_like(data)
    return op.abs(data) < np.inf


def rand_zipfian(
    true_classes: NDArray, num_sampled: int, range_max: int, ctx: Context | str | None = None
) -> tuple[NDArray, NDArray, NDArray]:
    """Draw classes of which the k-th is about k times rarer than the first, as in sampled losses.

    Class k has the probability ``log((k + 2) / (k + 1)) / log(range_max + 1)``.

    Args:
        true_classes: Classes of the examples.
        num_sampled: How many to draw.
        range_max: How many classes there are.
        ctx: The device; the current one where it is None.

    Returns:
        The classes drawn, int64; how often each true class, and each class drawn, is expected among as many draws,
        float64.
    """
    require_array(true_classes, "contrib.rand_zipfian] true_classes")
    for value, what in ((num_sampled, "num_sampled"), (range_max, "range_max")):
        if not isinstance(value, int | np.integer) or value < 1:
            raise MXValueError(f"[contrib.rand_zipfian] {what} must be a positive integer, got {value!r}")
    device: Any = current_context() if ctx is None else Context(ctx)
    scale = math.log(range_max + 1)
    drawn = random.uniform(0, scale, shape=(num_sampled,), dtype="float64", ctx=device)
    classes = (op.exp(drawn) - 1).astype("int64") % range_max

    def expected(numbers: NDArray) -> NDArray:
        wide = numbers.astype("float64")
        return op.log((wide + 2) / (wide + 1)) * (num_sampled / scale)

    return classes, expected(true_classes.as_in_context(device)), expected(classes)
