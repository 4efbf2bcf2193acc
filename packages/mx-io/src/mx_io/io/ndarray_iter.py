"""NDArrayIter: batches of arrays that are in memory."""

from __future__ import annotations

from typing import Any

import numpy as np
from mx_core.base import MXAssertionError, MXValueError

from mx_io.io._source import check_lengths, dtype_of, named_arrays, pick
from mx_io.io.data_batch import DataBatch
from mx_io.io.data_desc import DataDesc
from mx_io.io.data_iter import DataIter

_LAST_BATCH = ("pad", "discard", "roll_over")


class NDArrayIter(DataIter):
    """Gives batches of one or several arrays of the same number of examples.

    The data stays where it is: shuffling draws a permutation of the examples. Without shuffling a batch is a view of
    the data where that is possible, so copy a batch before writing to it.

    Args:
        data: an NDArray (which keeps its dtype), a NumPy array (which becomes float32), an h5py.Dataset (which is
            read batch by batch), a list of them (named ``_0_<data_name>``, ``_1_<data_name>``...), or a dict of them.
        label: the same for labels, or None.
        batch_size: examples in a batch.
        shuffle: whether every ``reset()`` draws a new order, from NumPy's global random generator.
        last_batch_handle: what becomes of examples that do not fill the last batch. ``"pad"`` fills it with the first
            examples, counted by ``pad``; ``"discard"`` drops them; ``"roll_over"`` puts them before the next epoch.
        data_name: name of the only array in ``data``.
        label_name: name of the only array in ``label``.
        layout: its ``N`` marks the batch axis of all arrays.

    Raises:
        MXTypeError: data of another type.
        MXValueError: arrays of different lengths, no array, a wrong ``batch_size`` or ``last_batch_handle``.
        NotImplementedError: sparse data with ``shuffle``, or without ``last_batch_handle="discard"``.

    Example:
        >>> import numpy as np
        >>> [batch.data[0].shape for batch in NDArrayIter(np.zeros((5, 2)), batch_size=2, last_batch_handle="discard")]
        [(2, 2), (2, 2)]
    """

    def __init__(
        self,
        data: Any,
        label: Any = None,
        batch_size: int = 1,
        shuffle: bool = False,
        last_batch_handle: str = "pad",
        data_name: str = "data",
        label_name: str = "softmax_label",
        layout: str = "NCHW",
    ) -> None:
        super().__init__(batch_size)
        if batch_size < 1:
            raise MXValueError(f"[NDArrayIter] batch_size is {batch_size}, must be at least 1")
        if last_batch_handle not in _LAST_BATCH:
            raise MXValueError(
                f"[NDArrayIter] last_batch_handle is {last_batch_handle!r}, must be one of {', '.join(_LAST_BATCH)}"
            )
        self.data = named_arrays(data, data_name)
        self.label = [] if label is None else named_arrays(label, label_name)
        if not self.data:
            raise MXValueError("[NDArrayIter] data holds no array")
        self.num_data = check_lengths(self.data + self.label, layout)
        self.shuffle = shuffle
        self.last_batch_handle = last_batch_handle
        self.layout = layout
        self._check_sparse()
        self.idx = np.arange(self.num_data)  # the examples in the order of this epoch
        self._draw = np.arange(self.num_data)
        self._start(self.idx[:0])

    def _check_sparse(self) -> None:
        sparse = any(getattr(array, "stype", "default") != "default" for _, array in self.data + self.label)
        if sparse and (self.shuffle or self.last_batch_handle != "discard"):
            raise NotImplementedError(
                f"[NDArrayIter] sparse data needs shuffle=False and last_batch_handle='discard', "
                f"got {self.shuffle} and {self.last_batch_handle!r}"
            )

    @property
    def num_source(self) -> int:
        """The number of arrays, labels included."""
        return len(self.data) + len(self.label)

    @property
    def data_list(self) -> list[Any]:
        """All arrays, labels last."""
        return [array for _, array in self.data + self.label]

    @property
    def provide_data(self) -> list[DataDesc]:
        """Descriptions of the data arrays of a batch."""
        return self._describe(self.data)

    @property
    def provide_label(self) -> list[DataDesc]:
        """Descriptions of the label arrays of a batch."""
        return self._describe(self.label)

    def _describe(self, arrays: list[tuple[str, Any]]) -> list[DataDesc]:
        axis = self.layout.find("N")
        return [
            DataDesc(
                name, (*array.shape[:axis], self.batch_size, *array.shape[axis + 1 :]), dtype_of(array), self.layout
            )
            for name, array in arrays
        ]

    def hard_reset(self) -> None:
        """Starts an epoch and forgets what the last one rolled over."""
        self._start(self.idx[:0])

    def reset(self) -> None:
        """Starts the next epoch; with ``roll_over`` it begins with the examples that the last batch left over."""
        left = self.last_batch_handle == "roll_over" and self.num_data - self.batch_size < self.cursor < self.num_data
        self._start(self._in_order(self._rows()) if left else self.idx[:0])

    def _start(self, rolled: np.ndarray) -> None:
        self._rolled = rolled  # examples of the last epoch that come before those of this one
        self.cursor = -self.batch_size - len(rolled)
        if self.shuffle:
            # Shuffling the last draw and applying it to the last order gives the orders of 1.9.1 for a given seed.
            np.random.shuffle(self._draw)
            self.idx = self.idx[self._draw]

    def iter_next(self) -> bool:
        """Moves to the next batch; False where no example is left."""
        self.cursor += self.batch_size
        return self.cursor < self.num_data

    def next(self) -> DataBatch:
        """The next full batch.

        Raises:
            StopIteration: the epoch is over.
        """
        if not self.iter_next():
            raise StopIteration
        if self.last_batch_handle != "pad" and self.cursor + self.batch_size > self.num_data:
            raise StopIteration
        rows = self._rows()
        return DataBatch(self._pick(self.data, rows), self._pick(self.label, rows), self.getpad(), self.getindex())

    def _in_order(self, rows: slice | np.ndarray) -> np.ndarray:
        return self.idx[rows] if isinstance(rows, slice) else rows

    def _rows(self) -> slice | np.ndarray:
        """The examples of the current batch, as a slice where they are consecutive."""
        start, stop = self.cursor, self.cursor + self.batch_size
        if start >= self.num_data:
            raise MXAssertionError("[NDArrayIter] the epoch is over: call reset()")
        if start <= -self.batch_size:
            raise MXAssertionError("[NDArrayIter] there is no current batch: call next() or iter_next() first")
        if start < 0:
            return np.concatenate([self._rolled, self.idx[:stop]])
        if stop > self.num_data and self.last_batch_handle == "pad":
            return self.idx.take(range(start, stop), mode="wrap")
        rows = slice(start, min(stop, self.num_data))
        return self.idx[rows] if self.shuffle else rows

    def _pick(self, arrays: list[tuple[str, Any]], rows: slice | np.ndarray) -> list[Any]:
        axis = self.layout.find("N")
        return [pick(array, axis, rows) for _, array in arrays]

    def getdata(self) -> list[Any]:
        """Data arrays of the current batch."""
        return self._pick(self.data, self._rows())

    def getlabel(self) -> list[Any]:
        """Label arrays of the current batch."""
        return self._pick(self.label, self._rows())

    def getpad(self) -> int:
        """How many examples only fill the current batch up, or come from the last epoch."""
        if self.last_batch_handle == "pad":
            return max(0, self.cursor + self.batch_size - self.num_data)
        if self.last_batch_handle == "roll_over" and -self.batch_size < self.cursor < 0:
            return -self.cursor
        return 0
