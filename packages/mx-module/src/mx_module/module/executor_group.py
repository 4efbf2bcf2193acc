"""The executors of a module: binding, loading batches, and the arrays an optimizer works on.

A group holds one executor for each device, and each of them runs its part of a batch.
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

from .slicing import DeviceArrays, Groups, batch_axis, batch_size_of, divide, merged, sliced, sliced_desc

__all__ = ["ExecutorGroup"]

# Sets of executors kept for batch shapes seen before: a smaller last batch must not bind again in each epoch.
MAX_EXECUTORS = 4

# Of an input: the axis of its batch, and (part, array) of each device.
Targets = tuple[int, list[tuple[slice, NDArray]]]


class ExecutorGroup:
    """Binds a symbol on devices and moves batches, parameters and gradients in and out.

    Args:
        symbol: the network.
        contexts: the devices.
        work_loads: relative share of the batch of each device.
        data_shapes: descriptions of the data inputs, in the order of a batch's arrays.
        label_shapes: descriptions of the labels, in the order of a batch's arrays.
        param_names: arguments that are parameters.
        state_names: arguments that are states.
        grad_req: gradient request of every argument.
        groups: context of each ``ctx_group``, for each device; or None.
        shared_group: group whose parameters (and their gradients) this one uses, or None.

    Attributes:
        param_arrays: ``[parameter][device]``.
        grad_arrays: the same of their gradients; an empty list for a parameter without.
        aux_arrays: the same of the auxiliary states.
    """

    def __init__(
        self,
        symbol: Symbol,
        contexts: Sequence[Context],
        work_loads: Sequence[float],
        data_shapes: list[DataDesc],
        label_shapes: list[DataDesc],
        param_names: list[str],
        state_names: list[str],
        grad_req: dict[str, str],
        groups: Sequence[Groups | None],
        shared_group: ExecutorGroup | None = None,
    ) -> None:
        self.symbol = symbol
        self.contexts = list(contexts)
        self.work_loads = list(work_loads)
        self.param_names = param_names
        self.state_names = state_names
        self.grad_req = grad_req
        self.groups = groups
        self.arg_names = symbol.list_arguments()
        self.aux_names = symbol.list_auxiliary_states()
        self.output_names = symbol.list_outputs()
        self.output_axes = [DataDesc.get_batch_axis(one.attr("__layout__")) for one in symbol]
        self.monitors: list[Any] = []
        self._set_shapes(data_shapes, label_shapes)
        devices = range(len(self.contexts))
        if shared_group is None:
            execs = [self._bind(i) for i in devices]
        else:
            if shared_group.contexts != self.contexts:
                raise MXValueError(
                    f"[Module.bind] shared_module is on {shared_group.contexts}, this module on {self.contexts}: the "
                    "devices must be the same"
                )
            execs = [self._bind_shared(i, shared_group.execs[i]) for i in devices]
        self._executors = {self._signature(): execs}
        self._use(execs)

    # -- binding -------------------------------------------------------------------------------------------------
    def _set_shapes(self, data_shapes: list[DataDesc], label_shapes: list[DataDesc]) -> None:
        self.data_shapes = data_shapes
        self.label_shapes = label_shapes
        self.data_names = [desc.name for desc in data_shapes]
        self.batch_size = batch_size_of((*data_shapes, *label_shapes))
        self.slices = divide(self.batch_size, self.work_loads)

    def _inputs(self) -> list[DataDesc]:
        """Inputs that the symbol has: an iterator may give labels that the network does not use."""
        return [desc for desc in (*self.data_shapes, *self.label_shapes) if desc.name in self.arg_names]

    def _signature(self) -> tuple[Any, ...]:
        return tuple((desc.name, tuple(desc.shape)) for desc in self._inputs())

    def _inputs_of(self, device: int) -> list[DataDesc]:
        """The device's parts of them."""
        return [sliced_desc(desc, self.slices[device]) for desc in self._inputs()]

    def _bind(self, device: int) -> Executor:
        shapes: dict[str, Any] = {desc.name: desc.shape for desc in self._inputs_of(device)}
        return self.symbol.simple_bind(
            ctx=self.contexts[device],
            grad_req=self.grad_req,
            type_dict={desc.name: desc.dtype for desc in self._inputs()},
            group2ctx=self.groups[device],
            **shapes,
        )

    def _bind_shared(self, device: int, shared: Executor) -> Executor:
        """Binds with the parameters, their gradients and the auxiliary states of another executor."""
        context = self.contexts[device]
        shapes, _, aux_shapes = self.symbol.infer_shape(**{desc.name: desc.shape for desc in self._inputs_of(device)})
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
            context, args, args_grad=grads, grad_req=self.grad_req, aux_states=aux, group2ctx=self.groups[device]
        )

    def reshape(self, data_shapes: list[DataDesc], label_shapes: list[DataDesc]) -> None:
        """Changes the input shapes; parameters, gradients and auxiliary states stay the same memory."""
        self._set_shapes(data_shapes, label_shapes)
        signature = self._signature()
        execs = self._executors.get(signature)
        if execs is None:
            # without label shapes the label's array changes its shape unnamed: that is partial shaping
            execs = [
                exe.reshape(
                    partial_shaping=not label_shapes,
                    allow_up_sizing=True,
                    **{desc.name: desc.shape for desc in self._inputs_of(i)},
                )
                for i, exe in enumerate(self.execs)
            ]
            if len(self._executors) >= MAX_EXECUTORS:
                del self._executors[next(iter(self._executors))]
            self._executors[signature] = execs
        self._use(execs)

    def _use(self, execs: list[Executor]) -> None:
        """Makes ``execs`` those that run, and looks up every array that a batch needs once."""
        previous = getattr(self, "execs", execs)
        self.execs = execs
        self.data_targets = [self._targets(desc) for desc in self.data_shapes]
        self.label_targets = [self._targets(desc) for desc in self.label_shapes]
        self.data_array_shapes = [tuple(desc.shape) for desc in self.data_shapes]
        self.label_array_shapes = [tuple(desc.shape) for desc in self.label_shapes]
        self.param_arrays = [[exe.arg_dict[name] for exe in execs] for name in self.param_names]
        self.grad_arrays = [
            [exe.grad_dict[name] for exe in execs] if execs[0].grad_dict.get(name) is not None else []
            for name in self.param_names
        ]
        self.aux_arrays = [[exe.aux_dict[name] for exe in execs] for name in self.aux_names]
        self.trained = [i for i, one in enumerate(self.grad_arrays) if one]
        # of each device what an updater takes; every copy of a parameter has a number, and a state, of its own
        self.updates = [
            (
                [i * len(execs) + device for i in self.trained],
                [self.grad_arrays[i][device] for i in self.trained],
                [self.param_arrays[i][device] for i in self.trained],
            )
            for device in range(len(execs))
        ]
        if previous is not execs:
            for monitor in self.monitors:
                monitor.exes[:] = [one for one in monitor.exes if one not in previous]
                for exe in execs:
                    monitor.install(exe)

    def _targets(self, desc: DataDesc) -> Targets:
        """Where an input goes; none where the network does not use it."""
        if desc.name not in self.arg_names:
            return 0, []
        arrays = [exe.arg_dict[desc.name] for exe in self.execs]
        return batch_axis(desc), list(zip(self.slices, arrays))

    # -- running -------------------------------------------------------------------------------------------------
    def load(self, data: Sequence[Any], label: Sequence[Any]) -> None:
        """Copies a batch into the bound arrays."""
        _load(data, self.data_targets, "data")
        if label:
            _load(label, self.label_targets, "label")

    def forward(self, is_train: bool) -> None:
        """Runs the network on the batch that was loaded."""
        for exe in self.execs:
            exe.forward(is_train=is_train)

    def forward_backward(self) -> None:
        """Runs the network in training mode and its gradients, in one call for each device."""
        for exe in self.execs:
            exe.forward_backward()

    def backward(self, out_grads: Sequence[NDArray] | None) -> None:
        """Runs the gradients."""
        for exe, part in zip(self.execs, self.slices):
            if out_grads is None:
                exe.backward()
            else:
                exe.backward(out_grads=[sliced(one, axis, part) for one, axis in zip(out_grads, self.output_axes)])

    def outputs(self) -> list[NDArray]:
        """The outputs of the last forward for the whole batch; the next one may overwrite them."""
        if len(self.execs) == 1:
            return self.execs[0].outputs
        return [merged(parts, axis) for parts, axis in zip(self.device_outputs(), self.output_axes)]

    def device_outputs(self) -> list[list[NDArray]]:
        """The outputs as ``[output][device]``."""
        return [list(parts) for parts in zip(*(exe.outputs for exe in self.execs))]

    def input_grads(self) -> list[NDArray | None]:
        """The gradients of the data for the whole batch."""
        if len(self.execs) == 1:
            return [self.execs[0].grad_dict[name] for name in self.data_names]
        return [merged(parts, batch_axis(desc)) for parts, desc in zip(self.device_input_grads(), self.data_shapes)]

    def device_input_grads(self) -> list[list[Any]]:
        """The gradients of the data as ``[input][device]``."""
        return [[exe.grad_dict[name] for exe in self.execs] for name in self.data_names]

    def states(self) -> list[list[NDArray]]:
        """The arrays of the states as ``[state][device]``."""
        return [[exe.arg_dict[name] for exe in self.execs] for name in self.state_names]

    def labels_of(self, device: int, labels: Sequence[Any]) -> list[Any]:
        """The device's part of the labels of a batch."""
        if len(self.execs) == 1:
            return list(labels)
        axes = [batch_axis(desc) for desc in self.label_shapes] or [0] * len(labels)
        return [sliced(label, axis, self.slices[device]) for label, axis in zip(labels, axes)]

    def output_shapes(self) -> list[tuple[str, tuple[int, ...]]]:
        """(name, shape) of each output."""
        _, shapes, _ = self.symbol.infer_shape(**{desc.name: desc.shape for desc in self._inputs()})
        return list(zip(self.output_names, shapes))

    def install_monitor(self, monitor: Any) -> None:
        """Watches the executors, also after a reshape."""
        self.monitors.append(monitor)
        for exe in self.execs:
            monitor.install(exe)

    # -- parameters ----------------------------------------------------------------------------------------------
    def set_params(
        self, arg_params: dict[str, NDArray], aux_params: dict[str, NDArray], allow_extra: bool = False
    ) -> None:
        """Copies parameters into the executors.

        Raises:
            MXValueError: if a shape differs, or a name is unknown and not ``allow_extra``.
        """
        for exe in self.execs:
            self._set_params_of(exe.arg_dict, arg_params, "argument", allow_extra)
            self._set_params_of(exe.aux_dict, aux_params, "auxiliary state", allow_extra)

    @staticmethod
    def _set_params_of(own: dict[str, NDArray], given: dict[str, NDArray], kind: str, allow_extra: bool) -> None:
        for name, array in given.items():
            if name in own:
                copy_checked(name, array, own[name])
            elif not allow_extra:
                raise MXValueError(
                    f"[Module.set_params] {name!r} is no {kind} of the symbol: drop it or give allow_extra=True"
                )

    def get_params(self) -> tuple[dict[str, NDArray], dict[str, NDArray]]:
        """Copies of the parameters and auxiliary states on the CPU: their means over the devices."""
        return (
            {name: _mean(arrays) for name, arrays in zip(self.param_names, self.param_arrays)},
            {name: _mean(arrays) for name, arrays in zip(self.aux_names, self.aux_arrays)},
        )


