"""Names for nodes of a graph that were not given any.

>>> import mx_core as mx
>>> with mx.name.Prefix("block1_"):
...     mx.sym.Flatten(mx.sym.var("data")).name
'block1_flatten0'
"""

from typing import Any, ClassVar

from mx_core._scope import Current, ScopedType

__all__ = ["NameManager", "Prefix"]


class NameManager(metaclass=ScopedType):
    """Numbers the nodes of each kind: ``convolution0``, ``convolution1``. Active inside its ``with`` block."""

    _scope: ClassVar[Current] = Current(lambda: NameManager())

    def __init__(self) -> None:
        self._counter: dict[str, int] = {}
        self._before: list[Any] = []

    def get(self, name: str | None, hint: str) -> str:
        """Return ``name``, or a new name made of ``hint`` where it is empty.

        Override this to name nodes your own way.
        """
        if name:
            return name
        number = self._counter.get(hint, 0)
        self._counter[hint] = number + 1
        return f"{hint}{number}"

    def __enter__(self) -> "NameManager":
        self._before.append(current())
        self._scope.set(self)
        return self

    def __exit__(self, *error: object) -> None:
        self._scope.set(self._before.pop())


class Prefix(NameManager):
    """A NameManager that puts ``prefix`` before every name, given ones too."""

    def __init__(self, prefix: str) -> None:
        super().__init__()
        self._prefix = prefix

    def get(self, name: str | None, hint: str) -> str:
        return self._prefix + super().get(name, hint)


def current() -> NameManager:
    """Return the manager of the innermost block of this thread."""
    manager: NameManager = NameManager._scope.get()
    return manager
