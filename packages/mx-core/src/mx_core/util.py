"""Small helpers: environment variables, devices."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from mx_core.context import num_gpus

__all__ = ["environment", "get_gpu_count", "getenv", "setenv"]


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
