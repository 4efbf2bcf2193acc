"""Encoding and decoding of single images with Pillow, with the channel order and the options of OpenCV."""

from __future__ import annotations

import io
from typing import Any

import numpy as np

from mx_io.errors import RecordIOError

_FORMATS = {".jpg": "JPEG", ".jpeg": "JPEG", ".png": "PNG"}


def _pillow() -> Any:
    try:
        from PIL import Image, ImageOps
    except ImportError as error:
        raise ImportError(
            "[mx_io] images are encoded and decoded with Pillow: pip install mx-io[image]", name="PIL"
        ) from error
    return Image, ImageOps


def _swap(pixels: np.ndarray) -> np.ndarray:
    """Blue, green, red (, alpha) from red, green, blue (, alpha), or the other way round."""
    if pixels.ndim == 2:
        return pixels
    return np.ascontiguousarray(pixels[..., [2, 1, 0, *range(3, pixels.shape[2])]])


def encode(img: np.ndarray, quality: int, img_fmt: str) -> bytes:
    """The bytes of a JPEG or PNG file."""
    image_module, _ = _pillow()
    kind = _FORMATS.get(img_fmt.lower())
    if kind is None:
        raise RecordIOError(f"[recordio.pack_img] img_fmt is {img_fmt!r}, must be one of {', '.join(_FORMATS)}")
    img = np.asarray(img)
    if img.ndim == 3 and img.shape[2] == 1:
        img = img[..., 0]
    channels = img.shape[2] if img.ndim == 3 else 1
    if img.dtype != np.uint8 or img.ndim not in (2, 3) or channels not in (1, 3, 4) or 0 in img.shape:
        raise RecordIOError(
            f"[recordio.pack_img] an image is uint8 of shape (height, width[, 1, 3 or 4]), "
            f"this is {img.dtype} of shape {img.shape}"
        )
    if kind == "JPEG":
        img = img[..., :3] if channels == 4 else img
        options = {"quality": min(max(quality, 1), 100)}
    else:
        options = {"compress_level": min(max(quality, 0), 9)}
    file = io.BytesIO()
    image_module.fromarray(_swap(img)).save(file, kind, **options)
    return file.getvalue()


def decode(data: bytes, iscolor: int) -> np.ndarray:
    """The pixels of an image file."""
    image_module, ops = _pillow()
    try:
        image = image_module.open(io.BytesIO(data))
        if iscolor >= 0:
            image = ops.exif_transpose(image).convert("RGB" if iscolor else "L")
        elif image.mode == "1":
            image = image.convert("L")
        elif image.mode not in ("L", "RGB", "RGBA", "I;16"):
            image = image.convert("RGBA" if "A" in image.mode or "transparency" in image.info else "RGB")
        return _swap(np.array(image))
    except (OSError, ValueError, SyntaxError, image_module.DecompressionBombError) as error:
        raise RecordIOError(
            f"[mx_io] {len(data)} bytes starting with {data[:4].hex()!r} are no image: {error}"
        ) from error
