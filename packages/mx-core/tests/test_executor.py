"""Executors: binding, running, gradients, reshaping."""

import numpy as np
import pytest
from mx_core import MXNetError, cpu, gpu, nd, sym


def network():
    return sym.FullyConnected(sym.var("data"), num_hidden=4, name="fc")


def bound(**kwargs):
    executor = network().simple_bind(cpu(), data=(2, 3), **kwargs)
    for array in executor.arg_arrays:
        array[:] = 1
    return executor


def test_forward_and_backward():
    executor = bound()
    (out,) = executor.forward(is_train=True, data=nd.array([[1, 2, 3], [4, 5, 6]]))
    assert out.asnumpy().tolist() == [[7] * 4, [16] * 4]
    executor.backward(nd.ones((2, 4)))
    assert executor.grad_dict["fc_weight"].asnumpy().tolist() == [[5, 7, 9]] * 4
    assert executor.grad_dict["fc_bias"].asnumpy().tolist() == [2] * 4
    assert executor.grad_dict["data"].asnumpy().tolist() == [[4] * 3] * 2
    assert list(executor.output_dict) == ["fc_output"]
    assert executor.aux_dict == {}
    assert "FullyConnected" in executor.debug_str()


def test_forward_backward_is_both_at_once():
    executor = bound()
    executor.forward_backward(nd.ones((2, 4)))
    assert executor.outputs[0].asnumpy().tolist() == [[4] * 4] * 2
    assert executor.grad_dict["fc_bias"].asnumpy().tolist() == [2] * 4
    with pytest.raises(MXNetError, match="head gradient must be given"):
        executor.forward_backward()
    with pytest.raises(MXNetError, match="must be NDArrays"):
        executor.forward_backward(3)


def test_a_head_gradient_may_be_an_array_that_backward_writes():
    x = sym.var("x")
    executor = (x * 3).simple_bind(cpu(), x=(2,))
    executor.forward(is_train=True)
    executor.grad_dict["x"][:] = 2
    executor.backward(executor.grad_dict["x"])
    assert executor.grad_dict["x"].asnumpy().tolist() == [6, 6]


def test_a_monitor_may_look_at_every_array():
    executor, seen = bound(), []
    executor.set_monitor_callback(lambda name, array: seen.append((name, executor.outputs[0].asnumpy().shape)))
    executor.forward(is_train=True)
    assert seen == [("fc_output", (2, 4))]


def test_outputs_are_the_same_objects_until_they_change():
    executor = bound()
    first, second = executor.forward(), executor.forward()
    assert first[0] is second[0]
    first.clear()
    assert len(executor.outputs) == 1


def test_requests():
    executor = bound(grad_req="add")
    for _ in range(2):
        executor.forward(is_train=True)
        executor.backward(nd.ones((2, 4)))
    assert executor.grad_dict["fc_bias"].asnumpy().tolist() == [4] * 4
    assert bound(grad_req="null").grad_dict == {"data": None, "fc_weight": None, "fc_bias": None}
    some = bound(grad_req={"data": "write"})
    assert some.grad_dict["fc_weight"] is None
    assert some.grad_dict["data"] is not None
    assert bound(grad_req=["null", "write", "add"]).grad_dict["data"] is None
    given = [nd.ones((2,)), nd.ones((2,))]
    product = (sym.var("a") * sym.var("b")).bind(cpu(), [nd.ones((2,))] * 2, given, grad_req=["write", "null"])
    product.forward(is_train=True)
    product.backward(nd.array([3, 4]))
    assert [array.asnumpy().tolist() for array in product.grad_arrays] == [[3, 4], [1, 1]]  # null: as it was
    for wrong in ("foo", ["write"], {"data": "foo"}, 3):
        with pytest.raises(MXNetError):
            bound(grad_req=wrong)


def test_bind():
    net = network()
    arrays = {"data": nd.ones((2, 3)), "fc_weight": nd.ones((4, 3)), "fc_bias": nd.ones((4,))}
    executor = net.bind(cpu(), arrays, {"data": nd.zeros((2, 3))})
    executor.forward(is_train=True)
    assert executor.outputs[0].asnumpy().tolist() == [[4] * 4] * 2
    executor.backward([nd.ones((2, 4))])
    assert executor.grad_dict["fc_weight"] is None
    assert executor.grad_arrays[0].asnumpy().tolist() == [[4] * 3] * 2
    assert net.bind(cpu(), list(arrays.values())).forward()[0].shape == (2, 4)
    assert net.eval(**arrays)[0].asnumpy().tolist() == [[4] * 4] * 2


