"""The Predictor runs strangers' checkpoints as they are: any input name, any label name, old files."""

import json
from pathlib import Path

import numpy as np
import pytest
from mx_core import symbol as sym
from mx_infer import Predictor

FOLDER = Path(__file__).resolve().parents[3] / "shared/corpus/checkpoints"
CHECKPOINTS = sorted(path.parent for path in FOLDER.glob("*/io.npz"))

needs_corpus = pytest.mark.skipif(not CHECKPOINTS, reason="the corpus of checkpoints is not on this machine")


def lacking(folder):
    """The operators of the network that this version does not have."""
    nodes = json.loads((folder / "model-symbol.json").read_text())["nodes"]
    homes = (sym, getattr(sym, "_internal", None))  # of names such as _plus, the second
    return sorted({op for node in nodes if (op := node["op"]) != "null" and not any(hasattr(h, op) for h in homes)})


@needs_corpus
@pytest.mark.parametrize("folder", CHECKPOINTS, ids=lambda folder: folder.name)
def test_outputs(folder):
    if lacking(folder):
        pytest.skip(f"this version has no {', '.join(lacking(folder))}")
    with np.load(folder / "io.npz") as record:
        inputs = {key.removeprefix("input__"): record[key] for key in record if key.startswith("input__")}
        outputs = [record[f"output_{i}"] for i in range(sum(key.startswith("output_") for key in record))]
    (params,) = folder.glob("model-*.params")
    predictor = Predictor(folder / "model-symbol.json", params)
    assert set(predictor.input_names) == set(inputs)
    found = predictor.predict(inputs)
    found = found if isinstance(found, list) else [found]
    for ours, theirs, name in zip(found, outputs, predictor.output_names, strict=True):
        assert ours.shape == theirs.shape, name
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-4 * max(np.abs(theirs).max(), 1e-6), err_msg=name)


@needs_corpus
def test_enough_of_them_run():
    assert sum(not lacking(folder) for folder in CHECKPOINTS) >= 6
