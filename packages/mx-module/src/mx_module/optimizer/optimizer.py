"""The base of all optimizers: learning rates, weight decay, multipliers, update counts, and the registry."""

from __future__ import annotations

import logging
import numbers
import warnings
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from mx_core.base import MXNetError, MXTypeError, MXValueError
from mx_core.ndarray import NDArray

from ..lr_scheduler import LRScheduler

__all__ = ["Optimizer", "create", "register"]

DEFAULT_LEARNING_RATE = 0.01


class Optimizer:
    """Base class of all optimizers.

    Args:
        rescale_grad: every gradient is multiplied by this first (``1/batch_size`` is the habit of Module).
        param_idx2name: name of each parameter index; without it, multipliers work by index only.
        wd: weight decay.
        clip_gradient: bound of the absolute value of the rescaled gradient, None for no bound.
        learning_rate: the learning rate; 0.01 when neither it nor a schedule is given.
        lr_scheduler: schedule of the learning rate; a ``learning_rate`` given too becomes its ``base_lr``.
        sym: symbol whose ``__lr_mult__`` and ``__wd_mult__`` attributes apply.
        begin_num_update: number of updates done before this training started.
        multi_precision: keep a float32 copy of float16 weights.
        param_dict: objects with ``lr_mult`` and ``wd_mult`` by index; they go before every other multiplier.

    A subclass defines :meth:`create_state` and :meth:`update`. One that updates several parameters with one call
    sets ``aggregate_num`` to the largest number of parameters of a call and accepts lists in
    :meth:`update_multi_precision`.

    Raises:
        MXValueError: if ``param_idx2name`` is not a dict.
    """

    opt_registry: ClassVar[dict[str, type[Optimizer]]] = {}

    def __init__(
        self,
        rescale_grad: float = 1.0,
        param_idx2name: dict[Any, str] | None = None,
        wd: float = 0.0,
        clip_gradient: float | None = None,
        learning_rate: float | None = None,
        lr_scheduler: LRScheduler | None = None,
        sym: Any = None,
        begin_num_update: int = 0,
        multi_precision: bool = False,
        param_dict: dict[Any, Any] | None = None,
    ) -> None:
        if param_idx2name is not None and not isinstance(param_idx2name, dict):
            raise MXValueError(
                f"[Optimizer] param_idx2name is {type(param_idx2name).__name__}: give a dict of index to name"
            )
        for what, value in (("learning_rate", learning_rate), ("wd", wd), ("rescale_grad", rescale_grad)):
            if value is not None and not isinstance(value, numbers.Real):
                raise MXTypeError(f"[Optimizer] {what} must be a number, got {value!r}")
        self.rescale_grad = rescale_grad
        self.lr_scheduler = lr_scheduler
        if learning_rate is None:
            self.lr = DEFAULT_LEARNING_RATE if lr_scheduler is None else lr_scheduler.base_lr
        else:
            self.lr = learning_rate
            if lr_scheduler is not None and lr_scheduler.base_lr != learning_rate:
                logging.warning("[Optimizer] learning_rate %s replaces the base_lr of lr_scheduler", learning_rate)
                lr_scheduler.base_lr = learning_rate
        self.wd = wd
        self.clip_gradient = clip_gradient
        self.multi_precision = multi_precision
        self.aggregate_num = 0
        self.begin_num_update = begin_num_update
        self.num_update = begin_num_update
        self._all_index_update_counts: dict[int, dict[Any, int]] = {0: {}}
        self._index_update_count = self._all_index_update_counts[0]
        self.idx2name = dict(param_idx2name or {})
        self.sym_info = () if sym is None else (sym.attr_dict(), sym.list_arguments())
        self.param_dict = param_dict or {}
        self.lr_mult: dict[Any, float] = {}
        self.wd_mult: dict[Any, float] = {}
        self.set_lr_mult({})
        self.set_wd_mult({})

    # -- registry ------------------------------------------------------------------------------------------------
    @staticmethod
    def register(klass: type[Optimizer]) -> type[Optimizer]:
        """Class decorator: makes an optimizer known by its name in lower case."""
        name = klass.__name__.lower()
        known = Optimizer.opt_registry.get(name)
        if known is not None:
            warnings.warn(f"[Optimizer.register] {klass} replaces {known} under the name {name!r}", stacklevel=2)
        Optimizer.opt_registry[name] = klass
        return klass

    @staticmethod
    def create_optimizer(name: str, **kwargs: Any) -> Optimizer:
        """A new optimizer of a registered name (any case), with the constructor's keyword arguments.

        Raises:
            MXValueError: if the name is not registered.

        Example:
            >>> Optimizer.create_optimizer("sgd", momentum=0.9).momentum
            0.9
        """
        klass = Optimizer.opt_registry.get(name.lower())
        if klass is None:
            known = ", ".join(sorted(Optimizer.opt_registry))
            raise MXValueError(f"[optimizer.create] unknown optimizer {name!r}: use one of {known}")
        try:
            return klass(**kwargs)
        except MXNetError:
            raise
        except TypeError as error:  # a parameter that it does not have
            raise MXTypeError(f"[optimizer.create] {name} with {', '.join(kwargs)}: {error}") from error

    # -- what a subclass defines ---------------------------------------------------------------------------------
    def create_state(self, index: Any, weight: NDArray) -> Any:
        """The state of one parameter (None, an array, or a tuple of arrays). Base: None."""
        return None

    def update(self, index: Any, weight: NDArray, grad: NDArray, state: Any) -> None:
        """Updates ``weight`` (and ``state``) in place from ``grad``."""
        raise NotImplementedError(f"[{type(self).__name__}.update] an optimizer must define update")

    def create_state_multi_precision(self, index: Any, weight: NDArray) -> Any:
        """Like :meth:`create_state`; with ``multi_precision`` and a float16 weight, (float32 copy, its state)."""
        if self._keeps_master(weight):
            master = weight.astype(np.float32)
            return (master, self.create_state(index, master))
        if weight.dtype == np.float16 and not self.multi_precision:
            warnings.warn(
                f"[{type(self).__name__}] accumulating in float16 may lose accuracy: give multi_precision=True",
                stacklevel=2,
            )
        return self.create_state(index, weight)

    def update_multi_precision(self, index: Any, weight: Any, grad: Any, state: Any) -> None:
        """Like :meth:`update`, on the float32 copy of a float16 weight where there is one."""
        if self._keeps_master(weight):
            master, inner = state
            self.update(index, master, grad.astype(np.float32), inner)
            master.copyto(weight)
        else:
            self.update(index, weight, grad, state)

    def _keeps_master(self, weight: NDArray) -> bool:
        return self.multi_precision and weight.dtype == np.float16

    # -- learning rate and multipliers ---------------------------------------------------------------------------
    @property
    def learning_rate(self) -> float:
        """The learning rate now: of the schedule at ``num_update``, or the constant one."""
        return self.lr if self.lr_scheduler is None else self.lr_scheduler(self.num_update)

    def set_learning_rate(self, lr: float) -> None:
        """Sets the learning rate.

        Raises:
            UserWarning: if a schedule is set (raised, as in MXNet), because the schedule decides then.
        """
        if self.lr_scheduler is not None:
            raise UserWarning(
                f"[Optimizer.set_learning_rate] {type(self.lr_scheduler).__name__} decides the learning rate: "
                "set its base_lr, or set lr_scheduler to None first"
            )
        self.lr = lr

    def set_lr_mult(self, args_lr_mult: dict[Any, float]) -> None:
        """Sets the multipliers of the learning rate by name or index, over those of the symbol (``__lr_mult__``)."""
        self.lr_mult = self._symbol_multipliers("__lr_mult__")
        self.lr_mult.update(args_lr_mult)

    def set_wd_mult(self, args_wd_mult: dict[Any, float]) -> None:
        """Sets the multipliers of the weight decay by name or index.

        Known names that end neither in ``_weight`` nor in ``_gamma`` start at 0; ``__wd_mult__`` of the symbol
        replaces that, and the given multipliers replace both.
        """
        self.wd_mult = {n: 0.0 for n in self.idx2name.values() if not n.endswith(("_weight", "_gamma"))}
        self.wd_mult.update(self._symbol_multipliers("__wd_mult__"))
        self.wd_mult.update(args_wd_mult)

    def _symbol_multipliers(self, attribute: str) -> dict[Any, float]:
        if not self.sym_info:
            return {}
        attributes, names = self.sym_info
        return {n: float(attributes[n][attribute]) for n in names if attribute in attributes.get(n, ())}

    def _multiplier(self, index: Any, table: dict[Any, float], attribute: str) -> float:
        if index in self.param_dict:
            return getattr(self.param_dict[index], attribute)
        if index in table:
            return table[index]
        return table.get(self.idx2name.get(index), 1.0)

    def _get_lrs(self, indices: Sequence[Any]) -> list[float]:
        """Learning rates of several indices at the present number of updates."""
        lr = self.learning_rate
        if not self.lr_mult and not self.param_dict:
            return [lr] * len(indices)
        return [lr * self._multiplier(index, self.lr_mult, "lr_mult") for index in indices]

    def _get_lr(self, index: Any) -> float:
        return self._get_lrs([index])[0]

    def _get_wds(self, indices: Sequence[Any]) -> list[float]:
        """Weight decays of several indices."""
        if self.wd == 0:
            return [0.0] * len(indices)
        return [self.wd * self._multiplier(index, self.wd_mult, "wd_mult") for index in indices]

    def _get_wd(self, index: Any) -> float:
        return self._get_wds([index])[0]

    # -- update counts -------------------------------------------------------------------------------------------
    def _set_current_context(self, device_id: int) -> None:
        """Chooses the update counts of one device: parameters copied to several devices are counted on each."""
        self._index_update_count = self._all_index_update_counts.setdefault(device_id, {})

    def _update_count(self, index: Any) -> None:
        """Counts one more update of an index (or of each index of a list or tuple)."""
        counts = self._index_update_count
        for one in index if isinstance(index, (list, tuple)) else (index,):
            count = counts.get(one, self.begin_num_update) + 1
            counts[one] = count
            self.num_update = max(self.num_update, count)

    def __getstate__(self) -> dict[str, Any]:
        state = self.__dict__.copy()
        del state["param_dict"]  # live parameter objects: they belong to this process
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.param_dict = {}
        # the two names must point at one dict again after a copy through a file
        self._index_update_count = self._all_index_update_counts.setdefault(0, {})


register = Optimizer.register
create = Optimizer.create_optimizer
