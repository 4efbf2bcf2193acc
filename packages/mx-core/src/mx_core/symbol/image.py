"""Operators on images."""

from mx_core._absent import no_operator
from mx_core.symbol._generated.namespace_image import *  # noqa: F403
from mx_core.symbol._generated.namespace_image import __all__ as __all__

__getattr__ = no_operator(__name__)
