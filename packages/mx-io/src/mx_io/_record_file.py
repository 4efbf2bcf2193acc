"""MXRecordIO: one file of records, read or written from its start."""

from __future__ import annotations

import os
from collections.abc import Iterator
from io import FileIO
from typing import Any, BinaryIO, cast

from mx_io._framing import frame, read_record
from mx_io.errors import RecordIOError


class MXRecordIO:
    """Reads or writes the records of one file in order.

    A reader that is pickled opens the file again from its start where it is unpickled; a writer cannot be pickled.
    After a fork the child must not read or write in order with an object of its parent (``reset()`` opens the file
    anew). One object serves one thread.

    Args:
        uri: path of the file.
        flag: ``"r"`` reads; ``"w"`` writes a new file or replaces one.

    Raises:
        OSError: the file cannot be opened.
        RecordIOError: another flag; later: damaged bytes, reading from a writer, use after ``close()``.

    Example:
        >>> with MXRecordIO("a.rec", "w") as writer:
        ...     writer.write(b"first")
        >>> with MXRecordIO("a.rec", "r") as reader:
        ...     list(reader)
        [b'first']
    """

    def __init__(self, uri: str | os.PathLike[str], flag: str) -> None:
        self.uri = os.fspath(uri)
        self.flag = flag
        self.pid: int | None = None
        self.is_open = False
        self.open()

    def open(self) -> None:
        """Opens the file at its start; a writer empties it."""
        if self.flag not in ("r", "w"):
            raise RecordIOError(f"[MXRecordIO] flag is {self.flag!r}, must be 'r' (read) or 'w' (write)")
        self.close()
        self.writable = self.flag == "w"
        self._open_records()
        self.is_open = True

    def _open_records(self) -> None:
        # Writing is unbuffered, one call per record: a forked child has nothing of its parent's left to flush.
        mode, buffering = ("wb", 0) if self.writable else ("rb", -1)
        self._file = cast(BinaryIO, open(self.uri, mode, buffering))  # noqa: SIM115, close() closes it
        self._end = 0  # where the next record of a writer goes
        self.pid = os.getpid()

    def close(self) -> None:
        """Closes the file. Closing twice is harmless."""
        if self.is_open:
            self.is_open = False
            self.pid = None
            self._file.close()

    def reset(self) -> None:
        """Goes back to the first record: opens the file again. A writer loses what it wrote."""
        self.close()
        self.open()

    def _check(self, action: str, writable: bool) -> None:
        """Raises RecordIOError unless ``action``, which needs a writer or a reader, can be done here and now."""
        what = f"[{type(self).__name__}.{action}] {self.uri!r}"
        if not self.is_open:
            raise RecordIOError(f"{what} is closed: call open() first")
        if self.writable != writable:
            raise RecordIOError(f"{what} is open with flag {self.flag!r}, needs flag {'w' if writable else 'r'!r}")
        if self.pid != os.getpid():  # parent and child share the position: each would miss the other's records
            raise RecordIOError(f"{what} was opened by process {self.pid}: open the file in this process")

    def write(self, buf: bytes) -> None:
        """Appends one record of at most 2**29 - 1 bytes.

        Args:
            buf: the bytes (any bytes-like object) of the record.

        Raises:
            TypeError: ``buf`` is text or no bytes at all.
            RecordIOError: too long, closed, opened for reading, or opened by another process.
        """
        self._check("write", writable=True)
        if not isinstance(buf, (bytes, bytearray, memoryview)):
            raise TypeError(f"[MXRecordIO.write] a record is bytes, not {type(buf).__name__}: encode it first")
        rest = memoryview(frame(buf if isinstance(buf, bytes) else bytes(buf)))
        self._end += len(rest)
        while rest:
            rest = rest[cast(FileIO, self._file).write(rest) :]

    def read(self) -> bytes | None:
        """The next record, or None after the last one.

        Raises:
            RecordIOError: the bytes are no record, or the file is closed, a writer's, or another process's.
        """
        self._check("read", writable=False)
        return read_record(self._file)

    def __iter__(self) -> Iterator[bytes]:
        while (record := self.read()) is not None:
            yield record

    def __enter__(self) -> MXRecordIO:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        if getattr(self, "is_open", False):
            self.close()

    def __getstate__(self) -> dict[str, Any]:
        if self.writable:
            raise TypeError(f"[{type(self).__name__}] {self.uri!r} is being written: only readers can be pickled")
        return {key: value for key, value in self.__dict__.items() if key not in ("_file", "pid")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, is_open=False, pid=None)
        if state["is_open"]:
            self.open()
