"""Operators that MXNet calls contributed, and functions made of operators."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mx_core.symbol import op, random
from mx_core.symbol._generated import namespace_contrib
from mx_core.symbol._generated.namespace_contrib import *  # noqa: F403

if TYPE_CHECKING:
    from mx_core.symbol.symbol import Symbol

__all__ = [*namespace_contrib.__all__, "rand_zipfian"]


def rand_zipfian(true_classes: Symbol, num_sampled: int, range_max: int) -> tuple[Symbol, Symbol, Symbol]:
    """:func:`mx_core.ndarray.contrib.rand_zipfian` inside a network."""
    scale = math.log(range_max + 1)
    drawn = random.uniform(0, scale, shape=(num_sampled,), dtype="float64")
    classes = op.cast(op.exp(drawn) - 1, dtype="int64") % range_max

    def expected(numbers: Symbol) -> Symbol:
        wide = op.cast(numbers, dtype="float64")
        return op.log((wide + 2) / (wide + 1)) * (num_sampled / scale)

    return classes, expected(true_classes), expected(classes)
