"""How often a classifier is right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from mx_core.base import MXValueError

from .metric import EvalMetric, alias, as_numpy, check_label_shapes, register

__all__ = ["Accuracy", "TopKAccuracy"]


@alias("acc")
@register
class Accuracy(EvalMetric):
    """Part of the predictions that equal the label.

    Predictions whose shape differs from the labels' are scores: the class is the argmax along ``axis``.

    Args:
        axis: axis of the classes.
        name: name in reports.
        output_names: names of the outputs to take, None for all.
        label_names: names of the labels to take, None for all.

    Example:
        >>> metric = Accuracy()
        >>> metric.update([np.array([0, 1])], [np.array([[0.9, 0.1], [0.6, 0.4]])])
        >>> metric.get()
        ('accuracy', 0.5)
    """

    def __init__(
        self,
        axis: int = 1,
        name: str = "accuracy",
        output_names: Sequence[str] | None = None,
        label_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(name, output_names, label_names, axis=axis, has_global_stats=True)
        self.axis = axis

    def update(self, labels: Sequence[Any], preds: Sequence[Any]) -> None:
        """Adds one batch.

        Raises:
            MXValueError: if numbers or shapes of labels and predictions do not match.
        """
        labels, preds = check_label_shapes(labels, preds, wrap=True)
        for label, pred in zip(labels, preds):
            label, pred = as_numpy(label), as_numpy(pred)
            if pred.shape != label.shape:
                pred = pred.argmax(axis=self.axis)
            label, pred = label.astype(np.int32).ravel(), pred.astype(np.int32).ravel()
            check_label_shapes(label, pred)
            self.add_value(int(np.count_nonzero(pred == label)), pred.size)


@alias("top_k_accuracy", "top_k_acc")
@register
class TopKAccuracy(EvalMetric):
    """Part of the samples whose label is among the ``top_k`` highest scores.

    Args:
        top_k: number of guesses, at least 2.
        name: name in reports; ``_<top_k>`` is appended.
        output_names: names of the outputs to take, None for all.
        label_names: names of the labels to take, None for all.

    Raises:
        MXValueError: if ``top_k`` is below 2, or (in update) the scores have more than 2 axes.
    """

    def __init__(
        self,
        top_k: int = 1,
        name: str = "top_k_accuracy",
        output_names: Sequence[str] | None = None,
        label_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(name, output_names, label_names, top_k=top_k, has_global_stats=True)
        if top_k < 2:
            raise MXValueError(f"[TopKAccuracy] top_k is {top_k}: use Accuracy for one guess")
        self.top_k = top_k
        self.name += f"_{top_k}"

    def get_config(self) -> dict[str, Any]:
        """The configuration; the name is the one given to the constructor."""
        return {**super().get_config(), "name": self.name.removesuffix(f"_{self.top_k}")}

    def update(self, labels: Sequence[Any], preds: Sequence[Any]) -> None:
        """Adds one batch: labels (n,), scores (n, classes), or classes (n,)."""
        labels, preds = check_label_shapes(labels, preds, wrap=True)
        for label, pred in zip(labels, preds):
            label, pred = as_numpy(label).astype(np.int32).ravel(), as_numpy(pred)
            if pred.ndim > 2:
                raise MXValueError(f"[TopKAccuracy.update] scores of shape {pred.shape}: (samples, classes) is needed")
            check_label_shapes(label, pred)
            if pred.ndim == 1:
                hits = pred.astype(np.int32) == label
            else:
                guesses = min(self.top_k, pred.shape[1])
                best = np.argpartition(pred.astype(np.float32), -guesses, axis=1)[:, -guesses:]
                hits = (best == label[:, None]).any(axis=1)
            self.add_value(int(np.count_nonzero(hits)), label.size)
