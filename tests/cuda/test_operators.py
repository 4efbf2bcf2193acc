"""Every operator that has CUDA kernels, on a GPU against the CPU: the list is the registry's."""

import sys
from functools import cache
from pathlib import Path

import mx
import numpy as np
import pytest
from mx_core import _ffi

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "packages/mx-core"))
from generator import modules, registry

# Operators that have no CUDA kernel yet. This number rises only with operators that are new.
MOST_MISSING = 79

DTYPES = ["float32", "float64", "float16", "int32", "int64", "uint8", "bool"]
TOLERANCE = {"float16": 2e-3, "float32": 2e-5, "float64": 1e-12}
SHAPE = (3, 4)
STEP = {"lr": 0.1, "wd": 0.01, "clip_gradient": 0.5}
MANY = {"lrs": (0.1, 0.2), "wds": (0.0, 0.01)}
LAMB = {"learning_rates": (0.1, 0.2), "wds": (0.0, 0.01), "step_count": (1, 2)}

# How to call what can't be called with arrays of one shape alone: shapes of the inputs, and parameters. Several calls
# where kernels have several ways.
EXAMPLES: dict[str, list[tuple[list[tuple[int, ...]], dict]]] = {
    "Cast": [([SHAPE], {"dtype": dtype}) for dtype in ("float16", "float64", "int32", "uint8", "bool")],
    "amp_cast": [([SHAPE], {"dtype": "float16"})],
    "clip": [([SHAPE], {"a_min": -0.5, "a_max": 0.75})],
    "add_n": [([SHAPE] * n, {"num_args": n}) for n in (1, 2, 4)],
    "where": [([SHAPE] * 3, {}), ([(3,), SHAPE, SHAPE], {})],
    "Concat": [([(3, 2), (3, 5), (3, 1)], {"num_args": 3, "dim": 1}), ([SHAPE, SHAPE], {"num_args": 2, "dim": 0})],
    "stack": [([SHAPE, SHAPE], {"num_args": 2, "axis": axis}) for axis in (0, 1, 2)],
    "Reshape": [([SHAPE], {"shape": (2, -1)})],
    "SliceChannel": [
        ([(3, 4, 2)], {"num_outputs": 2, "axis": 1}),
        ([(3, 2)], {"num_outputs": 2, "squeeze_axis": True}),
    ],
    "SwapAxis": [([(2, 3, 4)], {"dim1": 0, "dim2": 2})],
    "transpose": [([(2, 3, 4)], {}), ([(2, 3, 4, 5)], {"axes": (0, 2, 3, 1)}), ([(70, 33)], {})],
    "_slice_assign": [([SHAPE, (2, 2)], {"begin": (1, 1), "end": (3, 3)})],
    "_slice_assign_scalar": [([SHAPE], {"begin": (1, 1), "end": (3, 3), "scalar": 2.0})],
    "broadcast_axis": [([(3, 1, 2)], {"axis": 1, "size": 4})],
    "broadcast_like": [([(3, 1), SHAPE], {})],
    "broadcast_to": [([(3, 1)], {"shape": (3, 4)}), ([(1, 1, 5)], {"shape": (2, 3, 5)})],
    "expand_dims": [([SHAPE], {"axis": 1})],
    "squeeze": [([(3, 1, 4)], {})],
    "repeat": [([SHAPE], {"repeats": 3, "axis": 1}), ([SHAPE], {"repeats": 2})],
    "reverse": [([(2, 3, 4)], {"axis": (0, 2)})],
    "slice": [([(6, 5)], {"begin": (5, 1), "end": (0, 5), "step": (-2, 2)})],
    "slice_axis": [([SHAPE], {"axis": 1, "begin": 1, "end": 3})],
    "slice_like": [([SHAPE, (2, 2)], {})],
    "tile": [([SHAPE], {"reps": (2, 1, 3)})],
    "_full": [([], {"shape": SHAPE, "value": 1.5})],
    "_zeros": [([], {"shape": SHAPE})],
    "_ones": [([], {"shape": SHAPE})],
    "_random_uniform": [([], {"shape": (5, 7), "low": -1, "high": 3})],
    "_random_normal": [([], {"shape": (5, 7), "loc": 1, "scale": 2})],
    "norm": [([(5, 6, 7)], {"ord": order, "axis": axis}) for order in (1, 2) for axis in (None, 0, 1, 2, (0, 2))],
    "_random_exponential": [([], {"shape": (5, 7), "lam": 2.5})],
    "_random_gamma": [([], {"shape": (40, 7), "alpha": alpha, "beta": 2.0}) for alpha in (0.4, 3.0)],
    "_random_poisson": [([], {"shape": (40, 7), "lam": lam}) for lam in (3.0, 40.0)],
    "_random_negative_binomial": [([], {"shape": (40, 7), "k": 3, "p": 0.4})],
    "_random_generalized_negative_binomial": [([], {"shape": (40, 7), "mu": 3.0, "alpha": 0.5})],
    "_sample_gamma": [([(3,), (3,)], {"shape": (50,)}), ([(1,), (1,)], {"shape": (50,)}), ([SHAPE, SHAPE], {})],
    "_sample_poisson": [([(3,)], {"shape": (50,)})],
    "_zeros_without_dtype": [([], {"shape": SHAPE, "dtype": 0})],
    "_contrib_gradientmultiplier": [([SHAPE], {"scalar": -0.5})],
    "amp_multicast": [([SHAPE, (2,)], {"num_outputs": 2})],
    "moments": [([(5, 6, 7)], {"axes": (0, 2), "keepdims": keep}) for keep in (False, True)],
    "all_finite": [([SHAPE], {}), ([(300, 70)], {})],
    "multi_all_finite": [([SHAPE, (5,)], {"num_arrays": 2})],
    "multi_sum_sq": [([SHAPE, (5,), (300, 70)], {"num_arrays": 3})],
    "reset_arrays": [([SHAPE, (5,)], {"num_arrays": 2})],
    "_contrib_allclose": [([SHAPE, SHAPE], {"atol": atol}) for atol in (0.0, 1.0)],
    "adam_update": [([SHAPE] * 4, STEP)],
    "ftml_update": [([SHAPE] * 5, {"lr": 0.1, "wd": 0.01, "clip_grad": 0.5, "t": 3})],
    "ftrl_update": [([SHAPE] * 4, STEP)],
    "rmsprop_update": [([SHAPE] * 3, STEP)],
    "rmspropalex_update": [([SHAPE] * 5, {**STEP, "epsilon": 2.0})],
    "signsgd_update": [([SHAPE] * 2, STEP)],
    "signum_update": [([SHAPE] * 3, {**STEP, "momentum": 0.9, "wd_lh": 0.01})],
    "nag_mom_update": [([SHAPE] * 3, {**STEP, "momentum": 0.9})],
    "mp_nag_mom_update": [([SHAPE] * 4, {**STEP, "momentum": 0.9})],
    "_sparse_adagrad_update": [([SHAPE] * 3, STEP)],
    "lamb_update_phase1": [([SHAPE] * 4, {"t": 3, "wd": 0.1})],
    "mp_lamb_update_phase1": [([SHAPE] * 5, {"t": 3, "wd": 0.1})],
    "lamb_update_phase2": [([SHAPE, SHAPE, (1,), (1,)], {"lr": 0.1, "lower_bound": 0.5})],
    "mp_lamb_update_phase2": [([SHAPE, SHAPE, (1,), (1,), SHAPE], {"lr": 0.1})],
    "_adamw_update": [([*[SHAPE] * 4, (1,)], {"lr": 0.1, "eta": 0.5})],
    "_mp_adamw_update": [([*[SHAPE] * 5, (1,)], {"lr": 0.1, "eta": 0.5})],
    "_multi_adamw_update": [([*[SHAPE] * 4, *[(7,)] * 4, (1,)], {**MANY, "etas": (0.5, 1.0), "num_weights": 2})],
    "_multi_mp_adamw_update": [([*[SHAPE] * 5, *[(7,)] * 5, (1,)], {**MANY, "etas": (0.5, 1.0), "num_weights": 2})],
    "_multi_lamb_update": [([*[SHAPE] * 4, *[(7,)] * 4], LAMB)],
    "_multi_mp_lamb_update": [([*[SHAPE] * 5, *[(7,)] * 5], LAMB)],
    "multi_sgd_update": [([*[SHAPE] * 2, *[(7,)] * 2], MANY)],
    "multi_sgd_mom_update": [([*[SHAPE] * 3, *[(7,)] * 3], {**MANY, "momentum": 0.9})],
    "multi_mp_sgd_update": [([*[SHAPE] * 3, *[(7,)] * 3], MANY)],
    "multi_mp_sgd_mom_update": [([*[SHAPE] * 4, *[(7,)] * 4], {**MANY, "momentum": 0.9})],
    "preloaded_multi_sgd_update": [([*[SHAPE] * 2, *[(7,)] * 2, (2,), (2,)], {"num_weights": 2})],
    "preloaded_multi_sgd_mom_update": [([*[SHAPE] * 3, *[(7,)] * 3, (2,), (2,)], {"num_weights": 2})],
    "preloaded_multi_mp_sgd_update": [([*[SHAPE] * 3, *[(7,)] * 3, (2,), (2,)], {"num_weights": 2})],
    "preloaded_multi_mp_sgd_mom_update": [([*[SHAPE] * 4, *[(7,)] * 4, (2,), (2,)], {"num_weights": 2})],
    "sgd_update": [([SHAPE] * 2, {"lr": 0.1, "wd": 0.01, "clip_gradient": 0.5, "rescale_grad": 2.0})],
    "sgd_mom_update": [([SHAPE] * 3, {"lr": 0.1, "momentum": 0.9})],
    "mp_sgd_update": [([SHAPE] * 3, {"lr": 0.1})],
    "mp_sgd_mom_update": [([SHAPE] * 4, {"lr": 0.1, "momentum": 0.9})],
    "dot": [([(3, 4), (4, 5)], {}), ([(4, 3), (5, 4)], {"transpose_a": True, "transpose_b": True})],
    "batch_dot": [([(2, 3, 4), (2, 4, 5)], {})],
    "FullyConnected": [([SHAPE, (5, 4), (5,)], {"num_hidden": 5})],
    "Convolution": [([(2, 3, 5, 5), (4, 3, 3, 3), (4,)], {"kernel": (3, 3), "num_filter": 4})],
    "Deconvolution": [([(2, 3, 4, 4), (3, 2, 3, 3)], {"kernel": (3, 3), "num_filter": 2})],
    "Pooling": [([(2, 3, 5, 5)], {"kernel": (2, 2), "pool_type": kind}) for kind in ("max", "avg", "sum")],
    "BatchNorm": [([(2, 3, 4), (3,), (3,), (3,), (3,)], {"fix_gamma": fixed}) for fixed in (True, False)],
    "UpSampling": [([(1, 2, 3, 3)], {"scale": 2, "sample_type": "nearest", "num_args": 1})],
    "softmax_cross_entropy": [([SHAPE, (3,)], {})],
    "Crop": [([(1, 2, 3, 4)], {"h_w": (2, 2), "offset": (1, 1)})],
    "_split_v2": [([(6, 5)], {"indices": (0, 2, 3), "axis": 0}), ([(3, 4)], {"indices": (), "sections": 2})],
    "depth_to_space": [([(2, 8, 3, 2)], {"block_size": 2})],
    "space_to_depth": [([(2, 2, 6, 4)], {"block_size": 2})],
    "diag": [([SHAPE], {"k": 1}), ([(5,)], {"k": -2}), ([(2, 3, 4)], {"axis1": 2, "axis2": 0})],
    "_contrib_boolean_mask": [([SHAPE, (3,)], {})],
    "_linalg_extractdiag": [([(2, 4, 4)], {"offset": -1})],
    "_linalg_makediag": [([(2, 4)], {"offset": 1})],
    "_linalg_sumlogdiag": [([(2, 4, 4)], {})],
    "_linalg_gemm": [([(2, 3, 4), (2, 4, 5), (2, 3, 5)], {"alpha": 2.0})],
    "_linalg_trmm": [([(3, 3), SHAPE], {})],
}
BROADCAST = [([SHAPE, SHAPE], {}), ([(3, 1), SHAPE], {}), ([(2, 1, 4), (3, 1)], {}), ([(1,), (40, 30)], {})]
SCALAR = [([SHAPE], {"scalar": 1.5, "is_int": False}), ([(33, 17)], {"scalar": 2.0})]
REDUCE = [
    ([(5, 6, 7)], {"axis": axis, "keepdims": keep})
    for axis in (None, 0, 1, 2, (0, 2), (1, 2))
    for keep in (False, True)
] + [([(3, 5000)], {"axis": 1}), ([(2000, 40)], {"axis": 0}), ([(20000,)], {})]
# Inputs that are float32 whatever the dtype of the others.
FLOAT32_INPUTS = {
    "BatchNorm": [1, 2, 3, 4],
    "mp_sgd_update": [2],
    "mp_sgd_mom_update": [2, 3],
    "mp_nag_mom_update": [2, 3],
    "mp_lamb_update_phase1": [2, 3, 4],
    "mp_lamb_update_phase2": [1, 2, 3, 4],
    "_mp_adamw_update": [2, 3, 4, 5],
    "_multi_mp_adamw_update": [2, 3, 4, 7, 8, 9, 10],
    "_multi_mp_lamb_update": [2, 3, 4, 7, 8, 9],
    "multi_mp_sgd_update": [2, 5],
    "multi_mp_sgd_mom_update": [2, 3, 6, 7],
    "preloaded_multi_mp_sgd_update": [2, 5, 6, 7],
    "preloaded_multi_mp_sgd_mom_update": [2, 3, 6, 7, 8, 9],
}


