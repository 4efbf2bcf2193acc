"""Attributes for all nodes that are made inside a block.

>>> import mx_core as mx
>>> with mx.AttrScope(ctx_group="stage1"):
...     data = mx.sym.var("data")
>>> data.attr("ctx_group")
'stage1'
"""

import threading
from collections.abc import Mapping
from typing import Any, ClassVar

from mx_core.base import MXValueError

__all__ = ["AttrScope"]


class _Current(type):
    """Lets the class tell its innermost scope, as MXNet's does: ``AttrScope.current``."""

    @property
    def current(cls) -> "AttrScope":
        return current()

    @current.setter
    def current(cls, scope: "AttrScope") -> None:
        AttrScope._current.value = scope


class AttrScope(metaclass=_Current):
    """Attributes of nodes made inside its ``with`` block. Inner blocks add to outer ones and win over them.

    Args:
        **kwargs: Attributes; the values must be strings.
    """

    _current: ClassVar[threading.local] = threading.local()

    def __init__(self, **kwargs: str) -> None:
        for key, value in kwargs.items():
            if not isinstance(value, str):
                raise MXValueError(f"[AttrScope] {key} must be a string, got {value!r}: write {key}={str(value)!r}")
        self._own = kwargs
        self._attr: dict[str, str] = dict(kwargs)
        self._before: list[Any] = []

    def get(self, attr: Mapping[str, str] | None) -> dict[str, str]:
        """Return the attributes of the block, with those of ``attr`` over them."""
        return {**self._attr, **(attr or {})}

    def __enter__(self) -> "AttrScope":
        before = current()
        self._before.append(before)
        self._attr = {**before._attr, **self._own}
        AttrScope._current.value = self
        return self

    def __exit__(self, *error: object) -> None:
        before = self._before.pop()
        AttrScope._current.value = before


def current() -> AttrScope:
    """Return the scope of the innermost block of this thread."""
    try:
        return AttrScope._current.value
    except AttributeError:  # a thread's first
        AttrScope._current.value = AttrScope()
        return AttrScope._current.value


AttrScope._current.value = AttrScope()
