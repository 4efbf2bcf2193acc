"""How records lie in a file: ``[magic u32][cflag:3 length:29][bytes][zeros to a multiple of four]``, little-endian.

The magic never stands at a multiple of four inside the bytes of a part: a record that holds it there is written in
several parts (cflag 1 first, 2 middle, 3 last; 0 is a whole record) without these four bytes, and the reader puts
them back.
"""

from __future__ import annotations

import os
import struct
from typing import BinaryIO

from mx_io.errors import RecordIOError

_WORDS = struct.Struct("<II")
_MAGIC = 0xCED7230A
_MAGIC_BYTES = struct.pack("<I", _MAGIC)
_MAX_LENGTH = (1 << 29) - 1
_WHOLE, _FIRST, _MIDDLE, _LAST = range(4)
_UNCHECKED = 1 << 20  # lengths up to this are read without comparing them with the size of the file first


def frame(data: bytes) -> bytes:
    """The bytes that stand for the record ``data`` in a file."""
    if len(data) > _MAX_LENGTH:
        raise RecordIOError(
            f"[MXRecordIO.write] a record holds at most {_MAX_LENGTH} bytes, this one has {len(data)}: split it"
        )
    pieces = []
    start, found = 0, data.find(_MAGIC_BYTES)
    while found >= 0:
        if found % 4 == 0:
            pieces += [_WORDS.pack(_MAGIC, (_MIDDLE if start else _FIRST) << 29 | found - start), data[start:found]]
            start = found + 4
            found = data.find(_MAGIC_BYTES, start)
        else:
            found = data.find(_MAGIC_BYTES, found + 1)
    head = _WORDS.pack(_MAGIC, (_LAST if start else _WHOLE) << 29 | len(data) - start)
    return b"".join([*pieces, head, data[start:] if start else data, bytes(-len(data) % 4)])


def _damaged(file: BinaryIO, what: str) -> RecordIOError:
    return RecordIOError(f"[MXRecordIO.read] {file.name}, before byte {file.tell()}: {what}; is the file damaged?")


def _read_part(file: BinaryIO) -> tuple[int, bytes] | None:
    head = file.read(8)
    if not head:
        return None
    if len(head) < 8:
        raise _damaged(file, f"the file ends after {len(head)} of the 8 bytes of a record header")
    magic, word = _WORDS.unpack(head)
    if magic != _MAGIC:
        raise _damaged(file, f"no record starts here (found 0x{magic:08X} where 0x{_MAGIC:08X} must stand)")
    flag, length = word >> 29, word & _MAX_LENGTH
    if length > _UNCHECKED and file.seekable():
        left = os.fstat(file.fileno()).st_size - file.tell()
        if length > left:
            raise _damaged(file, f"a record claims {length} bytes and {left} are left")
    data = file.read(length)
    padding = -length % 4
    if len(data) < length or (padding and len(file.read(padding)) < padding):
        raise _damaged(file, f"the file ends inside a record of {length} bytes")
    return flag, data


def read_record(file: BinaryIO) -> bytes | None:
    """The record at the position of ``file``, None at its end; RecordIOError where the bytes are no record."""
    part = _read_part(file)
    if part is None:
        return None
    flag, data = part
    if flag == _WHOLE:
        return data
    if flag != _FIRST:
        raise _damaged(file, f"a record starts with continuation flag {flag}, must be {_WHOLE} or {_FIRST}")
    parts = [data]
    while flag != _LAST:
        part = _read_part(file)
        if part is None:
            raise _damaged(file, f"the file ends after part {len(parts)} of a split record")
        flag, data = part
        if flag not in (_MIDDLE, _LAST):
            raise _damaged(file, f"continuation flag {flag} inside a split record, must be {_MIDDLE} or {_LAST}")
        parts.append(data)
    return _MAGIC_BYTES.join(parts)
