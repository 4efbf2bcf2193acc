"""NDArrayIter, against what 1.9.1 gives."""

import sys
import types

import numpy as np
import pytest
from mx_core import nd
from mx_core.base import MXNetError
from mx_io.io import NDArrayIter


def epoch(iterator):
    return [
        ([int(x) for x in batch.data[0].asnumpy().ravel()], [int(x) for x in batch.label[0].asnumpy()], batch.pad)
        for batch in iterator
    ]


def epochs(count, examples, batch_size, **options):
    """(data, pad) of every batch of several epochs; the labels are ten times the data."""
    iterator = NDArrayIter(np.arange(examples), np.arange(examples) * 10, batch_size, **options)
    found = []
    for _ in range(count):
        batches = epoch(iterator)
        for data, label, _ in batches:
            assert label == [10 * x for x in data]
        found.append([(data, pad) for data, _, pad in batches])
        iterator.reset()
    return found


def test_pad():
    assert epochs(2, 5, 2) == [[([0, 1], 0), ([2, 3], 0), ([4, 0], 1)]] * 2
    assert epochs(2, 4, 2) == [[([0, 1], 0), ([2, 3], 0)]] * 2
    assert epochs(2, 2, 5) == [[([0, 1, 0, 1, 0], 3)]] * 2
    assert epochs(2, 3, 7) == [[([0, 1, 2, 0, 1, 2, 0], 4)]] * 2


def test_discard():
    assert epochs(2, 5, 2, last_batch_handle="discard") == [[([0, 1], 0), ([2, 3], 0)]] * 2
    assert epochs(2, 2, 5, last_batch_handle="discard") == [[]] * 2


def test_roll_over():
    odd = [([0, 1], 0), ([2, 3], 0)]
    even = [([4, 0], 1), ([1, 2], 0), ([3, 4], 0)]
    assert epochs(4, 5, 2, last_batch_handle="roll_over") == [odd, even, odd, even]
    assert epochs(2, 4, 2, last_batch_handle="roll_over") == [[([0, 1], 0), ([2, 3], 0)]] * 2


def test_roll_over_of_less_than_a_batch():
    assert epochs(5, 2, 5, last_batch_handle="roll_over") == [
        [],
        [],
        [([0, 1, 0, 1, 0], 4)],
        [],
        [([1, 0, 1, 0, 1], 3)],
    ]


def test_hard_reset_forgets_what_rolled_over():
    iterator = NDArrayIter(np.arange(5), np.arange(5), 2, last_batch_handle="roll_over")
    first = epoch(iterator)
    iterator.hard_reset()
    assert epoch(iterator) == first
    iterator.reset()
    iterator.reset()
    assert epoch(iterator) == first


# Orders of 1.9.1 after np.random.seed(7), seven examples in batches of three, three epochs.
def test_shuffled_orders_are_those_of_the_reference():
    np.random.seed(7)
    found = epochs(3, 7, 3, shuffle=True, last_batch_handle="roll_over")
    assert found == [
        [([2, 5, 0], 0), ([6, 3, 1], 0)],
        [([4, 6, 5], 1), ([4, 2, 1], 0)],
        [([0, 3, 5], 2), ([3, 4, 6], 0), ([1, 0, 2], 0)],
    ]
    np.random.seed(7)
    found = epochs(3, 7, 3, shuffle=True, last_batch_handle="discard")
    assert found[1:] == [[([6, 5, 4], 0), ([2, 1, 0], 0)], [([5, 3, 4], 0), ([6, 1, 0], 0)]]
    np.random.seed(7)
    found = epochs(2, 7, 3, shuffle=True)
    assert found[0] == [([2, 5, 0], 0), ([6, 3, 1], 0), ([4, 2, 5], 2)]


def test_every_example_once_however_shuffled():
    seed = np.random.randint(1 << 31)
    print("seed", seed)
    np.random.seed(seed)
    data = np.random.uniform(size=(50, 2, 3)).astype(np.float32)
    iterator = NDArrayIter(data, np.arange(50), 10, shuffle=True)
    orders = []
    for _ in range(3):
        order = []
        for batch in iterator:
            index = batch.label[0].asnumpy().astype(int)
            np.testing.assert_array_equal(batch.data[0].asnumpy(), data[index])
            order += index.tolist()
        assert sorted(order) == list(range(50))
        orders.append(order)
        iterator.reset()
    assert orders[0] != orders[1] != orders[2]


@pytest.mark.parametrize("dtype", ["float64", "float16", "int32", "int64", "uint8", "bool"])
def test_numpy_arrays_become_float32(dtype):
    iterator = NDArrayIter(np.ones((3, 2), dtype))
    assert iterator.provide_data[0].dtype == np.float32
    assert iterator.next().data[0].dtype == np.float32


@pytest.mark.parametrize("shuffle", [False, True])
def test_ndarrays_keep_their_dtype(shuffle):
    iterator = NDArrayIter(nd.ones((3, 2), dtype="int32"), shuffle=shuffle)
    assert iterator.provide_data[0].dtype == np.int32
    batch = iterator.next()
    assert batch.data[0].dtype == np.int32
    assert batch.label == []
    assert iterator.provide_label == []


