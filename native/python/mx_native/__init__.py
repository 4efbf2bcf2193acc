"""Where libmx lives, and how to load it. Importing this module loads nothing.

>>> import mx_native
>>> mx_native.library()                      # doctest: +SKIP
'.../site-packages/mx_native/lib/libmx.so'

The environment variable ``MX_LIBRARY`` names another libmx to use, for example one that was just built by hand.
"""

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["include_dir", "library", "load"]
__version__ = "0.1.0"


def library() -> str:
    """Return the path of ``libmx.so``.

    That is the value of ``MX_LIBRARY`` where it is set, else the library of this installation. The file need not exist:
    :func:`load` is what reports that.
    """
    return os.environ.get("MX_LIBRARY") or _installed("lib/libmx.so")


def include_dir() -> str:
    """Return the directory of the C headers, for ``#include <mx/c_api.h>``."""
    return _installed("include")


def _installed(name: str) -> str:
    # Not beside __file__: in an editable install that lies in the source tree, and the library in site-packages. Nor by
    # importlib.resources, which takes longer to import than all of this package.
    found = [path for path in (f"{folder}/{name}" for folder in __path__) if os.path.exists(path)]
    return found[0] if found else f"{__path__[0]}/{name}"


# About 2 ms on recent processors: longer than the gaps within a training step, and than one thread of a convolution
# waits for the other, but shorter than a time slice. A thread that has gone to sleep takes long to come back, above all
# in a virtual machine, and one that spins for long takes the processor from other programs.
_SPIN_COUNT = "40000"


@contextmanager
def _short_spin() -> Iterator[None]:
    """Let idle threads of libgomp sleep soon: by default they spin for many milliseconds.

    libgomp reads the environment once, when it is loaded. What the user has said there counts; what is said here is
    taken back, so that child processes never see it.
    """
    if "OMP_WAIT_POLICY" in os.environ or "GOMP_SPINCOUNT" in os.environ:
        yield
        return
    os.environ["GOMP_SPINCOUNT"] = _SPIN_COUNT
    try:
        yield
    finally:
        del os.environ["GOMP_SPINCOUNT"]


def load() -> ctypes.CDLL:
    """Load libmx, with the oneDNN and libgomp that lie beside it, and return it.

    An extension module that is linked to libmx and is imported afterwards uses this very copy. Loading twice is free.

    Raises:
        ImportError: the library is missing, or it cannot be loaded on this machine.
    """
    path = library()
    try:
        with _short_spin():
            return ctypes.CDLL(path)
    except OSError as error:
        origin = "MX_LIBRARY" if os.environ.get("MX_LIBRARY") else "this installation of mx-native"
        message = f"[mx_native.load] libmx of {origin} does not load: {error}. "
        advice = "Unset or mend MX_LIBRARY." if origin == "MX_LIBRARY" else "pip install --force-reinstall mx-native"
        raise ImportError(message + advice, name="mx_native", path=path) from error
