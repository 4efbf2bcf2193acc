"""MNISTIter on small files made here, and on MNIST where it is."""

import gzip
import logging
import struct
from pathlib import Path

import numpy as np
import pytest
from mx_core.base import MXNetError
from mx_io.io import MNISTIter

MNIST = Path(__file__).parents[3].parent / "shared" / "data" / "mnist"


def idx(array):
    return struct.pack(f">{1 + array.ndim}I", 0x0800 + array.ndim, *array.shape) + array.tobytes()


@pytest.fixture
def files(tmp_path):
    images = (np.arange(10 * 3 * 2) * 4 % 256).astype(np.uint8).reshape(10, 3, 2)
    (tmp_path / "image").write_bytes(idx(images))
    (tmp_path / "label").write_bytes(idx(np.arange(10, dtype=np.uint8)))
    return {"image": tmp_path / "image", "label": str(tmp_path / "label"), "silent": True}, images


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("flat", [False, True])
def test_batches(files, zipped, flat):
    options, images = files
    if zipped:
        for name in ("image", "label"):
            path = Path(options[name])
            path.write_bytes(gzip.compress(path.read_bytes()))
    iterator = MNISTIter(batch_size=4, shuffle=False, flat=flat, **options)
    shape = (4, 6) if flat else (4, 1, 3, 2)
    assert iterator.provide_data == [("data", shape)]
    assert iterator.provide_label == [("softmax_label", (4,))]
    assert iterator.batch_size == 4
    for _ in range(2):
        batches = list(iterator)
        assert len(batches) == 2  # the last two images fill no batch
        for i, batch in enumerate(batches):
            rows = slice(4 * i, 4 * i + 4)
            assert batch.data[0].dtype == batch.label[0].dtype == np.float32
            np.testing.assert_array_equal(batch.data[0].asnumpy(), images[rows].reshape(shape) / np.float32(256))
            np.testing.assert_array_equal(batch.label[0].asnumpy(), np.arange(10)[rows])
            np.testing.assert_array_equal(batch.index, np.arange(10)[rows])
            assert batch.index.dtype == np.uint64
            assert batch.pad == 0
        iterator.reset()


def test_parts_cover_everything_once(files):
    options, _ = files
    labels = [
        [int(b.label[0].asscalar()) for b in MNISTIter(batch_size=1, num_parts=3, part_index=part, seed=5, **options)]
        for part in range(3)
    ]
    assert [sorted(part) for part in labels] == [[0, 1, 2], [3, 4, 5], [6, 7, 8, 9]]


def test_the_order_is_drawn_once(files):
    options, images = files
    iterator = MNISTIter(batch_size=10, seed=3, **options)
    (first,) = iterator
    iterator.reset()
    (again,) = iterator
    order = first.label[0].asnumpy().astype(int)
    assert sorted(order) == list(range(10))
    np.testing.assert_array_equal(order, again.label[0].asnumpy())
    np.testing.assert_array_equal(first.data[0].asnumpy(), images[order].reshape(10, 1, 3, 2) / np.float32(256))


def test_options(files, caplog):
    options, _ = files
    options["silent"] = False
    with caplog.at_level(logging.INFO):
        iterator = MNISTIter(
            batch_size=2, prefetch_buffer=1, input_shape=(6,), data_name="x", label_name="y", **options
        )
    assert "10 images" in caplog.text
    assert [desc.name for desc in iterator.provide_data + iterator.provide_label] == ["x", "y"]
    with pytest.raises(MXNetError, match="no current batch"):
        iterator.getdata()
    list(iterator)
    with pytest.raises(MXNetError, match="no current batch"):
        iterator.getlabel()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"batch_size": 0}, "batch_size is 0"),
        ({"batch_size": 11}, "this part has 10 images"),
        ({"batch_size": 1, "num_parts": 2, "part_index": 2}, "part_index is 2"),
        ({"batch_size": 1, "part_index": -1}, "part_index is -1"),
    ],
)
def test_wrong_numbers(files, wrong, message):
    with pytest.raises(MXNetError, match=message):
        MNISTIter(**files[0], **wrong)


def test_exchanged_files(files):
    options, _ = files
    options["image"], options["label"] = options["label"], options["image"]
    with pytest.raises(MXNetError, match="are image and label exchanged"):
        MNISTIter(batch_size=1, **options)


def test_missing_file(files):
    with pytest.raises(FileNotFoundError):
        MNISTIter(**{**files[0], "image": "nowhere"})


def test_other_labels(files):
    options, _ = files
    Path(options["label"]).write_bytes(idx(np.arange(9, dtype=np.uint8)))
    with pytest.raises(MXNetError, match=r"10 images in .*, 9 labels in"):
        MNISTIter(batch_size=1, **options)


HUGE = struct.pack(">4I", 0x803, *[0xFFFFFFFF] * 3)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "ends inside the idx header"),
        (HUGE[:15], "ends inside the idx header"),
        (HUGE, "0 bytes after its header, which claims 792281"),
        (HUGE + b"x" * 9, "9 bytes after its header"),
        (idx(np.zeros((2, 2, 2), np.uint8))[:-1], "7 bytes after its header, which claims 8"),
        (idx(np.zeros((2, 2, 2), np.uint8)) + b"x", "9 bytes after its header, which claims 8"),
    ],
)
@pytest.mark.parametrize("zipped", [False, True])
def test_lengths_are_not_believed(files, content, message, zipped):
    options, _ = files
    options["image"].write_bytes(gzip.compress(content) if zipped else content)
    with pytest.raises(MXNetError, match=message) as caught:
        MNISTIter(batch_size=1, **options)
    assert isinstance(caught.value, ValueError)


def test_damaged_gzip(files):
    options, images = files
    whole = gzip.compress(idx(images))
    for bad in (whole[:-12], whole[:5], whole[:20] + b"\0\0\0\0" + whole[24:], whole[:-8] + b"\0" * 8):
        options["image"].write_bytes(bad)
        with pytest.raises(MXNetError, match="damaged gzip"):
            MNISTIter(batch_size=1, **options)


# The first twelve images in the order of 1.9.1.
@pytest.mark.skipif(not MNIST.is_dir(), reason=f"no MNIST at {MNIST}")
@pytest.mark.parametrize(
    ("seed", "order"),
    [
        (0, [7713, 3267, 1515, 3028, 4699, 1485, 7952, 752, 1705, 1066, 835, 9084]),
        (1, [7199, 9941, 7293, 9893, 1878, 7925, 6706, 6296, 102, 9637, 5199, 7206]),
        (10, [2699, 4196, 1694, 538, 1658, 1661, 718, 3184, 8005, 8095, 9855, 4623]),
    ],
)
def test_mnist(seed, order):
    files = [MNIST / "t10k-images-idx3-ubyte.gz", MNIST / "t10k-labels-idx1-ubyte.gz"]
    iterator = MNISTIter(*files, batch_size=100, seed=seed, silent=True)
    batches = list(iterator)
    assert len(batches) == 100
    assert batches[0].index[:12].tolist() == order
    labels = np.concatenate([batch.label[0].asnumpy() for batch in batches])
    assert np.bincount(labels.astype(int)).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert max(batch.data[0].asnumpy().max() for batch in batches) == np.float32(255 / 256)
