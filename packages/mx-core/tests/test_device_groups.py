"""Graphs over several devices: ``ctx_group`` and ``group2ctx``, on CPUs of several numbers."""

import numpy as np
import pytest
from mx_core import AttrScope, MXNetError, cpu, nd, random, sym

GROUPS = {"one": cpu(1), "two": cpu(2)}


def network(dropout=False):
    """Two layers in two groups; what lies between and behind them has none."""
    with AttrScope(ctx_group="one"):
        data = sym.var("data")
        net = sym.FullyConnected(data, num_hidden=5, name="fc1")
    net = sym.relu(net, name="relu")
    if dropout:
        net = sym.Dropout(net, p=0.5, name="drop")
    with AttrScope(ctx_group="two"):
        net = sym.FullyConnected(net, num_hidden=3, name="fc2")
        # used on both devices, forwards and backwards
        side = sym.sum(net, axis=1, keepdims=True, name="side")
    with AttrScope(ctx_group="one"):
        other = sym.broadcast_mul(side, sym.slice_axis(data, axis=1, begin=0, end=2, name="part"), name="mul")
    return sym.Group([sym.exp(net, name="exp"), other, side])


def bound(net, groups, shape=(4, 6), grad_req="write", seed=3):
    executor = net.simple_bind(cpu(0), data=shape, grad_req=grad_req, group2ctx=groups)
    rng = np.random.default_rng(seed)
    for array in executor.arg_arrays:
        array[:] = rng.uniform(-0.5, 0.5, array.shape)
    return executor


def run(executor, times=1):
    rng = np.random.default_rng(7)
    for _ in range(times):
        outputs = executor.forward(is_train=True)
        # gradients come from wherever the caller has them
        executor.backward([nd.array(rng.uniform(-1, 1, out.shape), ctx=cpu(0)) for out in outputs])
    return [array.asnumpy() for array in (*outputs, *executor.grad_arrays)]


def test_arrays_lie_on_the_devices_of_their_groups():
    executor = bound(network(), GROUPS)
    contexts = {name: array.context for name, array in executor.arg_dict.items()}
    assert contexts == {
        "data": cpu(1),
        "fc1_weight": cpu(1),
        "fc1_bias": cpu(1),
        "fc2_weight": cpu(2),
        "fc2_bias": cpu(2),
    }
    assert contexts == {name: array.context for name, array in executor.grad_dict.items()}
    assert [out.context for out in executor.outputs] == [cpu(2), cpu(1), cpu(2)]
    assert [out.context for out in executor.forward()] == [cpu(2), cpu(1), cpu(2)]


@pytest.mark.parametrize("grad_req", ["write", "add"])
def test_results_are_those_of_one_device(grad_req):
    expected = run(bound(network(), None, grad_req=grad_req), 2)
    got = run(bound(network(), GROUPS, grad_req=grad_req), 2)
    for e, g in zip(expected, got, strict=True):
        np.testing.assert_array_equal(g, e)


def test_copies_stand_at_the_borders_alone():
    text = bound(network(), GROUPS).debug_str()
    # relu -> fc2, side -> mul; backwards the gradients of the same two values
    assert text.count("_CrossDeviceCopy") == 4
    assert "relu relu: (4, 5) -> (4, 5)  on cpu(1)" in text
    assert text.count("_CrossDeviceCopy fc2_copy: (4, 5) -> (4, 5)  on cpu(2)") == 1
    assert "_CrossDeviceCopy" not in bound(network(), {"one": cpu(1), "two": cpu(1)}).debug_str()
    assert "_CrossDeviceCopy" not in bound(network(), None).debug_str()


def test_a_value_is_copied_once_for_all_its_users():
    with AttrScope(ctx_group="one"):
        a = sym.exp(sym.var("a"), name="source")
    with AttrScope(ctx_group="two"):
        net = sym.Group([a * 2, a * 3, sym.sin(a)])
    executor = net.simple_bind(cpu(0), a=(3,), group2ctx=GROUPS)
    text = executor.debug_str()
    forward = text[: text.index("backward")]
    assert forward.count("_CrossDeviceCopy") == 1


