"""The key-value store of one process: sums over its devices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from mx_core import ndarray as nd
from mx_core.base import MXNetError, MXTypeError, MXValueError
from mx_core.context import Context, cpu, cpu_pinned
from mx_core.ndarray import NDArray

__all__ = ["KVStore", "create"]

Key = int | str
Keys = Key | Sequence[Key]
Updater = Callable[[Key, NDArray, NDArray], None]


class KVStore:
    """Named arrays: pushed values are summed over devices, pulled ones copied to devices.

    Keys are all strings or all integers. Wherever a key goes, a list of keys goes too, with one value (or one list of
    values, one per device) for each.

    Without an updater a push replaces the stored array by the sum of what is pushed; with one it calls
    ``updater(key, sum, stored)``, which changes the stored array.

    A store of type ``local`` keeps its arrays on the CPU and sums there. One of type ``device`` sums, keeps and updates
    each key on one of the devices that push it, a different one for different keys; arrays go from device to device.

    Use :func:`create` to make one.

    Args:
        kind: what :attr:`type` returns.
        on_devices: sum on the devices.

    Example:
        >>> store = create("local")                                          # doctest: +SKIP
        >>> store.init("w", nd.ones((2,)))                                   # doctest: +SKIP
        >>> store.push("w", [nd.ones((2,)), nd.ones((2,))])                  # doctest: +SKIP
        >>> store.pull("w", out=array)       # array is [2, 2]               # doctest: +SKIP
    """

    def __init__(self, kind: str = "local", on_devices: bool = False) -> None:
        self._kind = kind
        self._on_devices = on_devices
        self._homes: dict[Key, Context] = {}  # where each key is summed
        self._loads: dict[Context, int] = {}  # elements of the keys that are summed there
        self._stored: dict[Key, NDArray] = {}
        self._key_type: type | None = None
        self._updater: Any = None

    @property
    def type(self) -> str:
        """The name that it was created with: ``"local"``."""
        return self._kind

    @property
    def rank(self) -> int:
        """Number of this worker: 0."""
        return 0

    @property
    def num_workers(self) -> int:
        """Number of workers: 1."""
        return 1

    @staticmethod
    def is_capable(capability: str) -> bool:
        """Whether the store can do something; known: ``"optimizer"`` (yes).

        Raises:
            MXValueError: for an unknown capability.
        """
        if capability.lower() != "optimizer":
            raise MXValueError(f"[KVStore.is_capable] unknown capability {capability!r}: known is 'optimizer'")
        return True

    # -- data ----------------------------------------------------------------------------------------------------
    def init(self, key: Keys, value: Any) -> None:
        """Stores the first value of each key (copies of the arrays).

        Raises:
            MXValueError: if a key is there already, or keys of both types are mixed.
        """
        for one, values in self._pairs("init", key, value):
            if one in self._stored:
                raise MXValueError(f"[KVStore.init] duplicate init of key {one!r}: init once, then push")
            self._stored[one] = values[0].copyto(cpu())

    def push(self, key: Keys, value: Any, priority: int = 0) -> None:
        """Sums the values of each key over devices, then updates or replaces the stored array.

        Args:
            key: key or keys; a key given several times gets the sum of all its values.
            value: array, list of arrays (devices), or a list of those for a list of keys.
            priority: a hint for the order of transfers; the order of the calls is used.

        Raises:
            MXValueError: if a key was not initialized or a shape differs from the stored one.
        """
        groups: dict[Key, list[NDArray]] = {}
        for one, values in self._pairs("push", key, value):
            groups.setdefault(one, []).extend(values)
        for one, values in groups.items():
            stored = self._find("push", one)
            for array in values:
                self._check_shape("push", one, stored, array)
            home = self._home(one, values)
            if stored.context != home:
                stored = self._stored[one] = stored.copyto(home)
            parts = [array.as_in_context(home) for array in values]
            total = parts[0] if len(parts) == 1 else nd.add_n(*parts)
            if self._updater is None:
                total.copyto(stored)
            else:
                self._updater(one, total, stored)

    def _home(self, key: Key, values: Sequence[NDArray]) -> Context:
        """Where a key is summed, stored and updated."""
        if not self._on_devices:
            # GPUs copy from and to pinned memory by themselves
            return cpu_pinned() if any(array.context.device_type == "gpu" for array in values) else cpu()
        if key not in self._homes:
            # the devices share the work: the next key goes to the one with the least
            home = min((array.context for array in values), key=lambda context: self._loads.get(context, 0))
            self._homes[key] = home
            self._loads[home] = self._loads.get(home, 0) + values[0].size
        return self._homes[key]

    def pull(self, key: Keys, out: Any = None, priority: int = 0, ignore_sparse: bool = True) -> None:
        """Copies the stored arrays of each key into ``out``.

        Args:
            key: key or keys.
            out: array, list of arrays (devices), or a list of those for a list of keys.
            priority: a hint for the order of transfers; the order of the calls is used.
            ignore_sparse: leave row_sparse arrays out; this store has none.

        Raises:
            MXValueError: if ``out`` is missing, a key was not initialized, or a shape differs.
        """
        if out is None:
            raise MXValueError("[KVStore.pull] out is missing: give the arrays to write into")
        for one, targets in self._pairs("pull", key, out):
            stored = self._find("pull", one)
            for target in targets:
                self._check_shape("pull", one, stored, target)
                stored.copyto(target)

    def pushpull(self, key: Keys, value: Any, out: Any = None, priority: int = 0) -> None:
        """:meth:`push`, then :meth:`pull` into ``out`` (default: into ``value``)."""
        self.push(key, value, priority)
        self.pull(key, value if out is None else out, priority)

    def broadcast(self, key: Keys, value: Any, out: Any, priority: int = 0) -> None:
        """:meth:`init`, then :meth:`pull` into ``out``."""
        self.init(key, value)
        self.pull(key, out, priority)

    def _pairs(self, method: str, key: Keys, value: Any) -> list[tuple[Key, list[NDArray]]]:
        """(key, its arrays over devices) of each key."""
        if isinstance(key, (list, tuple)):
            if not isinstance(value, (list, tuple)) or len(value) != len(key):
                found = f"{len(value)} values" if isinstance(value, (list, tuple)) else type(value).__name__
                raise MXValueError(f"[KVStore.{method}] {len(key)} keys and {found}: give a list of as many")
            keys, values = list(key), list(value)
        else:
            keys, values = [key], [value]
        pairs = []
        for one, arrays in zip(keys, values):
            self._check_key(method, one)
            arrays = list(arrays) if isinstance(arrays, (list, tuple)) else [arrays]
            if not arrays or not all(isinstance(array, NDArray) for array in arrays):
                kinds = [type(array).__name__ for array in arrays]
                raise MXTypeError(f"[KVStore.{method}] key {one!r} comes with {kinds}: give NDArrays, at least one")
            pairs.append((one, arrays))
        return pairs

    def _check_key(self, method: str, key: Key) -> None:
        kind = str if isinstance(key, str) else int
        if not isinstance(key, (str, int)) or isinstance(key, bool):
            raise MXTypeError(f"[KVStore.{method}] key {key!r} is a {type(key).__name__}: keys are strings or integers")
        if self._key_type not in (None, kind):
            raise MXValueError(
                f"[KVStore.{method}] key {key!r}: this store's keys are of type {self._key_type.__name__}; mixed key "
                "types are not allowed"
            )
        self._key_type = kind

    def _find(self, method: str, key: Key) -> NDArray:
        if key not in self._stored:
            raise MXValueError(f"[KVStore.{method}] key {key!r} does not exist: init it first")
        return self._stored[key]

    @staticmethod
    def _check_shape(method: str, key: Key, stored: NDArray, array: NDArray) -> None:
        if array.shape != stored.shape:
            raise MXValueError(f"[KVStore.{method}] key {key!r} has shape {stored.shape}, the array {array.shape}")

    # -- optimizer -----------------------------------------------------------------------------------------------
    def set_optimizer(self, optimizer: Any) -> None:
        """Lets an optimizer update the stored arrays at each push.

        Raises:
            ImportError: if mx-module, which has the optimizers, is not installed.
        """
        try:
            from mx_module.optimizer import get_updater
        except ImportError as error:
            raise ImportError(
                "[KVStore.set_optimizer] optimizers are in the package mx-module: install it, or use _set_updater"
            ) from error
        self._set_updater(get_updater(optimizer))

    def _set_updater(self, updater: Updater | None) -> None:
        """Sets the function ``updater(key, pushed sum, stored)`` of each push; None to replace instead."""
        self._updater = updater

    def save_optimizer_states(self, fname: str, dump_optimizer: bool = False) -> None:
        """Writes the optimizer's states (with ``dump_optimizer``, the optimizer too).

        Raises:
            MXNetError: without :meth:`set_optimizer`.
        """
        updater = self._optimizer_updater("save_optimizer_states")
        with open(fname, "wb") as file:
            file.write(updater.get_states(dump_optimizer))

    def load_optimizer_states(self, fname: str) -> None:
        """Reads the optimizer's states.

        Raises:
            MXNetError: without :meth:`set_optimizer`.
            MXValueError: if the file holds anything else.
        """
        updater = self._optimizer_updater("load_optimizer_states")
        with open(fname, "rb") as file:
            updater.set_states(file.read())

    def _optimizer_updater(self, method: str) -> Any:
        if not hasattr(self._updater, "get_states"):
            raise MXNetError(f"[KVStore.{method}] there is no optimizer: call set_optimizer first")
        return self._updater

    # -- what only other stores can do ---------------------------------------------------------------------------
    def barrier(self) -> None:
        """Waits for all workers: there is one."""

    _barrier = barrier

    def row_sparse_pull(self, key: Keys, out: Any = None, priority: int = 0, row_ids: Any = None) -> NoReturn:
        """Not in this version.

        Raises:
            MXNetError: always.
        """
        raise MXNetError("[KVStore.row_sparse_pull] this version stores dense arrays only: use pull")

    def set_gradient_compression(self, compression_params: dict[str, Any]) -> NoReturn:
        """Not in this version: arrays go from device to device as they are.

        Raises:
            MXNetError: always.
        """
        raise MXNetError(f"[KVStore.set_gradient_compression] a store of type {self._kind!r} does not compress")


LOCAL_TYPES = ("local", "local_update_cpu", "local_allreduce_cpu")
DEVICE_TYPES = ("device", "local_allreduce_device")


def create(name: str = "local") -> KVStore:
    """A new store.

    Args:
        name: ``"local"`` (also ``"local_update_cpu"``, ``"local_allreduce_cpu"``): sums on the CPU; ``"device"`` (also
            ``"local_allreduce_device"``): sums on the devices. In any case of letters.

    Raises:
        MXTypeError: if ``name`` is no string.
        MXValueError: for types of later versions (nccl, dist) and for unknown types. MXNet 1.x silently made a local
            store of an unknown type.
    """
    if not isinstance(name, str):
        raise MXTypeError(f"[kvstore.create] name is a {type(name).__name__}: give the name of a type, as 'local'")
    kind = name.lower()
    if kind in (*LOCAL_TYPES, *DEVICE_TYPES):
        return KVStore(kind, kind in DEVICE_TYPES)
    if "dist" in kind or "p3" in kind or kind in ("horovod", "byteps"):
        raise MXValueError(f"[kvstore.create] {name!r}: stores over several machines come with a later mx-kvstore")
    if "nccl" in kind:
        raise MXValueError(f"[kvstore.create] {name!r} comes with a later mx-kvstore; use 'device'")
    raise MXValueError(f"[kvstore.create] unknown type {name!r}: use 'local' or 'device'")
