"""The operators of MXNet 1.9.1: names, aliases, parameters, defaults."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

RECORDED = Path(__file__).parents[1] / "compat"

TENSOR_FAMILIES = (
    "unary_math",
    "identity_cast",
    "binary_elemwise",
    "binary_scalar",
    "binary_broadcast",
    "reduce",
    "softmax",
    "shape_manip",
    "indexing",
    "init_creation",
    "sort",
    "matmul",
    "linalg",
    "sequence",
    "random_scalar_param",
    "random_like",
    "random_sample_tensor_param",
    "random_pdf",
    "optimizer_update",
)
# Drawn numbers differ from MXNet's on purpose: these are tested by their distribution.
RANDOM_FAMILIES = ("random_scalar_param", "random_like", "random_sample_tensor_param")
# What 1.9.1 computes for no dense array on a CPU: there is nothing to compare with.
UNCOMPUTED = {
    "_CrossDeviceCopy": "put into graphs by ctx_group, and refused otherwise",
    "_NoGradient": "stands for a gradient that there is not",
    "_contrib_getnnz": "sparse arrays alone",
    "_contrib_group_adagrad_update": "sparse gradients alone",
    "_sparse_adagrad_update": "sparse gradients alone",
    "_square_sum": "sparse arrays alone",
    "_zeros_without_dtype": "refuses its own default",
}


@dataclass(frozen=True)
class Operator:
    name: str
    family: str
    aliases: tuple
    inputs: tuple  # "data..." stands for any number of arrays
    params: tuple  # of (name, type, default), all as text; the default "<required>"
    gradient: bool  # whether one is registered
    counted_by: str = ""  # the parameter that counts the inputs, which follows from them


@cache
def operators() -> dict:
    """Every operator in scope, by name."""
    found = {}
    for entry in json.loads((RECORDED / "catalogue.json").read_text()):
        entry["params"] = tuple(map(tuple, entry["params"]))
        entry["aliases"], entry["inputs"] = tuple(entry["aliases"]), tuple(entry["inputs"])
        found[entry["name"]] = Operator(**entry)
    return found


@cache
def tensor_operators() -> dict:
    """Those of the tensor families."""
    return {name: op for name, op in operators().items() if op.family in TENSOR_FAMILIES}


def missing() -> set:
    """Names of the operators that mx does not have yet. This list may only shrink."""
    return set((RECORDED / "missing.txt").read_text().split())
