"""Operators that other functions are made of. Their names begin with an underscore."""

from mx_core._absent import no_operator
from mx_core.symbol._generated.namespace_internal import *  # noqa: F403
from mx_core.symbol._generated.namespace_internal import __all__ as __all__

__getattr__ = no_operator(__name__)
