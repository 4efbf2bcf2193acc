"""What ``with`` blocks make current, for each thread."""

import threading
from collections.abc import Callable
from typing import Any

__all__ = ["Current", "ScopedType"]


class Current:
    """The innermost object of the blocks of this thread; before any, what ``make`` returns."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make
        self._thread = threading.local()

    def get(self) -> Any:
        """Return it."""
        try:
            return self._thread.value
        except AttributeError:  # a thread's first
            self._thread.value = self._make()
            return self._thread.value

    def set(self, value: Any) -> None:
        """Replace it."""
        self._thread.value = value


class ScopedType(type):
    """Lets a class tell its innermost object, as MXNet's do: ``NameManager.current``."""

    _scope: Current

    @property
    def current(cls) -> Any:
        """The innermost object of this thread's blocks."""
        return cls._scope.get()

    @current.setter
    def current(cls, value: Any) -> None:
        cls._scope.set(value)
