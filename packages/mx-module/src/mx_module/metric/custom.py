"""Metrics from functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from mx_core.base import MXTypeError

from .metric import EvalMetric, as_numpy, check_label_shapes, register

__all__ = ["CustomMetric", "np"]

Feval = Callable[..., Any]


@register
class CustomMetric(EvalMetric):
    """A metric from a function of one label array and one output array (NumPy).

    Args:
        feval: returns a number (counted once), or a pair (sum, count).
        name: name in reports; default the function's, ``custom(...)`` around names such as ``<lambda>``.
        allow_extra_outputs: let outputs without a label pass.
        output_names: names of the outputs to take, None for all.
        label_names: names of the labels to take, None for all.

    Example:
        >>> CustomMetric(lambda label, pred: abs(label - pred).max(), name="worst").name
        'worst'
    """

    def __init__(
        self,
        feval: Feval,
        name: str | None = None,
        allow_extra_outputs: bool = False,
        output_names: Sequence[str] | None = None,
        label_names: Sequence[str] | None = None,
    ) -> None:
        if name is None:
            name = getattr(feval, "__name__", type(feval).__name__)
            name = f"custom({name})" if "<" in name else name
        super().__init__(
            name,
            output_names,
            label_names,
            feval=feval,
            allow_extra_outputs=allow_extra_outputs,
            has_global_stats=True,
        )
        self._feval = feval
        self._allow_extra_outputs = allow_extra_outputs

    def update(self, labels: Sequence[Any], preds: Sequence[Any]) -> None:
        """Adds one batch."""
        if not self._allow_extra_outputs:
            labels, preds = check_label_shapes(labels, preds, wrap=True)
        for label, pred in zip(labels, preds):
            result = self._feval(as_numpy(label), as_numpy(pred))
            value, count = result if isinstance(result, tuple) else (result, 1)
            self.add_value(value, count)

    def get_config(self) -> NoReturn:
        """A function cannot be written down.

        Raises:
            MXTypeError: always.
        """
        raise MXTypeError(f"[CustomMetric.get_config] {self.name} is made of a function, which has no configuration")


def np(numpy_feval: Feval, name: str | None = None, allow_extra_outputs: bool = False) -> CustomMetric:
    """A :class:`CustomMetric` under the function's name, also as a decorator.

    Example:
        >>> @np
        ... def worst(label, pred):
        ...     return abs(label - pred).max()
        >>> worst.name
        'worst'
    """
    return CustomMetric(numpy_feval, name, allow_extra_outputs)
