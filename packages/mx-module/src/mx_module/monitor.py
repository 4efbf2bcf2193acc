"""The monitor: statistics of the arrays inside a network while it runs."""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Callable
from typing import Any

from mx_core.executor import Executor
from mx_core.ndarray import NDArray

__all__ = ["Monitor"]


def _mean_size(array: NDArray) -> NDArray:
    """Norm divided by the square root of the number of elements: the root mean square."""
    return array.norm() / math.sqrt(array.size)


class Monitor:
    """Collects a statistic of outputs, parameters and auxiliary states, every ``interval`` batches.

    Args:
        interval: number of batches from one collection to the next.
        stat_func: statistic of an array (returns an array or a list of arrays); default norm(x) / sqrt(size).
        pattern: regular expression; only arrays whose names match it from the start are taken.
        sort: sort the results by name.
        monitor_all: take the inputs of operators too, not only the outputs.

    Example:
        >>> monitor = Monitor(10, pattern=".*weight")         # doctest: +SKIP
        >>> module.fit(data, num_epoch=1, monitor=monitor)    # doctest: +SKIP
    """

    def __init__(
        self,
        interval: int,
        stat_func: Callable[[NDArray], NDArray | list[NDArray]] | None = None,
        pattern: str = ".*",
        sort: bool = False,
        monitor_all: bool = False,
    ) -> None:
        self.interval = interval
        self.stat_func = stat_func or _mean_size
        self.re_pattern = re.compile(pattern)
        self.sort = sort
        self.monitor_all = monitor_all
        self.activated = False
        self.step = 0
        self.queue: list[tuple[int, str, Any]] = []
        self.exes: list[Executor] = []

    def install(self, exe: Executor) -> None:
        """Watches an executor."""
        exe.set_monitor_callback(self._collect, self.monitor_all)
        self.exes.append(exe)

    def _collect(self, name: str, array: NDArray) -> None:
        if self.activated and self.re_pattern.match(name):
            self.queue.append((self.step, name, self.stat_func(array)))

    def tic(self) -> None:
        """Before a batch: starts collecting if this batch's turn has come."""
        if self.step % self.interval == 0:
            self._wait()
            self.queue = []
            self.activated = True
        self.step += 1

    def toc(self) -> list[tuple[int, str, str]]:
        """After a batch: (number of the batch from 1, name, statistic as text), outputs first, then parameters."""
        if not self.activated:
            return []
        self._wait()
        for exe in self.exes:
            for arrays in (exe.arg_dict, exe.aux_dict):
                for name, array in arrays.items():
                    self._collect(name, array)
        self.activated = False
        if self.sort:
            self.queue.sort(key=lambda one: one[1])
        results = [(step, name, _as_text(value)) for step, name, value in self.queue]
        self.queue = []
        return results

    def toc_print(self) -> None:
        """Like :meth:`toc`, but logs the results."""
        for step, name, value in self.toc():
            logging.info("Batch: %7d %30s %s", step, name, value)

    def _wait(self) -> None:
        for exe in self.exes:
            for arrays in (exe.arg_dict, exe.aux_dict):
                for array in arrays.values():
                    array.wait_to_read()


def _as_text(value: NDArray | list[NDArray]) -> str:
    values = value if isinstance(value, (list, tuple)) else [value]
    return "".join(f"{one.asscalar() if one.size == 1 else one.asnumpy()!s}\t" for one in values)
