"""Every operator that has CUDA kernels, on a GPU against the CPU: the list is the registry's."""

import sys
from functools import cache
from pathlib import Path

import mx
import numpy as np
import pytest
from mx_core import _ffi

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "packages/mx-core"))
sys.path.insert(0, str(Path(__file__).resolve().parent))
from generator import modules, registry

from examples import BROADCAST, EXAMPLES, FLOAT32_INPUTS, REDUCE, SCALAR, SHAPE, Example, Ranges

# Operators that have no CUDA kernel yet, and why.
MISSING = {
    "plans for a device neither fuse convolutions nor choose formats in memory": """
        _fused_convolution _fused_convolution_add _reorder
    """,
    "factorizations and what is computed by them: LAPACK, on the CPU; cuSOLVER is none of the libraries asked for": """
        _linalg_potrf _linalg_potri _linalg_trsm _linalg_gelqf _linalg_syevd
        _linalg_inverse _linalg_inverse_or_zero _linalg_det _linalg_slogdet
    """,
    "what is drawn says whether more must be drawn, one after the other: nothing for many threads to do": """
        _sample_unique_zipfian
    """,
    "raise an error on the CPU too": """
        _contrib_getnnz _NoGradient
    """,
}

DTYPES = ["float32", "float64", "float16", "int32", "int64", "uint8", "bool"]
TOLERANCE = {"float16": 2e-3, "float32": 2e-5, "float64": 1e-12}


def listed() -> set[str]:
    return {name for names in MISSING.values() for name in names.split()}


@cache
def operators() -> dict[str, registry.Op]:
    return {op.name: op for op in registry.read() if not op.hidden}


def supported() -> list[str]:
    """Those with kernels, and those made of other operators, which may lack them."""
    return [name for name in operators() if _ffi.device_has_op(name)] if mx.num_gpus() else []


def is_composite(op: registry.Op) -> bool:
    return _ffi.device_has_op(op.name) == 2


def examples(op: registry.Op) -> list[Example]:
    if op.name in EXAMPLES:
        return EXAMPLES[op.name]
    if op.name.startswith("broadcast_"):
        return BROADCAST
    if op.name.endswith("_scalar"):
        return SCALAR
    if op.family == "reduce":
        return REDUCE
    # 1000 elements: whole packs of 16 bytes and a rest that is none.
    return [([shape] * len(op.inputs), {}) for shape in (SHAPE, (1, 1003), (0, 2))]


def function(name: str):
    namespace, public = modules.namespace_of(name)
    return getattr(getattr(mx.nd, namespace), public)


def arrays_for(op: registry.Op, shapes, ranges: Ranges, dtype: str, ctx: mx.Context) -> list[mx.nd.NDArray]:
    rng = np.random.default_rng(7)
    arrays = []
    for i, shape in enumerate(shapes):
        # Powers and roots are defined there, and integers have something to divide by.
        values = rng.uniform(0.2, 0.9, shape) if "float" in dtype else rng.integers(1, 9, shape)
        kind = "float32" if i in FLOAT32_INPUTS.get(op.name, ()) else dtype
        if i in ranges:
            low, high, kind = ranges[i]
            values = rng.integers(low, high, shape)
        arrays.append(mx.nd.array(values.astype(kind), ctx=ctx, dtype=kind))
    return arrays


def compute(op: registry.Op, example: Example, dtype: str, ctx: mx.Context, differentiate: bool) -> list[np.ndarray]:
    shapes, params, ranges = (*example, {})[:3]
    arrays = arrays_for(op, shapes, ranges, dtype, ctx)
    if not shapes:
        params = {**params, "ctx": str(ctx), "dtype": dtype}
    if op.group == 1:  # of groups with arrays behind them not even the number can be counted
        params = {key: value for key, value in params.items() if key != op.variadic_count}
    mx.random.seed(11, ctx=ctx)
    if not differentiate:
        results = function(op.name)(*arrays, **params)
    else:
        for array in arrays:
            array.attach_grad()
        with mx.autograd.record():
            results = function(op.name)(*arrays, **params)
    results = results if isinstance(results, list) else [results]
    if differentiate:
        rng = np.random.default_rng(13)  # not ones: the gradients of softmax and of norms would vanish
        mx.autograd.backward(
            results, [mx.nd.array(rng.uniform(-1, 1, r.shape), ctx=ctx, dtype=r.dtype) for r in results]
        )
    assert all(r.context == ctx for r in results)
    gradients = [array.grad for array in arrays] if differentiate else []
    return [r.asnumpy() for r in (*results, *arrays, *gradients)]  # arrays: some operators change their inputs


