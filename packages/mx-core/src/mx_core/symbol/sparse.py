"""Operators of sparse arrays."""

from mx_core._absent import no_operator
from mx_core.symbol._generated.namespace_sparse import *  # noqa: F403
from mx_core.symbol._generated.namespace_sparse import __all__ as __all__

__getattr__ = no_operator(__name__)
