"""Gradients against differences of the results, in float64, for the recorded cases."""

import dataclasses

import numpy as np

from conformance.case import Case, cases_of
from conformance.catalogue import UNCOMPUTED
from conformance.differences import DIFFERENCES
from conformance.run import function
from conformance.store import recorded
from conformance.values import FLOATS, INTEGERS

STEP = 1e-6
LARGEST = 80  # elements of an input: each costs two calls
ENOUGH = 4  # cases of an operator

# Gradients that are not the derivative of the result, on purpose: what they are is recorded.
NO_DERIVATIVE = {
    "BlockGrad": "stops the gradient",
    "_contrib_gradientmultiplier": "multiplies the gradient alone",
    "_contrib_round_ste": "passes the gradient through",
    "_contrib_sign_ste": "passes the gradient through",
    "make_loss": "begins the gradient",
    "_contrib_index_array": "the result does not depend on the data",
    "_CrossDeviceCopy": "belongs to graphs on several devices",
    "_contrib_SparseEmbedding": "its gradient is sparse",
    "_square_sum": "1.9.1 takes sparse arrays alone; test_statistics.py checks dense ones",
    "_ravel_multi_index": "counts",
    "_unravel_index": "counts",
    "one_hot": "counts",
}


def widened(one: Case) -> Case:
    """The case in float64."""
    inputs = tuple(dataclasses.replace(i, dtype="float64") if i.dtype in FLOATS else i for i in one.inputs)
    params = tuple((name, "float64" if value in FLOATS else value) for name, value in one.params)
    return dataclasses.replace(one, inputs=inputs, params=params)


def smooth(one: Case) -> list:
    """Numbers of the inputs that can be moved a little: others are drawn from integers, or stand at corners."""
    rough = ("integers", "listed", "special", "rolled")
    return [i for i in one.gradients if one.inputs[i].dtype in FLOATS and one.inputs[i].kind not in rough]


def candidates(operator: str) -> list:
    """Small cases that MXNet 1.9.1 computed, with different inputs or parameters in float64."""
    found: dict = {}
    records = recorded(operator)
    for name, one in cases_of(operator).items():
        small = all(0 < int(np.prod(i.shape)) <= LARGEST for i in one.inputs)
        whole = any(value in (*INTEGERS, "bool") for _, value in one.params)
        legal = "outputs" in records.get(name, {}) or operator in UNCOMPUTED
        refused = any(d.covers(operator, name, "raised") for d in DIFFERENCES)
        if smooth(one) and small and legal and not (whole or refused or one.np_shape):
            wide = widened(one)
            found.setdefault(wide.name, wide)
    return list(found.values())


def directions(kind: str, value: np.ndarray) -> list:
    """Steps that keep a matrix of its kind: symmetric ones move in pairs, triangles within themselves."""
    found = []
    for place in np.ndindex(value.shape):
        step = np.zeros(value.shape)
        if kind == "triangular" and value[place] == 0 and place[-1] != place[-2]:
            row, column = place[-2:]
            upper = np.any(np.triu(value, 1))
            if (row < column) != upper:
                continue
        step[place] = 1
        if kind in ("symmetric", "positive_definite"):
            mirrored = (*place[:-2], place[-1], place[-2])
            if place[-2] < place[-1]:
                continue
            step[mirrored] = 1
        found.append(step)
    return found


def problem(mx, one: Case) -> str:
    """How gradient and differences disagree; nothing where they don't."""
    call, params, values = function(mx.nd, one.operator), dict(one.params), one.arrays()

    def outputs(arrays) -> list:
        found = call(*arrays[: one.passed], **params)
        return list(found) if isinstance(found, (list, tuple)) else [found]

    def arrays_of(given) -> list:
        return [mx.nd.array(v, dtype=v.dtype) for v in given]

    arrays = arrays_of(values)
    for i in one.gradients:
        arrays[i].attach_grad()
    with mx.autograd.record():
        found = outputs(arrays)
    heads = [one.head(i, o.shape, np.float64) for i, o in enumerate(found)]
    mx.autograd.backward(found, [mx.nd.array(h, dtype=o.dtype) for h, o in zip(heads, found)])

    def total(given) -> float:
        return sum(float((o.asnumpy().astype(np.float64) * h).sum()) for o, h in zip(outputs(arrays_of(given)), heads))

    for i in smooth(one):
        gradient = arrays[i].grad.asnumpy()
        for step in directions(one.inputs[i].kind, values[i]):
            moved = [[v + sign * STEP * step if n == i else v for n, v in enumerate(values)] for sign in (1, -1)]
            wanted = (total(moved[0]) - total(moved[1])) / (2 * STEP)
            got = float((gradient * step).sum())
            if not (abs(got - wanted) <= 2e-6 + 2e-5 * abs(wanted) or (np.isnan(got) and np.isnan(wanted))):
                place = tuple(map(int, np.argwhere(step)[0]))
                return f"{one.name}: gradient of input {i} at {place} is {got}, differences give {wanted}"
    return ""
