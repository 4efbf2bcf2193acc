"""Dropout."""

import numpy as np
import pytest
from mx_core import autograd, nd, random


def train(x, **options):
    x.attach_grad()
    with autograd.record():
        y = nd.Dropout(x, **options)
    y.backward()
    return y.asnumpy(), x.grad.asnumpy()


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_training(p, dtype):
    random.seed(7)
    y, slope = train(nd.full((100, 101), 2, dtype=dtype), p=p)
    kept = y != 0
    np.testing.assert_allclose(y[kept], 2 / (1 - p), rtol=2e-3)
    np.testing.assert_allclose(slope, y / 2, rtol=2e-3)
    assert abs(kept.mean() - (1 - p)) < 0.02


def test_inference_copies():
    x = nd.arange(6)
    np.testing.assert_array_equal(nd.Dropout(x, p=0.9).asnumpy(), x.asnumpy())
    assert (nd.Dropout(nd.ones(1000), p=0.5, mode="always").asnumpy() == 0).any()


def test_limits():
    y, slope = train(nd.ones((5, 5)), p=0)
    assert (y == 1).all() and (slope == 1).all()
    y, slope = train(nd.ones((5, 5)), p=1)
    assert (y == 0).all() and (slope == 0).all()


def test_axes_share_one_mask():
    random.seed(1)
    y, _ = train(nd.ones((50, 4, 60)), p=0.5, axes=(0, 2))
    assert (y == y[:1, :, :1]).all()
    y, _ = train(nd.ones((50, 4, 60)), p=0.5, axes=(1,))
    assert (y == y[:, :1]).all() and 0.4 < (y == 0).mean() < 0.6


def test_seed():
    masks = []
    for seed in (3, 3, 4):
        random.seed(seed)
        masks.append(train(nd.ones((20, 20)))[0])
    assert (masks[0] == masks[1]).all() and (masks[0] != masks[2]).any()
