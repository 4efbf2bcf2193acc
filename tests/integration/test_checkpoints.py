"""Checkpoints that strangers trained give the numbers that MXNet 1.9.1 gave, to 1e-4 of their scale."""

import json
from pathlib import Path

import numpy as np
import pytest
from mx_core import symbol as sym
from mx_infer import Predictor

FOLDER = Path(__file__).resolve().parents[3] / "shared/corpus/checkpoints"
CHECKPOINTS = sorted(path.parent for path in FOLDER.glob("*/io.npz"))
INTERNALS = 12  # of each network, spread over its depth

needs_corpus = pytest.mark.skipif(not CHECKPOINTS, reason="there is no corpus at ../shared/corpus")


def lacking(folder):
    """The operators of the network that this version does not have."""
    nodes = json.loads((folder / "model-symbol.json").read_text())["nodes"]
    homes = (sym, getattr(sym, "_internal", None))  # of names such as _plus, the second
    return sorted({op for node in nodes if (op := node["op"]) != "null" and not any(hasattr(h, op) for h in homes)})


def recorded(folder):
    """The inputs, outputs and inner activations by name."""
    with np.load(folder / "io.npz") as arrays:
        parts = {"input": {}, "output": {}, "internal": {}}
        for key in arrays:
            kind, _, name = key.partition("_")
            parts[kind][name.removeprefix("_")] = arrays[key]  # internal__NAME, input__NAME, output_NUMBER
    return parts["input"], [parts["output"][str(i)] for i in range(len(parts["output"]))], parts["internal"]


def assert_same(ours, theirs, name):
    assert ours.shape == theirs.shape, name
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-4 * max(np.abs(theirs).max(), 1e-6), err_msg=name)


@needs_corpus
@pytest.mark.parametrize("folder", CHECKPOINTS, ids=lambda folder: folder.name)
def test_outputs_and_activations(folder):
    if lacking(folder):
        pytest.skip(f"this version has no {', '.join(lacking(folder))}")
    inputs, outputs, internals = recorded(folder)
    (params,) = folder.glob("model-*.params")
    predictor = Predictor(folder / "model-symbol.json", params)
    found = predictor.predict(inputs)
    for ours, theirs, name in zip(
        found if isinstance(found, list) else [found], outputs, predictor.output_names, strict=True
    ):
        assert_same(ours, theirs, name)
    names = sorted(internals)[:: max(1, len(internals) // INTERNALS)]
    if names:
        inner = Predictor(folder / "model-symbol.json", params, outputs=names).predict(inputs)
        for ours, name in zip(inner if isinstance(inner, list) else [inner], names, strict=True):
            assert_same(ours, internals[name], name)


@needs_corpus
def test_enough_of_them_run():
    assert sum(not lacking(folder) for folder in CHECKPOINTS) >= 6
