"""Every public operator as a function on symbols, without the hand-written functions around them."""

from mx_core._absent import no_operator
from mx_core.symbol._generated.namespace_op import *  # noqa: F403
from mx_core.symbol._generated.namespace_op import __all__ as __all__

__getattr__ = no_operator(__name__)
