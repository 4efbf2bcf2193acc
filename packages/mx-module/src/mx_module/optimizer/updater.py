"""The updater: an optimizer with the states of all its parameters, as a function of (index, gradient, weight)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mx_core.context import Context
from mx_core.ndarray import NDArray

from . import states as state_file
from .optimizer import Optimizer

__all__ = ["Updater", "get_updater"]


class Updater:
    """Applies an optimizer; creates the state of a parameter when its index first appears.

    Attributes:
        optimizer: the optimizer.
        states: state by index.

    Example:
        >>> updater = get_updater(SGD(learning_rate=0.5))     # doctest: +SKIP
        >>> updater(0, grad, weight)                          # doctest: +SKIP
    """

    def __init__(self, optimizer: Optimizer) -> None:
        self.optimizer = optimizer
        self.states: dict[Any, Any] = {}
        self.states_synced: dict[Any, bool] = {}

    @property
    def aggregate_updates(self) -> bool:
        """True if the optimizer takes several parameters in one call."""
        return self.optimizer.aggregate_num > 1

    def __call__(self, index: Any, grad: Any, weight: Any) -> None:
        """Updates one parameter, or several when the arguments are lists or tuples of equal length."""
        if not isinstance(index, (list, tuple)):
            index, grad, weight = [index], [grad], [weight]
        if not index:
            return
        known, synced = self.states, self.states_synced
        states = [known[i] if synced.get(i) else self._state(i, w) for i, w in zip(index, weight)]
        # counts are per device; every call is about parameters of one device
        self.optimizer._set_current_context(weight[0].context.device_id)
        if self.aggregate_updates:
            self._update_groups(index, weight, grad, states)
        else:
            for one in zip(index, weight, grad, states):
                self.optimizer.update_multi_precision(*one)

    def _update_groups(
        self, index: Sequence[Any], weight: Sequence[NDArray], grad: Sequence[NDArray], states: Sequence[Any]
    ) -> None:
        """Calls the optimizer with lists of one dtype, no longer than its ``aggregate_num``."""
        size = self.optimizer.aggregate_num
        if len(index) <= size and len({one.dtype for one in weight}) == 1:
            self.optimizer.update_multi_precision(list(index), list(weight), list(grad), list(states))
            return
        groups: dict[Any, list[tuple[Any, NDArray, NDArray, Any]]] = {}
        for one in zip(index, weight, grad, states):
            groups.setdefault(one[1].dtype, []).append(one)
        for group in groups.values():
            for start in range(0, len(group), size):
                self.optimizer.update_multi_precision(*map(list, zip(*group[start : start + size])))

    def _state(self, index: Any, weight: NDArray) -> Any:
        if index not in self.states:
            self.states[index] = self.optimizer.create_state_multi_precision(index, weight)
            self.states_synced[index] = True
        elif not self.states_synced[index]:
            self.states[index] = self.sync_state_context(self.states[index], weight.context)
            self.states_synced[index] = True
        return self.states[index]

    def sync_state_context(self, state: Any, context: Context) -> Any:
        """The state with its arrays in ``context``: loaded states arrive on the CPU."""
        if isinstance(state, NDArray):
            return state.as_in_context(context)
        if isinstance(state, (tuple, list)):
            return type(state)(self.sync_state_context(one, context) for one in state)
        return state

    def set_states(self, states: bytes) -> None:
        """Takes over states written by :meth:`get_states` or by MXNet 1.x; see :func:`states.loads` for the errors."""
        loaded = state_file.loads(states)
        if isinstance(loaded, tuple):
            self.states, self.optimizer = loaded
        else:
            self.states = loaded
        self.states_synced = dict.fromkeys(self.states, False)

    def get_states(self, dump_optimizer: bool = False) -> bytes:
        """The states (with ``dump_optimizer``, the optimizer too) as bytes that MXNet 1.x reads as well."""
        return state_file.dumps((self.states, self.optimizer) if dump_optimizer else self.states)


def get_updater(optimizer: Optimizer) -> Updater:
    """A new updater without states for ``optimizer``."""
    return Updater(optimizer)
