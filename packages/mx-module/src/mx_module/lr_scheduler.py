"""Learning-rate schedules: functions from the number of updates done to the learning rate."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from itertools import pairwise

from mx_core.base import MXAssertionError, MXValueError

__all__ = ["CosineScheduler", "FactorScheduler", "LRScheduler", "MultiFactorScheduler", "PolyScheduler"]


class LRScheduler:
    """Base of every schedule; called with the number of updates, it returns the learning rate.

    Args:
        base_lr: learning rate after the warm-up.
        warmup_steps: number of updates of the warm-up, 0 for none.
        warmup_begin_lr: learning rate at update 0 of the warm-up.
        warmup_mode: ``"linear"`` (rises to ``base_lr``) or ``"constant"`` (stays at ``warmup_begin_lr``).

    Raises:
        MXValueError: if the warm-up is negative, falls, or has another mode.
    """

    def __init__(
        self,
        base_lr: float = 0.01,
        warmup_steps: int = 0,
        warmup_begin_lr: float = 0,
        warmup_mode: str = "linear",
    ) -> None:
        name = type(self).__name__
        if not isinstance(warmup_steps, int) or warmup_steps < 0:
            raise MXAssertionError(f"[{name}] warmup_steps is {warmup_steps!r}: give an integer of at least 0")
        if warmup_begin_lr > base_lr:
            raise MXValueError(
                f"[{name}] warmup_begin_lr {warmup_begin_lr} is above base_lr {base_lr}: a warm-up rises"
            )
        if warmup_mode not in ("linear", "constant"):
            raise MXValueError(f"[{name}] warmup_mode is {warmup_mode!r}: use 'linear' or 'constant'")
        self.base_lr = base_lr
        self.warmup_steps = warmup_steps
        self.warmup_begin_lr = warmup_begin_lr
        self.warmup_final_lr = base_lr
        self.warmup_mode = warmup_mode

    def get_warmup_lr(self, num_update: int) -> float:
        """The learning rate of update ``num_update`` of the warm-up."""
        if self.warmup_mode == "constant":
            return self.warmup_begin_lr
        rise = self.warmup_final_lr - self.warmup_begin_lr
        return self.warmup_begin_lr + rise * num_update / self.warmup_steps

    def __call__(self, num_update: int) -> float:
        """The learning rate for the update number ``num_update`` (the largest count over all parameters)."""
        raise NotImplementedError(f"[{type(self).__name__}] a scheduler must define __call__(num_update)")


class FactorScheduler(LRScheduler):
    """Multiplies the learning rate by ``factor`` every ``step`` updates, never below ``stop_factor_lr``.

    Example:
        >>> schedule = FactorScheduler(step=2, factor=0.5, base_lr=1.0)
        >>> [schedule(n) for n in range(6)]
        [1.0, 1.0, 1.0, 0.5, 0.5, 0.25]
    """

    def __init__(
        self,
        step: int,
        factor: float = 1,
        stop_factor_lr: float = 1e-8,
        base_lr: float = 0.01,
        warmup_steps: int = 0,
        warmup_begin_lr: float = 0,
        warmup_mode: str = "linear",
    ) -> None:
        super().__init__(base_lr, warmup_steps, warmup_begin_lr, warmup_mode)
        if step < 1:
            raise MXValueError(f"[FactorScheduler] step is {step}: give at least 1 update")
        if factor > 1.0:
            raise MXValueError(f"[FactorScheduler] factor is {factor}: at most 1, so that the learning rate falls")
        self.step = step
        self.factor = factor
        self.stop_factor_lr = stop_factor_lr
        self.count = 0

    def __call__(self, num_update: int) -> float:
        if num_update < self.warmup_steps:
            return self.get_warmup_lr(num_update)
        # a loop, because training that resumes may jump over several steps at once
        while num_update > self.count + self.step:
            self.count += self.step
            self.base_lr *= self.factor
            if self.base_lr < self.stop_factor_lr:
                self.base_lr = self.stop_factor_lr
                logging.info(
                    "Update[%d]: learning rate %0.5e is the lowest allowed and stays", num_update, self.base_lr
                )
            else:
                logging.info("Update[%d]: learning rate is now %0.5e", num_update, self.base_lr)
        return self.base_lr


class MultiFactorScheduler(LRScheduler):
    """Multiplies the learning rate by ``factor`` after each of the given numbers of updates.

    Example:
        >>> schedule = MultiFactorScheduler(step=[2, 5], factor=0.5, base_lr=1.0)
        >>> [schedule(n) for n in range(7)]
        [1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.25]
    """

    def __init__(
        self,
        step: Sequence[int],
        factor: float = 1,
        base_lr: float = 0.01,
        warmup_steps: int = 0,
        warmup_begin_lr: float = 0,
        warmup_mode: str = "linear",
    ) -> None:
        super().__init__(base_lr, warmup_steps, warmup_begin_lr, warmup_mode)
        step = list(step)
        if not step or step[0] < 1 or any(late <= early for early, late in pairwise(step)):
            raise MXValueError(f"[MultiFactorScheduler] step is {step}: give rising numbers of at least 1")
        if factor > 1.0:
            raise MXValueError(f"[MultiFactorScheduler] factor is {factor}: at most 1, so that the learning rate falls")
        self.step = step
        self.cur_step_ind = 0
        self.factor = factor
        self.count = 0

    def __call__(self, num_update: int) -> float:
        if num_update < self.warmup_steps:
            return self.get_warmup_lr(num_update)
        while self.cur_step_ind < len(self.step) and num_update > self.step[self.cur_step_ind]:
            self.count = self.step[self.cur_step_ind]
            self.cur_step_ind += 1
            self.base_lr *= self.factor
            logging.info("Update[%d]: learning rate is now %0.5e", num_update, self.base_lr)
        return self.base_lr


class _DecayToEnd(LRScheduler):
    """A schedule that goes from ``base_lr`` to ``final_lr`` in ``max_update`` updates (the warm-up is part of them)."""

    def __init__(
        self,
        max_update: int,
        base_lr: float,
        final_lr: float,
        warmup_steps: int,
        warmup_begin_lr: float,
        warmup_mode: str,
    ) -> None:
        super().__init__(base_lr, warmup_steps, warmup_begin_lr, warmup_mode)
        if not isinstance(max_update, int) or max_update < 1:
            raise MXAssertionError(
                f"[{type(self).__name__}] max_update is {max_update!r}: give an integer of at least 1"
            )
        if max_update <= warmup_steps:
            raise MXValueError(
                f"[{type(self).__name__}] max_update {max_update} is not above warmup_steps {warmup_steps}: "
                "nothing is left after the warm-up"
            )
        self.base_lr_orig = base_lr
        self.max_update = max_update
        self.final_lr = final_lr
        self.max_steps = max_update - warmup_steps

    def _remaining(self, progress: float) -> float:
        """The part of the way down still to go (1 to 0) at ``progress`` (0 to 1)."""
        raise NotImplementedError

    def __call__(self, num_update: int) -> float:
        if num_update < self.warmup_steps:
            return self.get_warmup_lr(num_update)
        if num_update <= self.max_update:
            progress = (num_update - self.warmup_steps) / self.max_steps
            self.base_lr = self.final_lr + (self.base_lr_orig - self.final_lr) * self._remaining(progress)
        return self.base_lr


class PolyScheduler(_DecayToEnd):
    """Polynomial decay: ``final_lr + (base_lr - final_lr) * (1 - t)**pwr`` where t goes from 0 to 1.

    Example:
        >>> schedule = PolyScheduler(max_update=4, base_lr=1.0, pwr=2)
        >>> [schedule(n) for n in range(6)]
        [1.0, 0.5625, 0.25, 0.0625, 0.0, 0.0]
    """

    def __init__(
        self,
        max_update: int,
        base_lr: float = 0.01,
        pwr: float = 2,
        final_lr: float = 0,
        warmup_steps: int = 0,
        warmup_begin_lr: float = 0,
        warmup_mode: str = "linear",
    ) -> None:
        super().__init__(max_update, base_lr, final_lr, warmup_steps, warmup_begin_lr, warmup_mode)
        self.power = pwr

    def _remaining(self, progress: float) -> float:
        return (1 - progress) ** self.power


class CosineScheduler(_DecayToEnd):
    """Cosine decay: ``final_lr + (base_lr - final_lr) * (1 + cos(pi*t)) / 2`` where t goes from 0 to 1."""

    def __init__(
        self,
        max_update: int,
        base_lr: float = 0.01,
        final_lr: float = 0,
        warmup_steps: int = 0,
        warmup_begin_lr: float = 0,
        warmup_mode: str = "linear",
    ) -> None:
        super().__init__(max_update, base_lr, final_lr, warmup_steps, warmup_begin_lr, warmup_mode)

    def _remaining(self, progress: float) -> float:
        return (1 + math.cos(math.pi * progress)) / 2
