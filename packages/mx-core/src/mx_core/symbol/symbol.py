"""The symbol: a network that is described first and computed later."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from mx_core import _ffi, attribute, name
from mx_core._ffi import SymbolBase
from mx_core._files import path_of, write_text
from mx_core.base import MXFileError, MXIndexError, MXTypeError, MXValueError, NotImplementedForSymbol
from mx_core.dtype import dtype_number
from mx_core.symbol import inference, op
from mx_core.symbol._call import PLAIN_ATTRIBUTES, create, dunder, text
from mx_core.symbol._generated.methods import Methods
from mx_core.symbol.arithmetic import apply

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from mx_core.context import Context
    from mx_core.executor import Executor
    from mx_core.ndarray import NDArray

__all__ = ["Group", "Symbol", "Variable", "load", "load_json", "var"]

_ARGUMENTS, _OUTPUTS, _AUXILIARY, _INPUTS = range(4)


class Symbol(SymbolBase, Methods):
    """One or several outputs of a graph of operators.

    >>> import mx_core as mx
    >>> data = mx.sym.var("data")
    >>> net = mx.sym.FullyConnected(data, num_hidden=10, name="fc")
    >>> net.list_arguments()
    ['data', 'fc_weight', 'fc_bias']
    >>> net.infer_shape(data=(2, 3))[1]
    [(2, 10)]

    ``+ - * /`` need operands of equal shape; the operators ``broadcast_add`` and so on broadcast.
    """

    __slots__ = ()

    # -- arithmetic ---------------------------------------------------------------------------------------------------

    def __add__(self, other: Any) -> Symbol:
        return apply("add", self, other)

    def __radd__(self, other: Any) -> Symbol:
        return apply("add", self, other)

    def __sub__(self, other: Any) -> Symbol:
        return apply("subtract", self, other)

    def __rsub__(self, other: Any) -> Symbol:
        return apply("subtract", other, self)

    def __mul__(self, other: Any) -> Symbol:
        return apply("multiply", self, other)

    def __rmul__(self, other: Any) -> Symbol:
        return apply("multiply", self, other)

    def __truediv__(self, other: Any) -> Symbol:
        return apply("divide", self, other)

    def __rtruediv__(self, other: Any) -> Symbol:
        return apply("divide", other, self)

    def __mod__(self, other: Any) -> Symbol:
        return apply("modulo", self, other)

    def __rmod__(self, other: Any) -> Symbol:
        return apply("modulo", other, self)

    def __pow__(self, other: Any) -> Symbol:
        return apply("power", self, other)

    def __rpow__(self, other: Any) -> Symbol:
        return _rpower(self, other)

    def __neg__(self) -> Symbol:
        return apply("multiply", self, -1.0)

    def __abs__(self) -> Symbol:
        return op.abs(self)

    def __eq__(self, other: Any) -> Symbol:  # type: ignore[override]
        return apply("equal", self, other)

    def __ne__(self, other: Any) -> Symbol:  # type: ignore[override]
        return apply("not_equal", self, other)

    def __gt__(self, other: Any) -> Symbol:
        return apply("greater", self, other)

    def __ge__(self, other: Any) -> Symbol:
        return apply("greater_equal", self, other)

    def __lt__(self, other: Any) -> Symbol:
        return apply("lesser", self, other)

    def __le__(self, other: Any) -> Symbol:
        return apply("lesser_equal", self, other)

    def __hash__(self) -> int:
        return id(self) // 16

    def __bool__(self) -> bool:
        raise NotImplementedForSymbol(
            "[Symbol.__bool__] a symbol has no value before it is computed, so it is neither true nor false"
        )

    def __iadd__(self, other: Any) -> Symbol:
        raise NotImplementedForSymbol("[Symbol] a symbol cannot be changed in place: write x = x + y")

    __isub__ = __imul__ = __itruediv__ = __iadd__

    # -- parts --------------------------------------------------------------------------------------------------------

    @property
    def name(self) -> str | None:
        """Name of the node; None for a group of several nodes."""
        return self._name()

    def __repr__(self) -> str:
        if self.name is None:
            return f"<{type(self).__name__} group [{', '.join(str(part.name) for part in self)}]>"
        return f"<{type(self).__name__} {self.name}>"

    def __len__(self) -> int:
        return len(self.list_outputs())

    def __iter__(self) -> Iterator[Symbol]:
        return (self[i] for i in range(len(self)))

    def __getitem__(self, index: int | str | slice) -> Symbol:
        """One output, by number or name; several, by slice."""
        outputs = self.list_outputs()
        if isinstance(index, slice):
            return Group([self._output(i) for i in range(*index.indices(len(outputs)))])
        if isinstance(index, str):
            found = [i for i, output in enumerate(outputs) if output == index]
            if len(found) != 1:
                why = "there is none" if not found else f"there are {len(found)}"
                raise MXValueError(f"[Symbol] no single output is called {index!r}: {why} among {outputs}")
            index = found[0]
        if not isinstance(index, int):
            raise MXTypeError(f"[Symbol] an output is chosen by number or name, not by {index!r}")
        if not 0 <= index < len(outputs):
            raise MXIndexError(f"[Symbol] there is no output {index}, only {len(outputs)}: {outputs}")
        return self._output(index)

    def get_internals(self) -> Symbol:
        """Return a group of the outputs of every node: ``net.get_internals()["fc_output"]``."""
        return self._internals()

    def get_children(self) -> Symbol | None:
        """Return a group of the node's inputs; None for a variable."""
        return self._children()

    def list_arguments(self) -> list[str]:
        """Return the names of the variables that are no auxiliary states, in the order of the graph."""
        return self._names(_ARGUMENTS)

    def list_outputs(self) -> list[str]:
        """Return the names of the outputs."""
        return self._names(_OUTPUTS)

    def list_auxiliary_states(self) -> list[str]:
        """Return the names of the variables that operators change, such as the moving averages of BatchNorm."""
        return self._names(_AUXILIARY)

    def list_inputs(self) -> list[str]:
        """Return the names of all variables."""
        return self._names(_INPUTS)

    # -- attributes ---------------------------------------------------------------------------------------------------

    def attr(self, key: str) -> str | None:
        """Return an attribute or parameter of the node, as text; None where there is none."""
        value = self._get_attr(key)
        return self._get_attr(f"__{key}__") if value is None and key in PLAIN_ATTRIBUTES else value

    def list_attr(self, recursive: bool = False) -> dict[str, str]:
        """Return all attributes and parameters of the node."""
        if recursive:
            raise MXValueError("[Symbol.list_attr] recursive=True is no longer supported: use attr_dict()")
        pairs = self._attributes(False)
        return _with_plain_names(dict(zip(pairs[::2], pairs[1::2])))

    def attr_dict(self) -> dict[str, dict[str, str]]:
        """Return the attributes and parameters of all nodes: {name of the node: {key: value}}."""
        found: dict[str, dict[str, str]] = {}
        pairs = self._attributes(True)
        for key, value in zip(pairs[::2], pairs[1::2]):
            node, _, attr = key.rpartition("$")
            found.setdefault(node, {})[attr] = value
        return {node: _with_plain_names(attrs) for node, attrs in found.items()}

    def _set_attr(self, **kwargs: str) -> None:
        """Set attributes of the node."""
        for key, value in kwargs.items():
            if not isinstance(value, str):
                raise MXValueError(f"[Symbol._set_attr] {key} must be a string, got {value!r}")
            self._set_attribute(f"__{key}__" if key in PLAIN_ATTRIBUTES else key, value)

    # -- composition and copies ---------------------------------------------------------------------------------------

    def __call__(self, *args: Symbol, **kwargs: Any) -> Symbol:
        """Return a copy whose variables are replaced: by position, or by name. ``name=`` names the new node."""
        node = kwargs.pop("name", None)
        if args and kwargs:
            raise MXTypeError("[Symbol] inputs are given either by position or by name, not both")
        for value in (*args, *kwargs.values()):
            if not isinstance(value, SymbolBase):
                raise MXTypeError(f"[Symbol] an input must be a Symbol, got {type(value).__name__}")
        names: list[str | None] = list(kwargs) if kwargs else [None] * len(args)
        copied = self if node is None else _renamed(self, node)  # only itself: what it is given stays shared
        return copied._composed(names, [*args, *kwargs.values()])

    def __copy__(self) -> Symbol:
        return self._copied()

    def __deepcopy__(self, memo: Any) -> Symbol:
        return self._copied()

    def __reduce__(self) -> tuple[Any, ...]:
        return load_json, (self.tojson(),)

    # -- files --------------------------------------------------------------------------------------------------------

    def tojson(self, remove_amp_cast: bool = True) -> str:
        """Return the graph as JSON, in the form of MXNet 1.9.1.

        Args:
            remove_amp_cast: Leave out the casts that mixed precision put in.
        """
        return (self._without_amp_cast() if remove_amp_cast else self)._json()

    def save(self, fname: str | os.PathLike[str], remove_amp_cast: bool = True) -> None:
        """Write :meth:`tojson` to a file, replacing it in one step."""
        path = path_of(fname, "Symbol.save")
        write_text(path, self.tojson(remove_amp_cast), "Symbol.save")

    def debug_str(self) -> str:
        """Return the nodes as text, one after the other."""
        return inference.describe(self)

    # -- inference ----------------------------------------------------------------------------------------------------

    def infer_shape(self, *args: Any, **kwargs: Any) -> tuple[Any, Any, Any]:
        """Return the shapes of arguments, outputs and auxiliary states, as three lists.

        Args:
            *args: Known shapes in the order of :meth:`list_arguments`; None where one isn't known.
            **kwargs: Known shapes by name. 0 stands for an unknown length.

        Returns:
            The lists; three times None, and a warning, if not everything follows from what is known.
        """
        return inference.infer_shape(self, args, kwargs, partial=False)

    def infer_shape_partial(self, *args: Any, **kwargs: Any) -> tuple[Any, Any, Any]:
        """Like :meth:`infer_shape`; what is not known is () or, for a single length, 0."""
        return inference.infer_shape(self, args, kwargs, partial=True)

    def infer_type(self, *args: Any, **kwargs: Any) -> tuple[Any, Any, Any]:
        """Return the dtypes of arguments, outputs and auxiliary states: the counterpart of :meth:`infer_shape`."""
        return inference.infer_type(self, args, kwargs, partial=False)

    def infer_type_partial(self, *args: Any, **kwargs: Any) -> tuple[Any, Any, Any]:
        """Like :meth:`infer_type`; None stands for what is not known."""
        return inference.infer_type(self, args, kwargs, partial=True)

    # -- computing ----------------------------------------------------------------------------------------------------

    def simple_bind(
        self,
        ctx: Context,
        grad_req: Any = "write",
        type_dict: Mapping[str, DTypeLike] | None = None,
        stype_dict: Mapping[str, str] | None = None,
        group2ctx: Mapping[str, Context] | None = None,
        shared_arg_names: Sequence[str] | None = None,
        shared_exec: Executor | None = None,
        shared_buffer: dict[str, NDArray] | None = None,
        **kwargs: Any,
    ) -> Executor:
        """Return an executor with new arrays for all arguments, gradients and auxiliary states, filled with zeros.

        Args:
            ctx: The device.
            grad_req: "write", "add" or "null": for all arguments, a list in their order, or a dictionary by name.
            type_dict: Element types by name; without it all arguments are float32 unless the symbol says otherwise.
            stype_dict: Storage by name: only "default" in this version.
            group2ctx: Devices of the groups that ``ctx_group`` attributes name.
            shared_arg_names: Arguments whose arrays are those of ``shared_exec`` or ``shared_buffer``.
            shared_exec: Executor with which memory is shared.
            shared_buffer: Arrays by name, used where they fit; new ones are added.
            **kwargs: Shapes by name.

        >>> import mx_core as mx
        >>> net = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=4, name="fc")
        >>> net.simple_bind(mx.cpu(), data=(2, 3)).arg_dict["fc_weight"].shape
        (4, 3)
        """
        from mx_core.binding import simple_bind

        return simple_bind(
            self, ctx, grad_req, type_dict, stype_dict, group2ctx, shared_arg_names, shared_exec, shared_buffer, kwargs
        )

    def bind(
        self,
        ctx: Context,
        args: Sequence[NDArray] | Mapping[str, NDArray],
        args_grad: Sequence[NDArray | None] | Mapping[str, NDArray] | None = None,
        grad_req: Any = "write",
        aux_states: Sequence[NDArray] | Mapping[str, NDArray] | None = None,
        group2ctx: Mapping[str, Context] | None = None,
        shared_exec: Executor | None = None,
    ) -> Executor:
        """Return an executor that uses the given arrays.

        Args:
            ctx: The device.
            args: Arrays for all arguments, in their order or by name.
            args_grad: Arrays for gradients, in the same order or by name. No gradient is computed where there is none.
            grad_req: "write", "add" or "null": for all arguments, a list in their order, or a dictionary by name.
            aux_states: Arrays for all auxiliary states, in their order or by name.
            group2ctx: Devices of the groups that ``ctx_group`` attributes name.
            shared_exec: Accepted; memory is pooled anyway.
        """
        from mx_core.binding import bind

        return bind(self, ctx, args, args_grad, grad_req, aux_states, group2ctx)

    def eval(self, ctx: Context | None = None, **kwargs: NDArray) -> list[NDArray]:
        """Bind to the given arrays, compute, and return the outputs."""
        from mx_core.context import current_context

        return self.bind(current_context() if ctx is None else ctx, kwargs).forward()

    # -- methods with signatures of their own -------------------------------------------------------------------------

    def astype(self, dtype: DTypeLike) -> Symbol:
        """Return the symbol with elements of another type."""
        return op.cast(self, dtype=dtype)

    def expand_dims(self, axis: int, inplace: bool = False, **kwargs: Any) -> Symbol:  # type: ignore[override]
        """:func:`mx_core.symbol.expand_dims` of this symbol; ``inplace`` has no effect."""
        return op.expand_dims(self, axis=axis, **kwargs)

    def flatten(self, inplace: bool = False, **kwargs: Any) -> Symbol:
        """:func:`mx_core.symbol.flatten` of this symbol; ``inplace`` has no effect."""
        return op.flatten(self, **kwargs)

    def squeeze(self, axis: int | Sequence[int] | None = None, inplace: bool = False, **kwargs: Any) -> Symbol:
        """:func:`mx_core.symbol.squeeze` of this symbol; ``inplace`` has no effect."""
        return op.squeeze(self, axis=axis, **kwargs)

    def split_v2(self, *args: Any, **kwargs: Any) -> Symbol:
        """:func:`mx_core.symbol.split_v2` of this symbol."""
        from mx_core.symbol.creation import split_v2

        return split_v2(self, *args, **kwargs)

    def as_nd_ndarray(self) -> Symbol:
        """Return the symbol itself."""
        return self


