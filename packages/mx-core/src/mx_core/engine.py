"""How work is executed: threads, and the bulk switches of MXNet.

Work on the CPU runs at once on the thread that asks for it, so there is nothing to collect into bulks. The bulk
functions keep their bookkeeping, for scripts that use them, and change nothing else.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from mx_core import _ffi
from mx_core.base import MXValueError

__all__ = ["bulk", "count_teams", "num_threads", "set_bulk_size", "set_num_threads"]

_bulk_size = 15


def set_bulk_size(size: int) -> int:
    """Remember ``size``, and return the size before. It has no effect on speed or results."""
    global _bulk_size
    if size < 0:
        raise MXValueError(f"[engine.set_bulk_size] size is {size}, but must not be negative")
    before, _bulk_size = _bulk_size, size
    return before


@contextmanager
def bulk(size: int) -> Iterator[None]:
    """Set the bulk size for a ``with`` block.

    >>> import mx_core as mx
    >>> with mx.engine.bulk(10):
    ...     x = mx.nd.ones((2,)) + 1
    """
    before = set_bulk_size(size)
    try:
        yield
    finally:
        set_bulk_size(before)


def num_threads() -> int:
    """Return how many threads one call may use.

    It begins as ``MX_NUM_THREADS``, ``OMP_NUM_THREADS``, or the number of usable cores. After a fork the child has one.
    """
    return _ffi.get_num_threads()


def set_num_threads(count: int) -> None:
    """Set how many threads one call may use. Our own kernels give the same bits with any number."""
    if count < 1:
        raise MXValueError(f"[engine.set_num_threads] count is {count}, but must be at least 1")
    _ffi.set_num_threads(count)


def count_teams() -> int:
    """Return how often work has been shared between several threads, since the start. Small work never is."""
    return _ffi.count_teams()
