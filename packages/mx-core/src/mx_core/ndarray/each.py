"""One operator on many sets of arrays, in a single call of libmx."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from mx_core import _ffi
from mx_core.base import MXTypeError, MXValueError, _Null

if TYPE_CHECKING:
    from mx_core.ndarray.ndarray import NDArray

__all__ = ["invoke_each"]


@cache
def _operator(name: str) -> tuple[int, tuple[str, ...]]:
    """(the number of an operator, the names of its parameters)."""
    number = _ffi.find_op(name)
    return number, _ffi.param_names(number)


def invoke_each(name: str, inputs: Sequence[Sequence[NDArray]], out: Sequence[NDArray], **params: Any) -> None:
    """Run an operator once for every set of arrays, in order, as an optimizer does with all weights of a network.

    That saves the way from Python to libmx for all sets but one. Should one of them fail, those before it are done.

    Args:
        name: Name of an operator with one result.
        inputs: The inputs of each run.
        out: The array that receives the result of each run; any shape and dtype that the operator gives.
        **params: Parameters of the operator. A list holds one value for each run; anything else is for all of them.

    Raises:
        MXValueError: The lists differ in length, or an operator refuses its input.
        MXTypeError: There is no such parameter, or an input is no NDArray.

    >>> import mx_core as mx
    >>> from mx_core.ndarray.each import invoke_each
    >>> weights, gradients = [mx.nd.ones((2,)), mx.nd.ones((1,))], [mx.nd.ones((2,)), mx.nd.ones((1,))]
    >>> invoke_each("sgd_update", list(zip(weights, gradients)), weights, lr=[0.5, 1.0])
    >>> [weight.asnumpy().tolist() for weight in weights]
    [[0.5, 0.5], [0.0]]
    """
    number, names = _operator(name)
    for param, value in params.items():
        if param not in names:
            raise MXTypeError(f"[{name}] there is no parameter {param!r}. There are: {', '.join(names)}")
        if isinstance(value, list) and len(value) != len(inputs):
            raise MXValueError(f"[{name}] {param} holds {len(value)} values for {len(inputs)} sets of inputs")
    count = len(inputs)
    columns = [value if isinstance(value, list) else [value] * count for value in (params.get(n, _Null) for n in names)]
    values = list(zip(*columns)) if columns else [()] * count
    _ffi.invoke_each(number, [tuple(arrays) for arrays in inputs], values, list(out))
