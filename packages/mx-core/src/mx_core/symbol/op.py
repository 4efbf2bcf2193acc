"""Every public operator as a function on symbols, without the hand-written functions around them."""

from mx_core.symbol._generated.namespace_op import *  # noqa: F403
from mx_core.symbol._generated.namespace_op import __all__ as __all__
