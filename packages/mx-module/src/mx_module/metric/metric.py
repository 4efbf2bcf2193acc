"""The base of all metrics, and their registry."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from mx_core.base import MXValueError
from mx_core.ndarray import NDArray
from mx_core.registry import get_alias_func, get_create_func, get_register_func

__all__ = ["EvalMetric", "check_label_shapes", "register"]

Arrays = Sequence[Any]


def as_numpy(array: NDArray | np.ndarray) -> np.ndarray:
    """The values of an NDArray or NumPy array as a NumPy array."""
    return array.asnumpy() if isinstance(array, NDArray) else np.asarray(array)


def check_label_shapes(labels: Any, preds: Any, wrap: bool = False, shape: bool = False) -> tuple[Any, Any]:
    """Checks that there are as many labels as predictions.

    Args:
        labels: array, or list of arrays.
        preds: array, or list of arrays.
        wrap: return single arrays as lists of one.
        shape: compare the shapes instead of the lengths.

    Raises:
        MXValueError: if they differ.
    """
    ours, theirs = (labels.shape, preds.shape) if shape else (len(labels), len(preds))
    if ours != theirs:
        raise MXValueError(
            f"[EvalMetric.update] labels {ours} and predictions {theirs} do not match in number or shape"
        )
    if wrap:
        labels = [labels] if isinstance(labels, (NDArray, np.ndarray)) else labels
        preds = [preds] if isinstance(preds, (NDArray, np.ndarray)) else preds
    return labels, preds


class EvalMetric:
    """Base of all metrics: a sum over what :meth:`update` saw, divided by a count.

    Two sums are kept: the local one is cleared by :meth:`reset_local` (Speedometer does so at each report), the global
    one only by :meth:`reset`. Both values are NaN before the first update.

    Args:
        name: name in reports.
        output_names: names of the outputs that :meth:`update_dict` takes, None for all.
        label_names: names of the labels that :meth:`update_dict` takes, None for all.
        **kwargs: the constructor's other arguments, for :meth:`get_config`.

    A subclass defines :meth:`update` and adds there to ``sum_metric`` and ``num_inst`` (through :meth:`add_value`,
    which serves the global sums too).
    """

    def __init__(
        self,
        name: str,
        output_names: Sequence[str] | None = None,
        label_names: Sequence[str] | None = None,
        **kwargs: Any,
    ) -> None:
        self.name = str(name)
        self.output_names = output_names
        self.label_names = label_names
        self._has_global_stats = kwargs.pop("has_global_stats", False)
        self._kwargs = kwargs
        self.reset()

    def __str__(self) -> str:
        return f"EvalMetric: {dict(self.get_name_value())}"

    def get_config(self) -> dict[str, Any]:
        """What :func:`create` needs to make the same metric again."""
        return {
            **self._kwargs,
            "metric": type(self).__name__,
            "name": self.name,
            "output_names": self.output_names,
            "label_names": self.label_names,
        }

    def update(self, labels: Arrays, preds: Arrays) -> None:
        """Adds one batch: a list of label arrays and a list of output arrays."""
        raise NotImplementedError(f"[{type(self).__name__}] a metric must define update")

    def update_dict(self, label: dict[str, Any], pred: dict[str, Any]) -> None:
        """Adds one batch given by names; ``label_names`` and ``output_names`` choose from it."""
        labels = list(label.values()) if self.label_names is None else [label[name] for name in self.label_names]
        preds = list(pred.values()) if self.output_names is None else [pred[name] for name in self.output_names]
        self.update(labels, preds)

    def add_value(self, value: float, count: int) -> None:
        """Adds ``value`` to both sums and ``count`` to both counts."""
        self.sum_metric += value
        self.num_inst += count
        self.global_sum_metric += value
        self.global_num_inst += count

    def reset(self) -> None:
        """Clears both sums."""
        self.global_sum_metric: float = 0.0
        self.global_num_inst: int = 0
        self.reset_local()

    def reset_local(self) -> None:
        """Clears the local sum only."""
        self.sum_metric: float = 0.0
        self.num_inst: int = 0

    def _value(self, total: float, count: int) -> float:
        """The metric from a sum and a count above 0."""
        return total / count

    def _get(self, total: float, count: int) -> tuple[Any, Any]:
        return (self.name, self._value(total, count) if count else float("nan"))

    def get(self) -> tuple[Any, Any]:
        """(name, value) since the last reset of any kind; lists of names and values for composites."""
        return self._get(self.sum_metric, self.num_inst)

    def get_global(self) -> tuple[Any, Any]:
        """(name, value) since the last :meth:`reset`."""
        return self._get(self.global_sum_metric, self.global_num_inst) if self._has_global_stats else self.get()

    def get_name_value(self) -> list[tuple[str, float]]:
        """:meth:`get` as a list of pairs."""
        return _pairs(self.get())

    def get_global_name_value(self) -> list[tuple[str, float]]:
        """:meth:`get_global` as a list of pairs."""
        return _pairs(self.get_global())


def _pairs(got: tuple[Any, Any]) -> list[tuple[str, float]]:
    names, values = (one if isinstance(one, list) else [one] for one in got)
    return list(zip(names, values))


register = get_register_func(EvalMetric, "metric")
alias = get_alias_func(EvalMetric, "metric")
create_registered = get_create_func(EvalMetric, "metric")
