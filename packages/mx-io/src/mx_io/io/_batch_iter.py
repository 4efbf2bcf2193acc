"""BatchIter: base of iterators that hand over whole batches of other iterators."""

from __future__ import annotations

from typing import Any

from mx_core.base import MXValueError

from mx_io.io.data_batch import DataBatch
from mx_io.io.data_iter import DataIter


class BatchIter(DataIter):
    """Gives what ``iter_next`` of a subclass leaves in ``current_batch``, as it is."""

    def __init__(self, batch_size: int = 0) -> None:
        super().__init__(batch_size)
        self.current_batch: DataBatch | None = None

    def next(self) -> DataBatch:
        """The next batch.

        Raises:
            StopIteration: the epoch is over.
        """
        if not self.iter_next():
            raise StopIteration
        return self._batch()

    def _batch(self) -> DataBatch:
        if self.current_batch is None:
            raise MXValueError(f"[{type(self).__name__}] there is no current batch: call next() or iter_next() first")
        return self.current_batch

    def getdata(self) -> list[Any]:
        """Data arrays of the current batch."""
        return self._batch().data

    def getlabel(self) -> list[Any] | None:
        """Label arrays of the current batch."""
        return self._batch().label

    def getindex(self) -> Any:
        """Ids of the examples in the current batch."""
        return self._batch().index

    def getpad(self) -> int | None:
        """How many examples at the end of the current batch only fill it up."""
        return self._batch().pad