def test_bad_binding():
    net = network()
    full = [nd.ones((2, 3)), nd.ones((4, 3)), nd.ones((4,))]
    for attempt in (
        lambda: net.bind(cpu(), {"data": full[0]}),
        lambda: net.bind(cpu(), full[:2]),
        lambda: net.bind(cpu(), [full[0], nd.ones((4, 5)), full[2]]),
        lambda: net.bind(cpu(), [1, 2, 3]),
        lambda: net.bind("cpu", full),
        lambda: net.bind(gpu(), full),
        lambda: net.simple_bind(cpu()),
        lambda: net.simple_bind(cpu(), data=3),
        lambda: net.simple_bind(cpu(), data=(0, 3)),
        lambda: (sym.var("a") + sym.var("a")).bind(cpu(), [nd.ones((1,))] * 2),
    ):
        with pytest.raises(MXNetError):
            attempt()


def test_types_of_simple_bind():
    net = network()
    half = net.simple_bind(cpu(), data=(2, 3), type_dict={"data": "float64"})
    assert {array.dtype for array in half.arg_arrays} == {np.float64}
    assert {array.dtype for array in net.simple_bind(cpu(), data=(2, 3)).arg_arrays} == {np.float32}


def test_bad_calls():
    executor = bound()
    for attempt in (
        lambda: executor.forward(nothing=nd.ones((1,))),
        lambda: executor.forward(data=nd.ones((3, 3))),
        lambda: executor.forward(data=3),
        lambda: executor.backward(3),
    ):
        with pytest.raises(MXNetError):
            attempt()
    executor.forward(is_train=True)
    with pytest.raises(MXNetError):
        executor.backward()  # the output is no loss


def test_reshape():
    executor = bound()
    small = executor.reshape(data=(1, 3))
    assert small is not executor
    assert small.arg_dict["fc_weight"] is executor.arg_dict["fc_weight"]
    assert small.arg_dict["data"].shape == (1, 3)
    assert small.forward()[0].shape == (1, 4)
    with pytest.raises(ValueError, match="allow_up_sizing"):
        executor.reshape(data=(4, 3))
    assert executor.reshape(data=(4, 3), allow_up_sizing=True).forward()[0].shape == (4, 4)
    with pytest.raises(ValueError, match=r"partial_shaping|allow_up_sizing"):
        executor.reshape(data=(2, 5))
    other = executor.reshape(data=(2, 5), partial_shaping=True, allow_up_sizing=True)
    assert other.arg_dict["fc_weight"].shape == (4, 5)
    with pytest.raises(ValueError, match="no argument"):
        executor.reshape(nothing=(1,))


def test_copy_params():
    executor = bound()
    executor.copy_params_from({"fc_bias": nd.full((4,), 9)})
    assert executor.arg_dict["fc_bias"].asnumpy().tolist() == [9] * 4
    with pytest.raises(ValueError, match="nothing"):
        executor.copy_params_from({"nothing": nd.ones((1,))})
    executor.copy_params_from({"nothing": nd.ones((1,))}, allow_extra_params=True)
    with pytest.raises(ValueError, match="shape"):
        executor.copy_params_from({"fc_bias": nd.ones((3,))})


def test_monitor_sees_every_output():
    executor, seen = bound(), []
    executor.set_monitor_callback(lambda name, array: seen.append((name, array.shape)))
    executor.forward()
    assert ("fc_output", (2, 4)) in seen
    executor.set_monitor_callback(lambda name, array: seen.append((name, array.shape)), monitor_all=True)
    del seen[:]
    executor.forward()
    assert len(seen) > 1
    executor.set_monitor_callback(None)
    del seen[:]
    executor.forward()
    assert seen == []


def test_outputs_outlive_the_executor():
    out = bound().forward()[0]
    assert out.asnumpy().tolist() == [[4] * 4] * 2
