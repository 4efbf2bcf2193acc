"""ResizeIter: another iterator with a chosen number of batches per epoch."""

from __future__ import annotations

from typing import Any

from mx_core.base import MXValueError

from mx_io.io._batch_iter import BatchIter


class ResizeIter(BatchIter):
    """Makes an epoch of exactly ``size`` batches: stops early, or starts ``data_iter`` again when it ends.

    Args:
        data_iter: the iterator to take batches from.
        size: batches in an epoch.
        reset_internal: whether ``reset()`` resets ``data_iter`` too, or goes on where it is.

    Raises:
        MXValueError: ``size`` is negative; later: ``data_iter`` has no batch at all.

    Example:
        >>> import numpy as np
        >>> from mx_io.io import NDArrayIter
        >>> len(list(ResizeIter(NDArrayIter(np.zeros((6, 1)), batch_size=2), 5)))
        5
    """

    def __init__(self, data_iter: Any, size: int, reset_internal: bool = True) -> None:
        super().__init__(data_iter.batch_size)
        if size < 0:
            raise MXValueError(f"[ResizeIter] size is {size}, must be the number of batches in an epoch")
        self.data_iter = data_iter
        self.size = size
        self.reset_internal = reset_internal
        self.cur = 0
        self.provide_data = data_iter.provide_data
        self.provide_label = data_iter.provide_label
        if hasattr(data_iter, "default_bucket_key"):
            self.default_bucket_key = data_iter.default_bucket_key

    def reset(self) -> None:
        """Starts the next epoch."""
        self.cur = 0
        if self.reset_internal:
            self.data_iter.reset()

    def iter_next(self) -> bool:
        """Moves to the next batch; False after ``size`` batches."""
        if self.cur >= self.size:
            return False
        try:
            self.current_batch = self.data_iter.next()
        except StopIteration:
            self.data_iter.reset()
            try:
                self.current_batch = self.data_iter.next()
            except StopIteration:
                raise MXValueError("[ResizeIter] data_iter has no batch, not even after a reset") from None
        self.cur += 1
        return True
