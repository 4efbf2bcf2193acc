"""Devices, environment variables, errors and attempts."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

from mx_core import nd, util
from mx_core.context import Context, cpu, current_context, num_gpus

__all__ = [
    "DummyIter",
    "assert_exception",
    "default_context",
    "discard_stderr",
    "environment",
    "has_tvm_ops",
    "is_aarch64_run",
    "is_cd_run",
    "is_op_runnable",
    "list_contexts",
    "list_gpus",
    "retry",
    "set_default_context",
]


def default_context() -> Context:
    """Return the device that tests run on: the current one."""
    return current_context()


def set_default_context(ctx: Context) -> None:
    """Set the device that tests of this thread run on."""
    Context.default_ctx = ctx


def list_contexts() -> list[Context]:
    """Return the devices of this machine that tests can use."""
    return [cpu(0)]


def list_gpus() -> list[int]:
    """Return the numbers of the GPUs that can be used.

    >>> from mx_core import cpu, gpu
    >>> ctx = gpu() if list_gpus() else cpu()
    """
    return list(range(num_gpus()))


def assert_exception(f: Callable[..., Any], exception_type: type[BaseException], *args: Any, **kwargs: Any) -> None:
    """Raise AssertionError unless the call raises ``exception_type``."""
    try:
        f(*args, **kwargs)
    except exception_type:
        return
    raise AssertionError(f"{f} raised no {exception_type.__name__}")


def retry(n: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorate a test that draws numbers: it has ``n`` attempts, and fails when all do."""
    assert n > 0, "a test needs one attempt"

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def attempts(*args: Any, **kwargs: Any) -> Any:
            for left in range(n - 1, -1, -1):
                try:
                    return function(*args, **kwargs)
                except AssertionError:
                    if not left:
                        raise
            return None

        return attempts

    return decorate


@contextmanager
def environment(*args: Any) -> Iterator[None]:
    """Set environment variables for a block: ``environment(name, value)`` or ``environment({name: value})``.

    None removes a variable. What runs when the block ends is waited for.
    """
    with util.environment(*args):
        try:
            yield
        finally:
            nd.waitall()


@contextmanager
def discard_stderr() -> Iterator[None]:
    """Discard, for a block, what Python and libraries write to the standard error stream."""
    try:
        number = sys.stderr.fileno()
    except (AttributeError, OSError, ValueError):  # a stream without a file, as under some test runners
        yield
        return
    kept = os.dup(number)
    try:
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), number)
        yield
    finally:
        os.dup2(kept, number)
        os.close(kept)


class DummyIter:
    """Gives the first batch of another iterator again and again, for measurements."""

    def __init__(self, real_iter: Any) -> None:
        self.real_iter = real_iter
        self.provide_data, self.provide_label = real_iter.provide_data, real_iter.provide_label
        self.batch_size = real_iter.batch_size
        self.the_batch = next(real_iter)

    def __iter__(self) -> DummyIter:
        return self

    def __next__(self) -> Any:
        return self.the_batch

    def next(self) -> Any:
        """Return the batch."""
        return self.the_batch

    def reset(self) -> None:
        """Begin again, which changes nothing."""


def is_cd_run() -> bool:
    """Return whether the variable CD_JOB is 1."""
    return os.environ.get("CD_JOB") == "1"


def is_aarch64_run() -> bool:
    """Return whether this machine has a 64-bit ARM processor."""
    return platform.machine() == "aarch64"


def has_tvm_ops() -> bool:
    """Return False: mx has no operators made by TVM."""
    return False


def is_op_runnable() -> bool:
    """Return True: every operator runs on every device of this machine."""
    return True
