"""The gradients of all operators against differences of their results, in float64."""

import mx
import numpy as np
import pytest
from conformance import catalogue, differentiation

DIFFERENTIABLE = [
    name
    for name, op in catalogue.tensor_operators().items()
    if op.gradient and op.family not in catalogue.RANDOM_FAMILIES and name not in differentiation.NO_DERIVATIVE
]


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_gradient(name):
    cases = differentiation.candidates(name)
    assert cases, f"{name} has a gradient, and no case to check it with"
    if name in catalogue.missing():
        pytest.skip(f"{name} is listed as missing")
    chosen = cases[:: max(1, len(cases) // differentiation.ENOUGH)]
    with np.errstate(all="ignore"):
        wrong = [text for one in chosen if (text := differentiation.problem(mx, one))]
    assert not wrong, "\n".join(wrong)


def test_what_has_no_derivative_is_known():
    assert differentiation.NO_DERIVATIVE.keys() <= catalogue.tensor_operators().keys()
