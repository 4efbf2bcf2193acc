"""ResizeIter, against what 1.9.1 gives."""

import numpy as np
import pytest
from mx_core.base import MXNetError
from mx_io.io import NDArrayIter, ResizeIter


def epochs(iterator, count):
    found = []
    for _ in range(count):
        found.append([batch.data[0].asnumpy().tolist() for batch in iterator])
        iterator.reset()
    return found


def test_longer():
    short = NDArrayIter(np.arange(5), None, 2, last_batch_handle="discard")
    assert epochs(ResizeIter(short, 5), 2) == [[[0, 1], [2, 3], [0, 1], [2, 3], [0, 1]]] * 2


def test_shorter_and_going_on():
    iterator = ResizeIter(NDArrayIter(np.arange(6), None, 2), 2, reset_internal=False)
    assert epochs(iterator, 3) == [[[0, 1], [2, 3]], [[4, 5], [0, 1]], [[2, 3], [4, 5]]]


def test_what_it_passes_on():
    inner = NDArrayIter(np.arange(3), np.arange(3), 2)
    inner.default_bucket_key = 7
    iterator = ResizeIter(inner, 2)
    assert iterator.provide_data == inner.provide_data
    assert iterator.provide_label == inner.provide_label
    assert (iterator.batch_size, iterator.default_bucket_key) == (2, 7)
    with pytest.raises(MXNetError, match="no current batch"):
        iterator.getdata()
    assert iterator.iter_next()
    assert iterator.iter_next()
    assert iterator.getdata()[0].asnumpy().tolist() == iterator.getlabel()[0].asnumpy().tolist() == [2, 0]
    assert (iterator.getpad(), iterator.getindex()) == (1, None)
    assert not iterator.iter_next()


def test_errors():
    inner = NDArrayIter(np.zeros((1, 1)), None, 2, last_batch_handle="discard")
    with pytest.raises(MXNetError, match="size is -1"):
        ResizeIter(inner, -1)
    with pytest.raises(MXNetError, match="has no batch"):
        ResizeIter(inner, 1).next()
