"""The executors of a module: binding, loading batches, and the arrays an optimizer works on.

The group holds one executor on one device. Its lists keep the form ``[parameter][device]``, so that a group over
several devices can take its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from mx_core import ndarray as nd
from mx_core.base import MXValueError
from mx_core.context import Context, cpu
from mx_core.executor import Executor
from mx_core.ndarray import NDArray
from mx_core.symbol import Symbol
from mx_io.io import DataDesc

__all__ = ["ExecutorGroup"]

# Executors kept for batch shapes seen before: a smaller last batch must not bind again in each epoch.
MAX_EXECUTORS = 4


class ExecutorGroup:
    """Binds a symbol on one device and moves batches, parameters and gradients in and out.

    Args:
        symbol: the network.
        contexts: one context.
        data_shapes: descriptions of the data inputs, in the order of a batch's arrays.
        label_shapes: descriptions of the labels, in the order of a batch's arrays.
        param_names: arguments that are parameters.
        state_names: arguments that are states.
        grad_req: gradient request of every argument.
        group2ctx: context of each ``ctx_group``, or None.
        shared_group: group whose parameters (and their gradients) this one uses, or None.
    """

    def __init__(
        self,
        symbol: Symbol,
        contexts: Sequence[Context],
        data_shapes: list[DataDesc],
        label_shapes: list[DataDesc],
        param_names: list[str],
        state_names: list[str],
        grad_req: dict[str, str],
        group2ctx: dict[str, Context] | None = None,
        shared_group: ExecutorGroup | None = None,
    ) -> None:
        self.symbol = symbol
        self.contexts = list(contexts)
        self.param_names = param_names
        self.state_names = state_names
        self.grad_req = grad_req
        self.group2ctx = group2ctx
        self.arg_names = symbol.list_arguments()
        self.aux_names = symbol.list_auxiliary_states()
        self.output_names = symbol.list_outputs()
        self.monitors: list[Any] = []
        self._set_shapes(data_shapes, label_shapes)
        exe = self._bind() if shared_group is None else self._bind_shared(shared_group.execs[0])
        self._executors = {self._signature(): exe}
        self._use(exe)

    # -- binding -------------------------------------------------------------------------------------------------
    def _set_shapes(self, data_shapes: list[DataDesc], label_shapes: list[DataDesc]) -> None:
        self.data_shapes = data_shapes
        self.label_shapes = label_shapes
        self.data_names = [desc.name for desc in data_shapes]
        self.batch_size = data_shapes[0].shape[max(0, DataDesc.get_batch_axis(data_shapes[0].layout))]

    def _inputs(self) -> list[DataDesc]:
        """Inputs that the symbol has: an iterator may give labels that the network does not use."""
        return [desc for desc in (*self.data_shapes, *self.label_shapes) if desc.name in self.arg_names]

    def _signature(self) -> tuple[Any, ...]:
        return tuple((desc.name, tuple(desc.shape)) for desc in self._inputs())

    def _bind(self) -> Executor:
        options: dict[str, Any] = {desc.name: desc.shape for desc in self._inputs()}
        if self.group2ctx is not None:
            options["group2ctx"] = self.group2ctx
        return self.symbol.simple_bind(
            ctx=self.contexts[0],
            grad_req=self.grad_req,
            type_dict={desc.name: desc.dtype for desc in self._inputs()},
            **options,
        )

    def _bind_shared(self, shared: Executor) -> Executor:
        """Binds with the parameters, their gradients and the auxiliary states of another executor."""
        context = self.contexts[0]
        shapes, _, aux_shapes = self.symbol.infer_shape(**{desc.name: desc.shape for desc in self._inputs()})
        types, _, aux_types = self.symbol.infer_type(**{desc.name: desc.dtype for desc in self._inputs()})
        parameters = set(self.param_names)

        def array(name: str, shape: Any, dtype: Any, table: dict[str, Any], sharing: bool) -> NDArray:
            found = table.get(name) if sharing else None
            if found is None:
                return nd.zeros(shape, context, dtype=np.float32 if dtype is None else dtype)
            if tuple(found.shape) != tuple(shape):
                raise MXValueError(
                    f"[Module.bind] parameter {name} has shape {tuple(shape)} here and {found.shape} in shared_module"
                )
            return found

        args, grads = {}, {}
        for name, shape, dtype in zip(self.arg_names, shapes, types):
            args[name] = array(name, shape, dtype, shared.arg_dict, name in parameters)
            if self.grad_req[name] != "null":
                grads[name] = array(name, shape, dtype, shared.grad_dict, name in parameters)
        aux = {
            name: array(name, shape, dtype, shared.aux_dict, True)
            for name, shape, dtype in zip(self.aux_names, aux_shapes, aux_types)
        }
        return self.symbol.bind(
            context, args, args_grad=grads, grad_req=self.grad_req, aux_states=aux, group2ctx=self.group2ctx
        )

    def reshape(self, data_shapes: list[DataDesc], label_shapes: list[DataDesc]) -> None:
        """Changes the input shapes; parameters, gradients and auxiliary states stay the same memory."""
        self._set_shapes(data_shapes, label_shapes)
        signature = self._signature()
        exe = self._executors.get(signature)
        if exe is None:
            # without label shapes the label's array changes its shape unnamed: that is partial shaping
            exe = self.execs[0].reshape(
                partial_shaping=not label_shapes,
                allow_up_sizing=True,
                **{desc.name: desc.shape for desc in self._inputs()},
            )
            if len(self._executors) >= MAX_EXECUTORS:
                del self._executors[next(iter(self._executors))]
            self._executors[signature] = exe
        self._use(exe)

    def _use(self, exe: Executor) -> None:
        """Makes ``exe`` the one that runs, and looks up every array that a batch needs once."""
        previous = getattr(self, "execs", [exe])[0]
        self.execs = [exe]
        args, grads = exe.arg_dict, exe.grad_dict
        self.data_arrays = [args.get(desc.name) for desc in self.data_shapes]
        self.label_arrays = [args.get(desc.name) for desc in self.label_shapes]
        self.data_array_shapes = [tuple(desc.shape) for desc in self.data_shapes]
        self.label_array_shapes = [tuple(desc.shape) for desc in self.label_shapes]
        self.param_arrays = [[args[name]] for name in self.param_names]
        self.grad_arrays = [[grads[name]] if grads.get(name) is not None else [] for name in self.param_names]
        self.aux_arrays = [[exe.aux_dict[name]] for name in self.aux_names]
        trained = [i for i, one in enumerate(self.grad_arrays) if one]
        self.updates = (
            trained,
            [self.grad_arrays[i][0] for i in trained],
            [self.param_arrays[i][0] for i in trained],
        )
        if previous is not exe:
            for monitor in self.monitors:
                monitor.exes[:] = [one for one in monitor.exes if one is not previous]
                monitor.install(exe)

    # -- running -------------------------------------------------------------------------------------------------
    def load(self, data: Sequence[Any], label: Sequence[Any]) -> None:
        """Copies a batch into the bound arrays."""
        _load(data, self.data_arrays, "data")
        if label:
            _load(label, self.label_arrays, "label")

    def forward(self, is_train: bool) -> None:
        """Runs the network on the batch that was loaded."""
        self.execs[0].forward(is_train=is_train)

    def forward_backward(self) -> None:
        """Runs the network in training mode and its gradients, in one call."""
        self.execs[0].forward_backward()

    def backward(self, out_grads: Sequence[NDArray] | None) -> None:
        """Runs the gradients."""
        if out_grads is None:
            self.execs[0].backward()
        else:
            self.execs[0].backward(out_grads=out_grads)

    def outputs(self) -> list[NDArray]:
        """The outputs of the last forward; the next one may overwrite them."""
        return self.execs[0].outputs

    def input_grads(self) -> list[NDArray | None]:
        """The gradients of the data."""
        return [self.execs[0].grad_dict[name] for name in self.data_names]

    def states(self) -> list[NDArray]:
        """The arrays of the states."""
        return [self.execs[0].arg_dict[name] for name in self.state_names]

    def output_shapes(self) -> list[tuple[str, tuple[int, ...]]]:
        """(name, shape) of each output."""
        _, shapes, _ = self.symbol.infer_shape(**{desc.name: desc.shape for desc in self._inputs()})
        return list(zip(self.output_names, shapes))

    def install_monitor(self, monitor: Any) -> None:
        """Watches the executor, also after a reshape."""
        self.monitors.append(monitor)
        monitor.install(self.execs[0])

    # -- parameters ----------------------------------------------------------------------------------------------
    def set_params(
        self, arg_params: dict[str, NDArray], aux_params: dict[str, NDArray], allow_extra: bool = False
    ) -> None:
        """Copies parameters into the executor.

        Raises:
            MXValueError: if a shape differs, or a name is unknown and not ``allow_extra``.
        """
        exe = self.execs[0]
        for kind, given, own in (("argument", arg_params, exe.arg_dict), ("auxiliary state", aux_params, exe.aux_dict)):
            for name, array in given.items():
                if name in own:
                    copy_checked(name, array, own[name])
                elif not allow_extra:
                    raise MXValueError(
                        f"[Module.set_params] {name!r} is no {kind} of the symbol: drop it or give allow_extra=True"
                    )

    def get_params(self) -> tuple[dict[str, NDArray], dict[str, NDArray]]:
        """Copies of the parameters and auxiliary states on the CPU."""
        exe = self.execs[0]
        return (
            {name: exe.arg_dict[name].copyto(cpu()) for name in self.param_names},
            {name: exe.aux_dict[name].copyto(cpu()) for name in self.aux_names},
        )


def copy_checked(name: str, source: NDArray, target: NDArray) -> None:
    """Copies a parameter (any dtype) where the shapes agree.

    Raises:
        MXValueError: if they do not.
    """
    if tuple(source.shape) != tuple(target.shape):
        raise MXValueError(f"[Module] parameter {name!r} has shape {target.shape}, the given one {source.shape}")
    source.copyto(target)


def _load(sources: Sequence[Any], targets: Sequence[NDArray | None], kind: str) -> None:
    if len(sources) != len(targets):
        raise MXValueError(f"[Module.forward] the batch has {len(sources)} {kind} arrays, {len(targets)} are bound")
    for source, target in zip(sources, targets):
        if target is None:  # a label the network does not use
            continue
        if isinstance(source, NDArray):
            source.copyto(target)
        else:
            target[:] = source