def _mean(arrays: Sequence[NDArray]) -> NDArray:
    mean = arrays[0].copyto(cpu())
    if len(arrays) > 1:
        for array in arrays[1:]:
            mean += array.as_in_context(cpu())
        mean /= len(arrays)
    return mean


def copy_checked(name: str, source: NDArray, target: NDArray) -> None:
    """Copies a parameter (any dtype) where the shapes agree.

    Raises:
        MXValueError: if they do not.
    """
    if tuple(source.shape) != tuple(target.shape):
        raise MXValueError(f"[Module] parameter {name!r} has shape {target.shape}, the given one {source.shape}")
    source.copyto(target)


def _load(sources: Sequence[Any], targets: Sequence[Targets], kind: str) -> None:
    if len(sources) != len(targets):
        raise MXValueError(f"[Module.forward] the batch has {len(sources)} {kind} arrays, {len(targets)} are bound")
    for source, (axis, parts) in zip(sources, targets):
        for device, (part, target) in enumerate(parts):
            if isinstance(source, DeviceArrays):
                piece = source.parts[device]
            else:
                piece = source if len(parts) == 1 else sliced(source, axis, part)
            if isinstance(piece, NDArray):
                piece.copyto(target)
            else:
                target[:] = piece


DataParallelExecutorGroup = ExecutorGroup  # its name in MXNet 1.9.1
