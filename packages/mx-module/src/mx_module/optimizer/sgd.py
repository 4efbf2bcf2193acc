"""Stochastic gradient descent."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from mx_core import ndarray as nd
from mx_core.ndarray import NDArray
from mx_core.ndarray.each import invoke_each

from .optimizer import Optimizer, register

__all__ = ["SGD", "ccSGD"]


@register
class SGD(Optimizer):
    """SGD with momentum and weight decay.

    For each parameter, with ``g = clip(rescale_grad * grad) + wd * weight``::

        state = momentum * state - lr * g
        weight = weight + state

    The learning rate is inside the state. Without momentum there is no state and ``weight -= lr * g``.

    Args:
        momentum: 0 to 1; 0 means no state.
        lazy_update: touch only the rows present in a row_sparse gradient (dense gradients: no effect).
        **kwargs: arguments of :class:`Optimizer`. With ``multi_precision`` a float16 weight has the state
            ``(momentum or None, float32 weight)``.
    """

    def __init__(self, momentum: float = 0.0, lazy_update: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.momentum = momentum
        self.lazy_update = lazy_update
        self.aggregate_num = int(os.getenv("MXNET_OPTIMIZER_AGGREGATION_SIZE", str(2**30)))

    def create_state(self, index: Any, weight: NDArray) -> NDArray | None:
        """Momentum of zeros in the shape, type and context of ``weight``; None without momentum."""
        if self.momentum == 0.0:
            return None
        return nd.zeros(weight.shape, weight.context, dtype=weight.dtype)

    def create_state_multi_precision(self, index: Any, weight: NDArray) -> Any:
        """(momentum, float32 copy) for a float16 weight with ``multi_precision``."""
        if self._keeps_master(weight):
            master = weight.astype(np.float32)
            return (self.create_state(index, master), master)
        return super().create_state_multi_precision(index, weight)

    def update(self, index: Any, weight: Any, grad: Any, state: Any) -> None:
        """Updates one parameter, or several when all four arguments are lists of equal length."""
        self._update(index, weight, grad, state, multi_precision=False)

    def update_multi_precision(self, index: Any, weight: Any, grad: Any, state: Any) -> None:
        """Updates one parameter, or several when all four arguments are lists of equal length."""
        first = weight[0] if isinstance(index, (list, tuple)) else weight
        self._update(index, weight, grad, state, multi_precision=self._keeps_master(first))

    def _update(self, index: Any, weight: Any, grad: Any, state: Any, multi_precision: bool) -> None:
        if not isinstance(index, (list, tuple)):
            index, weight, grad, state = [index], [weight], [grad], [state]
        self._update_count(index)
        lrs, wds = self._get_lrs(index), self._get_wds(index)
        arguments: dict[str, Any] = {"rescale_grad": self.rescale_grad}
        if self.clip_gradient:
            arguments["clip_gradient"] = self.clip_gradient
        if multi_precision:
            prefix, momenta = "mp_sgd", [one[0] for one in state]
            masters: list[tuple[NDArray, ...]] = [(one[1],) for one in state]
        else:
            prefix, momenta, masters = "sgd", list(state), [()] * len(state)
            if not self.lazy_update:
                arguments["lazy_update"] = False
        # one call for all that have no momentum, one for all that have
        for keeps in (False, True):
            at = [i for i, momentum in enumerate(momenta) if (momentum is not None) == keeps]
            if not at:
                continue
            if keeps:
                arguments["momentum"] = self.momentum
            invoke_each(
                f"{prefix}_mom_update" if keeps else f"{prefix}_update",
                [(weight[i], grad[i], *((momenta[i],) if keeps else ()), *masters[i]) for i in at],
                [weight[i] for i in at],
                lr=[lrs[i] for i in at],
                wd=[wds[i] for i in at],
                **arguments,
            )


@register
class ccSGD(SGD):
    """Another name of :class:`SGD`, kept for old scripts."""
