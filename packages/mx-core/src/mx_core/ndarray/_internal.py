"""Operators that other functions are made of. Their names begin with an underscore."""

from mx_core.ndarray._generated.namespace_internal import *  # noqa: F403
from mx_core.ndarray._generated.namespace_internal import __all__ as __all__
