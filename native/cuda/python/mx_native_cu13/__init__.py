"""Where the CUDA plugin of libmx lives. libmx opens it at the first use of a GPU; nothing here needs to be called.

>>> import mx_native_cu13
>>> mx_native_cu13.library()                      # doctest: +SKIP
'.../site-packages/mx_native_cu13/lib/libmx_cuda.so'
"""

from pathlib import Path

__all__ = ["library"]
__version__ = "0.1.0"


def library() -> str:
    """Return the path of ``libmx_cuda.so``."""
    return str(Path(__file__).parent / "lib" / "libmx_cuda.so")
