"""The interface of all modules, with the training, scoring and prediction loops."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NoReturn

import numpy as np
from mx_core import ndarray as nd
from mx_core.base import MXAssertionError, MXTypeError, MXValueError
from mx_core.ndarray import NDArray
from mx_core.symbol import Symbol
from mx_io.io import DataBatch, DataDesc

from .. import metric as _metric
from ..initializer import Initializer, Uniform
from ..model import BatchEndParam, read_params, save_params
from .inputs import check_names as _check_input_names  # noqa: F401 -- by this name subclasses of old import it here

__all__ = ["BaseModule"]

Params = dict[str, NDArray]
Callbacks = Callable[..., Any] | Iterable[Callable[..., Any]] | None


def as_list(value: Any) -> list[Any]:
    """A list of callbacks or shapes: None gives none, a single one a list of one."""
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple)) else [value]


class BaseModule:
    """A network that is bound to shapes, gets parameters and an optimizer, and runs batches.

    The order is: :meth:`bind`, :meth:`init_params`, :meth:`init_optimizer`, then :meth:`forward`, :meth:`backward` and
    :meth:`update` for each batch; :meth:`fit` does all of it. A subclass defines the methods that raise
    NotImplementedError here.

    Args:
        logger: where the loops report to; default the module ``logging``.
    """

    def __init__(self, logger: Any = logging) -> None:
        self.logger = logger
        self.binded = False
        self.for_training = False
        self.inputs_need_grad = False
        self.params_initialized = False
        self.optimizer_initialized = False
        self._symbol: Symbol | None = None

    # -- what a subclass defines ---------------------------------------------------------------------------------
    def _undefined(self, method: str) -> NoReturn:
        raise NotImplementedError(f"[{type(self).__name__}.{method}] this kind of module does not define it")

    @property
    def data_names(self) -> list[str]:
        """Names of the data inputs."""
        self._undefined("data_names")

    @property
    def output_names(self) -> list[str]:
        """Names of the outputs."""
        self._undefined("output_names")

    @property
    def data_shapes(self) -> list[DataDesc]:
        """Descriptions of the data inputs."""
        self._undefined("data_shapes")

    @property
    def label_shapes(self) -> list[DataDesc] | None:
        """Descriptions of the labels."""
        self._undefined("label_shapes")

    @property
    def output_shapes(self) -> list[tuple[str, tuple[int, ...]]]:
        """(name, shape) of each output."""
        self._undefined("output_shapes")

    @property
    def symbol(self) -> Symbol | None:
        """The network."""
        return self._symbol

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
        """Makes ready for inputs of these shapes."""
        self._undefined("bind")

    def init_params(
        self,
        initializer: Initializer | Callable[..., None] | None = Uniform(0.01),  # noqa: B008 - never changed
        arg_params: Params | None = None,
        aux_params: Params | None = None,
        allow_missing: bool = False,
        force_init: bool = False,
        allow_extra: bool = False,
    ) -> None:
        """Gives the parameters their first values."""
        self._undefined("init_params")

    def init_optimizer(
        self,
        kvstore: Any = "local",
        optimizer: Any = "sgd",
        optimizer_params: Any = (("learning_rate", 0.01),),
        force_init: bool = False,
    ) -> None:
        """Installs an optimizer."""
        self._undefined("init_optimizer")

    def get_params(self) -> tuple[Params, Params]:
        """(parameters, auxiliary states) by name."""
        self._undefined("get_params")

    def forward(self, data_batch: DataBatch | list[DataBatch], is_train: bool | None = None) -> None:
        """Runs a batch."""
        self._undefined("forward")

    def backward(self, out_grads: Any = None) -> None:
        """Runs the gradients of the last batch."""
        self._undefined("backward")

    def update(self) -> None:
        """Updates the parameters from the gradients."""
        self._undefined("update")

    def get_outputs(self, merge_multi_context: bool = True) -> list[Any]:
        """Outputs of the last batch."""
        self._undefined("get_outputs")

    def get_input_grads(self, merge_multi_context: bool = True) -> list[Any]:
        """Gradients of the data of the last batch."""
        self._undefined("get_input_grads")

    def update_metric(self, eval_metric: _metric.EvalMetric, labels: Sequence[Any], pre_sliced: bool = False) -> None:
        """Adds the last batch's outputs to a metric."""
        self._undefined("update_metric")

    def install_monitor(self, mon: Any) -> None:
        """Watches the arrays inside."""
        self._undefined("install_monitor")

    def prepare(self, data_batch: DataBatch, sparse_row_id_fn: Callable[..., Any] | None = None) -> None:
        """Called before a batch runs; most modules have nothing to do."""

    # -- loops ---------------------------------------------------------------------------------------------------
    def _require(self, method: str, params: bool = True, optimizer: bool = False) -> None:
        """Raises where a step before is missing."""
        name = f"[{type(self).__name__}.{method}]"
        if not self.binded:
            raise MXAssertionError(f"{name} the module is not bound: call bind first")
        if params and not self.params_initialized:
            raise MXAssertionError(f"{name} the parameters have no values: call init_params or set_params first")
        if optimizer and not self.optimizer_initialized:
            raise MXAssertionError(f"{name} there is no optimizer: call init_optimizer first")

    def forward_backward(self, data_batch: DataBatch | list[DataBatch]) -> None:
        """Forward in training mode, then backward."""
        self.forward(data_batch, is_train=True)
        self.backward()

    def fit(
        self,
        train_data: Any,
        eval_data: Any = None,
        eval_metric: Any = "acc",
        epoch_end_callback: Callbacks = None,
        batch_end_callback: Callbacks = None,
        kvstore: Any = "local",
        optimizer: Any = "sgd",
        optimizer_params: Any = (("learning_rate", 0.01),),
        eval_end_callback: Callbacks = None,
        eval_batch_end_callback: Callbacks = None,
        initializer: Initializer | Callable[..., None] | None = Uniform(0.01),  # noqa: B008 - never changed
        arg_params: Params | None = None,
        aux_params: Params | None = None,
        allow_missing: bool = False,
        force_rebind: bool = False,
        force_init: bool = False,
        begin_epoch: int = 0,
        num_epoch: int | None = None,
        validation_metric: Any = None,
        monitor: Any = None,
        sparse_row_id_fn: Callable[..., Any] | None = None,
    ) -> None:
        """Trains for the epochs ``begin_epoch`` to ``num_epoch - 1``.

        Args:
            train_data: DataIter of the training data; reset after each epoch.
            eval_data: DataIter scored after each epoch, or None.
            eval_metric: anything :func:`mx_module.metric.create` takes; updated after each update, with the outputs
                from before it.
            epoch_end_callback: called with (epoch, symbol, arg_params, aux_params).
            batch_end_callback: called with a :class:`~mx_module.model.BatchEndParam`.
            kvstore: None, a type name or a KVStore; one device and no "dist" in the name need none.
            optimizer: name or Optimizer.
            optimizer_params: arguments of an optimizer given by name (dict or pairs); ``rescale_grad`` defaults to
                1 / batch size.
            eval_end_callback: called with a BatchEndParam after the scoring.
            eval_batch_end_callback: called with a BatchEndParam after each scored batch.
            initializer: fills parameters that are not given.
            arg_params: values of parameters.
            aux_params: values of auxiliary states.
            allow_missing: let ``initializer`` fill what ``arg_params`` and ``aux_params`` lack.
            force_rebind: bind even if bound.
            force_init: initialize parameters and optimizer even if they are.
            begin_epoch: number of the first epoch.
            num_epoch: number after the last epoch.
            validation_metric: metric of ``eval_data``; default ``eval_metric``.
            monitor: Monitor to install.
            sparse_row_id_fn: rows of row_sparse parameters that a batch needs.

        Raises:
            MXValueError: if ``num_epoch`` is missing or ``train_data`` gives no batch.

        Example:
            >>> module.fit(train, eval_data=val, optimizer_params={"momentum": 0.9}, num_epoch=8)    # doctest: +SKIP
        """
        if num_epoch is None:
            raise MXAssertionError(f"[{type(self).__name__}.fit] num_epoch is missing: please specify number of epochs")
        if not hasattr(train_data, "provide_data"):
            raise MXTypeError(
                f"[{type(self).__name__}.fit] train_data must be a DataIter, got {type(train_data).__name__}"
            )
        self.bind(
            data_shapes=train_data.provide_data,
            label_shapes=train_data.provide_label,
            for_training=True,
            force_rebind=force_rebind,
        )
        if monitor is not None:
            self.install_monitor(monitor)
        if force_init or not self.params_initialized or arg_params is not None or aux_params is not None:
            self.init_params(initializer, arg_params, aux_params, allow_missing, force_init)
        if force_init or not self.optimizer_initialized:
            self.init_optimizer(kvstore, optimizer, optimizer_params, force_init)
        validation_metric = eval_metric if validation_metric is None else validation_metric
        eval_metric = _metric.create(eval_metric)

        for epoch in range(begin_epoch, num_epoch):
            start = time.perf_counter()
            eval_metric.reset()
            values = self._fit_epoch(epoch, train_data, eval_metric, batch_end_callback, monitor, sparse_row_id_fn)
            for name, value in values:
                self.logger.info("Epoch[%d] Train-%s=%f", epoch, name, value)
            self.logger.info("Epoch[%d] Time cost=%.3f", epoch, time.perf_counter() - start)
            # several devices may hold slightly different values: all go on from their mean
            trained = self.get_params()
            self.set_params(*trained)
            for callback in as_list(epoch_end_callback):
                callback(epoch, self.symbol, *trained)
            if eval_data is not None:
                for name, value in self.score(
                    eval_data,
                    validation_metric,
                    score_end_callback=eval_end_callback,
                    batch_end_callback=eval_batch_end_callback,
                    epoch=epoch,
                ):
                    self.logger.info("Epoch[%d] Validation-%s=%f", epoch, name, value)
            train_data.reset()

    def _fit_epoch(
        self,
        epoch: int,
        train_data: Any,
        eval_metric: _metric.EvalMetric,
        batch_end_callback: Callbacks,
        monitor: Any,
        sparse_row_id_fn: Callable[..., Any] | None,
    ) -> list[tuple[str, float]]:
        """One pass over the data; the metric's values over the whole epoch."""
        callbacks = as_list(batch_end_callback)
        batches = iter(train_data)
        batch = next(batches, None)
        if batch is None:
            raise MXValueError(
                f"[{type(self).__name__}.fit] train_data gives no batch in epoch {epoch}: reset the iterator, or check "
                "that it holds at least one batch"
            )
        values: list[tuple[str, float]] = []
        nbatch = 0
        while batch is not None:
            data_batch = batch
            if monitor is not None:
                monitor.tic()
            self.forward_backward(data_batch)
            self.update()
            self._measure(eval_metric, data_batch)
            # the next batch is fetched before the callbacks, which may reset the metric at the last one
            batch = next(batches, None)
            if batch is not None:
                self.prepare(batch, sparse_row_id_fn=sparse_row_id_fn)
            else:
                values = eval_metric.get_global_name_value()
            if monitor is not None:
                monitor.toc_print()
            if callbacks:
                param = BatchEndParam(epoch=epoch, nbatch=nbatch, eval_metric=eval_metric, locals=locals())
                for callback in callbacks:
                    callback(param)
            nbatch += 1
        return values

    def _measure(self, eval_metric: _metric.EvalMetric, batch: Any) -> None:
        """Adds a batch, or a list with one for each device, to a metric."""
        if isinstance(batch, list):
            self.update_metric(eval_metric, [one.label for one in batch], pre_sliced=True)
        else:
            self.update_metric(eval_metric, batch.label)

    def score(
        self,
        eval_data: Any,
        eval_metric: Any,
        num_batch: int | None = None,
        batch_end_callback: Callbacks = None,
        score_end_callback: Callbacks = None,
        reset: bool = True,
        epoch: int = 0,
        sparse_row_id_fn: Callable[..., Any] | None = None,
    ) -> list[tuple[str, float]]:
        """Runs ``eval_data`` (at most ``num_batch`` batches) and measures it; rows of padding count too.

        Returns:
            (name, value) of each metric.

        Example:
            >>> module.score(val, ["acc", "ce"])      # doctest: +SKIP
            [('accuracy', 0.98), ('cross-entropy', 0.06)]
        """
        self._require("score")
        if reset:
            eval_data.reset()
        eval_metric = _metric.create(eval_metric)
        eval_metric.reset()
        seen = 0
        for nbatch, batch in enumerate(eval_data):
            if nbatch == num_batch:
                break
            self.prepare(batch, sparse_row_id_fn=sparse_row_id_fn)
            self.forward(batch, is_train=False)
            self._measure(eval_metric, batch)
            for callback in as_list(batch_end_callback):
                callback(BatchEndParam(epoch=epoch, nbatch=nbatch, eval_metric=eval_metric, locals=locals()))
            seen += 1
        for callback in as_list(score_end_callback):
            callback(BatchEndParam(epoch=epoch, nbatch=seen, eval_metric=eval_metric, locals=locals()))
        return eval_metric.get_name_value()

    def iter_predict(
        self,
        eval_data: Any,
        num_batch: int | None = None,
        reset: bool = True,
        sparse_row_id_fn: Callable[..., Any] | None = None,
    ) -> Iterator[tuple[list[NDArray], int, DataBatch]]:
        """Yields (outputs without padding, number of the batch, batch); copy outputs that are to outlive the step."""
        self._require("iter_predict")
        if reset:
            eval_data.reset()
        for nbatch, batch in enumerate(eval_data):
            if nbatch == num_batch:
                break
            self.prepare(batch, sparse_row_id_fn=sparse_row_id_fn)
            self.forward(batch, is_train=False)
            pad = batch.pad or 0
            yield [out[0 : out.shape[0] - pad] if pad else out for out in self.get_outputs()], nbatch, batch

    def predict(
        self,
        eval_data: Any,
        num_batch: int | None = None,
        merge_batches: bool = True,
        reset: bool = True,
        always_output_list: bool = False,
        sparse_row_id_fn: Callable[..., Any] | None = None,
    ) -> Any:
        """Outputs for an iterator, or for one array (NumPy or NDArray) of data.

        Args:
            eval_data: DataIter; or an array, which is run as one batch.
            num_batch: run at most so many batches.
            merge_batches: join the batches; else a list (batches) of lists (outputs) is returned.
            reset: reset the iterator first.
            always_output_list: return a list also for a single output.
            sparse_row_id_fn: rows of row_sparse parameters that a batch needs.

        Returns:
            One array per output, shape (all samples without padding, ...); the array itself if there is one output.

        Raises:
            MXValueError: if batches differ in their number of outputs, or ``eval_data`` is neither.
        """
        self._require("predict")
        if isinstance(eval_data, (NDArray, np.ndarray)):
            array = nd.array(eval_data, dtype=eval_data.dtype) if isinstance(eval_data, np.ndarray) else eval_data
            self.forward(DataBatch([array]), is_train=False)
            return self.get_outputs()[0].copy()
        if not hasattr(eval_data, "provide_data"):
            raise MXValueError(
                f"[{type(self).__name__}.predict] eval_data is a {type(eval_data).__name__}, must be an "
                "array or a DataIter"
            )
        batches = [
            [out.copy() for out in outputs]
            for outputs, _, _ in self.iter_predict(eval_data, num_batch, reset, sparse_row_id_fn)
        ]
        if not batches or not merge_batches:
            return batches
        if len({len(outputs) for outputs in batches}) > 1:
            raise MXValueError(
                f"[{type(self).__name__}.predict] batches have {[len(outputs) for outputs in batches]} outputs: they "
                "cannot be joined; give merge_batches=False"
            )
        joined = [parts[0] if len(parts) == 1 else nd.concat(*parts, dim=0) for parts in map(list, zip(*batches))]
        return joined[0] if len(joined) == 1 and not always_output_list else joined

    # -- parameters ----------------------------------------------------------------------------------------------
    def set_params(
        self,
        arg_params: Params | None,
        aux_params: Params | None,
        allow_missing: bool = False,
        force_init: bool = True,
        allow_extra: bool = False,
    ) -> None:
        """Sets parameters and auxiliary states; see :meth:`init_params`."""
        self.init_params(None, arg_params, aux_params, allow_missing, force_init, allow_extra)

    def save_params(self, fname: str) -> None:
        """Writes a parameter file (``arg:`` and ``aux:`` names)."""
        save_params(fname, *self.get_params())

    def load_params(self, fname: str) -> None:
        """Sets the parameters from a parameter file."""
        self.set_params(*read_params(fname))
