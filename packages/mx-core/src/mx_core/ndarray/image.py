"""Operators on images."""

from mx_core.ndarray._generated.namespace_image import *  # noqa: F403
from mx_core.ndarray._generated.namespace_image import __all__ as __all__
