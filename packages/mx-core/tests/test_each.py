"""One operator on many sets of arrays."""

import numpy as np
import pytest
from mx_core import MXNetError, autograd, nd
from mx_core.base import MXTypeError, MXValueError
from mx_core.ndarray.each import invoke_each


def sets(seed=0):
    generator = np.random.default_rng(seed)
    return [[nd.array(generator.random(shape)) for _ in range(3)] for shape in ((2, 3), (4,), (1,), (300, 100))]


def test_equals_one_call_after_the_other():
    together, apart = sets(), sets()
    lr, wd = [0.1, 0.2, 0.3, 0.4], [0.0, 0.5, 0.0, 0.5]
    invoke_each("sgd_mom_update", together, [one[0] for one in together], lr=lr, wd=wd, momentum=0.9)
    for (weight, gradient, state), rate, decay in zip(apart, lr, wd):
        nd.sgd_mom_update(weight, gradient, state, out=weight, lr=rate, wd=decay, momentum=0.9)
    for ours, theirs in zip(together, apart):
        for a, b in zip(ours, theirs):
            assert np.array_equal(a.asnumpy(), b.asnumpy())


def test_nothing_to_do():
    invoke_each("relu", [], [])


def test_values_of_a_tuple_are_for_all():
    inputs = [[nd.ones((2, 3))], [nd.ones((4, 3))]]
    out = [nd.zeros((2,)), nd.zeros((4,))]
    invoke_each("sum", inputs, out, axis=(1,))
    assert [array.asnumpy().tolist() for array in out] == [[3, 3], [3] * 4]


def test_errors_name_the_operator():
    a = nd.ones((2,))
    with pytest.raises(MXTypeError, match=r"\[relu\] there is no parameter 'lr'"):
        invoke_each("relu", [(a,)], [a], lr=1)
    with pytest.raises(MXValueError, match="lr holds 1 values for 2 sets"):
        invoke_each("sgd_update", [(a, a), (a, a)], [a, a], lr=[1])
    with pytest.raises(MXValueError, match="got 1 sets of inputs"):
        invoke_each("relu", [(a,)], [])
    with pytest.raises(MXTypeError, match="data must be an NDArray"):
        invoke_each("relu", [([1],)], [a])
    with pytest.raises(MXTypeError, match="out must hold NDArrays"):
        invoke_each("relu", [(a,)], [None])
    with pytest.raises(MXTypeError, match=r"\[sgd_update\] lr"):
        invoke_each("sgd_update", [(a, a)], [a], lr="many")
    with pytest.raises(MXNetError, match="no operator"):
        invoke_each("nothing", [(a,)], [a])


def test_what_came_before_an_error_is_done():
    good, bad = nd.ones((2,)), nd.ones((3,))
    with pytest.raises(MXNetError, match="elemwise_add"):
        invoke_each("elemwise_add", [(good, good), (good, bad)], [good, bad])
    assert good.asnumpy().tolist() == [2, 2]


def test_results_are_recorded():
    x, y = nd.array([2.0]), nd.zeros((1,))
    x.attach_grad()
    with autograd.record():
        invoke_each("square", [(x,)], [y])
    y.backward()
    assert x.grad.asnumpy().tolist() == [4]