def test_names():
    both = NDArrayIter({"b": np.zeros((4, 1)), "a": np.ones((4, 2))}, {"y": np.arange(4)}, 2)
    assert both.provide_data == [("a", (2, 2)), ("b", (2, 1))]
    assert both.provide_label == [("y", (2,))]
    assert both.num_source == len(both.data_list) == 3
    assert [array.shape for array in both.next().data] == [(2, 2), (2, 1)]
    given = {"b": np.zeros(4)}
    NDArrayIter(given)
    assert isinstance(given["b"], np.ndarray)

    several = NDArrayIter([np.arange(3), np.arange(3)], [np.arange(3)], data_name="x", label_name="y")
    assert [desc.name for desc in several.provide_data + several.provide_label] == ["_0_x", "_1_x", "y"]
    many = NDArrayIter([np.arange(3)] * 12)
    assert [desc.name for desc in many.provide_data][:3] == ["_0_data", "_10_data", "_11_data"]
    assert NDArrayIter(np.arange(3), np.arange(3)).provide_label == [("softmax_label", (1,))]


def test_numbers_in_lists():
    iterator = NDArrayIter([[1, 2], [3, 4]], batch_size=2)
    assert [array.asnumpy().tolist() for array in iterator.next().data] == [[1, 2], [3, 4]]


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("last_batch_handle", ["pad", "discard", "roll_over"])
def test_batch_axis_of_the_layout(shuffle, last_batch_handle):
    data = np.arange(15, dtype=np.float32).reshape(3, 5)
    iterator = NDArrayIter(data, None, 2, shuffle, last_batch_handle, layout="TN")
    assert iterator.provide_data == [("data", (3, 2))]
    assert iterator.provide_data[0].layout == "TN"
    for _ in range(2):
        for batch in iterator:
            columns = batch.data[0].asnumpy()
            np.testing.assert_array_equal(columns, data[:, columns[0].astype(int)])
        iterator.reset()


def test_step_by_step():
    iterator = NDArrayIter(np.arange(3), np.arange(3), 2)
    with pytest.raises(MXNetError, match="call next"):
        iterator.getdata()
    assert iterator.iter_next()
    assert iterator.getdata()[0].asnumpy().tolist() == [0, 1]
    assert iterator.getpad() == 0
    assert iterator.iter_next()
    assert iterator.getlabel()[0].asnumpy().tolist() == [2, 0]
    assert (iterator.getpad(), iterator.getindex()) == (1, None)
    assert not iterator.iter_next()
    with pytest.raises(MXNetError, match="reset"):
        iterator.getdata()
    with pytest.raises(StopIteration):
        iterator.next()


def test_a_batch_may_be_changed_in_place():
    data = nd.arange(12).reshape((6, 2))
    iterator = NDArrayIter(data, batch_size=2)
    assert iterator.data_list[0] is data
    batch = iterator.next().data[0]
    batch[:] = -1
    assert data.asnumpy().tolist()[:2] == [[0, 1], [2, 3]]


def test_no_examples():
    assert list(NDArrayIter(np.zeros((0, 2)))) == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"data": None}, "data is a NoneType"),
        ({"data": "text"}, "data is a str"),
        ({"data": (np.zeros(3),)}, "data is a tuple"),
        ({"data": {"x": "text"}}, "'x' is a str"),
        ({"data": np.zeros(3), "label": 4}, "softmax_label is a int"),
    ],
)
def test_wrong_types(options, message):
    with pytest.raises(MXNetError, match=message) as caught:
        NDArrayIter(**options)
    assert isinstance(caught.value, TypeError)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"data": []}, "no array"),
        ({"data": {}}, "no array"),
        ({"data": np.zeros((3, 2)), "label": np.zeros(4)}, "'data': 3, 'softmax_label': 4"),
        ({"data": np.zeros((3, 2)), "batch_size": 0}, "batch_size is 0"),
        ({"data": np.zeros((3, 2)), "last_batch_handle": "wrap"}, "pad, discard, roll_over"),
        ({"data": np.zeros((3, 2)), "layout": "TC"}, "must have an N"),
        ({"data": np.zeros((3, 2)), "label": np.zeros(2), "layout": "TN"}, r"'softmax_label' has shape \(2,\)"),
    ],
)
def test_wrong_values(options, message):
    with pytest.raises(MXNetError, match=message) as caught:
        NDArrayIter(**options)
    assert isinstance(caught.value, ValueError)


class Dataset:
    """Stands in for h5py.Dataset, and is as strict: indices ascend, none comes twice."""

    def __init__(self, array):
        self.array, self.shape, self.dtype = array, array.shape, array.dtype

    def __getitem__(self, key):
        assert isinstance(key[-1], slice) or np.all(np.diff(key[-1]) > 0)
        return self.array[key]


@pytest.mark.parametrize("shuffle", [False, True])
def test_data_on_disk(monkeypatch, shuffle):
    monkeypatch.setitem(sys.modules, "h5py", types.SimpleNamespace(Dataset=Dataset))
    data = np.arange(10.0).reshape(5, 2)
    iterator = NDArrayIter(Dataset(data), np.arange(5), 3, shuffle)
    assert iterator.provide_data[0].dtype == np.float32
    batches = list(iterator)
    assert [batch.pad for batch in batches] == [0, 1]
    for batch in batches:
        np.testing.assert_array_equal(batch.data[0].asnumpy(), data[batch.label[0].asnumpy().astype(int)])


class Sparse(nd.NDArray):
    """An array that says it is sparse."""

    @property
    def stype(self):
        return "csr"


def test_sparse_data_needs_discard():
    data = Sparse.__new__(Sparse)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Sparse, "shape", (4, 2), raising=False)
        for options in ({"last_batch_handle": "pad"}, {"last_batch_handle": "discard", "shuffle": True}):
            with pytest.raises(NotImplementedError, match="sparse data needs"):
                NDArrayIter(data, **options)
        assert NDArrayIter(data, last_batch_handle="discard").num_data == 4
