"""Every public operator as a function on symbols, without the hand-written functions around them."""

from typing import Any

from mx_core.symbol._generated.namespace_op import *  # noqa: F403
from mx_core.symbol._generated.namespace_op import __all__ as __all__


def __getattr__(name: str) -> Any:
    raise AttributeError(f"[mx_core.symbol] this version of mx has no operator {name!r}")
