"""MXIndexedRecordIO: a file of records beside a text file that says where each one starts."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from mx_io._record_file import MXRecordIO
from mx_io.errors import RecordIOError, RecordKeyError


class MXIndexedRecordIO(MXRecordIO):
    """Reads records by key, or writes them together with their index.

    The index has one line ``key<TAB>byte offset`` per record. ``keys`` lists the keys in file order, ``idx`` maps each
    to its offset. A reader that came through a fork opens the file for itself at its first ``seek`` or ``read_idx``.

    Args:
        idx_path: path of the index.
        uri: path of the record file.
        flag: ``"r"`` or ``"w"``.
        key_type: makes a key from its text.

    Raises:
        OSError: a file cannot be opened.
        RecordIOError: as for MXRecordIO, and for a line of the index that is not a key and an offset.

    Example:
        >>> with MXIndexedRecordIO("a.idx", "a.rec", "w") as writer:
        ...     writer.write_idx(7, b"seven")
        >>> MXIndexedRecordIO("a.idx", "a.rec", "r").read_idx(7)
        b'seven'
    """

    def __init__(
        self,
        idx_path: str | os.PathLike[str],
        uri: str | os.PathLike[str],
        flag: str,
        key_type: Callable[[Any], Any] = int,
    ) -> None:
        self.idx_path = os.fspath(idx_path)
        self.idx: dict[Any, int] = {}
        self.keys: list[Any] = []
        self.key_type = key_type
        self.fidx: Any = None
        super().__init__(uri, flag)

    def open(self) -> None:
        """Opens both files; a writer empties them, a reader reads the index."""
        super().open()
        self.idx, self.keys = {}, []
        try:
            if self.writable:
                self.fidx = open(self.idx_path, "wb", buffering=0)  # noqa: SIM115, close() closes it
            else:
                self._read_index()
        except BaseException:
            self.close()
            raise

    def _read_index(self) -> None:
        with open(self.idx_path, encoding="utf-8", errors="replace") as file:
            for number, line in enumerate(file, 1):
                fields = line.strip().split("\t")
                if fields == [""]:
                    continue
                try:
                    key, offset = self.key_type(fields[0]), int(fields[1])
                    if offset < 0:
                        raise ValueError("a negative offset")
                except (ValueError, IndexError, TypeError) as error:
                    raise RecordIOError(
                        f"[MXIndexedRecordIO] line {number} of {self.idx_path!r} is {line[:80]!r}, "
                        f"must be a key, a tab and a byte offset ({error})"
                    ) from error
                self.idx[key] = offset
                self.keys.append(key)

    def close(self) -> None:
        """Closes both files. Closing twice is harmless."""
        super().close()
        if self.fidx is not None:
            self.fidx.close()
            self.fidx = None

    def seek(self, idx: Any) -> None:
        """Moves to the record with key ``idx``; ``read()`` then reads it and goes on from there.

        Raises:
            RecordKeyError: the index has no such key.
            RecordIOError: closed, or a writer, or the index points where no file can reach.
        """
        if self.is_open and not self.writable and self.pid != os.getpid():
            self._file.close()
            self._open_records()
        self._check("seek", writable=False)
        if idx not in self.idx:
            raise RecordKeyError(
                f"[MXIndexedRecordIO.seek] {self.idx_path!r} has no key {idx!r} among its {len(self.idx)} keys"
            )
        try:
            self._file.seek(self.idx[idx])
        except (OSError, ValueError) as error:
            raise RecordIOError(
                f"[MXIndexedRecordIO.seek] key {idx!r} points to byte {self.idx[idx]} of {self.uri!r}: {error}"
            ) from error

    def read_idx(self, idx: Any) -> bytes:
        """The record with key ``idx``.

        Raises:
            RecordKeyError: the index has no such key.
            RecordIOError: no record stands where the index points.
        """
        self.seek(idx)
        record = self.read()
        if record is None:
            raise RecordIOError(
                f"[MXIndexedRecordIO.read_idx] key {idx!r} points to byte {self.idx[idx]}, "
                f"at or after the end of {self.uri!r}: the index belongs to another file"
            )
        return record

    def tell(self) -> int:
        """The byte offset at which the next record will be written."""
        self._check("tell", writable=True)
        return self._end

    def write_idx(self, idx: Any, buf: bytes) -> None:
        """Appends the record ``buf`` and its key.

        Raises:
            RecordIOError: the key's text is empty, or holds a tab, a line break or outer spaces; else as ``write``.
        """
        key = self.key_type(idx)
        text = str(key)
        if text != text.strip() or "\t" in text or len(text.splitlines()) != 1:
            raise RecordIOError(
                f"[MXIndexedRecordIO.write_idx] key {key!r} is empty, or holds a tab, a line break or outer spaces"
            )
        offset = self.tell()
        self.write(buf)
        self.fidx.write(f"{key}\t{offset}\n".encode())
        self.idx[key] = offset
        self.keys.append(key)
