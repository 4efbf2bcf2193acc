"""Attributes for all nodes that are made inside a block.

>>> import mx_core as mx
>>> with mx.AttrScope(ctx_group="stage1"):
...     data = mx.sym.var("data")
>>> data.attr("ctx_group")
'stage1'
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from mx_core._scope import Current, ScopedType
from mx_core.base import MXValueError

__all__ = ["AttrScope"]


class AttrScope(metaclass=ScopedType):
    """Attributes of nodes made inside its ``with`` block. Inner blocks add to outer ones and win over them.

    Args:
        **kwargs: Attributes; the values must be strings.
    """

    _scope: ClassVar[Current] = Current(lambda: AttrScope())

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
        self._scope.set(self)
        return self

    def __exit__(self, *error: object) -> None:
        self._scope.set(self._before.pop())


def current() -> AttrScope:
    """Return the scope of the innermost block of this thread."""
    scope: AttrScope = AttrScope._scope.get()
    return scope
