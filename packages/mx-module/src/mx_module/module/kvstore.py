"""When a module works with a kvstore, and how it updates through one."""

from __future__ import annotations

import os
from typing import Any

from mx_core.base import MXTypeError
from mx_core.ndarray import NDArray

from .executor_group import ExecutorGroup

# a plain local store sums and updates on one core: parameters above this size are updated outside it
BIG_PARAMETER = 16 * 1024 * 1024


def make_kvstore(kvstore: Any, num_device: int, arg_params: dict[str, NDArray]) -> tuple[Any, bool]:
    """The store (None where none is needed) and whether it does the updates.

    Args:
        kvstore: None, a type name, or a store.
        num_device: number of devices; one device and no "dist" in the name need no store.
        arg_params: parameters by name.

    Raises:
        ImportError: if a store is needed and mx-kvstore is not installed.
        MXTypeError: if ``kvstore`` is none of the three.
    """
    update_on_kvstore = bool(int(os.getenv("MXNET_UPDATE_ON_KVSTORE", "1")))
    if kvstore is None:
        return None, False
    if isinstance(kvstore, str):
        if num_device == 1 and "dist" not in kvstore:
            return None, False
        if kvstore == "local" and any(array.size > BIG_PARAMETER for array in arg_params.values()):
            update_on_kvstore = False
        kvstore = _import_kvstore().create(kvstore)
    elif not (hasattr(kvstore, "push") and hasattr(kvstore, "pull")):
        raise MXTypeError(f"[Module.init_optimizer] kvstore is {kvstore!r}: give None, a type name, or a KVStore")
    if update_on_kvstore and hasattr(kvstore, "is_capable"):
        update_on_kvstore = kvstore.is_capable("optimizer")
    return kvstore, update_on_kvstore


def _import_kvstore() -> Any:
    try:
        import mx_kvstore
    except ImportError as error:
        raise ImportError("[Module.init_optimizer] this needs a kvstore: install the package mx-kvstore") from error
    return mx_kvstore


def init_kvstore(kvstore: Any, group: ExecutorGroup, arg_params: dict[str, NDArray], pull: bool) -> None:
    """Puts every parameter into the store, under its name; with ``pull``, takes back what the store holds."""
    for index, name in enumerate(group.param_names):
        kvstore.init(name, arg_params[name])
        if pull:
            kvstore.pull(name, group.param_arrays[index], priority=-index)


def update_on_store(kvstore: Any, group: ExecutorGroup) -> None:
    """Pushes gradients and pulls the parameters that the store's optimizer made."""
    # early layers get the higher priority: the next forward needs them first
    for index in group.trained:
        name = group.param_names[index]
        kvstore.push(name, group.grad_arrays[index], priority=-index)
        kvstore.pull(name, group.param_arrays[index], priority=-index)


def sum_on_store(kvstore: Any, group: ExecutorGroup) -> None:
    """Pushes gradients and pulls their sums over the devices."""
    for index in group.trained:
        name = group.param_names[index]
        kvstore.push(name, group.grad_arrays[index], priority=-index)
        kvstore.pull(name, group.grad_arrays[index], priority=-index)
