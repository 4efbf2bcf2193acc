"""Metrics from names, functions and lists."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .composite import CompositeEvalMetric
from .custom import CustomMetric
from .metric import EvalMetric, create_registered

__all__ = ["create"]


def create(metric: str | Callable[..., Any] | EvalMetric | list[Any], *args: Any, **kwargs: Any) -> EvalMetric:
    """A metric from a registered name, a function, a metric (returned as it is), a configuration, or a list of these.

    Example:
        >>> create(["acc", "ce"]).get_name_value()
        [('accuracy', nan), ('cross-entropy', nan)]
    """
    if isinstance(metric, list):
        composite = CompositeEvalMetric()
        for one in metric:
            composite.add(create(one, *args, **kwargs))
        return composite
    if callable(metric) and not isinstance(metric, EvalMetric):
        return CustomMetric(metric, *args, **kwargs)
    return create_registered(metric, *args, **kwargs)
