"""Whole networks through Symbol and Executor: shapes, gradients, files, and the numbers of MXNet 1.9.1."""

from math import prod
from typing import NamedTuple

import mx_core.ndarray as nd
import mx_core.symbol as sym
import numpy as np
import pytest
from integration.models import lenet, mlp, resnet18
from mx_core.context import cpu


class Case(NamedTuple):
    """A network, the shape of its inputs, and how many parameters it has."""

    symbol: sym.Symbol
    data: tuple[int, ...]
    parameters: int


def make(name):
    return {
        "mlp": lambda: Case(mlp((16, 8), 10), (4, 12), 12 * 16 + 16 + 16 * 8 + 8 + 8 * 10 + 10),
        "lenet": lambda: Case(lenet(), (3, 1, 28, 28), 431_080),
        "resnet18": lambda: Case(resnet18(5, (3, 16, 16), width=4), (6, 3, 16, 16), 44_457),
    }[name]()


NAMES = ["mlp", "lenet", "resnet18"]


@pytest.fixture(params=NAMES)
def case(request):
    return make(request.param)


def parameter_shapes(symbol, data):
    arguments, _, states = symbol.infer_shape(data=data)
    named = dict(zip(symbol.list_arguments(), arguments, strict=True))
    return (
        {name: shape for name, shape in named.items() if name not in ("data", "softmax_label")},
        dict(zip(symbol.list_auxiliary_states(), states, strict=True)),
    )


def random_values(case, seed):
    """Data, labels, parameters and states under their names, and the same everywhere."""
    print(f"seed {seed}")
    rng = np.random.default_rng(seed)
    arguments, states = parameter_shapes(case.symbol, case.data)
    values = {"data": rng.normal(size=case.data)}
    values["softmax_label"] = rng.integers(0, 5, size=case.data[0])
    for name, shape in arguments.items():
        if name.endswith("gamma"):
            values[name] = rng.uniform(0.5, 1.5, size=shape)
        else:
            values[name] = rng.normal(scale=(2 / prod(shape[1:])) ** 0.5 if len(shape) > 1 else 0.1, size=shape)
    for name, shape in states.items():
        values[name] = rng.uniform(0.5, 1.5, size=shape) if name.endswith("var") else rng.normal(size=shape) / 10
    return {name: value.astype(np.float32) for name, value in values.items()}


def bind(case, values):
    executor = case.symbol.simple_bind(cpu(), data=case.data)
    for name, array in (executor.arg_dict | executor.aux_dict).items():
        array[:] = values[name]
    return executor


def smooth(case):
    """The same network without the kinks of relu and max pooling, where finite differences are right."""
    text = case.symbol.tojson().replace('"act_type": "relu"', '"act_type": "tanh"')
    return case._replace(symbol=sym.load_json(text.replace('"pool_type": "max"', '"pool_type": "avg"')))


def loss(executor, values):
    """The cross entropy that SoftmaxOutput's gradient belongs to, summed over the batch."""
    chances = executor.forward(is_train=True)[0].asnumpy().astype(np.float64)
    return -np.log(chances[np.arange(len(chances)), values["softmax_label"].astype(int)]).sum()


def test_shapes_follow_from_the_data(case):
    arguments, states = parameter_shapes(case.symbol, case.data)
    assert sum(map(prod, arguments.values())) == case.parameters
    classes = arguments[max(name for name in arguments if name.startswith("fc") and name.endswith("bias"))]
    assert case.symbol.infer_shape(data=case.data)[1] == [(case.data[0], *classes)]
    assert all(name.endswith(("moving_mean", "moving_var")) for name in states)


def test_resnet18_is_the_published_one():
    symbol = resnet18()
    arguments, _ = parameter_shapes(symbol, (1, 3, 224, 224))
    assert sum(map(prod, arguments.values())) == 11_689_512
    shapes = symbol.get_internals().infer_shape(data=(1, 3, 224, 224))[1]
    named = dict(zip(symbol.get_internals().list_outputs(), shapes, strict=True))
    assert named["stem_pool_output"] == (1, 64, 56, 56)
    assert named["stage4_block2_relu_output"] == (1, 512, 7, 7)


def test_forward_gives_probabilities(case):
    values = random_values(case, 1)
    executor = bind(case, values)
    for is_train in (False, True):
        chances = executor.forward(is_train=is_train)[0].asnumpy()
        assert np.isfinite(chances).all()
        np.testing.assert_allclose(chances.sum(axis=1), 1, rtol=1e-5)


