"""DataDesc, DataBatch and DataIter."""

import copy
import pickle

import numpy as np
import pytest
from mx_core import nd
from mx_core.base import MXNetError
from mx_io.io import DataBatch, DataDesc, DataIter


def test_desc():
    desc = DataDesc("a", (1, 2))
    assert desc == ("a", (1, 2))
    assert (desc.name, desc.shape, desc.dtype, desc.layout) == ("a", (1, 2), np.float32, "NCHW")
    assert repr(desc) == "DataDesc[a,(1, 2),<class 'numpy.float32'>,NCHW]"
    name, shape = desc
    assert (name, shape) == ("a", (1, 2))


def test_copies_keep_dtype_and_layout():
    desc = DataDesc("a", (1, 2), "int32", "NT")
    for again in (pickle.loads(pickle.dumps(desc)), copy.copy(desc), copy.deepcopy(desc)):
        assert repr(again) == "DataDesc[a,(1, 2),int32,NT]"


def test_batch_axis():
    assert [DataDesc.get_batch_axis(layout) for layout in ("NCHW", "TNC", None, "C")] == [0, 1, 0, -1]


def test_list():
    shapes = [("a", (1,)), ("b", (2,))]
    described = DataDesc.get_list(shapes, [("a", "int32"), ("b", np.float16)])
    assert described == shapes
    assert [desc.dtype for desc in described] == ["int32", np.float16]
    assert [desc.dtype for desc in DataDesc.get_list(shapes, None)] == [np.float32, np.float32]


def test_batch():
    batch = DataBatch([nd.zeros((2, 3))], [nd.zeros(2)], pad=1, bucket_key=7)
    assert str(batch) == "DataBatch: data shapes: [(2, 3)] label shapes: [(2,)]"
    assert (batch.pad, batch.index, batch.bucket_key, batch.provide_data, batch.provide_label) == (
        1,
        None,
        7,
        None,
        None,
    )
    assert str(DataBatch((nd.zeros(2),))) == "DataBatch: data shapes: [(2,)] label shapes: None"


def test_batch_wants_lists():
    with pytest.raises(MXNetError, match=r"\[DataBatch\] data is a"):
        DataBatch(nd.zeros(2))
    with pytest.raises(TypeError, match=r"\[DataBatch\] label is a str"):
        DataBatch([], "label")


class Countdown(DataIter):
    def __init__(self):
        super().__init__(2)
        self.left = 3

    def iter_next(self):
        self.left -= 1
        return self.left >= 0

    def getdata(self):
        return [nd.full((2,), self.left)]


def test_iterator_by_its_parts():
    batches = list(Countdown())
    assert [batch.data[0].asnumpy().tolist() for batch in batches] == [[2, 2], [1, 1], [0, 0]]
    assert [(batch.label, batch.pad, batch.index) for batch in batches] == [(None, 0, None)] * 3


def test_iterator_without_parts():
    with pytest.raises(NotImplementedError, match=r"\[DataIter\]"):
        next(DataIter())
