"""Initializers made of others: by name pattern, or from a file."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence

from mx_core import ndarray as nd
from mx_core.base import MXAssertionError, MXValueError
from mx_core.ndarray import NDArray

from .initializer import Initializer

__all__ = ["Load", "Mixed"]


class Mixed:
    """The initializer of the first regular expression that matches the start of the name.

    Args:
        patterns: regular expressions; let ``".*"`` be the last.
        initializers: one initializer for each.

    Raises:
        MXValueError: if the lengths differ, or (when called) if no pattern matches.

    Example:
        >>> initializer = Mixed(["conv.*", ".*"], [Xavier(), Uniform(0.1)])    # doctest: +SKIP
    """

    def __init__(self, patterns: Sequence[str], initializers: Sequence[Initializer]) -> None:
        if len(patterns) != len(initializers):
            raise MXAssertionError(
                f"[Mixed] {len(patterns)} patterns and {len(initializers)} initializers: give as many"
            )
        self.map = list(zip([re.compile(pattern) for pattern in patterns], initializers))

    def __call__(self, name: str, arr: NDArray) -> None:
        """Fills ``arr``, the array of the parameter ``name``."""
        for pattern, initializer in self.map:
            if pattern.match(name):
                initializer(name, arr)
                return
        raise MXValueError(f"[Mixed] no pattern matches parameter {name}: add '.*' as the last one")


class Load:
    """Takes values from a file or dict; parameters that are not there go to another initializer.

    Args:
        param: path of a ``.params`` file, or dict of name to array. A prefix ``arg:`` or ``aux:`` is dropped.
        default_init: initializer of parameters that are not in ``param``.
        verbose: log where each parameter comes from.

    Raises:
        MXValueError: when called, if the shapes differ, or a name is missing and there is no ``default_init``.
    """

    def __init__(
        self, param: str | Mapping[str, NDArray], default_init: Initializer | None = None, verbose: bool = False
    ) -> None:
        loaded = nd.load(param) if isinstance(param, str) else param
        if not isinstance(loaded, Mapping):
            raise MXAssertionError(
                f"[Load] {param!r} holds a {type(loaded).__name__} without names: give a dict of arrays"
            )
        self.param = {name.removeprefix("arg:").removeprefix("aux:"): arr for name, arr in loaded.items()}
        self.default_init = default_init
        self.verbose = verbose

    def __call__(self, name: str, arr: NDArray) -> None:
        """Fills ``arr``, the array of the parameter ``name``."""
        source = "loaded"
        if name in self.param:
            if self.param[name].shape != arr.shape:
                raise MXAssertionError(
                    f"[Load] parameter {name} has shape {arr.shape}, the loaded one {self.param[name].shape}"
                )
            arr[:] = self.param[name]
        elif self.default_init is not None:
            self.default_init(name, arr)
            source = f"made by {type(self.default_init).__name__}"
        else:
            raise MXAssertionError(f"[Load] parameter {name} is not among the loaded ones: give default_init")
        if self.verbose:
            logging.info("Parameter %s: %s", name, source)
