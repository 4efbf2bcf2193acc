"""Data iterators: they give batches (``DataBatch``) of arrays and describe them (``DataDesc``).

Example:
    >>> import numpy as np
    >>> from mx_io import io
    >>> for batch in io.NDArrayIter(np.zeros((5, 3)), np.arange(5), batch_size=2):
    ...     print(batch, batch.pad)
    DataBatch: data shapes: [(2, 3)] label shapes: [(2,)] 0
    DataBatch: data shapes: [(2, 3)] label shapes: [(2,)] 0
    DataBatch: data shapes: [(2, 3)] label shapes: [(2,)] 1
"""

from mx_io.io.data_batch import DataBatch
from mx_io.io.data_desc import DataDesc
from mx_io.io.data_iter import DataIter
from mx_io.io.mnist_iter import MNISTIter
from mx_io.io.ndarray_iter import NDArrayIter
from mx_io.io.prefetching_iter import PrefetchingIter
from mx_io.io.resize_iter import ResizeIter

__all__ = ["DataBatch", "DataDesc", "DataIter", "MNISTIter", "NDArrayIter", "PrefetchingIter", "ResizeIter"]