def _with_plain_names(attrs: dict[str, str]) -> dict[str, str]:
    plain = {key: attrs[f"__{key}__"] for key in PLAIN_ATTRIBUTES if f"__{key}__" in attrs}
    return {**attrs, **plain}


def _renamed(symbol: Symbol, name: str) -> Symbol:
    graph = json.loads(symbol.tojson(remove_amp_cast=False))
    for head in graph["heads"]:
        graph["nodes"][head[0]]["name"] = name
    return load_json(json.dumps(graph))


def _rpower(symbol: Symbol, number: Any) -> Symbol:
    """``number ** symbol``, named as the operator of arrays names it."""
    if not isinstance(number, int | float):
        raise MXTypeError(f"[power] operands must be Symbols or numbers, got {type(number).__name__}")
    return create(
        _ffi.find_op("_rpower_scalar"), "_rpower_scalar", {"data": symbol}, {"scalar": number}, None, None, {}
    )


def _only_arrays(method: str) -> Callable[..., NoReturn]:
    def missing(self: Symbol, *args: Any, **kwargs: Any) -> NoReturn:
        raise NotImplementedForSymbol(
            f"[Symbol.{method}] a symbol has no elements before it is computed; only arrays can do this"
        )

    missing.__name__ = method
    missing.__doc__ = "Only arrays can do this: raises NotImplementedForSymbol."
    return missing


