"""Operators that other functions are made of. Their names begin with an underscore."""

from typing import Any

from mx_core.symbol._generated.namespace_internal import *  # noqa: F403
from mx_core.symbol._generated.namespace_internal import __all__ as __all__


def __getattr__(name: str) -> Any:
    raise AttributeError(f"[mx_core.symbol] this version of mx has no operator {name!r}")
