"""Distances of predictions from labels; each is a mean over batches of the batch's value."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from .metric import EvalMetric, as_numpy, check_label_shapes, register

__all__ = ["MAE", "MSE", "RMSE"]


class _Distance(EvalMetric):
    def __init__(self, name: str, output_names: Sequence[str] | None, label_names: Sequence[str] | None) -> None:
        super().__init__(name, output_names, label_names, has_global_stats=True)

    def distance(self, difference: np.ndarray) -> float:
        """The value of one batch from label - prediction."""
        raise NotImplementedError

    def update(self, labels: Sequence[Any], preds: Sequence[Any]) -> None:
        """Adds one batch; one-axis arrays are taken as columns."""
        labels, preds = check_label_shapes(labels, preds, wrap=True)
        for label, pred in zip(labels, preds):
            label, pred = as_numpy(label), as_numpy(pred)
            label = label[:, None] if label.ndim == 1 else label
            pred = pred[:, None] if pred.ndim == 1 else pred
            self.add_value(self.distance(label - pred), 1)


@register
class MAE(_Distance):
    """Mean absolute error.

    Args:
        name: name in reports.
        output_names: names of the outputs to take, None for all.
        label_names: names of the labels to take, None for all.
    """

    def __init__(
        self,
        name: str = "mae",
        output_names: Sequence[str] | None = None,
        label_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(name, output_names, label_names)

    def distance(self, difference: np.ndarray) -> float:
        return float(np.abs(difference).mean())


@register
class MSE(_Distance):
    """Mean squared error.

    Args:
        name: name in reports.
        output_names: names of the outputs to take, None for all.
        label_names: names of the labels to take, None for all.
    """

    def __init__(
        self,
        name: str = "mse",
        output_names: Sequence[str] | None = None,
        label_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(name, output_names, label_names)

    def distance(self, difference: np.ndarray) -> float:
        return float(np.square(difference).mean())


@register
class RMSE(_Distance):
    """Root of the mean squared error, taken of each batch (the mean over batches is of roots).

    Args:
        name: name in reports.
        output_names: names of the outputs to take, None for all.
        label_names: names of the labels to take, None for all.
    """

    def __init__(
        self,
        name: str = "rmse",
        output_names: Sequence[str] | None = None,
        label_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(name, output_names, label_names)

    def distance(self, difference: np.ndarray) -> float:
        return math.sqrt(float(np.square(difference).mean()))
