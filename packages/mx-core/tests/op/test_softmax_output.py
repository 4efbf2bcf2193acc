"""SoftmaxOutput and the other operators that end a network."""

import numpy as np
import pytest
from mx_core import autograd, nd, sym
from mx_core.base import MXNetError

RNG = np.random.default_rng(0)


def run(operator, *arrays, **options):
    """The output, and the gradient of the first input."""
    data = arrays[0]
    data.attach_grad()
    with autograd.record():
        y = operator(*arrays, **options)
    y.backward()
    return y.asnumpy(), data.grad.asnumpy()


def softmax(x, axis=-1):
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def array(x, dtype="float64"):
    return nd.array(x, dtype=dtype)


@pytest.mark.parametrize("dtype, tolerance", [("float64", 1e-12), ("float32", 1e-6), ("float16", 2e-3)])
@pytest.mark.parametrize("scale", [1, 2.5])
@pytest.mark.parametrize("normalization", ["null", "batch", "valid"])
@pytest.mark.parametrize("use_ignore", [False, True])
def test_rows(dtype, tolerance, scale, normalization, use_ignore):
    x, label = RNG.normal(size=(7, 5)), np.array([0, 4, 2, 1, 2, 2, 3])
    options = {"grad_scale": scale, "normalization": normalization, "use_ignore": use_ignore, "ignore_label": 2}
    y, slope = run(nd.SoftmaxOutput, array(x, dtype), array(label, dtype), **options)
    want = (softmax(x) - np.eye(5)[label]) * scale / {"null": 1, "batch": 7, "valid": 4}[normalization]
    if use_ignore:
        want[label == 2] = 0
    np.testing.assert_allclose(y, softmax(x), rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(slope, want, rtol=tolerance, atol=2 * tolerance)


@pytest.mark.parametrize("label_shape", [(2, 12), (2, 3, 4), (2, 1, 3, 4)])
@pytest.mark.parametrize("normalization, divisor", [("null", 12), ("batch", 24), ("valid", 16)])
def test_channels(label_shape, normalization, divisor):
    x, label = RNG.normal(size=(2, 5, 3, 4)), np.arange(24) % 3
    options = {"multi_output": True, "use_ignore": True, "ignore_label": 0, "normalization": normalization}
    y, slope = run(nd.SoftmaxOutput, array(x), array(label.reshape(label_shape)), **options)
    one_hot = np.eye(5)[label].reshape(2, 3, 4, 5).transpose(0, 3, 1, 2)
    want = (softmax(x, 1) - one_hot) / divisor * (label != 0).reshape(2, 1, 3, 4)
    np.testing.assert_allclose(y, softmax(x, 1), rtol=1e-12)
    np.testing.assert_allclose(slope, want, rtol=1e-10, atol=1e-15)


def test_preserve_shape():
    x, label = RNG.normal(size=(2, 3, 4)), np.arange(6) % 4
    y, slope = run(nd.SoftmaxOutput, array(x), array(label.reshape(2, 3)), preserve_shape=True)
    np.testing.assert_allclose(y, softmax(x), rtol=1e-12)
    np.testing.assert_allclose(slope, softmax(x) - np.eye(4)[label].reshape(2, 3, 4), rtol=1e-10)


def test_probabilities_as_labels():
    x, label = RNG.normal(size=(3, 4)), softmax(RNG.normal(size=(3, 4)))
    _, slope = run(nd.SoftmaxOutput, array(x), array(label), grad_scale=3)
    np.testing.assert_allclose(slope, 3 * (softmax(x) - label), rtol=1e-10)


def test_smoothing():
    x, label = RNG.normal(size=(3, 5)), np.array([1, 0, 4])
    _, slope = run(nd.SoftmaxOutput, array(x), array(label), smooth_alpha=0.1)
    target = np.where(np.eye(5)[label] == 1, 0.9, 0.1 / 4)
    np.testing.assert_allclose(slope, softmax(x) - target, rtol=1e-6)


def test_gradient_is_that_of_the_cross_entropy():
    x, label = RNG.normal(size=(4, 3)), np.array([0, 2, 1, 1])
    _, slope = run(nd.SoftmaxOutput, array(x), array(label))
    _, wanted = run(nd.softmax_cross_entropy, array(x), array(label))
    np.testing.assert_allclose(slope, wanted, rtol=1e-10)


def test_labels_are_inferred():
    layer = sym.SoftmaxOutput(sym.var("data"), name="softmax")
    assert layer.list_arguments() == ["data", "softmax_label"]
    assert layer.infer_shape(data=(7, 5))[0] == [(7, 5), (7,)]
    assert layer.infer_shape(data=(2, 3, 4))[0] == [(2, 3, 4), (2, 3)]


def test_wrong_labels():
    with pytest.raises(MXNetError, match=r"\[SoftmaxOutput\].*label.*\(3,\).*\(4,\)"):
        nd.SoftmaxOutput(nd.ones((4, 2)), nd.ones(3))


@pytest.mark.parametrize("shape, label_shape", [((4, 3), (4, 3)), ((4, 1), (4,)), ((5,), (5,)), ((2, 3, 4), (2, 3, 4))])
@pytest.mark.parametrize("scale", [1, 0.5])
def test_regression(shape, label_shape, scale):
    x, label = RNG.normal(size=shape), RNG.normal(size=label_shape)
    factor = scale / np.prod(label_shape[1:])
    target, sigmoid = label.reshape(shape), 1 / (1 + np.exp(-x))
    for operator, value, slope in [
        (nd.LinearRegressionOutput, x, x - target),
        (nd.MAERegressionOutput, x, np.sign(x - target)),
        (nd.LogisticRegressionOutput, sigmoid, sigmoid - target),
    ]:
        got, gradient = run(operator, array(x), array(label), grad_scale=scale)
        np.testing.assert_allclose(got, value, rtol=1e-12)
        np.testing.assert_allclose(gradient, slope * factor, rtol=1e-6)


def test_make_loss():
    x = RNG.normal(size=(3, 4))
    for options, factor in [({}, 1), ({"grad_scale": 3}, 3), ({"normalization": "batch"}, 1 / 3)]:
        value, slope = run(nd.MakeLoss, array(x), **options)
        np.testing.assert_array_equal(value, x)
        np.testing.assert_allclose(slope, factor, rtol=1e-6)
    _, slope = run(nd.MakeLoss, array(x), normalization="valid", valid_thresh=0.3)
    np.testing.assert_allclose(slope, 1 / (x > np.float32(0.3)).sum(), rtol=1e-6)
