"""Operators that come in libraries of their own, written against ``mx/plugin.h``."""

import os
from collections.abc import Callable
from typing import Any

from mx_core import _ffi, ndarray, symbol
from mx_core.base import MXTypeError, MXValueError, _Null
from mx_core.symbol._call import create, text


def load(path: str, verbose: bool = True) -> None:
    """Open a library and make functions of its operators: ``mx.nd.NAME``, ``mx.sym.NAME``.

    The library stays open. Its operators are called as others are: arrays first, parameters by name, which get there as
    text; they work in autograd, in graphs, and in files of graphs, provided that the library is loaded first.

    Args:
        path: absolute path of the library, which ends in .so.
        verbose: print the names of the operators.

    Raises:
        MXValueError: the file does not exist or is no library; it was not written for ``mx/plugin.h`` (libraries made
            for MXNet's own ``lib_api.h`` are not taken); it refuses; or an operator's name is taken already.

    Example:
        >>> mx.library.load("/opt/operators/libaxpy.so")  # doctest: +SKIP
        /opt/operators/libaxpy.so: axpy
        >>> mx.nd.axpy(x, y, alpha=2)  # doctest: +SKIP
    """
    if not os.path.exists(path):
        raise MXValueError(f"[library.load] {path} does not exist")
    if not os.path.isabs(path):
        raise MXValueError(f"[library.load] {path} is not an absolute path: {os.path.abspath(path)} is")
    if not path.endswith(".so"):
        raise MXValueError(f"[library.load] {path} is no library: its name does not end in .so")
    names = []
    for number in _ffi.load_library(path):
        name, doc, inputs, params, hidden = _ffi.describe_op(number)
        if hidden:
            continue
        names.append(name)
        for module, make in ((ndarray, _array_function), (symbol, _symbol_function)):
            function = make(number, inputs, params)
            function.__name__ = function.__qualname__ = name
            function.__doc__ = doc
            for namespace in (module, module.op):
                setattr(namespace, name, function)
    if verbose:
        print(f"{path}: {', '.join(names)}")


def _arrange(name: str, inputs: tuple[str, ...], given: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """The inputs by name; those given as keywords are taken out of ``kwargs``."""
    if len(given) > len(inputs):
        raise MXTypeError(f"[{name}] got {len(given)} inputs, but has {len(inputs)}: {', '.join(inputs)}")
    found: dict[str, Any] = dict.fromkeys(inputs)
    found.update(zip(inputs, given, strict=False))
    for key in inputs:
        if key in kwargs:
            if found[key] is not None:
                raise MXTypeError(f"[{name}] {key} is given twice")
            found[key] = kwargs.pop(key)
    return found


def _array_function(op: int, inputs: tuple[str, ...], params: tuple[str, ...]) -> Callable[..., Any]:
    def function(*arrays: Any, out: Any = None, name: str | None = None, **kwargs: Any) -> Any:
        found = _arrange(function.__name__, inputs, arrays, kwargs)
        values = tuple(_Null if (value := kwargs.pop(key, _Null)) is _Null else text(value) for key in params)
        if kwargs:
            raise MXTypeError(
                f"[{function.__name__}] there is no parameter {next(iter(kwargs))!r}: {', '.join(params)}"
            )
        return _ffi.invoke(op, tuple(found.values()), values, out)

    return function


def _symbol_function(op: int, inputs: tuple[str, ...], params: tuple[str, ...]) -> Callable[..., Any]:
    def function(*symbols: Any, name: str | None = None, attr: Any = None, **kwargs: Any) -> Any:
        found = _arrange(function.__name__, inputs, symbols, kwargs)
        values = {key: kwargs.pop(key, _Null) for key in params}
        return create(op, function.__name__.lower(), found, values, name, attr, kwargs)

    return function
