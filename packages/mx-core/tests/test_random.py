"""Seeds and distributions."""

import math

import numpy as np
import pytest
from mx_core import cpu, nd, random, sym
from mx_core.base import MXNetError


def test_equal_seeds_give_equal_numbers():
    random.seed(5)
    a = nd.random.uniform(shape=(1000,)).asnumpy()
    b = nd.random.uniform(shape=(1000,)).asnumpy()
    random.seed(5)
    assert np.array_equal(nd.random.uniform(shape=(1000,)).asnumpy(), a)
    assert not np.array_equal(a, b)
    random.seed(5, cpu(0))
    assert nd.random.uniform(shape=(3,)).shape == (3,)


def test_uniform_and_normal():
    random.seed(1)
    u = random.uniform(2, 4, shape=(20000,)).asnumpy()
    assert 2 <= u.min() < u.max() < 4
    assert abs(u.mean() - 3) < 0.02
    n = random.normal(1, 2, shape=(100, 200)).asnumpy()
    assert n.shape == (100, 200)
    assert abs(n.mean() - 1) < 0.06
    assert abs(n.std() - 2) < 0.05
    assert nd.random.randn(2, 3).shape == (2, 3)
    out = nd.zeros((4,))
    assert nd.random.uniform(1, 2, out=out) is out
    assert out.asnumpy().min() >= 1
    assert nd.random.normal(shape=(2,), dtype="float64").dtype == np.float64


@pytest.mark.parametrize("dtype", ["float16", "float64"])
def test_out_decides_the_dtype(dtype):
    random.seed(2)
    for out in (nd.zeros((50,), dtype=dtype), nd.zeros((25, 2), dtype=dtype)):
        nd.random.uniform(1, 2, out=out)
        assert out.dtype == np.dtype(dtype) and 1 <= out.asnumpy().min() <= out.asnumpy().max() <= 2
        assert nd.random.normal(out=out) is out
    with pytest.raises(MXNetError, match="float64"):
        nd.random.uniform(dtype="float64", out=nd.zeros((2,)))
    integers = nd.zeros((50,), dtype="int64")
    assert set(nd.random.randint(3, 5, out=integers).asnumpy()) == {3, 4}


def test_numpy_is_left_alone():
    np.random.seed(3)
    first = np.random.rand()
    np.random.seed(3)
    random.seed(99)
    assert np.random.rand() == first


def test_bad_input():
    with pytest.raises(ValueError, match="must be an integer"):
        random.seed("x")
    with pytest.raises(TypeError, match="all numbers or all NDArrays"):
        nd.random.uniform(0, nd.ones((1,)))
    with pytest.raises(TypeError, match="no parameter"):
        nd.random.uniform(0, 1, nothing=3)
    with pytest.raises(ValueError, match="must be a number"):
        nd.random.normal("a", 1)


def test_zipfian_candidates():
    count, most = 20000, 50
    random.seed(5)
    true = nd.array([0, 3, 40])
    drawn, of_true, of_drawn = nd.contrib.rand_zipfian(true, count, most)
    assert drawn.dtype == np.int64 and of_true.dtype == of_drawn.dtype == np.float64
    probability = np.array([math.log((k + 2) / (k + 1)) / math.log(most + 1) for k in range(most)])
    assert abs(probability.sum() - 1) < 1e-12
    found = np.bincount(drawn.asnumpy(), minlength=most) / count
    assert np.abs(found - probability).max() < 4.5 * math.sqrt(0.25 / count)
    np.testing.assert_allclose(of_true.asnumpy(), count * probability[[0, 3, 40]])
    np.testing.assert_allclose(of_drawn.asnumpy(), count * probability[drawn.asnumpy()])
    outputs = sym.Group(list(sym.contrib.rand_zipfian(sym.var("t"), 4, most))).bind(cpu(), {"t": true}).forward()
    assert [output.shape for output in outputs] == [(4,), (3,), (4,)]
    np.testing.assert_allclose(outputs[1].asnumpy() / 4, of_true.asnumpy() / count)
