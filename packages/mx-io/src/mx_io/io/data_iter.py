"""DataIter: what every data iterator can do."""

from __future__ import annotations

from typing import Any

from mx_io.io.data_batch import DataBatch


class DataIter:
    """Base of data iterators.

    An iterator gives the batches of one epoch, then stops until ``reset()``. A subclass sets ``provide_data`` and
    ``provide_label`` (lists of DataDesc), and defines either ``next``, or ``iter_next`` and the ``get`` functions.

    Args:
        batch_size: examples in a batch.
    """

    def __init__(self, batch_size: int = 0) -> None:
        self.batch_size = batch_size

    def __iter__(self) -> DataIter:
        return self

    def __next__(self) -> DataBatch:
        return self.next()

    def reset(self) -> None:
        """Goes back to the start of the data. An iterator that can always go on has nothing to do here."""

    def next(self) -> DataBatch:
        """The next batch.

        Raises:
            StopIteration: the epoch is over.
        """
        if not self.iter_next():
            raise StopIteration
        return DataBatch(self.getdata(), self.getlabel(), self.getpad(), self.getindex())

    def iter_next(self) -> bool:
        """Moves to the next batch; False where there is none."""
        raise NotImplementedError(f"[{type(self).__name__}] defines neither next nor iter_next")

    def getdata(self) -> list[Any]:
        """Data arrays of the current batch."""
        raise NotImplementedError(f"[{type(self).__name__}] defines neither next nor getdata")

    def getlabel(self) -> list[Any] | None:
        """Label arrays of the current batch, None where there are none."""
        return None

    def getindex(self) -> Any:
        """Ids of the examples in the current batch, None where they have none."""
        return None

    def getpad(self) -> int | None:
        """How many examples at the end of the current batch only fill it up."""
        return 0
