"""Layouts and fusion change the speed of a bound graph, never its results."""

import ctypes
import os
from contextlib import contextmanager

import numpy as np
import pytest
from mx_core import cpu, engine, nd, sym

S = sym
SEED = 20


@contextmanager
def passes(on):
    before = os.environ.get("MX_GRAPH_OPTIMIZE")
    os.environ["MX_GRAPH_OPTIMIZE"] = "1" if on else "0"
    try:
        yield
    finally:
        if before is None:
            del os.environ["MX_GRAPH_OPTIMIZE"]
        else:
            os.environ["MX_GRAPH_OPTIMIZE"] = before


def conv(x, name, filters, kernel=(3, 3), **kwargs):
    pad = kwargs.pop("pad", tuple(k // 2 for k in kernel))
    return S.Convolution(x, num_filter=filters, kernel=kernel, pad=pad, name=name, **kwargs)


def bn(x, name, **kwargs):
    return S.BatchNorm(x, name=name, **{"fix_gamma": False, **kwargs})


def relu(x):
    return S.Activation(x, act_type="relu")


def pool(x, kind="max", **kwargs):
    kwargs = kwargs or {"kernel": (3, 3), "stride": (2, 2), "pad": (1, 1)}
    return S.Pooling(x, pool_type=kind, **kwargs)


def whole(kind="avg"):
    return {"global_pool": True, "kernel": (1, 1), "kind": kind}


DATA = S.var("data")


def residual():
    x = pool(relu(bn(conv(DATA, "c0", 7, no_bias=True), "b0")))
    y = bn(conv(relu(bn(conv(x, "c1", 5), "b1", fix_gamma=True)), "c2", 9, no_bias=True), "b2")
    z = bn(conv(x, "c3", 9, (1, 1), no_bias=True), "b3")
    x = relu(z + y)
    return S.FullyConnected(S.Flatten(pool(x, **whole())), num_hidden=3, name="fc")


def preactivated():
    x = conv(DATA, "c0", 8, no_bias=True)
    y = conv(relu(bn(x, "b1")), "c1", 8, no_bias=True)
    return pool(x + conv(relu(bn(y, "b2")), "c2", 8), **whole("max"))


def inception():
    x = conv(DATA, "c0", 6)
    branches = [
        relu(conv(x, "c1", 3, (1, 1))),
        bn(conv(x, "c2", 5), "b2"),
        pool(x, "avg", kernel=(3, 3), stride=(1, 1), pad=(1, 1)),
        x * 2,
    ]
    x = S.Concat(*branches, dim=1)
    parts = S.SliceChannel(x, num_outputs=4, axis=1)
    return S.Concat(S.tanh(parts[0]), parts[1] - parts[2], S.sigmoid(conv(parts[3], "c3", 4)), dim=-3)


def other_axes():
    x = conv(DATA, "c0", 4)
    x = S.Concat(x, x * x, dim=2)
    parts = S.SliceChannel(x, num_outputs=2, axis=3)
    return conv(S.Concat(parts[1], parts[0], dim=0), "c1", 2)


def signals():
    x = relu(bn(conv(DATA, "c0", 5, (3,)), "b0"))
    x = S.Pooling(x, kernel=(2,), stride=(2,), pool_type="max")
    return pool(conv(x, "c1", 3, (3,), dilate=(2,)), **whole("sum") | {"kernel": (1,)})


def volumes():
    x = relu(bn(conv(DATA, "c0", 5, (3, 3, 3)), "b0"))
    x = S.Pooling(x, kernel=(2, 2, 2), stride=(2, 2, 2), pool_type="avg")
    return relu(bn(conv(x, "c1", 4, (1, 3, 1)), "b1") + conv(x, "c2", 4, (1, 1, 1)))


def groups():
    x = relu(conv(DATA, "c0", 12))
    x = bn(conv(x, "c1", 12, num_group=12), "b1")  # depthwise
    x = relu(bn(conv(x, "c2", 8, num_group=4, stride=(2, 2), no_bias=True), "b2"))
    return conv(x, "c3", 6, (1, 1), num_group=2)


def transposed():
    x = relu(conv(DATA, "c0", 6, stride=(2, 2)))
    x = S.Deconvolution(x, kernel=(4, 4), stride=(2, 2), pad=(1, 1), num_filter=4, no_bias=False, name="d0")
    return S.LeakyReLU(x + S.Deconvolution(x, kernel=(3, 3), pad=(1, 1), num_filter=4, num_group=2, name="d1"))


def pools():
    x = conv(DATA, "c0", 70)  # more channels than a block
    small = [pool(x, kind) for kind in ("max", "avg", "sum")]
    small.append(pool(x, "avg", kernel=(3, 3), stride=(2, 2), pad=(1, 1), count_include_pad=False))
    small.append(pool(x, "max", kernel=(2, 2), stride=(3, 3), pooling_convention="full"))
    large = [pool(x, **whole(kind)) for kind in ("max", "avg", "sum")]
    return S.Group([*small, *large, pool(S.abs(x) + 1, "lp", kernel=(2, 2), p_value=2)])


def activated_pools():
    x = S.tanh(conv(DATA, "c0", 5))
    x = pool(x, kernel=(2, 2), stride=(2, 2))
    x = S.sigmoid(bn(conv(x, "c1", 6), "b1"))
    x = pool(x, kernel=(3, 3), stride=(1, 1), pad=(1, 1))
    x = pool(S.Activation(conv(x, "c2", 4), act_type="softrelu"), kernel=(2, 2))
    y = S.tanh(conv(x, "c3", 4))
    return S.Group([pool(S.tanh(conv(x, "c4", 3)), **whole("max")), pool(y, kernel=(1, 2)), y])


def heads():
    first = conv(DATA, "c0", 4)
    norm = bn(first, "b0")
    second = relu(norm)
    third = S.identity(relu(conv(second, "c1", 4)))
    dropped = S.Dropout(conv(third, "c2", 2), p=0)
    return S.Group([first, second, third, dropped, S.identity(dropped), first])


def shared():
    x = conv(DATA, "c0", 4)
    weight = S.var("w")
    y = S.Convolution(x, weight=weight, num_filter=4, kernel=(3, 3), pad=(1, 1), no_bias=True, name="c1")
    z = S.Convolution(y, weight=weight, num_filter=4, kernel=(3, 3), pad=(1, 1), no_bias=True, name="c2")
    kept = S.identity(z)
    return S.Group([bn(kept, "b0") + y, bn(z, "b1") + bn(S.BlockGrad(y), "b2") + y, S.elemwise_add(x, x)])


def mixed():
    x = relu(bn(conv(DATA, "c0", 6), "b0", output_mean_var=True)[0])
    x = S.broadcast_mul(x, S.sigmoid(conv(pool(x, **whole()), "gate", 6, (1, 1))))
    x = S.transpose(S.LeakyReLU(x, act_type="prelu", name="pr"), axes=(0, 1, 3, 2))
    x = conv(S.reshape(x, shape=(0, 3, -1, 8)), "c1", 5)
    return S.softmax(conv(S.clip(x, -1, 1) + S.mean(x, axis=1, keepdims=True).broadcast_like(x), "c2", 4), axis=1)


def statistics():
    x = bn(conv(DATA, "c0", 5), "b0", use_global_stats=True)
    return bn(conv(S.LeakyReLU(x, act_type="elu"), "c1", 5), "b1", momentum=0.5, eps=0.1)


def last():
    x = S.transpose(DATA, axes=(0, 2, 3, 1))
    x = relu(bn(conv(x, "c0", 6, layout="NHWC"), "b0", axis=3))
    return pool(conv(x, "c1", 5, layout="NHWC"), "max", kernel=(2, 2), stride=(2, 2), layout="NHWC")


def double():
    return relu(bn(conv(S.cast(DATA, "float64"), "c0", 5), "b0"))


def cast():
    return S.cast(conv(S.cast(relu(bn(conv(DATA, "c0", 5), "b0")), "float16"), "c1", 4), "float32")


IMAGES = (3, 4, 8, 12)
NETS = {
    net.__name__: (net, shape)
    for net, shape in [
        (residual, IMAGES),
        (preactivated, IMAGES),
        (inception, IMAGES),
        (other_axes, IMAGES),
        (signals, (2, 3, 17)),
        (volumes, (2, 3, 4, 6, 5)),
        (groups, IMAGES),
        (transposed, IMAGES),
        (pools, (2, 3, 9, 7)),
        (activated_pools, IMAGES),
        (heads, IMAGES),
        (shared, IMAGES),
        (mixed, (2, 3, 8, 8)),
        (statistics, IMAGES),
        (last, IMAGES),
        (double, IMAGES),
        (cast, IMAGES),
    ]
}


def bind(net, shape, on, dtype="float32", **kwargs):
    with passes(on):
        executor = net.simple_bind(cpu(), data=shape, type_dict={"data": dtype}, **kwargs)
    random = np.random.RandomState(SEED)  # the same numbers on both sides
    for name, array in [*executor.arg_dict.items(), *executor.aux_dict.items()]:
        low, high = (0.5, 1.5) if name.endswith(("gamma", "var")) else (-1, 1)
        array[:] = nd.array(random.uniform(low, high, array.shape), dtype="float64").astype(array.dtype)
    for array in executor.grad_arrays:
        if array is not None:
            array[:] = 0.25
    return executor


def snapshot(arrays):
    return [None if a is None else a.astype("float64").asnumpy() for a in arrays]


def heads_for(executor):
    random = np.random.RandomState(SEED + 1)
    return [nd.array(random.uniform(-1, 1, o.shape), dtype="float64").astype(o.dtype) for o in executor.outputs]


def history(executor):
    """What a user sees: training twice, then inference, then the gradient there."""
    seen = {}
    for turn in range(2):
        executor.forward(is_train=True)
        seen[f"output {turn}"] = snapshot(executor.outputs)
        executor.backward(heads_for(executor))
        seen[f"gradient {turn}"] = snapshot(executor.grad_arrays)
        seen[f"auxiliary {turn}"] = snapshot(executor.aux_arrays)
    executor.forward(is_train=False)
    seen["inference"] = snapshot(executor.outputs)
    executor.backward(heads_for(executor))
    seen["gradient after inference"] = snapshot(executor.grad_arrays)
    seen["auxiliary after inference"] = snapshot(executor.aux_arrays)
    return seen


def compare(seen, wanted, tolerance):
    for what, arrays in wanted.items():
        for i, (got, want) in enumerate(zip(seen[what], arrays, strict=True)):
            if want is None:
                assert got is None
                continue
            assert got.shape == want.shape
            scale = np.abs(want).max(initial=1)
            np.testing.assert_allclose(got, want, rtol=0, atol=tolerance * scale, err_msg=f"{what} {i}, seed {SEED}")


@pytest.mark.parametrize("name", NETS)
def test_training_and_inference(name):
    make, shape = NETS[name]
    seen, wanted = (history(bind(make(), shape, on)) for on in (True, False))
    compare(seen, wanted, 5e-3 if name == "cast" else 1e-5)


@pytest.mark.parametrize("name", NETS)
def test_inference_alone(name):
    make, shape = NETS[name]
    results = []
    for on in (True, False):
        executor = bind(make(), shape, on, grad_req="null")
        executor.forward(is_train=False)
        results.append({"inference": snapshot(executor.outputs)})
    compare(*results, 5e-3 if name == "cast" else 1e-5)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("name", ["residual", "inception", "groups", "pools", "volumes"])
def test_half_types(name, dtype):
    make, shape = NETS[name]
    exact = history(bind(make(), shape, False))
    errors = []
    for on in (True, False):
        seen = history(bind(make(), shape, on, dtype))
        errors.append(
            {
                what: max(
                    (
                        np.abs(a - b).max(initial=0) / np.abs(b).max(initial=1)
                        for a, b in zip(seen[what], exact[what], strict=True)
                    ),
                    default=0,
                )
                for what in exact
            }
        )
    for what in exact:  # rounding differs; it must not be worse
        assert errors[0][what] <= 2 * errors[1][what] + (0.01 if dtype == "float16" else 0.05), what


@pytest.mark.parametrize("name", ["residual", "inception", "pools"])
def test_empty_batch(name):
    make, shape = NETS[name]
    net = make()
    shapes, _, states = net.infer_shape(data=shape)
    args = {name: nd.ones(s) for name, s in zip(net.list_arguments(), shapes, strict=True)}
    args["data"] = nd.array(np.zeros((0, *shape[1:])))
    gradients = {name: nd.array(np.ones(array.shape)) for name, array in args.items()}
    executor = net.bind(cpu(), args, gradients, "write", [nd.ones(s) for s in states])
    for is_train in (True, False):
        executor.forward(is_train=is_train)
        assert all(o.shape[0] == 0 and o.asnumpy().size == 0 for o in executor.outputs)
        executor.backward(heads_for(executor))
    assert np.all(executor.grad_dict["c0_weight"].asnumpy() == 0)


def test_gradients_add_up():
    seen, wanted = (history(bind(residual(), IMAGES, on, grad_req="add")) for on in (True, False))
    compare(seen, wanted, 1e-5)


def test_results_do_not_depend_on_threads():
    # Channels that stand last are summed in fixed chunks: enough rows for several, and a count that does not divide.
    net = bn(DATA, "b0", axis=3)
    before, results = engine.num_threads(), []
    try:
        for threads in (1, 2, 3):
            engine.set_num_threads(threads)
            executor = bind(net, (5, 113, 31, 70), True)
            executor.forward(is_train=True)
            executor.backward(heads_for(executor))
            results.append([a.tobytes() for a in snapshot([*executor.outputs, *executor.grad_arrays])])
    finally:
        engine.set_num_threads(before)
    assert results[0] == results[1] == results[2]


def weights_of(executor):
    return executor.arg_dict["c0_weight"]


def assign(executor):
    weights_of(executor)[1:2] = 3


def copy_params(executor):
    executor.copy_params_from({"c0_weight": weights_of(executor) * 0.5}, {"b0_moving_mean": nd.ones((7,))})


def optimize(executor):
    weight = weights_of(executor)
    nd.sgd_update(weight, nd.ones(weight.shape), lr=0.125, wd=0, out=weight)


def lend(array):
    """The memory of a float32 array, to be written without its knowledge."""
    view = np.from_dlpack(array)
    return np.ctypeslib.as_array((ctypes.c_float * view.size).from_address(view.ctypes.data)).reshape(view.shape)


def write_numpy_view(executor):
    lend(weights_of(executor))[0] = 5


def change_statistics(executor):
    executor.aux_dict["b0_moving_var"][:] = 4


def change_shift(executor):
    executor.arg_dict["b0_beta"][2:] += 1


def train(executor):
    executor.forward(is_train=True)
    executor.backward(heads_for(executor))


@pytest.mark.parametrize(
    "change", [assign, copy_params, optimize, write_numpy_view, change_statistics, change_shift, train]
)
def test_changed_parameters_are_seen(change):
    results = []
    for on in (True, False):
        executor = bind(residual(), IMAGES, on)
        turns = {}
        for turn in range(3):
            executor.forward(is_train=False)
            turns[turn] = snapshot(executor.outputs)
            change(executor)
        results.append(turns)
    compare(*results, 1e-5)
    assert not np.allclose(results[0][0][0], results[0][1][0])


def test_memory_that_others_may_write():
    """No version tells of these writes, so nothing that was packed from the array may be used again."""
    net = relu(bn(conv(DATA, "c0", 3, no_bias=True), "b0"))
    lent = bind(net, IMAGES, True, grad_req="null")
    lent.forward(is_train=False)
    view = lend(weights_of(lent))
    lent.forward(is_train=False)
    first = lent.outputs[0].asnumpy()
    view[:] *= -1
    lent.forward(is_train=False)
    assert not np.allclose(first, lent.outputs[0].asnumpy())

    memory = np.ones((3, 4, 3, 3), np.float32)
    with passes(True):
        args = {"data": nd.ones(IMAGES), "c0_weight": nd.from_numpy(memory, zero_copy=True), "c0_bias": nd.zeros((3,))}
        borrowed = relu(conv(DATA, "c0", 3)).bind(cpu(), args)
    assert np.all(borrowed.forward(is_train=False)[0].asnumpy() > 0)
    memory.flags.writeable = True
    memory[:] = -1
    assert np.all(borrowed.forward(is_train=False)[0].asnumpy() == 0)


def test_what_the_plans_look_like():
    executor = bind(residual(), IMAGES, True)
    general = executor.debug_str()
    assert "channels-last" in general
    assert "inference" not in general
    executor.forward(is_train=False)
    inference = executor.debug_str().split("inference: ")[1]
    steps = [line.split()[1] for line in inference.splitlines() if line[:5].strip().isdigit()]
    # The data come plain, and one result is added to the other.
    assert steps.count("_reorder") == 1
    assert sorted(s for s in steps if "conv" in s) == ["_fused_convolution"] * 3 + ["_fused_convolution_add"]
    assert not {"BatchNorm", "Activation", "elemwise_add"} & set(steps)
    assert "channels-last" not in bind(residual(), IMAGES, False).debug_str()


def test_pooling_comes_before_the_activation():
    executor = bind(activated_pools(), IMAGES, True)
    executor.forward(is_train=False)
    inference = executor.debug_str().split("inference: ")[1]
    steps = [line.split()[1] for line in inference.splitlines() if line[:5].strip().isdigit()]
    # Not where the window is padded, nor where others use what the activation gives.
    assert [s for s in steps if s in ("Pooling", "Activation")] == [
        *("Pooling", "Activation"),
        "Pooling",
        *("Pooling", "Activation"),
        *("Pooling", "Activation"),
        "Pooling",
    ]


@pytest.mark.parametrize("act_type", ["leaky", "prelu", "elu", "gelu", "selu", "rrelu"])
def test_leaky_relu_does_not_keep_from_the_inference_plan(act_type):
    results = []
    for on in (True, False):
        net = conv(S.LeakyReLU(conv(DATA, "c0", 5), act_type=act_type, name="act"), "c1", 3)
        executor = bind(net, IMAGES, on)
        executor.forward(is_train=False)
        executor.backward(heads_for(executor))
        results.append({"output": snapshot(executor.outputs), "gradient": snapshot(executor.grad_arrays)})
        assert ("_fixed_leaky_relu" in executor.debug_str()) == on
    compare(*results, 1e-5)


def test_monitors_see_plain_arrays_and_every_result():
    results, net = [], residual()
    for on in (True, False):
        executor = bind(net, IMAGES, on)
        seen = {}
        executor.set_monitor_callback(lambda name, array, seen=seen: seen.update({name: array.copy()}), True)
        executor.forward(is_train=False)
        results.append({name: snapshot([array]) for name, array in seen.items()})
    assert list(results[0]) == list(results[1])
    assert "b2_output" in results[0]
    compare(*results, 1e-5)


def test_outputs_keep_their_arrays():
    executor = bind(heads(), IMAGES, True)
    arrays = executor.outputs
    executor.forward(is_train=True)
    trained = snapshot(arrays)
    executor.forward(is_train=False)
    assert not np.allclose(trained[1], arrays[1].asnumpy())
    compare({0: snapshot(arrays)}, {0: snapshot(executor.outputs)}, 0)


def test_random_draws_are_not_repeated():
    """Dropout that always drops: the gradient belongs to the mask of the output."""
    x = S.Dropout(conv(DATA, "c0", 4), mode="always", p=0.5)
    executor = bind(x, IMAGES, True)
    executor.forward(is_train=False)
    output = executor.outputs[0].asnumpy()
    executor.backward([nd.ones(output.shape)])
    np.testing.assert_allclose(
        executor.grad_dict["c0_bias"].asnumpy(), 2.0 * (output != 0).sum(axis=(0, 2, 3)), rtol=1e-5
    )


def test_backward_twice():
    """The second call finds its memory used up: it must see the same forward work, which leaves no further trace."""
    x = S.Dropout(relu(bn(conv(DATA, "c0", 8, no_bias=True), "b0")), p=0.5)
    net = conv(S.Dropout(relu(bn(conv(x, "c1", 8), "b1")), p=0.3), "c2", 4)
    executor = bind(net, (3, 4, 16, 16), True)
    executor.forward(is_train=True)
    outputs = snapshot(executor.outputs)
    seen = []
    for _ in range(3):
        executor.backward(heads_for(executor))
        seen.append(snapshot([*executor.grad_arrays, *executor.aux_arrays, *executor.outputs]))
    compare({0: seen[1], 1: seen[2]}, {0: seen[0], 1: seen[0]}, 1e-6)
    compare({0: snapshot(executor.outputs)}, {0: outputs}, 1e-6)