for _method in ("asnumpy", "asscalar", "wait_to_read", "copy", "as_in_context", "detach", "backward", "attach_grad"):
    setattr(Symbol, _method, _only_arrays(_method))
_ffi.set_symbol_class(Symbol)


def var(
    name: str,
    attr: Mapping[str, str] | None = None,
    shape: Sequence[int] | int | None = None,
    lr_mult: float | None = None,
    wd_mult: float | None = None,
    dtype: DTypeLike | None = None,
    init: Any = None,
    stype: str | None = None,
    profiler_scope: str | None = None,
    **kwargs: Any,
) -> Symbol:
    """Return a variable: an input of a network.

    Args:
        name: Its name, which is also that of the argument.
        attr: Attributes.
        shape: Its shape, as far as it is known: 0 for an unknown length.
        lr_mult: What optimizers multiply the learning rate with.
        wd_mult: What optimizers multiply the weight decay with.
        dtype: Type of its elements.
        init: An initializer (or its JSON) that fills it, whatever its name.
        stype: Storage: "default" only in this version.
        profiler_scope: Accepted; there is no profiler in this version.
        **kwargs: Attributes whose names begin and end with two underscores.

    >>> var("data", shape=(0, 3)).attr("__shape__")
    '(0, 3)'
    """
    if not isinstance(name, str):
        raise MXTypeError(f"[var] name must be a string, got {name!r}")
    attributes = {**attribute.current().get(attr)}
    if shape is not None:
        attributes["__shape__"] = text((shape,) if isinstance(shape, int) else tuple(shape))
    if lr_mult is not None:
        attributes["__lr_mult__"] = text(lr_mult)
    if wd_mult is not None:
        attributes["__wd_mult__"] = text(wd_mult)
    if dtype is not None:
        attributes["__dtype__"] = str(dtype_number(dtype))
    if init is not None:
        attributes["__init__"] = init if isinstance(init, str) else init.dumps()
    if stype is not None:
        if stype != "default":
            raise MXValueError(f"[var] storage {stype!r} is not available in this version, only 'default'")
        attributes["__storage_type__"] = "0"
    if profiler_scope is not None:
        attributes["__profiler_scope__"] = profiler_scope
    for key, value in kwargs.items():
        if not dunder(key):
            raise MXValueError(f"[var] attribute {key!r} must begin and end with two underscores: __{key}__")
        attributes[key] = text(value)
    symbol = _ffi.create_variable(_current_name(name))
    symbol._set_attr(**attributes)
    return symbol


def _current_name(given: str) -> str:
    return name.current().get(given, "")


#: The older name of :func:`var`.
Variable = var


def Group(symbols: Sequence[Symbol]) -> Symbol:
    """Return a symbol with all outputs of several symbols."""
    if not symbols or any(not isinstance(symbol, SymbolBase) for symbol in symbols):
        raise MXTypeError("[Group] expected a list of at least one Symbol")
    return _ffi.group_symbols(symbols)


def load(fname: str | os.PathLike[str]) -> Symbol:
    """Read a symbol from a JSON file of any MXNet version."""
    path = path_of(fname, "symbol.load")
    try:
        with open(path, encoding="utf-8") as file:
            content = file.read()
    except OSError as error:
        raise MXFileError(f"[symbol.load] {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise MXValueError(f"[symbol.load] {path} is no JSON text") from None
    return load_json(content)


def load_json(json_str: str) -> Symbol:
    """Return the symbol that a JSON text describes."""
    if not isinstance(json_str, str):
        raise MXTypeError(f"[symbol.load_json] expected a string, got {type(json_str).__name__}")
    return _ffi.symbol_from_json(json_str)
