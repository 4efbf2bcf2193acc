"""Operators that MXNet calls contributed."""

from mx_core.ndarray._generated.namespace_contrib import *  # noqa: F403
from mx_core.ndarray._generated.namespace_contrib import __all__ as __all__