@pytest.mark.parametrize("second_backward", [False, True])
def test_random_numbers_are_drawn_once(second_backward):
    outputs = []
    for _ in range(2):
        executor = bound(network(dropout=True), GROUPS)
        random.seed(5)
        executor.forward(is_train=True)
        heads = [nd.ones(out.shape) for out in executor.outputs]
        executor.backward(heads)
        if second_backward:  # repeats what the first one has overwritten
            executor.backward(heads)
        outputs.append([array.asnumpy() for array in (*executor.outputs, *executor.grad_arrays)])
    for first, second in zip(*outputs, strict=True):
        np.testing.assert_array_equal(first, second)
    gradient = bound(network(dropout=True), GROUPS)
    random.seed(5)
    gradient.forward(is_train=True)
    gradient.backward([nd.ones(out.shape) for out in gradient.outputs])
    np.testing.assert_array_equal(outputs[0][-1], gradient.grad_arrays[-1].asnumpy())


def test_running_statistics_stay_with_their_arrays():
    """The operator follows its input to another device than that of its states, which it must still change."""
    results = []
    for groups in (None, {"one": cpu(1)}):
        with AttrScope(ctx_group="one"):
            net = sym.exp(sym.var("data"))
        net = sym.BatchNorm(net, name="bn", fix_gamma=False, momentum=0.5)
        executor = net.simple_bind(cpu(0), data=(4, 3), group2ctx=groups)
        executor.arg_dict["data"][:] = np.arange(12).reshape(4, 3) / 5
        executor.arg_dict["bn_gamma"][:] = 2
        executor.aux_dict["bn_moving_var"][:] = 1
        for _ in range(2):
            executor.forward(is_train=True)
            executor.backward(nd.array(np.arange(12).reshape(4, 3)))
        assert executor.aux_dict["bn_moving_mean"].context == cpu(0)
        results.append(
            [a.asnumpy() for a in (*executor.outputs, *executor.aux_arrays, *executor.grad_arrays, *executor.forward())]
        )
    for e, g in zip(*results, strict=True):
        np.testing.assert_allclose(g, e, 1e-5, 1e-6)


def test_arguments_may_lie_anywhere_when_there_are_groups():
    net = network()
    shapes = dict(zip(net.list_arguments(), net.infer_shape(data=(4, 6))[0], strict=True))
    rng = np.random.default_rng(3)
    values = {name: rng.uniform(-0.5, 0.5, shape) for name, shape in shapes.items()}
    args = {name: nd.array(value, ctx=cpu(0)) for name, value in values.items()}
    gradients = {name: nd.zeros(shape, ctx=cpu(3)) for name, shape in shapes.items()}
    got = run(net.bind(cpu(0), args, args_grad=gradients, group2ctx=GROUPS))
    for e, g in zip(run(bound(net, None)), got, strict=True):
        np.testing.assert_array_equal(g, e)


def test_arguments_elsewhere_are_an_error_without_groups():
    a = sym.var("a")
    with pytest.raises(MXNetError, match=r"the argument a lies on cpu\(1\), but the context is cpu\(0\); copy it"):
        (a * 2).bind(cpu(0), {"a": nd.ones((2,), ctx=cpu(1))})
    with pytest.raises(MXNetError, match=r"the gradient of a lies on cpu\(1\)"):
        (a * 2).bind(cpu(0), {"a": nd.ones((2,))}, args_grad={"a": nd.ones((2,), ctx=cpu(1))})


def test_a_group_without_a_device_is_an_error():
    with pytest.raises(MXNetError, match=r"\[FullyConnected fc1\] is of the group one, which has no device; add it"):
        network().simple_bind(cpu(0), data=(4, 6), group2ctx={"two": cpu(2)})


def test_groups_mean_nothing_without_group2ctx():
    executor = bound(network(), None)
    assert {array.context for array in (*executor.arg_arrays, *executor.outputs)} == {cpu(0)}


def test_a_variable_as_output():
    with AttrScope(ctx_group="one"):
        a = sym.var("a")
    with AttrScope(ctx_group="two"):
        net = sym.Group([a, a * 2])
    executor = net.bind(
        cpu(0), {"a": nd.ones((2,), ctx=cpu(1))}, args_grad={"a": nd.ones((2,), ctx=cpu(2))}, group2ctx=GROUPS
    )
    assert [out.context for out in executor.forward(is_train=True)] == [cpu(1), cpu(2)]
    executor.backward([nd.array([1, 2]), nd.array([10, 20])])
    assert executor.grad_dict["a"].asnumpy().tolist() == [21, 42]


