"""Module: one symbol, on one device or several."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from mx_core import ndarray as nd
from mx_core.base import MXArgumentError, MXAssertionError, MXNetError, MXTypeError, MXValueError
from mx_core.context import Context, cpu, current_context
from mx_core.ndarray import NDArray
from mx_core.symbol import Symbol
from mx_io.io import DataBatch, DataDesc

from .. import optimizer as _optimizer
from ..initializer import InitDesc, Initializer, Uniform
from ..metric import EvalMetric
from ..model import load_checkpoint, save_params
from .base_module import BaseModule, Params
from .executor_group import ExecutorGroup, copy_checked
from .inputs import check_names, check_shapes, gradient_requests, parse_shapes
from .kvstore import init_kvstore, make_kvstore, sum_on_store, update_on_store
from .slicing import groups_by_device, joined

__all__ = ["Module"]


class Module(BaseModule):
    """A symbol with its parameters and optimizer.

    Args:
        symbol: the network.
        data_names: arguments that a batch's data fill.
        label_names: arguments that a batch's labels fill; a name the symbol lacks is only a warning.
        logger: where the loops report to.
        context: device, or a list of them: each gets a part of every batch, and their gradients are summed. Default
            the current context.
        work_load_list: relative share of a batch of each device; default equal ones.
        fixed_param_names: parameters that get no gradient.
        state_names: arguments that keep their values from batch to batch; see :meth:`set_states`.
        group2ctxs: context of each ``ctx_group``: a list with a dict for each device, or a dict of a Context for all
            devices or of a list with one for each.
        compression_params: gradient compression of the kvstore, where one is used.

    Raises:
        MXValueError: if a data, state or fixed parameter name is no argument of the symbol, or the lengths of the
            lists of devices differ.

    Example:
        >>> module = Module(symbol, context=mx.cpu())                                # doctest: +SKIP
        >>> module.fit(train, num_epoch=5, optimizer_params={"learning_rate": 0.1})  # doctest: +SKIP
        >>> module.score(val, "acc")                                                 # doctest: +SKIP
    """

    def __init__(
        self,
        symbol: Symbol,
        data_names: Sequence[str] | None = ("data",),
        label_names: Sequence[str] | None = ("softmax_label",),
        logger: Any = logging,
        context: Context | Sequence[Context] | None = None,
        work_load_list: Sequence[float] | None = None,
        fixed_param_names: Sequence[str] | None = None,
        state_names: Sequence[str] | None = None,
        group2ctxs: Any = None,
        compression_params: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(logger)
        contexts = [current_context()] if context is None else context
        self._context = [contexts] if isinstance(contexts, Context) else list(contexts)
        count = len(self._context)
        if not count:
            raise MXValueError("[Module] context is an empty list: give at least one device")
        self._work_load_list = [1.0] * count if work_load_list is None else list(work_load_list)
        if len(self._work_load_list) != count:
            raise MXAssertionError(
                f"[Module] work_load_list has {len(self._work_load_list)} entries for {count} devices"
            )
        self._groups = groups_by_device(group2ctxs, count)
        self._compression_params = compression_params
        self._symbol: Symbol = symbol
        self._data_names = list(data_names or ())
        self._label_names = list(label_names or ())
        self._state_names = list(state_names or ())
        self._fixed_param_names = list(fixed_param_names or ())
        check_names(symbol, self._data_names, "data_names", True)
        check_names(symbol, self._label_names, "label_names", False)
        check_names(symbol, self._state_names, "state_names", True)
        check_names(symbol, self._fixed_param_names, "fixed_param_names", True)
        inputs = {*self._data_names, *self._label_names, *self._state_names}
        self._param_names = [name for name in symbol.list_arguments() if name not in inputs]
        self._aux_names = symbol.list_auxiliary_states()
        self._output_names = symbol.list_outputs()

        # copies on the CPU, without those that would be stale; _params_dirty: the device has newer values
        self._arg_params: Params = {}
        self._aux_params: Params = {}
        self._params_dirty = False
        self._shares_params = False
        self._exec_group: ExecutorGroup | None = None
        self._label_shapes: list[DataDesc] = []
        self._optimizer: _optimizer.Optimizer | None = None
        self._updater: _optimizer.Updater | None = None
        self._kvstore: Any = None
        self._update_on_kvstore = False
        self._preload_opt_states: str | None = None

    # -- checkpoints ---------------------------------------------------------------------------------------------
    @staticmethod
    def load(prefix: str, epoch: int, load_optimizer_states: bool = False, **kwargs: Any) -> Module:
        """A module from a checkpoint; its parameters are set when it is bound.

        Args:
            prefix: path without ``-symbol.json`` and ``-%04d.params``.
            epoch: number of the checkpoint.
            load_optimizer_states: read ``prefix-%04d.states`` too, at :meth:`init_optimizer`.
            **kwargs: arguments of :class:`Module`.
        """
        symbol, arg_params, aux_params = load_checkpoint(prefix, epoch)
        module = Module(symbol, **kwargs)
        module._arg_params, module._aux_params = arg_params, aux_params
        module.params_initialized = True
        if load_optimizer_states:
            module._preload_opt_states = f"{prefix}-{epoch:04d}.states"
        return module

    def save_checkpoint(
        self, prefix: str, epoch: int, save_optimizer_states: bool = False, remove_amp_cast: bool = True
    ) -> None:
        """Writes ``prefix-symbol.json``, ``prefix-%04d.params`` and, if asked for, ``prefix-%04d.states``."""
        self._symbol.save(f"{prefix}-symbol.json", remove_amp_cast=remove_amp_cast)
        save_params(f"{prefix}-{epoch:04d}.params", *self.get_params())
        self.logger.info('Saved checkpoint to "%s-%04d.params"', prefix, epoch)
        if save_optimizer_states:
            self.save_optimizer_states(f"{prefix}-{epoch:04d}.states")
            self.logger.info('Saved optimizer state to "%s-%04d.states"', prefix, epoch)

    def save_optimizer_states(self, fname: str) -> None:
        """Writes the states of the optimizer, in the format of MXNet 1.x."""
        self._require("save_optimizer_states", optimizer=True)
        if self._update_on_kvstore:
            self._kvstore.save_optimizer_states(fname)
            return
        with open(fname, "wb") as file:
            file.write(self._require_updater().get_states())

    def load_optimizer_states(self, fname: str) -> None:
        """Reads states of the optimizer; a file that holds anything else is an MXValueError."""
        self._require("load_optimizer_states", optimizer=True)
        if self._update_on_kvstore:
            self._kvstore.load_optimizer_states(fname)
            return
        with open(fname, "rb") as file:
            self._require_updater().set_states(file.read())

    # -- properties ----------------------------------------------------------------------------------------------
    @property
    def data_names(self) -> list[str]:
        """Names of the data inputs."""
        return self._data_names

    @property
    def label_names(self) -> list[str]:
        """Names of the labels."""
        return self._label_names

    @property
    def output_names(self) -> list[str]:
        """Names of the outputs."""
        return self._output_names

    @property
    def data_shapes(self) -> list[DataDesc]:
        """Descriptions of the data inputs now bound."""
        return self._group("data_shapes").data_shapes

    @property
    def label_shapes(self) -> list[DataDesc] | None:
        """Descriptions of the labels now bound, None without labels."""
        return self._group("label_shapes").label_shapes or None

    @property
    def output_shapes(self) -> list[tuple[str, tuple[int, ...]]]:
        """(name, shape) of each output."""
        return self._group("output_shapes").output_shapes()

    def _group(self, method: str) -> ExecutorGroup:
        self._require(method, params=False)
        assert self._exec_group is not None  # binded says so
        return self._exec_group

    def _require_updater(self) -> _optimizer.Updater:
        assert self._updater is not None  # there is one wherever no kvstore updates
        return self._updater

    # -- binding -------------------------------------------------------------------------------------------------
    def bind(
        self,
        data_shapes: Sequence[Any],
        label_shapes: Sequence[Any] | None = None,
        for_training: bool = True,
        inputs_need_grad: bool = False,
        force_rebind: bool = False,
        shared_module: BaseModule | None = None,
        grad_req: str | Sequence[str] | dict[str, str] = "write",
    ) -> None:
        """Allocates everything for inputs of these shapes; a second call without ``force_rebind`` only warns.

        Args:
            data_shapes: DataDesc, or (name, shape), of each data input, in the order of a batch's arrays.
            label_shapes: the same of the labels, or None.
            for_training: make gradients.
            inputs_need_grad: make gradients of the data too.
            force_rebind: bind again; trained parameters are kept.
            shared_module: module whose parameters (the memory itself) and optimizer this one uses.
            grad_req: ``"write"``, ``"add"`` or ``"null"`` for all parameters, a list in the order of the arguments, or
                a dict of exceptions from ``"write"``.

        Raises:
            MXValueError: if names and shapes do not fit each other or the symbol.
        """
        if self.binded and not force_rebind:
            self.logger.warning("Already bound, ignoring bind()")
            return
        if inputs_need_grad and not for_training:
            raise MXAssertionError("[Module.bind] inputs_need_grad needs for_training=True")
        if self.binded and self.params_initialized:
            self._sync_params()
        data_descs, self._label_shapes = parse_shapes(data_shapes), parse_shapes(label_shapes)
        check_shapes(data_descs, self._data_names, "data", required=True)
        if self._label_shapes or for_training:
            check_shapes(self._label_shapes, self._label_names, "label", required=False)
        shared_group = None
        if shared_module is not None:
            if not isinstance(shared_module, Module):
                raise MXArgumentError(f"[Module.bind] shared_module is a {type(shared_module).__name__}: give a Module")
            shared_module._require("bind(shared_module=...)")
            shared_group = shared_module._exec_group
        group = ExecutorGroup(
            self._symbol,
            self._context,
            self._work_load_list,
            data_descs,
            self._label_shapes,
            self._param_names,
            self._state_names,
            gradient_requests(
                self._symbol.list_arguments(),
                self._param_names,
                self._fixed_param_names,
                self._data_names,
                grad_req,
                for_training,
                inputs_need_grad,
            ),
            self._groups,
            shared_group,
        )
        self._exec_group = group
        self.binded, self.for_training, self.inputs_need_grad = True, for_training, inputs_need_grad
        if shared_module is not None:
            self.params_initialized = True
            self._shares_params = shared_module._shares_params = True
            if shared_module.optimizer_initialized:
                self.borrow_optimizer(shared_module)
        elif self.params_initialized:
            missing = sorted({*self._param_names, *self._aux_names} - {*self._arg_params, *self._aux_params})
            if missing:
                warnings.warn(f"[Module.bind] no values for {missing}: they stay 0", stacklevel=2)
            group.set_params(self._arg_params, self._aux_params)

    def reshape(self, data_shapes: Sequence[Any], label_shapes: Sequence[Any] | None = None) -> None:
        """Changes the shapes of the inputs; parameters and optimizer stay."""
        group = self._group("reshape")
        data_descs, label_descs = parse_shapes(data_shapes), parse_shapes(label_shapes)
        check_shapes(data_descs, self._data_names, "data", required=True)
        self._label_shapes = label_descs or self._label_shapes
        group.reshape(data_descs, label_descs)

    # -- parameters ----------------------------------------------------------------------------------------------
    def init_params(
        self,
        initializer: Initializer | Callable[..., None] | None = Uniform(0.01),  # noqa: B008 - never changed
        arg_params: Params | None = None,
        aux_params: Params | None = None,
        allow_missing: bool = False,
        force_init: bool = False,
        allow_extra: bool = False,
    ) -> None:
        """Gives parameters and auxiliary states their values, in the order of their names.

        Args:
            initializer: called with (InitDesc, array) for what is not given; None leaves zeros there.
            arg_params: given values of parameters by name, or None.
            aux_params: given values of auxiliary states by name, or None.
            allow_missing: let the initializer fill what a given dict lacks.
            force_init: do it again; without it, a second call only warns.
            allow_extra: no effect here: names that the symbol does not have are never used.

        Raises:
            MXNetError: if the module is not bound, or a parameter is missing without ``allow_missing``.
            MXValueError: if a given array has another shape.
        """
        if self.params_initialized and not force_init:
            warnings.warn(
                "[Module.init_params] parameters already initialized and force_init=False: call ignored", stacklevel=2
            )
            return
        group = self._group("init_params")
        if initializer is not None and not callable(initializer):
            raise MXTypeError(f"[Module.init_params] initializer must be an Initializer or None, got {initializer!r}")
        if initializer is None and (allow_missing or arg_params is None or aux_params is None):
            self._sync_params()  # what is not given stays
        attributes = self._symbol.attr_dict()

        def value(name: str, own: NDArray, given: Params | None, old: NDArray | None) -> NDArray:
            """A new array: those of before may be in the hands of whoever called get_params."""
            target = nd.zeros(own.shape, cpu(), dtype=own.dtype)
            if given is not None and name in given:
                copy_checked(name, given[name], target)
                return target
            if given is not None and not allow_missing:
                raise MXNetError(
                    f"[Module.init_params] {name} is not presented: the given values lack it, its shape is "
                    f"{own.shape}; add it, or give allow_missing=True"
                )
            if initializer is not None:
                initializer(InitDesc(name, attributes.get(name)), target)
            elif old is not None and old.shape == own.shape:
                return old
            return target

        exe = group.execs[0]
        values = [
            {name: value(name, arrays[name], given, old.get(name)) for name in sorted(names)}
            for names, arrays, given, old in (
                (self._param_names, exe.arg_dict, arg_params, self._arg_params),
                (self._aux_names, exe.aux_dict, aux_params, self._aux_params),
            )
        ]
        self._arg_params, self._aux_params = values
        group.set_params(self._arg_params, self._aux_params)
        self.params_initialized = True
        self._params_dirty = False

    def set_params(
        self,
        arg_params: Params | None,
        aux_params: Params | None,
        allow_missing: bool = False,
        force_init: bool = True,
        allow_extra: bool = False,
    ) -> None:
        """Sets parameters and auxiliary states.

        Args:
            arg_params: values of parameters by name.
            aux_params: values of auxiliary states by name.
            allow_missing: leave parameters that are not given as they are.
            force_init: replace values that were set before; without it, a second call only warns.
            allow_extra: with ``allow_missing``, ignore names that the symbol does not have; without ``allow_missing``
                they are ignored anyway, so that a part of a network takes the parameters of the whole.

        Raises:
            MXNetError: if a parameter is missing without ``allow_missing``.
            MXValueError: if a shape differs, or a name is unknown with ``allow_missing`` and without ``allow_extra``.
        """
        if not allow_missing:
            self.init_params(None, arg_params or {}, aux_params or {}, False, force_init, allow_extra)
            return
        if self.params_initialized and not force_init:
            warnings.warn(
                "[Module.set_params] parameters already initialized and force_init=False: call ignored", stacklevel=2
            )
            return
        self._group("set_params").set_params(arg_params or {}, aux_params or {}, allow_extra)
        self.params_initialized = True
        self._forget_copies()

    def get_params(self) -> tuple[Params, Params]:
        """(parameters, auxiliary states) by name, on the CPU: a snapshot that later updates do not change.

        They come in the order of the symbol's arguments.
        """
        self._require("get_params")
        self._sync_params()
        return (
            {name: self._arg_params[name] for name in self._param_names},
            {name: self._aux_params[name] for name in self._aux_names},
        )

    def _sync_params(self) -> None:
        # modules that share memory do not tell each other when it changes
        if self._params_dirty or self._shares_params:
            arg_params, aux_params = self._group("get_params").get_params()
            self._arg_params = {**self._arg_params, **arg_params}
            self._aux_params = {**self._aux_params, **aux_params}
            self._params_dirty = False

    def _forget_copies(self) -> None:
        """The devices get newer values: their copies are stale, and the memory serves others until somebody asks."""
        if not self._params_dirty:
            self._params_dirty = True
            for copies, names in ((self._arg_params, self._param_names), (self._aux_params, self._aux_names)):
                for name in names:
                    copies.pop(name, None)

    # -- optimizer -----------------------------------------------------------------------------------------------
    def init_optimizer(
        self,
        kvstore: Any = "local",
        optimizer: Any = "sgd",
        optimizer_params: Any = (("learning_rate", 0.01),),
        force_init: bool = False,
    ) -> None:
        """Installs an optimizer; a second call without ``force_init`` only warns.

        Args:
            kvstore: None, a type name or a KVStore. One device and no "dist" in the name need none.
            optimizer: registered name, or an Optimizer.
            optimizer_params: arguments for a name (dict or pairs). ``rescale_grad`` defaults to 1 / batch size (and
                1 / workers of a synchronous store); an Optimizer object keeps its own and only warns if it differs.
            force_init: install it again.
        """
        self._require("init_optimizer")
        if self.optimizer_initialized and not force_init:
            self.logger.warning("optimizer already initialized, ignoring...")
            return
        group = self._group("init_optimizer")
        self._sync_params()
        store, on_store = make_kvstore(kvstore, len(self._context), self._arg_params)
        batch_size = group.batch_size
        if store is not None and "dist" in store.type and "_sync" in store.type:
            batch_size *= store.num_workers
        rescale_grad = 1.0 / batch_size
        # an updater sees every device's copy of a parameter; a store has one
        copies = 1 if on_store else len(self._context)
        idx2name = {i * copies + k: name for i, name in enumerate(self._param_names) for k in range(copies)}
        if isinstance(optimizer, str):
            arguments = {"rescale_grad": rescale_grad, **dict(optimizer_params)}
            optimizer = _optimizer.create(optimizer, sym=self._symbol, param_idx2name=idx2name, **arguments)
        elif not isinstance(optimizer, _optimizer.Optimizer):
            raise MXTypeError(f"[Module.init_optimizer] optimizer is {optimizer!r}: give a name or an Optimizer")
        else:
            if optimizer.rescale_grad != rescale_grad:
                warnings.warn(
                    f"[Module.init_optimizer] the optimizer's rescale_grad is {optimizer.rescale_grad}, not 1 / batch "
                    f"size = {rescale_grad}: is this intended?",
                    stacklevel=2,
                )
            if not optimizer.idx2name:
                optimizer.idx2name = idx2name
        self._optimizer, self._kvstore, self._update_on_kvstore = optimizer, store, on_store
        self._updater = None if on_store else _optimizer.get_updater(optimizer)
        if store is not None:
            if self._compression_params:
                store.set_gradient_compression(self._compression_params)
            if on_store:
                store.set_optimizer(optimizer)
            init_kvstore(store, group, self._arg_params, pull=on_store)
        self.optimizer_initialized = True
        if self._preload_opt_states is not None:
            self.load_optimizer_states(self._preload_opt_states)
            self._preload_opt_states = None

    def borrow_optimizer(self, shared_module: Module) -> None:
        """Uses the optimizer, states and kvstore of another module, whose parameters this one shares."""
        shared_module._require("borrow_optimizer", optimizer=True)
        self._optimizer = shared_module._optimizer
        self._kvstore = shared_module._kvstore
        self._update_on_kvstore = shared_module._update_on_kvstore
        self._updater = shared_module._updater
        self.optimizer_initialized = True

    # -- computation ---------------------------------------------------------------------------------------------
    def forward(self, data_batch: DataBatch | list[DataBatch], is_train: bool | None = None) -> None:
        """Runs a batch; other shapes than the bound ones reshape the module.

        Args:
            data_batch: object with ``data`` and ``label``, lists of arrays (``label`` may be None or empty); or a list
                of such objects of equal shapes, one for each device.
            is_train: training mode (dropout, batch statistics); default ``for_training``.
        """
        self._load(data_batch, "forward").forward(self.for_training if is_train is None else is_train)

    def forward_backward(self, data_batch: DataBatch | list[DataBatch]) -> None:
        """Forward in training mode, then backward; where no subclass has its own, both in one call."""
        if type(self).forward is not Module.forward or type(self).backward is not Module.backward:
            super().forward_backward(data_batch)
            return
        self._require_gradients("forward_backward")
        group = self._load(data_batch, "forward_backward")
        self._forget_copies()
        group.forward_backward()

    def _load(self, data_batch: DataBatch | list[DataBatch], method: str) -> ExecutorGroup:
        """Copies a batch into the bound arrays, reshaped where the batch has other shapes."""
        group = self._exec_group
        if group is None or not self.params_initialized:
            self._require(method)
        assert group is not None
        if isinstance(data_batch, list):
            data_batch = joined(data_batch, len(self._context))
        if not hasattr(data_batch, "data"):
            raise MXArgumentError(
                f"[Module.{method}] data_batch is {data_batch!r}: give a DataBatch, or an object like it"
            )
        data: Sequence[Any] = data_batch.data
        # a module bound without labels ignores those of a batch
        label: Sequence[Any] = (data_batch.label or ()) if self._label_shapes else ()
        if [one.shape for one in data] != group.data_array_shapes or (
            label and [one.shape for one in label] != group.label_array_shapes
        ):
            self._fit_shapes(group, data, label)
        group.load(data, label)
        return group

    def _require_gradients(self, method: str) -> None:
        if self.binded and not self.for_training:
            raise MXAssertionError(
                f"[Module.{method}] the module is bound with for_training=False: it has no gradients"
            )

    def _fit_shapes(self, group: ExecutorGroup, data: Sequence[Any], label: Sequence[Any]) -> None:
        """Reshapes to the shapes of a batch; types and layouts stay."""
        for kind, arrays, descs in (("data", data, group.data_shapes), ("label", label, self._label_shapes)):
            if arrays and len(arrays) != len(descs):
                raise MXValueError(
                    f"[Module.forward] the batch has {len(arrays)} {kind} arrays, bound are {len(descs)}: "
                    f"{[desc.name for desc in descs]}"
                )
        group.reshape(
            [DataDesc(desc.name, one.shape, desc.dtype, desc.layout) for desc, one in zip(group.data_shapes, data)],
            [DataDesc(desc.name, one.shape, desc.dtype, desc.layout) for desc, one in zip(self._label_shapes, label)],
        )

    def backward(self, out_grads: NDArray | Sequence[NDArray] | None = None) -> None:
        """Runs the gradients of the last batch.

        Args:
            out_grads: gradient of each output, for networks that do not end in losses.
        """
        group = self._group("backward")
        self._require_gradients("backward")
        self._forget_copies()  # auxiliary states change here
        group.backward([out_grads] if isinstance(out_grads, NDArray) else out_grads)

    def update(self) -> None:
        """Updates the parameters from the gradients of the last backward."""
        self._require("update", optimizer=True)
        group = self._group("update")
        self._forget_copies()
        if self._update_on_kvstore:
            update_on_store(self._kvstore, group)
            return
        if self._kvstore is not None:
            sum_on_store(self._kvstore, group)
        updater = self._require_updater()
        for update in group.updates:
            updater(*update)

    def get_outputs(self, merge_multi_context: bool = True) -> list[Any]:
        """Outputs of the last forward, which the next one may overwrite.

        Args:
            merge_multi_context: False: a list with one array per device for each output.
        """
        group = self._group("get_outputs")
        return list(group.outputs()) if merge_multi_context else group.device_outputs()

    def get_input_grads(self, merge_multi_context: bool = True) -> list[Any]:
        """Gradients of the data of the last backward (bind with ``inputs_need_grad=True``)."""
        group = self._group("get_input_grads")
        if not self.inputs_need_grad:
            raise MXAssertionError("[Module.get_input_grads] there are none: bind with inputs_need_grad=True")
        return group.input_grads() if merge_multi_context else group.device_input_grads()

    def get_states(self, merge_multi_context: bool = True) -> list[Any]:
        """The arrays of ``state_names``; over several devices with ``merge_multi_context=False`` alone.

        Raises:
            MXValueError: if the states of several devices are to be merged.
        """
        states = self._group("get_states").states()
        if not merge_multi_context:
            return states
        if len(self._context) > 1:
            raise MXAssertionError(
                "[Module.get_states] every device has states of its own: use merge_multi_context=False"
            )
        return [one for [one] in states]

    def set_states(self, states: Sequence[Any] | None = None, value: float | None = None) -> None:
        """Sets the arrays of ``state_names``: each from ``states``, or all to one ``value``.

        Args:
            states: as :meth:`get_states` gives them: an array for each state, or a list with one for each device.
            value: a number.

        Raises:
            MXValueError: unless exactly one of the two is given.
        """
        if (states is None) == (value is None):
            raise MXAssertionError("[Module.set_states] give either states or value")
        targets = self._group("set_states").states()
        for arrays, given in zip(targets, [value] * len(targets) if states is None else states, strict=True):
            sources = given if isinstance(given, (list, tuple)) else [given] * len(arrays)
            for target, source in zip(arrays, sources, strict=True):
                if isinstance(source, NDArray):
                    source.copyto(target)
                else:
                    target[:] = source

    def update_metric(self, eval_metric: EvalMetric, labels: Sequence[Any], pre_sliced: bool = False) -> None:
        """Adds the outputs of the last forward to a metric.

        Args:
            eval_metric: the metric.
            labels: labels of the batch; with ``pre_sliced``, a list with one such list for each device.
            pre_sliced: the labels come per device.
        """
        group = self._group("update_metric")
        names = [desc.name for desc in self._label_shapes] or self._label_names
        for device, exe in enumerate(group.execs):
            own = labels[device] if pre_sliced else group.labels_of(device, labels or ())
            eval_metric.update_dict(dict(zip(names, own or ())), dict(zip(self._output_names, exe.outputs)))

    def install_monitor(self, mon: Any) -> None:
        """Watches the arrays inside with a Monitor."""
        self._group("install_monitor").install_monitor(mon)

    def prepare(self, data_batch: DataBatch, sparse_row_id_fn: Callable[..., Any] | None = None) -> None:
        """Nothing to prepare for dense parameters.

        Raises:
            MXNetError: if rows are asked for while a kvstore does the updates: row_sparse parameters are not supported.
        """
        if sparse_row_id_fn is None:
            return
        if self._update_on_kvstore:
            raise MXNetError("[Module.prepare] sparse_row_id_fn: this version has no row_sparse parameters")
        warnings.warn("[Module.prepare] no kvstore updates the parameters: sparse_row_id_fn has no use", stacklevel=2)
