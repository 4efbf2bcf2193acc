"""Names of files, and text files that are replaced in one step."""

from __future__ import annotations

import os
import threading
from typing import Any

from mx_core.base import MXFileError, MXTypeError, MXValueError


def path_of(fname: Any, what: str) -> str:
    """The name of a file as text; ``what`` is who complains when it is none."""
    try:
        path = os.fsdecode(fname)
    except TypeError:
        raise MXTypeError(f"[{what}] the file name must be a string or a path, got {fname!r}") from None
    if "\0" in path:
        raise MXValueError(f"[{what}] the file name {path!r} holds a NUL character")
    return path


def write_text(path: str, content: str, what: str) -> None:
    """Write a file; a reader sees the old one or the whole new one.

    Devices and pipes are written to as they are, and a link keeps its place: the file behind it is replaced.
    """
    replaces = os.path.isfile(path) or not os.path.exists(path)
    target = os.path.realpath(path) if replaces else path
    temporary = f"{target}.{os.getpid()}.{threading.get_ident()}.tmp" if replaces else target
    try:
        try:
            with open(temporary, "w", encoding="utf-8") as file:
                file.write(content)
            if replaces:
                os.replace(temporary, target)
        except BaseException:
            if replaces and os.path.exists(temporary):
                os.unlink(temporary)
            raise
    except OSError as error:
        raise MXFileError(f"[{what}] can't write {path}: {error.strerror}") from None