def test_gradients_agree_with_finite_differences(case):
    case = smooth(case)
    values = random_values(case, 2)
    rng = np.random.default_rng(3)
    executor = bind(case, values)
    executor.forward(is_train=True)
    executor.backward()
    gradients = {
        name: array.asnumpy().astype(np.float64) for name, array in executor.grad_dict.items() if array is not None
    }
    assert set(executor.arg_dict) - {"softmax_label"} <= set(gradients)
    for name in set(gradients) - {"softmax_label"}:
        gradient = gradients[name]
        size = np.linalg.norm(gradient)
        assert size > 0, name
        noise = rng.normal(size=gradient.shape)
        direction = gradient / size + noise / np.linalg.norm(noise)
        step = min(5e-2 / size, 1e-2)  # a change of 0.1 of a loss of 10 is known to 1e-4 in float32
        found = []
        for sign in (1, -1):
            executor.arg_dict[name][:] = values[name] + sign * step * direction
            found.append(loss(executor, values))
        executor.arg_dict[name][:] = values[name]
        expected = float((gradient * direction).sum())
        np.testing.assert_allclose((found[0] - found[1]) / (2 * step), expected, rtol=0.02, err_msg=name)


def test_training_moves_the_averages_and_inference_uses_them():
    case = make("resnet18")
    values = random_values(case, 4)
    executor = bind(case, values)
    before = executor.forward(is_train=False)[0].asnumpy()
    np.testing.assert_array_equal(executor.aux_dict["stem_bn_moving_mean"].asnumpy(), values["stem_bn_moving_mean"])
    executor.forward(is_train=True)
    executor.backward()
    nd.waitall()
    assert np.abs(executor.aux_dict["stem_bn_moving_mean"].asnumpy() - values["stem_bn_moving_mean"]).max() > 1e-4
    assert np.abs(executor.forward(is_train=False)[0].asnumpy() - before).max() > 1e-4


def test_json_is_its_own_inverse(case, tmp_path):
    text = case.symbol.tojson()
    assert sym.load_json(text).tojson() == text
    file = str(tmp_path / "net-symbol.json")
    case.symbol.save(file)
    loaded = sym.load(file)
    assert loaded.tojson() == text
    assert loaded.list_arguments() == case.symbol.list_arguments()
    assert loaded.list_auxiliary_states() == case.symbol.list_auxiliary_states()


def test_saved_parameters_give_the_same_outputs(case, tmp_path):
    values = random_values(case, 5)
    expected = bind(case, values).forward(is_train=False)[0].asnumpy()
    file = str(tmp_path / "net-0001.params")
    nd.save(file, {name: nd.array(value) for name, value in values.items()})
    loaded = {name: array.asnumpy() for name, array in nd.load(file).items()}
    np.testing.assert_array_equal(bind(case, loaded).forward(is_train=False)[0].asnumpy(), expected)


THEIRS = """
symbol = mx.sym.load_json(str(inputs.pop("symbol")))
outputs["json"] = np.array(symbol.tojson())
executor = symbol.simple_bind(mx.cpu(), data=inputs["data"].shape)
for name, array in list(executor.arg_dict.items()) + list(executor.aux_dict.items()):
    array[:] = inputs[name]
outputs["inference"] = executor.forward(is_train=False)[0].asnumpy()
outputs["training"] = executor.forward(is_train=True)[0].asnumpy()
executor.backward()
mx.nd.waitall()
for name, array in list(executor.grad_dict.items()):
    if array is not None and name != "softmax_label":
        outputs["grad:" + name] = array.asnumpy()
for name, array in executor.aux_dict.items():
    outputs["aux:" + name] = array.asnumpy()
"""


@pytest.mark.parametrize("name", NAMES)
def test_outputs_and_gradients_equal_those_of_mxnet(name, oracle):
    case = make(name)
    values = random_values(case, 6)
    theirs = oracle(THEIRS, symbol=np.array(case.symbol.tojson()), **values)
    assert str(theirs["json"]) == case.symbol.tojson()
    executor = bind(case, values)
    found = {"inference": executor.forward(is_train=False)[0].asnumpy()}
    found["training"] = executor.forward(is_train=True)[0].asnumpy()
    executor.backward()
    found |= {f"grad:{n}": executor.grad_dict[n].asnumpy() for n in executor.grad_dict if f"grad:{n}" in theirs}
    found |= {f"aux:{n}": array.asnumpy() for n, array in executor.aux_dict.items()}
    assert set(found) == set(theirs) - {"json"}
    for key, ours in found.items():
        scale = np.abs(theirs[key]).max()
        np.testing.assert_allclose(ours, theirs[key], rtol=0, atol=1e-4 * max(scale, 1e-3), err_msg=key)
