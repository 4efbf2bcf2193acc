"""Linear algebra on batches of matrices."""

from mx_core._absent import no_operator
from mx_core.ndarray._generated.namespace_linalg import *  # noqa: F403
from mx_core.ndarray._generated.namespace_linalg import __all__ as __all__

__getattr__ = no_operator(__name__)
