"""Linear algebra on batches of matrices."""

from mx_core.ndarray._generated.namespace_linalg import *  # noqa: F403
from mx_core.ndarray._generated.namespace_linalg import __all__ as __all__
