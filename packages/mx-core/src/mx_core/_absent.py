"""What the namespaces of operators say about names that they lack."""

from collections.abc import Callable
from typing import Any

__all__ = ["no_operator"]


def no_operator(module: str) -> Callable[[str], Any]:
    """Return the function ``__getattr__`` of a module that holds operators."""

    def getattr_(name: str) -> Any:
        raise AttributeError(f"[{module}] this version of mx has no operator {name!r}")

    return getattr_