@cache
def operators() -> dict[str, registry.Op]:
    return {op.name: op for op in registry.read() if not op.hidden}


def supported() -> list[str]:
    """Those with kernels, and those made of other operators, which may lack them."""
    return [name for name in operators() if _ffi.device_has_op(name)] if mx.num_gpus() else []


def is_composite(op: registry.Op) -> bool:
    return _ffi.device_has_op(op.name) == 2


def examples(op: registry.Op) -> list:
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


def arrays_for(op: registry.Op, shapes, dtype: str, ctx: mx.Context) -> list[mx.nd.NDArray]:
    rng = np.random.default_rng(7)
    # Powers and roots are defined there, and integers have something to divide by.
    values = [rng.uniform(0.2, 0.9, shape) if "float" in dtype else rng.integers(1, 9, shape) for shape in shapes]
    kinds = ["float32" if i in FLOAT32_INPUTS.get(op.name, ()) else dtype for i in range(len(shapes))]
    return [mx.nd.array(value.astype(kind), ctx=ctx, dtype=kind) for value, kind in zip(values, kinds, strict=True)]


def compute(
    op: registry.Op, shapes, params: dict, dtype: str, ctx: mx.Context, differentiate: bool
) -> list[np.ndarray]:
    arrays = arrays_for(op, shapes, dtype, ctx)
    if not shapes:
        params = {**params, "ctx": str(ctx), "dtype": dtype}
    if op.group == 1:  # of groups with arrays behind them not even the number can be counted
        params = {key: value for key, value in params.items() if key != op.variadic_count}
    if op.name.startswith(("_random", "_sample")):
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
        mx.autograd.backward(results)
    assert all(r.context == ctx for r in results)
    gradients = [array.grad for array in arrays] if differentiate else []
    return [r.asnumpy() for r in (*results, *arrays, *gradients)]  # arrays: some operators change their inputs


