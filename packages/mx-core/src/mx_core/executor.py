"""A network bound to arrays, ready to run.

>>> import mx_core as mx
>>> a, b = mx.sym.var("a"), mx.sym.var("b")
>>> executor = (a * b).bind(mx.cpu(), {"a": mx.nd.array([2]), "b": mx.nd.array([3])}, {"a": mx.nd.zeros((1,))})
>>> executor.forward(is_train=True)[0].asscalar()
np.float32(6.0)
>>> executor.backward(mx.nd.ones((1,)))
>>> executor.grad_dict["a"].asscalar()
np.float32(3.0)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mx_core import ndarray as nd
from mx_core._ffi import ExecutorBase, NDArrayBase
from mx_core.base import MXTypeError, MXValueError
from mx_core.context import Context, _checked

if TYPE_CHECKING:
    from mx_core.ndarray import NDArray
    from mx_core.symbol import Symbol

__all__ = ["Executor"]

_REQUESTS = {"null": 0, "write": 1, "add": 3}


class Executor(ExecutorBase):
    """Made by :meth:`Symbol.bind` and :meth:`Symbol.simple_bind`.

    Binding chooses layouts, and the first ``forward(is_train=False)`` joins operators; ``MX_GRAPH_OPTIMIZE=0`` in the
    environment at the time of binding turns both off. :meth:`debug_str` shows what became of the graph.

    Attributes:
        arg_arrays: The arrays of the arguments, in the order of ``symbol.list_arguments()``.
        grad_arrays: Those of their gradients; None where none is computed.
        aux_arrays: Those of the auxiliary states.
    """

    def __init__(
        self,
        symbol: Symbol,
        ctx: Context,
        arg_arrays: Sequence[NDArray],
        grad_arrays: Sequence[NDArray | None],
        requests: Sequence[str],
        aux_arrays: Sequence[NDArray],
        grad_req: Any = "write",
        group2ctx: Mapping[str, Context] | None = None,
    ) -> None:
        self._symbol = symbol
        self._ctx = ctx
        self._requests = list(requests)
        self._grad_req = grad_req
        self._group2ctx = dict(group2ctx or {})
        self.arg_arrays = list(arg_arrays)
        self.grad_arrays = list(grad_arrays)
        self.aux_arrays = list(aux_arrays)
        self._arg_names = symbol.list_arguments()
        self._arg_dict = dict(zip(self._arg_names, self.arg_arrays))
        self._grad_dict = dict(zip(self._arg_names, self.grad_arrays))
        self._aux_dict = dict(zip(symbol.list_auxiliary_states(), self.aux_arrays))
        groups = {name: _checked(group) for name, group in self._group2ctx.items()}
        codes = [_REQUESTS[request] for request in requests]
        written = [gradient if code else None for gradient, code in zip(self.grad_arrays, codes)]
        self._bind(symbol, *_checked(ctx), self.arg_arrays, written, codes, self.aux_arrays, groups)

    @property
    def arg_dict(self) -> dict[str, NDArray]:
        """{name: array} of the arguments."""
        return self._arg_dict

    @property
    def grad_dict(self) -> dict[str, NDArray | None]:
        """{name: gradient} of the arguments; None where none is computed."""
        return self._grad_dict

    @property
    def aux_dict(self) -> dict[str, NDArray]:
        """{name: array} of the auxiliary states."""
        return self._aux_dict

    @property
    def outputs(self) -> list[NDArray]:
        """The results of the last :meth:`forward`. The next one overwrites them."""
        return self._outputs()

    @property
    def output_dict(self) -> dict[str, NDArray]:
        """{name: array} of the outputs."""
        return dict(zip(self._symbol.list_outputs(), self.outputs))

    def forward(self, is_train: bool = False, **kwargs: Any) -> list[NDArray]:
        """Compute the outputs.

        Args:
            is_train: Whether operators run as in training.
            **kwargs: New values of arguments, by name: arrays of the bound shape.

        Returns:
            :attr:`outputs`.
        """
        for name, value in kwargs.items():
            if name not in self._arg_dict:
                raise MXTypeError(
                    f"[Executor.forward] there is no argument {name!r}, only {', '.join(self._arg_names)}"
                )
            bound = self._arg_dict[name]
            if not isinstance(value, NDArrayBase | np.ndarray):
                raise MXTypeError(f"[Executor.forward] {name} must be an array, got {type(value).__name__}")
            if value.shape != bound.shape:
                raise MXValueError(
                    f"[Executor.forward] {name} is bound to shape {bound.shape}, got {value.shape}: use reshape()"
                )
            bound[:] = value
        self._forward(bool(is_train))
        return self.outputs

    def backward(
        self, out_grads: NDArray | Sequence[NDArray] | Mapping[str, NDArray] | None = None, is_train: bool = True
    ) -> None:
        """Compute the gradients of the arguments, after ``forward(is_train=True)``.

        Args:
            out_grads: Gradients of the outputs, in their order or by name. Not needed where all are losses.
            is_train: Whether operators run as in training.
        """
        self._backward(self._heads(out_grads), bool(is_train))

    def forward_backward(self, out_grads: NDArray | Sequence[NDArray] | Mapping[str, NDArray] | None = None) -> None:
        """Run :meth:`forward` in training mode and :meth:`backward`, in one call of libmx.

        Args:
            out_grads: As for :meth:`backward`.
        """
        self._forward_backward(self._heads(out_grads))

    def _heads(self, out_grads: Any) -> list[Any]:
        if out_grads is None:
            return []
        if isinstance(out_grads, NDArrayBase):
            return [out_grads]
        if isinstance(out_grads, Mapping):
            return [out_grads[name] for name in self._symbol.list_outputs()]
        if isinstance(out_grads, list | tuple):
            return list(out_grads)
        raise MXTypeError(f"[Executor.backward] out_grads must be NDArrays, got {type(out_grads).__name__}")

    def set_monitor_callback(self, callback: Callable[[str, NDArray], Any] | None, monitor_all: bool = False) -> None:
        """Call ``callback(name, array)`` with the output of every node as it is computed.

        Args:
            callback: The function; None switches it off.
            monitor_all: Call it with the inputs too.
        """
        self._set_monitor(callback, bool(monitor_all))

    def copy_params_from(
        self,
        arg_params: Mapping[str, NDArray],
        aux_params: Mapping[str, NDArray] | None = None,
        allow_extra_params: bool = False,
    ) -> None:
        """Copy arrays by name into the arguments and auxiliary states.

        Args:
            arg_params: {name: array} for arguments.
            aux_params: {name: array} for auxiliary states.
            allow_extra_params: Pass over names that do not exist.
        """
        for given, own, what in (
            (arg_params, self._arg_dict, "argument"),
            (aux_params or {}, self._aux_dict, "auxiliary state"),
        ):
            for name, array in given.items():
                if name in own:
                    target = own[name]
                    if array.shape != target.shape:
                        raise MXValueError(
                            f"[Executor.copy_params_from] {name} of shape {array.shape} is bound to {target.shape}"
                        )
                    array.astype(target.dtype, copy=False).copyto(target)
                elif not allow_extra_params:
                    raise MXValueError(f"[Executor.copy_params_from] there is no {what} {name!r}")

    def reshape(self, partial_shaping: bool = False, allow_up_sizing: bool = False, **kwargs: Any) -> Executor:
        """Return an executor for other shapes that shares the memory of everything whose shape remains.

        Args:
            partial_shaping: Allow other arguments than the named ones to change their shapes.
            allow_up_sizing: Allow arrays to grow; they get new memory.
            **kwargs: New shapes by name.
        """
        shapes = {name: array.shape for name, array in self._arg_dict.items()}
        for name in kwargs:
            if name not in shapes:
                raise MXValueError(
                    f"[Executor.reshape] there is no argument {name!r}, only {', '.join(self._arg_names)}"
                )
        arg_shapes, _, aux_shapes = self._symbol.infer_shape(**{name: tuple(shape) for name, shape in kwargs.items()})
        if arg_shapes is None:
            raise MXValueError(f"[Executor.reshape] {kwargs} do not determine all shapes")

        def fit(name: str, array: NDArray, shape: tuple[int, ...], named: bool) -> NDArray:
            if array.shape == shape:
                return array
            if not named and not partial_shaping:
                raise MXValueError(
                    f"[Executor.reshape] the shape of {name} changes too, from {array.shape} to {shape}: pass "
                    "partial_shaping=True if that is meant"
                )
            if int(np.prod(shape)) <= array.size:
                return array.reshape(-1)[: int(np.prod(shape))].reshape(shape)
            if not allow_up_sizing:
                raise MXValueError(
                    f"[Executor.reshape] {name} grows from {array.shape} to {shape}: pass allow_up_sizing=True to "
                    "allow it, or bind the largest shapes first"
                )
            return nd.zeros(shape, array.context, array.dtype)

        arguments, gradients = [], []
        for name, array, gradient, shape in zip(self._arg_names, self.arg_arrays, self.grad_arrays, arg_shapes):
            arguments.append(fit(name, array, shape, name in kwargs))
            gradients.append(None if gradient is None else fit(name, gradient, shape, True))
        states = [fit(name, array, shape, False) for (name, array), shape in zip(self._aux_dict.items(), aux_shapes)]
        return Executor(
            self._symbol, self._ctx, arguments, gradients, self._requests, states, self._grad_req, self._group2ctx
        )

    def debug_str(self) -> str:
        """Return the plan as text: steps, shapes and memory."""
        return self._describe()
