"""Inference with a trained network."""

import os
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from mx_core import ndarray as nd
from mx_core import symbol as sym
from mx_core.base import MXIndexError, MXNetError, MXTypeError, MXValueError
from mx_core.context import Context, current_context
from mx_core.executor import Executor
from mx_core.ndarray import NDArray
from mx_core.symbol import Symbol

from .files import Parameters, ParameterSource, label_names, read_parameters, read_symbol

Shape = tuple[int, ...]
Array: TypeAlias = np.ndarray | NDArray | Sequence[Any]

_PARAMETER_ENDINGS = ("weight", "bias", "gamma", "beta")


class Predictor:
    """A network with its parameters, ready to predict; it never computes gradients.

    Inputs may have any batch size: the network is bound once for each new set of shapes, and the latest `cache_size`
    bindings are kept; they share one copy of the parameters. Labels, which only training reads, need not be given.

    Threads may share a predictor: a lock lets one at a time compute. For parallel predictions give each thread its
    own predictor.

    Args:
        network: the prefix of a checkpoint: the network is in `prefix-symbol.json`. If `params` is no epoch: a Symbol,
            the text of its JSON, or the path of a JSON file.
        params: the epoch of the checkpoint: the parameters are in `prefix-%04d.params`. Or a dict of arrays, which
            are copied; or the contents of a `.params` file as bytes; or its path. Names may begin with `arg:` and
            `aux:`; what the network does not have is ignored.
        input_shapes: the inputs and the shapes to bind at once, such as `{"data": (1, 3, 224, 224)}`. By default what
            has no parameter is an input, and the first prediction brings the shapes.
        ctx: where to compute; by default the current context.
        outputs: names of the outputs to compute, any node of the network: `["fc1"]` or `["fc1_output"]`. By default
            the network's own.
        dtype: the type of the inputs, or a dict with that of each; the parameters are cast to fit. By default the
            types follow from the parameters.
        cache_size: how many bindings to keep.

    Raises:
        MXNetError: a file is missing (also FileNotFoundError) or broken, a parameter is missing, an output is unknown,
            or shapes do not fit (also ValueError).

    Example:
        >>> predictor = Predictor("lenet", 1)
        >>> predictor.predict(np.zeros((2, 1, 28, 28), "float32")).shape
        (2, 10)
        >>> Predictor(symbol, {"fc_weight": weight, "fc_bias": bias}, outputs=["fc"])
    """

    def __init__(
        self,
        network: Symbol | str | os.PathLike[str],
        params: int | ParameterSource,
        input_shapes: Mapping[str, Shape] | None = None,
        *,
        ctx: Context | None = None,
        outputs: Sequence[str] | None = None,
        dtype: Any = None,
        cache_size: int = 8,
    ) -> None:
        if cache_size < 1:
            raise MXValueError(f"[Predictor] cache_size must be at least 1, got {cache_size}")
        self._lock = threading.Lock()
        self._cache_size = cache_size
        self._bound: OrderedDict[tuple, Executor] = OrderedDict()
        self._context = ctx or current_context()
        if isinstance(params, int):
            if isinstance(network, Symbol):
                raise MXTypeError(f"[Predictor] a Symbol needs a dict, bytes or a path of parameters, not {params}")
            prefix = os.fspath(network)
            network, params = f"{prefix}-symbol.json", f"{prefix}-{params:04d}.params"
        symbol = read_symbol(network)
        arguments, auxiliary = read_parameters(params)
        self._symbol = symbol if outputs is None else _select(symbol, outputs)
        states = self._symbol.list_auxiliary_states()
        names = self._symbol.list_arguments()
        absent = [name for name in names if name not in arguments]
        labels = label_names(self._symbol)
        self._labels = [name for name in absent if name in labels and name not in (input_shapes or {})]
        self._inputs = [name for name in absent if name not in self._labels]
        missing = [name for name in states if name not in auxiliary]
        if input_shapes is None:
            missing += [name for name in self._inputs if name.endswith(_PARAMETER_ENDINGS)]
        else:
            unknown = sorted(set(input_shapes) - set(names))
            if unknown:
                raise MXValueError(f"[Predictor] input_shapes names {unknown}, but the network's inputs are {absent}")
            missing += [name for name in self._inputs if name not in input_shapes]
            self._inputs = [name for name in names if name in input_shapes]
        if missing:
            raise MXValueError(
                f"[Predictor] the parameters lack {missing}; if one of them is an input, name it in input_shapes"
            )
        self._place(
            {name: arguments[name] for name in names if name in arguments and name not in self._inputs},
            {name: auxiliary[name] for name in states},
            dtype,
        )
        if input_shapes is not None:
            self._bind({name: tuple(shape) for name, shape in input_shapes.items()})

    def _place(self, arguments: Parameters, auxiliary: Parameters, dtype: Any) -> None:
        """Puts the parameters on the device, in the types that the network wants for inputs of `dtype`."""
        asked = dtype if isinstance(dtype, Mapping) else dict.fromkeys(self._inputs, dtype or np.float32)
        given = {name: np.dtype(kind).type for name, kind in asked.items()}
        if dtype is None:
            own = {name: array.dtype for name, array in arguments.items()}
            try:
                types, _, state_types = self._symbol.infer_type_partial(**own)
            except MXNetError:  # some operators, such as RNN, must be told the type of their data
                types, _, state_types = self._symbol.infer_type_partial(**own, **given)
        else:
            types, _, state_types = self._symbol.infer_type_partial(**given)
        wanted = dict(zip(self._symbol.list_arguments(), types or [], strict=False))
        wanted_states = dict(zip(self._symbol.list_auxiliary_states(), state_types or [], strict=False))
        self._types = {name: wanted.get(name) or np.float32 for name in self._inputs + self._labels}
        self._arguments = {n: self._placed(a, wanted.get(n) or a.dtype) for n, a in arguments.items()}
        self._auxiliary = {n: self._placed(a, wanted_states.get(n) or a.dtype) for n, a in auxiliary.items()}

    def _placed(self, array: NDArray, dtype: Any) -> NDArray:
        return array.astype(dtype, copy=False).as_in_context(self._context)

    @property
    def symbol(self) -> Symbol:
        """The network, cut at the selected outputs."""
        return self._symbol

    @property
    def input_names(self) -> list[str]:
        """The names of the arrays that `predict` needs."""
        return list(self._inputs)

    @property
    def output_names(self) -> list[str]:
        """The names of what `predict` returns."""
        return self._symbol.list_outputs()

    def predict(self, data: Array | Mapping[str, Array]) -> np.ndarray | list[np.ndarray]:
        """Computes the outputs for one batch.

        Args:
            data: the input, batch axis first; a dict of names to arrays if the network has several. Values are cast to
                the network's types.

        Returns:
            The output, or a list if the network has several, as arrays of their own.

        Raises:
            MXValueError: an input is missing or unknown, empty, or its shape does not fit the network.

        Example:
            >>> predictor.predict({"data": images, "mask": mask})
        """
        arrays = self._named(data)
        shapes = {name: array.shape for name, array in arrays.items()}
        with self._lock:
            executor = self._bind(shapes)
            for name, array in arrays.items():
                executor.arg_dict[name][:] = array
            results = [output.asnumpy() for output in executor.forward(is_train=False)]
        return results[0] if len(results) == 1 else results

    def classify(
        self, images: Array | Mapping[str, Array], top_k: int = 5, labels: Sequence[str] | None = None
    ) -> list[list[tuple[Any, float]]]:
        """The `top_k` most likely classes of each image, best first, by the network's first output.

        Args:
            images: a batch, as for `predict`.
            top_k: how many classes to name; all of them if there are fewer.
            labels: the name of each class; by default its number stands for it.

        Returns:
            For each image a list of (label, score).

        Raises:
            MXValueError: the first output has no shape (batch, classes), or `labels` does not name each class.

        Example:
            >>> predictor.classify(images, top_k=1)
            [[(7, 0.998)], [(2, 0.987)]]
        """
        results = self.predict(images)
        scores = results if isinstance(results, np.ndarray) else results[0]
        if scores.ndim != 2:
            raise MXValueError(f"[Predictor.classify] needs an output of shape (batch, classes), not {scores.shape}")
        if top_k < 1:
            raise MXValueError(f"[Predictor.classify] top_k must be at least 1, got {top_k}")
        if labels is not None and len(labels) != scores.shape[1]:
            raise MXValueError(f"[Predictor.classify] got {len(labels)} labels for {scores.shape[1]} classes")
        best = np.argsort(-scores, axis=1, kind="stable")[:, :top_k]
        return [
            [(int(i) if labels is None else labels[i], float(row[i])) for i in order]
            for row, order in zip(scores, best, strict=True)
        ]

    def _named(self, data: Array | Mapping[str, Array]) -> dict[str, np.ndarray]:
        """The inputs by name, as NumPy arrays of the network's types."""
        if not isinstance(data, Mapping):
            if len(self._inputs) != 1:
                raise MXValueError(
                    f"[Predictor.predict] the network has the inputs {self._inputs}: give a dict of arrays; if some "
                    "of these should be parameters, the parameters lack them"
                )
            data = {self._inputs[0]: data}
        expected = set(self._inputs)
        if set(data) - set(self._labels) != expected:
            raise MXValueError(f"[Predictor.predict] the inputs are {self._inputs}, got {sorted(data)}")
        arrays = {}
        for name, value in data.items():
            array = value.asnumpy() if isinstance(value, NDArray) else np.asarray(value)
            if array.dtype == object or array.dtype.kind in "SUmM":
                raise MXTypeError(f"[Predictor.predict] '{name}' holds no numbers (dtype {array.dtype})")
            if array.size == 0:
                raise MXValueError(f"[Predictor.predict] '{name}' of shape {array.shape} is empty")
            arrays[name] = array.astype(self._types[name], copy=False)
        return arrays

    def _bind(self, shapes: dict[str, Shape]) -> Executor:
        """The executor for inputs of these shapes."""
        key = tuple(sorted(shapes.items()))
        executor = self._bound.pop(key, None)
        if executor is None:
            executor = self._new_executor(shapes)
            while len(self._bound) >= self._cache_size:
                self._bound.popitem(last=False)
        self._bound[key] = executor
        return executor

    def _new_executor(self, shapes: dict[str, Shape]) -> Executor:
        given = shapes | {name: array.shape for name, array in self._arguments.items()}
        try:
            inferred, _, states = self._symbol.infer_shape_partial(**given)
        except MXNetError as error:
            raise self._misfit(shapes, error) from error
        sizes = dict(zip(self._symbol.list_arguments(), inferred, strict=True))
        vague = [name for name in self._labels if not sizes[name] or 0 in sizes[name]]
        if vague:
            raise MXValueError(f"[Predictor] the shapes of {vague} do not follow from {shapes}: name them as inputs")
        for name, shape in zip(self._symbol.list_auxiliary_states(), states, strict=True):
            if shape and shape != self._auxiliary[name].shape:
                raise MXValueError(
                    f"[Predictor] '{name}' has shape {self._auxiliary[name].shape}, the network needs {shape}"
                )
        blanks = {
            name: nd.zeros(sizes[name], ctx=self._context, dtype=self._types[name])
            for name in self._inputs + self._labels
        }
        return self._symbol.bind(
            self._context, {**self._arguments, **blanks}, grad_req="null", aux_states=self._auxiliary
        )

    def _misfit(self, shapes: dict[str, Shape], error: MXNetError) -> MXValueError:
        """Says which parameters contradict the inputs; if none does, what the network itself says."""
        try:
            inferred = self._symbol.infer_shape_partial(**shapes)[0]
        except MXNetError as own:
            return MXValueError(f"[Predictor] inputs of shapes {shapes} do not fit the network: {own}")
        needed = zip(self._symbol.list_arguments(), inferred, strict=True)
        wrong = [
            f"'{name}' has shape {self._arguments[name].shape} but must have {shape}"
            for name, shape in needed
            if name in self._arguments and shape and 0 not in shape and shape != self._arguments[name].shape
        ]
        reason = "; ".join(wrong[:3]) or str(error)
        return MXValueError(f"[Predictor] inputs of shapes {shapes} do not fit the parameters: {reason}")


def _select(symbol: Symbol, outputs: Sequence[str]) -> Symbol:
    """The network that ends in the named outputs, in the given order."""
    if isinstance(outputs, str) or not outputs:
        raise MXTypeError(f"[Predictor] outputs must be a list of names, got {outputs!r}")
    internals = symbol.get_internals()
    known = internals.list_outputs()
    heads = []
    for name in outputs:
        full = next((candidate for candidate in (name, f"{name}_output") if candidate in known), None)
        if full is None:
            near = [candidate for candidate in known if candidate.startswith(name)] or known
            raise MXIndexError(f"[Predictor] the network has no output '{name}'; it has {near[:8]}")
        heads.append(internals[full])
    return sym.Group(heads)
