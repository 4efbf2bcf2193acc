"""Drawing of classes: multinomial and Zipf's law."""

import math

import numpy as np
import pytest
from mx_core import autograd, cpu, nd, random, sym
from mx_core.base import MXNetError

P = np.array([[0.1, 0.2, 0.0, 0.7], [0.25, 0.25, 0.5, 0.0]])


@pytest.fixture(autouse=True)
def seeded() -> None:
    random.seed(23)
    print("seed 23")


def test_frequencies() -> None:
    for dtype in ("float32", "float64", "float16"):
        y = nd.random.multinomial(nd.array(P, dtype=dtype), shape=20000)
        assert y.dtype == np.int32
        for row, p in zip(y.asnumpy(), P):
            seen = np.bincount(row, minlength=4) / 20000
            assert (np.abs(seen - p) < 5 * np.sqrt(p * (1 - p) / 20000) + 1e-3).all()
            assert not seen[p == 0].any()


def test_shapes_and_dtypes() -> None:
    rows, row = nd.array(P), nd.array(P[0])
    assert nd.random.multinomial(rows).shape == (2,)
    assert nd.random.multinomial(row).shape == (1,)
    assert nd.random.multinomial(row, shape=(2, 3)).shape == (2, 3)
    assert nd.random.multinomial(rows, shape=(2, 3)).shape == (2, 2, 3)
    assert nd.random.multinomial(nd.array([P, P, P]), shape=5, dtype="float64").dtype == np.float64
    assert nd.random.multinomial(nd.array([P, P, P]), shape=5).shape == (3, 2, 5)
    with pytest.raises(MXNetError, match="data is int32"):
        nd.random.multinomial(nd.ones((2, 2), dtype="int32"))


def test_log_probabilities_have_a_gradient() -> None:
    data = nd.array(P)
    data.attach_grad()
    with autograd.record():
        drawn, logs = nd.random.multinomial(data, shape=50, get_prob=True)
    heads = np.arange(100).reshape(2, 50)
    logs.backward(nd.array(heads))
    index = drawn.asnumpy()
    np.testing.assert_allclose(logs.asnumpy(), np.log(np.take_along_axis(P, index, 1)), rtol=1e-6)
    expected = np.zeros_like(P)
    for row in range(2):
        np.add.at(expected[row], index[row], heads[row] / P[row][index[row]])
    np.testing.assert_allclose(data.grad.asnumpy(), expected, rtol=1e-5)


def test_classes_have_no_gradient() -> None:
    data = nd.array(P)
    data.attach_grad()
    with autograd.record():
        drawn = nd.random.multinomial(data, shape=5)
    drawn.backward()
    assert not data.grad.asnumpy().any()


def test_multinomial_in_a_symbol() -> None:
    run = sym.random.multinomial(sym.var("p"), shape=(7,)).simple_bind(cpu(), p=(2, 4))
    drawn, logs = run.forward(is_train=True, p=nd.array(P))
    assert drawn.shape == logs.shape == (2, 7)
    run.backward([nd.zeros((2, 7), dtype="int32"), nd.ones((2, 7))])
    counts = np.stack([np.bincount(row, minlength=4) for row in drawn.asnumpy()])
    with np.errstate(invalid="ignore", divide="ignore"):
        np.testing.assert_allclose(run.grad_dict["p"].asnumpy(), np.where(counts, counts / P, 0), rtol=1e-5)


def test_unique_zipfian() -> None:
    samples, tries = nd._internal._sample_unique_zipfian(range_max=1000, shape=(300, 40))
    assert samples.dtype == tries.dtype == np.int64
    x = samples.asnumpy()
    assert x.min() >= 0
    assert x.max() < 1000
    assert all(len(set(row)) == 40 for row in x)
    assert tries.shape == (300,)
    assert (tries.asnumpy() >= 40).all()
    first = np.bincount(x[:, 0], minlength=3)[:3] / 300  # the first of each row has no rival
    expected = [math.log((k + 2) / (k + 1)) / math.log(1001) for k in range(3)]
    assert (np.abs(first - expected) < 0.1).all()
    every, _ = nd._internal._sample_unique_zipfian(range_max=5, shape=(2, 5))
    assert np.sort(every.asnumpy()).tolist() == [[0, 1, 2, 3, 4]] * 2
    with pytest.raises(MXNetError, match="6 distinct classes"):
        nd._internal._sample_unique_zipfian(range_max=5, shape=(2, 6))


def test_rand_zipfian() -> None:
    true = nd.array([0, 3])
    drawn, expected_true, expected = nd.contrib.rand_zipfian(true, 5000, 100)
    assert drawn.dtype == np.int64
    assert drawn.shape == expected.shape == (5000,)
    probability = np.log((np.array([0, 3]) + 2) / (np.array([0, 3]) + 1)) / math.log(101)
    np.testing.assert_allclose(expected_true.asnumpy(), 5000 * probability, rtol=1e-6)
    for k in (0, 3):
        count = (drawn.asnumpy() == k).sum()
        assert abs(count - 5000 * probability[k // 3]) < 5 * math.sqrt(5000 * probability[k // 3])
    np.testing.assert_allclose(
        expected.asnumpy(), 5000 * np.log((drawn.asnumpy() + 2) / (drawn.asnumpy() + 1)) / math.log(101), rtol=1e-6
    )
    nets = sym.contrib.rand_zipfian(sym.var("t"), 7, 100)
    run = sym.Group(list(nets)).simple_bind(cpu(), t=(2,))
    assert [y.shape for y in run.forward(t=true)] == [(7,), (2,), (7,)]
