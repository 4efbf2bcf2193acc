"""Small helpers: environment variables, devices, the meaning of shapes."""

import functools
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn, TypeVar

from mx_core import _ffi
from mx_core.base import MXUnsupportedError
from mx_core.context import num_gpus

__all__ = [
    "environment",
    "get_gpu_count",
    "getenv",
    "is_np_array",
    "is_np_shape",
    "np_shape",
    "set_np_shape",
    "setenv",
    "makedirs",
    "np_array",
    "set_np",
    "use_np",
    "use_np_array",
    "use_np_shape",
]

_Function = TypeVar("_Function", bound=Callable[..., object])


class _Meaning(threading.local):
    np_shape = False


_meaning = _Meaning()


def getenv(name: str) -> str | None:
    """Return an environment variable; None where it is not set."""
    return os.environ.get(name)


def setenv(name: str, value: str | None) -> None:
    """Set an environment variable; None removes it."""
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value


@contextmanager
def environment(*args: object) -> Iterator[None]:
    """Set environment variables for a block: ``environment(name, value)`` or ``environment({name: value})``."""
    wanted = args[0] if len(args) == 1 else {args[0]: args[1]}
    assert isinstance(wanted, dict)
    before = {name: os.environ.get(name) for name in wanted}
    try:
        for name, value in wanted.items():
            setenv(name, None if value is None else str(value))
        yield
    finally:
        for name, value in before.items():
            setenv(name, value)


def get_gpu_count() -> int:
    """Return how many GPUs can be used."""
    return num_gpus()


def makedirs(path: str) -> None:
    """Make a folder, and those around it, where they are not there yet."""
    os.makedirs(os.path.expanduser(path), exist_ok=True)


def is_np_array() -> bool:
    """Return False: arrays that follow NumPy's rules of dtypes are not part of this version."""
    return False


def set_np(shape: bool = True, array: bool = True, dtype: bool = False) -> NoReturn:
    """Raise MXUnsupportedError: see :func:`is_np_array`. :func:`set_np_shape` is there for shapes."""
    raise MXUnsupportedError(
        "[mx.util] arrays that follow NumPy's rules (mx.np, mx.npx) are not part of this version; "
        "for shapes there are np_shape, use_np_shape and set_np_shape"
    )


@contextmanager
def np_array(active: bool = True) -> Iterator[None]:
    """Raise MXUnsupportedError, unless ``active`` is False: see :func:`is_np_array`."""
    if active:
        set_np()
    yield


def use_np(function: _Function) -> _Function:
    """Decorate a function of arrays that follow NumPy's rules: calling it raises, see :func:`is_np_array`."""

    @functools.wraps(function)
    def refused(*args: object, **kwargs: object) -> NoReturn:
        set_np()

    return refused  # type: ignore[return-value]


use_np_array = use_np


def is_np_shape() -> bool:
    """Return whether shapes mean in this thread what they mean in NumPy: see :func:`np_shape`."""
    return _meaning.np_shape


def set_np_shape(active: bool) -> bool:
    """Let shapes mean in this thread what they mean in NumPy, or not; return what was so before."""
    _ffi.set_numpy_shapes(bool(active))
    before, _meaning.np_shape = _meaning.np_shape, bool(active)
    return before


@contextmanager
def np_shape(active: bool = True) -> Iterator[None]:
    """Let shapes mean for a block what they mean in NumPy.

    Then ``()`` is the shape of a single number and 0 a length like others: ``nd.zeros(())`` and ``nd.zeros((0, 3))``
    are arrays, and ``x[0]`` of one axis has none. Otherwise ``()`` and 0 stand for what is not known yet, as old
    programs expect, and ``x[0]`` has the shape (1,). Reductions over all axes give the shape (1,) in both.

    >>> from mx_core import nd, util
    >>> with util.np_shape():
    ...     nd.ones((2, 3))[1, 2].shape
    ()
    """
    before = set_np_shape(active)
    try:
        yield
    finally:
        set_np_shape(before)


def use_np_shape(function: _Function) -> _Function:
    """Decorate a function so that it runs in :func:`np_shape`."""

    @functools.wraps(function)
    def inside(*args: object, **kwargs: object) -> object:
        with np_shape():
            return function(*args, **kwargs)

    return inside  # type: ignore[return-value]
