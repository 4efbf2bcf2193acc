"""Image records: a header with labels, then an encoded image."""

from __future__ import annotations

import struct
from numbers import Number
from typing import TYPE_CHECKING, Any, NamedTuple

from mx_io.errors import RecordIOError

if TYPE_CHECKING:
    import numpy as np

_HEADER = struct.Struct("<IfQQ")


class IRHeader(NamedTuple):
    """What stands before the image in a record.

    Attributes:
        flag: 0 where ``label`` is one number, else how many labels there are (``pack`` sets it).
        label: a number, or a float32 array of shape (flag,).
        id: number of the image.
        id2: high bits of ``id``, 0 in practice.
    """

    flag: int
    label: Any
    id: int
    id2: int


def pack(header: IRHeader | tuple[int, Any, int, int], s: bytes) -> bytes:
    """An image record made of a header and the bytes of an image.

    Args:
        header: its ``label`` may be a number or anything that NumPy makes an array of; its ``flag`` is not used.
        s: the encoded image.

    Raises:
        RecordIOError: a field does not fit its 32 or 64 bits.

    Example:
        >>> len(pack(IRHeader(0, [1.0, 2.0], 7, 0), b"image"))
        37
    """
    header = IRHeader(*header)
    flag, label, labels = 0, header.label, b""
    if not isinstance(label, Number):
        import numpy as np

        array = np.asarray(label.asnumpy() if hasattr(label, "asnumpy") else label, dtype="<f4")
        flag, label, labels = array.size, 0.0, array.tobytes()
    try:
        return _HEADER.pack(flag, label, header.id, header.id2) + labels + s
    except (struct.error, OverflowError) as error:
        raise RecordIOError(f"[recordio.pack] {header} does not fit the record header ({error})") from error


def unpack(s: bytes) -> tuple[IRHeader, bytes]:
    """The header and the image bytes of an image record.

    Raises:
        RecordIOError: ``s`` is shorter than its header, or than the labels that the header counts.

    Example:
        >>> unpack(pack(IRHeader(0, 3, 7, 0), b"image"))
        (IRHeader(flag=0, label=3.0, id=7, id2=0), b'image')
    """
    if len(s) < _HEADER.size:
        raise RecordIOError(
            f"[recordio.unpack] an image record has a header of {_HEADER.size} bytes, this has {len(s)} bytes in all"
        )
    header = IRHeader._make(_HEADER.unpack_from(s))
    start = _HEADER.size + 4 * header.flag
    if header.flag:
        if start > len(s):
            raise RecordIOError(
                f"[recordio.unpack] the header counts {header.flag} labels, "
                f"{len(s) - _HEADER.size} bytes follow it: this is no image record, or it is damaged"
            )
        import numpy as np

        header = header._replace(label=np.frombuffer(s, "<f4", header.flag, _HEADER.size))
    return header, s[start:]


def pack_img(
    header: IRHeader | tuple[int, Any, int, int], img: np.ndarray, quality: int = 95, img_fmt: str = ".jpg"
) -> bytes:
    """An image record made of a header and the pixels of an image. Needs Pillow.

    Args:
        header: as for ``pack``.
        img: uint8, shape (height, width) or (height, width, channels), channels in the order blue, green, red.
        quality: JPEG quality 1-100, or PNG compression 0-9 (larger counts as 9).
        img_fmt: ``".jpg"``, ``".jpeg"`` or ``".png"``.

    Raises:
        ImportError: Pillow is not installed.
        RecordIOError: another format, dtype or shape.

    Example:
        >>> import numpy as np
        >>> record = pack_img(IRHeader(0, 1, 0, 0), np.zeros((8, 8, 3), np.uint8), img_fmt=".png")
        >>> unpack_img(record)[1].shape
        (8, 8, 3)
    """
    from mx_io._image_codec import encode

    return pack(header, encode(img, quality, img_fmt))


def unpack_img(s: bytes, iscolor: int = -1) -> tuple[IRHeader, np.ndarray]:
    """The header and the pixels of an image record. Needs Pillow.

    Args:
        s: the record.
        iscolor: 1 gives three channels, 0 gray, -1 what the file holds.

    Returns:
        The header, and an array of shape (height, width) or (height, width, channels), channels in the order blue,
        green, red.

    Raises:
        ImportError: Pillow is not installed.
        RecordIOError: no image record, or no image that can be decoded.
    """
    from mx_io._image_codec import decode

    header, data = unpack(s)
    return header, decode(data, iscolor)
