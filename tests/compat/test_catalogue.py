"""Every operator of MXNet 1.9.1's catalogue: present or listed as missing, with its names, parameters and defaults."""

import inspect
import math
import sys
from functools import cache
from pathlib import Path

import mx
import pytest
from conformance import case, catalogue, run

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "packages/mx-core"))
from generator import registry

OPERATORS = catalogue.operators()
PRESENT = sorted(OPERATORS.keys() - catalogue.missing())
# Other spellings belong to front ends of their own: NumPy's, and that of sparse arrays.
ELSEWHERE = ("_np", "_sparse_")
# What the catalogue says of these is not what 1.9.1 takes.
MISREPORTED = {
    "_linalg_potrf": "it takes lower, which the catalogue lacks",
    "_linalg_potri": "it takes lower, which the catalogue lacks",
    "_linspace": "its parameters are those of nd.linspace; the catalogue repeats those of _arange",
    "_set_value": "its number has no default; the catalogue gives None",
    "smooth_l1": "its number is 1 by default; the catalogue gives None",
}
KINDS = {
    "boolean": "bool",
    "int": "int",
    "int (non-negative)": "int",
    "long": "int",
    "long (non-negative)": "int",
    "float": "float",
    "double": "float",
    "real_t": "float",
    "string": "str",
    "Shape(tuple)": "shape",
    "Shape": "shape",
    "tuple of <float>": "floats",
}
# They count arrays, which mx reads off the arrays given.
COUNTERS = ("num_args", "num_weights", "num_tensors", "num_arrays")
# Parameters that no case sets, and why.
NOT_SET = {
    "ctx": "devices have their own tests",
    "num_args": "follows from the inputs",
    "cudnn_off": "nothing on a CPU",
    "infer_range": "a matter of inference: tests of symbols",
    "sparse_grad": "sparse storage",
    "SequenceReverse axis": "1.9.1 takes axis 0 alone",
    "_zeros_without_dtype dtype": "1.9.1 takes none",
    "log_softmax use_length": "it takes no lengths",
    "softmin use_length": "it takes no lengths",
}


@cache
def ours() -> dict:
    return {op.name: op for op in registry.read()}


def test_missing_operators_are_listed():
    """The list shrinks: whoever adds an operator takes its line out of tests/compat/missing.txt."""
    missing = catalogue.missing()
    assert missing <= OPERATORS.keys()
    arrived = sorted(missing & ours().keys())
    assert not arrived, f"these exist: take them out of tests/compat/missing.txt: {arrived}"
    lost = sorted(OPERATORS.keys() - missing - ours().keys())
    assert not lost, f"operators of MXNet 1.9.1 that mx lacks: {lost}"


def value(text: str | None, kind: str):
    """A default as a value that compares across the two ways of writing it."""
    if text is None or text == "None":
        return None
    if kind == "bool":
        return text in ("1", "True")
    if kind == "float":
        return float(text)
    if kind == "int":
        return int(text)
    if kind in ("shape", "floats", "optional ints"):
        return tuple(float(n) for n in text.strip("[]()").split(",") if n.strip())
    return text


@pytest.mark.parametrize("name", PRESENT)
def test_names_and_parameters(name):
    theirs, mine = OPERATORS[name], ours()[name]
    assert {a for a in theirs.aliases if not a.startswith(ELSEWHERE)} <= set(mine.aliases)
    if name in MISREPORTED:
        return
    counted = {theirs.counted_by, mine.variadic_count, *COUNTERS}
    wanted = [p for p in theirs.params if p[0] not in counted]
    have = {p.name: p for p in mine.params if p.name not in counted}
    assert [p[0] for p in wanted] == list(have)
    for param, kind, default in wanted:
        check_parameter(f"{name}({param})", have[param], kind, default)


def check_parameter(where: str, param: registry.Param, kind: str, default: str) -> None:
    required = default == "<required>"
    nullable = kind.endswith(" or None") or kind.startswith("{None")
    base = kind.removesuffix(" or None")
    if base.startswith("{"):
        choices = {c.strip(" '") for c in base.strip("{}").split(",")} - {"None"}
        if param.type == "enum":
            assert choices <= set(param.choices), where
        else:
            assert param.type == "dtype", where
    elif base in KINDS:
        allowed = {KINDS[base], "optional ints"} if KINDS[base] == "shape" else {KINDS[base]}
        assert param.type in allowed, where
    if required:
        assert param.default is None or (param.type == "dtype" and param.nullable), where
        return
    assert param.default is not None, f"{where} is required, but has the default {default} in 1.9.1"
    wanted, found = value(default, KINDS.get(base, "str")), value(param.default, param.type)
    if wanted is None and not nullable:  # an unset shape
        assert found in (None, (), "None"), where
    elif isinstance(wanted, float):
        assert math.isclose(wanted, found, rel_tol=1e-6, abs_tol=0), where
    else:
        assert wanted == found, where


@pytest.mark.parametrize("name", PRESENT)
def test_documentation(name):
    op = ours()[name]
    assert len(op.doc) > 10, f"{name} has no description"
    assert all(p.doc.strip() for p in [*op.params, *op.inputs]), f"a parameter of {name} has no description"
    for package in (mx.nd, mx.sym):
        assert " ".join(op.doc.split())[:60] in " ".join(inspect.getdoc(run.function(package, name)).split())


@pytest.mark.parametrize("name", PRESENT)
def test_gradient_where_there_is_one(name):
    if OPERATORS[name].gradient:
        assert ours()[name].has_gradient


def sets(one: case.Case, param: str, default: str) -> bool:
    given = dict(one.params)
    return param in given and (
        default == "<required>" or str(given[param]) not in (default, str(value(default, "bool")))
    )


@pytest.mark.parametrize(
    "name", [n for n, op in catalogue.tensor_operators().items() if op.family not in catalogue.RANDOM_FAMILIES]
)
def test_every_parameter_is_set_by_a_case(name):
    op, cases = OPERATORS[name], case.cases_of(name).values()
    assert cases
    if name in MISREPORTED:
        return
    known = {p for p, _, _ in op.params if p in NOT_SET or f"{name} {p}" in NOT_SET}
    unset = [p for p, _, d in op.params if p not in known and not any(sets(one, p, d) for one in cases)]
    assert not unset, f"no case of {name} sets {unset}"


def test_enough_cases():
    assert sum(1 for _ in case.all_cases()) >= 3000
