"""Gradients of gradients."""

import numpy as np
import pytest
from mx_core import MXNetError, autograd, nd
from mx_core.test_utils import check_gradient

RNG = np.random.default_rng(0)


def check_second_gradient(function, *inputs):
    def slopes(*arrays):
        with autograd.record():
            for array in arrays:
                if array.grad is None:
                    array.attach_grad()
            y = function(*arrays)
            head = nd.array(np.cos(np.arange(y.size)).reshape(y.shape), dtype="float64")
            gradients = autograd.grad(y * head, list(arrays), create_graph=True, retain_graph=True)
            total = nd.zeros(1, dtype="float64")
            for k, gradient in enumerate(gradients):
                weights = np.sin(1 + k + np.arange(gradient.size)).reshape(gradient.shape)
                total = total + (gradient * nd.array(weights, dtype="float64")).sum()
        return total

    check_gradient(slopes, *inputs)


def normal(*shape):
    return RNG.normal(size=shape)


@pytest.mark.parametrize(
    "a, b, transpose",
    [((3, 4), (4, 5), {}), ((4, 3), (5, 4), {"transpose_a": True, "transpose_b": True}), ((2, 3, 4), (4, 5), {})],
)
def test_dot(a, b, transpose):
    check_second_gradient(lambda x, y: nd.dot(x, y, **transpose), normal(*a), normal(*b))


@pytest.mark.parametrize("a, b, transpose", [((2, 3, 4), (2, 4, 5), {}), ((2, 3, 4), (2, 5, 4), {"transpose_b": True})])
def test_batch_dot(a, b, transpose):
    check_second_gradient(lambda x, y: nd.batch_dot(x, y, **transpose), normal(*a), normal(*b))


def test_fully_connected():
    def flat(x, w, b):
        return nd.FullyConnected(x, w, b, num_hidden=3)

    def rows(x, w):
        return nd.FullyConnected(x, w, num_hidden=3, no_bias=True, flatten=False)

    check_second_gradient(flat, normal(2, 2, 3), normal(3, 6), normal(3))
    check_second_gradient(rows, normal(2, 2, 3), normal(3, 3))


def test_convolution():
    def layer(x, w, b):
        options = {"num_filter": 4, "num_group": 2, "pad": (1, 0), "stride": (2, 1), "dilate": (1, 2)}
        return nd.Convolution(x, w, b, kernel=(2, 3), **options)

    def between_squares(x, w):
        return nd.square(nd.Convolution(x * x, w, kernel=(3,), num_filter=2, no_bias=True))

    check_second_gradient(layer, normal(2, 2, 4, 6), normal(4, 1, 2, 3), normal(4))
    check_second_gradient(between_squares, normal(2, 2, 5), normal(2, 2, 3))


def test_deconvolution():
    def layer(x, w):
        return nd.Deconvolution(x, w, kernel=(3, 3), num_filter=2, stride=(2, 2), adj=(1, 1))

    check_second_gradient(layer, normal(1, 2, 3, 3), normal(2, 2, 3, 3))


@pytest.mark.parametrize("act_type", ["relu", "sigmoid", "softrelu", "softsign", "tanh"])
def test_activation(act_type):
    check_second_gradient(lambda x: nd.Activation(x * x * x, act_type=act_type), normal(3, 4))


@pytest.mark.parametrize("name", ["softmax", "softmin", "log_softmax"])
@pytest.mark.parametrize("axis, temperature", [(-1, None), (0, 2.0)])
def test_softmax(name, axis, temperature):
    check_second_gradient(lambda x: getattr(nd, name)(x * x, axis=axis, temperature=temperature), normal(3, 4))


@pytest.mark.parametrize("act_type", ["leaky", "elu", "selu", "gelu"])
def test_leaky_relu(act_type):
    check_second_gradient(lambda x: nd.LeakyReLU(x * x * x - 0.1, act_type=act_type, slope=0.3), normal(3, 4))


@pytest.mark.parametrize("pool_type", ["avg", "sum"])
def test_pooling(pool_type):
    options = {"kernel": (3, 2), "stride": (2, 1), "pad": (1, 0), "count_include_pad": False}
    check_second_gradient(lambda x: nd.Pooling(x * x * x, pool_type=pool_type, **options), normal(1, 2, 5, 4))


def test_pooling_whose_gradient_has_none():
    x = nd.ones((1, 1, 2, 2))
    x.attach_grad()
    with autograd.record():
        [first] = autograd.grad(nd.Pooling(x * x, kernel=(2, 2), pool_type="max"), [x], create_graph=True)
        with pytest.raises(MXNetError, match=r"\[Pooling\] its gradient has no gradient where pool_type is 'max'"):
            first.backward()


def test_upsampling():
    def joined(x, y):
        return nd.UpSampling(x * x * x, y * y, scale=2, sample_type="nearest", num_args=2)

    check_second_gradient(joined, normal(1, 2, 2, 3), normal(1, 1, 4, 6))


