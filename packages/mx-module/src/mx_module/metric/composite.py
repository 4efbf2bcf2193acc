"""Several metrics as one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mx_core.base import MXIndexError

from .metric import EvalMetric, alias, register

__all__ = ["CompositeEvalMetric"]


@alias("composite")
@register
class CompositeEvalMetric(EvalMetric):
    """Updates several metrics together; its names and values are lists.

    Args:
        metrics: metrics, or anything :func:`~mx_module.metric.create` takes.
        name: name in reports.
        output_names: names of the outputs to take, None for all.
        label_names: names of the labels to take, None for all.
    """

    def __init__(
        self,
        metrics: Sequence[Any] | None = None,
        name: str = "composite",
        output_names: Sequence[str] | None = None,
        label_names: Sequence[str] | None = None,
    ) -> None:
        self.metrics: list[EvalMetric] = []
        super().__init__(name, output_names, label_names, has_global_stats=True)
        for metric in metrics or []:
            self.add(metric)

    def add(self, metric: Any) -> None:
        """Appends one more metric."""
        from .registry import create  # a composite may hold any metric, and a metric may be a composite

        self.metrics.append(create(metric))

    def get_metric(self, index: int) -> EvalMetric:
        """The metric number ``index``.

        Raises:
            MXIndexError: if there is none.
        """
        if not 0 <= index < len(self.metrics):
            raise MXIndexError(f"[CompositeEvalMetric.get_metric] index {index}: there are {len(self.metrics)} metrics")
        return self.metrics[index]

    def update(self, labels: Sequence[Any], preds: Sequence[Any]) -> None:
        """Updates every metric."""
        for metric in self.metrics:
            metric.update(labels, preds)

    def update_dict(self, label: dict[str, Any], pred: dict[str, Any]) -> None:
        """Updates every metric; each chooses its own names from those this one lets through."""
        if self.label_names is not None:
            label = {name: label[name] for name in self.label_names if name in label}
        if self.output_names is not None:
            pred = {name: pred[name] for name in self.output_names if name in pred}
        for metric in self.metrics:
            metric.update_dict(label, pred)

    def reset(self) -> None:
        """Resets every metric."""
        for metric in self.metrics:
            metric.reset()

    def reset_local(self) -> None:
        """Resets the local sums of every metric."""
        for metric in self.metrics:
            metric.reset_local()

    def get(self) -> tuple[list[str], list[float]]:
        """(names, values), the members' in order."""
        return _columns([metric.get_name_value() for metric in self.metrics])

    def get_global(self) -> tuple[list[str], list[float]]:
        """(names, values) since the last :meth:`reset`."""
        return _columns([metric.get_global_name_value() for metric in self.metrics])

    def get_config(self) -> dict[str, Any]:
        """The configuration, with those of the members under ``metrics``."""
        return {**super().get_config(), "metrics": [metric.get_config() for metric in self.metrics]}


def _columns(rows: list[list[tuple[str, float]]]) -> tuple[list[str], list[float]]:
    flat = [pair for row in rows for pair in row]
    return [name for name, _ in flat], [value for _, value in flat]
