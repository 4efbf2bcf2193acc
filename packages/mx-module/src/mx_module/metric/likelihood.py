"""Metrics of predicted probabilities."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from mx_core.base import MXAssertionError

from .metric import EvalMetric, alias, as_numpy, check_label_shapes, register

__all__ = ["CrossEntropy", "NegativeLogLikelihood", "Perplexity"]


@alias("ce")
@register
class CrossEntropy(EvalMetric):
    """Mean of ``-log(p[label] + eps)``.

    Args:
        eps: keeps the logarithm finite.
        name: name in reports.
        output_names: names of the outputs to take, None for all.
        label_names: names of the labels to take, None for all.
    """

    def __init__(
        self,
        eps: float = 1e-12,
        name: str = "cross-entropy",
        output_names: Sequence[str] | None = None,
        label_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(name, output_names, label_names, eps=eps, has_global_stats=True)
        self.eps = eps

    def update(self, labels: Sequence[Any], preds: Sequence[Any]) -> None:
        """Adds one batch: labels (n,), probabilities (n, classes).

        Raises:
            MXValueError: if the numbers of samples differ.
        """
        labels, preds = check_label_shapes(labels, preds, wrap=True)
        for label, pred in zip(labels, preds):
            label, pred = as_numpy(label).ravel(), as_numpy(pred)
            if label.size != pred.shape[0]:
                raise MXAssertionError(
                    f"[{type(self).__name__}.update] {label.size} labels and probabilities of shape {pred.shape}"
                )
            chosen = pred[np.arange(label.size), label.astype(np.int64)]
            self.add_value(float((-np.log(chosen + self.eps)).sum()), label.size)


@alias("nll_loss")
@register
class NegativeLogLikelihood(CrossEntropy):
    """The same number as :class:`CrossEntropy` under the name ``nll-loss``."""

    def __init__(
        self,
        eps: float = 1e-12,
        name: str = "nll-loss",
        output_names: Sequence[str] | None = None,
        label_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(eps, name, output_names, label_names)


@register
class Perplexity(EvalMetric):
    """``exp`` of the mean of ``-log(max(p[label], 1e-10))`` over all labels but ``ignore_label``.

    Args:
        ignore_label: label of padding, or None.
        axis: axis of the classes, the last.
        name: name in reports.
        output_names: names of the outputs to take, None for all.
        label_names: names of the labels to take, None for all.
    """

    def __init__(
        self,
        ignore_label: int | None,
        axis: int = -1,
        name: str = "perplexity",
        output_names: Sequence[str] | None = None,
        label_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(name, output_names, label_names, ignore_label=ignore_label, axis=axis, has_global_stats=True)
        self.ignore_label = ignore_label
        self.axis = axis

    def update(self, labels: Sequence[Any], preds: Sequence[Any]) -> None:
        """Adds one batch: labels of any shape, probabilities of that shape (or flattened) plus the axis of classes.

        Raises:
            MXValueError: if there are not as many labels as rows of probabilities.
        """
        labels, preds = check_label_shapes(labels, preds, wrap=True)
        total, count = 0.0, 0
        for label, pred in zip(labels, preds):
            label, pred = as_numpy(label).astype(np.int64).ravel(), np.moveaxis(as_numpy(pred), self.axis, -1)
            classes = pred.shape[-1]
            if label.size * classes != pred.size:
                raise MXAssertionError(
                    f"[Perplexity.update] {label.size} labels and probabilities of shape {pred.shape}"
                )
            # a label outside the classes (padding, often -1) takes the nearest class, as in MXNet
            chosen = pred.reshape(-1, classes)[np.arange(label.size), label.clip(0, classes - 1)]
            if self.ignore_label is not None:
                chosen = chosen[label != self.ignore_label]
            total -= float(np.log(np.maximum(chosen, 1e-10)).sum())
            count += chosen.size
        self.add_value(total, count)

    def _value(self, total: float, count: int) -> float:
        return math.exp(total / count)
