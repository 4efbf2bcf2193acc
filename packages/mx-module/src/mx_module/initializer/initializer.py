"""The base of all initializers: which rule applies to which parameter, and the registry."""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from mx_core import random
from mx_core.base import MXTypeError, MXValueError
from mx_core.ndarray import NDArray
from mx_core.registry import get_alias_func, get_create_func, get_register_func

__all__ = ["InitDesc", "Initializer", "create", "register"]


class InitDesc(str):
    """The name of a parameter with its attributes.

    Args:
        name: name of the parameter.
        attrs: attributes of its variable; ``__init__`` names an initializer of its own.
        global_init: initializer to ask when an attribute's initializer wants the general rules.
    """

    attrs: dict[str, str]
    global_init: Initializer | None

    def __new__(
        cls, name: str, attrs: dict[str, str] | None = None, global_init: Initializer | None = None
    ) -> InitDesc:
        desc = super().__new__(cls, name)
        desc.attrs = attrs or {}
        desc.global_init = global_init
        return desc


class Initializer:
    """Base class of all initializers; a subclass defines :meth:`_init_weight`.

    Called with an :class:`InitDesc` and an array, it fills the array:

    1. the variable's ``__init__`` attribute wins (``'["name", {arguments}]'`` or a registered name);
    2. else the end of the name decides: ``weight`` the subclass's rule, ``bias`` 0, ``gamma`` 1, ``beta`` 0, ``min`` 0,
       ``max`` 1, ``weight_quantize`` random int8, ``bias_quantize`` 0;
    3. any other name is an error.

    A plain ``str`` in place of the InitDesc follows the older rules, which also know ``moving_mean`` (0),
    ``moving_var`` (1), ``moving_inv_var`` (0), ``moving_avg`` (0) and names that begin with ``upsampling`` or
    ``stn_loc``.

    Args:
        **kwargs: the constructor's arguments, for :meth:`dumps`.
    """

    def __init__(self, **kwargs: Any) -> None:
        self._kwargs = kwargs
        self._verbose = False
        self._print_func: Callable[[NDArray], str] | None = None

    def set_verbosity(self, verbose: bool = False, print_func: Callable[[NDArray], str] | None = None) -> Initializer:
        """With ``verbose``, log a statistic of each array filled (default: root mean square)."""
        self._verbose = verbose
        self._print_func = print_func or _root_mean_square
        return self

    def dumps(self) -> str:
        """The JSON text ``["name", {arguments}]`` that the ``__init__`` attribute of a variable takes.

        Example:
            >>> Constant(3).dumps()      # doctest: +SKIP
            '["constant", {"value": 3}]'
        """
        return json.dumps([type(self).__name__.lower(), self._kwargs])

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other._kwargs == self._kwargs

    __hash__ = object.__hash__

    def __call__(self, desc: str, arr: NDArray) -> None:
        """Fills ``arr``, the array of the parameter ``desc``.

        Raises:
            MXTypeError: if ``desc`` is no string or ``arr`` no NDArray.
            MXValueError: if no rule knows the name.
        """
        if not isinstance(desc, str) or not isinstance(arr, NDArray):
            raise MXTypeError(
                f"[{type(self).__name__}] called with {type(desc).__name__} and {type(arr).__name__}: "
                "give an InitDesc and an NDArray"
            )
        if not isinstance(desc, InitDesc):
            self._by_old_rules(desc, arr)
            return
        if desc.global_init is None:
            desc.global_init = self
        own = desc.attrs.get("__init__", "")
        if own:
            initializer = create(own)
            initializer._init_weight(desc, arr)
            self._log(desc, type(initializer).__name__, arr)
            return
        for ending, rule in _RULES_BY_ENDING.items():
            if desc.endswith(ending):
                getattr(self, rule)(desc, arr)
                self._log(desc, ending, arr)
                return
        self._init_default(desc, arr)

    def _by_old_rules(self, name: str, arr: NDArray) -> None:
        warnings.warn(
            "[Initializer] called with a plain str: give an InitDesc, which carries the variable's attributes",
            DeprecationWarning,
            stacklevel=3,
        )
        if name.startswith("upsampling"):
            self._init_bilinear(name, arr)
        elif name.startswith("stn_loc") and name.endswith("weight"):
            self._init_zero(name, arr)
        elif name.startswith("stn_loc") and name.endswith("bias"):
            self._init_loc_bias(name, arr)
        else:
            for ending, rule in _OLD_RULES_BY_ENDING.items():
                if name.endswith(ending):
                    getattr(self, rule)(name, arr)
                    return
            self._init_default(name, arr)

    def _log(self, desc: str, rule: str, arr: NDArray) -> None:
        if self._verbose and self._print_func is not None:
            logging.info("Initialized %s as %s: %s", desc, rule, self._print_func(arr))

    # -- the rules; a subclass may replace any of them ------------------------------------------------------------
    def _init_weight(self, name: str, arr: NDArray) -> None:
        raise NotImplementedError(f"[{type(self).__name__}] an initializer must define _init_weight")

    def _init_bias(self, name: str, arr: NDArray) -> None:
        arr[:] = 0.0

    def _init_gamma(self, name: str, arr: NDArray) -> None:
        arr[:] = 1.0

    def _init_beta(self, name: str, arr: NDArray) -> None:
        arr[:] = 0.0

    def _init_zero(self, name: str, arr: NDArray) -> None:
        arr[:] = 0.0

    def _init_one(self, name: str, arr: NDArray) -> None:
        arr[:] = 1.0

    def _init_quantized_weight(self, name: str, arr: NDArray) -> None:
        drawn = random.uniform(-127, 127, shape=arr.shape).asnumpy()
        arr[:] = np.floor(drawn).astype(np.int8)

    def _init_bilinear(self, name: str, arr: NDArray) -> None:
        from .upsampling import bilinear_kernel

        arr[:] = bilinear_kernel(arr.shape)

    def _init_loc_bias(self, name: str, arr: NDArray) -> None:
        if arr.shape != (6,):
            raise MXValueError(f"[Initializer] {name} has shape {arr.shape}: the identity transform has 6 numbers")
        arr[:] = np.array([1.0, 0, 0, 0, 1.0, 0], dtype=np.float32)

    def _init_default(self, name: str, arr: NDArray) -> None:
        raise MXValueError(
            f"[Initializer] Unknown initialization pattern for {name} of shape {arr.shape}: known endings are "
            f"{', '.join(_RULES_BY_ENDING)}. Give the variable its own: mx.sym.var({str(name)!r}, init=mx.init.Zero())"
        )


_RULES_BY_ENDING = {
    "weight": "_init_weight",
    "bias": "_init_bias",
    "gamma": "_init_gamma",
    "beta": "_init_beta",
    "min": "_init_zero",
    "max": "_init_one",
    "weight_quantize": "_init_quantized_weight",
    "bias_quantize": "_init_zero",
}
_OLD_RULES_BY_ENDING = {
    **{ending: _RULES_BY_ENDING[ending] for ending in ("bias", "gamma", "beta", "weight", "min", "max")},
    "moving_mean": "_init_zero",
    "moving_var": "_init_one",
    "moving_inv_var": "_init_zero",
    "moving_avg": "_init_zero",
}


def _root_mean_square(arr: NDArray) -> str:
    return str(float(np.sqrt(np.mean(np.square(arr.asnumpy().astype(np.float64))))))


register = get_register_func(Initializer, "initializer")
alias = get_alias_func(Initializer, "initializer")
create = get_create_func(Initializer, "initializer")