def compare(op: registry.Op, dtype: str, differentiate: bool) -> int:
    compared = 0
    for example in examples(op):
        try:
            expected = compute(op, example, dtype, mx.cpu(), differentiate)
        except mx.MXNetError:
            continue  # not defined for this dtype
        try:
            got = compute(op, example, dtype, mx.gpu(0), differentiate)
        except mx.MXNetError as error:
            if is_composite(op) and "has no CUDA kernel yet" in str(error):
                pytest.skip(f"made of an operator that lacks a kernel: {error}")
            raise
        for e, g in zip(expected, got, strict=True):
            assert e.dtype == g.dtype
            assert e.shape == g.shape
            tolerance = TOLERANCE.get(e.dtype.name, 0)
            np.testing.assert_allclose(
                g.astype("float64"), e.astype("float64"), tolerance, tolerance, err_msg=f"{op.name} {example} {dtype}"
            )
        compared += 1
    return compared


# Fill arrays that are given; draw in another way than the CPU.
OTHERWISE = ("_set_value", "_zeros_without_dtype", "_shuffle")


@pytest.mark.parametrize("name", [name for name in supported() if name not in OTHERWISE])
def test_values(name):
    op = operators()[name]
    assert sum(compare(op, dtype, False) for dtype in DTYPES), f"no example of {name} works on the CPU: add one"


@pytest.mark.parametrize(
    "name", [n for n in supported() if operators()[n].has_gradient and operators()[n].inputs and n not in OTHERWISE]
)
def test_gradients(name):
    for dtype in ("float32", "float16"):
        compare(operators()[name], dtype, True)


def test_fills_of_given_arrays():
    zeros = mx.nd._internal._zeros_without_dtype(shape=(3, 7), dtype=0, ctx="gpu(0)")
    assert zeros.context == mx.gpu(0)
    np.testing.assert_array_equal(zeros.asnumpy(), np.zeros((3, 7), "float32"))
    mx.nd._internal._set_value(src=2.5, out=zeros)
    np.testing.assert_array_equal(zeros.asnumpy(), np.full((3, 7), 2.5, "float32"))


def test_what_lacks_kernels_is_listed():
    every = [op.name for op in registry.read(internal=True)]
    missing = {name for name in every if not _ffi.device_has_op(name)}
    print(f"{len(missing)} of {len(every)} operators have no CUDA kernel: {', '.join(sorted(missing))}")
    new, done = sorted(missing - listed()), sorted(listed() - missing)
    assert not new, (
        f"{new} run on the CPU alone: make them of building blocks (docs/internals/cuda.md), or list why not"
    )
    assert not done, f"{done} have kernels by now: take them off the list"


@pytest.mark.parametrize(
    "name", [name for name in sorted(listed()) if name in operators() and operators()[name].inputs]
)
def test_what_lacks_kernels_says_so(name):
    inputs = [mx.nd.ones((2, 2), ctx=mx.gpu(0)) for _ in operators()[name].inputs]
    with pytest.raises(
        mx.MXNetError, match=rf"{name}\] has no CUDA kernel yet; copy its inputs to the CPU with as_in_"
    ):
        function(name)(*inputs)


def test_what_lacks_kernels_says_so_in_a_graph():
    classes = mx.sym._internal._sample_unique_zipfian(range_max=9, shape=(1, 3), name="classes")
    with pytest.raises(
        mx.MXNetError, match=r"classes\] has no CUDA kernel yet; compute on the CPU and copy the result"
    ):
        classes.bind(mx.gpu(0), {}).forward()
    there = mx.nd.array([[3, 1], [1, 2]], ctx=mx.gpu(0))
    factor = mx.sym.linalg.potrf(mx.sym.var("a"), name="factor")
    with pytest.raises(mx.MXNetError, match=r"factor\] has no CUDA kernel yet; copy its inputs to the CPU"):
        factor.bind(mx.gpu(0), {"a": there}).forward()