def test_a_monitor_sees_the_nodes_of_the_symbol_where_they_ran():
    executor, seen = bound(network(), GROUPS), {}
    executor.set_monitor_callback(lambda name, array: seen.update({name: array.context}))
    executor.forward(is_train=True)
    assert seen["fc1_output"] == seen["relu_output"] == seen["mul_output"] == cpu(1)
    assert seen["fc2_output"] == seen["exp_output"] == cpu(2)
    assert not [name for name in seen if "copy" in name]


def test_reshape_keeps_the_devices():
    executor = bound(network(), GROUPS).reshape(data=(2, 6))
    assert [out.shape for out in executor.forward()] == [(2, 3), (2, 2), (2, 1)]
    assert [out.context for out in executor.outputs] == [cpu(2), cpu(1), cpu(2)]


def test_composite_operators_run_in_their_group():
    with AttrScope(ctx_group="two"):
        net = sym.softmax_cross_entropy(sym.var("x"), sym.var("label"), name="loss")
    executor = net.simple_bind(cpu(0), x=(2, 3), label=(2,), group2ctx=GROUPS, grad_req={"x": "write"})
    assert executor.forward(is_train=True)[0].context == cpu(2)
    assert "_CrossDeviceCopy" not in executor.debug_str()


def test_shared_arrays_must_lie_on_the_same_device():
    first = network().simple_bind(cpu(0), data=(4, 6))
    names = network().list_arguments()
    again = network().simple_bind(cpu(0), data=(4, 6), shared_exec=first, shared_arg_names=names)
    assert again.arg_dict["fc1_weight"] is first.arg_dict["fc1_weight"]
    grouped = network().simple_bind(cpu(0), data=(4, 6), shared_exec=first, shared_arg_names=names, group2ctx=GROUPS)
    assert grouped.arg_dict["fc1_weight"].context == cpu(1)


def random_network(rng, size=14):
    """Operators of random groups, or none, on random earlier values."""
    values = [sym.var("a"), sym.var("b")]
    for i in range(size):
        group = rng.choice([None, "one", "two", "three"])
        with AttrScope(**({} if group is None else {"ctx_group": str(group)})):
            left, right = (values[rng.integers(len(values))] for _ in range(2))
            kind = rng.integers(4)
            if kind == 0:
                value = sym.tanh(left, name=f"n{i}")
            elif kind == 1:
                value = sym.elemwise_mul(left, right, name=f"n{i}")
            elif kind == 2:
                value = sym.broadcast_add(left, sym.mean(right, axis=0, keepdims=True), name=f"n{i}")
            else:
                value = left + sym.var(f"v{i}", shape=(3, 4))
        values.append(value)
    return sym.Group([values[i] for i in sorted({len(values) - 1, *rng.integers(2, len(values), 2)})])


@pytest.mark.parametrize("seed", range(12))
def test_random_networks(seed):
    print("seed", seed)
    rng = np.random.default_rng(seed)
    net = random_network(rng)
    groups = {"one": cpu(1), "two": cpu(2), "three": cpu(int(rng.integers(3)))}
    results = []
    for given in (None, groups):
        shapes = dict.fromkeys(net.list_arguments(), (3, 4))
        executor = net.simple_bind(cpu(0), grad_req="add" if seed % 3 == 0 else "write", group2ctx=given, **shapes)
        numbers = np.random.default_rng(seed)
        found = []
        for _ in range(2):  # the second time everything is there already
            for array in executor.arg_arrays:
                array[:] = numbers.uniform(-1, 1, array.shape)
            outputs = executor.forward(is_train=True)
            executor.backward([nd.array(numbers.uniform(-1, 1, out.shape)) for out in outputs])
            found += [array.asnumpy() for array in (*outputs, *executor.grad_arrays)]
        results.append(found)
    for e, g in zip(*results, strict=True):
        np.testing.assert_allclose(g, e, 1e-5, 1e-6)
