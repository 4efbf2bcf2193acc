"""Checkpoints: a symbol as ``prefix-symbol.json``, its parameters as ``prefix-%04d.params``."""

from __future__ import annotations

import operator
from collections import namedtuple
from typing import Any

from mx_core import ndarray as nd
from mx_core import symbol as sym
from mx_core.base import MXTypeError, MXValueError
from mx_core.ndarray import NDArray
from mx_core.symbol import Symbol

__all__ = ["BatchEndParam", "load_checkpoint", "load_params", "save_checkpoint"]

BatchEndParam = namedtuple("BatchEndParam", ["epoch", "nbatch", "eval_metric", "locals"])
BatchEndParam.__doc__ = (
    """What a callback of a batch gets: epoch and batch (both from 0), metric, and the caller's locals."""
)

Params = dict[str, NDArray]


def save_checkpoint(
    prefix: str,
    epoch: int,
    symbol: Symbol | None,
    arg_params: Params,
    aux_params: Params,
    remove_amp_cast: bool = True,
) -> None:
    """Writes ``prefix-symbol.json`` (unless ``symbol`` is None) and ``prefix-%04d.params``.

    Args:
        prefix: path without the endings.
        epoch: number in the name of the parameter file.
        symbol: the network.
        arg_params: parameters by name.
        aux_params: auxiliary states by name.
        remove_amp_cast: leave the casts of automatic mixed precision out of the symbol.
    """
    if symbol is not None:
        symbol.save(f"{prefix}-symbol.json", remove_amp_cast=remove_amp_cast)
    save_params(f"{prefix}-{epoch:04d}.params", arg_params, aux_params)


def save_params(fname: str, arg_params: Params, aux_params: Params) -> None:
    """Writes one parameter file: names begin with ``arg:`` or ``aux:``."""
    named = {f"arg:{name}": array for name, array in arg_params.items()}
    named.update({f"aux:{name}": array for name, array in aux_params.items()})
    nd.save(fname, named)


def read_params(fname: str) -> tuple[Params, Params]:
    """Reads one parameter file.

    Raises:
        MXValueError: if its arrays have no names, or names without ``arg:`` or ``aux:``.
    """
    loaded = nd.load(fname)
    if not isinstance(loaded, dict):
        if not loaded:  # a network without parameters
            return {}, {}
        raise MXValueError(f"[load_params] {fname} holds {len(loaded)} arrays without names: no parameter file")
    params: dict[str, Params] = {"arg": {}, "aux": {}}
    for key, array in loaded.items():
        kind, _, name = key.partition(":")
        if kind not in params or not name:
            raise MXValueError(f"[load_params] {fname} holds {key!r}: names begin with 'arg:' or 'aux:'")
        params[kind][name] = array
    return params["arg"], params["aux"]


def load_params(prefix: str, epoch: int) -> tuple[Params, Params]:
    """Reads ``prefix-%04d.params``: (parameters, auxiliary states), both by name."""
    try:
        number = operator.index(epoch)
    except TypeError:
        raise MXTypeError(f"[load_params] epoch must be an integer, got {epoch!r}") from None
    return read_params(f"{prefix}-{number:04d}.params")


def load_checkpoint(prefix: str, epoch: int) -> tuple[Symbol, Params, Params]:
    """Reads ``prefix-symbol.json`` and ``prefix-%04d.params``: (symbol, parameters, auxiliary states).

    Example:
        >>> symbol, arg_params, aux_params = load_checkpoint("lenet", 1)    # doctest: +SKIP
    """
    arg_params, aux_params = load_params(prefix, epoch)
    symbol: Any = sym.load(f"{prefix}-symbol.json")
    return symbol, arg_params, aux_params
