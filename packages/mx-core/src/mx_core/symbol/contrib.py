"""Operators that MXNet calls contributed."""

from mx_core.symbol._generated.namespace_contrib import *  # noqa: F403
from mx_core.symbol._generated.namespace_contrib import __all__ as __all__
