"""The list of operators, and what they take."""

import pytest
from mx_core import nd, operator
from mx_core.base import MXValueError


def test_names_and_aliases():
    names = operator.get_all_registered_operators()
    assert {"FullyConnected", "elemwise_add", "_plus", "_contrib_quadratic", "linalg_gemm2"} <= set(names)
    assert not [name for name in names if name.startswith("_backward")]
    assert all(
        hasattr(nd.op, name) for name in names if not name.startswith("_") and name.islower() and "." not in name
    )


def test_arguments():
    activation = operator.get_operator_arguments("Activation")
    assert activation.narg == 2 and activation.names == ["data", "act_type"]
    assert activation.types == [
        "NDArray-or-Symbol",
        "{'relu', 'sigmoid', 'softrelu', 'softsign', 'tanh'}, required",
    ]
    assert operator.get_operator_arguments("Concat").types[0] == "NDArray-or-Symbol[]"
    total = operator.get_operator_arguments("sum")
    assert total.types[total.names.index("keepdims")] == "boolean, optional, default=0"
    assert total.types[total.names.index("axis")] == "Shape or None, optional, default=None"
    layer = operator.get_operator_arguments("FullyConnected")
    assert layer.types[layer.names.index("num_hidden")] == "int, required"
    with pytest.raises(MXValueError, match="nonsense"):
        operator.get_operator_arguments("nonsense")
