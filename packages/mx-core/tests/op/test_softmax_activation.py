"""SoftmaxActivation and softmax_cross_entropy."""

import numpy as np
import pytest
from mx_core import autograd, cpu, nd, sym
from mx_core.test_utils import check_gradient

RNG = np.random.default_rng(0)


def softmax(x, axes):
    e = np.exp(x - x.max(axes, keepdims=True))
    return e / e.sum(axes, keepdims=True)


@pytest.mark.parametrize("shape", [(3, 4), (2, 3, 4), (2, 3, 2, 2)])
@pytest.mark.parametrize("mode", ["instance", "channel"])
def test_softmax_activation(shape, mode):
    x = RNG.normal(size=shape)
    axes = tuple(range(1, x.ndim)) if mode == "instance" else 1
    for dtype, tolerance in [("float64", 1e-12), ("float32", 1e-6), ("float16", 2e-3)]:
        got = nd.SoftmaxActivation(nd.array(x, dtype=dtype), mode=mode)
        assert got.dtype == np.dtype(dtype)
        np.testing.assert_allclose(got.asnumpy(), softmax(x, axes), rtol=tolerance, atol=tolerance)
    check_gradient(lambda data: nd.SoftmaxActivation(data, mode=mode), x)


def test_softmax_activation_symbol():
    layer = sym.SoftmaxActivation(sym.var("data"), name="act")
    assert layer.list_outputs() == ["act_output"]
    executor = layer.simple_bind(ctx=cpu(), data=(2, 3, 4))
    x = RNG.normal(size=(2, 3, 4))
    (y,) = executor.forward(is_train=True, data=nd.array(x))
    np.testing.assert_allclose(y.asnumpy(), softmax(x, (1, 2)), rtol=1e-5)


def test_cross_entropy():
    x, label = RNG.normal(size=(4, 5)), np.array([0, 4, 2, 2])
    got = nd.softmax_cross_entropy(nd.array(x, dtype="float64"), nd.array(label, dtype="float64"))
    assert got.shape == (1,)
    np.testing.assert_allclose(got.asnumpy()[0], -np.log(softmax(x, 1)[range(4), label]).sum(), rtol=1e-12)
    check_gradient(lambda data: nd.softmax_cross_entropy(data, nd.array(label, dtype="float64")), x)


def test_cross_entropy_of_an_impossible_class_is_exact():
    x = nd.array([[0.0, 300.0]])
    x.attach_grad()
    with autograd.record():
        loss = nd.softmax_cross_entropy(x, nd.array([0]))
    loss.backward()
    assert loss.asscalar() == 300
    np.testing.assert_array_equal(x.grad.asnumpy(), [[-1, 1]])


def test_cross_entropy_infers_labels():
    loss = sym.softmax_cross_entropy(sym.var("data"), name="loss")
    assert loss.list_arguments() == ["data", "loss_label"]
    assert loss.infer_shape(data=(4, 5))[:2] == ([(4, 5), (4,)], [(1,)])
