"""Values and gradients of layers against those that MXNet 1.9.1 gave, kept as weighted sums in recorded_layers.json."""

import json
from pathlib import Path

import numpy as np
import pytest
from mx_core import autograd, nd

CASES = json.loads(Path(__file__).with_name("recorded_layers.json").read_text())


def wave(shape, k):
    return np.sin(np.arange(np.prod(shape)) * (0.7 + 0.1 * k) + k).reshape(shape)


def freeze(value):
    return tuple(value) if isinstance(value, list) else value


def name_of(case):
    return f"{case['op']}-{case['inputs']}-{case['params']}".replace(" ", "")


@pytest.mark.parametrize("case", CASES, ids=name_of)
@pytest.mark.parametrize("dtype, tolerance", [("float32", 1e-4), ("float64", 1e-4), ("float16", 2e-2)])
def test_layer(case, dtype, tolerance):
    data = [nd.array(wave(shape, k), dtype=dtype) for k, shape in enumerate(case["inputs"])]
    inputs, train = list(data), case.get("train", True)
    for position, shape in case.get("labels", {}).items():
        label = np.arange(np.prod(shape)) % 3
        inputs.insert(int(position), nd.array(label.reshape(shape), dtype=dtype))
    wide = "float64" if dtype == "float64" else "float32"
    states = []
    if "states" in case:
        mean, variance = case["states"]
        states = [nd.array(0.3 * wave(mean, 5), dtype=wide), nd.array(abs(wave(variance, 6)) + 0.5, dtype=wide)]
        inputs[1:] = data[1:] = [array.astype(wide) for array in data[1:]]
    for array in data:
        array.attach_grad()
    with autograd.record(train_mode=train):
        output = getattr(nd, case["op"])(*inputs, *states, **{k: freeze(v) for k, v in case["params"].items()})
    assert output.shape == tuple(case["shape"]) and output.dtype == np.dtype(dtype)
    output.backward(nd.array(np.cos(np.arange(output.size)).reshape(output.shape), dtype=dtype), train_mode=train)
    results = [output, *(array.grad for array in data), *states]
    assert len(results) == len(case["sums"])
    if dtype == "float16" and case["params"].get("pool_type") == "max":
        del results[1:]  # numbers that differ in float32 are equal here, and one of them takes the whole gradient
    for result, wanted in zip(results, case["sums"]):
        values = result.asnumpy().astype(np.float64).ravel()
        weights = np.cos(0.3 * np.arange(values.size))
        assert abs(values @ weights - wanted) <= tolerance * (abs(values) @ abs(weights) + 1)
