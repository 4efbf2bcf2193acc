"""Reading idx files (the format of MNIST): big-endian magic and sizes, then bytes; plain or gzip."""

from __future__ import annotations

import gzip
import math
import os
import struct
import zlib

import numpy as np
from mx_core.base import MXValueError

_CHUNK = 1 << 20


def read_idx(path: str, ndim: int) -> np.ndarray:
    """The array of uint8 with ``ndim`` axes in the idx file at ``path``.

    Raises:
        OSError: the file cannot be opened.
        MXValueError: it is no such idx file, or its length is not what its header says.
    """
    with open(path, "rb") as file:
        zipped = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        try:
            if not zipped:
                return _parse(path, file, ndim, os.fstat(file.fileno()).st_size)
            with gzip.GzipFile(fileobj=file) as unzipped:
                return _parse(path, unzipped, ndim, None)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise MXValueError(f"[MNISTIter] {path!r} is a damaged gzip file: {error}") from error


def _parse(path: str, file: object, ndim: int, size: int | None) -> np.ndarray:
    head = file.read(4 + 4 * ndim)  # type: ignore[attr-defined]
    if len(head) < 4 + 4 * ndim:
        raise MXValueError(f"[MNISTIter] {path!r} ends inside the idx header ({len(head)} bytes)")
    magic, *shape = struct.unpack(f">{1 + ndim}I", head)
    if magic != 0x0800 + ndim:
        raise MXValueError(
            f"[MNISTIter] {path!r} starts with 0x{magic:08X}, an idx file of bytes with {ndim} axes starts with "
            f"0x{0x0800 + ndim:08X}: are image and label exchanged?"
        )
    claimed = math.prod(shape)
    # The header is not believed before the bytes are there: a plain file's size says so, a gzip file is read in chunks.
    content = bytearray()
    if size is None or size - len(head) == claimed:
        while len(content) <= claimed and (chunk := file.read(_CHUNK)):  # type: ignore[attr-defined]
            content += chunk
    found = len(content) if size is None else size - len(head)
    if found != claimed:
        more = "at least " if found > claimed else ""
        raise MXValueError(
            f"[MNISTIter] {path!r} has {more}{found} bytes after its header, "
            f"which claims {claimed} (shape {tuple(shape)})"
        )
    return np.frombuffer(content, np.uint8).reshape(shape)
