"""Pickles, files, NumPy and DLPack."""

import copy
import gc
import pickle
import weakref

import numpy as np
import pytest
from mx_core import MXNetError, nd

DTYPES = ["float32", "float64", "float16", "uint8", "int32", "int8", "int64", "bool"]


@pytest.mark.parametrize("dtype", DTYPES)
def test_pickles_and_copies(dtype):
    a = nd.array([[1, 0, 3], [0, 5, 6]], dtype=dtype)
    for b in (pickle.loads(pickle.dumps(a)), copy.copy(a), copy.deepcopy(a)):
        assert b is not a
        assert (b.dtype, b.shape) == (a.dtype, a.shape)
        assert np.array_equal(a.asnumpy(), b.asnumpy())
        b[:] = 1
    assert a.asnumpy()[0, 1] == 0


@pytest.mark.parametrize("dtype", DTYPES)
def test_files(tmp_path, dtype):
    file = str(tmp_path / "x.params")
    a, b = nd.array([[1, 2], [3, 4]], dtype=dtype), nd.ones((3,))
    nd.save(file, {"a": a, "ä": b})
    found = nd.load(file)
    assert list(found) == ["a", "ä"]
    assert np.array_equal(found["a"].asnumpy(), a.asnumpy())
    assert found["a"].dtype == a.dtype
    nd.save(file, [a, b])
    assert [x.shape for x in nd.load(file)] == [(2, 2), (3,)]
    nd.save(file, a)
    assert np.array_equal(nd.load(file)[0].asnumpy(), a.asnumpy())
    with open(file, "rb") as stream:
        assert np.array_equal(nd.load_frombuffer(stream.read())[0].asnumpy(), a.asnumpy())
    assert [path.name for path in tmp_path.iterdir()] == ["x.params"]


def test_bfloat16():
    bfloat16 = pytest.importorskip("ml_dtypes").bfloat16
    a = nd.array([1.5, -2], dtype="bfloat16")
    assert a.asnumpy().dtype == bfloat16
    b = pickle.loads(pickle.dumps(a))
    assert b.dtype == bfloat16
    assert b.asnumpy().astype(float).tolist() == [1.5, -2]
    assert nd.from_numpy(np.array([1, 2], bfloat16)).asnumpy().astype(float).tolist() == [1, 2]


@pytest.mark.parametrize("dtype", DTYPES)
def test_from_numpy_shares_memory(dtype):
    source = np.zeros((2, 3), dtype)
    a = nd.from_numpy(source)
    assert a.dtype == np.dtype(dtype).type
    a[0, 1] = 1
    assert source[0, 1] == 1
    assert not source.flags.writeable
    b = nd.from_numpy(np.zeros((2, 3), dtype), zero_copy=False)
    assert b.dtype == a.dtype


def test_from_numpy_keeps_the_memory_alive():
    class Watched(np.ndarray):
        pass

    source = np.arange(1000.0).view(Watched)
    watch = weakref.ref(source)
    a = nd.from_numpy(source)
    view = a[10:20]
    del source, a
    gc.collect()
    assert view.asnumpy().tolist() == list(range(10, 20))
    del view
    gc.collect()
    assert watch() is None


def test_from_numpy_refuses_what_cannot_be_shared():
    frozen = np.zeros(3)
    frozen.flags.writeable = False
    for wrong in (np.zeros((3, 3)).T[:, 1:], frozen, np.zeros(3, ">f4"), np.zeros(3, complex), [1, 2]):
        with pytest.raises(MXNetError):
            nd.from_numpy(wrong)
    assert nd.from_numpy(np.zeros((3, 4)).T, zero_copy=False).shape == (4, 3)


def test_numpy_conversions():
    a = nd.array([[1, 2], [3, 4]])
    assert np.asarray(a).tolist() == [[1, 2], [3, 4]]
    assert np.array(a, dtype="int64").dtype == np.int64
    copied = a.asnumpy()
    copied[:] = 0
    assert a.asnumpy()[0, 0] == 1
    view = a.__array__(copy=False)
    view[0, 0] = 9
    assert a[0, 0].asscalar() == 9
    del a
    gc.collect()
    assert view.tolist() == [[9, 2], [3, 4]]
    with pytest.raises(ValueError):
        nd.ones((1,)).__array__("int32", copy=False)


def test_dlpack_both_ways():
    a = nd.array([[1, 2], [3, 4]])
    shared = np.from_dlpack(a)
    a[0, 0] = 7
    assert shared[0, 0] == 7
    assert a.__dlpack_device__() == (1, 0)
    source = np.arange(6.0, dtype=np.float32).reshape(2, 3)
    b = nd.from_dlpack(source)
    b[0, 0] = 5
    assert source[0, 0] == 5
    c = nd.from_dlpack(a.to_dlpack_for_write())
    c[:] = 0
    assert a.asnumpy().tolist() == [[0, 0], [0, 0]]
    capsule = nd.to_dlpack_for_read(a)
    nd.from_dlpack(capsule)
    with pytest.raises(ValueError, match="used before"):
        nd.from_dlpack(capsule)


def test_unused_capsules_leak_nothing():
    a = nd.ones((1000,))
    for _ in range(100):
        a.to_dlpack_for_read()


@pytest.mark.torch
def test_torch_shares_memory():
    torch = pytest.importorskip("torch")
    a = nd.ones((2, 3))
    tensor = torch.from_dlpack(a)
    tensor[0, 0] = 4
    assert a[0, 0].asscalar() == 4
    assert nd.from_dlpack(torch.arange(3)).dtype == np.int64
