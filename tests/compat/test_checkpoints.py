"""Checkpoints of strangers give the outputs and inner activations that MXNet 1.9.1 gave."""

import json
from pathlib import Path

import numpy as np
import pytest
from mx_core import nd, sym
from mx_core.context import cpu

CHECKPOINTS = Path(__file__).parents[3] / "shared/corpus/checkpoints"
NAMES = sorted(path.name for path in CHECKPOINTS.glob("*") if path.is_dir())
# Recurrent layers are a later issue; each of the others must run.
LATER = {"RNN"}

needs_corpus = pytest.mark.skipif(not NAMES, reason="the corpus of checkpoints is not on this machine")


def operators(folder: Path) -> set[str]:
    nodes = json.loads((folder / "model-symbol.json").read_text())["nodes"]
    return {node["op"] for node in nodes}


@needs_corpus
def test_enough_checkpoints_are_within_reach():
    assert sum(not operators(CHECKPOINTS / name) & LATER for name in NAMES) >= 6


@needs_corpus
@pytest.mark.parametrize("name", NAMES)
def test_checkpoint_reproduces_its_record(name):
    folder = CHECKPOINTS / name
    if missing := operators(folder) & LATER:
        pytest.skip(f"the operator {', '.join(missing)} is not part of mx yet")
    symbol = sym.load(str(folder / "model-symbol.json"))
    params = nd.load(str(next(folder.glob("*.params"))))
    record = dict(np.load(folder / "io.npz"))
    inputs = {key.removeprefix("input__"): value for key, value in record.items() if key.startswith("input__")}

    internals = symbol.get_internals()
    wanted = [key.removeprefix("internal__") for key in record if key.startswith("internal__")]
    everything = sym.Group([*(symbol[i] for i in range(len(symbol.list_outputs()))), *(internals[n] for n in wanted)])
    executor = everything.simple_bind(cpu(), grad_req="null", **{key: value.shape for key, value in inputs.items()})
    arguments = {key.removeprefix("arg:"): value for key, value in params.items() if key.startswith("arg:")}
    auxiliary = {key.removeprefix("aux:"): value for key, value in params.items() if key.startswith("aux:")}
    executor.copy_params_from(arguments, auxiliary, allow_extra_params=True)
    outputs = executor.forward(is_train=False, **{key: nd.array(value) for key, value in inputs.items()})

    expected = [record[f"output_{i}"] for i in range(len(symbol.list_outputs()))]
    expected += [record[f"internal__{n}"] for n in wanted]
    for label, ours, theirs in zip([*symbol.list_outputs(), *wanted], outputs, expected, strict=True):
        scale = max(np.abs(theirs).max(), 1e-6)
        worst = np.abs(ours.asnumpy() - theirs).max() / scale
        assert worst < 1e-4, f"{label} is off by {worst:.2e} of its scale"
