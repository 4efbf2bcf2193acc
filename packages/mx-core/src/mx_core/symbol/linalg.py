"""Linear algebra on batches of matrices."""

from mx_core.symbol._generated.namespace_linalg import *  # noqa: F403
from mx_core.symbol._generated.namespace_linalg import __all__ as __all__
