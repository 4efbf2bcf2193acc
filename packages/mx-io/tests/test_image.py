"""Single images: values recorded from MXNet 1.9.1 (OpenCV), sizes, windows and errors."""

import io

import numpy as np
import pytest
from mx_core import nd
from mx_core.base import MXNetError
from mx_io import image

GRADIENT = np.array([[0, 60, 120, 250], [10, 80, 200, 30]], np.uint8)[..., None]


def numbered(h, w):
    return nd.array(np.arange(h * w * 3).reshape(h, w, 3) % 251, dtype="uint8")


@pytest.mark.parametrize(
    ("interp", "expected"),
    [
        (0, [[0, 0, 60, 120, 120, 250], [0, 0, 60, 120, 120, 250], [10, 10, 80, 200, 200, 30]]),
        (1, [[0, 30, 70, 110, 185, 250], [5, 38, 85, 145, 150, 140], [10, 45, 100, 180, 115, 30]]),
        (2, [[0, 24, 68, 93, 196, 255], [0, 29, 89, 150, 158, 138], [5, 35, 109, 207, 121, 0]]),
    ],
)
def test_resize_as_opencv_does(interp, expected):
    found = image.imresize(nd.array(GRADIENT, dtype="uint8"), 6, 3, interp).asnumpy()[..., 0].astype(int)
    assert np.abs(found - expected).max() <= 1  # OpenCV computes in fixed point


def test_resize_keeps_dtype_and_constant_images():
    for interp in (0, 1, 2):
        small = image.imresize(nd.full((5, 7, 3), 9.5), 4, 3, interp)
        assert small.dtype == np.float32 and small.shape == (3, 4, 3)
        np.testing.assert_allclose(small.asnumpy(), 9.5, rtol=1e-6)


def test_short_edge_and_scale_down():
    assert image.resize_short(numbered(5, 7), 10).shape == (10, 14, 3)
    assert image.resize_short(numbered(7, 5), 10).shape == (14, 10, 3)
    assert image.scale_down((640, 480), (720, 120)) == (640, 106)


def test_crops():
    source = numbered(5, 7)
    middle, window = image.center_crop(source, (3, 4))
    assert window == (2, 0, 3, 4)
    np.testing.assert_array_equal(middle.asnumpy(), source.asnumpy()[0:4, 2:5])
    enlarged, window = image.center_crop(source, (9, 4))
    assert window == (0, 1, 7, 3) and enlarged.shape == (4, 9, 3)
    for _ in range(20):
        part, (x, y, w, h) = image.random_crop(source, (3, 4))
        np.testing.assert_array_equal(part.asnumpy(), source.asnumpy()[y : y + h, x : x + w])


def test_normalize():
    found = image.color_normalize(nd.ones((2, 2, 3)) * 5, nd.array([1, 2, 3]), nd.array([2, 2, 2]))
    np.testing.assert_array_equal(found.asnumpy()[0, 0], [2, 1.5, 1])


def test_decode(tmp_path):
    pil = pytest.importorskip("PIL.Image")
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    file = io.BytesIO()
    pil.fromarray(pixels).save(file, "PNG")
    np.testing.assert_array_equal(image.imdecode(file.getvalue()).asnumpy(), pixels)
    np.testing.assert_array_equal(image.imdecode(file.getvalue(), to_rgb=False).asnumpy(), pixels[..., ::-1])
    assert image.imdecode(file.getvalue(), flag=0).shape == (2, 4, 1)
    (tmp_path / "a.png").write_bytes(file.getvalue())
    np.testing.assert_array_equal(image.imread(tmp_path / "a.png").asnumpy(), pixels)
    with pytest.raises(MXNetError, match="are no image"):
        image.imdecode(b"no image")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: image.imresize(x, 0, 3), r"\[imresize\] the size is 0 x 3"),
        (lambda x: image.imresize(x, 2, 3, 9), r"interp is 9"),
        (lambda x: image.imresize(x[0], 2, 3), r"src has shape \(7, 3\)"),
        (lambda x: image.imresize(x.asnumpy(), 2, 3), r"src is a ndarray"),
        (lambda x: image.fixed_crop(x, 3, 3, 9, 9), r"9 x 9 pixels at \(3, 3\) leave the image of 7 x 5"),
        (lambda x: image.imdecode(b"", flag=3), r"flag is 3"),
    ],
)
def test_errors(call, message):
    with pytest.raises(MXNetError, match=message):
        call(numbered(5, 7))
