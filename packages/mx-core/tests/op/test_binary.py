"""Operators on two arrays, or on an array and a number."""

import numpy as np
import pytest
from mx_core import MXNetError, autograd, nd
from mx_core.test_utils import check_binary, check_gradient

BROADCAST = {
    "broadcast_add": np.add,
    "broadcast_sub": np.subtract,
    "broadcast_mul": np.multiply,
    "broadcast_div": np.divide,
    "broadcast_maximum": np.maximum,
    "broadcast_minimum": np.minimum,
    "broadcast_power": np.power,
    "broadcast_hypot": np.hypot,
}
COMPARISONS = {
    "broadcast_equal": np.equal,
    "broadcast_not_equal": np.not_equal,
    "broadcast_greater": np.greater,
    "broadcast_greater_equal": np.greater_equal,
    "broadcast_lesser": np.less,
    "broadcast_lesser_equal": np.less_equal,
    "broadcast_logical_and": np.logical_and,
    "broadcast_logical_or": np.logical_or,
    "broadcast_logical_xor": np.logical_xor,
}


@pytest.mark.parametrize("name", BROADCAST)
def test_values_and_gradients(name):
    check_binary(name, BROADCAST[name])


def remainder(a, b):
    """In the steps of 1.9.1, each rounded to float32."""
    with np.errstate(all="ignore"):
        r = np.fmod(a, b)
        return np.where(b == 0, 0, np.where((r != 0) & ((r < 0) != (b < 0)), r + b, r))


def test_remainders_are_exact():
    rng = np.random.default_rng(1)
    special = np.float32([0, -0.0, 1, -1, 3, 1e-45, -1e-45, 3e38, np.inf, -np.inf, np.nan, 0.1])
    cases = [np.float32(np.meshgrid(special, special)).reshape(2, -1)]
    for exponents in (20, 130):
        with np.errstate(over="ignore", under="ignore"):
            cases.append(
                (rng.normal(size=(2, 5000)) * np.exp2(rng.uniform(-exponents, exponents, (2, 5000)))).astype("f")
            )
    whole = rng.integers(1, 1000, (2, 5000))
    cases.append(np.float32([whole[0] * whole[1], whole[1]]) * np.float32(0.125))
    for a, b in cases:
        got = nd.broadcast_mod(nd.array(a), nd.array(b)).asnumpy()
        np.testing.assert_array_equal(got, remainder(a, b))
    a = cases[1][0]
    for number in np.float32([1.5, -0.3, 1e-30, 0]):
        np.testing.assert_array_equal((nd.array(a) % float(number)).asnumpy(), remainder(a, number))
        np.testing.assert_array_equal((float(number) % nd.array(a)).asnumpy(), remainder(number, a))


@pytest.mark.parametrize("name", ["add", "sub", "mul", "div"])
def test_equal_shapes(name):
    check_binary("elemwise_" + name, BROADCAST["broadcast_" + name], broadcast=False)
    with pytest.raises(MXNetError, match="elemwise_" + name):
        getattr(nd, "elemwise_" + name)(nd.ones((2, 3)), nd.ones((2, 1)))


@pytest.mark.parametrize("name", COMPARISONS)
@pytest.mark.parametrize("dtype", ["float32", "int32", "uint8"])
def test_comparisons_give_numbers(name, dtype):
    a, b = nd.array([0, 1, 2, 0], dtype=dtype), nd.array([0, 2, 1, 3], dtype=dtype)
    y = getattr(nd, name)(a, b)
    assert y.dtype == a.dtype
    np.testing.assert_array_equal(y.asnumpy(), COMPARISONS[name](a.asnumpy(), b.asnumpy()))


def test_remainder_has_the_sign_of_the_divisor():
    a = nd.array([5.5, -5.5, 5.5, -5.5, 1])
    b = nd.array([2, 2, -2, -2, 0])
    np.testing.assert_array_equal(nd.broadcast_mod(a, b).asnumpy(), [1.5, 0.5, -0.5, -1.5, 0])


def test_ties_go_left():
    a, b = nd.array([1.0, 2, 3]), nd.array([1.0, 3, 2])
    a.attach_grad()
    b.attach_grad()
    with autograd.record():
        y = nd.broadcast_maximum(a, b)
    y.backward()
    np.testing.assert_array_equal(a.grad.asnumpy(), [1, 0, 1])
    np.testing.assert_array_equal(b.grad.asnumpy(), [0, 1, 0])


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x + 2.5,
        lambda x: 2.5 - x,
        lambda x: x * 3,
        lambda x: x / 3,
        lambda x: 3 / x,
        lambda x: x**2.5,
        lambda x: 2.5**x,
        lambda x: nd.broadcast_maximum(x, x) * 2,
    ],
)
def test_gradients_with_numbers(function):
    check_gradient(function, np.linspace(0.5, 2, 6).reshape(2, 3))


def test_numbers_take_the_dtype_of_the_array():
    x = nd.array([1, 2, -3], dtype="int32")
    np.testing.assert_array_equal((x * 1.5).asnumpy(), [1, 2, -3])
    assert (x * 1.5).dtype == np.int32
    np.testing.assert_array_equal((nd.array([200, 100], dtype="uint8") + 100).asnumpy(), [44, 200])


def test_where_and_sums():
    x, y = nd.array([[1.0, 2], [3, 4]]), nd.zeros((2, 2))
    np.testing.assert_array_equal(nd.where(nd.array([0, 1]), x, y).asnumpy(), [[0, 0], [3, 4]])
    np.testing.assert_array_equal(nd.add_n(x, x, x).asnumpy(), 3 * x.asnumpy())
    check_gradient(lambda a, b: nd.where(nd.array([[1, 0], [0, 1]]), a, b), x.asnumpy(), y.asnumpy())
    check_gradient(lambda a, b: nd.add_n(a, b, a), x.asnumpy(), y.asnumpy())
