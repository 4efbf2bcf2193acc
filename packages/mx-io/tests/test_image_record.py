"""Image records: header, labels, image bytes."""

import numpy as np
import pytest
from mx_io.errors import RecordIOError
from mx_io.recordio import IRHeader, pack, pack_img, unpack, unpack_img


def test_bytes_are_those_of_the_reference():
    assert pack(IRHeader(0, 3, 7, 9), b"abc").hex() == "000000000000404007000000000000000900000000000000616263"
    assert (
        pack(IRHeader(5, [1, 2, 3.5], 7, 9), b"abc").hex()
        == "0300000000000000070000000000000009000000000000000000803f0000004000006040616263"
    )


def test_one_label():
    header, image = unpack(pack((9, np.float32(2.5), 7, 9), b"abc"))
    assert header == IRHeader(0, 2.5, 7, 9)
    assert image == b"abc"


@pytest.mark.parametrize("label", [[1, 2, 3.5], (1, 2, 3.5), np.array([1, 2, 3.5])])
def test_many_labels(label):
    header, image = unpack(pack(IRHeader(0, label, 7, 0), b"abc"))
    assert header.flag == 3
    assert header.label.dtype == np.float32
    np.testing.assert_array_equal(header.label, [1, 2, 3.5])
    assert image == b"abc"


def test_labels_of_an_ndarray():
    from mx_core import nd

    header, _ = unpack(pack(IRHeader(0, nd.array([4, 5]), 7, 0), b""))
    np.testing.assert_array_equal(header.label, [4, 5])


def test_no_labels_at_all():
    assert unpack(pack(IRHeader(0, [], 7, 0), b"abc")) == (IRHeader(0, 0.0, 7, 0), b"abc")


@pytest.mark.parametrize("header", [(0, 1, -1, 0), (0, 1, 1 << 64, 0), (0, 1, 1.5, 0), (0, 1e60, 1, 0)])
def test_a_header_that_does_not_fit(header):
    with pytest.raises(RecordIOError, match="does not fit"):
        pack(header, b"")


def test_damage_is_a_clear_error():
    record = pack(IRHeader(0, [1.0, 2.0], 7, 0), b"")
    for length in range(24):
        with pytest.raises(RecordIOError, match="header of 24 bytes"):
            unpack(record[:length])
    for length in range(24, 32):
        with pytest.raises(RecordIOError, match="counts 2 labels"):
            unpack(record[:length])
    with pytest.raises(RecordIOError, match="counts 4294967295 labels"):
        unpack(b"\xff" * 64)


def test_images_without_a_codec(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "PIL", None)
    with pytest.raises(ImportError, match="pip install mx-io"):
        pack_img(IRHeader(0, 1, 0, 0), np.zeros((2, 2, 3), np.uint8))
    with pytest.raises(ImportError, match="pip install mx-io"):
        unpack_img(pack(IRHeader(0, 1, 0, 0), b"x"))


@pytest.mark.parametrize("shape", [(5, 4), (5, 4, 3), (5, 4, 4)])
def test_png_keeps_every_pixel(shape):
    pytest.importorskip("PIL", reason="Pillow is not installed")
    pixels = np.arange(np.prod(shape), dtype=np.uint8).reshape(shape)
    header, back = unpack_img(pack_img(IRHeader(0, 1, 2, 3), pixels, quality=9, img_fmt=".png"))
    assert header == IRHeader(0, 1.0, 2, 3)
    np.testing.assert_array_equal(back, pixels)


def test_jpeg_is_blue_green_red():
    image_module = pytest.importorskip("PIL.Image", reason="Pillow is not installed")
    import io

    blue = np.zeros((16, 16, 3), np.uint8)
    blue[..., 0] = 250
    record = pack_img(IRHeader(0, 1, 0, 0), blue)
    assert np.abs(unpack_img(record)[1].astype(int) - blue).max() < 8
    red, _, stored_blue = image_module.open(io.BytesIO(unpack(record)[1])).getpixel((8, 8))
    assert stored_blue > 240 > 10 > red
    assert unpack_img(record, iscolor=0)[1].shape == (16, 16)
    gray = pack_img(IRHeader(0, 1, 0, 0), blue[..., :1], img_fmt=".png")
    assert unpack_img(gray)[1].shape == (16, 16)
    assert unpack_img(gray, iscolor=1)[1].shape == (16, 16, 3)


@pytest.mark.parametrize(
    ("pixels", "kind", "message"),
    [
        (np.zeros((2, 2, 3), np.uint8), ".bmp", "must be one of .jpg"),
        (np.zeros((2, 2, 3)), ".png", "float64"),
        (np.zeros((2, 2, 2), np.uint8), ".png", r"\(2, 2, 2\)"),
        (np.zeros((0, 2, 3), np.uint8), ".png", r"\(0, 2, 3\)"),
        (np.zeros(4, np.uint8), ".jpg", r"\(4,\)"),
    ],
)
def test_no_image(pixels, kind, message):
    pytest.importorskip("PIL", reason="Pillow is not installed")
    with pytest.raises(RecordIOError, match=message):
        pack_img(IRHeader(0, 1, 0, 0), pixels, img_fmt=kind)


def test_damaged_image():
    pytest.importorskip("PIL", reason="Pillow is not installed")
    good = pack_img(IRHeader(0, 1, 0, 0), np.zeros((32, 32, 3), np.uint8), img_fmt=".png")
    for bad in (good[:24], good[:60], pack(IRHeader(0, 1, 0, 0), b"no image")):
        with pytest.raises(RecordIOError, match="are no image"):
            unpack_img(bad)
