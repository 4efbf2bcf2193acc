"""Stores that sum gradients over devices and hand out parameters.

Example:
    >>> import mx_kvstore
    >>> store = mx_kvstore.create("local")                                   # doctest: +SKIP
"""

from .kvstore import KVStore, create

__version__ = "0.1.0"

__all__ = ["KVStore", "create"]
