"""A small network with known parameters, and data for it."""

from __future__ import annotations

import mx_core.ndarray as nd
import mx_core.symbol as sym
import numpy as np
import pytest
from mx_io.io import NDArrayIter

SHAPES = {"fc1_weight": (4, 3), "fc1_bias": (4,), "fc2_weight": (2, 4), "fc2_bias": (2,)}


@pytest.fixture
def mlp():
    """Input data (n, 3) -> fc1 (4) -> tanh -> fc2 (2) -> softmax."""
    net = sym.FullyConnected(sym.var("data"), num_hidden=4, name="fc1")
    net = sym.Activation(net, act_type="tanh", name="tanh")
    net = sym.FullyConnected(net, num_hidden=2, name="fc2")
    return sym.SoftmaxOutput(net, name="softmax")


def _values(shape, seed):
    """Numbers in [-0.5, 0.5) that depend on no random generator."""
    size = int(np.prod(shape))
    return ((np.arange(1, size + 1) * 37 * seed % 101) / 101.0 - 0.5).astype(np.float32).reshape(shape)


@pytest.fixture
def params():
    """Parameters of ``mlp``."""
    return {name: nd.array(_values(shape, seed)) for seed, (name, shape) in enumerate(SHAPES.items(), 3)}


@pytest.fixture
def data():
    """Ten samples (10, 3) with labels 0 and 1."""
    x = _values((10, 3), 11)
    return x, (x.sum(axis=1) > 0).astype(np.float32)


@pytest.fixture
def batches(data):
    """A function that makes a fresh iterator: 3 batches of 4, the last with 2 rows of padding."""
    return lambda batch_size=4: NDArrayIter(*data, batch_size=batch_size)