def compare(op: registry.Op, dtype: str, differentiate: bool) -> int:
    compared = 0
    for shapes, params in examples(op):
        try:
            expected = compute(op, shapes, params, dtype, mx.cpu(), differentiate)
        except mx.MXNetError:
            continue  # not defined for this dtype
        try:
            got = compute(op, shapes, params, dtype, mx.gpu(0), differentiate)
        except mx.MXNetError as error:
            if is_composite(op) and "has no CUDA kernel yet" in str(error):
                pytest.skip(f"made of an operator that lacks a kernel: {error}")
            raise
        for e, g in zip(expected, got, strict=True):
            assert e.dtype == g.dtype
            assert e.shape == g.shape
            tolerance = TOLERANCE.get(e.dtype.name, 0)
            np.testing.assert_allclose(
                g.astype("float64"), e.astype("float64"), tolerance, tolerance, err_msg=f"{op.name} {shapes} {params}"
            )
        compared += 1
    return compared


@pytest.mark.parametrize("name", supported())
def test_values(name):
    op = operators()[name]
    assert sum(compare(op, dtype, False) for dtype in DTYPES), f"no example of {name} works on the CPU: add one"


@pytest.mark.parametrize("name", [n for n in supported() if operators()[n].has_gradient and operators()[n].inputs])
def test_gradients(name):
    for dtype in ("float32", "float16"):
        compare(operators()[name], dtype, True)


def test_missing_operators_become_fewer():
    missing = sorted(set(operators()) - set(supported()))
    print(f"{len(missing)} of {len(operators())} operators have no CUDA kernel: {', '.join(missing)}")
    assert len(missing) <= MOST_MISSING
    if len(missing) < MOST_MISSING:
        pytest.fail(f"good: only {len(missing)} are missing. Lower MOST_MISSING")


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
