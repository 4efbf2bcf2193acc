"""PrefetchingIter: makes the next batch while the current one is being used."""

from __future__ import annotations

import os
import queue
import threading
import weakref
from typing import Any

from mx_core.base import MXNetError, MXValueError

from mx_io.io._batch_iter import BatchIter
from mx_io.io.data_batch import DataBatch
from mx_io.io.data_desc import DataDesc


class _Worker:
    """A thread that calls ``next`` of one iterator when asked, and hands over the batch or the exception."""

    def __init__(self, source: Any) -> None:
        self.source = source
        self._asked: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self._made: queue.SimpleQueue[DataBatch | BaseException] = queue.SimpleQueue()
        self._pending = False
        self._thread = threading.Thread(target=self._serve, name="PrefetchingIter", daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while self._asked.get():
            try:
                self._made.put(self.source.next())
            except BaseException as error:  # whatever it is belongs to the thread that asked
                self._made.put(error)

    def ask(self) -> None:
        self._pending = True
        self._asked.put(True)

    def take(self) -> DataBatch | BaseException | None:
        """What was asked for, or None where nothing was."""
        if not self._pending:
            return None
        while True:
            try:
                made = self._made.get(timeout=1)
            except queue.Empty:
                if self._thread.is_alive():
                    continue
                raise MXNetError("[PrefetchingIter] its thread has ended: make the iterator again") from None
            self._pending = False
            return made

    def stop(self) -> None:
        self._asked.put(False)


def _stop(workers: list[_Worker]) -> None:
    for worker in workers:
        worker.stop()


class PrefetchingIter(BatchIter):
    """Runs other iterators in threads of their own, one batch ahead, and joins their batches into one.

    An exception of an iterator is raised by the call that would have given its batch, and again until ``reset()``.
    The threads end with the object. In a forked child it must be made again.

    Args:
        iters: an iterator or a list of them, with as many batches each.
        rename_data: for each iterator a dict of new names of its data.
        rename_label: for each iterator a dict of new names of its labels.

    Raises:
        MXValueError: no iterator; later: the iterators differ in their number of batches or in their padding.

    Example:
        >>> import numpy as np
        >>> from mx_io.io import NDArrayIter
        >>> ahead = PrefetchingIter(NDArrayIter(np.zeros((4, 1)), batch_size=2), rename_data=[{"data": "x"}])
        >>> ahead.provide_data[0].name, len(list(ahead))
        ('x', 2)
    """

    def __init__(
        self,
        iters: Any,
        rename_data: list[dict[str, str]] | None = None,
        rename_label: list[dict[str, str]] | None = None,
    ) -> None:
        super().__init__()
        self.iters = iters if isinstance(iters, list) else [iters]
        if not self.iters:
            raise MXValueError("[PrefetchingIter] iters is empty")
        self.n_iter = len(self.iters)
        self.rename_data = rename_data
        self.rename_label = rename_label
        self.batch_size = self.provide_data[0][1][0]
        self._over: BaseException | None = None  # why there is no next batch
        self._pid = os.getpid()
        self._workers = [_Worker(source) for source in self.iters]
        weakref.finalize(self, _stop, self._workers)
        self._ask()

    @property
    def provide_data(self) -> list[DataDesc]:
        """Descriptions of the data arrays, those of the first iterator first."""
        return self._describe("provide_data", self.rename_data)

    @property
    def provide_label(self) -> list[DataDesc]:
        """Descriptions of the label arrays, those of the first iterator first."""
        return self._describe("provide_label", self.rename_label)

    def _describe(self, what: str, rename: list[dict[str, str]] | None) -> list[DataDesc]:
        described = []
        for i, source in enumerate(self.iters):
            for desc in getattr(source, what):
                if rename is not None:
                    desc = desc if isinstance(desc, DataDesc) else DataDesc(*desc)
                    desc = DataDesc(rename[i][desc.name], desc.shape, desc.dtype, desc.layout)
                described.append(desc)
        return described

    def _ask(self) -> None:
        for worker in self._workers:
            worker.ask()

    def _take(self) -> list[Any]:
        if self._pid != os.getpid():
            raise MXNetError("[PrefetchingIter] it was made in another process: make it again after a fork")
        return [worker.take() for worker in self._workers]

    def reset(self) -> None:
        """Waits for the batches that are being made, drops them, and resets all iterators."""
        self._take()
        for source in self.iters:
            source.reset()
        self._over = None
        self._ask()

    def iter_next(self) -> bool:
        """Moves to the next batch; False where the epoch is over."""
        if self._over is None:
            self._next_batch(self._take())
        if isinstance(self._over, StopIteration):
            return False
        if self._over is not None:
            raise self._over
        return True

    def _next_batch(self, made: list[Any]) -> None:
        errors = [item for item in made if isinstance(item, BaseException)]
        failures = [error for error in errors if not isinstance(error, StopIteration)]
        if failures:
            self._over = failures[0]
        elif errors and len(errors) < self.n_iter:
            self._over = MXValueError("[PrefetchingIter] the iterators differ in their number of batches")
        elif errors:
            self._over = errors[0]
        elif len({batch.pad for batch in made}) > 1:
            self._over = MXValueError(
                f"[PrefetchingIter] the iterators differ in their padding: {[batch.pad for batch in made]}"
            )
        else:
            self.current_batch = DataBatch(
                [array for batch in made for array in batch.data],
                [array for batch in made for array in batch.label or []],
                made[0].pad,
                made[0].index,
                provide_data=self.provide_data,
                provide_label=self.provide_label,
            )
            self._ask()
