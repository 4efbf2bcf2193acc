"""Devices: where arrays live and operators run.

>>> import mx_core as mx
>>> with mx.Context("cpu", 1):
...     mx.nd.zeros((2,)).context
cpu(1)
"""

import importlib.util
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

from mx_core._scope import Current, ScopedType
from mx_core.base import MXKeyError

__all__ = ["Context", "cpu", "cpu_pinned", "current_context", "gpu", "gpu_memory_info", "num_gpus"]


class _Default(ScopedType):
    """Calls it by the name that MXNet has for it: ``Context.default_ctx``."""

    default_ctx = ScopedType.current


class Context(metaclass=_Default):
    """A device. As the subject of a ``with`` statement it becomes the default of its block, on this thread.

    Args:
        device_type: "cpu", "gpu", "cpu_pinned" or "cpu_shared", or another Context.
        device_id: Number of the device. Processors have one memory: ``cpu(0)`` and ``cpu(1)`` differ in name only.
    """

    devtype2str: ClassVar[dict[int, str]] = {1: "cpu", 2: "gpu", 3: "cpu_pinned", 5: "cpu_shared"}
    devstr2type: ClassVar[dict[str, int]] = {name: number for number, name in devtype2str.items()}
    _scope: ClassVar[Current] = Current(lambda: Context("cpu", 0))
    __slots__ = ("_before", "device_id", "device_typeid")

    def __init__(self, device_type: "str | Context", device_id: int = 0) -> None:
        self._before: list[Context] = []
        self.device_typeid: int
        self.device_id: int
        if isinstance(device_type, Context):
            self.device_typeid, self.device_id = device_type.device_typeid, device_type.device_id
            return
        if not isinstance(device_type, str) or device_type not in self.devstr2type:
            raise MXKeyError(f"[Context] {device_type!r} is no device type; there are {', '.join(self.devstr2type)}")
        self.device_typeid = self.devstr2type[device_type]
        self.device_id = device_id

    @property
    def device_type(self) -> str:
        """Name of the kind of device: "cpu"."""
        return self.devtype2str[self.device_typeid]

    def __hash__(self) -> int:
        return hash((self.device_typeid, self.device_id))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Context):
            return NotImplemented
        return self.device_typeid == other.device_typeid and self.device_id == other.device_id

    def __repr__(self) -> str:
        return f"{self.device_type}({self.device_id})"

    def __reduce__(self) -> tuple[Any, ...]:
        return Context, (self.device_type, self.device_id)

    def __enter__(self) -> "Context":
        self._before.append(current_context())
        self._scope.set(self)
        return self

    def __exit__(self, *error: object) -> None:
        self._scope.set(self._before.pop())

    def empty_cache(self) -> None:
        """Give memory that no array uses any more back to the system."""
        from mx_core import _ffi

        _ffi.empty_cache(*_checked(self))

    def memory_info(self) -> dict[str, int]:
        """Return what the device's memory pool holds.

        Keys: ``used``, ``cached``, ``peak`` and ``limit`` in bytes, ``allocations`` and ``hits`` in blocks.
        """
        from mx_core import _ffi

        return _ffi.memory_info(*_checked(self))

    def set_memory_limit(self, size: int) -> None:
        """Set how many bytes of unused memory are kept for later arrays: 0 none, -1 (the default) all."""
        from mx_core import _ffi

        _ffi.set_memory_limit(*_checked(self), size)


def _checked(ctx: "Context | str | None") -> tuple[int, int]:
    """Type and number of the device on which something is to be made; a clear error where there is none."""
    if ctx is None:
        ctx = current_context()
    elif isinstance(ctx, str):
        ctx = Context(ctx)
    if ctx.device_typeid in (2, 3):
        from mx_core import _ffi

        _find_plugin()
        _ffi.check_device(ctx.device_typeid, ctx.device_id)
    return ctx.device_typeid, ctx.device_id


@cache
def _find_plugin() -> None:
    """Tell libmx where the CUDA plugin is, if it is installed."""
    from mx_core import _ffi

    found = importlib.util.find_spec("mx_native_cu13")
    if found and found.origin:
        _ffi.set_device_plugin(str(Path(found.origin).parent / "lib" / "libmx_cuda.so"))


def cpu(device_id: int = 0) -> Context:
    """Return the CPU."""
    return Context("cpu", device_id)


def gpu(device_id: int = 0) -> Context:
    """Return a GPU.

    Making arrays there raises :class:`MXUnsupportedError` where something is missing, which it names: the plugin
    (``pip install mx-core[cuda13]``), a driver, or a device.
    """
    return Context("gpu", device_id)


def cpu_pinned(device_id: int = 0) -> Context:
    """Return the CPU, with memory that GPUs read directly: copies from there to a GPU go on while the caller does.

    Without a GPU that can be used it is ordinary memory, as in MXNet 1.9.1.
    """
    return Context("cpu_pinned", device_id)


def current_context() -> Context:
    """Return the innermost ``with Context`` of this thread, else ``cpu(0)``."""
    ctx: Context = Context._scope.get()
    return ctx


def num_gpus() -> int:
    """Return how many GPUs can be used: 0 where the plugin, a driver or a device is missing."""
    from mx_core import _ffi

    _find_plugin()
    return _ffi.device_count()


def gpu_memory_info(device_id: int = 0) -> tuple[int, int]:
    """Return (free, total) memory of a GPU in bytes; what :meth:`Context.empty_cache` would give back counts as used.

    Raises:
        MXUnsupportedError: where there is no GPU: see :func:`gpu`.
    """
    from mx_core import _ffi

    return _ffi.device_memory(*_checked(gpu(device_id)))
