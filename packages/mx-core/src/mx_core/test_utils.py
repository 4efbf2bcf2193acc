"""Helpers that make the test of an operator one line.

>>> import numpy as np
>>> from mx_core.test_utils import check_unary
>>> check_unary("exp", np.exp, domain=(-2, 2))
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from mx_core import autograd, nd, sym
from mx_core.context import Context, cpu, current_context, num_gpus
from mx_core.dtype import dtype_name
from mx_core.ndarray import NDArray
from mx_core.ndarray._call import is_array
from mx_core.symbol import Symbol

__all__ = [
    "almost_equal",
    "assert_almost_equal",
    "assert_exception",
    "check_binary",
    "check_gradient",
    "check_numeric_gradient",
    "check_symbolic_backward",
    "check_symbolic_forward",
    "check_unary",
    "default_context",
    "default_dtype",
    "get_tolerance",
    "list_contexts",
    "list_gpus",
    "numeric_grad",
    "rand_ndarray",
    "rand_shape_2d",
    "rand_shape_3d",
    "rand_shape_nd",
    "random_arrays",
    "random_seed",
    "same",
    "set_default_context",
    "simple_forward",
]

_RTOL = {"float16": 1e-2, "bfloat16": 4e-2, "float32": 1e-4, "float64": 1e-7}
_ATOL = {"float16": 1e-3, "bfloat16": 4e-2, "float32": 1e-5, "float64": 1e-9}


def default_context() -> Context:
    """Return the device that tests run on: the current one."""
    return current_context()


def set_default_context(ctx: Context) -> None:
    """Set the device that tests of this thread run on."""
    Context._default.value = ctx


def default_dtype() -> type:
    """Return the element type that tests use where none is asked for."""
    return np.float32


def _numpy(value: Any) -> np.ndarray:
    return value.asnumpy() if is_array(value) else np.asarray(value)


def same(a: Any, b: Any) -> bool:
    """Return whether two arrays have the same elements."""
    return np.array_equal(_numpy(a), _numpy(b))


def get_tolerance(*arrays: Any, rtol: float | None = None, atol: float | None = None) -> tuple[float, float]:
    """Return (rtol, atol) that suit the coarsest element type among the arrays."""
    names = [_numpy(array).dtype.name for array in arrays]
    rtols = [_RTOL.get(name, 0.0) for name in names]
    atols = [_ATOL.get(name, 0.0) for name in names]
    return max(rtols) if rtol is None else rtol, max(atols) if atol is None else atol


def _wide(array: np.ndarray) -> np.ndarray:
    return array if array.dtype.kind in "biuf" and array.dtype != np.float16 else array.astype(np.float64)


def almost_equal(a: Any, b: Any, rtol: float | None = None, atol: float | None = None, equal_nan: bool = False) -> bool:
    """Return whether two arrays are equal up to ``atol + rtol * abs(b)``."""
    x, y = _numpy(a), _numpy(b)
    rtol, atol = get_tolerance(x, y, rtol=rtol, atol=atol)
    return x.shape == y.shape and np.allclose(_wide(x), _wide(y), rtol=rtol, atol=atol, equal_nan=equal_nan)


def assert_almost_equal(
    a: Any,
    b: Any,
    rtol: float | None = None,
    atol: float | None = None,
    names: Sequence[str] = ("a", "b"),
    equal_nan: bool = False,
) -> None:
    """Raise AssertionError, with the place of the largest difference, unless two arrays are almost equal.

    Args:
        a: NDArray, NumPy array or list.
        b: What it should be.
        rtol: Relative tolerance; it follows from the element types where it is None.
        atol: Absolute tolerance, likewise.
        names: What the two are called in the message.
        equal_nan: Whether NaN equals NaN.
    """
    x, y = _numpy(a), _numpy(b)
    if x.shape != y.shape:
        raise AssertionError(f"{names[0]} has shape {x.shape}, {names[1]} has {y.shape}")
    if almost_equal(x, y, rtol, atol, equal_nan):
        return
    rtol, atol = get_tolerance(x, y, rtol=rtol, atol=atol)
    x, y = _wide(x).astype(np.float64), _wide(y).astype(np.float64)
    with np.errstate(invalid="ignore"):
        error = np.abs(x - y) / (atol + rtol * np.abs(y) + 1e-300)
    both = np.isnan(x) & np.isnan(y) if equal_nan else np.zeros(x.shape, bool)
    error = np.where(both | (x == y), 0, np.where(np.isnan(error), np.inf, error))
    place = np.unravel_index(np.argmax(error), error.shape)
    raise AssertionError(
        f"{names[0]} and {names[1]} differ at {int((error > 1).sum())} of {error.size} places, most at "
        f"{tuple(map(int, place))}: {x[place]!r} and {y[place]!r} (rtol={rtol}, atol={atol})"
    )


def assert_exception(function: Callable[..., Any], exception: type[BaseException], *args: Any, **kwargs: Any) -> None:
    """Raise AssertionError unless the call raises ``exception``."""
    try:
        function(*args, **kwargs)
    except exception:
        return
    raise AssertionError(f"{function} raised no {exception.__name__}")


@contextmanager
def random_seed(seed: int | None = None) -> Iterator[int]:
    """Seed NumPy and mx for a block, and print the seed: ``MX_TEST_SEED`` repeats a run."""
    from mx_core import random

    if seed is None:
        given = os.environ.get("MX_TEST_SEED")
        seed = int(given) if given else int(np.random.SeedSequence().entropy) % 2**31  # type: ignore[arg-type]
    print(f"MX_TEST_SEED={seed}")
    before = np.random.get_state()
    np.random.seed(seed)
    random.seed(seed)
    try:
        yield seed
    finally:
        np.random.set_state(before)


def random_arrays(*shapes: tuple[int, ...]) -> Any:
    """Return NumPy arrays of normally distributed float32 numbers: one, or a list of several."""
    found = [np.asarray(np.random.randn(*shape), dtype=np.float32) for shape in shapes]
    return found[0] if len(found) == 1 else found


def rand_shape_nd(num_dim: int, dim: int = 10) -> tuple[int, ...]:
    """Return a random shape of ``num_dim`` axes of length 1 to ``dim``."""
    return tuple(int(n) for n in np.random.randint(1, dim + 1, size=num_dim))


def rand_shape_2d(dim0: int = 10, dim1: int = 10) -> tuple[int, ...]:
    """Return a random shape of two axes, of length 1 to ``dim0`` and ``dim1``."""
    return rand_shape_nd(1, dim0) + rand_shape_nd(1, dim1)


def rand_shape_3d(dim0: int = 10, dim1: int = 10, dim2: int = 10) -> tuple[int, ...]:
    """Return a random shape of three axes."""
    return rand_shape_2d(dim0, dim1) + rand_shape_nd(1, dim2)


def rand_ndarray(
    shape: Sequence[int], stype: str = "default", dtype: Any = None, ctx: Context | None = None, scale: float = 1.0
) -> NDArray:
    """Return an array of numbers from [-scale, scale)."""
    if stype != "default":
        raise ValueError(f"storage {stype!r} is not available in this version")
    values = np.random.uniform(-scale, scale, size=tuple(shape))
    return nd.array(values, ctx=ctx, dtype=np.float32 if dtype is None else dtype)


# -- symbols ---------------------------------------------------------------------------------------------------------


def _by_name(given: Any, names: Sequence[str], dtype: Any, ctx: Context) -> dict[str, NDArray]:
    """Arrays given by name or in order, as NDArrays by name."""
    if not isinstance(given, Mapping):
        given = dict(zip(names, given))
    made = {}
    for name, value in given.items():
        made[name] = value if is_array(value) else nd.array(np.asarray(value), ctx=ctx, dtype=dtype)
    return made


def simple_forward(sym: Symbol, ctx: Context | None = None, is_train: bool = False, **inputs: Any) -> Any:
    """Return the outputs of a symbol for NumPy arrays: one array, or a list of several."""
    ctx = ctx or default_context()
    arrays = {name: nd.array(value, dtype=np.asarray(value).dtype) for name, value in inputs.items()}
    outputs = sym.bind(ctx, args=arrays).forward(is_train=is_train)
    found = [output.asnumpy() for output in outputs]
    return found[0] if len(found) == 1 else found


def check_symbolic_forward(
    sym: Symbol,
    location: Any,
    expected: Any,
    rtol: float | None = None,
    atol: float | None = None,
    aux_states: Any = None,
    ctx: Context | None = None,
    equal_nan: bool = False,
    dtype: Any = np.float32,
    is_train: bool = False,
) -> list[np.ndarray]:
    """Raise AssertionError unless a symbol computes the expected outputs.

    Args:
        sym: The symbol.
        location: Arguments, in their order or by name.
        expected: The outputs.
        rtol: Tolerances of :func:`assert_almost_equal`.
        atol: See ``rtol``.
        aux_states: Auxiliary states, in their order or by name.
        ctx: The device.
        equal_nan: Whether NaN equals NaN.
        dtype: Element type of arguments that are not NDArrays.
        is_train: Whether operators run as in training.

    Returns:
        The outputs.
    """
    ctx = ctx or default_context()
    args = _by_name(location, sym.list_arguments(), dtype, ctx)
    aux = _by_name(aux_states or {}, sym.list_auxiliary_states(), dtype, ctx)
    outputs = [o.asnumpy() for o in sym.bind(ctx, args, aux_states=aux).forward(is_train=is_train)]
    if isinstance(expected, Mapping):
        expected = [expected[name] for name in sym.list_outputs()]
    for name, got, want in zip(sym.list_outputs(), outputs, list(expected)):
        assert_almost_equal(got, np.asarray(_numpy(want)), rtol, atol, (f"output {name}", "expected"), equal_nan)
    return outputs


def check_symbolic_backward(
    sym: Symbol,
    location: Any,
    out_grads: Any,
    expected: Any,
    rtol: float | None = None,
    atol: float | None = None,
    aux_states: Any = None,
    grad_req: Any = "write",
    ctx: Context | None = None,
    equal_nan: bool = False,
    dtype: Any = np.float32,
) -> dict[str, np.ndarray]:
    """Raise AssertionError unless a symbol computes the expected gradients.

    Args:
        sym: The symbol.
        location: Arguments, in their order or by name.
        out_grads: Gradients of the outputs, in their order or by name; None where all outputs are losses.
        expected: Gradients of arguments, in their order or by name.
        rtol: Tolerances of :func:`assert_almost_equal`.
        atol: See ``rtol``.
        aux_states: Auxiliary states, in their order or by name.
        grad_req: "write", "add" or "null", for all, in order or by name.
        ctx: The device.
        equal_nan: Whether NaN equals NaN.
        dtype: Element type of arrays that are not NDArrays.

    Returns:
        The gradients by name.
    """
    ctx = ctx or default_context()
    names = sym.list_arguments()
    args = _by_name(location, names, dtype, ctx)
    aux = _by_name(aux_states or {}, sym.list_auxiliary_states(), dtype, ctx)
    wanted = expected if isinstance(expected, Mapping) else dict(zip(names, expected))
    by_name = grad_req if isinstance(grad_req, Mapping) else dict(zip(names, grad_req))
    requests = {name: grad_req if isinstance(grad_req, str) else by_name[name] for name in wanted}
    start: dict[str, np.ndarray] = {
        name: np.random.normal(size=args[name].shape).astype(args[name].dtype) for name in wanted
    }
    grads = {name: nd.array(value, ctx=ctx, dtype=value.dtype) for name, value in start.items()}
    executor = sym.bind(ctx, args, grads, requests, aux)
    executor.forward(is_train=True)
    heads = None if out_grads is None else _by_name(out_grads, sym.list_outputs(), dtype, ctx)
    executor.backward(heads)
    found = {name: grad.asnumpy() for name, grad in grads.items()}
    for name, want in wanted.items():
        target = {"write": _numpy(want), "add": _numpy(want) + start[name], "null": start[name]}[requests[name]]
        assert_almost_equal(found[name], target, rtol, atol, (f"gradient of {name}", "expected"), equal_nan)
    return found


def numeric_grad(function: Callable[[], float], arrays: Mapping[str, np.ndarray], eps: float) -> dict[str, np.ndarray]:
    """Return the gradients of ``function()``, which reads ``arrays``, by central differences."""
    found = {}
    for name, array in arrays.items():
        gradient = np.zeros(array.shape, np.float64)
        flat, out = array.reshape(-1), gradient.reshape(-1)
        for i in range(flat.size):
            kept = flat[i]
            flat[i] = kept + eps / 2
            above = function()
            flat[i] = kept - eps / 2
            below = function()
            flat[i] = kept
            out[i] = (above - below) / eps
        found[name] = gradient
    return found


def check_numeric_gradient(
    sym: Symbol,
    location: Any,
    aux_states: Any = None,
    numeric_eps: float | None = None,
    rtol: float | None = None,
    atol: float | None = None,
    grad_nodes: Any = None,
    use_forward_train: bool = True,
    ctx: Context | None = None,
    dtype: Any = np.float64,
) -> None:
    """Raise AssertionError unless the gradients of a symbol agree with differences of its outputs.

    The outputs are added up with random weights, so that every element of every output counts.

    Args:
        sym: The symbol. Its outputs must be differentiable at ``location``.
        location: Arguments, in their order or by name.
        aux_states: Auxiliary states, in their order or by name.
        numeric_eps: Step of the differences.
        rtol: Relative tolerance.
        atol: Absolute tolerance.
        grad_nodes: Names of the arguments to check; all where it is None.
        use_forward_train: Whether operators run as in training.
        ctx: The device.
        dtype: Element type that is computed with: float64 or float32.
    """
    ctx = ctx or default_context()
    wide = np.dtype(dtype) == np.float64
    eps = numeric_eps or (1e-5 if wide else 1e-2)
    rtol, atol = rtol or (1e-4 if wide else 2e-2), atol or (1e-6 if wide else 2e-3)
    names = sym.list_arguments()
    args = _by_name(location, names, dtype, ctx)
    args = {name: array.astype(dtype) for name, array in args.items()}
    aux = _by_name(aux_states or {}, sym.list_auxiliary_states(), dtype, ctx)
    kept = {name: array.asnumpy() for name, array in aux.items()}
    checked = list(grad_nodes) if grad_nodes is not None else names
    grads = {name: nd.zeros(args[name].shape, ctx, dtype) for name in checked}
    executor = sym.bind(ctx, args, grads, "write", aux)
    outputs = executor.forward(is_train=use_forward_train)
    weights = [np.random.uniform(0.5, 1.5, output.shape) for output in outputs]
    executor.backward([nd.array(weight, ctx=ctx, dtype=output.dtype) for weight, output in zip(weights, outputs)])
    analytic = {name: grad.asnumpy() for name, grad in grads.items()}
    values = {name: args[name].asnumpy() for name in checked}

    def total() -> float:
        for name, value in values.items():
            args[name][:] = value
        for name, value in kept.items():
            aux[name][:] = value
        results = executor.forward(is_train=use_forward_train)
        return float(sum((r.asnumpy().astype(np.float64) * w).sum() for r, w in zip(results, weights)))

    for name, numeric in numeric_grad(total, values, eps).items():
        assert_almost_equal(analytic[name], numeric, rtol, atol, (f"gradient of {name}", "differences"))


def check_gradient(function: Callable[..., Any], *inputs: Any, rtol: float = 1e-4, atol: float = 1e-6) -> None:
    """Raise AssertionError unless recorded gradients of ``function(*inputs)`` agree with differences.

    Args:
        function: From NDArrays to an NDArray.
        *inputs: Values of its arguments; they become float64.
        rtol: Relative tolerance.
        atol: Absolute tolerance.
    """
    values = {str(i): np.array(value, dtype=np.float64, order="C") for i, value in enumerate(inputs)}
    arrays = {name: nd.array(value, dtype=np.float64) for name, value in values.items()}
    for array in arrays.values():
        array.attach_grad()
    with autograd.record():
        output = function(*arrays.values())
    weight = np.random.uniform(0.5, 1.5, output.shape)
    output.backward(nd.array(weight, dtype=output.dtype))
    analytic = {name: array.grad.asnumpy() for name, array in arrays.items() if array.grad is not None}

    def total() -> float:
        with autograd.train_mode():
            result = function(*(nd.array(value, dtype=np.float64) for value in values.values()))
        return float((result.asnumpy() * weight).sum())

    for name, numeric in numeric_grad(total, values, 1e-5).items():
        assert_almost_equal(analytic[name], numeric, rtol, atol, (f"gradient of input {name}", "differences"))


# -- operators -------------------------------------------------------------------------------------------------------

_SHAPES: tuple[tuple[int, ...], ...] = ((1,), (7,), (3, 5), (2, 3, 4), (33, 65))


def check_unary(
    name: str,
    expected: Callable[[np.ndarray], np.ndarray],
    domain: tuple[float, float] = (-2.0, 2.0),
    dtypes: Sequence[str] = ("float32", "float64", "float16", "bfloat16"),
    shapes: Sequence[tuple[int, ...]] = _SHAPES,
    gradient: bool = True,
    rtol: float | None = None,
    atol: float | None = None,
    **params: Any,
) -> None:
    """Raise AssertionError unless a unary operator is right: as function, method and symbol, with its gradient.

    Args:
        name: Of the function in ``mx_core.nd`` and ``mx_core.sym``.
        expected: The same in NumPy, on float64.
        domain: Where inputs are drawn from.
        dtypes: Element types to try.
        shapes: Shapes to try.
        gradient: Whether to compare the gradient with differences.
        rtol: Tolerances of :func:`assert_almost_equal`.
        atol: See ``rtol``.
        **params: Parameters of the operator.
    """
    function, symbolic = getattr(nd, name), getattr(sym, name)
    with random_seed():
        for dtype in dtypes:
            for shape in shapes:
                x = nd.array(np.random.uniform(*domain, size=shape), dtype=dtype)
                before = x.asnumpy()
                want = np.asarray(expected(before.astype(np.float64)))
                close = get_tolerance(before, rtol=rtol, atol=atol)
                got = function(x, **params)
                assert dtype_name(got.dtype) == dtype, f"{name} of {dtype} gives {got.dtype}"
                labels = (f"{name} of {dtype} {shape}", "NumPy")
                assert_almost_equal(got.asnumpy().astype(np.float64), want, *close, labels, True)
                out = nd.empty(shape, dtype=dtype)
                assert function(x, out=out, **params) is out
                assert same(out.asnumpy().astype(np.float64), got.asnumpy().astype(np.float64)), f"{name} with out="
                assert same(x, before), f"{name} changed its input"
        x = nd.array(np.random.uniform(*domain, size=(3, 4)))
        assert same(getattr(x, name)(**params), function(x, **params)), f"the method {name} differs from the function"
        net = symbolic(sym.var("data"), **params)
        single = np.random.uniform(*domain, size=(3, 4)).astype(np.float32)
        check_symbolic_forward(net, [single], [np.asarray(expected(single.astype(np.float64)))], *_loose(rtol, atol))
        if gradient:
            values = np.random.uniform(*domain, size=(3, 4))
            check_numeric_gradient(net, [values])
            check_gradient(lambda data: function(data, **params), values)


def _loose(rtol: float | None, atol: float | None) -> tuple[float, float]:
    return _RTOL["float32"] if rtol is None else rtol, _ATOL["float32"] if atol is None else atol


def check_binary(
    name: str,
    expected: Callable[[np.ndarray, np.ndarray], np.ndarray],
    domain: tuple[float, float] = (0.5, 2.0),
    dtypes: Sequence[str] = ("float32", "float64", "float16"),
    gradient: bool = True,
    broadcast: bool = True,
    rtol: float | None = None,
    atol: float | None = None,
) -> None:
    """Raise AssertionError unless an operator of two inputs is right: as function and symbol, with its gradients.

    Args:
        name: Of the function in ``mx_core.nd`` and ``mx_core.sym``.
        expected: The same in NumPy, on float64.
        domain: Where inputs are drawn from.
        dtypes: Element types to try.
        gradient: Whether to compare the gradients with differences.
        broadcast: Whether the operator broadcasts.
        rtol: Tolerances of :func:`assert_almost_equal`.
        atol: See ``rtol``.
    """
    function, symbolic = getattr(nd, name), getattr(sym, name)
    pairs = [((3, 5), (3, 5)), ((2, 3, 4), (2, 3, 4)), ((1,), (1,))]
    if broadcast:
        pairs += [((3, 5), (1, 5)), ((3, 1), (3, 5)), ((2, 1, 4), (1, 3, 1)), ((1, 1), (4, 3)), ((2, 3, 1), (2, 1, 65))]
    with random_seed():
        for dtype in dtypes:
            for left, right in pairs:
                a = nd.array(np.random.uniform(*domain, size=left), dtype=dtype)
                b = nd.array(np.random.uniform(*domain, size=right), dtype=dtype)
                want = np.asarray(expected(a.asnumpy().astype(np.float64), b.asnumpy().astype(np.float64)))
                close = get_tolerance(a, rtol=rtol, atol=atol)
                labels = (f"{name} of {dtype} {left} and {right}", "NumPy")
                assert_almost_equal(function(a, b).asnumpy().astype(np.float64), want, *close, labels, True)
        net = symbolic(sym.var("lhs"), sym.var("rhs"))
        for left, right in pairs[:1] + pairs[3:6]:
            values = [np.random.uniform(*domain, size=shape) for shape in (left, right)]
            check_symbolic_forward(net, values, [np.asarray(expected(*values))], *_loose(rtol, atol))
            if gradient:
                check_numeric_gradient(net, values)
                check_gradient(function, *values)


def list_contexts() -> list[Context]:
    """Return the devices of this machine that tests can use."""
    return [cpu(0)]


def list_gpus() -> list[int]:
    """Return the numbers of the GPUs that can be used.

    >>> from mx_core import cpu, gpu
    >>> ctx = gpu() if list_gpus() else cpu()
    """
    return list(range(num_gpus()))
