"""Single images as arrays of shape (height, width, channels): reading, resizing, cropping, normalizing.

Files are decoded with Pillow (``pip install mx-io[image]``). Colours are red, green, blue unless asked for otherwise.
"""

import random
from collections.abc import Callable
from os import PathLike, fspath

import numpy as np
from mx_core.base import MXTypeError, MXValueError
from mx_core.ndarray import NDArray, array

from mx_io import _image_codec
from mx_io._resize import CUBIC, LINEAR, NEAREST, resize

__all__ = [
    "center_crop",
    "color_normalize",
    "fixed_crop",
    "imdecode",
    "imread",
    "imresize",
    "random_crop",
    "resize_short",
    "scale_down",
]

Size = tuple[int, int]  # width, height
Window = tuple[int, int, int, int]  # x0, y0, width, height


def imdecode(buf: bytes | bytearray | np.ndarray, flag: int = 1, to_rgb: bool = True) -> NDArray:
    """The pixels of an encoded image, uint8 of shape (height, width, 3), or (height, width, 1) with ``flag=0``.

    Args:
        buf: The bytes of a JPEG, PNG or other file that Pillow reads.
        flag: 1 for colour, 0 for grey.
        to_rgb: False gives blue, green, red, as OpenCV does.

    Raises:
        RecordIOError: The bytes are no image.
        ImportError: Pillow is not installed.

    Example:
        >>> image = imdecode(open("cat.jpg", "rb").read())  # doctest: +SKIP
    """
    if flag not in (0, 1):
        raise MXValueError(f"[imdecode] flag is {flag!r}, must be 1 for colour or 0 for grey")
    pixels = _image_codec.decode(bytes(buf), flag)
    pixels = pixels[..., None] if pixels.ndim == 2 else pixels
    return array(pixels[..., ::-1] if flag and to_rgb else pixels, dtype="uint8")


def imread(filename: str | PathLike[str], flag: int = 1, to_rgb: bool = True) -> NDArray:
    """:func:`imdecode` of a file. Raises OSError where the file cannot be read."""
    with open(fspath(filename), "rb") as file:
        return imdecode(file.read(), flag, to_rgb)


def _check(name: str, src: NDArray) -> None:
    if not isinstance(src, NDArray):
        raise MXTypeError(f"[{name}] src is a {type(src).__name__}, must be an NDArray; nd.array makes one")
    if src.ndim != 3 or 0 in src.shape:
        raise MXValueError(f"[{name}] src has shape {src.shape}, must be (height, width, channels)")


def imresize(src: NDArray, w: int, h: int, interp: int = 1) -> NDArray:
    """``src`` at width ``w`` and height ``h``, in its dtype.

    Args:
        src: Shape (height, width, channels).
        w: New width in pixels.
        h: New height in pixels.
        interp: 0 nearest pixel, 1 bilinear, 2 bicubic.

    Raises:
        MXValueError: A size is not positive, or ``interp`` is another one.

    Example:
        >>> from mx_core import nd
        >>> imresize(nd.ones((4, 6, 3)), 3, 2).shape
        (2, 3, 3)
    """
    _check("imresize", src)
    if w < 1 or h < 1:
        raise MXValueError(f"[imresize] the size is {w} x {h}, both must be at least 1")
    if interp not in (NEAREST, LINEAR, CUBIC):
        raise MXValueError(f"[imresize] interp is {interp!r}, must be 0 (nearest), 1 (bilinear) or 2 (bicubic)")
    return array(resize(src.asnumpy(), w, h, interp), dtype=src.dtype)


def resize_short(src: NDArray, size: int, interp: int = 2) -> NDArray:
    """``src`` with its shorter edge at ``size`` pixels and its proportions kept."""
    _check("resize_short", src)
    h, w = src.shape[:2]
    new_w, new_h = (size * w // h, size) if h < w else (size, size * h // w)
    return imresize(src, new_w, new_h, interp)


def scale_down(src_size: Size, size: Size) -> Size:
    """The largest (width, height) of the proportions of ``size`` that fits into ``src_size``, at most ``size``.

    Example:
        >>> scale_down((640, 480), (720, 120))
        (640, 106)
    """
    (sw, sh), (w, h) = src_size, (float(size[0]), float(size[1]))
    if sh < h:
        w, h = w * sh / h, sh
    if sw < w:
        w, h = sw, h * sw / w
    return int(w), int(h)


def fixed_crop(src: NDArray, x0: int, y0: int, w: int, h: int, size: Size | None = None, interp: int = 2) -> NDArray:
    """The window of ``w`` x ``h`` pixels at column ``x0``, row ``y0``, resized to ``size`` (width, height) if given.

    Raises:
        MXValueError: The window leaves the image.
    """
    _check("fixed_crop", src)
    height, width = src.shape[:2]
    if x0 < 0 or y0 < 0 or w < 1 or h < 1 or x0 + w > width or y0 + h > height:
        raise MXValueError(f"[fixed_crop] {w} x {h} pixels at ({x0}, {y0}) leave the image of {width} x {height}")
    window = src[y0 : y0 + h, x0 : x0 + w]
    return window if size is None or size == (w, h) else imresize(window, *size, interp)


def _crop(src: NDArray, size: Size, interp: int, name: str, place: Callable[[int], int]) -> tuple[NDArray, Window]:
    _check(name, src)
    height, width = src.shape[:2]
    w, h = scale_down((width, height), size)
    x0, y0 = place(width - w), place(height - h)
    return fixed_crop(src, x0, y0, w, h, size, interp), (x0, y0, w, h)


def center_crop(src: NDArray, size: Size, interp: int = 2) -> tuple[NDArray, Window]:
    """The middle of ``src`` at ``size`` (width, height), and its window (x0, y0, width, height) in ``src``.

    An image that is too small gives the largest window of the same proportions, enlarged to ``size``.

    Example:
        >>> from mx_core import nd
        >>> center_crop(nd.ones((5, 7, 3)), (3, 4))[1]
        (2, 0, 3, 4)
    """
    return _crop(src, size, interp, "center_crop", lambda room: room // 2)


def random_crop(src: NDArray, size: Size, interp: int = 2) -> tuple[NDArray, Window]:
    """Like :func:`center_crop`, at a place that Python's ``random`` chooses."""
    return _crop(src, size, interp, "random_crop", lambda room: random.randint(0, room))


def color_normalize(src: NDArray, mean: NDArray, std: NDArray | None = None) -> NDArray:
    """``(src - mean) / std``, with one number per channel, or numbers of any shape that broadcasts."""
    centred = src - mean
    return centred if std is None else centred / std