def test_what_lacks_kernels_runs_on_the_cpu_within_a_graph():
    net = mx.sym.var("a") + 1
    with mx.AttrScope(ctx_group="lapack"):
        net = mx.sym.linalg.potrf(net)
    there = mx.nd.array([[3, 1], [1, 2]], ctx=mx.gpu(0))
    executor = net.bind(mx.gpu(0), {"a": there}, group2ctx={"lapack": mx.cpu()})
    np.testing.assert_allclose(executor.forward()[0].asnumpy(), np.linalg.cholesky([[4, 2], [2, 3]]), 1e-6)


def test_strided_work_is_cut_into_pieces():
    """Where indices would not fit into 32 bits; on the emulated runtime from 500 elements on."""
    rng = np.random.default_rng(6)
    a, b = rng.normal(size=(2, 3, 701)).astype("float32"), rng.normal(size=(2, 1, 701)).astype("float32")
    there = [mx.nd.array(x, ctx=mx.gpu(0)) for x in (a, b)]
    np.testing.assert_array_equal(mx.nd.broadcast_sub(*there).asnumpy(), a - b)
    np.testing.assert_array_equal(there[0][1].astype("float16").asnumpy(), a[1].astype("float16"))
    np.testing.assert_array_equal(there[0].swapaxes(0, 1).asnumpy(), a.swapaxes(0, 1))


def test_mixed_dtypes_and_odd_addresses():
    rng = np.random.default_rng(3)
    host = rng.uniform(-2, 2, 1025).astype("float32")
    results = []
    for ctx in (mx.cpu(), mx.gpu(0)):
        array = mx.nd.array(host, ctx=ctx)
        mask = array > 0  # float32; as bool the condition of where
        part = array[1:1000]  # not at an address of 16 bytes
        results.append(
            [
                mx.nd.where(mask.astype("bool"), array, -array).asnumpy(),
                mx.nd.where(mask.astype("float16"), array, -array).asnumpy(),
                (part * part).asnumpy(),
                mx.nd.sum(part.astype("float16")).asnumpy(),
                mx.nd.sum(part.astype("int32")).asnumpy(),
            ]
        )
    for expected, got in zip(*results, strict=True):
        np.testing.assert_allclose(got, expected, 1e-3)


def test_random_numbers_are_those_of_the_cpu():
    draws = []
    for ctx in (mx.cpu(), mx.gpu(0)):
        mx.random.seed(5, ctx=ctx)
        draws.append([mx.nd.random.uniform(shape=(n,), ctx=ctx).asnumpy() for n in (3, 1000, 7)])
    for expected, got in zip(*draws, strict=True):
        np.testing.assert_array_equal(got, expected)


def test_a_step_of_training_by_hand():
    losses = []
    for ctx in (mx.cpu(), mx.gpu(0)):
        rng = np.random.default_rng(0)
        x = mx.nd.array(rng.normal(size=(32, 8)), ctx=ctx)
        y = mx.nd.array(rng.normal(size=(32, 1)), ctx=ctx)
        w = mx.nd.array(rng.normal(size=(1, 8)), ctx=ctx)
        w.attach_grad()
        history = []
        for _ in range(5):
            with mx.autograd.record():
                loss = mx.nd.mean(mx.nd.square(mx.nd.sum(x * w, axis=1, keepdims=True) - y))
            loss.backward()
            mx.nd.sgd_update(w, w.grad, lr=0.1, out=w)
            history.append(loss.asscalar())
        losses.append(history)
    np.testing.assert_allclose(losses[1], losses[0], 1e-5)
    assert losses[1][-1] < losses[1][0]


def test_a_bound_graph():
    a, b = mx.sym.var("a"), mx.sym.var("b")
    net = mx.sym.sum(mx.sym.tanh(a * b + 1) * mx.sym.exp(-b), axis=1)
    results = []
    for ctx in (mx.cpu(), mx.gpu(0)):
        arrays = {k: mx.nd.array(np.arange(12).reshape(3, 4) / 10 + i, ctx=ctx) for i, k in enumerate("ab")}
        gradients = {k: mx.nd.zeros((3, 4), ctx=ctx) for k in "ab"}
        executor = net.bind(ctx, arrays, args_grad=gradients)
        for _ in range(3):
            out = executor.forward(is_train=True)[0]
            executor.backward(mx.nd.ones((3,), ctx=ctx))
        results.append([out.asnumpy(), *(g.asnumpy() for g in gradients.values())])
    for expected, got in zip(*results, strict=True):
        np.testing.assert_allclose(got, expected, 1e-5, 1e-6)
