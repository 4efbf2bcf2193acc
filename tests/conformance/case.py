"""Cases, and the design that makes them for an operator."""

import dataclasses
import zlib
from collections.abc import Iterator
from functools import cache
from importlib import import_module

import numpy as np

from conformance import catalogue
from conformance.values import FLOATS, INTEGERS, Input


@dataclasses.dataclass(frozen=True)
class Case:
    """One call of an operator.

    ``gradients``: numbers of the inputs that gradients are asked for.
    ``out``: numbers of the arrays that take the results, as updates of weights do.
    ``passed``: how many of the arrays are inputs; those behind them are there for ``out`` alone.
    """

    operator: str
    inputs: tuple
    params: tuple
    gradients: tuple
    out: tuple = ()
    passed: int = 0
    np_shape: bool = False

    @property
    def name(self) -> str:
        """What tells it from the other cases of its operator, for people too."""
        params = ",".join(f"{name}={value}".replace(" ", "") for name, value in self.params)
        into = "into " + ",".join(map(str, self.out)) if self.out else ""
        text = " ".join(part for part in (*(i.text() for i in self.inputs), params, into) if part) or "default"
        return f"{text} np_shape" if self.np_shape else text

    def arrays(self) -> list:
        return [spec.make(f"{self.operator} {number} {spec.text()}") for number, spec in enumerate(self.inputs)]

    def head(self, number: int, shape: tuple, dtype) -> np.ndarray:
        """The gradient of an output, which has no two equal elements next to each other."""
        spec = Input(tuple(shape), "uniform", (0.5, 1.5), "float32")
        return spec.make(f"head {number}").astype(dtype)


def checksum(arrays: list) -> int:
    total = 0
    for array in arrays:
        total = zlib.crc32(np.ascontiguousarray(array).tobytes(), total)
    return total


class Design:
    """Collects the cases of one operator."""

    def __init__(self, operator: catalogue.Operator) -> None:
        self.operator = operator
        self.name = operator.name
        self.cases: dict = {}

    def add(self, *inputs: Input, gradients=None, out=(), passed=None, np_shape=False, **params) -> None:
        """One case. Gradients go to all inputs of floating point, where the operator has any."""
        if gradients is None:
            floats = [i for i, spec in enumerate(inputs) if spec.dtype in FLOATS]
            gradients = floats if self.operator.gradient else []
        passed = len(inputs) if passed is None else passed
        case = Case(self.name, inputs, tuple(params.items()), tuple(gradients), tuple(out), passed, np_shape)
        assert case.name not in self.cases, f"{self.name}: two cases are {case.name}"
        self.cases[case.name] = case

    def dtypes(self, *inputs: Input, dtypes=FLOATS + INTEGERS, **params) -> None:
        """The same in several element types, except the one that the inputs have."""
        for dtype in dtypes:
            if dtype != inputs[0].dtype:
                self.add(*(dataclasses.replace(spec, dtype=dtype) for spec in inputs), **params)

    def each(self, *inputs: Input, base=None, **values) -> None:
        """Every parameter away from ``base``, one after another: ``axis=[0, -1]``."""
        for name, options in values.items():
            for option in options:
                self.add(*inputs, **{**(base or {}), name: option})


@cache
def cases_of(name: str) -> dict:
    """The cases of an operator by their names."""
    operator = catalogue.operators()[name]
    design = Design(operator)
    import_module(f"conformance.families.{operator.family}").design(design)
    return design.cases


def all_cases() -> Iterator:
    for name in sorted(catalogue.tensor_operators()):
        yield from cases_of(name).values()
