"""The loss itself as a metric."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from mx_core.ndarray import NDArray

from .metric import EvalMetric, as_numpy, register

__all__ = ["Loss"]


@register
class Loss(EvalMetric):
    """Mean of all elements of the outputs, for networks whose outputs are losses; labels are not looked at.

    Args:
        name: name in reports.
        output_names: names of the outputs to take, None for all.
        label_names: names of the labels to take, None for all.
    """

    def __init__(
        self,
        name: str = "loss",
        output_names: Sequence[str] | None = None,
        label_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(name, output_names, label_names, has_global_stats=True)

    def update(self, labels: Any, preds: Any) -> None:
        """Adds one batch of losses."""
        for pred in [preds] if isinstance(preds, (NDArray, np.ndarray)) else preds:
            values = as_numpy(pred)
            self.add_value(float(values.sum()), values.size)