def positive(*shape):
    return RNG.uniform(0.3, 1.5, size=shape)


def test_power():
    check_second_gradient(lambda a, b: nd.broadcast_power(a, b), positive(2, 3), positive(1, 3))
    check_second_gradient(lambda a, b: nd.power(a, b), positive(3), positive(3))
    for exponent in (0, 1, 2, 3, -1.5):
        check_second_gradient(lambda a, e=exponent: (a * a) ** e, positive(2, 3))
    check_second_gradient(lambda b: 1.7**b, positive(2, 3))


def test_power_of_zero():
    x = nd.zeros(2)
    x.attach_grad()
    with autograd.record():
        slope = autograd.grad(x**1, [x], create_graph=True)[0]
    slope.backward()
    np.testing.assert_array_equal(x.grad.asnumpy(), [0, 0])


def test_hypot():
    check_second_gradient(lambda a, b: nd.broadcast_hypot(a, b), positive(2, 3), positive(2, 1))
    check_second_gradient(lambda a: nd._internal._hypot_scalar(a, scalar=2.0), positive(2, 3))


@pytest.mark.parametrize("name", ["maximum", "minimum", "mod"])
def test_operators_that_change_in_steps(name):
    function = getattr(nd, f"broadcast_{name}")
    check_second_gradient(lambda a, b: function(a * a, b), positive(2, 3), positive(1, 3) + 2)
    check_second_gradient(lambda a: getattr(nd._internal, f"_{name}_scalar")(a * a, scalar=0.8), positive(2, 3))


def test_hard_sigmoid():
    check_second_gradient(lambda a: nd.hard_sigmoid(a * a), positive(2, 3))


@pytest.mark.parametrize("function", [lambda x: x * 2, lambda x: x + 0, nd.radians, nd.sum, lambda x: nd.BlockGrad(x)])
def test_slopes_that_are_the_same_everywhere(function):
    x = nd.array([1, 2])
    x.attach_grad()
    with autograd.record():
        slope = autograd.grad(function(x), [x], create_graph=True)[0]
    x.grad[:] = 7
    slope.backward()
    np.testing.assert_array_equal(x.grad.asnumpy(), [0, 0])


def test_gamma():
    check_second_gradient(nd.gamma, np.array([0.3, 1.0, 2.5, 3.5, -0.4, -1.7]))
    check_second_gradient(nd.gammaln, np.array([0.3, 1.0, 2.5, 7.0, 12.0, -0.4, -1.7]))


@pytest.mark.parametrize("axis", [-1, 1])
def test_layer_norm(axis):
    def layer(x, gamma, beta):
        return nd.LayerNorm(x, gamma, beta, axis=axis, eps=0.1)

    check_second_gradient(layer, normal(2, 3, 4), normal([2, 3, 4][axis]), normal([2, 3, 4][axis]))


def test_instance_norm():
    check_second_gradient(lambda x, g, b: nd.InstanceNorm(x, g, b, eps=0.1), normal(2, 3, 2, 2), normal(3), normal(3))


@pytest.mark.parametrize("shape", [(2, 4), (2, 4, 2, 3)])
def test_lrn(shape):
    check_second_gradient(lambda x: nd.LRN(x, nsize=3, alpha=0.7, knorm=1.5), normal(*shape))
    with pytest.raises(MXNetError, match=r"\[LRN\].*odd, but it is 4"):
        check_second_gradient(lambda x: nd.LRN(x, nsize=4), normal(*shape))


@pytest.mark.parametrize("slopes", [3, 1])
def test_prelu(slopes):
    x = normal(2, 3, 4)
    x = x + np.sign(x)  # away from the bend
    check_second_gradient(lambda x, slope: nd.LeakyReLU(x, slope, act_type="prelu"), x, normal(slopes))


def test_rrelu():
    check_second_gradient(
        lambda x: nd.LeakyReLU(x, act_type="rrelu", lower_bound=0.2, upper_bound=0.2), normal(2, 3) * 3
    )


def test_interleaved_attention():
    contrib, heads = nd.contrib, {"heads": 2}
    check_second_gradient(lambda x: contrib.interleaved_matmul_selfatt_qk(x, **heads), normal(3, 2, 12))
    check_second_gradient(
        lambda x, a: contrib.interleaved_matmul_selfatt_valatt(x, a, **heads), normal(3, 2, 12), normal(4, 3, 3)
    )
    check_second_gradient(
        lambda q, kv: contrib.interleaved_matmul_encdec_qk(q, kv, **heads), normal(3, 2, 4), normal(5, 2, 8)
    )
    check_second_gradient(
        lambda kv, a: contrib.interleaved_matmul_encdec_valatt(kv, a, **heads), normal(5, 2, 8), normal(4, 3, 5)
    )
