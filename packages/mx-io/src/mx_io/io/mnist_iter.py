"""MNISTIter: batches of the MNIST files."""

from __future__ import annotations

import logging
import os
from typing import Any

import numpy as np
from mx_core.base import MXNetError, MXValueError
from mx_core.ndarray import array

from mx_io.io._idx_file import read_idx
from mx_io.io.data_desc import DataDesc
from mx_io.io.data_iter import DataIter

_LOG = logging.getLogger(__name__)


def _shuffled(order: np.ndarray, seed: int) -> np.ndarray:
    """``order`` in the order of 1.9.1: std::shuffle with a Mersenne twister, and rejection where a draw is unfair."""
    bits = np.random.RandomState(seed & 0xFFFFFFFF)
    shuffled = order.tolist()
    draws: list[int] = []
    for last in range(1, len(shuffled)):
        step = 0xFFFFFFFF // (last + 1)
        at = last + 1
        while at > last:
            if not draws:
                draws = bits.randint(0, 1 << 32, 1 << 14, dtype=np.uint32).tolist()[::-1]
            at = draws.pop() // step
        shuffled[last], shuffled[at] = shuffled[at], shuffled[last]
    return np.array(shuffled, order.dtype)


class MNISTIter(DataIter):
    """Gives batches of the images and labels of two idx files, plain or gzip.

    Images are float32 in [0, 1): the bytes divided by 256. Examples that do not fill the last batch are dropped. The
    order is drawn once, when the files are read, and is that of 1.9.1 for the same seed.

    Args:
        image: path of the images.
        label: path of the labels.
        batch_size: examples in a batch.
        shuffle: whether the examples are shuffled.
        flat: whether an image is a row of rows * columns numbers, or has shape (1, rows, columns).
        seed: of the shuffling.
        silent: whether to log nothing.
        num_parts: into how many parts the files are divided, one for each worker.
        part_index: which part this iterator reads.
        prefetch_buffer: accepted for 1.9.1 scripts; all images are in memory, so nothing is read ahead.
        input_shape: accepted for 1.9.1 scripts; the shape comes from the file.
        data_name: name of the images.
        label_name: name of the labels.

    Raises:
        OSError: a file cannot be opened.
        MXValueError: a file is damaged or of another kind, the files do not belong together, or a number is wrong.

    Example:
        >>> train = MNISTIter(image="train-images-idx3-ubyte.gz", label="train-labels-idx1-ubyte.gz")  # doctest: +SKIP
        >>> train.provide_data  # doctest: +SKIP
        [DataDesc[data,(128, 1, 28, 28),<class 'numpy.float32'>,NCHW]]
    """

    def __init__(
        self,
        image: str | os.PathLike[str] = "./train-images-idx3-ubyte",
        label: str | os.PathLike[str] = "./train-labels-idx1-ubyte",
        batch_size: int = 128,
        shuffle: bool = True,
        flat: bool = False,
        seed: int = 0,
        silent: bool = False,
        num_parts: int = 1,
        part_index: int = 0,
        prefetch_buffer: int = 4,
        input_shape: tuple[int, ...] | None = None,
        data_name: str = "data",
        label_name: str = "softmax_label",
    ) -> None:
        super().__init__(batch_size)
        if batch_size < 1:
            raise MXValueError(f"[MNISTIter] batch_size is {batch_size}, must be at least 1")
        if not 0 <= part_index < num_parts:
            raise MXValueError(f"[MNISTIter] part_index is {part_index}, must be in 0..{num_parts - 1} (num_parts)")
        self._images = read_idx(os.fspath(image), 3)
        self._labels = read_idx(os.fspath(label), 1)
        count = len(self._images)
        if len(self._labels) != count:
            raise MXValueError(f"[MNISTIter] {count} images in {image!r}, {len(self._labels)} labels in {label!r}")
        start, stop = (int(count / num_parts * part) for part in (part_index, part_index + 1))
        if stop - start < batch_size:
            raise MXValueError(f"[MNISTIter] batch_size is {batch_size}, this part has {stop - start} images")
        self._order = np.arange(start, stop, dtype=np.uint64)
        if shuffle:
            self._order = _shuffled(self._order, seed)
        rows, columns = self._images.shape[1:]
        self._shape = (batch_size, rows * columns) if flat else (batch_size, 1, rows, columns)
        self.provide_data = [DataDesc(data_name, self._shape)]
        self.provide_label = [DataDesc(label_name, (batch_size,))]
        self._cursor = -batch_size
        if not silent:
            _LOG.info("MNISTIter: %d images, shuffle=%s, batches of shape %s", stop - start, shuffle, self._shape)

    def reset(self) -> None:
        """Goes back to the first batch; the order stays."""
        self._cursor = -self.batch_size

    def iter_next(self) -> bool:
        """Moves to the next batch; False where too few examples are left for one."""
        self._cursor += self.batch_size
        return self._cursor + self.batch_size <= len(self._order)

    def getindex(self) -> np.ndarray:
        """Positions of the current batch's examples in the files: uint64, shape (batch_size,)."""
        index = self._order[max(self._cursor, 0) : self._cursor + self.batch_size]
        if len(index) < self.batch_size:
            raise MXNetError("[MNISTIter] there is no current batch: call next(), or reset() after the last one")
        return index

    def getdata(self) -> list[Any]:
        """The images of the current batch: float32, shape (batch_size, 1, rows, columns) or flat."""
        pixels = self._images[self.getindex()]
        return [array(np.multiply(pixels, np.float32(1 / 256), dtype=np.float32).reshape(self._shape))]

    def getlabel(self) -> list[Any]:
        """The labels of the current batch: float32, shape (batch_size,)."""
        return [array(self._labels[self.getindex()])]
